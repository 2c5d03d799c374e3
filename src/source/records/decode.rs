//! The working half: from a chunk of records to cells.

use simdutf8::basic::from_utf8;
use std::collections::HashMap;

use memchr::{memchr, memchr_iter};

use super::doubt;
use super::scan::{Fault, REMEMBERED, Scanner, Span, Value};
use super::string::{Text, unescape};
use super::{Shape, between};
use crate::error::{Code, Failure, Result};
use crate::source::text::Origin;
use crate::source::{Cell, Chunk, Decode, Kind, Rows};

/// Checks a chunk's text and calls `record` with each record's place in it, at
/// the end of the record, and `member` with each member before that.
///
/// `member` gets the member's number within its record, its name and its value.
pub fn walk(
    chunk: &Chunk,
    shape: Shape,
    origin: &Origin,
    mut member: impl FnMut(usize, Text, Value) -> Result<(), Fault>,
    mut record: impl FnMut(Span),
) -> Result<()> {
    let bytes = chunk.bytes.as_slice();
    if from_utf8(bytes).is_err() {
        return Err(origin.invalid_utf8(bytes, chunk.base, chunk.line));
    }
    let mut object = |scanner: &mut Scanner<'_>| {
        let mut index = 0;
        let span = scanner.object(|name, value| {
            index += 1;
            member(index - 1, name, value)
        })?;
        record(span);
        Ok(())
    };
    let done = match shape {
        Shape::Array => array(bytes, &mut object),
        Shape::Lines => lines(bytes, &mut object),
    };
    done.map_err(|fault| explain(chunk, origin, fault))
}

