//! Dot products of a panel of queries with a few references, all sums in registers.
//!
//! A word holds four columns. Queries are bytes as they are, references bytes less 128, which is what the processor multiplies:
//! unsigned by signed. [`super::panel`] makes up for the 128.

use super::panel::PANEL;

/// References that [`dots`] takes at once, at most.
pub const TILE: usize = 12;

/// What computes the products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Four products of bytes a lane and instruction.
    #[cfg(target_arch = "x86_64")]
    Vnni,
    /// Two products of 16 bits.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Kernel {
    /// Every kernel that this processor has, the fastest first.
    pub fn available() -> Vec<Kernel> {
        let mut kernels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
                kernels.push(Kernel::Vnni);
            }
            if is_x86_feature_detected!("avx2") {
                kernels.push(Kernel::Avx2);
            }
        }
        kernels.push(Kernel::Portable);
        kernels
    }
}

/// Dot products of a panel with up to [`TILE`] references: `out[i]` are those of reference `i`.
///
/// `panel` holds, for each of the columns' `groups`, a word of each of the [`PANEL`] queries; reference `i` is the words from `i * stride`.
///
/// # Panics
/// Where a slice is too short: a bug of the caller, no input leads here.
pub fn dots(
    kernel: Kernel,
    panel: &[u32],
    groups: &[u32],
    references: &[u32],
    stride: usize,
    out: &mut [[i32; PANEL]],
) {
    let rows = out.len();
    assert!((1..=TILE).contains(&rows) && panel.len() == groups.len() * PANEL);
    assert!(references.len() >= rows * stride && groups.iter().all(|g| (*g as usize) < stride));
    match kernel {
        // SAFETY: `available` found the features; the lengths are asserted above.
        #[cfg(target_arch = "x86_64")]
        Kernel::Vnni => unsafe {
            match rows {
                TILE => x86::vnni::<TILE>(panel, groups, references, stride, out),
                _ => {
                    for (i, out) in out.chunks_mut(1).enumerate() {
                        x86::vnni::<1>(panel, groups, &references[i * stride..], stride, out);
                    }
                }
            }
        },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2 => unsafe {
            for (i, out) in out.chunks_mut(2).enumerate() {
                let references = &references[2 * i * stride..];
                match out.len() {
                    2 => x86::avx2::<2>(panel, groups, references, stride, out),
                    _ => x86::avx2::<1>(panel, groups, references, stride, out),
                }
            }
        },
        Kernel::Portable => {
            for (out, reference) in out.iter_mut().zip(references.chunks(stride.max(1))) {
                portable(panel, groups, reference, out);
            }
        }
    }
}

