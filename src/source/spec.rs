//! Everything that a side's configuration says about its source, in plain values.

use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

use super::location::{Format, Location};
use super::spool::Once;
use crate::secret::Secret;

/// Everything a side's configuration says about its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub location: Location,
    /// What a file is called, where its path says nothing to people.
    pub name: Option<String>,
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
    /// Whether rows may come and go while it is read: then keys that do not match
    /// are looked at again.
    pub moves: bool,
    pub command: CommandOptions,
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
            name: None,
            table: None,
            query: None,
            filter: None,
            text: TextOptions::default(),
            sslrootcert: None,
            statement_timeout: Self::STATEMENT_TIMEOUT,
            lock_timeout: Self::LOCK_TIMEOUT,
            connect_timeout: Self::CONNECT_TIMEOUT,
            rest: RestOptions::default(),
            moves: false,
            command: CommandOptions::default(),
        }
    }

    /// The location as people read it.
    pub fn shown(&self) -> String {
        match &self.location {
            Location::Command(line) => line.shown(self.command.shell),
            other => other.to_string(),
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

/// What a command that is a source is told beside its words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommandOptions {
    /// Where it runs, if not in the folder of what names it.
    pub cwd: Option<PathBuf>,
    /// Added to the environment that it inherits.
    pub env: IndexMap<String, Secret>,
    /// Zero: no limit.
    pub timeout: Option<Duration>,
    pub format: Option<Format>,
    /// The file that it writes its data to, if not to stdout.
    pub output: Option<PathBuf>,
    /// Whether `sh -c` reads it.
    pub shell: bool,
    /// Another one lets it run again.
    pub once: Once,
}

impl CommandOptions {
    pub const TIMEOUT: Duration = Duration::from_secs(10 * 60);

    /// As which its output is read: as said, else as its file's name says.
    pub fn format(&self) -> Format {
        let of_name = || self.output.as_deref().and_then(Format::of);
        self.format.or_else(of_name).unwrap_or(Format::JsonLines)
    }
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
