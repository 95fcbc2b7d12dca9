//! `model: {torch: PATH}`: a frozen net in the layout of PyTorch's DCGAN example.

use super::raw;
use super::resolve::Check;
use super::{ModelSpec, SpecError};

/// Side of the images of PyTorch's example, where `data.size` does not say otherwise.
pub(super) const SIZE: usize = 64;

/// The model of a `torch` key; `None` where there is none.
pub(super) fn resolve(check: &Check, raw: &raw::Model) -> Result<Option<ModelSpec>, SpecError> {
    check.that(
        "model.generator",
        raw.generator.is_none() || raw.torch.is_some(),
        || "goes with `torch`, the discriminator's checkpoint; add it or remove this one".into(),
    )?;
    let Some(torch) = &raw.torch else {
        return Ok(None);
    };
    let own = raw.preset.is_some()
        || raw.released.is_some()
        || raw.width.is_some()
        || raw.latent.is_some()
        || raw.norm.is_some()
        || raw.resampling.is_some()
        || raw.activation.is_some()
        || raw.hidden.is_some()
        || raw.conditional.is_some();
    check.that("model", !own, || {
        "a `torch` checkpoint brings its own shape; remove the keys other than `torch` and `generator`".into()
    })?;
    Ok(Some(ModelSpec::Torch {
        torch: torch.clone(),
        generator: raw.generator.clone(),
    }))
}

#[cfg(test)]
mod tests {
    use crate::spec::{Experiment, ModelSpec, ProfileChoice, Spec, SpecError, load};

    fn trial(model: &str) -> Result<Spec, SpecError> {
        let text = format!("name: x\ndata: {{train: cifar10}}\nmodel: {model}\n");
        let tree = load::parse(&text, "x.yaml")?;
        let experiment = Experiment::from_tree(tree, ProfileChoice::IfPresent("none"), &[])?;
        Ok(experiment.trials()?.remove(0).spec)
    }

    #[test]
    fn a_checkpoint_is_frozen_and_stands_alone() {
        let spec = trial("{torch: netD.pth, generator: netG.pth}").unwrap();
        assert_eq!((spec.data.size, spec.train.epochs), (64, 0));
        assert!(
            matches!(&spec.model, ModelSpec::Torch { torch, generator: Some(g) }
            if torch.ends_with("netD.pth") && g.ends_with("netG.pth"))
        );
        let back: Spec = serde_yaml::from_str(&serde_yaml::to_string(&spec).unwrap()).unwrap();
        assert_eq!(back, spec);
        let wrong = |model: &str| trial(model).unwrap_err().to_string();
        let e = wrong("{torch: netD.pth, width: 64}");
        assert!(e.contains("brings its own shape"), "{e}");
        let e = wrong("{preset: svhn32, generator: netG.pth}");
        assert!(e.contains("`model.generator`: goes with `torch`"), "{e}");
    }
}
