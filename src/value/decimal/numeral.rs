//! A finite number as text writes it: decimal digits around a point and a power
//! of ten. Kept apart from the cell so that floats, money and rounding share one
//! reader and one writer, and so that a huge exponent is never expanded.

use std::fmt::Write;

use super::{FRACTION_DIGITS, WHOLE_DIGITS, decimal_parts, integer, integer_value};
use crate::value::{Cell, Parsed, Unreadable, put_framed_with, tag};

/// Far beyond what an i32 weight can hold, far below what an i64 can.
const EXPONENT_LIMIT: i64 = 1 << 40;

/// ± `whole` `.` `fraction` · 10^`exponent`; the digits are ASCII.
#[derive(Clone, Copy, Debug)]
pub(in crate::value) struct Numeral<'a> {
    pub negative: bool,
    pub whole: &'a [u8],
    pub fraction: &'a [u8],
    pub exponent: i64,
}

/// Reads sign, digits, point, digits, exponent, and nothing else.
pub(in crate::value) fn scan(text: &str) -> Option<Numeral<'_>> {
    let bytes = text.as_bytes();
    let (negative, bytes) = match bytes.first()? {
        b'-' => (true, &bytes[1..]),
        b'+' => (false, &bytes[1..]),
        _ => (false, bytes),
    };
    let (whole, rest) = split_digits(bytes);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => split_digits(rest),
        _ => (&rest[..0], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let exponent = match rest {
        [] => 0,
        [b'e' | b'E', rest @ ..] => scan_exponent(rest)?,
        _ => return None,
    };
    Some(Numeral {
        negative,
        whole,
        fraction,
        exponent,
    })
}

fn split_digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(bytes.len());
    bytes.split_at(end)
}

fn scan_exponent(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes.first()? {
        b'-' => (true, &bytes[1..]),
        b'+' => (false, &bytes[1..]),
        _ => (false, bytes),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |value: i64, digit| {
        (value * 10 + i64::from(digit - b'0')).min(EXPONENT_LIMIT)
    });
    Some(if negative { -value } else { value })
}

impl<'a> Numeral<'a> {
    /// The number in a finite cell; `room` takes its digits.
    pub fn digits_of(cell: Cell<'_>, room: &'a mut Vec<u8>) -> Numeral<'a> {
        room.clear();
        if cell.tag != tag::DECIMAL {
            let value = integer_value(cell);
            room.extend_from_slice(value.unsigned_abs().to_string().as_bytes());
            return Numeral {
                negative: value < 0,
                whole: room,
                fraction: &[],
                exponent: 0,
            };
        }
        let (negative, weight, digits) = decimal_parts(cell);
        for digit in digits.as_chunks::<2>().0 {
            room.extend_from_slice(&four(u16::from_be_bytes(*digit)));
        }
        let exponent = 4 * (i64::from(weight) + 1);
        Numeral {
            negative,
            whole: &[],
            fraction: room,
            exponent,
        }
    }

    /// All digits from the first to the last that is not zero, as two runs, and
    /// how many places before the first of them the point stands to the right:
    /// 0.0012 is `12` at −2. `None` for zero.
    pub fn significant(&self) -> Option<Significant<'a>> {
        let total = self.whole.len() + self.fraction.len();
        let both = || self.whole.iter().chain(self.fraction);
        let first = both().position(|digit| *digit != b'0')?;
        let last = total - both().rev().position(|digit| *digit != b'0')?;
        let cut = |run: &'a [u8], from: usize| {
            let start = first.saturating_sub(from).min(run.len());
            let end = last.saturating_sub(from).min(run.len());
            &run[start..end]
        };
        Some(Significant {
            head: cut(self.whole, 0),
            tail: cut(self.fraction, self.whole.len()),
            point: self.whole.len() as i64 - first as i64 + self.exponent,
        })
    }

    /// Appends the cell. Unreadable only if the weight leaves an i32.
    pub fn write(&self, out: &mut Vec<u8>) -> Parsed {
        if self.exponent == 0 && self.write_short(out) {
            return Ok(());
        }
        let Some(digits) = self.significant() else {
            integer(0, out);
            return Ok(());
        };
        if let Some(value) = digits.as_integer(self.negative) {
            integer(value, out);
            return Ok(());
        }
        digits.write(self.negative, out)
    }

    /// The common case: what fits a u64 with three digits to spare.
    fn write_short(&self, out: &mut Vec<u8>) -> bool {
        if self.whole.len() + self.fraction.len() > 16 {
            return false;
        }
        let digits = self.whole.iter().chain(self.fraction);
        let mut value = digits.fold(0u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        let mut scale = self.fraction.len();
        while scale > 0 && value % 10 == 0 {
            value /= 10;
            scale -= 1;
        }
        if scale == 0 {
            let value = value as i64;
            integer(if self.negative { -value } else { value }, out);
        } else {
            put_scaled(self.negative, value, scale, out);
        }
        true
    }

    /// Appends plain digits, or an exponent for what numeric could not hold.
    pub fn show(&self, out: &mut String) {
        let Some(digits) = self.significant() else {
            out.push('0');
            return;
        };
        if self.negative {
            out.push('-');
        }
        let (count, point) = (digits.len() as i64, digits.point);
        let plain = point <= WHOLE_DIGITS && count - point <= FRACTION_DIGITS;
        let shown = if plain { point } else { 1 };
        if shown <= 0 {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', -shown as usize));
        }
        for (at, digit) in digits.iter().enumerate() {
            if at > 0 && at as i64 == shown {
                out.push('.');
            }
            out.push(char::from(digit));
        }
        out.extend(std::iter::repeat_n('0', (shown - count).max(0) as usize));
        if !plain {
            // Writing to a String cannot fail.
            let _ = write!(out, "e{:+}", point - 1);
        }
    }
}

