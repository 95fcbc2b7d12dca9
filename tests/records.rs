//! What a run leaves on disk: one writer at a time, whole files whatever happens, and damage that is named and mended.

#[path = "records/bench.rs"]
mod bench;
#[path = "records/damage.rs"]
mod damage;
#[path = "records/faults.rs"]
mod faults;
#[path = "records/writers.rs"]
mod writers;
