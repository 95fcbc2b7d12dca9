//! G for drawing alone: stored statistics folded into weights made once, and what labels add kept for each class.
//!
//! A one-hot label beside a layer's input adds to its sums what depends on the class alone: a row of a dense layer's, a map of
//! a convolution's. Both are computed once, and the layers run on their own channels.

use candle_core::{Result, Tensor};

use crate::nn::EPSILON;
use crate::nn::cpu::dense::{Packed, forward_packed};
use crate::nn::cpu::norm::{Affine, Statistics, folded};
use crate::nn::cpu::spare::lend;
use crate::nn::cpu::transpose::swap;
use crate::nn::cpu::unpool::{Repeat, repeat};
use crate::nn::cpu::{Geometry, activation, conv};
use crate::nn::generator::Generator;
use crate::nn::norm::BatchNorm;
use crate::nn::ops::{Activation, ConvTranspose2d};
use crate::nn::plan::ConvLayer;

/// G as it was when this was made; later changes of its parameters do not show.
#[derive(Debug, Clone)]
pub struct PlannedSampler {
    classes: usize,
    latent: usize,
    dense: Vec<Stage<Packed>>,
    layers: Vec<Stage<Grown>>,
    /// Colours and pixels of an image.
    image: [usize; 2],
    /// Values of an image's largest map.
    largest: usize,
}

#[derive(Debug, Clone)]
struct Stage<W> {
    weights: W,
    /// Values of an image that come out.
    len: usize,
    /// What is added to them: `[classes or 1, len]`.
    shifts: Vec<f32>,
    activation: Activation,
}

/// A fractionally-strided convolution, with what goes before it.
#[derive(Debug, Clone)]
struct Grown {
    /// For one image.
    g: Geometry,
    unpool: Option<Repeat>,
    weight: Vec<f32>,
}

impl PlannedSampler {
    /// `None` where the net is not in single precision on the CPU.
    ///
    /// # Errors
    /// candle's own.
    pub fn new(net: &Generator) -> Result<Option<Self>> {
        let on_cpu = |d: &crate::nn::dense::Dense| d.weight.device().is_cpu();
        if !net.dense.iter().all(on_cpu) {
            return Ok(None);
        }
        let map = net.projection;
        let cells = map.height * map.width;
        let mut dense = Vec::with_capacity(net.dense.len());
        for (i, d) in net.dense.iter().enumerate() {
            let l = d.layer;
            let (scale, shift) = affine(d.norm.as_ref(), l.units)?;
            let w = values(d.weight.as_tensor())?;
            let row = l.inputs + l.labels;
            // The projection's units are channels first; the convolutions read them channels last.
            let reorder = i + 1 == net.dense.len() && !net.layers.is_empty();
            let unit = |u: usize| match reorder {
                true => u % map.channels * cells + u / map.channels,
                false => u,
            };
            let label = |u: usize, class: usize| match l.labels {
                0 => 0.0,
                _ => w[u * row + l.inputs + class],
            };
            let classes = 0..l.labels.max(1);
            let shifts = classes.flat_map(|class| {
                let all = (0..l.units).map(unit);
                all.map(move |u| (u, class))
            });
            dense.push(Stage {
                shifts: shifts
                    .map(|(u, class)| label(u, class) * scale[u] + shift[u])
                    .collect(),
                weights: Packed::new(l.inputs, l.units, |u, k| {
                    w[unit(u) * row + k] * scale[unit(u)]
                }),
                len: l.units,
                activation: l.activation,
            });
        }
        let mut layers = Vec::with_capacity(net.layers.len());
        for (l, weight, norm) in &net.layers {
            layers.push(grown(l, &values(weight.as_tensor())?, norm.as_ref())?);
        }
        let image = match net.layers.last() {
            Some((l, ..)) => l.output,
            None => map,
        };
        let maps = layers.iter().map(|l| l.len.max(l.weights.g.small_len()));
        let largest = dense.iter().map(|d| d.len).chain(maps).max().unwrap_or(0);
        Ok(Some(PlannedSampler {
            classes: net.classes,
            latent: net.latent,
            dense,
            layers,
            image: [image.channels, image.height * image.width],
            largest,
        }))
    }

    /// Classes of the labels that the net sees; 0 where it sees none.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Values of an image.
    pub fn image_len(&self) -> usize {
        self.image.iter().product()
    }

