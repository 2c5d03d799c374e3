//! One line of a check-up: what was looked at, what was found, and what to do.

use serde::Serialize;

use crate::error::{Exit, Failure, Side};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// A verification can begin; whether it can end in a PASS the line says.
    Warn,
    /// A verification would not begin, or could not end in a PASS.
    Fail,
}

/// What is looked at, as a stable word that scripts can match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    Configuration,
    Memory,
    TemporaryDisk,
    ReportDisk,
    Reached,
    Tls,
    Clock,
    Keys,
    Role,
    Rights,
    RowSecurity,
    PageCap,
    ServerLimits,
    Columns,
    Key,
    RowCounts,
    SameStore,
    Duration,
}

/// The troubles that a team's runbook goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    SlowSync,
    InconsistentData,
    Memory,
    /// HTTP 401 or 403.
    Unauthorised,
    PoolExhausted,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub name: Name,
    pub dataset: Option<String>,
    pub side: Option<Side>,
    pub state: State,
    /// Never a secret.
    pub found: String,
    /// What to do; empty where all is well.
    pub next: String,
    pub trouble: Option<Trouble>,
}

impl Line {
    pub fn ok(name: Name, found: impl Into<String>) -> Line {
        Line::new(name, State::Ok, found.into(), String::new())
    }

    pub fn warn(name: Name, found: impl Into<String>, next: impl Into<String>) -> Line {
        Line::new(name, State::Warn, found.into(), next.into())
    }

    pub fn fail(name: Name, found: impl Into<String>, next: impl Into<String>) -> Line {
        Line::new(name, State::Fail, found.into(), next.into())
    }

    fn new(name: Name, state: State, found: String, next: String) -> Line {
        Line {
            name,
            dataset: None,
            side: None,
            state,
            found,
            next,
            trouble: None,
        }
    }

    /// What failed, in its own words, and the trouble that it is a case of.
    pub fn failed(name: Name, state: State, failure: &Failure) -> Line {
        let next = match failure.next.is_empty() {
            true => "run again with -vv, and report what it says".to_owned(),
            false => failure.next.clone(),
        };
        let line = Line::new(name, state, failure.why.clone(), next);
        Line {
            trouble: trouble(failure),
            ..line
        }
    }

    pub fn about(self, trouble: Trouble) -> Line {
        Line {
            trouble: Some(trouble),
            ..self
        }
    }

    /// Of one side; lines that say nothing of a side are of both.
    pub fn on(self, side: Side) -> Line {
        Line {
            side: Some(side),
            ..self
        }
    }

    pub fn of(self, dataset: &str) -> Line {
        Line {
            dataset: Some(dataset.to_owned()),
            ..self
        }
    }
}

/// The trouble that a failure is a case of.
fn trouble(failure: &Failure) -> Option<Trouble> {
    use crate::error::Code;
    let says = |words: &[&str]| words.iter().any(|word| failure.why.contains(word));
    match failure.code {
        _ if says(&["53300", "PGRST003"]) => Some(Trouble::PoolExhausted),
        Code::Unauthorised => Some(Trouble::Unauthorised),
        _ if says(&["HTTP 429"]) => Some(Trouble::SlowSync),
        _ => None,
    }
}

impl Name {
    /// As people read it.
    pub fn shown(self) -> &'static str {
        match self {
            Name::Configuration => "configuration",
            Name::Memory => "memory",
            Name::TemporaryDisk => "temporary disk",
            Name::ReportDisk => "report disk",
            Name::Reached => "reached",
            Name::Tls => "TLS",
            Name::Clock => "clock",
            Name::Keys => "keys",
            Name::Role => "role",
            Name::Rights => "rights",
            Name::RowSecurity => "row security",
            Name::PageCap => "page cap",
            Name::ServerLimits => "server limits",
            Name::Columns => "columns",
            Name::Key => "key",
            Name::RowCounts => "row counts",
            Name::SameStore => "same store",
            Name::Duration => "duration",
        }
    }
}

impl State {
    pub fn shown(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
        }
    }
}

impl Trouble {
    /// As the runbook calls it.
    pub fn shown(self) -> &'static str {
        match self {
            Trouble::SlowSync => "slow sync",
            Trouble::InconsistentData => "inconsistent data",
            Trouble::Memory => "memory",
            Trouble::Unauthorised => "401/403",
            Trouble::PoolExhausted => "pool exhausted",
        }
    }
}

/// How many lines are in this state.
pub fn count(lines: &[Line], state: State) -> u64 {
    lines.iter().filter(|line| line.state == state).count() as u64
}

/// Warnings are no reason not to run.
pub fn exit(lines: &[Line]) -> Exit {
    match lines.iter().any(|line| line.state == State::Fail) {
        true => Exit::Inconclusive,
        false => Exit::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn one_red_line_decides() {
        let ok = Line::ok(Name::Reached, "");
        let warn = Line::warn(Name::Tls, "", "");
        let fail = Line::fail(Name::Key, "", "");
        assert_eq!(exit(&[]), Exit::Pass);
        assert_eq!(exit(&[ok.clone(), warn.clone()]), Exit::Pass);
        assert_eq!(exit(&[ok, fail.clone(), warn]), Exit::Inconclusive);
        assert_eq!(count(&[fail.clone(), fail], State::Fail), 2);
    }

    #[test]
    fn failures_are_cases_of_known_troubles() {
        let of = |code, why: &str| {
            let failure = Failure::new(code, why, "");
            let line = Line::failed(Name::Reached, State::Fail, &failure);
            assert!(!line.next.is_empty());
            line.trouble
        };
        let pool = Some(Trouble::PoolExhausted);
        let full = "too many clients already (SQLSTATE 53300)";
        assert_eq!(of(Code::Unreachable, full), pool);
        assert_eq!(of(Code::Unreachable, "HTTP 504, PGRST003: Timed out"), pool);
        let denied = Some(Trouble::Unauthorised);
        assert_eq!(of(Code::Unauthorised, "HTTP 401"), denied);
        let slow = Some(Trouble::SlowSync);
        assert_eq!(of(Code::Unreachable, "HTTP 429 Too Many Requests"), slow);
        assert_eq!(of(Code::Unreachable, "refused"), None);
    }
}
