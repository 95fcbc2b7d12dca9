//! Adam's update of one tensor in one pass over its memory (Kingma and Ba, 2015).

use rayon::prelude::*;

use super::simd::vectorised;

const CHUNK: usize = 1 << 15;

/// The constants of one update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hyper {
    pub beta1: f32,
    pub beta2: f32,
    pub eps: f32,
    /// L2 penalty, added to the gradient as `l2 * parameter` (the authors' code: 1e-5).
    pub l2: f32,
    /// Learning rate over `1 - beta1^t`.
    pub step: f32,
    /// `1 / sqrt(1 - beta2^t)`.
    pub scale: f32,
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
        let (c1, c2) = (1.0 - h.beta1, 1.0 - h.beta2);
        for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
            let g = g + h.l2 * *p;
            *m = h.beta1 * *m + c1 * g;
            *v = h.beta2 * *v + c2 * g * g;
            *p -= h.step * *m / (v.sqrt() * h.scale + h.eps);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_agree_with_the_formula_in_double_precision() {
        let n = CHUNK + 77;
        let wave = |k: f64| -> Vec<f32> { (0..n).map(|i| (i as f64 * k).sin() as f32).collect() };
        let (mut p, mut m, mut v) = (wave(0.37), vec![0.0; n], vec![0.0; n]);
        let mut want: Vec<f64> = p.iter().map(|p| *p as f64).collect();
        let (mut wm, mut wv) = (vec![0f64; n], vec![0f64; n]);
        for t in 1..=3 {
            let g = wave(0.11 * t as f64);
            let (c1, c2) = (1.0 - 0.5f64.powi(t), 1.0 - 0.999f64.powi(t));
            let hyper = Hyper {
                beta1: 0.5,
                beta2: 0.999,
                eps: 1e-8,
                l2: 1e-2,
                step: (2e-2 / c1) as f32,
                scale: (1.0 / c2.sqrt()) as f32,
            };
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
