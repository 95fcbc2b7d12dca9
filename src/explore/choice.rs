//! Samples as a figure's options name them: by their numbers, or by what they show.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::SAMPLES;
use super::number::Within;
use crate::spec::load;
use crate::spec::tree::{Node, Place};

/// Samples by their numbers, or by a score: numbers chosen by a person hold for one trained net alone.
///
/// A score that does not say how many samples takes the best `TOP`. On the command line it is `3,17,21`,
/// `concept=smile,top=3` or `looking=left`; in a spec `[3, 17, 21]`, `{concept: smile, top: 3}` or `{looking: left}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Choice<const TOP: usize> {
    Samples(Vec<usize>),
    Scored(Scored),
}

/// Of the samples 0 to `of` - 1 those of the highest scores: `top` of them after the first `skip`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    #[serde(flatten)]
    pub by: Score,
    pub top: usize,
    pub skip: usize,
    pub of: usize,
}

/// What samples are scored by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Score {
    /// A linear probe on D's features that tells a class from another, or from all others.
    Concept {
        concept: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        against: Option<String>,
    },
    /// The side of the image to which its edges lie, as a face's do that looks there.
    Pose { looking: Side },
}

impl<const TOP: usize> Choice<TOP> {
    /// Classes of the data that it asks for.
    pub fn classes(&self) -> Vec<&str> {
        match self {
            Choice::Samples(_) => Vec::new(),
            Choice::Scored(scored) => scored.by.classes(),
        }
    }
}

impl Score {
    /// Classes of the data that it tells from each other.
    pub fn classes(&self) -> Vec<&str> {
        match self {
            Score::Concept { concept, against } => {
                let both = [Some(concept), against.as_ref()];
                both.into_iter().flatten().map(String::as_str).collect()
            }
            Score::Pose { .. } => Vec::new(),
        }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Score::Concept {
                concept,
                against: Some(against),
            } => write!(f, "{concept} against {against}"),
            Score::Concept { concept, .. } => write!(f, "{concept} against the rest"),
            Score::Pose {
                looking: Side::Left,
            } => f.write_str("looking left"),
            Score::Pose {
                looking: Side::Right,
            } => f.write_str("looking right"),
        }
    }
}

/// A side of the image, as the viewer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Left,
    Right,
}

/// A score and how many, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    concept: Option<String>,
    against: Option<String>,
    looking: Option<Side>,
    top: Option<usize>,
    skip: Option<usize>,
    of: Option<Within<1, SAMPLES>>,
}

/// Where a choice says neither what the samples show nor to which side they look.
const SCORES: &str = "expected either `concept` (a class of the data) or `looking` (left or right)";
/// Samples among which is chosen.
const OF: usize = 500;

impl Written {
    /// The choice, the best `top` where it does not say how many; or what is wrong with it.
    fn scored(self, top: usize) -> Result<Scored, String> {
        let by = match (self.concept, self.looking, self.against) {
            (Some(concept), None, against) => Score::Concept { concept, against },
            (None, Some(looking), None) => Score::Pose { looking },
            (None, Some(_), Some(_)) => {
                return Err("`against` goes with `concept` alone; remove it".into());
            }
            _ => return Err(SCORES.into()),
        };
        let top = self.top.unwrap_or(top);
        let skip = self.skip.unwrap_or(0);
        let of = self.of.map_or(OF, Within::get);
        let last = skip.saturating_add(top);
        match top > 0 && last <= of {
            true => Ok(Scored { by, top, skip, of }),
            false => Err(format!(
                "`top` asks for samples {} to {last} of {of}; expected 1 to {of}",
                skip.saturating_add(1)
            )),
        }
    }
}

/// A number that a sample has.
struct Number(usize);