/// Digits without zeros at either end: 0.`head``tail` · 10^`point`.
#[derive(Clone, Copy, Debug)]
pub(in crate::value) struct Significant<'a> {
    head: &'a [u8],
    tail: &'a [u8],
    pub point: i64,
}

impl<'a> Significant<'a> {
    pub fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = u8> + use<'a> {
        self.head.iter().chain(self.tail).copied()
    }

    fn as_integer(&self, negative: bool) -> Option<i64> {
        // 19 digits are the most that an i64 has.
        if self.point > 19 || (self.len() as i64) > self.point {
            return None;
        }
        let value = self
            .iter()
            .fold(0i128, |value, digit| value * 10 + i128::from(digit - b'0'));
        let value = value * 10i128.pow(self.point as u32 - self.len() as u32);
        i64::try_from(if negative { -value } else { value }).ok()
    }

    fn write(&self, negative: bool, out: &mut Vec<u8>) -> Parsed {
        let weight = (self.point - 1).div_euclid(4);
        let weight = i32::try_from(weight).map_err(|_| Unreadable)?;
        // Decimal places of the first base-10000 digit that are taken already.
        let mut place = 3 - (self.point - 1).rem_euclid(4);
        put_framed_with(out, tag::DECIMAL, |out| {
            out.push(u8::from(negative));
            out.extend_from_slice(&weight.to_be_bytes());
            let mut group = 0u16;
            for digit in self.iter() {
                group = group * 10 + u16::from(digit - b'0');
                place += 1;
                if place == 4 {
                    out.extend_from_slice(&group.to_be_bytes());
                    (group, place) = (0, 0);
                }
            }
            if place > 0 && group > 0 {
                let group = group * 10u16.pow(4 - place as u32);
                out.extend_from_slice(&group.to_be_bytes());
            }
            Ok(())
        })
    }
}

/// Appends `value` · 10^−`scale`; `value` has at most 16 digits and no zero last.
fn put_scaled(negative: bool, value: u64, scale: usize, out: &mut Vec<u8>) {
    let pad = (4 - scale % 4) % 4;
    let mut rest = value * 10u64.pow(pad as u32);
    let mut payload = [0; 15];
    let mut start = payload.len();
    while rest > 0 {
        start -= 2;
        payload[start..start + 2].copy_from_slice(&((rest % 10_000) as u16).to_be_bytes());
        rest /= 10_000;
    }
    let weight = ((payload.len() - start) / 2) as i32 - 1 - ((scale + pad) / 4) as i32;
    start -= 5;
    payload[start] = u8::from(negative);
    payload[start + 1..start + 5].copy_from_slice(&weight.to_be_bytes());
    crate::value::put_framed(out, tag::DECIMAL, &payload[start..]);
}

/// A base-10000 digit as four ASCII digits.
fn four(digit: u16) -> [u8; 4] {
    [digit / 1000, digit / 100 % 10, digit / 10 % 10, digit % 10].map(|d| b'0' + d as u8)
}
