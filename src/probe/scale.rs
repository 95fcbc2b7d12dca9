//! Features of another size than a net's, brought to it before the L2-SVM sees them.
//!
//! The values of C that the protocols choose from suit features of about 1. Far from that no C of theirs moves the loss, or every one
//! makes it all that counts; and at 1e-20 or 1e20 the squares of features leave single precision. Multiplying the features by f and C by
//! 1 / f^2 leaves the problem as it is, but for the intercept, whose constant feature of 1 then stands beside features of its own
//! size. So features whose root mean square is beyond [`USUAL`] are multiplied by a power of two, which rounds nothing, and every C is
//! told in the units of the features as they were given.

use std::ops::RangeInclusive;

use ndarray::Array2;

use super::error::{ProbeError, SvmError};
use super::protocol::ProbeSettings;
use super::selection::Choice;
use super::svm::{View, is_usable_c};
use crate::track::progress::Progress;

/// Root mean squares that are taken as they come: pixels, a net's activations, counts.
const USUAL: RangeInclusive<f64> = 1.0 / 256.0..=1024.0;
/// The smallest number that half precision keeps with all of its digits.
const HALF: f64 = 1.0 / 16384.0;

/// By what the features are multiplied: a power of two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// Root mean square of the training features.
    size: f64,
    factor: f64,
}

impl Scale {
    /// Judge training features, which are finite, and tell the user of those that no classifier can tell apart.
    pub fn of(train: View, progress: &dyn Progress) -> Scale {
        let (rows, columns) = train.dim();
        let count = (rows * columns).max(1) as f64;
        let size = (train.squares().iter().sum::<f64>() / count).sqrt();
        let factor = match size > 0.0 && !USUAL.contains(&size) {
            true => 2f64.powi(-(size.log2().floor() as i32)),
            false => 1.0,
        };
        let about = format!("the training features' root mean square is {size:.1e}");
        if train.rows_are_alike() {
            progress.note("all training rows have the same features: nothing tells the classes apart, and the accuracy is that of guessing");
        } else if matches!(train, View::Half(_)) && size < HALF {
            progress.note(&format!(
                "{about}: half precision, in which features are kept, loses digits below {HALF:.0e}; the net that made them hardly answers to its images"
            ));
        } else if factor != 1.0 {
            progress.note(&format!(
                "{about}: they are fitted at {factor:.1e} times their size, intercept and all; C is told for their own"
            ));
        }
        Scale { size, factor }
    }

    /// Features in the size that is fitted; `None` for those that are taken as they come.
    ///
    /// # Errors
    /// [`SvmError::NotFinite`] for one that single precision cannot hold so, which is far from all others.
    pub fn features(&self, x: View) -> Result<Option<Array2<f32>>, ProbeError> {
        if self.factor == 1.0 {
            return Ok(None);
        }
        let scaled = x.single().mapv(|v| (f64::from(v) * self.factor) as f32);
        super::svm::check_features(scaled.view())?;
        Ok(Some(scaled))
    }

    /// The settings for features so scaled.
    ///
    /// # Errors
    /// [`ProbeError::Size`] for a C with which the loss is nothing, or everything.
    pub fn settings(&self, settings: &ProbeSettings) -> Result<ProbeSettings, ProbeError> {
        let mut settings = settings.clone();
        for c in settings.c.iter_mut().flatten() {
            let given = *c;
            *c /= self.factor * self.factor;
            if !is_usable_c(*c) {
                return Err(ProbeError::Size {
                    size: self.size,
                    c: given,
                    usual: self.told(1e-4),
                });
            }
        }
        Ok(settings)
    }

    /// A choice among values of C, in the units of the features as they were given.
    pub fn choice(&self, choice: Choice) -> Choice {
        let tried = choice.tried.into_iter();
        Choice {
            c: self.told(choice.c),
            tried: tried.map(|(c, share)| (self.told(c), share)).collect(),
        }
    }

    /// An error with its C in those units.
    pub fn error(&self, mut e: ProbeError) -> ProbeError {
        if let ProbeError::Svm(SvmError::NotConverged { c, .. }) = &mut e {
            *c = self.told(*c);
        }
        e
    }

