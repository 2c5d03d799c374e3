//! The order of canonical cells and keys: numbers by value, text by bytes.

use std::cmp::Ordering;

use super::{Cell, decimal, tag};

/// Orders two canonical rows or keys cell by cell. Equal exactly if the bytes are.
///
/// Absent comes first, then NULL; cells of unlike kinds are ordered by their
/// tags, so that those that do not parse come last.
pub fn compare(mut old: &[u8], mut new: &[u8]) -> Ordering {
    while !old.is_empty() && !new.is_empty() {
        let (old_cell, old_rest) = Cell::split(old);
        let (new_cell, new_rest) = Cell::split(new);
        let found = compare_cells(old_cell, new_cell);
        if found != Ordering::Equal {
            return found;
        }
        (old, new) = (old_rest, new_rest);
    }
    old.len().cmp(&new.len())
}

fn compare_cells(old: Cell<'_>, new: Cell<'_>) -> Ordering {
    if is_number(old) && is_number(new) {
        // The bytes decide should two spellings of a number ever meet.
        return decimal::compare(old, new).then_with(|| old.bytes.cmp(new.bytes));
    }
    let by_tag = old.tag.cmp(&new.tag);
    by_tag.then_with(|| match old.tag {
        tag::FLOAT4 | tag::FLOAT8 => compare_floats(old.payload, new.payload),
        tag::DATE | tag::TIME | tag::TIMETZ | tag::TIMESTAMP | tag::TIMESTAMPTZ => {
            compare_signed(old.payload, new.payload)
        }
        tag::INTERVAL => compare_intervals(old.payload, new.payload),
        _ => old.payload.cmp(new.payload),
    })
}

fn is_number(cell: Cell<'_>) -> bool {
    matches!(cell.tag, tag::INTEGER | tag::DECIMAL | tag::SPECIAL)
}

/// Big-endian two's complement: with the sign bit turned, bytes order as values.
fn compare_signed(old: &[u8], new: &[u8]) -> Ordering {
    let turned = |payload: &[u8]| payload[0] ^ 0x80;
    turned(old).cmp(&turned(new)).then_with(|| old.cmp(new))
}

/// Negative doubles order backwards; the one NaN is above all.
fn compare_floats(old: &[u8], new: &[u8]) -> Ordering {
    match (old[0] & 0x80 != 0, new[0] & 0x80 != 0) {
        (false, false) => old.cmp(new),
        (true, true) => new.cmp(old),
        (old_negative, new_negative) => new_negative.cmp(&old_negative),
    }
}

/// By how long they take to people (a month has 30 days), then by their fields.
fn compare_intervals(old: &[u8], new: &[u8]) -> Ordering {
    let span = |payload: &[u8]| {
        let field = |range: std::ops::Range<usize>| {
            let sign = i128::from((payload[range.start] as i8) >> 7);
            payload[range]
                .iter()
                .fold(sign, |value, byte| value << 8 | i128::from(*byte))
        };
        (field(12..16) * 30 + field(8..12)) * 86_400_000_000 + field(0..8)
    };
    span(old).cmp(&span(new)).then_with(|| old.cmp(new))
}
