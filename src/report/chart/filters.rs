//! Every filter over training as a heat map: rows are filters, columns the times at which the monitor measured them.

use plotters::prelude::{DrawingBackend, RGBColor, Rectangle, Text};

use super::canvas::{Area, Chart, INK, Pen, Rendered, SOFT, message, render};
use crate::report::ReportError;
use crate::report::collect::Experiment;
use crate::report::published::Published;
use crate::report::words;
use crate::track::filters::{LayerLook, Look, read};

const ID: &str = "filters";
const WIDTH: u32 = 640;
const LEFT: f64 = 68.0;
const RIGHT: f64 = 24.0;
const HEAD: f64 = 66.0;
const FOOT: f64 = 46.0;
const GAP: f64 = 10.0;
/// A layer's height: many filters share a line, three lines of an image are told apart.
const LAYER: (f64, f64) = (24.0, 52.0);
/// Lines of a layer and columns at most: what the eye can tell apart, and a page can carry.
const LINES: usize = 26;
const COLUMNS: usize = 90;
/// Steps of the scale.
const SHADES: usize = 9;
/// A filter that counts as collapsed.
const COLLAPSED: RGBColor = RGBColor(0xd5, 0x5e, 0x00);

/// The map of the trial with the most collapsed filters, the first of them; none without looks.
///
/// # Errors
/// [`ReportError::History`], [`ReportError::Chart`].
pub fn chart(experiment: &Experiment, _: &Published) -> Result<Option<Rendered>, ReportError> {
    let mut worst: Option<(usize, Map)> = None;
    for trial in &experiment.trials {
        // Damage is told where results are collected.
        let looks = read(&trial.folder).unwrap_or_default();
        let count = looks.iter().map(collapsed).max().unwrap_or(0);
        if worst.as_ref().is_none_or(|(most, _)| count > *most)
            && let Some(map) = Map::new(&looks, words::short_label(trial.name()))
        {
            worst = Some((count, map));
        }
    }
    let Some((count, map)) = worst else {
        return Ok(None);
    };
    let caption = format!(
        "How much of each filter's variance is between samples, from dark (every sample gets the same map) to light; \
         filters that count as collapsed are orange. Layer by layer, over training; the filters of a thin line are shown by \
         the one nearest to collapse. {} of {} filters at most counted as collapsed at once{}.",
        count,
        map.layers.iter().map(|l| l.filters).sum::<usize>(),
        match experiment.trials.len() {
            1 => String::new(),
            _ => ", the most of any trial".to_string(),
        }
    );
    render(ID, map.title(), caption, &map).map(Some)
}

fn collapsed(look: &Look) -> usize {
    look.layers.iter().map(|l| l.lasting.len()).sum()
}

/// A trial's looks, binned.
struct Map {
    trial: String,
    layers: Vec<Layer>,
    /// Ends of the axis.
    epochs: (f64, f64),
}

struct Layer {
    name: String,
    filters: usize,
    /// Line by line, column by column: a shade, or `None` for a collapse.
    cells: Vec<Vec<Option<usize>>>,
}

impl Map {
    fn new(looks: &[Look], trial: String) -> Option<Map> {
        let (first, last) = (looks.first()?, looks.last()?);
        if last.layers.is_empty() {
            return None;
        }
        let columns = looks.len().min(COLUMNS);
        // The last look of each stretch: later ones tell what lasts.
        let columns: Vec<&Look> = (1..=columns)
            .filter_map(|c| looks.get(c * looks.len() / columns - 1))
            .collect();
        let layers = last.layers.iter().enumerate().map(|(i, layer)| Layer {
            name: layer.name.clone(),
            filters: layer.filters(),
            cells: lines(&columns, i, layer.filters()),
        });
        Some(Map {
            trial,
            layers: layers.collect(),
            epochs: (first.epoch, last.epoch),
        })
    }

    fn title(&self) -> String {
        format!("Filters over training: {}", self.trial)
    }

    fn height(layer: &Layer) -> f64 {
        match layer.filters {
            ..8 => LAYER.0,
            _ => LAYER.1,
        }
    }
}

fn lines(looks: &[&Look], layer: usize, filters: usize) -> Vec<Vec<Option<usize>>> {
    let lines = filters.clamp(1, LINES);
    (0..lines)
        .map(|line| {
            let (from, to) = (line * filters / lines, (line + 1) * filters / lines);
            let cell = |look: &&Look| look.layers.get(layer).map(|l| shade(l, from, to));
            looks.iter().filter_map(cell).collect()
        })
        .collect()
}

/// The shade of the filter nearest to collapse among some.
fn shade(layer: &LayerLook, from: usize, to: usize) -> Option<usize> {
    if layer.lasting.iter().any(|i| (from..to).contains(i)) {
        return None;
    }
    let filters = layer.variation.get(from..to).unwrap_or_default();
    let least = filters.iter().copied().fold(1f32, f32::min);
    Some(((least * SHADES as f32) as usize).min(SHADES - 1))
}

