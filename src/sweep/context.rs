//! What every trial of a sweep shares.

use std::path::{Path, PathBuf};

use candle_core::Device;

use crate::data::Store;
use crate::track::progress::Progress;

/// Where results go, where data come from, and what the trials run on.
#[derive(Clone)]
pub struct Context<'a> {
    /// Where results go: `results/<experiment>/<trial>/`.
    pub results: PathBuf,
    pub store: Store,
    /// Folder of data set cards that win over the built-in ones.
    pub cards: Option<&'a Path>,
    pub device: Device,
    pub device_name: String,
    pub profile: Option<String>,
    /// The command that runs this sweep.
    pub command: String,
    pub progress: &'a dyn Progress,
    /// Trials at a time; more than one shares the CPU's threads.
    pub jobs: usize,
}
