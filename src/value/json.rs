//! JSON by value: numbers as exact decimals, object keys in byte order, the
//! last of two equal keys, strings unescaped.
//!
//! The payload of a JSON cell is one value in prefix form, which can be walked
//! from left to right without recursion, however deep it is. Null, booleans,
//! numbers and strings are the canonical cells of such values (`NULL`, `BOOL`,
//! `INTEGER` or `DECIMAL`, `TEXT`). An array is [`ARRAY`], its elements,
//! [`CLOSE`]. An object is [`OBJECT`], then its members, each a `TEXT` cell (the
//! key) and a value, keys strictly ascending by their bytes, then [`CLOSE`].

mod parse;
mod path;
mod show;

pub use path::{Path, without};
pub use show::show;

use super::encode::{self, NUMERIC};
use super::{
    Cell, Parsed, Target, Type, Unreadable, array, boolean, decimal, float, put_fixed, put_framed,
    put_framed_with, tag,
};

/// Opens an array.
const ARRAY: u8 = 0x40;
/// Opens an object.
const OBJECT: u8 = 0x41;
/// Closes either.
const CLOSE: u8 = 0x4f;

/// The cell of a JSON string (given unescaped) under `target`.
pub fn string_cell(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    match target.ty {
        Type::Json | Type::Jsonb => put_framed_with(out, tag::JSON, |out| {
            put_framed(out, tag::TEXT, text.as_bytes());
            Ok(())
        }),
        _ => encode::from_text(text, target, out),
    }
}

/// The cell of any other JSON token (not null) under `target`.
///
/// A number is read by value under every number type, so `1.0` is an integer;
/// under text it is its own spelling. Arrays nest as dimensions, save under an
/// array of json, whose elements may be arrays themselves.
pub fn token_cell(token: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let token = decimal::trim_of(token, [' ', '\t', '\n', '\r']);
    match (token.as_bytes().first().ok_or(Unreadable)?, &target.ty) {
        (_, Type::Json | Type::Jsonb) => text(token, out),
        (_, ty) if ty.is_text() => encode::from_text(token, target, out),
        (b'[', Type::Array(element)) => array_cell(token, element, target, out),
        (b't' | b'f', Type::Bool) => boolean::text(token, target, out),
        (_, Type::Bool) if matches!(token, "0" | "1") => boolean::text(token, target, out),
        (b'-' | b'0'..=b'9', Type::Float4 | Type::Float8) => float::text(token, target, out),
        (b'-' | b'0'..=b'9', ty) if ty.is_number() => decimal::text(token, &NUMERIC, out),
        _ => Err(Unreadable),
    }
}

/// The JSON cell of a whole JSON text (json, jsonb).
pub fn text(text: &str, out: &mut Vec<u8>) -> Parsed {
    put_framed_with(out, tag::JSON, |out| parse::value(text, out))
}

/// The JSON cell of the server's binary form: text, in jsonb behind a version byte.
pub fn wire(bytes: &[u8], from: &Type, out: &mut Vec<u8>) -> Parsed {
    let bytes = match from {
        Type::Jsonb => bytes.strip_prefix(&[1]).ok_or(Unreadable)?,
        _ => bytes,
    };
    text(
        simdutf8::basic::from_utf8(bytes).map_err(|_| Unreadable)?,
        out,
    )
}

/// Appends the JSON cell with its top-level array in canonical order; any other
/// cell as it is.
pub fn sort(cell: Cell<'_>, out: &mut Vec<u8>) {
    let elements = match (cell.tag, cell.payload) {
        (tag::JSON, [ARRAY, elements @ .., CLOSE]) => elements,
        _ => return out.extend_from_slice(cell.bytes),
    };
    let mut values = Vec::new();
    let mut rest = elements;
    while !rest.is_empty() {
        let (value, after) = split(rest);
        values.push(value);
        rest = after;
    }
    values.sort_unstable();
    // The same bytes in another order: head and length stay.
    let head = cell.bytes.len() - cell.payload.len();
    out.extend_from_slice(&cell.bytes[..=head]);
    values.iter().for_each(|value| out.extend_from_slice(value));
    out.push(CLOSE);
}

/// The first value of a run of canonical JSON values, and what follows it.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (mut rest, mut depth) = (bytes, 0usize);
    loop {
        match rest[0] {
            ARRAY | OBJECT => (rest, depth) = (&rest[1..], depth + 1),
            CLOSE => (rest, depth) = (&rest[1..], depth - 1),
            _ => rest = Cell::split(rest).1,
        }
        if depth == 0 {
            return bytes.split_at(bytes.len() - rest.len());
        }
    }
}

/// A JSON array under an array type.
fn array_cell(token: &str, element: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let nests = !matches!(element, Type::Json | Type::Jsonb);
    let dimensions = match nests {
        true => parse::leading_brackets(token.as_bytes()),
        false => 1,
    };
    let target = array::element_target(element, target);
    let mut string = Vec::new();
    array::put(out, dimensions, |shape, out| {
        parse::walk_array(
            token,
            shape,
            |token, out| element_cell(token, &target, &mut string, out),
            out,
        )
    })
}

/// One token, string or null within an array.
fn element_cell(token: &str, target: &Target, string: &mut Vec<u8>, out: &mut Vec<u8>) -> Parsed {
    match token.as_bytes() {
        [b'"', inside @ ..] => {
            string.clear();
            parse::unescape(inside, string)?;
            let text = simdutf8::basic::from_utf8(string).map_err(|_| Unreadable)?;
            string_cell(text, target, out)
        }
        b"null" => {
            put_fixed(out, tag::NULL, &[]);
            Ok(())
        }
        _ => token_cell(token, target, out),
    }
}

#[cfg(test)]
mod tests;
