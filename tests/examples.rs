//! The worked examples under `examples/`, as their users run them: the scripts
//! for real, against private servers, and the files around them by their fields.

mod common;
mod support;

#[path = "examples/ci.rs"]
mod ci;
#[path = "examples/daily.rs"]
mod daily;
#[path = "examples/rollback.rs"]
mod rollback;
#[path = "examples/stage.rs"]
mod stage;
#[path = "examples/units.rs"]
mod units;
