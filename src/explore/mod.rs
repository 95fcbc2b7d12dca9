//! What the nets know, to look at: the paper's figures 4 to 9, and numbered samples to choose from.
//!
//! A [`Net`] is a trial's or the authors' released one. [`Samples`] numbers its z, so that a list of numbers names
//! samples in every command. [`interpolate`], [`arithmetic`], [`turn`], [`mod@drop`] and [`browse`] each make a [`Drawing`]: every z,
//! in panels, as plain data. Drawing it ([`Drawing::draw`]) is one piece of code for all, so the JSON beside each
//! picture is enough to draw the picture again, to the byte. [`guided`] looks at D instead, and can be run again from
//! its own record. [`redraw`] does either.
//!
//! [`figure()`] makes any of them from a spec's options, which are those of the command line; its [`Chooser`] finds the samples
//! that a spec asks for by what they show (a linear probe's class, the side that a face looks to).
//!
//! Everything here runs on the CPU and by stored batch-norm statistics: a sample is the same picture alone, in any sheet,
//! and on every number of threads. (The released code samples by the batch's statistics, where each image depends
//! on its neighbours.)

mod animation;
pub mod arithmetic;
pub mod boxes;
pub mod browse;
mod chooser;
mod concept;
pub mod digits;
mod drawing;
pub mod drop;
mod error;
mod figure;
mod generate;
pub mod guided;
pub mod interpolate;
mod looking;
mod net;
mod picture;
mod redraw;
mod regression;
mod samples;
mod searched;
pub mod turn;
pub mod vector;

pub use chooser::{Chooser, Chosen};
pub use concept::Probe;
pub use drawing::{Animation, Content, Drawing, Panel, Term, Tile, Without, Written};
pub use error::ExploreError;
pub use figure::figure;
pub use generate::Generated;
pub use net::{Identity, Net};
pub use redraw::redraw;
pub use samples::{SAMPLES, Samples};