fn portable(panel: &[u32], groups: &[u32], reference: &[u32], out: &mut [i32; PANEL]) {
    *out = [0; PANEL];
    for (queries, group) in panel.chunks_exact(PANEL).zip(groups) {
        let r = reference[*group as usize]
            .to_le_bytes()
            .map(|b| i32::from(b as i8));
        for (sum, q) in out.iter_mut().zip(queries) {
            let q = q.to_le_bytes().map(i32::from);
            *sum += q[0] * r[0] + q[1] * r[1] + q[2] * r[2] + q[3] * r[3];
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::PANEL;

    /// # Safety
    /// The features below; `panel` holds PANEL words a group, `references` M rows `stride` apart, each longer than any
    /// group, and `out` M rows.
    #[target_feature(enable = "avx512f,avx512vnni")]
    pub unsafe fn vnni<const M: usize>(
        panel: &[u32],
        groups: &[u32],
        references: &[u32],
        stride: usize,
        out: &mut [[i32; PANEL]],
    ) {
        let mut sums = [[_mm512_setzero_si512(); 2]; M];
        let mut at = panel.as_ptr();
        // SAFETY: the caller's promise.
        unsafe {
            for group in groups {
                let q = [
                    _mm512_loadu_si512(at.cast()),
                    _mm512_loadu_si512(at.add(16).cast()),
                ];
                let first = references.as_ptr().add(*group as usize);
                for (m, sums) in sums.iter_mut().enumerate() {
                    let r = _mm512_set1_epi32(*first.add(m * stride) as i32);
                    sums[0] = _mm512_dpbusd_epi32(sums[0], q[0], r);
                    sums[1] = _mm512_dpbusd_epi32(sums[1], q[1], r);
                }
                at = at.add(PANEL);
            }
            for (sums, out) in sums.iter().zip(out) {
                _mm512_storeu_si512(out.as_mut_ptr().cast(), sums[0]);
                _mm512_storeu_si512(out.as_mut_ptr().add(16).cast(), sums[1]);
            }
        }
    }

    /// # Safety
    /// As [`vnni`], with AVX2.
    #[target_feature(enable = "avx2")]
    pub unsafe fn avx2<const M: usize>(
        panel: &[u32],
        groups: &[u32],
        references: &[u32],
        stride: usize,
        out: &mut [[i32; PANEL]],
    ) {
        let low = _mm256_set1_epi16(0xff);
        // Half a panel at a time: more sums than registers would go through memory.
        for half in [0, 16] {
            let mut sums = [[_mm256_setzero_si256(); 2]; M];
            let mut at = panel.as_ptr().wrapping_add(half);
            // SAFETY: the caller's promise.
            unsafe {
                for group in groups {
                    let q = [
                        _mm256_loadu_si256(at.cast()),
                        _mm256_loadu_si256(at.add(8).cast()),
                    ];
                    let even = q.map(|q| _mm256_and_si256(q, low));
                    let odd = q.map(|q| _mm256_srli_epi16(q, 8));
                    let first = references.as_ptr().add(*group as usize);
                    for (m, sums) in sums.iter_mut().enumerate() {
                        let r = _mm256_set1_epi32(*first.add(m * stride) as i32);
                        let r_even = _mm256_srai_epi16(_mm256_slli_epi16(r, 8), 8);
                        let r_odd = _mm256_srai_epi16(r, 8);
                        for (i, sum) in sums.iter_mut().enumerate() {
                            let both = _mm256_add_epi32(
                                _mm256_madd_epi16(even[i], r_even),
                                _mm256_madd_epi16(odd[i], r_odd),
                            );
                            *sum = _mm256_add_epi32(*sum, both);
                        }
                    }
                    at = at.wrapping_add(PANEL);
                }
                for (sums, out) in sums.iter().zip(out.iter_mut()) {
                    _mm256_storeu_si256(out.as_mut_ptr().add(half).cast(), sums[0]);
                    _mm256_storeu_si256(out.as_mut_ptr().add(half + 8).cast(), sums[1]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_gives_the_definition() {
        let byte = |i: usize| (i.wrapping_mul(2_654_435_761) >> 7) as u8;
        let stride = 9;
        let groups = [0u32, 2, 3, 8];
        let word =
            |i: usize| u32::from_le_bytes([byte(4 * i), byte(4 * i + 1), byte(4 * i + 2), 255]);
        let panel: Vec<u32> = (0..groups.len() * PANEL).map(word).collect();
        // Among them 0 and 255, the largest of either sign.
        let references: Vec<u32> = (0..TILE * stride)
            .map(|i| word(i + 1000) ^ if i % 3 == 0 { 0x80 } else { 0 })
            .collect();
        for rows in [1, 2, 5, TILE] {
            let mut expected = vec![[0; PANEL]; rows];
            for (i, row) in expected.iter_mut().enumerate() {
                for (lane, out) in row.iter_mut().enumerate() {
                    for (g, group) in groups.iter().enumerate() {
                        let q = panel[g * PANEL + lane].to_le_bytes();
                        let r = references[i * stride + *group as usize].to_le_bytes();
                        *out += (0..4)
                            .map(|b| i32::from(q[b]) * i32::from(r[b] as i8))
                            .sum::<i32>();
                    }
                }
            }
            for kernel in Kernel::available() {
                let mut out = vec![[7; PANEL]; rows];
                dots(kernel, &panel, &groups, &references, stride, &mut out);
                assert_eq!(out, expected, "{kernel:?}, {rows} rows");
            }
        }
    }
}
