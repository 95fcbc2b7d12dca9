//! Mini-batches in an order that a resumed run sees again bit for bit.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::draw::shuffle;

/// Deals the rows 0 to `n - 1` in mini-batches.
///
/// Each epoch is a fresh permutation; what is left at its end and fills no batch is dropped, so that every batch has
/// the same size, as batch normalisation wants it (the paper's is 128).
#[derive(Debug, Clone)]
pub struct Loader {
    state: LoaderState,
    /// The epoch's permutation: a function of `state.epoch_rng` alone.
    order: Vec<usize>,
    /// The generator after that permutation.
    rng: ChaCha8Rng,
}

/// Where a [`Loader`] stands: some dozens of bytes, whatever the number of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoaderState {
    /// Number of images.
    pub n: usize,
    /// Images of a mini-batch.
    pub batch: usize,
    /// Epochs completed.
    pub epoch: u64,
    /// Mini-batches dealt in this epoch.
    pub dealt: usize,
    /// The generator as it was before this epoch's permutation.
    pub epoch_rng: ChaCha8Rng,
}

/// A loader that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoaderError {
    /// No batch could ever be dealt.
    #[error(
        "a mini-batch of {batch} cannot be drawn from {n} images; choose a batch size of 1 to {n}"
    )]
    Batch { n: usize, batch: usize },
    /// The state is of another training set.
    #[error(
        "the saved state is of {saved} training images, but there are {n} now; resume with the data it was trained on, or start anew"
    )]
    Images { n: usize, saved: usize },
    /// The state is not one that a loader was ever in.
    #[error(
        "the saved state has dealt {dealt} mini-batches of {batch} in an epoch of {n} images; the checkpoint is damaged"
    )]
    Position {
        n: usize,
        batch: usize,
        dealt: usize,
    },
}

impl Loader {
    /// A loader at the start of its first epoch.
    ///
    /// # Errors
    /// [`LoaderError::Batch`] where `batch` is 0 or more than `n`.
    pub fn new(n: usize, batch: usize, rng: ChaCha8Rng) -> Result<Loader, LoaderError> {
        if batch == 0 || batch > n {
            return Err(LoaderError::Batch { n, batch });
        }
        let mut loader = Loader {
            state: LoaderState {
                n,
                batch,
                epoch: 0,
                dealt: 0,
                epoch_rng: rng.clone(),
            },
            order: Vec::new(),
            rng,
        };
        loader.permute();
        Ok(loader)
    }

    /// A loader that goes on where `state` was taken, over `n` images.
    ///
    /// # Errors
    /// [`LoaderError`] where the state does not fit `n` or itself.
    pub fn resume(state: LoaderState, n: usize) -> Result<Loader, LoaderError> {
        let LoaderState {
            n: saved,
            batch,
            dealt,
            epoch,
            ref epoch_rng,
        } = state;
        if saved != n {
            return Err(LoaderError::Images { n, saved });
        }
        let mut loader = Loader::new(n, batch, epoch_rng.clone())?;
        if dealt > n / batch {
            return Err(LoaderError::Position { n, batch, dealt });
        }
        loader.state.epoch = epoch;
        loader.state.dealt = dealt;
        Ok(loader)
    }

    /// The rows of the next mini-batch: `batch` different ones.
    pub fn next_batch(&mut self) -> &[usize] {
        if self.state.dealt == self.batches_per_epoch() {
            self.state.epoch += 1;
            self.state.dealt = 0;
            self.state.epoch_rng = self.rng.clone();
            self.permute();
        }
        let start = self.state.dealt * self.state.batch;
        self.state.dealt += 1;
        &self.order[start..start + self.state.batch]
    }

    /// Mini-batches in an epoch, at least 1.
    pub fn batches_per_epoch(&self) -> usize {
        self.state.n / self.state.batch
    }

    /// Passes over the images so far; whole numbers are ends of epochs.
    pub fn epochs(&self) -> f64 {
        self.state.epoch as f64 + self.state.dealt as f64 / self.batches_per_epoch() as f64
    }

