//! Figure 7: arithmetic on the mean z of concepts, beside the two ways that fail: on pixels, and on single samples.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::choice::{Choice, Choices};
use super::figure::{Figure, Scene, Wrong};
use super::{Chosen, Content, Drawing, ExploreError, Net, Panel, Samples, Term, Tile, vector};

/// Half the width of the uniform noise around the result (figure 7).
const NOISE: f32 = 0.25;
/// Noisy results around the exact one, which stands in the middle of a square of three.
const NOISY: usize = 8;

/// Figure 7: arithmetic on the mean z of concepts, beside pixels and single samples
///
/// LIST is sample numbers (3,17,21), or says what the samples show: `concept=CLASS`, with `against=CLASS`, `top=N`, `skip=N`
/// and `of=N` if wanted, takes those that a linear probe scores highest.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[serde(from = "PlusMinus")]
#[command(after_help = "\
Examples:
  dcgan explore arithmetic results/faces/0c1d --plus 3,17,21 --minus 4,8,15 --plus 16,23,42
  dcgan explore arithmetic results/faces/0c1d --plus concept=smile --minus concept=neutral --plus concept=neutral,skip=3")]
pub struct Arithmetic {
    #[command(flatten)]
    terms: Terms,
}

/// The sum, in the order in which its panels stand.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
struct Terms(Vec<Summand>);

/// The mean z of some samples, added or taken away.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Summand {
    minus: bool,
    of: Choice<3>,
}

/// The sum as a spec has it: lists of samples to add and to take away, in turn.
#[derive(Deserialize)]
struct PlusMinus {
    plus: Option<Choices<3>>,
    minus: Option<Choices<3>>,
}

impl From<PlusMinus> for Arithmetic {
    fn from(written: PlusMinus) -> Arithmetic {
        let all = |choices: Option<Choices<3>>| choices.map_or_else(Vec::new, |c| c.0).into_iter();
        let (mut plus, mut minus) = (all(written.plus), all(written.minus));
        let mut terms = Vec::new();
        loop {
            let (p, m) = (plus.next(), minus.next());
            if p.is_none() && m.is_none() {
                let terms = Terms(terms);
                return Arithmetic { terms };
            }
            terms.extend(p.map(|of| Summand { minus: false, of }));
            terms.extend(m.map(|of| Summand { minus: true, of }));
        }
    }
}

