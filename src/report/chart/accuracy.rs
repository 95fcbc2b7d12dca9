//! Test accuracies with their intervals, ours below the paper's, a panel for each number of labels.

use plotters::prelude::{ChartBuilder, Circle, Color, DrawingBackend, PathElement, RGBColor, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Area, Chart, INK, PALETTE, Pen, Rendered, SOFT, message, render};
use crate::report::ReportError;
use crate::report::collect::Experiment;
use crate::report::groups;
use crate::report::published::{Measure, Published, data_name};
use crate::report::tables::accuracy::{AccuracyRow, Kind, rows};
use crate::report::tables::table1;
use crate::report::versions::Versions;
use crate::report::words;
use crate::track::format::Labels;

const WIDTH: u32 = 840;
const TITLE: f64 = 42.0;
const HEAD: f64 = 36.0;
const ROW: f64 = 25.0;
const AXIS: f64 = 50.0;
const LEFT: f64 = 362.0;
const RIGHT: f64 = 142.0;

/// Half the height of an interval's ends, in rows.
const WHISKER: f64 = 0.26;

struct Accuracies {
    title: String,
    panels: Vec<Panel>,
}

struct Panel {
    heading: String,
    marks: Vec<Mark>,
    /// Ends of the axis, fractions.
    range: (f64, f64),
}

struct Mark {
    name: String,
    kind: Kind,
    accuracy: f64,
    interval: Option<f64>,
    /// The single trials behind a mean.
    seeds: Vec<f64>,
}

/// The chart for the first probed data set that the paper has a table on, else for the first probed.
pub fn chart(
    experiment: &Experiment,
    published: &Published,
) -> Result<Option<Rendered>, ReportError> {
    let probed = groups::probed(experiment);
    let paper = |data: &str| {
        published
            .values()
            .find(|t| t.data == data && t.measure == Measure::Accuracy)
    };
    let data = probed
        .iter()
        .find(|d| paper(d).is_some())
        .or_else(|| probed.first());
    let Some(data) = data else {
        return Ok(None);
    };
    let rows = rows(experiment, data, paper(data), |_| true);
    let mut labels = table1::label_columns(&rows);
    // The column with intervals comes first, all labels last.
    let all_first = labels.first() == Some(&Labels::All);
    labels.rotate_left(usize::from(all_first));
    let panels: Vec<Panel> = labels
        .into_iter()
        .filter(|l| {
            rows.iter()
                .any(|r| r.kind != Kind::Paper && r.cells.contains_key(l))
        })
        .map(|l| panel(l, &rows))
        .collect();
    let title = format!("Test accuracy on {}", data_name(published, data));
    let chart = Accuracies {
        title: title.clone(),
        panels,
    };
    let papers = match rows.iter().any(|r| r.kind == Kind::Paper) {
        true => " Grey: printed in the paper, whose net saw ImageNet-1k at full scale. Coloured:",
        false => " All was",
    };
    let caption = format!(
        "Whiskers are 95% intervals.{papers} measured here, at the scale that the table names; small dots are single seeds."
    );
    let versions = Versions::of(rows.iter().map(|r| r.version));
    let caption = versions
        .remark()
        .map_or(caption.clone(), |said| format!("{caption} {said}"));
    render("accuracy", title, caption, &chart).map(Some)
}

fn panel(labels: Labels, rows: &[AccuracyRow]) -> Panel {
    let mut marks = Vec::new();
    for row in rows {
        let Some(cell) = row.cells.get(&labels) else {
            continue;
        };
        let same = |r: &&AccuracyRow| {
            let alike = r.group == row.group && r.kind == row.kind && r.version == row.version;
            r.group.is_some() && alike
        };
        let has_mean = rows.iter().filter(same).any(|r| r.seeds > 1);
        if has_mean && row.seeds == 1 {
            continue;
        }
        let singles = rows
            .iter()
            .filter(same)
            .filter(|r| row.seeds > 1 && r.seeds == 1);
        marks.push(Mark {
            name: name(row),
            kind: row.kind,
            accuracy: cell.accuracy,
            interval: cell.interval,
            seeds: singles
                .filter_map(|r| Some(r.cells.get(&labels)?.accuracy))
                .collect(),
        });
    }
    let half = |m: &Mark| m.interval.unwrap_or(0.0);
    let low = marks
        .iter()
        .fold(1.0f64, |low, m| low.min(m.accuracy - half(m)));
    let high = marks
        .iter()
        .fold(0.0f64, |high, m| high.max(m.accuracy + half(m)));
    // Whole tens of percents, so that the axis ends on labelled ticks.
    let down = ((low - 0.01) * 10.0).floor() / 10.0;
    let up = ((high + 0.01) * 10.0).ceil() / 10.0;
    Panel {
        heading: match labels {
            Labels::All => "All labels".to_string(),
            Labels::PerClass(n) => format!("{n} labels per class"),
        },
        marks,
        range: (
            down.max(0.0),
            up.clamp(down.max(0.0) + 0.1, 1.0f64.max(down + 0.1)),
        ),
    }
}

