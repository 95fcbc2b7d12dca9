//! Measurements over training: a panel for each quantity, a line for each trial.

use plotters::prelude::{
    ChartBuilder, Circle, Color, DrawingBackend, LineSeries, PathElement, Polygon, Text,
};

use super::canvas::{Area, Chart, INK, PALETTE, Pen, message};
use super::kinds::Kind;
use super::series::{DENSE, Stretch, stretches, tick, top};
use crate::report::collect::Experiment;
use crate::report::words;

const WIDTH: u32 = 640;
const TITLE: u32 = 40;
const LEGEND_ROW: u32 = 24;
const PANEL: u32 = 190;
const X_LABELS: u32 = 46;
const LEFT: f64 = 68.0;
const RIGHT: f64 = 24.0;
/// More trials than this are not named: the legend would outgrow the chart.
const NAMED: usize = 12;
/// Everything of a chart of training, ready to draw.
pub struct Curves<'a> {
    kind: &'a Kind,
    lines: Vec<Line>,
    last_epoch: f64,
    /// Upper end of each panel's axis.
    tops: Vec<f64>,
    legend: Vec<Vec<Mark>>,
    dense: bool,
}

struct Line {
    name: String,
    /// What is repeated with other seeds: an arm, and the version of its training.
    arm: (String, u32),
    /// Place in the palette: that of the arm where arms are repeated, else the line's own.
    color: usize,
    /// One list of stretches a panel.
    panels: Vec<Vec<Stretch>>,
}

/// A name in the legend: its colour, if of a line, and its left edge in units.
struct Mark {
    color: Option<usize>,
    name: String,
    x: f64,
}

impl<'a> Curves<'a> {
    /// The chart, or `None` where no trial logged any of its values.
    pub fn new(experiment: &Experiment, kind: &'a Kind) -> Option<Curves<'a>> {
        let mut lines = Vec::new();
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); kind.panels.len()];
        let mut dense = false;
        let mut last_epoch: f64 = 0.0;
        for trial in &experiment.trials {
            let mut panels = Vec::new();
            for ((value, _), seen) in kind.panels.iter().zip(&mut values) {
                let points: Vec<(f64, f64)> = trial
                    .history
                    .iter()
                    .filter_map(|p| Some((p.epoch, *p.values.get(*value)?)))
                    .filter(|(x, y)| x.is_finite() && y.is_finite())
                    .collect();
                dense |= points.len() > DENSE;
                last_epoch = points.iter().fold(last_epoch, |most, p| most.max(p.0));
                seen.extend(points.iter().map(|p| p.1));
                panels.push(stretches(&points));
            }
            if panels.iter().any(|p| !p.is_empty()) {
                let state = match trial.run.status {
                    crate::track::format::Status::Finished => String::new(),
                    other => format!(" [{}]", words::status(other)),
                };
                lines.push(Line {
                    name: format!("{}{state}", words::short_label(trial.name())),
                    arm: (trial.arm(), trial.run.training),
                    color: lines.len(),
                    panels,
                });
            }
        }
        let tops = values.iter_mut().map(|v| top(v, kind.percent)).collect();
        let names = names(&mut lines);
        (!lines.is_empty()).then(|| Curves {
            kind,
            legend: legend(&names),
            lines,
            last_epoch: if last_epoch > 0.0 { last_epoch } else { 1.0 },
            tops,
            dense,
        })
    }

    /// A sentence on how dense lines are drawn, where one is.
    pub fn smoothing(&self) -> &'static str {
        if self.dense {
            " A line is the mean of each hundredth of the measurements, the band behind it their range."
        } else {
            ""
        }
    }

    /// Height of the title and the legend.
    fn head(&self) -> u32 {
        TITLE + LEGEND_ROW * self.legend.len() as u32 + 8
    }

    fn panel<DB: DrawingBackend>(&self, area: &Area<DB>, i: usize, pen: Pen) -> Result<(), String> {
        let (_, heading) = self.kind.panels[i];
        let bottom = i + 1 == self.kind.panels.len();
        let top = self.tops[i];
        let (left, y) = (pen.px(LEFT), pen.px(4.0));
        area.draw(&Text::new(heading, (left, y), pen.text(18.0, &INK)))
            .map_err(message)?;
        let mut chart = ChartBuilder::on(area)
            .margin_top(pen.size(28.0))
            .margin_right(pen.size(RIGHT))
            .margin_bottom(pen.size(if bottom { 2.0 } else { 8.0 }))
            .y_label_area_size(pen.size(LEFT))
            .x_label_area_size(pen.size(if bottom { f64::from(X_LABELS) } else { 8.0 }))
            .build_cartesian_2d(0.0..self.last_epoch, 0.0..top)
            .map_err(message)?;
        let percent = self.kind.percent;
        let mut mesh = chart.configure_mesh();
        pen.mesh(&mut mesh);
        mesh.disable_x_mesh()
            .x_desc(if bottom { "Epoch" } else { "" })
            .x_labels(if bottom { 9 } else { 0 })
            .y_labels(5)
            .x_label_formatter(&|x| words::trimmed(*x))
            .y_label_formatter(&|y| match percent {
                true => format!("{:.0}%", y * 100.0),
                false => tick(*y, top),
            })
            .draw()
            .map_err(message)?;
        let inside = |y: f64| y.clamp(0.0, top);
        let color = |n: usize| PALETTE[n % PALETTE.len()];
        // Every band lies below every line.
        for line in &self.lines {
            let stretches = &line.panels[i];
            if stretches.iter().any(|s| s.low < s.high) {
                let above = stretches.iter().map(|s| (s.epoch, inside(s.high)));
                let below = stretches.iter().rev().map(|s| (s.epoch, inside(s.low)));
                let outline: Vec<(f64, f64)> = above.chain(below).collect();
                chart
                    .draw_series([Polygon::new(outline, pen.fill(color(line.color).mix(0.18)))])
                    .map_err(message)?;
            }
        }
        for line in &self.lines {
            let points: Vec<(f64, f64)> = line.panels[i]
                .iter()
                .map(|s| (s.epoch, inside(s.mean)))
                .collect();
            if let [alone] = points[..] {
                let dot = Circle::new(alone, pen.size(3.0), pen.fill(color(line.color).to_rgba()));
                chart.draw_series([dot]).map_err(message)?;
            } else {
                chart
                    .draw_series(LineSeries::new(points, pen.line(&color(line.color), 1.8)))
                    .map_err(message)?;
            }
        }
        Ok(())
    }
}

