//! Tiles between the maps and the points, both ways, on both grids.
//!
//! All four transforms are one loop: a grid of places to read from, a matrix for each axis, a grid of places to write
//! to, and as many blocks of [`PANEL`] channels as there are.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::matrices::{AT5, AT6, BT4, BT5, BT6, OUTPUTS, apply, transposed};
use super::plan::{Phase, Plan};
use crate::nn::cpu::micro::PANEL;

/// What becomes of the tiles of some images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Map to points.
    Out,
    /// Points to map.
    Back,
}

/// The large side of the images at all points: `out` is, slot by slot, `[tiles, users * large c]`.
pub fn large_to_points(plan: &Plan, large: &[f32], images: Range<usize>, out: &mut [f32]) {
    let (h, w) = (plan.g.large[0], plan.g.large[1]);
    assert!(images.end * h * w * plan.g.large[2] <= large.len());
    assert!(plan.large_len(images.len() * plan.tiles()) <= out.len());
    // Cells outside the grid are read here.
    let outside = [0.0; PANEL];
    Arch::new().dispatch(Tiles {
        plan,
        images,
        large: true,
        way: Way::Out,
        map: large.as_ptr().cast_mut(),
        points: out.as_mut_ptr(),
        outside: outside.as_ptr().cast_mut(),
    });
}

/// The adjoint of [`large_to_points`]: sets the images of `large` to what the points add up to; `large` holds these
/// images alone.
pub fn points_to_large(plan: &Plan, points: &[f32], images: usize, large: &mut [f32]) {
    let (h, w) = (plan.g.large[0], plan.g.large[1]);
    assert!(images * h * w * plan.g.large[2] <= large.len());
    assert!(plan.large_len(images * plan.tiles()) <= points.len());
    large.fill(0.0);
    // What falls outside the grid is written here.
    let mut outside = [0.0; PANEL];
    Arch::new().dispatch(Tiles {
        plan,
        images: 0..images,
        large: true,
        way: Way::Back,
        map: large.as_mut_ptr(),
        points: points.as_ptr().cast_mut(),
        outside: outside.as_mut_ptr(),
    });
}

/// The small side of the images at all points, as their adjoint takes them: `out` is, slot by slot, `[tiles, small c]`.
pub fn small_to_points(plan: &Plan, small: &[f32], images: Range<usize>, out: &mut [f32]) {
    let (h, w) = (plan.g.small[0], plan.g.small[1]);
    assert!(images.end * h * w * plan.g.small[2] <= small.len());
    assert!(plan.small_len(images.len() * plan.tiles()) <= out.len());
    let outside = [0.0; PANEL];
    Arch::new().dispatch(Tiles {
        plan,
        images,
        large: false,
        way: Way::Out,
        map: small.as_ptr().cast_mut(),
        points: out.as_mut_ptr(),
        outside: outside.as_ptr().cast_mut(),
    });
}

/// Products at all points to the small side of the images; `small` holds these images alone.
pub fn points_to_small(plan: &Plan, points: &[f32], images: usize, small: &mut [f32]) {
    let (h, w) = (plan.g.small[0], plan.g.small[1]);
    assert!(images * h * w * plan.g.small[2] <= small.len());
    assert!(plan.small_len(images * plan.tiles()) <= points.len());
    let mut outside = [0.0; PANEL];
    Arch::new().dispatch(Tiles {
        plan,
        images: 0..images,
        large: false,
        way: Way::Back,
        map: small.as_mut_ptr(),
        points: points.as_ptr().cast_mut(),
        outside: outside.as_mut_ptr(),
    });
}

/// Pointers, since tiles overlap and lie scattered on both sides; what is only read is never written through them.
struct Tiles<'a> {
    plan: &'a Plan,
    images: Range<usize>,
    large: bool,
    way: Way,
    map: *mut f32,
    points: *mut f32,
    outside: *mut f32,
}

/// Places of a tile's values: the first block of channels of each, and how far the next block is.
struct Grid<const Y: usize, const X: usize> {
    at: [[*mut f32; X]; Y],
    step: [[usize; X]; Y],
}

impl<const Y: usize, const X: usize> Grid<Y, X> {
    #[inline(always)]
    fn nowhere() -> Self {
        Grid {
            at: [[std::ptr::null_mut(); X]; Y],
            step: [[0; X]; Y],
        }
    }
}

