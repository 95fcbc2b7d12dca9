//! A picture of captioned grids of small images, as a PNG.

use std::io::Cursor;

use image::{Rgb, RgbImage};
use plotters::prelude::{BitMapBackend, IntoDrawingArea, IntoFont, RGBColor, TextStyle};

use super::ExploreError;
use crate::data::Images;
use crate::track::fonts;

/// A grid of images under a caption.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    pub caption: String,
    pub columns: usize,
    /// A line under each image; all empty for none.
    pub labels: Vec<String>,
    pub images: Images,
}

const PAPER: Rgb<u8> = Rgb([255, 255, 255]);
const INK: RGBColor = RGBColor(0x1e, 0x1e, 0x1e);
/// Pixels around each grid, and between two images.
const MARGIN: u32 = 14;
const GAP: u32 = 2;
/// Sizes of captions and labels, and what a line of each takes.
const CAPTION: (f64, u32) = (15.0, 19);
const LABEL: (f64, u32) = (12.0, 15);
/// Captions are set at least so wide.
const NARROWEST: u32 = 190;

/// Pixels to an image's pixel: small images are shown about a hundred pixels large.
pub(super) fn zoom(images: &Images) -> u32 {
    (128 / images.h.max(1) as u32).clamp(1, 3)
}

/// Rows of grids, each row from the left, as a PNG.
///
/// # Errors
/// [`ExploreError::Picture`].
pub(super) fn png(rows: &[Vec<Grid>]) -> Result<Vec<u8>, ExploreError> {
    fonts::register().map_err(ExploreError::Picture)?;
    let rows = rows
        .iter()
        .map(|row| row.iter().map(Placed::new).collect::<Result<Vec<_>, _>>())
        .collect::<Result<Vec<_>, _>>()?;
    let width = rows
        .iter()
        .map(|row| row.iter().map(|g| g.width + MARGIN).sum::<u32>());
    let width = MARGIN + width.max().unwrap_or(0);
    let height = MARGIN + rows.iter().map(|row| heights(row).0 + MARGIN).sum::<u32>();
    let mut page = RgbImage::from_pixel(width, height, PAPER);
    let mut top = MARGIN;
    for row in &rows {
        let (high, captions) = heights(row);
        let mut left = MARGIN;
        for grid in row {
            grid.draw(&mut page, left, top, captions)?;
            left += grid.width + MARGIN;
        }
        top += high + MARGIN;
    }
    let mut bytes = Cursor::new(Vec::new());
    page.write_to(&mut bytes, image::ImageFormat::Png)
        .map_err(failed)?;
    Ok(bytes.into_inner())
}

/// Height of a row of grids, and of it that of its captions.
fn heights(row: &[Placed]) -> (u32, u32) {
    let captions = row.iter().map(|g| g.lines.len() as u32 * CAPTION.1).max();
    let captions = captions.unwrap_or(0);
    let grids = row.iter().map(|g| g.rows * g.cell.1).max().unwrap_or(0);
    (captions + grids, captions)
}

/// A grid with its measures.
struct Placed<'a> {
    grid: &'a Grid,
    lines: Vec<String>,
    zoom: u32,
    columns: u32,
    rows: u32,
    /// Width and height of an image with its label and gap.
    cell: (u32, u32),
    width: u32,
}

impl<'a> Placed<'a> {
    fn new(grid: &'a Grid) -> Result<Self, ExploreError> {
        let images = &grid.images;
        if images.n == 0 || !matches!(images.c, 1 | 3) {
            let what = format!("{} images of {} channels", images.n, images.c);
            return Err(ExploreError::Picture(what));
        }
        let zoom = zoom(images);
        let labels = grid.labels.iter().any(|l| !l.is_empty());
        let cell = (
            images.w as u32 * zoom + GAP,
            images.h as u32 * zoom + GAP + if labels { LABEL.1 } else { 0 },
        );
        let columns = grid.columns.clamp(1, images.n) as u32;
        let width = (columns * cell.0).max(NARROWEST);
        Ok(Placed {
            grid,
            lines: wrap(&grid.caption, width)?,
            zoom,
            columns,
            rows: (images.n as u32).div_ceil(columns),
            cell,
            width,
        })
    }

