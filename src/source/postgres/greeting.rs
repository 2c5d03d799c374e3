//! What is said first on a connection: the transaction with every setting that
//! its rows hang on, and who the server is.

use std::time::Duration;

use super::super::location::Spec;
use super::session::Table;

/// What the server says of itself and of the snapshot.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// `150018`
    pub version: u32,
    /// `15.18`
    pub version_text: String,
    pub snapshot: String,
    /// Which server and database this is.
    pub server: String,
    pub backend: i32,
    /// When the transaction began, in µs since 2000-01-01 UTC.
    pub now: i64,
    /// Whether it replays what another server writes.
    pub standby: bool,
    /// As whom the session reads.
    pub role: String,
}

/// The transaction, and every setting that the text or number of its rows hangs on.
pub fn pinned(spec: &Spec) -> String {
    format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
         SET LOCAL TimeZone = 'UTC';
         SET LOCAL DateStyle = 'ISO, YMD';
         SET LOCAL IntervalStyle = 'postgres';
         SET LOCAL extra_float_digits = 3;
         SET LOCAL bytea_output = 'hex';
         SET LOCAL client_encoding = 'UTF8';
         SET LOCAL standard_conforming_strings = on;
         SET LOCAL row_security = off;
         SET LOCAL statement_timeout = {};
         SET LOCAL lock_timeout = {};
         SET LOCAL idle_in_transaction_session_timeout = 0",
        milliseconds(spec.statement_timeout),
        milliseconds(spec.lock_timeout),
    )
}

/// As the server takes it: at most `i32::MAX`, and never 0 (no limit) for a short one.
pub fn milliseconds(duration: Duration) -> i32 {
    let rounded_up = duration.as_nanos().div_ceil(1_000_000);
    i32::try_from(rounded_up).unwrap_or(i32::MAX)
}

/// The first query: it takes the snapshot.
///
/// A server is told from others by when it started (in µs) and its port: every
/// role may ask for these, and unlike the system identifier they differ between
/// a server and its restored copy.
pub const FACTS: &str = "
    SELECT pg_catalog.current_setting('server_version_num'),
           pg_catalog.current_setting('server_version'),
           pg_catalog.pg_current_snapshot()::pg_catalog.text,
           CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                ELSE pg_catalog.pg_current_wal_lsn() END::pg_catalog.text,
           pg_catalog.pg_postmaster_start_time()::pg_catalog.text,
           pg_catalog.current_setting('port'),
           (SELECT d.oid::pg_catalog.text FROM pg_catalog.pg_database d
             WHERE d.datname = pg_catalog.current_database()),
           pg_catalog.pg_backend_pid()::pg_catalog.text,
           ((extract(epoch FROM pg_catalog.now()) - 946684800) * 1000000)::pg_catalog.int8::pg_catalog.text,
           current_user::pg_catalog.text,
           pg_catalog.pg_is_in_recovery()::pg_catalog.text";

/// Has the server look whether its client still lives, where it can: what a
/// process that was killed has asked for must not run on.
pub const WATCHED: &str = "
    SELECT pg_catalog.set_config('client_connection_check_interval', '2s', true)
     WHERE pg_catalog.version() LIKE '%linux%'";

pub fn facts(rows: &Table) -> Option<Facts> {
    let row = rows.first()?;
    let text = |index: usize| row.get(index)?.as_deref();
    let lsn = text(3).unwrap_or("unknown");
    Some(Facts {
        version: text(0)?.parse().ok()?,
        version_text: text(1)?.split(' ').next()?.to_owned(),
        snapshot: format!("snapshot {} at LSN {lsn}", text(2)?),
        server: format!(
            "postgres {} port {} database {}",
            text(4)?,
            text(5)?,
            text(6)?
        ),
        backend: text(7)?.parse().ok()?,
        now: text(8)?.parse().ok()?,
        role: text(9)?.to_owned(),
        standby: text(10)? == "true",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_timeout_is_not_no_timeout() {
        assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds(Duration::from_secs(2)), 2000);
        assert_eq!(milliseconds(Duration::MAX), i32::MAX);
        assert_eq!(milliseconds(Duration::ZERO), 0);
    }
}
