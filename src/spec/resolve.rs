//! From what was typed to a [`Spec`] with every default filled in and every value in range.

use super::tree::{Node, Place};
use super::{
    AdamSpec, DataSpec, Features, Labels, Latent, LatentDistribution, ModelSpec, Preset, ProbeSpec,
    Protocol, Schedule, Spec, SpecError, TrainSpec, load,
};
use super::{memorisation, monitor, raw, rules, unread};

/// Resolve one trial's tree (profile, overrides and sweep values already in it).
///
/// # Errors
/// [`SpecError`] with the place of the key that is unknown, missing or out of range.
pub fn resolve(tree: &Node) -> Result<Spec, SpecError> {
    let raw: raw::Experiment = load::typed(tree)?;
    let check = Check { tree };
    check.that(
        "name",
        !raw.name.is_empty()
            && raw
                .name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && !raw.name.starts_with('.'),
        || {
            format!(
                "`{}` cannot name a folder; use letters, digits, `-` and `_`",
                raw.name
            )
        },
    )?;
    check.name("data.train", &raw.data.train)?;
    for (i, probe) in raw.probe.iter().flatten().enumerate() {
        check.name(&format!("probe.{i}.data"), &probe.data)?;
    }
    let protocol = raw.protocol.unwrap_or_default();
    let model = model(&check, &raw.model, protocol)?;
    let net_size = match &model {
        ModelSpec::Preset { preset, .. } => Some(preset.size()),
        ModelSpec::Released { .. } | ModelSpec::Torch { .. } => None,
    };
    let usual = match &model {
        ModelSpec::Torch { .. } => super::torch::SIZE,
        _ => 32,
    };
    let size = raw.data.size.or(net_size).unwrap_or(usual);
    check.that("data.size", net_size.is_none_or(|n| n == size), || {
        format!(
            "is {size}, but the model's images are {} px; leave it out or change `model.preset`",
            net_size.unwrap_or_default()
        )
    })?;
    let channels = raw.data.channels;
    check.that(
        "data.channels",
        matches!(channels, None | Some(1 | 3)),
        || {
            format!(
                "is {}; expected 1 (grey) or 3 (colour)",
                channels.unwrap_or_default()
            )
        },
    )?;
    let mut train = train(
        &check,
        raw.train.clone().unwrap_or_default(),
        &model,
        protocol,
    )?;
    let probes = raw.probe.as_deref().unwrap_or_default();
    if let ModelSpec::Preset { preset, rules, .. } = &model {
        rules::check_probes(&check, *preset, rules, probes.len())?;
        let supervised = raw.supervised.is_some();
        rules::check_supervised(&check, *preset, rules, supervised)?;
    }
    let probe = probes
        .iter()
        .enumerate()
        .map(|(i, p)| probe(&check, i, p))
        .collect::<Result<_, _>>()?;
    let split = raw.data.split.unwrap_or_else(|| "train".into());
    let memorisation = match &raw.memorisation {
        Some(raw) => Some(memorisation::resolve(
            &check, raw, &model, &split, &mut train,
        )?),
        None => None,
    };
    let quality = super::quality::resolve(
        &check,
        &split,
        &model,
        raw.quality.as_deref().unwrap_or_default(),
    )?;
    let supervised = raw.supervised.as_ref();
    let supervised = supervised.map(|raw| super::supervised::resolve(&check, raw));
    let nearest = super::nearest::resolve(&check, raw.nearest, &raw.data.train, &model)?;
    Ok(Spec {
        name: raw.name,
        reproduces: raw.reproduces,
        protocol,
        seed: raw.seed.unwrap_or(0),
        data: DataSpec {
            train: raw.data.train,
            split,
            size,
            channels,
        },
        model,
        train,
        probe,
        explore: unread::list(tree, "explore"),
        memorisation,
        quality,
        supervised: supervised.transpose()?,
        nearest,
    })
}

