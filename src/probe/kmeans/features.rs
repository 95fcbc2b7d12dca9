//! Learning from training images, and the standardised features of training and test images.

use std::path::Path;

use half::f16;
use ndarray::Array2;
use rand::RngCore;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::cluster::{Centroids, lloyd};
use super::encode::{Encoder, QUARTERS};
use super::patches::{Grid, drawn};
use super::whiten::Whitening;
use crate::data::{Dataset, Images};
use crate::probe::FeatureError;
use crate::probe::features::{TrainAndTest, keep, kept};
use crate::spec::KMeansSpec;
use crate::track::Streams;
use crate::track::hash::hex;
use crate::track::progress::Progress;

/// Added to a feature's variance, as in the authors' code: one that never varies stays near zero.
const EPSILON: f64 = 0.01;
/// Raised when the extraction changes, so that features of an older program are not taken for these.
const VERSION: u32 = 1;
/// Rows of a task.
const ROWS: usize = 1024;

/// A learnt layer.
#[derive(Debug, Clone)]
pub struct KMeans {
    encoder: Encoder,
    grid: Grid,
}

impl KMeans {
    /// Learn from `images`.
    ///
    /// # Errors
    /// [`FeatureError::SmallImages`], [`FeatureError::FewPatches`], [`FeatureError::Whitening`].
    pub fn learn(
        images: &Images,
        settings: &KMeansSpec,
        streams: Streams,
        progress: &dyn Progress,
    ) -> Result<KMeans, FeatureError> {
        let grid = Grid::of(images)?;
        let KMeansSpec { units, patches } = *settings;
        if patches < units {
            return Err(FeatureError::FewPatches { units, patches });
        }
        let depth = grid.depth();
        let raw = drawn(images, grid, patches, &mut streams.stream("kmeans.patches"));
        let whitening = Whitening::learn(&raw, depth)?;
        let white = whitening.all(&raw);
        drop(raw);
        let mut rng = streams.stream("kmeans.centroids");
        let centroids = lloyd(&white, depth, units, &mut rng, progress)?;
        Ok(KMeans {
            encoder: Encoder {
                whitening,
                centroids: Centroids::new(&centroids, depth),
            },
            grid,
        })
    }

    fn rows(
        &self,
        images: &Images,
        split: &str,
        progress: &dyn Progress,
    ) -> Result<Array2<f16>, FeatureError> {
        let what = format!("features, k-means, {split}");
        let values = self.encoder.rows(images, self.grid, &what, progress)?;
        let d = QUARTERS * self.encoder.centroids.squares.len();
        Array2::from_shape_vec((images.n, d), values)
            .map_err(|e| FeatureError::Shape(e.to_string()))
    }
}

/// Features `[n, 4 k]` of the training and the test images, each column standardised by its mean and deviation over the training
/// images.
///
/// # Errors
/// As [`KMeans::learn`].
pub fn features(
    train: &Images,
    test: &Images,
    settings: &KMeansSpec,
    streams: Streams,
    progress: &dyn Progress,
) -> Result<TrainAndTest, FeatureError> {
    let layer = KMeans::learn(train, settings, streams, progress)?;
    let mut x = layer.rows(train, "train", progress)?;
    let mut y = layer.rows(test, "test", progress)?;
    let scale = Scale::of(&x);
    scale.apply(&mut x);
    scale.apply(&mut y);
    Ok((x, y))
}

/// As [`features()`], kept in `folder` as `kmeans-SPLIT-KEY.npy` by what determines them.
///
/// # Errors
/// As [`features()`]; [`FeatureError::Write`] where the cache cannot be written.
pub fn cached(
    folder: &Path,
    train: &Dataset,
    test: &Dataset,
    settings: &KMeansSpec,
    streams: Streams,
    progress: &dyn Progress,
) -> Result<TrainAndTest, FeatureError> {
    let key = key(train, test, settings, streams);
    let path = |set: &Dataset| folder.join(format!("kmeans-{}-{key}.npy", set.split));
    let shape = |set: &Dataset| [set.images.n, QUARTERS * settings.units];
    if let Some(x) = kept(&path(train), shape(train))
        && let Some(y) = kept(&path(test), shape(test))
    {
        return Ok((x, y));
    }
    let (x, y) = features(&train.images, &test.images, settings, streams, progress)?;
    Ok((keep(&path(train), x)?, keep(&path(test), y)?))
}

