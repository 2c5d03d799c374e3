//! One run: opens the sources, drives their streams through the workers, joins,
//! fetches what differs, and hands a comparison to the report.

pub mod canon;
pub mod progress;
pub mod store;
