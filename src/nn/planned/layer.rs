//! What both nets' convolutions keep.

use candle_core::{Result, Var};

use super::normalise::Normalise;
use crate::nn::cpu::Geometry;

/// A convolution with what follows it.
pub struct Layer {
    /// Parameter names begin with it.
    pub name: String,
    pub g: Geometry,
    pub weight: Var,
    pub norm: Option<Normalise>,
    /// The convolution's sums where batch norm follows, from which the output is had again; the output itself where none does.
    pub map: Vec<f32>,
}

impl Layer {
    /// The output that a forward pass has just left: in `room` where it is not kept.
    pub fn fresh<'a>(&'a self, room: &'a [f32]) -> &'a [f32] {
        match self.norm {
            Some(_) => &room[..self.map.len()],
            None => &self.map,
        }
    }

    /// The output of the last forward pass, had again in `room` where it is not kept.
    pub fn output<'a>(&'a self, room: &'a mut [f32]) -> Result<&'a [f32]> {
        let Some(norm) = &self.norm else {
            return Ok(&self.map);
        };
        let room = &mut room[..self.map.len()];
        norm.again(&self.map, room)?;
        Ok(room)
    }
}
