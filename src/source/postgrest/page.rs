//! One page of rows: checked to be what was asked for, and cut so that no key
//! is torn between two pages.
//!
//! Rows come ascending by the key, and rows of one key stand together. The last
//! key of a page may go on in the next, so its rows are left to the next page,
//! which begins with them: a key that is not unique is never seen in part.

use super::answer::Answer;
use super::tail;
use crate::error::{Code, Failure, Result};
use crate::source::records::Shape;
use crate::source::records::decode::walk;
use crate::source::records::string::{Span, Text};
use crate::source::records::visit::{Each, Scan, Value, Visit};
use crate::source::text::Origin;
use crate::source::{Chunk, Column};

/// A page's rows, and where the next begins.
#[derive(Debug, Default)]
pub struct Page {
    pub bytes: Vec<u8>,
    /// How many rows are to be used; those of the last key are not, unless the
    /// page holds nothing else.
    pub rows: u64,
    /// How many it holds.
    pub held: u64,
    pub next: Option<Position>,
}

/// Where to read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The key's values as text.
    pub key: Vec<String>,
    /// Whether rows of this key are still to come.
    pub inclusive: bool,
}

/// The rows of a page, as far as paging has to know them.
#[derive(Default)]
pub struct Rows {
    /// The key cells of the row under way.
    pub cells: Vec<Option<Value>>,
    pub count: u64,
    /// How many keys there are (two stand for more), the last one, where its rows
    /// begin, and how many rows come before.
    pub groups: u64,
    pub last: Vec<Option<Value>>,
    pub start: usize,
    pub before: u64,
}

impl Rows {
    /// Whether a row's key is written like the last one.
    pub fn are_of_last(&self, cells: &[Option<Value>], bytes: &[u8]) -> bool {
        let raw = |value: &Option<Value>| value.map(|value| &bytes[span(value).0..span(value).1]);
        self.last.iter().map(raw).eq(cells.iter().map(raw))
    }

    fn row(&mut self, start: usize, bytes: &[u8]) {
        if self.groups == 0 || !self.are_of_last(&self.cells, bytes) {
            self.last.clone_from(&self.cells);
            (self.start, self.before) = (start, self.count);
            self.groups += 1;
        }
        self.cells.fill(None);
        self.count += 1;
    }
}

fn span(value: Value) -> Span {
    match value {
        Value::Null => (0, 0),
        Value::String(text) => text.span,
        Value::Token(span) => span,
    }
}

/// Reads a page's rows. `key` names the columns that it is ordered by.
pub fn read(answer: Answer, key: &[String], origin: &Origin) -> Result<Page> {
    let claimed = answer.range.map_or(0, |range| range.rows);
    let mut chunk = chunk(answer, origin)?;
    let found = match tail::rows(&chunk.bytes, key, claimed) {
        Some(found) => found,
        None => rows(&chunk, key, origin)?,
    };
    if found.count != claimed {
        return Err(Failure::new(
            Code::RowsShort,
            format!(
                "{}: a page says it holds {claimed} rows, and {} are in it",
                origin.name(),
                found.count
            ),
            "check what stands between shadowgate and PostgREST (a gateway, a cache)",
        ));
    }
    if found.count == 0 {
        return Ok(Page::default());
    }
    let cells = found.last.iter();
    let values: Option<Vec<String>> = cells.map(|cell| text(&chunk.bytes, (*cell)?)).collect();
    let values = values.ok_or_else(|| unpageable(origin, key))?;
    let torn = found.groups > 1 && !key.is_empty();
    if torn {
        chunk.bytes.truncate(found.start);
    }
    Ok(Page {
        rows: if torn { found.before } else { found.count },
        held: found.count,
        bytes: chunk.bytes,
        next: Some(Position {
            key: values,
            inclusive: torn,
        }),
    })
}

/// The rows of a page that has no order.
pub fn unordered(answer: Answer, origin: &Origin) -> Result<Page> {
    let mut page = read(answer, &[], origin)?;
    page.next = None;
    Ok(page)
}

/// The values of one column, in the page's order, each once.
pub fn values(answer: Answer, name: &str, origin: &Origin) -> Result<Vec<String>> {
    let chunk = chunk(answer, origin)?;
    let mut values = Vec::new();
    let member = |member: Text, value: Value| {
        if member.read(&chunk.bytes) == name.as_bytes() {
            values.extend(text(&chunk.bytes, value));
        }
        Ok(())
    };
    walk(&chunk, Shape::Array, origin, &mut Each(member))?;
    values.dedup();
    Ok(values)
}

/// The columns of the page's rows, in their order, without types.
pub fn names(answer: Answer, origin: &Origin) -> Result<Vec<Column>> {
    let chunk = chunk(answer, origin)?;
    let mut names: Vec<Column> = Vec::new();
    let member = |member: Text, _: Value| {
        let name = String::from_utf8_lossy(&member.read(&chunk.bytes)).into_owned();
        if names.iter().all(|known| known.name != name) {
            names.push(Column {
                name,
                declared: None,
            });
        }
        Ok(())
    };
    walk(&chunk, Shape::Array, origin, &mut Each(member))?;
    Ok(names)
}

