//! What a net is given: z or images, and the labels of a class-conditional net.

use candle_core::{Device, Tensor};

use super::NnError;

/// z `(N, latent)` for G or images `(N, C, H, W)` for D, with one-hot labels `(N, classes)` where the net is conditional.
#[derive(Debug, Clone)]
pub struct Input {
    pub x: Tensor,
    pub labels: Option<Tensor>,
}

impl From<Tensor> for Input {
    fn from(x: Tensor) -> Self {
        Input { x, labels: None }
    }
}

impl From<&Tensor> for Input {
    fn from(x: &Tensor) -> Self {
        x.clone().into()
    }
}

impl From<(&Tensor, Option<&Tensor>)> for Input {
    fn from((x, labels): (&Tensor, Option<&Tensor>)) -> Self {
        Input {
            x: x.clone(),
            labels: labels.cloned(),
        }
    }
}

impl From<(&Tensor, &Tensor)> for Input {
    fn from((x, labels): (&Tensor, &Tensor)) -> Self {
        (x, Some(labels)).into()
    }
}

/// Labels below `classes` as rows `(N, classes)` with a 1 at each label.
///
/// # Errors
/// [`NnError::NoSuchClass`], or a device's own.
pub fn one_hot(labels: &[u8], classes: usize, device: &Device) -> Result<Tensor, NnError> {
    let mut rows = vec![0f32; labels.len() * classes];
    for (row, &label) in rows.chunks_exact_mut(classes.max(1)).zip(labels) {
        match row.get_mut(usize::from(label)) {
            Some(cell) => *cell = 1.0,
            None => return Err(NnError::NoSuchClass { label, classes }),
        }
    }
    Ok(Tensor::from_vec(rows, (labels.len(), classes), device)?)
}

impl Input {
    /// The labels of a net of `classes` classes.
    pub(super) fn checked(
        &self,
        net: &'static str,
        classes: usize,
    ) -> Result<Option<&Tensor>, NnError> {
        let n = self.x.dim(0)?;
        match (&self.labels, classes) {
            (None, 0) => Ok(None),
            (Some(l), 1..) if l.dims() == [n, classes] => Ok(Some(l)),
            (labels, _) => Err(NnError::Labels {
                net,
                rows: n,
                classes,
                found: labels.as_ref().map(|l| l.dims().to_vec()),
            }),
        }
    }

    /// The same apart from any tape.
    pub(super) fn detach(&self) -> Self {
        Input {
            x: self.x.detach(),
            labels: self.labels.as_ref().map(Tensor::detach),
        }
    }
}
