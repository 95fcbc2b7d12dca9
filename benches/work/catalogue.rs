//! Work by name.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{Work, adam, features, inception, kernels, nearest, ops, sample, step, svm};

/// Makes work; knows what the user gave for it.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// Where inputs are kept between runs and lie for the other side to read.
    pub folder: PathBuf,
    /// The SVM's features, `[images, columns]` of single precision, in the order of CIFAR-10's training images; `None`
    /// for those of an untrained net.
    pub features: Option<PathBuf>,
    /// Write the SVM's rows to a file for the other side.
    pub share: bool,
}

/// Every piece of work in the table's order: its name, and what people call it.
pub const ENTRIES: [(&str, &str); 35] = [
    ("step/dcgan32/64/f32", "step, dcgan32, width 64"),
    ("step/dcgan64/64/f32", "step, dcgan64, width 64"),
    ("step/svhn32/32/f32", "step, svhn32, width 32"),
    ("step/dcgan32/64/bf16", "step, dcgan32, width 64, bf16"),
    ("step/dcgan64/64/bf16", "step, dcgan64, width 64, bf16"),
    (
        "features/imagenet32/128/250",
        "features, imagenet32, width 128",
    ),
    ("inception/16", "features, Inception v3"),
    (
        "adam/5/1000000/default",
        "Adam, 5M parameters, theirs by default",
    ),
    (
        "adam/5/1000000/fastest",
        "Adam, 5M parameters, theirs at its fastest",
    ),
    ("svm/4000/12288/1e-4", "L2-SVM, 4,000 x 12,288"),
    ("svm/50000/12288/1e-4", "L2-SVM, 50,000 x 12,288"),
    (
        "sample/mnist28/64/512",
        "labelled samples, mnist28, width 64",
    ),
    ("sample/fc28/1200/512", "labelled samples, fc28, width 1200"),
    (
        "nearest/50000",
        "nearest of 50,000 MNIST images to each of 10,000",
    ),
    (
        "nearest/500000",
        "nearest of 500,000 MNIST images to each of 10,000",
    ),
    (
        "op/matmul/forward",
        "matmul 8192 x 1600 x 128 (the ceiling)",
    ),
    ("op/conv/forward", "conv 64->128 5x5 /2 16->8, forward"),
    ("op/conv/both", "conv 64->128 5x5 /2 16->8, both ways"),
    (
        "op/conv/kernels",
        "conv 64->128 5x5 /2 16->8, both ways, kernels",
    ),
    (
        "op/conv-transpose/forward",
        "conv-transpose 128->64 5x5 /2 8->16, forward",
    ),
    (
        "op/conv-transpose/both",
        "conv-transpose 128->64 5x5 /2 8->16, both ways",
    ),
    (
        "op/conv-transpose/kernels",
        "conv-transpose 128->64 5x5 /2 8->16, both ways, kernels",
    ),
    (
        "op/conv-transpose-image/forward",
        "conv-transpose 64->3 5x5 /2 16->32, forward",
    ),
    (
        "op/conv-transpose-image/both",
        "conv-transpose 64->3 5x5 /2 16->32, both ways",
    ),
    (
        "op/conv-transpose-image/kernels",
        "conv-transpose 64->3 5x5 /2 16->32, both ways, kernels",
    ),
    (
        "op/norm-leaky/forward",
        "batch norm + leaky ReLU [128,16,16,128], forward",
    ),
    (
        "op/norm-leaky/both",
        "batch norm + leaky ReLU [128,16,16,128], both ways",
    ),
    (
        "op/norm-leaky/kernels",
        "batch norm + leaky ReLU [128,16,16,128], both ways, kernels",
    ),
    ("op/leaky/forward", "leaky ReLU [128,16,16,128], forward"),
    ("op/leaky/both", "leaky ReLU [128,16,16,128], both ways"),
    (
        "op/leaky/kernels",
        "leaky ReLU [128,16,16,128], both ways, kernels",
    ),
    ("op/tanh/both", "tanh [128,64,64,3], both ways"),
    ("op/tanh/kernels", "tanh [128,64,64,3], both ways, kernels"),
    (
        "op/pool/forward",
        "max-pool [128,16,16,128] to 4x4, forward",
    ),
    ("op/bce/both", "cross-entropy of 128 logits, both ways"),
];

impl Catalogue {
    /// The features that `DCGAN_FEATURES` names.
    pub fn given_features() -> Option<PathBuf> {
        std::env::var_os("DCGAN_FEATURES").map(PathBuf::from)
    }

    /// Whether the work called `name` can be made: says why not, and costs next to nothing.
    ///
    /// # Errors
    /// As [`Catalogue::make`].
    pub fn check(&self, name: &str) -> Result<()> {
        match name.split('/').collect::<Vec<_>>().as_slice() {
            ["svm", ..] => svm::check(),
            ["nearest", ..] => nearest::check(),
            _ => Ok(()),
        }
    }

    /// The work called `name`.
    ///
    /// # Errors
    /// A setting that does not exist (yet), or input that cannot be had.
    pub fn make(&self, name: &str) -> Result<Work> {
        let parts: Vec<&str> = name.split('/').collect();
        let number = |text: &str| -> Result<usize> {
            text.parse()
                .with_context(|| format!("`{text}` in `{name}` is no number"))
        };
        match parts.as_slice() {
            ["step", preset, width, precision] => step::adversarial(self, preset, width, precision),
            ["features", preset, width, images] => {
                features::pooled(self, preset, number(width)?, number(images)?)
            }
            ["inception", images] => inception::features(self, number(images)?),
            ["adam", tensors, values, _] => adam::update(number(tensors)?, number(values)?),
            ["svm", rows, columns, c] => {
                svm::fit(self, number(rows)?, number(columns)?, c.parse()?)
            }
            ["sample", preset, width, images] => {
                sample::labelled(preset, number(width)?, number(images)?)
            }
            ["nearest", references] => nearest::search(self, number(references)?),
            ["layer", side, input, output, kernel] => {
                kernels::one(number(side)?, number(input)?, number(output)?, kernel)
            }
            ["op", op, "kernels"] => kernels::both(op),
            ["op", op, passes] => ops::op(op, *passes == "both"),
            _ => bail!("there is no work called `{name}`"),
        }
    }
}
