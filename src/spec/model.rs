//! The resolved spec of a trial: data, model, training, probes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Features, Labels, MemorisationSpec, Rules, StopOn, Unread, monitor};

/// A network shape by name; [`crate::nn`] knows its layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Figure 1: 64 px, four 5x5 stride-2 layers in each net.
    Dcgan64,
    /// Figure 1 with one layer less: 32 px, three 5x5 stride-2 layers.
    Dcgan32,
    /// The authors' released ImageNet net: 32 px, six 3x3 layers of stride 1,2,1,2,1,2.
    Imagenet32,
    /// The authors' released SVHN net: 32 px, three 5x5 stride-2 layers.
    Svhn32,
    /// The authors' MNIST net: 28 px, two 5x5 stride-2 layers and a fully connected one in each net, conditional.
    Mnist28,
    /// A fully connected GAN of two hidden layers in each net (Goodfellow et al. 2014): 28 px, conditional.
    Fc28,
}

impl Preset {
    /// Side of its square images in pixels.
    pub fn size(self) -> usize {
        match self {
            Preset::Dcgan64 => 64,
            Preset::Dcgan32 | Preset::Imagenet32 | Preset::Svhn32 => 32,
            Preset::Mnist28 | Preset::Fc28 => 28,
        }
    }

    /// Channels of D's first layer in the paper's or the released net; units of each hidden layer of a fully connected one.
    pub fn width(self) -> usize {
        match self {
            Preset::Svhn32 | Preset::Mnist28 => 64,
            Preset::Fc28 => 1200,
            _ => 128,
        }
    }

    /// Components of z in the paper's or the released net.
    pub fn latent(self) -> usize {
        match self {
            Preset::Imagenet32 => 256,
            _ => 100,
        }
    }

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Dcgan64 => "dcgan64",
            Preset::Dcgan32 => "dcgan32",
            Preset::Imagenet32 => "imagenet32",
            Preset::Svhn32 => "svhn32",
            Preset::Mnist28 => "mnist28",
            Preset::Fc28 => "fc28",
        }
    }
}

/// The generator's input z.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latent {
    /// Number of components.
    pub size: usize,
    pub distribution: LatentDistribution,
}

/// How each component of z is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LatentDistribution {
    /// Uniform on (-1, 1), the paper's text.
    Uniform,
    /// Standard normal, the released SVHN net's.
    Normal,
}

/// Which of two sources sets the defaults where the paper's text and the authors' code differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// The text: uniform z, learning rate 0.0002, batch 128, both nets on each batch, no L2 penalty.
    #[default]
    Paper,
    /// The code: G and D in turn, L2 penalty 1e-5; for the SVHN net also Gaussian z, learning rate 0.0005,
    /// batch 64.
    Released,
}

/// Which net a mini-batch trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Each mini-batch trains D, then G.
    Both,
    /// A mini-batch trains either G or D, in turn (the released code with k = 1).
    Alternate,
}

/// What a convolution multiplies. Parameters, activations, gradients and sums are single precision in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    #[default]
    F32,
    /// Factors rounded to bfloat16 where the channels are many; needs a processor with AVX512-BF16.
    Bf16,
}

impl Precision {
    /// A spec that does not name it is the same as before there was another.
    fn is_default(&self) -> bool {
        *self == Precision::default()
    }
}

/// What solves the L2-SVM.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Solver {
    /// linfa-svm while its kernel matrix is small, the primal solver above.
    #[default]
    Auto,
    Linfa,
    Primal,
}

/// An experiment with every default filled in: nothing in it can still be wrong by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    pub name: String,
    pub reproduces: Option<String>,
    pub protocol: Protocol,
    pub seed: u64,
    pub data: DataSpec,
    pub model: ModelSpec,
    pub train: TrainSpec,
    pub probe: Vec<ProbeSpec>,
    /// Figures drawn from the trained nets; `explore` reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explore: Vec<Unread>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memorisation: Option<MemorisationSpec>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quality: Vec<super::QualitySpec>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervised: Option<super::SupervisedSpec>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<super::NearestSpec>,
}

/// The training images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSpec {
    /// A data set card's name, or `folder:PATH` for images of one's own.
    pub train: String,
    pub split: String,
    /// Side of the square training images in pixels.
    pub size: usize,
    /// 1 for grey, 3 for colour; `None`: as the training images are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<usize>,
}

/// The nets: a preset to train, weights that the authors released, or another's from PyTorch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ModelSpec {
    Preset {
        preset: Preset,
        /// Channels of D's first layer.
        width: usize,
        latent: Latent,
        #[serde(flatten)]
        rules: Rules,
    },
    Released {
        /// Folder of the authors' NPY files.
        released: PathBuf,
    },
    Torch {
        /// D in the layout of PyTorch's DCGAN example; a file of both nets is named twice.
        torch: PathBuf,
        /// Its G.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generator: Option<PathBuf>,
    },
}

/// The adversarial training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainSpec {
    pub epochs: usize,
    pub batch_size: usize,
    pub schedule: Schedule,
    pub adam: AdamSpec,
    /// L2 penalty added to every gradient.
    pub l2: f64,
    #[serde(default, skip_serializing_if = "Precision::is_default")]
    pub precision: Precision,
    /// Mini-batches between two lines of metrics.
    pub log_every: u64,
    /// Epochs between two sample sheets.
    pub sheet_every: usize,
    /// Epochs whose sheets stand for a figure of the paper, such as `figure 2`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sheets: BTreeMap<usize, String>,
    /// Epochs after which both nets are kept, in rising order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<usize>,
    /// Mini-batches between two looks at the filters; 0 for none.
    #[serde(
        default = "monitor::every",
        skip_serializing_if = "monitor::is_default"
    )]
    pub monitor_every: u64,
    /// What ends training before its last epoch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop_on: Vec<StopOn>,
}

impl TrainSpec {
    /// [`TrainSpec::monitor_every`] where a spec does not say.
    pub const MONITOR_EVERY: u64 = monitor::EVERY;
}

/// Adam's constants (section 4).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AdamSpec {
    pub lr: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
}

/// A linear classifier on D's features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeSpec {
    /// A data set card's name, with splits `train` and `test`.
    pub data: String,
    pub labels: Labels,
    /// Independent draws of labelled images; 1 where all labels are used.
    pub draws: usize,
    /// Values of C to choose from on validation; `None` for the protocol's own grid.
    pub c: Option<Vec<f64>>,
    pub solver: Solver,
    /// Controls run beside the trained net.
    pub controls: Vec<Features>,
    /// The k-means layer, where it is among the controls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kmeans: Option<super::KMeansSpec>,
    /// Training rows held out once, the same for every draw; `None`: each draw is validated on rows outside of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<usize>,
    /// Draws on which C is chosen; `None`: a few of the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection_draws: Option<usize>,
    /// Numbers of neighbours for k-nearest-neighbour rows on the same draws; `None`: no such rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub knn: Option<Vec<usize>>,
}
