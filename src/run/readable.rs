//! As which types all cells of an undeclared column can be read: what `init`
//! proposes, so that 1.10 and 1.1 are one price and two notations of one
//! instant one time.
//!
//! Careful rather than clever: a code such as 007 or 12e4 is no number, and
//! what would need a guess (02/03/04, a zone) is no date.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::error::Side;
use crate::value::{Raw, Target, Type, encode, tag};

/// The types that are tried, the preferred ones first.
const TYPES: [Type; 6] = [
    Type::Int8,
    Type::Numeric,
    Type::Bool,
    Type::Date,
    Type::Timestamp,
    Type::TimestampTz,
];

const ALL: u8 = (1 << TYPES.len()) - 1;

/// What the cells of one column have left of the types; shared by all workers.
#[derive(Debug)]
pub struct Readable {
    /// A bit for each of [`TYPES`]: old, new.
    left: [AtomicU8; 2],
    /// Whether a side had any cell but NULL: old, new.
    seen: [AtomicBool; 2],
}

impl Default for Readable {
    fn default() -> Self {
        Readable {
            left: [ALL, ALL].map(AtomicU8::new),
            seen: Default::default(),
        }
    }
}

impl Readable {
    /// Looks at one cell; `out` is a buffer.
    pub fn add(&self, side: Side, raw: Raw<'_>, out: &mut Vec<u8>) {
        if matches!(raw, Raw::Null | Raw::Absent) {
            return;
        }
        self.seen[side.index()].store(true, Ordering::Relaxed);
        let mine = &self.left[side.index()];
        let left = mine.load(Ordering::Relaxed);
        for (index, ty) in TYPES.iter().enumerate() {
            let bit = 1 << index;
            if left & bit != 0 && !reads(raw, ty, out) {
                mine.fetch_and(!bit, Ordering::Relaxed);
            }
        }
    }

    /// The type that every cell reads as, if there is one and enough cells: any
    /// on one side or, where `both`, on each.
    pub fn ty(&self, both: bool) -> Option<Type> {
        let [old, new] = self.left();
        let left = old & new;
        let first = (0..TYPES.len()).find(|index| left & (1 << index) != 0)?;
        let seen = self
            .seen
            .each_ref()
            .map(|seen| seen.load(Ordering::Relaxed));
        let enough = if both {
            seen == [true; 2]
        } else {
            seen != [false; 2]
        };
        enough.then(|| TYPES[first].clone())
    }
}

impl Readable {
    fn left(&self) -> [u8; 2] {
        self.left
            .each_ref()
            .map(|left| left.load(Ordering::Relaxed))
    }

    /// Whether all cells are times, with a zone on one side and without on the other.
    pub fn lacks_zone(&self) -> bool {
        let is = |left: u8, ty: Type| {
            let times = TYPES.iter().position(|other| *other == ty);
            left != ALL && times.is_some_and(|index| left == 1 << index)
        };
        let [old, new] = self.left();
        let apart = |one, other| is(one, Type::Timestamp) && is(other, Type::TimestampTz);
        apart(old, new) || apart(new, old)
    }
}

fn reads(raw: Raw<'_>, ty: &Type, out: &mut Vec<u8>) -> bool {
    let raw = match raw {
        Raw::Text(text) | Raw::JsonString(text) => {
            if !looks_like(text, ty) {
                return false;
            }
            Raw::Text(text)
        }
        // A declared column that its pair does not agree with comes as text.
        Raw::Wire(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if looks_like(text, ty) => Raw::Text(text),
            _ => return false,
        },
        Raw::Blob(_) => return false,
        typed => match is_time(ty) {
            true => return false,
            false => typed,
        },
    };
    let target = Target {
        ty: ty.clone(),
        zone: None,
    };
    out.clear();
    let parsed = encode(raw, None, &target, out).is_ok();
    parsed && (*ty != Type::Int8 || out.first() == Some(&tag::INTEGER))
}

fn is_time(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::Timestamp | Type::TimestampTz)
}

/// Whether a person would write such a value so.
fn looks_like(text: &str, ty: &Type) -> bool {
    match ty {
        Type::Bool => ["true", "false", "t", "f"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word)),
        ty if is_time(ty) => {
            let dated = text.contains('-') || text.contains('/');
            dated && text.starts_with(|first: char| first.is_ascii_digit())
        }
        _ => is_plain_number(text),
    }
}

