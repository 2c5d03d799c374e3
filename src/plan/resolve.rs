//! From a dataset as asked for and both schemas to how each column is compared.
//! Mistakes are gathered and told together: first names, then types, then rules.

use super::definition::{self, definition};
use super::names::{self, Columns};
use super::rules::{self, Applied, Given};
use super::types::{self, Declaration};
use super::{ColumnRules, DatasetPlan, DatasetSpec, PlanColumn, age, key, window};
use crate::error::{Code, Failure, Result, Side};
use crate::gate::Gates;
use crate::normalise::Pipeline;
use crate::source::{Form, Schema, Want};
use crate::value::{Target, Type};

/// The key's report names, or `None` where neither the dataset nor a source
/// says: then the caller knows best which columns would do.
pub fn resolve_key(spec: &DatasetSpec, schemas: [&Schema; 2]) -> Result<Option<Vec<String>>> {
    let find = || key::resolve(spec, &columns(spec, schemas)?);
    find().map_err(|failure| failure.of(&spec.name))
}

/// Maps both schemas to one plan. Reads no row; every failure is of exit 2,
/// save that two sources without a column have nothing to compare.
pub fn resolve(spec: &DatasetSpec, schemas: [&Schema; 2]) -> Result<DatasetPlan> {
    plan(spec, schemas).map_err(|failure| failure.of(&spec.name))
}

fn plan(spec: &DatasetSpec, schemas: [&Schema; 2]) -> Result<DatasetPlan> {
    let sides = columns(spec, schemas)?;
    let key = key::resolve(spec, &sides)?.ok_or_else(key::none)?;
    check_names(spec, &key, &sides)?;
    let others = others(spec, &key, &sides);
    let types = types(spec, key.iter().chain(&others), &sides)?;
    let names = key.iter().chain(&others).zip(types);
    let applied = applied(spec, names, key.len())?;
    let columns: Vec<PlanColumn> = applied
        .iter()
        .map(|column| plan_column(spec, column, &sides))
        .collect();
    Ok(DatasetPlan {
        name: spec.name.clone(),
        key: key.len(),
        definition: definition_of(&applied),
        only: Side::BOTH.map(|side| one_sided(spec, &sides, side)),
        ignored: spec.ignore.clone(),
        columns_left_out: shared(spec, &key, &sides)
            .filter(|name| !is_asked(spec, name))
            .map(str::to_owned)
            .collect(),
        warnings: warnings(&columns, key.len(), schemas, &spec.gates),
        age: age::resolve(spec, &columns, &sides)?,
        window: window::resolve(spec, &columns, &sides)?,
        columns,
        gates: spec.gates.clone(),
        scope: spec.scope,
        allow_same_source: spec.allow_same_source,
    })
}

fn columns<'a>(spec: &DatasetSpec, schemas: [&'a Schema; 2]) -> Result<[Columns<'a>; 2]> {
    let mut problems = Vec::new();
    let columns = Side::BOTH.map(|side| {
        let rename = &spec.sides[side.index()].rename;
        Columns::new(side, schemas[side.index()], rename, &mut problems)
    });
    refuse(
        Code::Config,
        problems,
        "Mend `rename`, or the query's column names",
    )?;
    Ok(columns)
}

/// One failure for all problems, if there are any.
fn refuse(code: Code, mut problems: Vec<String>, next: &str) -> Result<()> {
    problems.dedup();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(code, problems.join("\n"), next)),
    }
}

