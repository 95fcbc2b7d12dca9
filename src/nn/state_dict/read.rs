//! A net's tensors by name from a file of any of the usual formats.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use candle_core::{Device, Tensor};

use super::choose::{Wanted, choose};
use super::contents::{Contents, Found, show};
use super::error::{StateDictError, Trouble};
use super::python::{load, save};
use super::stored::Stored;
use super::{container, zipped};

/// A count of batches is no part of what a net computes.
const COUNT: &str = "num_batches_tracked";
/// A net's numbers take at most so many times the file's bytes in single precision (8-bit numbers four times, and parts of a net may share
/// them), and so many bytes beside.
const TIMES: u64 = 8;
const BESIDE: u64 = 1 << 20;

/// A net as a file has it.
#[derive(Debug)]
pub struct StateDict {
    /// By name as the plain module has them, in single precision, on the host.
    pub tensors: BTreeMap<String, Tensor>,
    /// What a safetensors file says of itself.
    pub metadata: BTreeMap<String, String>,
}

/// The tensors of the net that is wanted in the file at `path`, whichever of the usual ways it was written.
///
/// # Errors
/// [`StateDictError`]: no such file, none of tensors, damaged, or without that net.
pub fn read(path: &Path, wanted: &Wanted) -> Result<StateDict, StateDictError> {
    tensors(path, wanted).map_err(|trouble| StateDictError {
        path: path.to_path_buf(),
        trouble: Box::new(trouble),
    })
}

fn tensors(path: &Path, wanted: &Wanted) -> Result<StateDict, Trouble> {
    let mut file = File::open(path)?;
    let (contents, length) = container::open(path, &mut file)?;
    let mut names = choose(&contents, wanted, path)?;
    names.retain(|(name, _)| !name.ends_with(COUNT));
    let mut net: BTreeMap<&str, &Stored> = BTreeMap::new();
    for (name, at) in &names {
        let found = &contents.tensors[*at];
        let stored = stored(found, &contents, name, path)?;
        if net.insert(name, stored).is_some() {
            return Err(Trouble::Format(format!(
                "it has two tensors called `{}`",
                show(name)
            )));
        }
    }
    bounded(net.values().copied(), length)?;
    let mut members: Vec<usize> = net.values().filter_map(|s| s.place.member).collect();
    members.sort_unstable();
    members.dedup();
    if !members.is_empty() {
        zipped::verify(&mut file, &members)?;
    }
    let mut tensors = BTreeMap::new();
    for (name, stored) in net {
        let bad = |e: &dyn std::fmt::Display| Trouble::Damaged(format!("`{}`: {e}", show(name)));
        let values = stored.gather(&mut file).map_err(|e| bad(&e))?;
        let tensor = Tensor::from_vec(values, stored.shape.as_slice(), &Device::Cpu);
        tensors.insert(name.to_string(), tensor.map_err(|e| bad(&e))?);
    }
    Ok(StateDict {
        tensors,
        metadata: contents.metadata,
    })
}

/// A tensor that can be read.
fn stored<'a>(
    found: &'a Found,
    contents: &Contents,
    name: &str,
    path: &Path,
) -> Result<&'a Stored, Trouble> {
    let why = match &found.tensor {
        Ok(stored)
            if stored
                .element
                .number(&[0; 8][..stored.element.width().min(8) as usize])
                .is_some() =>
        {
            return Ok(stored);
        }
        Ok(_) => "a tensor of numbers that no net here is made of",
        Err(why) => why,
    };
    let outer = &found.keys[..found.keys.len().saturating_sub(1)];
    let table = format!(
        "{}{}",
        load(path, contents.objects || found.tensor.is_err()),
        super::python::lookup(outer)
    );
    let plain = format!("{{k: torch.as_tensor(v).to_dense().float() for k, v in {table}.items()}}");
    Err(Trouble::Again {
        message: format!("`{}` in it is {why}", show(name)),
        python: save(&plain, path),
    })
}

fn bounded<'a>(net: impl Iterator<Item = &'a Stored>, length: u64) -> Result<(), Trouble> {
    let mut count = 0u64;
    for stored in net {
        count = count.saturating_add(stored.count().unwrap_or(u64::MAX));
    }
    let most = length.saturating_mul(TIMES).saturating_add(BESIDE) / 4;
    match count > most {
        true => Err(Trouble::TooLarge { count, length }),
        false => Ok(()),
    }
}
