//! `dcgan data`: fetch, verify, list and show.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use dcgan::data::{self, Card, Folder, Set, Store, Want};
use dcgan::track::{sheet, writable};

use super::out::{self, out};
use super::progress::Screen;
use super::{Verdict, stop};

/// Images on a sheet, at most.
const SHOWN: usize = 100;
/// Side of an image on a sheet, at most: a hundred of them make a picture of 10,000 pixels a side.
const MOST_SIDE: usize = 1024;

/// Fetch, verify, list and show data sets
#[derive(Args)]
#[command(after_help = "\
A data set is a card's name, or folder:PATH for a tree of image files of your own or a tar archive of one.

Examples:
  dcgan data list
  dcgan data show cifar10
  dcgan data show folder:faces --sheet faces.png --size 64
  dcgan data fetch cifar10 --data-dir /scratch/data
  dcgan data verify cifar10")]
pub struct Data {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Download what is missing and verify it
    #[command(after_help = "\
Examples:
  dcgan data fetch cifar10
  dcgan data fetch cifar10 --data-dir /scratch/data")]
    Fetch { name: String },
    /// Hash the files against the card, or decode every image of a folder; exit 1 where one is wrong
    #[command(after_help = "\
Examples:
  dcgan data verify cifar10
  dcgan data verify folder:faces")]
    Verify { name: String },
    /// Every known data set and whether it is here
    List,
    /// What a data set is: licence, citation, files, classes, splits
    Show(Show),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan data show cifar10
  dcgan data show folder:faces --sheet faces.png --size 64")]
struct Show {
    name: String,
    /// Draw images spread evenly over a split as a PNG
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// The split that the sheet shows
    #[arg(long, default_value = "train", requires = "sheet")]
    split: String,
    /// Side of the sheet's images in pixels [default: as they are stored; 64 for a folder]
    #[arg(long, value_name = "PIXELS", value_parser = side, requires = "sheet")]
    size: Option<usize>,
}

impl Data {
    /// Run the action.
    pub fn run(self, store: Store) -> Result<Verdict> {
        stop::listen();
        let screen = Screen::new();
        match self.action {
            Action::Fetch { name } => match Set::find(&name, None)? {
                Set::Card(card) => fetch(&card, &store, &screen),
                Set::Folder(folder) => {
                    let index = folder.index(&store, &screen)?;
                    out!("{name}: {} images, nothing to fetch", index.images());
                    Ok(Verdict::Fine)
                }
            },
            Action::Verify { name } => match Set::find(&name, None)? {
                Set::Card(card) => verify(&card, &store, &screen),
                Set::Folder(folder) => verify_folder(&folder, &store, &screen),
            },
            Action::List => Ok(list(&store)),
            Action::Show(show) => show.run(&store, &screen),
        }
    }
}

fn fetch(card: &Card, store: &Store, screen: &Screen) -> Result<Verdict> {
    let fetched = data::fetch(card, store, screen)?;
    for (file, source) in &fetched.fetched {
        out!("{file}: from {source}");
    }
    out!("{}: complete in {}", card.name, fetched.folder.display());
    Ok(Verdict::Fine)
}

fn verify(card: &Card, store: &Store, screen: &Screen) -> Result<Verdict> {
    let mut verdict = Verdict::Fine;
    for (file, check) in data::verify(card, store, screen)? {
        out!("{}: {check}", file.name);
        if !matches!(check, data::Verdict::Ok) {
            verdict = Verdict::Failed;
        }
    }
    if matches!(verdict, Verdict::Failed) {
        let name = &card.name;
        out!("run `dcgan data fetch {name}` to get what is missing or wrong");
    }
    Ok(verdict)
}

fn verify_folder(folder: &Folder, store: &Store, screen: &Screen) -> Result<Verdict> {
    let (index, skipped) = folder.verify(store, screen)?;
    for image in &skipped {
        out!("{}: {}", image.name, image.why);
    }
    let good = index.images() - skipped.len();
    out!("{good} of {} images can be decoded", index.images());
    out!("fingerprint {}", index.fingerprint());
    match skipped.is_empty() {
        true => Ok(Verdict::Fine),
        false => Ok(Verdict::Failed),
    }
}

/// Every card, and at the end what is wrong with those that cannot be read.
fn list(store: &Store) -> Verdict {
    let mut bad = Vec::new();
    for (name, card) in Card::all(None) {
        let card = match card {
            Ok(card) => card,
            Err(e) => {
                out!("{name:<16} {:<14}", "bad card");
                bad.push(e);
                continue;
            }
        };
        let here = store.presence(&card);
        let state = match (here.is_complete(), here.files) {
            (true, _) => "here".to_string(),
            (false, 0) => "not here".to_string(),
            (false, n) => format!("{n} of {} files", here.of_files),
        };
        out!("{:<16} {state:<14} {}", card.name, card.title);
    }
    out!("{:<16} {:<14} images of your own", "folder:PATH", "");
    out!("data folder: {}", store.root().display());
    for e in &bad {
        out::note_lines(&format!("{e}; correct the card, or take it away"));
    }
    match bad.is_empty() {
        true => Verdict::Fine,
        false => Verdict::Failed,
    }
}

impl Show {
    fn run(self, store: &Store, screen: &Screen) -> Result<Verdict> {
        let set = Set::find(&self.name, None)?;
        if let Some(sheet) = &self.sheet {
            writable::file(sheet)?;
        }
        let side = match &set {
            Set::Card(card) => {
                show(card, store);
                self.size
            }
            Set::Folder(folder) => {
                show_folder(folder, store, screen)?;
                Some(self.size.unwrap_or(64))
            }
        };
        if let Some(file) = &self.sheet {
            let want = Want {
                size: side,
                channels: None,
            };
            // Spread evenly: files are often in the order of their classes.
            let few = set.sample(&self.split, SHOWN, &want, store, screen)?;
            sheet::write(file, &few.images.tiles(), 10, 1)?;
            out!("sheet     {}", file.display());
        }
        Ok(Verdict::Fine)
    }
}

fn side(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(side) if (1..=MOST_SIDE).contains(&side) => Ok(side),
        _ => Err(format!("expected 1 to {MOST_SIDE} pixels")),
    }
}

