//! What a user calls a source (`old.csv.gz`, `sqlite:app.db`, `postgres://…`)
//! and the details that go with it.

use std::path::PathBuf;

use crate::secret::Secret;

/// A place rows can be read from.
#[derive(Clone, Debug, PartialEq)]
pub enum Location {
    /// A text file; its format and compression are those of its name.
    File(PathBuf, Format),
    Sqlite(PathBuf),
    /// The whole URL: it can hold a password.
    Postgres(Secret),
}

/// The format of a text file, by its name without `.gz` or `.zst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Tsv,
    /// One array of objects.
    Json,
    JsonLines,
}

/// Everything a side's configuration says about its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub location: Location,
    pub table: Option<String>,
    /// The query's text and the file it came from.
    pub query: Option<Query>,
    /// A condition in the source's own SQL.
    pub filter: Option<String>,
    pub text: TextOptions,
    pub sslrootcert: Option<PathBuf>,
    pub statement_timeout: std::time::Duration,
    pub lock_timeout: std::time::Duration,
    pub connect_timeout: std::time::Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub sql: String,
    pub file: PathBuf,
}

/// How a text file is to be read. `None`: the format's default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextOptions {
    /// One ASCII character; comma for CSV, tab for TSV.
    pub delimiter: Option<u8>,
    /// The unquoted cells that are NULL (CSV and TSV; default: the empty one).
    pub null: Option<Vec<String>>,
    /// A WHATWG encoding label; `shift_jis` means CP932. Default UTF-8.
    pub encoding: Option<String>,
}

impl Location {
    /// Reads a location as the command line and the configuration write it.
    pub fn parse(text: &str) -> crate::error::Result<Location> {
        let _ = text;
        unimplemented!("skeleton")
    }
}
