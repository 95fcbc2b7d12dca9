//! Products of bfloat16 numbers, the upper halves of f32, summed in f32: AVX512-BF16 multiplies and adds two for each lane
//! where f32 takes one, and half as much is read.
//!
//! A word holds two neighbours in the order of the sum, the earlier in its lower half.

use crate::nn::cpu::micro::PANEL;

/// Whether this processor has such products. Without them the same numbers come by way of f32, slowly.
pub fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512bf16")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}

/// Neighbouring values, two to a word.
///
/// # Panics
/// If the lengths do not fit or `from` is not whole vectors: a bug of the caller, as in all that follows.
pub fn pairs(from: &[f32], to: &mut [u32]) {
    assert!(from.len() == 2 * to.len() && from.len().is_multiple_of(32));
    #[cfg(target_arch = "x86_64")]
    if available() {
        // SAFETY: the processor has the instructions; lengths as asserted.
        unsafe { x86::pairs(from, to) };
        return;
    }
    for (to, from) in to.iter_mut().zip(from.chunks_exact(2)) {
        *to = word(from[0], from[1]);
    }
}

/// Values of two rows, each two of a column to a word.
pub fn interleave(first: &[f32], second: &[f32], to: &mut [u32]) {
    let n = to.len();
    assert!(first.len() == n && second.len() == n && n.is_multiple_of(16));
    #[cfg(target_arch = "x86_64")]
    if available() {
        // SAFETY: as in `pairs`.
        unsafe { x86::interleave(first, second, to) };
        return;
    }
    for (to, (a, b)) in to.iter_mut().zip(first.iter().zip(second)) {
        *to = word(*a, *b);
    }
}

/// As [`crate::nn::cpu::micro::cells`], `depth` words of a cell against a whole panel `[depth, PANEL]` of words.
pub fn cells(
    a: &[u32],
    bases: &[usize],
    depth: usize,
    panel: &[u32],
    out: &mut [f32],
    places: &[usize],
) {
    let last = |v: &[usize]| v.iter().max().copied().unwrap_or(0);
    assert!(bases.len() == places.len() && panel.len() >= depth * PANEL);
    assert!(bases.is_empty() || last(bases) + depth <= a.len());
    assert!(places.is_empty() || last(places) + PANEL <= out.len());
    #[cfg(target_arch = "x86_64")]
    if available() {
        let mut i = 0;
        while i < bases.len() {
            // SAFETY: as in `pairs`; every cell has `depth` words and PANEL places, as asserted.
            i += unsafe {
                match bases.len() - i {
                    12.. => x86::cells::<12>(a, &bases[i..], depth, panel, out, &places[i..]),
                    8.. => x86::cells::<8>(a, &bases[i..], depth, panel, out, &places[i..]),
                    4.. => x86::cells::<4>(a, &bases[i..], depth, panel, out, &places[i..]),
                    _ => x86::cells::<1>(a, &bases[i..], depth, panel, out, &places[i..]),
                }
            };
        }
        return;
    }
    for (base, place) in bases.iter().zip(places) {
        let out = &mut out[*place..][..PANEL];
        out.fill(0.0);
        for (a, row) in a[*base..][..depth].iter().zip(panel.chunks_exact(PANEL)) {
            out.iter_mut().zip(row).for_each(|(s, b)| add(s, *a, *b));
        }
    }
}

/// As [`crate::nn::cpu::micro::gradient`], over cells that are words of two; `rows` is a multiple of four.
pub fn gradient(
    a: &[u32],
    bases: &[usize],
    rows: usize,
    b: &[u32],
    b_step: usize,
    out: &mut [f32],
) {
    let last = bases.iter().max().copied().unwrap_or(0);
    assert!(rows.is_multiple_of(4) && rows * PANEL <= out.len());
    assert!(bases.is_empty() || last + rows <= a.len());
    assert!(bases.is_empty() || (bases.len() - 1) * b_step + PANEL <= b.len());
    #[cfg(target_arch = "x86_64")]
    if available() {
        let mut row = 0;
        while row < rows {
            // SAFETY: as in `pairs`; the rows of a block follow each base, and their sums lie in `out`, as asserted.
            row += unsafe {
                match rows - row {
                    12.. => x86::gradient::<12>(a, bases, row, b, b_step, out),
                    8.. => x86::gradient::<8>(a, bases, row, b, b_step, out),
                    _ => x86::gradient::<4>(a, bases, row, b, b_step, out),
                }
            };
        }
        return;
    }
    for (base, b) in bases.iter().zip(b.chunks(b_step)) {
        let a = &a[*base..][..rows];
        for (a, out) in a.iter().zip(out.chunks_exact_mut(PANEL)) {
            out.iter_mut().zip(b).for_each(|(s, b)| add(s, *a, *b));
        }
    }
}

