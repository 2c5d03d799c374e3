//! What the server says of itself, of the role and of the table, beside the rows.
//! Every query asks the catalogs alone, and needs no right but to connect.

use std::time::Duration;

use sqlx::postgres::PgSslMode;

use super::address::Address;
use super::session::{Session, Table};
use super::subject::Rows as Subject;
use super::{Postgres, name};
use crate::error::Result;
use crate::source::Want;
use crate::source::facts::{Clock, Facts, Known, Role, RowSecurity, Rows, Server, Tls};
use crate::source::tls::{self, Prelude};

/// For each of the handshake's steps.
const HANDSHAKE: Duration = Duration::from_secs(2);
/// Where Supabase and others have their pooler in transaction mode.
const POOLER: u16 = 6543;

/// The role, its limits and the server's. Of other roles' sessions everybody may
/// see that they are there.
const SERVER: &str = "
    SELECT current_user::pg_catalog.text, (r.rolsuper OR r.rolbypassrls)::pg_catalog.text,
           pg_catalog.current_setting('max_connections'),
           (pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4
            + coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::pg_catalog.int4
           )::pg_catalog.text,
           (SELECT count(*) FROM pg_catalog.pg_stat_activity a
             WHERE a.usesysid IS NOT NULL AND a.datid IS NOT NULL
               AND a.pid <> pg_catalog.pg_backend_pid())::pg_catalog.text,
           r.rolconnlimit::pg_catalog.text,
           (SELECT count(*) FROM pg_catalog.pg_stat_activity a
             WHERE a.usesysid = r.oid AND a.datid IS NOT NULL
               AND a.pid <> pg_catalog.pg_backend_pid())::pg_catalog.text,
           (SELECT s.reset_val || coalesce(s.unit, '') FROM pg_catalog.pg_settings s
             WHERE s.name = 'statement_timeout')
      FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";

/// Asks for everything, as far as the source has come.
pub fn gather(source: &mut Postgres, wants: &[Want]) -> Facts {
    let mut facts = Facts {
        answered: source.answered,
        tls: tls(&source.address),
        ..Facts::default()
    };
    if let Some(opened) = &source.opened {
        let estimate = opened.catalog.schema().estimate;
        facts.rows = estimate.map(|count| Rows {
            count,
            exact: false,
        });
        facts.denied = Some(Ok(opened.catalog.denied(wants)));
    }
    with_session(source, &mut facts);
    facts
}

/// What takes a connection: the source's own, or, where the table could not be
/// opened on it, another. A server that did not answer is not asked again.
fn with_session(source: &mut Postgres, facts: &mut Facts) {
    let pooler = source.address.options().get_port() == POOLER;
    let mut other;
    let (session, opened) = match &mut source.opened {
        Some(opened) => (&mut opened.session, Some(&opened.catalog)),
        None if source.answered.is_none() => return,
        None => match Session::open(&source.address, &source.spec, &source.stop) {
            Err(failure) => {
                facts.server = Some(Err(failure));
                return;
            }
            Ok(session) => {
                other = session;
                (&mut other, None)
            }
        },
    };
    facts.clock = clock(session);
    match server(session) {
        Ok((role, server)) => {
            facts.role = Some(role);
            facts.server = Some(Ok(Server { pooler, ..server }));
        }
        Err(failure) => facts.server = Some(Err(failure)),
    }
    let behind = match (opened, &source.subject.rows) {
        (Some(catalog), _) => catalog.tables().cloned().collect(),
        (None, Subject::Table(parts)) => vec![name::qualified(parts)],
        (None, Subject::Query { .. }) => Vec::new(),
    };
    if let Ok(stored) = tables(session, &behind) {
        facts.row_security = row_security(&stored, opened.is_some());
        let bytes = stored.iter().map(|table| table.bytes).sum();
        facts.bytes = Some(bytes).filter(|_| opened.is_some() && !stored.is_empty());
    }
    facts.indexes = opened.and_then(|catalog| catalog.indexes(session));
}

fn tls(address: &Address) -> Known<Tls> {
    let options = address.options();
    let local = address.is_local();
    let plain = if local { Tls::Local } else { Tls::Clear };
    let socket = options.get_socket().is_some() || options.get_host().starts_with('/');
    let mode = options.get_ssl_mode();
    if socket || matches!(mode, PgSslMode::Disable | PgSslMode::Allow) {
        return Some(Ok(plain));
    }
    let (host, port) = (options.get_host(), options.get_port());
    Some(
        tls::not_after(host, port, Prelude::Postgres, HANDSHAKE).map(|found| match found {
            None => plain,
            Some(not_after) => Tls::Encrypted {
                not_after,
                verified: local || matches!(mode, PgSslMode::VerifyCa | PgSslMode::VerifyFull),
            },
        }),
    )
}

