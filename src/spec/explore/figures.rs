//! Figures with every default filled in.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::spec::load;
use crate::spec::tree::{Node, Place};

/// Numbered samples of each seed.
pub const SAMPLES: usize = 10_000;

/// A figure with every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExploreSpec {
    /// The name of its files.
    pub name: String,
    /// Numbers the samples.
    pub seed: u64,
    /// Where labels or images to search come from; `None`: what the trial was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// `None`: the trial's split of its own data set, else `train`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    #[serde(flatten)]
    pub figure: FigureSpec,
}

/// Which figure, and its own options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "figure", rename_all = "lowercase")]
pub enum FigureSpec {
    /// Numbered samples, by number or by a score.
    Browse {
        from: usize,
        count: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Score>,
    },
    /// Figure 4.
    Interpolate {
        mode: Interpolation,
        at: Choice,
        steps: usize,
    },
    /// Figure 7.
    Arithmetic { terms: Vec<TermSpec> },
    /// Figure 8.
    Turn {
        left: Choice,
        right: Choice,
        /// The samples moved; `None`: the first `rows` of no side.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<Choice>,
        rows: usize,
        columns: usize,
        reach: f64,
    },
    /// Figure 5.
    Guided {
        /// Search the generator's samples in place of a data set.
        samples: bool,
        images: usize,
        features: usize,
        strongest: usize,
    },
    /// Figure 9.
    Digits {
        /// Images of each class.
        columns: usize,
        /// Nets shown between the real images and the trial's own: folders of trials.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        beside: Vec<PathBuf>,
    },
    /// Figure 6.
    Drop {
        boxes: PathBuf,
        concept: String,
        layer: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drop: Option<usize>,
        random: bool,
        show: usize,
        /// The samples shown; `None`: the first `show` without boxes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<Choice>,
    },
}

impl FigureSpec {
    /// As a spec names it.
    pub fn name(&self) -> &'static str {
        match self {
            FigureSpec::Browse { .. } => "browse",
            FigureSpec::Interpolate { .. } => "interpolate",
            FigureSpec::Arithmetic { .. } => "arithmetic",
            FigureSpec::Turn { .. } => "turn",
            FigureSpec::Guided { .. } => "guided",
            FigureSpec::Drop { .. } => "drop",
            FigureSpec::Digits { .. } => "digits",
        }
    }

    /// The name of its files where it is not given one.
    pub fn file(&self) -> &'static str {
        match self {
            FigureSpec::Interpolate { .. } => "interpolation",
            other => other.name(),
        }
    }
}

impl FigureSpec {
    /// Names of classes that it chooses samples by.
    pub fn classes(&self) -> Vec<&str> {
        let choices: Vec<&Choice> = match self {
            FigureSpec::Interpolate { at, .. } => vec![at],
            FigureSpec::Arithmetic { terms } => terms.iter().map(|term| &term.of).collect(),
            FigureSpec::Turn {
                left, right, of, ..
            } => [left, right].into_iter().chain(of).collect(),
            FigureSpec::Drop { of, .. } => of.iter().collect(),
            FigureSpec::Browse { .. } | FigureSpec::Guided { .. } | FigureSpec::Digits { .. } => {
                Vec::new()
            }
        };
        let mut scores: Vec<&Score> = choices.into_iter().filter_map(Choice::score).collect();
        if let FigureSpec::Browse { by, .. } = self {
            scores.extend(by);
        }
        scores
            .into_iter()
            .flat_map(|score| match score {
                Score::Concept { concept, against } => {
                    [Some(concept), against.as_ref()].into_iter().flatten()
                }
                Score::Looking { .. } => [None, None].into_iter().flatten(),
            })
            .map(String::as_str)
            .collect()
    }
}

impl Choice {
    /// What its samples are chosen by, where not by their numbers.
    fn score(&self) -> Option<&Score> {
        match self {
            Choice::Samples(_) => None,
            Choice::Scored(scored) => Some(&scored.by),
        }
    }
}

/// The way from z to z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// Straight, the paper's.
    #[default]
    Linear,
    /// On the sphere: directions turn evenly, lengths change evenly.
    Spherical,
}

/// A term of figure 7's sum: the mean z of some samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermSpec {
    pub minus: bool,
    pub of: Choice,
}

/// Samples by their numbers, or by a score: numbers chosen by a person hold for one trained net alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Choice {
    Samples(Vec<usize>),
    Scored(Scored),
}