impl WithSimd for Tiles<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [rows, cols] = [self.plan.axes[0].tiles, self.plan.axes[1].tiles];
        for image in 0..self.images.len() {
            for ty in 0..rows {
                for tx in 0..cols {
                    let tile = (image * rows + ty) * cols + tx;
                    let at = (image + self.images.start, ty, tx);
                    match (self.large, self.plan.points()) {
                        (false, 6) => self.small(simd, &AT6, &const { transposed(AT6) }, at, tile),
                        (false, _) => self.small(simd, &AT5, &const { transposed(AT5) }, at, tile),
                        (true, _) => self.large(simd, at, tile),
                    }
                }
            }
        }
    }
}

impl Tiles<'_> {
    #[inline(always)]
    fn large<S: Simd>(&self, simd: S, at: (usize, usize, usize), tile: usize) {
        let axes = &self.plan.axes;
        for y in &axes[0].phases {
            for x in &axes[1].phases {
                let (s, t) = (simd, tile);
                match (y.taps, x.taps) {
                    (3, 3) => self.phase(s, (&BT6, &BT6), (y, x), at, t),
                    (3, 2) => self.phase(s, (&BT6, &BT5), (y, x), at, t),
                    (2, 3) => self.phase(s, (&BT5, &BT6), (y, x), at, t),
                    (2, 2) => self.phase(s, (&BT5, &BT5), (y, x), at, t),
                    (2, 1) => self.phase(s, (&BT5, &BT4), (y, x), at, t),
                    (1, 2) => self.phase(s, (&BT4, &BT5), (y, x), at, t),
                    _ => self.phase(s, (&BT4, &BT4), (y, x), at, t),
                }
            }
        }
    }

    /// One pair of phases of a tile of the large grid.
    #[inline(always)]
    fn phase<S: Simd, const Y: usize, const X: usize>(
        &self,
        simd: S,
        (my, mx): (&[[f32; Y]; Y], &[[f32; X]; X]),
        (y, x): (&Phase, &Phase),
        (image, ty, tx): (usize, usize, usize),
        tile: usize,
    ) {
        let g = &self.plan.g;
        let [h, w, c] = g.large;
        let place = |phase: &Phase, tile: usize, i: usize| {
            phase.first + ((tile * OUTPUTS + i) * g.stride) as isize
        };
        let (mut ys, mut xs) = ([0; Y], [0; X]);
        for (i, at) in ys.iter_mut().enumerate() {
            *at = place(y, ty, i);
        }
        for (j, at) in xs.iter_mut().enumerate() {
            *at = place(x, tx, j);
        }
        let map = self.cells(ys, xs, image, [h, w, c]);
        let tiles = self.images.len() * self.plan.tiles();
        let mut points = Grid::nowhere();
        for i in 0..Y {
            for j in 0..X {
                let s = self.plan.slot(y.points[i], x.points[j]);
                let users = self.plan.slots[s].users;
                let row = self.plan.large_at(s, tiles) + tile * users * c;
                // SAFETY: within what the caller asserted: `large_len` values.
                points.at[i][j] =
                    unsafe { self.points.add(row + self.plan.rank(y, x, i, j) * PANEL) };
                points.step[i][j] = users * PANEL;
            }
        }
        // SAFETY: both grids hold c / PANEL blocks at each place or stay on the block outside.
        unsafe {
            match self.way {
                Way::Out => transform::<S, Y, Y, X, X, false>(simd, my, mx, map, points, c / PANEL),
                Way::Back => transform::<S, Y, Y, X, X, true>(
                    simd,
                    &transposed(*my),
                    &transposed(*mx),
                    points,
                    map,
                    c / PANEL,
                ),
            }
        }
    }

    /// A tile of the small grid.
    #[inline(always)]
    fn small<S: Simd, const N: usize>(
        &self,
        simd: S,
        back: &[[f32; N]; OUTPUTS],
        out: &[[f32; OUTPUTS]; N],
        (image, ty, tx): (usize, usize, usize),
        tile: usize,
    ) {
        let [h, w, c] = self.plan.g.small;
        let (mut ys, mut xs) = ([0; OUTPUTS], [0; OUTPUTS]);
        for i in 0..OUTPUTS {
            ys[i] = (ty * OUTPUTS + i) as isize;
            xs[i] = (tx * OUTPUTS + i) as isize;
        }
        let map = self.cells(ys, xs, image, [h, w, c]);
        let tiles = self.images.len() * self.plan.tiles();
        let mut points = Grid::nowhere();
        for i in 0..N {
            for j in 0..N {
                let row = self.plan.small_at(self.plan.slot(i, j), tiles) + tile * c;
                // SAFETY: within what the caller asserted: `small_len` values.
                points.at[i][j] = unsafe { self.points.add(row) };
                points.step[i][j] = PANEL;
            }
        }
        // SAFETY: as in `phase`.
        unsafe {
            match self.way {
                Way::Out => transform::<S, N, OUTPUTS, N, OUTPUTS, false>(
                    simd,
                    out,
                    out,
                    map,
                    points,
                    c / PANEL,
                ),
                Way::Back => transform::<S, OUTPUTS, N, OUTPUTS, N, false>(
                    simd,
                    back,
                    back,
                    points,
                    map,
                    c / PANEL,
                ),
            }
        }
    }

    /// The places of cells of one image, the block outside for those that are not on the grid.
    #[inline(always)]
    fn cells<const Y: usize, const X: usize>(
        &self,
        ys: [isize; Y],
        xs: [isize; X],
        image: usize,
        [h, w, c]: [usize; 3],
    ) -> Grid<Y, X> {
        let mut grid = Grid::nowhere();
        for (i, y) in ys.into_iter().enumerate() {
            for (j, x) in xs.into_iter().enumerate() {
                // A place before the grid becomes one far behind it.
                let (y, x) = (y as usize, x as usize);
                if y < h && x < w {
                    // SAFETY: a cell of an image that the caller asserted to be in the map.
                    grid.at[i][j] = unsafe { self.map.add(((image * h + y) * w + x) * c) };
                    grid.step[i][j] = PANEL;
                } else {
                    grid.at[i][j] = self.outside;
                }
            }
        }
        grid
    }
}

