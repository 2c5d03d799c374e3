//! The text of JSON strings: where a run of plain bytes ends, and what escapes
//! stand for. Strings are most of a file's bytes, so all goes by more than one.

use std::borrow::Cow;

/// Where a token stands in the text: `start..end`.
pub type Span = (usize, usize);

/// A string's text between its quotes, still escaped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Text {
    pub span: Span,
    pub escaped: bool,
}

impl Text {
    /// The text itself; borrowed where nothing is escaped.
    pub fn read<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let raw = &bytes[self.span.0..self.span.1];
        if !self.escaped {
            return Cow::Borrowed(raw);
        }
        let mut text = Vec::with_capacity(raw.len());
        unescape(raw, &mut text);
        Cow::Owned(text)
    }
}

/// The first byte from `at` on that ends a run of a string's plain bytes: a
/// quote, a backslash or a control character. Eight bytes at a time.
pub fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*eight);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let slash = zero(word ^ (ONES * u64::from(b'\\')));
        // Borrows only disturb bytes above a true hit, so the lowest is true.
        let hits = control | quote | slash;
        if hits != 0 {
            return at + hits.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    at + rest.iter().position(ends).unwrap_or(rest.len())
}

/// Whether two texts of one length are the same: names are too short for a call.
#[inline]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    let (Some(end), Some(other)) = (a.last_chunk::<8>(), b.last_chunk::<8>()) else {
        return a.iter().eq(b);
    };
    let (eights, others) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    let word = |eight: &[u8; 8]| u64::from_ne_bytes(*eight);
    let mut pairs = eights.iter().zip(others);
    word(end) == word(other) && pairs.all(|(a, b)| word(a) == word(b))
}

/// Appends the text of a string that was scanned without a fault.
pub fn unescape(mut raw: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr::memchr(b'\\', raw) {
        out.extend_from_slice(&raw[..at]);
        let (short, len) = match raw[at + 1] {
            b'b' => (0x08, 2),
            b'f' => (0x0c, 2),
            b'n' => (b'\n', 2),
            b'r' => (b'\r', 2),
            b't' => (b'\t', 2),
            b'u' => (0, 6),
            other => (other, 2),
        };
        raw = &raw[at..];
        match len {
            2 => {
                out.push(short);
                raw = &raw[2..];
            }
            _ => raw = unescape_unicode(raw, out),
        }
    }
    out.extend_from_slice(raw);
}

fn unescape_unicode<'a>(raw: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let unit = |at: usize| {
        let digits = raw[at + 2..at + 6].iter();
        digits.fold(0u32, |value, digit| {
            value << 4 | char::from(*digit).to_digit(16).unwrap_or(0)
        })
    };
    let (code, len) = match unit(0) {
        high @ 0xd800..0xdc00 => (0x10000 + ((high - 0xd800) << 10) + (unit(6) - 0xdc00), 12),
        code => (code, 6),
    };
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    &raw[len..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_one_length_are_equal_if_all_their_bytes_are() {
        let text: Vec<u8> = (0..40).collect();
        let copy = text.clone();
        for len in 0..text.len() {
            assert!(equal(&text[..len], &copy[..len]));
            for at in 0..len {
                let mut other = text[..len].to_vec();
                other[at] ^= 0x80;
                assert!(!equal(&text[..len], &other), "{at} of {len}");
            }
        }
    }
}
