//! Canonical cells as the text that reports show.

use super::model::Values;
use crate::plan::DatasetPlan;
use crate::value::{Cell, cells, show, tag};

/// The first columns of a plan beside the cells of a canonical row or key. A
/// cell that its record does not have is left out.
pub fn values(plan: &DatasetPlan, row: &[u8]) -> Values {
    plan.columns
        .iter()
        .zip(cells(row))
        .filter(|(_, cell)| cell.tag != tag::ABSENT)
        .map(|(column, cell)| (column.name.clone(), text(cell)))
        .collect()
}

/// The text of one canonical cell; `None` for NULL and for what is not there.
pub fn cell_text(cell: &[u8]) -> Option<String> {
    text(Cell::of(cell))
}

fn text(cell: Cell<'_>) -> Option<String> {
    (!cell.is_null()).then(|| show::shown(cell))
}
