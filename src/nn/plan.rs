//! What the networks are made of, as data: presets, layers, shapes, parameters and multiply-adds.
//!
//! Figure 1 and the released weights agree on the rules: strided convolutions in D and fractionally-strided ones in
//! G, batch norm everywhere but at G's output and D's input, no hidden dense layer. G's projection is normalised per
//! unit, as the released gains of 4,096 and 8,192 values show.

use crate::spec::{Latent, Preset};

/// Side of the map that z is projected to and that D flattens.
pub const BASE: usize = 4;

/// A feature map's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Map {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Map {
    fn square(channels: usize, side: usize) -> Self {
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

/// One convolution, strided (D) or fractionally strided (G).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvLayer {
    pub input: Map,
    pub output: Map,
    /// Side of the square kernel.
    pub kernel: usize,
    pub stride: usize,
    /// Followed by batch norm.
    pub norm: bool,
}

impl ConvLayer {
    /// Zero padding before the first cell; the kernel is centred, an even one half a cell to the right.
    pub fn padding(&self) -> usize {
        (self.kernel - 1) / 2
    }

    /// What a fractionally-strided layer adds after the last cell, so that it grows its map by exactly the stride.
    pub fn output_padding(&self) -> usize {
        self.stride + 2 * self.padding() - self.kernel
    }

    fn parameters(&self) -> usize {
        let norm = if self.norm {
            2 * self.output.channels
        } else {
            0
        };
        self.input.channels * self.output.channels * self.kernel * self.kernel + norm
    }

    fn multiply_adds(&self) -> u64 {
        // Either direction multiplies each cell of its smaller grid with every tap.
        let cells =
            (self.input.height * self.input.width).min(self.output.height * self.output.width);
        (cells * self.input.channels * self.output.channels * self.kernel * self.kernel) as u64
    }
}

/// Both networks of an experiment, layer by layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// `None` where the shape was read from a checkpoint.
    pub preset: Option<Preset>,
    /// Channels of D's first layer, which are those of G's last hidden layer.
    pub width: usize,
    pub latent: Latent,
    /// The images: colours and side.
    pub image: Map,
    /// G: z is projected to this map.
    pub projection: Map,
    /// G after the projection, to the image.
    pub generator: Vec<ConvLayer>,
    /// D from the image; its last map is flattened into one logit.
    pub discriminator: Vec<ConvLayer>,
}

/// A line of the layer table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `G` or `D`.
    pub net: &'static str,
    /// Place in the parameter names, such as `g.0`.
    pub name: String,
    /// Such as `conv 5x5 /2, batch norm, leaky ReLU`.
    pub kind: String,
    pub input: String,
    pub output: String,
    pub parameters: usize,
    /// For one image.
    pub multiply_adds: u64,
}

/// D's layers of a preset: channels in multiples of the width, and stride.
fn layers(preset: Preset) -> (usize, &'static [(usize, usize)]) {
    match preset {
        Preset::Dcgan64 => (5, &[(1, 2), (2, 2), (4, 2), (8, 2)]),
        Preset::Dcgan32 | Preset::Svhn32 => (5, &[(1, 2), (2, 2), (4, 2)]),
        Preset::Imagenet32 => (3, &[(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2)]),
    }
}

impl Architecture {
    /// The networks of `preset` at `width`, for images of `channels` colours (1 or 3).
    pub fn new(preset: Preset, width: usize, latent: Latent, channels: usize) -> Self {
        let (kernel, plan) = layers(preset);
        let image = Map::square(channels, preset.size());
        let plan = plan.iter().map(|&(m, stride)| (m * width, stride));
        Self {
            preset: Some(preset),
            ..Self::of_layers(image, kernel, plan, latent)
        }
    }

    /// D of stride-2 layers over maps of so many channels, the image's first, that ends at a 4x4 map; G mirrors it.
    pub fn strided(channels: &[usize], kernel: usize, latent: Latent) -> Self {
        let (colours, layers) = channels.split_first().unwrap_or((&0, &[]));
        let image = Map::square(*colours, BASE << layers.len());
        Self::of_layers(image, kernel, layers.iter().map(|c| (*c, 2)), latent)
    }

    /// D's layers by channels and stride.
    fn of_layers(
        image: Map,
        kernel: usize,
        layers: impl Iterator<Item = (usize, usize)>,
        latent: Latent,
    ) -> Self {
        let mut discriminator = Vec::new();
        let mut input = image;
        for (i, (channels, stride)) in layers.enumerate() {
            let output = Map::square(channels, input.height.div_ceil(stride));
            discriminator.push(ConvLayer {
                input,
                output,
                kernel,
                stride,
                norm: i > 0,
            });
            input = output;
        }
        // G mirrors D: its layers are D's, last first, with input and output exchanged; the released ImageNet G shows
        // that the channels mirror too (512-512-256-256-128-128-3).
        let generator = discriminator
            .iter()
            .rev()
            .map(|d| ConvLayer {
                input: d.output,
                output: d.input,
                kernel,
                stride: d.stride,
                norm: d.input != image,
            })
            .collect();
        Self {
            preset: None,
            width: discriminator.first().map_or(0, |l| l.output.channels),
            latent,
            image,
            projection: input,
            generator,
            discriminator,
        }
    }

