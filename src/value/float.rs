//! float4 and float8 by the value of their declared width, and their shortest decimal.
//!
//! Text is read straight to its width (never float4 by way of a double), one NaN
//! stands for all, −0 is 0, and what PostgreSQL calls out of range is unreadable.
//! C's hexadecimal floats, which PostgreSQL happens to read, are not.

mod shortest;

pub use shortest::Shortest;

use super::decimal::{exact, scan, trim};
use super::{Cell, Parsed, Target, Type, Unreadable, put_fixed, tag};

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
pub fn text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    match target.ty {
        Type::Float4 => reread(text, tag::FLOAT4, out),
        Type::Float8 => reread(text, tag::FLOAT8, out),
        _ => Err(Unreadable),
    }
}

/// Appends the cell of the width of `tag` that `text` holds.
pub(in crate::value) fn reread(text: &str, tag: u8, out: &mut Vec<u8>) -> Parsed {
    let text = trim(text);
    let number = scan(text);
    if number.is_none() && !is_special(text) {
        return Err(Unreadable);
    }
    // Rust reads the same spellings as `scan` and `is_special` let through.
    let (finite, zero) = if tag == tag::FLOAT4 {
        let value: f32 = text.parse().map_err(|_| Unreadable)?;
        put4(value, out);
        (value.is_finite(), value == 0.0)
    } else {
        let value: f64 = text.parse().map_err(|_| Unreadable)?;
        put8(value, out);
        (value.is_finite(), value == 0.0)
    };
    let in_range = number.is_none_or(|number| finite && (!zero || number.significant().is_none()));
    if !in_range {
        out.truncate(out.len() - if tag == tag::FLOAT4 { 5 } else { 9 });
        return Err(Unreadable);
    }
    Ok(())
}

fn is_special(text: &str) -> bool {
    let word = text.strip_prefix(['-', '+']).unwrap_or(text);
    ["nan", "inf", "infinity"]
        .iter()
        .any(|special| word.eq_ignore_ascii_case(special))
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of
/// `target`: its own width, or float4 widened.
pub fn wire(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    match (from, &target.ty) {
        (Type::Float4, Type::Float4) => put4(f32::from_be_bytes(exact(bytes)?), out),
        (Type::Float4, Type::Float8) => put8(f32::from_be_bytes(exact(bytes)?).into(), out),
        (Type::Float8, Type::Float8) => put8(f64::from_be_bytes(exact(bytes)?), out),
        _ => return Err(Unreadable),
    }
    Ok(())
}

/// Appends a FLOAT4 cell.
pub fn put4(value: f32, out: &mut Vec<u8>) {
    let value = if value.is_nan() {
        f32::NAN
    } else {
        value + 0.0
    };
    put_fixed(out, tag::FLOAT4, &value.to_be_bytes());
}

/// Appends a FLOAT8 cell.
pub fn put8(value: f64, out: &mut Vec<u8>) {
    // −0 + 0 is 0.
    let value = if value.is_nan() {
        f64::NAN
    } else {
        value + 0.0
    };
    put_fixed(out, tag::FLOAT8, &value.to_be_bytes());
}

/// Appends the canonical text of a cell that this module made: its shortest
/// decimal, in PostgreSQL's style (`1.5`, `1e+20`, `1e-07`).
pub fn show(cell: Cell<'_>, out: &mut String) {
    // From this exponent on PostgreSQL's output is scientific.
    let limit = if cell.tag == tag::FLOAT4 { 6 } else { 15 };
    let shortest = Shortest::of(cell);
    let text = shortest.as_str();
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return out.push_str(text);
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..limit).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        out.push_str(mantissa);
        out.extend(['e', sign]);
        if exponent.abs() < 10 {
            out.push('0');
        }
        out.push_str(exponent.unsigned_abs().to_string().as_str());
        return;
    }
    let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
    if digits.len() < mantissa.len() {
        out.push('-');
    }
    push_plain(digits, exponent, out);
}

