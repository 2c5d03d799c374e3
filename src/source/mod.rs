//! Where rows come from. A source says which columns it has, streams its rows
//! in chunks of raw cells and ends with a [`Receipt`]; it never writes,
//! compares or hashes, and it never makes truncation look like fewer rows.
//!
//! Reading has two halves. [`Source::read`] runs on a thread of its own and only
//! moves bytes: it cuts the stream into [`Chunk`]s at row boundaries. A
//! [`Decode`] turns a chunk into [`Rows`] on whichever worker is free.

pub mod argv;
pub mod ask;
pub mod backoff;
pub mod batch;
pub mod breaker;
pub mod command;
pub mod context;
pub mod csv;
pub mod facts;
pub mod json;
pub mod jwt;
pub mod keys;
pub mod lag;
pub mod location;
pub mod postgres;
pub mod postgrest;
pub mod records;
pub mod spec;
pub mod spool;
pub mod sqlite;
pub mod text;
pub mod throttle;
mod tls;
pub mod window;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

pub use batch::{Bytes, Cell, Chunk, Kind, Rows};
pub use context::{Context, Limits, Rate};
pub use facts::Facts;
pub use keys::{KeyColumn, Keys};
pub use location::Location;

use crate::error::{Code, Failure, Result};
use crate::value::Type;
use ask::{Answer, Question};
use location::{Format, Spec};
use window::Bounds;

/// What a source knows about its columns and rows before it is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    pub columns: Vec<Column>,
    /// The primary key, else the single unique index over NOT NULL columns.
    pub key: Option<Vec<String>>,
    /// The source's own estimate of its rows, for progress only.
    pub estimate: Option<u64>,
    /// When its rows are as they are read, by its own clock: µs since 2000-01-01
    /// UTC. `None`: it has no clock.
    pub now: Option<i64>,
    /// What the user should know, such as a type compared by its text.
    pub warnings: Vec<String>,
    /// What cells are whose column declares no type.
    pub undeclared: Undeclared,
    pub form: Form,
}

/// How the cells of undeclared columns are typed: all as text (CSV, TSV,
/// SQLite), or each as its JSON token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Undeclared {
    #[default]
    Text,
    Json,
}

/// One column of a source, under its own name (before `rename`).
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    /// Only where the source declares types that bind (PostgreSQL).
    pub declared: Option<Declared>,
}

/// A declared type: as the engine prints it, and as shadowgate knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    pub name: String,
    pub ty: Type,
}

/// How a server sends the cells of its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// A declared column in its type's binary form.
    #[default]
    Wire,
    /// Every column as a JSON token, or as its text where that is asked for.
    Json,
}

/// One column to read, in the order in which the rows shall hold them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Want {
    /// The source's own name of the column.
    pub name: String,
    /// Asks a typed source for its text form, where the column is compared as
    /// a type that its binary form does not lead to.
    pub as_text: bool,
    /// Part of the key. A source that reads in pages orders them by it.
    pub key: bool,
}

/// What a source says when its stream has come to its own end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receipt {
    /// Rows the source says it sent or holds; the rows decoded must equal it.
    pub rows: Option<u64>,
    /// Bytes read from disk or network.
    pub bytes: u64,
    /// The snapshot or version that was read.
    pub snapshot: Option<String>,
    /// From the request to the first row.
    pub first_row: Duration,
    /// How long it took until there was anything to request: a command that ran.
    pub prepared: Duration,
    /// How many requests brought rows, where the source is read in pages.
    pub pages: Option<u64>,
    /// What the source counted itself, before and after it was read.
    pub counts: Option<[u64; 2]>,
    /// How far behind it was, where it is a standby: the larger of before and after.
    pub lag: Option<lag::Lag>,
    /// How often a request was made again.
    pub retries: u64,
    /// Whether only the rows of some keys were asked for.
    pub by_key: bool,
    /// What speaks against this having been all rows, although the stream came
    /// to its end.
    pub doubt: Option<Failure>,
    /// What the user should know of how it was read.
    pub warnings: Vec<String>,
}

/// Who a source is, without secrets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identity {
    /// The location as shown to people: `postgres://app@db.example/listings`.
    pub location: String,
    /// The table, or the query's file.
    pub relation: Option<String>,
    /// Engine and version: `PostgreSQL 15.8`, `SQLite 3.46`, `CSV`.
    pub engine: String,
    /// Equal on both sides if both read the same file (device and inode) or the
    /// same stored tables of one database, by whatever words: a table, a view of
    /// it, a query over it.
    pub store: Option<String>,
    /// Of a server: its host, its database where the location names one, and as
    /// whom it is read.
    pub host: Option<String>,
    pub database: Option<String>,
    pub role: Option<String>,
}

/// Where a stream goes. It may block while all buffers are in use, which is
/// what keeps a source from running ahead of the workers.
pub trait Sink {
    /// An empty buffer for the next chunk, used before where one is free.
    fn buffer(&mut self) -> Vec<u8>;

    /// Takes a chunk of whole rows; `Break` asks the source to stop early.
    fn push(&mut self, chunk: Chunk) -> ControlFlow<()>;
}

/// About how many bytes a source puts into a chunk: few enough to stay in a
/// core's cache with the cells cut from them, many enough to be worth a task.
/// One row larger than this is a chunk of its own.
pub const CHUNK: usize = 256 << 10;

/// One side's rows.
pub trait Source: Send {
    fn identity(&self) -> Identity;

    /// Columns, key and estimate. Takes the snapshot in which all that follows is read.
    fn schema(&mut self) -> Result<Schema>;

    /// How chunks of a read for `wants` become rows.
    fn decoder(&self, wants: &[Want]) -> Result<Arc<dyn Decode>>;

