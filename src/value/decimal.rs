//! Exact decimals of any precision: INTEGER, DECIMAL and SPECIAL cells from text
//! and wire (integers, numeric), their order, and the arithmetic that tolerances
//! and rounding need.
//!
//! Text is read as PostgreSQL up to 15 reads numeric: no `0x…`, no `1_000`. A
//! column of an integer type takes any finite decimal (`007`, `7.0`), since
//! numbers compare by value; a huge exponent costs no more than its digits.

mod arithmetic;
mod numeral;

pub use arithmetic::{Decimal, round, within};
pub(in crate::value) use numeral::{Numeral, scan};

use std::cmp::Ordering;
use std::fmt::Write;

use super::{Cell, Parsed, Target, Type, Unreadable, float, put_fixed, put_framed_with, tag};

/// The payload of a SPECIAL cell.
const MINUS_INFINITY: u8 = 0;
const INFINITY: u8 = 1;
const NAN: u8 = 2;

/// Digits before and after the point that PostgreSQL's numeric can hold at
/// most; beyond them a number is shown with an exponent.
const WHOLE_DIGITS: i64 = 131_072;
const FRACTION_DIGITS: i64 = 16_383;

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
/// NaN and the infinities are numeric only; money may carry a currency sign,
/// well-placed thousands commas and its sign as `-` or parentheses.
pub fn text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let trimmed = trim(text);
    if let Some(numeral) = scan(trimmed) {
        return numeral.write(out);
    }
    match target.ty {
        Type::Numeric => put_fixed(out, tag::SPECIAL, &[special(trimmed).ok_or(Unreadable)?]),
        Type::Money => return money(trimmed, out),
        _ => return Err(Unreadable),
    }
    Ok(())
}

/// Without the blanks that PostgreSQL skips around a number.
pub(in crate::value) fn trim(text: &str) -> &str {
    trim_of(text, [' ', '\t', '\n', '\r', '\x0b', '\x0c'])
}

/// Without these blanks, of ASCII's up to the space, at either end. Hardly any text has
/// some.
pub(in crate::value) fn trim_of<const N: usize>(text: &str, blanks: [char; N]) -> &str {
    let blank = |byte: Option<&u8>| byte.is_some_and(|byte| *byte <= b' ');
    match blank(text.as_bytes().first()) || blank(text.as_bytes().last()) {
        true => text.trim_matches(blanks),
        false => text,
    }
}

fn special(text: &str) -> Option<u8> {
    if text.eq_ignore_ascii_case("nan") {
        return Some(NAN);
    }
    let (negative, word) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let infinite = word.eq_ignore_ascii_case("infinity") || word.eq_ignore_ascii_case("inf");
    infinite.then_some(if negative { MINUS_INFINITY } else { INFINITY })
}

/// `$12.34`, `-$1,234.50`, `$-5`, `($5.00)`, `¥1,234`. A comma must split off
/// three digits, so that a decimal comma is unreadable, not a hundredfold.
fn money(text: &str, out: &mut Vec<u8>) -> Parsed {
    let (bracketed, inner) = match text.strip_prefix('(') {
        Some(rest) => (true, trim(rest.strip_suffix(')').ok_or(Unreadable)?)),
        None => (false, text),
    };
    let (before, rest) = strip_sign(inner);
    let (after, amount) = strip_sign(trim(strip_currency(rest)));
    let signs = u8::from(bracketed) + u8::from(before) + u8::from(after);
    if signs > 1 || !amount.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(Unreadable);
    }
    let mut plain = String::with_capacity(amount.len() + 1);
    if signs == 1 {
        plain.push('-');
    }
    let whole = amount.find('.').unwrap_or(amount.len());
    if !amount[..whole].contains(',') {
        plain.push_str(amount);
    } else {
        push_groups(&amount[..whole], &mut plain)?;
        plain.push_str(&amount[whole..]);
    }
    scan(&plain).ok_or(Unreadable)?.write(out)
}

fn strip_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, trim(rest)),
        None => (false, text),
    }
}

