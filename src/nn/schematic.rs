//! Figure 1: the generator as a row of boxes, from z to the image, drawn as SVG.

use super::plan::{Architecture, BASE, ConvLayer, Map};
use crate::spec::Preset;

/// Height of the drawing in SVG units.
const HEIGHT: f64 = 330.0;
/// Where the boxes' front faces are centred, from the top.
const MIDDLE: f64 = 165.0;
/// Space between boxes.
const GAP: f64 = 62.0;
/// How far a unit of depth goes back, right and up.
const SLANT: (f64, f64) = (0.5, 0.42);

const FILLS: [&str; 3] = ["#f6f8fb", "#dfe6ef", "#c9d4e2"];
const INK: &str = "#22303f";
const WINDOW: &str = "#b5532a";

/// The generator of `a` in the manner of figure 1: feature maps as boxes whose side grows with the map and whose depth with
/// its channels, the kernel's window on each, sides and channels beside them.
pub fn generator_svg(a: &Architecture) -> String {
    let mut maps = vec![a.projection];
    maps.extend(a.generator.iter().map(|l| l.output));
    let mut out = Drawing::default();
    let mut x = out.latent(28.0, a);
    let largest = a.image.height.max(BASE) as f64;
    let deepest = maps.iter().map(|m| m.channels).max().unwrap_or(1) as f64;
    for (i, map) in maps.iter().enumerate() {
        let layer = a.generator.get(i);
        let step = match i {
            0 => projected(a),
            _ => a.generator.get(i - 1).map_or(String::new(), grown),
        };
        let front = 34.0 + 150.0 * (map.height as f64 / largest).sqrt();
        let depth = 10.0 + 110.0 * (map.channels as f64 / deepest).sqrt();
        out.arrow(x + 6.0, x + GAP - 12.0, &step);
        x += GAP;
        let window = layer.map(|l| (l.kernel as f64 / map.height as f64).min(1.0) * front);
        x = out.block(x, front, depth, window, *map, i + 1 == maps.len());
    }
    out.finish(
        x + 24.0,
        &format!(
            "generator of {}, width {}",
            a.preset.map_or("a checkpoint", Preset::name),
            a.width
        ),
    )
}

/// What leads from z to the first map.
fn projected(a: &Architecture) -> String {
    match a.generator_dense.split_last() {
        Some((_, hidden)) if !hidden.is_empty() => {
            let units: Vec<String> = hidden.iter().map(|l| l.units.to_string()).collect();
            format!("{} units, project", units.join(" and "))
        }
        _ => "project and reshape".to_string(),
    }
}

/// What leads from a map to the next.
fn grown(l: &ConvLayer) -> String {
    match l.pooled() {
        1 => format!("deconv {0}x{0}, stride {1}", l.kernel, l.stride),
        by => format!("unpool {by}x{by}, conv {0}x{0}", l.kernel),
    }
}

#[derive(Default)]
struct Drawing {
    body: String,
}

impl Drawing {
    fn push(&mut self, element: std::fmt::Arguments) {
        self.body.push_str(&element.to_string());
        self.body.push('\n');
    }

    fn polygon(&mut self, points: &[(f64, f64)], fill: &str) {
        let points: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let points = points.join(" ");
        self.push(format_args!(
            r#"<polygon points="{points}" fill="{fill}" stroke="{INK}" stroke-width="1" stroke-linejoin="round"/>"#
        ));
    }

