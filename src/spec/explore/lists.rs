//! Samples as a figure's options name them: numbers, a score, or lists of such.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::figures::RawScored;

/// Sample numbers, a score, or a list of such.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Lists(pub(super) Vec<RawChoice>);

#[derive(Debug, Clone, Serialize)]
pub(super) enum RawChoice {
    Numbers(Vec<usize>),
    Scored(RawScored),
}

/// An entry of a list.
enum Item {
    Number(usize),
    Choice(RawChoice),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Item, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Item;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a sample's number, a list of them, or a choice such as {concept: smile, top: 3}")
            }
            fn visit_u64<E>(self, v: u64) -> Result<Item, E> {
                Ok(Item::Number(usize::try_from(v).unwrap_or(usize::MAX)))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Item, A::Error> {
                let mut numbers = Vec::new();
                while let Some(number) = seq.next_element()? {
                    numbers.push(number);
                }
                Ok(Item::Choice(RawChoice::Numbers(numbers)))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
                let scored = RawScored::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Item::Choice(RawChoice::Scored(scored)))
            }
        }
        d.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for Lists {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Lists, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Lists;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("sample numbers such as [3, 17, 21], or a choice such as {concept: smile, top: 3}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Lists, A::Error> {
                let (mut numbers, mut choices) = (Vec::new(), Vec::new());
                while let Some(item) = seq.next_element()? {
                    match item {
                        Item::Number(number) => numbers.push(number),
                        Item::Choice(choice) => choices.push(choice),
                    }
                }
                match (numbers.is_empty(), choices.is_empty()) {
                    (false, false) => Err(serde::de::Error::custom(
                        "sample numbers and lists side by side; expected either [3, 17] or [[3, 17], [4, 8]]",
                    )),
                    (_, true) => Ok(Lists(vec![RawChoice::Numbers(numbers)])),
                    (true, false) => Ok(Lists(choices)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Lists, A::Error> {
                let scored = RawScored::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Lists(vec![RawChoice::Scored(scored)]))
            }
        }
        d.deserialize_any(V)
    }
}
