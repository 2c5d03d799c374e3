//! Conditions that find rows by their keys, so that an index of the key serves:
//! the texts of many keys go as arrays of the column's own type.

use crate::value::Type;

use super::super::{KeyColumn, Keys, Want};
use super::catalog::{Catalog, Field};
use super::name;

/// One statement asks for so many keys …
const KEYS: usize = 1000;
/// … or for fewer, where their texts are long.
const BYTES: usize = 256 << 10;

/// A column of the key: how it is written, and the type of the array that holds
/// its values.
struct Part {
    column: String,
    array: &'static str,
}

/// The conditions that together find all rows of these keys; `None` where the
/// keys do not lead back to what is stored.
pub fn conditions(
    keys: &Keys,
    wants: &[Want],
    fields: &[Field],
    catalog: &Catalog,
) -> Option<Vec<String>> {
    let types = keys.declared(&catalog.schema().columns)?;
    let part = |key: &KeyColumn| {
        let place = wants.iter().position(|want| want.name == key.name)?;
        part(fields.get(place)?)
    };
    let parts: Vec<Part> = keys.columns.iter().map(part).collect::<Option<_>>()?;
    if parts.is_empty() {
        return None;
    }
    let (mut conditions, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0);
    for key in keys.held_by(&types) {
        let len: usize = key.iter().map(String::len).sum();
        if batch.len() == KEYS || (bytes + len > BYTES && !batch.is_empty()) {
            conditions.push(condition(&parts, &batch));
            (batch, bytes) = (Vec::new(), 0);
        }
        batch.push(key);
        bytes += len;
    }
    if !batch.is_empty() {
        conditions.push(condition(&parts, &batch));
    }
    Some(conditions)
}

/// `None` for a column that is compared by another text than its own.
fn part(field: &Field) -> Option<Part> {
    if field.as_text {
        return None;
    }
    let column = name::quote(&field.name);
    let as_text = format!("{column}::pg_catalog.text");
    let (column, array) = match &field.ty {
        Type::Int2 | Type::Int4 | Type::Int8 => (column, "pg_catalog.int8"),
        Type::Oid => (column, "pg_catalog.oid"),
        Type::Numeric => (column, "pg_catalog.numeric"),
        // citext takes other cases for equal, and a label that the type does not
        // have would be an error.
        Type::Text if field.cast.is_some() => (as_text, "pg_catalog.text"),
        Type::Enum => (as_text, "pg_catalog.text"),
        Type::Text => (column, "pg_catalog.text"),
        Type::Bpchar => (column, "pg_catalog.bpchar"),
        Type::Bool => (column, "pg_catalog.bool"),
        Type::Uuid => (column, "pg_catalog.uuid"),
        Type::Bytea => (column, "pg_catalog.bytea"),
        Type::Date => (column, "pg_catalog.date"),
        Type::Timestamp => (column, "pg_catalog.timestamp"),
        Type::TimestampTz => (column, "pg_catalog.timestamptz"),
        _ => return None,
    };
    Some(Part { column, array })
}

fn condition(parts: &[Part], keys: &[&[String]]) -> String {
    let arrays = parts.iter().enumerate().map(|(place, part)| {
        let values = keys.iter().map(|key| key[place].as_str());
        format!("{}::{}[]", name::literal(&array(values)), part.array)
    });
    let arrays: Vec<String> = arrays.collect();
    let columns: Vec<&str> = parts.iter().map(|part| part.column.as_str()).collect();
    match &columns[..] {
        [column] => format!("{column} = ANY ({})", arrays[0]),
        _ => {
            let each = arrays.iter();
            let each = each.map(|array| format!("pg_catalog.unnest({array})"));
            format!(
                "({}) IN (SELECT * FROM ROWS FROM ({}) AS k)",
                columns.join(", "),
                each.collect::<Vec<_>>().join(", ")
            )
        }
    }
}

/// An array's text, every element in quotes.
fn array<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let quoted = values.map(|value| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{value}\"")
    });
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, ty: Type, cast: Option<&str>) -> Field {
        Field {
            name: name.to_owned(),
            ty,
            cast: cast.map(str::to_owned),
            as_text: false,
        }
    }

    fn shown(fields: &[Field], keys: &[&[&str]]) -> String {
        let parts: Vec<Part> = fields.iter().map(|it| part(it).expect("a part")).collect();
        let keys: Vec<Vec<String>> = keys
            .iter()
            .map(|key| key.iter().map(|text| (*text).to_owned()).collect())
            .collect();
        let keys: Vec<&[String]> = keys.iter().map(Vec::as_slice).collect();
        condition(&parts, &keys)
    }

    #[test]
    fn one_column_is_asked_for_in_an_array() {
        let keys: [&[&str]; 2] = [&["a'\"\\,{}"], &[""]];
        assert_eq!(
            shown(&[field("a\"b", Type::Text, None)], &keys),
            r#""a""b" = ANY ('{"a''\"\\,{}",""}'::pg_catalog.text[])"#
        );
        let folded = field("c", Type::Text, Some("pg_catalog.text"));
        assert_eq!(
            shown(&[folded], &[&["X"]]),
            r#""c"::pg_catalog.text = ANY ('{"X"}'::pg_catalog.text[])"#
        );
    }

    #[test]
    fn several_columns_are_asked_for_together() {
        let fields = [
            field("id", Type::Int4, None),
            field("at", Type::TimestampTz, None),
        ];
        let keys: [&[&str]; 2] = [&["1", "2024-01-05 10:00:00+00"], &["2", "infinity"]];
        assert_eq!(
            shown(&fields, &keys),
            "(\"id\", \"at\") IN (SELECT * FROM ROWS FROM (pg_catalog.unnest('{\"1\",\"2\"}'::pg_catalog.int8[]), \
             pg_catalog.unnest('{\"2024-01-05 10:00:00+00\",\"infinity\"}'::pg_catalog.timestamptz[])) AS k)"
        );
    }

    #[test]
    fn what_is_compared_by_its_text_is_not_asked_for() {
        assert!(part(&field("a", Type::Interval, None)).is_none());
        let mut as_text = field("a", Type::Int4, None);
        as_text.as_text = true;
        assert!(part(&as_text).is_none());
    }
}
