//! The declared rules of a column: text steps on text before it is parsed,
//! value steps on the parsed value, compiled once into a [`Pipeline`].
//!
//! Every step is idempotent and counts the cells it changed, so that a report
//! can say what a PASS leans on.

mod pipeline;
mod step;
mod text;
mod trace;
mod value;

#[cfg(test)]
mod tests;

pub use pipeline::{Pipeline, Scratch};
pub use step::{Step, TimeUnit};
pub use trace::Trace;