/// Appends `d.ddd` · 10^`exponent` without an exponent.
fn push_plain(mantissa: &str, exponent: i32, out: &mut String) {
    let digits = mantissa.chars().filter(|c| *c != '.');
    if exponent < 0 {
        out.push_str("0.");
        out.extend((exponent + 1..0).map(|_| '0'));
        return out.extend(digits);
    }
    let mut left = exponent + 1;
    for digit in digits {
        if left == 0 {
            out.push('.');
        }
        out.push(digit);
        left -= 1;
    }
    out.extend((0..left).map(|_| '0'));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text_in: &str, ty: Type) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let target = Target { ty, zone: None };
        match text(text_in, &target, &mut out) {
            Ok(()) => Some(out),
            Err(Unreadable) => {
                assert!(out.is_empty());
                None
            }
        }
    }

    fn shown(cell: &[u8]) -> String {
        let mut out = String::new();
        show(Cell::of(cell), &mut out);
        out
    }

    #[test]
    fn shows_what_postgresql_15_prints() {
        for (given, printed) in [
            ("1e15", "1e+15"),
            ("1e14", "100000000000000"),
            ("123456789012345678", "1.2345678901234568e+17"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1e-7", "1e-07"),
            ("-1e20", "-1e+20"),
            ("5e-324", "5e-324"),
            ("1.5", "1.5"),
            ("-120.25", "-120.25"),
            ("-0", "0"),
            ("nan", "NaN"),
            (" +INF ", "Infinity"),
            ("-infinity", "-Infinity"),
            ("1e100", "1e+100"),
            ("5.9604644775390625e-08", "5.960464477539063e-08"),
            ("9007199254740993", "9.007199254740992e+15"),
            ("203491553128739.125", "203491553128739.12"),
            ("-38659673771429136", "-3.8659673771429136e+16"),
            ("41995506045024864", "4.1995506045024864e+16"),
        ] {
            assert_eq!(shown(&read(given, Type::Float8).unwrap()), printed);
        }
        for (given, printed) in [
            ("1e6", "1e+06"),
            ("100000", "100000"),
            ("1234567", "1.234567e+06"),
            ("0.1", "0.1"),
            ("1e-5", "1e-05"),
            ("305466820", "3.0546682e+08"),
            ("2118893.25", "2.1188932e+06"),
        ] {
            assert_eq!(shown(&read(given, Type::Float4).unwrap()), printed);
        }
    }

    #[test]
    fn out_of_range_and_foreign_spellings_are_unreadable() {
        for bad in [
            "", " ", "1e400", "-1e400", "1e-400", "0x10", "1_0", "1e", "e5", "--1", "1 2", "nano",
            ".",
        ] {
            assert_eq!(read(bad, Type::Float8), None, "{bad}");
        }
        assert_eq!(read("1e39", Type::Float4), None);
        assert_eq!(
            read("0e999999999999999999999", Type::Float8),
            read("0", Type::Float8)
        );
    }

    #[test]
    fn float4_text_is_not_rounded_twice() {
        // Just above the middle of two singles, but the middle itself as a double.
        let text = "1.00000005960464477540";
        let direct: f32 = text.parse().unwrap();
        let mut expected = Vec::new();
        put4(direct, &mut expected);
        assert_eq!(read(text, Type::Float4).unwrap(), expected);
        assert_ne!(direct, text.parse::<f64>().unwrap() as f32);
    }

    #[test]
    fn every_nan_and_zero_is_one() {
        let cell = |value: f64| {
            let mut out = Vec::new();
            let target = Target {
                ty: Type::Float8,
                zone: None,
            };
            wire(&value.to_be_bytes(), &Type::Float8, &target, &mut out).unwrap();
            out
        };
        assert_eq!(cell(-0.0), cell(0.0));
        assert_eq!(cell(f64::from_bits(0xfff8_0000_0000_0001)), cell(f64::NAN));
    }

    proptest! {
        #[test]
        fn shown_text_reads_back(bits: u64) {
            let mut cell = Vec::new();
            put8(f64::from_bits(bits), &mut cell);
            prop_assert_eq!(read(&shown(&cell), Type::Float8), Some(cell));
            let mut cell = Vec::new();
            put4(f32::from_bits(bits as u32), &mut cell);
            prop_assert_eq!(read(&shown(&cell), Type::Float4), Some(cell));
        }

        #[test]
        fn powers_and_short_floats_read_back(power in -1074i32..1024, odd in 0u64..1000) {
            let value = 2f64.powi(power) * (1.0 + odd as f64 / 1024.0);
            for value in [2f64.powi(power), value, odd as f64 * 1e15 + 0.125] {
                prop_assert_eq!(Shortest::of8(value).as_str().parse(), Ok(value));
                let single = value as f32;
                if single.is_finite() {
                    prop_assert_eq!(Shortest::of4(single).as_str().parse(), Ok(single));
                }
            }
        }

        #[test]
        fn float4_widens_exactly(bits: u32) {
            let value = f32::from_bits(bits);
            let mut widened = Vec::new();
            let target = Target { ty: Type::Float8, zone: None };
            wire(&value.to_be_bytes(), &Type::Float4, &target, &mut widened).unwrap();
            let mut expected = Vec::new();
            put8(f64::from(value), &mut expected);
            prop_assert_eq!(widened, expected);
        }

        #[test]
        fn any_text_is_read_or_refused_whole(any in "\\PC*") {
            read(&any, Type::Float8);
            read(&any, Type::Float4);
        }
    }
}
