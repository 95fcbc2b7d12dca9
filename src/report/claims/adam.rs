//! Section 4: Adam's learning rate and momentum against the usual ones.

use serde_json::Value;

use super::contrast::{self, Contrast, contrasts, difference};
use super::evidence::Asked;
use super::outcome::{Number, Outcome};
use super::rules;
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::report::gain::{GainVerdict, gain};
use crate::report::groups::{Estimate, mean_of};
use crate::report::oscillation::{Oscillation, oscillation};
use crate::track::protocol;

const LR: &str = "train.adam.lr";
const BETA1: &str = "train.adam.beta1";
/// A history is cut into so many stretches of equal length, each with a trend of its own.
const STRETCHES: usize = 4;

/// 0.0002 against 0.001 or more: the features' accuracy, or that only the higher rate diverges.
pub fn learning_rate(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let pairs = contrasts(
        asked.evidence,
        LR,
        |v| number(v) == Some(2e-4),
        |v| number(v).is_some_and(|lr| lr >= 1e-3),
    )?;
    let decided = pairs.iter().filter_map(|pair| {
        let other = format!("at learning rate {}", pair.value);
        rules::decided(pair, "at learning rate 0.0002", &other, asked)
    });
    Ok(decided.collect())
}

/// beta1 0.5 against 0.9 or more: how far each net's loss swings about its trend, or that only the higher momentum
/// diverges. Held where one of the two losses swings more and the other not less.
pub fn momentum(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let pairs = contrasts(
        asked.evidence,
        BETA1,
        |v| number(v) == Some(0.5),
        |v| number(v).is_some_and(|beta1| beta1 >= 0.9),
    )?;
    Ok(pairs
        .iter()
        .filter_map(|pair| swings(pair, asked))
        .collect())
}

fn number(value: Option<&Value>) -> Option<f64> {
    value.and_then(Value::as_f64)
}

fn swings(pair: &Contrast, asked: &Asked) -> Option<Outcome> {
    let (paper, other) = ("beta1 0.5".to_string(), format!("beta1 {}", pair.value));
    let (a, b) = (contrast::failed(&pair.paper), contrast::failed(&pair.other));
    if a == pair.paper.len() || b == pair.other.len() {
        return rules::decided(
            pair,
            &format!("with {paper}"),
            &format!("with {other}"),
            asked,
        );
    }
    let of = |arm: &[&Trial], which: fn(&Run) -> f64| -> Option<Estimate> {
        let all: Vec<f64> = arm
            .iter()
            .filter_map(|t| run(t))
            .map(|r| which(&r))
            .collect();
        mean_of(&all)
    };
    let (mut numbers, mut verdicts, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for (net, swing, loss) in NETS {
        let (with, without) = (of(&pair.other, swing)?, of(&pair.paper, swing)?);
        let over = gain(with, without);
        verdicts.push(over.verdict());
        let than = format!("with {paper}");
        let stands = difference(over, &than, "", |x| format!("{x:.3}"));
        said.push(format!("{net}'s is {stands}"));
        for (name, arm, found) in [(&paper, &pair.paper, without), (&other, &pair.other, with)] {
            numbers.push(Number::plain(format!("{net}'s swing, {name}"), found));
            numbers.push(Number::plain(
                format!("{net}'s loss, {name}"),
                of(arm, loss)?,
            ));
        }
    }
    if let Some(probed) = pair.probed() {
        numbers.push(Number::percent(format!("accuracy, {paper}"), probed.first));
        numbers.push(Number::percent(format!("accuracy, {other}"), probed.second));
    }
    Some(Outcome {
        held: verdicts.contains(&GainVerdict::Better) && !verdicts.contains(&GainVerdict::Worse),
        sentence: format!(
            "How far the losses swing about their trend (standard deviation of the logarithm, mean over quarters of the training) with {other}: {}.",
            said.join("; "),
        ),
        numbers,
        seeds: pair.seeds(),
        scale: pair.scale(),
        training: pair.training,
        protocol: Some(protocol::OSCILLATION),
        experiment: pair.experiment.name.clone(),
    })
}

/// A number of a training.
type Of = fn(&Run) -> f64;

/// Each net with its swing and its loss.
const NETS: [(&str, Of, Of); 2] = [
    ("D", |r| r.swing_d, |r| r.loss_d),
    ("G", |r| r.swing_g, |r| r.loss_g),
];

/// One training: how far the logarithms of the losses swing, and the median losses, without which a swing says little. A
/// loss of 0.02 belongs to a net that has won, however far its logarithm swings.
struct Run {
    swing_d: f64,
    swing_g: f64,
    loss_d: f64,
    loss_g: f64,
}

/// A training but its first tenth, in which every loss falls; swings are means over its stretches.
fn run(trial: &Trial) -> Option<Run> {
    let history = &trial.history;
    let settled = history.get(history.len().div_ceil(10)..)?;
    let length = settled.len().div_ceil(STRETCHES).max(1);
    let swings: Vec<_> = settled.chunks(length).filter_map(oscillation).collect();
    let mean =
        |of: fn(&Oscillation) -> f64| swings.iter().map(of).sum::<f64>() / swings.len() as f64;
    let median = |name: &str| {
        let mut values: Vec<f64> = settled
            .iter()
            .filter_map(|p| p.values.get(name).copied())
            .collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    (!swings.is_empty()).then_some(())?;
    Some(Run {
        swing_d: mean(|s| s.loss_d),
        swing_g: mean(|s| s.loss_g),
        loss_d: median("loss.d")?,
        loss_g: median("loss.g")?,
    })
}
