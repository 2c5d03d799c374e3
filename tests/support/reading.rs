//! Reads a source whole, as the run does, into plain vectors.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use shadowgate::error::Failure;
use shadowgate::secret::Secret;
use shadowgate::source::location::{Location, Query, Spec};
use shadowgate::source::{
    Chunk, Context, Decode, Kind, Receipt, Rows, Schema, Sink, Source, Want, postgres,
};

/// A PostgreSQL side with test-sized timeouts; neither table nor query yet.
pub fn spec(url: &str) -> Spec {
    Spec {
        statement_timeout: Duration::from_secs(60),
        lock_timeout: Duration::from_secs(5),
        connect_timeout: Duration::from_secs(5),
        ..Spec::new(Location::Postgres(Secret::new(url)))
    }
}

pub fn table(url: &str, table: &str) -> Spec {
    Spec {
        table: Some(table.to_owned()),
        ..spec(url)
    }
}

pub fn query(url: &str, sql: &str) -> Spec {
    Spec {
        query: Some(Query {
            sql: sql.to_owned(),
            file: PathBuf::from("queries/test.sql"),
        }),
        ..spec(url)
    }
}

/// Opens and looks up the schema.
pub fn open(spec: &Spec) -> Result<(Box<dyn Source>, Schema), Failure> {
    let mut source = postgres::open(spec, &Context::default())?;
    let schema = source.schema()?;
    Ok((source, schema))
}

/// Why a side cannot be opened.
pub fn refused(spec: &Spec) -> Failure {
    open(spec).err().expect("this side cannot be opened")
}

/// Every column, in its own form.
pub fn wants(schema: &Schema) -> Vec<Want> {
    let want = |column: &shadowgate::source::Column| Want {
        name: column.name.clone(),
        ..Want::default()
    };
    schema.columns.iter().map(want).collect()
}

/// Every column, as text.
pub fn wants_text(schema: &Schema) -> Vec<Want> {
    let as_text = |want| Want {
        as_text: true,
        ..want
    };
    wants(schema).into_iter().map(as_text).collect()
}

/// A sink that keeps everything, and breaks off after so many chunks.
#[derive(Default)]
pub struct Keep {
    pub chunks: Vec<Chunk>,
    pub limit: Option<usize>,
    /// Called after each chunk with their number.
    pub then: Option<Box<dyn FnMut(usize)>>,
}

impl Sink for Keep {
    fn buffer(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn push(&mut self, chunk: Chunk) -> ControlFlow<()> {
        self.chunks.push(chunk);
        if let Some(then) = &mut self.then {
            then(self.chunks.len());
        }
        match self.limit.is_some_and(|limit| self.chunks.len() >= limit) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

/// One row: its locator, where it has one, and its cells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    pub locator: Option<u64>,
    pub cells: Vec<Option<Vec<u8>>>,
}

impl Read {
    /// A cell that is text.
    pub fn text(&self, index: usize) -> &str {
        let cell = self.cells[index].as_deref().expect("not NULL");
        std::str::from_utf8(cell).expect("UTF-8")
    }
}

pub fn decode(decoder: &Arc<dyn Decode>, chunks: Vec<Chunk>) -> Vec<Read> {
    let mut reads = Vec::new();
    let mut rows = Rows::default();
    for mut chunk in chunks {
        decoder.decode(&mut chunk, &mut rows).expect("whole tuples");
        for index in 0..rows.len() {
            let cell = |cell: &shadowgate::source::Cell| {
                let bytes = &chunk.bytes[cell.start as usize..cell.end as usize];
                (cell.kind != Kind::Null).then(|| bytes.to_vec())
            };
            reads.push(Read {
                locator: rows.locators.get(index).copied(),
                cells: rows.row(index).iter().map(cell).collect(),
            });
        }
    }
    reads
}

/// All rows and the receipt.
pub fn read(source: &mut dyn Source, wants: &[Want]) -> Result<(Vec<Read>, Receipt), Failure> {
    let mut keep = Keep::default();
    let receipt = source.read(wants, &mut keep)?;
    let decoder = source.decoder(wants)?;
    Ok((decode(&decoder, keep.chunks), receipt))
}

/// The rows at these locators.
pub fn fetch(source: &mut dyn Source, wants: &[Want], locators: &[u64]) -> Vec<Read> {
    let mut keep = Keep::default();
    source.fetch(wants, locators, &mut keep).expect("fetched");
    let decoder = source.decoder(wants).expect("a decoder");
    decode(&decoder, keep.chunks)
}
