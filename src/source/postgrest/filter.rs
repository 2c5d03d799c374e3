//! A side's `where`, which for PostgREST is written in its own terms:
//! `status=eq.active&price=gt.100`, as they would stand in the URL.

use percent_encoding::percent_decode_str;

use super::keyset::{PARAMETERS, Pair};
use crate::error::{Code, Failure, Result};

const LOGICAL: [&str; 4] = ["and", "or", "not.and", "not.or"];
const OPERATORS: [&str; 26] = [
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "like",
    "ilike",
    "match",
    "imatch",
    "in",
    "is",
    "isdistinct",
    "fts",
    "plfts",
    "phfts",
    "wfts",
    "cs",
    "cd",
    "ov",
    "sl",
    "sr",
    "nxr",
    "nxl",
    "adj",
    "not",
];

/// The conditions, decoded: they are encoded again as they are sent.
pub fn parse(text: &str) -> Result<Vec<Pair>> {
    let parts = text.trim().trim_start_matches('?').split('&');
    parts
        .filter(|part| !part.is_empty())
        .map(condition)
        .collect()
}

fn condition(part: &str) -> Result<Pair> {
    let (name, value) = part.split_once('=').ok_or_else(|| unlike(part))?;
    let (name, value) = (decode(name), decode(value));
    if PARAMETERS.contains(&name.as_str()) {
        return Err(refused(format!(
            "where: `{name}` is no condition, and shadowgate sets it itself"
        )));
    }
    if LOGICAL.contains(&name.as_str()) {
        return match value.starts_with('(') && value.ends_with(')') {
            true => Ok((name, value)),
            false => Err(unlike(part)),
        };
    }
    let bare = !name.starts_with('"');
    if bare && name.split("->").next().unwrap_or_default().contains('.') {
        return Err(refused(format!(
            "where: `{name}` is a condition on an embedded table, and rows of one table are compared"
        )));
    }
    let operator = value.split(['.', '(']).next().unwrap_or_default();
    match OPERATORS.contains(&operator) && value.contains('.') {
        true => Ok((name, value)),
        false => Err(unlike(part)),
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn unlike(part: &str) -> Failure {
    refused(format!(
        "where: `{part}` is not a condition as PostgREST reads it"
    ))
}

fn refused(why: String) -> Failure {
    Failure::new(
        Code::Config,
        why,
        "write COLUMN=OPERATOR.VALUE, joined by &, such as status=eq.active&price=gt.100; SQL for the other side goes into that side's own `where`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_decoded() {
        let pairs = parse("status=eq.専任&price=gte.100&or=(a.eq.1,b.is.null)&n=eq.a%26b").unwrap();
        let shown: Vec<String> = pairs.iter().map(|(n, v)| format!("{n} {v}")).collect();
        assert_eq!(
            shown,
            [
                "status eq.専任",
                "price gte.100",
                "or (a.eq.1,b.is.null)",
                "n eq.a&b"
            ]
        );
        assert_eq!(parse("doc->>city=eq.x").unwrap().len(), 1);
        assert_eq!(parse("fts=fts(english).x").unwrap().len(), 1);
        assert_eq!(parse(" ").unwrap(), []);
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in [
            "price > 100",
            "price=100",
            "limit=10",
            "offset=5&a=eq.1",
            "select=a",
            "agents.name=eq.x",
            "or=a.eq.1",
            "status = 'active'",
            "status=active",
        ] {
            assert_eq!(parse(text).unwrap_err().code, Code::Config, "{text}");
        }
    }
}
