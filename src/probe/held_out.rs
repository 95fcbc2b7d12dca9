//! Table 2's rows: some held out once for every choice, balanced draws from the rest.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::draws::{Split, by_class};
use super::error::{Class, ProbeError};

/// Rows held out once, and independent draws from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldOut {
    /// Rows that everything is chosen on, ascending, each class in proportion.
    pub validate: Vec<usize>,
    /// Each draw's rows, ascending, as many of each class.
    pub fits: Vec<Vec<usize>>,
}

impl HeldOut {
    /// Hold out exactly `validation` rows, then make `count` draws of `per_class` rows of each class from the rest. More
    /// draws leave the first ones as they are.
    ///
    /// # Errors
    /// [`ProbeError::Setting`] where `validation` is 0 or leaves nothing; [`ProbeError::TooFewLeft`] where a class is too
    /// small for a draw.
    pub fn draw(
        labels: &[u8],
        classes: usize,
        per_class: usize,
        validation: usize,
        count: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<HeldOut, ProbeError> {
        if validation == 0 || validation >= labels.len() {
            return Err(ProbeError::Setting {
                key: "validation",
                found: format!("{validation} of {} training rows", labels.len()),
                expected: "1 or more, and some rows left to draw from",
            });
        }
        let mut left = by_class(labels, classes);
        let sizes: Vec<usize> = left.iter().map(Vec::len).collect();
        let mut validate = Vec::with_capacity(validation);
        for ((class, rows), share) in left.iter_mut().enumerate().zip(shares(&sizes, validation)) {
            rows.shuffle(rng);
            validate.extend(rows.drain(..share));
            rows.sort_unstable();
            if rows.len() < per_class {
                return Err(ProbeError::TooFewLeft {
                    class: Class::Number(class),
                    left: rows.len(),
                    held_out: share,
                    wanted: per_class,
                });
            }
        }
        validate.sort_unstable();
        let fits = (0..count)
            .map(|_| {
                let mut fit: Vec<usize> = left
                    .iter()
                    .flat_map(|rows| {
                        rand::seq::index::sample(rng, rows.len(), per_class)
                            .into_iter()
                            .filter_map(|i| rows.get(i).copied())
                            .collect::<Vec<_>>()
                    })
                    .collect();
                fit.sort_unstable();
                fit
            })
            .collect();
        Ok(HeldOut { validate, fits })
    }

    /// Each draw beside the rows held out.
    pub fn splits(self) -> Vec<Split> {
        let validate = self.validate;
        let split = |fit| Split {
            fit,
            validate: validate.clone(),
        };
        self.fits.into_iter().map(split).collect()
    }
}

/// `total` shared out in proportion to `sizes`, the largest remainders first.
fn shares(sizes: &[usize], total: usize) -> Vec<usize> {
    let all = sizes.iter().sum::<usize>().max(1);
    let mut shares: Vec<usize> = sizes.iter().map(|n| n * total / all).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(sizes[i] * total % all));
    let missing = total - shares.iter().sum::<usize>();
    for &i in order.iter().take(missing) {
        shares[i] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;

    proptest! {
        #[test]
        fn the_held_out_rows_are_fixed_and_no_draw_touches_them(
            labels in prop::collection::vec(0u8..4, 60..300), k in 1usize..6, part in 1usize..40, seed in 0u64..100,
        ) {
            let rng = || ChaCha8Rng::seed_from_u64(seed);
            let draw = |count| HeldOut::draw(&labels, 4, k, part, count, &mut rng());
            let few = match draw(2) {
                Ok(few) => few,
                Err(ProbeError::TooFewLeft { left, .. }) => {
                    prop_assert!(left < k);
                    return Ok(());
                }
                Err(e) => return Err(TestCaseError::fail(e.to_string())),
            };
            let more = draw(5).unwrap();
            prop_assert_eq!(&few.validate, &more.validate);
            prop_assert_eq!(&few.fits[..], &more.fits[..2]);
            prop_assert_eq!(more.validate.len(), part);
            let count = |rows: &[usize], class: u8| rows.iter().filter(|i| labels[**i] == class).count();
            for class in 0..4u8 {
                let all = labels.iter().filter(|l| **l == class).count();
                let expected = (all * part) as f64 / labels.len() as f64;
                prop_assert!((count(&more.validate, class) as f64 - expected).abs() < 1.0);
                for fit in &more.fits {
                    prop_assert_eq!(count(fit, class), k);
                }
            }
            for rows in more.fits.iter().chain([&more.validate]) {
                prop_assert!(rows.is_sorted_by(|a, b| a < b));
            }
            for fit in &more.fits {
                prop_assert!(fit.iter().all(|i| more.validate.binary_search(i).is_err()));
            }
        }
    }

    #[test]
    fn draws_differ_and_impossible_wishes_are_named() {
        let labels: Vec<u8> = (0..200).map(|i| i % 2).collect();
        let draw = |k, validation| {
            HeldOut::draw(
                &labels,
                2,
                k,
                validation,
                3,
                &mut ChaCha8Rng::seed_from_u64(0),
            )
        };
        let found = draw(10, 40).unwrap();
        assert_ne!(found.fits[0], found.fits[1]);
        insta::assert_snapshot!(draw(90, 40).unwrap_err(), @"class 0 has 80 training rows beside the 20 held out, expected at least the 90 of a draw; ask for fewer labels per class or a smaller `validation`");
        insta::assert_snapshot!(draw(10, 200).unwrap_err(), @"`validation` is 200 of 200 training rows, expected 1 or more, and some rows left to draw from");
    }
}