/// `to = my from mx^T` for every channel of `blocks` blocks; with `ADD`, added to what is there.
///
/// # Safety
/// [`PANEL`] values lie at each place of both grids, and at each `step` further, for all blocks.
#[inline(always)]
unsafe fn transform<
    S: Simd,
    const RY: usize,
    const CY: usize,
    const RX: usize,
    const CX: usize,
    const ADD: bool,
>(
    simd: S,
    my: &[[f32; CY]; RY],
    mx: &[[f32; CX]; RX],
    mut from: Grid<CY, CX>,
    mut to: Grid<RY, RX>,
    blocks: usize,
) {
    for _ in 0..blocks {
        for lane in (0..PANEL).step_by(S::F32_LANES) {
            let zero = simd.splat_f32s(0.0);
            let mut rows = [[zero; RX]; CY];
            for (row, from) in rows.iter_mut().zip(&from.at) {
                let mut values = [zero; CX];
                for (value, at) in values.iter_mut().zip(from) {
                    // SAFETY: the caller's promise; any bits are a valid vector.
                    *value = unsafe { at.add(lane).cast::<S::f32s>().read_unaligned() };
                }
                *row = apply(simd, mx, &values);
            }
            for j in 0..RX {
                let mut column = [zero; CY];
                for (value, row) in column.iter_mut().zip(&rows) {
                    *value = row[j];
                }
                for (value, at) in apply(simd, my, &column).iter().zip(&to.at) {
                    // SAFETY: the caller's promise.
                    unsafe {
                        let at = at[j].add(lane).cast::<S::f32s>();
                        if ADD {
                            at.write_unaligned(simd.add_f32s(at.read_unaligned(), *value));
                        } else {
                            at.write_unaligned(*value);
                        }
                    }
                }
            }
        }
        advance(&mut from);
        advance(&mut to);
    }
}

#[inline(always)]
fn advance<const Y: usize, const X: usize>(grid: &mut Grid<Y, X>) {
    for (at, step) in grid.at.iter_mut().zip(&grid.step) {
        for (at, step) in at.iter_mut().zip(step) {
            *at = at.wrapping_add(*step);
        }
    }
}
