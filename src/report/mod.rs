//! Reports: one model, and one short renderer for each format.

pub mod model;
