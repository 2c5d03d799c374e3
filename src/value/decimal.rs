//! Exact decimals of any precision: INTEGER, DECIMAL and SPECIAL cells from text
//! and wire (integers, numeric), their order, and the arithmetic that tolerances
//! and rounding need.

use super::{Cell, Parsed, Target, Type};

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
pub fn text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let _ = (text, target, out);
    unimplemented!("skeleton")
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of `target`.
pub fn wire(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let _ = (bytes, from, target, out);
    unimplemented!("skeleton")
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    let _ = (cell, out);
    unimplemented!("skeleton")
}

/// Appends the cell of an i64.
pub fn integer(value: i64, out: &mut Vec<u8>) {
    let _ = (value, out);
    unimplemented!("skeleton")
}

/// Orders two number cells (INTEGER, DECIMAL, SPECIAL) by value; NaN last.
pub fn compare(old: Cell<'_>, new: Cell<'_>) -> std::cmp::Ordering {
    let _ = (old, new);
    unimplemented!("skeleton")
}

/// A finite number, taken apart for arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Decimal {
    // (skeleton)
}

impl Decimal {
    /// A finite number as people and configuration files write it.
    pub fn parse(text: &str) -> Option<Decimal> {
        let _ = text;
        unimplemented!("skeleton")
    }

    pub fn is_negative(&self) -> bool {
        unimplemented!("skeleton")
    }
}

/// Whether |old − new| ≤ absolute, or ≤ relative · max(|old|, |new|), exactly.
/// Takes INTEGER, DECIMAL, FLOAT4 and FLOAT8 cells (floats by their shortest
/// decimal); anything not finite is only ever equal to itself, so `false`.
pub fn within(
    old: Cell<'_>,
    new: Cell<'_>,
    absolute: Option<&Decimal>,
    relative: Option<&Decimal>,
) -> bool {
    let _ = (old, new, absolute, relative);
    unimplemented!("skeleton")
}

/// Appends the cell rounded to `scale` decimals (negative: tens, hundreds), half
/// away from zero; a float stays a float of its width (rounded by its shortest
/// decimal), what is not finite stays as it is.
pub fn round(cell: Cell<'_>, scale: i32, out: &mut Vec<u8>) {
    let _ = (cell, scale, out);
    unimplemented!("skeleton")
}
