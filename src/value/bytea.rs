//! Byte strings: hex and escape form.

use super::uuid::{hex_digit, push_hex};
use super::{Cell, Parsed, Target, Type, Unreadable, put_framed, put_framed_with, tag};

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
pub fn text(text: &str, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    put_framed_with(out, tag::BYTES, |out| match text.strip_prefix("\\x") {
        Some(digits) => hex(digits.as_bytes(), out),
        None => escaped(text.as_bytes(), out),
    })
}

/// Pairs of digits, with blanks between pairs as PostgreSQL allows them.
fn hex(mut digits: &[u8], out: &mut Vec<u8>) -> Parsed {
    loop {
        digits = match digits {
            [] => return Ok(()),
            [b' ' | b'\n' | b'\t' | b'\r', rest @ ..] => rest,
            [high, low, rest @ ..] => {
                let high = hex_digit(*high).ok_or(Unreadable)?;
                out.push(high << 4 | hex_digit(*low).ok_or(Unreadable)?);
                rest
            }
            [_] => return Err(Unreadable),
        };
    }
}

/// Bytes as they are, a backslash doubled or before three octal digits.
fn escaped(mut text: &[u8], out: &mut Vec<u8>) -> Parsed {
    loop {
        text = match text {
            [] => return Ok(()),
            [b'\\', b'\\', rest @ ..] => {
                out.push(b'\\');
                rest
            }
            [
                b'\\',
                a @ b'0'..=b'3',
                b @ b'0'..=b'7',
                c @ b'0'..=b'7',
                rest @ ..,
            ] => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest
            }
            [b'\\', ..] => return Err(Unreadable),
            [byte, rest @ ..] => {
                out.push(*byte);
                rest
            }
        };
    }
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of `target`.
pub fn wire(bytes: &[u8], _from: &Type, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    put_framed(out, tag::BYTES, bytes);
    Ok(())
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    out.push_str("\\x");
    push_hex(cell.payload, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(given: &str) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let target = Target {
            ty: Type::Bytea,
            zone: None,
        };
        match text(given, &target, &mut out) {
            Ok(()) => Some(Cell::of(&out).payload.to_vec()),
            Err(Unreadable) => {
                assert!(out.is_empty());
                None
            }
        }
    }

    #[test]
    fn hex_and_escape_forms_are_one_value() {
        assert_eq!(read("\\xDEADbeef").unwrap(), [0xde, 0xad, 0xbe, 0xef]);
        assert_eq!(read("\\x de AD\nbe ").unwrap(), [0xde, 0xad, 0xbe]);
        assert_eq!(read("a\\\\b\\001\\377").unwrap(), b"a\\b\x01\xff");
        assert_eq!(read("").unwrap(), b"");
        assert_eq!(read("\\x").unwrap(), b"");
        assert_eq!(read("é").unwrap(), "é".as_bytes());
    }

    #[test]
    fn broken_forms_are_unreadable() {
        for bad in ["\\xd", "\\xd e", "\\xzz", "\\", "\\400", "\\01", "a\\b"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn shown_text_reads_back(bytes: Vec<u8>) {
            let mut cell = Vec::new();
            put_framed(&mut cell, tag::BYTES, &bytes);
            let mut shown = String::new();
            show(Cell::of(&cell), &mut shown);
            prop_assert_eq!(read(&shown), Some(bytes));
        }
    }
}
