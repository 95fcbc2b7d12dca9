//! The script's cases, and their inputs made again.

use dcgan::nn::cpu::norm;
use serde::Deserialize;

use crate::pytorch::noise;

#[derive(Deserialize)]
pub struct Case {
    pub name: String,
    /// Shape of the input.
    pub x: Vec<usize>,
    #[serde(flatten)]
    pub op: Op,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Op {
    Conv {
        w: [usize; 4],
        stride: usize,
        padding: usize,
    },
    Transpose {
        w: [usize; 4],
        stride: usize,
        padding: usize,
        output_padding: usize,
    },
    Norm {
        slope: f32,
        given: bool,
    },
    Tanh,
    Sigmoid,
    Leaky,
    Bce {
        target: f32,
    },
    Pool {
        grid: usize,
    },
    Adam {
        l2: f64,
        steps: usize,
    },
}

/// One input of a case: its name, shape, and the noise's scale and shift.
pub type Input = (&'static str, Vec<usize>, f32, f32);

impl Case {
    pub fn inputs(&self) -> Vec<Input> {
        let plain = |name, shape: &[usize]| (name, shape.to_vec(), 1.0, 0.0);
        match &self.op {
            Op::Conv { w, .. } | Op::Transpose { w, .. } => {
                vec![plain("x", &self.x), plain("w", w)]
            }
            Op::Norm { .. } => {
                let c = self.x[1];
                vec![
                    ("x", self.x.clone(), 2.0, 0.5),
                    ("gain", vec![c], 0.5, 1.0),
                    plain("bias", &[c]),
                ]
            }
            Op::Tanh | Op::Sigmoid | Op::Leaky => vec![("x", self.x.clone(), 4.0, 0.0)],
            Op::Bce { .. } => vec![("x", self.x.clone(), 16.0, 0.0)],
            Op::Pool { .. } => vec![plain("x", &self.x)],
            Op::Adam { .. } => vec![plain("p", &self.x)],
        }
    }

    pub fn noise(&self, what: &str, n: usize, scale: f32, shift: f32) -> Vec<f32> {
        noise(&format!("{}.{what}", self.name), n, scale, shift)
    }

    /// The inputs' values in the script's order, channels first.
    pub fn values(&self) -> Vec<Vec<f32>> {
        let draw = |(name, shape, scale, shift): Input| {
            self.noise(name, shape.iter().product(), scale, shift)
        };
        self.inputs().into_iter().map(draw).collect()
    }

    /// The statistics of a norm that is given them.
    pub fn statistics(&self) -> norm::Statistics {
        norm::Statistics {
            mean: self.noise("mean", self.x[1], 1.0, 0.0),
            variance: self.noise("variance", self.x[1], 0.5, 1.0),
        }
    }

    pub fn tolerance(&self) -> f64 {
        match self.op {
            Op::Conv { .. } | Op::Transpose { .. } => 8e-6,
            Op::Norm { .. } => 1.5e-6,
            Op::Tanh | Op::Sigmoid => 1e-6,
            Op::Adam { .. } => 8e-7,
            Op::Leaky | Op::Bce { .. } | Op::Pool { .. } => 4e-7,
        }
    }
}
