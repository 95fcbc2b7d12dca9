//! The command line of dcgan.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod cli;

/// candle allocates every result; the system's allocator returns large ones to the kernel and pays a page fault for each
/// 4 KiB of the next.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
