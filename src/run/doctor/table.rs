//! Whether two sides fit together: their columns, the key, how many rows each
//! has, and whether they are two at all.

use super::access::{blamed, left_alone};
use super::line::{Line, Name, State, Trouble};
use super::probe::Probed;
use crate::error::{Code, Side};
use crate::gate::{counted, thousands};
use crate::plan::{self, ColumnView, Compared, DatasetSpec, SchemaView};
use crate::source::Location;
use crate::source::facts::{Index, Rows};

/// The share of rows, in percent, by which two counts may differ unremarked.
const PERCENT: u128 = 1;

/// All lines of a dataset that are of both sides.
pub fn lines(spec: &DatasetSpec, sides: [&Probed; 2]) -> Vec<Line> {
    let mut lines: Vec<Line> = Side::BOTH
        .into_iter()
        .filter_map(|side| match blamed(sides[side.index()])? {
            (Name::Columns, failure) => {
                Some(Line::failed(Name::Columns, State::Fail, failure).on(side))
            }
            _ => None,
        })
        .collect();
    match sides.map(|side| side.schema.as_ref()) {
        [Ok(old), Ok(new)] => {
            let view = plan::columns(spec, [old, new]);
            lines.extend(columns(&view));
            lines.extend(key(&view, sides));
        }
        _ if lines.is_empty() => lines.push(not_looked_at(sides)),
        _ => {}
    }
    lines.extend(row_counts(sides.map(|side| side.facts.rows)));
    lines.extend(same_store(spec, sides));
    lines
}

fn not_looked_at(sides: [&Probed; 2]) -> Line {
    let open = |side: &&Probed| side.schema.is_ok() || left_alone(side).is_some();
    let alone = sides.into_iter().find_map(left_alone);
    let (why, next) = match alone.filter(|_| sides.iter().all(open)) {
        Some(failure) => ("a side is a command", failure.next.as_str()),
        None => ("a side did not open", "mend what fails, and run this again"),
    };
    let found = format!("columns, key and rows were not looked at: {why}");
    Line::warn(Name::Columns, found, next)
}

/// Columns side by side: one line for all that is wrong in one way.
fn columns(view: &SchemaView) -> Vec<Line> {
    let mut lines = Vec::new();
    let of = |wanted: fn(&ColumnView) -> bool| {
        let found = view.columns.iter().filter(|column| wanted(column));
        found.map(types).collect::<Vec<_>>().join(", ")
    };
    let clash = of(|column| column.compared == Compared::CannotAgree);
    if !clash.is_empty() {
        lines.push(Line::fail(
            Name::Columns,
            format!("types cannot agree: {clash}"),
            "give each a `type` in the configuration, or leave it out (--ignore)",
        ));
    }
    let only = |side: usize| {
        let found = view
            .columns
            .iter()
            .filter(|column| column.compared == Compared::OneSide && column.sides[side].is_some());
        let names: Vec<&str> = found.map(|column| column.name.as_str()).collect();
        (!names.is_empty()).then(|| format!("only in {}: {}", Side::BOTH[side], names.join(", ")))
    };
    let drift: Vec<String> = [only(0), only(1)].into_iter().flatten().collect();
    if !drift.is_empty() {
        lines.push(Line::warn(
            Name::Columns,
            drift.join("; "),
            "the gate `schema` fails for it: rename them, leave them out (--ignore), or say schema = \"allow\"",
        ));
    }
    for warning in &view.warnings {
        let next = "see `shadowgate columns`";
        lines.push(Line::warn(Name::Columns, warning.clone(), next));
    }
    let told = |code| matches!(code, Code::TypesDisagree);
    let others = view.problems.iter().filter(|problem| !told(problem.code));
    for problem in others.filter(|problem| !is_of_the_key(view, problem.code)) {
        lines.push(Line::failed(Name::Columns, State::Fail, problem));
    }
    if lines.is_empty() {
        let compared = |column: &&ColumnView| {
            matches!(column.compared, Compared::As(_) | Compared::ByText(..))
        };
        let count = view.columns.iter().filter(compared).count() as u64;
        let unlike = of(|column| {
            matches!(column.compared, Compared::As(_) | Compared::ByText(..)) && unlike(column)
        });
        let mut found = format!("{} compared", counted(count, "column"));
        if !unlike.is_empty() {
            found.push_str(&format!("; other types that agree: {unlike}"));
        }
        lines.push(Line::ok(Name::Columns, found));
    }
    lines
}

/// `price (integer / text)`
fn types(column: &ColumnView) -> String {
    let [old, new] = column.sides.each_ref().map(|side| {
        let declared = side.as_ref().and_then(|side| side.declared.as_deref());
        declared.unwrap_or("undeclared")
    });
    format!("{} ({old} / {new})", column.name)
}

fn unlike(column: &ColumnView) -> bool {
    let declared = |side: usize| column.sides[side].as_ref()?.declared.as_deref();
    matches!((declared(0), declared(1)), (Some(old), Some(new)) if old != new)
}

/// Problems of the key have a line of their own.
fn is_of_the_key(view: &SchemaView, code: Code) -> bool {
    view.key.is_none() && matches!(code, Code::Usage | Code::NothingCompared)
}