/// Counts the rows and finds where those of the last key begin.
fn rows(chunk: &Chunk, key: &[String], origin: &Origin) -> Result<Rows> {
    let mut keys = Keys {
        bytes: &chunk.bytes,
        key,
        rows: Rows {
            cells: vec![None; key.len()],
            ..Rows::default()
        },
    };
    walk(chunk, Shape::Array, origin, &mut keys)?;
    Ok(keys.rows)
}

/// Looks at the key of each row.
struct Keys<'c> {
    bytes: &'c [u8],
    key: &'c [String],
    rows: Rows,
}

impl Visit for Keys<'_> {
    fn number(&mut self, name: &[u8]) -> usize {
        let place = self.key.iter().position(|key| key.as_bytes() == name);
        place.unwrap_or(usize::MAX)
    }

    fn member(&mut self, place: usize, _: Text, value: Value) -> Scan {
        if let Some(cell) = self.rows.cells.get_mut(place) {
            *cell = Some(value);
        }
        Ok(())
    }

    fn record(&mut self, span: Span) {
        self.rows.row(span.0, self.bytes);
    }
}

/// A key's value as a condition writes it; `None` for one that has no such form.
fn text(bytes: &[u8], value: Value) -> Option<String> {
    let nested = matches!(value, Value::Token((start, _)) if b"[{".contains(&bytes[start]));
    shown(bytes, value).filter(|_| !nested)
}

/// The text of a cell; NULL has none.
pub fn shown(bytes: &[u8], value: Value) -> Option<String> {
    let raw = match value {
        Value::String(text) => text.read(bytes),
        Value::Token((start, end)) => bytes[start..end].into(),
        Value::Null => return None,
    };
    Some(String::from_utf8_lossy(&raw).into_owned())
}

/// The records of a page, without its brackets.
pub fn chunk(answer: Answer, origin: &Origin) -> Result<Chunk> {
    let mut chunk = Chunk {
        bytes: answer.body,
        ..Chunk::default()
    };
    brackets(&mut chunk.bytes, origin)?;
    Ok(chunk)
}

/// A page is an array, whole.
fn brackets(bytes: &mut Vec<u8>, origin: &Origin) -> Result<()> {
    let blank = |byte: &u8| byte.is_ascii_whitespace();
    let first = bytes.iter().position(|byte| !blank(byte));
    let last = bytes.iter().rposition(|byte| !blank(byte));
    match (first, last) {
        (Some(first), Some(last)) if first < last => match (bytes[first], bytes[last]) {
            (b'[', b']') => {
                bytes.truncate(last);
                bytes[first] = b' ';
                Ok(())
            }
            _ => Err(no_array(origin)),
        },
        _ => Err(no_array(origin)),
    }
}

fn no_array(origin: &Origin) -> Failure {
    Failure::new(
        Code::Malformed,
        format!("{}: a page is no JSON array of rows", origin.name()),
        "check what stands between shadowgate and PostgREST (a gateway, a cache)",
    )
}

fn unpageable(origin: &Origin, key: &[String]) -> Failure {
    Failure::new(
        Code::Config,
        format!(
            "{}: pages cannot be read by {}: a value of it has no form that a condition can be made of",
            origin.name(),
            key.join(", ")
        ),
        "give the table a primary key of numbers or text, or use such a column as the key",
    )
}

#[cfg(test)]
mod tests {
    use super::super::answer::ContentRange;
    use super::*;

    fn page(body: &str, rows: u64) -> Result<Page> {
        let answer = Answer {
            body: body.as_bytes().to_vec(),
            range: Some(ContentRange { rows, total: None }),
            ..Answer::default()
        };
        read(answer, &["a".to_owned()], &Origin::named("t"))
    }

    fn next(page: &Page) -> Option<(&str, bool)> {
        let next = page.next.as_ref()?;
        Some((next.key[0].as_str(), next.inclusive))
    }

    #[test]
    fn the_last_key_is_left_to_the_next_page() {
        let found = page(r#"[{"a":1}, {"a":2}, {"a":3,"b":1}, {"b":2,"a":3}]"#, 4).unwrap();
        assert_eq!(found.rows, 2);
        assert_eq!(next(&found), Some(("3", true)));
        assert_eq!(
            String::from_utf8(found.bytes).unwrap().trim(),
            r#"{"a":1}, {"a":2},"#
        );
    }

    #[test]
    fn a_page_of_one_key_is_taken_whole() {
        let found = page(r#"[{"a":"x\"y"},{"a":"x\"y"}]"#, 2).unwrap();
        assert_eq!(found.rows, 2);
        assert_eq!(next(&found), Some(("x\"y", false)));
    }

    #[test]
    fn an_empty_page_has_no_next() {
        let found = page("[]", 0).unwrap();
        assert_eq!((found.rows, found.next), (0, None));
    }

    #[test]
    fn a_page_that_is_not_whole_is_refused() {
        for (body, rows) in [
            ("", 0),
            ("[", 0),
            ("{}", 1),
            (r#"[{"a":1}"#, 1),
            (r#"[{"a":1}]"#, 2),
            (r#"[{"a":1},{"a":2}]"#, 1),
            (r#"[{"a":1},{"a":]"#, 2),
            (r#"[{"a":null}]"#, 1),
            (r#"[{"a":[1]}]"#, 1),
            ("<html>]", 0),
        ] {
            assert!(page(body, rows).is_err(), "{body}");
        }
    }
}
