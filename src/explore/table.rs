//! Every figure that there is, in one table: adding one is a file of its own and a line here.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command};
use serde_json::Value;

use super::arithmetic::Arithmetic;
use super::browse::Browse;
use super::digits::Digits;
use super::drop::Drop;
use super::figure::{Destination, Figure, Plan, Scene, Wrong};
use super::guided::Guided;
use super::interpolate::Interpolate;
use super::turn::Turn;
use super::{ExploreError, Net, Written};
use crate::spec::tree::Node;
use crate::spec::{SpecError, load};

/// The figures, in the order in which help and errors name them.
pub static FIGURES: [Kind; 7] = [
    Kind::of::<Browse>(),
    Kind::of::<Interpolate>(),
    Kind::of::<Arithmetic>(),
    Kind::of::<Turn>(),
    Kind::of::<Guided>(),
    Kind::of::<Drop>(),
    Kind::of::<Digits>(),
];

/// A figure as the table has it.
#[derive(Debug)]
pub struct Kind {
    /// What a spec and the command line call it.
    pub name: &'static str,
    /// What its files are called where they are given no name.
    pub file: &'static str,
    /// What a report calls it.
    pub title: &'static str,
    formerly: &'static [&'static str],
    /// Adds its options to a command.
    pub(super) augment: fn(Command) -> Command,
    pub(super) from_matches: fn(&ArgMatches) -> Result<Result<Options, Wrong>, clap::Error>,
    pub(super) from_node: fn(&Node) -> Result<Result<Options, Wrong>, SpecError>,
    pub(super) again: fn(&Path, &[u8], &Net, &Destination) -> Result<Written, ExploreError>,
}

/// Some figure's checked options.
pub(super) type Options = Box<dyn AnyFigure>;

impl Kind {
    const fn of<F: Figure + 'static>() -> Kind {
        Kind {
            name: F::NAME,
            file: F::FILE,
            title: F::TITLE,
            formerly: F::FORMERLY,
            augment: F::augment_args,
            from_matches: |matches| Ok(boxed(F::from_arg_matches(matches)?)),
            from_node: |node| Ok(boxed(load::typed::<F>(node)?)),
            again: |path, bytes, net, place| F::Plan::read(path, bytes)?.write(net, place),
        }
    }

    /// The figure that a spec or the command line calls so.
    pub fn named(name: &str) -> Option<&'static Kind> {
        FIGURES.iter().find(|kind| kind.name == name)
    }

    /// The figure whose records call it so.
    pub(super) fn of_record(name: &str) -> Option<&'static Kind> {
        FIGURES
            .iter()
            .find(|kind| kind.file == name || kind.formerly.contains(&name))
    }
}

fn boxed<F: Figure + 'static>(options: F) -> Result<Options, Wrong> {
    Ok(Box::new(options.checked()?))
}

/// A [`Figure`] of whatever kind.
pub(super) trait AnyFigure: Debug {
    fn files(&self) -> Vec<(&'static str, PathBuf)>;
    fn classes(&self) -> Vec<&str>;
    fn reads_images(&self) -> bool;
    /// What determines it.
    fn to_json(&self) -> serde_json::Result<Value>;
    fn draw(&self, scene: &mut Scene, place: &Destination) -> Result<Written, ExploreError>;
}

impl<F: Figure> AnyFigure for F {
    fn files(&self) -> Vec<(&'static str, PathBuf)> {
        Figure::files(self)
    }

    fn classes(&self) -> Vec<&str> {
        Figure::classes(self)
    }

    fn reads_images(&self) -> bool {
        Figure::reads_images(self)
    }

    fn to_json(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }

    fn draw(&self, scene: &mut Scene, place: &Destination) -> Result<Written, ExploreError> {
        Figure::draw(self, scene)?.write(scene.net, place)
    }
}