/// `--plus LIST` and `--minus LIST`, as often and in the order they are given, which clap's derive does not keep.
const LISTS: [(&str, bool, &str); 2] = [
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

impl Args for Terms {
    fn augment_args(command: Command) -> Command {
        command.args(LISTS.map(|(name, _, help)| {
            Arg::new(name)
                .long(name)
                .value_name("LIST")
                .value_parser(clap::value_parser!(Choice<3>))
                .action(ArgAction::Append)
                .help(help)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Terms {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut placed = Vec::new();
        for (name, minus, _) in LISTS {
            let lists = matches.get_many::<Choice<3>>(name).into_iter().flatten();
            let places = matches.indices_of(name).into_iter().flatten();
            placed.extend(places.zip(lists).map(|(place, of)| {
                let of = of.clone();
                (place, Summand { minus, of })
            }));
        }
        placed.sort_by_key(|(place, _)| *place);
        Ok(Terms(placed.into_iter().map(|(_, term)| term).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Figure for Arithmetic {
    const NAME: &'static str = "arithmetic";
    const TITLE: &'static str = "Figure 7: vector arithmetic";
    type Plan = Drawing;

    fn checked(self) -> Result<Arithmetic, Wrong> {
        match self.terms.0.is_empty() {
            true => Err(Wrong::new(
                "plus",
                "nothing to add: expected `plus`, `minus` or both",
            )),
            false => Ok(self),
        }
    }

    fn classes(&self) -> Vec<&str> {
        self.terms.0.iter().flat_map(|t| t.of.classes()).collect()
    }

    fn draw(&self, scene: &mut Scene) -> Result<Drawing, ExploreError> {
        let mut concepts = Vec::with_capacity(self.terms.0.len());
        for Summand { minus, of } in &self.terms.0 {
            concepts.push(Concept {
                minus: *minus,
                chosen: scene.choose(of)?,
            });
        }
        arithmetic(scene.net, scene.common.seed, &concepts)
    }
}

/// Samples that show one thing, added or taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Concept {
    minus: bool,
    chosen: Chosen,
}

impl Concept {
    fn weight(&self) -> f64 {
        if self.minus { -1.0 } else { 1.0 }
    }

    fn sign(&self) -> char {
        if self.minus { '\u{2212}' } else { '+' }
    }
}

/// The sum of the concepts' mean z: exact in the centre, and with noise; above it the samples and the image of each
/// mean; beside it the same sum of pixels and, of single samples, the first of each concept, the second, and so on.
fn arithmetic(net: &Net, seed: u64, concepts: &[Concept]) -> Result<Drawing, ExploreError> {
    let latent = net.architecture.latent;
    let samples = Samples { latent, seed };
    let mut z = Vec::with_capacity(concepts.len());
    for concept in concepts {
        let what = if concept.minus { "--minus" } else { "--plus" };
        z.push(samples.z(what, &concept.chosen.samples)?);
    }
    let weights: Vec<f64> = concepts.iter().map(Concept::weight).collect();
    let means: Vec<Vec<f32>> = z.iter().map(|z| vector::mean(z)).collect();
    let sum = |vectors: Vec<&Vec<f32>>| {
        let vectors = vectors.into_iter().map(Vec::as_slice);
        vector::sum(weights.iter().copied().zip(vectors))
    };
    let inputs = concepts
        .iter()
        .zip(&z)
        .zip(&means)
        .map(|((concept, z), mean)| {
            let mut tiles: Vec<Tile> = concept
                .chosen
                .samples
                .iter()
                .zip(z)
                .map(|(&i, z)| Tile::sample(i, z.clone()))
                .collect();
            tiles.push(Tile::z("mean", mean.clone()));
            Panel {
                caption: format!("{} the mean z of {}", concept.sign(), concept.chosen.words),
                columns: tiles.len(),
                tiles,
                without: None,
            }
        });
    let exact = sum(means.iter().collect());
    let mut rng = samples.stream("explore.noise");
    let mut results: Vec<Tile> = (0..NOISY)
        .map(|_| {
            let noisy = exact.iter().map(|v| v + rng.random_range(-NOISE..NOISE));
            Tile::z("", noisy.collect())
        })
        .collect();
    results.insert(NOISY / 2, Tile::z("", exact));
    let pixels = concepts.iter().zip(&z).flat_map(|(concept, z)| {
        let weight = concept.weight() / z.len() as f64;
        z.iter().map(move |z| Term {
            weight,
            z: z.clone(),
        })
    });
    let pixels = Tile {
        label: String::new(),
        sample: None,
        content: Content::Pixels(pixels.collect()),
    };
    let singles = z.iter().map(Vec::len).min().unwrap_or(0);
    let singles: Vec<Tile> = (0..singles)
        .map(|k| Tile::z("", sum(z.iter().map(|z| &z[k]).collect())))
        .collect();
    let result = Panel {
        caption: format!("the result in the centre, and with uniform noise of \u{b1}{NOISE}"),
        columns: 3,
        tiles: results,
        without: None,
    };
    let pixels = Panel {
        caption: "the same arithmetic on pixels".into(),
        columns: 1,
        tiles: vec![pixels],
        without: None,
    };
    let singles = Panel {
        caption: "on z of single samples: the first of each list, the second, ...".into(),
        columns: singles.len(),
        tiles: singles,
        without: None,
    };
    let rows = vec![inputs.collect(), vec![result, pixels, singles]];
    Ok(Drawing::new(Arithmetic::NAME, net, seed, rows))
}

/// `3, 17, 21`.
pub(super) fn list(indices: &[usize]) -> String {
    let texts: Vec<String> = indices.iter().map(usize::to_string).collect();
    texts.join(", ")
}