pub(super) fn check_names(
    spec: &DatasetSpec,
    key: &[String],
    sides: &[Columns<'_>; 2],
) -> Result<()> {
    let mut problems = Vec::new();
    for name in key {
        names::missing("key", name, sides, &mut problems);
        if spec.ignore.contains(name) {
            problems.push(format!("`{name}` is the key and cannot be ignored"));
        }
    }
    names::twice("key", key, &mut problems);
    for name in &spec.ignore {
        names::unknown("ignore", name, sides, &mut problems);
    }
    if spec.only.as_ref().is_some_and(Vec::is_empty) {
        problems.push("`columns` is empty: no column would be compared".to_owned());
    }
    for name in spec.only.iter().flatten() {
        names::missing("columns", name, sides, &mut problems);
        if spec.ignore.contains(name) {
            problems.push(format!("`{name}` is both to be compared and to be ignored"));
        }
    }
    if let Some(settle) = &spec.settle {
        names::unknown("updated_at", &settle.column, sides, &mut problems);
    }
    if let Some(window) = &spec.window {
        names::missing("window", &window.column, sides, &mut problems);
    }
    for name in spec.rules.keys().filter(|name| *name != "*") {
        names::unknown("a rule", name, sides, &mut problems);
    }
    for (name, _) in &spec.gates.columns {
        names::unknown("gates.columns", name, sides, &mut problems);
        let left_out = spec.only.as_ref().is_some_and(|only| !only.contains(name));
        if spec.ignore.contains(name) || (left_out && !key.contains(name)) {
            problems.push(format!(
                "gates.columns names `{name}`, which is not compared"
            ));
        }
    }
    let next = "Use report names: a source's own column names, after `rename`";
    refuse(Code::Config, problems, next)
}

/// The compared columns that are not of the key, in the old side's order.
pub(super) fn others(spec: &DatasetSpec, key: &[String], sides: &[Columns<'_>; 2]) -> Vec<String> {
    let asked = shared(spec, key, sides).filter(|name| is_asked(spec, name));
    asked.map(str::to_owned).collect()
}

/// Whether a column is compared as far as columns were named.
fn is_asked(spec: &DatasetSpec, name: &str) -> bool {
    let only = spec.only.as_ref();
    only.is_none_or(|only| only.iter().any(|other| other == name))
}

/// What both sides have, is not of the key and not to be ignored.
fn shared<'a>(
    spec: &'a DatasetSpec,
    key: &'a [String],
    sides: &'a [Columns<'_>; 2],
) -> impl Iterator<Item = &'a str> {
    let [old, new] = sides;
    let listed: Vec<&str> = match old.is_open() {
        true => new.names().collect(),
        false => old.names().collect(),
    };
    listed.into_iter().filter(move |name| {
        let named = |list: &[String]| list.iter().any(|other| other == name);
        new.has(name) && old.has(name) && !named(key) && !named(&spec.ignore)
    })
}

/// Columns that only this side has.
fn one_sided(spec: &DatasetSpec, sides: &[Columns<'_>; 2], side: Side) -> Vec<String> {
    let (mine, theirs) = (&sides[side.index()], &sides[side.other().index()]);
    let drifted = mine
        .names()
        .filter(|name| !theirs.has(name) && !spec.ignore.iter().any(|other| other == name));
    drifted.map(str::to_owned).collect()
}

/// A column's own rules, else those of `*`.
pub(super) fn given<'a>(spec: &'a DatasetSpec, name: &str) -> Option<Given<'a>> {
    let given = |rules: &'a ColumnRules, own| Given { rules, own };
    let own = spec.rules.get(name).map(|rules| given(rules, true));
    own.or_else(|| spec.rules.get("*").map(|rules| given(rules, false)))
}

fn declarations<'a>(name: &str, sides: &[Columns<'a>; 2]) -> [Declaration<'a>; 2] {
    Side::BOTH.map(|side| {
        let columns = &sides[side.index()];
        Declaration {
            column: columns.get(name),
            undeclared: columns.undeclared,
        }
    })
}

/// As which type a column is compared, or one sentence on why the sides cannot agree.
pub(super) fn decide(
    spec: &DatasetSpec,
    name: &str,
    sides: &[Columns<'_>; 2],
) -> Result<Type, String> {
    types::decide(name, configured(spec, name), declarations(name, sides))
}

fn configured<'a>(spec: &'a DatasetSpec, name: &str) -> Option<&'a Type> {
    given(spec, name).and_then(|given| given.rules.ty.as_ref())
}

pub(super) fn types<'a>(
    spec: &DatasetSpec,
    names: impl Iterator<Item = &'a String>,
    sides: &[Columns<'_>; 2],
) -> Result<Vec<Type>> {
    let (mut types, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        match decide(spec, name, sides) {
            Ok(ty) => types.push(ty),
            Err(problem) => problems.push(problem),
        }
    }
    let next = format!(
        "Say as what each is to be compared: `type = \"…\"` under [datasets.{}.columns.NAME], with `timezone` where one side has no zone; or --ignore it",
        spec.name
    );
    refuse(Code::TypesDisagree, problems, &next)?;
    Ok(types)
}

/// A compared column with its type and the rules that apply to it.
struct Settled {
    name: String,
    is_key: bool,
    ty: Type,
    applied: Applied,
}

