//! Which rules apply to a column once its type is known. A rule of the column's
//! own table must fit its type; one of `*` applies where it fits and is passed
//! over elsewhere, because it speaks of every column.

use super::ColumnRules;
use crate::compare::cells::Tolerance;
use crate::normalise::{Step, TimeUnit};
use crate::value::{Type, Zone};

/// What applies to one column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    pub steps: Vec<Step>,
    pub tolerance: Option<Tolerance>,
    pub zone: Option<Zone>,
}

/// The rules of one column, and whether they are its own or those of `*`.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub rules: &'a ColumnRules,
    pub own: bool,
}

/// Fits `given` to a column of type `ty`; what does not fit a column's own
/// table is added to `problems`.
pub fn fit(
    name: &str,
    given: Given<'_>,
    ty: &Type,
    is_key: bool,
    problems: &mut Vec<String>,
) -> Applied {
    let rules = given.rules;
    let mut refuse = |why: String| {
        if given.own {
            problems.push(format!("`{name}` is {ty}: {why}"));
        }
        false
    };
    let mut steps: Vec<Step> = rules
        .steps
        .iter()
        .filter(|step| match due(step) {
            Some(due) if !fits(step, ty) => refuse(format!("`{step}` is for {due}")),
            _ => true,
        })
        .cloned()
        .collect();
    // Text steps run before the cell is parsed, wherever the list has them.
    steps.sort_by_key(|step| due(step).is_some());
    let tolerance = rules.tolerance.as_ref().filter(|_| match () {
        () if is_key => refuse("a key has no tolerance".to_owned()),
        () if !ty.is_number() => refuse("a tolerance is for numbers".to_owned()),
        () => true,
    });
    let zone = rules.zone.as_ref().filter(|_| match ty {
        Type::TimestampTz => true,
        _ => refuse("`timezone` is for timestamp with time zone".to_owned()),
    });
    Applied {
        steps,
        tolerance: tolerance.cloned(),
        zone: zone.cloned(),
    }
}

/// For a value step, the types it is for. Every other step is a text step,
/// which any type can have.
fn due(step: &Step) -> Option<&'static str> {
    match step {
        Step::Round(_) => Some("numbers"),
        Step::TruncateTime(_) => Some("times and timestamps"),
        Step::SortArray => Some("arrays and JSON"),
        Step::JsonIgnore(_) => Some("JSON"),
        _ => None,
    }
}

fn fits(step: &Step, ty: &Type) -> bool {
    match step {
        Step::Round(_) => ty.is_number(),
        Step::TruncateTime(TimeUnit::Second) => matches!(
            ty,
            Type::Time | Type::TimeTz | Type::Timestamp | Type::TimestampTz
        ),
        Step::TruncateTime(TimeUnit::Day) => matches!(ty, Type::Timestamp | Type::TimestampTz),
        Step::SortArray => matches!(ty, Type::Array(_) | Type::Json | Type::Jsonb),
        Step::JsonIgnore(_) => matches!(ty, Type::Json | Type::Jsonb),
        _ => true,
    }
}

/// The steps that can change a cell at all, given what both sides' cells are
/// (`None`: text or JSON): text steps leave typed cells alone, save that a map
/// sees their text. Fewer steps let equal raw bytes show equal cells.
pub fn effective(steps: &[Step], wires: [Option<&Type>; 2]) -> Vec<Step> {
    let typed = |wire: &Option<&Type>| wire.is_some_and(|ty| !ty.is_text());
    let all_typed = wires.iter().all(typed);
    let keeps = |step: &&Step| !all_typed || matches!(step, Step::Map(_)) || due(step).is_some();
    steps.iter().filter(keeps).cloned().collect()
}
