//! Figure 7: arithmetic on the mean z of concepts, beside the two ways that fail: on pixels, and on single samples.

use rand::Rng;

use super::{Chosen, Content, Drawing, ExploreError, Net, Panel, Samples, Term, Tile, vector};

/// Half the width of the uniform noise around the result (figure 7).
const NOISE: f32 = 0.25;
/// Noisy results around the exact one, which stands in the middle of a square of three.
const NOISY: usize = 8;

/// Samples that show one thing, added or taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concept {
    pub minus: bool,
    pub chosen: Chosen,
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
///
/// # Errors
/// [`ExploreError::NoSamples`] and [`ExploreError::NoSuchSample`].
pub fn arithmetic(net: &Net, seed: u64, concepts: &[Concept]) -> Result<Drawing, ExploreError> {
    if concepts.is_empty() {
        return Err(ExploreError::NoSamples {
            what: "--plus and --minus",
        });
    }
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
    Ok(Drawing::new("arithmetic", net, seed, rows))
}

/// `3, 17, 21`.
pub(super) fn list(indices: &[usize]) -> String {
    let texts: Vec<String> = indices.iter().map(usize::to_string).collect();
    texts.join(", ")
}
