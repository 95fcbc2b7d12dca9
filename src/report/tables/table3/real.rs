//! The paper's row "real data" does not say which images it used: which subset of ours gives the number it prints.

use super::rows::records;
use crate::report::collect::Experiment;
use crate::report::published::PublishedTable;
use crate::report::words;
use crate::track::nearest::Subset;

/// Which of our subsets of real images give what the paper printed for real data, in a sentence.
pub(super) fn real_data(
    experiment: &Experiment,
    data: &str,
    paper: &PublishedTable,
) -> Option<String> {
    let printed = paper.rows.iter().find(|r| r.model == "real data")?;
    let printed = printed.cells.values().next()?.value;
    let (_, record) = records(experiment).find(|(_, r)| r.data == data && !r.real.is_empty())?;
    let name = |row: &crate::track::nearest::RealRow| {
        let (error, _) = record.real_share(row);
        let n = words::thousands(row.images as u64);
        let which = match row.subset {
            Subset::All => format!("all {n}"),
            Subset::First => format!("the first {n}"),
            Subset::Last => format!("the last {n}"),
            Subset::Random => format!("{n} at random, on average"),
        };
        format!("{which} ({})", words::hundredths(error))
    };
    // As many digits as the paper prints.
    let same = |error: f64| words::percent(error) == words::percent(printed);
    let (hit, missed): (Vec<_>, Vec<_>) = record
        .real
        .iter()
        .partition(|r| same(record.real_share(r).0));
    let list = |rows: Vec<&_>| words::list(&rows.into_iter().map(name).collect::<Vec<_>>());
    let printed = words::percent(printed);
    Some(match (hit.is_empty(), missed.is_empty()) {
        (true, _) => format!(
            "The paper prints {printed} for real data and does not say which; none of ours gives it: {}.",
            list(missed)
        ),
        (false, true) => format!(
            "The paper prints {printed} for real data and does not say which; so do {}.",
            list(hit)
        ),
        (false, false) => format!(
            "The paper prints {printed} for real data and does not say which: {} give it, and not {}.",
            list(hit),
            list(missed)
        ),
    })
}
