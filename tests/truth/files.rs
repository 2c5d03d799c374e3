//! Reading what a run wrote, by the rules that its detail files state, and what
//! a database holds.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value as Stored;
use serde_json::{Map, Value};

/// The rows of a detail file without their first column, which must be
/// `dataset`; keys and rows as JSON, an empty cell without quotes as null.
pub fn read(path: &Path, header: &[&str], dataset: &str) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let mut records = records(&text).into_iter();
    let names: Vec<String> = records.next().unwrap().into_iter().flatten().collect();
    assert_eq!(names[0], "dataset");
    assert_eq!(names[1..], *header, "{path:?}");
    records
        .map(|record| {
            assert_eq!(record.len(), names.len(), "{record:?}");
            assert_eq!(record[0].as_deref(), Some(dataset));
            let cells = names.iter().zip(record).skip(1);
            Value::Object(
                cells
                    .map(|(name, cell)| (name.clone(), value(name, cell)))
                    .collect::<Map<_, _>>(),
            )
        })
        .collect()
}

fn value(name: &str, cell: Option<String>) -> Value {
    match (name, cell) {
        ("key" | "row", Some(text)) => serde_json::from_str(&text).unwrap(),
        (_, Some(text)) => Value::from(bare(&text)),
        (_, None) => Value::Null,
    }
}

/// A cell without the quote mark that keeps a spreadsheet from running it.
fn bare(text: &str) -> &str {
    let formula = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    match text.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(formula) => rest,
        _ => text,
    }
}

/// RFC 4180, but an empty cell without quotes is `None`.
fn records(text: &str) -> Vec<Vec<Option<String>>> {
    let (mut records, mut record) = (Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let (cell, after) = match rest.strip_prefix('"') {
            Some(quoted) => self::quoted(quoted),
            None => {
                let end = rest.find([',', '\n']).expect("every line ends");
                let cell = (end > 0).then(|| rest[..end].to_owned());
                (cell, &rest[end..])
            }
        };
        record.push(cell);
        if after.starts_with('\n') {
            records.push(std::mem::take(&mut record));
        }
        rest = &after[1..];
    }
    assert!(record.is_empty(), "the last line has no end");
    records
}

fn quoted(text: &str) -> (Option<String>, &str) {
    let (mut cell, mut rest) = (String::new(), text);
    loop {
        let end = rest.find('"').expect("every quote is closed");
        cell.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                cell.push('"');
                rest = after;
            }
            None => return (Some(cell), rest),
        }
    }
}

/// Every table's definition and rows, in the order in which they are stored.
pub fn database(path: &Path) -> Vec<Vec<Stored>> {
    let db = Connection::open(path).unwrap();
    let mut all = rows(
        &db,
        "SELECT type, name, sql FROM sqlite_schema ORDER BY name",
    );
    all.extend(rows(&db, "SELECT * FROM property_listings ORDER BY rowid"));
    all
}

fn rows(db: &Connection, sql: &str) -> Vec<Vec<Stored>> {
    let mut statement = db.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|index| row.get(index)).collect());
    rows.unwrap().map(Result::unwrap).collect()
}
