//! A file as rows: read whole, in chunks of every size and by offset; and each
//! kind of bad input with what is said of it.

mod bad;
mod model;
mod rows;

use std::path::{Path, PathBuf};

use super::*;
use crate::source::location::{Format, TextOptions};
use crate::source::{Chunk, Rows};
use crate::value::Raw;

/// Takes chunks as they come.
#[derive(Default)]
struct Kept(Vec<Chunk>);

impl Sink for Kept {
    fn buffer(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn push(&mut self, chunk: Chunk) -> ControlFlow<()> {
        self.0.push(chunk);
        ControlFlow::Continue(())
    }
}

/// One row: its cells, its locator, its raw bytes.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    cells: Vec<Option<String>>,
    at: Option<u64>,
    span: Option<Vec<u8>>,
}

/// A directory that goes away with it, and a file in it.
struct Saved {
    path: PathBuf,
    _dir: tempfile::TempDir,
}

fn saved(name: &str, bytes: &[u8]) -> Saved {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    Saved { path, _dir: dir }
}

fn spec(path: &Path, text: TextOptions) -> Spec {
    let name = path.to_string_lossy();
    let format = if name.contains(".tsv") {
        Format::Tsv
    } else {
        Format::Csv
    };
    Spec {
        text,
        ..Spec::new(Location::File(path.to_owned(), format))
    }
}

fn wants<S: AsRef<str>>(names: &[S]) -> Vec<Want> {
    let want = |name: &S| Want {
        name: name.as_ref().to_owned(),
        ..Want::default()
    };
    names.iter().map(want).collect()
}

/// All columns of `csv`.
fn all(csv: &Csv) -> Vec<Want> {
    wants(&csv.header().unwrap().names)
}

fn decoded(csv: &Csv, wants: &[Want], chunks: Vec<Chunk>) -> Result<Vec<Row>> {
    let decoder = csv.decoder(wants)?;
    let (mut out, mut rows) = (Vec::new(), Rows::default());
    for mut chunk in chunks {
        decoder.decode(&mut chunk, &mut rows)?;
        let bytes = crate::source::Bytes::of(&chunk, &rows.cells);
        for index in 0..rows.len() {
            let text = |cell: &crate::source::Cell| match cell.raw(bytes) {
                Raw::Null => None,
                Raw::Text(text) => Some(text.to_owned()),
                other => panic!("CSV has no {other:?}"),
            };
            out.push(Row {
                cells: rows.row(index).iter().map(text).collect(),
                at: rows.locators.get(index).copied(),
                span: (!rows.spans.is_empty()).then(|| rows.span(index, bytes).to_vec()),
            });
        }
    }
    Ok(out)
}

fn read(csv: &mut Csv, wants: &[Want]) -> Result<Vec<Row>> {
    let mut kept = Kept::default();
    csv.read(wants, &mut kept)?;
    decoded(csv, wants, kept.0)
}

/// Opens a file and reads all its rows, in chunks of so many bytes.
fn rows_with(path: &Path, text: TextOptions, chunk: usize) -> Result<Vec<Row>> {
    let mut csv = Csv::open(&spec(path, text))?;
    csv.sizes.chunk = chunk;
    csv.schema()?;
    let wants = all(&csv);
    read(&mut csv, &wants)
}

fn cells_of(name: &str, bytes: &[u8], text: TextOptions) -> Result<Vec<Vec<Option<String>>>> {
    let file = saved(name, bytes);
    let rows = rows_with(&file.path, text, CHUNK)?;
    Ok(rows.into_iter().map(|row| row.cells).collect())
}

/// What a plain CSV file without options holds.
fn cells(bytes: &[u8]) -> Result<Vec<Vec<Option<String>>>> {
    cells_of("a.csv", bytes, TextOptions::default())
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}
