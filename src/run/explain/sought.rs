//! What somebody means who types a key: its canonical forms, since the same text
//! can be a number, a text, or a JSON string.

use crate::error::{Code, Failure, Result};
use crate::normalise::Scratch;
use crate::plan::{self, DatasetPlan};
use crate::value::{Raw, cells};

/// The canonical keys that a text can mean, the likeliest first: each value goes
/// through both sides' own key pipelines, as text and as a JSON string.
pub fn keys(plan: &DatasetPlan, key: &str) -> Result<Vec<Vec<u8>>> {
    let names: Vec<&str> = plan.columns[..plan.key]
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let values = plan::key_values(key, &names)?;
    let mut keys: Vec<Vec<u8>> = vec![Vec::new()];
    for (column, value) in plan.columns.iter().zip(&values) {
        let mut meanings: Vec<Vec<u8>> = Vec::new();
        for raw in [Raw::Text(value), Raw::JsonString(value)] {
            for pipeline in &column.pipelines {
                let mut cell = Vec::new();
                let mut unchanged = vec![0; pipeline.steps().len()];
                // One that does not parse is a key too: data can hold the same.
                let _ = pipeline.apply(raw, &mut Scratch::default(), &mut unchanged, &mut cell);
                if !meanings.contains(&cell) {
                    meanings.push(cell);
                }
            }
        }
        let joined = |key: &Vec<u8>| -> Vec<Vec<u8>> {
            meanings
                .iter()
                .map(|cell| [&key[..], cell].concat())
                .collect()
        };
        keys = keys.iter().flat_map(joined).collect();
    }
    keys.retain(|key| cells(key).all(|cell| !cell.is_null()));
    match keys.is_empty() {
        false => Ok(keys),
        true => Err(Failure::new(
            Code::Usage,
            format!("by the rules of the key's columns {key:?} is NULL, and NULL names no row"),
            "Write another key",
        )),
    }
}
