//! The authors' released weights (Newmu/dcgan_code, `models/`): folders of NPY arrays written by Theano.
//!
//! Arrays are numbered in the order of the authors' `discrim` and `gen` functions: first the first layer's weight, then
//! weight, gain and bias of each normalised layer, last the weight without a norm. Theano computes true convolutions, so
//! every kernel is flipped along both axes here; batch-norm statistics are not stored and have to be
//! inferred from data ([`super::infer_statistics`]). A folder may lack D's deeper layers or G.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::npy::{self, Array, NpyError};
use super::{Architecture, Discriminator, Generator, NnError, Params, finite};
use crate::spec::{Latent, LatentDistribution, Preset};

/// Why a folder of released weights could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReleasedError {
    #[error("cannot list the released weights in `{}`: {source}", path.display())]
    Folder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "`{}` has no array `*_{net}_params.jl_{number:02}.npy`, which every released net begins with; choose a folder of the authors' `models/`",
        path.display()
    )]
    Missing {
        path: PathBuf,
        net: &'static str,
        number: usize,
    },
    #[error("released array `{}` {source}", path.display())]
    Array { path: PathBuf, source: NpyError },
    #[error(
        "released array `{}` has shape {found:?}, expected {expected}; choose a folder of one of the authors' ImageNet or SVHN nets",
        path.display()
    )]
    Shape {
        path: PathBuf,
        found: Vec<usize>,
        expected: String,
    },
    #[error(transparent)]
    Nn(#[from] NnError),
}

/// The nets of a released folder.
#[derive(Debug, Clone)]
pub struct Released {
    pub architecture: Architecture,
    /// The layers present; its stored statistics are not yet inferred.
    pub discriminator: Discriminator,
    /// `None` where an array of G is missing.
    pub generator: Option<Generator>,
    /// Convolutions of D present, from the first, of `architecture.discriminator.len()`.
    pub layers: usize,
    /// Numbers of G's arrays that are missing.
    pub generator_missing: Vec<usize>,
}

/// Read a released folder; preset and width follow from the shapes.
///
/// # Errors
/// [`ReleasedError`], which names the array concerned.
pub fn load(folder: &Path, device: &Device) -> Result<Released, ReleasedError> {
    let d = Arrays::find(folder, "discrim")?;
    let g = Arrays::find(folder, "gen")?;
    let first = d.read(1)?.ok_or_else(|| ReleasedError::Missing {
        path: folder.to_path_buf(),
        net: "discrim",
        number: 1,
    })?;
    let (preset, width, channels) = match first.shape.as_slice() {
        [width, channels, 5, 5] if *width > 0 => (Preset::Svhn32, *width, *channels),
        [width, channels, 3, 3] if *width > 0 => (Preset::Imagenet32, *width, *channels),
        found => {
            return Err(ReleasedError::Shape {
                path: d.path(1),
                found: found.to_vec(),
                expected: "(units, colours, 5, 5) or (units, colours, 3, 3)".into(),
            });
        }
    };
    let size = match g.read(1)? {
        Some(Array { shape, .. }) if shape.len() == 2 => shape[0],
        _ => preset.latent(),
    };
    // What each net was trained with: the folder's name says so for SVHN, the authors' ImageNet code for the other.
    let distribution = match preset {
        Preset::Svhn32 => LatentDistribution::Normal,
        _ => LatentDistribution::Uniform,
    };
    let architecture = Architecture::new(preset, width, Latent { size, distribution }, channels);
    let (discriminator, layers) = discriminator(&architecture, &d, device)?;
    let (generator, generator_missing) = generator(&architecture, &g, device)?;
    Ok(Released {
        architecture,
        discriminator,
        generator,
        layers,
        generator_missing,
    })
}

/// D with the layers whose arrays are all there, from the first.
fn discriminator(
    a: &Architecture,
    arrays: &Arrays,
    device: &Device,
) -> Result<(Discriminator, usize), ReleasedError> {
    let all = a.discriminator.len();
    let present = (0..all)
        .take_while(|i| numbers_d(*i).all(|n| arrays.has(n)))
        .count();
    let dense = numbers_d(all).start;
    let logit = present == all && arrays.has(dense);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let net = Discriminator::first_layers(a, present, logit, &mut rng, device)?;
    for i in 0..present {
        arrays.fill_layer(net.params(), &format!("d.{i}"), numbers_d(i), Order::Kernel)?;
    }
    if logit {
        arrays.fill(
            net.params(),
            &format!("d.{all}.weight"),
            dense,
            Order::Matrix,
        )?;
    }
    Ok((net, present))
}

