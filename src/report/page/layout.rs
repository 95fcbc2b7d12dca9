//! The page as a whole: its sections in their order, its head and its foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::material::Material;
use super::{pictures, provenance, results, sheets, trials};
use crate::report::ReportError;
use crate::report::words;
use crate::spec::visible_lines;

const STYLE: &str = include_str!("style.css");

/// A part of the page.
pub struct Section {
    /// Anchor.
    pub id: &'static str,
    pub title: &'static str,
    /// Its content below the title; `None` leaves the section out.
    pub body: fn(&Material) -> Result<Option<Markup>, ReportError>,
}

const fn section(
    id: &'static str,
    title: &'static str,
    body: fn(&Material) -> Result<Option<Markup>, ReportError>,
) -> Section {
    Section { id, title, body }
}

/// Every section, in the order of the page.
pub const SECTIONS: &[Section] = &[
    section("summary", "What came out", results::summary),
    section("claims", "The paper's statements", results::claims),
    section("tables", "Tables", results::tables),
    section("charts", "Charts", results::charts),
    section("sheets", "Sample sheets", sheets::sheets),
    section("figures", "Figures", pictures::figures),
    section(
        "memorisation",
        "Samples and their nearest training images",
        pictures::memorisation,
    ),
    section("architecture", "Architecture", pictures::architecture),
    section("scale", "Scale against the paper", trials::scale),
    section("trials", "Trials", trials::trials),
    section("provenance", "Provenance", provenance::provenance),
    section("rerun", "Run it again", provenance::rerun),
    section("downloads", "Downloads", provenance::downloads),
];

/// The whole page.
///
/// # Errors
/// Those of the sections.
pub fn page(material: &Material) -> Result<String, ReportError> {
    let mut parts = Vec::new();
    for section in SECTIONS {
        if let Some(body) = (section.body)(material)? {
            parts.push((section.id, section.title, body));
        }
    }
    let name = &material.experiment.name;
    Ok(shell(name, &reproduces(material), &parts))
}

/// A page of sections, each with its anchor and title, under a list of links to them.
pub fn shell(title: &str, lead: &str, parts: &[(&str, &str, Markup)]) -> String {
    let markup: Markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – dcgan report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p class="lead" { (lead) }
                    nav {
                        @for (id, title, _) in parts { a href={ "#" (id) } { (title) } }
                    }
                }
                main {
                    @for (id, title, body) in parts {
                        section id=(id) {
                            h2 { (title) }
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
    // Names may hold control characters, which no page may.
    visible_lines(&markup.into_string()).into_owned()
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
