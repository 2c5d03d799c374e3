//! Report names: each side's columns after `rename`, and the check of every
//! name that a plan uses against them.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::config::nearest::suggestion;
use crate::error::Side;
use crate::source::{Column, Form, Schema, Undeclared};
use crate::value::Type;

/// One side's columns by report name, in the source's order.
pub struct Columns<'a> {
    by_report: IndexMap<String, &'a Column>,
    pub undeclared: Undeclared,
    pub form: Form,
    /// What the sources know as their key, in report names.
    pub key: Option<Vec<String>>,
}

impl<'a> Columns<'a> {
    /// Renames a schema's columns; what cannot be is added to `problems`.
    pub fn new(
        side: Side,
        schema: &'a Schema,
        rename: &IndexMap<String, String>,
        problems: &mut Vec<String>,
    ) -> Columns<'a> {
        unknown_renames(side, schema, rename, problems);
        let report = |name: &str| rename.get(name).map_or(name, String::as_str).to_owned();
        let mut by_report: IndexMap<String, &Column> = IndexMap::new();
        for column in &schema.columns {
            let name = report(&column.name);
            if let Some(other) = by_report.get(&name) {
                problems.push(format!(
                    "on the {side} side `{}` and `{}` would both be called `{name}`",
                    other.name, column.name
                ));
            }
            by_report.insert(name, column);
        }
        let key = schema.key.as_ref();
        Columns {
            by_report,
            undeclared: schema.undeclared,
            form: schema.form,
            key: key.map(|key| key.iter().map(|name| report(name)).collect()),
        }
    }

    pub fn get(&self, name: &str) -> Option<&'a Column> {
        self.by_report.get(name).copied()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_report.keys().map(String::as_str)
    }

    /// In which type's binary form a column that declares this one is sent, if in
    /// any; perhaps as text.
    pub fn wire<'t>(&self, declared: Option<&'t Type>, as_text: bool) -> Option<&'t Type> {
        match (as_text, self.form) {
            (true, _) => Some(&Type::Text),
            (false, Form::Wire) => declared,
            (false, Form::Json) => None,
        }
    }

    /// Whether it may have any column: a source of JSON records that has none,
    /// so that every cell asked of it is absent.
    pub fn is_open(&self) -> bool {
        self.by_report.is_empty() && self.undeclared == Undeclared::Json
    }

    /// Whether it has this column, or may have it.
    pub fn has(&self, name: &str) -> bool {
        self.is_open() || self.by_report.contains_key(name)
    }
}

fn unknown_renames(
    side: Side,
    schema: &Schema,
    rename: &IndexMap<String, String>,
    problems: &mut Vec<String>,
) {
    // A source without a row may have no columns to speak of (JSON).
    if schema.columns.is_empty() {
        return;
    }
    let known = || schema.columns.iter().map(|column| column.name.as_str());
    let unknown = rename
        .keys()
        .filter(|name| !known().any(|other| other == name.as_str()));
    for name in unknown {
        problems.push(format!(
            "rename: the {side} side has no column `{name}`{}",
            suggestion(name, known())
        ));
    }
}

/// Names used twice in a list.
pub fn twice(what: &str, names: &[String], problems: &mut Vec<String>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for name in names {
        let times = seen.entry(name).or_default();
        *times += 1;
        if *times == 2 {
            problems.push(format!("{what} names `{name}` twice"));
        }
    }
}

/// A name that neither side has.
pub fn unknown(what: &str, name: &str, sides: &[Columns<'_>; 2], problems: &mut Vec<String>) {
    if sides.iter().any(|side| side.has(name)) {
        return;
    }
    let known = sides.iter().flat_map(Columns::names);
    problems.push(format!(
        "{what} names `{name}`, which neither side has{}",
        suggestion(name, known)
    ));
}

/// A name that both sides must have.
pub fn missing(what: &str, name: &str, sides: &[Columns<'_>; 2], problems: &mut Vec<String>) {
    if sides.iter().all(|side| !side.has(name)) {
        return unknown(what, name, sides, problems);
    }
    for side in Side::BOTH {
        let columns = &sides[side.index()];
        if !columns.has(name) {
            problems.push(format!(
                "{what} names `{name}`, which the {side} side does not have{}",
                suggestion(name, columns.names())
            ));
        }
    }
}
