//! The `explore:` section as it is written, and what becomes of it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::explore::RawScored;
use super::resolve::Check;
use super::tree::{Node, Value};
use super::{
    Choice, ExploreSpec, FigureSpec, Interpolation, SAMPLES, Score, Side, SpecError, TermSpec, load,
};

/// Most of anything that is shown.
const MOST: usize = 1000;

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Explore {
    figure: Figure,
    name: Option<String>,
    seed: Option<u64>,
    data: Option<String>,
    split: Option<String>,
    from: Option<usize>,
    count: Option<usize>,
    by: Option<By>,
    concept: Option<String>,
    against: Option<String>,
    looking: Option<Side>,
    mode: Option<Interpolation>,
    points: Option<usize>,
    at: Option<Lists>,
    steps: Option<usize>,
    plus: Option<Lists>,
    minus: Option<Lists>,
    left: Option<Lists>,
    right: Option<Lists>,
    of: Option<Lists>,
    rows: Option<usize>,
    columns: Option<usize>,
    reach: Option<f64>,
    samples: Option<bool>,
    images: Option<usize>,
    features: Option<usize>,
    strongest: Option<usize>,
    boxes: Option<PathBuf>,
    layer: Option<usize>,
    drop: Option<usize>,
    random: Option<bool>,
    show: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Figure {
    Browse,
    Interpolate,
    Arithmetic,
    Turn,
    Guided,
    Drop,
}

impl Figure {
    /// Its options beside those of every figure.
    fn options(self) -> &'static [&'static str] {
        match self {
            Figure::Browse => &[
                "data", "split", "from", "count", "by", "concept", "against", "looking",
            ],
            Figure::Interpolate => &["data", "split", "mode", "points", "at", "steps"],
            Figure::Arithmetic => &["data", "split", "plus", "minus"],
            Figure::Turn => &[
                "data", "split", "left", "right", "of", "rows", "columns", "reach",
            ],
            Figure::Guided => &[
                "data",
                "split",
                "samples",
                "images",
                "features",
                "strongest",
            ],
            Figure::Drop => &["boxes", "concept", "layer", "drop", "random", "show", "of"],
        }
    }
}

/// What a sheet of samples is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum By {
    Number,
    Probe,
    Looking,
}

/// Sample numbers, a score, or a list of such.
#[derive(Debug, Clone, Serialize)]
struct Lists(Vec<RawChoice>);

#[derive(Debug, Clone, Serialize)]
enum RawChoice {
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

/// Every figure of the section.
pub(super) fn resolve(check: &Check, raw: &[Explore]) -> Result<Vec<ExploreSpec>, SpecError> {
    let mut names = BTreeSet::new();
    let mut specs = Vec::with_capacity(raw.len());
    for (i, raw) in raw.iter().enumerate() {
        let one = One { check, i, raw };
        let spec = one.resolve()?;
        let key = format!("explore.{i}");
        check.that(&key, names.insert(spec.name.clone()), || {
            format!(
                "another figure is called `{}` already; give this one a `name`",
                spec.name
            )
        })?;
        specs.push(spec);
    }
    Ok(specs)
}

struct One<'a> {
    check: &'a Check<'a>,
    i: usize,
    raw: &'a Explore,
}

