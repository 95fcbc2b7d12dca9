//! The L2-SVM: ten one-vs-rest problems on CIFAR-10's training images, first rows first.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use candle_core::Device;
use dcgan::data::Dataset;
use dcgan::nn::infer_statistics;
use dcgan::probe::features::cached;
use dcgan::probe::svm::{Bias, Fitter, Solver, Targets, View};
use dcgan::track::progress::Silent;
use dcgan::train::{TrainError, to_tensor};
use half::f16;
use ndarray::{Array2, s};
use ndarray_npy::ReadNpyExt;

use super::features::untrained;
use super::{Catalogue, Unit, Work, pixels};

/// D's first layers whose features have 12,288 columns, as the authors released them.
const LAYERS: usize = 4;
/// Most rows that a draw of a few labels has.
const DRAWN: usize = 4000;
/// Relative duality gap: the sum of the objectives is within this of the optimum, so of any solver's.
const TOLERANCE: f64 = 1e-3;

/// A fit of the first `rows` rows at one C, from nothing. It comes to the sum of the ten objectives.
///
/// # Errors
/// No CIFAR-10 in the cache, or features of another shape.
pub fn fit(catalogue: &Catalogue, rows: usize, columns: usize, c: f64) -> Result<Work> {
    let set = labelled()?;
    let labels = set.labels.as_ref().context("CIFAR-10 has labels")?;
    let (all, what) = match &catalogue.features {
        Some(file) => (read(file)?, "given features"),
        None => {
            let net = untrained(128, LAYERS)?;
            let first: Vec<usize> = (0..1280).collect();
            infer_statistics(
                &net,
                first
                    .chunks(128)
                    .map(|rows| to_tensor(&set.images, rows, &Device::Cpu)),
            )
            .map_err(|e: TrainError| e)?;
            let wanted: Vec<usize> = (0..rows).collect();
            let name = format!("untrained-{rows}");
            let subset = set.subset(&wanted)?;
            let features = cached(
                &catalogue.folder,
                &name,
                &net,
                &subset,
                &Device::Cpu,
                &Silent,
            )?;
            (features, "features of an untrained net")
        }
    };
    if all.nrows() < rows || all.ncols() != columns {
        bail!(
            "the features are {:?}, not [{rows} or more, {columns}]",
            all.dim()
        );
    }
    let x = all.slice_move(s![..rows, ..]);
    // As the protocol holds them: draws of a few labels widened, all rows in half precision.
    let wanted: Vec<usize> = (0..rows).collect();
    let single = (rows <= DRAWN).then(|| View::from(x.view()).select(&wanted));
    let targets = Targets {
        labels: labels[..rows].iter().map(|l| u32::from(*l)).collect(),
        counts: vec![true; rows],
        classes: set.classes.len(),
    };
    let file = match catalogue.share {
        true => {
            let single = single.as_ref().context("too many rows to share")?;
            Some(dump(catalogue, single, &labels[..rows])?)
        }
        false => None,
    };
    let run = move || {
        let bias = Bias::Regularised(1.0);
        let view = match &single {
            Some(single) => View::from(single.view()),
            None => x.view().into(),
        };
        let mut fitter = Fitter::new(view, targets.clone(), bias, TOLERANCE, Solver::Auto)
            .expect("a problem that can be solved");
        let fitted = fitter.solve(c, None).expect("a fit that converges");
        fitted.report.objective.iter().sum()
    };
    Ok(Work {
        input: what.to_string(),
        file,
        ..Work::new(1.0, Unit::Fit, run)
    })
}

/// Whether there are labelled images.
///
/// # Errors
/// Where CIFAR-10 is not in the cache.
pub fn check() -> Result<()> {
    labelled().map(|_| ())
}

fn labelled() -> Result<Dataset> {
    pixels::cifar()?.context("CIFAR-10 is not in the cache; `dcgan data fetch cifar10` gets it")
}

fn read(file: &PathBuf) -> Result<Array2<f16>> {
    let open = std::fs::File::open(file).with_context(|| format!("`{}`", file.display()))?;
    let single = Array2::<f32>::read_npy(std::io::BufReader::new(open))
        .with_context(|| format!("`{}`", file.display()))?;
    Ok(single.mapv(f16::from_f32))
}

/// The rows, then a byte each label.
fn dump(catalogue: &Catalogue, x: &Array2<f32>, labels: &[u8]) -> Result<PathBuf> {
    use std::io::Write;
    let file = catalogue.folder.join(format!("svm-{}.f32", x.nrows()));
    let mut out = std::io::BufWriter::new(std::fs::File::create(&file)?);
    for row in x.rows() {
        let bytes: Vec<u8> = row.iter().flat_map(|v| v.to_le_bytes()).collect();
        out.write_all(&bytes)?;
    }
    out.write_all(labels)?;
    out.flush()?;
    Ok(file)
}