impl Number {
    fn new(number: u64) -> Result<Number, String> {
        match usize::try_from(number) {
            Ok(number) if number < SAMPLES => Ok(Number(number)),
            _ => Err(format!(
                "{number} is no sample: they are numbered 0 to {}; `dcgan explore browse` shows them",
                SAMPLES - 1
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Number, D::Error> {
        Number::new(u64::deserialize(d)?).map_err(D::Error::custom)
    }
}

/// Numbers of samples, one or more.
fn numbers<const TOP: usize, E: Error>(numbers: Vec<Number>) -> Result<Choice<TOP>, E> {
    match numbers.is_empty() {
        true => Err(E::custom(
            "is empty; expected sample numbers, such as [3, 17, 21]",
        )),
        false => Ok(Choice::Samples(numbers.into_iter().map(|n| n.0).collect())),
    }
}

fn scored<'de, const TOP: usize, A: MapAccess<'de>>(map: A) -> Result<Choice<TOP>, A::Error> {
    let written = Written::deserialize(MapAccessDeserializer::new(map))?;
    written
        .scored(TOP)
        .map(Choice::Scored)
        .map_err(A::Error::custom)
}

/// An entry of a list.
enum Item<const TOP: usize> {
    Number(Number),
    Choice(Choice<TOP>),
}

impl<'de, const TOP: usize> Deserialize<'de> for Item<TOP> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V<const TOP: usize>;
        impl<'de, const TOP: usize> Visitor<'de> for V<TOP> {
            type Value = Item<TOP>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a sample's number, a list of them, or a choice such as {concept: smile, top: 3}")
            }
            fn visit_u64<E: Error>(self, v: u64) -> Result<Self::Value, E> {
                Number::new(v).map(Item::Number).map_err(E::custom)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut found = Vec::new();
                while let Some(number) = seq.next_element()? {
                    found.push(number);
                }
                numbers(found).map(Item::Choice)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                scored(map).map(Item::Choice)
            }
        }
        d.deserialize_any(V)
    }
}

/// One choice, or several in a list.
pub(super) struct Choices<const TOP: usize>(pub Vec<Choice<TOP>>);

impl<'de, const TOP: usize> Deserialize<'de> for Choices<TOP> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V<const TOP: usize>;
        impl<'de, const TOP: usize> Visitor<'de> for V<TOP> {
            type Value = Choices<TOP>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("sample numbers such as [3, 17, 21], or a choice such as {concept: smile, top: 3}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let (mut found, mut choices) = (Vec::new(), Vec::new());
                while let Some(item) = seq.next_element()? {
                    match item {
                        Item::Number(number) => found.push(number),
                        Item::Choice(choice) => choices.push(choice),
                    }
                }
                match (found.is_empty(), choices.is_empty()) {
                    (false, false) => Err(A::Error::custom(
                        "sample numbers and lists side by side; expected either [3, 17] or [[3, 17], [4, 8]]",
                    )),
                    (_, true) => Ok(Choices(vec![numbers(found)?])),
                    (true, false) => Ok(Choices(choices)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Ok(Choices(vec![scored(map)?]))
            }
        }
        d.deserialize_any(V)
    }
}

impl<'de, const TOP: usize> Deserialize<'de> for Choice<TOP> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let Choices(mut choices) = Choices::deserialize(d)?;
        match (choices.pop(), choices.is_empty()) {
            (Some(choice), true) => Ok(choice),
            _ => Err(D::Error::custom("holds several lists; expected one")),
        }
    }
}

/// A choice as the command line has it.
impl<const TOP: usize> FromStr for Choice<TOP> {
    /// What is wrong and what was expected.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "expected sample numbers with commas between them, such as 3,17,21";
        if text.trim().is_empty() {
            return Err(format!("an empty list; {expected}"));
        }
        if text.contains('=') {
            return written(text)?.scored(TOP).map(Choice::Scored);
        }
        let parts = text.split(',').map(|part| {
            let number = part
                .trim()
                .parse()
                .map_err(|_| format!("`{}` is not a sample's number; {expected}", part.trim()))?;
            Number::new(number).map(|n| n.0)
        });
        parts.collect::<Result<_, _>>().map(Choice::Samples)
    }
}

/// `concept=smile,top=3`, read as a spec's `{concept: smile, top: 3}`.
fn written(text: &str) -> Result<Written, String> {
    let place = Place {
        source: text.to_string(),
        ..Place::default()
    };
    let yaml = format!("{{{}}}", text.replace('=', ": "));
    let tree = load::parse(&yaml, text).map_err(|e| e.to_string())?;
    load::typed(&Node::from_json(&tree.to_json(), &place)).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_says_choices_in_one_word() {
        let parse = |text: &str| {
            let choice = text.parse::<Choice<3>>();
            choice.map(|c| serde_json::to_string(&c).unwrap())
        };
        insta::assert_snapshot!(parse("3, 17,21").unwrap(), @"[3,17,21]");
        insta::assert_snapshot!(parse("concept=smile,against=neutral,top=4").unwrap(), @r#"{"concept":"smile","against":"neutral","top":4,"skip":0,"of":500}"#);
        insta::assert_snapshot!(parse("looking=left,of=200").unwrap(), @r#"{"looking":"left","top":3,"skip":0,"of":200}"#);
        insta::assert_snapshot!(parse("concept=smile,tip=4").unwrap_err(), @"concept=smile,tip=4: unknown key `tip` (did you mean `top`?); expected one of `concept`, `against`, `looking`, `top`, `skip`, `of`");
        insta::assert_snapshot!(parse("top=4").unwrap_err(), @"expected either `concept` (a class of the data) or `looking` (left or right)");
        insta::assert_snapshot!(parse("looking=up").unwrap_err(), @"looking=up: `looking`: is `up`; expected `left` or `right`");
        insta::assert_snapshot!(parse("looking=left,of=0").unwrap_err(), @"looking=left,of=0: `of`: is 0; expected 1 to 10000");
        insta::assert_snapshot!(parse("3,x").unwrap_err(), @"`x` is not a sample's number; expected sample numbers with commas between them, such as 3,17,21");
        insta::assert_snapshot!(parse("3,10000").unwrap_err(), @"10000 is no sample: they are numbered 0 to 9999; `dcgan explore browse` shows them");
    }
}