fn model(check: &Check, raw: &raw::Model, protocol: Protocol) -> Result<ModelSpec, SpecError> {
    if let Some(torch) = super::torch::resolve(check, raw)? {
        return Ok(torch);
    }
    match (raw.preset, &raw.released) {
        (Some(preset), None) => {
            let width = raw.width.unwrap_or(preset.width());
            check.that("model.width", (1..=4096).contains(&width), || {
                format!("is {width}; expected 1 to 4096 channels")
            })?;
            let latent = raw.latent.clone().unwrap_or_default();
            let size = latent.size.unwrap_or(preset.latent());
            check.that("model.latent.size", (1..=65536).contains(&size), || {
                format!("is {size}; expected 1 to 65536 components")
            })?;
            Ok(ModelSpec::Preset {
                preset,
                width,
                latent: Latent {
                    size,
                    distribution: latent.distribution.unwrap_or(match (protocol, preset) {
                        (Protocol::Released, Preset::Svhn32) => LatentDistribution::Normal,
                        _ => LatentDistribution::Uniform,
                    }),
                },
                rules: rules::resolve(check, raw, preset, width)?,
            })
        }
        (None, Some(path)) => {
            check.that(
                "model",
                raw.width.is_none() && raw.latent.is_none(),
                || "`released` weights bring their own `width` and `latent`; remove these keys".into(),
            )?;
            check.that(
                "model",
                raw.norm.is_none()
                    && raw.resampling.is_none()
                    && raw.activation.is_none()
                    && raw.hidden.is_none()
                    && raw.conditional.is_none(),
                || "`released` weights are of the paper's rules; remove `norm`, `resampling`, `activation`, `hidden` and `conditional`".into(),
            )?;
            Ok(ModelSpec::Released {
                released: path.clone(),
            })
        }
        _ => check.fail(
            "model",
            "expected either `preset` (dcgan64, dcgan32, imagenet32, svhn32, mnist28, fc28), `released` (a folder) or `torch` (a file)"
                .into(),
        ),
    }
}

fn train(
    check: &Check,
    raw: raw::Train,
    model: &ModelSpec,
    protocol: Protocol,
) -> Result<TrainSpec, SpecError> {
    let released_svhn = protocol == Protocol::Released
        && matches!(
            model,
            ModelSpec::Preset {
                preset: Preset::Svhn32,
                ..
            }
        );
    let adam = raw.adam.unwrap_or_default();
    let adam = AdamSpec {
        lr: adam.lr.unwrap_or(if released_svhn { 5e-4 } else { 2e-4 }),
        beta1: adam.beta1.unwrap_or(0.5),
        beta2: adam.beta2.unwrap_or(0.999),
        eps: adam.eps.unwrap_or(1e-8),
    };
    check.that(
        "train.adam.lr",
        adam.lr > 0.0 && adam.lr.is_finite(),
        || format!("is {}; expected a number above 0", adam.lr),
    )?;
    for (key, beta) in [
        ("train.adam.beta1", adam.beta1),
        ("train.adam.beta2", adam.beta2),
    ] {
        check.that(key, (0.0..1.0).contains(&beta), || {
            format!("is {beta}; expected a number from 0 to below 1")
        })?;
    }
    check.that("train.adam.eps", adam.eps > 0.0, || {
        format!("is {}; expected a number above 0", adam.eps)
    })?;
    let released = !matches!(model, ModelSpec::Preset { .. });
    let spec = TrainSpec {
        epochs: raw.epochs.unwrap_or(if released { 0 } else { 25 }),
        batch_size: raw
            .batch_size
            .unwrap_or(if released_svhn { 64 } else { 128 }),
        schedule: raw.schedule.unwrap_or(match protocol {
            Protocol::Paper => Schedule::Both,
            Protocol::Released => Schedule::Alternate,
        }),
        adam,
        l2: raw.l2.unwrap_or(match protocol {
            Protocol::Paper => 0.0,
            Protocol::Released => 1e-5,
        }),
        precision: raw.precision.unwrap_or_default(),
        log_every: raw.log_every.unwrap_or(20),
        sheet_every: raw.sheet_every.unwrap_or(1),
        sheets: raw.sheets.unwrap_or_default(),
        keep: raw.keep.unwrap_or_default(),
        monitor_every: raw.monitor_every.unwrap_or(monitor::EVERY),
        stop_on: raw.stop_on.unwrap_or_default().0,
    };
    check.that("train.epochs", !released || spec.epochs == 0, || {
        "`released` and `torch` weights are not trained further; remove it".into()
    })?;
    check.that(
        "train.batch_size",
        (2..=65536).contains(&spec.batch_size),
        || {
            format!(
                "is {}; expected 2 to 65536 (batch norm needs at least 2 images)",
                spec.batch_size
            )
        },
    )?;
    check.that("train.l2", spec.l2 >= 0.0 && spec.l2.is_finite(), || {
        format!("is {}; expected 0 or more", spec.l2)
    })?;
    check.that("train.log_every", spec.log_every > 0, || {
        "is 0; expected 1 or more mini-batches".into()
    })?;
    check.that("train.sheet_every", spec.sheet_every > 0, || {
        "is 0; expected 1 or more epochs".into()
    })?;
    for (epoch, figure) in &spec.sheets {
        check.that(
            &format!("train.sheets.{epoch}"),
            !figure.trim().is_empty(),
            || "is empty; expected what the sheet stands for, such as `figure 2`".into(),
        )?;
    }
    memorisation::in_training(check, "train.keep", &spec.keep, spec.epochs)?;
    check.that(
        "train.stop_on",
        spec.stop_on.is_empty() || spec.monitor_every > 0,
        || "needs the filter monitor, which `train.monitor_every: 0` turns off".into(),
    )?;
    Ok(spec)
}

