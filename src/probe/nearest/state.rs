//! A search half-way, on disk: the neighbours found so far as safetensors, the rest as JSON in its metadata.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::curve::Point;
use super::error::NearestError;
use super::panel::Neighbour;
use super::search::Nearest;
use crate::track::atomic;

/// The version of the metadata that this program writes.
const FORMAT: u32 = 1;
/// The metadata key under which the rest lies as JSON.
const KEY: &str = "dcgan";

#[derive(Serialize, Deserialize)]
struct State {
    format: u32,
    /// What determines the stream and the queries.
    key: String,
    references: u64,
    points: Vec<Point>,
}

/// Write what `search` has found, and the errors noted on the way.
pub fn save(
    path: &Path,
    key: &str,
    search: &Nearest,
    points: &[Point],
) -> Result<(), NearestError> {
    let state = State {
        format: FORMAT,
        key: key.to_string(),
        references: search.references(),
        points: points.to_vec(),
    };
    let (mut distances, mut references, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for found in search.all() {
        distances.extend(found.distance.to_le_bytes());
        references.extend(found.reference.to_le_bytes());
        labels.push(found.label);
    }
    let shape = vec![search.queries(), search.k()];
    let view = |dtype, bytes| TensorView::new(dtype, shape.clone(), bytes);
    let bytes = || -> Result<Vec<u8>, String> {
        let of = |dtype, bytes| view(dtype, bytes).map_err(|e| e.to_string());
        let tensors = [
            ("distance", of(Dtype::U32, &distances)?),
            ("reference", of(Dtype::U64, &references)?),
            ("label", of(Dtype::U8, &labels)?),
        ];
        let json = serde_json::to_string(&state).map_err(|e| e.to_string())?;
        let metadata = HashMap::from([(KEY.to_string(), json)]);
        safetensors::serialize(tensors, Some(metadata)).map_err(|e| e.to_string())
    };
    let bytes = bytes().map_err(|why| bad(path, why))?;
    Ok(atomic::write(path, &bytes)?)
}

/// Put what [`save`] wrote into `search`, which has the same queries; the errors noted on the way. `None` where there is no file,
/// that of another stream, or one without the error after a number of `samples` that it has passed.
pub fn load(
    path: &Path,
    key: &str,
    samples: &[u64],
    search: &mut Nearest,
) -> Result<Option<Vec<Point>>, NearestError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(bad(path, e)),
    };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| bad(path, e))?;
    let json = header.metadata().as_ref().and_then(|m| m.get(KEY));
    let json = json.ok_or_else(|| bad(path, "it has no metadata of ours"))?;
    let state: State = serde_json::from_str(json).map_err(|e| bad(path, e))?;
    let noted = state.points.iter().map(|p| p.references);
    let passed = samples.iter().copied().filter(|n| *n <= state.references);
    if state.format != FORMAT || state.key != key || !noted.eq(passed) {
        return Ok(None);
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| bad(path, e))?;
    let shape = [search.queries(), search.k()];
    let tensor = |name: &str, dtype: Dtype| {
        let tensor = tensors.tensor(name).map_err(|e| bad(path, e))?;
        match tensor.shape() == shape && tensor.dtype() == dtype {
            true => Ok(tensor.data()),
            false => Err(bad(
                path,
                format!("`{name}` is {:?}, expected {shape:?}", tensor.shape()),
            )),
        }
    };
    let (distances, _) = tensor("distance", Dtype::U32)?.as_chunks::<4>();
    let (references, _) = tensor("reference", Dtype::U64)?.as_chunks::<8>();
    let labels = tensor("label", Dtype::U8)?;
    let best: Vec<Neighbour> = distances
        .iter()
        .zip(references)
        .zip(labels)
        .map(|((distance, reference), label)| Neighbour {
            distance: u32::from_le_bytes(*distance),
            reference: u64::from_le_bytes(*reference),
            label: *label,
        })
        .collect();
    search.restore(state.references, &best);
    Ok(Some(state.points))
}

fn bad(path: &Path, why: impl ToString) -> NearestError {
    NearestError::State {
        path: path.to_path_buf(),
        why: why.to_string(),
    }
}
