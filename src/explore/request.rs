//! A figure that is asked for: read from a spec's `explore:` section or from the command line, and checked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Map, Value as Json};

use super::figure::{Common, Destination, Scene, Wrong};
use super::table::{FIGURES, Kind, Options};
use super::{Chooser, ExploreError, Net, Written};
use crate::spec::tree::{Entry, Node, Value};
use crate::spec::{SpecError, Unread, load};

/// A figure that is asked for, with every default filled in.
#[derive(Debug)]
pub struct Request {
    kind: &'static Kind,
    common: Common,
    options: Options,
}

impl Request {
    /// What a spec and the command line call the figure.
    pub fn figure(&self) -> &'static str {
        self.kind.name
    }

    /// What a report calls the figure.
    pub fn title(&self) -> &'static str {
        self.kind.title
    }

    /// The name of its files.
    pub fn name(&self) -> &str {
        self.common.name.as_deref().unwrap_or(self.kind.file)
    }

    /// The data set that it names.
    pub fn data(&self) -> Option<&str> {
        self.common.data.as_deref()
    }

    /// The split that it names.
    pub fn split(&self) -> Option<&str> {
        self.common.split.as_deref()
    }

    /// Files beside the trial's own that it is drawn from, each with the option that names it.
    pub fn files(&self) -> Vec<(&'static str, PathBuf)> {
        self.options.files()
    }

    /// Classes of the data by which its samples are chosen.
    pub fn classes(&self) -> Vec<&str> {
        self.options.classes()
    }

    /// Whether it shows or searches images of the data.
    pub fn reads_images(&self) -> bool {
        self.options.reads_images()
    }

    /// What determines the figure, beside the net and the contents of data and files: the same for the same request.
    pub fn to_json(&self) -> Json {
        let mut all = Map::new();
        all.insert("name".into(), self.name().into());
        all.insert("seed".into(), self.common.seed.into());
        for (key, value) in [("data", &self.common.data), ("split", &self.common.split)] {
            all.extend(value.as_deref().map(|v| (key.to_string(), v.into())));
        }
        all.insert("figure".into(), self.kind.name.into());
        // Only a path that is not UTF-8 cannot be written so, and no spec can name one.
        if let Ok(Json::Object(own)) = self.options.to_json() {
            all.extend(own);
        }
        Json::Object(all)
    }

    /// Draw the figure of `net` into the folder `out`.
    ///
    /// # Errors
    /// [`ExploreError`] of the figure, or of the choice of its samples.
    pub fn draw(
        &self,
        net: &Net,
        out: &Path,
        chooser: &mut Chooser,
    ) -> Result<Written, ExploreError> {
        let place = Destination {
            name: self.common.name.clone().filter(|n| n != self.kind.file),
            out,
            store: chooser.store,
            cards: chooser.cards,
            progress: chooser.progress,
        };
        let common = &self.common;
        let mut scene = Scene {
            net,
            common,
            chooser,
        };
        self.options.draw(&mut scene, &place)
    }

    /// The figure `kind` by the options of a command that [`Kind::command`] made.
    ///
    /// # Errors
    /// clap's, for options that do not fit together.
    pub fn from_matches(kind: &'static Kind, matches: &ArgMatches) -> Result<Request, clap::Error> {
        let told = |wrong: Wrong| {
            let text = format!("`--{}`: {}\n", wrong.key, wrong.message);
            clap::Error::raw(ErrorKind::ValueValidation, text)
        };
        Ok(Request {
            kind,
            common: Common::from_arg_matches(matches)?.checked().map_err(told)?,
            options: (kind.from_matches)(matches)?.map_err(told)?,
        })
    }
}

impl Kind {
    /// `command` with the options of every figure and of this one.
    pub fn command(&self, command: Command) -> Command {
        (self.augment)(Common::augment_args(command))
    }
}

/// The figures of a spec's `explore:` section.
///
/// # Errors
/// [`SpecError`] with the place of the first option that is unknown, missing or wrong.
pub fn requests(section: &[Unread]) -> Result<Vec<Request>, SpecError> {
    let mut names = BTreeSet::new();
    let mut found = Vec::with_capacity(section.len());
    for (i, Unread(node)) in section.iter().enumerate() {
        let at = Located {
            node,
            path: format!("explore.{i}"),
        };
        let request = at.request()?;
        if !names.insert(request.name().to_string()) {
            return Err(SpecError::Value {
                place: node.place.clone(),
                key: at.path,
                message: format!(
                    "another figure is called `{}` already; give this one a `name`",
                    request.name()
                ),
            });
        }
        found.push(request);
    }
    Ok(found)
}

/// A figure of a section as it is written.
struct Located<'a> {
    node: &'a Node,
    /// Its dotted key.
    path: String,
}

