//! Renders a chart as PNG: drawn large by plotters and averaged down, its text placed where SVG viewers place it.

use std::io::Cursor;

use plotters::prelude::{BitMapBackend, DrawingBackend, IntoDrawingArea};
use plotters_backend::text_anchor::VPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind,
};

use super::canvas::{Chart, PAPER, Pen, message};
use crate::spec::visible;

/// PNGs have this many pixels to a unit, for sharp screens.
const SCALE: u32 = 2;
/// plotters' bitmap lines are jagged; drawing so much larger and averaging smooths them.
const OVERSAMPLING: u32 = 2;

/// Draw a chart as a PNG file.
///
/// # Errors
/// The backend's or the encoder's message.
pub fn png(chart: &impl Chart) -> Result<Vec<u8>, String> {
    let scale = SCALE * OVERSAMPLING;
    let (width, height) = chart.size();
    let (wide, high) = (width * scale, height * scale);
    let mut buffer = vec![0u8; (wide * high * 3) as usize];
    {
        let backend = Raster(BitMapBackend::with_buffer(&mut buffer, (wide, high)));
        let area = backend.into_drawing_area();
        area.fill(&PAPER).map_err(message)?;
        chart.draw(&area, Pen::new(f64::from(scale)))?;
        area.present().map_err(message)?;
    }
    let large = image::RgbImage::from_raw(wide, high, buffer)
        .ok_or("the picture is larger than memory can address")?;
    let small = image::imageops::thumbnail(&large, width * SCALE, height * SCALE);
    let mut bytes = Cursor::new(Vec::new());
    small
        .write_to(&mut bytes, image::ImageFormat::Png)
        .map_err(message)?;
    Ok(bytes.into_inner())
}

/// A bitmap whose text stands lower: plotters' `ab_glyph` text sits above its anchor by the parts of its size below.
struct Raster<'a>(BitMapBackend<'a>);

type Done<'a> = Result<(), DrawingErrorKind<<BitMapBackend<'a> as DrawingBackend>::ErrorType>>;

impl<'a> DrawingBackend for Raster<'a> {
    type ErrorType = <BitMapBackend<'a> as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.0.get_size()
    }

    fn ensure_prepared(&mut self) -> Done<'a> {
        self.0.ensure_prepared()
    }

    fn present(&mut self) -> Done<'a> {
        self.0.present()
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Done<'a> {
        self.0.draw_pixel(point, color)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Done<'a> {
        self.0.draw_line(from, to, style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Done<'a> {
        self.0.draw_rect(upper_left, bottom_right, style, fill)
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Done<'a> {
        // From the font's metrics: half a capital's height below the middle, a capital's height below the top.
        let lower = match style.anchor().v_pos {
            VPos::Top => 0.12,
            VPos::Center => 0.2,
            VPos::Bottom => 0.0,
        };
        let y = y + (lower * style.size()).round() as i32;
        self.0.draw_text(&visible(text), style, (x, y))
    }
}
