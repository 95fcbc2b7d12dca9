//! `dcgan quality`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use dcgan::data::{Images, Set, Store, Want};
use dcgan::explore::Net;
use dcgan::probe::quality::{Settings, measure};
use dcgan::spec::{InceptionSpec, QUALITY_SAMPLES, QualitySpec, SpaceSpec};
use dcgan::sweep::{self, quality};
use dcgan::track::progress::Progress;
use dcgan::track::quality::QualityRecord;
use dcgan::track::run::write_json;
use dcgan::track::writable;

use super::out::{self, out};
use super::progress::Screen;
use super::{Verdict, stop};

/// Side of images that are compared without a trial, where no size is given.
const SIDE: usize = 64;

/// Compare a trial's samples, or any images, with real ones: FID, KID, precision, recall, density, coverage
#[derive(Args)]
#[command(after_help = "\
Spaces: `untrained`, a fixed net that nobody trained, the same for every trial of an image size: no download, and trials of \
a sweep can be compared; `trained`, the trial's own D; a trial's folder, that trial's D; `inception=FILE`, the network of \
published FIDs, whose weights (weights-inception-2015-12-05-6726825d.pth) torch-fidelity and pytorch-fid release.

Numbers may be compared only between equal spaces, numbers of images and references; those of a discriminator's space are \
no FID. What is computed for a trial is kept in its quality.json, which the report shows.

Examples:
  dcgan quality results/cifar/4bd4ff4310c1 --against test
  dcgan quality results/cifar/4bd4ff4310c1 --space inception=weights-inception-2015-12-05-6726825d.pth --samples 50000
  dcgan quality results/faces/0c1d --space trained --samples 2000
  dcgan quality --images folder:theirs --against folder:real --size 64
  dcgan quality --images folder:theirs --against cifar10/test --space inception=w.pth --size 32")]
