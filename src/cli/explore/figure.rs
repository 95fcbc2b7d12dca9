//! A command for each figure that there is, with the figure's own options.

use std::path::PathBuf;

use anyhow::Result;
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand};
use dcgan::data::Store;
use dcgan::explore::{Chooser, FIGURES, Kind, Net, Request};
use dcgan::track::writable;

use super::{Verdict, tell};
use crate::cli::progress::Screen;

/// Which net, and where its figures go.
#[derive(Debug, Args)]
struct NetArgs {
    /// A trial's folder, or a folder of released weights
    #[arg(value_name = "NET")]
    net: PathBuf,
    /// Where the figure goes [default: `figures` in the net's folder]
    #[arg(long, value_name = "FOLDER", display_order = 200)]
    out: Option<PathBuf>,
}

/// A figure of a net.
#[derive(Debug)]
pub struct Figure {
    place: NetArgs,
    request: Request,
}

impl Figure {
    /// Draw it, and say where it is.
    pub fn run(self, store: &Store) -> Result<Verdict> {
        let NetArgs { net: folder, out } = self.place;
        let out = out.unwrap_or_else(|| folder.join("figures"));
        writable::folder(&out)?;
        let net = Net::open(&folder)?;
        let screen = Screen::new();
        let chooser = &mut Chooser::new(store, None, &screen);
        Ok(tell(&self.request.draw(&net, &out, chooser)?))
    }
}

impl Subcommand for Figure {
    fn augment_subcommands(command: Command) -> Command {
        let of = |kind: &Kind| kind.command(NetArgs::augment_args(Command::new(kind.name)));
        command.subcommands(FIGURES.iter().map(of))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Kind::named(name).is_some()
    }
}

impl FromArgMatches for Figure {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Figure, Error> {
        let named = matches.subcommand();
        let found = named.and_then(|(name, matches)| Some((Kind::named(name)?, matches)));
        let (kind, matches) = found.ok_or_else(|| Error::new(ErrorKind::MissingSubcommand))?;
        Ok(Figure {
            place: NetArgs::from_arg_matches(matches)?,
            request: Request::from_matches(kind, matches)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
