//! The net that a folder holds, and what it draws.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ExploreError, Without};
use crate::data::{Images, to_bytes};
use crate::nn::plan::Map;
use crate::nn::{
    Architecture, Discriminator, Generator, Input, NnError, Norm, infer_statistics, one_hot,
    released, torch,
};
use crate::spec::{ModelSpec, Spec, load};
use crate::track::Streams;
use crate::track::progress::{Progress, Unit};
use crate::train::{self, FINAL, Sampler, latent};

/// Images are drawn so many at a time, the last batch filled up: the same work for a sample wherever it stands.
const BATCH: usize = 32;
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

    /// What G draws from each z: images as floats in [-1, 1], by stored statistics. Those of a released G are inferred
    /// first, from z of a stream of their own.
    ///
    /// # Errors
    /// [`ExploreError::NoGenerator`], [`ExploreError::Latent`], or candle's own.
    pub fn generate(
        &self,
        z: &[Vec<f32>],
        progress: &dyn Progress,
    ) -> Result<Generated, ExploreError> {
        self.generate_labelled(z, &[], progress)
    }

    /// As [`Net::generate`], of a conditional net: `labels` has one for each z.
    ///
    /// # Errors
    /// As [`Net::generate`], [`ExploreError::Labels`], [`crate::nn::NnError::NoSuchClass`].
    pub fn generate_labelled(
        &self,
        z: &[Vec<f32>],
        labels: &[u8],
        progress: &dyn Progress,
    ) -> Result<Generated, ExploreError> {
        self.images(z, labels, None, progress)
    }

    /// As [`Net::generate`], with feature maps of G left out.
    ///
    /// # Errors
    /// As [`Net::generate`]; of a map that does not exist.
    pub fn generate_without(
        &self,
        z: &[Vec<f32>],
        without: Option<&Without>,
        progress: &dyn Progress,
    ) -> Result<Generated, ExploreError> {
        self.images(z, &[], without, progress)
    }

    /// The activations of G's hidden layer `layer` for each z, and the shape of one of them.
    ///
    /// # Errors
    /// As [`Net::generate`]; of a layer that does not exist.
    pub fn hidden(
        &self,
        z: &[Vec<f32>],
        layer: usize,
        progress: &dyn Progress,
    ) -> Result<(Vec<f32>, Map), ExploreError> {
        let values = self.each(z, &[], progress, |g, x| g.hidden(x, Norm::Infer, layer))?;
        let map = self.hidden_maps()?.get(layer).copied();
        let map = map.unwrap_or(self.architecture.image);
        Ok((values, map))
    }

    /// The shapes of G's hidden maps, lowest first.
    ///
    /// # Errors
    /// [`ExploreError::NoGenerator`].
    pub fn hidden_maps(&self) -> Result<Vec<Map>, ExploreError> {
        Ok(self.generator()?.hidden_maps())
    }

    fn images(
        &self,
        z: &[Vec<f32>],
        labels: &[u8],
        without: Option<&Without>,
        progress: &dyn Progress,
    ) -> Result<Generated, ExploreError> {
        let image = self.architecture.image;
        let values = self.each(z, labels, progress, |generator, input| match without {
            None => generator.forward(input, Norm::Infer),
            Some(w) => generator.forward_without(input, Norm::Infer, w.layer, &w.maps),
        })?;
        Ok(Generated {
            values,
            shape: [image.channels, image.height, image.width],
        })
    }

    /// What `run` makes of each z and its label, one after the other.
    fn each(
        &self,
        z: &[Vec<f32>],
        labels: &[u8],
        progress: &dyn Progress,
        run: impl Fn(&Generator, Input) -> Result<Tensor, NnError>,
    ) -> Result<Vec<f32>, ExploreError> {
        let generator = self.generator()?;
        let size = self.architecture.latent.size;
        if let Some(wrong) = z.iter().find(|z| z.len() != size) {
            return Err(ExploreError::Latent {
                found: wrong.len(),
                expected: size,
            });
        }
        let classes = self.architecture.classes;
        if labels.len() != if classes > 0 { z.len() } else { 0 } {
            return Err(ExploreError::Labels {
                classes,
                z: z.len(),
                found: labels.len(),
            });
        }
        if !self.inferred.load(Ordering::Acquire) {
            self.infer(generator, progress)?;
            self.inferred.store(true, Ordering::Release);
        }
        let mut bar = progress.begin("images", Some(z.len() as u64), Unit::Images);
        let mut values = Vec::new();
        for (i, batch) in z.chunks(BATCH).enumerate() {
            let mut rows = batch.concat();
            rows.resize(BATCH * size, 0.0);
            let rows = Tensor::from_vec(rows, (BATCH, size), &Device::Cpu)?;
            let mut of_batch: Vec<u8> =
                labels.iter().skip(i * BATCH).take(BATCH).copied().collect();
            of_batch.resize(BATCH, 0);
            let of_batch = match classes {
                0 => None,
                _ => Some(one_hot(&of_batch, classes, &Device::Cpu)?),
            };
            let drawn = run(generator, (&rows, of_batch.as_ref()).into())?;
            let drawn: Vec<f32> = drawn.flatten_all()?.to_vec1()?;
            values.extend_from_slice(&drawn[..drawn.len() / BATCH * batch.len()]);
            bar.advance(batch.len() as u64);
        }
        Ok(values)
    }

    /// Images in any number by z of `rng`, not stored, by stored statistics: those of a released G are inferred first.
    ///
    /// # Errors
    /// As [`Net::generate`].
    pub fn sampler(
        &self,
        rng: ChaCha8Rng,
        progress: &dyn Progress,
    ) -> Result<Sampler, ExploreError> {
        let generator = self.generator()?;
        if !self.inferred.load(Ordering::Acquire) {
            self.infer(generator, progress)?;
            self.inferred.store(true, Ordering::Release);
        }
        Ok(Sampler::new(generator, self.architecture.latent, rng)?)
    }

    fn generator(&self) -> Result<&Generator, ExploreError> {
        self.generator
            .as_ref()
            .ok_or_else(|| ExploreError::NoGenerator {
                path: self.identity.folder.clone(),
                missing: self.missing.clone(),
            })
    }

    fn infer(&self, generator: &Generator, progress: &dyn Progress) -> Result<(), ExploreError> {
        let (batches, batch) = STATISTICS;
        let total = (batches * batch) as u64;
        let mut bar = progress.begin("batch-norm statistics", Some(total), Unit::Images);
        let mut rng = Streams::new(0).stream("statistics.latent");
        infer_statistics(
            generator,
            (0..batches).map(|_| {
                bar.advance(batch as u64);
                let z = latent::draw(&self.architecture.latent, batch, &mut rng, &Device::Cpu)?;
                Ok::<_, ExploreError>(z)
            }),
        )?;
        Ok(())
    }
}

/// Images in [-1, 1], each channel by channel, row by row.
#[derive(Debug, Clone)]
pub struct Generated {
    values: Vec<f32>,
    /// Channels, height, width.
    shape: [usize; 3],
}

impl Generated {
    /// The values of each image in turn.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.shape.iter().product())
    }

    /// All of them as bytes.
    ///
    /// # Errors
    /// As [`Images::new`].
    pub fn to_images(&self) -> Result<Images, ExploreError> {
        let [c, h, w] = self.shape;
        let mut pixels = vec![0; self.values.len()];
        to_bytes(&self.values, &mut pixels);
        Ok(Images::new(c, h, w, pixels)?)
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
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}
