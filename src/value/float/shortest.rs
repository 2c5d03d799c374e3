//! The decimal by which a float meets a number: the shortest that reads back as
//! it, digit for digit the one PostgreSQL prints, so that a float column and its
//! own export agree. Rust's printer differs from PostgreSQL's in two rare cases:
//! it takes a decimal that reads back only because a tie goes to even, and of
//! two equally near it takes the upper. Both are told by exact arithmetic.

use std::fmt::Arguments;
use std::io::Write;

use crate::value::Cell;
use crate::value::decimal::exact;

/// The shortest decimal of a float: `-1.5e-7`, `NaN`, `Infinity`, `-Infinity`.
/// No allocation.
#[derive(Clone, Copy, Debug)]
pub struct Shortest {
    text: [u8; 32],
    len: usize,
}

impl Shortest {
    pub fn of4(value: f32) -> Shortest {
        // −0 + 0 is 0.
        let value = value + 0.0;
        if !value.is_finite() {
            return Self::special(value.into());
        }
        let binary = Binary::of4(value);
        let first = Self::print(format_args!("{value:e}"));
        first.settle(binary, |digits| {
            let longer = Self::print(format_args!("{value:.digits$e}"));
            (longer.as_str().parse() == Ok(value)).then_some(longer)
        })
    }

    pub fn of8(value: f64) -> Shortest {
        let value = value + 0.0;
        if !value.is_finite() {
            return Self::special(value);
        }
        let binary = Binary::of8(value);
        let first = Self::print(format_args!("{value:e}"));
        first.settle(binary, |digits| {
            let longer = Self::print(format_args!("{value:.digits$e}"));
            (longer.as_str().parse() == Ok(value)).then_some(longer)
        })
    }

    /// Of a FLOAT4 or FLOAT8 cell.
    pub fn of(cell: Cell<'_>) -> Shortest {
        if let Ok(bytes) = exact(cell.payload) {
            return Self::of4(f32::from_be_bytes(bytes));
        }
        let mut bytes = [0; 8];
        bytes.copy_from_slice(cell.payload);
        Self::of8(f64::from_be_bytes(bytes))
    }

    pub fn as_str(&self) -> &str {
        // Only ASCII was written.
        std::str::from_utf8(&self.text[..self.len]).unwrap_or_default()
    }

    fn special(value: f64) -> Shortest {
        let word = match value {
            f64::INFINITY => "Infinity",
            f64::NEG_INFINITY => "-Infinity",
            _ => "NaN",
        };
        Self::print(format_args!("{word}"))
    }

    fn print(number: Arguments<'_>) -> Shortest {
        let mut text = [0; 32];
        let mut rest = &mut text[..];
        // 18 digits, two signs, a point and four of exponent: 25 at most.
        let written = rest.write_fmt(number);
        debug_assert!(written.is_ok());
        let left = rest.len();
        Shortest {
            text,
            len: text.len() - left,
        }
    }

    /// What PostgreSQL prints where Rust prints `self`; `longer` prints with so
    /// many digits behind the point, if that reads back.
    fn settle(mut self, binary: Binary, longer: impl Fn(usize) -> Option<Shortest>) -> Shortest {
        let (digits, power) = self.number();
        if binary.is_bound(digits, power) {
            let count = digits.checked_ilog10().unwrap_or(0) as usize;
            return (count + 1..=17)
                .filter_map(longer)
                .find(|longer| {
                    let (digits, power) = longer.number();
                    !binary.is_bound(digits, power)
                })
                .unwrap_or(self);
        }
        if digits % 2 == 1 {
            // The even neighbour never ends in 0: it would be shorter. The one
            // below is out of reach where the next float there is closer.
            let wide = digits * 10;
            if binary.equals(wide - 5, power - 1) && !binary.closer_below {
                self.change_last(|digit| digit - 1);
            } else if binary.equals(wide + 5, power - 1) {
                self.change_last(|digit| digit + 1);
            }
        }
        self
    }

    /// All digits as one integer, and its power of ten.
    fn number(&self) -> (u64, i32) {
        let (mantissa, exponent) = self.as_str().split_once('e').unwrap_or(("0", "0"));
        let digits = mantissa.bytes().filter(u8::is_ascii_digit);
        let value = digits.fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
        let behind = mantissa.split_once('.').map_or(0, |(_, part)| part.len());
        let exponent: i32 = exponent.parse().unwrap_or(0);
        (value, exponent - behind as i32)
    }

    fn change_last(&mut self, change: impl Fn(u8) -> u8) {
        let end = self.as_str().find('e').unwrap_or(self.len);
        let last = &mut self.text[end - 1];
        *last = change(*last);
    }
}

/// |a finite float|: mantissa · 2^exponent.
#[derive(Clone, Copy)]
struct Binary {
    mantissa: u64,
    exponent: i32,
    /// The neighbour below is only half as far as the one above.
    closer_below: bool,
}

impl Binary {
    fn of4(value: f32) -> Binary {
        let bits = value.to_bits();
        Self::of(
            u64::from(bits << 9 >> 9),
            (bits >> 23 & 0xff) as i32,
            23,
            150,
        )
    }

    fn of8(value: f64) -> Binary {
        let bits = value.to_bits();
        Self::of(bits << 12 >> 12, (bits >> 52 & 0x7ff) as i32, 52, 1075)
    }

    fn of(fraction: u64, exponent: i32, width: u32, bias: i32) -> Binary {
        let hidden = u64::from(exponent > 0) << width;
        Binary {
            mantissa: fraction | hidden,
            exponent: exponent.max(1) - bias,
            closer_below: fraction == 0 && exponent > 1,
        }
    }

    /// Whether digits · 10^power is half-way to a neighbour.
    fn is_bound(self, digits: u64, power: i32) -> bool {
        let Binary {
            mantissa, exponent, ..
        } = self;
        if mantissa == 0 {
            return false;
        }
        let below = if self.closer_below {
            same(4 * mantissa - 1, exponent - 2, digits, power)
        } else {
            same(2 * mantissa - 1, exponent - 1, digits, power)
        };
        below || same(2 * mantissa + 1, exponent - 1, digits, power)
    }

    /// Whether it is digits · 10^power exactly.
    fn equals(self, digits: u64, power: i32) -> bool {
        self.mantissa > 0 && same(self.mantissa, self.exponent, digits, power)
    }
}

/// Whether mantissa · 2^exponent = digits · 10^power, by their odd parts and
/// powers of two. 5^27 is the last power that can divide or fill 64 bits.
fn same(mantissa: u64, exponent: i32, digits: u64, power: i32) -> bool {
    let (twos, others) = (mantissa.trailing_zeros(), digits.trailing_zeros());
    if power.abs() > 27 || exponent + twos as i32 != power + others as i32 {
        return false;
    }
    let five = 5u128.pow(power.unsigned_abs());
    let (binary, decimal) = (mantissa >> twos, digits >> others);
    if power >= 0 {
        u128::from(binary) == u128::from(decimal) * five
    } else {
        u128::from(binary) * five == u128::from(decimal)
    }
}
