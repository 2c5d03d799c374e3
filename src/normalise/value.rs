//! Steps on the parsed value. A step that has no meaning for a cell's type
//! leaves it alone: a rule for `*` meets columns of every type.

use super::step::{Step, TimeUnit};
use crate::value::{Cell, array, datetime, decimal, json, tag};

/// Appends what `step` makes of `cell` to `out`; `false`, and nothing appended,
/// where it has no meaning for this cell.
pub(super) fn apply(step: &Step, cell: Cell<'_>, out: &mut Vec<u8>) -> bool {
    match (step, cell.tag) {
        (Step::Round(scale), tag::INTEGER | tag::DECIMAL | tag::FLOAT4 | tag::FLOAT8) => {
            decimal::round(cell, *scale, out);
        }
        (Step::TruncateTime(unit), tag::DATE | tag::TIME | tag::TIMESTAMP | tag::TIMESTAMPTZ) => {
            datetime::truncate(cell, *unit == TimeUnit::Day, out);
        }
        (Step::SortArray, tag::ARRAY) => array::sort(cell, out),
        (Step::SortArray, tag::JSON) => json::sort(cell, out),
        (Step::JsonIgnore(paths), tag::JSON) => json::without(cell, paths, out),
        _ => return false,
    }
    true
}
