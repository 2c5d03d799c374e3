//! What an answer says: which rows it holds of how many, or why there is none,
//! and whether asking again may help.
//!
//! PostgREST's `details` are never shown: they can hold the database's host.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::error::{Code, Failure};

/// What to do about a request that no server reads, or none is made of.
pub const TOO_LONG: &str =
    "the key's values, or `where` and `select`, are too long for a URL: use a shorter key";

/// A page of rows, or a count, as the server sent it.
#[derive(Debug, Default)]
pub struct Answer {
    pub body: Vec<u8>,
    pub range: Option<ContentRange>,
    /// The engine and its version, where the server names them.
    pub server: Option<String>,
    /// The schema that answered, where the API serves several.
    pub schema: Option<String>,
}

/// `0-999/2505`, `*/0`, `0-4/*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContentRange {
    /// How many rows the body holds.
    pub rows: u64,
    /// How many rows there are in all, where that was asked for.
    pub total: Option<u64>,
}

impl ContentRange {
    pub fn parse(text: &str) -> Option<ContentRange> {
        let (range, total) = text.trim().split_once('/')?;
        let rows = match range.split_once('-') {
            Some((first, last)) => {
                let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
                last.checked_sub(first)?.checked_add(1)?
            }
            None if range == "*" => 0,
            None => return None,
        };
        let total = match total {
            "*" => None,
            number => Some(number.parse().ok()?),
        };
        Some(ContentRange { rows, total })
    }
}

/// Why a request got no rows, and what may be done about it.
#[derive(Debug)]
pub enum Refusal {
    /// It may succeed a little later; the server may say when.
    Passing(Failure, Option<Duration>),
    /// The statement took too long (57014): a smaller one may not.
    TooLong(Failure),
    Final(Failure),
}

impl Refusal {
    pub fn failure(self) -> Failure {
        match self {
            // Asked for often enough already.
            Refusal::Passing(failure, _) if failure.code == Code::Timeout => failure.transient(),
            Refusal::Passing(failure, _) => failure.worth_again(),
            Refusal::TooLong(failure) | Refusal::Final(failure) => failure,
        }
    }
}

/// The body of an error, as PostgREST and most gateways send it.
#[derive(Debug, Default, Deserialize)]
struct Said {
    code: Option<String>,
    message: Option<String>,
    hint: Option<String>,
}

/// The code of a lost connection, which is not always sent.
const LOST: &str = "08006";

/// What the answer with this status means; `what` is the request, without secrets.
pub fn refusal(
    what: &str,
    status: StatusCode,
    body: &[u8],
    location: Option<&str>,
    after: Option<Duration>,
) -> Refusal {
    let said: Said = serde_json::from_slice(body).unwrap_or_default();
    let code = match said.code.as_deref() {
        // A connection that ended within a statement has no code of its own: PostgREST
        // answers 400 with an empty one, as if the request were to blame.
        Some("") if status == StatusCode::BAD_REQUEST => LOST,
        code => code.unwrap_or(""),
    };
    let why = words(what, status, &said, body, location);
    let failure = |kind, next: &str| Failure::new(kind, why.clone(), next);
    if code == "57014" {
        let next = "the server cancels statements that take too long: give the role a longer statement_timeout, or ask for fewer rows (page size, where)";
        return Refusal::TooLong(failure(Code::Timeout, next).transient());
    }
    if is_passing(status, code) {
        return Refusal::Passing(
            failure(Code::Unreachable, passing_next(status, code)),
            after,
        );
    }
    let (kind, next) = final_next(status, code, said.message.as_deref().unwrap_or(""));
    Refusal::Final(failure(kind, next))
}

/// Whether the same request may succeed a little later: a full pool, a server
/// that starts or fails over, a schema cache that is loaded, a limit on requests.
fn is_passing(status: StatusCode, code: &str) -> bool {
    const CODES: [&str; 13] = [
        "PGRST000", "PGRST001", "PGRST002", "PGRST003", "53300", "57P01", "57P02", "57P03",
        "40001", "40P01", "08000", "08003", LOST,
    ];
    CODES.contains(&code) || matches!(status.as_u16(), 408 | 429 | 502 | 503 | 504 | 520..=524)
}

fn passing_next(status: StatusCode, code: &str) -> &'static str {
    match (status.as_u16(), code) {
        (429, _) => "lower the rate limit (SYNC_RATE_LIMIT_PER_SECOND): other work asks too",
        (_, "PGRST003" | "53300") => {
            "the connection pool is exhausted: use fewer connections, or run when the sync does not"
        }
        (_, LOST | "PGRST000" | "PGRST001" | "57P01" | "57P02" | "57P03") => {
            "the database behind the API does not answer: run again when it is back"
        }
        (_, "PGRST002") => "the API is loading its schema cache: run again in a minute",
        _ => "run again when the API is well",
    }
}

