//! A panel of queries with their best neighbours so far.

use super::kernel::{Kernel, TILE, dots};
use crate::nn::cpu::simd::vectorised;

/// Queries of a panel: two vectors of AVX-512.
pub const PANEL: usize = 32;

/// A reference near a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// Squared Euclidean distance between the images' bytes.
    pub distance: u32,
    /// Its place in the stream, from 0.
    pub reference: u64,
    pub label: u8,
}

/// Further than any reference.
const NONE: Neighbour = Neighbour {
    distance: u32::MAX,
    reference: u64::MAX,
    label: 0,
};

/// References as the kernels read them.
pub struct Prepared<'a> {
    /// `[n, stride]` words of bytes less 128.
    pub words: &'a [u32],
    pub stride: usize,
    /// Squared lengths.
    pub norms: &'a [i32],
    pub labels: &'a [u8],
    /// The place of the first in the stream.
    pub first: u64,
}

/// Up to [`PANEL`] queries.
pub struct Panel {
    words: Vec<u32>,
    /// The groups of four columns in which some query is not black.
    groups: Vec<u32>,
    /// |q|^2 - 256 sum(q): what is missing of |q - r|^2 beside |r|^2 and the product.
    offsets: [i32; PANEL],
    /// A reference must be nearer than this to count.
    limits: [i32; PANEL],
    k: usize,
    /// `[PANEL, k]`, nearest first.
    best: Vec<Neighbour>,
}

impl Panel {
    /// Queries of `columns` bytes each, not more than [`PANEL`].
    pub fn new(queries: &[u8], columns: usize, k: usize) -> Self {
        let word = |query: &[u8], group: usize| {
            let mut bytes = [0; 4];
            for (to, from) in bytes.iter_mut().zip(query.iter().skip(4 * group)) {
                *to = *from;
            }
            u32::from_le_bytes(bytes)
        };
        let (mut words, mut groups) = (Vec::new(), Vec::new());
        for group in 0..columns.div_ceil(4) {
            let mut row = [0; PANEL];
            for (to, query) in row.iter_mut().zip(queries.chunks_exact(columns)) {
                *to = word(query, group);
            }
            if row.iter().any(|w| *w != 0) {
                words.extend(row);
                groups.push(group as u32);
            }
        }
        // Lanes without a query take no reference.
        let (mut offsets, mut limits) = ([0; PANEL], [i32::MIN; PANEL]);
        for (lane, query) in queries.chunks_exact(columns).enumerate() {
            let sum: i32 = query.iter().map(|b| i32::from(*b)).sum();
            offsets[lane] = squared(query).wrapping_sub(sum.wrapping_mul(256));
            limits[lane] = i32::MAX;
        }
        Panel {
            words,
            groups,
            offsets,
            limits,
            k,
            best: vec![NONE; PANEL * k],
        }
    }

    /// Look at more references.
    pub fn add(&mut self, kernel: Kernel, references: &Prepared) {
        let mut out = [[0; PANEL]; TILE];
        let rows = references.words.chunks(references.stride * TILE);
        for (tile, (words, norms)) in rows.zip(references.norms.chunks(TILE)).enumerate() {
            let out = &mut out[..norms.len()];
            dots(
                kernel,
                &self.words,
                &self.groups,
                words,
                references.stride,
                out,
            );
            for (i, (dots, norm)) in out.iter_mut().zip(norms).enumerate() {
                if distances(dots, &self.offsets, *norm, &self.limits) {
                    self.note(dots, references, tile * TILE + i);
                }
            }
        }
    }

    #[cold]
    fn note(&mut self, distances: &[i32; PANEL], references: &Prepared, index: usize) {
        for (lane, distance) in distances.iter().enumerate() {
            if *distance >= self.limits[lane] {
                continue;
            }
            let new = Neighbour {
                distance: *distance as u32,
                reference: references.first + index as u64,
                label: references.labels[index],
            };
            let best = &mut self.best[lane * self.k..][..self.k];
            // Behind those that are as near: they came earlier.
            let place = best.partition_point(|b| b.distance <= new.distance);
            best[place..].rotate_right(1);
            best[place] = new;
            self.set_limit(lane);
        }
    }

    fn set_limit(&mut self, lane: usize) {
        let last = self.best[lane * self.k + self.k - 1].distance;
        self.limits[lane] = i32::try_from(last).unwrap_or(i32::MAX);
    }

    /// The best of one of its queries, nearest first; places that no reference has taken yet are at the end.
    pub fn best(&self, lane: usize) -> &[Neighbour] {
        &self.best[lane * self.k..][..self.k]
    }

    /// Go on from what [`Panel::best`] gave.
    pub fn restore(&mut self, lane: usize, best: impl Iterator<Item = Neighbour>) {
        for (to, from) in self.best[lane * self.k..][..self.k].iter_mut().zip(best) {
            *to = from;
        }
        self.set_limit(lane);
    }
}

/// |v|^2; below 2^31 for as many columns as a search takes.
pub fn squared(v: &[u8]) -> i32 {
    // Short sums of 16 columns vectorise; longer ones would have to be widened one by one.
    v.iter().map(|b| i32::from(*b) * i32::from(*b)).sum()
}

vectorised! {
    /// From dot products to distances, in place; whether any is below its limit.
    ///
    /// Steps may wrap around, the distance itself does not: it is below 2^31.
    fn distances(
        dots: &mut [i32; PANEL],
        offsets: &[i32; PANEL],
        norm: i32,
        limits: &[i32; PANEL],
    ) -> bool {
        let mut below = 0;
        for lane in 0..PANEL {
            let d = offsets[lane]
                .wrapping_add(norm)
                .wrapping_sub(dots[lane].wrapping_mul(2));
            dots[lane] = d;
            below |= i32::from(d < limits[lane]);
        }
        below != 0
    }
}
