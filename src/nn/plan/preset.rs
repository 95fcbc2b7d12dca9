//! What tells one preset's networks from another's.

use super::ConvLayer;
use crate::nn::ops::Activation;
use crate::nn::params::DEVIATION;
use crate::spec::{ActivationRule, Preset, Rules};

/// Slope of the leaky ReLU below zero, in every layer of D (section 3).
pub(in crate::nn) const SLOPE: f32 = 0.2;

/// D's convolutions of a preset: side of the kernel; channels in multiples of the width, and stride.
pub(super) fn layers(preset: Preset) -> (usize, &'static [(usize, usize)]) {
    match preset {
        Preset::Dcgan64 => (5, &[(1, 2), (2, 2), (4, 2), (8, 2)]),
        Preset::Dcgan32 | Preset::Svhn32 => (5, &[(1, 2), (2, 2), (4, 2)]),
        Preset::Imagenet32 => (3, &[(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2)]),
        Preset::Mnist28 => (5, &[(1, 2), (2, 2)]),
        Preset::Fc28 => (0, &[]),
    }
}

/// Units of D's fully connected hidden layers, which are G's in reverse.
pub(super) fn hidden(preset: Preset, width: usize, rules: &Rules) -> Vec<usize> {
    match (preset, rules.hidden) {
        (Preset::Fc28, _) => vec![width; 2],
        (_, 0) => Vec::new(),
        (_, units) => vec![units],
    }
}

/// Standard deviation of a dense layer's initial weights. Section 4's 0.02 is meant for batch norm: in a fully connected net
/// without it the image, and the label even more, fade from layer to layer, and after three epochs on MNIST G drew the same
/// few shapes for every label. Such a net starts as He et al. 2015 (equation 10) keep the signal's size.
pub(super) fn deviation(convolutions: &[ConvLayer], inputs: usize) -> f32 {
    match convolutions {
        [] => (2.0 / inputs as f32).sqrt(),
        _ => DEVIATION,
    }
}

/// What follows the layers of G and of D.
pub(super) fn activations(rule: ActivationRule) -> (Activation, Activation) {
    let leaky = Activation::LeakyRelu(SLOPE);
    match rule {
        ActivationRule::Paper => (Activation::Relu, leaky),
        ActivationRule::Relu => (Activation::Relu, Activation::Relu),
        ActivationRule::Leaky => (leaky, leaky),
        ActivationRule::Tanh => (Activation::Tanh, Activation::Tanh),
    }
}
