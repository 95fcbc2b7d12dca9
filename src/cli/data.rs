use anyhow::Result;
use clap::{Args, Subcommand};
use dcgan::data::{self, Card, Store};

use super::progress::Screen;
use super::{Verdict, stop};

/// Fetch, verify, list and show data sets
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan data list
  dcgan data show cifar10
  dcgan data fetch cifar10 --data-dir /scratch/data
  dcgan data verify cifar10")]
pub struct Data {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Download what is missing and verify it
    Fetch { name: String },
    /// Hash the files against the card; exit 1 where one differs
    Verify { name: String },
    /// Every known data set and whether it is here
    List,
    /// A data set's card: licence, citation, files, splits
    Show { name: String },
}

impl Data {
    /// Run the action.
    pub fn run(self, store: Store) -> Result<Verdict> {
        stop::listen();
        let screen = Screen::new();
        match self.action {
            Action::Fetch { name } => {
                let card = Card::find(&name, None)?;
                let fetched = data::fetch(&card, &store, &screen)?;
                for (file, source) in &fetched.fetched {
                    println!("{file}: from {source}");
                }
                println!("{name}: complete in {}", fetched.folder.display());
                Ok(Verdict::Fine)
            }
            Action::Verify { name } => {
                let card = Card::find(&name, None)?;
                let checks = data::verify(&card, &store, &screen)?;
                let mut verdict = Verdict::Fine;
                for (file, check) in &checks {
                    println!("{}: {check}", file.name);
                    if !matches!(check, data::Verdict::Ok) {
                        verdict = Verdict::Failed;
                    }
                }
                if matches!(verdict, Verdict::Failed) {
                    println!("run `dcgan data fetch {name}` to get what is missing or wrong");
                }
                Ok(verdict)
            }
            Action::List => {
                for card in Card::all(None)? {
                    let here = store.presence(&card);
                    let state = match (here.is_complete(), here.files) {
                        (true, _) => "here".to_string(),
                        (false, 0) => "not here".to_string(),
                        (false, n) => format!("{n} of {} files", here.of_files),
                    };
                    println!("{:<16} {state:<14} {}", card.name, card.title);
                }
                println!("data folder: {}", store.root().display());
                Ok(Verdict::Fine)
            }
            Action::Show { name } => {
                show(&Card::find(&name, None)?, &store);
                Ok(Verdict::Fine)
            }
        }
    }
}

fn show(card: &Card, store: &Store) {
    println!("{}: {}\n", card.name, card.title);
    println!("{}\n", card.description.trim());
    println!("licence   {}", card.licence.trim());
    println!("citation  {}", card.citation.trim());
    println!("homepage  {}", card.homepage);
    println!("card      {}", card.origin);
    println!("folder    {}", store.folder(card).display());
    let image = &card.image;
    println!(
        "images    {} x {} x {} (channels, height, width)",
        image.channels, image.height, image.width
    );
    println!("classes   {}", card.classes.join(", "));
    for (name, split) in &card.splits {
        println!(
            "split     {name}: {} images in {}",
            split.images,
            split.files.join(", ")
        );
    }
    for file in &card.files {
        println!(
            "file      {} {} bytes, {}",
            file.name, file.bytes, file.checksum
        );
    }
    for source in &card.sources {
        println!("source    {source}");
    }
}
