//! The working half: from a chunk of records to cells.

use simdutf8::basic::from_utf8;
use std::collections::HashMap;

use memchr::{memchr, memchr_iter};

use super::doubt;
use super::scan::Scanner;
use super::string::{Span, Text, unescape};
use super::visit::{Fault, Scan, Value, Visit};
use super::{Shape, between};
use crate::error::{Code, Failure, Result};
use crate::source::text::Origin;
use crate::source::{Cell, Chunk, Decode, Kind, Rows};

/// Checks a chunk's text and goes through its records.
pub fn walk(
    chunk: &Chunk,
    shape: Shape,
    origin: &Origin,
    visit: &mut impl Visit,
) -> Result<(), Failure> {
    let bytes = chunk.bytes.as_slice();
    if from_utf8(bytes).is_err() {
        return Err(origin.invalid_utf8(bytes, chunk.base, chunk.line));
    }
    let done = match shape {
        Shape::Array => array(bytes, visit),
        Shape::Lines => lines(bytes, visit),
    };
    done.map_err(|fault| explain(chunk, origin, fault))
}

fn array(bytes: &[u8], visit: &mut impl Visit) -> Scan {
    let mut scanner = Scanner::new(bytes, 0);
    loop {
        between(&mut scanner);
        if scanner.peek().is_none() {
            return Ok(());
        }
        let span = scanner.object(visit)?;
        visit.record(span);
    }
}

fn lines(bytes: &[u8], visit: &mut impl Visit) -> Scan {
    let mut start = 0;
    let mut scanner = Scanner::new(bytes, 0);
    while start < bytes.len() {
        let newline = memchr(b'\n', &bytes[start..]);
        let end = newline.map_or(bytes.len(), |found| start + found);
        scanner.go_to(start, &bytes[..end]);
        line(&mut scanner, visit).map_err(|fault| Fault {
            // Only a last line without its end may have been cut short.
            cut: fault.cut && newline.is_none(),
            ..fault
        })?;
        start = end + 1;
    }
    Ok(())
}

/// The record of the line that the scanner is at; a blank one holds none.
fn line(scanner: &mut Scanner<'_>, visit: &mut impl Visit) -> Scan {
    scanner.space();
    match scanner.peek() {
        None => return Ok(()),
        Some(b'{') => {
            let span = scanner.object(visit)?;
            visit.record(span);
        }
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
        rows.clear(self.names.len());
        let mut cells = Cells {
            decoder: self,
            bytes: &chunk.bytes,
            base: chunk.base,
            texts: Unescaped::behind(&chunk.bytes),
            start: 0,
            rows,
        };
        cells.begin();
        walk(chunk, self.shape, &self.origin, &mut cells)?;
        let mut texts = cells.end();
        chunk.bytes.append(&mut texts);
        Ok(())
    }

    /// Equal records are equal cells, if the same names are wanted of them.
    fn raw_form(&self) -> Option<String> {
        Some(format!("json:{:?}", self.names))
    }
}

/// The cells of a chunk's records.
struct Cells<'c> {
    decoder: &'c Decoder,
    bytes: &'c [u8],
    base: u64,
    texts: Unescaped,
    /// Where the cells of the record under way begin.
    start: usize,
    rows: &'c mut Rows,
}

impl Cells<'_> {
    /// A record has none of its cells before they come.
    fn begin(&mut self) {
        self.start = self.rows.cells.len();
        let end = self.start + self.decoder.names.len();
        self.rows.cells.resize(end, Cell::ABSENT);
    }

    /// Drops the record that was begun, as no further one came.
    fn end(self) -> Vec<u8> {
        self.rows.cells.truncate(self.start);
        self.texts.bytes
    }
}

impl Visit for Cells<'_> {
    fn number(&mut self, name: &[u8]) -> usize {
        let place = self.decoder.places.get(name);
        place.copied().unwrap_or(UNWANTED)
    }

    fn member(&mut self, place: usize, name: Text, value: Value) -> Scan {
        let record = &mut self.rows.cells[self.start..];
        let Some(cell) = record.get_mut(place) else {
            return Ok(());
        };
        if *cell != Cell::ABSENT {
            return Err(twice(&name.read(self.bytes), name.span.0));
        }
        *cell = self.texts.cell(self.bytes, value);
        if cell.kind == Kind::JsonString && self.decoder.texts[place] {
            cell.kind = Kind::Text;
        }
        Ok(())
    }

    fn record(&mut self, span: Span) {
        self.rows.spans.push((span.0 as u32, span.1 as u32));
        if self.decoder.located {
            self.rows.locators.push(self.base + span.0 as u64);
        }
        self.begin();
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
    use super::super::scan::REMEMBERED;
    use super::super::visit::Each;
    use super::*;

    /// Numbers names as they come, and holds that a number tells the name.
    struct Seen<'t> {
        text: &'t str,
        names: Vec<Vec<u8>>,
        found: Vec<(String, String)>,
    }

    impl Visit for Seen<'_> {
        fn number(&mut self, name: &[u8]) -> usize {
            self.names.push(name.to_vec());
            self.names.len() - 1
        }

        fn member(&mut self, number: usize, name: Text, value: Value) -> Scan {
            let name = name.read(self.text.as_bytes());
            assert_eq!(self.names[number], *name);
            let value = match value {
                Value::Token((start, end)) => self.text[start..end].to_owned(),
                other => format!("{other:?}"),
            };
            self.found
                .push((String::from_utf8_lossy(&name).into_owned(), value));
            Ok(())
        }
    }

    /// The members of all records, by one walk.
    fn members(text: &str, shape: Shape) -> Vec<(String, String)> {
        let chunk = Chunk {
            bytes: text.as_bytes().to_vec(),
            ..Chunk::default()
        };
        let mut seen = Seen {
            text,
            names: Vec::new(),
            found: Vec::new(),
        };
        walk(&chunk, shape, &Origin::named("t"), &mut seen).expect(text);
        seen.found
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
        assert_eq!(alone[15], ("b".to_owned(), "13".to_owned()));
    }

    /// 200 million names in one record took gigabytes beside its text.
    #[test]
    fn a_record_of_very_many_members_is_read_without_remembering_them_all() {
        let member = |n: usize| format!("\"m{n}\":{n}");
        let many: Vec<String> = (0..3 * REMEMBERED).map(member).collect();
        let record = format!("{{{}}}", many.join(","));
        let text = format!("{record},{record}");
        let mut scanner = Scanner::new(text.as_bytes(), 0);
        let count = std::cell::Cell::new(0);
        let span = scanner.object(&mut Each(|_, _| {
            count.set(count.get() + 1);
            Ok(())
        }));
        assert_eq!(span, Ok((0, record.len())));
        assert_eq!(count.get(), 3 * REMEMBERED);
        assert_eq!(scanner.known.len(), REMEMBERED);
        let found = members(&text, Shape::Array);
        assert_eq!(found.len(), 6 * REMEMBERED);
        for (at, (name, value)) in found.iter().enumerate() {
            let n = at % (3 * REMEMBERED);
            assert_eq!((&**name, &**value), (&*format!("m{n}"), &*n.to_string()));
        }
    }
}
