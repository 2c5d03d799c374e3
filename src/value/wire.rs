//! From PostgreSQL's binary form to canonical cells.

use super::{Parsed, Target, Type, Unreadable, put_framed, tag};
use super::{array, bits, boolean, bytea, datetime, decimal, encode, float, geometry};
use super::{interval, json, net, range, uuid};

/// Appends the canonical cell of `bytes`, which the server sent in binary for a
/// column of type `from`, as a value of `target`.
#[inline]
pub fn from_wire(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    use Type::*;
    if !from.wire_leads_to(&target.ty) {
        return Err(Unreadable);
    }
    match from {
        Text | Bpchar | Enum | ByText(_) => from_wire_text(bytes, from, target, out),
        Int2 | Int4 | Int8 | Oid | Numeric => decimal::wire(bytes, from, target, out),
        // The source casts money to numeric: its scale is the server's locale's.
        Money => decimal::wire(bytes, &Numeric, target, out),
        Bool => boolean::wire(bytes, from, target, out),
        Float4 | Float8 if target.ty == Numeric => decimal::wire(bytes, from, target, out),
        Float4 | Float8 => float::wire(bytes, from, target, out),
        Bytea => bytea::wire(bytes, from, target, out),
        Uuid => uuid::wire(bytes, from, target, out),
        Date | Time | TimeTz | Timestamp | TimestampTz => datetime::wire(bytes, from, target, out),
        Interval => interval::wire(bytes, from, target, out),
        Json | Jsonb => json::wire(bytes, from, out),
        Inet | Cidr | MacAddr | MacAddr8 => net::wire(bytes, from, target, out),
        Point | Line | Lseg | Box | Path | Polygon | Circle => {
            geometry::wire(bytes, from, target, out)
        }
        Bit | VarBit => bits::wire(bytes, from, target, out),
        Array(_) => array::wire(bytes, from, target, out),
        Range(_) | Multirange(_) => range::wire(bytes, from, target, out),
    }
}

/// Text in binary is text. It is checked all the same, for nothing but UTF-8 may
/// stand in a TEXT cell, and a "char" sends its one byte whatever it is.
fn from_wire_text(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let bytes = if bytes == [0] { b"" } else { bytes }; // an empty "char"
    let text = simdutf8::basic::from_utf8(bytes).map_err(|_| Unreadable)?;
    let text = match from {
        Type::Bpchar => text.trim_end_matches(' '),
        _ => text,
    };
    if target.ty == Type::Text {
        put_framed(out, tag::TEXT, text.as_bytes());
        return Ok(());
    }
    encode::from_text(text, target, out)
}

/// Takes a binary value apart from left to right.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    pub fn bytes(&mut self, len: usize) -> Parsed<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len).ok_or(Unreadable)?;
        self.0 = rest;
        Ok(head)
    }

    pub fn take<const N: usize>(&mut self) -> Parsed<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk().ok_or(Unreadable)?;
        self.0 = rest;
        Ok(*head)
    }

    pub fn byte(&mut self) -> Parsed<u8> {
        self.take().map(|[byte]| byte)
    }

    /// A number of things, each of which takes more than no bytes or is few.
    pub fn count(&mut self) -> Parsed<usize> {
        usize::try_from(i32::from_be_bytes(self.take()?)).map_err(|_| Unreadable)
    }

    /// The bytes behind their length; `None` for the length −1, which is NULL.
    pub fn framed(&mut self) -> Parsed<Option<&'a [u8]>> {
        match i32::from_be_bytes(self.take()?) {
            -1 => Ok(None),
            len => {
                let len = usize::try_from(len).map_err(|_| Unreadable)?;
                self.bytes(len).map(Some)
            }
        }
    }

    /// Nothing may be left.
    pub fn end(&self) -> Parsed {
        match self.0 {
            [] => Ok(()),
            _ => Err(Unreadable),
        }
    }
}
