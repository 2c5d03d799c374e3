//! The `[datasets.NAME]` tables and their two sides.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indexmap::IndexMap;

use super::column::{self, ColumnRules};
use super::document::{Fields, Node, Problem, Reading};
use super::gates::{self, GateChanges};
use super::recheck::{self, RecheckTable};
use super::rollback::{self, RollbackTable};
use super::sync::{self, SyncTable};
use super::window::{self, WindowTable};
use super::{command, rest, units};
use crate::compare::Scope;
use crate::plan::Settle;
use crate::source::location::{CommandOptions, Location, RestOptions, TextOptions};

/// One dataset as the file has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    pub key: Option<Vec<String>>,
    pub ignore: Vec<String>,
    pub only: Option<Vec<String>>,
    /// Old, new.
    pub sides: [SideTable; 2],
    pub rules: IndexMap<String, ColumnRules>,
    pub gates: GateChanges,
    pub scope: Option<Scope>,
    pub allow_same_source: bool,
    pub timeouts: Timeouts,
    pub recheck: RecheckTable,
    pub settle: Option<Settle>,
    pub rollback: RollbackTable,
    pub window: Option<WindowTable>,
}

/// One side as the file has it; paths are already under the file's folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SideTable {
    /// A problem here counts only if this side is read from here: the command
    /// line may name another location, or another dataset.
    pub source: Option<Result<Location, Problem>>,
    pub table: Option<String>,
    pub query: Option<PathBuf>,
    pub filter: Option<String>,
    pub rename: IndexMap<String, String>,
    pub sslrootcert: Option<PathBuf>,
    pub text: TextOptions,
    pub rest: RestOptions,
    pub sync: SyncTable,
    pub command: CommandOptions,
    pub timeouts: Timeouts,
}

/// How long a server may take. `None`: said elsewhere; zero: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    pub statement: Option<Duration>,
    pub lock: Option<Duration>,
    pub connect: Option<Duration>,
}

impl Timeouts {
    /// These, and where they say nothing, the others.
    pub fn or(self, other: Timeouts) -> Timeouts {
        Timeouts {
            statement: self.statement.or(other.statement),
            lock: self.lock.or(other.lock),
            connect: self.connect.or(other.connect),
        }
    }

    pub fn read(fields: &Fields<'_>, reading: &mut Reading<'_>) -> Timeouts {
        let mut one = |name| checked(fields.get(name)?, reading, units::limit);
        Timeouts {
            statement: one("statement_timeout"),
            lock: one("lock_timeout"),
            connect: one("connect_timeout"),
        }
    }
}

/// A string that must parse.
pub fn checked<T>(
    node: &Node<'_>,
    reading: &mut Reading<'_>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let text = reading.number(node)?;
    match parse(&text) {
        Ok(value) => Some(value),
        Err(what) => {
            reading.problem(node, what);
            None
        }
    }
}

pub const DATASET: [&str; 14] = [
    "key",
    "ignore",
    "only",
    "columns",
    "old",
    "new",
    "gates",
    "scope",
    "allow_same_source",
    "statement_timeout",
    "lock_timeout",
    "connect_timeout",
    "rollback",
    "window",
];

pub const SIDE: [&str; 12] = [
    "source",
    "table",
    "query",
    "where",
    "rename",
    "sslrootcert",
    "delimiter",
    "null",
    "encoding",
    "statement_timeout",
    "lock_timeout",
    "connect_timeout",
];

/// Reads one `[datasets.NAME]`; `folder` is the configuration file's.
pub fn read<'a>(node: &Node<'a>, folder: &Path, reading: &mut Reading<'a>) -> Dataset {
    let known = [&DATASET[..], &RecheckTable::FIELDS, &recheck::SETTLE].concat();
    let Some(fields) = reading.fields(node, &known) else {
        return Dataset::default();
    };
    let (only, rules) = columns(&fields, reading);
    let sides = ["old", "new"].map(|name| match fields.get(name) {
        Some(node) => side(node, folder, reading),
        None => SideTable::default(),
    });
    Dataset {
        key: names(&fields, "key", reading),
        ignore: names(&fields, "ignore", reading).unwrap_or_default(),
        only,
        sides,
        rules,
        gates: match fields.get("gates") {
            Some(node) => gates::read(node, reading),
            None => GateChanges::default(),
        },
        scope: scope(&fields, reading),
        allow_same_source: fields
            .get("allow_same_source")
            .and_then(|node| reading.boolean(node))
            .unwrap_or(false),
        timeouts: Timeouts::read(&fields, reading),
        recheck: RecheckTable::read(&fields, reading),
        settle: recheck::settle(&fields, reading),
        rollback: match fields.get("rollback") {
            Some(node) => rollback::read(node, folder, reading),
            None => RollbackTable::default(),
        },
        window: fields.get("window").map(|node| window::read(node, reading)),
    }
}

