//! From a state dict to a net: every shape is checked, and sizes follow from them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::layout::{KERNEL, NORM, SIDE, d_conv, d_norm, g_conv, g_norm, key, variance_shift};
use super::{TorchError, file};
use crate::nn::{Architecture, Discriminator, Generator, NnError};
use crate::spec::{Latent, LatentDistribution};

/// The nets of a PyTorch checkpoint, with its batch-norm statistics.
#[derive(Debug, Clone)]
pub struct Torch {
    pub architecture: Architecture,
    pub discriminator: Discriminator,
    pub generator: Option<Generator>,
}

/// Read a discriminator, and a generator where one is named: `.pth` of `torch.save` or safetensors.
///
/// # Errors
/// [`TorchError`], which names the file and the key concerned.
pub fn load(
    discriminator: &Path,
    generator: Option<&Path>,
    device: &Device,
) -> Result<Torch, TorchError> {
    let d = Dict::read(discriminator, "its discriminator")?;
    let d_shape = d.shape(d_conv, |w| [w[1], w[0]])?;
    let generator = match generator {
        Some(path) => {
            let g = Dict::read(path, "its generator")?;
            let shape = g.shape(g_conv, |w| [w[0], w[1]])?;
            Some((g, shape))
        }
        None => None,
    };
    let z = generator.as_ref().map_or(100, |(_, shape)| shape.outside);
    let latent = Latent {
        size: z,
        distribution: LatentDistribution::Normal,
    };
    let architecture = Architecture::strided(&d_shape.channels, KERNEL, latent);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let net = Discriminator::init(&architecture, &mut rng, device)?;
    net.params().load(&d.discriminator(&d_shape)?)?;
    let generator = match generator {
        None => None,
        Some((g, mut shape)) => {
            shape.channels.reverse();
            if shape.channels != d_shape.channels {
                return Err(TorchError::Pair {
                    generator: g.path,
                    discriminator: d.path,
                    found: shape.words(),
                    expected: d_shape.words(),
                });
            }
            let net = Generator::init(&architecture, &mut rng, device)?;
            net.params().load(&g.generator(&shape, z)?)?;
            Some(net)
        }
    };
    Ok(Torch {
        architecture,
        discriminator: net,
        generator,
    })
}

/// Channels of the maps on the way, from the file's first to its last.
struct Shape {
    /// D: from the image's colours to the last map's. G: the other way.
    channels: Vec<usize>,
    /// G: components of z.
    outside: usize,
}

impl Shape {
    /// Convolutions between two maps.
    fn layers(&self) -> usize {
        self.channels.len() - 1
    }

    fn words(&self) -> String {
        let side = SIDE << self.layers();
        let channels: Vec<String> = self.channels.iter().map(ToString::to_string).collect();
        format!(
            "{side}x{side} px over maps of {} channels",
            channels.join(", ")
        )
    }
}

/// A file's tensors.
struct Dict {
    path: std::path::PathBuf,
    net: &'static str,
    tensors: BTreeMap<String, Tensor>,
}

impl Dict {
    fn read(path: &Path, net: &'static str) -> Result<Dict, TorchError> {
        Ok(Dict {
            path: path.to_path_buf(),
            net,
            tensors: file::read(path)?,
        })
    }

    /// The chain of channels; `place` says where convolution i lies, `ends` what of a weight's first two sides goes in and out.
    fn shape(
        &self,
        place: fn(usize) -> usize,
        ends: fn(&[usize]) -> [usize; 2],
    ) -> Result<Shape, TorchError> {
        // The last place that holds a kernel: one that lacks an earlier layer is told which.
        let last = self
            .tensors
            .iter()
            .filter(|(_, t)| t.rank() == 4)
            .filter_map(|(name, _)| {
                name.strip_prefix("main.")?
                    .strip_suffix(".weight")?
                    .parse()
                    .ok()
            })
            .max()
            .unwrap_or(0);
        let layers = (1..).take_while(|i| place(*i) <= last).count();
        // Fewer than two cannot be told from another layout.
        let layers = layers.max(2);
        let mut chain = Vec::with_capacity(layers + 2);
        for i in 0..=layers {
            let name = key(place(i), "weight");
            let kernel = format!("a kernel (.., .., {KERNEL}, {KERNEL})");
            let tensor = self.get(&name, layers, &kernel)?;
            match tensor.dims() {
                [a, b, KERNEL, KERNEL] if a * b > 0 => {
                    let [from, to] = ends(tensor.dims());
                    match chain.last() {
                        Some(before) if *before != from => {
                            return self.wrong(&name, tensor, format!("{before} channels in"));
                        }
                        Some(_) => {}
                        None => chain.push(from),
                    }
                    chain.push(to);
                }
                _ => return self.wrong(&name, tensor, kernel),
            }
        }
        // One end of the chain is no map: D's logit, G's z.
        let one = key(place(layers), "weight");
        let logit = self.net.contains("discriminator");
        let outside = match logit {
            true => chain.pop(),
            false => Some(chain.remove(0)),
        };
        match outside {
            Some(n) if !logit || n == 1 => Ok(Shape {
                channels: chain,
                outside: n,
            }),
            _ => self.wrong(&one, self.get(&one, layers, "")?, "one channel out".into()),
        }
    }

