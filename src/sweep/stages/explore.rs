//! The figures of a spec's `explore` section.

use std::time::Instant;

use super::{Inputs, Stage};
use crate::explore::{Chooser, ExploreError, Net, Request, requests};
use crate::nn::NnError;
use crate::spec::Spec;
use crate::sweep::SweepError;
use crate::sweep::fingerprints::Source;
use crate::sweep::preflight::{Sets, exists};
use crate::sweep::trial_context::TrialContext;
use crate::track::figures::FigureRecord;
use crate::track::protocol;
use crate::track::run::{self, RunFolder};

pub(super) struct Explore;

impl Stage for Explore {
    const NAME: &'static str = "explore";
    const VERSION: u32 = 1 + protocol::FIGURE;
    type Wanted<'s> = Request;
    type Record = FigureRecord;

    fn wanted(spec: &Spec) -> Result<Vec<Request>, SweepError> {
        Ok(requests(&spec.explore)?)
    }

    fn reads<'s>(wanted: &Request, _: &'s Spec) -> Inputs<'s> {
        let data = wanted.data().map(|name| Source::set(name.to_string()));
        let files = wanted.files().into_iter();
        Inputs {
            spec: wanted.to_json(),
            contents: data
                .into_iter()
                .chain(files.map(|(_, file)| Source::File(file)))
                .collect(),
        }
    }

    /// Refuse files and nets that are not there; say beforehand which figures these data do not have.
    fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
        for (i, one) in requests(&spec.explore)?.iter().enumerate() {
            let key = format!("explore.{i}");
            for (option, file) in one.files() {
                exists(&format!("{key}.{option}"), &file)?;
            }
            let wanted = one.classes();
            if wanted.is_empty() && !one.reads_images() {
                continue;
            }
            let (name, split) = match one.data() {
                Some(name) if name != spec.data.train => (name, "train"),
                _ => (spec.data.train.as_str(), spec.data.split.as_str()),
            };
            let split = one.split().unwrap_or(split);
            let set = sets.split(&format!("{key}.data"), name, split)?;
            let missing = wanted
                .iter()
                .find(|class| !set.classes.iter().any(|c| c == *class));
            if let Some(class) = missing {
                sets.note(&format!(
                    "figure `{}` will be left out: `{}` has no class `{class}`{}",
                    one.name(),
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

    /// Draws the figure, or says why these nets or data have none.
    fn find(trial: &mut TrialContext, wanted: &Request) -> Result<FigureRecord, SweepError> {
        let (context, folder) = (trial.context, trial.folder);
        let started = Instant::now();
        let net = Net::open(folder.root())?;
        let mut chooser = Chooser::new(&context.store, context.cards, context.progress);
        let left_out = match wanted.draw(&net, &folder.path("figures"), &mut chooser) {
            Ok(_) => None,
            Err(e) if unfit(&e) => Some(e.to_string()),
            Err(e) => return Err(e.into()),
        };
        if let Some(why) = &left_out {
            let line = format!("figure `{}` is left out: {why}", wanted.name());
            context.progress.note(&line);
            folder.note(&line);
        }
        Ok(FigureRecord {
            protocol: protocol::FIGURE,
            figure: wanted.figure().to_string(),
            title: Some(wanted.title().to_string()),
            name: wanted.name().to_string(),
            left_out,
            seconds: started.elapsed().as_secs_f64(),
        })
    }

    /// A figure that somebody deleted is drawn again.
    fn stands(record: &FigureRecord, folder: &RunFolder) -> bool {
        record.left_out.is_some()
            || folder
                .path(&format!("figures/{}.png", record.name))
                .exists()
    }

    fn gather(folder: &RunFolder, records: &[FigureRecord]) -> Result<(), SweepError> {
        Ok(run::write_json(&folder.path("figures.json"), &records)?)
    }
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
