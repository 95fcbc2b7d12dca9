//! Numbered samples, to choose from.

use super::{Drawing, ExploreError, Net, Panel, Samples, Tile};

/// The samples `from`, `from + 1`, ... as a sheet, each above its number.
///
/// # Errors
/// [`ExploreError::NoSamples`] and [`ExploreError::NoSuchSample`].
pub fn browse(net: &Net, seed: u64, from: usize, count: usize) -> Result<Drawing, ExploreError> {
    let latent = net.architecture.latent;
    let indices = Samples::range(from, count)?;
    let z = Samples { latent, seed }.z("--count", &indices)?;
    let tiles = indices.iter().zip(z).map(|(&i, z)| Tile::sample(i, z));
    let panel = Panel {
        caption: format!("samples of seed {seed}, each above its number"),
        columns: 10,
        tiles: tiles.collect(),
    };
    Ok(Drawing::new("samples", net, seed, vec![vec![panel]]))
}
