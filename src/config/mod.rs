//! `shadowgate.toml` as typed values: what was written, checked as far as it
//! can be without the sources. A file with mistakes is refused with all of them
//! at once, each with its line, and never with a value that may be a secret.

pub mod column;
pub mod command;
pub mod dataset;
pub mod document;
mod dotenv;
pub mod environment;
pub mod gates;
pub mod limits;
pub mod nearest;
pub mod query;
pub mod recheck;
pub mod rest;
pub mod rollback;
pub mod sync;
pub mod units;
pub mod window;

use std::path::{Path, PathBuf};
use std::time::Duration;

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::DeTable;

pub use column::ColumnRules;
pub use dataset::{Dataset, SideTable, Timeouts};
pub use document::Env;
pub use environment::{Environment, Variable};
pub use gates::GateChanges;
pub use limits::LimitTable;
pub use query::QueryText;
pub use recheck::RecheckTable;
pub use rollback::RollbackTable;
pub use sync::SyncTable;
pub use window::WindowTable;

use crate::error::{Code, Failure, Result};
use dataset::checked;
use document::{Fields, Problem, Reading};

/// One configuration file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// As it was named: for messages and the report.
    pub path: PathBuf,
    pub datasets: IndexMap<String, Dataset>,
    pub gates: GateChanges,
    pub timeouts: Timeouts,
    pub recheck: RecheckTable,
    pub limits: LimitTable,
    pub log_file: Option<PathBuf>,
    pub report_dir: Option<PathBuf>,
    pub report_mode: Option<u32>,
    pub memory: Option<units::Size>,
    pub max_details: Option<usize>,
    pub deadline: Option<Duration>,
    pub profile: Option<String>,
    pub dataset_retries: Option<u32>,
}

const TOP: [&str; 14] = [
    "datasets",
    "gates",
    "env_file",
    "log_file",
    "report_dir",
    "report_mode",
    "memory",
    "max_details",
    "deadline",
    "profile",
    "dataset_retries",
    "statement_timeout",
    "lock_timeout",
    "connect_timeout",
];

/// Reads the file at `path`, and the env file that it names unless another was
/// read before.
pub fn load(path: &Path, environment: &mut Environment<'_>) -> Result<Config> {
    let bytes = std::fs::read(path).map_err(|error| {
        let next = "Check the path given to --config";
        cannot_read("configuration file", path, &error, next)
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        let what = "the file is not UTF-8 from here on".to_owned();
        refuse(path, &mut [Problem { line, what }])
    })?;
    parse(&text, path, environment)
}

/// The failure to read a file that was named; `what` says what it is.
pub fn cannot_read(what: &str, path: &Path, error: &std::io::Error, next: &str) -> Failure {
    let code = match error.kind() {
        std::io::ErrorKind::NotFound => Code::NotFound,
        _ => Code::Config,
    };
    let why = format!("the {what} {} cannot be read: {error}", path.display());
    Failure::new(code, why, next)
}

/// Reads a configuration's text; `path` is where it came from.
pub fn parse(text: &str, path: &Path, environment: &mut Environment<'_>) -> Result<Config> {
    let document = DeTable::parse(text).map_err(|error| {
        refuse(
            path,
            &mut [syntax(text, &Reading::new(text, &|_| None), &error)],
        )
    })?;
    load_env_file(text, &document, path, environment)?;
    let env = |name: &str| environment.value(name);
    let mut reading = Reading::new(text, &env);
    let root = reading.root(&document);
    let mut config = read(&root, path, &mut reading);
    if !reading.problems.is_empty() {
        return Err(refuse(path, &mut reading.problems));
    }
    config.path = path.to_owned();
    Ok(config)
}

/// It comes before all else, which may name its variables.
fn load_env_file(
    text: &str,
    document: &Spanned<DeTable<'_>>,
    path: &Path,
    environment: &mut Environment<'_>,
) -> Result<()> {
    if environment.file().is_some() {
        return Ok(());
    }
    let env = |name: &str| environment.value(name);
    let mut reading = Reading::new(text, &env);
    let root = reading.root(document);
    let named = root.get("env_file").and_then(|node| reading.string(node));
    if !reading.problems.is_empty() {
        return Err(refuse(path, &mut reading.problems));
    }
    match named {
        Some(file) => environment.load(&folder(path).join(file)),
        None => Ok(()),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// The parser's words without the line they are about, which its own message shows.
fn syntax(text: &str, reading: &Reading<'_>, error: &toml::de::Error) -> Problem {
    let at = error.span().map_or(text.len(), |span| span.start);
    let before = text.get(..at).unwrap_or(text);
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Problem {
        line: reading.line(at),
        what: format!("column {column}: {}", error.message().replace('\n', " ")),
    }
}

fn read<'a>(root: &Fields<'a>, path: &Path, reading: &mut Reading<'a>) -> Config {
    reading.only_known(
        root,
        &[&TOP[..], &RecheckTable::FIELDS, &limits::FIELDS].concat(),
    );
    let folder = folder(path);
    let mut datasets = IndexMap::new();
    let tables = root.get("datasets").and_then(|node| reading.table(node));
    for (name, node) in tables.iter().flat_map(Fields::iter) {
        datasets.insert(name.clone(), dataset::read(node, folder, reading));
    }
    let gates = match root.get("gates") {
        Some(node) => gates::read(node, reading),
        None => GateChanges::default(),
    };
    let report_dir = root.get("report_dir").and_then(|node| reading.string(node));
    let log_file = root.get("log_file").and_then(|node| reading.string(node));
    let mode = root.get("report_mode");
    let memory = root.get("memory");
    Config {
        path: PathBuf::new(),
        datasets,
        gates,
        timeouts: Timeouts::read(root, reading),
        recheck: RecheckTable::read(root, reading),
        limits: limits::read(root, reading),
        log_file: log_file.map(|file| folder.join(file)),
        report_dir: report_dir.map(|dir| folder.join(dir)),
        report_mode: mode.and_then(|node| checked(node, reading, units::mode)),
        memory: memory.and_then(|node| checked(node, reading, units::size)),
        max_details: root.get("max_details").and_then(|node| reading.whole(node)),
        deadline: root
            .get("deadline")
            .and_then(|node| checked(node, reading, units::limit)),
        profile: root
            .get("profile")
            .and_then(|node| checked(node, reading, units::profile)),
        dataset_retries: root
            .get("dataset_retries")
            .and_then(|node| reading.whole(node)),
    }
}

/// One failure for all problems of a file, in its order.
fn refuse(path: &Path, problems: &mut [Problem]) -> Failure {
    problems.sort_by_key(|problem| problem.line);
    let path = path.display();
    let why = match problems {
        [one] => format!("{path}, line {}: {}", one.line, one.what),
        many => {
            let mut why = format!("{path} has {} mistakes:", many.len());
            for Problem { line, what } in many {
                why.push_str(&format!("\n  line {line}: {what}"));
            }
            why
        }
    };
    Failure::new(
        Code::Config,
        why,
        "Mend the configuration file and run again",
    )
}

impl Config {
    /// The failure of a problem that was kept until it mattered.
    pub fn refuse(&self, problem: &Problem) -> Failure {
        refuse(&self.path, &mut [problem.clone()])
    }
}

#[cfg(test)]
mod tests;
