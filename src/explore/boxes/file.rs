//! The YAML file of boxes, read with the place of whatever is wrong in it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data::Images;
use crate::explore::{ExploreError, Identity, SAMPLES};
use crate::spec::tree::{Entry, Node, Place, Value};
use crate::spec::{SpecError, load};
use crate::track::atomic;

const KEYS: [&str; 3] = ["net", "seed", "samples"];

/// A box in pixels of the image: `x1` and `y1` lie just past it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[usize; 4]", into = "[usize; 4]")]
pub struct Rect {
    pub x0: usize,
    pub y0: usize,
    pub x1: usize,
    pub y1: usize,
}

impl From<[usize; 4]> for Rect {
    fn from([x0, y0, x1, y1]: [usize; 4]) -> Rect {
        Rect { x0, y0, x1, y1 }
    }
}

impl From<Rect> for [usize; 4] {
    fn from(r: Rect) -> [usize; 4] {
        [r.x0, r.y0, r.x1, r.y1]
    }
}

impl Rect {
    /// Whether the point `(x, y)`, in pixels, lies inside.
    pub fn contains(&self, x: f64, y: f64) -> bool {
        let within = |v: f64, from: usize, to: usize| (from as f64..to as f64).contains(&v);
        within(x, self.x0, self.x1) && within(y, self.y0, self.y1)
    }

    /// What is wrong with it on an image of `w` x `h` pixels, if anything.
    pub fn fault(&self, w: usize, h: usize) -> Option<String> {
        let Rect { x0, y0, x1, y1 } = *self;
        let text = format!("[{x0}, {y0}, {x1}, {y1}]");
        match (x0 < x1 && y0 < y1, x1 <= w && y1 <= h) {
            (false, _) => Some(format!(
                "{text} holds no pixel; expected [x0, y0, x1, y1] with x0 < x1 and y0 < y1"
            )),
            (_, false) => Some(format!(
                "{text} reaches out of the image, which is {w}x{h} pixels; expected x1 up to {w} and y1 up to {h}"
            )),
            _ => None,
        }
    }
}

/// Boxes by sample.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Boxes {
    /// SHA-256 of the net whose samples they were drawn on, where the file says it.
    pub net: Option<String>,
    /// Numbers the samples.
    pub seed: u64,
    /// A sample without a box was looked at and does not show the concept.
    pub samples: BTreeMap<usize, Vec<Rect>>,
}

impl Boxes {
    /// Read a file of boxes on images of `w` x `h` pixels.
    ///
    /// # Errors
    /// [`ExploreError::Spec`] with line and column: not YAML, an unknown key, a sample that does not exist, a box that is
    /// none or lies outside the image.
    pub fn read(path: &Path, (w, h): (usize, usize)) -> Result<Boxes, ExploreError> {
        Ok(parse(&load::tree(path)?, (w, h))?)
    }

