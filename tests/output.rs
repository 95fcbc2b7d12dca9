//! What is printed: to a reader that went away, a full disk, a terminal that names could steer; and where files cannot go.

#[path = "output/control.rs"]
mod control;
#[path = "output/place.rs"]
mod place;
#[path = "output/refused.rs"]
mod refused;
#[path = "output/streams.rs"]
mod streams;
