//! The matrix product that every convolution kernel ends in: a checked door to the `gemm` crate.

/// A matrix view: element (i, j) is `data[i * row + j * col]`.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub data: &'a [f32],
    pub row: usize,
    pub col: usize,
}

impl<'a> View<'a> {
    /// Row-major with `row` elements from one row to the next.
    pub fn rows(data: &'a [f32], row: usize) -> Self {
        Self { data, row, col: 1 }
    }

    /// The same elements, axes exchanged.
    pub fn t(self) -> Self {
        Self {
            row: self.col,
            col: self.row,
            ..self
        }
    }

    fn reach(&self, m: usize, n: usize) -> usize {
        (m - 1) * self.row + (n - 1) * self.col + 1
    }
}

/// `dst[m, n] = a[m, k] * b[k, n]`, added to `dst` where `accumulate`; `dst` is row-major, rows `dst_row` apart.
/// Runs on the calling thread.
///
/// # Panics
/// If a view reaches past its slice: a bug of the caller, no input leads here.
#[allow(clippy::too_many_arguments)]
pub fn product(
    [m, n, k]: [usize; 3],
    dst: &mut [f32],
    dst_row: usize,
    a: View,
    b: View,
    accumulate: bool,
) {
    if m == 0 || n == 0 || k == 0 {
        if !accumulate && n > 0 {
            dst.chunks_mut(dst_row)
                .take(m)
                .for_each(|r| r[..n].fill(0.0));
        }
        return;
    }
    assert!(
        dst.len() >= (m - 1) * dst_row + n
            && a.data.len() >= a.reach(m, k)
            && b.data.len() >= b.reach(k, n)
    );
    // SAFETY: the assertion above keeps every element that gemm touches inside the three slices, and `dst` is
    // borrowed mutably, so it overlaps neither operand.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            dst.as_mut_ptr(),
            1,
            dst_row as isize,
            accumulate,
            a.data.as_ptr(),
            a.col as isize,
            a.row as isize,
            b.data.as_ptr(),
            b.col as isize,
            b.row as isize,
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
