//! From a raw cell of any source to one canonical cell.

use super::{Parsed, Type, Unreadable, Zone, json, put_fixed, tag, wire};

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

/// Text in PostgreSQL's input syntax for the target.
pub fn from_text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let _ = (text, target, out);
    unimplemented!("skeleton")
}

fn from_integer(value: i64, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let _ = (value, target, out);
    unimplemented!("skeleton")
}

fn from_real(value: f64, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let _ = (value, target, out);
    unimplemented!("skeleton")
}

fn from_blob(bytes: &[u8], target: &Target, out: &mut Vec<u8>) -> Parsed {
    let _ = (bytes, target, out);
    unimplemented!("skeleton")
}
