//! A file's tensors under our names and in our shapes.

use std::collections::HashMap;

use candle_core::Tensor;

use super::TorchError;
use super::dict::{Dict, Shape};
use super::layout::{NORM, SIDE, d_conv, d_norm, g_conv, g_norm, key, variance_shift};
use crate::nn::NnError;

impl Dict {
    pub(super) fn discriminator(
        &self,
        shape: &Shape,
    ) -> Result<HashMap<String, Tensor>, TorchError> {
        let layers = shape.layers();
        let mut out = Taken::new(self, layers);
        for i in 0..layers {
            out.take(d_conv(i), "weight", format!("d.{i}.weight"), Ok)?;
            if i > 0 {
                out.norm(d_norm(i), &format!("d.{i}"), shape.channels[i + 1], 1)?;
            }
        }
        let flat = shape.channels[layers] * SIDE * SIDE;
        out.take(
            d_conv(layers),
            "weight",
            format!("d.{layers}.weight"),
            |t| t.reshape((1, flat)),
        )?;
        out.finish()
    }

    /// `shape` in D's order.
    pub(super) fn generator(
        &self,
        shape: &Shape,
        z: usize,
    ) -> Result<HashMap<String, Tensor>, TorchError> {
        let layers = shape.layers();
        let mut out = Taken::new(self, layers);
        let channels = |i: usize| shape.channels[layers - i];
        let cells = SIDE * SIDE;
        let units = channels(0) * cells;
        out.take(g_conv(0), "weight", "g.0.weight".into(), |t| {
            t.reshape((z, units))?.t()?.contiguous()
        })?;
        out.norm(g_norm(0), "g.0", channels(0), cells)?;
        for i in 1..=layers {
            out.take(g_conv(i), "weight", format!("g.{i}.weight"), Ok)?;
            if i < layers {
                out.norm(g_norm(i), &format!("g.{i}"), channels(i), 1)?;
            }
        }
        out.finish()
    }
}

/// Tensors taken from a file under our names; at the end none may be left.
struct Taken<'a> {
    from: &'a Dict,
    layers: usize,
    out: HashMap<String, Tensor>,
    used: Vec<String>,
}

impl<'a> Taken<'a> {
    fn new(from: &'a Dict, layers: usize) -> Self {
        Taken {
            from,
            layers,
            out: HashMap::new(),
            used: Vec::new(),
        }
    }

    fn take(
        &mut self,
        place: usize,
        part: &str,
        name: String,
        to: impl FnOnce(Tensor) -> candle_core::Result<Tensor>,
    ) -> Result<(), TorchError> {
        let from = key(place, part);
        let tensor = self.from.get(&from, self.layers, "a kernel")?;
        let tensor = to(tensor.clone()).map_err(NnError::Tensor)?;
        self.out.insert(name, tensor);
        self.used.push(from);
        Ok(())
    }

    /// A batch norm of `channels`, each value standing for `repeat` of ours.
    fn norm(
        &mut self,
        place: usize,
        layer: &str,
        channels: usize,
        repeat: usize,
    ) -> Result<(), TorchError> {
        for part in NORM {
            let from = key(place, part);
            let expected = format!("({channels})");
            let what = format!("{part} of a batch norm over {channels} channels");
            let tensor = self.from.get(&from, self.layers, &what)?;
            if tensor.dims() != [channels] {
                return self.from.wrong(&from, tensor, expected);
            }
            let shift = match part {
                "running_var" => variance_shift(),
                _ => 0.0,
            };
            let ours = || -> candle_core::Result<Tensor> {
                let wide = tensor.reshape((channels, 1))?.repeat((1, repeat))?;
                wide.flatten_all()?.affine(1.0, shift)
            };
            self.out.insert(
                format!("{layer}.norm.{part}"),
                ours().map_err(NnError::Tensor)?,
            );
            self.used.push(from);
        }
        Ok(())
    }

    fn finish(self) -> Result<HashMap<String, Tensor>, TorchError> {
        let left = self
            .from
            .tensors
            .keys()
            .find(|name| !self.used.contains(name));
        match left {
            Some(key) => Err(TorchError::Extra {
                path: self.from.path.clone(),
                net: self.from.net,
                key: key.clone(),
            }),
            None => Ok(self.out),
        }
    }
}
