//! CSV and TSV files, strictly: a header row, and behind it rows of as many
//! cells. What a lenient reader would repair in silence is an error here, since
//! two files repaired alike could pass.
//!
//! TSV has the same quoting rules with a tab as its delimiter. Only an unquoted
//! cell equal to a null token is NULL; a quoted one is text, so `""` is ''. In a
//! file of one column a blank line is a row; in any other, blank lines at the
//! end of the file are ignored and elsewhere they are ragged rows.

mod chunks;
mod cut;
mod decode;
mod dialect;
mod faults;
mod fetch;
mod header;
mod split;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use memchr::memchr_iter;

use super::location::{Location, Spec};
use super::text::TextFile;
use super::{
    CHUNK, Column, Decode, Facts, Identity, Receipt, Schema, Sink, Source, Undeclared, Want,
};
use crate::error::{Code, Failure, Result};
use chunks::Chunks;
use decode::Decoder;
use dialect::Dialect;
use header::Header;

/// No record is longer, or places in a chunk would not fit 32 bits.
const RECORD_LIMIT: usize = 1 << 30;

/// Opens a CSV or TSV file. Nothing is read yet.
pub fn open(spec: &Spec) -> Result<Box<dyn Source>> {
    Ok(Box::new(Csv::open(spec)?))
}

struct Csv {
    file: TextFile,
    dialect: Dialect,
    sizes: Sizes,
    /// Known once [`Source::schema`] has run.
    header: Option<Header>,
}

/// How many bytes chunks aim at, and how many a record may have.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    chunk: usize,
    record: usize,
}

impl Csv {
    fn open(spec: &Spec) -> Result<Csv> {
        let Location::File(path, format) = &spec.location else {
            return Err(Failure::new(
                Code::Internal,
                "what is not a file was opened as one",
                "report this as a bug",
            ));
        };
        Ok(Csv {
            dialect: Dialect::new(*format, &spec.text)?,
            file: TextFile::open(path, spec.text.encoding.as_deref())?.called(spec.name.as_deref()),
            sizes: Sizes {
                chunk: CHUNK,
                record: RECORD_LIMIT,
            },
            header: None,
        })
    }

    /// What to tell where the last line has no end: a file that was cut there
    /// looks like one that was written so. A compressed one knows its own end.
    fn unended(&self) -> Result<Option<String>> {
        let mut last = Vec::new();
        if self.file.is_plain() {
            let offset = self.file.size().saturating_sub(1);
            self.file.read_at(&mut last, offset, 1)?;
        }
        Ok((!matches!(last.as_slice(), [] | b"\n")).then(|| {
            format!(
                "{} has no line end after its last line: if its writer writes one, the file was cut",
                self.file.origin().name()
            )
        }))
    }

    fn header(&self) -> Result<&Header> {
        self.header.as_ref().ok_or_else(|| {
            Failure::new(
                Code::Internal,
                "rows were asked for before the schema",
                "report this as a bug",
            )
        })
    }
}

impl Source for Csv {
    fn identity(&self) -> Identity {
        self.file.identity(self.dialect.engine)
    }

    fn schema(&mut self) -> Result<Schema> {
        let mut reader = self.file.reader()?;
        let origin = self.file.origin();
        let (header, sample) = Header::read(&mut reader, &self.dialect, &origin, self.sizes.chunk)?;
        let rows = memchr_iter(b'\n', &sample[header.len..]).count() as u64;
        let estimate = (u128::from(rows) * u128::from(self.file.size()))
            .checked_div(u128::from(reader.bytes_read()));
        let columns = header.names.iter().map(|name| Column {
            name: name.clone(),
            declared: None,
        });
        let schema = Schema {
            columns: columns.collect(),
            key: None,
            estimate: estimate.and_then(|rows| u64::try_from(rows).ok()),
            warnings: self.unended()?.into_iter().collect(),
            undeclared: Undeclared::Text,
            ..Schema::default()
        };
        self.header = Some(header);
        Ok(schema)
    }

    fn decoder(&self, wants: &[Want]) -> Result<Arc<dyn Decode>> {
        let names = &self.header()?.names;
        let origin = self.file.origin();
        let decoder = Decoder::new(&self.dialect, origin, names, wants, self.locates())?;
        Ok(Arc::new(decoder))
    }

    fn read(&mut self, _wants: &[Want], sink: &mut dyn Sink) -> Result<Receipt> {
        let began = Instant::now();
        let (delimiter, origin) = (self.dialect.delimiter, self.file.origin());
        let reader = self.file.reader()?;
        let mut chunks = Chunks::new(reader, origin, delimiter, self.header()?, self.sizes)?;
        let mut receipt = Receipt {
            snapshot: Some(self.file.snapshot()),
            ..Receipt::default()
        };
        while let Some(chunk) = chunks.next(sink.buffer())? {
            if receipt.first_row.is_zero() {
                receipt.first_row = began.elapsed();
            }
            if sink.push(chunk) == ControlFlow::Break(()) {
                break;
            }
        }
        receipt.bytes = chunks.bytes_read();
        self.verify_unchanged()?;
        Ok(receipt)
    }

    fn locates(&self) -> bool {
        self.file.is_plain()
    }

    fn fetch(&mut self, _wants: &[Want], locators: &[u64], sink: &mut dyn Sink) -> Result<()> {
        fetch::fetch(&self.file, &self.dialect, locators, self.sizes.chunk, sink)
    }

    fn facts(&mut self, _: &[Want]) -> Facts {
        Facts {
            bytes: self.file.is_plain().then(|| self.file.size()),
            ..Facts::default()
        }
    }

    fn verify_unchanged(&mut self) -> Result<()> {
        self.file.verify_unchanged()
    }
}
