//! The map between the large and the small grid of a strided convolution.

/// A rectangle of taps relative to `stride * output cell`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub top: isize,
    pub left: isize,
    pub height: usize,
    pub width: usize,
}

/// A strided convolution's shape: `small[i] = sum over k of large[i * stride + k - pad] * w[k]`,
/// cells outside the large grid read as zero.
///
/// Padding after the last cell is whatever the two sizes imply, so it may differ from the padding before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Images in the batch.
    pub batch: usize,
    /// Large grid: height, width, channels.
    pub large: [usize; 3],
    /// Small grid: height, width, channels.
    pub small: [usize; 3],
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Step on the large grid, the same along both axes.
    pub stride: usize,
    /// Padding above and on the left.
    pub pad: [usize; 2],
}

/// What one output phase of [`super::conv::up`] reads: a stride-1 window on the small grid and its kernel taps.
pub(super) struct Phase {
    /// Offset of the phase's cells on the large grid.
    pub offset: [usize; 2],
    /// The window on the small grid.
    pub window: Window,
    /// Kernel tap (ky, kx) of each window cell, rows first; empty where no tap reaches the phase.
    pub taps: Vec<[usize; 2]>,
}

impl Geometry {
    /// Elements of the large side, `batch * h * w * c`.
    pub fn large_len(&self) -> usize {
        self.batch * self.large.iter().product::<usize>()
    }

    /// Elements of the small side.
    pub fn small_len(&self) -> usize {
        self.batch * self.small.iter().product::<usize>()
    }

    /// Kernel cells, `kh * kw`.
    pub fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Elements of the weights, `[small channels, large channels, kh, kw]`.
    pub fn weight_len(&self) -> usize {
        self.small[2] * self.large[2] * self.taps()
    }

    /// Multiply-adds of one pass in any of the three directions.
    pub fn multiply_adds(&self) -> u64 {
        self.small_len() as u64 * (self.taps() * self.large[2]) as u64
    }

    /// The `stride * stride` output phases of the transpose: cells `stride * o + offset` of the large grid read
    /// small cells by a stride-1 window. For a 5x5 kernel at stride 2: 3x3, 3x2, 2x3 and 2x2 taps.
    pub(super) fn phases(&self) -> Vec<Phase> {
        let axis = |axis: usize, offset: usize| -> (isize, Vec<usize>) {
            // small = (large + pad - k) / stride must be whole: k = first, first + stride, ...
            let (s, k, p) = (self.stride, self.kernel[axis], self.pad[axis]);
            let first = (offset + p) % s;
            let taps: Vec<usize> = (first..k).step_by(s).rev().collect();
            let nearest = ((offset + p - first) / s) as isize;
            (nearest + 1 - taps.len() as isize, taps)
        };
        let mut phases = Vec::with_capacity(self.stride * self.stride);
        for py in 0..self.stride {
            for px in 0..self.stride {
                let (top, kys) = axis(0, py);
                let (left, kxs) = axis(1, px);
                let taps = kys
                    .iter()
                    .flat_map(|&ky| kxs.iter().map(move |&kx| [ky, kx]))
                    .collect();
                phases.push(Phase {
                    offset: [py, px],
                    window: Window {
                        top,
                        left,
                        height: kys.len(),
                        width: kxs.len(),
                    },
                    taps,
                });
            }
        }
        phases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_s_kernel_splits_into_four_phases() {
        let g = Geometry {
            batch: 1,
            large: [16, 16, 3],
            small: [8, 8, 4],
            kernel: [5, 5],
            stride: 2,
            pad: [2, 2],
        };
        let sizes: Vec<[usize; 2]> = g
            .phases()
            .iter()
            .map(|p| [p.window.height, p.window.width])
            .collect();
        assert_eq!(sizes, [[3, 3], [3, 2], [2, 3], [2, 2]]);
        assert_eq!(g.phases()[0].window.top, -1);
        assert_eq!(g.phases()[3].window.top, 0);
        assert_eq!(g.phases()[0].taps[0], [4, 4]);
    }
}
