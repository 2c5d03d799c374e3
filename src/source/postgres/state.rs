//! The state of the sync that writes a server, by a query of its own: over a
//! connection of its own, because the snapshot of a reading would not show what
//! has happened since.

use super::super::location::{Location, Spec};
use super::super::{Context, StateRows};
use super::address::Address;
use super::session::Session;
use super::{no_postgres, statement};
use crate::error::Result;

/// More rows than this are no state.
const ROWS: usize = 100;

pub fn state(spec: &Spec, sql: &str, context: &Context) -> Result<StateRows> {
    let Location::Postgres(url) = &spec.location else {
        return Err(no_postgres());
    };
    let sql = statement::single(sql, "the query of sync_state")?;
    let address = Address::parse(url, spec.sslrootcert.as_deref())?;
    let mut session = Session::open(&address, spec, &context.stop)?;
    // Line breaks, so that no comment of the user's swallows what is ours.
    session.rows(&format!("SELECT * FROM (\n{sql}\n) AS s LIMIT {ROWS}"))
}