/// A row's name; in a sweep of several arms what sets the arm apart leaves no room for more.
fn name(row: &AccuracyRow) -> String {
    let features = match row.kind {
        Kind::Trained => "trained D",
        Kind::Untrained => "untrained D",
        Kind::Paper | Kind::Pixels | Kind::KMeans => return row.model.clone(),
    };
    match row.arm.as_str() {
        "" => row.model.clone(),
        arm => format!("{features}, {arm}"),
    }
}

fn color(kind: Kind) -> RGBColor {
    match kind {
        Kind::Paper => RGBColor(0x8a, 0x8a, 0x8a),
        Kind::Trained => PALETTE[1],
        Kind::Untrained => PALETTE[0],
        Kind::Pixels => PALETTE[2],
        Kind::KMeans => PALETTE[3],
    }
}

impl Panel {
    fn height(&self) -> f64 {
        HEAD + ROW * self.marks.len() as f64 + AXIS
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, pen: Pen) -> Result<(), String> {
        let heading = Text::new(
            self.heading.clone(),
            (pen.px(LEFT), pen.px(6.0)),
            pen.text(18.0, &INK),
        );
        area.draw(&heading).map_err(message)?;
        let count = self.marks.len() as f64;
        let mut chart = ChartBuilder::on(area)
            .margin_top(pen.size(HEAD))
            .margin_right(pen.size(RIGHT))
            .margin_left(pen.size(LEFT))
            .margin_bottom(pen.size(2.0))
            .x_label_area_size(pen.size(AXIS - 2.0))
            .build_cartesian_2d(self.range.0..self.range.1, count..0.0)
            .map_err(message)?;
        let mut mesh = chart.configure_mesh();
        pen.mesh(&mut mesh);
        mesh.disable_y_mesh()
            .disable_y_axis()
            .x_desc("Test accuracy")
            .x_labels(7)
            .x_label_formatter(&|x| format!("{:.0}%", x * 100.0))
            .draw()
            .map_err(message)?;
        for (i, mark) in self.marks.iter().enumerate() {
            let y = i as f64 + 0.5;
            let color = color(mark.kind);
            if let Some(half) = mark.interval {
                let (low, high) = (mark.accuracy - half, mark.accuracy + half);
                let strokes = [
                    vec![(low, y), (high, y)],
                    vec![(low, y - WHISKER), (low, y + WHISKER)],
                    vec![(high, y - WHISKER), (high, y + WHISKER)],
                ];
                chart
                    .draw_series(strokes.map(|s| PathElement::new(s, pen.line(&color, 1.6))))
                    .map_err(message)?;
            }
            let seeds = mark
                .seeds
                .iter()
                .map(|&x| Circle::new((x, y), pen.size(2.0), pen.fill(color.mix(0.5))));
            chart.draw_series(seeds).map_err(message)?;
            let dot = Circle::new((mark.accuracy, y), pen.size(3.5), pen.fill(color.to_rgba()));
            chart.draw_series([dot]).map_err(message)?;
            let line = pen.px(HEAD + ROW * y);
            self.words(area, mark, line, pen)?;
        }
        Ok(())
    }

    /// The model to the left of its dot, the number to the right of the axis.
    fn words<DB: DrawingBackend>(
        &self,
        area: &Area<DB>,
        mark: &Mark,
        y: i32,
        pen: Pen,
    ) -> Result<(), String> {
        let ink = if mark.kind == Kind::Paper {
            &SOFT
        } else {
            &INK
        };
        let style = pen.text(17.0, ink);
        let name = style.pos(Pos::new(HPos::Right, VPos::Center));
        area.draw(&Text::new(
            shortened(&mark.name),
            (pen.px(LEFT - 12.0), y),
            name,
        ))
        .map_err(message)?;
        let number = pen.text(17.0, ink).pos(Pos::new(HPos::Left, VPos::Center));
        let place = (pen.px(f64::from(WIDTH) - RIGHT + 10.0), y);
        let value = words::percent_with(mark.accuracy, mark.interval);
        area.draw(&Text::new(value, place, number)).map_err(message)
    }
}

/// Names longer than the label area lose their middle.
fn shortened(name: &str) -> String {
    const MOST: usize = 42;
    let chars: Vec<char> = name.chars().collect();
    if chars.len() <= MOST {
        return name.to_string();
    }
    let head: String = chars[..MOST / 2].iter().collect();
    let tail: String = chars[chars.len() - MOST / 2..].iter().collect();
    format!("{head}…{tail}")
}

impl Chart for Accuracies {
    fn size(&self) -> (u32, u32) {
        let panels: f64 = self.panels.iter().map(Panel::height).sum();
        (WIDTH, (TITLE + panels) as u32)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, pen: Pen) -> Result<(), String> {
        let title = Text::new(
            self.title.clone(),
            (pen.px(14.0), pen.px(10.0)),
            pen.bold(21.0, &INK),
        );
        area.draw(&title).map_err(message)?;
        let (_, mut rest) = area.split_vertically(pen.px(TITLE));
        for panel in &self.panels {
            let (here, below) = rest.split_vertically(pen.px(panel.height()));
            panel.draw(&here, pen)?;
            rest = below;
        }
        Ok(())
    }
}
