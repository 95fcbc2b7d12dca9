//! A concept as a direction: the linear probe of section 5 (an L2-SVM on D's pooled features) that tells one class of labelled
//! images from another. It scores G's samples, so that a person need not look through hundreds.

use half::f16;
use ndarray::Array2;
use rand::RngCore;
use rand::seq::index;

use super::statistics::with_statistics;
use super::{ExploreError, Net};
use crate::data::{Dataset, Images};
use crate::nn::Discriminator;
use crate::probe::svm::{Bias, Fitter, Targets, Weights};
use crate::probe::{Labelled, ProbeError, ProbeSettings, by_class, features, probe};
use crate::spec::load;
use crate::track::Streams;
use crate::track::progress::Progress;

/// Images of either side that it is fitted on, at most: a thousand rows are solved on their Gram matrix in a second.
const MOST: usize = 500;
/// The share of the images, and at most so many of either side, that judge the probe and have no other part in it.
const TEST: (usize, usize) = (5, 250);
/// The duality gap of the fit, relative to the objective: the order of samples does not see it.
const TOLERANCE: f64 = 1e-3;

/// A fitted probe.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What the features come from, with the statistics that the probe was fitted with.
    discriminator: Discriminator,
    weights: Weights,
    /// Share of the images held out that it tells rightly; half of them are of either side, so guessing has 0.5.
    pub accuracy: f64,
    /// Images held out.
    pub tested: usize,
    /// The weight of the loss that validation chose.
    pub c: f64,
}

impl Probe {
    /// Tell `concept` from the class `against`, or from all others where there is none: as many images of either side.
    ///
    /// # Errors
    /// [`ExploreError::NoLabels`], [`ExploreError::NoClass`], [`ExploreError::Probe`] for too few images or the user's wish
    /// to stop.
    pub fn fit(
        net: &Net,
        data: &Dataset,
        concept: &str,
        against: Option<&str>,
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<Probe, ExploreError> {
        let Some(labels) = &data.labels else {
            return Err(ExploreError::NoLabels {
                name: data.name.clone(),
                split: data.split.clone(),
            });
        };
        let class = |name: &str| {
            let found = data.classes.iter().position(|c| c == name);
            found.ok_or_else(|| ExploreError::NoClass {
                class: name.to_string(),
                name: data.name.clone(),
                nearest: load::nearest(name, &data.classes),
                known: data.classes.clone(),
            })
        };
        let (concept, against) = (class(concept)?, against.map(class).transpose()?);
        let side = |l: &u8| match usize::from(*l) {
            l if l == concept => 0,
            l if against.is_none_or(|a| a == l) => 1,
            _ => 2,
        };
        let sides: Vec<u8> = labels.iter().map(side).collect();
        let all = by_class(&sides, 3);
        let few = all[0].len().min(all[1].len());
        let test = (few / TEST.0).clamp(1, TEST.1);
        let train = few.saturating_sub(test).min(MOST);
        let mut rng = Streams::new(seed).stream("explore.concept");
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for (side, own) in all[..2].iter().enumerate() {
            let drawn = index::sample(&mut rng, own.len(), (train + test).min(few));
            rows.extend(drawn.into_iter().map(|i| own[i]));
            labels.resize(rows.len(), side as u8);
        }
        let images = data.images.subset(&rows)?;
        let d = with_statistics(net, &images, progress)?;
        let x = of(&d, &images, "features of the labelled images", progress)?;
        // Of either side the first are tested, the others fitted.
        let half = rows.len() / 2;
        let (tested, fitted): (Vec<usize>, Vec<usize>) =
            (0..rows.len()).partition(|row| row % half.max(1) < test);
        let part = |rows: &[usize]| {
            let labels: Vec<u8> = rows.iter().map(|&r| labels[r]).collect();
            (x.select(ndarray::Axis(0), rows), labels)
        };
        let ((x_train, y_train), (x_test, y_test)) = (part(&fitted), part(&tested));
        let settings = ProbeSettings::default();
        let found = probe(
            Labelled {
                features: x_train.view().into(),
                labels: &y_train,
            },
            Labelled {
                features: x_test.view().into(),
                labels: &y_test,
            },
            2,
            &settings,
            rng.next_u64(),
            progress,
        )?;
        let targets = Targets {
            labels: y_train.iter().map(|&l| u32::from(l)).collect(),
            counts: vec![true; y_train.len()],
            classes: 2,
        };
        let bias = Bias::Regularised(1.0);
        let fitted = Fitter::new(x_train.view(), targets, bias, TOLERANCE, settings.solver)
            .and_then(|mut fitter| fitter.solve(found.choice.c, None));
        Ok(Probe {
            discriminator: d,
            weights: fitted.map_err(ProbeError::from)?.weights,
            accuracy: found.accuracy(),
            tested: y_test.len(),
            c: found.choice.c,
        })
    }

    /// How far each image is on the concept's side: the margin, 0 at the border.
    ///
    /// # Errors
    /// [`ExploreError::Probe`] where the user stopped it; of the net.
    pub fn scores(
        &self,
        images: &Images,
        progress: &dyn Progress,
    ) -> Result<Vec<f32>, ExploreError> {
        let x = of(
            &self.discriminator,
            images,
            "features of the samples",
            progress,
        )?;
        let margins = self.weights.margins(x.view()).map_err(ProbeError::from)?;
        Ok(margins.column(0).to_vec())
    }
}

fn of(
    d: &Discriminator,
    images: &Images,
    what: &str,
    progress: &dyn Progress,
) -> Result<Array2<f16>, ExploreError> {
    let device = candle_core::Device::Cpu;
    Ok(features::extract(d, images, &device, what, progress)?)
}
