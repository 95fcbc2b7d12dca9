//! Both convolutions: the presets' kernels, any other, and layers wide enough for minimal filtering.

use candle_core::{DType, Tensor};
use dcgan::nn::ops::{self, Conv2d, ConvTranspose2d};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::compare::{
    against_candle, against_differences, difference, differentiate, double, normal,
};
use crate::{DOUBLE, HALVE};

/// `x` is batch, input channels, height, width; `w` is output channels and kernel size.
fn check_conv(x: [usize; 4], w: [usize; 2], c: Conv2d, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let inputs = [
        normal(&mut rng, &x),
        normal(&mut rng, &[w[0], x[1], w[1], w[1]]),
    ];
    let op = |t: &[Tensor]| ops::conv2d(&t[0], &t[1], c);
    let (y, _) = differentiate(&inputs, DType::F32, &op);
    let doubled: Vec<Tensor> = inputs.iter().map(double).collect();
    let d = difference(&y, &op(&doubled).unwrap());
    assert!(d < 2e-5, "{x:?} {w:?} {c:?}: forward differs by {d:e}");
    against_differences(&inputs, 1e-5, &op);
}

fn check_transpose(x: [usize; 4], w: [usize; 2], c: ConvTranspose2d, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let inputs = [
        normal(&mut rng, &x),
        normal(&mut rng, &[x[1], w[0], w[1], w[1]]),
    ];
    let op = |t: &[Tensor]| ops::conv_transpose2d(&t[0], &t[1], c);
    let (y, _) = differentiate(&inputs, DType::F32, &op);
    let doubled: Vec<Tensor> = inputs.iter().map(double).collect();
    let d = difference(&y, &op(&doubled).unwrap());
    assert!(d < 2e-5, "{x:?} {w:?} {c:?}: forward differs by {d:e}");
    against_differences(&inputs, 1e-5, &op);
}

#[test]
fn convolutions_of_the_presets_agree_with_candle() {
    // 5x5 stride 2 padding 2 (figure 1), 3x3 strides 1 and 2 padding 1 (released ImageNet net), even and odd sizes.
    for (k, stride, padding) in [(5, 2, 2), (3, 1, 1), (3, 2, 1)] {
        for (h, w) in [(8, 8), (7, 5), (4, 4)] {
            for (batch, few, many) in [(1, 3, 16), (3, 12, 20)] {
                let c = Conv2d { stride, padding };
                check_conv([batch, few, h, w], [many, k], c, 1);
                let c = ConvTranspose2d {
                    stride,
                    padding,
                    output_padding: stride - 1,
                };
                check_transpose([batch, few, h, w], [many, k], c, 2);
                check_transpose([batch, many, h, w], [few, k], c, 3);
            }
        }
    }
}

#[test]
fn gradients_of_the_presets_agree_with_candle_s_autograd() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    for (k, stride, padding) in [(5, 2, 2), (3, 1, 1), (3, 2, 1)] {
        let inputs = [
            normal(&mut rng, &[2, 6, 8, 8]),
            normal(&mut rng, &[10, 6, k, k]),
        ];
        let c = Conv2d { stride, padding };
        against_candle(&inputs, 2e-5, &|t| ops::conv2d(&t[0], &t[1], c));
        let c = ConvTranspose2d {
            stride,
            padding,
            output_padding: stride - 1,
        };
        let inputs = [
            normal(&mut rng, &[2, 6, 8, 8]),
            normal(&mut rng, &[6, 10, k, k]),
        ];
        against_candle(&inputs, 2e-5, &|t| ops::conv_transpose2d(&t[0], &t[1], c));
    }
}

#[test]
fn tiles_that_span_images_and_bands_agree_with_candle() {
    // More cells than one tile, with several images a tile and with several tiles an image.
    check_conv([40, 3, 8, 8], [8, 5], HALVE, 4);
    let same = Conv2d {
        stride: 1,
        padding: 1,
    };
    check_conv([1, 3, 40, 48], [8, 3], same, 5);
    check_transpose([40, 8, 4, 4], [12, 5], DOUBLE, 6);
    check_transpose([1, 8, 20, 24], [3, 5], DOUBLE, 6);
    check_transpose([1, 8, 20, 24], [12, 5], DOUBLE, 6);
    // More taps than one gathered matrix holds, and weights so large that their gradient is cut along the kernel.
    check_conv([20, 64, 8, 8], [8, 5], HALVE, 5);
    check_conv([2, 160, 4, 4], [160, 5], HALVE, 7);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_convolution_agrees_with_candle(
        batch in 1usize..4, cin in 1usize..14, cout in 1usize..14, h in 1usize..11, w in 1usize..11,
        k in 1usize..6, stride in 1usize..4, padding in 0usize..3, seed: u64,
    ) {
        prop_assume!(h + 2 * padding >= k && w + 2 * padding >= k);
        check_conv([batch, cin, h, w], [cout, k], Conv2d { stride, padding }, seed);
    }

    #[test]
    fn any_transpose_agrees_with_candle(
        batch in 1usize..4, cin in 1usize..14, cout in 1usize..14, h in 1usize..8, w in 1usize..8,
        k in 1usize..6, stride in 1usize..4, padding in 0usize..3, extra in 0usize..3, seed: u64,
    ) {
        prop_assume!(extra < stride);
        prop_assume!((h.min(w) - 1) * stride + k + extra > 2 * padding);
        let c = ConvTranspose2d { stride, padding, output_padding: extra };
        check_transpose([batch, cin, h, w], [cout, k], c, seed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Channels in multiples of 32, the kernels' panel, which is where minimal filtering takes over from direct sums, forward
    /// and in both gradients, unless its tiles of 4x4 small cells would be mostly empty.
    #[test]
    fn any_wide_layer_of_the_presets_agrees_with_candle(
        batch in 1usize..6, cin in 1usize..4, cout in 1usize..4, h in 1usize..9, w in 3usize..9,
        kernel in 0usize..3, odd: bool, transposed: bool, seed: u64,
    ) {
        let (k, stride, padding) = [(5, 2, 2), (3, 1, 1), (3, 2, 1)][kernel];
        let (cin, cout) = (32 * cin, 32 * cout);
        // The large side is `stride` times the small one, or one less.
        let less = usize::from(odd && stride == 2);
        if transposed {
            let c = ConvTranspose2d { stride, padding, output_padding: stride - 1 - less };
            check_transpose([batch, cin, h, w], [cout, k], c, seed);
        } else {
            let x = [batch, cin, h * stride - less, w * stride - less];
            check_conv(x, [cout, k], Conv2d { stride, padding }, seed);
        }
    }
}
