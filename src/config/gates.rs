//! The `[gates]` tables: what a file says of each gate, laid over the defaults
//! by name, so that a dataset changes only the gates it names.

use super::document::{Fields, Node, Reading};
use super::units;
use crate::gate::{Bound, Gates, Ratio, Share};

/// What one table says. The outer `None`: nothing; the inner one: off.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GateChanges {
    match_rate: Option<Option<Share>>,
    duplicated: Option<Option<u64>>,
    missing: Option<Option<Bound>>,
    extra: Option<Option<Bound>>,
    differing: Option<Option<Bound>>,
    unkeyed: Option<Option<u64>>,
    same_schema: Option<bool>,
    row_count_change: Option<Option<Share>>,
    min_coverage: Option<Option<Share>>,
    min_rows: Option<Option<u64>>,
    new_time_ratio: Option<Option<Ratio>>,
    max_lag: Option<Option<u64>>,
    columns: Vec<(String, Option<Share>)>,
}

pub const GATES: [&str; 13] = [
    "match_rate",
    "duplicated",
    "missing",
    "extra",
    "differing",
    "unkeyed",
    "schema",
    "row_count_change",
    "min_coverage",
    "min_rows",
    "new_time_ratio",
    "max_lag",
    "columns",
];

impl GateChanges {
    /// Lays these over `gates`, by name.
    pub fn apply(&self, gates: &mut Gates) {
        set(&mut gates.match_rate, self.match_rate);
        set(&mut gates.duplicated, self.duplicated);
        set(&mut gates.missing, self.missing);
        set(&mut gates.extra, self.extra);
        set(&mut gates.differing, self.differing);
        set(&mut gates.unkeyed, self.unkeyed);
        set(&mut gates.same_schema, self.same_schema);
        set(&mut gates.row_count_change, self.row_count_change);
        set(&mut gates.min_coverage, self.min_coverage);
        set(&mut gates.min_rows, self.min_rows);
        set(&mut gates.new_time_ratio, self.new_time_ratio);
        set(&mut gates.max_lag, self.max_lag);
        for (name, share) in &self.columns {
            gates.columns.retain(|(column, _)| column != name);
            if let Some(share) = share {
                gates.columns.push((name.clone(), *share));
            }
        }
    }
}

fn set<T>(gate: &mut T, change: Option<T>) {
    if let Some(value) = change {
        *gate = value;
    }
}

/// Reads a `[gates]` table.
pub fn read<'a>(node: &Node<'a>, reading: &mut Reading<'a>) -> GateChanges {
    let Some(fields) = reading.fields(node, &GATES) else {
        return GateChanges::default();
    };
    GateChanges {
        match_rate: gate(&fields, "match_rate", reading, Share::parse),
        duplicated: gate(&fields, "duplicated", reading, count),
        missing: gate(&fields, "missing", reading, Bound::parse),
        extra: gate(&fields, "extra", reading, Bound::parse),
        differing: gate(&fields, "differing", reading, Bound::parse),
        unkeyed: gate(&fields, "unkeyed", reading, count),
        same_schema: schema(&fields, reading),
        row_count_change: gate(&fields, "row_count_change", reading, Share::parse),
        min_coverage: gate(&fields, "min_coverage", reading, Share::parse),
        min_rows: gate(&fields, "min_rows", reading, count),
        new_time_ratio: gate(&fields, "new_time_ratio", reading, Ratio::parse),
        max_lag: gate(&fields, "max_lag", reading, millis),
        columns: columns(&fields, reading),
    }
}

fn gate<T>(
    fields: &Fields<'_>,
    name: &str,
    reading: &mut Reading<'_>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<Option<T>> {
    value(fields.get(name)?, reading, parse)
}

/// A requirement, or `"off"` or `false`.
fn value<T>(
    node: &Node<'_>,
    reading: &mut Reading<'_>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<Option<T>> {
    if node.is_false() {
        return Some(None);
    }
    let text = reading.number(node)?;
    if text == "off" {
        return Some(None);
    }
    match parse(&text) {
        Ok(value) => Some(Some(value)),
        Err(what) => {
            reading.problem(node, what);
            None
        }
    }
}

fn count(text: &str) -> Result<u64, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("`{text}` is not a whole number (or \"off\")"))
}

/// A duration, in ms.
fn millis(text: &str) -> Result<u64, String> {
    let duration = units::duration(text)?;
    u64::try_from(duration.as_millis()).map_err(|_| format!("`{text}` is too long"))
}

fn schema(fields: &Fields<'_>, reading: &mut Reading<'_>) -> Option<bool> {
    let node = fields.get("schema")?;
    if node.is_false() {
        return Some(false);
    }
    match reading.string(node)?.as_str() {
        "same" => Some(true),
        "allow" | "off" => Some(false),
        _ => {
            reading.problem(node, "`\"same\"` or `\"allow\"` is due here");
            None
        }
    }
}

fn columns<'a>(fields: &Fields<'a>, reading: &mut Reading<'a>) -> Vec<(String, Option<Share>)> {
    let node = fields.get("columns");
    let table = node.and_then(|node| reading.table(node));
    let mut found = Vec::new();
    for (name, node) in table.iter().flat_map(Fields::iter) {
        if let Some(share) = value(node, reading, Share::parse) {
            found.push((name.clone(), share));
        }
    }
    found
}
