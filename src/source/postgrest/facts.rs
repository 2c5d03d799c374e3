//! What the API says of itself, of the keys that go along and of the table,
//! beside the rows: in two requests more than opening it takes, since others
//! spend the same allowance.

use std::time::Duration;

use super::access::Role as Sent;
use super::answer::Refusal;
use super::client::Request;
use super::keyset;
use super::opened::Opened;
use super::{Postgrest, page};
use crate::error::{Code, Failure, Result};
use crate::secret::Secret;
use crate::source::Want;
use crate::source::facts::{Credential, Facts, Index, Kind, Known};
use crate::source::facts::{PageCap, Role, RowSecurity, Rows, Tls};
use crate::source::jwt::{Claims, token};
use crate::source::location::RestOptions;
use crate::source::tls::{self, Prelude};

/// More rows than any server should send at once.
const MANY: u64 = 100_000;
/// For each of the handshake's steps.
const HANDSHAKE: Duration = Duration::from_secs(2);

/// Asks for everything, as far as the source has come.
pub fn gather(source: &Postgrest, wants: &[Want]) -> Facts {
    let mut facts = Facts {
        tls: tls(source),
        role: Some(role(&source.access.role)),
        credentials: credentials(&source.options),
        row_security: Some(row_security(source)),
        ..Facts::default()
    };
    if let Some(opened) = &source.opened {
        facts.rows = Some(Rows {
            count: opened.count,
            exact: true,
        });
        facts.indexes = opened.key.as_ref().map(|key| vec![primary(key)]);
        facts.denied = Some(source.runtime.block_on(denied(source, opened, wants)));
        facts.page_cap = page_cap(source, opened, wants);
    }
    facts.answered = source.client.seen().first();
    facts.clock = source.client.seen().clock();
    facts
}

fn tls(source: &Postgrest) -> Known<Tls> {
    let root = &source.access.root;
    if root.scheme() != "https" {
        let local = source.access.is_private();
        return Some(Ok(if local { Tls::Local } else { Tls::Clear }));
    }
    let (host, port) = (root.host_str()?, root.port_or_known_default()?);
    let found = tls::not_after(host, port, Prelude::None, HANDSHAKE);
    Some(found.map(|not_after| match not_after {
        // The client verifies whom it talks to, always.
        Some(not_after) => Tls::Encrypted {
            not_after,
            verified: true,
        },
        None => Tls::Clear,
    }))
}

fn role(sent: &Sent) -> Role {
    match sent {
        Sent::Named(name) => Role {
            name: Some(name.clone()),
            bypasses: None,
        },
        Sent::Anonymous | Sent::Unknown | Sent::Unheeded => Role::default(),
    }
}

fn credentials(options: &RestOptions) -> Vec<Credential> {
    let sent = [
        ("apikey", &options.apikey),
        ("authorization", &options.authorization),
    ];
    let told = |(header, key): (_, &Option<Secret>)| {
        let kind = kind(&token(key.as_ref()?)?);
        Some(Credential { header, kind })
    };
    sent.into_iter().filter_map(told).collect()
}

fn kind(key: &Secret) -> Kind {
    if let Some(claims) = Claims::of(key) {
        return Kind::Jwt {
            role: claims.role,
            issuer: claims.iss,
            expires: claims.exp,
        };
    }
    match key.expose() {
        text if text.starts_with("sb_secret_") => Kind::Secret,
        text if text.starts_with("sb_publishable_") => Kind::Publishable,
        _ => Kind::Other,
    }
}

fn row_security(source: &Postgrest) -> RowSecurity {
    match source.access.may_hide_rows(source.options.role.as_deref()) {
        Some(failure) => RowSecurity::Unproven(failure),
        None if source.options.role.is_some() => RowSecurity::Declared,
        None => RowSecurity::Bypassed(Vec::new()),
    }
}

fn primary(key: &[String]) -> Index {
    Index {
        columns: key.to_vec(),
        unique: true,
        partial: false,
    }
}

/// Asks for no row of all that is wanted. The server names one column at most,
/// or the table alone, so a refusal is told as it is.
async fn denied(source: &Postgrest, opened: &Opened, wants: &[Want]) -> Result<Vec<String>> {
    let request = Request {
        table: Some(&source.table),
        query: vec![
            ("select".to_owned(), opened.selected(wants)?.join(",")),
            ("limit".to_owned(), "0".to_owned()),
        ],
        ..Request::default()
    };
    let answer = source.client.ask(&request).await;
    answer.map(|_| Vec::new()).map_err(Refusal::failure)
}

/// How many rows come where very many are asked for.
fn page_cap(source: &Postgrest, opened: &Opened, wants: &[Want]) -> Known<PageCap> {
    let key = source.paged_by(opened, wants).unwrap_or_default();
    let first = wants.first().and_then(|want| opened.item(&want.name).ok());
    let column = key.first().or(first.map(|item| &item.column))?;
    let mut query = source.filter.clone();
    query.push(("select".to_owned(), keyset::name(column)));
    query.push(("limit".to_owned(), MANY.to_string()));
    let request = Request {
        table: Some(&source.table),
        query,
        ..Request::default()
    };
    let answer = source.runtime.block_on(source.client.ask(&request));
    let page = answer.map_err(Refusal::failure).and_then(|answer| {
        let page = page::unordered(answer, &source.origin())?;
        cap(page.rows, opened.count)
    });
    Some(page)
}

/// From so many rows that came of so many that there are.
fn cap(came: u64, count: u64) -> Result<PageCap> {
    match came {
        0 if count > 0 => Err(Failure::new(
            Code::RowsShort,
            format!("of {count} rows that the server counts it sends none"),
            "check db-max-rows, and what stands between shadowgate and PostgREST",
        )),
        _ if came < count.min(MANY) => Ok(PageCap::At(came)),
        _ => Ok(PageCap::NotMet(came)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_of_themselves_and_are_never_told() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiIsImlzcyI6InN1cGFiYXNlIiwiZXhwIjo3fQ.x";
        let options = RestOptions {
            apikey: Some(Secret::new("sb_secret_hunter2")),
            authorization: Some(Secret::new(format!("Bearer {jwt}"))),
            ..RestOptions::default()
        };
        let found = credentials(&options);
        assert_eq!((found[0].header, &found[0].kind), ("apikey", &Kind::Secret));
        let jwt = Kind::Jwt {
            role: Some("anon".to_owned()),
            issuer: Some("supabase".to_owned()),
            expires: Some(7.0),
        };
        assert_eq!((found[1].header, &found[1].kind), ("authorization", &jwt));
        assert!(!format!("{found:?}").contains("hunter2"));
        assert_eq!(kind(&Secret::new("sb_publishable_x")), Kind::Publishable);
        assert_eq!(kind(&Secret::new("x")), Kind::Other);
    }

    #[test]
    fn a_cap_shows_where_fewer_rows_come_than_there_are() {
        assert_eq!(cap(1000, 2505), Ok(PageCap::At(1000)));
        assert_eq!(cap(2505, 2505), Ok(PageCap::NotMet(2505)));
        assert_eq!(cap(MANY, MANY * 3), Ok(PageCap::NotMet(MANY)));
        assert_eq!(cap(0, 0), Ok(PageCap::NotMet(0)));
        assert_eq!(cap(0, 5).unwrap_err().code, Code::RowsShort);
    }
}