/// From a dark to a light blue.
fn color(shade: Option<usize>) -> RGBColor {
    let Some(shade) = shade else {
        return COLLAPSED;
    };
    let part = shade as f64 / (SHADES - 1) as f64;
    let mix = |dark: f64, light: f64| (dark + (light - dark) * part) as u8;
    RGBColor(mix(8.0, 222.0), mix(40.0, 235.0), mix(90.0, 247.0))
}

impl Chart for Map {
    fn size(&self) -> (u32, u32) {
        let layers: f64 = self.layers.iter().map(|l| Map::height(l) + GAP).sum();
        (WIDTH, (HEAD + layers + FOOT) as u32)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, pen: Pen) -> Result<(), String> {
        let text = |text: String, x: f64, y: f64, size: f64, soft: bool| {
            let style = pen.text(size, if soft { &SOFT } else { &INK });
            let place = (pen.px(x), pen.px(y));
            area.draw(&Text::new(text, place, style)).map_err(message)
        };
        let place = (pen.px(14.0), pen.px(10.0));
        area.draw(&Text::new(self.title(), place, pen.bold(21.0, &INK)))
            .map_err(message)?;
        let block = |x: (f64, f64), y: (f64, f64), color: RGBColor| {
            let corners = [(pen.px(x.0), pen.px(y.0)), (pen.px(x.1), pen.px(y.1))];
            let style = pen.fill(plotters::prelude::Color::to_rgba(&color));
            area.draw(&Rectangle::new(corners, style)).map_err(message)
        };
        text("same map for all".into(), LEFT, 41.0, 15.0, true)?;
        for s in 0..SHADES {
            let x = 190.0 + 14.0 * s as f64;
            block((x, x + 14.0), (42.0, 54.0), color(Some(s)))?;
        }
        text("a map of its own".into(), 324.0, 41.0, 15.0, true)?;
        block((470.0, 484.0), (42.0, 54.0), COLLAPSED)?;
        text("collapsed".into(), 492.0, 41.0, 15.0, true)?;
        let wide = f64::from(WIDTH) - LEFT - RIGHT;
        let mut y = HEAD;
        for layer in &self.layers {
            let height = Map::height(layer);
            text(layer.name.clone(), 14.0, y - 2.0, 17.0, false)?;
            text(layer.filters.to_string(), 14.0, y + 15.0, 14.0, true)?;
            let line_height = height / layer.cells.len().max(1) as f64;
            for (i, line) in layer.cells.iter().enumerate() {
                let rows = (y + line_height * i as f64, y + line_height * (i + 1) as f64);
                let column = wide / line.len().max(1) as f64;
                // Equal neighbours are one rectangle: the drawing stays small.
                let mut from = 0;
                for run in line.chunk_by(|a, b| a == b) {
                    let to = from + run.len();
                    let ends = (LEFT + column * from as f64, LEFT + column * to as f64);
                    block(ends, rows, color(run[0]))?;
                    from = to;
                }
            }
            y += height + GAP;
        }
        let (first, last) = self.epochs;
        text(words::trimmed(first), LEFT, y - 4.0, 17.0, true)?;
        text(
            "Epoch".into(),
            LEFT + wide / 2.0 - 20.0,
            y - 4.0,
            17.0,
            true,
        )?;
        text(
            words::trimmed(last),
            LEFT + wide - 34.0,
            y - 4.0,
            17.0,
            true,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(step: u64, filters: usize, lasting: &[usize]) -> Look {
        Look {
            step,
            epoch: step as f64,
            layers: vec![LayerLook {
                name: "g.1".into(),
                mean: vec![0.0; filters],
                deviation: vec![1.0; filters],
                active: vec![0.5; filters],
                variation: (0..filters).map(|i| i as f32 / filters as f32).collect(),
                mode: vec![0.0; filters],
                likeness: vec![0.0; filters],
                collapsed: Vec::new(),
                lasting: lasting.to_vec(),
            }],
            stop: None,
        }
    }

    #[test]
    fn every_filter_has_a_place_however_many_there_are() {
        for (filters, count) in [(3, 1), (26, 5), (512, 400)] {
            let looks: Vec<Look> = (1..=count)
                .map(|s| look(s, filters, &[filters - 1]))
                .collect();
            let map = Map::new(&looks, "x".into()).unwrap();
            let cells = &map.layers[0].cells;
            assert_eq!(cells.len(), filters.min(LINES));
            assert!(
                cells
                    .iter()
                    .all(|line| line.len() == (count as usize).min(COLUMNS))
            );
            assert_eq!(cells[0][0], Some(0));
            assert!(cells.iter().rev().skip(1).flatten().all(Option::is_some));
            assert!(cells[cells.len() - 1].iter().all(Option::is_none));
        }
        assert!(Map::new(&[], "x".into()).is_none());
    }
}
