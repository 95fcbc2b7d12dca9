//! Figure 6: a concept that G draws, forgotten. Feature maps that tell positions inside boxes from others are dropped
//! everywhere (section 6.3.1 of the paper, "forgetting to draw certain objects").
//!
//! The paper fits a logistic regression on the activations of the "second highest convolution layer" and drops 200 maps of
//! positive weight. Below the image, figure 1's G has convolutions of 512, 256 and 128 maps, so that layer is the one with 256:
//! the second of those that draw maps, not the image, from the top.

use std::path::PathBuf;

use clap::Args;
use rand::seq::index;
use serde::{Deserialize, Serialize};

use super::boxes::{Boxes, Rect};
use super::choice::Choice;
use super::figure::{Figure, Scene};
use super::number::Within;
use super::regression::Positions;
use super::samples::others;
use super::{Drawing, ExploreError, Generated, Panel, Samples, Tile, Without};

/// Samples side by side.
const COLUMNS: usize = 10;

/// Figure 6: what boxes on samples hold, forgotten: feature maps of G that speak for it are dropped
///
/// A logistic regression on the activations of G's second highest hidden convolution tells positions inside the boxes from
/// others; the feature maps of positive weight are set to zero everywhere, and new samples drawn with and without.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(after_help = "\
Examples:
  dcgan explore boxes results/faces/0c1d --out mouths.yaml
  dcgan explore drop results/faces/0c1d --boxes mouths.yaml --concept mouths --random
  dcgan explore drop results/faces/0c1d --boxes mouths.yaml --drop 10 --show 30")]
pub struct Drop {
    /// Boxes on samples, as `dcgan explore boxes` writes them
    #[arg(long, value_name = "YAML")]
    boxes: PathBuf,
    /// What the boxes hold, for the caption
    #[arg(long, value_name = "NAME", default_value = "what the boxes hold")]
    concept: String,
    /// The hidden convolution of G, counted from the top; the paper's is 2
    #[arg(long, value_name = "N", default_value = "2")]
    layer: Within<1, 16>,
    /// Drop only the N maps of the largest weights [default: all of positive weight]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    drop: Option<Within<1, 65_536>>,
    /// Add a control: as many feature maps, at random
    #[arg(long)]
    #[serde(default)]
    random: bool,
    /// Show so many samples, the first without boxes
    #[arg(long, value_name = "N", default_value = "20")]
    show: Within<1, 1000>,
    /// Show these samples instead
    #[arg(long, value_name = "LIST", conflicts_with = "show")]
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<Choice<6>>,
}

impl Figure for Drop {
    const NAME: &'static str = "drop";
    const TITLE: &'static str = "Figure 6: forgetting to draw a concept";
    type Plan = Drawing;

    fn files(&self) -> Vec<(&'static str, PathBuf)> {
        vec![("boxes", self.boxes.clone())]
    }

    fn classes(&self) -> Vec<&str> {
        self.of.iter().flat_map(Choice::classes).collect()
    }

    fn draw(&self, scene: &mut Scene) -> Result<Drawing, ExploreError> {
        let image = scene.net.architecture.image;
        let boxes = Boxes::read(&self.boxes, (image.width, image.height))?;
        let drawn: Vec<usize> = match boxes.seed == scene.common.seed {
            true => boxes.samples.keys().copied().collect(),
            false => Vec::new(),
        };
        let shown = match &self.of {
            Some(of) => scene.choose(of)?.samples,
            None => others(&drawn, self.show.get()),
        };
        drop(scene, &boxes, self, &shown)
    }
}

/// What was fitted to choose the maps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    pub concept: String,
    /// Seed of the samples with boxes.
    pub seed: u64,
    pub samples: usize,
    pub boxes: usize,
    /// Positions of the feature map inside the boxes, and outside.
    pub inside: usize,
    pub outside: usize,
    /// Share of the positions told rightly by weights that saw nothing of their sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f32>,
    /// Of each feature map.
    pub weights: Vec<f32>,
    pub intercept: f32,
    pub dropped: Effect,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random: Option<Effect>,
}

/// How much the samples with boxes change when maps are dropped: the mean change of a value in [-1, 1].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    pub inside_boxes: f32,
    pub outside: f32,
}

