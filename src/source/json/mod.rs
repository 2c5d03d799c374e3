//! JSON files: one array of objects (`.json`) or one object a line (`.jsonl`).
//!
//! JSON declares no columns, so [`Source::schema`] reads the whole file once:
//! its columns are the members of all records. That pass also counts the
//! records, and a read that decodes another number is not believed.

mod cut;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::cut::Cutter;
use super::location::{Format, Location, Spec};
use super::records::Shape;
use super::records::decode::{Decoder, twice, walk};
use super::records::scan::Scanner;
use super::records::string::{Span, Text};
use super::records::visit::{Each, Scan, Value, Visit};
use super::text::TextFile;
use super::{
    CHUNK, Chunk, Column, Context, Decode, Facts, Identity, Receipt, Schema, Sink, Source,
    Undeclared, Want, facts,
};
use crate::error::{Code, Failure, Result};
use crate::stop::Stop;

/// How much of the file is read for one record at least and at first at most.
const WINDOW: (u64, u64) = (4 << 10, 64 << 10);

/// Opens the file, whose name says which of the two shapes it has.
pub fn open(spec: &Spec, context: &Context) -> Result<Box<dyn Source>> {
    Ok(Box::new(Json::open(spec, context)?))
}

struct Json {
    file: TextFile,
    shape: Shape,
    stop: Stop,
    /// Known once `schema` has run.
    found: Option<Found>,
    /// How many bytes a chunk holds at least; tests make it small.
    chunk: usize,
}

/// What the whole file holds.
#[derive(Default)]
struct Found {
    names: Vec<String>,
    numbers: HashMap<Vec<u8>, usize>,
    records: u64,
    /// For each name the last record (from 1) that had it.
    seen: Vec<u64>,
}

impl Json {
    fn open(spec: &Spec, context: &Context) -> Result<Json> {
        let (path, shape) = match &spec.location {
            Location::File(path, Format::Json) => (path, Shape::Array),
            Location::File(path, Format::JsonLines) => (path, Shape::Lines),
            _ => {
                let why = "the JSON reader was given another kind of location";
                return Err(Failure::new(Code::Internal, why, ""));
            }
        };
        Ok(Json {
            file: TextFile::open(path, spec.text.encoding.as_deref())?.called(spec.name.as_deref()),
            shape,
            stop: context.stop.clone(),
            found: None,
            chunk: CHUNK,
        })
    }

    fn cutter(&self) -> Result<Cutter> {
        let reader = self.file.reader()?;
        Ok(Cutter::new(
            reader,
            self.file.origin(),
            self.shape,
            self.chunk,
        ))
    }

    fn found(&self) -> Result<&Found> {
        self.found.as_ref().ok_or_else(|| {
            let why = "the JSON source was read before its schema";
            Failure::new(Code::Internal, why, "")
        })
    }

    /// About how many bytes hold a record.
    fn window(&self) -> Result<usize> {
        let mean = self.file.size() / self.found()?.records.max(1);
        Ok((4 * mean).clamp(WINDOW.0, WINDOW.1) as usize)
    }
}

impl Found {
    /// Takes in the records of a chunk.
    fn add(&mut self, chunk: &Chunk, shape: Shape, json: &TextFile) -> Result<()> {
        let mut names = Names {
            bytes: &chunk.bytes,
            found: self,
        };
        walk(chunk, shape, &json.origin(), &mut names)
    }
}

/// Notes the names of a chunk's records.
struct Names<'c> {
    bytes: &'c [u8],
    found: &'c mut Found,
}

impl Visit for Names<'_> {
    fn number(&mut self, name: &[u8]) -> usize {
        let found = &mut *self.found;
        if let Some(number) = found.numbers.get(name) {
            return *number;
        }
        found.numbers.insert(name.to_vec(), found.names.len());
        found.names.push(String::from_utf8_lossy(name).into_owned());
        found.seen.push(0);
        found.names.len() - 1
    }

    fn member(&mut self, number: usize, name: Text, _: Value) -> Scan {
        let record = self.found.records + 1;
        match std::mem::replace(&mut self.found.seen[number], record) {
            before if before == record => Err(twice(&name.read(self.bytes), name.span.0)),
            _ => Ok(()),
        }
    }

    fn record(&mut self, _: Span) {
        self.found.records += 1;
    }
}

impl Source for Json {
    fn identity(&self) -> Identity {
        self.file.identity(match self.shape {
            Shape::Array => "JSON",
            Shape::Lines => "JSON Lines",
        })
    }

