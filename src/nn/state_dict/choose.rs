//! Which of a file's tensors are the net that is wanted.
//!
//! A net is found by its first tensor, wherever in the file that is: inside dictionaries of any name, behind the name of a part of a
//! larger model, behind what `nn.DataParallel` and `torch.compile` put before every name. Among several the wanted one is told
//! by the tensors that it has, and then by what it is called.

use std::path::Path;

use super::contents::{Contents, Found, Key, show};
use super::error::Trouble;
use super::python::{load, lookup, save};

/// What `nn.DataParallel` and `torch.compile` put into names.
const WRAPPERS: [&str; 2] = ["module", "_orig_mod"];
/// Names that say nothing of which net a dictionary is.
const NEUTRAL: [&str; 8] = [
    "",
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "network",
    "params",
    "weights",
];
/// Nets that an error shows.
const SHOWN: usize = 4;
/// No training has so many nets.
const MOST_NETS: usize = 64;

/// A net to be found in a file.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Such as `a discriminator of PyTorch's DCGAN example`.
    pub what: &'static str,
    /// The name of its first tensor.
    pub first: &'static str,
    /// The names of two tensors that tell it from the other net of a pair: of one that it has and one that it has not.
    pub has: &'static str,
    pub lacks: &'static str,
    /// What people call it, in small letters.
    pub called: &'static [&'static str],
}

/// A net in a file: its tensors' names there, and which tensor each is.
pub(super) type Names = Vec<(String, usize)>;

/// A part of a tensor's name, and which of its keys it is in.
type Segment<'a> = (&'a str, usize);

/// A place where a net begins.
struct Candidate<'a> {
    /// The dictionaries on the way.
    outer: &'a [Key],
    /// What is before its names in the innermost of them.
    prefix: Vec<&'a str>,
    /// Its names lie in that one dictionary, not in others within it.
    single: bool,
}

/// The net's tensors in the file.
///
/// # Errors
/// [`Trouble::Lacks`] and [`Trouble::Several`], which say what the file holds.
pub(super) fn choose(contents: &Contents, wanted: &Wanted, path: &Path) -> Result<Names, Trouble> {
    let all: Vec<Vec<Segment>> = contents.tensors.iter().map(segments).collect();
    let mut candidates: Vec<(Candidate, Names)> = Vec::new();
    let parts: Vec<&str> = wanted.first.split('.').collect();
    for (found, segments) in contents.tensors.iter().zip(&all) {
        let Some(candidate) = begins(found, segments, &parts) else {
            continue;
        };
        let known = |(c, _): &(Candidate, Names)| {
            c.outer == candidate.outer && c.prefix == candidate.prefix
        };
        if !candidates.iter().any(known) {
            if candidates.len() == MOST_NETS {
                return Err(several(&candidates, contents, wanted, path));
            }
            let names = members(&candidate, &contents.tensors, &all);
            candidates.push((candidate, names));
        }
    }
    let mut anchor = wanted.first;
    if candidates.len() > 1 {
        anchor = wanted.has;
        let has = |names: &Names, name: &str| names.iter().any(|(n, _)| n == name);
        candidates.retain(|(_, names)| has(names, wanted.has) && !has(names, wanted.lacks));
        let best = candidates.iter().map(|(c, _)| score(c, wanted)).max();
        candidates.retain(|(c, _)| Some(score(c, wanted)) == best);
    }
    if candidates.len() > 1 {
        return Err(several(&candidates, contents, wanted, path));
    }
    match candidates.pop() {
        Some((_, names)) => Ok(names),
        None => Err(Trouble::Lacks {
            what: wanted.what,
            anchor,
            holds: contents.summary.clone(),
            hint: hint(contents, wanted, path),
        }),
    }
}

fn several(
    candidates: &[(Candidate, Names)],
    contents: &Contents,
    wanted: &Wanted,
    path: &Path,
) -> Trouble {
    let labels = candidates.iter().take(SHOWN);
    let labels = labels.map(|(c, _)| format!("`{}`", show(&c.label())));
    let first = candidates.first();
    let first = first.map(|(c, _)| c.taken(path, contents.objects));
    Trouble::Several {
        what: wanted.what,
        found: labels.collect::<Vec<_>>().join(", "),
        python: save(&first.unwrap_or_default(), path),
    }
}

/// The parts of a tensor's name without those of wrappers.
fn segments(found: &Found) -> Vec<Segment<'_>> {
    let keys = found.keys.iter().enumerate();
    keys.flat_map(|(i, key)| key.text.split('.').map(move |part| (part, i)))
        .filter(|(part, _)| !WRAPPERS.contains(part))
        .collect()
}