fn strip_currency(text: &str) -> &str {
    const SIGNS: [char; 9] = ['$', '¥', '¥', '€', '£', '₩', '₹', '元', '円'];
    let text = text.strip_prefix(SIGNS).unwrap_or(text);
    trim(text).strip_suffix(SIGNS).unwrap_or(text)
}

/// Appends the digits of `1,234,567`.
fn push_groups(whole: &str, plain: &mut String) -> Parsed {
    for (at, group) in whole.split(',').enumerate() {
        let fits = group.len() == 3 || (at == 0 && (1..=3).contains(&group.len()));
        if !fits || !group.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Unreadable);
        }
        plain.push_str(group);
    }
    Ok(())
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of
/// `target`. Floats go by their shortest decimal; money comes cast to numeric.
pub fn wire(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let value = match from {
        Type::Int2 => i64::from(i16::from_be_bytes(exact(bytes)?)),
        Type::Int4 => i64::from(i32::from_be_bytes(exact(bytes)?)),
        Type::Int8 => i64::from_be_bytes(exact(bytes)?),
        Type::Oid => i64::from(u32::from_be_bytes(exact(bytes)?)),
        Type::Numeric | Type::Money => return numeric(bytes, out),
        Type::Float4 => {
            let shortest = float::Shortest::of4(f32::from_be_bytes(exact(bytes)?));
            return text(shortest.as_str(), target, out);
        }
        Type::Float8 => {
            let shortest = float::Shortest::of8(f64::from_be_bytes(exact(bytes)?));
            return text(shortest.as_str(), target, out);
        }
        _ => return Err(Unreadable),
    };
    integer(value, out);
    Ok(())
}

pub(in crate::value) fn exact<const N: usize>(bytes: &[u8]) -> Parsed<[u8; N]> {
    bytes.try_into().map_err(|_| Unreadable)
}

/// numeric's binary form: ndigits, weight, sign, dscale (u16 each), base-10000 digits.
fn numeric(bytes: &[u8], out: &mut Vec<u8>) -> Parsed {
    let (head, digits) = bytes.split_first_chunk::<8>().ok_or(Unreadable)?;
    let count = usize::from(u16::from_be_bytes([head[0], head[1]]));
    let weight = i32::from(i16::from_be_bytes([head[2], head[3]]));
    if digits.len() != 2 * count {
        return Err(Unreadable);
    }
    let negative = match u16::from_be_bytes([head[4], head[5]]) {
        0x0000 => false,
        0x4000 => true,
        sign => return numeric_special(sign, out),
    };
    let (digits, _) = digits.as_chunks::<2>();
    if digits.iter().any(|digit| u16::from_be_bytes(*digit) > 9999) {
        return Err(Unreadable);
    }
    let zeros = digits.iter().take_while(|d| **d == [0, 0]).count();
    let end = digits.len() - digits.iter().rev().take_while(|d| **d == [0, 0]).count();
    if zeros >= end {
        integer(0, out);
        return Ok(());
    }
    // At most 65 535 leading zeros: no overflow.
    put_digits(negative, weight - zeros as i32, &digits[zeros..end], out)
}

fn numeric_special(sign: u16, out: &mut Vec<u8>) -> Parsed {
    let special = match sign {
        0xC000 => NAN,
        0xD000 => INFINITY,
        0xF000 => MINUS_INFINITY,
        _ => return Err(Unreadable),
    };
    put_fixed(out, tag::SPECIAL, &[special]);
    Ok(())
}

