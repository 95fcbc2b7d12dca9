//! A layer's answer to a batch, filter by filter.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::spectrum::Spectrum;
use crate::track::filters::LayerLook;

/// Samples whose maps are taken apart into frequencies and compared with the other filters': enough for three digits.
const COMPARED: usize = 16;

/// One filter's numbers.
struct Filter {
    mean: f32,
    deviation: f32,
    active: f32,
    variation: f32,
    mode: f32,
    /// Of the first samples, less their mean and of length 1; zeros for a constant.
    unit: Vec<f32>,
}

/// The statistics of activations `(N, C, H, W)`; nothing is marked as collapsed yet.
///
/// # Errors
/// The device's own.
pub fn layer(name: &str, activations: &Tensor) -> Result<LayerLook> {
    let (n, channels, h, w) = activations.dims4()?;
    let values: Vec<f32> = activations.flatten_all()?.to_vec1()?;
    let spectrum = Spectrum::new(h, w);
    let filters: Vec<Filter> = (0..channels)
        .into_par_iter()
        .map(|c| {
            let map = |i: usize| &values[(i * channels + c) * h * w..][..h * w];
            filter(n, h * w, &map, &spectrum)
        })
        .collect();
    let of = |number: fn(&Filter) -> f32| filters.iter().map(|f| digits(number(f))).collect();
    Ok(LayerLook {
        name: name.to_string(),
        mean: of(|f| f.mean),
        deviation: of(|f| f.deviation),
        active: of(|f| f.active),
        variation: of(|f| f.variation),
        mode: of(|f| f.mode),
        likeness: likeness(&filters)?,
        collapsed: Vec::new(),
        lasting: Vec::new(),
    })
}

fn filter<'a>(
    n: usize,
    cells: usize,
    map: &dyn Fn(usize) -> &'a [f32],
    spectrum: &Spectrum,
) -> Filter {
    let (mut sums, mut squares) = (vec![0f64; cells], vec![0f64; cells]);
    let mut active = 0usize;
    for i in 0..n {
        for ((value, sum), square) in map(i).iter().zip(&mut sums).zip(&mut squares) {
            let value = f64::from(*value);
            *sum += value;
            *square += value * value;
            active += usize::from(value > 0.0);
        }
    }
    let (all, samples) = ((n * cells).max(1) as f64, n.max(1) as f64);
    let mean = sums.iter().sum::<f64>() / all;
    let variance = (squares.iter().sum::<f64>() / all - mean * mean).max(0.0);
    let within = squares
        .iter()
        .zip(&sums)
        .map(|(square, sum)| square / samples - (sum / samples).powi(2));
    let between_samples = (within.sum::<f64>() / cells.max(1) as f64).max(0.0);
    // Below single precision's resolution a variance is that of rounding.
    let constant = variance <= 1e-10 * mean * mean || variance <= f64::MIN_POSITIVE;
    let first = n.min(COMPARED);
    let mut unit: Vec<f32> = (0..first).flat_map(|i| map(i).iter().copied()).collect();
    let centre = unit.iter().map(|v| f64::from(*v)).sum::<f64>() / unit.len().max(1) as f64;
    unit.iter_mut().for_each(|v| *v -= centre as f32);
    let length = unit
        .iter()
        .map(|v| f64::from(*v).powi(2))
        .sum::<f64>()
        .sqrt();
    let scale = if constant || length == 0.0 {
        0.0
    } else {
        (1.0 / length) as f32
    };
    unit.iter_mut().for_each(|v| *v *= scale);
    Filter {
        mean: mean as f32,
        deviation: if constant {
            0.0
        } else {
            variance.sqrt() as f32
        },
        active: (active as f64 / all) as f32,
        variation: if constant {
            0.0
        } else {
            (between_samples / variance).min(1.0) as f32
        },
        mode: if constant {
            0.0
        } else {
            spectrum.fine_mode((0..first).map(map))
        },
        unit,
    }
}

/// The largest absolute correlation of each filter with another one.
fn likeness(filters: &[Filter]) -> Result<Vec<f32>> {
    let (count, length) = (filters.len(), filters.first().map_or(0, |f| f.unit.len()));
    let values: Vec<f32> = filters
        .iter()
        .flat_map(|f| f.unit.iter().copied())
        .collect();
    let units = Tensor::from_vec(values, (count, length), &candle_core::Device::Cpu)?;
    let rows: Vec<Vec<f32>> = units.matmul(&units.t()?)?.to_vec2()?;
    let largest = |(i, row): (usize, &Vec<f32>)| {
        let others = row.iter().enumerate().filter(|(j, _)| *j != i);
        digits(others.fold(0f32, |most, (_, r)| most.max(r.abs())).min(1.0))
    };
    Ok(rows.iter().enumerate().map(largest).collect())
}

/// Three digits: the record stays small, and what is decided is decided on what it says.
fn digits(value: f32) -> f32 {
    format!("{value:.2e}").parse().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use rand::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn each_filter_is_told_by_its_numbers() {
        let (n, h, w) = (32, 8, 8);
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let noise: Vec<f32> = (0..n * h * w)
            .map(|_| rng.random_range(-1.0..1.0))
            .collect();
        // 0: noise; 1: its negative, doubled; 2: the same map for every sample; 3: a checkerboard of another height
        // for each; 4: a constant; 5: no structure within a sample, another level for each.
        let of = |c: usize, i: usize, y: usize, x: usize| {
            let own = noise[(i * h + y) * w + x];
            let checkers = if (x + y).is_multiple_of(2) { 1.0 } else { -1.0 };
            match c {
                0 => own,
                1 => -2.0 * own,
                2 => noise[y * w + x],
                3 => checkers * (1.0 + noise[i]),
                4 => 0.25,
                _ => noise[i],
            }
        };
        let mut values = Vec::new();
        for i in 0..n {
            for c in 0..6 {
                values.extend((0..h * w).map(|p| of(c, i, p / w, p % w)));
            }
        }
        let t = Tensor::from_vec(values, (n, 6, h, w), &Device::Cpu).unwrap();
        let found = layer("g.1", &t).unwrap();
        // Uniform on (-1, 1): standard deviation 0.577, half above zero.
        assert!((found.deviation[0] - 0.577).abs() < 0.02, "{found:?}");
        assert!((found.active[0] - 0.5).abs() < 0.03 && found.mean[0].abs() < 0.05);
        assert!(found.variation[0] > 0.9 && found.mode[0] < 0.1);
        assert!(found.likeness[0] > 0.999 && found.likeness[1] > 0.999);
        assert!(found.variation[2] < 1e-6);
        assert!(found.mode[3] > 0.999 && found.variation[3] > 0.1);
        let constant = [
            found.deviation[4],
            found.variation[4],
            found.mode[4],
            found.likeness[4],
        ];
        assert_eq!((constant, found.mean[4]), ([0.0; 4], 0.25));
        assert!(found.variation[5] > 0.999 && found.mode[5] == 0.0);
    }
}
