//! Gathers the cells that a tile of output cells reads into rows of a matrix, so that a matrix product does the rest.

use std::cell::RefCell;
use std::ops::Range;

/// A rectangle of taps relative to `stride * output cell`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub top: isize,
    pub left: isize,
    pub height: usize,
    pub width: usize,
}

impl Window {
    /// Number of taps.
    pub fn taps(&self) -> usize {
        self.height * self.width
    }

    /// Cut into rectangles of at most about `taps` cells, whole rows where possible, in tap order.
    pub fn split(&self, taps: usize) -> Vec<Window> {
        let mut parts = Vec::new();
        if taps >= self.width {
            let rows = (taps / self.width.max(1)).max(1);
            for y in (0..self.height).step_by(rows) {
                parts.push(Window {
                    top: self.top + y as isize,
                    height: rows.min(self.height - y),
                    ..*self
                });
            }
        } else {
            for y in 0..self.height {
                for x in (0..self.width).step_by(taps.max(1)) {
                    parts.push(Window {
                        top: self.top + y as isize,
                        left: self.left + x as isize,
                        height: 1,
                        width: taps.max(1).min(self.width - x),
                    });
                }
            }
        }
        parts
    }
}

/// A block of output cells: whole images, or a band of rows of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    pub images: Range<usize>,
    pub rows: Range<usize>,
    pub cols: usize,
}

impl Tile {
    /// Output cells in the tile.
    pub fn cells(&self) -> usize {
        self.images.len() * self.rows.len() * self.cols
    }
}

/// Cut a batch of `height` x `width` output grids into tiles of about `cells` cells, in memory order.
pub fn tiles(batch: usize, height: usize, width: usize, cells: usize) -> Vec<Tile> {
    let mut out = Vec::new();
    let per_image = height * width;
    if per_image == 0 {
        return out;
    }
    if per_image <= cells {
        let group = (cells / per_image).max(1);
        for n in (0..batch).step_by(group) {
            out.push(Tile {
                images: n..(n + group).min(batch),
                rows: 0..height,
                cols: width,
            });
        }
    } else {
        let band = (cells / width).max(1);
        for n in 0..batch {
            for y in (0..height).step_by(band) {
                out.push(Tile {
                    images: n..n + 1,
                    rows: y..(y + band).min(height),
                    cols: width,
                });
            }
        }
    }
    out
}

/// Cut `data` into the tiles' disjoint slices, `per_row` elements for each image row of a tile.
pub fn split_mut<'a>(
    data: &'a mut [f32],
    tiles: &[Tile],
    len: impl Fn(&Tile) -> usize,
) -> Vec<(Tile, &'a mut [f32])> {
    let mut rest = data;
    let mut out = Vec::with_capacity(tiles.len());
    for tile in tiles {
        let (head, tail) = rest.split_at_mut(len(tile));
        out.push((tile.clone(), head));
        rest = tail;
    }
    out
}

/// A batch of channels-last grids to read from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub data: &'a [f32],
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

/// Fill `out`, `[tile cells, window taps * channels]`, with what each cell of the tile reads; zero outside the grid.
pub fn gather(src: Source, tile: &Tile, stride: usize, window: Window, out: &mut [f32]) {
    let Source {
        data,
        height,
        width,
        channels: c,
    } = src;
    let segment = window.width * c;
    let row_len = window.height * segment;
    if row_len == 0 {
        return;
    }
    let mut rows = out.chunks_exact_mut(row_len);
    for n in tile.images.clone() {
        let image = &data[n * height * width * c..(n + 1) * height * width * c];
        for oy in tile.rows.clone() {
            let y0 = (oy * stride) as isize + window.top;
            for ox in 0..tile.cols {
                let Some(row) = rows.next() else { return };
                let x0 = (ox * stride) as isize + window.left;
                let inside = x0 >= 0 && x0 as usize + window.width <= width;
                for (ky, cells) in row.chunks_exact_mut(segment).enumerate() {
                    let y = y0 + ky as isize;
                    if y < 0 || y as usize >= height {
                        cells.fill(0.0);
                        continue;
                    }
                    let line = &image[y as usize * width * c..(y as usize + 1) * width * c];
                    if inside {
                        let at = x0 as usize * c;
                        cells.copy_from_slice(&line[at..at + segment]);
                    } else {
                        let from = x0.clamp(0, width as isize) as usize;
                        let to = (x0 + window.width as isize).clamp(0, width as isize) as usize;
                        let skip =
                            (from as isize - x0).clamp(0, window.width as isize) as usize * c;
                        let take = to.saturating_sub(from) * c;
                        cells[..skip].fill(0.0);
                        cells[skip..skip + take].copy_from_slice(&line[from * c..from * c + take]);
                        cells[skip + take..].fill(0.0);
                    }
                }
            }
        }
    }
}

thread_local! {
    static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Lend this thread's scratch of `len` elements (contents arbitrary); it stays allocated from call to call.
pub fn with_scratch<R>(len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
    SCRATCH.with(|cell| match cell.try_borrow_mut() {
        Ok(mut buffer) => {
            if buffer.len() < len {
                buffer.resize(len, 0.0);
            }
            f(&mut buffer[..len])
        }
        // A nested loan (rayon may run another task inside a wait) gets its own.
        Err(_) => f(&mut vec![0.0; len]),
    })
}
