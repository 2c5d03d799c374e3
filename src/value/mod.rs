//! Values and their canonical bytes: the one form in which two sides meet.
//!
//! A *canonical cell* is a tag byte followed by a payload whose length is fixed
//! by the tag, or by a big-endian `u32` length and that many bytes. The form is
//! injective (NULL ≠ '' ≠ absent, and no two cells run together) and
//! self-describing: it can be walked, ordered and shown without knowing the
//! column's type. Two cells of a column are equal exactly if their bytes are.
//! Payloads stay close to PostgreSQL's wire bytes, so that making them is
//! mostly copying. A change to any byte of this form is a new [`FORMAT`].

pub mod array;
pub mod bits;
pub mod boolean;
pub mod bytea;
pub mod datetime;
pub mod decimal;
pub mod encode;
pub mod float;
pub mod geometry;
pub mod interval;
pub mod json;
pub mod net;
pub mod order;
pub mod range;
pub mod show;
#[cfg(test)]
mod testing;
pub mod types;
pub mod uuid;
pub mod wire;
pub mod zone;

pub use encode::{Raw, Target, encode};
pub use types::Type;
pub use zone::Zone;

/// The version of the canonical form; part of every fingerprint's key.
pub const FORMAT: &str = "shadowgate canonical row v1";

/// The first byte of a canonical cell.
pub mod tag {
    /// No such field in this record (JSON). No payload.
    pub const ABSENT: u8 = 0x00;
    /// NULL. No payload.
    pub const NULL: u8 = 0x01;
    /// One byte, 0 or 1.
    pub const BOOL: u8 = 0x10;
    /// An integral number that fits an i64: 8 bytes, big-endian, sign bit flipped.
    pub const INTEGER: u8 = 0x11;
    /// Any other finite number (never one that fits `INTEGER`). Framed: sign
    /// (0 or 1), weight (i32, big-endian), base-10000 digits (u16, big-endian)
    /// without leading or trailing zero digits.
    pub const DECIMAL: u8 = 0x12;
    /// One byte: 0 −∞, 1 +∞, 2 NaN.
    pub const SPECIAL: u8 = 0x13;
    /// 4 bytes: IEEE single, big-endian; −0 is 0, one NaN.
    pub const FLOAT4: u8 = 0x14;
    /// 8 bytes: IEEE double, big-endian; −0 is 0, one NaN.
    pub const FLOAT8: u8 = 0x15;
    /// Framed UTF-8.
    pub const TEXT: u8 = 0x20;
    /// Framed bytes.
    pub const BYTES: u8 = 0x21;
    /// 16 bytes.
    pub const UUID: u8 = 0x22;
    /// i32, days since 2000-01-01; `i32::MIN`/`MAX` are the infinities.
    pub const DATE: u8 = 0x23;
    /// i64, µs since midnight.
    pub const TIME: u8 = 0x24;
    /// i64 µs since midnight, then i32 seconds west of UTC (as PostgreSQL sends it).
    pub const TIMETZ: u8 = 0x25;
    /// i64, µs since 2000-01-01 00:00:00 without zone; `i64::MIN`/`MAX` are the infinities.
    pub const TIMESTAMP: u8 = 0x26;
    /// i64, µs since 2000-01-01 00:00:00 UTC; `i64::MIN`/`MAX` are the infinities.
    pub const TIMESTAMPTZ: u8 = 0x27;
    /// i64 µs, i32 days, i32 months.
    pub const INTERVAL: u8 = 0x28;
    /// Framed: one canonical JSON value (see `value::json`).
    pub const JSON: u8 = 0x30;
    /// Framed: dimensions (u8), each length (u32), then the elements as cells.
    pub const ARRAY: u8 = 0x31;
    /// Framed: family (u8: 4 or 6), prefix bits (u8), cidr (u8), address bytes.
    pub const INET: u8 = 0x32;
    /// Framed: 6 or 8 bytes.
    pub const MACADDR: u8 = 0x33;
    /// Framed: flags (u8), then the finite bounds as cells (see `value::range`).
    pub const RANGE: u8 = 0x34;
    /// Framed: the ranges as cells.
    pub const MULTIRANGE: u8 = 0x35;
    /// Framed: kind (u8), then doubles and counts (see `value::geometry`).
    pub const GEOMETRY: u8 = 0x36;
    /// Framed: number of bits (u32), then the bits, last byte padded with zeros.
    pub const BITS: u8 = 0x37;
    /// Framed: the cut text of a cell that is too long to show whole. Never
    /// canonical: only in rows that are kept to be shown (see `value::show`).
    pub const SHORTENED: u8 = 0x7e;
    /// Framed: the raw bytes of a cell that does not parse as its type.
    pub const UNREADABLE: u8 = 0x7f;
}

