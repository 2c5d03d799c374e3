//! How hard servers may be leaned on, as the top of a file says it.

use std::time::Duration;

use super::dataset::checked;
use super::document::{Fields, Node, Reading};
use super::units;
use crate::source::Rate;

/// What a file says. `None`: nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitTable {
    /// The inner `None`: off.
    pub rate: Option<Option<Rate>>,
    pub connections: Option<usize>,
    pub page: Option<usize>,
    pub retries: Option<u32>,
    pub request_timeout: Option<Duration>,
    pub breaker_threshold: Option<u32>,
    pub breaker_timeout: Option<Duration>,
}

pub const FIELDS: [&str; 7] = [
    "rate_limit",
    "connections",
    "page_size",
    "retries",
    "request_timeout",
    "breaker_threshold",
    "breaker_timeout",
];

/// Reads them where they stand among the fields at the top.
pub fn read(root: &Fields<'_>, reading: &mut Reading<'_>) -> LimitTable {
    LimitTable {
        rate: root.get("rate_limit").and_then(|node| rate(node, reading)),
        connections: one(root, "connections", reading, units::positive),
        page: one(root, "page_size", reading, units::positive),
        retries: one(root, "retries", reading, units::whole),
        request_timeout: one(root, "request_timeout", reading, units::finite),
        breaker_threshold: one(root, "breaker_threshold", reading, units::whole),
        breaker_timeout: one(root, "breaker_timeout", reading, units::duration),
    }
}

fn one<T>(
    root: &Fields<'_>,
    name: &str,
    reading: &mut Reading<'_>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    checked(root.get(name)?, reading, parse)
}

fn rate(node: &Node<'_>, reading: &mut Reading<'_>) -> Option<Option<Rate>> {
    match node.is_false() {
        true => Some(None),
        false => checked(node, reading, units::rate),
    }
}
