//! What the nets know, to look at: the paper's figures 4 to 9, and numbered samples to choose from.
//!
//! A [`Figure`] is declared once, in a file of its own: its options, which a spec's `explore:` section and `dcgan explore` share,
//! and its drawing. [`FIGURES`] lists them all. [`requests`] reads a section and checks it; a [`Request`] draws the figure of a
//! [`Net`], which is a trial's or the authors' released one. [`Samples`] numbers a net's z, so that a list of numbers names
//! samples in every figure; the [`Chooser`] finds the samples that are asked for by what they show (a linear probe's class, the
//! side that a face looks to).
//!
//! Most figures are a [`Drawing`]: every z, in panels, as plain data. The picture is drawn from it alone, so the JSON beside each
//! picture is enough to draw the picture again, to the byte. [`guided`] looks at D and [`digits`] draws real images too: they
//! have records of their own, from whose options they are drawn again. [`redraw`] does either.
//!
//! Everything here runs on the CPU and by stored batch-norm statistics: a sample is the same picture alone, in any sheet,
//! and on every number of threads. (The released code samples by the batch's statistics, where each image depends
//! on its neighbours.)

mod activation_search;
mod animation;
pub mod arithmetic;
pub mod boxes;
pub mod browse;
mod choice;
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
mod net;
mod number;
mod picture;
mod pose;
mod redraw;
mod regression;
mod request;
#[cfg(test)]
mod request_tests;
mod samples;
mod statistics;
mod table;
pub mod turn;
pub mod vector;

pub use activation_search::{Response, Source};
pub use choice::{Choice, Score, Scored, Side};
pub use chooser::{Chooser, Chosen};
pub use concept::Probe;
pub use drawing::{Animation, Content, Drawing, Panel, Term, Tile, Without, Written};
pub use error::ExploreError;
pub use figure::{Common, Destination, Figure, Plan, Scene, Wrong};
pub use generate::Generated;
pub use net::{Identity, Net};
pub use number::Within;
pub use redraw::redraw;
pub use request::{Request, requests};
pub use samples::{SAMPLES, Samples};
pub use table::{FIGURES, Kind};