fn generator(
    a: &Architecture,
    arrays: &Arrays,
    device: &Device,
) -> Result<(Option<Generator>, Vec<usize>), ReleasedError> {
    let layers = a.generator.len();
    // Projection and every layer but the last have weight, gain and bias.
    let missing: Vec<usize> = (1..=3 * layers + 1).filter(|n| !arrays.has(*n)).collect();
    if !missing.is_empty() {
        return Ok((None, missing));
    }
    let net = Generator::init(a, &mut ChaCha8Rng::seed_from_u64(0), device)?;
    arrays.fill_layer(net.params(), "g.0", 1..4, Order::Matrix)?;
    for (i, l) in a.generator.iter().enumerate() {
        let first = 3 * i + 4;
        let numbers = first..first + if l.norm { 3 } else { 1 };
        arrays.fill_layer(
            net.params(),
            &format!("g.{}", i + 1),
            numbers,
            Order::Kernel,
        )?;
    }
    Ok((Some(net), missing))
}

/// Numbers of D's arrays of convolution `i`; the first has no norm. Past the last it starts at the dense weight.
fn numbers_d(i: usize) -> std::ops::Range<usize> {
    if i == 0 { 1..2 } else { 3 * i - 1..3 * i + 2 }
}

/// How an array becomes a parameter.
#[derive(Clone, Copy)]
enum Order {
    /// As stored.
    Vector,
    /// `(in, out)` transposed to `(out, in)`.
    Matrix,
    /// Both spatial axes flipped: a true convolution's kernel for a cross-correlation.
    Kernel,
}

/// One net's array files by number.
struct Arrays {
    folder: PathBuf,
    net: &'static str,
    files: BTreeMap<usize, PathBuf>,
}

impl Arrays {
    fn find(folder: &Path, net: &'static str) -> Result<Self, ReleasedError> {
        let failed = |source| ReleasedError::Folder {
            path: folder.to_path_buf(),
            source,
        };
        let marker = format!("_{net}_params.jl_");
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let number = name
                .split_once(&marker)
                .and_then(|(_, rest)| rest.strip_suffix(".npy")?.parse().ok());
            if let Some(number) = number {
                files.insert(number, path);
            }
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            net,
            files,
        })
    }

    fn has(&self, number: usize) -> bool {
        self.files.contains_key(&number)
    }

    fn path(&self, number: usize) -> PathBuf {
        let unnamed = || {
            self.folder
                .join(format!("_{}_params.jl_{number:02}.npy", self.net))
        };
        self.files.get(&number).cloned().unwrap_or_else(unnamed)
    }

    fn read(&self, number: usize) -> Result<Option<Array>, ReleasedError> {
        let Some(path) = self.files.get(&number) else {
            return Ok(None);
        };
        let read = npy::read(path).map_err(|source| ReleasedError::Array {
            path: path.clone(),
            source,
        })?;
        Ok(Some(read))
    }

    /// Weight, and where there are three arrays gain and bias.
    fn fill_layer(
        &self,
        params: &Params,
        layer: &str,
        mut numbers: std::ops::Range<usize>,
        order: Order,
    ) -> Result<(), ReleasedError> {
        let names = [
            (format!("{layer}.weight"), order),
            (format!("{layer}.norm.weight"), Order::Vector),
            (format!("{layer}.norm.bias"), Order::Vector),
        ];
        for (name, order) in names {
            if let Some(number) = numbers.next() {
                self.fill(params, &name, number, order)?;
            }
        }
        Ok(())
    }

    fn fill(
        &self,
        params: &Params,
        name: &str,
        number: usize,
        order: Order,
    ) -> Result<(), ReleasedError> {
        let (Some(var), Some(array)) = (params.get(name), self.read(number)?) else {
            return Err(ReleasedError::Missing {
                path: self.folder.clone(),
                net: self.net,
                number,
            });
        };
        let mut expected = var.dims().to_vec();
        if matches!(order, Order::Matrix) {
            expected.reverse();
        }
        if array.shape != expected {
            return Err(ReleasedError::Shape {
                path: self.path(number),
                found: array.shape,
                expected: format!("{expected:?}"),
            });
        }
        finite::check_values(&self.path(number), name, &array.data).map_err(NnError::from)?;
        set(var, array, order).map_err(|e| NnError::Tensor(e).into())
    }
}

fn set(var: &Var, array: Array, order: Order) -> candle_core::Result<()> {
    let Array { shape, mut data } = array;
    if matches!(order, Order::Kernel) {
        // Reversing a kernel's cells in memory order flips both of its axes.
        let cells: usize = shape.iter().skip(2).product();
        data.chunks_exact_mut(cells.max(1))
            .for_each(<[f32]>::reverse);
    }
    let tensor = Tensor::from_vec(data, shape, &Device::Cpu)?;
    let tensor = match order {
        Order::Matrix => tensor.t()?.contiguous()?,
        _ => tensor,
    };
    var.set(&tensor.to_device(var.device())?)
}
