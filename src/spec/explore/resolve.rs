//! What becomes of the `explore:` section as it is written: every default filled in, every figure given its own options only.

use std::collections::BTreeSet;

use super::lists::{Lists, RawChoice};
use super::raw::{Explore, Figure};
use super::{Choice, ExploreSpec, FigureSpec, SAMPLES, Score, TermSpec};
use crate::spec::resolve::Check;
use crate::spec::tree::{Node, Value};
use crate::spec::{SpecError, load};

/// Most of anything that is shown.
const MOST: usize = 1000;

/// Every figure of the section.
pub fn resolve(check: &Check, raw: &[Explore]) -> Result<Vec<ExploreSpec>, SpecError> {
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
                    Some(lists) => {
                        let at = self.one("at", lists, 9)?;
                        let few = matches!(&at, Choice::Samples(at) if at.len() < 2);
                        self.that("at", !few, || {
                            "is one sample; expected two or more to go between".into()
                        })?;
                        at
                    }
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
                self.unnamed("guided")?;
                let images = self.number("images", raw.images, 2000, 1..=1_000_000)?;
                FigureSpec::Guided {
                    samples: raw.samples.unwrap_or(false),
                    images,
                    features: self.number("features", raw.features, 6, 1..=4096)?,
                    strongest: self.number("strongest", raw.strongest, 8, 1..=images)?,
                }
            }
            Figure::Digits => {
                self.unnamed("digits")?;
                FigureSpec::Digits {
                    columns: self.number("columns", raw.columns, 8, 1..=100)?,
                    beside: raw.beside.clone().unwrap_or_default(),
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
        // A trial's own pictures lie in the same folder.
        let own = ["samples", "data", "architecture"].contains(&name.as_str())
            || ["samples-epoch-", "memorisation-epoch-"]
                .iter()
                .any(|own| name.starts_with(own));
        self.that("name", !own, || {
            format!("`{name}` is the name of a trial's own picture; choose another")
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

    /// A figure whose files have one name.
    fn unnamed(&self, figure: &str) -> Result<(), SpecError> {
        self.that("name", self.raw.name.is_none(), || {
            format!("is no option of `{figure}`; remove it")
        })
    }

    fn by(&self) -> Result<Option<Score>, SpecError> {
        let raw = self.raw;
        let (concept, against) = (raw.concept.clone(), raw.against.clone());
        match Score::asked(raw.by, concept, against, raw.looking) {
            Some(by) => Ok(by),
            None => self.fail(
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
