//! From the driver's errors to failures: by SQLSTATE, by the stage in which
//! they came, with the server's own words. The driver's connection options never
//! take part in a message, so no password can.

use std::io;

use sqlx::Error;
use sqlx::postgres::PgDatabaseError;

use crate::error::{Code, Failure};

/// How far the source had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No session yet.
    Connecting,
    /// In the transaction, before the first row.
    Preparing,
    /// Rows were asked for.
    Reading,
}

/// What `error` means for the user; `place` is the address as it may be shown.
pub fn failure(error: &Error, stage: Stage, place: &str) -> Failure {
    match error {
        Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => by_state(error, stage, place),
            None => Failure::new(Code::SourceCut, format!("{place}: {error}"), ""),
        },
        Error::Io(error) => lost(error, stage, place),
        Error::Tls(error) => tls(&error.to_string(), place),
        // Only what the server sends leads here: an odd proxy, or no PostgreSQL.
        other if stage == Stage::Connecting => Failure::new(
            Code::Unreachable,
            format!("{place}: {other}"),
            "check that a PostgreSQL server answers at this address",
        ),
        other => Failure::new(
            Code::SourceCut,
            format!("{place}: the connection broke off: {other}"),
            "run again once the server is stable",
        )
        .worth_again(),
    }
}

/// No answer within `connect_timeout`.
pub fn connect_timed_out(place: &str, seconds: f64) -> Failure {
    Failure::new(
        Code::Unreachable,
        format!("{place}: no connection within {seconds} s"),
        "check host, port and firewall, or raise connect_timeout",
    )
    .transient()
}

/// The server says nothing although its own timeout has passed.
pub fn silent(place: &str) -> Failure {
    Failure::new(
        Code::Timeout,
        format!("{place}: the server stopped answering in mid-stream"),
        "check the network, then run again",
    )
    .transient()
    .worth_again()
}

fn lost(error: &io::Error, stage: Stage, place: &str) -> Failure {
    if stage != Stage::Connecting {
        return Failure::new(
            Code::SourceCut,
            format!("{place}: the connection was lost: {error}"),
            "run again once the server is stable",
        )
        .worth_again();
    }
    // This is how the TLS layer refuses a certificate.
    if error.kind() == io::ErrorKind::InvalidData {
        return tls(&error.to_string(), place);
    }
    // A name that does not resolve and a socket that does not exist stay so.
    let lasting = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::Other)
        || error.to_string().contains("lookup");
    let failure = Failure::new(
        Code::Unreachable,
        format!("{place}: no connection: {error}"),
        "check that the server runs and that host and port are right",
    );
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error.kind() {
        // Somebody was there: a server that starts or ends does this.
        BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof => failure.worth_again(),
        _ if lasting => failure,
        _ => failure.transient(),
    }
}

fn tls(why: &str, place: &str) -> Failure {
    let next = match why {
        "server does not support TLS" => {
            "turn TLS on at the server, or, if the network in between is trusted, add ?sslmode=disable to the location"
        }
        _ => {
            "name the authority that signed the server's certificate (sslrootcert), check that the host is the certificate's, or say ?sslmode=require in the location to encrypt without verifying"
        }
    };
    Failure::new(
        Code::Unreachable,
        format!("{place}: no TLS connection: {why}"),
        next,
    )
}

fn by_state(error: &PgDatabaseError, stage: Stage, place: &str) -> Failure {
    let state = error.code();
    let (code, next, transient) = meaning(state, error, stage);
    let why = format!("{place}: {} (SQLSTATE {state})", error.message());
    let failure = Failure::new(code, why, next);
    match transient {
        true if passes(state) => failure.worth_again(),
        true => failure.transient(),
        false => failure,
    }
}

/// What a server does to whoever happens to be there: it is full (53300), starts
/// or ends (57P01 to 57P03), or cancels in favour of others (class 40, which is
/// also what a standby says where replaying had to go first).
fn passes(state: &str) -> bool {
    let named = ["53300", "57P01", "57P02", "57P03"].contains(&state);
    named || state.starts_with("08") || state.starts_with("40")
}

