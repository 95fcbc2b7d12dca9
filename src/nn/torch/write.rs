//! Our nets as state dicts that PyTorch loads, with the module that they fit.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

use super::about::{self, Statistics};
use super::layout::{KERNEL, NORM, SIDE, d_conv, d_norm, g_conv, g_norm, key, variance_shift};
use super::{TorchError, module};
use crate::nn::{Architecture, Discriminator, Generator, NnError};
use crate::track::atomic;

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub files: Vec<PathBuf>,
    /// The files have the names and shapes of PyTorch's example, so that its own module loads them.
    pub example: bool,
}

/// Write `netD.safetensors`, `netG.safetensors` where there is a generator, and `model.py`, whose classes load them.
///
/// Both nets must have their batch-norm statistics.
///
/// # Errors
/// [`TorchError::Cut`], [`TorchError::Rules`], [`TorchError::Write`], or candle's own.
pub fn export(
    architecture: &Architecture,
    discriminator: &Discriminator,
    generator: Option<&Generator>,
    statistics: Statistics,
    folder: &Path,
) -> Result<Exported, TorchError> {
    let all = architecture.discriminator.len();
    if discriminator.layers() < all || discriminator.dense.is_none() {
        return Err(TorchError::Cut {
            present: discriminator.layers(),
            all,
        });
    }
    if !discriminator.is_plain() || generator.is_some_and(|g| !g.is_plain()) {
        return Err(TorchError::Rules);
    }
    let kernels = architecture.discriminator.iter();
    let mut style = module::Style {
        shift: kernels.clone().all(|l| l.kernel == KERNEL && l.stride == 2)
            && architecture.projection.height == SIDE,
        per_unit: true,
    };
    let d = named_d(architecture, discriminator, style).map_err(NnError::Tensor)?;
    let mut nets = vec![("netD.safetensors", false, d)];
    if let Some(generator) = generator {
        let (g, per_unit) = named_g(architecture, generator, style).map_err(NnError::Tensor)?;
        style.per_unit = per_unit;
        nets.push(("netG.safetensors", true, g));
    }
    let mut files = Vec::new();
    for (name, is_generator, tensors) in nets {
        let path = folder.join(name);
        let metadata = about::metadata(architecture, is_generator, style, statistics);
        let bytes = serialize(tensors, metadata).map_err(|e| {
            NnError::Tensor(candle_core::Error::Msg(format!(
                "{name} does not serialise: {e}"
            )))
        })?;
        atomic::write(&path, &bytes)?;
        files.push(path);
    }
    let path = folder.join("model.py");
    let text = module::text(architecture, generator.is_some(), style);
    atomic::write(&path, text.as_bytes())?;
    files.push(path);
    Ok(Exported {
        files,
        example: style.shift && !(generator.is_some() && style.per_unit),
    })
}

type Tensors = BTreeMap<String, Tensor>;

/// A safetensors file whose metadata stand in the order of their names, so that the same net is always the same bytes.
fn serialize(
    tensors: Tensors,
    metadata: BTreeMap<String, String>,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    const METADATA: &str = "__metadata__";
    let unordered: HashMap<String, String> = metadata.clone().into_iter().collect();
    let mut bytes = safetensors::serialize(tensors, Some(unordered))?;
    let start = size_of::<u64>();
    let length = bytes.first_chunk().map_or(0, |n| u64::from_le_bytes(*n)) as usize;
    let header = bytes.get_mut(start..start + length).unwrap_or_default();
    let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(header)?;
    fields.insert(METADATA.to_string(), serde_json::to_value(metadata)?);
    let mut ordered = serde_json::to_vec(&fields)?;
    // The same entries have the same length in any order; the rest is filled with spaces, as before.
    ordered.resize(length, b' ');
    header.copy_from_slice(&ordered);
    Ok(bytes)
}

fn named_d(
    a: &Architecture,
    net: &Discriminator,
    style: module::Style,
) -> candle_core::Result<Tensors> {
    let ours = Ours(net.params().tensors().map_err(candle_core::Error::wrap)?);
    let mut out = Tensors::new();
    for (i, l) in a.discriminator.iter().enumerate() {
        out.insert(
            key(d_conv(i), "weight"),
            ours.get(&format!("d.{i}.weight"))?,
        );
        if l.norm {
            ours.norm(&format!("d.{i}"), d_norm(i), style, None, &mut out)?;
        }
    }
    let n = a.discriminator.len();
    let map = a.projection;
    let logit = ours.get(&format!("d.{n}.weight"))?;
    out.insert(
        key(d_conv(n), "weight"),
        logit.reshape((1, map.channels, map.height, map.width))?,
    );
    Ok(out)
}

/// G's tensors, and whether its first batch norm needs a gain a unit.
fn named_g(
    a: &Architecture,
    net: &Generator,
    style: module::Style,
) -> candle_core::Result<(Tensors, bool)> {
    let ours = Ours(net.params().tensors().map_err(candle_core::Error::wrap)?);
    let mut out = Tensors::new();
    let project = ours.get("g.0.weight")?.t()?.contiguous()?;
    let (z, map) = (project.dim(0)?, a.projection);
    let cells = map.height * map.width;
    out.insert(
        key(g_conv(0), "weight"),
        project.reshape((z, map.channels, map.height, map.width))?,
    );
    let alike = NORM.iter().all(|part| {
        ours.get(&format!("g.0.norm.{part}"))
            .and_then(|t| t.to_vec1::<f32>())
            .is_ok_and(|v| v.chunks(cells).all(|c| c.iter().all(|v| *v == c[0])))
    });
    ours.norm("g.0", g_norm(0), style, alike.then_some(cells), &mut out)?;
    for (i, l) in a.generator.iter().enumerate() {
        let name = format!("g.{}", i + 1);
        out.insert(
            key(g_conv(i + 1), "weight"),
            ours.get(&format!("{name}.weight"))?,
        );
        if l.norm {
            ours.norm(&name, g_norm(i + 1), style, None, &mut out)?;
        }
    }
    Ok((out, !alike))
}

/// A net's tensors by our names.
struct Ours(Tensors);

impl Ours {
    fn get(&self, name: &str) -> candle_core::Result<Tensor> {
        match self.0.get(name) {
            Some(t) => t.to_device(&Device::Cpu)?.contiguous(),
            None => candle_core::bail!("the net lacks `{name}`"),
        }
    }

    /// A batch norm; `collapse` leaves one value of so many alike.
    fn norm(
        &self,
        layer: &str,
        place: usize,
        style: module::Style,
        collapse: Option<usize>,
        out: &mut Tensors,
    ) -> candle_core::Result<()> {
        for part in NORM {
            let mut t = self.get(&format!("{layer}.norm.{part}"))?;
            if let Some(cells) = collapse {
                t = t.reshape(((), cells))?.narrow(1, 0, 1)?.flatten_all()?;
            }
            if style.shift && part == "running_var" {
                t = t.affine(1.0, -variance_shift())?;
            }
            out.insert(key(place, part), t.contiguous()?);
        }
        let count = Tensor::zeros((), DType::I64, &Device::Cpu)?;
        out.insert(key(place, "num_batches_tracked"), count);
        Ok(())
    }
}
