//! What a row of ours is, in words: which features of which net, and at which scale.

use super::words;
use crate::track::format::{Features, RunRecord};

/// Whether the weights are the authors' and not trained here.
pub fn released(run: &RunRecord) -> bool {
    run.scale.net.starts_with("released")
}

/// Whether the weights came in a PyTorch checkpoint.
fn from_pytorch(run: &RunRecord) -> bool {
    run.scale.net.starts_with("PyTorch")
}

/// The model of a row of ours, as tables name it.
pub fn model(features: Features, run: &RunRecord) -> String {
    match features {
        Features::Trained if released(run) => "DCGAN + L2-SVM, released weights (ours)",
        Features::Trained if from_pytorch(run) => "PyTorch checkpoint + L2-SVM (ours)",
        Features::Trained => "DCGAN + L2-SVM (ours)",
        Features::Untrained => "same D, untrained (ours)",
        Features::Pixels => "raw pixels + L2-SVM (ours)",
        Features::KMeans => "1 layer k-means (ours)",
    }
    .to_string()
}

/// At which scale a row of ours was measured, as tables note it.
pub fn scale(features: Features, run: &RunRecord) -> String {
    let s = &run.scale;
    let profile = match &run.profile {
        Some(profile) => format!("{profile} profile: "),
        None => String::new(),
    };
    let net = format!("{}, width {}, {} px", s.net, s.width, s.size);
    match features {
        Features::Trained if released(run) || from_pytorch(run) => {
            format!("{profile}{net}; weights from {}", s.trained_on)
        }
        Features::Trained => format!(
            "{profile}{net}; {} on {} ({} images)",
            words::count(s.epochs, "epoch"),
            s.trained_on,
            words::thousands(s.images as u64)
        ),
        Features::Untrained => format!("{profile}{net}; before its first step"),
        Features::Pixels => format!("{profile}no net, {} px", s.size),
        Features::KMeans => format!("{profile}no net, 6x6 patches, {} px", s.size),
    }
}
