//! The table, a line as soon as it is measured, and what there is to say about it below.

use std::collections::BTreeMap;

use crate::child::Peer;
use crate::goals::Goal;
use crate::measure::Times;
use crate::memory::Bytes;
use crate::work::Unit;

const COLUMNS: [(&str, usize); 6] = [
    ("work", 58),
    ("ours", 21),
    ("theirs", 43),
    ("ratio", 6),
    ("lowest to highest", 17),
    ("asked / aim", 22),
];

/// Prints to standard output.
pub struct Table {
    markdown: bool,
    notes: Vec<String>,
    /// What was read, by which rows.
    inputs: BTreeMap<String, Vec<String>>,
}

impl Table {
    /// An empty table, as text in columns or as Markdown.
    pub fn new(markdown: bool) -> Self {
        Table {
            markdown,
            notes: Vec::new(),
            inputs: BTreeMap::new(),
        }
    }

    /// The machine, the versions and the columns' names.
    pub fn head(&mut self, machine: &str, peer: Option<&Peer>) {
        println!("{machine}");
        let dcgan = concat!("dcgan ", env!("CARGO_PKG_VERSION"));
        match peer {
            Some(peer) => println!("{dcgan}; {}\n", peer.hello),
            None => println!("{dcgan}; nobody beside it\n"),
        }
        self.line(&COLUMNS.map(|(name, _)| name.to_string()));
        if self.markdown {
            println!("{}", "|---".repeat(COLUMNS.len()) + "|");
        }
    }

    /// A row of times.
    pub fn row(&mut self, title: &str, goal: Goal, times: &Times) {
        let work = &times.work;
        let cell = |seconds: f64| match work.rate(seconds) {
            rate if rate.is_empty() => duration(seconds),
            rate => format!("{} ({rate})", duration(seconds)),
        };
        let ours = median(&times.ours);
        let mut cells = [
            title.into(),
            cell(ours),
            "-".into(),
            String::new(),
            String::new(),
            asked(goal),
        ];
        if let Some(theirs) = &times.theirs {
            let median = median(&theirs.seconds);
            let pairs = theirs.seconds.iter().zip(&times.ours).map(|(t, o)| t / o);
            let (low, high) = pairs.fold((f64::INFINITY, 0.0f64), |(l, h), r| (l.min(r), h.max(r)));
            cells[2] = format!("{}, {}", cell(median), theirs.variant);
            cells[3] = format!("{:.2}", median / ours);
            cells[4] = format!("{low:.2} to {high:.2}");
            if !theirs.others.is_empty() {
                let others = theirs
                    .others
                    .iter()
                    .map(|(v, s)| format!("{v} {}", duration(*s)));
                self.notes.push(format!(
                    "{title}: their other ways, least of three runs: {}",
                    others.collect::<Vec<_>>().join("; ")
                ));
            }
        }
        if let (Unit::Fit, Some(theirs)) = (work.unit, &times.theirs) {
            let (value, own) = theirs.values;
            let note = format!("{title}: objective {own:.4}, theirs {value:.4}");
            self.notes.push(note);
        }
        if let (Unit::Searched, Some(theirs)) = (work.unit, &times.theirs) {
            let (value, own) = theirs.values;
            let note = format!("{title}: {own} wrong answers, theirs {value}");
            self.notes.push(note);
        }
        if !work.input.is_empty() {
            let rows = self.inputs.entry(work.input.clone()).or_default();
            rows.push(title.to_string());
        }
        self.line(&cells);
    }

    /// A row of bytes, where less is better.
    pub fn memory(&mut self, title: &str, goal: Goal, bytes: &Bytes) {
        let mib = |b: u64| format!("{} MiB", b >> 20);
        let mut cells = [
            title.into(),
            mib(bytes.ours.above()),
            "-".into(),
            String::new(),
            String::new(),
            asked(goal),
        ];
        let whole = |r: crate::memory::Resident| {
            format!(
                "{} in all, of which {} before nets and images",
                mib(r.peak),
                mib(r.baseline)
            )
        };
        self.notes
            .push(format!("{title}: ours {}", whole(bytes.ours)));
        if let Some((variant, theirs)) = &bytes.theirs {
            cells[2] = format!("{}, {variant}", mib(theirs.above()));
            cells[3] = format!(
                "{:.2}",
                bytes.ours.above() as f64 / theirs.above().max(1) as f64
            );
            self.notes
                .push(format!("{title}: theirs {}", whole(*theirs)));
        }
        self.line(&cells);
    }

    /// A row that cannot be measured, and why.
    pub fn skipped(&mut self, title: &str, goal: Goal, why: &anyhow::Error) {
        let skipped = "skipped".to_string();
        self.line(&[
            title.into(),
            skipped,
            "-".into(),
            String::new(),
            String::new(),
            asked(goal),
        ]);
        self.notes.push(format!("{title}: skipped: {why:#}"));
    }

    /// What the rows left to say.
    pub fn notes(&self) {
        println!();
        for (input, rows) in &self.inputs {
            println!("- on {input}: {}", rows.join("; "));
        }
        for note in &self.notes {
            println!("- {note}");
        }
    }

    fn line(&self, cells: &[String; COLUMNS.len()]) {
        if self.markdown {
            println!("| {} |", cells.join(" | "));
            return;
        }
        let padded = cells
            .iter()
            .zip(COLUMNS)
            .map(|(cell, (_, width))| format!("{cell:width$}"));
        println!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
    }
}

fn asked(goal: Goal) -> String {
    match goal.least {
        "" => String::new(),
        least => format!("{least} / {}", goal.aim),
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

/// With three digits: `12.3 ms`.
fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "us"),
    };
    let digits = (2 - value.log10().floor() as i32).clamp(0, 2) as usize;
    format!("{value:.digits$} {unit}")
}