fn probe(check: &Check, i: usize, raw: &raw::Probe) -> Result<ProbeSpec, SpecError> {
    let draws = match raw.labels {
        Labels::All => 1,
        Labels::PerClass(_) => raw.draws.unwrap_or(10),
    };
    check.that(&format!("probe.{i}.draws"), draws > 0, || {
        "is 0; expected 1 or more".into()
    })?;
    check.that(
        &format!("probe.{i}.draws"),
        raw.labels != Labels::All || raw.draws.is_none_or(|d| d == 1),
        || "has no meaning with `labels: all`; remove it".into(),
    )?;
    if let Some(c) = &raw.c {
        check.that(
            &format!("probe.{i}.c"),
            !c.is_empty() && c.iter().all(|c| *c > 0.0 && c.is_finite()),
            || "expected one or more numbers above 0".into(),
        )?;
    }
    let controls = raw
        .controls
        .clone()
        .unwrap_or_else(|| vec![Features::Untrained, Features::Pixels]);
    check.that(
        &format!("probe.{i}.controls"),
        !controls.contains(&Features::Trained),
        || "`trained` is always probed; expected `untrained`, `pixels` and `kmeans` only".into(),
    )?;
    super::held_out::check(check, i, raw)?;
    Ok(ProbeSpec {
        data: raw.data.clone(),
        labels: raw.labels,
        draws,
        c: raw.c.clone(),
        solver: raw.solver.unwrap_or_default(),
        kmeans: super::kmeans::resolve(check, i, raw.kmeans, &controls)?,
        controls,
        validation: raw.validation,
        selection_draws: raw.selection_draws,
        knn: raw.knn.clone(),
    })
}

/// Points errors of the second look at the place that the tree remembers.
pub(super) struct Check<'a> {
    pub tree: &'a Node,
}

impl Check<'_> {
    pub(super) fn that(
        &self,
        key: &str,
        holds: bool,
        message: impl FnOnce() -> String,
    ) -> Result<(), SpecError> {
        if holds {
            Ok(())
        } else {
            self.fail(key, message())
        }
    }

    /// A word processor's quotation marks would be part of the name.
    fn name(&self, key: &str, name: &str) -> Result<(), SpecError> {
        let first = name.chars().next().filter(|c| "“”„‘’‚«»‹›".contains(*c));
        self.that(key, first.is_none(), || {
            format!(
                "begins with `{}`, which is no quotation mark in YAML; write \" or '",
                first.unwrap_or_default()
            )
        })
    }

    pub fn fail<T>(&self, key: &str, message: String) -> Result<T, SpecError> {
        Err(SpecError::Value {
            place: self.place(key),
            key: key.to_string(),
            message,
        })
    }

    /// The place of `key`, or of its nearest parent that was written.
    fn place(&self, key: &str) -> Place {
        let mut node = self.tree;
        for part in key.split('.') {
            let child = match node.yaml() {
                super::tree::Value::Seq(items) => {
                    part.parse::<usize>().ok().and_then(|i| items.get(i))
                }
                _ => node.get(part),
            };
            match child {
                Some(child) => node = child,
                None => break,
            }
        }
        node.place.clone()
    }
}