fn begins<'a>(found: &'a Found, segments: &[Segment<'a>], parts: &[&str]) -> Option<Candidate<'a>> {
    let before = segments.len().checked_sub(parts.len())?;
    let (prefix, own) = segments.split_at(before);
    let same = own.iter().map(|(part, _)| part).eq(parts);
    let (_, key) = *own.first().filter(|_| same)?;
    let prefix = prefix.iter().filter(|(_, at)| *at == key);
    Some(Candidate {
        outer: &found.keys[..key],
        prefix: prefix.map(|(part, _)| *part).collect(),
        single: key + 1 == found.keys.len(),
    })
}

fn members(candidate: &Candidate, tensors: &[Found], all: &[Vec<Segment>]) -> Names {
    let depth = candidate.outer.len();
    let mut names = Vec::new();
    for (i, (found, segments)) in tensors.iter().zip(all).enumerate() {
        let inside = found.keys.get(..depth) == Some(candidate.outer)
            && (!candidate.single || found.keys.len() == depth + 1);
        if !inside {
            continue;
        }
        let own = segments.iter().filter(|(_, key)| *key >= depth);
        let own: Vec<&str> = own.map(|(part, _)| *part).collect();
        if let Some(rest) = own.strip_prefix(candidate.prefix.as_slice()) {
            names.push((rest.join("."), i));
        }
    }
    names
}

/// How well the names before a net say that it is the wanted one.
fn score(candidate: &Candidate, wanted: &Wanted) -> usize {
    let label = candidate.label().to_lowercase();
    let parts = label.split('.').map(|part| {
        let plain = part.strip_suffix("_state_dict");
        let plain = plain.or_else(|| part.strip_suffix("_dict"));
        (part, plain.unwrap_or(part))
    });
    let parts: Vec<(&str, &str)> = parts.collect();
    if parts.iter().any(|(_, plain)| wanted.called.contains(plain)) {
        return 2;
    }
    let neutral = |(part, plain): &(&str, &str)| {
        NEUTRAL.contains(part) || NEUTRAL.contains(plain) || WRAPPERS.contains(part)
    };
    usize::from(parts.iter().all(neutral))
}

impl Candidate<'_> {
    /// Where in the file it is.
    fn label(&self) -> String {
        let outer = self.outer.iter().map(|key| key.text.as_str());
        let all: Vec<&str> = outer.chain(self.prefix.iter().copied()).collect();
        all.join(".")
    }

    /// Python that takes it out of the file.
    fn taken(&self, path: &Path, objects: bool) -> String {
        let table = format!("{}{}", load(path, objects), lookup(self.outer));
        if self.prefix.is_empty() {
            return table;
        }
        let prefix = format!("{}.", self.prefix.join("."));
        format!(
            "{{k.removeprefix({prefix:?}): v for k, v in {table}.items() if k.startswith({prefix:?})}}"
        )
    }
}

/// What to do where the file's tensors have the right shapes under another name, or no numbers.
fn hint(contents: &Contents, wanted: &Wanted, path: &Path) -> String {
    let table = |found: &Found| {
        let outer = &found.keys[..found.keys.len().saturating_sub(1)];
        let load = load(path, contents.objects || found.tensor.is_err());
        format!("{load}{}", lookup(outer))
    };
    let unreadable = contents.tensors.iter().find(|f| f.tensor.is_err());
    if let Some(found) = unreadable {
        let table = table(found);
        let tensors = format!("{{k: torch.as_tensor(v) for k, v in {table}.items()}}");
        let line = save(&tensors, path);
        return format!("; in Python, `{line}` writes them as tensors");
    }
    // `nn.Sequential` under another name, or by itself.
    let Some((name, inner)) = wanted.first.split_once('.') else {
        return String::new();
    };
    let called = contents.tensors.iter().find_map(|found| {
        let key = found.keys.last().filter(|key| !key.number)?;
        let before = key.text.strip_suffix(inner)?;
        (before.is_empty() || before.ends_with('.')).then_some((found, before))
    });
    match called {
        Some((found, before)) => {
            let table = table(found);
            let renamed = format!(
                "{{\"{name}.\" + k.removeprefix({before:?}): v for k, v in {table}.items()}}"
            );
            let line = save(&renamed, path);
            format!("; if that is such a net, in Python, `{line}` writes it under these names")
        }
        None => String::new(),
    }
}
