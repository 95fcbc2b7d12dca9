//! The command line of dcgan.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
