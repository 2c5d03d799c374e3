//! Why two cells differ, as far as the two cells alone can tell.

use crate::value::Cell;

/// Ordered from the most to the least specific finding; `Value` is what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
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
/// different bytes differ.
pub fn of(old: Cell<'_>, new: Cell<'_>) -> Cause {
    let _ = (old, new);
    unimplemented!("skeleton")
}
