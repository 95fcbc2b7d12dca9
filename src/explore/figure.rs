//! What a figure is: options that a spec and the command line share, and how it is drawn.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::choice::{Choice, Score};
use super::chooser::{Chooser, Chosen, Ranking};
use super::{ExploreError, Net, Samples, Written};
use crate::data::Store;
use crate::track::progress::Progress;

/// A figure: a struct of its options. [`super::FIGURES`] lists them all.
///
/// The options are declared once, as clap's arguments: their names are the keys of a spec too, their defaults those of a spec,
/// and the first line of each one's documentation says on `--help` and in errors what it is. What serializes is what determines
/// the figure: a trial's results are kept by it.
pub trait Figure: Args + Serialize + DeserializeOwned + Debug {
    /// What a spec and the command line call it.
    const NAME: &'static str;
    /// What its files are called where they are given no name.
    const FILE: &'static str = Self::NAME;
    /// What a report calls it, such as `Figure 8: a turn vector`.
    const TITLE: &'static str;
    /// Names that its files had before: their records still are drawn again.
    const FORMERLY: &'static [&'static str] = &[];
    /// What is drawn once every choice is made.
    type Plan: Plan;

    /// The options, complete, where they fit together.
    ///
    /// # Errors
    /// [`Wrong`] for the first that does not.
    fn checked(self) -> Result<Self, Wrong> {
        Ok(self)
    }

    /// Files beside the trial's own that it is drawn from, each with the option that names it.
    fn files(&self) -> Vec<(&'static str, PathBuf)> {
        Vec::new()
    }

    /// Classes of the data by which its samples are chosen.
    fn classes(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Whether it shows or searches images of the data.
    fn reads_images(&self) -> bool {
        false
    }

    /// Make every choice that the options leave to the net and its data.
    ///
    /// # Errors
    /// [`ExploreError`] where this net or these data have no such figure.
    fn draw(&self, scene: &mut Scene) -> Result<Self::Plan, ExploreError>;
}

/// What is drawn, with nothing left to choose: what a record says and what draws the same picture again.
pub trait Plan: Sized {
    /// The plan in the bytes of a figure's record, the file `path`; of nets that are still the same.
    ///
    /// # Errors
    /// [`ExploreError::Record`]; [`ExploreError::OtherNet`] for a net that the record names.
    fn read(path: &Path, bytes: &[u8]) -> Result<Self, ExploreError>;

    /// Draw it, and write the picture with its record beside it; files of these names are replaced, each whole.
    ///
    /// # Errors
    /// [`ExploreError`] of drawing and writing.
    fn write(self, net: &Net, place: &Destination) -> Result<Written, ExploreError>;
}

/// Where a figure goes, and what its drawing uses.
pub struct Destination<'a> {
    /// The name of its files, where it is not the figure's own.
    pub name: Option<String>,
    pub out: &'a Path,
    pub store: &'a Store,
    /// Folder of data set cards that win over the built-in ones.
    pub cards: Option<&'a Path>,
    pub progress: &'a dyn Progress,
}

impl Destination<'_> {
    /// The figure's file of this extension.
    pub(super) fn file(&self, figure: &str, extension: &str) -> PathBuf {
        let name = self.name.as_deref().unwrap_or(figure);
        self.out.join(format!("{name}.{extension}"))
    }
}

/// Options of every figure.
#[derive(Debug, Clone, Default, PartialEq, Args, Deserialize)]
pub struct Common {
    /// Call the figure's files so [default: as the figure is called]
    #[arg(long, value_name = "NAME", display_order = 200)]
    pub name: Option<String>,
    /// Numbers the samples
    #[arg(long, value_name = "SEED", default_value = "0", display_order = 201)]
    pub seed: u64,
    /// Choose samples by the labels of this data set [default: what the trial was trained on]
    #[arg(long, value_name = "NAME", display_order = 202)]
    pub data: Option<String>,
    /// Its split [default: the trial's with its own data set, else `train`]
    #[arg(long, value_name = "NAME", display_order = 203)]
    pub split: Option<String>,
}

impl Common {
    /// The options, where the name can be that of files beside a trial's own pictures.
    pub(super) fn checked(self) -> Result<Common, Wrong> {
        let Some(name) = &self.name else {
            return Ok(self);
        };
        plain(name).map_err(|message| Wrong::new("name", message))?;
        let own = ["samples", "data", "architecture"].contains(&name.as_str())
            || ["samples-epoch-", "memorisation-epoch-"]
                .iter()
                .any(|own| name.starts_with(own));
        match own {
            true => Err(Wrong::new(
                "name",
                format!("`{name}` is the name of a trial's own picture; choose another"),
            )),
            false => Ok(self),
        }
    }
}

/// Whether a file can be called so.
pub(super) fn plain(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    match !name.is_empty() && name.chars().all(plain) {
        true => Ok(()),
        false => Err(format!(
            "`{name}` cannot name a file; use letters, digits, `-` and `_`"
        )),
    }
}

/// An option that does not fit the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Its name.
    pub key: String,
    /// What is wrong and what was expected.
    pub message: String,
}

impl Wrong {
    pub(super) fn new(key: &str, message: impl Into<String>) -> Wrong {
        Wrong {
            key: key.to_string(),
            message: message.into(),
        }
    }
}

/// A net and the data that a figure of it is drawn with.
pub struct Scene<'a, 'c> {
    pub net: &'a Net,
    pub common: &'a Common,
    pub chooser: &'a mut Chooser<'c>,
}

impl Scene<'_, '_> {
    /// The numbered samples.
    pub(super) fn samples(&self) -> Samples {
        Samples {
            latent: self.net.architecture.latent,
            seed: self.common.seed,
        }
    }

    /// The data set and split that the figure reads: named, or what the trial was trained on.
    pub(super) fn source(&self) -> Option<(String, String)> {
        self.common.source(self.net)
    }

    /// The numbers of a choice.
    ///
    /// # Errors
    /// As [`Chooser::choose`].
    pub(super) fn choose<const TOP: usize>(
        &mut self,
        choice: &Choice<TOP>,
    ) -> Result<Chosen, ExploreError> {
        self.chooser.choose(self.net, self.common, choice)
    }

    /// The samples `from`, `from + 1`, ..., `count` of them, by their score.
    pub(super) fn rank(
        &mut self,
        by: &Score,
        from: usize,
        count: usize,
    ) -> Result<Ranking, ExploreError> {
        self.chooser.rank(self.net, self.common, by, from, count)
    }
}

impl Common {
    /// The data set and split that a figure of `net` reads.
    pub(super) fn source(&self, net: &Net) -> Option<(String, String)> {
        let own = net.spec.as_ref().map(|s| &s.data);
        let split = |default: &str| self.split.clone().unwrap_or_else(|| default.to_string());
        match (&self.data, own) {
            (Some(name), Some(own)) if *name == own.train => {
                Some((name.clone(), split(&own.split)))
            }
            (Some(name), _) => Some((name.clone(), split("train"))),
            (None, Some(own)) => Some((own.train.clone(), split(&own.split))),
            (None, None) => None,
        }
    }
}
