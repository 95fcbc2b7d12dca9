//! The layer table.

use super::{Architecture, ConvLayer, DenseLayer};
use crate::nn::ops::Activation;
use crate::spec::Resampling;

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

impl Architecture {
    /// Both networks' layers, G first.
    pub fn table(&self) -> Vec<Row> {
        let g = &self.generator_dense;
        let mut rows: Vec<Row> = (g.iter().enumerate())
            .map(|(i, l)| match i + 1 == g.len() {
                true => dense("G", i, "project", l, Some(self.projection.to_string())),
                false => dense("G", i, "dense", l, None),
            })
            .collect();
        let convs = self.generator.iter().enumerate();
        rows.extend(convs.map(|(i, l)| conv("G", g.len() + i, l)));
        let d = &self.discriminator;
        rows.extend(d.iter().enumerate().map(|(i, l)| conv("D", i, l)));
        let hidden = self.discriminator_dense.iter().enumerate();
        rows.extend(hidden.map(|(i, l)| dense("D", d.len() + i, "dense", l, None)));
        let before = self.discriminator_dense.len();
        let input = match before {
            0 => labelled(self.projection.to_string(), self.classes),
            _ => labelled(self.logit_inputs().to_string(), self.classes),
        };
        let weights = self.logit_inputs() + self.classes;
        rows.push(Row {
            net: "D",
            name: format!("d.{}", d.len() + before),
            kind: match before {
                0 => "flatten, one logit".into(),
                _ => "one logit".into(),
            },
            input,
            output: "1".into(),
            parameters: weights,
            multiply_adds: weights as u64,
        });
        rows
    }
}

fn dense(net: &'static str, i: usize, what: &str, l: &DenseLayer, output: Option<String>) -> Row {
    Row {
        net,
        name: format!("{}.{i}", net.to_lowercase()),
        kind: format!("{what}{}", after(l.norm, l.bias, l.activation)),
        input: labelled(l.inputs.to_string(), l.labels),
        output: output.unwrap_or_else(|| l.units.to_string()),
        parameters: l.parameters(),
        multiply_adds: l.multiply_adds(),
    }
}

fn conv(net: &'static str, i: usize, l: &ConvLayer) -> Row {
    let (k, s) = (l.kernel, l.stride);
    let what = match (net, l.resampling) {
        (_, Resampling::Pool) if s == 1 => format!("conv {k}x{k} /1"),
        ("G", Resampling::Pool) => format!("unpool {s}x{s}, conv {k}x{k}"),
        (_, Resampling::Pool) => format!("conv {k}x{k}, max-pool {s}x{s}"),
        ("G", Resampling::Strided) => format!("conv-transpose {k}x{k} /{s}"),
        (_, Resampling::Strided) => format!("conv {k}x{k} /{s}"),
    };
    Row {
        net,
        name: format!("{}.{i}", net.to_lowercase()),
        kind: format!("{what}{}", after(l.norm, l.bias, l.activation)),
        input: labelled(l.input.to_string(), l.labels),
        output: l.output.to_string(),
        parameters: l.parameters(),
        multiply_adds: l.multiply_adds(),
    }
}

/// `100+10`: so many values and, beside them, so many labels.
fn labelled(input: String, labels: usize) -> String {
    match labels {
        0 => input,
        n => format!("{input}+{n}"),
    }
}

fn after(norm: bool, bias: bool, activation: Activation) -> String {
    let name = match activation {
        Activation::Identity => "linear",
        Activation::Relu => "ReLU",
        Activation::LeakyRelu(_) => "leaky ReLU",
        Activation::Tanh => "tanh",
    };
    match (norm, bias) {
        (true, _) => format!(", batch norm, {name}"),
        (_, true) => format!(", bias, {name}"),
        _ => format!(", {name}"),
    }
}
