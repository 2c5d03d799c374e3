//! Stable texts of what was decided: a dataset's definition, which keys its
//! fingerprints, and the hash by which two reports can be told to have asked
//! the same question. A change here changes every print and hash.

use std::fmt::Write;

use super::{ColumnRules, DatasetSpec, Recheck, RollbackSpec, SideSpec, TypedTime, Window};
use crate::compare::Scope;
use crate::gate::Gates;
use crate::normalise::Step;
use crate::source::location::{RestOptions, Spec};
use crate::value::{FORMAT, Type, Zone};

/// One compared column as it enters a definition.
pub struct Column<'a> {
    pub name: &'a str,
    pub is_key: bool,
    pub ty: &'a Type,
    pub steps: &'a [Step],
    pub zone: Option<&'a Zone>,
}

/// What defines a canonical row: the format's version, then a line per column,
/// in order, key columns first. Not sources, tolerances or gates.
pub fn definition(columns: &[Column<'_>]) -> String {
    let mut text = format!("{FORMAT}\n");
    for column in columns {
        let kind = if column.is_key { "key" } else { "column" };
        let _ = write!(text, "{kind} {:?} {}", column.name, column.ty);
        steps_and_zone(column.steps, column.zone, &mut text);
        text.push('\n');
    }
    text
}

fn steps_and_zone(steps: &[Step], zone: Option<&Zone>, text: &mut String) {
    for step in steps {
        let _ = write!(text, " | {step}");
    }
    if let Some(zone) = zone {
        let _ = write!(text, " | timezone {zone:?}");
    }
}

/// BLAKE3, in hex, of all that decides the result: which columns and rows, by
/// which rules, judged by which gates. Not where the data is, nor a secret.
pub fn config_hash(datasets: &[DatasetSpec]) -> String {
    let mut text = format!("{FORMAT}\n");
    for dataset in datasets {
        dataset_text(dataset, &mut text);
    }
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// Names runs that ask the same of the same places, which need not be asked
/// twice at once.
pub fn profile(datasets: &[DatasetSpec]) -> String {
    let mut text = config_hash(datasets);
    for side in datasets.iter().flat_map(|dataset| &dataset.sides) {
        let Spec {
            location, table, ..
        } = &side.source;
        let _ = write!(text, "\n{location} {table:?}");
    }
    let mut hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    hash.truncate(12);
    hash
}

fn dataset_text(dataset: &DatasetSpec, text: &mut String) {
    let DatasetSpec {
        name,
        sides,
        key,
        ignore,
        only,
        rules,
        gates,
        scope,
        allow_same_source,
        recheck,
        settle,
        rollback,
        window,
    } = dataset;
    let _ = writeln!(
        text,
        "dataset {name:?} key {key:?} ignore {ignore:?} only {only:?} same {allow_same_source}"
    );
    if *scope != Scope::All {
        let _ = writeln!(text, "scope {}", scope.name());
    }
    for side in sides {
        side_text(side, text);
    }
    for (column, rules) in rules {
        rules_text(column, rules, text);
    }
    gates_text(gates, text);
    if *recheck != Recheck::default() {
        let _ = writeln!(text, "{recheck:?}");
    }
    if let Some(settle) = settle {
        let _ = writeln!(text, "{settle:?}");
    }
    rollback_text(rollback, text);
    if let Some(window) = window {
        window_text(window, text);
    }
}

/// In the words that were typed: yesterday's run asked the same.
fn window_text(window: &Window, text: &mut String) {
    let words = |time: &Option<TypedTime>| time.as_ref().map(|time| time.text.clone());
    let (since, until) = (words(&window.since), words(&window.until));
    let _ = writeln!(
        text,
        "window {:?} since {since:?} until {until:?}",
        window.column
    );
}

/// Which rows and cells there are: the query's text rather than its file's name.
fn side_text(side: &SideSpec, text: &mut String) {
    let SideSpec { source, rename, .. } = side;
    let sql = source.query.as_ref().map(|query| &query.sql);
    let _ = writeln!(
        text,
        "side query {sql:?} where {:?} rename {rename:?} text {:?}",
        source.filter, source.text
    );
    let RestOptions { role, select, .. } = &source.rest;
    if role.is_some() || select.is_some() {
        let _ = writeln!(text, "rest role {role:?} select {select:?}");
    }
}

fn rules_text(column: &str, rules: &ColumnRules, text: &mut String) {
    let _ = write!(text, "rules {column:?} ");
    if let Some(ty) = &rules.ty {
        let _ = write!(text, "{ty}");
    }
    steps_and_zone(&rules.steps, rules.zone.as_ref(), text);
    if let Some(tolerance) = &rules.tolerance {
        let _ = write!(text, " | {tolerance:?}");
    }
    text.push('\n');
}

/// Only which of two rows counts as newer: questions to the old side decide nothing.
fn rollback_text(rollback: &RollbackSpec, text: &mut String) {
    if let Some(updated_at) = &rollback.updated_at {
        let _ = writeln!(text, "newer by {updated_at:?}");
    }
}

fn gates_text(gates: &Gates, text: &mut String) {
    let _ = writeln!(text, "{gates:?}");
}