    /// Write the file, whole or not at all.
    ///
    /// # Errors
    /// [`ExploreError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), ExploreError> {
        Ok(atomic::write(path, self.to_yaml().as_bytes())?)
    }

    /// All boxes.
    pub fn count(&self) -> usize {
        self.samples.values().map(Vec::len).sum()
    }

    /// That the boxes were drawn on samples of this net.
    ///
    /// # Errors
    /// [`ExploreError::OtherBoxes`].
    pub fn check_net(&self, path: &Path, net: &Identity) -> Result<(), ExploreError> {
        match &self.net {
            Some(expected) if *expected != net.sha256 => Err(ExploreError::OtherBoxes {
                path: path.to_path_buf(),
                folder: net.folder.display().to_string(),
                expected: expected.clone(),
                found: net.sha256.clone(),
            }),
            _ => Ok(()),
        }
    }

    fn to_yaml(&self) -> String {
        let mut text = String::from(
            "# Boxes on samples by number, for `dcgan explore drop`: [x0, y0, x1, y1] in pixels; x1 and y1 lie just past the box.\n",
        );
        if let Some(net) = &self.net {
            let _ = writeln!(text, "net: {net}");
        }
        let _ = writeln!(text, "seed: {}", self.seed);
        match self.samples.is_empty() {
            true => text.push_str("samples: {}\n"),
            false => text.push_str("samples:\n"),
        }
        for (sample, boxes) in &self.samples {
            let boxes: Vec<[usize; 4]> = boxes.iter().map(|&b| b.into()).collect();
            let _ = writeln!(text, "  {sample}: {boxes:?}");
        }
        text
    }

    /// The file of boxes for `images`, samples from number 0: as it is, or a new one.
    ///
    /// # Errors
    /// As [`Boxes::read`] and [`Boxes::check_net`]; [`ExploreError::Range`] for one drawn under another seed.
    pub fn continued(
        path: &Path,
        images: &Images,
        net: &Identity,
        seed: u64,
    ) -> Result<Boxes, ExploreError> {
        if !path.exists() {
            return Ok(Boxes {
                net: Some(net.sha256.clone()),
                seed,
                samples: BTreeMap::new(),
            });
        }
        let boxes = Boxes::read(path, (images.w, images.h))?;
        boxes.check_net(path, net)?;
        match boxes.seed == seed {
            true => Ok(Boxes {
                net: Some(net.sha256.clone()),
                ..boxes
            }),
            false => Err(ExploreError::Range {
                what: "--seed",
                found: seed.to_string(),
                expected: format!("{}, the seed of `{}`", boxes.seed, path.display()),
            }),
        }
    }
}

fn parse(root: &Node, size: (usize, usize)) -> Result<Boxes, SpecError> {
    let mut boxes = Boxes::default();
    let entries = map(root, load::WHOLE, "a map with the key `samples`")?;
    for Entry { key, place, node } in entries {
        match key.as_str() {
            "net" => boxes.net = Some(load::typed(node)?),
            "seed" => boxes.seed = load::typed(node).map_err(|e| named(e, "seed"))?,
            "samples" => {
                let expected = "samples by number, such as `17: [[20, 40, 44, 52]]`";
                for entry in map(node, "samples", expected)? {
                    let (sample, drawn) = sample(entry, size)?;
                    boxes.samples.insert(sample, drawn);
                }
            }
            _ => {
                let expected: Vec<String> = KEYS.iter().map(|k| k.to_string()).collect();
                return Err(SpecError::UnknownKey {
                    nearest: load::nearest(key, &expected),
                    place: place.clone(),
                    key: key.clone(),
                    expected,
                });
            }
        }
    }
    match root.get("samples") {
        Some(_) => Ok(boxes),
        None => Err(wrong(&root.place, load::WHOLE, "lacks the key `samples`")),
    }
}

fn sample(entry: &Entry, (w, h): (usize, usize)) -> Result<(usize, Vec<Rect>), SpecError> {
    let key = format!("samples.{}", entry.key);
    let number = entry.key.parse::<usize>().ok().filter(|&i| i < SAMPLES);
    let Some(number) = number else {
        let message = format!(
            "is no sample: they are numbered 0 to {}; `dcgan explore browse` shows them",
            SAMPLES - 1
        );
        return Err(wrong(&entry.place, &key, &message));
    };
    let expected = "a list of boxes, such as [[20, 40, 44, 52]]";
    let Value::Seq(items) = &entry.node.value else {
        return Err(wrong(
            &entry.node.place,
            &key,
            &format!("expected {expected}"),
        ));
    };
    let mut boxes = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let key = format!("{key}.{i}");
        let four: [usize; 4] = load::typed(item).map_err(|_| {
            let message = "expected four whole numbers of pixels: [x0, y0, x1, y1]";
            wrong(&item.place, &key, message)
        })?;
        let rect = Rect::from(four);
        if let Some(fault) = rect.fault(w, h) {
            return Err(wrong(&item.place, &key, &fault));
        }
        boxes.push(rect);
    }
    Ok((number, boxes))
}

fn map<'a>(node: &'a Node, key: &str, expected: &str) -> Result<&'a [Entry], SpecError> {
    match &node.value {
        Value::Map(entries) => Ok(entries),
        _ => Err(wrong(&node.place, key, &format!("expected {expected}"))),
    }
}