    /// Images `[n, c, h, w]` in [-1, 1] from `z`, `[n, latent]`, and the label of each (all 0 where the net sees none).
    ///
    /// # Errors
    /// candle's own, for labels that do not exist.
    pub fn draw(&self, z: &[f32], labels: &[usize], images: &mut [f32]) -> Result<()> {
        let n = labels.len();
        if let Some(wrong) = labels.iter().find(|l| **l >= self.classes.max(1)) {
            candle_core::bail!("label {wrong} of a net of {} classes", self.classes);
        }
        if z.len() != n * self.latent || images.len() != n * self.image_len() {
            candle_core::bail!("{} values of z for {n} images of {}", z.len(), images.len());
        }
        // Each layer reads one and writes the other.
        let (mut from, mut to) = (lend(n * self.largest), lend(n * self.largest));
        let mut len = self.latent;
        for (i, d) in self.dense.iter().enumerate() {
            let x = if i == 0 { z } else { &from[..n * len] };
            let y = &mut to[..n * d.len];
            forward_packed(x, &d.weights, y);
            d.finish(y, labels);
            len = d.len;
            std::mem::swap(&mut from, &mut to);
        }
        for l in &self.layers {
            let Grown { g, unpool, weight } = &l.weights;
            if let Some(r) = unpool {
                repeat(
                    &Repeat { batch: n, ..*r },
                    &from[..n * len],
                    &mut to[..n * g.small_len()],
                );
                len = g.small_len();
                std::mem::swap(&mut from, &mut to);
            }
            let y = &mut to[..n * l.len];
            conv::up(&Geometry { batch: n, ..*g }, &from[..n * len], weight, y);
            l.finish(y, labels);
            len = l.len;
            std::mem::swap(&mut from, &mut to);
        }
        let [channels, cells] = self.image;
        match self.layers.is_empty() {
            true => images.copy_from_slice(&from[..images.len()]),
            false => swap(&from[..images.len()], images, cells, channels),
        }
        Ok(())
    }
}

impl<W> Stage<W> {
    fn finish(&self, y: &mut [f32], labels: &[usize]) {
        let (shifts, len) = (&self.shifts, self.len);
        match self.activation {
            Activation::Tanh => activation::shift_tanh(y, shifts, len, labels),
            other => activation::shift_leaky_relu(y, shifts, len, labels, other.slope()),
        }
    }
}

fn grown(l: &ConvLayer, w: &[f32], norm: Option<&BatchNorm>) -> Result<Stage<Grown>> {
    let channels = l.output.channels;
    let (scale, shift) = affine(norm, channels)?;
    let taps = l.kernel * l.kernel;
    let weight: Vec<f32> = w
        .iter()
        .enumerate()
        .map(|(i, w)| w * scale[i / taps % channels])
        .collect();
    let factor = l.pooled();
    let config = ConvTranspose2d {
        stride: l.conv_stride(),
        padding: l.padding(),
        output_padding: l.output_padding(),
    };
    let [h, width] = [l.input.height * factor, l.input.width * factor];
    let geometry = |batch, inputs| {
        let shape = [inputs, channels, l.kernel, l.kernel];
        config.geometry([batch, h, width, inputs], shape)
    };
    let g = geometry(1, l.input.channels)?;
    // The label's own weights come after the channels'.
    let (own, of_labels) = weight.split_at(l.input.channels * channels * taps);
    let mut shifts = vec![0.0; l.labels.max(1) * g.large_len()];
    if l.labels > 0 {
        // The map that each class alone gives: its constant map among empty ones.
        let cells = h * width * l.labels;
        let mut maps = vec![0.0; l.labels * cells];
        for (class, map) in maps.chunks_exact_mut(cells).enumerate() {
            map.iter_mut()
                .skip(class)
                .step_by(l.labels)
                .for_each(|v| *v = 1.0);
        }
        conv::up(
            &geometry(l.labels, l.labels)?,
            &maps,
            of_labels,
            &mut shifts,
        );
    }
    for cell in shifts.chunks_exact_mut(channels) {
        cell.iter_mut().zip(&shift).for_each(|(v, s)| *v += s);
    }
    Ok(Stage {
        len: g.large_len(),
        shifts,
        activation: l.activation,
        weights: Grown {
            g,
            unpool: (factor > 1).then_some(Repeat {
                batch: 1,
                input: [l.input.height, l.input.width, l.input.channels],
                factor,
            }),
            weight: own.to_vec(),
        },
    })
}

/// What follows a layer's sums, as `x * scale + shift`.
fn affine(norm: Option<&BatchNorm>, channels: usize) -> Result<(Vec<f32>, Vec<f32>)> {
    let Some(norm) = norm else {
        return Ok((vec![1.0; channels], vec![0.0; channels]));
    };
    let statistics = Statistics {
        mean: values(norm.mean.as_tensor())?,
        variance: values(norm.variance.as_tensor())?,
    };
    let affine = Affine {
        gain: &values(norm.gain.as_tensor())?,
        bias: &values(norm.bias.as_tensor())?,
        epsilon: EPSILON as f32,
        slope: 1.0,
    };
    Ok(folded(&statistics, affine))
}

fn values(t: &Tensor) -> Result<Vec<f32>> {
    t.flatten_all()?.to_vec1()
}
