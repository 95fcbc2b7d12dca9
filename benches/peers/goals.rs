//! What the project asks of itself.

/// The least and the aim, in words; both empty for a row that is only for information.
#[derive(Debug, Clone, Copy, Default)]
pub struct Goal {
    pub least: &'static str,
    pub aim: &'static str,
}

/// The goal of the row called `name`: ratios to the other side, or times.
pub fn of(name: &str) -> Goal {
    let goal = |least, aim| Goal { least, aim };
    match name {
        "step/dcgan32/64/f32" | "step/dcgan64/64/f32" | "features/imagenet32/128/250" => {
            goal("1.0", "1.5")
        }
        "step/svhn32/32/f32" => goal("1.2", "2.0"),
        "step/dcgan32/64/bf16" | "step/dcgan64/64/bf16" => goal("1.0", "1.3"),
        "adam/5/1000000/default" => goal("2", "memory bandwidth"),
        "svm/4000/12288/1e-4" => goal("10", "50"),
        "svm/50000/12288/1e-4" => goal("60 s", "20 s"),
        "nearest/50000" | "nearest/500000" => goal("2", "4"),
        "memory/dcgan64/64/f32" => goal("1.0 or less", "0.5"),
        _ => Goal::default(),
    }
}