fn scope(fields: &Fields<'_>, reading: &mut Reading<'_>) -> Option<Scope> {
    let node = fields.get("scope")?;
    let text = reading.string(node)?;
    let found = Scope::ALL.into_iter().find(|scope| scope.name() == text);
    if found.is_none() {
        reading.problem(node, "`\"all\"` or `\"keys-of-new\"` is due here");
    }
    found
}

fn names<'a>(fields: &Fields<'a>, name: &str, reading: &mut Reading<'a>) -> Option<Vec<String>> {
    reading.one_or_more(fields.get(name)?)
}

/// `columns` as a list names the compared columns (as `only` does); as a table
/// it holds their rules.
fn columns<'a>(
    fields: &Fields<'a>,
    reading: &mut Reading<'a>,
) -> (Option<Vec<String>>, IndexMap<String, ColumnRules>) {
    let only = names(fields, "only", reading);
    let Some(node) = fields.get("columns") else {
        return (only, IndexMap::new());
    };
    if node.is_list() {
        if only.is_some() {
            reading.problem(node, "`only` names the compared columns already");
        }
        return (reading.strings(node).or(only), IndexMap::new());
    }
    let mut rules = IndexMap::new();
    if let Some(table) = reading.table(node) {
        for (name, node) in table.iter() {
            rules.insert(name.clone(), column::read(node, reading));
        }
    }
    (only, rules)
}

fn side<'a>(node: &Node<'a>, folder: &Path, reading: &mut Reading<'a>) -> SideTable {
    let known = [&SIDE[..], &rest::FIELDS, &command::FIELDS, &sync::FIELDS].concat();
    let Some(fields) = reading.fields(node, &known) else {
        return SideTable::default();
    };
    let source = fields.get("source");
    let mut string = |name| reading.string(fields.get(name)?);
    let (table, filter) = (string("table"), string("where"));
    let query = string("query").map(|path| folder.join(path));
    let sslrootcert = string("sslrootcert").map(|path| folder.join(path));
    let encoding = string("encoding");
    SideTable {
        source: source.map(|node| location(node, folder, reading)),
        table,
        query,
        filter,
        rename: rename(&fields, reading),
        sslrootcert,
        text: TextOptions {
            delimiter: delimiter(&fields, reading),
            null: names(&fields, "null", reading),
            encoding,
        },
        rest: rest::read(&fields, reading),
        sync: sync::read(&fields, folder, reading),
        command: command::read(&fields, folder, reading),
        timeouts: Timeouts::read(&fields, reading),
    }
}

fn location(node: &Node<'_>, folder: &Path, reading: &Reading<'_>) -> Result<Location, Problem> {
    let text = reading.try_string(node)?;
    match Location::parse(&text) {
        Ok(location) => Ok(location.under(folder)),
        Err(failure) => {
            // The text may come from the environment, whatever it is.
            let why = failure.why.replace(&format!("`{text}`"), "what is here");
            Err(Problem {
                line: node.line,
                what: format!("{}: {why}. {}", node.path, failure.next),
            })
        }
    }
}

fn rename<'a>(fields: &Fields<'a>, reading: &mut Reading<'a>) -> IndexMap<String, String> {
    let table = fields.get("rename").and_then(|node| reading.table(node));
    let mut renames = IndexMap::new();
    for (from, node) in table.iter().flat_map(Fields::iter) {
        if let Some(to) = reading.string(node) {
            renames.insert(from.clone(), to);
        }
    }
    renames
}

fn delimiter(fields: &Fields<'_>, reading: &mut Reading<'_>) -> Option<u8> {
    let node = fields.get("delimiter")?;
    match reading.string(node)?.as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Some(*byte),
        _ => {
            reading.problem(
                node,
                "one ASCII character is due here, such as \";\" or \"\\t\" (no quote, no line end)",
            );
            None
        }
    }
}