/// Fit, drop, and show the samples `shown` with and without the maps. The seed numbers the samples shown and draws the
/// positions outside and the control.
///
/// # Errors
/// [`ExploreError::OtherBoxes`], [`ExploreError::NoBoxes`], [`ExploreError::Range`] for a layer or number of maps that there
/// is not, [`ExploreError::Fit`], or as [`super::Net::generate`].
fn drop(
    scene: &Scene,
    boxes: &Boxes,
    options: &Drop,
    shown: &[usize],
) -> Result<Drawing, ExploreError> {
    let (net, seed, progress) = (scene.net, scene.common.seed, scene.chooser.progress);
    boxes.check_net(&options.boxes, &net.identity)?;
    if boxes.count() == 0 {
        return Err(ExploreError::NoBoxes {
            path: options.boxes.clone(),
        });
    }
    let maps = net.hidden_maps()?;
    let range = |what, found: usize, most: usize| ExploreError::Range {
        what,
        found: found.to_string(),
        expected: format!("1 to {most}"),
    };
    let from_top = options.layer.get();
    let Some(layer) = maps.len().checked_sub(from_top) else {
        return Err(range("the layer, from the top,", from_top, maps.len()));
    };
    let channels = maps[layer].channels;
    let most = options.drop.map(Within::get);
    if let Some(n) = most.filter(|n| *n > channels) {
        return Err(range("the number of feature maps dropped", n, channels));
    }
    let latent = net.architecture.latent;
    let image = net.architecture.image;
    let size = (image.width, image.height);
    let numbers: Vec<usize> = boxes.samples.keys().copied().collect();
    let drawn: Vec<&[Rect]> = boxes.samples.values().map(Vec::as_slice).collect();
    let seen = Samples {
        latent,
        seed: boxes.seed,
    };
    let z = seen.z("the samples with boxes", &numbers)?;
    let (values, map) = net.hidden(&z, layer, progress)?;
    let samples = Samples { latent, seed };
    let rng = &mut samples.stream("explore.drop.outside");
    let positions = Positions::new(&values, map, &drawn, size, rng)?;
    let weights = positions.fit()?;
    let mut dropped: Vec<usize> = (0..channels).filter(|&m| weights.maps[m] > 0.0).collect();
    dropped.sort_by(|&a, &b| weights.maps[b].total_cmp(&weights.maps[a]));
    dropped.truncate(most.unwrap_or(channels));
    if dropped.is_empty() {
        return Err(ExploreError::Fit(
            "no feature map has a positive weight: none speaks for what the boxes hold; choose another `--layer` or more boxes".into(),
        ));
    }
    let count = dropped.len();
    let concept = Without {
        layer,
        maps: dropped,
    };
    let random = options.random.then(|| {
        let rng = &mut samples.stream("explore.drop.random");
        let mut maps = index::sample(rng, channels, count).into_vec();
        maps.sort_unstable();
        Without { layer, maps }
    });
    let before = net.generate(&z, progress)?;
    let effect = |without: &Without| -> Result<Effect, ExploreError> {
        let after = net.generate_without(&z, Some(without), progress)?;
        Ok(change(&before, &after, &drawn, size))
    };
    let (inside, all) = positions.counts();
    let fit = Fit {
        concept: options.concept.clone(),
        seed: boxes.seed,
        samples: numbers.len(),
        boxes: boxes.count(),
        inside,
        outside: all - inside,
        accuracy: positions.cross_validated()?.map(|a| a as f32),
        weights: weights.maps.iter().map(|&w| w as f32).collect(),
        intercept: weights.intercept as f32,
        dropped: effect(&concept)?,
        random: random.as_ref().map(effect).transpose()?,
    };
    let z = samples.z("the samples shown", shown)?;
    let rows = rows(&fit, shown, &z, &concept, random.as_ref(), map.channels);
    Ok(Drawing {
        fit: Some(fit),
        ..Drawing::new(Drop::NAME, net, seed, rows)
    })
}

/// Blocks of up to ten samples: as they are, without the concept's maps, and without maps at random.
fn rows(
    fit: &Fit,
    numbers: &[usize],
    z: &[Vec<f32>],
    concept: &Without,
    random: Option<&Without>,
    maps: usize,
) -> Vec<Vec<Panel>> {
    let count = concept.maps.len();
    let effect = |e: &Effect| {
        format!(
            "values inside the boxes change by {:.3} in the mean, outside by {:.3}",
            e.inside_boxes, e.outside
        )
    };
    let told = fit.accuracy.map_or_else(String::new, |a| {
        format!(
            "; a regression tells {:.1}% of positions in other samples rightly",
            100.0 * a
        )
    });
    let captions = [
        format!(
            "samples as they are ({} boxes on {} samples{told})",
            fit.boxes, fit.samples
        ),
        format!(
            "without the {count} of {maps} feature maps that speak for {}: {}",
            fit.concept,
            effect(&fit.dropped)
        ),
        fit.random.as_ref().map_or_else(String::new, |e| {
            format!(
                "control, without {count} feature maps at random: {}",
                effect(e)
            )
        }),
    ];
    let kinds = [None, Some(concept), random];
    let mut rows = Vec::new();
    for (block, (numbers, z)) in numbers.chunks(COLUMNS).zip(z.chunks(COLUMNS)).enumerate() {
        for (kind, (without, caption)) in kinds.iter().zip(&captions).enumerate() {
            if kind > 0 && without.is_none() {
                continue;
            }
            let tile = |(&i, z): (&usize, &Vec<f32>)| match kind {
                0 => Tile::sample(i, z.clone()),
                _ => Tile::z("", z.clone()),
            };
            rows.push(vec![Panel {
                caption: if block == 0 {
                    caption.clone()
                } else {
                    String::new()
                },
                columns: COLUMNS.min(numbers.len()),
                tiles: numbers.iter().zip(z).map(tile).collect(),
                without: without.cloned(),
            }]);
        }
    }
    rows
}

fn change(
    before: &Generated,
    after: &Generated,
    boxes: &[&[Rect]],
    (w, h): (usize, usize),
) -> Effect {
    // Sums and counts, outside and inside.
    let mut sums = [(0f64, 0usize); 2];
    for ((before, after), boxes) in before.iter().zip(after.iter()).zip(boxes) {
        for (i, (b, a)) in before.iter().zip(after).enumerate() {
            let (x, y) = ((i % w) as f64 + 0.5, (i / w % h) as f64 + 0.5);
            let inside = boxes.iter().any(|r| r.contains(x, y));
            let (sum, count) = &mut sums[usize::from(inside)];
            *sum += f64::from((a - b).abs());
            *count += 1;
        }
    }
    let [outside, inside_boxes] = sums.map(|(sum, count)| (sum / count.max(1) as f64) as f32);
    Effect {
        inside_boxes,
        outside,
    }
}