fn final_next(status: StatusCode, code: &str, message: &str) -> (Code, &'static str) {
    match (status.as_u16(), code) {
        (_, "PGRST301" | "PGRST302" | "PGRST303") if message.contains("expired") => (
            Code::Unauthorised,
            "the JWT has expired: get a new one for SUPABASE_REST_HEADERS_AUTHORIZATION",
        ),
        (_, "PGRST301" | "PGRST302" | "PGRST303" | "22023") => (
            Code::Unauthorised,
            "the server does not accept this JWT: check that the key is this project's, and whole",
        ),
        (_, "42501") => (
            Code::Unauthorised,
            "grant the role SELECT on the table and USAGE on its schema, or use the service role's key",
        ),
        (401, _) => (
            Code::Unauthorised,
            "check SUPABASE_REST_HEADERS_APIKEY and SUPABASE_REST_HEADERS_AUTHORIZATION: a legacy key goes in both, an sb_secret_ key in apikey only",
        ),
        (403, _) => (
            Code::Unauthorised,
            "use a key whose role may read this table",
        ),
        (404, "42883") => (
            Code::Config,
            "a column of this type cannot be compared by the server: page and filter by another one",
        ),
        (_, "42P01" | "PGRST205" | "PGRST106") | (404, _) => (
            Code::NotFound,
            "check the table's name, and that its schema is one the API exposes (write SCHEMA.TABLE)",
        ),
        (_, "42703" | "PGRST204") => (
            Code::NotFound,
            "check the column's name; if it is new, reload the API's schema cache (NOTIFY pgrst, 'reload schema')",
        ),
        (414 | 431, _) => (Code::Config, TOO_LONG),
        (300..=399, _) => (
            Code::Config,
            "name the address that it redirects to: keys are sent to the configured one only",
        ),
        (400, _) => (Code::Config, "check `where`, `select` and the key"),
        _ => (
            Code::Unreachable,
            "check that the location is PostgREST's root",
        ),
    }
}

/// The request, the status, and PostgREST's code, message and hint.
fn words(what: &str, status: StatusCode, said: &Said, body: &[u8], to: Option<&str>) -> String {
    let mut why = format!("{what}: HTTP {}", status.as_u16());
    if let Some(reason) = status.canonical_reason() {
        why.push_str(&format!(" {reason}"));
    }
    match (&said.code, &said.message) {
        (None, None) if body.first() == Some(&b'<') => why.push_str(", a web page"),
        (None, None) => {}
        (code, message) => {
            let parts = [code, message].map(|part| part.as_deref());
            let said = parts.into_iter().flatten().filter(|part| !part.is_empty());
            match said.collect::<Vec<&str>>() {
                said if said.is_empty() => why.push_str(", without a reason"),
                said => why.push_str(&format!(", {}", said.join(": "))),
            }
        }
    }
    if let Some(hint) = said.hint.as_deref().filter(|hint| !hint.is_empty()) {
        why.push_str(&format!(" ({hint})"));
    }
    if let Some(host) = to {
        why.push_str(&format!(", a redirect to {host}"));
    }
    why
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Refusal {
        let status = StatusCode::from_u16(status).unwrap();
        refusal("GET listings", status, body.as_bytes(), None, None)
    }

    #[test]
    fn content_ranges() {
        let range = |rows, total| Some(ContentRange { rows, total });
        assert_eq!(ContentRange::parse("0-999/2505"), range(1000, Some(2505)));
        assert_eq!(ContentRange::parse("5-5/*"), range(1, None));
        assert_eq!(ContentRange::parse("*/0"), range(0, Some(0)));
        assert_eq!(ContentRange::parse("*/*"), range(0, None));
        for wrong in ["", "5", "9-5/*", "a-b/c", "-/1", "0-1/x"] {
            assert_eq!(ContentRange::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_may_pass_is_tried_again_and_nothing_else() {
        for (status, body) in [
            (429, ""),
            (502, "<html>"),
            (
                503,
                r#"{"code":"PGRST000","message":"Database connection error. Retrying."}"#,
            ),
            (
                504,
                r#"{"code":"PGRST003","message":"Timed out acquiring connection"}"#,
            ),
            (
                500,
                r#"{"code":"57P01","message":"terminating connection"}"#,
            ),
            (400, LOST_AS_SENT),
        ] {
            assert!(
                matches!(refused(status, body), Refusal::Passing(..)),
                "{status}"
            );
        }
        for (status, body) in [
            (400, r#"{"code":"22P02"}"#),
            (401, r#"{"code":"PGRST301","message":"JWT expired"}"#),
            (401, LOST_AS_SENT),
            (403, LOST_AS_SENT),
            (404, LOST_AS_SENT),
            (403, "{}"),
            (404, "{}"),
            (302, ""),
            (500, "{}"),
        ] {
            assert!(
                matches!(refused(status, body), Refusal::Final(_)),
                "{status}"
            );
        }
        assert!(matches!(
            refused(500, r#"{"code":"57014"}"#),
            Refusal::TooLong(_)
        ));
    }

    /// As PostgREST 12.0.2 answered while its database stopped.
    const LOST_AS_SENT: &str = r#"{"code":"","details":null,"hint":null,"message":""}"#;

    #[test]
    fn a_lost_connection_is_not_blamed_on_the_request() {
        let failure = refused(400, LOST_AS_SENT).failure();
        assert_eq!(
            failure.why,
            "GET listings: HTTP 400 Bad Request, without a reason"
        );
        assert!(failure.next.starts_with("the database behind the API"));
        assert!(failure.transient && failure.code == Code::Unreachable);
    }

    #[test]
    fn code_message_and_hint_are_told_and_details_never() {
        let body = r#"{"code":"PGRST000","message":"Database connection error.",
            "details":"connection to server at \"db.internal\" (10.0.0.5), port 5432 failed","hint":null}"#;
        let failure = refused(503, body).failure();
        assert_eq!(
            failure.why,
            "GET listings: HTTP 503 Service Unavailable, PGRST000: Database connection error."
        );
        assert!(failure.transient);
        let body = r#"{"code":"42703","message":"column a.b does not exist","hint":"Perhaps a.c"}"#;
        let failure = refused(400, body).failure();
        assert!(failure.why.ends_with("does not exist (Perhaps a.c)"));
        assert_eq!(failure.code, Code::NotFound);
        let page = refused(401, "<html>secret</html>").failure();
        assert!(
            page.why.ends_with("Unauthorized, a web page"),
            "{}",
            page.why
        );
    }
}