impl Chart for Curves<'_> {
    fn size(&self) -> (u32, u32) {
        let panels = PANEL * self.kind.panels.len() as u32;
        (WIDTH, self.head() + panels + X_LABELS)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, pen: Pen) -> Result<(), String> {
        let title = Text::new(
            self.kind.title,
            (pen.px(14.0), pen.px(10.0)),
            pen.bold(21.0, &INK),
        );
        area.draw(&title).map_err(message)?;
        for (row, marks) in self.legend.iter().enumerate() {
            let y = f64::from(TITLE) + f64::from(LEGEND_ROW) * (row as f64 + 0.5);
            for mark in marks {
                if let Some(color) = mark.color {
                    let color = PALETTE[color % PALETTE.len()];
                    let ends = vec![
                        (pen.px(mark.x), pen.px(y)),
                        (pen.px(mark.x + 20.0), pen.px(y)),
                    ];
                    area.draw(&PathElement::new(ends, pen.line(&color, 3.0)))
                        .map_err(message)?;
                }
                let place = (pen.px(mark.x + 26.0), pen.px(y - 7.5));
                area.draw(&Text::new(mark.name.clone(), place, pen.text(17.0, &INK)))
                    .map_err(message)?;
            }
        }
        let (_, mut rest) = area.split_vertically(pen.px(f64::from(self.head())));
        for i in 0..self.kind.panels.len() {
            let bottom = i + 1 == self.kind.panels.len();
            let height = PANEL + if bottom { X_LABELS } else { 0 };
            let (panel, below) = rest.split_vertically(pen.px(f64::from(height)));
            self.panel(&panel, i, pen)?;
            rest = below;
        }
        Ok(())
    }
}

/// Names for the legend with their colours, none for a single line. Arms that were repeated are named and coloured once:
/// seeds of one arm belong together, and colours are few.
fn names(lines: &mut [Line]) -> Vec<(usize, String)> {
    let mut arms: Vec<((String, u32), usize)> = Vec::new();
    for line in lines.iter() {
        match arms.iter_mut().find(|(arm, _)| *arm == line.arm) {
            Some((_, seeds)) => *seeds += 1,
            None => arms.push((line.arm.clone(), 1)),
        }
    }
    if lines.len() < 2 {
        return Vec::new();
    }
    if arms.len() == 1 || arms.len() == lines.len() {
        let names = lines.iter().map(|line| (line.color, line.name.clone()));
        return names.collect();
    }
    for line in lines.iter_mut() {
        let arm = arms.iter().position(|(arm, _)| *arm == line.arm);
        line.color = arm.unwrap_or(line.color);
    }
    let newest = arms.iter().map(|((_, training), _)| *training).max();
    let name = |(i, ((arm, training), seeds)): (usize, &((String, u32), usize))| {
        let seeds = words::count(*seeds as f64, "seed");
        let older = match Some(*training) == newest {
            true => String::new(),
            false => format!(" [training version {training}]"),
        };
        let name = words::short_label(arm);
        let parts = [name, seeds].into_iter().filter(|p| !p.is_empty());
        (i, parts.collect::<Vec<_>>().join(", ") + &older)
    };
    arms.iter().enumerate().map(name).collect()
}

/// Names in rows that fit the width.
fn legend(names: &[(usize, String)]) -> Vec<Vec<Mark>> {
    let more = names.len().saturating_sub(NAMED);
    let shown = names.iter().take(NAMED);
    let shown = shown.map(|(color, name)| (Some(*color), name.clone()));
    let rest = (more > 0).then(|| (None, format!("and {more} more")));
    if names.is_empty() {
        return Vec::new();
    }
    let mut rows: Vec<Vec<Mark>> = vec![Vec::new()];
    let mut x = 14.0;
    for (color, name) in shown.chain(rest) {
        // 8.6 units a character is the mean of the font at this size.
        let width = 26.0 + 8.6 * name.chars().count() as f64 + 18.0;
        if x > 14.0 && x + width > f64::from(WIDTH) {
            rows.push(Vec::new());
            x = 14.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push(Mark { color, name, x });
        }
        x += width;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, arm: &str, color: usize) -> Line {
        Line {
            name: name.to_string(),
            arm: (arm.to_string(), 2),
            color,
            panels: Vec::new(),
        }
    }

    #[test]
    fn seeds_of_an_arm_share_its_colour_and_others_have_their_own() {
        let mut seeds = [line("seed 0", "", 0), line("seed 1", "", 1)];
        assert_eq!(names(&mut seeds).len(), 2);
        assert_eq!(seeds[1].color, 1);
        let mut arms = [
            line("a, seed 0", "a", 0),
            line("a, seed 1", "a", 1),
            line("b, seed 0", "b", 2),
        ];
        let names = names(&mut arms);
        assert_eq!(
            names,
            [(0, "a, 2 seeds".to_string()), (1, "b, 1 seed".to_string())]
        );
        assert_eq!(arms.map(|l| l.color), [0, 0, 1]);
    }
}
