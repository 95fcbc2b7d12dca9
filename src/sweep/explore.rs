//! The figures of a spec's `explore` section, each kept by what determines it.

use std::time::Instant;

use super::SweepError;
use super::prints::{Prints, Read};
use super::trial::Stage;
use super::work::Work;
use crate::data::DataError;
use crate::explore::{Chooser, ExploreError, Net, Request, requests};
use crate::nn::NnError;
use crate::probe::ProbeError;
use crate::spec::Spec;
use crate::track::figures::FigureRecord;
use crate::track::run::{self, RunFolder};

/// Raised when the same figure would be drawn otherwise than before.
const VERSION: u32 = 2;
const RECORD: &str = "figures.json";

/// Whether every figure that the spec asks for is there, or known to be none for these nets and data.
pub(super) fn done(folder: &RunFolder, spec: &Spec, prints: &Prints) -> Result<bool, SweepError> {
    let records = stored(folder)?;
    let wanted = requests(&spec.explore)?;
    Ok(wanted
        .iter()
        .all(|one| found(folder, &records, one, prints).is_some()))
}

/// Draw what is missing; write `figures.json`.
pub(super) fn run(work: &mut Work) -> Result<Stage<()>, SweepError> {
    let (spec, context, folder) = (work.spec, work.context, work.folder);
    let prints = work.prints;
    let wanted = requests(&spec.explore)?;
    if wanted.is_empty() {
        return Ok(Stage::Done(()));
    }
    let before = stored(folder)?;
    let mut chooser = Chooser::new(&context.store, context.cards, context.progress);
    let mut net = None;
    let mut records = Vec::with_capacity(wanted.len());
    for one in &wanted {
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
        let drawn = one.draw(net, &folder.path("figures"), &mut chooser);
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
            let line = format!("figure `{}` is left out: {why}", one.name());
            context.progress.note(&line);
            folder.note(&line);
        }
        let seconds = started.elapsed().as_secs_f64();
        work.record.stage("explore", seconds, true);
        records.push(FigureRecord {
            key: key(one, prints),
            figure: one.figure().to_string(),
            title: Some(one.title().to_string()),
            name: one.name().to_string(),
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
    Ok(run::read_json(&folder.path(RECORD))?.unwrap_or_default())
}

fn found<'r>(
    folder: &RunFolder,
    records: &'r [FigureRecord],
    request: &Request,
    prints: &Prints,
) -> Option<&'r FigureRecord> {
    let key = key(request, prints);
    let found = records.iter().find(|r| r.key == key)?;
    let there = || folder.path(&format!("figures/{}.png", found.name)).exists();
    (found.left_out.is_some() || there()).then_some(found)
}

fn key(request: &Request, prints: &Prints) -> String {
    let parts = serde_json::json!([VERSION, request.to_json()]);
    prints.key(parts, &reads(request))
}

/// What the figure reads beside the trial's own nets and data.
pub(super) fn reads(request: &Request) -> Vec<Read<'_>> {
    let data = request.data().map(Read::Set).into_iter();
    data.chain(request.files().into_iter().map(Read::File))
        .collect()
}