type Object<'a> = &'a mut dyn FnMut(&mut Scanner<'_>) -> Result<(), Fault>;

fn array(bytes: &[u8], object: Object<'_>) -> Result<(), Fault> {
    let mut scanner = Scanner::new(bytes, 0);
    loop {
        between(&mut scanner);
        if scanner.peek().is_none() {
            return Ok(());
        }
        object(&mut scanner)?;
    }
}

fn lines(bytes: &[u8], object: Object<'_>) -> Result<(), Fault> {
    let mut start = 0;
    let mut scanner = Scanner::new(bytes, 0);
    while start < bytes.len() {
        let newline = memchr(b'\n', &bytes[start..]);
        let end = newline.map_or(bytes.len(), |found| start + found);
        scanner.go_to(start, &bytes[..end]);
        line(&mut scanner, object).map_err(|fault| Fault {
            // Only a last line without its end may have been cut short.
            cut: fault.cut && newline.is_none(),
            ..fault
        })?;
        start = end + 1;
    }
    Ok(())
}

/// The record of the line that the scanner is at; a blank one holds none.
fn line(scanner: &mut Scanner<'_>, object: Object<'_>) -> Result<(), Fault> {
    scanner.space();
    match scanner.peek() {
        None => return Ok(()),
        Some(b'{') => object(scanner)?,
        Some(_) => {
            let why = doubt::no_object(scanner.rest());
            return Err(Fault::new(scanner.at, why));
        }
    }
    scanner.space();
    match scanner.peek() {
        None => Ok(()),
        Some(_) => Err(Fault::new(
            scanner.at,
            "the record is followed by something else on its line",
        )),
    }
}

fn explain(chunk: &Chunk, origin: &Origin, fault: Fault) -> Failure {
    let before = &chunk.bytes[..fault.at];
    let line = chunk.line + memchr_iter(b'\n', before).count() as u64 + 1;
    let byte = chunk.base + fault.at as u64;
    let mut failure = origin.malformed(line, byte, fault.why, doubt::REPAIR);
    if fault.cut {
        failure.code = Code::SourceCut;
        failure.next = doubt::FETCH_AGAIN.to_owned();
    }
    failure
}

/// The fault of a name that a record has twice: which of the two would count?
pub fn twice(name: &[u8], at: usize) -> Fault {
    let name = String::from_utf8_lossy(name);
    Fault::new(at, format!("the record has the member {name:?} twice"))
}

/// Records mostly have their members in the same order, so the number that the
/// n-th name had in the record before is tried before any table.
#[derive(Default)]
pub struct Habit {
    names: Vec<(Span, usize)>,
}

impl Habit {
    /// The number of the `index`-th name of a record, which `find` knows.
    pub fn number(
        &mut self,
        bytes: &[u8],
        index: usize,
        name: Text,
        find: impl FnOnce(&[u8]) -> usize,
    ) -> usize {
        let raw = &bytes[name.span.0..name.span.1];
        match self.names.get(index) {
            Some(&(span, number)) if bytes[span.0..span.1] == *raw => return number,
            _ => {}
        }
        let number = find(&name.read(bytes));
        if index < self.names.len() {
            self.names[index] = (name.span, number);
        } else if index < REMEMBERED {
            self.names.push((name.span, number));
        }
        number
    }
}

/// The number of a name that is not wanted.
const UNWANTED: usize = usize::MAX;

pub struct Decoder {
    pub origin: Origin,
    pub shape: Shape,
    pub located: bool,
    pub names: Vec<String>,
    /// Those that are sent as the server's text for them.
    pub texts: Vec<bool>,
    /// A wanted name's place in a row.
    pub places: HashMap<Vec<u8>, usize>,
}

impl Decode for Decoder {
    fn decode(&self, chunk: &mut Chunk, rows: &mut Rows) -> Result<(), Failure> {
        let width = self.names.len();
        rows.clear(width);
        let Rows {
            cells,
            locators,
            spans,
            ..
        } = rows;
        let mut habit = Habit::default();
        let mut row = vec![Cell::ABSENT; width];
        let mut texts = Unescaped::behind(&chunk.bytes);
        // Both closures below need the row.
        let row = std::cell::RefCell::new(&mut row);
        let bytes = chunk.bytes.as_slice();
        let member = |index: usize, name: Text, value: Value| {
            let find = |name: &[u8]| self.places.get(name).copied().unwrap_or(UNWANTED);
            let place = habit.number(bytes, index, name, find);
            match row.borrow_mut().get_mut(place) {
                Some(cell) if *cell != Cell::ABSENT => {
                    return Err(twice(&name.read(bytes), name.span.0));
                }
                Some(cell) => {
                    *cell = texts.cell(bytes, value);
                    if cell.kind == Kind::JsonString && self.texts[place] {
                        cell.kind = Kind::Text;
                    }
                }
                None => {}
            }
            Ok(())
        };
        let record = |span: Span| {
            let mut row = row.borrow_mut();
            cells.extend_from_slice(&row);
            row.fill(Cell::ABSENT);
            spans.push((span.0 as u32, span.1 as u32));
            if self.located {
                locators.push(chunk.base + span.0 as u64);
            }
        };
        walk(chunk, self.shape, &self.origin, member, record)?;
        chunk.bytes.append(&mut texts.bytes);
        Ok(())
    }

    /// Equal records are equal cells, if the same names are wanted of them.
    fn raw_form(&self) -> Option<String> {
        Some(format!("json:{:?}", self.names))
    }
}

/// Unescaped strings, which are to follow the chunk's own bytes.
struct Unescaped {
    start: usize,
    bytes: Vec<u8>,
}

impl Unescaped {
    fn behind(bytes: &[u8]) -> Self {
        Unescaped {
            start: bytes.len(),
            bytes: Vec::new(),
        }
    }

    /// The cutter keeps a chunk small enough for 32 bits, twice over.
    fn cell(&mut self, bytes: &[u8], value: Value) -> Cell {
        let (kind, (start, end)) = match value {
            Value::Null => return Cell::NULL,
            Value::Token(span) => (Kind::Json, span),
            Value::String(text) if !text.escaped => (Kind::JsonString, text.span),
            Value::String(text) => {
                let start = self.start + self.bytes.len();
                unescape(&bytes[text.span.0..text.span.1], &mut self.bytes);
                (Kind::JsonString, (start, self.start + self.bytes.len()))
            }
        };
        Cell {
            start: start as u32,
            end: end as u32,
            kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members of all records, by one walk.
    fn members(text: &str, shape: Shape) -> Vec<(usize, String, String)> {
        let chunk = Chunk {
            bytes: text.as_bytes().to_vec(),
            ..Chunk::default()
        };
        let mut found = Vec::new();
        let member = |index: usize, name: Text, value: Value| {
            let name = String::from_utf8_lossy(&name.read(text.as_bytes())).into_owned();
            let value = match value {
                Value::Token((start, end)) => text[start..end].to_owned(),
                other => format!("{other:?}"),
            };
            found.push((index, name, value));
            Ok(())
        };
        walk(&chunk, shape, &Origin::named("t"), member, |_| {}).expect(text);
        found
    }

    #[test]
    fn names_are_those_of_their_own_record_whatever_stood_in_the_one_before() {
        let records = [
            r#"{"a":1,"b":2}"#,
            r#"{"a":3,"b":4}"#,
            r#"{"b" : 5, "a": 6, "c":7}"#,
            r#"{ "b" : 5, "a":   6, "c":7}"#,
            r#"{"ab":8}"#,
            r#"{"a":9,"\u0062":10,"c":11}"#,
            r#"{"a":12,"\u0062":13,"\"":14}"#,
            r#"{}"#,
            r#"{"a":15}"#,
        ];
        let alone = records.iter().flat_map(|one| members(one, Shape::Array));
        let alone: Vec<_> = alone.collect();
        assert_eq!(members(&records.join(", \n "), Shape::Array), alone);
        assert_eq!(members(&records.join("\n"), Shape::Lines), alone);
        assert_eq!(alone[15], (1, "b".to_owned(), "13".to_owned()));
    }

    /// 200 million names in one record took gigabytes beside its text.
    #[test]
    fn a_record_of_very_many_members_is_read_without_remembering_them_all() {
        let member = |n: usize| format!("\"m{n}\":{n}");
        let many: Vec<String> = (0..3 * REMEMBERED).map(member).collect();
        let record = format!("{{{}}}", many.join(","));
        let text = format!("{record},{record}");
        let mut scanner = Scanner::new(text.as_bytes(), 0);
        let mut habit = Habit::default();
        let mut index = 0;
        let span = scanner.object(|name, _| {
            habit.number(text.as_bytes(), index, name, |_| 0);
            index += 1;
            Ok(())
        });
        assert_eq!(span, Ok((0, record.len())));
        assert_eq!((index, habit.names.len()), (3 * REMEMBERED, REMEMBERED));
        assert_eq!(scanner.names.len(), REMEMBERED);
        let found = members(&text, Shape::Array);
        assert_eq!(found.len(), 6 * REMEMBERED);
        for (at, (index, name, value)) in found.iter().enumerate() {
            let n = at % (3 * REMEMBERED);
            assert_eq!(
                (*index, &**name, &**value),
                (n, &*format!("m{n}"), &*n.to_string())
            );
        }
    }
}
