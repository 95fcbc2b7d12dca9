//! Errors that end a sweep.

use std::path::PathBuf;

use super::stages::quality::QualityStageError;
use crate::data::{DataError, ImagesError};
use crate::explore::ExploreError;
use crate::nn::NnError;
use crate::nn::inception::InceptionError;
use crate::nn::released::ReleasedError;
use crate::nn::torch::TorchError;
use crate::probe::nearest::NearestError;
use crate::probe::quality::QualityError;
use crate::probe::{FeatureError, ProbeError};
use crate::spec::SpecError;
use crate::track::atomic::WriteError;
use crate::track::history::HistoryError;
use crate::track::progress::Stopped;
use crate::track::run::RunError;
use crate::train::TrainError;

/// Why a sweep could not go on. A trial that diverges is no such reason: it is recorded and the sweep goes on.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error("{0}")]
    Stopped(#[from] Stopped),
    #[error(transparent)]
    Spec(#[from] SpecError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Nn(#[from] NnError),
    #[error(transparent)]
    Weights(#[from] ReleasedError),
    #[error(transparent)]
    Torch(#[from] TorchError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Features(#[from] FeatureError),
    #[error(transparent)]
    Probe(#[from] ProbeError),
    #[error(transparent)]
    Quality(#[from] QualityError),
    #[error(transparent)]
    QualityStage(#[from] QualityStageError),
    #[error(transparent)]
    Inception(#[from] InceptionError),
    #[error(transparent)]
    Explore(Box<ExploreError>),
    #[error(transparent)]
    Images(#[from] ImagesError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("cannot start a trial's threads: {0}; ask for fewer with `--jobs` or `--threads`")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error("cannot read the released weights in `{}`: {source}", path.display())]
    Released {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("`model.torch`: cannot read `{}`: {source}", path.display())]
    Checkpoint {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A stage wants nets of the middle of a training that was over before anyone asked for them.
    #[error(
        "the nets after epoch {epoch} were not kept: `{}` is missing; delete the trial's folder to train it again with `train.keep`",
        path.display()
    )]
    NotKept { epoch: usize, path: PathBuf },
    #[error(
        "data set `{name}` has no labels in split `{split}`; a probe needs them: choose another `{key}`"
    )]
    NoLabels {
        name: String,
        split: String,
        /// The spec's key that names the data set.
        key: &'static str,
    },
    /// What training or a stage would refuse, found before.
    #[error("`{key}`: {source}")]
    Refused {
        /// The spec's key that asks for it.
        key: String,
        source: Box<SweepError>,
    },
    #[error("`{key}`: cannot read `{}`: {source}", path.display())]
    Missing {
        key: String,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Nearest(#[from] NearestError),
    #[error(
        "`nearest` needs a generator conditional on the {expected} classes of `{data}`, and this one knows {found}; \
         set `model.conditional: true` and train on that data set, or remove `nearest`"
    )]
    Classes {
        data: String,
        expected: usize,
        found: usize,
    },
}

/// The largest of the causes: boxed, it does not make every result large.
impl From<ExploreError> for SweepError {
    fn from(e: ExploreError) -> Self {
        SweepError::Explore(Box::new(e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::SvmError;
    use crate::track::progress::is_stop;

    #[test]
    fn a_stop_is_known_from_whichever_room_it_comes() {
        let stops: [SweepError; 6] = [
            Stopped.into(),
            DataError::from(Stopped).into(),
            ProbeError::from(SvmError::from(Stopped)).into(),
            TrainError::from(Stopped).into(),
            ExploreError::from(ProbeError::from(Stopped)).into(),
            ExploreError::from(DataError::from(Stopped)).into(),
        ];
        for stop in &stops {
            assert!(is_stop(stop), "{stop:?}");
            assert_eq!(stop.to_string(), Stopped.to_string());
        }
        let other: SweepError = TrainError::NoLabels.into();
        assert!(!is_stop(&other));
    }
}
