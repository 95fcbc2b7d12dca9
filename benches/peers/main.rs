//! `cargo bench --bench peers`: the project's speed beside PyTorch's and scikit-learn's, in one table.
//!
//! Both sides run on one machine in one go, turn and turn about (A B A B), with the same number of threads; the other side is
//! a Python process that sleeps while ours runs. A row gives the medians, their ratio (throughput, ours over theirs) and the
//! lowest and highest ratio of neighbouring runs. Where PyTorch can do a thing in several ways (memory order, kind of
//! Adam, folded batch norm), each is tried first and the fastest is the one compared with.
//!
//! The Python is `$DCGAN_PYTHON`, else `python3`; without PyTorch our own times are printed alone.

mod args;
mod child;
mod goals;
mod machine;
mod measure;
mod memory;
mod table;
#[path = "../work/mod.rs"]
mod work;

use anyhow::Result;
use clap::Parser;

use args::Args;
use child::Peer;
use table::Table;
use work::ENTRIES;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let args = Args::parse();
    rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads)
        .build_global()?;
    if let Some(name) = &args.memory_of {
        return memory::serve(name, &args);
    }
    let mut peer = match Peer::start(args.threads) {
        Ok(peer) => Some(peer),
        Err(why) => {
            eprintln!("{why:#}\n{}", child::HELP);
            None
        }
    };
    let mut table = Table::new(args.markdown);
    table.head(&machine::describe(args.threads), peer.as_ref());
    for (name, title) in ENTRIES.into_iter().filter(|(n, t)| args.wants(n, t)) {
        match measure::row(name, &args, &mut peer) {
            Ok(times) => table.row(title, goals::of(name), &times),
            Err(why) => table.skipped(title, goals::of(name), &why),
        }
    }
    for (name, title) in memory::ENTRIES
        .into_iter()
        .filter(|(n, t)| args.wants(n, t))
    {
        match memory::row(name, &args, peer.is_some()) {
            Ok(bytes) => table.memory(title, goals::of(name), &bytes),
            Err(why) => table.skipped(title, goals::of(name), &why),
        }
    }
    table.notes();
    Ok(())
}