/// The text or bytes are not of the type they should be; the caller keeps them
/// as a tagged raw cell and counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// What a parser of one type returns: on `Ok` it has written exactly one cell,
/// on `Err` nothing.
pub type Parsed<T = ()> = Result<T, Unreadable>;

/// The length of the payload behind `tag`, or `None` where it is framed.
pub fn fixed_len(tag: u8) -> Option<usize> {
    match tag {
        tag::ABSENT | tag::NULL => Some(0),
        tag::BOOL | tag::SPECIAL => Some(1),
        tag::FLOAT4 | tag::DATE => Some(4),
        tag::INTEGER | tag::FLOAT8 | tag::TIME | tag::TIMESTAMP | tag::TIMESTAMPTZ => Some(8),
        tag::TIMETZ => Some(12),
        tag::UUID | tag::INTERVAL => Some(16),
        _ => None,
    }
}

/// One canonical cell, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    pub tag: u8,
    /// Without the frame's length.
    pub payload: &'a [u8],
    /// The whole cell: tag, frame, payload.
    pub bytes: &'a [u8],
}

impl<'a> Cell<'a> {
    /// The first cell of `bytes` and what follows it.
    ///
    /// # Panics
    /// If `bytes` is not a sequence of canonical cells: they are only ever made
    /// by this module.
    pub fn split(bytes: &'a [u8]) -> (Cell<'a>, &'a [u8]) {
        let (head, len) = match fixed_len(bytes[0]) {
            Some(len) => (1, len),
            None => (
                5,
                u32::from_be_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]) as usize,
            ),
        };
        let (bytes, rest) = bytes.split_at(head + len);
        (
            Cell {
                tag: bytes[0],
                payload: &bytes[head..],
                bytes,
            },
            rest,
        )
    }

    /// The one cell that `bytes` holds.
    pub fn of(bytes: &'a [u8]) -> Cell<'a> {
        let (cell, rest) = Cell::split(bytes);
        debug_assert!(rest.is_empty());
        cell
    }

    pub fn is_null(&self) -> bool {
        self.tag <= tag::NULL
    }

    pub fn is_unreadable(&self) -> bool {
        self.tag == tag::UNREADABLE
    }
}

/// The cells of a canonical row (or of any run of cells), in order.
pub fn cells(mut row: &[u8]) -> impl Iterator<Item = Cell<'_>> {
    std::iter::from_fn(move || {
        if row.is_empty() {
            return None;
        }
        let (cell, rest) = Cell::split(row);
        row = rest;
        Some(cell)
    })
}

/// Writes a cell of fixed length.
pub fn put_fixed(out: &mut Vec<u8>, tag: u8, payload: &[u8]) {
    debug_assert_eq!(fixed_len(tag), Some(payload.len()));
    out.push(tag);
    out.extend_from_slice(payload);
}

/// Writes a framed cell.
pub fn put_framed(out: &mut Vec<u8>, tag: u8, payload: &[u8]) {
    debug_assert_eq!(fixed_len(tag), None);
    out.push(tag);
    out.extend_from_slice(&frame_len(payload.len()));
    out.extend_from_slice(payload);
}

/// Writes a framed cell whose payload `fill` appends; on an error nothing is left.
pub fn put_framed_with<E>(
    out: &mut Vec<u8>,
    tag: u8,
    fill: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let start = out.len();
    out.extend_from_slice(&[tag, 0, 0, 0, 0]);
    if let Err(error) = fill(out) {
        out.truncate(start);
        return Err(error);
    }
    let len = frame_len(out.len() - start - 5);
    out[start + 1..start + 5].copy_from_slice(&len);
    Ok(())
}

/// A frame's length. A cell over 4 GiB cannot occur: PostgreSQL stops at 1 GiB,
/// a batch of any other source at `u32::MAX`.
fn frame_len(len: usize) -> [u8; 4] {
    u32::try_from(len)
        .expect("a batch is smaller than 4 GiB")
        .to_be_bytes()
}

#[cfg(test)]
mod tests;
