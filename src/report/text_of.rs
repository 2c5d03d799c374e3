//! Canonical cells as the text that reports show.

use super::model::Values;
use crate::plan::DatasetPlan;
use crate::value::{Cell, cells, show, tag};

/// The first columns of a plan beside the cells of a canonical row or key. A
/// cell that its record does not have is left out.
pub fn values(plan: &DatasetPlan, row: &[u8]) -> Values {
    values_by(plan, row, show::shown)
}

/// The same with no cell cut, however long.
pub fn whole_values(plan: &DatasetPlan, row: &[u8]) -> Values {
    values_by(plan, row, |cell| {
        let mut text = String::new();
        show::show(cell, &mut text);
        text
    })
}

fn values_by(plan: &DatasetPlan, row: &[u8], text: impl Fn(Cell<'_>) -> String) -> Values {
    plan.columns
        .iter()
        .zip(cells(row))
        .filter(|(_, cell)| cell.tag != tag::ABSENT)
        .map(|(column, cell)| (column.name.clone(), (!cell.is_null()).then(|| text(cell))))
        .collect()
}

/// The text of one canonical cell; `None` for NULL and for what is not there.
pub fn cell_text(cell: &[u8]) -> Option<String> {
    let cell = Cell::of(cell);
    (!cell.is_null()).then(|| show::shown(cell))
}