/// Appends the cell of base-10000 digits without zeros at either end.
fn put_digits(negative: bool, weight: i32, digits: &[[u8; 2]], out: &mut Vec<u8>) -> Parsed {
    if (0..=4).contains(&weight) && digits.len() <= weight as usize + 1 {
        let mut value = 0i128;
        for at in 0..=weight as usize {
            let digit = digits.get(at).map_or(0, |digit| u16::from_be_bytes(*digit));
            value = value * 10_000 + i128::from(digit);
        }
        if let Ok(value) = i64::try_from(if negative { -value } else { value }) {
            integer(value, out);
            return Ok(());
        }
    }
    put_framed_with(out, tag::DECIMAL, |out| {
        out.push(u8::from(negative));
        out.extend_from_slice(&weight.to_be_bytes());
        out.extend_from_slice(digits.as_flattened());
        Ok(())
    })
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    match cell.tag {
        tag::INTEGER => {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}", integer_value(cell));
        }
        tag::DECIMAL => Numeral::digits_of(cell, &mut Vec::new()).show(out),
        _ => out.push_str(match cell.payload {
            [MINUS_INFINITY] => "-Infinity",
            [INFINITY] => "Infinity",
            _ => "NaN",
        }),
    }
}

/// Appends the cell of an i64.
pub fn integer(value: i64, out: &mut Vec<u8>) {
    put_fixed(
        out,
        tag::INTEGER,
        &((value as u64) ^ (1 << 63)).to_be_bytes(),
    );
}

/// The value of an INTEGER cell.
fn integer_value(cell: Cell<'_>) -> i64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(cell.payload);
    (u64::from_be_bytes(bytes) ^ (1 << 63)) as i64
}

/// Orders two number cells (INTEGER, DECIMAL, SPECIAL) by value; NaN last.
pub fn compare(old: Cell<'_>, new: Cell<'_>) -> Ordering {
    if old.tag == tag::INTEGER && new.tag == tag::INTEGER {
        return old.payload.cmp(new.payload);
    }
    let (left, right) = (class(old), class(new));
    if left != right || left != FINITE {
        return left.cmp(&right);
    }
    let (mut left_room, mut right_room) = ([0; 10], [0; 10]);
    let left = Magnitude::of(old, &mut left_room);
    let right = Magnitude::of(new, &mut right_room);
    left.sign.cmp(&right.sign).then_with(|| {
        let order = left
            .weight
            .cmp(&right.weight)
            .then(left.digits.cmp(right.digits));
        if left.sign < 0 {
            order.reverse()
        } else {
            order
        }
    })
}

const FINITE: u8 = 1;

/// −∞, finite, +∞, NaN as 0 to 3.
fn class(cell: Cell<'_>) -> u8 {
    match (cell.tag, cell.payload) {
        (tag::SPECIAL, [MINUS_INFINITY]) => 0,
        (tag::SPECIAL, [INFINITY]) => 2,
        (tag::SPECIAL, _) => 3,
        _ => FINITE,
    }
}

/// A finite cell as sign, weight and big-endian base-10000 digits, whose order
/// by bytes is their order by value.
struct Magnitude<'a> {
    sign: i8,
    weight: i32,
    digits: &'a [u8],
}

impl<'a> Magnitude<'a> {
    /// `room` holds the digits of an INTEGER: five at most.
    fn of(cell: Cell<'a>, room: &'a mut [u8; 10]) -> Magnitude<'a> {
        if cell.tag == tag::DECIMAL {
            let (negative, weight, digits) = decimal_parts(cell);
            let sign = if negative { -1 } else { 1 };
            return Magnitude {
                sign,
                weight,
                digits,
            };
        }
        let value = integer_value(cell);
        let mut rest = value.unsigned_abs();
        let mut start = room.len();
        let mut end = room.len();
        while rest > 0 {
            let digit = (rest % 10_000) as u16;
            rest /= 10_000;
            start -= 2;
            room[start..start + 2].copy_from_slice(&digit.to_be_bytes());
            if digit == 0 && end == start + 2 {
                end = start;
            }
        }
        Magnitude {
            sign: value.signum() as i8,
            weight: (room.len() - start) as i32 / 2 - 1,
            digits: &room[start..end],
        }
    }
}

/// Sign, weight and digits of a DECIMAL cell.
fn decimal_parts(cell: Cell<'_>) -> (bool, i32, &[u8]) {
    let payload = cell.payload;
    let weight = i32::from_be_bytes([payload[1], payload[2], payload[3], payload[4]]);
    (payload[0] == 1, weight, &payload[5..])
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
