//! Batch-norm statistics under a bar.

use crate::nn::{Input, NnError, Normalised, infer_statistics};
use crate::track::progress::{Progress, Unit};

/// Infer `net`'s statistics from `batches` mini-batches of some `size` images, the i-th of which is `batch(i)`; false where the
/// user stopped it, which leaves them as they were.
///
/// # Errors
/// As [`infer_statistics`].
pub fn infer<N, I, E>(
    net: &N,
    what: &str,
    (batches, size): (usize, usize),
    progress: &dyn Progress,
    mut batch: impl FnMut(usize) -> Result<I, E>,
) -> Result<bool, E>
where
    N: Normalised,
    I: Into<Input>,
    E: From<NnError>,
{
    let mut bar = progress.begin(what, Some((batches * size) as u64), Unit::Images);
    let mut stopped = false;
    let seen = (0..batches).map(|i| {
        stopped = progress.stop_requested();
        bar.advance(size as u64);
        match stopped {
            // Ends the inference before anything is stored.
            true => Err(Ended::Stopped),
            false => batch(i).map_err(Ended::Failed),
        }
    });
    match infer_statistics(net, seen) {
        Ok(_) => Ok(true),
        Err(Ended::Stopped) => Ok(false),
        Err(Ended::Failed(e)) => Err(e),
    }
}

enum Ended<E> {
    Stopped,
    Failed(E),
}

impl<E: From<NnError>> From<NnError> for Ended<E> {
    fn from(e: NnError) -> Self {
        Ended::Failed(e.into())
    }
}
