//! Feature spaces by their names in a spec.

use candle_core::Device;
use rand::seq::SliceRandom;

use super::SweepError;
use super::stages::quality::QualityStageError;
use crate::data::Images;
use crate::explore::Net;
use crate::nn::inception::{Inception, Weights};
use crate::nn::{Architecture, Discriminator, Norm};
use crate::probe::quality::Space;
use crate::spec::{InceptionSpec, Latent, LatentDistribution, Preset, Rules, SpaceSpec};
use crate::track::Streams;
use crate::track::progress::Progress;
use crate::train::{self, to_tensor, untrained};

/// Channels of the untrained net's first layer, whatever the width of the net that is judged.
const WIDTH: usize = 64;
/// Mini-batches of real images, and images in each, that an untrained or released net's batch-norm statistics come from.
const STATISTICS: (usize, usize) = (50, 128);

/// The space called `wanted`, and which network it is in words; `net` is the trial whose images are judged, `real` the
/// images they are compared with.
///
/// # Errors
/// [`SweepError`] for a net that cannot be read or takes other images.
pub fn space(
    wanted: &SpaceSpec,
    net: Option<&Net>,
    real: &Images,
    progress: &dyn Progress,
) -> Result<(Space, String), SweepError> {
    let (d, about, statistics) = match wanted {
        SpaceSpec::Inception(InceptionSpec { inception, sha256 }) => {
            let weights = Weights::read(inception, sha256.as_deref())?;
            let about = match weights.official() {
                true => weights.card().title.clone(),
                false => format!("Inception v3, weights {}", &weights.sha256()[..12]),
            };
            if !weights.official() {
                progress.note(&format!(
                    "`{}` has SHA-256 {}: these are not the published weights, so the numbers are not FID, KID and Inception score as papers give them",
                    inception.display(),
                    weights.sha256()
                ));
            }
            let net = Inception::new(&weights)?;
            return Ok((Space::Inception(Box::new(net)), about));
        }
        SpaceSpec::Trained => {
            let net = net.ok_or(QualityStageError::NoTrial)?;
            (
                net.discriminator.clone(),
                "its own D".to_string(),
                net.statistics,
            )
        }
        SpaceSpec::Trial(path) => {
            let other = Net::open(path)?;
            let about = format!("D of {}, {}", path.display(), &other.identity.sha256[..12]);
            (other.discriminator.clone(), about, other.statistics)
        }
        SpaceSpec::Untrained => {
            let a = reference(net, real)?;
            let d = untrained(&a, a.discriminator.len(), Streams::new(0), &Device::Cpu)?;
            let about = format!(
                "{}, width {}, before its first step",
                a.preset.map_or("the trial's own shape", Preset::name),
                a.width
            );
            (d, about, false)
        }
    };
    check(wanted, &d, real)?;
    if !statistics {
        infer(&d, real, progress)?;
    }
    Ok((Space::Discriminator(d), about))
}

/// The untrained net's shape: figure 1's or the MNIST net's for its image size, so that trials of any width, seed or arm share it; the
/// trial's own where figure 1 has none of that size.
fn reference(net: Option<&Net>, real: &Images) -> Result<Architecture, SweepError> {
    let latent = Latent {
        size: 1,
        distribution: LatentDistribution::Uniform,
    };
    let preset = [Preset::Dcgan64, Preset::Dcgan32, Preset::Mnist28]
        .into_iter()
        .find(|p| p.size() == real.h);
    match (preset, net) {
        // By the paper's rules, without labels, whatever the preset's own are.
        (Some(preset), _) => {
            let rules = Rules::default();
            Ok(Architecture::of(preset, WIDTH, latent, &rules, real.c, 0))
        }
        (None, Some(net)) => Ok(net.architecture.clone()),
        (None, None) => Err(QualityStageError::Size { found: real.h }.into()),
    }
}

/// Whether D takes images of that shape.
fn check(wanted: &SpaceSpec, d: &Discriminator, real: &Images) -> Result<(), SweepError> {
    let one = to_tensor(real, &[0], &Device::Cpu)?;
    d.features(&one, Norm::Batch, 0)
        .map(drop)
        .map_err(|source| {
            QualityStageError::Images {
                space: wanted.to_string(),
                source,
            }
            .into()
        })
}

/// Statistics from the real images.
fn infer(d: &Discriminator, real: &Images, progress: &dyn Progress) -> Result<(), SweepError> {
    let (batches, size) = STATISTICS;
    let mut order: Vec<usize> = (0..real.n).collect();
    order.shuffle(&mut Streams::new(0).stream("quality.statistics"));
    order.truncate(batches * size);
    let batches: Vec<&[usize]> = order.chunks(size).collect();
    let count = (batches.len(), size);
    train::infer(d, "batch-norm statistics of D", count, progress, |i| {
        Ok::<_, SweepError>(to_tensor(real, batches[i], &Device::Cpu)?)
    })
}
