//! (skeleton)

pub mod args;
mod help;
pub mod logging;
pub mod progress;
