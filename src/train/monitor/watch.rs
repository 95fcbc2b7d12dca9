//! Looking at both nets, and remembering.

use super::collapse::{SWINGS, mark, subset};
use super::statistics;
use crate::nn::{Discriminator, Generator, Input, Norm};
use crate::spec::StopOn;
use crate::track::filters::{LayerLook, Look};
use crate::train::TrainError;

/// Samples of a look: the statistics' error is a few per cent, the cost that of half a mini-batch forwards.
pub const SAMPLES: usize = 64;

/// The filter monitor of a training.
pub struct Monitor {
    z: Input,
    images: Input,
    /// The last looks, oldest first.
    looks: Vec<Look>,
}

impl Monitor {
    /// Of G's answers to `z` and of D's to `images`; `past` are the looks before, where training goes on.
    pub fn new(z: Input, images: Input, past: Vec<Look>) -> Monitor {
        let mut monitor = Monitor {
            z,
            images,
            looks: past,
        };
        monitor.forget();
        monitor
    }

    /// Look at every filter of both nets.
    ///
    /// # Errors
    /// The device's own.
    pub fn look(
        &mut self,
        step: u64,
        epoch: f64,
        g: &Generator,
        d: &Discriminator,
    ) -> Result<&mut Look, TrainError> {
        let mut activations = g.activations(&self.z, Norm::Batch)?;
        activations.extend(d.activations(&self.images, Norm::Batch)?);
        let mut layers = Vec::with_capacity(activations.len());
        for (i, (name, maps)) in activations.iter().enumerate() {
            let mut layer = statistics::layer(name, maps)?;
            let past: Vec<&LayerLook> = self.looks.iter().filter_map(|l| l.layers.get(i)).collect();
            mark(&mut layer, &past);
            layers.push(layer);
        }
        self.forget();
        let look = Look {
            step,
            epoch,
            layers,
            stop: None,
        };
        self.looks.push(look);
        let last = self.looks.len() - 1;
        Ok(&mut self.looks[last])
    }

    /// Only so many looks matter to the next one.
    fn forget(&mut self) {
        let old = (self.looks.len() + 1).saturating_sub(SWINGS);
        self.looks.drain(..old);
    }

    /// `collapsed.g` and `collapsed.d`, the shares of filters that count as collapsed; none before the first look.
    pub fn values(&self) -> Vec<(String, f64)> {
        let last = self.looks.last();
        let share = |net: &str| last.map(|l| (format!("collapsed.{net}"), l.share(net)));
        ["g", "d"].into_iter().filter_map(share).collect()
    }

    /// Why training ended at the last look.
    pub fn stopped(&self) -> Option<StopOn> {
        self.looks.last()?.stop
    }
}

/// Why a look ends training, with what it saw, where `stop_on` asks for it.
pub fn reason(look: &Look, stop_on: &[StopOn]) -> Option<(StopOn, String)> {
    let layer = subset(look)?;
    stop_on.contains(&StopOn::FilterCollapse).then(|| {
        let (count, all) = (layer.lasting.len(), layer.filters());
        let what = format!(
            "{count} of {all} filters of layer {} have collapsed",
            layer.name
        );
        (StopOn::FilterCollapse, what)
    })
}
