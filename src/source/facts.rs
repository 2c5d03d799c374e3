//! What a source can say of itself beside its rows: for a check-up before a run
//! and never for a verdict. Whatever could not be learnt is `None`; what the
//! server refused to tell is its failure.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::Result;

/// A fact, why it could not be had, or nothing where it does not apply.
pub type Known<T> = Option<Result<T>>;

#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// How long the first answer took, however it turned out.
    pub answered: Option<Duration>,
    pub tls: Known<Tls>,
    pub role: Option<Role>,
    /// The keys that go along with each request.
    pub credentials: Vec<Credential>,
    /// The wanted columns that the role may not read.
    pub denied: Known<Vec<String>>,
    pub row_security: Option<RowSecurity>,
    /// `None`: nothing says.
    pub indexes: Option<Vec<Index>>,
    pub rows: Option<Rows>,
    pub page_cap: Known<PageCap>,
    pub server: Known<Server>,
    /// How far the server's clock is ahead of this machine's, in seconds.
    pub clock: Option<Clock>,
    /// What the rows take where they are stored.
    pub bytes: Option<u64>,
}

/// What lies between here and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Not needed: a socket, or the machine itself.
    Local,
    /// Whoever is on the way can read along.
    Clear,
    Encrypted {
        /// Seconds since 1970.
        not_after: i64,
        /// Whether a run refuses another server's certificate.
        verified: bool,
    },
}

/// As whom rows are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// `None`: nothing that is sent names one.
    pub name: Option<String>,
    /// Sees every row whatever policies there are; `None`: not known.
    pub bypasses: Option<bool>,
}

/// A key as far as it speaks of itself; never the key.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    /// The header it goes in: `apikey`, `authorization`.
    pub header: &'static str,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Jwt {
        role: Option<String>,
        issuer: Option<String>,
        /// Seconds since 1970.
        expires: Option<f64>,
    },
    /// `sb_secret_…`
    Secret,
    /// `sb_publishable_…`
    Publishable,
    Other,
}

/// Whether policies may keep rows from the role.
#[derive(Clone, Debug, PartialEq)]
pub enum RowSecurity {
    Off,
    /// On for these tables, and the role is exempt.
    Bypassed(Vec<String>),
    /// On for these tables, and a run is refused for it.
    Applies(Vec<String>),
    /// Nothing shows, and rows may be missing.
    Unproven(crate::error::Failure),
    /// The configuration says that the role sees every row.
    Declared,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    pub columns: Vec<String>,
    /// No two rows may have the same values.
    pub unique: bool,
    /// It leaves rows out, or holds expressions: nothing follows for all rows.
    pub partial: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    pub count: u64,
    /// Counted, and not estimated.
    pub exact: bool,
}

/// How many rows came where very many were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageCap {
    At(u64),
    /// All there are came.
    NotMet(u64),
}

/// What the server allows, and how much of it is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    pub max_connections: u64,
    /// Kept for superusers and the like.
    pub reserved: u64,
    /// By others, of the whole server.
    pub in_use: u64,
    /// The role's own limit, and what others have taken of it.
    pub of_role: Option<(u64, u64)>,
    /// The role's own; a run sets another for itself.
    pub statement_timeout: Option<String>,
    /// A pooler that gives a server's connection for a transaction only.
    pub pooler: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    pub ahead: f64,
    /// By how much that may be wrong.
    pub within: f64,
}

impl Clock {
    /// From the server's time (seconds since 1970) in an answer that took from
    /// `asked` to `answered` on this machine's clock, told to `step` seconds.
    pub fn between(asked: f64, answered: f64, told: f64, step: f64) -> Clock {
        Clock {
            ahead: told + step / 2.0 - (asked + answered) / 2.0,
            within: step / 2.0 + (answered - asked).max(0.0) / 2.0,
        }
    }

    /// This machine's own, in seconds since 1970.
    pub fn here() -> f64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0.0, |since| since.as_secs_f64())
    }

    /// The least that it can be off, either way.
    pub fn at_least(self) -> f64 {
        (self.ahead.abs() - self.within).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_only_as_far_as_it_must_be() {
        let right = Clock::between(100.0, 100.4, 100.0, 1.0);
        assert_eq!(right.at_least(), 0.0);
        let ahead = Clock::between(100.0, 100.4, 163.0, 1.0);
        assert!((ahead.at_least() - 62.6).abs() < 0.01, "{ahead:?}");
        let behind = Clock::between(100.0, 100.0, 90.0, 0.0);
        assert_eq!((behind.ahead, behind.at_least()), (-10.0, 10.0));
    }
}
