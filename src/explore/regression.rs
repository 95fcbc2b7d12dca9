//! Which of G's feature maps draw what lies in boxes: a logistic regression on the activations at each position.

use linfa::Dataset;
use linfa::traits::Fit as _;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, Axis};
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::ExploreError;
use super::boxes::Rect;
use crate::nn::plan::Map;

/// The penalty on the weights' squares, halved, beside the sum of the losses: scikit-learn's default, `C = 1`.
const PENALTY: f64 = 1.0;
/// Where a fit ends; it needs some tens of steps.
const STEPS: u64 = 1000;
const GRADIENT: f64 = 1e-5;
/// Parts of the samples that are held out in turn.
const FOLDS: usize = 5;

/// Activations at single positions, inside the boxes and outside.
pub(super) struct Positions {
    /// A row each, a column for each feature map.
    x: Array2<f64>,
    /// Inside a box.
    inside: Vec<bool>,
    /// The sample, counted from 0.
    sample: Vec<usize>,
}

/// A fitted regression: a weight for each map.
pub(super) struct Weights {
    pub maps: Vec<f64>,
    pub intercept: f64,
}

/// The cells of a map that lie in a box: those whose centre does, else the one that the box's centre lies in. Both grids
/// cover the same square; a cell is (row, column).
pub(super) fn cells(rect: &Rect, map: Map, (w, h): (usize, usize)) -> Vec<(usize, usize)> {
    let (wide, high) = (w as f64 / map.width as f64, h as f64 / map.height as f64);
    let all = (0..map.height).flat_map(|y| (0..map.width).map(move |x| (y, x)));
    let mut found: Vec<(usize, usize)> = all
        .filter(|&(y, x)| rect.contains((x as f64 + 0.5) * wide, (y as f64 + 0.5) * high))
        .collect();
    if found.is_empty() {
        let (x, y) = (
            (rect.x0 + rect.x1) as f64 / 2.0,
            (rect.y0 + rect.y1) as f64 / 2.0,
        );
        found.push(((y / high) as usize, (x / wide) as usize));
    }
    found
}

impl Positions {
    /// All positions inside the boxes of the samples whose activations are `values`, and as many at random outside.
    ///
    /// # Errors
    /// [`ExploreError::Fit`] where there is nothing outside.
    pub fn new(
        values: &[f32],
        map: Map,
        boxes: &[&[Rect]],
        image: (usize, usize),
        rng: &mut ChaCha8Rng,
    ) -> Result<Positions, ExploreError> {
        let plane = map.height * map.width;
        let mut places = Vec::new();
        let mut outside = Vec::new();
        for (sample, boxes) in boxes.iter().enumerate() {
            let mut covered = vec![false; plane];
            for (y, x) in boxes.iter().flat_map(|b| cells(b, map, image)) {
                covered[y * map.width + x] = true;
            }
            for (cell, covered) in covered.into_iter().enumerate() {
                match covered {
                    true => places.push((sample, cell)),
                    false => outside.push((sample, cell)),
                }
            }
        }
        if outside.is_empty() {
            return Err(ExploreError::Fit(
                "the boxes cover their samples whole: nothing outside tells what they hold; draw smaller ones".into(),
            ));
        }
        let positives = places.len();
        let mut drawn = index::sample(rng, outside.len(), positives.min(outside.len())).into_vec();
        drawn.sort_unstable();
        places.extend(drawn.into_iter().map(|i| outside[i]));
        let x = Array2::from_shape_fn((places.len(), map.channels), |(row, channel)| {
            let (sample, cell) = places[row];
            f64::from(values[(sample * map.channels + channel) * plane + cell])
        });
        Ok(Positions {
            x,
            inside: (0..places.len()).map(|i| i < positives).collect(),
            sample: places.into_iter().map(|(sample, _)| sample).collect(),
        })
    }

    /// Positions inside the boxes, and all.
    pub fn counts(&self) -> (usize, usize) {
        let inside = self.inside.iter().filter(|i| **i).count();
        (inside, self.inside.len())
    }

    /// Weights from all positions.
    ///
    /// # Errors
    /// [`ExploreError::Fit`] where the solver fails.
    pub fn fit(&self) -> Result<Weights, ExploreError> {
        let all: Vec<usize> = (0..self.inside.len()).collect();
        self.fit_rows(&all)
    }

    /// The share of positions told rightly by weights that saw no position of their sample; `None` where there are too few
    /// samples for that.
    ///
    /// # Errors
    /// As [`Positions::fit`].
    pub fn cross_validated(&self) -> Result<Option<f64>, ExploreError> {
        let (mut right, mut all) = (0, 0);
        for fold in 0..FOLDS {
            let held = |row: &usize| self.sample[*row] % FOLDS == fold;
            let (test, train): (Vec<usize>, Vec<usize>) = (0..self.inside.len()).partition(held);
            let both = |rows: &[usize]| {
                let first = rows.first().map(|&r| self.inside[r]);
                rows.iter().any(|&r| Some(self.inside[r]) != first)
            };
            if test.is_empty() || !both(&train) {
                continue;
            }
            let weights = self.fit_rows(&train)?;
            let told = |&row: &usize| {
                let row_x = self.x.row(row);
                let products = row_x.iter().zip(&weights.maps).map(|(x, w)| x * w);
                (products.sum::<f64>() + weights.intercept > 0.0) == self.inside[row]
            };
            right += test.iter().filter(|row| told(row)).count();
            all += test.len();
        }
        Ok((all > 0).then(|| right as f64 / all as f64))
    }

