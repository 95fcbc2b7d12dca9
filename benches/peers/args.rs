//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::work::Catalogue;

/// Our speed beside PyTorch's and scikit-learn's
#[derive(Debug, Parser)]
pub struct Args {
    /// Only rows whose name or title contains this; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub only: Vec<String>,
    /// Runs of each side; rows that take long get fewer
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: u16,
    /// Threads of each side
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
    /// Seconds that a run of short work is repeated for
    #[arg(long, default_value_t = 0.5)]
    pub seconds: f64,
    /// Print the table as in docs/speed.md
    #[arg(long)]
    pub markdown: bool,
    /// The SVM's rows: an NPY file of CIFAR-10's training images' features in order [default: $DCGAN_FEATURES, else an untrained net's]
    #[arg(long, value_name = "FILE")]
    pub features: Option<PathBuf>,
    /// Do this work in this process and print its memory
    #[arg(long, hide = true)]
    pub memory_of: Option<String>,
    /// Cargo adds it
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    /// Whether the user asked for this row.
    pub fn wants(&self, name: &str, title: &str) -> bool {
        let has = |text: &String| name.contains(text.as_str()) || title.contains(text.as_str());
        self.only.is_empty() || self.only.iter().any(has)
    }

    /// What makes our side's work; `share` writes its input for the other side.
    pub fn catalogue(&self, share: bool) -> Catalogue {
        Catalogue {
            features: self.features.clone().or_else(Catalogue::given_features),
            folder: env!("CARGO_TARGET_TMPDIR").into(),
            share,
        }
    }
}
