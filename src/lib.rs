//! Reproduce, question and extend the DCGAN paper (Radford, Metz, Chintala, ICLR 2016), number by number.
//!
//! The rooms import one way only, down this list: [`report`], [`sweep`], [`explore`], [`probe`], [`train`],
//! [`nn`], [`data`], [`track`], [`spec`].

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod data;
pub mod explore;
pub mod nn;
pub mod probe;
pub mod report;
pub mod spec;
pub mod sweep;
pub mod track;
pub mod train;