    fn text(&mut self, (x, y): (f64, f64), size: u32, anchor: &str, text: &str) {
        self.push(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" font-size="{size}" text-anchor="{anchor}" fill="{INK}">{text}</text>"#
        ));
    }

    /// z as a thin bar; returns its right edge.
    fn latent(&mut self, x: f64, a: &Architecture) -> f64 {
        let (width, height) = (9.0, 100.0);
        let top = MIDDLE - height / 2.0;
        let corners = [
            (x, top),
            (x + width, top),
            (x + width, top + height),
            (x, top + height),
        ];
        self.polygon(&corners, FILLS[1]);
        self.text(
            (x + width / 2.0, top - 8.0),
            13,
            "middle",
            &match a.classes {
                0 => format!("{} z", a.latent.size),
                classes => format!("{} z, {classes} labels", a.latent.size),
            },
        );
        x + width
    }

    /// A labelled arrow at mid-height; the label stands in two lines above it where it is long.
    fn arrow(&mut self, from: f64, to: f64, label: &str) {
        let tip = to - 7.0;
        self.push(format_args!(
            r#"<line x1="{from:.1}" y1="{MIDDLE}" x2="{tip:.1}" y2="{MIDDLE}" stroke="{INK}" stroke-width="1.2"/>"#
        ));
        self.polygon(
            &[(tip, MIDDLE - 3.5), (to, MIDDLE), (tip, MIDDLE + 3.5)],
            INK,
        );
        let middle = (from + to) / 2.0;
        let y = HEIGHT - 26.0;
        let lines: Vec<&str> = match label.split_once(", ") {
            Some((a, b)) => vec![a, b],
            None => label.splitn(2, " and ").collect(),
        };
        for (i, line) in lines.iter().enumerate() {
            let line = if lines.len() == 2 && i == 1 && label.contains(" and ") {
                format!("and {line}")
            } else {
                (*line).to_string()
            };
            self.text((middle, y + 13.0 * i as f64), 10, "middle", &line);
        }
    }

    /// A feature map; returns its right edge.
    fn block(
        &mut self,
        x: f64,
        front: f64,
        depth: f64,
        window: Option<f64>,
        map: Map,
        image: bool,
    ) -> f64 {
        let (dx, dy) = (depth * SLANT.0, depth * SLANT.1);
        // Centred with its depth, so that the row keeps one axis.
        let top = MIDDLE - front / 2.0 + dy / 2.0;
        let (right, bottom) = (x + front, top + front);
        self.polygon(
            &[
                (x, top),
                (x + dx, top - dy),
                (right + dx, top - dy),
                (right, top),
            ],
            FILLS[1],
        );
        self.polygon(
            &[
                (right, top),
                (right + dx, top - dy),
                (right + dx, bottom - dy),
                (right, bottom),
            ],
            FILLS[2],
        );
        self.polygon(
            &[(x, top), (right, top), (right, bottom), (x, bottom)],
            FILLS[0],
        );
        if let Some(side) = window {
            let (wx, wy) = (x + (front - side) * 0.62, top + (front - side) * 0.3);
            self.push(format_args!(
                r#"<rect x="{wx:.1}" y="{wy:.1}" width="{side:.1}" height="{side:.1}" fill="{WINDOW}" fill-opacity="0.16" stroke="{WINDOW}"/>"#
            ));
        }
        let channels = if image {
            format!("{}, image", map.channels)
        } else {
            map.channels.to_string()
        };
        self.text(
            (x + front / 2.0 + dx, top - dy - 7.0),
            13,
            "middle",
            &channels,
        );
        self.text(
            (x + front / 2.0, bottom + 16.0),
            12,
            "middle",
            &format!("{} x {}", map.height, map.width),
        );
        right + dx
    }

    fn finish(self, width: f64, title: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {HEIGHT}\" width=\"{width:.0}\" height=\"{HEIGHT}\" \
             font-family=\"Helvetica, Arial, sans-serif\">\n<title>{title}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{}</svg>\n",
            self.body
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Latent, LatentDistribution, Preset};

    #[test]
    fn figure_1_names_its_maps() {
        let latent = Latent {
            size: 100,
            distribution: LatentDistribution::Uniform,
        };
        let svg = generator_svg(&Architecture::new(Preset::Dcgan64, 128, latent, 3));
        for text in [
            ">100 z<",
            ">1024<",
            ">4 x 4<",
            ">128<",
            ">64 x 64<",
            ">3, image<",
            ">stride 2<",
        ] {
            assert!(svg.contains(text), "no {text} in {svg}");
        }
        assert_eq!(svg.matches("<rect x=").count(), 4);
    }
}
