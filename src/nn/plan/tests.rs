//! Tests of the presets' layers against the paper's figure 1 and feature counts.

use super::{Architecture, Row};
use crate::spec::{
    ActivationRule, Latent, LatentDistribution, NormRule, Preset, Resampling, Rules,
};

fn architecture(preset: Preset) -> Architecture {
    let latent = Latent {
        size: preset.latent(),
        distribution: LatentDistribution::Uniform,
    };
    Architecture::new(preset, preset.width(), latent, 3)
}

#[test]
fn figure_1_is_the_preset_dcgan64() {
    let a = architecture(Preset::Dcgan64);
    let maps: Vec<String> = std::iter::once(a.projection)
        .chain(a.generator.iter().map(|l| l.output))
        .map(|m| m.to_string())
        .collect();
    assert_eq!(
        maps,
        ["1024x4x4", "512x8x8", "256x16x16", "128x32x32", "3x64x64"]
    );
    let d: Vec<usize> = a.discriminator.iter().map(|l| l.output.channels).collect();
    assert_eq!(d, [128, 256, 512, 1024]);
}

#[test]
fn the_imagenet_net_gives_the_paper_s_28672_features_and_512_units() {
    let a = architecture(Preset::Imagenet32);
    assert_eq!(a.feature_len(6), 28_672);
    assert_eq!(a.feature_len(4), 12_288);
    assert_eq!(a.max_units(), 512);
    assert_eq!(a.projection.len(), 8192);
    let g: Vec<(usize, usize, usize)> = a
        .generator
        .iter()
        .map(|l| (l.input.channels, l.output.channels, l.stride))
        .collect();
    let want = [
        (512, 512, 2),
        (512, 256, 1),
        (256, 256, 2),
        (256, 128, 1),
        (128, 128, 2),
        (128, 3, 1),
    ];
    assert_eq!(g, want);
}

#[test]
fn the_svhn_net_gives_7168_features() {
    let a = architecture(Preset::Svhn32);
    assert_eq!(a.feature_len(3), 7_168);
    assert_eq!(a.projection.len(), 4096);
    let rows = a.table();
    // gw, gain, bias; w, gain, bias; w, gain, bias; w.
    let g: usize = rows
        .iter()
        .filter(|r| r.net == "G")
        .map(|r| r.parameters)
        .sum();
    let arrays = 409_600 + 2 * 4096 + 256 * 128 * 25 + 256 + 128 * 64 * 25 + 128 + 64 * 3 * 25;
    assert_eq!(g, arrays);
    // conv 64 -> 128 on 16x16 to 8x8.
    let row = rows.iter().find(|r| r.name == "d.1").unwrap();
    assert_eq!(row.multiply_adds, 64 * 64 * 128 * 25);
}

fn of(preset: Preset, rules: Rules, channels: usize) -> Architecture {
    let latent = Latent {
        size: 100,
        distribution: LatentDistribution::Uniform,
    };
    Architecture::of(preset, preset.width(), latent, &rules, channels, 10)
}

fn table(a: &Architecture) -> String {
    let line = |r: Row| {
        let Row {
            name,
            kind,
            input,
            output,
            parameters,
            ..
        } = r;
        format!("{name} {kind}: {input} -> {output}, {parameters}\n")
    };
    a.table().into_iter().map(line).collect()
}

#[test]
fn the_authors_mnist_net_and_the_fully_connected_one() {
    let mnist = of(Preset::Mnist28, Rules::of(Preset::Mnist28, 64), 1);
    insta::assert_snapshot!(table(&mnist));
    let fc = of(Preset::Fc28, Rules::of(Preset::Fc28, 1200), 1);
    insta::assert_snapshot!(table(&fc));
}

#[test]
fn each_rule_can_be_given_up() {
    let with = |rules| table(&of(Preset::Svhn32, rules, 3));
    let paper = Rules::default();
    insta::assert_snapshot!(with(Rules {
        norm: NormRule::None,
        ..paper
    }));
    insta::assert_snapshot!(with(Rules {
        resampling: Resampling::Pool,
        ..paper
    }));
    insta::assert_snapshot!(with(Rules {
        activation: ActivationRule::Tanh,
        ..paper
    }));
    insta::assert_snapshot!(with(Rules {
        hidden: 256,
        ..paper
    }));
    assert_eq!(of(Preset::Svhn32, paper, 3), architecture(Preset::Svhn32));
}