impl Located<'_> {
    fn request(&self) -> Result<Request, SpecError> {
        let Value::Map(entries) = self.node.yaml() else {
            return Err(SpecError::Value {
                place: self.node.place.clone(),
                key: self.path.clone(),
                message: "expected a figure and its options, such as {figure: interpolate}".into(),
            });
        };
        let kind = self.kind()?;
        let command = kind.command(Command::new(kind.name));
        let keys: Vec<&Arg> = command.get_arguments().collect();
        self.known(entries, &keys)?;
        let common = Common::augment_args(Command::new(""));
        let shared = |key: &Arg| {
            common
                .get_arguments()
                .any(|arg| arg.get_id() == key.get_id())
        };
        let (shared, own): (Vec<&Arg>, Vec<&Arg>) = keys.into_iter().partition(|key| shared(key));
        let common: Common =
            load::typed(&self.part(entries, &shared)?).map_err(|e| self.within(e))?;
        let options = (kind.from_node)(&self.part(entries, &own)?).map_err(|e| self.within(e))?;
        Ok(Request {
            kind,
            common: common.checked().map_err(|wrong| self.wrong(wrong))?,
            options: options.map_err(|wrong| self.wrong(wrong))?,
        })
    }

    fn kind(&self) -> Result<&'static Kind, SpecError> {
        let names: Vec<String> = FIGURES.iter().map(|k| k.name.to_string()).collect();
        let list = format!("expected one of `{}`", names.join("`, `"));
        let message = match self.node.get("figure").map(Node::yaml) {
            None | Some(Value::Null) => format!("is missing; {list}"),
            Some(Value::Str(name)) => match Kind::named(name) {
                Some(kind) => return Ok(kind),
                None => {
                    let nearest = load::nearest(name, &names);
                    let meant =
                        nearest.map_or_else(String::new, |n| format!(" (did you mean `{n}`?)"));
                    format!("no figure is called `{name}`{meant}; {list}")
                }
            },
            Some(_) => format!("is no name; {list}"),
        };
        Err(self.wrong(Wrong::new("figure", message)))
    }

    /// Every key is the figure's name or one of its options.
    fn known(&self, entries: &[Entry], keys: &[&Arg]) -> Result<(), SpecError> {
        let known = keys.iter().map(|key| key.get_id().as_str());
        let expected: Vec<String> = ["figure"]
            .into_iter()
            .chain(known)
            .map(str::to_string)
            .collect();
        match entries.iter().find(|entry| !expected.contains(&entry.key)) {
            None => Ok(()),
            Some(entry) => Err(SpecError::UnknownKey {
                nearest: load::nearest(&entry.key, &expected),
                place: entry.place.clone(),
                key: entry.key.clone(),
                expected,
            }),
        }
    }

    /// The entries of `keys`, and for those that are not written what the command line has.
    fn part(&self, entries: &[Entry], keys: &[&Arg]) -> Result<Node, SpecError> {
        let place = &self.node.place;
        let mut part = Vec::with_capacity(keys.len());
        for key in keys {
            let name = key.get_id().as_str();
            let written = entries.iter().find(|entry| entry.key == name);
            if let Some(entry) = written.filter(|e| *e.node.yaml() != Value::Null) {
                part.push(entry.clone());
            } else if key.is_required_set() {
                let help = key.get_help().map(ToString::to_string).unwrap_or_default();
                let message = format!("is missing; expected {}", lowered(&help));
                return Err(self.wrong(Wrong::new(name, message)));
            } else if let [default] = key.get_default_values() {
                let default = load::parse(&default.to_string_lossy(), &place.source)?;
                part.push(Entry {
                    key: name.to_string(),
                    place: place.clone(),
                    node: Node {
                        place: place.clone(),
                        ..default
                    },
                });
            }
        }
        Ok(Node {
            value: Value::Map(part),
            place: place.clone(),
        })
    }

    fn wrong(&self, wrong: Wrong) -> SpecError {
        let place = match self.node.get(&wrong.key) {
            Some(node) => node.place.clone(),
            None => self.node.place.clone(),
        };
        SpecError::Value {
            place,
            key: format!("{}.{}", self.path, wrong.key),
            message: wrong.message,
        }
    }

    /// The error with the whole key.
    fn within(&self, error: SpecError) -> SpecError {
        match error {
            SpecError::Value {
                place,
                key,
                message,
            } => SpecError::Value {
                place,
                key: match key.as_str() {
                    load::WHOLE => self.path.clone(),
                    _ => format!("{}.{key}", self.path),
                },
                message,
            },
            other => other,
        }
    }
}

/// A line of help as it goes on in a sentence.
fn lowered(help: &str) -> String {
    let mut chars = help.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
