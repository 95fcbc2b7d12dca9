//! The figures of a spec's `explore` section, each kept by what determines it.

use std::time::Instant;

use super::SweepError;
use super::preflight::{Sets, exists};
use super::prints::{Prints, Read};
use super::trial::Stage;
use super::work::Work;
use crate::data::DataError;
use crate::explore::{Chooser, ExploreError, Net, figure};
use crate::nn::NnError;
use crate::probe::ProbeError;
use crate::spec::{ExploreSpec, FigureSpec, Spec};
use crate::track::figures::FigureRecord;
use crate::track::protocol;
use crate::track::run::{self, RunFolder};
use crate::train::FINAL;

/// What results are kept under: raised with the protocol.
const VERSION: u32 = 1 + protocol::FIGURE;
const RECORD: &str = "figures.json";

/// Whether every figure that the spec asks for is there, or known to be none for these nets and data.
pub(super) fn done(folder: &RunFolder, spec: &Spec, prints: &Prints) -> Result<bool, SweepError> {
    let records = stored(folder)?;
    Ok(spec
        .explore
        .iter()
        .all(|s| found(folder, &records, s, prints).is_some()))
}

/// Refuse files and nets that are not there; say beforehand which figures these data do not have.
pub(super) fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
    for (i, one) in spec.explore.iter().enumerate() {
        let key = format!("explore.{i}");
        match &one.figure {
            FigureSpec::Drop { boxes, .. } => exists(&format!("{key}.boxes"), boxes)?,
            FigureSpec::Digits { beside, .. } => {
                for folder in beside {
                    exists(&format!("{key}.beside"), folder)?;
                }
            }
            _ => {}
        }
        let wanted = one.figure.classes();
        let reads = matches!(
            one.figure,
            FigureSpec::Guided { samples: false, .. } | FigureSpec::Digits { .. }
        );
        if wanted.is_empty() && !reads {
            continue;
        }
        let (name, split) = match &one.data {
            Some(name) if *name != spec.data.train => (name, "train"),
            _ => (&spec.data.train, spec.data.split.as_str()),
        };
        let split = one.split.as_deref().unwrap_or(split);
        let set = sets.split(&format!("{key}.data"), name, split)?;
        let missing = wanted
            .iter()
            .find(|class| !set.classes.iter().any(|c| c == *class));
        if let Some(class) = missing {
            sets.note(&format!(
                "figure `{}` will be left out: `{}` has no class `{class}`{}",
                one.name,
                set.name,
                match set.classes.as_slice() {
                    [] => ", and no labels".to_string(),
                    known => format!("; its classes are {}", known.join(", ")),
                }
            ));
        }
    }
    Ok(())
}

/// Draw what is missing; write `figures.json`.
pub(super) fn run(work: &mut Work) -> Result<Stage<()>, SweepError> {
    let (spec, context, folder) = (work.spec, work.context, work.folder);
    let prints = work.prints;
    if spec.explore.is_empty() {
        return Ok(Stage::Done(()));
    }
    let before = stored(folder)?;
    let mut chooser = Chooser::new(&context.store, context.cards, context.progress);
    let mut net = None;
    let mut records = Vec::with_capacity(spec.explore.len());
    for one in &spec.explore {
        if let Some(there) = found(folder, &before, one, prints) {
            records.push(there.clone());
            continue;
        }
        if context.progress.stop_requested() {
            return Ok(Stage::Stopped);
        }
        let started = Instant::now();
        let net = match &net {
            Some(net) => net,
            None => net.insert(Net::open(folder.root())?),
        };
        let drawn = figure(net, one, &folder.path("figures"), &mut chooser);
        let left_out = match drawn {
            Ok(_) => None,
            Err(
                ExploreError::Probe(ProbeError::Stopped) | ExploreError::Data(DataError::Stopped),
            ) => return Ok(Stage::Stopped),
            Err(e) => match unfit(&e) {
                true => Some(e.to_string()),
                false => return Err(e.into()),
            },
        };
        if let Some(why) = &left_out {
            let line = format!("figure `{}` is left out: {why}", one.name);
            context.progress.note(&line);
            folder.note(&line);
        }
        let seconds = started.elapsed().as_secs_f64();
        work.record.stage("explore", seconds, true);
        records.push(FigureRecord {
            protocol: protocol::FIGURE,
            key: key(one, prints),
            figure: one.figure.name().to_string(),
            name: one.name.clone(),
            left_out,
            seconds,
        });
        run::write_json(&folder.path(RECORD), &records)?;
    }
    run::write_json(&folder.path(RECORD), &records)?;
    folder.write_record(work.record)?;
    Ok(Stage::Done(()))
}

/// True where these nets or data have no such figure, which says nothing against the rest of the trial.
fn unfit(error: &ExploreError) -> bool {
    matches!(
        error,
        ExploreError::NoLabels { .. }
            | ExploreError::NoClass { .. }
            | ExploreError::NoData
            | ExploreError::Classes { .. }
            | ExploreError::Labels { .. }
            | ExploreError::Nn(NnError::OtherRules { .. })
            | ExploreError::NoGenerator { .. }
            | ExploreError::OtherBoxes { .. }
    )
}

fn stored(folder: &RunFolder) -> Result<Vec<FigureRecord>, SweepError> {
    Ok(folder.stored(&folder.path(RECORD))?.unwrap_or_default())
}

fn found<'r>(
    folder: &RunFolder,
    records: &'r [FigureRecord],
    spec: &ExploreSpec,
    prints: &Prints,
) -> Option<&'r FigureRecord> {
    let key = key(spec, prints);
    let found = records.iter().find(|r| r.key == key)?;
    let there = || folder.path(&format!("figures/{}.png", found.name)).exists();
    (found.left_out.is_some() || there()).then_some(found)
}

fn key(spec: &ExploreSpec, prints: &Prints) -> String {
    prints.key(serde_json::json!([VERSION, spec]), &reads(spec))
}

/// What the figure reads beside the trial's own nets and data.
pub(super) fn reads(spec: &ExploreSpec) -> Vec<Read<'_>> {
    let mut reads: Vec<Read> = spec.data.iter().map(|name| Read::Set(name)).collect();
    match &spec.figure {
        FigureSpec::Drop { boxes, .. } => reads.push(Read::File(boxes.clone())),
        FigureSpec::Digits { beside, .. } => {
            reads.extend(beside.iter().map(|net| Read::File(net.join(FINAL))));
        }
        _ => {}
    }
    reads
}
