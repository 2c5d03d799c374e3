//! shadowgate proves that a new data path returns what the old one does.
//!
//! The way is one-way: `Args → Plan → Source batches → canonical rows → prints
//! → Tally → Comparison → Verdict → Report → exit code`. ARCHITECTURE.md says
//! which module may import which; `tests/layers.rs` holds them to it.

pub mod cli;
pub mod compare;
pub mod config;
pub mod error;
pub mod fingerprint;
pub mod gate;
pub mod normalise;
pub mod plan;
pub mod report;
pub mod run;
pub mod secret;
pub mod source;
pub mod stop;
pub mod value;
