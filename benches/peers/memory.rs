//! Peak memory of a training step, each side in a process of its own.
//!
//! The baseline is the resident memory before nets and images exist: the program, or Python with PyTorch loaded. The peak
//! is the most that is resident while five steps run (`VmHWM`, set back before them). What is compared is the peak above
//! the baseline, which favours the side with the larger libraries; both are printed.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::args::Args;
use crate::child::Peer;

/// Names and titles.
pub const ENTRIES: [(&str, &str); 1] = [("memory/dcgan64/64/f32", "memory of the dcgan64 step")];

/// Resident bytes of a process.
#[derive(Debug, Clone, Copy)]
pub struct Resident {
    pub baseline: u64,
    pub peak: u64,
}

impl Resident {
    /// Bytes above the baseline.
    pub fn above(self) -> u64 {
        self.peak.saturating_sub(self.baseline)
    }
}

/// Both sides' memory.
pub struct Bytes {
    pub ours: Resident,
    /// The way that takes least.
    pub theirs: Option<(String, Resident)>,
}

const STEPS: usize = 5;

/// Measure the row called `name`.
///
/// # Errors
/// A process that fails, or a system without /proc.
pub fn row(name: &str, args: &Args, with_peer: bool) -> Result<Bytes> {
    let step = name.replacen("memory", "step", 1);
    eprintln!("{name} ...");
    let output = Command::new(std::env::current_exe()?)
        .args(["--memory-of", &step, "--threads"])
        .arg(args.threads.to_string())
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let ours = String::from_utf8(output.stdout)?;
    let mut bytes = Bytes {
        ours: parse(&ours, &ours)?,
        theirs: None,
    };
    if with_peer {
        let work = args.catalogue(false).make(&step)?;
        let file = work.file.context("a step has images")?;
        let file = file.to_str().context("a path that is no text")?;
        let variants = Peer::start(args.threads)?.ask(&format!("variants {step}"))?;
        for variant in variants.split(' ') {
            let mut peer = Peer::start(args.threads)?;
            let before = peer.ask("memory")?;
            peer.ask(&format!("make {step} {variant} {file}"))?;
            peer.ask("forget peak")?;
            peer.run(STEPS)?;
            let resident = parse(&before, &peer.ask("memory")?)?;
            let least = bytes.theirs.as_ref();
            if least.is_none_or(|(_, r)| resident.above() < r.above()) {
                bytes.theirs = Some((variant.to_string(), resident));
            }
        }
    }
    Ok(bytes)
}

/// Our side, in its own process: prints the resident bytes before, and the peak.
///
/// # Errors
/// Work that cannot be made, or a system without /proc.
pub fn serve(step: &str, args: &Args) -> Result<()> {
    let (before, _) = resident()?;
    let mut work = args.catalogue(false).make(step)?;
    std::fs::write("/proc/self/clear_refs", "5").context("the peak cannot be set back")?;
    for _ in 0..STEPS {
        (work.run)();
    }
    println!("{before} {}", resident()?.1);
    Ok(())
}

/// Resident bytes of this process now, and at their peak.
fn resident() -> Result<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").context("there is no /proc")?;
    let field = |name: &str| -> Result<u64> {
        let line = status.lines().find_map(|l| l.strip_prefix(name));
        let kib = line.and_then(|l| l.split_whitespace().next());
        let kib: u64 = kib.context("/proc/self/status lacks a line")?.parse()?;
        Ok(kib * 1024)
    };
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}

/// The first number of `before` and the second of `after`.
fn parse(before: &str, after: &str) -> Result<Resident> {
    let number = |text: &str, at: usize| -> Result<u64> {
        let word = text.split_whitespace().nth(at);
        Ok(word.context("expected two numbers")?.parse()?)
    };
    Ok(Resident {
        baseline: number(before, 0)?,
        peak: number(after, 1)?,
    })
}
