//! Strided and fractionally-strided convolution: shape checks, and the custom ops around the two kernels.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

use super::storage::{filled, read, slice};
use crate::nn::cpu::{Geometry, conv, weights};

/// A strided convolution with symmetric zero padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv2d {
    pub stride: usize,
    pub padding: usize,
}

/// A fractionally-strided convolution, the transpose of [`Conv2d`] with the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvTranspose2d {
    pub stride: usize,
    pub padding: usize,
    /// Rows and columns added after the last; 1 makes a 5x5 (padding 2) or 3x3 (padding 1) layer of stride 2 double its
    /// input exactly.
    pub output_padding: usize,
}

impl Conv2d {
    /// Geometry for `(batch, h, w, c)` input and weights `(out, in, kh, kw)`.
    ///
    /// # Errors
    /// Channels that disagree, a stride of zero, or a kernel larger than the padded input.
    pub(in crate::nn) fn geometry(&self, x: [usize; 4], w: [usize; 4]) -> Result<Geometry> {
        let ([batch, h, width, c], [out, input, kh, kw]) = (x, w);
        if input != c {
            bail!("conv2d: the input has {c} channels and the weights {w:?} expect {input}");
        }
        let size = |n: usize, k: usize| -> Result<usize> {
            match (n + 2 * self.padding).checked_sub(k) {
                Some(rest) if self.stride > 0 && k > 0 => Ok(rest / self.stride + 1),
                _ => bail!(
                    "conv2d: a kernel of {k} at stride {} does not fit {n} cells with padding {}",
                    self.stride,
                    self.padding
                ),
            }
        };
        Ok(Geometry {
            batch,
            large: [h, width, c],
            small: [size(h, kh)?, size(width, kw)?, out],
            kernel: [kh, kw],
            stride: self.stride,
            pad: [self.padding; 2],
        })
    }
}

impl ConvTranspose2d {
    /// Geometry for `(batch, h, w, c)` input and weights `(in, out, kh, kw)`.
    ///
    /// # Errors
    /// Channels that disagree, a stride of zero, or an empty output.
    pub(in crate::nn) fn geometry(&self, x: [usize; 4], w: [usize; 4]) -> Result<Geometry> {
        let ([batch, h, width, c], [input, out, kh, kw]) = (x, w);
        if input != c {
            bail!(
                "conv_transpose2d: the input has {c} channels and the weights {w:?} expect {input}"
            );
        }
        let size = |n: usize, k: usize| -> Result<usize> {
            let full = n.saturating_sub(1) * self.stride + k + self.output_padding;
            match full.checked_sub(2 * self.padding) {
                Some(size)
                    if size > 0
                        && n > 0
                        && self.stride > 0
                        && self.output_padding < self.stride =>
                {
                    Ok(size)
                }
                _ => bail!(
                    "conv_transpose2d: {self:?} with a kernel of {k} gives no valid output for {n} cells"
                ),
            }
        };
        Ok(Geometry {
            batch,
            large: [size(h, kh)?, size(width, kw)?, out],
            small: [h, width, c],
            kernel: [kh, kw],
            stride: self.stride,
            pad: [self.padding; 2],
        })
    }
}

/// Large to small, the kernel [`conv::down`], with its gradients.
pub(super) struct Down(pub Geometry);
/// Small to large, the kernel [`conv::up`], with its gradients.
pub(super) struct Up(pub Geometry);

fn large_shape(g: &Geometry) -> Shape {
    Shape::from((g.batch, g.large[0], g.large[1], g.large[2]))
}

fn small_shape(g: &Geometry) -> Shape {
    Shape::from((g.batch, g.small[0], g.small[1], g.small[2]))
}

/// `kernel(a, b)` into a fresh tensor shaped like `like`.
fn run(
    kernel: impl FnOnce(&[f32], &[f32], &mut [f32]),
    a: &Tensor,
    b: &Tensor,
    like: &Tensor,
) -> Result<Tensor> {
    read(a, |a| {
        read(b, |b| {
            filled(like, |out| {
                kernel(a, b, out);
                Ok(())
            })
        })
    })
}

impl CustomOp2 for Down {
    fn name(&self) -> &'static str {
        "strided convolution"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        w: &CpuStorage,
        lw: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let mut out = vec![0.0; self.0.small_len()];
        conv::down(
            &self.0,
            slice(self.name(), x, lx)?,
            slice(self.name(), w, lw)?,
            &mut out,
        );
        Ok((CpuStorage::F32(out), small_shape(&self.0)))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let dy = dy.contiguous()?;
        let g = &self.0;
        let dx = || run(|dy, w, dx| conv::up(g, dy, w, dx), &dy, w, x);
        let dw = || run(|x, dy, dw| weights::gradient(g, x, dy, dw), x, &dy, w);
        Ok((
            x.track_op().then(dx).transpose()?,
            w.track_op().then(dw).transpose()?,
        ))
    }
}

impl CustomOp2 for Up {
    fn name(&self) -> &'static str {
        "fractionally-strided convolution"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        w: &CpuStorage,
        lw: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let mut out = vec![0.0; self.0.large_len()];
        conv::up(
            &self.0,
            slice(self.name(), x, lx)?,
            slice(self.name(), w, lw)?,
            &mut out,
        );
        Ok((CpuStorage::F32(out), large_shape(&self.0)))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let dy = dy.contiguous()?;
        let g = &self.0;
        let dx = || run(|dy, w, dx| conv::down(g, dy, w, dx), &dy, w, x);
        let dw = || run(|dy, x, dw| weights::gradient(g, dy, x, dw), &dy, x, w);
        Ok((
            x.track_op().then(dx).transpose()?,
            w.track_op().then(dw).transpose()?,
        ))
    }
}
