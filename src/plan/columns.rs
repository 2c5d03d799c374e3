//! Both schemas side by side, as far as they can be told: also where no plan
//! can be made of them, because that is when they are looked at.

use super::names::Columns;
use super::resolve;
use super::types;
use super::{DatasetSpec, key, rules};
use crate::error::{Failure, Side};
use crate::source::{Schema, Undeclared};
use crate::value::Type;

/// One report name and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnView {
    pub name: String,
    /// Old, new; `None`: that side has no such column.
    pub sides: [Option<SideColumn>; 2],
    pub is_key: bool,
    pub compared: Compared,
    /// The rules that apply: steps, tolerance, timezone.
    pub rules: Vec<String>,
}

/// One side's column.
#[derive(Clone, Debug, PartialEq)]
pub struct SideColumn {
    /// Its own name, before `rename`.
    pub own: String,
    /// The type's name as the engine prints it; `None` where none is declared.
    pub declared: Option<String>,
    pub undeclared: Undeclared,
}

/// How a column is compared, or why it is not.
#[derive(Clone, Debug, PartialEq)]
pub enum Compared {
    As(Type),
    /// By the server's text for a value of this type.
    ByText(Type, String),
    /// The sides declare types that cannot agree.
    CannotAgree,
    Ignored,
    /// `columns` names others only.
    NotAsked,
    /// Schema drift.
    OneSide,
}

/// Both schemas and what stands in the way of a verification.
#[derive(Clone, Debug)]
pub struct SchemaView {
    /// Key first, then the old side's order, then what only the new side has.
    pub columns: Vec<ColumnView>,
    pub key: Option<Vec<String>>,
    pub warnings: Vec<String>,
    pub problems: Vec<Failure>,
}

/// Lays both schemas side by side. Reads no row.
pub fn columns(spec: &DatasetSpec, schemas: [&Schema; 2]) -> SchemaView {
    let mut renames = Vec::new();
    let sides = Side::BOTH.map(|side| {
        let rename = &spec.sides[side.index()].rename;
        Columns::new(side, schemas[side.index()], rename, &mut renames)
    });
    let found = key::resolve(spec, &sides);
    let key = found.clone().ok().flatten();
    let names = order(key.as_deref().unwrap_or(&[]), &sides);
    let view = |name| column(spec, name, key.as_deref(), &sides);
    let columns: Vec<ColumnView> = names.iter().map(view).collect();
    SchemaView {
        problems: problems(spec, schemas, found, &sides),
        warnings: warnings(schemas),
        columns,
        key,
    }
}

fn warnings(schemas: [&Schema; 2]) -> Vec<String> {
    let of = |side: Side| {
        let warnings = schemas[side.index()].warnings.iter();
        warnings.map(move |warning| format!("{side} side: {warning}"))
    };
    Side::BOTH.into_iter().flat_map(of).collect()
}

fn order(key: &[String], sides: &[Columns<'_>; 2]) -> Vec<String> {
    let there = |name: &&str| sides.iter().any(|side| side.get(name).is_some());
    let key = key.iter().map(String::as_str).filter(there);
    let mut names: Vec<String> = Vec::new();
    for name in key.chain(sides.iter().flat_map(Columns::names)) {
        if !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn column(
    spec: &DatasetSpec,
    name: &String,
    key: Option<&[String]>,
    sides: &[Columns<'_>; 2],
) -> ColumnView {
    let is_key = key.is_some_and(|key| key.contains(name));
    let compared = compared(spec, name, is_key, sides);
    let rules = match &compared {
        Compared::As(ty) | Compared::ByText(ty, _) => rules_of(spec, name, ty, is_key),
        _ => Vec::new(),
    };
    let side = |side: &Columns<'_>| {
        let column = side.get(name)?;
        Some(SideColumn {
            own: column.name.clone(),
            declared: column.declared.as_ref().map(|found| found.name.clone()),
            undeclared: side.undeclared,
        })
    };
    ColumnView {
        name: name.clone(),
        sides: sides.each_ref().map(side),
        is_key,
        compared,
        rules,
    }
}

fn compared(spec: &DatasetSpec, name: &String, is_key: bool, sides: &[Columns<'_>; 2]) -> Compared {
    let not_asked = spec.only.as_ref().is_some_and(|only| !only.contains(name));
    if spec.ignore.contains(name) {
        return Compared::Ignored;
    }
    if !sides.iter().all(|side| side.has(name)) {
        return Compared::OneSide;
    }
    if not_asked && !is_key {
        return Compared::NotAsked;
    }
    match resolve::decide(spec, name, sides) {
        Err(_) => Compared::CannotAgree,
        Ok(ty) => match types::by_text(&ty).map(str::to_owned) {
            Some(server) => Compared::ByText(ty, server),
            None => Compared::As(ty),
        },
    }
}

/// The rules that apply; those that do not fit are among the problems.
fn rules_of(spec: &DatasetSpec, name: &str, ty: &Type, is_key: bool) -> Vec<String> {
    let Some(given) = resolve::given(spec, name) else {
        return Vec::new();
    };
    let applied = rules::fit(name, given, ty, is_key, &mut Vec::new());
    let mut told: Vec<String> = applied.steps.iter().map(ToString::to_string).collect();
    told.extend(applied.tolerance.map(|_| "tolerance".to_owned()));
    told.extend(applied.zone.map(|_| "timezone".to_owned()));
    told
}

/// Everything that a verification would refuse: without a key as well as with one.
fn problems(
    spec: &DatasetSpec,
    schemas: [&Schema; 2],
    key: Result<Option<Vec<String>>, Failure>,
    sides: &[Columns<'_>; 2],
) -> Vec<Failure> {
    let mut problems: Vec<Failure> = resolve::resolve(spec, schemas).err().into_iter().collect();
    let no_key = !matches!(key, Ok(Some(_)));
    if no_key {
        // The plan stopped there: say what else it would have come to.
        problems.extend(resolve::check_names(spec, &[], sides).err());
    }
    let key = key.ok().flatten().unwrap_or_default();
    let others = resolve::others(spec, &key, sides);
    let names = key.iter().chain(&others);
    problems.extend(resolve::types(spec, names, sides).err());
    let mut told: Vec<Failure> = Vec::new();
    for problem in problems.into_iter().map(|problem| problem.of(&spec.name)) {
        if !told.iter().any(|other| other.why == problem.why) {
            told.push(problem);
        }
    }
    told
}
