//! Everything that a side's configuration says about its source, in plain values.

use std::path::PathBuf;
use std::time::Duration;

use super::location::Location;
use crate::secret::Secret;

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
    pub statement_timeout: Duration,
    pub lock_timeout: Duration,
    pub connect_timeout: Duration,
    pub rest: RestOptions,
}

impl Spec {
    /// Long enough to read a large table, short enough to end by itself.
    pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30 * 60);
    /// Only a reader waits here, and only for an exclusive lock.
    pub const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

    /// A location, and nothing else said of it.
    pub fn new(location: Location) -> Spec {
        Spec {
            location,
            table: None,
            query: None,
            filter: None,
            text: TextOptions::default(),
            sslrootcert: None,
            statement_timeout: Self::STATEMENT_TIMEOUT,
            lock_timeout: Self::LOCK_TIMEOUT,
            connect_timeout: Self::CONNECT_TIMEOUT,
            rest: RestOptions::default(),
        }
    }
}

/// What a PostgREST source is told beside its table and condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RestOptions {
    /// The `apikey` header, which a Supabase gateway asks for.
    pub apikey: Option<Secret>,
    /// The bearer token: a JWT, with or without `Bearer ` before it.
    pub authorization: Option<Secret>,
    /// The role that is known to see every row, where it is not `service_role`.
    pub role: Option<String>,
    /// Only these columns: each a name, or `alias:name`, perhaps with `::type`.
    pub select: Option<Vec<String>>,
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
