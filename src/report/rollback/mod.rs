//! rollback.json, version 1, and what is told of it: the answer of
//! `rollback-check`, what it rests on, and which files hold what would be lost.
//!
//! Fields may be added and never renamed.

pub mod csv;
pub mod next;
pub mod sentence;
pub mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{Reason, Run};
use crate::gate::rollback::{Answer, Decision, Fates};

pub const SCHEMA_VERSION: u32 = 1;

/// The file's name in the run's folder.
pub const FILE: &str = "rollback.json";
pub const ONLY_IN_NEW: &str = "lost_only_in_new.csv";
pub const NEWER_IN_NEW: &str = "lost_newer_in_new.csv";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rollback {
    pub schema_version: u32,
    pub answer: Answer,
    pub exit_code: u8,
    /// The answer as the first line tells it.
    pub sentence: String,
    pub lost: Lost,
    pub run: Run,
    /// Null where no deadline was set.
    pub deadline: Option<Deadline>,
    /// Why the answer is not `safe`, or not exact: failures only.
    pub reasons: Vec<Reason>,
    pub datasets: Vec<Dataset>,
    /// What to do next, in one sentence, with the command for it.
    pub next: String,
    /// The files with what would be lost. One is left out where nothing of its
    /// kind can be proven.
    pub files: Vec<File>,
}

/// How many rows a rollback would lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lost {
    /// Proven to be lost; null where nothing is proven either way.
    pub rows: Option<u64>,
    /// Whether no more than these can be lost.
    pub exact: bool,
    pub only_in_new: u64,
    pub newer_in_new: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deadline {
    pub seconds: f64,
    /// When the answer was there.
    pub left_seconds: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct File {
    pub name: String,
    pub rows: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dataset {
    pub name: String,
    pub answer: Answer,
    pub sentence: String,
    pub lost: Lost,
    /// The rows of new, by what a rollback does to them. `only_in_new` counts
    /// for nothing where old was not read whole.
    pub rows: Fates,
    /// Rows that are equal on both sides, and keys that only old has.
    pub matched: u64,
    pub only_in_old: u64,
    /// The lost rows by the values of `group_by`, the most first; empty where
    /// that column is not compared.
    pub lost_by_group: Vec<Group>,
    /// The lost rows of groups beyond those, which were too many.
    pub lost_in_other_groups: u64,
    pub updated_at: Option<String>,
    pub group_by: Option<String>,
    /// Columns whose values would be lost with them, unless they are ignored.
    pub columns_only_new: Vec<String>,
    pub ignored: Vec<String>,
    /// Columns of both sides that are not compared because `columns` names others.
    #[serde(default)]
    pub columns_left_out: Vec<String>,
    pub old: Side,
    pub new: Side,
    /// What the old side was asked before it was compared.
    pub checks: Vec<Check>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// Null for NULL.
    pub value: Option<String>,
    pub only_in_new: u64,
    pub newer_in_new: u64,
}

/// Who a side is, and how much of it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// Without secrets.
    pub location: String,
    pub host: Option<String>,
    pub database: Option<String>,
    /// The table, or the query's file.
    pub relation: Option<String>,
    pub role: Option<String>,
    pub engine: String,
    /// Only rows that meet this were looked at.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    pub rows_read: u64,
    /// What the side itself counts, where it does.
    pub rows_counted: Option<u64>,
    /// Whether it was read to its own end.
    pub complete: bool,
    /// When its reading began, in local time with its zone (RFC 9557).
    pub as_of: Option<String>,
}

/// A question to the old side, answered or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    pub name: CheckName,
    /// The column or the time that it is about.
    pub of: Option<String>,
    pub seconds: f64,
    /// Where the answer is a number.
    pub number: Option<u64>,
    /// Where it is rows: their columns' names, and NULL as null.
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there are more rows than these.
    pub cut: bool,
    /// Why there is no answer.
    pub failed: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    Rows,
    DuplicateKeys,
    RowsByGroup,
    SyncState,
    EmergencyStop,
    ChangedSince,
}

impl Dataset {
    /// The columns in which a difference would not be seen.
    pub fn not_compared(&self) -> Vec<String> {
        [&self.ignored[..], &self.columns_left_out].concat()
    }
}

impl Lost {
    pub fn of(decision: &Decision) -> Lost {
        Lost {
            rows: (decision.answer != Answer::CannotTell).then(|| decision.lost()),
            exact: decision.is_exact(),
            only_in_new: decision.only_in_new,
            newer_in_new: decision.newer_in_new,
        }
    }
}

#[cfg(test)]
pub mod fixtures;
