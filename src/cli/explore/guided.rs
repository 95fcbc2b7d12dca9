use anyhow::Result;
use clap::Args;
use dcgan::data::Store;
use dcgan::spec::FigureSpec;

use super::{LabelArgs, NetArgs, Verdict};

/// Figure 5: guided backpropagation from D's last features to the image, trained filters beside random ones
///
/// Shows the images to which each feature responds most. A gradient passes a rectifier only where the unit's input and the
/// gradient are both positive (Springenberg et al. 2015), nothing passes the leak of a leaky ReLU; each picture is scaled
/// by its own largest magnitude. Statistics that a net lacks are inferred from the images searched.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore guided results/cifar/4bd4ff4310c1
  dcgan explore guided results/cifar/4bd4ff4310c1 --data cifar10 --split test --images 5000
  dcgan explore guided FOLDER --samples --features 8")]
pub struct Guided {
    #[command(flatten)]
    net: NetArgs,
    /// Search this data set [default: what the trial was trained on; released weights: --samples]
    #[arg(long, value_name = "NAME")]
    data: Option<String>,
    /// The split that is searched [default: the trial's with its own data set, else `train`]
    #[arg(long, value_name = "NAME", conflicts_with = "samples")]
    split: Option<String>,
    /// Search the generator's samples
    #[arg(long, conflicts_with = "data")]
    samples: bool,
    /// How many images are searched
    #[arg(long, value_name = "N", default_value_t = 2000)]
    images: usize,
    /// Features looked at, from the first
    #[arg(long, value_name = "N", default_value_t = 6)]
    features: usize,
    /// Images shown for each feature
    #[arg(long, value_name = "N", default_value_t = 8)]
    strongest: usize,
}

impl Guided {
    pub fn run(self, store: &Store) -> Result<Verdict> {
        let net = self.net.open()?;
        // The authors' nets were trained on images that are not at hand.
        let samples = self.samples || (self.data.is_none() && !net.statistics);
        let figure = FigureSpec::Guided {
            samples,
            images: self.images,
            features: self.features,
            strongest: self.strongest,
        };
        let labels = LabelArgs {
            data: self.data,
            split: self.split,
        };
        self.net.figure(&net, None, figure, labels, store)
    }
}