impl One<'_> {
    fn resolve(&self) -> Result<ExploreSpec, SpecError> {
        self.own_options()?;
        let raw = self.raw;
        let figure = match raw.figure {
            Figure::Browse => FigureSpec::Browse {
                from: raw.from.unwrap_or(0),
                count: self.number("count", raw.count, 100, 1..=SAMPLES)?,
                by: self.by()?,
            },
            Figure::Interpolate => FigureSpec::Interpolate {
                mode: raw.mode.unwrap_or_default(),
                at: match &raw.at {
                    Some(lists) => self.one("at", lists, 9)?,
                    None => Choice::Samples(
                        (0..self.number("points", raw.points, 9, 2..=MOST)?).collect(),
                    ),
                },
                steps: self.number("steps", raw.steps, 8, 1..=100)?,
            },
            Figure::Arithmetic => FigureSpec::Arithmetic {
                terms: self.terms()?,
            },
            Figure::Turn => FigureSpec::Turn {
                left: self.needed("left", &raw.left)?,
                right: self.needed("right", &raw.right)?,
                of: self.some("of", &raw.of)?,
                rows: self.number("rows", raw.rows, 6, 1..=MOST)?,
                columns: self.number("columns", raw.columns, 9, 2..=100)?,
                reach: {
                    let reach = raw.reach.unwrap_or(1.0);
                    self.that("reach", reach > 0.0 && reach.is_finite(), || {
                        format!("is {reach}; expected a number above 0, in lengths of the axis")
                    })?;
                    reach
                },
            },
            Figure::Guided => {
                self.that("name", raw.name.is_none(), || {
                    "is no option of `guided`; remove it".into()
                })?;
                let images = self.number("images", raw.images, 2000, 1..=1_000_000)?;
                FigureSpec::Guided {
                    samples: raw.samples.unwrap_or(false),
                    images,
                    features: self.number("features", raw.features, 6, 1..=4096)?,
                    strongest: self.number("strongest", raw.strongest, 8, 1..=images)?,
                }
            }
            Figure::Drop => FigureSpec::Drop {
                boxes: match &raw.boxes {
                    Some(boxes) => boxes.clone(),
                    None => {
                        return self.fail(
                            "boxes",
                            "is missing; name the file that `dcgan explore boxes` wrote".into(),
                        );
                    }
                },
                concept: raw
                    .concept
                    .clone()
                    .unwrap_or_else(|| "what the boxes hold".into()),
                layer: self.number("layer", raw.layer, 2, 1..=16)?,
                drop: raw
                    .drop
                    .map(|n| self.number("drop", Some(n), 1, 1..=65536))
                    .transpose()?,
                random: raw.random.unwrap_or(false),
                show: self.number("show", raw.show, 20, 1..=MOST)?,
                of: self.some("of", &raw.of)?,
            },
        };
        if let FigureSpec::Browse { from, count, .. } = figure {
            self.that("count", from.saturating_add(count) <= SAMPLES, || {
                format!(
                    "reaches sample {}; they are numbered 0 to {}",
                    from + count - 1,
                    SAMPLES - 1
                )
            })?;
        }
        let name = raw
            .name
            .clone()
            .unwrap_or_else(|| figure.file().to_string());
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        self.that("name", !name.is_empty() && name.chars().all(plain), || {
            format!("`{name}` cannot name a file; use letters, digits, `-` and `_`")
        })?;
        Ok(ExploreSpec {
            name,
            seed: raw.seed.unwrap_or(0),
            data: raw.data.clone(),
            split: raw.split.clone(),
            figure,
        })
    }

    /// Every key given is one of the figure's.
    fn own_options(&self) -> Result<(), SpecError> {
        let list = self.check.tree.get("explore").map(|n| &n.value);
        let Some(Value::Seq(items)) = list else {
            return Ok(());
        };
        let Some(Node {
            value: Value::Map(entries),
            ..
        }) = items.get(self.i)
        else {
            return Ok(());
        };
        let own = self.raw.figure.options();
        let known = || ["figure", "name", "seed"].iter().chain(own);
        match entries.iter().find(|e| !known().any(|k| *k == e.key)) {
            None => Ok(()),
            Some(entry) => {
                let expected: Vec<String> = known().map(|k| k.to_string()).collect();
                Err(SpecError::UnknownKey {
                    nearest: load::nearest(&entry.key, &expected),
                    place: entry.place.clone(),
                    key: entry.key.clone(),
                    expected,
                })
            }
        }
    }

    fn by(&self) -> Result<Option<Score>, SpecError> {
        let raw = self.raw;
        let by = raw.by.unwrap_or(match (&raw.concept, raw.looking) {
            (Some(_), _) => By::Probe,
            (None, Some(_)) => By::Looking,
            _ => By::Number,
        });
        match (by, &raw.concept, raw.looking) {
            (By::Number, None, None) => Ok(None),
            (By::Probe, Some(concept), None) => Ok(Some(Score::Concept {
                concept: concept.clone(),
                against: raw.against.clone(),
            })),
            (By::Looking, None, side) => Ok(Some(Score::Looking {
                looking: side.unwrap_or(Side::Left),
            })),
            _ => self.fail(
                "by",
                "expected `number`; or `probe` with a `concept`; or `looking`, with `looking: left` or `right`".into(),
            ),
        }
    }

    /// `plus` and `minus` in turn, as figure 7 has them.
    fn terms(&self) -> Result<Vec<TermSpec>, SpecError> {
        let all = |key: &str, lists: &Option<Lists>| -> Result<Vec<Choice>, SpecError> {
            let Some(Lists(lists)) = lists else {
                return Ok(Vec::new());
            };
            let many = lists.len() > 1;
            let key = |i: usize| {
                if many {
                    format!("{key}.{i}")
                } else {
                    key.to_string()
                }
            };
            lists
                .iter()
                .enumerate()
                .map(|(i, c)| self.choice(&key(i), c, 3))
                .collect()
        };
        let (plus, minus) = (all("plus", &self.raw.plus)?, all("minus", &self.raw.minus)?);
        self.that("plus", !plus.is_empty() || !minus.is_empty(), || {
            "nothing to add: expected `plus`, `minus` or both".into()
        })?;
        let (mut plus, mut minus) = (plus.into_iter(), minus.into_iter());
        let mut terms = Vec::new();
        loop {
            let (p, m) = (plus.next(), minus.next());
            if p.is_none() && m.is_none() {
                return Ok(terms);
            }
            terms.extend(p.map(|of| TermSpec { minus: false, of }));
            terms.extend(m.map(|of| TermSpec { minus: true, of }));
        }
    }

    fn needed(&self, key: &str, lists: &Option<Lists>) -> Result<Choice, SpecError> {
        match lists {
            Some(lists) => self.one(key, lists, 4),
            None => self.fail(
                key,
                "is missing; expected samples, such as [3, 17] or {looking: left}".into(),
            ),
        }
    }

    fn some(&self, key: &str, lists: &Option<Lists>) -> Result<Option<Choice>, SpecError> {
        lists
            .as_ref()
            .map(|lists| self.one(key, lists, 6))
            .transpose()
    }

    fn one(&self, key: &str, Lists(lists): &Lists, top: usize) -> Result<Choice, SpecError> {
        match lists.as_slice() {
            [choice] => self.choice(key, choice, top),
            _ => self.fail(key, "holds several lists; expected one".into()),
        }
    }

    fn choice(&self, key: &str, raw: &RawChoice, top: usize) -> Result<Choice, SpecError> {
        match raw {
            RawChoice::Numbers(numbers) => {
                self.that(key, !numbers.is_empty(), || {
                    "is empty; expected sample numbers, such as [3, 17, 21]".into()
                })?;
                for (i, number) in numbers.iter().enumerate() {
                    self.that(&format!("{key}.{i}"), *number < SAMPLES, || {
                        format!(
                            "is {number}, and samples are numbered 0 to {}; `dcgan explore browse` shows them",
                            SAMPLES - 1
                        )
                    })?;
                }
                Ok(Choice::Samples(numbers.clone()))
            }
            RawChoice::Scored(scored) => match scored.resolve(top) {
                Ok(scored) => Ok(Choice::Scored(scored)),
                Err(("", message)) => self.fail(key, message),
                Err((inner, message)) => self.fail(&format!("{key}.{inner}"), message),
            },
        }
    }

    fn number(
        &self,
        key: &str,
        given: Option<usize>,
        default: usize,
        range: std::ops::RangeInclusive<usize>,
    ) -> Result<usize, SpecError> {
        let value = given.unwrap_or(default);
        self.that(key, range.contains(&value), || {
            format!("is {value}; expected {} to {}", range.start(), range.end())
        })?;
        Ok(value)
    }

    fn that(
        &self,
        key: &str,
        holds: bool,
        message: impl FnOnce() -> String,
    ) -> Result<(), SpecError> {
        self.check
            .that(&format!("explore.{}.{key}", self.i), holds, message)
    }

    fn fail<T>(&self, key: &str, message: String) -> Result<T, SpecError> {
        self.check
            .fail(&format!("explore.{}.{key}", self.i), message)
    }
}

