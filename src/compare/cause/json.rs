//! Two JSON values that differ in the kind of their numbers or in the order of
//! their elements only. Works on compact canonical JSON text, whose numbers are
//! exact: through a parser's f64 two different numbers could look the same.

use super::Cause;
use super::text::number;
use crate::value::{Cell, decimal, json};

pub(super) fn cause(old: Cell<'_>, new: Cell<'_>) -> Cause {
    let texts = [old, new].map(|cell| {
        let mut text = String::new();
        json::show(cell, &mut text);
        text
    });
    cause_of_texts(&texts[0], &texts[1])
}

/// The cause for two compact JSON texts.
pub(super) fn cause_of_texts(old: &str, new: &str) -> Cause {
    let [old_loose, new_loose] = [old, new].map(|text| marked(text, true));
    if old_loose == new_loose {
        return Cause::JsonNumber;
    }
    let [old, new] = [old, new].map(|text| sorted(&marked(text, false)));
    match (old, new) {
        (Some(old), Some(new)) if old == new => Cause::Order,
        _ => Cause::Value,
    }
}

/// The JSON text with every number as a string `"#…"` and every string as
/// `"$…"`, so that both are compared by their characters. If `loose`, a string
/// that is a number is that number.
fn marked(text: &str, loose: bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let len = token_len(rest);
        let (token, after) = rest.split_at(len);
        match first {
            b'"' => mark_string(token, loose && !after.starts_with(':'), &mut out),
            b'-' | b'0'..=b'9' => {
                out.push_str("\"#");
                out.push_str(&plain(token).unwrap_or_else(|| token.to_owned()));
                out.push('"');
            }
            _ => out.push_str(token),
        }
        rest = after;
    }
    out
}

fn mark_string(token: &str, loose: bool, out: &mut String) {
    let content = token.strip_prefix('"').unwrap_or(token);
    let content = content.strip_suffix('"').unwrap_or(content);
    match plain(content).filter(|_| loose) {
        Some(number) => {
            out.push_str("\"#");
            out.push_str(&number);
        }
        None => {
            out.push_str("\"$");
            out.push_str(content);
        }
    }
    out.push('"');
}

/// The one way in which a number is written.
fn plain(text: &str) -> Option<String> {
    let cell = number(text)?;
    let mut out = String::new();
    decimal::show(Cell::of(&cell), &mut out);
    Some(out)
}

/// The length in bytes of the first token: a string, a number or one character.
fn token_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes[0] {
        b'"' => {
            let mut escaped = false;
            let end = bytes[1..].iter().position(|byte| {
                let ends = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                ends
            });
            end.map_or(text.len(), |end| end + 2)
        }
        b'-' | b'0'..=b'9' => {
            let in_number = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
            let end = bytes.iter().position(|byte| !in_number(byte));
            end.unwrap_or(text.len())
        }
        _ => text.chars().next().map_or(1, char::len_utf8),
    }
}

/// The value with every array in it sorted; nothing if it is nested too deeply.
fn sorted(marked: &str) -> Option<serde_json::Value> {
    let mut value = serde_json::from_str(marked).ok()?;
    sort(&mut value);
    Some(value)
}

fn sort(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Array(items) => {
            items.iter_mut().for_each(sort);
            items.sort_by_cached_key(ToString::to_string);
        }
        serde_json::Value::Object(fields) => fields.values_mut().for_each(sort),
        _ => {}
    }
}
