//! Batch normalisation fused with a rectifier, over rows of channels (Ioffe and Szegedy, 2015).
//!
//! The input is `[rows, channels]`: rows are the batch's cells. Every loop runs along the channels of a row, so it
//! vectorises and needs no sum across lanes; rows are cut into chunks fixed by the shape, whose sums are joined in order.

use rayon::prelude::*;

use super::simd::vectorised;

/// Elements of a chunk: its two passes find it in the second-level cache.
const CHUNK_ELEMENTS: usize = 1 << 15;

/// Per-channel mean and biased variance of a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statistics {
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
}

/// One layer's parameters and what follows it.
#[derive(Debug, Clone, Copy)]
pub struct Affine<'a> {
    pub gain: &'a [f32],
    pub bias: &'a [f32],
    /// Added to the variance.
    pub epsilon: f32,
    /// The rectifier's slope below zero: 1 none, 0 ReLU, 0.2 the paper's LeakyReLU.
    pub slope: f32,
}

/// Gradients of the gain and the bias.
#[derive(Debug, Clone, PartialEq)]
pub struct AffineGradient {
    pub gain: Vec<f32>,
    pub bias: Vec<f32>,
}

fn chunk_len(channels: usize) -> usize {
    (CHUNK_ELEMENTS / channels.max(1)).max(1) * channels.max(1)
}

/// Mean and biased variance of each channel of `x`, `[rows, channels]`.
///
/// Each chunk is centred on its own mean before squaring and chunks are joined in double precision, so a large mean
/// does not eat the variance.
pub fn statistics(x: &[f32], channels: usize) -> Statistics {
    let parts: Vec<(usize, Vec<f32>, Vec<f32>)> = x
        .par_chunks(chunk_len(channels))
        .map(|chunk| chunk_statistics(chunk, channels))
        .collect();
    let rows = (x.len() / channels.max(1)).max(1) as f64;
    let mut mean = vec![0.0f64; channels];
    for (n, part, _) in &parts {
        for (m, p) in mean.iter_mut().zip(part) {
            *m += *p as f64 * *n as f64 / rows;
        }
    }
    let mut variance = vec![0.0f64; channels];
    for (n, part, squares) in &parts {
        for (((v, p), s), m) in variance.iter_mut().zip(part).zip(squares).zip(&mean) {
            let d = *p as f64 - m;
            *v += (*s as f64 + *n as f64 * d * d) / rows;
        }
    }
    Statistics {
        mean: mean.into_iter().map(|m| m as f32).collect(),
        variance: variance.into_iter().map(|v| v as f32).collect(),
    }
}

vectorised! {
    /// A chunk's rows, means, and sums of squares about them.
    fn chunk_statistics(chunk: &[f32], channels: usize) -> (usize, Vec<f32>, Vec<f32>) {
        let rows = chunk.len() / channels.max(1);
        let mut mean = vec![0.0f32; channels];
        for row in chunk.chunks_exact(channels) {
            for (m, x) in mean.iter_mut().zip(row) {
                *m += x;
            }
        }
        let scale = 1.0 / rows.max(1) as f32;
        mean.iter_mut().for_each(|m| *m *= scale);
        let mut squares = vec![0.0f32; channels];
        for row in chunk.chunks_exact(channels) {
            for ((s, x), m) in squares.iter_mut().zip(row).zip(&mean) {
                let d = x - m;
                *s += d * d;
            }
        }
        (rows, mean, squares)
    }
}

/// `1 / sqrt(variance + epsilon)` of each channel.
fn inverse_deviation(statistics: &Statistics, epsilon: f32) -> Vec<f32> {
    // In double precision: the paper's code adds 1e-8, which is lost beside most f32 variances but not at zero.
    statistics
        .variance
        .iter()
        .map(|v| (1.0 / (*v as f64 + epsilon as f64).sqrt()) as f32)
        .collect()
}

/// `y = rectifier((x - mean) / sqrt(variance + epsilon) * gain + bias)`.
pub fn forward(x: &[f32], statistics: &Statistics, affine: Affine, y: &mut [f32]) {
    let channels = affine.gain.len();
    let (scale, shift) = folded(statistics, affine);
    let slope = affine.slope;
    y.par_chunks_mut(chunk_len(channels))
        .zip(x.par_chunks(chunk_len(channels)))
        .for_each(|(y, x)| chunk_forward(x, &scale, &shift, slope, y));
}

vectorised! {
    fn chunk_forward(x: &[f32], scale: &[f32], shift: &[f32], slope: f32, y: &mut [f32]) {
        let channels = scale.len();
        for (y, x) in y.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
            for (((y, x), a), b) in y.iter_mut().zip(x).zip(scale).zip(shift) {
                let v = x * a + b;
                *y = if v > 0.0 { v } else { v * slope };
            }
        }
    }
}

/// [`forward`] over its own input, by the thread that calls: for maps that are in its cache.
pub fn forward_in_place(y: &mut [f32], folded: (&[f32], &[f32]), slope: f32) {
    chunk_in_place(y, folded.0, folded.1, slope);
}