    /// Units of the widest convolution of D: the last column of table 1.
    pub fn max_units(&self) -> usize {
        self.discriminator
            .iter()
            .map(|l| l.output.channels)
            .max()
            .unwrap_or(0)
    }

    /// Length of the probe's feature vector over D's first `layers` layers: each pooled to a 4x4 grid.
    pub fn feature_len(&self, layers: usize) -> usize {
        let channels = self
            .discriminator
            .iter()
            .take(layers)
            .map(|l| l.output.channels);
        channels.sum::<usize>() * BASE * BASE
    }

    /// Both networks' layers, G first.
    pub fn table(&self) -> Vec<Row> {
        let units = self.projection.len();
        let mut rows = vec![Row {
            net: "G",
            name: "g.0".into(),
            kind: "project, batch norm, ReLU".into(),
            input: self.latent.size.to_string(),
            output: self.projection.to_string(),
            parameters: self.latent.size * units + 2 * units,
            multiply_adds: (self.latent.size * units) as u64,
        }];
        rows.extend(self.generator.iter().enumerate().map(|(i, l)| {
            let after = if l.norm { "batch norm, ReLU" } else { "tanh" };
            conv_row("G", format!("g.{}", i + 1), "conv-transpose", l, after)
        }));
        rows.extend(self.discriminator.iter().enumerate().map(|(i, l)| {
            let after = if l.norm {
                "batch norm, leaky ReLU"
            } else {
                "leaky ReLU"
            };
            conv_row("D", format!("d.{i}"), "conv", l, after)
        }));
        rows.push(Row {
            net: "D",
            name: format!("d.{}", self.discriminator.len()),
            kind: "flatten, one logit".into(),
            input: self.projection.to_string(),
            output: "1".into(),
            parameters: units,
            multiply_adds: units as u64,
        });
        rows
    }
}

fn conv_row(net: &'static str, name: String, what: &str, l: &ConvLayer, after: &str) -> Row {
    Row {
        net,
        name,
        kind: format!("{what} {0}x{0} /{1}, {after}", l.kernel, l.stride),
        input: l.input.to_string(),
        output: l.output.to_string(),
        parameters: l.parameters(),
        multiply_adds: l.multiply_adds(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::LatentDistribution;

    fn architecture(preset: Preset) -> Architecture {
        let latent = Latent {
            size: preset.latent(),
            distribution: LatentDistribution::Uniform,
        };
        Architecture::new(preset, preset.width(), latent, 3)
    }

    #[test]
    fn figure_1_is_the_preset_dcgan64() {
        let a = architecture(Preset::Dcgan64);
        let maps: Vec<String> = std::iter::once(a.projection)
            .chain(a.generator.iter().map(|l| l.output))
            .map(|m| m.to_string())
            .collect();
        assert_eq!(
            maps,
            ["1024x4x4", "512x8x8", "256x16x16", "128x32x32", "3x64x64"]
        );
        let d: Vec<usize> = a.discriminator.iter().map(|l| l.output.channels).collect();
        assert_eq!(d, [128, 256, 512, 1024]);
    }

    #[test]
    fn the_imagenet_net_gives_the_paper_s_28672_features_and_512_units() {
        let a = architecture(Preset::Imagenet32);
        assert_eq!(a.feature_len(6), 28_672);
        assert_eq!(a.feature_len(4), 12_288);
        assert_eq!(a.max_units(), 512);
        assert_eq!(a.projection.len(), 8192);
        let g: Vec<(usize, usize, usize)> = a
            .generator
            .iter()
            .map(|l| (l.input.channels, l.output.channels, l.stride))
            .collect();
        let want = [
            (512, 512, 2),
            (512, 256, 1),
            (256, 256, 2),
            (256, 128, 1),
            (128, 128, 2),
            (128, 3, 1),
        ];
        assert_eq!(g, want);
    }

    #[test]
    fn the_svhn_net_gives_7168_features() {
        let a = architecture(Preset::Svhn32);
        assert_eq!(a.feature_len(3), 7_168);
        assert_eq!(a.projection.len(), 4096);
        let rows = a.table();
        // gw, gain, bias; w, gain, bias; w, gain, bias; w.
        let g: usize = rows
            .iter()
            .filter(|r| r.net == "G")
            .map(|r| r.parameters)
            .sum();
        let arrays = 409_600 + 2 * 4096 + 256 * 128 * 25 + 256 + 128 * 64 * 25 + 128 + 64 * 3 * 25;
        assert_eq!(g, arrays);
        // conv 64 -> 128 on 16x16 to 8x8.
        let row = rows.iter().find(|r| r.name == "d.1").unwrap();
        assert_eq!(row.multiply_adds, 64 * 64 * 128 * 25);
    }
}