fn key(train: &Dataset, test: &Dataset, settings: &KMeansSpec, streams: Streams) -> String {
    let mut hash = Sha256::new();
    hash.update(VERSION.to_le_bytes());
    hash.update(settings.units.to_le_bytes());
    hash.update(settings.patches.to_le_bytes());
    hash.update(streams.stream("kmeans").next_u64().to_le_bytes());
    for set in [train, test] {
        hash.update(set.fingerprint.as_bytes());
        let size = [set.images.n, set.images.c, set.images.h, set.images.w];
        size.iter().for_each(|v| hash.update(v.to_le_bytes()));
    }
    hex(&hash.finalize()[..6])
}

/// Mean and reciprocal deviation of each column.
struct Scale(Vec<[f32; 2]>);

impl Scale {
    fn of(x: &Array2<f16>) -> Scale {
        let (n, d) = (x.nrows() as f64, x.ncols().max(1));
        let parts: Vec<Vec<[f64; 2]>> = x
            .as_slice()
            .unwrap_or(&[])
            .par_chunks(ROWS * d)
            .map(|rows| {
                let mut sums = vec![[0.0; 2]; d];
                for row in rows.chunks_exact(d) {
                    for (sum, v) in sums.iter_mut().zip(row) {
                        let v = v.to_f64();
                        sum[0] += v;
                        sum[1] += v * v;
                    }
                }
                sums
            })
            .collect();
        let column = |j: usize| {
            let [sum, squares] = [0, 1].map(|m| parts.iter().map(|p| p[j][m]).sum::<f64>());
            let mean = sum / n;
            let variance = (squares - n * mean * mean) / (n - 1.0).max(1.0);
            [
                mean as f32,
                (1.0 / (variance.max(0.0) + EPSILON).sqrt()) as f32,
            ]
        };
        Scale((0..d).map(column).collect())
    }

    fn apply(&self, x: &mut Array2<f16>) {
        let d = self.0.len();
        let rows = x.as_slice_mut().unwrap_or(&mut []);
        rows.par_chunks_mut(ROWS * d).for_each(|rows| {
            for row in rows.chunks_exact_mut(d) {
                for (v, [mean, scale]) in row.iter_mut().zip(&self.0) {
                    *v = f16::from_f32((v.to_f32() - mean) * scale);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::progress::Silent;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn features_are_standardised_and_the_same_for_any_number_of_threads() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let pixels: Vec<u8> = (0..60 * 3 * 12 * 12).map(|_| rng.random()).collect();
        let all = Images::new(3, 12, 12, pixels).unwrap();
        let order: Vec<usize> = (0..60).collect();
        let (train, test) = (
            all.subset(&order[..50]).unwrap(),
            all.subset(&order[50..]).unwrap(),
        );
        let settings = KMeansSpec {
            units: 10,
            patches: 500,
        };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| features(&train, &test, &settings, Streams::new(1), &Silent))
                .unwrap()
        };
        let (x, y) = run(1);
        assert_eq!((x.clone(), y.clone()), run(3));
        assert_eq!((x.dim(), y.dim()), ((50, 40), (10, 40)));
        for column in x.columns() {
            let mean = column.iter().map(|v| v.to_f64()).sum::<f64>() / 50.0;
            let variance = column
                .iter()
                .map(|v| (v.to_f64() - mean).powi(2))
                .sum::<f64>()
                / 49.0;
            assert!(
                mean.abs() < 1e-2 && (0.2..1.01).contains(&variance),
                "{mean} {variance}"
            );
        }
        let few = KMeansSpec {
            units: 10,
            patches: 9,
        };
        let e = features(&train, &test, &few, Streams::new(1), &Silent).unwrap_err();
        assert!(e.to_string().contains("9 patches"), "{e}");
    }
}
