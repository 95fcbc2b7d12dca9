//! Which rows a protocol trains on: stratified hold-outs and class-balanced draws.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::error::{Class, ProbeError};

/// Rows to fit on, and rows to choose C on; disjoint, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub fit: Vec<usize>,
    pub validate: Vec<usize>,
}

/// Row numbers of each class, ascending. Every label must be below `classes`.
pub fn by_class(labels: &[u8], classes: usize) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new(); classes];
    for (i, label) in labels.iter().enumerate() {
        if let Some(rows) = rows.get_mut(usize::from(*label)) {
            rows.push(i);
        }
    }
    rows
}

/// Hold out `wanted` rows, but no more than a fifth of all, each class in proportion; a class of two rows or more keeps
/// at least one and gives at least one.
pub fn hold_out(labels: &[u8], classes: usize, wanted: usize, rng: &mut ChaCha8Rng) -> Split {
    let share = (wanted as f64 / labels.len().max(1) as f64).min(0.2);
    let mut split = Split {
        fit: Vec::new(),
        validate: Vec::new(),
    };
    for mut rows in by_class(labels, classes) {
        rows.shuffle(rng);
        let most = rows.len().saturating_sub(1);
        let count = ((rows.len() as f64 * share).round() as usize)
            .clamp(most.min(1), most.max(most.min(1)));
        split.validate.extend(rows.drain(..count));
        split.fit.extend(rows);
    }
    split.fit.sort_unstable();
    split.validate.sort_unstable();
    split
}

/// Draw `per_class` rows of each class without replacement; validation rows (at most `validation`) come from the rest,
/// each class in proportion to what it has left.
///
/// # Errors
/// [`ProbeError::TooFewRows`] where a class has not one row more than `per_class`.
pub fn balanced(
    labels: &[u8],
    classes: usize,
    per_class: usize,
    validation: usize,
    rng: &mut ChaCha8Rng,
) -> Result<Split, ProbeError> {
    let mut split = Split {
        fit: Vec::new(),
        validate: Vec::new(),
    };
    let left = labels.len().saturating_sub(per_class * classes).max(1);
    let share = (validation as f64 / left as f64).min(1.0);
    for (class, mut rows) in by_class(labels, classes).into_iter().enumerate() {
        if rows.len() <= per_class {
            return Err(ProbeError::TooFewRows {
                class: Class::Number(class),
                found: rows.len(),
                needed: per_class + 1,
                wanted: per_class,
            });
        }
        rows.shuffle(rng);
        split.fit.extend(rows.drain(..per_class));
        let count = ((rows.len() as f64 * share).round() as usize).clamp(1, rows.len());
        split.validate.extend(rows.drain(..count));
    }
    split.fit.sort_unstable();
    split.validate.sort_unstable();
    Ok(split)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;

    fn sound(split: &Split, n: usize) {
        let mut all: Vec<usize> = split.fit.iter().chain(&split.validate).copied().collect();
        all.sort_unstable();
        let len = all.len();
        all.dedup();
        assert_eq!(all.len(), len, "a row is used twice");
        assert!(all.iter().all(|i| *i < n));
    }

    proptest! {
        #[test]
        fn splits_are_disjoint_balanced_and_repeatable(
            labels in prop::collection::vec(0u8..4, 30..300), k in 1usize..8, seed in 0u64..100,
        ) {
            let count = |rows: &[usize], class: u8| rows.iter().filter(|i| labels[**i] == class).count();
            let rng = || ChaCha8Rng::seed_from_u64(seed);
            let smallest = by_class(&labels, 4).iter().map(Vec::len).min().unwrap();
            match balanced(&labels, 4, k, 50, &mut rng()) {
                Ok(split) => {
                    sound(&split, labels.len());
                    prop_assert!((0..4).all(|c| count(&split.fit, c) == k && count(&split.validate, c) > 0));
                    prop_assert!(split.validate.len() <= 54);
                    prop_assert_eq!(&split, &balanced(&labels, 4, k, 50, &mut rng()).unwrap());
                }
                Err(e) => prop_assert!(smallest <= k, "{}", e),
            }
            let split = hold_out(&labels, 4, 10_000, &mut rng());
            sound(&split, labels.len());
            prop_assert_eq!(split.fit.len() + split.validate.len(), labels.len());
            for class in 0..4 {
                let (fit, held) = (count(&split.fit, class), count(&split.validate, class));
                prop_assert!(fit + held < 2 || (fit > 0 && held > 0));
                prop_assert!((held as f64 - 0.2 * (fit + held) as f64).abs() <= 1.0);
            }
        }
    }

    /// Ten rows of one class and thirty of another.
    #[test]
    fn each_class_gives_in_proportion() {
        let labels: Vec<u8> = (0..40).map(|i| u8::from(i % 4 > 0)).collect();
        let rng = || ChaCha8Rng::seed_from_u64(0);
        let count =
            |rows: &[usize]| [0, 1].map(|c| rows.iter().filter(|i| labels[**i] == c).count());
        // A tenth, and a fifth where more is asked for.
        for (wanted, held) in [(4, [1, 3]), (100, [2, 6])] {
            let split = hold_out(&labels, 2, wanted, &mut rng());
            assert_eq!(count(&split.validate), held);
            assert_eq!(count(&split.fit), [10 - held[0], 30 - held[1]]);
        }
        // Five of each class leave 5 and 25 rows: a fifth of them, or all.
        for (wanted, held) in [(6, [1, 5]), (100, [5, 25])] {
            let split = balanced(&labels, 2, 5, wanted, &mut rng()).unwrap();
            assert_eq!(count(&split.validate), held);
            assert_eq!(count(&split.fit), [5, 5]);
        }
    }

    #[test]
    fn a_class_too_small_for_the_draw_is_named() {
        let labels = [0, 0, 0, 1, 1];
        let e = balanced(&labels, 2, 2, 10, &mut ChaCha8Rng::seed_from_u64(0)).unwrap_err();
        assert!(e.to_string().contains("class 1 has 2 training rows"), "{e}");
    }
}
