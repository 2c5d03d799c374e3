//! What tolerances and rounding need of arithmetic, exactly: no double is
//! involved, and numbers far apart in magnitude are told apart by it, never
//! written out.

use std::cmp::Ordering;

use super::{Magnitude, Numeral, scan, trim};
use crate::value::{Cell, float, tag};

/// A finite number, taken apart for arithmetic: ± Σ digits[i] · 10000^(weight − i).
#[derive(Clone, Debug, PartialEq)]
pub struct Decimal {
    negative: bool,
    weight: i64,
    /// Without zeros at either end; empty for zero.
    digits: Vec<u16>,
}

impl Decimal {
    /// A finite number as people and configuration files write it.
    pub fn parse(text: &str) -> Option<Decimal> {
        let mut cell = Vec::new();
        scan(trim(text))?.write(&mut cell).ok()?;
        Decimal::of(Cell::of(&cell))
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The number in a cell; `None` for what is not finite, or no number.
    fn of(cell: Cell<'_>) -> Option<Decimal> {
        match cell.tag {
            tag::INTEGER | tag::DECIMAL => {}
            tag::FLOAT4 | tag::FLOAT8 => {
                return Decimal::parse(float::Shortest::of(cell).as_str());
            }
            _ => return None,
        }
        let mut room = [0; 10];
        let magnitude = Magnitude::of(cell, &mut room);
        let digits = magnitude.digits.as_chunks::<2>().0.iter();
        Some(Decimal {
            negative: magnitude.sign < 0,
            weight: i64::from(magnitude.weight),
            digits: digits.map(|digit| u16::from_be_bytes(*digit)).collect(),
        })
    }

    fn abs_cmp(&self, other: &Decimal) -> Ordering {
        let zero = other.digits.is_empty().cmp(&self.digits.is_empty());
        zero.then(self.weight.cmp(&other.weight))
            .then_with(|| self.digits.cmp(&other.digits))
    }

    fn negated(mut self) -> Decimal {
        self.negative = !self.negative;
        self
    }

    /// |self · other|: the sum of products by position, carried from the right.
    fn abs_product(&self, other: &Decimal) -> Decimal {
        let mut sums = vec![0u64; self.digits.len() + other.digits.len()];
        for (i, left) in self.digits.iter().enumerate() {
            for (j, right) in other.digits.iter().enumerate() {
                sums[i + j + 1] += u64::from(*left) * u64::from(*right);
            }
        }
        let mut carry = 0;
        for sum in sums.iter_mut().rev() {
            carry += *sum;
            *sum = carry % 10_000;
            carry /= 10_000;
        }
        Decimal {
            negative: false,
            weight: self.weight + other.weight + 1,
            digits: sums.into_iter().map(|digit| digit as u16).collect(),
        }
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
    let (Some(old), Some(new)) = (Decimal::of(old), Decimal::of(new)) else {
        return false;
    };
    let larger = match old.abs_cmp(&new) {
        Ordering::Less => new.clone(),
        _ => old.clone(),
    };
    let mut gap = [old, new.negated()];
    if sign_of_sum(&gap.each_ref()) == Ordering::Less {
        gap = gap.map(Decimal::negated);
    }
    let reaches = |limit: Decimal| {
        let limit = limit.negated();
        sign_of_sum(&[&gap[0], &gap[1], &limit]) != Ordering::Greater
    };
    absolute.is_some_and(|limit| reaches(limit.clone()))
        || relative.is_some_and(|factor| {
            let mut limit = factor.abs_product(&larger);
            limit.negative = factor.negative;
            reaches(limit)
        })
}

/// The sign of the sum of at most four numbers, from the highest position down,
/// visiting only positions that hold a digit. What is still to come is less
/// than one unit of the current position per number, so a larger sum decides.
fn sign_of_sum(terms: &[&Decimal]) -> Ordering {
    let mut next = [0usize; 4];
    let mut sum = 0i64;
    let mut position = 0i64;
    loop {
        let heads = terms.iter().zip(&next);
        let highest = heads
            .filter(|(term, at)| **at < term.digits.len())
            .map(|(term, at)| term.weight - *at as i64)
            .max();
        let Some(highest) = highest else {
            return sum.cmp(&0);
        };
        // Two empty positions and a sum that is not zero decide as well.
        if sum.unsigned_abs() >= 4 || (sum != 0 && position - highest > 1) {
            return sum.cmp(&0);
        }
        sum *= 10_000;
        position = highest;
        for (term, at) in terms.iter().zip(&mut next) {
            if term.weight - *at as i64 == highest
                && let Some(digit) = term.digits.get(*at)
            {
                let digit = i64::from(*digit);
                sum += if term.negative { -digit } else { digit };
                *at += 1;
            }
        }
    }
}

/// Appends the cell rounded to `scale` decimals (negative: tens, hundreds), half
/// away from zero; a float stays a float of its width (rounded by its shortest
/// decimal), what is not finite stays as it is. So does what would leave the
/// range of its type by rounding up.
pub fn round(cell: Cell<'_>, scale: i32, out: &mut Vec<u8>) {
    let start = out.len();
    let rounded = match cell.tag {
        tag::INTEGER if scale >= 0 => None,
        tag::INTEGER | tag::DECIMAL => {
            round_numeral(&Numeral::digits_of(cell, &mut Vec::new()), scale, out)
        }
        tag::FLOAT4 | tag::FLOAT8 => round_float(cell, scale, out),
        _ => None,
    };
    if rounded.is_none() {
        out.truncate(start);
        out.extend_from_slice(cell.bytes);
    }
}

fn round_float(cell: Cell<'_>, scale: i32, out: &mut Vec<u8>) -> Option<()> {
    let shortest = float::Shortest::of(cell);
    let mut rounded = Vec::new();
    round_numeral(&scan(shortest.as_str())?, scale, &mut rounded)?;
    let mut text = String::new();
    super::show(Cell::of(&rounded), &mut text);
    float::reread(&text, cell.tag, out).ok()
}

/// `None` if nothing is to be rounded off, or the result has no cell.
fn round_numeral(numeral: &Numeral<'_>, scale: i32, out: &mut Vec<u8>) -> Option<()> {
    let digits = numeral.significant()?;
    let keep = digits.point + i64::from(scale);
    if keep >= digits.len() as i64 {
        return None;
    }
    let keep = usize::try_from(keep).ok();
    let up = keep.is_some_and(|keep| digits.iter().nth(keep).is_some_and(|d| d >= b'5'));
    let mut kept: Vec<u8> = digits.iter().take(keep.unwrap_or(0)).collect();
    let mut point = digits.point;
    if up {
        while kept.last() == Some(&b'9') {
            kept.pop();
        }
        match kept.last_mut() {
            Some(last) => *last += 1,
            None => {
                kept.push(b'1');
                point += 1;
            }
        }
    }
    let rounded = Numeral {
        negative: numeral.negative,
        whole: &[],
        fraction: &kept,
        exponent: point,
    };
    rounded.write(out).ok()
}
