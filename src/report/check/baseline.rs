//! The baseline file: what an experiment's metrics should be, and how far they may lie from it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;

use crate::report::ReportError;
use crate::spec::load;
use crate::track::{atomic, protocol};

/// `results/baselines/<experiment>.yaml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    pub experiment: String,
    /// The profile that was measured; a run of another is not compared.
    #[serde(default)]
    pub profile: Option<String>,
    /// `cpu` or `cuda`, where it was measured; the tolerances cover the difference.
    pub device: String,
    /// The version of the training that was measured, and of the protocol of its probes.
    #[serde(default = "protocol::unnumbered")]
    pub training: u32,
    #[serde(default = "protocol::unnumbered")]
    pub protocol: u32,
    pub metrics: BTreeMap<String, Expected>,
}

/// What one metric should be.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub value: f64,
    /// Absolute; a difference up to it is none.
    pub tolerance: f64,
    pub direction: Direction,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Higher,
    Lower,
    /// Neither: any difference beyond the tolerance is a regression, as for a control that should not move.
    Either,
}

impl Direction {
    /// The word in the file.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Higher => "higher",
            Direction::Lower => "lower",
            Direction::Either => "either",
        }
    }
}

impl Baseline {
    /// Read a baseline.
    ///
    /// # Errors
    /// [`ReportError::Yaml`] with line and column.
    pub fn read(path: &Path) -> Result<Baseline, ReportError> {
        let baseline: Baseline = load::file(path)?;
        Ok(baseline)
    }

    /// Write it, in an order that makes small diffs.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), ReportError> {
        Ok(atomic::write(path, self.text().as_bytes())?)
    }

    fn text(&self) -> String {
        let mut out = format!(
            "# What `dcgan check` holds the results of this experiment to; `--accept` writes new values here and keeps\n\
             # the tolerances (absolute) and directions (higher, lower, either) that stand in it.\n\
             experiment: {}\n",
            quoted(&self.experiment)
        );
        // Writing to a String cannot fail.
        if let Some(profile) = &self.profile {
            let _ = writeln!(out, "profile: {}", quoted(profile));
        }
        let _ = writeln!(
            out,
            "device: {}\ntraining: {}\nprotocol: {}\nmetrics:",
            quoted(&self.device),
            self.training,
            self.protocol
        );
        if self.metrics.is_empty() {
            out.truncate(out.len() - 1);
            out += " {}\n";
        }
        for (name, e) in &self.metrics {
            let _ = writeln!(
                out,
                "  {}: {{value: {:?}, tolerance: {:?}, direction: {}}}",
                quoted(name),
                e.value,
                e.tolerance,
                e.direction.name()
            );
        }
        out
    }
}

/// Plain where YAML reads it back as the same text, else in double quotes (JSON's are YAML's).
fn quoted(text: &str) -> String {
    let plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str());
    if plain {
        text.to_string()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("b.yaml");
        let expected = |value, tolerance, direction| Expected {
            value,
            tolerance,
            direction,
        };
        let mut baseline = Baseline {
            experiment: "cifar".into(),
            profile: Some("true".into()),
            device: "cpu".into(),
            training: 2,
            protocol: 3,
            metrics: [
                (
                    "probe.cifar10.all.accuracy".to_string(),
                    expected(0.5, 0.01, Direction::Higher),
                ),
                (
                    "loss: \"d\" @ adam.beta1=0.9".to_string(),
                    expected(1e-7, 1.0, Direction::Lower),
                ),
            ]
            .into(),
        };
        baseline.write(&path).unwrap();
        assert_eq!(Baseline::read(&path).unwrap(), baseline);
        baseline.metrics.clear();
        baseline.profile = None;
        baseline.write(&path).unwrap();
        assert_eq!(Baseline::read(&path).unwrap(), baseline);
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("b.yaml");
        let text = "experiment: x\ndevice: cpu\nmetrics:\n  a: {value: 1, tolerence: 1, direction: higher}\n";
        std::fs::write(&path, text).unwrap();
        let e = Baseline::read(&path).unwrap_err().to_string();
        assert!(
            e.contains("b.yaml:4:") && e.contains("did you mean `tolerance`"),
            "{e}"
        );
    }
}
