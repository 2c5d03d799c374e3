//! How old a row is: the column that says when it was changed last, and how long
//! the sync may take to bring a change over. A younger row is held against
//! neither side.
//!
//! The column need not be compared, and mostly is not: it is read beside the
//! others, as an instant, by the zone that its own rules name.

use std::time::Duration;

use super::names::Columns;
use super::resolve::given;
use super::rules;
use super::{DatasetSpec, PlanColumn};
use crate::error::{Code, Failure, Result, Side};
use crate::normalise::Pipeline;
use crate::source::{Column, Want};
use crate::value::{Target, Type, Zone};

/// What the configuration says: a change arrives within this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    pub after: Duration,
    /// The report name of the column that says when a row was changed.
    pub column: String,
}

/// How a dataset's rows tell their age.
#[derive(Clone, Debug, PartialEq)]
pub struct Age {
    pub after: Duration,
    /// Old, new; `None`: that side has no such column.
    pub sides: [Option<AgeColumn>; 2],
}

/// One side's column, read as an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct AgeColumn {
    /// Which of the wanted columns it is.
    pub place: usize,
    /// What is wanted beside the compared columns; `None`: it is one of them.
    pub want: Option<Want>,
    pub pipeline: Pipeline,
    /// The zone of what comes without one.
    pub zone: Option<Zone>,
}

/// Finds the column on both sides.
pub(super) fn resolve(
    spec: &DatasetSpec,
    columns: &[PlanColumn],
    sides: &[Columns<'_>; 2],
) -> Result<Option<Age>> {
    let Some(settle) = &spec.settle else {
        return Ok(None);
    };
    let one = |side: Side| side_column(spec, &settle.column, columns, sides, side);
    Ok(Some(Age {
        after: settle.after,
        sides: [one(Side::Old)?, one(Side::New)?],
    }))
}

fn side_column(
    spec: &DatasetSpec,
    name: &str,
    columns: &[PlanColumn],
    sides: &[Columns<'_>; 2],
    side: Side,
) -> Result<Option<AgeColumn>> {
    let own = &sides[side.index()];
    let Some(column) = own.get(name) else {
        return Ok(None);
    };
    let zone = given(spec, name).and_then(|given| given.rules.zone.clone());
    check(spec, name, side, column, zone.as_ref())?;
    let declared = column.declared.as_ref().map(|declared| &declared.ty);
    let compared = columns.iter().position(|column| column.name == name);
    let as_text = compared.is_some_and(|at| columns[at].wants[side.index()].as_text);
    let wire = own.wire(declared, as_text).cloned();
    // A server's binary form is read as what it is; the zone is added to that.
    let ty = match wire {
        Some(Type::Timestamp) => Type::Timestamp,
        _ => Type::TimestampTz,
    };
    let steps = given(spec, name).map(|given| {
        let applied = rules::fit(name, given, &ty, false, &mut Vec::new());
        rules::effective(&applied.steps, [wire.as_ref(), wire.as_ref()])
    });
    let target = Target {
        ty,
        zone: zone.clone(),
    };
    Ok(Some(AgeColumn {
        place: compared.unwrap_or(columns.len()),
        want: compared.is_none().then(|| Want {
            name: column.name.clone(),
            ..Want::default()
        }),
        pipeline: Pipeline::new(wire, target, steps.unwrap_or_default()),
        zone,
    }))
}

/// Only what is an instant, or becomes one by a zone that is named, tells an age.
fn check(
    spec: &DatasetSpec,
    name: &str,
    side: Side,
    column: &Column,
    zone: Option<&Zone>,
) -> Result<()> {
    let Some(declared) = &column.declared else {
        return Ok(());
    };
    let table = format!("[datasets.{}.columns.{name}]", spec.name);
    match &declared.ty {
        Type::TimestampTz => Ok(()),
        ty if ty.is_text() => Ok(()),
        Type::Timestamp if zone.is_some() => Ok(()),
        Type::Timestamp => Err(Failure::new(
            Code::Config,
            format!(
                "updated_at names `{name}`, which is {} on the {side} side: without a zone it tells no age",
                declared.name
            ),
            format!("Say in which zone it is: `timezone = \"…\"` under {table}"),
        )),
        _ => Err(Failure::new(
            Code::Config,
            format!(
                "updated_at names `{name}`, which is {} on the {side} side and no time",
                declared.name
            ),
            "Name the column that says when a row was changed last",
        )),
    }
}
