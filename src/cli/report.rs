use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::Verdict;
use super::progress::Screen;

/// Write an experiment's report: one HTML page, tables and charts
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan report results/cifar")]
pub struct Report {
    /// An experiment's results folder
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
    let written = dcgan::report::write(folder, None, screen)?;
    println!("{}", written.table_text);
    println!("{}", written.summary);
    println!("report: {}", written.html.display());
    Ok(())
}
