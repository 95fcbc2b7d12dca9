//! Figure 4: from one random point of Z to the next, image by image.

use super::{Animation, Drawing, ExploreError, Net, Panel, Samples, Tile, vector};
use crate::spec::Interpolation;

/// How long each frame of the film is shown, in milliseconds.
const FRAME: u32 = 80;

/// A row from each sample of `points` to the next, in `steps` steps, both ends shown; the film goes along all rows and
/// back.
///
/// # Errors
/// [`ExploreError::NoSuchSample`]; [`ExploreError::Range`] for fewer than 2 points or no step.
pub fn interpolate(
    net: &Net,
    seed: u64,
    points: &[usize],
    steps: usize,
    mode: Interpolation,
) -> Result<Drawing, ExploreError> {
    check("the number of points", points.len(), 2)?;
    check("the number of steps", steps, 1)?;
    let latent = net.architecture.latent;
    let z = Samples { latent, seed }.z("the points", points)?;
    let name = match mode {
        Interpolation::Linear => "linear",
        Interpolation::Spherical => "spherical",
    };
    let way = |a: &[f32], b: &[f32], t: f64| match mode {
        Interpolation::Linear => vector::linear(a, b, t),
        Interpolation::Spherical => vector::spherical(a, b, t),
    };
    let mut tiles = Vec::new();
    let mut frames = Vec::new();
    for (ends, numbers) in z.windows(2).zip(points.windows(2)) {
        if let ([a, b], &[from, to]) = (ends, numbers) {
            frames.extend((0..steps).map(|i| tiles.len() + i));
            tiles.push(Tile::sample(from, a.clone()));
            for step in 1..steps {
                let t = step as f64 / steps as f64;
                tiles.push(Tile::z("", way(a, b, t)));
            }
            tiles.push(Tile::sample(to, b.clone()));
        }
    }
    frames.push(tiles.len() - 1);
    // Both ends are shown once in each round.
    let back: Vec<usize> = frames.iter().rev().skip(1).copied().collect();
    frames.extend(&back[..back.len() - 1]);
    let caption = format!(
        "{name} interpolation between a series of {} random points of Z",
        points.len()
    );
    let panel = Panel {
        caption,
        columns: steps + 1,
        tiles,
        without: None,
    };
    Ok(Drawing {
        animation: Some(Animation {
            milliseconds: FRAME,
            frames,
        }),
        ..Drawing::new("interpolation", net, seed, vec![vec![panel]])
    })
}

fn check(what: &'static str, found: usize, least: usize) -> Result<(), ExploreError> {
    match found >= least {
        true => Ok(()),
        false => Err(ExploreError::Range {
            what,
            found: found.to_string(),
            expected: format!("{least} or more"),
        }),
    }
}