pub struct Quality {
    /// A trial's folder, whose generator draws the images
    #[arg(value_name = "TRIAL", required_unless_present = "images")]
    trial: Option<PathBuf>,
    /// Where images become features; may be repeated
    #[arg(long, value_name = "SPACE", value_parser = space, default_value = "untrained")]
    space: Vec<SpaceSpec>,
    /// Refuse Inception's weights with another SHA-256
    #[arg(long, value_name = "DIGITS")]
    sha256: Option<String>,
    /// Real images: a split of the trial's data set, or SET/SPLIT such as cifar10/test, or folder:PATH [default: what it trained on]
    #[arg(long, value_name = "REAL")]
    against: Option<String>,
    /// Judge these images in place of a trial's samples: folder:PATH, or SET/SPLIT
    #[arg(long, value_name = "SET", requires = "against")]
    images: Option<String>,
    /// Images drawn, and most images compared with
    #[arg(long, value_name = "N", default_value_t = QUALITY_SAMPLES, value_parser = samples)]
    samples: usize,
    /// Side of the images in pixels where there is no trial to tell it
    #[arg(long, value_name = "PIXELS", default_value_t = SIDE, value_parser = side, requires = "images")]
    size: usize,
    /// Draws the images and the subsets
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Also write the results to this JSON file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Quality {
    /// Compare in each space and print the numbers.
    pub fn run(self, store: Store) -> Result<Verdict> {
        stop::listen();
        let screen = Screen::new();
        if let Some(json) = &self.json {
            writable::file(json)?;
        }
        let mut all = Vec::new();
        for space in self.spaces()? {
            if out::unread() && self.json.is_none() && self.images.is_some() {
                break;
            }
            let found = match (&self.images, &self.trial) {
                (Some(images), trial) => {
                    let net = trial.as_deref().map(Net::open).transpose()?;
                    self.sets(images, &space, net.as_ref(), &store, &screen)?
                }
                (None, Some(trial)) => {
                    let wanted = QualitySpec {
                        space,
                        samples: self.samples,
                        against: self.split(trial)?,
                    };
                    quality::trial(trial, &wanted, self.seed, None, &store, &screen)?
                }
                (None, None) => bail!("name a trial, or images with `--images`"),
            };
            tell(&found);
            all.push(found);
        }
        if let Some(path) = &self.json {
            write_json(path, &all)?;
            out!("record: {}", path.display());
        }
        Ok(Verdict::Fine)
    }

    /// What the trial's samples are compared with: what it trained on unless another is named.
    fn split(&self, trial: &Path) -> Result<String> {
        Ok(match (&self.against, Net::open(trial)?.spec) {
            (Some(against), _) => against.clone(),
            (None, Some(spec)) => spec.data.split,
            (None, None) => "train".to_string(),
        })
    }

    /// The spaces with the hash that was given for Inception's.
    fn spaces(&self) -> Result<Vec<SpaceSpec>> {
        let mut used = false;
        let mut spaces = Vec::new();
        for space in self.space.clone() {
            spaces.push(match space {
                SpaceSpec::Inception(InceptionSpec { inception, .. }) => {
                    used = true;
                    SpaceSpec::Inception(InceptionSpec {
                        inception,
                        sha256: self.sha256.clone(),
                    })
                }
                other => other,
            });
        }
        if self.sha256.is_some() && !used {
            bail!("`--sha256` is of Inception's weights, and no `--space inception=FILE` is given");
        }
        Ok(spaces)
    }

    /// Two sets of images.
    fn sets(
        &self,
        images: &str,
        wanted: &SpaceSpec,
        net: Option<&Net>,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<QualityRecord> {
        let against = self.against.clone().unwrap_or_default();
        let (real, judged) = (self.find(&against)?, self.find(images)?);
        let of = |set: &(Set, &str)| set.0.channels(store, progress);
        let want = match net {
            Some(net) => Want {
                size: Some(net.architecture.image.height),
                channels: Some(net.architecture.image.channels),
            },
            // Grey beside colour is compared in colour, whichever side it is on.
            None => Want {
                size: Some(self.size),
                channels: Some(of(&real)?.max(of(&judged)?)),
            },
        };
        let channels = want.channels.unwrap_or_default();
        let told =
            |name: &str, set: &(Set, &str)| quality::told(name, &set.0, channels, store, progress);
        let (against, images) = (told(&against, &real)?, told(images, &judged)?);
        let real = self.open(real, &want, store, progress)?;
        let judged = self.open(judged, &want, store, progress)?;
        let (space, about) = sweep::space(wanted, net, &real, progress)?;
        let settings = Settings {
            space: wanted.to_string(),
            net: about,
            images,
            against,
            seed: self.seed,
        };
        Ok(measure(&space, &judged, &real, &settings, progress)?)
    }

    /// The set and split that `text` names.
    fn find<'a>(&self, text: &'a str) -> Result<(Set, &'a str)> {
        // A word by itself is a set here, not a split.
        let (name, split) = match text.contains(['/', ':']) {
            true => quality::named(text, ""),
            false => (text, "train"),
        };
        Ok((Set::find(name, None)?, split))
    }

    fn open(
        &self,
        (set, split): (Set, &str),
        want: &Want,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<Images> {
        let opened = set.open(split, want, store, progress)?;
        Ok(quality::some(&opened.images, self.samples)?)
    }
}

fn tell(r: &QualityRecord) {
    let width = 20;
    out!("{} ({}), {} features", r.space, r.net, r.dimensions);
    out!(
        "{} images ({}) against {} of {}",
        r.samples,
        r.images,
        r.reference,
        r.against
    );
    let names = match r.space == "inception" {
        true => ["FID", "KID x 1000"],
        false => ["Fréchet distance", "kernel dist. x 1000"],
    };
    out!("  {:width$} {:.4}", names[0], r.frechet);
    let (mean, off) = (1e3 * r.kernel.mean, 1e3 * r.kernel.deviation);
    out!(
        "  {:width$} {mean:.4} ± {off:.4} ({} subsets of {})",
        names[1],
        r.kernel.subsets,
        r.kernel.size
    );
    if let Some(score) = &r.inception_score {
        out!(
            "  {:width$} {:.4} ± {:.4}",
            "Inception score",
            score.mean,
            score.deviation
        );
    }
    let n = &r.neighbours;
    for (name, value) in [
        ("precision", n.precision),
        ("recall", n.recall),
        ("density", n.density),
        ("coverage", n.coverage),
    ] {
        out!("  {name:width$} {value:.4}");
    }
    if r.samples.min(r.reference) <= r.dimensions {
        out!(
            "  few images: the covariances are not of full rank, the Fréchet distance says little"
        );
    }
}

/// A space as it is typed.
fn space(text: &str) -> Result<SpaceSpec, String> {
    match text.split_once('=').unwrap_or((text, "")) {
        ("" | "inception", "") => {
            Err("expected a space; Inception's is named by its weights, inception=FILE".into())
        }
        ("inception", file) => Ok(SpaceSpec::Inception(InceptionSpec {
            inception: file.into(),
            sha256: None,
        })),
        _ => Ok(SpaceSpec::from(text)),
    }
}

fn samples(text: &str) -> Result<usize, String> {
    within(text, 10, 1_000_000, "images")
}

fn side(text: &str) -> Result<usize, String> {
    within(text, 1, 4096, "pixels")
}

fn within(text: &str, low: usize, high: usize, what: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (low..=high).contains(&n) => Ok(n),
        _ => Err(format!("expected {low} to {high} {what}")),
    }
}
