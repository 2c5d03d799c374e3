//! UUIDs in any spelling PostgreSQL reads: with or without braces, hyphens after
//! any group of four digits, either case; no blanks.

use super::decimal::exact;
use super::{Cell, Parsed, Target, Type, Unreadable, put_fixed, tag};

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
pub fn text(text: &str, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    let bytes = parse(text.as_bytes()).ok_or(Unreadable)?;
    put_fixed(out, tag::UUID, &bytes);
    Ok(())
}

fn parse(text: &[u8]) -> Option<[u8; 16]> {
    let mut rest = match text {
        [b'{', inner @ .., b'}'] => inner,
        _ => text,
    };
    let mut bytes = [0; 16];
    for (at, byte) in bytes.iter_mut().enumerate() {
        let [high, low, after @ ..] = rest else {
            return None;
        };
        *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
        rest = match after {
            [b'-', after @ ..] if at % 2 == 1 && at < 15 => after,
            _ => after,
        };
    }
    rest.is_empty().then_some(bytes)
}

/// The value of one hexadecimal digit.
pub(in crate::value) fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Appends bytes as lower-case hexadecimal digits.
pub(in crate::value) fn push_hex(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of `target`.
pub fn wire(bytes: &[u8], _from: &Type, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    put_fixed(out, tag::UUID, &exact::<16>(bytes)?);
    Ok(())
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    for (at, pair) in cell.payload.chunks(2).enumerate() {
        if (2..6).contains(&at) {
            out.push('-');
        }
        push_hex(pair, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(given: &str) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let target = Target {
            ty: Type::Uuid,
            zone: None,
        };
        text(given, &target, &mut out).ok().map(|()| out)
    }

    #[test]
    fn all_spellings_are_one_value() {
        let plain = "550e8400-e29b-41d4-a716-446655440000";
        for same in [
            "550E8400E29B41D4A716446655440000",
            "{550e8400e29b41d4a716446655440000}",
            "550e-8400-e29b41d4-a716-4466-5544-0000",
        ] {
            assert_eq!(read(same), read(plain), "{same}");
        }
        let mut shown = String::new();
        show(Cell::of(&read(plain).unwrap()), &mut shown);
        assert_eq!(shown, plain);
    }

    #[test]
    fn anything_else_is_unreadable() {
        for bad in [
            "",
            "{}",
            " 550e8400e29b41d4a716446655440000",
            "{550e8400e29b41d4a716446655440000",
            "550e8400e29b41d4a716446655440000-",
            "55-0e8400e29b41d4a716446655440000",
            "550e8400e29b41d4a71644665544000",
            "550e8400e29b41d4a7164466554400000",
            "g50e8400e29b41d4a716446655440000",
            "日本語日本語日本語日本語日本語日",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn shown_text_reads_back(bytes: [u8; 16]) {
            let mut cell = Vec::new();
            put_fixed(&mut cell, tag::UUID, &bytes);
            let mut shown = String::new();
            show(Cell::of(&cell), &mut shown);
            prop_assert_eq!(read(&shown), Some(cell));
        }
    }
}
