//! What all charts share: the area they draw on in CSS pixels, fonts and colours, and rendering as SVG and as PNG.

use plotters::chart::MeshStyle;
use plotters::coord::Shift;
use plotters::coord::ranged1d::Ranged;
use plotters::prelude::{
    Color, DrawingArea, DrawingBackend, FontStyle, IntoDrawingArea, IntoFont, RGBAColor, RGBColor,
    SVGBackend, ShapeStyle, TextStyle, WHITE,
};

use super::raster::png;
use crate::report::ReportError;
use crate::spec::visible_lines;
use crate::track::fonts;

/// Text. The page's dark mode finds these four by their values.
pub const INK: RGBColor = RGBColor(0x1e, 0x1e, 0x1e);
/// Axes and secondary text.
pub const SOFT: RGBColor = RGBColor(0x5e, 0x5e, 0x5e);
/// Grid lines.
pub const GRID: RGBColor = RGBColor(0xe3, 0xe3, 0xe3);
/// The paper.
pub const PAPER: RGBColor = WHITE;

/// Okabe and Ito's colours, told apart by colour-blind readers, without black and yellow, which vanish on dark and
/// on light paper.
pub const PALETTE: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
];

/// A drawing area of either backend.
pub type Area<DB> = DrawingArea<DB, Shift>;

/// Something that draws itself on an area of its size.
pub trait Chart {
    /// Width and height in units.
    fn size(&self) -> (u32, u32);
    /// Draw; `pen` turns units into the area's pixels.
    ///
    /// # Errors
    /// The backend's message.
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, pen: Pen) -> Result<(), String>;
}

/// A chart as files.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The name of its files.
    pub id: &'static str,
    pub title: String,
    /// What is drawn, in a sentence or two.
    pub caption: String,
    pub svg: String,
    pub png: Vec<u8>,
}

/// Lengths and styles at a scale.
#[derive(Debug, Clone, Copy)]
pub struct Pen {
    scale: f64,
}

impl Pen {
    /// A pen for an area of so many pixels to a unit.
    pub fn new(scale: f64) -> Pen {
        Pen { scale }
    }

    /// A length in the area's pixels.
    pub fn px(self, units: f64) -> i32 {
        (units * self.scale).round() as i32
    }

    /// A size in the area's pixels, at least 1.
    pub fn size(self, units: f64) -> u32 {
        self.px(units).max(1) as u32
    }

    /// A line of a width.
    pub fn line(self, color: &impl Color, width: f64) -> ShapeStyle {
        ShapeStyle {
            color: color.to_rgba(),
            filled: false,
            stroke_width: self.size(width),
        }
    }

    /// A fill.
    pub fn fill(self, color: RGBAColor) -> ShapeStyle {
        ShapeStyle {
            color,
            filled: true,
            stroke_width: 0,
        }
    }

    /// Text of a size in units (the line's height; the SVG font size is 0.8 of it).
    pub fn text(self, size: f64, color: &'static RGBColor) -> TextStyle<'static> {
        TextStyle::from(("sans-serif", size * self.scale).into_font()).color(color)
    }

    /// Grid lines, axes and their labels as every chart has them.
    pub fn mesh<X: Ranged, Y: Ranged, DB: DrawingBackend>(self, mesh: &mut MeshStyle<X, Y, DB>) {
        mesh.bold_line_style(self.line(&GRID, 1.0))
            .light_line_style(self.line(&GRID.mix(0.0), 1.0))
            .axis_style(self.line(&SOFT, 1.0))
            .label_style(self.text(17.0, &SOFT))
            .axis_desc_style(self.text(17.0, &SOFT))
            .set_all_tick_mark_size(self.size(4.0));
    }

    /// Bold text.
    pub fn bold(self, size: f64, color: &'static RGBColor) -> TextStyle<'static> {
        let font = ("sans-serif", size * self.scale, FontStyle::Bold).into_font();
        TextStyle::from(font).color(color)
    }
}

/// Draw a chart as SVG and as PNG.
///
/// # Errors
/// [`ReportError::Chart`].
pub fn render(
    id: &'static str,
    title: String,
    caption: String,
    chart: &impl Chart,
) -> Result<Rendered, ReportError> {
    let failed = |message| ReportError::Chart {
        chart: id.to_string(),
        message,
    };
    fonts::register().map_err(failed)?;
    Ok(Rendered {
        id,
        title,
        caption,
        svg: svg(chart).map_err(failed)?,
        png: png(chart).map_err(failed)?,
    })
}

fn svg(chart: &impl Chart) -> Result<String, String> {
    let (width, height) = chart.size();
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        area.fill(&PAPER).map_err(message)?;
        chart.draw(&area, Pen::new(1.0))?;
        area.present().map_err(message)?;
    }
    // Names may hold control characters, which XML knows no way to write.
    Ok(visible_lines(&text).into_owned())
}

/// An error of a backend as text.
pub fn message(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::visible;
    use proptest::prelude::*;

    /// A chart of a name alone.
    struct Named(String);

    impl Chart for Named {
        fn size(&self) -> (u32, u32) {
            (200, 40)
        }

        fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, pen: Pen) -> Result<(), String> {
            area.draw_text(&self.0, &pen.text(17.0, &INK), (10, 10))
                .map_err(message)
        }
    }

    fn said(name: &str) -> String {
        let svg = svg(&Named(name.to_string())).unwrap();
        let tree = roxmltree::Document::parse(&svg).unwrap();
        let texts = tree.descendants().filter(|n| n.is_text());
        texts.map(|n| n.text().unwrap_or_default().trim()).collect()
    }

    proptest! {
        #[test]
        fn any_name_makes_well_formed_xml(name in any::<String>()) {
            let shown = visible(&name);
            let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
            // White space of its own is the SVG's layout; between words it is the name's.
            prop_assert_eq!(words(&said(&name)), words(&shown.replace("\\n", " ").replace("\\t", " ")));
        }
    }

    #[test]
    fn control_characters_are_written_out() {
        fonts::register().unwrap();
        assert_eq!(said("a\u{1b}[31m<b>&\0"), r"a\u{1b}[31m<b>&\u{0}");
        png(&Named("a\u{1b}\u{0}".to_string())).unwrap();
    }
}