/// Digits, a point and a minus only, and no zero before another digit.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let padded = matches!(digits, [b'0', b'0'..=b'9', ..]);
    let plain = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    !padded && !digits.is_empty() && digits.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cells: &[Raw<'_>]) -> Option<Type> {
        let readable = Readable::default();
        cells
            .iter()
            .for_each(|cell| readable.add(Side::Old, *cell, &mut Vec::new()));
        assert_eq!(readable.ty(true), None, "the new side has no cell");
        readable.ty(false)
    }

    fn texts(cells: &[&str]) -> Option<Type> {
        of(&cells.iter().map(|text| Raw::Text(text)).collect::<Vec<_>>())
    }

    #[test]
    fn every_cell_has_to_read() {
        assert_eq!(texts(&["1", "-20", "0"]), Some(Type::Int8));
        assert_eq!(
            texts(&["1", "1.50", "9223372036854775808"]),
            Some(Type::Numeric)
        );
        assert_eq!(texts(&["true", "f"]), Some(Type::Bool));
        assert_eq!(texts(&["2024-01-05", "2024/01/06"]), Some(Type::Date));
        assert_eq!(
            texts(&["2024-01-05 10:00:00", "2024-01-06"]),
            Some(Type::Timestamp)
        );
        assert_eq!(
            texts(&["2024-01-05T10:00:00+09:00"]),
            Some(Type::TimestampTz)
        );
        assert_eq!(texts(&["1", "a"]), None);
        assert_eq!(
            texts(&["2024-01-05T10:00:00Z", "2024-01-05 10:00:00"]),
            None
        );
    }

    #[test]
    fn codes_are_no_numbers_and_nothing_is_no_type() {
        for code in [
            "007", "-01", "+81", "12e4", "0x1", "NaN", "1,000", "", " ", "-", "1_0", "１２",
        ] {
            assert_eq!(texts(&["1", code]), None, "{code:?}");
        }
        assert_eq!(texts(&["0", "0.5", "-0.5"]), Some(Type::Numeric));
        assert_eq!(of(&[Raw::Null, Raw::Absent]), None);
        assert_eq!(of(&[]), None);
        assert_eq!(texts(&["infinity"]), None);
    }

    #[test]
    fn a_zone_on_one_side_only_is_seen() {
        let of = |old: &[&str], new: &[&str]| {
            let readable = Readable::default();
            for (side, texts) in [(Side::Old, old), (Side::New, new)] {
                for text in texts {
                    readable.add(side, Raw::Text(text), &mut Vec::new());
                }
            }
            readable.lacks_zone()
        };
        let (zoned, zoneless) = ("2024-01-05T10:00:00Z", "2024-01-05 10:00:00");
        assert!(of(&[zoned], &[zoneless]) && of(&[zoneless], &[zoned]));
        for (old, new) in [
            (&[zoned][..], &[zoned][..]),
            (&[zoneless], &[zoneless]),
            (&[zoned, zoneless], &[zoneless]),
            (&[zoned], &[]),
            (&[zoned], &["x"]),
        ] {
            assert!(!of(old, new), "{old:?} {new:?}");
        }
    }

    #[test]
    fn typed_cells_are_read_by_their_kind() {
        assert_eq!(
            of(&[Raw::Integer(1), Raw::Integer(0), Raw::Null]),
            Some(Type::Int8)
        );
        assert_eq!(of(&[Raw::Integer(1), Raw::Real(0.5)]), Some(Type::Numeric));
        assert_eq!(of(&[Raw::Integer(1), Raw::Json("true")]), Some(Type::Bool));
        assert_eq!(of(&[Raw::Json("1e3"), Raw::Text("1000")]), Some(Type::Int8));
        assert_eq!(of(&[Raw::Json("20240105")]), Some(Type::Int8));
        assert_eq!(of(&[Raw::Json("[1]")]), None);
        assert_eq!(of(&[Raw::Blob(b"1")]), None);
        assert_eq!(of(&[Raw::Wire(b"12"), Raw::Text("13")]), Some(Type::Int8));
    }
}
