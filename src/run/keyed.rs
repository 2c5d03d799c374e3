//! Keys as a source can be asked for them: from canonical cells back to the text
//! of the stored value, where no rule stands in between.

use crate::error::{Result, Side};
use crate::plan::{DatasetPlan, PlanColumn};
use crate::source::{KeyColumn, Keys, Receipt, Sink, Source, Want};
use crate::value::{Cell, cells, show};

/// The keys as one side can be asked for them; `None` where a rule changes the
/// key's cells, or a key does not parse: then what is stored is another text.
pub fn keys<'k>(
    plan: &DatasetPlan,
    side: Side,
    keys: impl Iterator<Item = &'k [u8]>,
) -> Option<Keys> {
    let columns = &plan.columns[..plan.key];
    let plain = columns
        .iter()
        .all(|column| column.pipelines[side.index()].steps().is_empty());
    if !plain {
        return None;
    }
    let column = |column: &PlanColumn| KeyColumn {
        name: column.wants[side.index()].name.clone(),
        ty: column.ty.clone(),
    };
    Some(Keys {
        columns: columns.iter().map(column).collect(),
        rows: keys.map(texts).collect::<Option<_>>()?,
    })
}

/// Reads the rows of these keys alone, where there are any and the source can find
/// them; else all rows.
pub fn read(
    source: &mut dyn Source,
    wants: &[Want],
    keys: Option<&Keys>,
    sink: &mut dyn Sink,
) -> Result<Receipt> {
    if let Some(keys) = keys
        && let Some(receipt) = source.read_keys(wants, keys, sink)?
    {
        tracing::debug!(
            source = source.identity().location,
            keys = keys.rows.len(),
            "read by keys"
        );
        return Ok(Receipt {
            by_key: true,
            ..receipt
        });
    }
    source.read(wants, sink)
}

fn texts(key: &[u8]) -> Option<Vec<String>> {
    let text = |cell: Cell<'_>| {
        let mut text = String::new();
        show::show(cell, &mut text);
        (!cell.is_unreadable()).then_some(text)
    };
    cells(key).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{put_framed, tag};

    #[test]
    fn a_key_that_does_not_parse_is_not_asked_for() {
        let cell = |tag: u8, text: &str| {
            let mut out = Vec::new();
            put_framed(&mut out, tag, text.as_bytes());
            out
        };
        let key = [cell(tag::TEXT, "a b"), cell(tag::TEXT, "")].concat();
        assert_eq!(texts(&key), Some(vec!["a b".to_owned(), String::new()]));
        let key = [cell(tag::TEXT, "a"), cell(tag::UNREADABLE, "x")].concat();
        assert_eq!(texts(&key), None);
    }
}
