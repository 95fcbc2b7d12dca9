//! From a state dict to a net: every shape is checked, and sizes follow from them.

use std::path::Path;

use candle_core::Device;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::dict::{DISCRIMINATOR, Dict, GENERATOR};
use super::layout::{KERNEL, d_conv, g_conv};
use super::{TorchError, about};
use crate::nn::{Architecture, Discriminator, Generator};
use crate::spec::Latent;

/// The nets of a PyTorch checkpoint, with its batch-norm statistics.
#[derive(Debug, Clone)]
pub struct Torch {
    pub architecture: Architecture,
    pub discriminator: Discriminator,
    pub generator: Option<Generator>,
}

/// Read a discriminator, and a generator where one is named: `.pth` of `torch.save` or safetensors, which may be one file.
///
/// # Errors
/// [`TorchError`], which names the file and the key concerned.
pub fn load(
    discriminator: &Path,
    generator: Option<&Path>,
    device: &Device,
) -> Result<Torch, TorchError> {
    let d = Dict::read(discriminator, "its discriminator", &DISCRIMINATOR)?;
    let d_shape = d.shape(d_conv, |w| [w[1], w[0]])?;
    let generator = match generator {
        Some(path) => {
            let g = Dict::read(path, "its generator", &GENERATOR)?;
            let shape = g.shape(g_conv, |w| [w[0], w[1]])?;
            Some((g, shape))
        }
        None => None,
    };
    let z = generator.as_ref().map_or(100, |(_, shape)| shape.outside);
    let latent = Latent {
        size: z,
        distribution: about::distribution(generator.as_ref().map(|(g, _)| &g.metadata)),
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