    fn discriminator(&self, shape: &Shape) -> Result<HashMap<String, Tensor>, TorchError> {
        let layers = shape.layers();
        let mut out = Taken::new(self, layers);
        for i in 0..layers {
            out.take(d_conv(i), "weight", format!("d.{i}.weight"), Ok)?;
            if i > 0 {
                out.norm(d_norm(i), &format!("d.{i}"), shape.channels[i + 1], 1)?;
            }
        }
        let flat = shape.channels[layers] * SIDE * SIDE;
        out.take(
            d_conv(layers),
            "weight",
            format!("d.{layers}.weight"),
            |t| t.reshape((1, flat)),
        )?;
        out.finish()
    }

    /// `shape` in D's order.
    fn generator(&self, shape: &Shape, z: usize) -> Result<HashMap<String, Tensor>, TorchError> {
        let layers = shape.layers();
        let mut out = Taken::new(self, layers);
        let channels = |i: usize| shape.channels[layers - i];
        let cells = SIDE * SIDE;
        let units = channels(0) * cells;
        out.take(g_conv(0), "weight", "g.0.weight".into(), |t| {
            t.reshape((z, units))?.t()?.contiguous()
        })?;
        out.norm(g_norm(0), "g.0", channels(0), cells)?;
        for i in 1..=layers {
            out.take(g_conv(i), "weight", format!("g.{i}.weight"), Ok)?;
            if i < layers {
                out.norm(g_norm(i), &format!("g.{i}"), channels(i), 1)?;
            }
        }
        out.finish()
    }

    fn get(&self, name: &str, layers: usize, expected: &str) -> Result<&Tensor, TorchError> {
        let tensor = self.tensors.get(name).ok_or_else(|| TorchError::Missing {
            path: self.path.clone(),
            net: self.net,
            layers: layers + 1,
            key: name.to_string(),
            expected: expected.into(),
            found: some_of(self.tensors.keys()).into(),
        })?;
        let values = tensor.flatten_all().and_then(|t| t.to_vec1::<f32>());
        let values = values.map_err(NnError::Tensor)?;
        match values.into_iter().find(|v| !v.is_finite()) {
            Some(value) => Err(TorchError::NotFinite {
                path: self.path.clone(),
                key: name.to_string(),
                value,
            }),
            None => Ok(tensor),
        }
    }

    fn wrong<T>(&self, name: &str, found: &Tensor, expected: String) -> Result<T, TorchError> {
        Err(TorchError::Shape {
            path: self.path.clone(),
            key: name.to_string(),
            found: found.dims().to_vec(),
            expected,
        })
    }
}

/// A few names, so that an error shows what sort of file it is.
fn some_of<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    const SHOWN: usize = 4;
    let all = names.len();
    let shown: Vec<String> = names.take(SHOWN).map(|n| format!("`{n}`")).collect();
    match all > SHOWN {
        true => format!("{} and {} others", shown.join(", "), all - SHOWN),
        false => shown.join(", "),
    }
}

/// Tensors taken from a file under our names; at the end none may be left.
struct Taken<'a> {
    from: &'a Dict,
    layers: usize,
    out: HashMap<String, Tensor>,
    used: Vec<String>,
}

impl<'a> Taken<'a> {
    fn new(from: &'a Dict, layers: usize) -> Self {
        Taken {
            from,
            layers,
            out: HashMap::new(),
            used: Vec::new(),
        }
    }

    fn take(
        &mut self,
        place: usize,
        part: &str,
        name: String,
        to: impl FnOnce(Tensor) -> candle_core::Result<Tensor>,
    ) -> Result<(), TorchError> {
        let from = key(place, part);
        let tensor = self.from.get(&from, self.layers, "a kernel")?;
        let tensor = to(tensor.clone()).map_err(NnError::Tensor)?;
        self.out.insert(name, tensor);
        self.used.push(from);
        Ok(())
    }

    /// A batch norm of `channels`, each value standing for `repeat` of ours.
    fn norm(
        &mut self,
        place: usize,
        layer: &str,
        channels: usize,
        repeat: usize,
    ) -> Result<(), TorchError> {
        for part in NORM {
            let from = key(place, part);
            let expected = format!("({channels})");
            let what = format!("{part} of a batch norm over {channels} channels");
            let tensor = self.from.get(&from, self.layers, &what)?;
            if tensor.dims() != [channels] {
                return self.from.wrong(&from, tensor, expected);
            }
            let shift = match part {
                "running_var" => variance_shift(),
                _ => 0.0,
            };
            let ours = || -> candle_core::Result<Tensor> {
                let wide = tensor.reshape((channels, 1))?.repeat((1, repeat))?;
                wide.flatten_all()?.affine(1.0, shift)
            };
            self.out.insert(
                format!("{layer}.norm.{part}"),
                ours().map_err(NnError::Tensor)?,
            );
            self.used.push(from);
        }
        Ok(())
    }

    fn finish(self) -> Result<HashMap<String, Tensor>, TorchError> {
        let left = self
            .from
            .tensors
            .keys()
            .find(|name| !self.used.contains(name) && !name.ends_with("num_batches_tracked"));
        match left {
            Some(key) => Err(TorchError::Extra {
                path: self.from.path.clone(),
                net: self.from.net,
                key: key.clone(),
            }),
            None => Ok(self.out),
        }
    }
}
