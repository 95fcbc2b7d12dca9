//! Batch-norm statistics under a bar.

use crate::nn::{Input, NnError, Normalised, infer_statistics};
use crate::track::progress::{Progress, Stopped, Unit};

/// Infer `net`'s statistics from `batches` mini-batches of some `size` images, the i-th of which is `batch(i)`. A stop leaves
/// them as they were.
///
/// # Errors
/// [`Stopped`]; as [`infer_statistics`].
pub fn infer<N, I, E>(
    net: &N,
    what: &str,
    (batches, size): (usize, usize),
    progress: &dyn Progress,
    mut batch: impl FnMut(usize) -> Result<I, E>,
) -> Result<(), E>
where
    N: Normalised,
    I: Into<Input>,
    E: From<NnError> + From<Stopped>,
{
    let mut bar = progress.begin(what, Some((batches * size) as u64), Unit::Images);
    let seen = (0..batches).map(|i| {
        progress.check()?;
        bar.advance(size as u64);
        batch(i)
    });
    infer_statistics(net, seen).map(drop)
}
