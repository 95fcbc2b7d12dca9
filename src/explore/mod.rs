//! What the nets know, to look at: the paper's figures 4, 5, 7, 8 and 9, and numbered samples to choose from.
//!
//! A [`Net`] is a trial's or the authors' released one. [`Samples`] numbers its z, so that a list of numbers names
//! samples in every command. [`interpolate`], [`arithmetic`], [`turn`] and [`browse`] each make a [`Drawing`]: every z,
//! in panels, as plain data. Drawing it ([`Drawing::draw`]) is one piece of code for all, so the JSON beside each
//! picture is enough to draw the picture again, to the byte. [`guided`] looks at D instead, and can be run again from
//! its own record. [`redraw`] does either.
//!
//! Everything here runs on the CPU and by stored batch-norm statistics: a sample is the same picture alone, in any sheet,
//! and on every number of threads. (The released code samples by the batch's statistics, where each image depends
//! on its neighbours.)

mod animation;
pub mod arithmetic;
pub mod browse;
pub mod digits;
mod drawing;
mod error;
pub mod guided;
pub mod interpolate;
mod net;
mod picture;
mod redraw;
mod samples;
mod searched;
pub mod turn;
pub mod vector;

pub use drawing::{Animation, Content, Drawing, Panel, Term, Tile, Written};
pub use error::ExploreError;
pub use net::{Generated, Identity, Net};
pub use redraw::redraw;
pub use samples::{SAMPLES, Samples};