    fn schema(&mut self) -> Result<Schema> {
        let mut cutter = self.cutter()?;
        let mut found = Found::default();
        let mut buffer = Vec::new();
        while let Some(chunk) = cutter.next(|| std::mem::take(&mut buffer))? {
            self.stop.check()?;
            found.add(&chunk, self.shape, &self.file)?;
            buffer = chunk.bytes;
        }
        let columns = found.names.iter().map(|name| Column {
            name: name.clone(),
            declared: None,
        });
        let schema = Schema {
            columns: columns.collect(),
            key: None,
            estimate: Some(found.records),
            warnings: Vec::new(),
            undeclared: Undeclared::Json,
            ..Schema::default()
        };
        self.found = Some(found);
        Ok(schema)
    }

    fn decoder(&self, wants: &[Want]) -> Result<Arc<dyn Decode>> {
        let found = self.found()?;
        let mut places = HashMap::new();
        for (place, want) in wants.iter().enumerate() {
            let name = want.name.as_bytes();
            // Of a file without a record, or of empty ones, nothing says that it
            // lacks a column: it has no cell of it.
            if !found.names.is_empty() && !found.numbers.contains_key(name) {
                return Err(Failure::new(
                    Code::NotFound,
                    format!(
                        "{} has no column {:?}",
                        self.file.origin().name(),
                        want.name
                    ),
                    format!("Its columns are: {}.", found.names.join(", ")),
                ));
            }
            if places.insert(name.to_vec(), place).is_some() {
                let why = format!("the column {:?} is read twice", want.name);
                return Err(Failure::new(Code::Internal, why, ""));
            }
        }
        Ok(Arc::new(Decoder {
            origin: self.file.origin(),
            shape: self.shape,
            located: self.locates(),
            texts: vec![false; wants.len()],
            names: wants.iter().map(|want| want.name.clone()).collect(),
            places,
        }))
    }

    fn read(&mut self, _wants: &[Want], sink: &mut dyn Sink) -> Result<Receipt> {
        let start = Instant::now();
        let mut first_row = Duration::ZERO;
        let mut cutter = self.cutter()?;
        let rows = Some(self.found()?.records);
        while let Some(chunk) = cutter.next(|| sink.buffer())? {
            if first_row.is_zero() {
                first_row = start.elapsed();
            }
            if sink.push(chunk).is_break() {
                break;
            }
        }
        Ok(Receipt {
            rows,
            bytes: cutter.bytes_read(),
            snapshot: Some(self.file.snapshot()),
            first_row,
            ..Receipt::default()
        })
    }

    /// Offsets mean something only where the text is what lies on disk.
    fn locates(&self) -> bool {
        self.file.is_plain()
    }

    fn fetch(&mut self, _wants: &[Want], locators: &[u64], sink: &mut dyn Sink) -> Result<()> {
        let mut window = Window {
            file: &self.file,
            step: self.window()?,
            base: 0,
            bytes: Vec::new(),
        };
        for &locator in locators {
            let Some(record) = window.record(locator)? else {
                continue;
            };
            let mut bytes = sink.buffer();
            bytes.clear();
            bytes.extend_from_slice(record);
            let chunk = Chunk {
                bytes,
                base: locator,
                line: 0,
            };
            if sink.push(chunk).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn facts(&mut self, _: &[Want]) -> Facts {
        Facts {
            bytes: self.file.is_plain().then(|| self.file.size()),
            rows: self.found.as_ref().map(|found| facts::Rows {
                count: found.records,
                exact: true,
            }),
            ..Facts::default()
        }
    }

    fn verify_unchanged(&mut self) -> Result<()> {
        self.file.verify_unchanged()
    }
}

/// The part of the file in which records were last looked for.
struct Window<'a> {
    file: &'a TextFile,
    step: usize,
    base: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// The record at an offset, or `None` where none is any more.
    fn record(&mut self, at: u64) -> Result<Option<&[u8]>> {
        if !(self.base..self.base + self.bytes.len() as u64).contains(&at) {
            self.bytes.clear();
            self.base = at;
        }
        loop {
            let start = (at - self.base) as usize;
            let mut scanner = Scanner::new(&self.bytes, start);
            match scanner.object(&mut Each(|_, _| Ok(()))) {
                Ok((start, end)) => return Ok(Some(&self.bytes[start..end])),
                Err(fault) if fault.cut => {
                    self.bytes.drain(..start);
                    self.base = at;
                    let step = self.step.max(self.bytes.len());
                    let end = self.base + self.bytes.len() as u64;
                    if self.file.read_at(&mut self.bytes, end, step)? == 0 {
                        return Ok(None);
                    }
                }
                Err(_) => return Ok(None),
            }
        }
    }
}
