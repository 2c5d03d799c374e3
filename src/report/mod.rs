//! Reports: one model, and one short renderer for each format.
//!
//! Renderers tell and never judge: verdicts, rates and counts come from the
//! model as they are, so every format says the same.

pub mod build;
pub mod csv;
pub mod earlier;
pub mod json;
pub mod lock;
pub mod model;
pub mod pace;
pub mod reasons;
pub mod rollback;
mod samples;
pub mod schema;
pub mod text;
mod text_of;
pub mod writer;

#[cfg(test)]
pub mod fixtures;

pub use crate::value::show::cut;