vectorised! {
    fn chunk_in_place(y: &mut [f32], scale: &[f32], shift: &[f32], slope: f32) {
        for y in y.chunks_exact_mut(scale.len()) {
            for ((y, a), b) in y.iter_mut().zip(scale).zip(shift) {
                let v = *y * a + b;
                *y = if v > 0.0 { v } else { v * slope };
            }
        }
    }
}

/// The layer as `x * scale + shift`, one of each a channel.
pub fn folded(statistics: &Statistics, affine: Affine) -> (Vec<f32>, Vec<f32>) {
    let scale: Vec<f32> = inverse_deviation(statistics, affine.epsilon)
        .iter()
        .zip(affine.gain)
        .map(|(i, g)| i * g)
        .collect();
    let shift = statistics
        .mean
        .iter()
        .zip(&scale)
        .zip(affine.bias)
        .map(|((m, s), b)| b - m * s)
        .collect();
    (scale, shift)
}

/// Gradients through [`forward`]: fills `dx` and returns those of gain and bias.
///
/// With `batch` the statistics are those of `x` itself and the gradient flows through them; without, they are constants.
pub fn backward(
    x: &[f32],
    statistics: &Statistics,
    affine: Affine,
    batch: bool,
    dy: &[f32],
    dx: &mut [f32],
) -> AffineGradient {
    let channels = affine.gain.len();
    let len = chunk_len(channels);
    let (scale, shift) = folded(statistics, affine);
    let inverse = inverse_deviation(statistics, affine.epsilon);
    let (mean, slope) = (&statistics.mean, affine.slope);
    let parts: Vec<(Vec<f32>, Vec<f32>)> = x
        .par_chunks(len)
        .zip(dy.par_chunks(len))
        .map(|(x, dy)| chunk_sums(x, dy, &scale, &shift, mean, slope))
        .collect();
    let (mut sum, mut product) = (vec![0.0f64; channels], vec![0.0f64; channels]);
    for part in &parts {
        for (total, part) in [(&mut sum, &part.0), (&mut product, &part.1)] {
            for (t, p) in total.iter_mut().zip(part) {
                *t += f64::from(*p);
            }
        }
    }
    let gradient = AffineGradient {
        gain: product
            .iter()
            .zip(&inverse)
            .map(|(p, i)| (p * *i as f64) as f32)
            .collect(),
        bias: sum.iter().map(|s| *s as f32).collect(),
    };
    // dx = scale * (g - mean(g) - xhat * mean(g * xhat)) = scale * g + a * x + b, channel by channel.
    let rows = (x.len() / channels.max(1)).max(1) as f64;
    let (mut a, mut b) = (vec![0.0f32; channels], vec![0.0f32; channels]);
    if batch {
        for c in 0..channels {
            let (s, i, m) = (scale[c] as f64, inverse[c] as f64, mean[c] as f64);
            let through_variance = -s * product[c] * i * i / rows;
            a[c] = through_variance as f32;
            b[c] = (-s * sum[c] / rows - through_variance * m) as f32;
        }
    }
    dx.par_chunks_mut(len)
        .zip(x.par_chunks(len))
        .zip(dy.par_chunks(len))
        .for_each(|((dx, x), dy)| chunk_backward(x, dy, [&scale, &shift, &a, &b], slope, dx));
    gradient
}

vectorised! {
    /// Sums over a chunk of g and of g * (x - mean), where g is the gradient before the rectifier.
    fn chunk_sums(
        x: &[f32],
        dy: &[f32],
        scale: &[f32],
        shift: &[f32],
        mean: &[f32],
        slope: f32,
    ) -> (Vec<f32>, Vec<f32>) {
        let channels = scale.len();
        let (shift, mean) = (&shift[..channels], &mean[..channels]);
        let (mut sum, mut product) = (vec![0.0f32; channels], vec![0.0f32; channels]);
        let (sums, products) = (&mut sum[..channels], &mut product[..channels]);
        for (x, dy) in x.chunks_exact(channels).zip(dy.chunks_exact(channels)) {
            for c in 0..channels {
                let v = x[c] * scale[c] + shift[c];
                let g = dy[c] * if v > 0.0 { 1.0 } else { slope };
                sums[c] += g;
                products[c] += g * (x[c] - mean[c]);
            }
        }
        (sum, product)
    }
}

vectorised! {
    /// `dx = scale * g + a * x + b`.
    fn chunk_backward(x: &[f32], dy: &[f32], factors: [&[f32]; 4], slope: f32, dx: &mut [f32]) {
        let [scale, shift, a, b] = factors;
        let channels = scale.len();
        let (shift, a, b) = (&shift[..channels], &a[..channels], &b[..channels]);
        let rows = dx
            .chunks_exact_mut(channels)
            .zip(x.chunks_exact(channels))
            .zip(dy.chunks_exact(channels));
        for ((dx, x), dy) in rows {
            for c in 0..channels {
                let v = x[c] * scale[c] + shift[c];
                let g = dy[c] * if v > 0.0 { 1.0 } else { slope };
                dx[c] = g * scale[c] + (x[c] * a[c] + b[c]);
            }
        }
    }
}
