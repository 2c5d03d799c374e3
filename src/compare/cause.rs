//! Why two cells differ, as far as the two cells alone can tell: what turns a
//! thousand differing cells into one thing to mend.

mod encoding;
mod json;
mod shift;
#[cfg(test)]
mod tests;
mod text;

use crate::value::{Cell, cells, tag};

/// Ordered from the most to the least specific finding; `Value` is what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cause {
    /// NULL on one side only.
    Null,
    /// No such field in one side's record (JSON).
    Absent,
    /// One side does not parse as the column's type.
    Unreadable,
    /// Text that is the same number with another scale or notation (1.10, 1.1).
    Scale,
    /// Text that differs in white space only.
    Whitespace,
    /// Text that is the same under NFKC.
    UnicodeForm,
    /// Text that is the same in lower case.
    Case,
    /// Times apart by whole (or half) hours of a zone's offset.
    HourShift,
    /// One text is the beginning of the other.
    Truncation,
    /// Text that was decoded with the wrong encoding (mojibake, U+FFFD, `?`).
    Encoding,
    /// JSON that differs in numbers' notation or kind only ("1" and 1).
    JsonNumber,
    /// JSON or arrays with the same elements in another order.
    Order,
    Value,
}

impl Cause {
    pub const COUNT: usize = Cause::Value as usize + 1;

    pub const ALL: [Cause; Cause::COUNT] = [
        Cause::Null,
        Cause::Absent,
        Cause::Unreadable,
        Cause::Scale,
        Cause::Whitespace,
        Cause::UnicodeForm,
        Cause::Case,
        Cause::HourShift,
        Cause::Truncation,
        Cause::Encoding,
        Cause::JsonNumber,
        Cause::Order,
        Cause::Value,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Null => "null",
            Cause::Absent => "absent",
            Cause::Unreadable => "unreadable",
            Cause::Scale => "scale",
            Cause::Whitespace => "whitespace",
            Cause::UnicodeForm => "unicode_form",
            Cause::Case => "case",
            Cause::HourShift => "hour_shift",
            Cause::Truncation => "truncation",
            Cause::Encoding => "encoding",
            Cause::JsonNumber => "json_number",
            Cause::Order => "order",
            Cause::Value => "value",
        }
    }
}

/// The first cause in [`Cause::ALL`] that explains why two canonical cells with
/// different bytes differ. Where several differences come together, it is the
/// cause that explains all that is left after the ones before it (case and white
/// space: `Case`).
pub fn of(old: Cell<'_>, new: Cell<'_>) -> Cause {
    let either = |tag: u8| old.tag == tag || new.tag == tag;
    if either(tag::ABSENT) {
        return Cause::Absent;
    }
    if either(tag::NULL) {
        return Cause::Null;
    }
    if either(tag::UNREADABLE) {
        return Cause::Unreadable;
    }
    if old.tag != new.tag {
        return Cause::Value;
    }
    match old.tag {
        tag::TEXT => text::cause(old, new),
        tag::TIME | tag::TIMETZ | tag::TIMESTAMP | tag::TIMESTAMPTZ
            if shift::is_shift(old, new) =>
        {
            Cause::HourShift
        }
        tag::BYTES if is_cut(old.payload, new.payload) => Cause::Truncation,
        tag::JSON => json::cause(old, new),
        tag::ARRAY if is_reordered(old.payload, new.payload) => Cause::Order,
        _ => Cause::Value,
    }
}

/// Whether one is the beginning of the other, and not empty.
fn is_cut(old: &[u8], new: &[u8]) -> bool {
    let (short, long) = if old.len() < new.len() {
        (old, new)
    } else {
        (new, old)
    };
    !short.is_empty() && short.len() < long.len() && long.starts_with(short)
}

/// Whether two arrays of one shape have the same elements, as often.
fn is_reordered(old: &[u8], new: &[u8]) -> bool {
    let head = 1 + 4 * usize::from(old.first().copied().unwrap_or(0));
    if old.len() != new.len() || old.len() < head || old[..head] != new[..head] {
        return false;
    }
    let sorted = |payload| {
        let mut elements: Vec<&[u8]> = cells(payload).map(|cell| cell.bytes).collect();
        elements.sort_unstable();
        elements
    };
    sorted(&old[head..]) == sorted(&new[head..])
}
