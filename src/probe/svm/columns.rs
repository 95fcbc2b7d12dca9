//! Arithmetic on the vectors of all problems at once, one column each.

use ndarray::{Array2, Axis};

/// Vectors of k problems, `[d, k]` (weights, with the intercepts' row) or `[n, k]` (margins).
pub type Columns = Array2<f32>;

/// Column-wise sum of a * b in double precision.
pub fn dot(a: &Columns, b: &Columns) -> Vec<f64> {
    let mut sums = vec![0.0; a.ncols()];
    for (a, b) in a.outer_iter().zip(b.outer_iter()) {
        for ((a, b), s) in a.iter().zip(b).zip(&mut sums) {
            *s += f64::from(*a) * f64::from(*b);
        }
    }
    sums
}

/// a += b scaled column by column.
pub fn add_scaled(a: &mut Columns, b: &Columns, scale: &[f64]) {
    let scale: Vec<f32> = scale.iter().map(|s| *s as f32).collect();
    for (mut a, b) in a.outer_iter_mut().zip(b.outer_iter()) {
        for ((a, b), s) in a.iter_mut().zip(b).zip(&scale) {
            *a += b * s;
        }
    }
}

/// a = b + a scaled column by column.
pub fn scale_add(a: &mut Columns, b: &Columns, scale: &[f64]) {
    let scale: Vec<f32> = scale.iter().map(|s| *s as f32).collect();
    for (mut a, b) in a.outer_iter_mut().zip(b.outer_iter()) {
        for ((a, b), s) in a.iter_mut().zip(b).zip(&scale) {
            *a = *b + *a * s;
        }
    }
}

/// a scaled column by column.
pub fn scale(a: &mut Columns, scale: &[f64]) {
    for mut a in a.outer_iter_mut() {
        for (a, s) in a.iter_mut().zip(scale) {
            *a = (f64::from(*a) * s) as f32;
        }
    }
}

/// The columns named, in order; row by row in memory.
pub fn pick(a: &Columns, columns: &[usize]) -> Columns {
    let picked = a.select(Axis(1), columns);
    picked.as_standard_layout().into_owned()
}

/// Put `part`'s columns back into the named columns of `a`.
pub fn put(a: &mut Columns, part: &Columns, columns: &[usize]) {
    for (from, to) in part.axis_iter(Axis(1)).zip(columns) {
        a.index_axis_mut(Axis(1), *to).assign(&from);
    }
}

/// `over / under` for each problem that is live and whose divisor is positive; 0 for the others, which stay where they are.
pub fn quotients(live: &[bool], over: &[f64], under: &[f64]) -> Vec<f64> {
    live.iter()
        .zip(over)
        .zip(under)
        .map(|((live, over), under)| {
            if *live && *under > 0.0 {
                over / under
            } else {
                0.0
            }
        })
        .collect()
}
