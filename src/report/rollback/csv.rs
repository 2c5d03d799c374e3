//! The files with what a rollback would lose: every row, whole, in the order of
//! their keys, by the rules of the other detail files ([`super::super::csv`]).

use std::io::{self, Write};

use super::super::csv::line;
use super::super::text_of::whole_values;
use crate::plan::DatasetPlan;

pub fn only_in_new_header(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"dataset,key,row\n")
}

/// A row that only new has.
pub fn only_in_new(plan: &DatasetPlan, row: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let (key, row) = objects(plan, row)?;
    line(out, &[Some(&plan.name), Some(&key), Some(&row)])
}

pub fn newer_in_new_header(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"dataset,key,old,new\n")
}

/// Two rows of one key, of which that of new is the newer.
pub fn newer_in_new(
    plan: &DatasetPlan,
    old: &[u8],
    new: &[u8],
    out: &mut dyn Write,
) -> io::Result<()> {
    let (_, old) = objects(plan, old)?;
    let (key, new) = objects(plan, new)?;
    line(out, &[Some(&plan.name), Some(&key), Some(&old), Some(&new)])
}

/// The key and the whole row as JSON objects.
fn objects(plan: &DatasetPlan, row: &[u8]) -> io::Result<(String, String)> {
    let values = whole_values(plan, row);
    let names = plan.columns[..plan.key].iter();
    let key: super::super::model::Values = names
        .filter_map(|column| {
            let value = values.get(&column.name)?;
            Some((column.name.clone(), value.clone()))
        })
        .collect();
    Ok((
        serde_json::to_string(&key)?,
        serde_json::to_string(&values)?,
    ))
}
