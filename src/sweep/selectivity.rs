//! How selective the last convolution's units are for classes, trained and untrained, from the features that the probes made.

use ndarray::s;

use super::SweepError;
use super::preflight::Sets;
use super::prints::{Prints, Read};
use super::trial::Stage;
use super::work::Work;
use crate::nn::Discriminator;
use crate::probe::{features, selectivity};
use crate::spec::{Features, Spec};
use crate::track::Streams;
use crate::track::protocol;
use crate::track::run::{self, RunFolder};
use crate::track::selectivity::{Selectivity, SelectivityRecord};

/// What results are kept under: raised with the protocol.
const VERSION: u32 = protocol::SELECTIVITY;
/// Images that count as a unit's strongest: one in a hundred of CIFAR-10's test images.
const STRONGEST: usize = 100;
/// Where fewer than this many times the strongest can be searched, most images would count.
const LEAST_SEARCHED: usize = 4;
const SPLIT: &str = "test";
const FILE: &str = "selectivity.json";

/// The data sets whose features are made of the trained and of the untrained net anyway.
fn wanted(spec: &Spec) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for probe in &spec.probe {
        if probe.controls.contains(&Features::Untrained) && !names.contains(&probe.data.as_str()) {
            names.push(&probe.data);
        }
    }
    names
}

fn key(spec: &Spec, prints: &Prints) -> String {
    let parts = serde_json::json!([VERSION, wanted(spec), STRONGEST, spec.seed, spec.data.size]);
    let reads: Vec<Read> = wanted(spec).into_iter().map(Read::Set).collect();
    prints.key(parts, &reads)
}

/// Whether the record stands.
pub(super) fn done(folder: &RunFolder, spec: &Spec, prints: &Prints) -> Result<bool, SweepError> {
    let record: Option<SelectivityRecord> = folder.stored(&folder.path(FILE))?;
    Ok(wanted(spec).is_empty() || record.is_some_and(|r| r.key == key(spec, prints)))
}

/// Nothing is refused: sets too small or without labels are passed over.
pub(super) fn check(_: &Spec, _: &mut Sets) -> Result<(), SweepError> {
    Ok(())
}

/// Measure what is missing; write `selectivity.json`.
pub(super) fn run(work: &mut Work) -> Result<Stage<()>, SweepError> {
    let (spec, nets, context, folder) = (work.spec, work.nets, work.context, work.folder);
    let prints = work.prints;
    if done(folder, spec, prints)? {
        return Ok(Stage::Done(()));
    }
    let Some(untrained) = work.untrained()? else {
        return Ok(Stage::Stopped);
    };
    let mut sets = Vec::new();
    for name in wanted(spec) {
        let test = work.open(name, SPLIT)?;
        let Some(labels) = &test.labels else {
            continue;
        };
        if labels.len() < LEAST_SEARCHED * STRONGEST {
            continue;
        }
        let of = |name: &str, net: &Discriminator| -> Result<Option<Vec<f64>>, SweepError> {
            let cache = folder.path("features");
            let (device, progress) = (&context.device, context.progress);
            let found = features::cached(&cache, name, net, &test, device, progress)?;
            Ok(found.map(|features| {
                let cells = features.ncols() / net.units().max(1);
                let last = net.last_units() * cells;
                selectivity::selectivity(
                    features.slice(s![.., features.ncols() - last..]),
                    cells,
                    labels,
                    test.classes.len(),
                    STRONGEST,
                    &mut Streams::new(spec.seed).stream("selectivity"),
                )
            }))
        };
        let (Some(trained), Some(untrained)) = (
            of("trained", &nets.discriminator)?,
            of("untrained", &untrained)?,
        ) else {
            return Ok(Stage::Stopped);
        };
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
    let record = SelectivityRecord {
        protocol: protocol::SELECTIVITY,
        key: key(spec, prints),
        sets,
    };
    run::write_json(&folder.path(FILE), &record)?;
    Ok(Stage::Done(()))
}
