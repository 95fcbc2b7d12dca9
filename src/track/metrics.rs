//! The names under which results are compared: by a sweep that looks for its best trial, by the regression check.

use std::collections::BTreeMap;

use super::format::{Features, ProbeRecord};

/// The metric of a probe: `probe.<data>.<labels>.accuracy` for the trained net,
/// `probe.<data>.<labels>.untrained.accuracy`, `.pixels.accuracy` and `.kmeans.accuracy` for the controls.
///
/// `<labels>` is `all` or the number per class.
pub fn probe_name(probe: &ProbeRecord) -> String {
    let features = match probe.features {
        Features::Trained => "",
        Features::Untrained => ".untrained",
        Features::Pixels => ".pixels",
        Features::KMeans => ".kmeans",
    };
    format!("probe.{}.{}{features}.accuracy", probe.data, probe.labels)
}

/// Every metric of a trial's probes, accuracies from 0 to 1. Of two records of one name the later counts.
pub fn of_probes(probes: &[ProbeRecord]) -> BTreeMap<String, f64> {
    probes
        .iter()
        .map(|probe| (probe_name(probe), probe.accuracy))
        .collect()
}
