//! Adam's update of one tensor in one pass over its memory (Kingma and Ba, 2015).

use rayon::prelude::*;

use super::simd::dispatch;

const CHUNK: usize = 1 << 15;

/// The step's constants; `correction1` and `correction2` are `1 - beta^t`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub learning_rate: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    /// L2 penalty, added to the gradient as `l2 * parameter` (the authors' code: 1e-5).
    pub l2: f64,
    pub correction1: f64,
    pub correction2: f64,
}

/// Update `parameter` and its two moments from `gradient`; all four have one length.
pub fn update(
    step: &Step,
    parameter: &mut [f32],
    gradient: &[f32],
    first: &mut [f32],
    second: &mut [f32],
) {
    let (b1, b2, l2) = (step.beta1 as f32, step.beta2 as f32, step.l2 as f32);
    let (c1, c2) = ((1.0 - step.beta1) as f32, (1.0 - step.beta2) as f32);
    let rate = (step.learning_rate / step.correction1) as f32;
    let root = (1.0 / step.correction2.sqrt()) as f32;
    let epsilon = step.epsilon as f32;
    parameter
        .par_chunks_mut(CHUNK)
        .zip(gradient.par_chunks(CHUNK))
        .zip(first.par_chunks_mut(CHUNK))
        .zip(second.par_chunks_mut(CHUNK))
        .for_each(|(((p, g), m), v)| {
            dispatch(|| {
                for (((p, g), m), v) in p.iter_mut().zip(g).zip(m.iter_mut()).zip(v.iter_mut()) {
                    let g = g + l2 * *p;
                    *m = b1 * *m + c1 * g;
                    *v = b2 * *v + c2 * g * g;
                    *p -= rate * *m / (v.sqrt() * root + epsilon);
                }
            })
        });
}