    fn draw(
        &self,
        page: &mut RgbImage,
        left: u32,
        top: u32,
        captions: u32,
    ) -> Result<(), ExploreError> {
        for (i, line) in self.lines.iter().enumerate() {
            write(page, line, CAPTION.0, left, top + i as u32 * CAPTION.1)?;
        }
        let images = &self.grid.images;
        for i in 0..images.n {
            let (column, row) = (i as u32 % self.columns, i as u32 / self.columns);
            let (x0, y0) = (
                left + column * self.cell.0,
                top + captions + row * self.cell.1,
            );
            let (pixels, plane) = (images.image(i), images.h * images.w);
            let (w, h) = (images.w as u32 * self.zoom, images.h as u32 * self.zoom);
            for y in 0..h {
                for x in 0..w {
                    let at = (y / self.zoom) as usize * images.w + (x / self.zoom) as usize;
                    // Grey images have one plane for all three colours.
                    let colour = |c: usize| pixels[(c % images.c) * plane + at];
                    page.put_pixel(x0 + x, y0 + y, Rgb([colour(0), colour(1), colour(2)]));
                }
            }
            if let Some(label) = self.grid.labels.get(i).filter(|l| !l.is_empty()) {
                write(page, label, LABEL.0, x0 + 1, y0 + h + 1)?;
            }
        }
        Ok(())
    }
}

fn style(size: f64) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", size).into_font()).color(&INK)
}

fn write(page: &mut RgbImage, text: &str, size: f64, x: u32, y: u32) -> Result<(), ExploreError> {
    let area = page.dimensions();
    let backend = BitMapBackend::with_buffer(page, area);
    // plotters sets text above its anchor by this part of its size.
    let y = y as i32 + (0.12 * size).round() as i32;
    let area = backend.into_drawing_area();
    area.draw_text(text, &style(size), (x as i32, y))
        .map_err(failed)?;
    area.present().map_err(failed)
}

/// Lines of whole words, each within `width` where its words allow it.
fn wrap(text: &str, width: u32) -> Result<Vec<String>, ExploreError> {
    let font = style(CAPTION.0).font;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = match lines.last() {
            Some(line) => format!("{line} {word}"),
            None => word.to_string(),
        };
        let fits = font.box_size(&longer).map_err(failed)?.0 <= width;
        match lines.last_mut() {
            Some(line) if fits => *line = longer,
            _ => lines.push(word.to_string()),
        }
    }
    Ok(lines)
}

fn failed(error: impl std::fmt::Display) -> ExploreError {
    ExploreError::Picture(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(caption: &str, c: usize, n: usize) -> Grid {
        let pixels = (0..c * n * 64 * 64).map(|i| (i / (64 * 64) * 40) as u8);
        Grid {
            caption: caption.into(),
            columns: 2,
            labels: vec![String::new(); n],
            images: Images::new(c, 64, 64, pixels.collect()).unwrap(),
        }
    }

    #[test]
    fn images_stand_in_their_cells_below_the_caption() {
        let rows = [vec![grid("one line", 3, 3)], vec![grid("", 1, 1)]];
        let page = image::load_from_memory(&png(&rows).unwrap())
            .unwrap()
            .to_rgb8();
        // 64 pixels are shown twice as large: two columns of 130 are wider than the narrowest caption.
        assert_eq!(page.width(), MARGIN + 2 * 130 + MARGIN);
        assert_eq!(page.height(), MARGIN + 19 + 2 * 130 + MARGIN + 130 + MARGIN);
        assert_eq!(page.get_pixel(MARGIN, MARGIN + 19).0, [0, 40, 80]);
        assert_eq!(page.get_pixel(MARGIN + 130, MARGIN + 19).0, [120, 160, 200]);
        assert_eq!(
            page.get_pixel(MARGIN, page.height() - MARGIN - 4).0,
            [0, 0, 0]
        );
        let inked =
            (0..19).any(|y| (0..99).any(|x| page.get_pixel(MARGIN + x, MARGIN + y).0[0] < 99));
        assert!(inked, "no caption");
        assert!(png(&[vec![grid("", 2, 1)]]).is_err());
    }

    #[test]
    fn captions_break_between_words() {
        fonts::register().unwrap();
        let lines = wrap(
            "a caption of several words, and averyverylongwordindeed",
            100,
        )
        .unwrap();
        assert!(lines.len() > 2, "{lines:?}");
        assert_eq!(
            lines.join(" "),
            "a caption of several words, and averyverylongwordindeed"
        );
        assert!(wrap("", 10).unwrap().is_empty());
    }
}
