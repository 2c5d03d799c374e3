//! The header row: names, each once and none empty, or a failure that says what
//! the file looks like instead.

use super::cut;
use super::dialect::Dialect;
use super::faults;
use super::split::{Fault, Form, Visit, split, unescape};
use crate::error::{Code, Failure, Result};
use crate::source::text::{Origin, Reader};

/// The first record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub names: Vec<String>,
    /// Its length in the text, line end included, without a byte order mark.
    pub len: usize,
    /// The lines it takes up.
    pub lines: u64,
    /// Offset in the text of the record behind it.
    pub end: u64,
}

impl Header {
    /// Reads the header and at least `sample` bytes, if there are so many, and
    /// returns both: the header and all that was read.
    pub fn read(
        reader: &mut Reader,
        dialect: &Dialect,
        origin: &Origin,
        sample: usize,
    ) -> Result<(Header, Vec<u8>)> {
        let mut bytes = Vec::new();
        let len = loop {
            let wanted = sample.max(bytes.len()).max(1);
            let ended = reader.extend(&mut bytes, wanted)? < wanted;
            let cut = cut::first(&bytes, dialect.delimiter);
            if cut.whole > 0 || ended {
                break if cut.whole > 0 {
                    cut.whole
                } else {
                    bytes.len()
                };
            }
            if bytes.len() > super::RECORD_LIMIT {
                return Err(faults::too_long(
                    origin,
                    cut.open,
                    &bytes,
                    reader.start(),
                    0,
                ));
            }
        };
        let header = Header::parse(&bytes[..len], dialect, origin, reader.start())?;
        Ok((header, bytes))
    }

    fn parse(record: &[u8], dialect: &Dialect, origin: &Origin, start: u64) -> Result<Header> {
        refuse_other_formats(record, dialect, origin)?;
        if std::str::from_utf8(record).is_err() {
            return Err(origin.invalid_utf8(record, start, 0));
        }
        let mut names = Names {
            bytes: record,
            names: Vec::new(),
        };
        split(record, dialect.delimiter, &mut names)
            .map_err(|fault| faults::explain(origin, fault, record, start, 0, 0))?;
        let names = names.names;
        check(&names, origin, start)?;
        Ok(Header {
            names,
            len: record.len(),
            lines: memchr::memchr_iter(b'\n', record).count() as u64,
            end: start + record.len() as u64,
        })
    }
}

/// Collects the cells of the one record.
struct Names<'a> {
    bytes: &'a [u8],
    names: Vec<String>,
}

impl Visit for Names<'_> {
    fn cell(&mut self, start: usize, end: usize, form: Form) {
        let mut name = Vec::new();
        match form {
            Form::Escaped => unescape(&self.bytes[start..end], &mut name),
            Form::Bare | Form::Quoted => name.extend_from_slice(&self.bytes[start..end]),
        }
        self.names.push(String::from_utf8_lossy(&name).into_owned());
    }

    fn record(&mut self, _start: usize, _end: usize) -> Result<(), Fault> {
        Ok(())
    }
}

fn check(names: &[String], origin: &Origin, start: u64) -> Result<()> {
    let wrong = |why: String, next: &str| Err(origin.malformed(1, start, why, next));
    if names.is_empty() || names == [""] {
        return wrong(
            "there is no header row".into(),
            "put the column names in the first line",
        );
    }
    let empty: Vec<usize> = (1..)
        .zip(names)
        .filter_map(|(place, name)| name.is_empty().then_some(place))
        .collect();
    if !empty.is_empty() {
        let places: Vec<String> = empty.iter().map(usize::to_string).collect();
        return wrong(
            format!("the header has no name for column {}", places.join(", ")),
            "give every column a name in the first line",
        );
    }
    let mut seen = std::collections::HashMap::new();
    for (place, name) in (1..).zip(names) {
        if let Some(earlier) = seen.insert(name, place) {
            return wrong(
                format!("the header names \"{name}\" twice, as columns {earlier} and {place}"),
                "give every column a name of its own",
            );
        }
    }
    Ok(())
}

/// A web page or JSON under a CSV name is told as such: as CSV it might even parse.
fn refuse_other_formats(record: &[u8], dialect: &Dialect, origin: &Origin) -> Result<()> {
    let text = record.trim_ascii_start();
    let begins = |prefix: &str| {
        text.get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    let looks = if ["<!doctype", "<html", "<?xml", "<head"]
        .into_iter()
        .any(begins)
    {
        "HTML or XML"
    } else if json(text) {
        "JSON"
    } else {
        return Ok(());
    };
    Err(Failure::new(
        Code::Malformed,
        format!(
            "{}: line 1: this looks like {looks}, not {}",
            origin.name(),
            dialect.engine
        ),
        "look at what wrote the file, or let its name say its format (.json, .jsonl)",
    ))
}

fn json(text: &[u8]) -> bool {
    let Some((b'{' | b'[', rest)) = text.split_first() else {
        return false;
    };
    matches!(
        rest.trim_ascii_start().first(),
        None | Some(b'"' | b'{' | b'}' | b']')
    )
}