fn show(card: &Card, store: &Store) {
    out!("{}: {}", card.name, card.title);
    out!();
    out::lines(card.description.trim());
    out!();
    out::lines(&format!("licence   {}", card.licence.trim()));
    out::lines(&format!("citation  {}", card.citation.trim()));
    out!("homepage  {}", card.homepage);
    out!("card      {}", card.origin);
    out!("folder    {}", store.folder(card).display());
    let image = &card.image;
    out!(
        "images    {} x {} x {} (channels, height, width)",
        image.channels,
        image.height,
        image.width
    );
    out!("classes   {}", card.classes.join(", "));
    for (name, split) in &card.splits {
        out!(
            "split     {name}: {} images in {}",
            split.images,
            split.files.join(", ")
        );
    }
    for file in &card.files {
        out!(
            "file      {} {} bytes, {}",
            file.name,
            file.bytes,
            file.checksum
        );
    }
    for source in &card.sources {
        out!("source    {source}");
    }
}

fn show_folder(folder: &Folder, store: &Store, screen: &Screen) -> Result<()> {
    /// Classes named on the screen.
    const NAMED: usize = 20;
    let index = folder.index(store, screen)?;
    out!("{}: images of your own", folder.name());
    out!();
    let colour = match index.channels() {
        1 => "grey",
        _ => "in colour",
    };
    out!(
        "images    {} files of {} bytes, {colour}",
        index.images(),
        index.bytes()
    );
    let names = index.split("all").unwrap_or_default();
    let classes = index.classes();
    let of = |class: &str| names.iter().filter(|n| index.class(n) == class).count();
    let mut told: Vec<String> = classes
        .iter()
        .take(NAMED)
        .map(|class| format!("{class} ({})", of(class)))
        .collect();
    if classes.len() > NAMED {
        told.push(format!("and {} more", classes.len() - NAMED));
    }
    match classes.len() {
        1 => out!("classes   none: all images lie in one folder"),
        n => out!("classes   {n}: {}", told.join(", ")),
    }
    for split in ["train", "test", "all"] {
        let images = index.split(split).unwrap_or_default().len();
        out!("split     {split}: {images} images");
    }
    if let Some(passed) = index.litter().told() {
        out!("skipped   {passed}");
    }
    out!("fingerprint {}", index.fingerprint());
    Ok(())
}
