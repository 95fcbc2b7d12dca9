use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::material::Material;
use super::sections::SECTIONS;
use crate::report::ReportError;
use crate::report::words;

const STYLE: &str = include_str!("style.css");

/// The whole page.
///
/// # Errors
/// Those of the sections.
pub fn page(material: &Material) -> Result<String, ReportError> {
    let mut parts = Vec::new();
    for section in SECTIONS {
        if let Some(body) = (section.body)(material)? {
            parts.push((section, body));
        }
    }
    let name = &material.experiment.name;
    let markup: Markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (name) " – dcgan report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (name) }
                    p class="lead" { (reproduces(material)) }
                    nav {
                        @for (section, _) in &parts {
                            a href={ "#" (section.id) } { (section.title) }
                        }
                    }
                }
                main {
                    @for (section, body) in &parts {
                        section id=(section.id) {
                            h2 { (section.title) }
                            (body)
                        }
                    }
                }
                footer {
                    "Reproduces Radford, Metz and Chintala, "
                    cite { "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks" }
                    ", ICLR 2016, "
                    a href="https://arxiv.org/abs/1511.06434" { "arXiv 1511.06434" }
                    ". Written by dcgan " (env!("CARGO_PKG_VERSION")) "."
                }
            }
        }
    };
    Ok(markup.into_string())
}

/// What of the paper the experiment is about, in a sentence.
fn reproduces(material: &Material) -> String {
    let mut names: Vec<String> = Vec::new();
    for trial in &material.experiment.trials {
        if let Some(name) = &trial.run.reproduces {
            let title = material
                .published
                .get(name)
                .map_or(String::new(), |t| format!(" ({})", t.title));
            let text = format!("{}{title}", name.replace('-', " "));
            if !names.contains(&text) {
                names.push(text);
            }
        }
    }
    match names.is_empty() {
        true => "An experiment on the DCGAN paper.".to_string(),
        false => format!("Reproduces {} of the DCGAN paper.", words::list(&names)),
    }
}
