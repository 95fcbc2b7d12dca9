//! Large buffers that outlive a call: fresh memory costs a page fault for every 4 KiB, a good part of what the kernels
//! take.
//!
//! Each thread keeps its own. A chain of layers is walked by one thread (kernels share out what lies inside a call), so both
//! nets of a training take turns on the same few buffers, and trials that run side by side never wait for or empty each
//! other's.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

thread_local! {
    static SPARE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Buffers kept at most: a layer's backward pass holds the gradients on both sides of it, the weights at all points and the
/// tiles that are summed.
const KEPT: usize = 5;

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
    // The smallest that is large enough, or else the largest, to be enlarged.
    let whole = len + LINE;
    let fits = |b: &Vec<f32>| {
        if b.len() >= whole {
            (0, b.len())
        } else {
            (1, usize::MAX - b.len())
        }
    };
    let mut buffer = SPARE.with_borrow_mut(|spare| {
        let best = (0..spare.len()).min_by_key(|i| fits(&spare[*i]));
        best.map(|i| spare.swap_remove(i)).unwrap_or_default()
    });
    if buffer.len() < whole {
        // Nothing in it is worth a copy, and both at once would be the peak.
        drop(std::mem::take(&mut buffer));
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
        let buffer = std::mem::take(&mut self.buffer);
        // A thread that is ending keeps nothing.
        let _ = SPARE.try_with(|spare| {
            if let Ok(mut spare) = spare.try_borrow_mut()
                && spare.len() < KEPT
            {
                spare.push(buffer);
            }
        });
    }
}
