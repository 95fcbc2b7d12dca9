//! The layers of a net and the maps between them.

use crate::nn::ops::Activation;
use crate::spec::Resampling;

/// A feature map's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Map {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Map {
    pub(super) fn square(channels: usize, side: usize) -> Self {
        Self {
            channels,
            height: side,
            width: side,
        }
    }

    /// Values in the map.
    pub fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// True for a map without a value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Display for Map {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

/// One convolution, strided (D) or fractionally strided (G), or of stride 1 and pooled or unpooled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConvLayer {
    pub input: Map,
    pub output: Map,
    /// Side of the square kernel.
    pub kernel: usize,
    /// By what the side shrinks (D) or grows (G).
    pub stride: usize,
    /// Whether the convolution does it or a pooling.
    pub resampling: Resampling,
    /// Constant maps of the one-hot labels beside the input's channels; 0 in nets without labels.
    pub labels: usize,
    /// Followed by batch norm.
    pub norm: bool,
    /// Followed by a bias, where batch norm is given up.
    pub bias: bool,
    pub activation: Activation,
}

impl ConvLayer {
    /// Zero padding before the first cell; the kernel is centred, an even one half a cell to the right.
    pub fn padding(&self) -> usize {
        (self.kernel - 1) / 2
    }

    /// What a fractionally-strided layer adds after the last cell, so that it grows its map by exactly the stride.
    pub fn output_padding(&self) -> usize {
        self.conv_stride() + 2 * self.padding() - self.kernel
    }

    /// The side's factor that is left to a pooling; 1 where the convolution is strided.
    pub fn pooled(&self) -> usize {
        match self.resampling {
            Resampling::Strided => 1,
            Resampling::Pool => self.stride,
        }
    }

    /// Stride of the convolution itself.
    pub fn conv_stride(&self) -> usize {
        self.stride / self.pooled()
    }

    /// Trained values.
    pub fn parameters(&self) -> usize {
        let taps = self.kernel * self.kernel;
        (self.input.channels + self.labels) * self.output.channels * taps
            + following(self.norm, self.bias, self.output.channels)
    }

    /// For one image forward.
    pub fn multiply_adds(&self) -> u64 {
        let (a, b) = (self.input, self.output);
        let sides = [a.height * a.width, b.height * b.width];
        // Either direction multiplies each cell of its smaller grid with every tap; stride 1 those of the larger.
        let cells = match self.conv_stride() {
            1 => sides[0].max(sides[1]),
            _ => sides[0].min(sides[1]),
        };
        let taps = self.kernel * self.kernel;
        (cells * (a.channels + self.labels) * b.channels * taps) as u64
    }
}

/// One fully connected layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DenseLayer {
    pub inputs: usize,
    pub units: usize,
    /// One-hot labels beside the inputs; 0 in nets without labels.
    pub labels: usize,
    /// Followed by batch norm, each unit by itself.
    pub norm: bool,
    /// Followed by a bias, where batch norm is given up.
    pub bias: bool,
    pub activation: Activation,
    /// Standard deviation of the initial weights.
    pub deviation: f32,
}

impl DenseLayer {
    /// Trained values.
    pub fn parameters(&self) -> usize {
        self.multiply_adds() as usize + following(self.norm, self.bias, self.units)
    }

    /// For one image forward.
    pub fn multiply_adds(&self) -> u64 {
        ((self.inputs + self.labels) * self.units) as u64
    }
}

/// Values of gain and bias, or of the bias alone.
fn following(norm: bool, bias: bool, channels: usize) -> usize {
    channels * (2 * usize::from(norm) + usize::from(bias))
}
