//! Cuts a batch into tiles of output cells, and lays out what a tile reads with its zeros around it, so that the inner
//! loops need no test for borders.

use super::spare::{LINE, aligned};
use std::cell::RefCell;
use std::ops::Range;

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

/// What a tile reads: some rows and columns of each of its images, counted from before the image's first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub images: Range<usize>,
    pub top: isize,
    pub left: isize,
    pub rows: usize,
    pub cols: usize,
}

impl Frame {
    /// Values in the frame with `channels` channels.
    pub fn len(&self, channels: usize) -> usize {
        self.images.len() * self.rows * self.cols * channels
    }
}

/// Fill `out`, `[images, rows, cols, channels]`, with the frame, zero outside the grid.
pub fn pad(src: Source, frame: &Frame, out: &mut [f32]) {
    let (height, width, c) = (src.height, src.width, src.channels);
    let line_len = frame.cols * c;
    if line_len == 0 || frame.rows == 0 {
        return;
    }
    let from = frame.left.clamp(0, width as isize) as usize;
    let to = (frame.left + frame.cols as isize).clamp(0, width as isize) as usize;
    let skip = (from as isize - frame.left).clamp(0, frame.cols as isize) as usize * c;
    let take = to.saturating_sub(from) * c;
    let images = out.chunks_exact_mut(frame.rows * line_len);
    for (n, image) in frame.images.clone().zip(images) {
        let source = &src.data[n * height * width * c..(n + 1) * height * width * c];
        for (row, line) in image.chunks_exact_mut(line_len).enumerate() {
            let y = frame.top + row as isize;
            if y < 0 || y as usize >= height {
                line.fill(0.0);
                continue;
            }
            let at = (y as usize * width + from) * c;
            line[..skip].fill(0.0);
            line[skip..skip + take].copy_from_slice(&source[at..at + take]);
            line[skip + take..].fill(0.0);
        }
    }
}

thread_local! {
    static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Lend this thread's scratch of `len` elements (contents arbitrary, at the start of a cache line); it stays allocated from call to call.
pub fn with_scratch<R>(len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
    SCRATCH.with(|cell| match cell.try_borrow_mut() {
        Ok(mut buffer) => {
            if buffer.len() < len + LINE {
                buffer.resize(len + LINE, 0.0);
            }
            let start = aligned(&buffer);
            f(&mut buffer[start..][..len])
        }
        // A nested loan (rayon may run another task inside a wait) gets its own.
        Err(_) => f(&mut vec![0.0; len]),
    })
}
