//! Elementwise activations and the loss on logits, forward and backward.

use rayon::prelude::*;

use super::simd::{exp, vectorised};

const CHUNK: usize = 1 << 15;

fn map(x: &[f32], y: &mut [f32], f: impl Fn(f32) -> f32 + Sync) {
    y.par_chunks_mut(CHUNK)
        .zip(x.par_chunks(CHUNK))
        .for_each(|(y, x)| map_chunk(x, y, &f));
}

fn map2(a: &[f32], b: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32 + Sync) {
    y.par_chunks_mut(CHUNK)
        .zip(a.par_chunks(CHUNK))
        .zip(b.par_chunks(CHUNK))
        .for_each(|((y, a), b)| map2_chunk(a, b, y, &f));
}

vectorised! {
    fn map_chunk(x: &[f32], y: &mut [f32], f: &impl Fn(f32) -> f32) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = f(*x);
        }
    }
}

vectorised! {
    fn map2_chunk(a: &[f32], b: &[f32], y: &mut [f32], f: &impl Fn(f32, f32) -> f32) {
        for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
            *y = f(*a, *b);
        }
    }
}

fn map_in_place(y: &mut [f32], f: impl Fn(f32) -> f32 + Sync) {
    y.par_chunks_mut(CHUNK)
        .for_each(|y| map_chunk_in_place(y, &f));
}

vectorised! {
    fn map_chunk_in_place(y: &mut [f32], f: &impl Fn(f32) -> f32) {
        for y in y {
            *y = f(*y);
        }
    }
}

/// [`leaky_relu`] over its own input.
pub fn leaky_relu_in_place(y: &mut [f32], slope: f32) {
    map_in_place(y, |x| if x > 0.0 { x } else { x * slope });
}

/// [`tanh`] over its own input.
pub fn tanh_in_place(y: &mut [f32]) {
    map_in_place(y, tanh_of);
}

#[inline(always)]
fn tanh_of(x: f32) -> f32 {
    let e = exp(-2.0 * x.abs());
    ((1.0 - e) / (1.0 + e)).copysign(x)
}

/// Add to each row of `y` the row of `shifts` that `which` names, and rectify.
pub fn shift_leaky_relu(y: &mut [f32], shifts: &[f32], row: usize, which: &[usize], slope: f32) {
    shift(
        y,
        shifts,
        row,
        which,
        |x| if x > 0.0 { x } else { x * slope },
    );
}

/// As [`shift_leaky_relu`], through [`tanh`].
pub fn shift_tanh(y: &mut [f32], shifts: &[f32], row: usize, which: &[usize]) {
    shift(y, shifts, row, which, tanh_of);
}

fn shift(
    y: &mut [f32],
    shifts: &[f32],
    row: usize,
    which: &[usize],
    f: impl Fn(f32) -> f32 + Sync,
) {
    y.par_chunks_exact_mut(row.max(1))
        .zip(which)
        .with_min_len(CHUNK.div_ceil(row.max(1)))
        .for_each(|(y, &i)| shift_row(y, &shifts[i * row..][..row], &f));
}

vectorised! {
    fn shift_row(y: &mut [f32], shift: &[f32], f: &impl Fn(f32) -> f32) {
        for (y, s) in y.iter_mut().zip(shift) {
            *y = f(*y + *s);
        }
    }
}

/// `y = x` above zero and `slope * x` below: ReLU at slope 0, the paper's LeakyReLU at 0.2.
pub fn leaky_relu(x: &[f32], slope: f32, y: &mut [f32]) {
    map(x, y, |x| if x > 0.0 { x } else { x * slope });
}

/// Gradient through [`leaky_relu`] from its input.
pub fn leaky_relu_backward(x: &[f32], slope: f32, dy: &[f32], dx: &mut [f32]) {
    map2(x, dy, dx, |x, dy| if x > 0.0 { dy } else { dy * slope });
}

/// `y = tanh(x)`, absolute error below 3e-7.
pub fn tanh(x: &[f32], y: &mut [f32]) {
    map(x, y, tanh_of);
}

/// Gradient through [`tanh`] from its output.
pub fn tanh_backward(y: &[f32], dy: &[f32], dx: &mut [f32]) {
    map2(y, dy, dx, |y, dy| dy * (1.0 - y * y));
}

/// `y = 1 / (1 + e^-x)`.
pub fn sigmoid(x: &[f32], y: &mut [f32]) {
    map(x, y, |x| {
        let e = exp(-x.abs());
        let small = e / (1.0 + e);
        if x >= 0.0 { 1.0 - small } else { small }
    });
}

/// Gradient through [`sigmoid`] from its output.
pub fn sigmoid_backward(y: &[f32], dy: &[f32], dx: &mut [f32]) {
    map2(y, dy, dx, |y, dy| dy * y * (1.0 - y));
}

/// Mean binary cross-entropy of logits against one target, `mean(max(x, 0) - x t + ln(1 + e^-|x|))`, summed in
/// double precision.
pub fn bce_with_logits(logits: &[f32], target: f32) -> f32 {
    let sum: f64 = logits
        .iter()
        .map(|&x| {
            let (x, t) = (x as f64, target as f64);
            x.max(0.0) - x * t + (-x.abs()).exp().ln_1p()
        })
        .sum();
    (sum / logits.len().max(1) as f64) as f32
}

/// Gradient of [`bce_with_logits`]: `(sigmoid(x) - t) * scale / n`.
pub fn bce_with_logits_backward(logits: &[f32], target: f32, scale: f32, dx: &mut [f32]) {
    let scale = scale as f64 / logits.len().max(1) as f64;
    for (dx, &x) in dx.iter_mut().zip(logits) {
        let e = (-(x as f64).abs()).exp();
        let sigmoid = if x >= 0.0 {
            1.0 / (1.0 + e)
        } else {
            e / (1.0 + e)
        };
        *dx = ((sigmoid - target as f64) * scale) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_and_sigmoid_agree_with_double_precision() {
        let x: Vec<f32> = (-4000..4000).map(|i| i as f32 * 0.005).collect();
        let mut y = vec![0.0; x.len()];
        tanh(&x, &mut y);
        for (x, y) in x.iter().zip(&y) {
            assert!(
                (*y as f64 - (*x as f64).tanh()).abs() < 3e-7,
                "tanh {x} = {y}"
            );
        }
        sigmoid(&x, &mut y);
        for (x, y) in x.iter().zip(&y) {
            let want = 1.0 / (1.0 + (-(*x as f64)).exp());
            assert!((*y as f64 - want).abs() < 3e-7, "sigmoid {x} = {y}");
        }
    }

    #[test]
    fn the_loss_is_finite_at_the_ends() {
        assert_eq!(bce_with_logits(&[1e4], 1.0), 0.0);
        assert_eq!(bce_with_logits(&[-1e4], 1.0), 1e4);
        let mut dx = [0.0];
        bce_with_logits_backward(&[-1e4], 1.0, 1.0, &mut dx);
        assert_eq!(dx, [-1.0]);
    }
}
