//! From a raw cell of any source to one canonical cell.

use super::{Parsed, Type, Unreadable, Zone, put_fixed, put_framed, tag};
use super::{array, bits, boolean, bytea, datetime, decimal, float, geometry};
use super::{interval, json, net, range, uuid, wire};

/// A cell as a source gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Raw<'a> {
    Null,
    /// No such field in this record (JSON).
    Absent,
    /// Text of a source that has only text (CSV, a server's text form), a JSON
    /// string (unescaped) or an SQLite TEXT.
    Text(&'a str),
    /// A JSON token that is not a string: number, true, false, array, object.
    /// Checked to be valid JSON. (`null` is `Null`.)
    Json(&'a str),
    /// A JSON string, unescaped: text, save where the target is json or jsonb.
    JsonString(&'a str),
    /// PostgreSQL's binary form of the column's declared type. (money comes as
    /// numeric, what is compared by text as text: the source casts them.)
    Wire(&'a [u8]),
    Integer(i64),
    Real(f64),
    Blob(&'a [u8]),
}

/// What a column's cells become.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub ty: Type,
    /// The zone that zoneless text is in, where the target is timestamptz.
    /// Without one such text is unreadable: no zone is ever invented.
    pub zone: Option<Zone>,
}

/// Appends the canonical cell of `raw` as a value of `target`.
///
/// `wire` is the declared type of `Raw::Wire` cells; the pairs it has to serve
/// are those of [`Type::unify`]. On an error nothing is appended.
pub fn encode(
    raw: Raw<'_>,
    wire_type: Option<&Type>,
    target: &Target,
    out: &mut Vec<u8>,
) -> Parsed {
    match raw {
        Raw::Null => put_fixed(out, tag::NULL, &[]),
        Raw::Absent => put_fixed(out, tag::ABSENT, &[]),
        Raw::Text(text) if is_json_array(text, target) => {
            return json::token_cell(text, target, out);
        }
        Raw::Text(text) => return from_text(text, target, out),
        Raw::JsonString(text) => return json::string_cell(text, target, out),
        Raw::Json(token) => return json::token_cell(token, target, out),
        Raw::Wire(bytes) => {
            return wire::from_wire(bytes, wire_type.ok_or(Unreadable)?, target, out);
        }
        Raw::Integer(value) => return from_integer(value, target, out),
        Raw::Real(value) => return from_real(value, target, out),
        Raw::Blob(bytes) => return from_blob(bytes, target, out),
    }
    Ok(())
}

/// A number read by value, whatever its notation.
pub(super) static NUMERIC: Target = Target {
    ty: Type::Numeric,
    zone: None,
};

/// Whether a text cell under an array type is a JSON array, which is how files and
/// SQLite hold one. PostgreSQL's own syntax begins with `[` only before bounds
/// (`[0:1]={a,b}`), and that is no JSON. (A JSON string is not taken so: an array
/// that was encoded twice is a finding.)
fn is_json_array(text: &str, target: &Target) -> bool {
    matches!(target.ty, Type::Array(_))
        && text.trim_ascii_start().starts_with('[')
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Text in PostgreSQL's input syntax for the target.
pub fn from_text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    use Type::*;
    match &target.ty {
        Text | Enum | ByText(_) => put_framed(out, tag::TEXT, text.as_bytes()),
        Bpchar => put_framed(out, tag::TEXT, text.trim_end_matches(' ').as_bytes()),
        Bool => return boolean::text(text, target, out),
        Int2 | Int4 | Int8 | Oid | Numeric | Money => return decimal::text(text, target, out),
        Float4 | Float8 => return float::text(text, target, out),
        Bytea => return bytea::text(text, target, out),
        Uuid => return uuid::text(text, target, out),
        Date | Time | TimeTz | Timestamp | TimestampTz => {
            return datetime::text(text, target, out);
        }
        Interval => return interval::text(text, target, out),
        Json | Jsonb => return json::text(text, out),
        Inet | Cidr | MacAddr | MacAddr8 => return net::text(text, target, out),
        Point | Line | Lseg | Box | Path | Polygon | Circle => {
            return geometry::text(text, target, out);
        }
        Bit | VarBit => return bits::text(text, target, out),
        Array(_) => return array::text(text, target, out),
        Range(_) | Multirange(_) => return range::text(text, target, out),
    }
    Ok(())
}

/// An SQLite INTEGER: a number, 0 or 1 for a boolean, or its digits as text.
fn from_integer(value: i64, target: &Target, out: &mut Vec<u8>) -> Parsed {
    match &target.ty {
        Type::Bool => match value {
            0 | 1 => put_fixed(out, tag::BOOL, &[value as u8]),
            _ => return Err(Unreadable),
        },
        // No integer is −0 or NaN, and these casts round to the nearest.
        Type::Float4 => put_fixed(out, tag::FLOAT4, &(value as f32).to_be_bytes()),
        Type::Float8 => put_fixed(out, tag::FLOAT8, &(value as f64).to_be_bytes()),
        ty if ty.is_number() => decimal::integer(value, out),
        Type::Json | Type::Jsonb => return json::text(&value.to_string(), out),
        ty if ty.is_text() => return from_text(&value.to_string(), target, out),
        _ => return Err(Unreadable),
    }
    Ok(())
}

/// An SQLite REAL: a number by its shortest decimal, or that decimal as text.
fn from_real(value: f64, target: &Target, out: &mut Vec<u8>) -> Parsed {
    match &target.ty {
        Type::Float4 if value.is_finite() && (value as f32).is_infinite() => Err(Unreadable),
        Type::Float4 => {
            float::put4(value as f32, out);
            Ok(())
        }
        Type::Float8 => {
            float::put8(value, out);
            Ok(())
        }
        ty if ty.is_number() => match value.is_finite() {
            true => decimal::text(&format!("{value:e}"), &NUMERIC, out),
            false => decimal::text(&real_text(value), &NUMERIC, out),
        },
        Type::Json | Type::Jsonb => match value.is_finite() {
            true => json::text(&format!("{value:e}"), out),
            false => Err(Unreadable),
        },
        ty if ty.is_text() => from_text(&real_text(value), target, out),
        _ => Err(Unreadable),
    }
}

/// An SQLite BLOB. Where text is due it is bytes still, which no text equals:
/// what it holds can be compared, and a column of text can always be read.
fn from_blob(bytes: &[u8], target: &Target, out: &mut Vec<u8>) -> Parsed {
    match &target.ty {
        Type::Bytea => put_framed(out, tag::BYTES, bytes),
        ty if ty.is_text() => put_framed(out, tag::BYTES, bytes),
        Type::Uuid if bytes.len() == 16 => put_fixed(out, tag::UUID, bytes),
        _ => return Err(Unreadable),
    }
    Ok(())
}

/// A REAL in SQLite's notation (always with a point, an exponent from 1e15 and
/// below 1e-4), but with as many digits as it takes to read it back.
fn real_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = value.abs();
    if size == 0.0 || (1e-4..1e15).contains(&size) {
        return format!("{:?}", value + 0.0); // −0 is 0
    }
    let short = format!("{value:e}");
    let (digits, exponent) = short.split_once('e').unwrap_or((&short, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}{point}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests;
