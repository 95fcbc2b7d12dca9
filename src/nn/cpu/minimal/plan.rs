//! How a convolution is cut into tiles, phases and slots, and where each product lies.

use super::matrices::OUTPUTS;
use crate::nn::cpu::Geometry;
use crate::nn::cpu::micro::PANEL;
use crate::spec::Precision;

/// Values left free between slots: a tile is written to all slots at once, and at distances of a multiple of 4 KiB they
/// would share one set of the first-level cache.
const APART: usize = 32;

/// One phase of the large grid along an axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phase {
    /// First input of tile 0: a place on the large grid, before its first cell where negative.
    pub first: isize,
    /// The phase's taps in the kernel: `tap0`, `tap0 + stride`, ...
    pub tap0: usize,
    pub taps: usize,
    /// The axis' points that the phase uses, `taps + 3`, and at each how many earlier phases use it.
    pub points: Vec<usize>,
    pub rank: Vec<usize>,
}

/// Both axes are alike but for their sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axis {
    pub phases: Vec<Phase>,
    /// Phases that use each point; its length is the number of points.
    pub users: Vec<usize>,
    /// Tiles along the axis.
    pub tiles: usize,
}

/// A pair of points, one of each axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Pairs of phases that use it.
    pub users: usize,
    /// Users of all slots before it.
    pub before: usize,
}

/// A convolution by minimal filtering.
///
/// A row of a slot's matrix, `[users * large c]`, has the channels in blocks of [`PANEL`], the users within a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(super) g: Geometry,
    pub(super) precision: Precision,
    pub(super) axes: [Axis; 2],
    pub(super) slots: Vec<Slot>,
    /// Users of all slots: products of a tile and a pair of channels.
    pub(super) users: usize,
}

impl Plan {
    /// `None` where minimal filtering does not apply or does not pay: other than 1 to 3 taps in a phase, channels that
    /// do not fill panels, or tiles that are mostly empty.
    pub fn new(g: &Geometry, precision: Precision) -> Option<Plan> {
        let whole = |c: usize| c > 0 && c.is_multiple_of(PANEL);
        if !whole(g.large[2]) || !whole(g.small[2]) || g.batch == 0 {
            return None;
        }
        let axes = [Axis::new(g, 0)?, Axis::new(g, 1)?];
        if axes[0].users.len() != axes[1].users.len() {
            return None;
        }
        let mut slots = Vec::new();
        let mut users = 0;
        for y in &axes[0].users {
            for x in &axes[1].users {
                slots.push(Slot {
                    users: y * x,
                    before: users,
                });
                users += y * x;
            }
        }
        let plan = Plan {
            g: *g,
            precision,
            axes,
            slots,
            users,
        };
        let direct = g.small[0] * g.small[1] * g.taps();
        // The transforms cost as much as some products.
        (plan.tiles() * users * 4 <= direct * 3).then_some(plan)
    }

    /// Tiles of an image.
    pub(super) fn tiles(&self) -> usize {
        self.axes[0].tiles * self.axes[1].tiles
    }

    /// Factors in a word of 32 bits.
    pub(super) fn per_word(&self) -> usize {
        match self.precision {
            Precision::F32 => 1,
            Precision::Bf16 => 2,
        }
    }

    /// Values of the weights at all points.
    pub fn weight_len(&self) -> usize {
        self.users * self.g.large[2] * self.g.small[2]
    }

    /// Values of the large side of `tiles` tiles at all points.
    pub(super) fn large_len(&self, tiles: usize) -> usize {
        self.users * self.g.large[2] * tiles + self.slots.len() * APART
    }

    /// Where a slot's matrix `[tiles, users * large c]` lies among them.
    pub(super) fn large_at(&self, slot: usize, tiles: usize) -> usize {
        self.slots[slot].before * self.g.large[2] * tiles + slot * APART
    }

    /// Values of the small side of `tiles` tiles at all points.
    pub(super) fn small_len(&self, tiles: usize) -> usize {
        self.small_at(self.slots.len(), tiles)
    }

    /// Where a slot's matrix `[tiles, small c]` lies among them.
    pub(super) fn small_at(&self, slot: usize, tiles: usize) -> usize {
        slot * (self.g.small[2] * tiles + APART)
    }

    /// Points of an axis: 5 or 6.
    pub(super) fn points(&self) -> usize {
        self.axes[0].users.len()
    }

    /// The slot of a point pair.
    pub(super) fn slot(&self, y: usize, x: usize) -> usize {
        y * self.points() + x
    }

    /// Which user of its slot the phase pair is at its i-th and j-th point.
    pub(super) fn rank(&self, y: &Phase, x: &Phase, i: usize, j: usize) -> usize {
        y.rank[i] * self.axes[1].users[x.points[j]] + x.rank[j]
    }
}

impl Axis {
    fn new(g: &Geometry, axis: usize) -> Option<Axis> {
        let (kernel, stride) = (g.kernel[axis], g.stride);
        if stride == 0 || kernel < stride {
            return None;
        }
        let most = kernel.div_ceil(stride);
        if !(2..=3).contains(&most) {
            return None;
        }
        let points = most + OUTPUTS - 1;
        let mut users = vec![0; points];
        let mut phases = Vec::with_capacity(stride);
        for phase in 0..stride {
            let taps = (kernel - phase).div_ceil(stride);
            // All but the last are finite and in one order; the last is infinity.
            let used: Vec<usize> = (0..taps + OUTPUTS - 2).chain([points - 1]).collect();
            let rank = used.iter().map(|p| users[*p]).collect();
            used.iter().for_each(|p| users[*p] += 1);
            phases.push(Phase {
                first: phase as isize - g.pad[axis] as isize,
                tap0: phase,
                taps,
                points: used,
                rank,
            });
        }
        Some(Axis {
            phases,
            users,
            tiles: g.small[axis].div_ceil(OUTPUTS),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_s_kernel_takes_121_products_for_16_outputs() {
        let g = Geometry {
            batch: 2,
            large: [16, 16, 64],
            small: [8, 8, 128],
            kernel: [5, 5],
            stride: 2,
            pad: [2, 2],
        };
        let plan = Plan::new(&g, Precision::F32).unwrap();
        assert_eq!((plan.users, plan.slots.len(), plan.tiles()), (121, 36, 4));
        let thin = Geometry {
            large: [16, 16, 3],
            ..g
        };
        assert_eq!(Plan::new(&thin, Precision::F32), None);
    }
}