/// That there is a key, and on each side that something keeps it unique.
fn key(view: &SchemaView, sides: [&Probed; 2]) -> Vec<Line> {
    let Some(key) = &view.key else {
        let mut problems = view.problems.iter();
        let problem = problems.find(|problem| is_of_the_key(view, problem.code));
        return vec![match problem {
            Some(problem) => Line::failed(Name::Key, State::Fail, problem),
            None => Line::fail(Name::Key, "there is none", "name it with --key"),
        }];
    };
    let own = |side: Side| -> Option<Vec<String>> {
        let columns = view.columns.iter();
        let own = |name: &String| {
            let mut columns = columns.clone();
            let column = columns.find(|column| column.name == *name)?;
            Some(column.sides[side.index()].as_ref()?.own.clone())
        };
        key.iter().map(own).collect()
    };
    let line = |side: Side| Some(key_of(&own(side)?, sides[side.index()])?.on(side));
    Side::BOTH.into_iter().filter_map(line).collect()
}

/// `key` in the side's own names.
fn key_of(key: &[String], probed: &Probed) -> Option<Line> {
    let shown = key.join(", ");
    let rest = matches!(probed.location, Location::Rest(_));
    if matches!(probed.location, Location::File(..)) {
        // A file has no index, and its rows are all looked at anyway.
        return None;
    }
    let unknown = || {
        Line::warn(
            Name::Key,
            format!("{shown}: nothing says whether it is unique and has an index"),
            match rest {
                true => {
                    "see that the table has a primary key (the API tells of it at its root, to roles with rights on it), or pages are slow"
                }
                false => {
                    "a view or query has no index of its own: a verification counts keys that occur twice"
                }
            },
        )
    };
    let Some(indexes) = &probed.facts.indexes else {
        return Some(unknown());
    };
    let within = |index: &&Index| {
        !index.columns.is_empty() && index.columns.iter().all(|column| key.contains(column))
    };
    let whole = indexes.iter().filter(|index| !index.partial);
    if let Some(index) = whole.clone().filter(|index| index.unique).find(within) {
        let by = match index.columns == key {
            true => "by an index",
            false => "by an index of fewer columns",
        };
        return Some(Line::ok(Name::Key, format!("{shown}: unique, {by}")));
    }
    if rest {
        return Some(unknown());
    }
    let indexed = whole.clone().any(|index| {
        index
            .columns
            .first()
            .is_some_and(|first| key.contains(first))
    });
    let found = match indexed {
        true => format!("{shown}: it has an index, but nothing keeps it unique"),
        false => format!("{shown}: it has no index, and nothing keeps it unique"),
    };
    let next = "make a unique index of it; a verification counts keys that occur twice";
    Some(Line::warn(Name::Key, found, next))
}

/// Whether both sides have about as many rows. What is only estimated can be off.
fn row_counts(rows: [Option<Rows>; 2]) -> Option<Line> {
    let shown = |side: usize| match rows[side] {
        None => format!("{}: not known", Side::BOTH[side]),
        Some(Rows { count, exact }) => {
            let about = if exact { "" } else { "about " };
            format!("{}: {about}{}", Side::BOTH[side], thousands(count))
        }
    };
    let found = format!("{}, {}", shown(0), shown(1));
    let empty = |rows: Option<Rows>| rows.is_some_and(|rows| rows.exact && rows.count == 0);
    if rows.into_iter().any(empty) {
        return Some(
            Line::fail(
                Name::RowCounts,
                format!("{found}: a side is empty"),
                "check that this is the right table, filled, and that the role sees its rows",
            )
            .about(Trouble::InconsistentData),
        );
    }
    let [Some(old), Some(new)] = rows else {
        return (rows != [None, None]).then(|| Line::ok(Name::RowCounts, found));
    };
    let apart = u128::from(old.count.abs_diff(new.count)) * 100;
    if apart <= u128::from(old.count.max(new.count)) * PERCENT {
        return Some(Line::ok(Name::RowCounts, found));
    }
    let next = match old.exact && new.exact {
        true => {
            "run `shadowgate verify` to see which rows, and `shadowgate explain KEY` to see why one differs"
        }
        false => {
            "an estimate may be old (ANALYZE renews it); `shadowgate verify` counts, and `shadowgate explain KEY` shows why one row differs"
        }
    };
    Some(Line::warn(Name::RowCounts, found, next).about(Trouble::InconsistentData))
}

fn same_store(spec: &DatasetSpec, sides: [&Probed; 2]) -> Option<Line> {
    let [old, new] = sides.map(|side| side.identity.store.as_ref());
    let (old, new) = (old?, new?);
    if old == new {
        let found = "both sides read the same rows";
        return Some(match spec.allow_same_source {
            true => Line::warn(
                Name::SameStore,
                found,
                "it is allowed (allow_same_source), and proves nothing of a migration",
            ),
            false => Line::fail(
                Name::SameStore,
                found,
                "correct one of the two locations, or say --allow-same-source if this is meant",
            ),
        });
    }
    let rest = |side: &Probed| matches!(side.location, Location::Rest(_));
    let postgres = |side: &Probed| matches!(side.location, Location::Postgres(_));
    let behind = sides.iter().any(|side| rest(side))
        && sides.iter().any(|side| postgres(side) || rest(side));
    Some(Line::ok(
        Name::SameStore,
        match behind {
            true => {
                "two places; whether one database lies behind both is not known (PostgREST does not say)"
            }
            false => "two places",
        },
    ))
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
