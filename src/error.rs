//! What can go wrong and how the process ends: one error type that says what
//! failed, why and what to do next, and one documented name for each exit code.
//!
//! Every layer returns a [`Failure`]; only `cli` turns it into text and an exit
//! status. A failure is either the user's to mend before anything was read
//! (exit 2) or the reason why the data could not be seen whole (exit 3).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The result of anything that can fail for a reason the user must hear.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// The two paths under comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Old,
    New,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::Old, Side::New];

    /// 0 for old, 1 for new: the index of this side in a pair.
    pub fn index(self) -> usize {
        self as usize
    }

    pub fn other(self) -> Side {
        match self {
            Side::Old => Side::New,
            Side::New => Side::Old,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Old => "old",
            Side::New => "new",
        })
    }
}

/// The exit codes of the contract. Only [`Exit::Pass`] opens a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Pass = 0,
    Fail = 1,
    Usage = 2,
    Inconclusive = 3,
    Locked = 4,
    RollbackAdvised = 5,
    Interrupted = 130,
    Terminated = 143,
}

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Why something failed, as a stable word that scripts can match
/// (`reasons[].code` in report.json).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The command line does not make sense.
    Usage,
    /// The configuration file does not make sense.
    Config,
    /// A file, table or column that was named does not exist.
    NotFound,
    /// Two columns that are to be compared have types that cannot agree.
    TypesDisagree,
    /// No connection could be made.
    Unreachable,
    /// The server refused the credentials or the rights.
    Unauthorised,
    /// The stream ended before its end.
    SourceCut,
    /// The source changed between two reads of it.
    SourceChanged,
    /// Fewer rows arrived than the source says it holds.
    RowsShort,
    /// Row-level security may hide rows from the role that reads.
    RowSecurity,
    /// The bytes are not what their format says (place given).
    Malformed,
    /// A command that is a source ended in a failure, or left its output open.
    CommandFailed,
    /// A statement or lock timeout, or a deadline.
    Timeout,
    /// Both sides read the same table or file.
    SameSource,
    /// No key or no column was there to compare.
    NothingCompared,
    /// Cells that do not parse decide the verdict.
    Unreadable,
    /// A gate could not be decided.
    Undecided,
    /// The report or the working files could not be written.
    CannotWrite,
    /// Stopped by a signal.
    Interrupted,
    /// Another run holds the lock.
    Locked,
    /// A broken gate (only in `reasons` of a failed run).
    GateBroken,
    /// A mistake in shadowgate itself.
    Internal,
}

impl Code {
    /// Whether the user has to mend the call or the configuration (exit 2)
    /// rather than the data or the connection (exit 3).
    pub fn is_usage(self) -> bool {
        matches!(
            self,
            Code::Usage | Code::Config | Code::NotFound | Code::TypesDisagree
        )
    }
}

/// One failure: what, why and what to do next.
///
/// `why` holds the cause in plain words, with the place (line, byte, column,
/// key) and the driver's own message where there is one, and never a secret.
/// `next` is one sentence in the imperative, or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: Code,
    pub dataset: Option<String>,
    pub side: Option<Side>,
    pub why: String,
    pub next: String,
    /// Whether the same run may well succeed a little later.
    pub transient: bool,
    /// Whether it may succeed at once, if it is started over: see [`Failure::worth_again`].
    pub again: bool,
}

impl Failure {
    pub fn new(code: Code, why: impl Into<String>, next: impl Into<String>) -> Self {
        Failure {
            code,
            dataset: None,
            side: None,
            why: why.into(),
            next: next.into(),
            transient: false,
            again: false,
        }
    }

    pub fn transient(mut self) -> Self {
        self.transient = true;
        self
    }

    /// A server or a connection that failed by no fault of what was asked: a
    /// connection lost on the way, a server that is full, starts, or had to cancel
    /// in favour of others. Not what a second time would refuse as the first.
    pub fn worth_again(mut self) -> Self {
        self.again = true;
        self.transient()
    }

    /// Names the side, unless a deeper layer already did.
    pub fn on(mut self, side: Side) -> Self {
        self.side.get_or_insert(side);
        self
    }

    /// Names the dataset, unless a deeper layer already did.
    pub fn of(mut self, dataset: &str) -> Self {
        self.dataset.get_or_insert_with(|| dataset.to_owned());
        self
    }

    pub fn exit(&self) -> Exit {
        match self.code {
            Code::Interrupted => Exit::Interrupted,
            Code::Locked => Exit::Locked,
            code if code.is_usage() => Exit::Usage,
            _ => Exit::Inconclusive,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(dataset) = &self.dataset {
            write!(f, "{dataset}: ")?;
        }
        if let Some(side) = self.side {
            write!(f, "{side} side: ")?;
        }
        f.write_str(&self.why)?;
        if !self.next.is_empty() {
            write!(f, "\nhint: {}", self.next)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
