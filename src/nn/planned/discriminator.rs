//! D over planned buffers: images to logits, and back.

use candle_core::{Result, Var};

use super::layer::Layer;
use super::normalise::Normalise;
use super::{Gradients, dense};
use crate::nn::cpu::spare::lend;
use crate::nn::cpu::{activation, conv, weights};
use crate::nn::discriminator::{Discriminator, SLOPE};
use crate::nn::ops::{Conv2d, read};
use crate::spec::Precision;

/// D for mini-batches of one size; shares its parameters with the [`Discriminator`] that it was made from.
pub struct PlannedDiscriminator {
    layers: Vec<Layer>,
    precision: Precision,
    logit: Var,
    logit_name: String,
    logits: Vec<f32>,
    /// Values of the largest map between layers.
    largest: usize,
}

impl PlannedDiscriminator {
    /// Buffers for `batch` images; `None` where the net is cut, of other rules than the paper's, or not in single precision on
    /// the CPU.
    pub fn new(net: &Discriminator, batch: usize, precision: Precision) -> Option<Self> {
        let logit = net.dense.clone()?;
        if !logit.device().is_cpu() || !net.is_plain() {
            return None;
        }
        let mut layers = Vec::with_capacity(net.layers.len());
        let mut largest = 0;
        for (i, (l, weight, norm)) in net.layers.iter().enumerate() {
            let config = Conv2d {
                stride: l.stride,
                padding: l.padding(),
            };
            let input = [batch, l.input.height, l.input.width, l.input.channels];
            let shape = weight.dims4().ok()?.into();
            let g = config.geometry(input, shape).ok()?;
            let name = format!("d.{i}");
            largest = largest.max(g.small_len());
            // The image's gradient goes straight to the caller.
            if i > 0 {
                largest = largest.max(g.large_len());
            }
            layers.push(Layer {
                g,
                weight: weight.clone(),
                norm: norm.as_ref().map(|n| Normalise::new(n, &name, SLOPE)),
                map: vec![0.0; g.small_len()],
                name,
            });
        }
        Some(PlannedDiscriminator {
            logit_name: format!("d.{}.weight", net.layers.len()),
            layers,
            precision,
            logit,
            logits: vec![0.0; batch],
            largest,
        })
    }

    /// Logits of `images`, `[batch, h, w, c]`; activations stay for [`PlannedDiscriminator::backward`].
    ///
    /// # Errors
    /// candle's own.
    pub fn forward(&mut self, images: &[f32]) -> Result<&[f32]> {
        let p = self.precision;
        // The output of the last layer that has batch norm.
        let mut room = lend(self.largest);
        for i in 0..self.layers.len() {
            let (done, rest) = self.layers.split_at_mut(i);
            let input = match done.last() {
                None => images,
                Some(below) => below.fresh(&room),
            };
            let Some(layer) = rest.first_mut() else { break };
            let Layer {
                g,
                weight,
                norm,
                map,
                ..
            } = layer;
            read(weight.as_tensor(), |w| {
                conv::down_in(p, g, input, w, map);
                Ok(())
            })?;
            match norm {
                Some(norm) => norm.forward(map, &mut room[..map.len()])?,
                None => activation::leaky_relu_in_place(map, SLOPE),
            }
        }
        if let Some(last) = self.layers.last() {
            let logits = &mut self.logits;
            read(self.logit.as_tensor(), |w| {
                dense::logits(last.fresh(&room), w, last.g.small[2], logits);
                Ok(())
            })?;
        }
        Ok(&self.logits)
    }

    /// From the logits' gradients to those of the parameters (added to `gradients`) and of the images (`[batch, h, w, c]`),
    /// each where wanted. `images` are those of the last forward pass.
    ///
    /// # Errors
    /// candle's own.
    pub fn backward(
        &mut self,
        images: &[f32],
        dlogits: &[f32],
        mut gradients: Option<&mut Gradients>,
        mut dimages: Option<&mut [f32]>,
    ) -> Result<()> {
        let Some(last) = self.layers.last() else {
            return Ok(());
        };
        // Gradients of the maps on either side of a layer.
        let (mut above, mut below) = (lend(self.largest), lend(self.largest));
        let n = last.g.small_len();
        let (channels, name) = (last.g.small[2], &self.logit_name);
        read(self.logit.as_tensor(), |w| {
            let dlast = &mut above[..n];
            if let Some(gradients) = gradients.as_deref_mut() {
                let output = last.output(&mut below)?;
                gradients.add(name, |dw| {
                    dense::logits_weights(output, dlogits, channels, dw);
                });
            }
            dense::logits_backward(w, channels, dlogits, dlast);
            Ok(())
        })?;
        let p = self.precision;
        for i in (0..self.layers.len()).rev() {
            let (done, rest) = self.layers.split_at(i);
            let Some(Layer {
                name,
                g,
                weight,
                norm,
                map,
            }) = rest.first()
            else {
                break;
            };
            let (dout, dsums) = (&above[..g.small_len()], &mut below[..g.small_len()]);
            match norm {
                Some(norm) => norm.backward(map, dout, dsums, gradients.as_deref_mut())?,
                // The rectifier keeps the sign, so its output tells as much as its input.
                None => activation::leaky_relu_backward(map, SLOPE, dout, dsums),
            }
            let dsums = &below[..g.small_len()];
            if let Some(gradients) = gradients.as_deref_mut() {
                // `above` has been read: it has room for the input until its gradient is wanted.
                let input = match done.last() {
                    None => images,
                    Some(below) => below.output(&mut above)?,
                };
                gradients.add(&format!("{name}.weight"), |dw| {
                    weights::gradient_in(p, g, input, dsums, dw)
                });
            }
            let target = match i {
                0 => dimages.as_deref_mut(),
                _ => Some(&mut above[..g.large_len()]),
            };
            if let Some(target) = target {
                read(weight.as_tensor(), |w| {
                    conv::up_in(p, g, dsums, w, target);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }
}
