//! How selective the last convolution's units are for classes, trained and untrained, from the features that the probes made.

use ndarray::s;

use super::stage::together;
use super::{Inputs, Stage};
use crate::nn::Discriminator;
use crate::probe::{features, selectivity};
use crate::spec::{Features, Spec};
use crate::sweep::SweepError;
use crate::sweep::fingerprints::Source;
use crate::sweep::preflight::Sets;
use crate::sweep::trial_context::TrialContext;
use crate::track::Streams;
use crate::track::protocol;
use crate::track::run::{self, RunFolder};
use crate::track::selectivity::{Selectivity, SelectivityRecord};

/// Images that count as a unit's strongest: one in a hundred of CIFAR-10's test images.
const STRONGEST: usize = 100;
/// Where fewer than this many times the strongest can be searched, most images would count.
const LEAST_SEARCHED: usize = 4;
const SPLIT: &str = "test";

pub(super) struct UnitSelectivity;

impl Stage for UnitSelectivity {
    const NAME: &'static str = "selectivity";
    const VERSION: u32 = protocol::SELECTIVITY;
    /// The data sets whose features are made of the trained and of the untrained net anyway.
    type Wanted<'s> = Vec<&'s str>;
    type Record = SelectivityRecord;

    fn wanted(spec: &Spec) -> Result<Vec<Vec<&str>>, SweepError> {
        let mut names: Vec<&str> = Vec::new();
        for probe in &spec.probe {
            if probe.controls.contains(&Features::Untrained)
                && !names.contains(&probe.data.as_str())
            {
                names.push(&probe.data);
            }
        }
        Ok(match names.is_empty() {
            true => Vec::new(),
            false => vec![names],
        })
    }

    fn reads<'s>(names: &Vec<&'s str>, spec: &'s Spec) -> Inputs<'s> {
        Inputs {
            spec: serde_json::json!([names, STRONGEST, spec.seed, spec.data.size]),
            contents: names.iter().map(|name| Source::set(*name)).collect(),
        }
    }

    /// Nothing is refused: sets too small or without labels are passed over.
    fn check(_: &Spec, _: &mut Sets) -> Result<(), SweepError> {
        Ok(())
    }

    fn find(trial: &mut TrialContext, names: &Vec<&str>) -> Result<SelectivityRecord, SweepError> {
        let (spec, nets, context, folder) = (trial.spec, trial.nets, trial.context, trial.folder);
        let untrained = trial.untrained()?;
        let mut sets = Vec::new();
        for &name in names {
            let test = trial.open(name, SPLIT)?;
            let Some(labels) = &test.labels else {
                continue;
            };
            if labels.len() < LEAST_SEARCHED * STRONGEST {
                continue;
            }
            let of = |name: &str, net: &Discriminator| -> Result<Vec<f64>, SweepError> {
                let cache = folder.path("features");
                let (device, progress) = (&context.device, context.progress);
                let features = features::cached(&cache, name, net, &test, device, progress)?;
                let cells = features.ncols() / net.units().max(1);
                let last = net.last_units() * cells;
                Ok(selectivity::selectivity(
                    features.slice(s![.., features.ncols() - last..]),
                    cells,
                    labels,
                    test.classes.len(),
                    STRONGEST,
                    &mut Streams::new(spec.seed).stream("selectivity"),
                ))
            };
            let trained = of("trained", &nets.discriminator)?;
            let untrained = of("untrained", &untrained)?;
            let mut rng = Streams::new(spec.seed).stream("selectivity.chance");
            let chance = selectivity::by_chance(
                labels,
                test.classes.len(),
                STRONGEST,
                trained.len(),
                &mut rng,
            );
            sets.push(Selectivity {
                data: name.to_string(),
                split: SPLIT.to_string(),
                images: labels.len(),
                classes: test.classes.len(),
                strongest: STRONGEST,
                trained,
                untrained,
                chance,
            });
        }
        Ok(SelectivityRecord {
            protocol: protocol::SELECTIVITY,
            sets,
        })
    }

    fn gather(folder: &RunFolder, records: &[SelectivityRecord]) -> Result<(), SweepError> {
        Ok(run::write_json(
            &together::<Self>(folder.root()),
            &records.first(),
        )?)
    }
}
