//! Both networks of an experiment: a preset's layers, with the rules that a spec gives up and the labels it brings.

use std::collections::HashMap;

use candle_core::Tensor;

use super::{ConvLayer, DenseLayer, Map};
use crate::nn::ops::Activation;
use crate::nn::params::DEVIATION;
use crate::spec::{ActivationRule, Latent, NormRule, Preset, Rules};

/// Side of the grid that the probe's features are pooled to.
pub const BASE: usize = 4;

/// Slope of the leaky ReLU below zero, in every layer of D (section 3).
pub(in crate::nn) const SLOPE: f32 = 0.2;

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

/// D's convolutions of a preset: side of the kernel; channels in multiples of the width, and stride.
fn layers(preset: Preset) -> (usize, &'static [(usize, usize)]) {
    match preset {
        Preset::Dcgan64 => (5, &[(1, 2), (2, 2), (4, 2), (8, 2)]),
        Preset::Dcgan32 | Preset::Svhn32 => (5, &[(1, 2), (2, 2), (4, 2)]),
        Preset::Imagenet32 => (3, &[(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2)]),
        Preset::Mnist28 => (5, &[(1, 2), (2, 2)]),
        Preset::Fc28 => (0, &[]),
    }
}

/// Units of D's fully connected hidden layers, which are G's in reverse.
fn hidden(preset: Preset, width: usize, rules: &Rules) -> Vec<usize> {
    match (preset, rules.hidden) {
        (Preset::Fc28, _) => vec![width; 2],
        (_, 0) => Vec::new(),
        (_, units) => vec![units],
    }
}

/// Standard deviation of a dense layer's initial weights. Section 4's 0.02 is meant for batch norm: in a fully connected net
/// without it the image, and the label even more, fade from layer to layer, and after three epochs on MNIST G drew the same
/// few shapes for every label. Such a net starts as He et al. 2015 (equation 10) keep the signal's size.
fn deviation(convolutions: &[ConvLayer], inputs: usize) -> f32 {
    match convolutions {
        [] => (2.0 / inputs as f32).sqrt(),
        _ => DEVIATION,
    }
}

/// What follows the layers of G and of D.
fn activations(rule: ActivationRule) -> (Activation, Activation) {
    let leaky = Activation::LeakyRelu(SLOPE);
    match rule {
        ActivationRule::Paper => (Activation::Relu, leaky),
        ActivationRule::Relu => (Activation::Relu, Activation::Relu),
        ActivationRule::Leaky => (leaky, leaky),
        ActivationRule::Tanh => (Activation::Tanh, Activation::Tanh),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::plan::Row;
    use crate::spec::{LatentDistribution, Resampling};

    fn architecture(preset: Preset) -> Architecture {
        let latent = Latent {
            size: preset.latent(),
            distribution: LatentDistribution::Uniform,
        };
        Architecture::new(preset, preset.width(), latent, 3)
    }

    #[test]
    fn figure_1_is_the_preset_dcgan64() {
        let a = architecture(Preset::Dcgan64);
        let maps: Vec<String> = std::iter::once(a.projection)
            .chain(a.generator.iter().map(|l| l.output))
            .map(|m| m.to_string())
            .collect();
        assert_eq!(
            maps,
            ["1024x4x4", "512x8x8", "256x16x16", "128x32x32", "3x64x64"]
        );
        let d: Vec<usize> = a.discriminator.iter().map(|l| l.output.channels).collect();
        assert_eq!(d, [128, 256, 512, 1024]);
    }

    #[test]
    fn the_imagenet_net_gives_the_paper_s_28672_features_and_512_units() {
        let a = architecture(Preset::Imagenet32);
        assert_eq!(a.feature_len(6), 28_672);
        assert_eq!(a.feature_len(4), 12_288);
        assert_eq!(a.max_units(), 512);
        assert_eq!(a.projection.len(), 8192);
        let g: Vec<(usize, usize, usize)> = a
            .generator
            .iter()
            .map(|l| (l.input.channels, l.output.channels, l.stride))
            .collect();
        let want = [
            (512, 512, 2),
            (512, 256, 1),
            (256, 256, 2),
            (256, 128, 1),
            (128, 128, 2),
            (128, 3, 1),
        ];
        assert_eq!(g, want);
    }

    #[test]
    fn the_svhn_net_gives_7168_features() {
        let a = architecture(Preset::Svhn32);
        assert_eq!(a.feature_len(3), 7_168);
        assert_eq!(a.projection.len(), 4096);
        let rows = a.table();
        // gw, gain, bias; w, gain, bias; w, gain, bias; w.
        let g: usize = rows
            .iter()
            .filter(|r| r.net == "G")
            .map(|r| r.parameters)
            .sum();
        let arrays = 409_600 + 2 * 4096 + 256 * 128 * 25 + 256 + 128 * 64 * 25 + 128 + 64 * 3 * 25;
        assert_eq!(g, arrays);
        // conv 64 -> 128 on 16x16 to 8x8.
        let row = rows.iter().find(|r| r.name == "d.1").unwrap();
        assert_eq!(row.multiply_adds, 64 * 64 * 128 * 25);
    }

    fn of(preset: Preset, rules: Rules, channels: usize) -> Architecture {
        let latent = Latent {
            size: 100,
            distribution: LatentDistribution::Uniform,
        };
        Architecture::of(preset, preset.width(), latent, &rules, channels, 10)
    }

    fn table(a: &Architecture) -> String {
        let line = |r: Row| {
            let Row {
                name,
                kind,
                input,
                output,
                parameters,
                ..
            } = r;
            format!("{name} {kind}: {input} -> {output}, {parameters}\n")
        };
        a.table().into_iter().map(line).collect()
    }

    #[test]
    fn the_authors_mnist_net_and_the_fully_connected_one() {
        let mnist = of(Preset::Mnist28, Rules::of(Preset::Mnist28, 64), 1);
        insta::assert_snapshot!(table(&mnist));
        let fc = of(Preset::Fc28, Rules::of(Preset::Fc28, 1200), 1);
        insta::assert_snapshot!(table(&fc));
    }

    #[test]
    fn each_rule_can_be_given_up() {
        let with = |rules| table(&of(Preset::Svhn32, rules, 3));
        let paper = Rules::default();
        insta::assert_snapshot!(with(Rules {
            norm: NormRule::None,
            ..paper
        }));
        insta::assert_snapshot!(with(Rules {
            resampling: Resampling::Pool,
            ..paper
        }));
        insta::assert_snapshot!(with(Rules {
            activation: ActivationRule::Tanh,
            ..paper
        }));
        insta::assert_snapshot!(with(Rules {
            hidden: 256,
            ..paper
        }));
        assert_eq!(of(Preset::Svhn32, paper, 3), architecture(Preset::Svhn32));
    }
}
