use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use dcgan::spec::{Choice, TermSpec};

/// `--plus LIST` and `--minus LIST`, as often and in the order they are given, which clap's derive does not keep.
#[derive(Debug, Clone)]
pub struct Concepts(pub Vec<TermSpec>);

const OPTIONS: [(&str, bool, &str); 2] = [
    (
        "plus",
        false,
        "Add the mean z of these samples; may be repeated",
    ),
    (
        "minus",
        true,
        "Take away the mean z of these samples; may be repeated",
    ),
];

impl Args for Concepts {
    fn augment_args(command: Command) -> Command {
        command.args(OPTIONS.map(|(name, _, help)| {
            Arg::new(name)
                .long(name)
                .value_name("LIST")
                .value_parser(Choice::parse)
                .action(ArgAction::Append)
                .help(help)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Concepts {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut placed = Vec::new();
        for (name, minus, _) in OPTIONS {
            let lists = matches.get_many::<Choice>(name).into_iter().flatten();
            let places = matches.indices_of(name).into_iter().flatten();
            placed.extend(places.zip(lists).map(|(place, of)| {
                let of = of.clone();
                (place, TermSpec { minus, of })
            }));
        }
        placed.sort_by_key(|(place, _)| *place);
        Ok(Concepts(placed.into_iter().map(|(_, c)| c).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
