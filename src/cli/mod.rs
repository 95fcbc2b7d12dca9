//! Commands, a file each; progress bars; the only place that prints or exits.
//!
//! Exit codes: 0 fine, 1 a check, a claim or a trial failed, 2 usage or input error, 130 stopped by the user.

mod arguments;
mod check;
mod claims;
mod data;
mod describe;
mod explore;
mod export;
mod out;
mod probe;
mod progress;
mod quality;
mod report;
mod stop;
mod sweep;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use dcgan::data::Store;
use dcgan::spec::{Experiment, ProfileChoice};
use dcgan::track::progress::Stopped;

use out::err;

/// Reproduce, question and extend the DCGAN paper, number by number.
#[derive(Parser)]
#[command(name = "dcgan", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    /// Threads to compute with [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Where data sets are kept [default: $DCGAN_DATA, else the user's cache folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  dcgan sweep experiments/cifar.yaml                      table 1, start to finish
  dcgan sweep experiments/cifar.yaml --set seed=3         one seed instead of the sweep's
  dcgan describe experiments/cifar.yaml --profile cpu     layer tables, no training
  dcgan report results/cifar                              the report again
  dcgan check results/cifar                               compare with the committed baseline
  dcgan claims                                            the paper's statements against all results
  dcgan data fetch cifar10                                only the data
  dcgan explore browse results/cifar/TRIAL                numbered samples; figures 4, 5, 7 and 8 begin here
  dcgan probe --features F.npy --labels L.npy             the same protocol on features of any network
  dcgan export results/cifar/TRIAL --to FOLDER            both nets for PyTorch";

#[derive(Subcommand)]
enum Command {
    Sweep(sweep::Sweep),
    Report(report::Report),
    Check(check::Check),
    Claims(claims::Claims),
    Describe(describe::Describe),
    Data(data::Data),
    Explore(explore::Explore),
    Quality(quality::Quality),
    Probe(probe::Probe),
    Export(export::Export),
}

/// What a command came to.
enum Verdict {
    Fine,
    /// A check, a claim or a trial failed: exit code 1.
    Failed,
    /// The user stopped it.
    Stopped,
}

/// Parse, run, and turn the outcome into an exit code.
pub fn main() -> ExitCode {
    let cli: Cli = match arguments::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    // Its results are files, and whoever ran it overnight finds them there.
    let in_files = matches!(cli.command, Command::Sweep(_));
    let verdict = match (run(cli), out::failure()) {
        (Ok(verdict), Some(why)) if in_files => {
            err!(
                "warning: cannot write to standard output: {why}; the report and the records are whole"
            );
            Ok(verdict)
        }
        (Ok(_), Some(why)) => Err(anyhow::anyhow!("cannot write to standard output: {why}")),
        (verdict, _) => verdict,
    };
    match verdict {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::from(1),
        Ok(Verdict::Stopped) => ExitCode::from(130),
        Err(error) if error.chain().any(|cause| cause.is::<Stopped>()) => {
            err!("{Stopped}");
            ExitCode::from(130)
        }
        Err(error) => {
            out::note_lines(&format!("error: {}", sentence(&error)));
            ExitCode::from(2)
        }
    }
}

/// The chain of causes on one line, without a cause that its parent already tells.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn run(cli: Cli) -> Result<Verdict> {
    if let Some(threads) = cli.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(threads))
            .build_global()?;
    }
    let store = Store::locate(cli.data_dir)?;
    match cli.command {
        Command::Sweep(command) => command.run(store),
        Command::Report(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Claims(command) => command.run(),
        Command::Describe(command) => command.run(store),
        Command::Data(command) => command.run(store),
        Command::Explore(command) => command.run(store),
        Command::Quality(command) => command.run(store),
        Command::Probe(command) => command.run(),
        Command::Export(command) => command.run(),
    }
}

/// Which experiment, as what.
#[derive(Args)]
struct ExperimentArgs {
    /// The experiment's YAML file
    #[arg(value_name = "SPEC")]
    spec: PathBuf,
    /// Apply this profile of the file [default: the one named after the device, if the file has it]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Override a key; may be repeated. A swept key is pinned
    ///
    /// Where the key wants text, such as a data set or a path, VALUE is taken as it stands (quotes around the whole of it are
    /// YAML's); a number, a list or keys are YAML. Nothing after the `=` gives a key that may be left out its default again.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl ExperimentArgs {
    /// The experiment as a device of this kind runs it.
    fn load(&self, device_kind: &str) -> Result<Experiment> {
        let choice = match &self.profile {
            Some(name) => ProfileChoice::Named(name),
            None => ProfileChoice::IfPresent(device_kind),
        };
        Ok(Experiment::load(&self.spec, choice, &self.set)?)
    }
}

/// Which device computes.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum DeviceArg {
    /// CUDA where this build has it and a card answers, else the CPU
    #[default]
    Auto,
    Cpu,
    Cuda,
}

impl DeviceArg {
    fn open(self) -> Result<(candle_core::Device, String)> {
        let choice = match self {
            DeviceArg::Auto => dcgan::train::Choice::Auto,
            DeviceArg::Cpu => dcgan::train::Choice::Cpu,
            DeviceArg::Cuda => dcgan::train::Choice::Cuda,
        };
        dcgan::train::open(choice).map_err(anyhow::Error::msg)
    }
}

/// `cpu` or `cuda`, the name of the profile that a device picks.
fn kind(device: &candle_core::Device) -> &'static str {
    if device.is_cpu() { "cpu" } else { "cuda" }
}
