//! Section 4: Adam's learning rate and momentum against the usual ones.

use serde_json::Value;

use super::all::Asked;
use super::contrast::{self, Contrast, contrasts, difference};
use super::outcome::{Number, Outcome};
use super::rules;
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::report::findings::{Verdict, gain};
use crate::report::groups::{Estimate, mean_of};
use crate::report::oscillation::oscillation;

const LR: &str = "train.adam.lr";
const BETA1: &str = "train.adam.beta1";
/// A history is cut into so many stretches of equal length, each measured alone: together they give an interval.
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

/// beta1 0.5 against 0.9 or more: how far the losses swing about their trend, both nets' together, or that only the
/// higher momentum diverges.
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
    let of = |arm: &[&Trial], which: fn(Swing) -> f64| -> Option<Estimate> {
        let all: Vec<f64> = arm.iter().flat_map(|t| stretches(t)).map(which).collect();
        mean_of(&all)
    };
    let sum: fn(Swing) -> f64 = |s| s.d + s.g;
    let over = gain(of(&pair.other, sum)?, of(&pair.paper, sum)?);
    let mut numbers = Vec::new();
    for (name, arm) in [(&paper, &pair.paper), (&other, &pair.other)] {
        numbers.push(Number::plain(
            format!("D's swing, {name}"),
            of(arm, |s| s.d)?,
        ));
        numbers.push(Number::plain(
            format!("G's swing, {name}"),
            of(arm, |s| s.g)?,
        ));
    }
    if let Some(probed) = pair.probed() {
        numbers.push(Number::percent(format!("accuracy, {paper}"), probed.first));
        numbers.push(Number::percent(format!("accuracy, {other}"), probed.second));
    }
    Some(Outcome {
        held: over.verdict() == Verdict::Better,
        sentence: format!(
            "With {other} the losses' swing about their trend (standard deviation of the logarithm, D's and G's together, over quarters of the training) is {}.",
            difference(over, &format!("with {paper}"), "", |x| format!("{x:.3}")),
        ),
        numbers,
        seeds: pair.seeds(),
        scale: pair.scale(),
        experiment: pair.experiment.name.clone(),
    })
}

/// How far the logarithms of both losses swing.
#[derive(Clone, Copy)]
struct Swing {
    d: f64,
    g: f64,
}

/// The swings in each stretch of a training but its first tenth, in which every loss falls.
fn stretches(trial: &Trial) -> Vec<Swing> {
    let history = &trial.history;
    let settled = history
        .get(history.len().div_ceil(10)..)
        .unwrap_or_default();
    let length = settled.len().div_ceil(STRETCHES).max(1);
    let swing = |part| {
        oscillation(part).map(|o| Swing {
            d: o.loss_d,
            g: o.loss_g,
        })
    };
    settled.chunks(length).filter_map(swing).collect()
}
