//! Rows by their keys: so many keys in a request as a URL can hold, and every
//! answer held against the server's own count, since it may cut it short in
//! silence.

use std::time::Instant;

use super::Postgrest;
use super::answer::Refusal;
use super::keyset::{self, Pair, URL, encoded};
use super::opened::Opened;
use super::page;
use super::read::{Counted, Reading};
use crate::error::{Code, Failure, Result};
use crate::source::{Keys, Sink, Want};
use crate::value::Type;

/// Keys to ask for.
pub struct Keyed<'a> {
    /// The table's own columns.
    pub columns: Vec<String>,
    pub keys: Vec<&'a [String]>,
}

impl Postgrest {
    /// The keys as the server can be asked for them, if it can.
    pub(super) fn keyed<'k>(
        &self,
        opened: &Opened,
        wants: &[Want],
        keys: &'k Keys,
    ) -> Option<Keyed<'k>> {
        let types = keys.declared(&opened.schema.columns)?;
        // A label that the type does not have would be an error.
        let asked = types.iter().all(|ty| **ty != Type::Enum);
        let mut columns = Vec::new();
        for key in &keys.columns {
            let item = opened.item(&key.name).ok()?;
            let as_text = wants
                .iter()
                .any(|want| want.name == key.name && want.as_text);
            if !item.is_own() || as_text {
                return None;
            }
            columns.push(item.column.clone());
        }
        (asked && !columns.is_empty()).then(|| Keyed {
            columns,
            keys: keys.held_by(&types).collect(),
        })
    }
}

impl Keyed<'_> {
    /// Reads the rows of all keys. `None`: the sink has had enough.
    pub async fn run(&self, reading: &Reading<'_>, sink: &mut dyn Sink) -> Result<Option<Counted>> {
        let begun = Instant::now();
        let mut counted = Counted::default();
        let mut left: Vec<&[&[String]]> = self.batches();
        left.reverse();
        while let Some(keys) = left.pop() {
            let mut query = vec![("select".to_owned(), reading.select.clone())];
            query.extend_from_slice(reading.filter);
            query.push(self.condition(keys));
            let answer = match reading.ask(query, true).await {
                Ok(answer) => answer,
                Err(Refusal::TooLong(_)) if keys.len() > 1 => {
                    halve(keys, &mut left);
                    continue;
                }
                Err(refusal) => return Err(refusal.failure()),
            };
            let total = answer.range.and_then(|range| range.total);
            let page = page::unordered(answer, &reading.origin)?;
            if total != Some(page.rows) {
                if keys.len() < 2 {
                    return Err(self.cut(reading, keys, page.rows, total));
                }
                halve(keys, &mut left);
                continue;
            }
            let chunk = counted.take(page, begun);
            if chunk.is_some_and(|chunk| sink.push(chunk).is_break()) {
                return Ok(None);
            }
        }
        Ok(Some(counted))
    }

    /// As many keys at once as a URL can hold.
    fn batches(&self) -> Vec<&[&[String]]> {
        let mut batches = Vec::new();
        let (mut start, mut used) = (0, 0);
        for (at, key) in self.keys.iter().enumerate() {
            let len = encoded(&self.condition(std::slice::from_ref(key)).1);
            if used + len > URL && at > start {
                batches.push(&self.keys[start..at]);
                (start, used) = (at, 0);
            }
            used += len;
        }
        if start < self.keys.len() {
            batches.push(&self.keys[start..]);
        }
        batches
    }

    /// The rows of these keys.
    fn condition(&self, keys: &[&[String]]) -> Pair {
        match (&self.columns[..], keys) {
            // A list of an empty text alone is an empty list to PostgREST.
            ([column], [key]) => (keyset::name(column), format!("eq.{}", key[0])),
            ([column], _) => {
                let values: Vec<String> = keys.iter().map(|key| key[0].clone()).collect();
                keyset::any_of(column, &values)
            }
            _ => keyset::any_key_of(&self.columns, keys),
        }
    }

    fn cut(
        &self,
        reading: &Reading<'_>,
        keys: &[&[String]],
        rows: u64,
        total: Option<u64>,
    ) -> Failure {
        let key = keys.first().map(|key| key.join(", ")).unwrap_or_default();
        let total = total.map_or("no number of".to_owned(), |total| total.to_string());
        Failure::new(
            Code::RowsShort,
            format!(
                "{}: the server counts {total} rows of key {key}, and {rows} were received",
                reading.origin.name(),
            ),
            "run again; if it stays so, look at what caps answers between shadowgate and PostgREST",
        )
        .transient()
    }
}

fn halve<'k, 'a>(keys: &'k [&'a [String]], left: &mut Vec<&'k [&'a [String]]>) {
    let (first, second) = keys.split_at(keys.len() / 2);
    left.extend([second, first]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(rows: &[&[&str]]) -> Vec<Vec<String>> {
        let row = |row: &&[&str]| row.iter().map(|text| (*text).to_owned()).collect();
        rows.iter().map(row).collect()
    }

    fn keyed<'a>(columns: &[&str], rows: &'a [Vec<String>]) -> Keyed<'a> {
        Keyed {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            keys: rows.iter().map(Vec::as_slice).collect(),
        }
    }

    #[test]
    fn a_lone_key_is_asked_for_as_it_is() {
        let rows = texts(&[&[""], &["a,\"b"]]);
        let keyed = keyed(&["id"], &rows);
        let condition = |keys: &[&[String]]| {
            let (name, value) = keyed.condition(keys);
            format!("{name}={value}")
        };
        assert_eq!(condition(&keyed.keys[..1]), "id=eq.");
        assert_eq!(condition(&keyed.keys[1..]), "id=eq.a,\"b");
        assert_eq!(condition(&keyed.keys), r#"id=in.("","a,\"b")"#);
    }

    #[test]
    fn several_columns_are_asked_for_together() {
        let rows = texts(&[&["1", "x)"], &["2", ""]]);
        let keyed = keyed(&["id", "b c"], &rows);
        let (name, value) = keyed.condition(&keyed.keys);
        assert_eq!(name, "or");
        assert_eq!(
            value,
            r#"(and(id.eq."1","b c".eq."x)"),and(id.eq."2","b c".eq.""))"#
        );
    }

    #[test]
    fn no_url_grows_too_long_and_no_key_is_lost() {
        let rows: Vec<Vec<String>> = (0..3000)
            .map(|n| vec![format!("物件{n}").repeat(1 + n % 5)])
            .collect();
        let keyed = keyed(&["id"], &rows);
        let batches = keyed.batches();
        assert_eq!(batches.iter().map(|batch| batch.len()).sum::<usize>(), 3000);
        for batch in &batches {
            let (name, value) = keyed.condition(batch);
            assert!(encoded(&name) + encoded(&value) < 8000);
        }
        let long = [vec!["x".repeat(9000)], vec!["y".to_owned()]];
        let keyed = super::Keyed {
            columns: vec!["id".to_owned()],
            keys: long.iter().map(Vec::as_slice).collect(),
        };
        assert_eq!(keyed.batches().len(), 2);
    }
}
