//! The `explore:` section: figures drawn from a trial's trained nets. `dcgan explore` takes the same options.

mod figures;
mod lists;
mod raw;
mod resolve;
#[cfg(test)]
mod tests;

pub use figures::{
    By, Choice, ExploreSpec, FigureSpec, Interpolation, SAMPLES, Score, Scored, Side, TermSpec,
};
pub(super) use raw::Explore;
pub(super) use resolve::resolve;
