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

/// The values of one key as a person types them, one for each of its columns
/// `names`: of a single column the text itself; of several a JSON array, or the
/// values separated by commas where none has a comma in it. A JSON object of
/// the key's columns, as a report's files write keys, names one too.
pub fn values(text: &str, names: &[&str]) -> Result<Vec<String>> {
    if let Some(values) = object(text, names)? {
        return Ok(values);
    }
    if names.len() == 1 {
        return Ok(vec![text.to_owned()]);
    }
    let values = match text.trim_start().starts_with('[') {
        true => array(text)?,
        false => text.split(',').map(str::to_owned).collect(),
    };
    match values.len() == names.len() {
        true => Ok(values),
        false => Err(not_a_key(format!(
            "the key has {} columns ({}), and {} given",
            names.len(),
            names.join(", "),
            counted(values.len())
        ))),
    }
}

fn counted(values: usize) -> String {
    match values {
        1 => "1 value was".to_owned(),
        _ => format!("{values} values were"),
    }
}

/// The values of a JSON object that has the key's columns and no others; any
/// other text is no object of a key.
fn object(text: &str, names: &[&str]) -> Result<Option<Vec<String>>> {
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    let Ok(object) = serde_json::from_str::<serde_json::Map<_, _>>(text) else {
        return Ok(None);
    };
    let values: Option<Vec<_>> = names.iter().map(|name| object.get(*name)).collect();
    match values.filter(|values| values.len() == object.len()) {
        Some(values) => values
            .into_iter()
            .map(scalar)
            .collect::<Result<_>>()
            .map(Some),
        None => Ok(None),
    }
}

fn array(text: &str) -> Result<Vec<String>> {
    let array: Vec<serde_json::Value> = serde_json::from_str(text)
        .map_err(|error| not_a_key(format!("the key's values are not a JSON array: {error}")))?;
    array.iter().map(scalar).collect()
}

/// Whole numbers only: any other could lose digits on the way.
fn scalar(value: &serde_json::Value) -> Result<String> {
    use serde_json::Value;
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) if !number.is_f64() => Ok(number.to_string()),
        Value::Number(_) => Err(not_a_key(
            "a number with a fraction needs quotes".to_owned(),
        )),
        _ => Err(not_a_key(
            "a key's value is a string or a number".to_owned(),
        )),
    }
}

fn not_a_key(why: String) -> Failure {
    Failure::new(
        Code::Usage,
        why,
        "Write a JSON array with a value for each key column, such as '[\"JP-1\", \"2\"]'",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_typed_as_text_as_an_array_or_with_commas() {
        let names = ["x", "y", "z"];
        let of = |text, columns| values(text, &names[..columns]).expect(text);
        assert_eq!(of("a,b", 1), ["a,b"]);
        assert_eq!(of("[1]", 1), ["[1]"]);
        assert_eq!(of("a,b", 2), ["a", "b"]);
        assert_eq!(of("[\"a,b\", 7, true]", 3), ["a,b", "7", "true"]);
        assert_eq!(of("{\"x\": \"a\"}", 1), ["a"]);
        assert_eq!(of("{\"y\": 2, \"x\": \"a\"}", 2), ["a", "2"]);
        assert_eq!(of("{\"q\": 2}", 1), ["{\"q\": 2}"]);
        for (text, columns) in [
            ("a", 2),
            ("[1.5, 2]", 2),
            ("[null, 2]", 2),
            ("[1", 2),
            ("[1,2]", 3),
        ] {
            assert_eq!(
                values(text, &names[..columns]).expect_err(text).code,
                Code::Usage
            );
        }
    }
}