fn clock(session: &mut Session) -> Option<Clock> {
    let asked = Clock::here();
    let sql = "SELECT extract(epoch FROM pg_catalog.clock_timestamp())::pg_catalog.text";
    let rows = session.rows(sql).ok()?;
    let told = rows.first()?.first()?.as_ref()?.parse().ok()?;
    Some(Clock::between(asked, Clock::here(), told, 0.0))
}

fn server(session: &mut Session) -> Result<(Role, Server)> {
    let rows = session.rows(SERVER)?;
    read_server(&rows).ok_or_else(|| session.unexpected("which role this is"))
}

fn read_server(rows: &Table) -> Option<(Role, Server)> {
    let row = rows.first()?;
    let text = |index: usize| row.get(index)?.as_deref();
    let number = |index: usize| text(index)?.parse::<i64>().ok();
    let count = |index: usize| number(index)?.try_into().ok();
    let role = Role {
        name: Some(text(0)?.to_owned()),
        bypasses: Some(text(1)? == "true"),
    };
    let own = number(5)?.try_into().ok();
    let timeout = text(7).filter(|timeout| !timeout.starts_with("0m"));
    let server = Server {
        max_connections: count(2)?,
        reserved: count(3)?,
        in_use: count(4)?,
        of_role: own.zip(count(6)),
        statement_timeout: timeout.map(str::to_owned),
        pooler: false,
    };
    Some((role, server))
}

/// A stored table behind what is read.
struct Stored {
    name: String,
    /// Policies are switched on for it …
    secured: bool,
    /// … and meant for this role.
    active: bool,
    bytes: u64,
}

/// What policies mean here. A source that opened did so with row_security off,
/// which refuses to leave rows out.
fn row_security(tables: &[Stored], opened: bool) -> Option<RowSecurity> {
    let secured = tables.iter().filter(|table| table.secured);
    let names: Vec<String> = secured.map(|table| table.name.clone()).collect();
    match (opened, tables.iter().any(|table| table.active)) {
        (false, _) if tables.is_empty() => None,
        (_, _) if names.is_empty() => Some(RowSecurity::Off),
        (true, _) | (false, false) => Some(RowSecurity::Bypassed(names)),
        (false, true) => Some(RowSecurity::Applies(names)),
    }
}

fn tables(session: &mut Session, names: &[String]) -> Result<Vec<Stored>> {
    let literals: Vec<String> = names.iter().map(|name| name::literal(name)).collect();
    let rows = session.rows(&format!(
        "SELECT c.oid::pg_catalog.regclass::pg_catalog.text, c.relrowsecurity::pg_catalog.text,
                pg_catalog.row_security_active(c.oid)::pg_catalog.text,
                pg_catalog.pg_table_size(c.oid)::pg_catalog.text
           FROM pg_catalog.unnest(ARRAY[{}]::pg_catalog.text[]) AS named(name)
           JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(named.name)",
        literals.join(", ")
    ))?;
    let stored = |row: &Vec<Option<String>>| {
        let text = |index: usize| row.get(index)?.as_deref();
        Some(Stored {
            name: text(0)?.to_owned(),
            secured: text(1)? == "true",
            active: text(2)? == "true",
            bytes: text(3)?.parse().ok()?,
        })
    };
    Ok(rows.iter().filter_map(stored).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: [&str; 8]) -> Table {
        vec![cells.map(|cell| Some(cell.to_owned())).to_vec()]
    }

    #[test]
    fn policies_matter_where_they_are_for_this_role() {
        let table = |secured, active| Stored {
            name: "t".to_owned(),
            secured,
            active,
            bytes: 0,
        };
        let named = vec!["t".to_owned()];
        let of = |tables: &[Stored], opened| row_security(tables, opened);
        assert_eq!(of(&[], false), None);
        assert_eq!(of(&[], true), Some(RowSecurity::Off));
        assert_eq!(of(&[table(false, false)], false), Some(RowSecurity::Off));
        let bypassed = Some(RowSecurity::Bypassed(named.clone()));
        assert_eq!(of(&[table(true, true)], true), bypassed);
        assert_eq!(of(&[table(true, false)], false), bypassed);
        let applies = Some(RowSecurity::Applies(named));
        assert_eq!(of(&[table(true, true)], false), applies);
    }

    #[test]
    fn limits_of_role_and_server_are_read() {
        let told = row(["app", "false", "100", "3", "97", "-1", "5", "0ms"]);
        let (role, server) = read_server(&told).expect("a row");
        assert_eq!(role.name.as_deref(), Some("app"));
        assert_eq!(role.bypasses, Some(false));
        assert_eq!((server.max_connections, server.in_use), (100, 97));
        assert_eq!((server.of_role, server.statement_timeout), (None, None));
        let told = row(["app", "true", "100", "3", "97", "10", "9", "8000ms"]);
        let (_, server) = read_server(&told).expect("a row");
        assert_eq!(server.of_role, Some((10, 9)));
        assert_eq!(server.statement_timeout.as_deref(), Some("8000ms"));
        assert!(read_server(&Table::new()).is_none());
    }
}
