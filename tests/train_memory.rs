//! Training takes no more memory the longer it runs. Alone in its process, whose peak it measures.

mod needs;

use candle_core::Device;
use dcgan::data::Images;
use dcgan::nn::Architecture;
use dcgan::spec::{ModelSpec, load, resolve};
use dcgan::track::Streams;
use dcgan::train::Trainer;

use needs::Need;

/// The most that was ever resident, in KiB; `None` where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn memory_is_flat_over_a_thousand_steps() {
    let name = "memory_is_flat_over_a_thousand_steps";
    let looked = peak().ok_or_else(|| "this system has no /proc/self/status".to_string());
    if needs::found(name, Need::Proc, looked).is_none() {
        return;
    }
    let text = "name: memory\ndata: {train: cifar10}\nmodel: {preset: svhn32, width: 32, latent: {size: 16}}\n\
                train: {epochs: 1, batch_size: 4}\n";
    let spec = resolve(&load::parse(text, "memory").unwrap()).unwrap();
    let ModelSpec::Preset {
        preset,
        width,
        latent,
        ..
    } = spec.model
    else {
        panic!("the spec above has a preset");
    };
    let pixels = (0..64 * 3 * 32 * 32)
        .map(|i| (i * 31 % 251) as u8)
        .collect();
    let images = Images::new(3, 32, 32, pixels).unwrap();
    let mut trainer = Trainer::new(
        "memory",
        &Architecture::new(preset, width, latent, 3),
        &spec.train,
        Streams::new(0),
        images.n,
        &Device::Cpu,
    )
    .unwrap();
    let mut run = |steps: usize| {
        for _ in 0..steps {
            trainer.step(&images).unwrap();
        }
        peak().unwrap()
    };
    let early = run(50);
    let late = run(1000);
    // A hundredth of what it holds: a step that kept as little as 300 bytes would show.
    assert!(
        late <= early + 256,
        "{early} KiB after 50 steps, {late} KiB after 1,050"
    );
}
