//! Kernel distance (KID, Bińkowski et al. 2018): the unbiased squared maximum mean discrepancy for the kernel
//! `(x.y / d + 1)^3`.

use ndarray::{Array2, ArrayView2, Axis};
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::product::times_transposed;
use super::score::spread;
use crate::track::progress::{Progress, Stopped, Unit};

/// Subsets that the mean is taken over, and images in each, where there are enough.
pub const SUBSETS: usize = 100;
pub const SUBSET: usize = 1000;
/// Subsets between two looks at whether to stop.
const ROUND: usize = 8;

/// Mean and standard deviation (over n) of the subsets' distances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kernel {
    pub mean: f64,
    pub deviation: f64,
    pub subsets: usize,
    pub size: usize,
}

/// KID of the rows of `a` and `b` over random subsets, none larger than the smaller set; over the whole sets once where
/// both are one subset's size.
///
/// # Errors
/// [`Stopped`].
pub fn kernel(
    a: ArrayView2<f64>,
    b: ArrayView2<f64>,
    rng: &mut ChaCha8Rng,
    progress: &dyn Progress,
) -> Result<Kernel, Stopped> {
    let size = SUBSET.min(a.nrows()).min(b.nrows());
    let whole = size == a.nrows() && size == b.nrows();
    let subsets = if whole { 1 } else { SUBSETS };
    let draws: Vec<[Vec<usize>; 2]> = (0..subsets)
        .map(|_| [a.nrows(), b.nrows()].map(|n| sample(rng, n, size).into_vec()))
        .collect();
    let mut bar = progress.begin("kernel distance", Some(subsets as u64), Unit::Items);
    let mut found = Vec::with_capacity(subsets);
    for round in draws.chunks(ROUND) {
        progress.check()?;
        let of = |[i, j]: &[Vec<usize>; 2]| {
            mmd(a.select(Axis(0), i).view(), b.select(Axis(0), j).view())
        };
        found.par_extend(round.par_iter().map(of));
        bar.advance(round.len() as u64);
    }
    let (mean, deviation) = spread(&found);
    Ok(Kernel {
        mean,
        deviation,
        subsets,
        size,
    })
}

/// The unbiased squared discrepancy of two sets, two rows or more in each; slightly negative where they are alike.
pub fn mmd(a: ArrayView2<f64>, b: ArrayView2<f64>) -> f64 {
    let d = a.ncols().max(1) as f64;
    let sums = |k: Array2<f64>| -> (f64, f64) {
        let cube = |v: &f64| (v / d + 1.0).powi(3);
        (k.iter().map(cube).sum(), k.diag().iter().map(cube).sum())
    };
    let within = |x: ArrayView2<f64>| {
        let (all, diagonal) = sums(times_transposed(x, x));
        let n = x.nrows() as f64;
        (all - diagonal) / (n * (n - 1.0))
    };
    let (across, _) = sums(times_transposed(a, b));
    within(a) + within(b) - 2.0 * across / (a.nrows() as f64 * b.nrows() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::Streams;
    use crate::track::progress::Silent;
    use rand::Rng;

    #[test]
    fn halves_of_one_set_are_alike_and_a_moved_set_is_not() {
        let mut rng = Streams::new(0).stream("kernel");
        let x = Array2::from_shape_fn((600, 5), |_| rng.random_range(-1.0..1.0));
        let (a, b) = x.view().split_at(Axis(0), 300);
        let alike = kernel(a, b, &mut rng, &Silent).unwrap();
        assert!(alike.mean.abs() < 0.01, "{alike:?}");
        assert_eq!((alike.subsets, alike.size), (1, 300));
        let moved = kernel(a, (&b + 1.0).view(), &mut rng, &Silent).unwrap();
        assert!(moved.mean > 1.0, "{moved:?}");
    }

    #[test]
    fn two_rows_each_come_to_what_pen_and_paper_give() {
        let a = Array2::from_shape_vec((2, 1), vec![0.0, 1.0]).unwrap();
        let b = Array2::from_shape_vec((2, 1), vec![1.0, 2.0]).unwrap();
        // Within a: k(0, 1) = 1; within b: k(1, 2) = 27; across: 1, 1, 8, 27.
        assert_eq!(mmd(a.view(), b.view()), 1.0 + 27.0 - 2.0 * 37.0 / 4.0);
    }
}
