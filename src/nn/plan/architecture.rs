//! Both networks of an experiment: a preset's layers, with the rules that a spec gives up and the labels it brings.

use std::collections::HashMap;

use candle_core::Tensor;

use super::preset::{activations, deviation, hidden, layers};
use super::{ConvLayer, DenseLayer, Map};
use crate::nn::ops::Activation;
use crate::spec::{Latent, NormRule, Preset, Rules};

/// Side of the grid that the probe's features are pooled to.
pub const BASE: usize = 4;

/// Both networks of an experiment, layer by layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// `None` where the shape was read from a checkpoint.
    pub preset: Option<Preset>,
    /// Channels of D's first layer, which are those of G's last hidden layer.
    pub width: usize,
    pub latent: Latent,
    /// Classes of the labels that both nets see; 0 where they see none.
    pub classes: usize,
    /// The images: colours and side.
    pub image: Map,
    /// G: z is projected to this map.
    pub projection: Map,
    /// G from z to the projection, which is the last of them.
    pub generator_dense: Vec<DenseLayer>,
    /// G after the projection, to the image.
    pub generator: Vec<ConvLayer>,
    /// D from the image; its last map is flattened.
    pub discriminator: Vec<ConvLayer>,
    /// D from the flattened map to what the logit reads.
    pub discriminator_dense: Vec<DenseLayer>,
}

impl Architecture {
    /// The networks of `preset` at `width` by its own rules and without labels, for images of `channels` colours (1 or 3).
    pub fn new(preset: Preset, width: usize, latent: Latent, channels: usize) -> Self {
        Self::of(
            preset,
            width,
            latent,
            &Rules::of(preset, width),
            channels,
            0,
        )
    }

    /// The networks of `preset` at `width` by `rules`, for images of `channels` colours (1 or 3) in `classes` classes,
    /// which count where the rules make the nets conditional.
    pub fn of(
        preset: Preset,
        width: usize,
        latent: Latent,
        rules: &Rules,
        channels: usize,
        classes: usize,
    ) -> Self {
        let (kernel, plan) = layers(preset);
        let plan: Vec<_> = plan.iter().map(|&(m, s)| (m * width, s)).collect();
        let image = Map::square(channels, preset.size());
        let hidden = hidden(preset, width, rules);
        Self {
            preset: Some(preset),
            width,
            ..Self::chain(image, kernel, &plan, &hidden, latent, rules, classes)
        }
    }

    /// D of stride-2 layers over maps of so many channels, the image's first, that ends at a 4x4 map; G mirrors it. By the
    /// paper's rules, without labels.
    pub fn strided(channels: &[usize], kernel: usize, latent: Latent) -> Self {
        let (colours, maps) = channels.split_first().unwrap_or((&0, &[]));
        let image = Map::square(*colours, BASE << maps.len());
        let plan: Vec<_> = maps.iter().map(|&c| (c, 2)).collect();
        Self::chain(image, kernel, &plan, &[], latent, &Rules::default(), 0)
    }

    /// From D's convolutions by channels and stride, and its hidden units.
    fn chain(
        image: Map,
        kernel: usize,
        plan: &[(usize, usize)],
        hidden: &[usize],
        latent: Latent,
        rules: &Rules,
        classes: usize,
    ) -> Self {
        let labels = if rules.conditional { classes } else { 0 };
        let (in_g, in_d) = activations(rules.activation);
        // Next to the images, at D's input and G's output, neither batch norm nor the bias in its place.
        let follow = |inside: bool| {
            let norm = rules.norm == NormRule::Batch;
            (inside && norm, inside && !norm)
        };
        let mut discriminator = Vec::with_capacity(plan.len());
        let mut input = image;
        for (i, &(channels, stride)) in plan.iter().enumerate() {
            let output = Map::square(channels, input.height.div_ceil(stride));
            let (norm, bias) = follow(i > 0);
            discriminator.push(ConvLayer {
                input,
                output,
                kernel,
                stride,
                resampling: rules.resampling,
                labels,
                norm,
                bias,
                activation: in_d,
            });
            input = output;
        }
        // G mirrors D: its layers are D's, last first, with input and output exchanged; the released ImageNet G shows
        // that the channels mirror too (512-512-256-256-128-128-3).
        let mirrored = |d: &ConvLayer| {
            let inside = d.input != image;
            let (norm, bias) = follow(inside);
            ConvLayer {
                input: d.output,
                output: d.input,
                norm,
                bias,
                activation: if inside { in_g } else { Activation::Tanh },
                ..*d
            }
        };
        let generator: Vec<ConvLayer> = discriminator.iter().rev().map(mirrored).collect();
        let dense = |inputs, units, inside, activation| {
            let (norm, bias) = follow(inside);
            DenseLayer {
                inputs,
                units,
                labels,
                norm,
                bias,
                activation,
                deviation: deviation(&discriminator, inputs + labels),
            }
        };
        let (mut generator_dense, mut discriminator_dense) = (Vec::new(), Vec::new());
        let mut inputs = latent.size;
        for &units in hidden.iter().rev() {
            generator_dense.push(dense(inputs, units, true, in_g));
            inputs = units;
        }
        generator_dense.push(match generator.is_empty() {
            true => dense(inputs, input.len(), false, Activation::Tanh),
            false => dense(inputs, input.len(), true, in_g),
        });
        let mut inputs = input.len();
        for (i, &units) in hidden.iter().enumerate() {
            let first = i == 0 && discriminator.is_empty();
            discriminator_dense.push(dense(inputs, units, !first, in_d));
            inputs = units;
        }
        Self {
            preset: None,
            width: plan.first().map_or(0, |(channels, _)| *channels),
            latent,
            classes: labels,
            image,
            projection: input,
            generator_dense,
            generator,
            discriminator,
            discriminator_dense,
        }
    }

    /// [`Architecture::of`] with the colours and classes that a checkpoint's tensors show; `None` where they are not of such
    /// nets.
    pub fn fitting(
        preset: Preset,
        width: usize,
        latent: Latent,
        rules: &Rules,
        tensors: &HashMap<String, Tensor>,
    ) -> Option<Self> {
        let inputs = |name: &str| tensors.get(name)?.dims().get(1).copied();
        let classes = inputs("g.0.weight")?.checked_sub(latent.size)?;
        let seen = inputs("d.0.weight")?.checked_sub(classes)?;
        // A convolution reads one colour a channel, a dense layer all pixels of each.
        let channels = match layers(preset).1 {
            [] => seen / (preset.size() * preset.size()),
            _ => seen,
        };
        Some(Self::of(preset, width, latent, rules, channels, classes))
    }

    /// Standard deviation of the logit's initial weights.
    pub(in crate::nn) fn logit_deviation(&self) -> f32 {
        deviation(&self.discriminator, self.logit_inputs() + self.classes)
    }

    /// Values that the logit reads, beside labels.
    pub fn logit_inputs(&self) -> usize {
        match self.discriminator_dense.last() {
            Some(dense) => dense.units,
            None => self.projection.len(),
        }
    }

    /// Units of the widest convolution of D: the last column of table 1.
    pub fn max_units(&self) -> usize {
        self.discriminator
            .iter()
            .map(|l| l.output.channels)
            .max()
            .unwrap_or(0)
    }

    /// Length of the probe's feature vector over D's first `layers` layers: each pooled to a 4x4 grid.
    pub fn feature_len(&self, layers: usize) -> usize {
        let channels = self
            .discriminator
            .iter()
            .take(layers)
            .map(|l| l.output.channels);
        channels.sum::<usize>() * BASE * BASE
    }
}