    fn told(&self, c: f64) -> f64 {
        c * self.factor * self.factor
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use half::f16;
    use ndarray::Array2;

    use super::*;
    use crate::probe::{Labelled, ProbeOutcome, probe};
    use crate::track::format::Labels;
    use crate::track::progress::{Bar, Silent, Unit};

    /// Rows of three classes of unequal size that overlap, with columns of unequal size.
    fn rows(n: usize, salt: usize) -> (Array2<f32>, Vec<u8>) {
        let labels: Vec<u8> = (0..n).map(|i| (i % 7 % 3) as u8).collect();
        let x = Array2::from_shape_fn((n, 8), |(i, j)| {
            let noise = (i * 7919 + j * 104_729 + salt * 31) * 2_654_435_761 % 1000;
            let mean = if usize::from(labels[i]) == j % 3 {
                1.0
            } else {
                0.0
            };
            (mean + noise as f32 / 500.0 - 1.0) * (1.0 + j as f32 / 4.0)
        });
        (x, labels)
    }

    fn accuracy(scale: f64, c: Option<Vec<f64>>, labels: Labels) -> ProbeOutcome {
        let ((x, y), (tx, ty)) = (rows(300, 0), rows(200, 1));
        let by = |x: &Array2<f32>| x.mapv(|v| (f64::from(v) * scale) as f32);
        let (x, tx) = (by(&x), by(&tx));
        let settings = ProbeSettings {
            labels,
            draws: 2,
            c,
            ..ProbeSettings::default()
        };
        let set = |x, labels| Labelled {
            features: View::Single(x),
            labels,
        };
        probe(
            set(x.view(), &y),
            set(tx.view(), &ty),
            3,
            &settings,
            5,
            &Silent,
        )
        .unwrap()
    }

    #[test]
    fn features_of_any_size_are_classified_alike() {
        for labels in [Labels::All, Labels::PerClass(30)] {
            let plain = accuracy(1.0, None, labels);
            assert!(plain.accuracy() > 0.6, "{plain:?}");
            for power in [-100, -40, 40, 100] {
                let scale = 2f64.powi(power);
                let found = accuracy(scale, None, labels);
                assert_eq!(found.draws, plain.draws, "2^{power}");
                assert_eq!(found.choice.c, plain.choice.c / (scale * scale));
                let given = accuracy(scale, Some(vec![1e-2 / (scale * scale)]), labels);
                assert_eq!(given.draws, accuracy(1.0, Some(vec![1e-2]), labels).draws);
            }
            for scale in [1e-30, 1e-5, 1e5, 1e30] {
                let found = accuracy(scale, None, labels).accuracy();
                assert!((found - plain.accuracy()).abs() < 0.05, "{scale}: {found}");
            }
        }
    }

    #[test]
    fn a_c_for_features_of_another_size_is_refused() {
        let ((x, y), size) = (rows(60, 0), 1e-30);
        let x = x.mapv(|v| (f64::from(v) * size) as f32);
        let settings = ProbeSettings {
            c: Some(vec![1e-4]),
            ..ProbeSettings::default()
        };
        let set = || Labelled {
            features: x.view().into(),
            labels: &y,
        };
        let e = probe(set(), set(), 3, &settings, 0, &Silent).unwrap_err();
        insta::assert_snapshot!(e, @"C = 1e-4 does not suit features whose root mean square is 1.6e-30; leave C out so that it is chosen, give one near 4e55, or divide the features by 2e-30");
    }

    #[derive(Default)]
    struct Notes(Mutex<Vec<String>>);
    impl Progress for Notes {
        fn begin(&self, what: &str, total: Option<u64>, unit: Unit) -> Box<dyn Bar> {
            Silent.begin(what, total, unit)
        }
        fn note(&self, text: &str) {
            self.0.lock().unwrap().push(text.to_string());
        }
        fn stop_requested(&self) -> bool {
            false
        }
    }

    #[test]
    fn features_that_say_nothing_are_told() {
        let said = |x: View| {
            let notes = Notes::default();
            Scale::of(x, &notes);
            notes.0.into_inner().unwrap().join("\n")
        };
        let x = rows(20, 0).0;
        assert_eq!(said(x.view().into()), "");
        assert!(said(Array2::<f32>::ones((4, 3)).view().into()).contains("same features"));
        assert!(said(Array2::<f32>::zeros((4, 3)).view().into()).contains("same features"));
        let small = x.mapv(|v| f16::from_f32(v * 1e-6));
        assert!(said(small.view().into()).contains("half precision"));
        assert!(said(x.mapv(|v| v * 1e-6).view().into()).contains("times their size"));
    }
}
