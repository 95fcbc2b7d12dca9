//! Section 3's rules for stable nets: trials that give one rule up, against the same net that keeps it.

use serde_json::Value;

use super::contrast::{self, Contrast, contrasts};
use super::evidence::Asked;
use super::outcome::{Number, Outcome};
use crate::report::ReportError;
use crate::report::groups::Estimate;
use crate::report::words;

/// A rule of the paper as a key of a spec.
pub struct Rule {
    /// The key that leaves the rule; an arm that does not write it follows the paper.
    pub key: &'static str,
    /// The value that follows the paper, where it is written.
    pub paper: &'static str,
    /// What the paper's arm has, for sentences.
    pub with: &'static str,
}

/// Batch norm against none.
pub const NORM: Rule = Rule {
    key: "model.norm",
    paper: "batch",
    with: "with batch normalisation",
};

/// Strided convolutions against pooling and unpooling.
pub const RESAMPLING: Rule = Rule {
    key: "model.resampling",
    paper: "strided",
    with: "with strided convolutions",
};

/// ReLU and LeakyReLU against other activations.
pub const ACTIVATION: Rule = Rule {
    key: "model.activation",
    paper: "paper",
    with: "with ReLU and LeakyReLU",
};

/// No hidden layer that is fully connected against one.
pub const HIDDEN: Rule = Rule {
    key: "model.hidden",
    paper: "0",
    with: "without a hidden layer",
};

/// The rule helps where its arm's features beat the other arm's by more than the interval, or where the other arm alone fails.
pub fn outcomes(rule: &Rule, asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let written = |v: &Value| match v {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let follows = |v: Option<&Value>| v.is_none_or(|v| v.is_null() || written(v) == rule.paper);
    let pairs = contrasts(asked.evidence, rule.key, follows, |_| true)?;
    let name = rule.key.rsplit('.').next().unwrap_or(rule.key);
    Ok(pairs
        .iter()
        .filter_map(|pair| {
            let other = format!("with {name} {}", pair.value);
            decided(pair, rule.with, &other, asked)
        })
        .collect())
}

/// One pair of arms by their probes and by what became of them; `None` where neither says anything.
pub(super) fn decided(pair: &Contrast, paper: &str, other: &str, asked: &Asked) -> Option<Outcome> {
    let outcome = |held, sentence, numbers, protocol| Outcome {
        held,
        sentence,
        numbers,
        seeds: pair.seeds(),
        scale: pair.scale(),
        training: pair.training,
        protocol,
        experiment: pair.experiment.name.clone(),
    };
    let share = |arm: &[_]| {
        let failed = contrast::failed(arm) as f64 / arm.len().max(1) as f64;
        Estimate::normal(failed, None)
    };
    let failures = vec![
        Number::percent(format!("failed {paper}"), share(&pair.paper)),
        Number::percent(format!("failed {other}"), share(&pair.other)),
    ];
    let (a, b) = (contrast::failed(&pair.paper), contrast::failed(&pair.other));
    if a == pair.paper.len() {
        let sentence = format!("Every trial {paper} failed: the other way.");
        return Some(outcome(false, sentence, failures, None));
    }
    if b == pair.other.len() {
        let count = match b {
            1 => "The trial".to_string(),
            n => format!("Each of {n} trials"),
        };
        let sentence = format!("{count} {other} diverged or failed, which none {paper} did.");
        let held = a == 0;
        let sentence = match held {
            true => sentence,
            false => format!("Each trial {other} failed, and {a} {paper} did as well."),
        };
        return Some(outcome(held, sentence, failures, None));
    }
    let probed = pair.probed()?;
    let alone = match pair.seeds().len() {
        1 => " One seed: the interval knows the draws of labels, not how training varies.",
        _ => "",
    };
    let sentence = format!(
        "The features' accuracy on {} {paper} is {}.{alone}",
        probed.protocol(asked.published),
        contrast::difference(probed.gain, other, " points", words::points),
    );
    let numbers = vec![
        Number::percent(paper, probed.first),
        Number::percent(other, probed.second),
    ];
    let protocol = Some(probed.version);
    Some(outcome(probed.better(), sentence, numbers, protocol))
}
