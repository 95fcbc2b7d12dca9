//! `model.py`: the two classes in PyTorch that the exported tensors fit.

use super::layout::THEIR_EPSILON;
use crate::nn::plan::ConvLayer;
use crate::nn::{Architecture, EPSILON};
use crate::spec::LatentDistribution;

/// How the exported tensors differ from the example's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Variances are stored for PyTorch's usual epsilon.
    pub shift: bool,
    /// G's first batch norm has a gain a unit.
    pub per_unit: bool,
}

/// The module's text.
pub fn text(a: &Architecture, generator: bool, style: Style) -> String {
    let (names, g_class, g_use) = match generator {
        true => (
            "Discriminator, Generator, latent",
            generator_class(a, style),
            "\n    netG = Generator().eval()\n    netG.load_state_dict(load_file(\"netG.safetensors\"))\n    \
             images = netG(latent(16))",
        ),
        false => ("Discriminator", String::new(), ""),
    };
    let epsilon = if style.shift { THEIR_EPSILON } else { EPSILON };
    let image = a.image;
    let imports = match generator {
        true => "import torch\nfrom torch import nn\n",
        false => "from torch import nn\n",
    };
    let unit_norm = match generator && style.per_unit {
        true => UNIT_NORM,
        false => "",
    };
    format!(
        "\"\"\"The exported nets in PyTorch. Images are (N, {}, {}, {}) in [-1, 1], z is (N, {}, 1, 1).

    import torch
    from safetensors.torch import load_file
    from model import {names}
    netD = Discriminator().eval()
    netD.load_state_dict(load_file(\"netD.safetensors\")){g_use}
\"\"\"
{imports}
EPS = {epsilon:e}

{unit_norm}
class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
{}        )

    def forward(self, images):
        return self.main(images).flatten()
{g_class}",
        image.channels,
        image.height,
        image.width,
        a.latent.size,
        discriminator_layers(a),
    )
}

const UNIT_NORM: &str = "
class UnitNorm(nn.BatchNorm1d):
    \"\"\"Batch norm of a map with a gain, a bias and statistics for each of its units.\"\"\"

    def forward(self, x):
        return super().forward(x.flatten(1)).view_as(x)

";

fn line(text: &str) -> String {
    format!("            {text},\n")
}

fn discriminator_layers(a: &Architecture) -> String {
    let mut out = String::new();
    for l in &a.discriminator {
        out += &line(&format!(
            "nn.Conv2d({}, {}, {}, stride={}, padding={}, bias=False)",
            l.input.channels,
            l.output.channels,
            l.kernel,
            l.stride,
            l.padding()
        ));
        if l.norm {
            out += &line(&norm(l));
        }
        out += &line("nn.LeakyReLU(0.2)");
    }
    out += &line(&format!(
        "nn.Conv2d({}, 1, {}, bias=False)",
        a.projection.channels, a.projection.height
    ));
    out + &line("nn.Sigmoid()")
}

fn norm(l: &ConvLayer) -> String {
    format!("nn.BatchNorm2d({}, eps=EPS)", l.output.channels)
}

fn generator_class(a: &Architecture, style: Style) -> String {
    let p = a.projection;
    let mut layers = line(&format!(
        "nn.ConvTranspose2d({}, {}, {}, bias=False)",
        a.latent.size, p.channels, p.height
    ));
    layers += &match style.per_unit {
        true => line(&format!("UnitNorm({}, eps=EPS)", p.len())),
        false => line(&format!("nn.BatchNorm2d({}, eps=EPS)", p.channels)),
    };
    layers += &line("nn.ReLU()");
    for l in &a.generator {
        layers += &line(&format!(
            "nn.ConvTranspose2d({}, {}, {}, stride={}, padding={}, output_padding={}, bias=False)",
            l.input.channels,
            l.output.channels,
            l.kernel,
            l.stride,
            l.padding(),
            l.output_padding()
        ));
        if l.norm {
            layers += &(line(&norm(l)) + &line("nn.ReLU()"));
        }
    }
    layers += &line("nn.Tanh()");
    format!(
        "

class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
{layers}        )

    def forward(self, z):
        return self.main(z)

{}",
        latent(a)
    )
}

/// The draw that the generator was trained on.
fn latent(a: &Architecture) -> String {
    let size = a.latent.size;
    let (words, draw) = match a.latent.distribution {
        LatentDistribution::Uniform => (
            "uniform on [-1, 1)",
            format!("2 * torch.rand(count, {size}, 1, 1) - 1"),
        ),
        LatentDistribution::Normal => (
            "from the standard normal distribution",
            format!("torch.randn(count, {size}, 1, 1)"),
        ),
    };
    format!(
        "
def latent(count):
    \"\"\"As many z as the generator was trained on: {words}.\"\"\"
    return {draw}
"
    )
}
