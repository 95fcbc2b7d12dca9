//! Figure 8: a "turn" vector, from the mean z of samples that look left to that of samples that look right, added to new
//! samples.

use super::{Chosen, Drawing, ExploreError, Net, Panel, Samples, Tile, vector};

/// Which samples span the axis, and which are moved along it.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub left: Chosen,
    pub right: Chosen,
    /// The samples moved, a row each.
    pub moved: Vec<usize>,
    /// Images in a row; the middle one of an odd number is the sample itself.
    pub columns: usize,
    /// How far a row goes to either side, in lengths of the axis.
    pub reach: f64,
}

impl Turn {
    /// The first `rows` samples that are not among those of the axis.
    pub fn others(left: &[usize], right: &[usize], rows: usize) -> Vec<usize> {
        (0..)
            .filter(|i| !left.contains(i) && !right.contains(i))
            .take(rows)
            .collect()
    }
}

/// Each sample moved along the axis, from left to right, below the samples that span it and the images of their means.
///
/// # Errors
/// [`ExploreError::NoSamples`], [`ExploreError::NoSuchSample`]; [`ExploreError::Range`] for fewer than 2 columns or a
/// reach that is no positive number.
pub fn turn(net: &Net, seed: u64, options: &Turn) -> Result<Drawing, ExploreError> {
    let Turn { columns, reach, .. } = *options;
    if columns < 2 {
        return Err(ExploreError::Range {
            what: "the number of columns",
            found: columns.to_string(),
            expected: "2 or more".into(),
        });
    }
    if !(reach > 0.0 && reach.is_finite()) {
        return Err(ExploreError::Range {
            what: "the reach",
            found: reach.to_string(),
            expected: "a number above 0, in lengths of the axis".into(),
        });
    }
    let latent = net.architecture.latent;
    let samples = Samples { latent, seed };
    let left = samples.z("--left", &options.left.samples)?;
    let right = samples.z("--right", &options.right.samples)?;
    let moved = samples.z("the samples to turn", &options.moved)?;
    let (from, to) = (vector::mean(&left), vector::mean(&right));
    if from == to {
        return Err(ExploreError::Range {
            what: "the axis from left to right",
            found: "without length".into(),
            expected: "samples on the right other than those on the left".into(),
        });
    }
    let axis = vector::sum([(1.0, to.as_slice()), (-1.0, from.as_slice())]);
    let ends = [
        ("left", &options.left, left, from),
        ("right", &options.right, right, to),
    ];
    let ends = ends.into_iter().map(|(side, chosen, z, mean)| {
        let mut tiles: Vec<Tile> = chosen
            .samples
            .iter()
            .zip(z)
            .map(|(&i, z)| Tile::sample(i, z))
            .collect();
        tiles.push(Tile::z("mean", mean));
        Panel {
            caption: format!("{side}: the mean z of {}", chosen.words),
            columns: tiles.len(),
            tiles,
            without: None,
        }
    });
    let mut tiles = Vec::with_capacity(moved.len() * columns);
    for (&index, z) in options.moved.iter().zip(&moved) {
        for column in 0..columns {
            let t = reach * (2.0 * column as f64 / (columns - 1) as f64 - 1.0);
            let turned = vector::sum([(1.0, z.as_slice()), (t, axis.as_slice())]);
            tiles.push(match t == 0.0 {
                true => Tile::sample(index, turned),
                false => Tile::z("", turned),
            });
        }
    }
    let turned = Panel {
        caption: format!(
            "new samples, z moved along the axis from left to right by \u{2212}{reach} to {reach} of its length"
        ),
        columns,
        tiles,
        without: None,
    };
    Ok(Drawing::new(
        "turn",
        net,
        seed,
        vec![ends.collect(), vec![turned]],
    ))
}