#[cfg(test)]
mod tests {
    use crate::spec::{ExploreSpec, Spec, SpecError, load, resolve};

    const HEAD: &str = "name: x\ndata: {train: cifar10}\nmodel: {preset: svhn32}\nexplore:\n";

    fn read(explore: &str) -> Result<Spec, SpecError> {
        resolve(&load::parse(&format!("{HEAD}{explore}"), "x.yaml")?)
    }

    #[test]
    fn what_is_resolved_is_read_again_from_a_trials_folder() {
        let spec = read(
            "  - {figure: interpolate, mode: spherical, points: 5}
  - {figure: browse, concept: cat, against: dog, count: 50}
  - {figure: arithmetic, plus: [{concept: cat, top: 3}, [1, 2]], minus: [{concept: dog, skip: 3}]}
  - {figure: turn, left: {looking: left}, right: [1, 2], of: [7], reach: 0.5}
  - {figure: turn, name: other, left: [3], right: {looking: right, top: 2, of: 100}}
  - {figure: guided, images: 100}
  - {figure: drop, boxes: boxes.yaml, concept: windows, random: true}
",
        )
        .unwrap();
        assert_eq!(spec.explore.len(), 7);
        let text = serde_yaml::to_string(&spec).unwrap();
        let again: Spec = load::typed(&load::parse(&text, "spec.yaml").unwrap()).unwrap();
        assert_eq!(again, spec);
        let terms = |spec: &ExploreSpec| serde_json::to_value(spec).unwrap()["terms"].clone();
        let minus: Vec<bool> = terms(&spec.explore[2])
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["minus"] == true)
            .collect();
        assert_eq!(minus, [false, true, false]);
    }

    #[test]
    fn errors_name_the_place() {
        let error = |text: &str| read(text).unwrap_err().to_string();
        insta::assert_snapshot!(error("  - {figure: turn, left: [1, 10000], right: [2]}\n"), @"x.yaml:5:30: `explore.0.left.1`: is 10000, and samples are numbered 0 to 9999; `dcgan explore browse` shows them");
        insta::assert_snapshot!(error("  - {figure: arithmetic, plus: [[1], [2, 10000]]}\n"), @"x.yaml:5:42: `explore.0.plus.1.1`: is 10000, and samples are numbered 0 to 9999; `dcgan explore browse` shows them");
        insta::assert_snapshot!(error("  - {figure: arithmetic, plus: [1, [2]]}\n"), @"x.yaml:5:32: `explore.0.plus`: sample numbers and lists side by side; expected either [3, 17] or [[3, 17], [4, 8]]");
        insta::assert_snapshot!(error("  - {figure: arithmetic, plus: [1], reach: 2}\n"), @"x.yaml:5:37: unknown key `reach`; expected one of `figure`, `name`, `seed`, `data`, `split`, `plus`, `minus`");
        insta::assert_snapshot!(error("  - {figure: arithmetic}\n"), @"x.yaml:5:5: `explore.0.plus`: nothing to add: expected `plus`, `minus` or both");
        insta::assert_snapshot!(error("  - {figure: turn, left: {concept: a, topp: 3}, right: [2]}\n"), @"x.yaml:5:39: unknown key `topp` (did you mean `top`?); expected one of `concept`, `against`, `looking`, `top`, `skip`, `of`");
        insta::assert_snapshot!(error("  - {figure: turn, left: {top: 3}, right: [2]}\n"), @"x.yaml:5:26: `explore.0.left`: expected either `concept` (a class of the data) or `looking` (left or right)");
        insta::assert_snapshot!(error("  - {figure: turn, left: {looking: left, top: 400, skip: 200}, right: [2]}\n"), @"x.yaml:5:47: `explore.0.left.top`: asks for samples 201 to 600 of 500; expected 1 to 500");
        insta::assert_snapshot!(error("  - {figure: turn, left: [1]}\n"), @"x.yaml:5:5: `explore.0.right`: is missing; expected samples, such as [3, 17] or {looking: left}");
        insta::assert_snapshot!(error("  - {figure: browse, by: probe}\n"), @"x.yaml:5:26: `explore.0.by`: expected `number`; or `probe` with a `concept`; or `looking`, with `looking: left` or `right`");
        insta::assert_snapshot!(error("  - {figure: browse, from: 9990, count: 11}\n"), @"x.yaml:5:41: `explore.0.count`: reaches sample 10000; they are numbered 0 to 9999");
        insta::assert_snapshot!(error("  - {figure: drop}\n"), @"x.yaml:5:5: `explore.0.boxes`: is missing; name the file that `dcgan explore boxes` wrote");
        insta::assert_snapshot!(error("  - {figure: browse}\n  - {figure: browse, from: 100}\n"), @"x.yaml:6:5: `explore.1`: another figure is called `browse` already; give this one a `name`");
        insta::assert_snapshot!(error("  - {figure: browse, name: ../x}\n"), @"x.yaml:5:28: `explore.0.name`: `../x` cannot name a file; use letters, digits, `-` and `_`");
        insta::assert_snapshot!(error("  - {figure: windows}\n"), @"x.yaml:5:14: `explore.0.figure`: unknown variant `windows`, expected one of `browse`, `interpolate`, `arithmetic`, `turn`, `guided`, `drop`");
    }

    #[test]
    fn the_command_line_says_choices_in_one_word() {
        use crate::spec::Choice;
        let parse = |text| Choice::parse(text).map(|c| serde_json::to_string(&c).unwrap());
        insta::assert_snapshot!(parse("3, 17,21").unwrap(), @"[3,17,21]");
        insta::assert_snapshot!(parse("concept=smile,against=neutral,top=4").unwrap(), @r#"{"concept":"smile","against":"neutral","top":4,"skip":0,"of":500}"#);
        insta::assert_snapshot!(parse("looking=left,of=200").unwrap(), @r#"{"looking":"left","top":3,"skip":0,"of":200}"#);
        insta::assert_snapshot!(parse("concept=smile,tip=4").unwrap_err(), @"concept=smile,tip=4: unknown key `tip` (did you mean `top`?); expected one of `concept`, `against`, `looking`, `top`, `skip`, `of`");
        insta::assert_snapshot!(parse("top=4").unwrap_err(), @"expected either `concept` (a class of the data) or `looking` (left or right)");
        insta::assert_snapshot!(parse("looking=up").unwrap_err(), @"looking=up: `looking`: unknown variant `up`, expected `left` or `right`");
        insta::assert_snapshot!(parse("3,x").unwrap_err(), @"`x` is not a sample's number; expected sample numbers with commas between them, such as 3,17,21");
    }
}