    /// Where the loader stands, for a checkpoint.
    pub fn state(&self) -> &LoaderState {
        &self.state
    }

    /// Draw this epoch's order. It starts from 0, 1, 2, ... and not from the last epoch's order, so that the state
    /// need not hold it.
    fn permute(&mut self) {
        self.order.clear();
        self.order.extend(0..self.state.n);
        shuffle(&mut self.order, &mut self.rng);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;

    fn loader(n: usize, batch: usize, seed: u64) -> Loader {
        Loader::new(n, batch, ChaCha8Rng::seed_from_u64(seed)).unwrap()
    }

    proptest! {
        #[test]
        fn an_epoch_deals_no_row_twice(n in 1usize..300, part in 0.0..1.0f64, seed in any::<u64>()) {
            let batch = 1 + ((n - 1) as f64 * part) as usize;
            let mut loader = loader(n, batch, seed);
            let mut epochs = Vec::new();
            for epoch in 0..3u64 {
                let mut rows = Vec::new();
                for _ in 0..loader.batches_per_epoch() {
                    let next = loader.next_batch().to_vec();
                    prop_assert_eq!(next.len(), batch);
                    prop_assert_eq!(loader.state().epoch, epoch);
                    rows.extend(next);
                }
                prop_assert_eq!(loader.epochs(), (epoch + 1) as f64);
                let mut sorted = rows.clone();
                sorted.sort_unstable();
                sorted.dedup();
                prop_assert_eq!(sorted.len(), n / batch * batch);
                prop_assert!(sorted.iter().all(|&row| row < n));
                epochs.push(rows);
            }
            // Two epochs of 30 rows or more are never in the same order.
            prop_assert!(n / batch * batch < 30 || (epochs[0] != epochs[1] && epochs[1] != epochs[2]));
        }

        #[test]
        fn a_resumed_loader_deals_the_same(n in 1usize..200, batch in 1usize..50, steps in 0usize..60, seed in any::<u64>()) {
            prop_assume!(batch <= n);
            let mut whole = loader(n, batch, seed);
            for _ in 0..steps {
                whole.next_batch();
            }
            let saved = serde_json::to_string(whole.state()).unwrap();
            let state: LoaderState = serde_json::from_str(&saved).unwrap();
            let mut resumed = Loader::resume(state, n).unwrap();
            prop_assert_eq!(resumed.state(), whole.state());
            for _ in 0..40 {
                prop_assert_eq!(resumed.next_batch(), whole.next_batch());
            }
        }
    }

    #[test]
    fn the_order_is_the_same_on_every_machine() {
        // Recorded once: a change here breaks the resumption and the reproduction of every run made before it.
        let mut loader = loader(10, 4, 0);
        let rows: Vec<Vec<usize>> = (0..4).map(|_| loader.next_batch().to_vec()).collect();
        insta::assert_snapshot!(format!("{rows:?}"), @"[[6, 1, 8, 3], [2, 9, 0, 5], [9, 4, 0, 5], [8, 2, 3, 6]]");
    }

    #[test]
    fn a_state_that_does_not_fit_is_refused() {
        let rng = ChaCha8Rng::seed_from_u64(0);
        insta::assert_snapshot!(Loader::new(80, 128, rng.clone()).unwrap_err(), @"a mini-batch of 128 cannot be drawn from 80 images; choose a batch size of 1 to 80");
        let state = Loader::new(80, 8, rng).unwrap().state().clone();
        insta::assert_snapshot!(Loader::resume(state.clone(), 81).unwrap_err(), @"the saved state is of 80 training images, but there are 81 now; resume with the data it was trained on, or start anew");
        let damaged = LoaderState { dealt: 11, ..state };
        insta::assert_snapshot!(Loader::resume(damaged, 80).unwrap_err(), @"the saved state has dealt 11 mini-batches of 8 in an epoch of 80 images; the checkpoint is damaged");
    }
}