/// Code, what to do next, and whether it may pass by itself.
fn meaning(state: &str, error: &PgDatabaseError, stage: Stage) -> (Code, &'static str, bool) {
    match (state, stage) {
        ("42501", _) if error.routine() == Some("check_enable_rls") => (
            Code::Unauthorised,
            "row-level security would hide rows from this role: read as a role with BYPASSRLS, or as the table's owner",
            false,
        ),
        ("42501", _) => (
            Code::Unauthorised,
            "grant the role SELECT on the table and USAGE on its schema",
            false,
        ),
        ("25006", _) => (
            Code::Config,
            "shadowgate only reads: give a query that writes nothing",
            false,
        ),
        // A database in SQL_ASCII holds bytes that are no text.
        ("22021" | "22P05", Stage::Reading) => (
            Code::Malformed,
            "mend the database's texts, or leave the column out (ignore)",
            false,
        ),
        ("3D000", _) => (Code::Unreachable, "check the name of the database", false),
        ("53300" | "57P03", _) => (Code::Unreachable, "run again a little later", true),
        ("57014", _) => (
            Code::Timeout,
            "raise statement_timeout, or read fewer rows (where)",
            true,
        ),
        ("55P03", _) => (
            Code::Timeout,
            "another session holds a lock on the table: run again later, or raise lock_timeout",
            true,
        ),
        _ => by_class(state, stage),
    }
}

fn by_class(state: &str, stage: Stage) -> (Code, &'static str, bool) {
    let again = "run again once the server is stable";
    match (state.get(..2).unwrap_or(""), stage) {
        ("28", _) => (
            Code::Unauthorised,
            "check user and password, and the server's pg_hba.conf",
            false,
        ),
        ("08" | "53" | "57" | "58", Stage::Connecting) => (Code::Unreachable, again, true),
        (_, Stage::Connecting) => (Code::Unreachable, "check the location", false),
        ("08" | "25" | "40" | "53" | "57" | "58", Stage::Reading) => (Code::SourceCut, again, true),
        ("08" | "40" | "53" | "57" | "58", Stage::Preparing) => (Code::SourceCut, again, true),
        ("XX", _) => (
            Code::SourceCut,
            "the server reports a fault of its own: see its log",
            false,
        ),
        ("3F", Stage::Preparing) => (Code::NotFound, "check the name of the schema", false),
        (_, Stage::Preparing) => prepared(state),
        // Met while rows were computed: a cast or a division in the query.
        (_, Stage::Reading) => (
            Code::SourceCut,
            "mend the query or condition so that it can be evaluated for every row",
            false,
        ),
    }
}

/// What the server found wrong with the text of the query or condition.
fn prepared(state: &str) -> (Code, &'static str, bool) {
    match state {
        "42P01" => (Code::NotFound, "check the name of the table", false),
        "42703" | "42883" => (
            Code::Config,
            "check the names of columns and functions in the query or condition",
            false,
        ),
        _ => (Code::Config, "mend the query or condition", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_a_cut_stream_once_there_was_a_session() {
        let error = || Error::Io(io::Error::from(io::ErrorKind::ConnectionReset));
        let reading = failure(&error(), Stage::Reading, "postgres://u@h/d");
        assert_eq!((reading.code, reading.transient), (Code::SourceCut, true));
        let connecting = failure(&error(), Stage::Connecting, "postgres://u@h/d");
        assert_eq!(
            (connecting.code, connecting.transient),
            (Code::Unreachable, true)
        );
    }

    #[test]
    fn only_what_passes_by_itself_is_worth_starting_over() {
        for state in ["53300", "57P01", "57P03", "40001", "40P01", "08006"] {
            assert!(passes(state), "{state}");
        }
        for state in [
            "57014", "53100", "53200", "28P01", "42501", "57P04", "25P03", "",
        ] {
            assert!(!passes(state), "{state}");
        }
        let lost = |kind, stage| failure(&Error::Io(io::Error::from(kind)), stage, "p");
        use io::ErrorKind::{ConnectionRefused, ConnectionReset, TimedOut};
        assert!(lost(ConnectionReset, Stage::Reading).again);
        assert!(lost(ConnectionReset, Stage::Connecting).again);
        assert!(!lost(ConnectionRefused, Stage::Connecting).again);
        assert!(!lost(TimedOut, Stage::Connecting).again);
        assert!(!connect_timed_out("p", 1.0).again && silent("p").again);
    }

    #[test]
    fn every_class_has_its_code() {
        let code = |state, stage| by_class(state, stage).0;
        assert_eq!(code("28P01", Stage::Connecting), Code::Unauthorised);
        assert_eq!(code("40001", Stage::Reading), Code::SourceCut);
        assert_eq!(code("57P01", Stage::Connecting), Code::Unreachable);
        assert_eq!(code("42703", Stage::Preparing), Code::Config);
        assert_eq!(code("42P01", Stage::Preparing), Code::NotFound);
        assert_eq!(code("22012", Stage::Reading), Code::SourceCut);
        assert_eq!(code("", Stage::Reading), Code::SourceCut);
    }
}