fn applied<'a>(
    spec: &DatasetSpec,
    columns: impl Iterator<Item = (&'a String, Type)>,
    key: usize,
) -> Result<Vec<Settled>> {
    let (mut settled, mut problems) = (Vec::new(), Vec::new());
    for (index, (name, ty)) in columns.enumerate() {
        let is_key = index < key;
        let applied = match given(spec, name) {
            Some(given) => {
                let rules = without_zone_of_change(spec, name, &ty, given.rules);
                let rules = rules.as_ref().unwrap_or(given.rules);
                rules::fit(name, Given { rules, ..given }, &ty, is_key, &mut problems)
            }
            None => Applied::default(),
        };
        settled.push(Settled {
            name: name.clone(),
            is_key,
            ty,
            applied,
        });
    }
    let next = "Give the column a `type` that its rules are for, or take the rule away";
    refuse(Code::Config, problems, next)?;
    Ok(settled)
}

/// The zone of a column that tells when a row changed is due also where the column
/// is compared without it.
fn without_zone_of_change(
    spec: &DatasetSpec,
    name: &str,
    ty: &Type,
    rules: &ColumnRules,
) -> Option<ColumnRules> {
    let age = spec.settle.as_ref().map(|settle| &settle.column);
    let window = spec.window.as_ref().map(|window| &window.column);
    let tells_when = [age, window]
        .into_iter()
        .flatten()
        .any(|named| named == name);
    (tells_when && *ty != Type::TimestampTz).then(|| ColumnRules {
        zone: None,
        ..rules.clone()
    })
}

fn definition_of(columns: &[Settled]) -> String {
    let columns: Vec<_> = columns
        .iter()
        .map(|column| definition::Column {
            name: &column.name,
            is_key: column.is_key,
            ty: &column.ty,
            steps: &column.applied.steps,
            zone: column.applied.zone.as_ref(),
        })
        .collect();
    definition(&columns)
}

fn plan_column(spec: &DatasetSpec, column: &Settled, sides: &[Columns<'_>; 2]) -> PlanColumn {
    let Settled {
        name, ty, applied, ..
    } = column;
    let declared = declarations(name, sides).map(Declaration::ty);
    let typed = declared.iter().any(Option::is_some) || configured(spec, name).is_some();
    let as_text = [0, 1].map(|side| match sides[side].form {
        Form::Wire => declared[side].is_some_and(|wire| !wire.wire_leads_to(ty)),
        Form::Json => typed && types::json_loses(declared[side], ty),
    });
    let wires = [0, 1].map(|side| sides[side].wire(declared[side], as_text[side]));
    let steps = rules::effective(&applied.steps, wires);
    let target = Target {
        ty: ty.clone(),
        zone: applied.zone.clone(),
    };
    PlanColumn {
        name: name.clone(),
        ty: ty.clone(),
        wants: [0, 1].map(|side| Want {
            name: own_name(spec, name, &sides[side], side),
            as_text: as_text[side],
            key: column.is_key,
        }),
        pipelines: wires.map(|wire| Pipeline::new(wire.cloned(), target.clone(), steps.clone())),
        tolerance: applied.tolerance.clone(),
    }
}

/// The source's own name of a report name, also where it has no such column
/// because it has no record.
fn own_name(spec: &DatasetSpec, name: &str, columns: &Columns<'_>, side: usize) -> String {
    if let Some(column) = columns.get(name) {
        return column.name.clone();
    }
    let renames = spec.sides[side].rename.iter();
    let mut own = renames
        .filter(|(_, report)| *report == name)
        .map(|(own, _)| own);
    own.next_back().map_or(name, String::as_str).to_owned()
}

fn warnings(
    columns: &[PlanColumn],
    key: usize,
    schemas: [&Schema; 2],
    gates: &Gates,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if !gates.ask_for_matches() {
        warnings.push(
            "no gate asks whether rows match: match_rate is off, and so are missing, extra, differing and columns"
                .to_owned(),
        );
    }
    let more = schemas.iter().any(|schema| schema.columns.len() > key);
    if columns.len() == key && more {
        warnings.push("only the key is compared: no other column is left to compare".to_owned());
    }
    for column in columns {
        if let Some(name) = types::by_text(&column.ty) {
            warnings.push(format!(
                "`{}` is of type {name}, which is compared by the server's text for it",
                column.name
            ));
        }
    }
    for side in Side::BOTH {
        let theirs = schemas[side.index()].warnings.iter();
        warnings.extend(theirs.map(|warning| format!("{side} side: {warning}")));
    }
    warnings
}
