//! Numbered samples, to choose from.

use super::chooser::Ranking;
use super::{Drawing, ExploreError, Net, Panel, Samples, Tile};

/// Samples side by side.
const COLUMNS: usize = 10;

/// The samples `from`, `from + 1`, ... as a sheet, each above its number.
///
/// # Errors
/// [`ExploreError::NoSamples`] and [`ExploreError::NoSuchSample`].
pub fn browse(net: &Net, seed: u64, from: usize, count: usize) -> Result<Drawing, ExploreError> {
    let latent = net.architecture.latent;
    let indices = Samples::range(from, count)?;
    let z = Samples { latent, seed }.z("--count", &indices)?;
    let tiles = indices.iter().zip(z).map(|(&i, z)| Tile::sample(i, z));
    let caption = format!("samples of seed {seed}, each above its number");
    Ok(sheet(net, seed, caption, tiles.collect()))
}

/// The same by their scores, highest first, each above its number and score.
pub(super) fn sorted(net: &Net, seed: u64, ranking: &Ranking) -> Result<Drawing, ExploreError> {
    let latent = net.architecture.latent;
    let indices: Vec<usize> = ranking.scores.iter().map(|(i, _)| *i).collect();
    let z = Samples { latent, seed }.z("--count", &indices)?;
    let tiles = ranking.scores.iter().zip(z).map(|((i, score), z)| Tile {
        label: format!("{i}: {score:+.2}"),
        ..Tile::sample(*i, z)
    });
    let caption = format!(
        "samples of seed {seed}, each above its number and score, highest first. Score: {}",
        ranking.words
    );
    Ok(sheet(net, seed, caption, tiles.collect()))
}

fn sheet(net: &Net, seed: u64, caption: String, tiles: Vec<Tile>) -> Drawing {
    let panel = Panel {
        caption,
        columns: COLUMNS,
        tiles,
        without: None,
    };
    Drawing::new("browse", net, seed, vec![vec![panel]])
}
