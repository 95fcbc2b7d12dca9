//! What a file holds: dictionaries in each other, tensors by name, and other things by what they are.

use std::collections::BTreeMap;

use super::stored::Stored;

/// Dictionaries inside each other deeper than this hold no net.
pub(super) const DEEPEST: usize = 32;
/// More tensors than any net has.
pub(super) const MOST_TENSORS: usize = 50_000;
/// A longer key names no part of a net.
pub(super) const LONGEST_KEY: usize = 256;
/// Nor do keys that are longer together.
const LONGEST_NAME: usize = 512;
/// Entries of a file that an error shows.
const SHOWN: usize = 6;
/// Characters of a name that an error shows.
const SHOWN_NAME: usize = 60;

/// A key of a dictionary, or a place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub text: String,
    pub number: bool,
}

/// A part of a file.
#[derive(Debug)]
pub(super) enum Part {
    Tensor(Stored),
    /// Has a tensor's name, and its numbers cannot be read: why.
    Unreadable(String),
    /// A dictionary, or what holds its parts as one does.
    Table(Vec<(Key, Part)>),
    /// In words.
    Other(String),
}

/// A tensor and where in the file it is.
#[derive(Debug)]
pub(super) struct Found {
    /// From the outermost dictionary to the tensor.
    pub keys: Vec<Key>,
    pub tensor: Result<Stored, String>,
}

/// All that a file holds.
#[derive(Debug)]
pub(super) struct Contents {
    /// What its outermost dictionary holds, or what it is instead; for messages.
    pub summary: String,
    pub tensors: Vec<Found>,
    /// What a safetensors file says of itself.
    pub metadata: BTreeMap<String, String>,
    /// Whether `torch.load` must be allowed to call the classes that the file names.
    pub objects: bool,
}

impl Contents {
    pub fn new(root: Part, objects: bool) -> Contents {
        let summary = summary(&root);
        let mut tensors = Vec::new();
        collect(root, &mut Vec::new(), &mut tensors);
        Contents {
            summary,
            tensors,
            metadata: BTreeMap::new(),
            objects,
        }
    }
}

/// The tensors under `part`. The depth is bounded where parts are made.
fn collect(part: Part, keys: &mut Vec<Key>, out: &mut Vec<Found>) {
    let tensor = match part {
        Part::Tensor(stored) => Ok(stored),
        Part::Unreadable(why) => Err(why),
        Part::Table(entries) => {
            for (key, part) in entries {
                keys.push(key);
                collect(part, keys, out);
                keys.pop();
            }
            return;
        }
        Part::Other(_) => return,
    };
    if keys.iter().map(|key| key.text.len()).sum::<usize>() <= LONGEST_NAME {
        out.push(Found {
            keys: keys.clone(),
            tensor,
        });
    }
}

fn summary(root: &Part) -> String {
    let Part::Table(entries) = root else {
        return what(root);
    };
    if entries.is_empty() {
        return "an empty dictionary".into();
    }
    let mut shown: Vec<String> = entries
        .iter()
        .take(SHOWN)
        .map(|(key, part)| match part {
            Part::Tensor(stored) => format!("`{}` {:?}", show(&key.text), stored.shape),
            part => format!("`{}` ({})", show(&key.text), what(part)),
        })
        .collect();
    if entries.len() > SHOWN {
        shown.push(format!("{} more", entries.len() - SHOWN));
    }
    shown.join(", ")
}

/// A part in a few words.
fn what(part: &Part) -> String {
    match part {
        Part::Tensor(stored) => format!("a tensor of shape {:?}", stored.shape),
        Part::Unreadable(why) => why.clone(),
        Part::Other(what) => what.clone(),
        Part::Table(_) => match count(part) {
            0 => "a dictionary without tensors".into(),
            1 => "a dictionary of 1 tensor".into(),
            n => format!("a dictionary of {n} tensors"),
        },
    }
}

fn count(part: &Part) -> usize {
    match part {
        Part::Tensor(_) | Part::Unreadable(_) => 1,
        Part::Table(entries) => entries.iter().map(|(_, part)| count(part)).sum(),
        Part::Other(_) => 0,
    }
}

/// A name from a file as a message shows it: short, and without control characters.
pub(super) fn show(name: &str) -> String {
    let mut shown: String = name.chars().take(SHOWN_NAME).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}
