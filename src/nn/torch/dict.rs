//! A file's tensors, and the sizes that follow from their shapes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::Tensor;

use super::TorchError;
use super::layout::{KERNEL, SIDE, key};
use crate::nn::state_dict::{self, Wanted};
use crate::nn::{NnError, finite};

/// Channels of the maps on the way, from the file's first to its last.
pub(super) struct Shape {
    /// D: from the image's colours to the last map's. G: the other way.
    pub(super) channels: Vec<usize>,
    /// G: components of z.
    pub(super) outside: usize,
}

impl Shape {
    /// Convolutions between two maps.
    pub(super) fn layers(&self) -> usize {
        self.channels.len() - 1
    }

    pub(super) fn words(&self) -> String {
        let side = SIDE << self.layers();
        let channels: Vec<String> = self.channels.iter().map(ToString::to_string).collect();
        format!(
            "{side}x{side} px over maps of {} channels",
            channels.join(", ")
        )
    }
}

/// D of the example.
pub(super) const DISCRIMINATOR: Wanted = Wanted {
    what: "a discriminator of PyTorch's DCGAN example",
    first: "main.0.weight",
    has: "main.2.weight",
    lacks: "main.1.weight",
    called: &[
        "netd",
        "net_d",
        "discriminator",
        "disc",
        "d",
        "model_d",
        "d_model",
        "critic",
    ],
};
/// G of the example.
pub(super) const GENERATOR: Wanted = Wanted {
    what: "a generator of PyTorch's DCGAN example",
    first: "main.0.weight",
    has: "main.1.weight",
    lacks: "main.2.weight",
    called: &[
        "netg",
        "net_g",
        "generator",
        "gen",
        "g",
        "model_g",
        "g_model",
    ],
};

/// One net's tensors in a file.
pub(super) struct Dict {
    pub(super) path: PathBuf,
    pub(super) net: &'static str,
    pub(super) tensors: BTreeMap<String, Tensor>,
    /// What an export of ours says of itself.
    pub(super) metadata: BTreeMap<String, String>,
}

impl Dict {
    pub(super) fn read(
        path: &Path,
        net: &'static str,
        wanted: &Wanted,
    ) -> Result<Dict, TorchError> {
        let read = state_dict::read(path, wanted)?;
        Ok(Dict {
            path: path.to_path_buf(),
            net,
            tensors: read.tensors,
            metadata: read.metadata,
        })
    }

    /// The chain of channels; `place` says where convolution i lies, `ends` what of a weight's first two sides goes in and out.
    pub(super) fn shape(
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

    pub(super) fn get(
        &self,
        name: &str,
        layers: usize,
        expected: &str,
    ) -> Result<&Tensor, TorchError> {
        let tensor = self.tensors.get(name).ok_or_else(|| TorchError::Missing {
            path: self.path.clone(),
            net: self.net,
            layers: layers + 1,
            key: name.to_string(),
            expected: expected.into(),
            found: some_of(self.tensors.keys()).into(),
        })?;
        finite::check::<NnError>(&self.path, name, tensor)?;
        Ok(tensor)
    }

    pub(super) fn wrong<T>(
        &self,
        name: &str,
        found: &Tensor,
        expected: String,
    ) -> Result<T, TorchError> {
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