    /// Streams every row once. `Ok` only if the stream came to its own end
    /// (trailer, closing bracket, end of file at a row's end), or the sink broke it off.
    fn read(&mut self, wants: &[Want], sink: &mut dyn Sink) -> Result<Receipt>;

    /// Whether rows carry locators by which [`Source::fetch`] finds them again.
    /// Known once [`Source::schema`] has run.
    fn locates(&self) -> bool;

    /// Streams the rows at these locators (ascending), in any order, from the
    /// same snapshot, in chunks for the same decoder. A row that is not there
    /// any more is simply not sent: the caller counts.
    fn fetch(&mut self, wants: &[Want], locators: &[u64], sink: &mut dyn Sink) -> Result<()>;

    /// The column (its own name) by whose order the reading could be divided
    /// between connections, if values of it from all over the rows were known.
    fn divides_by(&self, wants: &[Want]) -> Option<String> {
        let _ = wants;
        None
    }

    /// Gives it such values, before it is read.
    fn divide(&mut self, bounds: Vec<String>) {
        let _ = bounds;
    }

    /// Up to `count` values of a column as text, from all over the rows, in any
    /// order: none where they would cost as much as reading.
    fn sample(&mut self, column: &str, count: usize) -> Result<Vec<String>> {
        let _ = (column, count);
        Ok(Vec::new())
    }

    /// What it can say of itself, for a check-up: also where [`Source::schema`]
    /// has failed, and then as far as it goes.
    fn facts(&mut self, wants: &[Want]) -> Facts {
        let _ = wants;
        Facts::default()
    }

    /// Streams the rows of these keys once, in any order, in chunks for the same
    /// decoder, and perhaps rows of other keys that the server takes for equal.
    /// `None`, and nothing sent: it cannot find rows by such keys.
    fn read_keys(
        &mut self,
        wants: &[Want],
        keys: &Keys,
        sink: &mut dyn Sink,
    ) -> Result<Option<Receipt>> {
        let _ = (wants, keys, sink);
        Ok(None)
    }

    /// Leaves out rows outside these bounds from here on. `false`: its server cannot
    /// tell them, and they go on coming.
    fn narrow(&mut self, bounds: &Bounds) -> Result<bool> {
        let _ = bounds;
        Ok(false)
    }

    /// How many rows that leaves out. `None`: it leaves none out by itself.
    fn left_out(&mut self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Answers a small question without sending its rows, once [`Source::schema`]
    /// has run. `None`: its rows would have to be read for that. A failure may
    /// end the snapshot, so whoever asks does not read from this source as well.
    fn ask(&mut self, question: &Question) -> Result<Option<Answer>> {
        let _ = question;
        Ok(None)
    }

    /// Fails if what was read has changed since [`Source::schema`].
    fn verify_unchanged(&mut self) -> Result<()>;
}

/// Opens what a side's configuration names. Connections may be made, files
/// opened and a command run; no row is read.
pub fn open(spec: &Spec, context: &Context) -> Result<Box<dyn Source>> {
    match &spec.location {
        Location::File(_, Format::Csv | Format::Tsv) => csv::open(spec),
        Location::File(_, Format::Json | Format::JsonLines) => json::open(spec, context),
        Location::Sqlite(_) => sqlite::open(spec, context),
        Location::Postgres(_) => postgres::open(spec, context),
        Location::Rest(_) => postgrest::open(spec, context),
        Location::Command(line) => {
            let ran = command::run(line, spec, context)?;
            let inner = open(&ran.spec(), context)?;
            ran.around(inner)
        }
    }
}

/// Why a side cannot be looked at without side effects: to open a command is to
/// run it. `None` where opening does no more than that.
pub fn not_to_be_opened(spec: &Spec) -> Option<Failure> {
    let Location::Command(line) = &spec.location else {
        return None;
    };
    Some(command::look(line, spec).err().unwrap_or_else(|| {
        Failure::new(
            Code::Undecided,
            "it could be started, and a check-up does not run it",
            "see what it prints with `shadowgate columns`, which runs it",
        )
    }))
}

/// The rows of a query of the user's own, called `name`, as they are now and not
/// in any snapshot: SQL, or a table in PostgREST's terms.
pub fn rows(spec: &Spec, text: &str, name: &str, context: &Context) -> Result<ask::Answer> {
    match &spec.location {
        Location::Rest(_) => postgrest::rows(spec, text, name, context),
        Location::Postgres(_) => postgres::rows(spec, text, name, context),
        _ => {
            let mut source = open(spec, context)?;
            source.schema()?;
            let (text, name) = (text.to_owned(), name.to_owned());
            let answer = source.ask(&ask::Question::Rows { text, name })?;
            answer.ok_or_else(|| ask::no_queries(&spec.location.to_string()))
        }
    }
}

/// Turns chunks into rows; shared by all workers.
pub trait Decode: Send + Sync {
    /// Replaces `rows` with those of `chunk`, one cell per wanted column. May
    /// append to `chunk.bytes` (unescaped cells). A failure names its place
    /// (line, byte, column).
    fn decode(&self, chunk: &mut Chunk, rows: &mut Rows) -> Result<(), Failure>;

    /// Names the form of a row's raw bytes, where those bytes alone determine
    /// every wanted cell (then [`Rows::spans`] is filled). Two sides of equal
    /// forms whose pipelines are equal and read anything may be compared by
    /// their spans: equal bytes are equal rows. The converse need not hold.
    fn raw_form(&self) -> Option<String>;

    /// The same rows, checked as strictly, with only their first `count` cells
    /// and the spans of all: what telling rows apart by their raw bytes needs.
    /// `None` where that would save nothing.
    fn first_cells(&self, count: usize) -> Option<Arc<dyn Decode>> {
        let _ = count;
        None
    }
}
