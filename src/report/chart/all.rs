//! Every chart of a report, in its order.

use super::canvas::{Rendered, render};
use super::kinds::{ACCURACY, GRADIENTS, Kind, LOSS, THROUGHPUT};
use super::{accuracy, curves, filters, nearest};
use crate::report::ReportError;
use crate::report::collect::Experiment;
use crate::report::published::Published;

/// A chart that has something to show draws itself; one without data is left out.
type Draw = fn(&Experiment, &Published) -> Result<Option<Rendered>, ReportError>;

/// Every chart, in the order of the page.
const CHARTS: &[Draw] = &[
    accuracy::chart,
    nearest::chart,
    |experiment, _| curve(experiment, &LOSS),
    |experiment, _| curve(experiment, &ACCURACY),
    |experiment, _| curve(experiment, &GRADIENTS),
    filters::chart,
    |experiment, _| curve(experiment, &THROUGHPUT),
];

/// Draw every chart that this experiment has data for.
///
/// # Errors
/// [`ReportError::Chart`].
pub fn charts(
    experiment: &Experiment,
    published: &Published,
) -> Result<Vec<Rendered>, ReportError> {
    let mut drawn = Vec::new();
    for draw in CHARTS {
        drawn.extend(draw(experiment, published)?);
    }
    Ok(drawn)
}

fn curve(experiment: &Experiment, kind: &Kind) -> Result<Option<Rendered>, ReportError> {
    match curves::Curves::new(experiment, kind) {
        Some(chart) => {
            let caption = format!("{}{}", kind.caption, chart.smoothing());
            render(kind.id, kind.title.to_string(), caption, &chart).map(Some)
        }
        None => Ok(None),
    }
}
