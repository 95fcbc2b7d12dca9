//! `dcgan report`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use dcgan::track::writable;

use super::Verdict;
use super::out::{self, out};
use super::progress::Screen;

/// Write an experiment's report, or the whole paper's: one HTML page, tables and charts
///
/// Of a folder of experiments, the page follows the paper: each of its tables, figures and statements with ours beside it,
/// and for what has not been run the command that would.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan report results/cifar    one experiment
  dcgan report results          the whole paper, from every experiment there")]
pub struct Report {
    /// An experiment's results folder, or the folder of them all
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Report {
    /// Write the report and print its table.
    pub fn run(self) -> Result<Verdict> {
        write(&self.folder, &Screen::new())?;
        Ok(Verdict::Fine)
    }
}

/// Write the report of `folder`, print its table and where it is.
pub fn write(folder: &Path, screen: &Screen) -> Result<()> {
    writable::folder(folder)?;
    let written = match dcgan::report::collect::holds_experiments(folder)? {
        true => dcgan::report::paper::write(folder, None, screen)?,
        false => dcgan::report::write(folder, None, screen)?,
    };
    out::lines(&written.table_text);
    out::lines(&written.summary);
    written.claims.iter().for_each(|line| out::lines(line));
    out!("report: {}", written.html.display());
    Ok(())
}
