//! The state of the sync that writes a side, from a table behind PostgREST:
//! `sync_state?select=state,updated_at&id=eq.1`, as it would stand in the URL.

use percent_encoding::percent_decode_str;
use tokio::runtime::Builder;

use super::access::Access;
use super::answer::Refusal;
use super::client::{Client, Request};
use super::keyset::Pair;
use super::{filter, no_rest, no_runtime, page, split_table};
use crate::error::{Code, Failure, Result};
use crate::source::location::{Location, Spec};
use crate::source::text::Origin;
use crate::source::{Context, StateRows};

/// What may stand beside conditions.
const BESIDE: [&str; 3] = ["select", "order", "limit"];

pub fn state(spec: &Spec, text: &str, context: &Context) -> Result<StateRows> {
    let Location::Rest(root) = &spec.location else {
        return Err(no_rest());
    };
    let (table, query) = text.split_once('?').unwrap_or((text, ""));
    let (profile, table) = split_table(&decoded(table.trim()));
    if table.is_empty() || table.contains(['/', '=']) {
        return Err(unlike(text));
    }
    let access = Access::new(root, &spec.rest)?;
    let client = Client::new(&access, profile.as_deref(), spec, context)?;
    let request = Request {
        table: Some(&table),
        query: pairs(query)?,
        ..Request::default()
    };
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| no_runtime(&error))?;
    let answer = runtime.block_on(client.ask(&request));
    let origin = Origin::named(format!("{}/{table}", access.shown()));
    page::texts(answer.map_err(Refusal::failure)?, &origin)
}

fn pairs(query: &str) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some((name, value)) if BESIDE.contains(&name) => {
                pairs.push((name.to_owned(), decoded(value)));
            }
            _ => pairs.extend(filter::parse(part).map_err(|failure| Failure {
                why: failure.why.replacen("where", "sync_state", 1),
                ..failure
            })?),
        }
    }
    Ok(pairs)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn unlike(text: &str) -> Failure {
    Failure::new(
        Code::Config,
        format!("sync_state: `{text}` names no table as PostgREST does"),
        "write TABLE?select=COLUMN,COLUMN&COLUMN=OPERATOR.VALUE",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_a_state_may_select_and_order() {
        let found = pairs("select=state,updated_at&id=eq.1&order=updated_at.desc&limit=1");
        let found = found.expect("sound");
        let shown: Vec<String> = found.iter().map(|(a, b)| format!("{a} {b}")).collect();
        assert_eq!(
            shown,
            [
                "select state,updated_at",
                "id eq.1",
                "order updated_at.desc",
                "limit 1"
            ]
        );
        let failure = pairs("state=running").expect_err("no operator");
        assert!(failure.why.starts_with("sync_state: "), "{failure}");
        assert_eq!(pairs("").expect("sound"), []);
    }
}