/// Of the samples 0 to `of` - 1 those of the highest scores: `top` of them after the first `skip`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    #[serde(flatten)]
    pub by: Score,
    pub top: usize,
    pub skip: usize,
    pub of: usize,
}

/// What samples are scored by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Score {
    /// A linear probe on D's features that tells a class from another, or from all others.
    Concept {
        concept: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        against: Option<String>,
    },
    /// The side of the image to which its edges lie, as a face's do that looks there.
    Looking { looking: Side },
}

/// What a sheet of samples is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Number,
    Probe,
    Looking,
}

impl Score {
    /// The score to sort by, none for `By::Number`. Where `by` is not said the other options say it; `None` where they do not
    /// fit together.
    pub fn asked(
        by: Option<By>,
        concept: Option<String>,
        against: Option<String>,
        looking: Option<Side>,
    ) -> Option<Option<Score>> {
        let by = by.unwrap_or(match (&concept, looking) {
            (Some(_), _) => By::Probe,
            (None, Some(_)) => By::Looking,
            (None, None) => By::Number,
        });
        match (by, concept, looking) {
            (By::Number, None, None) => Some(None),
            (By::Probe, Some(concept), None) => Some(Some(Score::Concept { concept, against })),
            (By::Looking, None, side) => Some(Some(Score::Looking {
                looking: side.unwrap_or(Side::Left),
            })),
            _ => None,
        }
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Score::Concept {
                concept,
                against: Some(against),
            } => write!(f, "{concept} against {against}"),
            Score::Concept { concept, .. } => write!(f, "{concept} against the rest"),
            Score::Looking { looking } => write!(f, "looking {}", looking.name()),
        }
    }
}

/// A side of the image, as the viewer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Left,
    Right,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
        }
    }
}

/// As it is written: a score and how many.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScored {
    concept: Option<String>,
    against: Option<String>,
    looking: Option<Side>,
    top: Option<usize>,
    skip: Option<usize>,
    of: Option<usize>,
}

impl RawScored {
    /// The choice, or the key that is wrong and why.
    pub(super) fn resolve(&self, top: usize) -> Result<Scored, (&'static str, String)> {
        let by = match (&self.concept, self.looking) {
            (Some(concept), None) => Score::Concept {
                concept: concept.clone(),
                against: self.against.clone(),
            },
            (None, Some(looking)) if self.against.is_none() => Score::Looking { looking },
            (None, Some(_)) => {
                return Err(("against", "goes with `concept` alone; remove it".into()));
            }
            _ => {
                return Err((
                    "",
                    "expected either `concept` (a class of the data) or `looking` (left or right)"
                        .into(),
                ));
            }
        };
        let top = self.top.unwrap_or(top);
        let (skip, of) = (self.skip.unwrap_or(0), self.of.unwrap_or(500));
        if !(1..=SAMPLES).contains(&of) {
            return Err(("of", format!("is {of}; expected 1 to {SAMPLES} samples")));
        }
        match top > 0 && skip.saturating_add(top) <= of {
            true => Ok(Scored { by, top, skip, of }),
            false => Err((
                "top",
                format!(
                    "asks for samples {} to {} of {of}; expected 1 to {of}",
                    skip + 1,
                    skip + top
                ),
            )),
        }
    }
}

impl Choice {
    /// A choice as the command line has it: `3,17,21`, `concept=smile,top=3` or `looking=left`.
    ///
    /// # Errors
    /// What is wrong and what was expected.
    pub fn parse(text: &str) -> Result<Choice, String> {
        let expected = "expected sample numbers with commas between them, such as 3,17,21";
        if text.trim().is_empty() {
            return Err(format!("an empty list; {expected}"));
        }
        if text.contains('=') {
            return parse_scored(text).map(Choice::Scored);
        }
        let parts = text.split(',').map(|part| {
            let number = part.trim().parse();
            number.map_err(|_| format!("`{}` is not a sample's number; {expected}", part.trim()))
        });
        parts.collect::<Result<_, _>>().map(Choice::Samples)
    }
}

fn parse_scored(text: &str) -> Result<Scored, String> {
    let place = Place {
        source: text.to_string(),
        ..Place::default()
    };
    let yaml = format!("{{{}}}", text.replace('=', ": "));
    let tree = load::parse(&yaml, text).map_err(|e| e.to_string())?;
    let node = Node::from_json(&tree.to_json(), &place);
    let raw: RawScored = load::typed(&node).map_err(|e| e.to_string())?;
    raw.resolve(3).map_err(|(key, message)| match key {
        "" => message,
        key => format!("`{key}` {message}"),
    })
}
