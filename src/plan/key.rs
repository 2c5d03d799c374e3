//! Which columns name a row: those that were asked for, or the sources' own key.

use super::DatasetSpec;
use super::names::{self, Columns};
use crate::error::{Code, Failure, Result};

/// The key's report names; `None` where nobody names one. A key that was asked
/// for is checked later, with all other names.
pub fn resolve(spec: &DatasetSpec, sides: &[Columns<'_>; 2]) -> Result<Option<Vec<String>>> {
    if let Some(key) = &spec.key {
        return Ok(Some(key.clone()).filter(|key| !key.is_empty()));
    }
    let [old, new] = sides;
    if old.is_open() && new.is_open() {
        return Err(empty());
    }
    let key = match (&old.key, &new.key) {
        (Some(left), Some(right)) if same(left, right) => left,
        (Some(left), Some(right)) => return Err(disagree(left, right)),
        (Some(key), None) | (None, Some(key)) => key,
        (None, None) => return Ok(None),
    };
    let mut problems = Vec::new();
    for name in key {
        names::missing("the source's own key", name, sides, &mut problems);
    }
    match problems.is_empty() {
        true => Ok(Some(key.clone())),
        false => Err(Failure::new(
            Code::Usage,
            problems.join("\n"),
            "Name columns that both sides have with --key",
        )),
    }
}

fn same(left: &[String], right: &[String]) -> bool {
    left.len() == right.len() && left.iter().all(|name| right.contains(name))
}

fn disagree(old: &[String], new: &[String]) -> Failure {
    Failure::new(
        Code::Usage,
        format!(
            "the old side's key is {} and the new side's is {}",
            old.join(", "),
            new.join(", ")
        ),
        "Name the columns that name a row on both sides with --key",
    )
}

/// No key was given and no source has one.
pub fn none() -> Failure {
    Failure::new(
        Code::Usage,
        "no key: nothing says which columns name a row",
        "Name them with --key COLUMN[,COLUMN], or `key = [\"…\"]` in the configuration",
    )
}

fn empty() -> Failure {
    Failure::new(
        Code::NothingCompared,
        "both sides are empty: there is no record, so no column either",
        "Check that both sources are the right ones",
    )
}
