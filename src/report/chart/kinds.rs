//! Which values of `metrics.jsonl` are drawn together: adding a chart of training is a constant here and a line in [`super::all`].

/// A chart of training: its panels are values of `metrics.jsonl`.
pub struct Kind {
    pub id: &'static str,
    pub title: &'static str,
    pub caption: &'static str,
    /// Name of the value, heading of its panel.
    pub panels: &'static [(&'static str, &'static str)],
    /// Fractions, drawn as percents from 0 to 100.
    pub percent: bool,
}

pub const LOSS: Kind = Kind {
    id: "losses",
    title: "Losses",
    caption: "Binary cross-entropy of the discriminator and of the generator.",
    panels: &[
        ("loss.d", "Discriminator loss (nats)"),
        ("loss.g", "Generator loss (nats)"),
    ],
    percent: false,
};

pub const ACCURACY: Kind = Kind {
    id: "discriminator-accuracy",
    title: "Discriminator's accuracy",
    caption: "Share of real images that D calls real and of generated ones that it calls generated; near 100% in both, G has stopped fooling it.",
    panels: &[
        ("accuracy.real", "Real images called real"),
        ("accuracy.fake", "Generated images called generated"),
    ],
    percent: true,
};

pub const GRADIENTS: Kind = Kind {
    id: "gradient-norms",
    title: "Gradient norms",
    caption: "Euclidean norm of each net's gradient over all its parameters.",
    panels: &[
        ("grad.d", "Discriminator's gradient norm"),
        ("grad.g", "Generator's gradient norm"),
    ],
    percent: false,
};

pub const THROUGHPUT: Kind = Kind {
    id: "throughput",
    title: "Throughput",
    caption: "Training images per second of wall time.",
    panels: &[("images_per_second", "Images per second")],
    percent: false,
};
