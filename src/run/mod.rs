//! One run: opens the sources, drives their streams through the workers, joins,
//! reads again what differs, and hands each comparison to the report.

pub mod canon;
pub mod dataset;
pub mod merge;
pub mod pass;
pub mod progress;
pub mod store;
pub mod stream;
