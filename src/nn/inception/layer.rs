//! A map and what is done to it.

use rayon::prelude::*;

use super::plan::{Conv, Step};
use super::weights::Weights;
use super::{InceptionError, pool};
use crate::nn::cpu::norm::{Affine, Statistics, folded, forward_in_place};
use crate::nn::cpu::{Geometry, conv};

/// Added to a variance before its root.
const EPSILON: f32 = 1e-3;

/// A batch of maps, channels last.
pub(super) struct Map {
    pub batch: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    pub values: Vec<f32>,
}

impl Map {
    pub fn zeros(batch: usize, [height, width, channels]: [usize; 3]) -> Map {
        Map {
            batch,
            height,
            width,
            channels,
            values: vec![0.0; batch * height * width * channels],
        }
    }

    /// Values of one image.
    pub fn one(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// The mean over each image's cells, `[batch, channels]`; sums in double precision.
    pub fn means(&self) -> Vec<f32> {
        let cells = (self.height * self.width) as f64;
        let images = self.values.par_chunks_exact(self.one());
        let means = images.flat_map_iter(|image| {
            let mut sums = vec![0f64; self.channels];
            for cell in image.chunks_exact(self.channels) {
                sums.iter_mut()
                    .zip(cell)
                    .for_each(|(s, v)| *s += f64::from(*v));
            }
            sums.into_iter().map(move |s| (s / cells) as f32)
        });
        means.collect()
    }
}

/// A step with its weights.
pub(super) enum Layer {
    Conv(Unit),
    Average,
    Max { stride: usize, pad: usize },
    Fork(Vec<Vec<Layer>>),
    Tap,
}

/// A convolution with its normalisation by stored statistics as a factor and a term.
pub(super) struct Unit {
    conv: Conv,
    weight: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Layer {
    /// Each step's layer, its weights taken from the file.
    pub fn chain(steps: Vec<Step>, weights: &Weights) -> Result<Vec<Layer>, InceptionError> {
        steps.into_iter().map(|s| Layer::new(s, weights)).collect()
    }

    fn new(step: Step, weights: &Weights) -> Result<Layer, InceptionError> {
        Ok(match step {
            Step::Conv(conv) => Layer::Conv(Unit::new(conv, weights)?),
            Step::Average => Layer::Average,
            Step::Max { stride, pad } => Layer::Max { stride, pad },
            Step::Fork(chains) => {
                let chains = chains.into_iter().map(|c| Layer::chain(c, weights));
                Layer::Fork(chains.collect::<Result<_, _>>()?)
            }
            Step::Tap => Layer::Tap,
        })
    }

    /// What the layer makes of a map; `None` where it leaves it alone.
    pub fn run(&self, x: &Map) -> Option<Map> {
        match self {
            Layer::Conv(unit) => Some(unit.run(x)),
            Layer::Average => Some(pool::average(x)),
            Layer::Max { stride, pad } => Some(pool::maximum(x, *stride, *pad)),
            Layer::Fork(chains) => {
                let maps = chains.iter().filter_map(|chain| walk(chain, x)).collect();
                Some(joined(maps))
            }
            Layer::Tap => None,
        }
    }
}

/// Run a chain; `None` where no layer of it changes the map.
fn walk(chain: &[Layer], x: &Map) -> Option<Map> {
    let mut last: Option<Map> = None;
    for layer in chain {
        if let Some(next) = layer.run(last.as_ref().unwrap_or(x)) {
            last = Some(next);
        }
    }
    last
}

/// Maps of the same cells, their channels one after the other.
fn joined(maps: Vec<Map>) -> Map {
    let channels: usize = maps.iter().map(|m| m.channels).sum();
    let (batch, side) = maps
        .first()
        .map_or((0, [0, 0]), |m| (m.batch, [m.height, m.width]));
    let mut out = Map::zeros(batch, [side[0], side[1], channels]);
    out.values
        .par_chunks_exact_mut(channels.max(1))
        .enumerate()
        .for_each(|(cell, out)| {
            let mut rest = out;
            for m in &maps {
                let (to, after) = rest.split_at_mut(m.channels);
                to.copy_from_slice(&m.values[cell * m.channels..][..m.channels]);
                rest = after;
            }
        });
    out
}

impl Unit {
    fn new(conv: Conv, weights: &Weights) -> Result<Unit, InceptionError> {
        let Conv {
            name,
            input,
            output,
            kernel: [kh, kw],
            ..
        } = &conv;
        let weight = weights.take(&format!("{name}.conv.weight"), &[*output, *input, *kh, *kw])?;
        let of = |part: &str| weights.take(&format!("{name}.bn.{part}"), &[*output]);
        let statistics = Statistics {
            mean: of("running_mean")?,
            variance: of("running_var")?,
        };
        let affine = Affine {
            gain: &of("weight")?,
            bias: &of("bias")?,
            epsilon: EPSILON,
            slope: 0.0,
        };
        let (scale, shift) = folded(&statistics, affine);
        Ok(Unit {
            conv,
            weight,
            scale,
            shift,
        })
    }

    fn run(&self, x: &Map) -> Map {
        let c = &self.conv;
        let cells = |size: usize, i: usize| (size + 2 * c.pad[i] - c.kernel[i]) / c.stride + 1;
        let small = [cells(x.height, 0), cells(x.width, 1), c.output];
        let g = Geometry {
            batch: x.batch,
            large: [x.height, x.width, c.input],
            small,
            kernel: c.kernel,
            stride: c.stride,
            pad: c.pad,
        };
        let mut y = Map::zeros(x.batch, small);
        conv::down(&g, &x.values, &self.weight, &mut y.values);
        let row = small[1] * small[2];
        y.values
            .par_chunks_exact_mut(row.max(1))
            .for_each(|row| forward_in_place(row, (&self.scale, &self.shift), 0.0));
        y
    }
}