fn wrong(place: &Place, key: &str, message: &str) -> SpecError {
    SpecError::Value {
        place: place.clone(),
        key: key.to_string(),
        message: message.to_string(),
    }
}

/// An error of a value by itself, under the key that the file has it under.
fn named(error: SpecError, key: &str) -> SpecError {
    match error {
        SpecError::Value { place, message, .. } => wrong(&place, key, &message),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Boxes, SpecError> {
        load::parse(text, "b.yaml").and_then(|tree| parse(&tree, (64, 64)))
    }

    #[test]
    fn errors_name_the_place() {
        let error = |text: &str| read(text).unwrap_err().to_string();
        insta::assert_snapshot!(error("samples:\n  3: [[1, 2, 65, 9]]\n"), @"b.yaml:2:7: `samples.3.0`: [1, 2, 65, 9] reaches out of the image, which is 64x64 pixels; expected x1 up to 64 and y1 up to 64");
        insta::assert_snapshot!(error("samples:\n  3: [[1, 2, 5, 9], [7, 2, 7, 9]]\n"), @"b.yaml:2:21: `samples.3.1`: [7, 2, 7, 9] holds no pixel; expected [x0, y0, x1, y1] with x0 < x1 and y0 < y1");
        insta::assert_snapshot!(error("samples:\n  3: [[1, 2, 5]]\n"), @"b.yaml:2:7: `samples.3.0`: expected four whole numbers of pixels: [x0, y0, x1, y1]");
        insta::assert_snapshot!(error("samples:\n  3: [[1, -2, 5, 6]]\n"), @"b.yaml:2:7: `samples.3.0`: expected four whole numbers of pixels: [x0, y0, x1, y1]");
        insta::assert_snapshot!(error("samples:\n  3: all\n"), @"b.yaml:2:6: `samples.3`: expected a list of boxes, such as [[20, 40, 44, 52]]");
        insta::assert_snapshot!(error("samples:\n  10000: []\n"), @"b.yaml:2:3: `samples.10000`: is no sample: they are numbered 0 to 9999; `dcgan explore browse` shows them");
        insta::assert_snapshot!(error("samples:\n  three: []\n"), @"b.yaml:2:3: `samples.three`: is no sample: they are numbered 0 to 9999; `dcgan explore browse` shows them");
        insta::assert_snapshot!(error("sample:\n  3: []\n"), @"b.yaml:1:1: unknown key `sample` (did you mean `samples`?); expected one of `net`, `seed`, `samples`");
        insta::assert_snapshot!(error("seed: x\nsamples: {}\n"), @"b.yaml:1:7: `seed`: is `x`; expected a whole number");
        insta::assert_snapshot!(error("seed: 1\n"), @"b.yaml:1:1: the document lacks the key `samples`");
        insta::assert_snapshot!(error("samples: {3: []"), @"b.yaml:1:10: not valid YAML: unclosed bracket '{'");
        insta::assert_snapshot!(error("samples: {3: [], 3: []}"), @"b.yaml:1:18: not valid YAML: the key `3` stands here a second time; remove one of the two");
    }

    fn any_boxes() -> impl Strategy<Value = Boxes> {
        let rect = (0usize..63, 0usize..63, 1usize..64, 1usize..64).prop_map(|(x, y, w, h)| Rect {
            x0: x,
            y0: y,
            x1: (x + w).min(64),
            y1: (y + h).min(64),
        });
        let boxes = prop::collection::vec(rect, 0..4);
        let samples = prop::collection::btree_map(0usize..SAMPLES, boxes, 0..9);
        (samples, any::<bool>(), 0u64..1 << 60).prop_map(|(samples, net, seed)| Boxes {
            net: net.then(|| "0e1".repeat(21)),
            seed,
            samples,
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(boxes in any_boxes()) {
            prop_assert_eq!(read(&boxes.to_yaml()).unwrap(), boxes);
        }
    }
}
