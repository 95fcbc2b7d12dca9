//! Adam's update of one tensor in one pass over its memory (Kingma and Ba, 2015).

use rayon::prelude::*;

use super::simd::vectorised;

const CHUNK: usize = 1 << 15;

/// The constants of one update, each worked out in double precision and rounded once, as PyTorch does: `1 - beta2` from a
/// rounded 0.999 would start the second moment 1.3e-5 too low.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hyper {
    pub beta1: f32,
    pub beta2: f32,
    /// `1 - beta1`, the share of a new gradient in the first moment.
    pub one_minus_beta1: f32,
    /// `1 - beta2`, the share of a new squared gradient in the second moment.
    pub one_minus_beta2: f32,
    pub eps: f32,
    /// L2 penalty, added to the gradient as `l2 * parameter` (the authors' code: 1e-5).
    pub l2: f32,
    /// Learning rate over `1 - beta1^t`.
    pub step: f32,
    /// `1 / sqrt(1 - beta2^t)`.
    pub scale: f32,
}

impl Hyper {
    /// The constants of update `t` (the first is 1) with this learning rate, betas, epsilon and L2 penalty.
    pub fn at(t: u64, lr: f64, (beta1, beta2): (f64, f64), eps: f64, l2: f64) -> Hyper {
        let t = t as f64;
        Hyper {
            beta1: beta1 as f32,
            beta2: beta2 as f32,
            one_minus_beta1: (1.0 - beta1) as f32,
            one_minus_beta2: (1.0 - beta2) as f32,
            eps: eps as f32,
            l2: l2 as f32,
            step: (lr / (1.0 - beta1.powf(t))) as f32,
            scale: (1.0 / (1.0 - beta2.powf(t)).sqrt()) as f32,
        }
    }
}

/// Update `parameter` and its two moments from `gradient`; all four have one length.
pub fn step(
    hyper: &Hyper,
    parameter: &mut [f32],
    gradient: &[f32],
    first: &mut [f32],
    second: &mut [f32],
) {
    parameter
        .par_chunks_mut(CHUNK)
        .zip(gradient.par_chunks(CHUNK))
        .zip(first.par_chunks_mut(CHUNK))
        .zip(second.par_chunks_mut(CHUNK))
        .for_each(|(((p, g), m), v)| chunk(*hyper, p, g, m, v));
}

vectorised! {
    fn chunk(h: Hyper, p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) {
        for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
            let g = g + h.l2 * *p;
            *m = h.beta1 * *m + h.one_minus_beta1 * g;
            *v = h.beta2 * *v + h.one_minus_beta2 * g * g;
            *p -= h.step * *m / (v.sqrt() * h.scale + h.eps);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_moments_are_the_gradient_by_one_minus_beta() {
        let hyper = Hyper::at(1, 2e-4, (0.9, 0.999), 1e-8, 0.0);
        let (mut p, mut m, mut v) = ([1.0], [0.0], [0.0]);
        step(&hyper, &mut p, &[1.0], &mut m, &mut v);
        // `1.0 - 0.999f32` is 0.00099998713.
        assert_eq!((m, v), ([0.1f32], [0.001f32]));
    }

    #[test]
    fn three_steps_agree_with_the_formula_in_double_precision() {
        let n = CHUNK + 77;
        let wave = |k: f64| -> Vec<f32> { (0..n).map(|i| (i as f64 * k).sin() as f32).collect() };
        let (mut p, mut m, mut v) = (wave(0.37), vec![0.0; n], vec![0.0; n]);
        let mut want: Vec<f64> = p.iter().map(|p| *p as f64).collect();
        let (mut wm, mut wv) = (vec![0f64; n], vec![0f64; n]);
        for t in 1..=3 {
            let g = wave(0.11 * t as f64);
            let (c1, c2) = (1.0 - 0.5f64.powi(t as i32), 1.0 - 0.999f64.powi(t as i32));
            let hyper = Hyper::at(t, 2e-2, (0.5, 0.999), 1e-8, 1e-2);
            step(&hyper, &mut p, &g, &mut m, &mut v);
            for i in 0..n {
                let g = g[i] as f64 + 1e-2 * want[i];
                wm[i] = 0.5 * wm[i] + 0.5 * g;
                wv[i] = 0.999 * wv[i] + 0.001 * g * g;
                want[i] -= 2e-2 * (wm[i] / c1) / ((wv[i] / c2).sqrt() + 1e-8);
            }
        }
        for (i, (p, w)) in p.iter().zip(&want).enumerate() {
            // Where a gradient all but vanishes the ratio of its moments keeps fewer digits.
            assert!((*p as f64 - w).abs() < 2e-5, "{i}: {p} is not {w}");
        }
    }
}
