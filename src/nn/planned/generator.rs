//! G over planned buffers: z to images, and back.

use candle_core::{Result, Var};

use super::Gradients;
use super::layer::Layer;
use super::normalise::Normalise;
use crate::nn::cpu::spare::lend;
use crate::nn::cpu::transpose::swap;
use crate::nn::cpu::{activation, conv, dense, weights};
use crate::nn::dense::Dense;
use crate::nn::generator::Generator;
use crate::nn::ops::{ConvTranspose2d, read};
use crate::spec::Precision;

/// G for mini-batches of one size; shares its parameters with the [`Generator`] that it was made from.
pub struct PlannedGenerator {
    latent: usize,
    /// Channels and cells of the first map.
    first: [usize; 2],
    project: Var,
    project_norm: Normalise,
    /// The projection's sums, `[batch, channels, cells]`, and its activations, channels last.
    sums: Vec<f32>,
    units: Vec<f32>,
    layers: Vec<Layer>,
    precision: Precision,
    /// Values of the largest map between layers.
    largest: usize,
}

impl PlannedGenerator {
    /// Buffers for `batch` images; `None` where the net is of other rules than the paper's or not in single precision on the CPU.
    pub fn new(net: &Generator, batch: usize, precision: Precision) -> Option<Self> {
        let Dense { weight, norm, .. } = net.dense.first()?;
        if !weight.device().is_cpu() || !net.is_plain() {
            return None;
        }
        let first = [
            net.projection.channels,
            net.projection.height * net.projection.width,
        ];
        let projected = batch * net.projection.len();
        let mut largest = projected;
        let mut layers = Vec::with_capacity(net.layers.len());
        for (i, (l, weight, norm)) in net.layers.iter().enumerate() {
            let config = ConvTranspose2d {
                stride: l.stride,
                padding: l.padding(),
                output_padding: l.output_padding(),
            };
            let input = [batch, l.input.height, l.input.width, l.input.channels];
            let shape = weight.dims4().ok()?.into();
            let g = config.geometry(input, shape).ok()?;
            let name = format!("g.{}", i + 1);
            largest = largest.max(g.large_len()).max(g.small_len());
            layers.push(Layer {
                g,
                weight: weight.clone(),
                norm: norm.as_ref().map(|n| Normalise::new(n, &name, 0.0)),
                map: vec![0.0; g.large_len()],
                name,
            });
        }
        Some(PlannedGenerator {
            latent: net.latent,
            first,
            project: weight.clone(),
            project_norm: Normalise::new(norm.as_ref()?, "g.0", 0.0),
            sums: vec![0.0; projected],
            units: vec![0.0; projected],
            layers,
            precision,
            largest,
        })
    }

    /// Images `[batch, h, w, c]` from `z`, `[batch, latent]`; activations stay for [`PlannedGenerator::backward`].
    ///
    /// # Errors
    /// candle's own.
    pub fn forward(&mut self, z: &[f32]) -> Result<&[f32]> {
        let (latent, sums) = (self.latent, &mut self.sums);
        read(self.project.as_tensor(), |w| {
            dense::forward(z, w, latent, sums);
            Ok(())
        })?;
        // The output of the last layer.
        let mut room = lend(self.largest);
        let [channels, cells] = self.first;
        let first = &mut room[..self.sums.len()];
        self.project_norm.forward(&self.sums, first)?;
        swap(first, &mut self.units, channels, cells);
        let p = self.precision;
        for i in 0..self.layers.len() {
            let (done, rest) = self.layers.split_at_mut(i);
            let input = match done.last() {
                None => self.units.as_slice(),
                Some(below) => below.fresh(&room),
            };
            let Some(Layer {
                g,
                weight,
                norm,
                map,
                ..
            }) = rest.first_mut()
            else {
                break;
            };
            read(weight.as_tensor(), |w| {
                conv::up_in(p, g, input, w, map);
                Ok(())
            })?;
            match norm {
                Some(norm) => norm.forward(map, &mut room[..map.len()])?,
                None => activation::tanh_in_place(map),
            }
        }
        Ok(self.images())
    }

    /// The images of the last forward pass.
    pub fn images(&self) -> &[f32] {
        self.layers.last().map_or(&[], |l| l.map.as_slice())
    }

    /// Add the parameters' gradients to `gradients`, from the images' and the `z` of the last forward pass.
    ///
    /// # Errors
    /// candle's own.
    pub fn backward(
        &mut self,
        z: &[f32],
        dimages: &[f32],
        gradients: &mut Gradients,
    ) -> Result<()> {
        // Gradients of the maps on either side of a layer.
        let (mut above, mut below) = (lend(self.largest), lend(self.largest));
        let p = self.precision;
        for (i, layer) in self.layers.iter().enumerate().rev() {
            let Layer {
                name,
                g,
                weight,
                norm,
                map,
            } = layer;
            let last = i + 1 == self.layers.len();
            let dout = if last {
                dimages
            } else {
                &above[..g.large_len()]
            };
            let dsums = &mut below[..g.large_len()];
            match norm {
                Some(norm) => norm.backward(map, dout, dsums, Some(gradients))?,
                None => activation::tanh_backward(map, dout, dsums),
            }
            // `above` has been read: it has room for the input until its gradient is wanted.
            let input = match i.checked_sub(1).and_then(|i| self.layers.get(i)) {
                None => self.units.as_slice(),
                Some(below) => below.output(&mut above)?,
            };
            gradients.add(&format!("{name}.weight"), |dw| {
                weights::gradient_in(p, g, dsums, input, dw)
            });
            read(weight.as_tensor(), |w| {
                conv::down_in(p, g, dsums, w, &mut above[..g.small_len()]);
                Ok(())
            })?;
        }
        let [channels, cells] = self.first;
        let n = self.units.len();
        swap(&above[..n], &mut below[..n], cells, channels);
        let dsums = &mut above[..n];
        self.project_norm
            .backward(&self.sums, &below[..n], dsums, Some(gradients))?;
        let latent = self.latent;
        gradients.add("g.0.weight", |dw| dense::weights(z, dsums, latent, dw));
        Ok(())
    }
}
