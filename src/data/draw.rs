//! Random draws of labelled images: class-balanced subsets and stratified validation splits (sections 5.1 and 5.2).
//!
//! The algorithms are spelled out here rather than taken from a crate, so that a seed draws the same images in every
//! version of this program.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

/// A draw that the labels do not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// A class has too few images.
    #[error(
        "{wanted} images of class {class} are asked for, but it has {found}; ask for at most {found} labels per class"
    )]
    TooFew {
        class: usize,
        wanted: usize,
        found: usize,
    },
    /// A label that no class has.
    #[error(
        "image {index} has label {label}, but there are {classes} classes; labels do not belong to these classes"
    )]
    Label {
        index: usize,
        label: u8,
        classes: usize,
    },
    /// More images held out than there are.
    #[error(
        "{size} images are to be held out for validation, but there are {n}; hold out fewer than {n}"
    )]
    Validation { size: usize, n: usize },
}

/// Rows of `k` images of each class, drawn without replacement; in rising order.
///
/// # Errors
/// [`DrawError::TooFew`] and [`DrawError::Label`].
pub fn per_class(
    labels: &[u8],
    classes: usize,
    k: usize,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<usize>, DrawError> {
    let mut rows = Vec::with_capacity(classes.saturating_mul(k).min(labels.len()));
    for (class, mut members) in by_class(labels, classes)?.into_iter().enumerate() {
        if members.len() < k {
            return Err(DrawError::TooFew {
                class,
                wanted: k,
                found: members.len(),
            });
        }
        shuffle(&mut members, rng);
        rows.extend_from_slice(&members[..k]);
    }
    rows.sort_unstable();
    Ok(rows)
}

/// Rows to train on and `size` rows to validate on, drawn so that each class has its share of both (to within one
/// image); each in rising order.
///
/// # Errors
/// [`DrawError::Validation`] where nothing would be left to train on, and [`DrawError::Label`].
pub fn split_validation(
    labels: &[u8],
    classes: usize,
    size: usize,
    rng: &mut ChaCha8Rng,
) -> Result<(Vec<usize>, Vec<usize>), DrawError> {
    let n = labels.len();
    if size >= n {
        return Err(DrawError::Validation { size, n });
    }
    let mut groups = by_class(labels, classes)?;
    // Largest remainders: whole shares first, then one more where the rest is largest; ties go to the lower class.
    let mut shares: Vec<usize> = groups.iter().map(|g| g.len() * size / n).collect();
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|&class| std::cmp::Reverse(groups[class].len() * size % n));
    let left = size - shares.iter().sum::<usize>();
    for &class in order.iter().take(left) {
        shares[class] += 1;
    }
    let (mut train, mut validation) = (Vec::with_capacity(n - size), Vec::with_capacity(size));
    for (members, share) in groups.iter_mut().zip(shares) {
        shuffle(members, rng);
        let (held_out, kept) = members.split_at(share);
        validation.extend_from_slice(held_out);
        train.extend_from_slice(kept);
    }
    train.sort_unstable();
    validation.sort_unstable();
    Ok((train, validation))
}

fn by_class(labels: &[u8], classes: usize) -> Result<Vec<Vec<usize>>, DrawError> {
    let mut groups = vec![Vec::new(); classes];
    for (index, &label) in labels.iter().enumerate() {
        match groups.get_mut(usize::from(label)) {
            Some(group) => group.push(index),
            None => {
                return Err(DrawError::Label {
                    index,
                    label,
                    classes,
                });
            }
        }
    }
    Ok(groups)
}

/// Fisher and Yates' shuffle.
pub(super) fn shuffle(rows: &mut [usize], rng: &mut ChaCha8Rng) {
    for last in (1..rows.len()).rev() {
        // The high half of a 64 x 64-bit product is uniform below its factor to within factor / 2^64: for a billion
        // rows the bias is below 1e-10.
        let at = ((u128::from(rng.next_u64()) * (last as u128 + 1)) >> 64) as usize;
        rows.swap(last, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;

    fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    #[test]
    fn a_balanced_draw_is_balanced_and_seeded() {
        let labels: Vec<u8> = (0..500).map(|i| (i * 7 % 10) as u8).collect();
        let rows = per_class(&labels, 10, 20, &mut rng(1)).unwrap();
        for class in 0..10 {
            assert_eq!(rows.iter().filter(|&&row| labels[row] == class).count(), 20);
        }
        assert!(rows.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(rows, per_class(&labels, 10, 20, &mut rng(1)).unwrap());
        assert_ne!(rows, per_class(&labels, 10, 20, &mut rng(2)).unwrap());
        insta::assert_snapshot!(per_class(&labels, 10, 51, &mut rng(1)).unwrap_err(), @"51 images of class 0 are asked for, but it has 50; ask for at most 50 labels per class");
        insta::assert_snapshot!(per_class(&labels, 9, 5, &mut rng(1)).unwrap_err(), @"image 7 has label 9, but there are 9 classes; labels do not belong to these classes");
    }

    #[test]
    fn every_member_is_drawn_equally_often() {
        // 10 of 40, 4000 times: 1000 each, standard deviation 27.
        let labels = [0u8; 40];
        let mut counts = [0usize; 40];
        let mut rng = rng(3);
        for _ in 0..4000 {
            for row in per_class(&labels, 1, 10, &mut rng).unwrap() {
                counts[row] += 1;
            }
        }
        assert!(
            counts.iter().all(|c| (865..=1135).contains(c)),
            "{counts:?}"
        );
    }

    proptest! {
        #[test]
        fn a_validation_split_is_whole_and_stratified(
            labels in prop::collection::vec(0u8..7, 2..400), part in 0.0..1.0f64, seed in any::<u64>(),
        ) {
            let n = labels.len();
            let size = ((n - 1) as f64 * part) as usize;
            let (train, validation) = split_validation(&labels, 7, size, &mut rng(seed)).unwrap();
            prop_assert_eq!(validation.len(), size);
            let mut all = [train, validation.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
            for class in 0..7u8 {
                let of = labels.iter().filter(|&&l| l == class).count() as f64;
                let held = validation.iter().filter(|&&row| labels[row] == class).count() as f64;
                prop_assert!((held - of * size as f64 / n as f64).abs() < 1.0);
            }
        }
    }

    #[test]
    fn holding_out_everything_is_refused() {
        insta::assert_snapshot!(split_validation(&[0, 1, 0], 2, 3, &mut rng(0)).unwrap_err(), @"3 images are to be held out for validation, but there are 3; hold out fewer than 3");
    }
}