fn word(low: f32, high: f32) -> u32 {
    let bits = |x: f32| u32::from(half::bf16::from_f32(x).to_bits());
    bits(high) << 16 | bits(low)
}

fn add(sum: &mut f32, a: u32, b: u32) {
    let (low, high) = (
        |w: u32| f32::from_bits(w << 16),
        |w: u32| f32::from_bits(w & 0xffff_0000),
    );
    *sum += low(a) * low(b) + high(a) * high(b);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::PANEL;

    /// # Safety
    /// The features below; `to` holds half of `from`, which is whole vectors.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub unsafe fn pairs(from: &[f32], to: &mut [u32]) {
        for (to, from) in to.chunks_exact_mut(16).zip(from.chunks_exact(32)) {
            // SAFETY: the chunks are as long as what is read and written.
            unsafe {
                let low = _mm512_loadu_ps(from.as_ptr());
                let high = _mm512_loadu_ps(from.as_ptr().add(16));
                let both = as_words(_mm512_cvtne2ps_pbh(high, low));
                _mm512_storeu_si512(to.as_mut_ptr().cast(), both);
            }
        }
    }

    /// # Safety
    /// The features below; slices of one length, in whole vectors.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub unsafe fn interleave(first: &[f32], second: &[f32], to: &mut [u32]) {
        let mut order = [0u16; 32];
        for (i, at) in order.iter_mut().enumerate() {
            *at = (i / 2 + 16 * (i % 2)) as u16;
        }
        // SAFETY: 64 bytes; then the chunks are as long as what is read and written.
        unsafe {
            let order = _mm512_loadu_si512(order.as_ptr().cast());
            let rows = first.chunks_exact(16).zip(second.chunks_exact(16));
            for (to, (first, second)) in to.chunks_exact_mut(16).zip(rows) {
                let low = _mm512_loadu_ps(first.as_ptr());
                let high = _mm512_loadu_ps(second.as_ptr());
                let both = as_words(_mm512_cvtne2ps_pbh(high, low));
                let both = _mm512_permutexvar_epi16(order, both);
                _mm512_storeu_si512(to.as_mut_ptr().cast(), both);
            }
        }
    }

    /// The first `M` cells; returns `M`.
    ///
    /// # Safety
    /// The features below; `depth` words follow each base and PANEL values each place; `panel` is `[depth, PANEL]`.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub unsafe fn cells<const M: usize>(
        a: &[u32],
        bases: &[usize],
        depth: usize,
        panel: &[u32],
        out: &mut [f32],
        places: &[usize],
    ) -> usize {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [[_mm512_setzero_ps(); 2]; M];
            let mut rows = [a.as_ptr(); M];
            for (row, base) in rows.iter_mut().zip(bases) {
                *row = row.add(*base);
            }
            let mut b = panel.as_ptr();
            for i in 0..depth {
                let w = [load(b), load(b.add(16))];
                for (row, sums) in rows.iter().zip(&mut sums) {
                    let x = broadcast(row.add(i));
                    sums[0] = _mm512_dpbf16_ps(sums[0], x, w[0]);
                    sums[1] = _mm512_dpbf16_ps(sums[1], x, w[1]);
                }
                b = b.add(PANEL);
            }
            for (sums, place) in sums.iter().zip(places) {
                let at = out.as_mut_ptr().add(*place);
                _mm512_storeu_ps(at, sums[0]);
                _mm512_storeu_ps(at.add(16), sums[1]);
            }
        }
        M
    }

    /// The `M` rows from `first`; returns `M`.
    ///
    /// # Safety
    /// The features below; the rows follow each base, a panel each cell's start in `b`, and `out` holds the rows.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub unsafe fn gradient<const M: usize>(
        a: &[u32],
        bases: &[usize],
        first: usize,
        b: &[u32],
        b_step: usize,
        out: &mut [f32],
    ) -> usize {
        // SAFETY: the caller's promise.
        unsafe {
            let at = out.as_mut_ptr().add(first * PANEL);
            let mut sums = [[_mm512_setzero_ps(); 2]; M];
            for (m, sums) in sums.iter_mut().enumerate() {
                let at = at.add(m * PANEL);
                *sums = [_mm512_loadu_ps(at), _mm512_loadu_ps(at.add(16))];
            }
            let mut b = b.as_ptr();
            for base in bases {
                let a = a.as_ptr().add(base + first);
                let w = [load(b), load(b.add(16))];
                for (m, sums) in sums.iter_mut().enumerate() {
                    let x = broadcast(a.add(m));
                    sums[0] = _mm512_dpbf16_ps(sums[0], x, w[0]);
                    sums[1] = _mm512_dpbf16_ps(sums[1], x, w[1]);
                }
                b = b.wrapping_add(b_step);
            }
            for (m, sums) in sums.iter().enumerate() {
                let at = at.add(m * PANEL);
                _mm512_storeu_ps(at, sums[0]);
                _mm512_storeu_ps(at.add(16), sums[1]);
            }
        }
        M
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn as_words(v: __m512bh) -> __m512i {
        // SAFETY: 64 bytes each, any bits valid.
        unsafe { std::mem::transmute(v) }
    }

    /// # Safety
    /// 16 words are readable at `p`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn load(p: *const u32) -> __m512bh {
        // SAFETY: the caller's promise; 64 bytes each, any bits valid.
        unsafe { std::mem::transmute(_mm512_loadu_si512(p.cast())) }
    }

    /// # Safety
    /// `p` is readable.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn broadcast(p: *const u32) -> __m512bh {
        // SAFETY: as in `load`.
        unsafe { std::mem::transmute(_mm512_set1_epi32(p.cast::<i32>().read_unaligned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize, f: f32) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * f).sin()).collect()
    }

    fn rounded(x: &[f32]) -> Vec<f64> {
        x.iter()
            .map(|x| half::bf16::from_f32(*x).to_f64())
            .collect()
    }

    #[test]
    fn sums_of_rounded_products() {
        let (rows, depth) = (19, 34);
        let (a, b) = (wave(rows * 64, 0.7), wave(depth * PANEL, 0.3));
        let mut a2 = vec![0; a.len() / 2];
        pairs(&a, &mut a2);
        let mut b2 = vec![0; b.len() / 2];
        for (k, to) in b2.chunks_exact_mut(PANEL).enumerate() {
            let (first, second) = b[2 * k * PANEL..][..2 * PANEL].split_at(PANEL);
            interleave(first, second, to);
        }
        let bases: Vec<usize> = (0..rows).map(|r| r * 32).collect();
        let places: Vec<usize> = (0..rows).map(|r| r * PANEL).collect();
        let mut out = vec![f32::NAN; rows * PANEL];
        cells(&a2, &bases, depth / 2, &b2, &mut out, &places);
        let (a, b) = (rounded(&a), rounded(&b));
        for r in 0..rows {
            for j in 0..PANEL {
                let want: f64 = (0..depth).map(|k| a[r * 64 + k] * b[k * PANEL + j]).sum();
                let got = f64::from(out[r * PANEL + j]);
                assert!((got - want).abs() < 1e-5, "{r}, {j}: {got} is not {want}");
            }
        }
    }

    #[test]
    fn a_gradient_adds_both_cells_of_a_word() {
        let (cells, rows) = (6, 28);
        let (a, b) = (wave(2 * cells * 32, 0.9), wave(2 * cells * PANEL, 0.4));
        let (mut a2, mut b2) = (vec![0; cells * 32], vec![0; cells * PANEL]);
        for t in 0..cells {
            let two = |x: &[f32], to: &mut [u32]| {
                let (first, second) = x[2 * t * 32..][..64].split_at(32);
                interleave(first, second, &mut to[t * 32..][..32]);
            };
            two(&a, &mut a2);
            two(&b, &mut b2);
        }
        let bases: Vec<usize> = (0..cells).map(|t| t * 32).collect();
        let mut out = vec![1.0; rows * PANEL];
        gradient(&a2, &bases, rows, &b2, PANEL, &mut out);
        let (a, b) = (rounded(&a), rounded(&b));
        for r in 0..rows {
            for j in 0..PANEL {
                let sum: f64 = (0..2 * cells).map(|t| a[t * 32 + r] * b[t * 32 + j]).sum();
                let got = f64::from(out[r * PANEL + j]);
                assert!(
                    (got - 1.0 - sum).abs() < 1e-5,
                    "{r}, {j}: {got} is not {sum} + 1"
                );
            }
        }
    }
}
