//! (skeleton)

pub mod logging;
pub mod progress;
