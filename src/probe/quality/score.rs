//! Inception score (Salimans et al. 2016): how sure the classifier is of each image and how many classes it sees in all.

use ndarray::{ArrayView2, Axis};

/// exp of the mean divergence of each row's class distribution from that of all rows, over `splits` stretches of the
/// rows in their order: mean and standard deviation (over n).
///
/// `logits` are the classifier's, without its bias as in the original; there must be at least one row to a split.
pub fn inception_score(logits: ArrayView2<f64>, splits: usize) -> (f64, f64) {
    let n = logits.nrows();
    let scores: Vec<f64> = (0..splits)
        .map(|i| {
            let rows = i * n / splits..(i + 1) * n / splits;
            score(logits.slice_axis(Axis(0), rows.into()))
        })
        .collect();
    spread(&scores)
}

fn score(logits: ArrayView2<f64>) -> f64 {
    let log_p: Vec<Vec<f64>> = logits
        .outer_iter()
        .map(|row| {
            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = row.iter().map(|v| (v - top).exp()).sum();
            let log_sum = top + sum.ln();
            row.iter().map(|v| v - log_sum).collect()
        })
        .collect();
    let n = log_p.len().max(1) as f64;
    let mut mean = vec![0.0; logits.ncols()];
    for row in &log_p {
        mean.iter_mut()
            .zip(row)
            .for_each(|(m, v)| *m += v.exp() / n);
    }
    let divergence = |row: &Vec<f64>| -> f64 {
        let parts = row.iter().zip(&mean);
        // A class that no row of the stretch can be adds nothing.
        let parts = parts.filter(|(_, m)| **m > 0.0);
        parts.map(|(v, m)| v.exp() * (v - m.ln())).sum()
    };
    (log_p.iter().map(divergence).sum::<f64>() / n).exp()
}

/// Mean and standard deviation over n.
pub fn spread(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn sure_of_every_class_alike_scores_the_number_of_classes() {
        let sure = Array2::from_shape_fn((40, 4), |(i, j)| if i % 4 == j { 50.0 } else { 0.0 });
        let (mean, deviation) = inception_score(sure.view(), 10);
        assert!((mean - 4.0).abs() < 1e-9 && deviation < 1e-9);
        let (mean, _) = inception_score(Array2::zeros((40, 4)).view(), 10);
        assert!((mean - 1.0).abs() < 1e-12);
    }

    /// A stretch of four classes and one of none: 4 and 1.
    #[test]
    fn stretches_are_scored_apart_in_their_order() {
        let logits = Array2::from_shape_fn((8, 4), |(i, j)| if i == j { 50.0 } else { 0.0 });
        let (mean, deviation) = inception_score(logits.view(), 2);
        assert!((mean - 2.5).abs() < 1e-9, "{mean}");
        assert!((deviation - 1.5).abs() < 1e-9, "{deviation}");
    }
}
