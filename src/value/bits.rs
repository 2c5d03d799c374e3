//! bit(n) and bit varying.

use super::uuid::hex_digit;
use super::{Cell, Parsed, Target, Type, Unreadable, put_framed_with, tag};

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders
/// it (`101`, `b101`, `x1f`), or as an SQL literal (`B'101'`, `X'1F'`).
pub fn text(text: &str, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    let (hexadecimal, rest) = match text.as_bytes() {
        [b'b' | b'B', rest @ ..] => (false, rest),
        [b'x' | b'X', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let digits = match rest {
        [b'\'', inner @ .., b'\''] if rest.len() < text.len() => inner,
        _ => rest,
    };
    let width = if hexadecimal { 4 } else { 1 };
    put_framed_with(out, tag::BITS, |out| {
        let count = u32::try_from(digits.len() * width).map_err(|_| Unreadable)?;
        out.extend_from_slice(&count.to_be_bytes());
        for group in digits.chunks(8 / width) {
            let mut byte = 0;
            for (at, digit) in group.iter().enumerate() {
                let value = hex_digit(*digit).filter(|value| value >> width == 0);
                byte |= value.ok_or(Unreadable)? << (8 - width * (at + 1));
            }
            out.push(byte);
        }
        Ok(())
    })
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of
/// `target`: the number of bits (i32), then the bits.
pub fn wire(bytes: &[u8], _from: &Type, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    let (count, bits) = bytes.split_first_chunk::<4>().ok_or(Unreadable)?;
    let count = u32::from_be_bytes(*count);
    if count > i32::MAX as u32 || bits.len() != count.div_ceil(8) as usize {
        return Err(Unreadable);
    }
    put_framed_with(out, tag::BITS, |out| {
        out.extend_from_slice(bytes);
        // The padding is not part of the value.
        if let (Some(last), used @ 1..) = (out.last_mut(), count % 8) {
            *last &= 0xff << (8 - used);
        }
        Ok(())
    })
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    let (count, bits) = cell.payload.split_at(4);
    let count = count.iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
    for at in 0..count {
        let bit = bits[at / 8] >> (7 - at % 8) & 1;
        out.push(if bit == 1 { '1' } else { '0' });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target() -> Target {
        Target {
            ty: Type::VarBit,
            zone: None,
        }
    }

    fn read(given: &str) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        match text(given, &target(), &mut out) {
            Ok(()) => Some(out),
            Err(Unreadable) => {
                assert!(out.is_empty());
                None
            }
        }
    }

    #[test]
    fn spellings_of_one_value() {
        assert_eq!(read("B'101'"), read("101"));
        assert_eq!(read("b101"), read("101"));
        assert_eq!(read("X'1F'"), read("00011111"));
        assert_eq!(read("x1f"), read("00011111"));
        assert_ne!(read("101"), read("1010"), "the length is part of the value");
        assert!(read("").is_some());
        for bad in ["102", "x1g", "B'101", " 101", "'101'", "é"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn wire_checks_its_length_and_drops_padding() {
        let mut out = Vec::new();
        wire(&[0, 0, 0, 3, 0b1011_1111], &Type::Bit, &target(), &mut out).unwrap();
        assert_eq!(Some(out), read("101"));
        for bad in [
            &[][..],
            &[0, 0, 0],
            &[0, 0, 0, 9, 1],
            &[0, 0, 0, 0, 0],
            &[0xff; 5],
        ] {
            assert_eq!(
                wire(bad, &Type::Bit, &target(), &mut Vec::new()),
                Err(Unreadable)
            );
        }
    }

    proptest! {
        #[test]
        fn shown_text_reads_back(bits in "[01]{0,70}") {
            let cell = read(&bits).unwrap();
            let mut shown = String::new();
            show(Cell::of(&cell), &mut shown);
            prop_assert_eq!(&shown, &bits);
            let mut again = Vec::new();
            wire(Cell::of(&cell).payload, &Type::Bit, &target(), &mut again).unwrap();
            prop_assert_eq!(again, cell);
        }
    }
}