    fn fit_rows(&self, rows: &[usize]) -> Result<Weights, ExploreError> {
        let y: Array1<bool> = rows.iter().map(|&r| self.inside[r]).collect();
        let data = Dataset::new(self.x.select(Axis(0), rows), y);
        let fitted = LogisticRegression::default()
            .alpha(PENALTY)
            .max_iterations(STEPS)
            .gradient_tolerance(GRADIENT)
            .fit(&data)
            .map_err(|e| ExploreError::Fit(format!("the logistic regression failed: {e}")))?;
        // The crate calls the more frequent class the positive one.
        let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
        Ok(Weights {
            maps: fitted.params().iter().map(|w| sign * w).collect(),
            intercept: sign * fitted.intercept(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    const MAP: Map = Map {
        channels: 3,
        height: 4,
        width: 4,
    };

    #[test]
    fn cells_are_those_whose_centre_is_in_the_box() {
        let at = |four: [usize; 4]| cells(&four.into(), MAP, (64, 64));
        assert_eq!(at([0, 0, 16, 16]), [(0, 0)]);
        assert_eq!(at([7, 40, 25, 41]), [(2, 0), (2, 1)]);
        assert_eq!(at([9, 40, 24, 41]), [(2, 1)], "a box between centres");
        assert_eq!(at([60, 60, 64, 64]), [(3, 3)]);
        assert_eq!(at([0, 0, 64, 64]).len(), 16);
    }

    /// Twelve samples where map 0 lights up in the box, map 1 outside of it, map 2 anywhere.
    fn made() -> (Vec<f32>, Vec<[Rect; 1]>) {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut values = Vec::new();
        let mut boxes = Vec::new();
        for i in 0..12 {
            let rect = Rect::from([16 * (i % 3), 16, 16 * (i % 3) + 32, 48]);
            let inside = cells(&rect, MAP, (64, 64));
            for channel in 0..3 {
                for cell in 0..16 {
                    let lit = match channel {
                        0 => inside.contains(&(cell / 4, cell % 4)),
                        1 => !inside.contains(&(cell / 4, cell % 4)),
                        _ => rng.random_bool(0.5),
                    };
                    values.push(if lit {
                        rng.random_range(0.5..1.5)
                    } else {
                        rng.random_range(0.0..0.7)
                    });
                }
            }
            boxes.push([rect]);
        }
        (values, boxes)
    }

    #[test]
    fn the_map_of_the_concept_weighs_most() {
        let (values, boxes) = made();
        let boxes: Vec<&[Rect]> = boxes.iter().map(|b| b.as_slice()).collect();
        let rng = &mut ChaCha8Rng::seed_from_u64(2);
        let positions = Positions::new(&values, MAP, &boxes, (64, 64), rng).unwrap();
        assert_eq!(positions.counts(), (48, 96));
        let weights = positions.fit().unwrap().maps;
        assert!(weights[0] > 1.0 && weights[1] < -1.0, "{weights:?}");
        assert!(weights[2].abs() < 0.5 * weights[0], "{weights:?}");
        assert!(positions.cross_validated().unwrap().unwrap() > 0.9);
    }

    #[test]
    fn the_fit_is_where_the_penalised_loss_is_flat() {
        let (values, boxes) = made();
        let boxes: Vec<&[Rect]> = boxes.iter().map(|b| b.as_slice()).collect();
        let rng = &mut ChaCha8Rng::seed_from_u64(2);
        let p = Positions::new(&values, MAP, &boxes, (64, 64), rng).unwrap();
        let Weights { maps, intercept } = p.fit().unwrap();
        let mut gradient = [PENALTY * maps[0], PENALTY * maps[1], PENALTY * maps[2], 0.0];
        for (row, inside) in p.x.outer_iter().zip(&p.inside) {
            let y = if *inside { 1.0 } else { -1.0 };
            let margin = row.iter().zip(&maps).map(|(x, w)| x * w).sum::<f64>() + intercept;
            let slope = -y / (1.0 + (y * margin).exp());
            (0..3).for_each(|i| gradient[i] += slope * row[i]);
            gradient[3] += slope;
        }
        assert!(gradient.iter().all(|g| g.abs() < 1e-3), "{gradient:?}");
    }

    #[test]
    fn boxes_over_everything_are_refused() {
        let rect = [Rect::from([0, 0, 64, 64])];
        let rng = &mut ChaCha8Rng::seed_from_u64(2);
        assert!(Positions::new(&[0.0; 48], MAP, &[&rect], (64, 64), rng).is_err());
    }
}
