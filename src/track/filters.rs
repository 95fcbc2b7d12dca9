//! `filters.jsonl`: what each filter of both nets answered at each look of the filter monitor, one [`Look`] a line.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::atomic::{self, WriteError};
use super::disk::Out;
use super::history::{self, HistoryError};
use crate::spec::StopOn;

/// The file's name in a trial's folder.
pub const FILE: &str = "filters.jsonl";

/// All layers after a number of mini-batches. Statistics have three digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub step: u64,
    /// Passes over the training images so far.
    pub epoch: f64,
    /// Every convolution, G's first.
    pub layers: Vec<LayerLook>,
    /// Why training ended here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopOn>,
}

/// A layer's filters; the lists of statistics have an entry for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerLook {
    /// As its weights are called: `g.1`, `d.0`.
    pub name: String,
    /// Mean and standard deviation of the activation over samples and positions.
    pub mean: Vec<f32>,
    pub deviation: Vec<f32>,
    /// Share of activations above zero.
    pub active: Vec<f32>,
    /// Share of the variance that is between samples, at one position: 0 where every sample gives the same map.
    pub variation: Vec<f32>,
    /// Largest share of the maps' energy in one fine spatial frequency: 1 for a checkerboard.
    pub mode: Vec<f32>,
    /// Largest absolute correlation with another filter of the layer.
    pub likeness: Vec<f32>,
    /// Filters that looked collapsed this time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collapsed: Vec<(usize, Collapse)>,
    /// Filters that have looked so for several looks in a row, and count as collapsed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lasting: Vec<usize>,
}

/// In which way a filter's answer has collapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Collapse {
    /// It does not answer at all.
    Silent,
    /// It answers every sample with the same map.
    Fixed,
    /// It answers with one fine spatial frequency, such as a checkerboard.
    Mode,
    /// Its mean swings to and fro from look to look.
    Swinging,
}

/// Share of a layer's filters, and their number, that make a subset.
const SUBSET: (f64, usize) = (0.125, 2);

impl LayerLook {
    /// Filters of the layer.
    pub fn filters(&self) -> usize {
        self.mean.len()
    }

    /// Whether so many filters are a subset of the layer and no chance.
    pub fn subset(&self, count: usize) -> bool {
        count >= SUBSET.1 && count as f64 >= SUBSET.0 * self.filters() as f64
    }
}

impl Look {
    /// Share of a net's filters that count as collapsed; `net` is `g` or `d`.
    pub fn share(&self, net: &str) -> f64 {
        let of = |count: &dyn Fn(&LayerLook) -> usize| -> usize {
            let layers = self.layers.iter().filter(|l| l.name.starts_with(net));
            layers.map(count).sum()
        };
        let all = of(&|l| l.filters());
        of(&|l| l.lasting.len()) as f64 / all.max(1) as f64
    }
}

/// The looks in a trial's folder, none where it has no such file. An unfinished last line is left out.
///
/// # Errors
/// [`HistoryError`] with the line that cannot be read.
pub fn read(folder: &Path) -> Result<Vec<Look>, HistoryError> {
    let path = folder.join(FILE);
    match path.exists() {
        true => history::read_lines(&path, |look: &Look| look.step),
        false => Ok(Vec::new()),
    }
}

/// Drop the looks after `step`, which a resumed training takes again; returns the others.
///
/// # Errors
/// As [`read`]; [`HistoryError::Write`].
pub fn rewind(folder: &Path, step: u64) -> Result<Vec<Look>, HistoryError> {
    let mut looks = read(folder)?;
    let path = folder.join(FILE);
    looks.retain(|l| l.step <= step);
    if path.exists() {
        atomic::write_with(&path, |out| {
            looks.iter().try_for_each(|look| line(out, look))
        })?;
    }
    Ok(looks)
}

/// Add a look.
///
/// # Errors
/// [`WriteError`].
pub fn append(folder: &Path, look: &Look) -> Result<(), WriteError> {
    let path = folder.join(FILE);
    // One write: a killed run leaves whole lines, or one last part that `read` drops.
    let write = || -> std::io::Result<()> {
        let mut bytes = Vec::new();
        line(&mut bytes, look)?;
        std::io::Write::write_all(&mut Out::append(&path)?, &bytes)
    };
    write().map_err(|source| WriteError {
        path: path.clone(),
        source,
    })
}

fn line(out: &mut (impl std::io::Write + ?Sized), look: &Look) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, look)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(step: u64) -> Look {
        let layer = |name: &str, lasting: &[usize]| LayerLook {
            name: name.into(),
            mean: vec![0.5; 4],
            deviation: vec![1.0; 4],
            active: vec![0.5; 4],
            variation: vec![0.001, 1.0, 1.0, 1.0],
            mode: vec![0.1; 4],
            likeness: vec![0.2; 4],
            collapsed: lasting.iter().map(|&i| (i, Collapse::Fixed)).collect(),
            lasting: lasting.to_vec(),
        };
        Look {
            step,
            epoch: step as f64 / 10.0,
            layers: vec![layer("g.1", &[0]), layer("g.2", &[]), layer("d.0", &[])],
            stop: (step == 3).then_some(StopOn::FilterCollapse),
        }
    }

    #[test]
    fn looks_read_back_and_rewind() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), []);
        for step in 1..=3 {
            append(dir.path(), &look(step)).unwrap();
        }
        let path = dir.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.clone() + "{\"step\":4,").unwrap();
        assert_eq!(read(dir.path()).unwrap(), [look(1), look(2), look(3)]);
        assert_eq!(rewind(dir.path(), 2).unwrap(), [look(1), look(2)]);
        assert_eq!(read(dir.path()).unwrap().len(), 2);
        assert_eq!((look(1).share("g"), look(1).share("d")), (0.125, 0.0));
        std::fs::write(&path, text.replace("\"step\":2", "\"stop\":2")).unwrap();
        let e = read(dir.path()).unwrap_err().to_string();
        assert!(e.contains("filters.jsonl:2"), "{e}");
    }
}
