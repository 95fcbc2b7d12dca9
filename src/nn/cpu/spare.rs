//! Large buffers that outlive a call: fresh memory costs a page fault for every 4 KiB, a good part of what the kernels
//! take.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

static SPARE: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());
/// Buffers kept at most.
const KEPT: usize = 3;

/// Values of a cache line. Vectors of AVX-512 that lie across two lines are read and written at half the speed.
pub const LINE: usize = 16;

/// Where the first cache line begins that lies whole in a buffer of at least [`LINE`] values.
pub fn aligned(buffer: &[f32]) -> usize {
    match buffer.as_ptr().align_offset(LINE * size_of::<f32>()) {
        start if start <= LINE => start,
        _ => 0,
    }
}

/// A buffer on loan; it goes back when dropped.
pub struct Lent {
    buffer: Vec<f32>,
    start: usize,
    len: usize,
}

/// Lend a buffer of `len` values, contents arbitrary, at the start of a cache line.
pub fn lend(len: usize) -> Lent {
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    // The smallest that is large enough, or else the largest, to be enlarged.
    let whole = len + LINE;
    let fits = |b: &Vec<f32>| {
        if b.len() >= whole {
            (0, b.len())
        } else {
            (1, usize::MAX - b.len())
        }
    };
    let best = (0..spare.len()).min_by_key(|i| fits(&spare[*i]));
    let mut buffer = best.map(|i| spare.swap_remove(i)).unwrap_or_default();
    drop(spare);
    if buffer.len() < whole {
        // Nothing in it is worth a copy.
        buffer = vec![0.0; whole];
    }
    let start = aligned(&buffer);
    Lent { buffer, start, len }
}

impl Deref for Lent {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.buffer[self.start..][..self.len]
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.buffer[self.start..][..self.len]
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < KEPT {
            spare.push(std::mem::take(&mut self.buffer));
        }
    }
}
