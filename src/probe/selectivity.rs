//! How selective units are for classes, by the images to which each responds most (figure 5 put as a number).
//!
//! A unit's response to an image is the largest value of its map. Let p be the shares of the classes among the
//! `strongest` images and q those among all: the unit tells `sum p log2(p/q)` bits of the class. A few images
//! drawn at random tell some bits by chance, so that numbers are to be compared with [`by_chance`].

use half::f16;
use ndarray::ArrayView2;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Bits of each unit, from pooled features (images by `units * cells`, the cells of a unit side by side).
///
/// Equal responses are ordered by `rng`'s shuffle of the images, so that the order of a data set tells nothing.
pub fn selectivity(
    features: ArrayView2<f16>,
    cells: usize,
    labels: &[u8],
    classes: usize,
    strongest: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<f64> {
    let order = shuffled(labels.len(), rng);
    let base = counts(labels.iter().copied(), classes);
    (0..features.ncols() / cells.max(1))
        .into_par_iter()
        .map(|unit| {
            let mut responses: Vec<(f32, u8)> = order
                .iter()
                .map(|&image| {
                    let map = (unit * cells..(unit + 1) * cells).map(|i| features[[image, i]]);
                    let most = map.fold(f32::NEG_INFINITY, |most, v| most.max(v.to_f32()));
                    (most, labels[image])
                })
                .collect();
            responses.sort_by(|a, b| b.0.total_cmp(&a.0));
            bits(responses.iter().take(strongest).map(|r| r.1), &base)
        })
        .collect()
}

/// Bits of so many images drawn at random, `times` times.
pub fn by_chance(
    labels: &[u8],
    classes: usize,
    strongest: usize,
    times: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<f64> {
    let base = counts(labels.iter().copied(), classes);
    (0..times)
        .map(|_| {
            let drawn = shuffled(labels.len(), rng);
            bits(drawn.iter().take(strongest).map(|&i| labels[i]), &base)
        })
        .collect()
}

fn shuffled(n: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(rng);
    order
}

fn counts(labels: impl Iterator<Item = u8>, classes: usize) -> Vec<f64> {
    let mut counts = vec![0.0; classes];
    for label in labels {
        if let Some(count) = counts.get_mut(usize::from(label)) {
            *count += 1.0;
        }
    }
    counts
}

/// Kullback-Leibler divergence of these labels from the base counts, in bits.
fn bits(labels: impl Iterator<Item = u8>, base: &[f64]) -> f64 {
    let found = counts(labels, base.len());
    let (n, all) = (found.iter().sum::<f64>(), base.iter().sum::<f64>());
    let part = |(&count, &base): (&f64, &f64)| match count > 0.0 {
        true => count / n * (count / n / (base / all)).log2(),
        false => 0.0,
    };
    found.iter().zip(base).map(part).sum()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::track::Streams;

    /// 400 images of 4 classes in order; three units of two cells.
    fn found() -> (Vec<f64>, Vec<u8>) {
        let labels: Vec<u8> = (0..400).map(|i| (i / 100) as u8).collect();
        let features = Array2::from_shape_fn((400, 6), |(image, i)| {
            let class = image / 100;
            f16::from_f32(match i {
                // Responds to class 2, in its second cell alone.
                1 if class == 2 => 3.0,
                // Responds to classes 0 and 1 alike.
                2 if class < 2 => 1.0,
                // The third unit is dead; what is left never decides.
                _ => -1.0,
            })
        });
        let mut rng = Streams::new(0).stream("test");
        let bits = selectivity(features.view(), 2, &labels, 4, 40, &mut rng);
        (bits, labels)
    }

    #[test]
    fn a_unit_of_one_class_tells_all_and_a_dead_one_no_more_than_chance() {
        let (bits, labels) = found();
        assert!((bits[0] - 2.0).abs() < 1e-12, "{bits:?}");
        assert!((bits[1] - 1.0).abs() < 0.2, "{bits:?}");
        let chance = by_chance(&labels, 4, 40, 200, &mut Streams::new(0).stream("chance"));
        let most = chance.iter().copied().fold(0.0, f64::max);
        assert!(bits[2] <= most, "{} beyond {most}", bits[2]);
    }

    #[test]
    fn chance_is_what_theory_says() {
        let (_, labels) = found();
        let chance = by_chance(&labels, 4, 40, 500, &mut Streams::new(1).stream("chance"));
        let mean = chance.iter().sum::<f64>() / 500.0;
        // (classes - 1) / (2 n ln 2), less a tenth for drawing without putting back.
        let expected = 3.0 / (2.0 * 40.0 * std::f64::consts::LN_2) * 0.9;
        assert!(
            (mean / expected - 1.0).abs() < 0.15,
            "{mean} for {expected}"
        );
    }

    #[test]
    fn the_same_stream_gives_the_same_bits() {
        assert_eq!(found().0, found().0);
    }
}
