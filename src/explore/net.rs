//! The net that a folder holds.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::Device;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ExploreError;
use crate::nn::{Architecture, Discriminator, Generator, released, torch};
use crate::spec::{ModelSpec, Spec, load};
use crate::track::Streams;
use crate::track::hash::hex;
use crate::track::progress::Progress;
use crate::train::{self, FINAL, latent};

/// Mini-batches of 128 over which the statistics of a released G are averaged.
const STATISTICS: (usize, usize) = (20, 128);

/// Which net a figure was drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its folder, as it was named.
    pub folder: PathBuf,
    /// Of the checkpoint; of released weights, over their files in the order of names.
    pub sha256: String,
}

/// A trial's nets or the authors' released ones, on the CPU.
#[derive(Debug)]
pub struct Net {
    pub identity: Identity,
    pub architecture: Architecture,
    /// The layers present.
    pub discriminator: Discriminator,
    /// `None` where arrays of a released G are missing.
    generator: Option<Generator>,
    missing: Vec<usize>,
    /// The trial's spec; `None` for a folder of released weights.
    pub spec: Option<Spec>,
    /// Batch-norm statistics came with the weights; the released ones have none.
    pub statistics: bool,
    /// Those that G lacked have been inferred.
    inferred: AtomicBool,
}

impl Net {
    /// The net in `folder`: a trial's, or the authors' released weights.
    ///
    /// # Errors
    /// [`ExploreError::NoNet`], [`ExploreError::Unfinished`], or why a file in it could not be read.
    pub fn open(folder: &Path) -> Result<Net, ExploreError> {
        let spec = folder.join("spec.yaml");
        if spec.is_file() {
            let spec: Spec = load::file(&spec)?;
            return match &spec.model {
                ModelSpec::Preset { .. } => Self::trial(folder, spec),
                ModelSpec::Released { released } => Ok(Net {
                    spec: Some(spec.clone()),
                    ..Self::released(released)?
                }),
                ModelSpec::Torch { torch, generator } => Ok(Net {
                    spec: Some(spec.clone()),
                    ..Self::torch(torch, generator.as_deref())?
                }),
            };
        }
        let mut names = match std::fs::read_dir(folder) {
            Ok(entries) => entries.flatten().map(|e| e.file_name()),
            Err(_) => {
                return Err(ExploreError::NoNet {
                    path: folder.to_path_buf(),
                });
            }
        };
        match names.any(|n| n.to_string_lossy().contains("_discrim_params.jl_")) {
            true => Self::released(folder),
            false => Err(ExploreError::NoNet {
                path: folder.to_path_buf(),
            }),
        }
    }

    fn trial(folder: &Path, spec: Spec) -> Result<Net, ExploreError> {
        let path = folder.join(FINAL);
        let ModelSpec::Preset {
            preset,
            width,
            latent,
            rules,
        } = spec.model
        else {
            return Err(ExploreError::NoNet {
                path: folder.to_path_buf(),
            });
        };
        if !path.exists() {
            return Err(ExploreError::Unfinished {
                path: folder.to_path_buf(),
                file: FINAL,
            });
        }
        let (tensors, _) = train::load(&path, &Device::Cpu)?;
        // Colours and classes are the training set's, which need not be at hand.
        let fitting = Architecture::fitting(preset, width, latent, &rules, &tensors);
        let Some(architecture) = fitting else {
            return Err(ExploreError::NoWeights { path });
        };
        let (generator, discriminator) =
            train::from_tensors(&architecture, &tensors, &Device::Cpu)?;
        Ok(Net {
            identity: Identity {
                folder: folder.to_path_buf(),
                sha256: hash(&[path])?,
            },
            architecture,
            discriminator,
            generator: Some(generator),
            missing: Vec::new(),
            spec: Some(spec),
            statistics: true,
            inferred: AtomicBool::new(true),
        })
    }

    fn released(folder: &Path) -> Result<Net, ExploreError> {
        let read = released::load(folder, &Device::Cpu)?;
        let entries = std::fs::read_dir(folder).map_err(|source| ExploreError::Read {
            path: folder.to_path_buf(),
            source,
        })?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        files.retain(|f| f.extension().is_some_and(|e| e == "npy"));
        files.sort();
        Ok(Net {
            identity: Identity {
                folder: folder.to_path_buf(),
                sha256: hash(&files)?,
            },
            architecture: read.architecture,
            discriminator: read.discriminator,
            generator: read.generator,
            missing: read.generator_missing,
            spec: None,
            statistics: false,
            inferred: AtomicBool::new(false),
        })
    }

    fn torch(discriminator: &Path, generator: Option<&Path>) -> Result<Net, ExploreError> {
        let read = torch::load(discriminator, generator, &Device::Cpu)?;
        let files: Vec<PathBuf> = std::iter::once(discriminator)
            .chain(generator)
            .map(Path::to_path_buf)
            .collect();
        Ok(Net {
            identity: Identity {
                folder: discriminator.to_path_buf(),
                sha256: hash(&files)?,
            },
            architecture: read.architecture,
            discriminator: read.discriminator,
            generator: read.generator,
            missing: Vec::new(),
            spec: None,
            statistics: true,
            inferred: AtomicBool::new(true),
        })
    }

    /// D, and G where it is at hand.
    pub fn both(&self) -> (&Discriminator, Option<&Generator>) {
        (&self.discriminator, self.generator.as_ref())
    }

    /// G with its statistics: those of a released one are inferred first, from z of a stream of their own.
    ///
    /// # Errors
    /// [`ExploreError::NoGenerator`], or candle's own.
    pub(super) fn ready(&self, progress: &dyn Progress) -> Result<&Generator, ExploreError> {
        let generator = self.generator()?;
        if !self.inferred.load(Ordering::Acquire) {
            self.infer(generator, progress)?;
            self.inferred.store(true, Ordering::Release);
        }
        Ok(generator)
    }

    pub(super) fn generator(&self) -> Result<&Generator, ExploreError> {
        self.generator
            .as_ref()
            .ok_or_else(|| ExploreError::NoGenerator {
                path: self.identity.folder.clone(),
                missing: self.missing.clone(),
            })
    }

    fn infer(&self, generator: &Generator, progress: &dyn Progress) -> Result<(), ExploreError> {
        let (batches, batch) = STATISTICS;
        let mut rng = Streams::new(0).stream("statistics.latent");
        let what = "batch-norm statistics of G";
        train::infer(generator, what, (batches, batch), progress, |_| {
            let z = latent::draw(&self.architecture.latent, batch, &mut rng, &Device::Cpu)?;
            Ok::<_, ExploreError>(z)
        })
    }
}

/// SHA-256 of one file's bytes; of several, over each one's name and bytes.
fn hash(files: &[PathBuf]) -> Result<String, ExploreError> {
    let mut hash = Sha256::new();
    for path in files {
        let bytes = std::fs::read(path).map_err(|source| ExploreError::Read {
            path: path.clone(),
            source,
        })?;
        if files.len() > 1 {
            hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        }
        hash.update(&bytes);
    }
    Ok(hex(&hash.finalize()))
}
