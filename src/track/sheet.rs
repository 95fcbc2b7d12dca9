//! Sheets: many small images as one PNG, the way the paper shows its samples.

use std::io::Cursor;
use std::path::Path;

use image::{ImageBuffer, Luma, Rgb};

use super::atomic::{self, WriteError};

/// Images for a sheet: `count * channels * height * width` bytes in NCHW order, 1 or 3 channels.
#[derive(Debug, Clone)]
pub struct Tiles<'a> {
    pub pixels: &'a [u8],
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

/// Pixels of dark space between tiles, so that neighbours are told apart.
const GAP: usize = 2;

/// Lay `tiles` out in rows of `columns`, each pixel `zoom` times as large, and write a PNG.
///
/// # Errors
/// [`WriteError`] where the file cannot be written, or the pixels are not a whole number of images.
pub fn write(path: &Path, tiles: &Tiles, columns: usize, zoom: usize) -> Result<(), WriteError> {
    let png = encode(tiles, columns, zoom).map_err(|e| WriteError {
        path: path.to_path_buf(),
        source: std::io::Error::other(e),
    })?;
    atomic::write(path, &png)
}

fn encode(tiles: &Tiles, columns: usize, zoom: usize) -> Result<Vec<u8>, String> {
    let one = tiles.channels * tiles.height * tiles.width;
    if one == 0 || !tiles.pixels.len().is_multiple_of(one) || tiles.pixels.is_empty() {
        return Err(format!(
            "{} pixels are not a whole number of {}x{}x{} images",
            tiles.pixels.len(),
            tiles.channels,
            tiles.height,
            tiles.width
        ));
    }
    let count = tiles.pixels.len() / one;
    let columns = columns.clamp(1, count);
    let rows = count.div_ceil(columns);
    let (tile_w, tile_h) = (tiles.width * zoom + GAP, tiles.height * zoom + GAP);
    let (w, h) = (
        (columns * tile_w + GAP) as u32,
        (rows * tile_h + GAP) as u32,
    );
    // The byte of channel `c` under sheet pixel (x, y); the background where no tile lies.
    let at = |x: u32, y: u32, c: usize| -> u8 {
        let (x, y) = (x as usize, y as usize);
        let (column, row) = (x / tile_w, y / tile_h);
        let (Some(dx), Some(dy)) = ((x % tile_w).checked_sub(GAP), (y % tile_h).checked_sub(GAP))
        else {
            return 24;
        };
        let i = row * columns + column;
        if column >= columns || i >= count {
            return 24;
        }
        let plane = i * one + c * tiles.height * tiles.width;
        tiles.pixels[plane + (dy / zoom) * tiles.width + dx / zoom]
    };
    let mut png = Cursor::new(Vec::new());
    let format = image::ImageFormat::Png;
    match tiles.channels {
        1 => ImageBuffer::from_fn(w, h, |x, y| Luma([at(x, y, 0)])).write_to(&mut png, format),
        3 => ImageBuffer::from_fn(w, h, |x, y| Rgb([at(x, y, 0), at(x, y, 1), at(x, y, 2)]))
            .write_to(&mut png, format),
        n => {
            return Err(format!(
                "images of {n} channels cannot be shown; expected 1 or 3"
            ));
        }
    }
    .map_err(|e| e.to_string())?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_land_where_they_belong() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.png");
        let pixels = [255, 0, 0, 128, 7];
        let tiles = |n| Tiles {
            pixels: &pixels[..n],
            channels: 1,
            height: 1,
            width: 2,
        };
        write(&path, &tiles(4), 1, 2).unwrap();
        let png = image::open(&path).unwrap().to_luma8();
        assert_eq!(png.dimensions(), (8, 10));
        assert_eq!(png.get_pixel(2, 2).0, [255]);
        assert_eq!(png.get_pixel(5, 3).0, [0]);
        assert_eq!(png.get_pixel(5, 6).0, [128]);
        assert_eq!(png.get_pixel(0, 0).0, [24]);
        assert!(write(&path, &tiles(5), 1, 2).is_err());
    }
}
