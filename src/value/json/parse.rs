//! From JSON text straight to canonical bytes, without a tree between them and
//! without recursion: depth costs memory, never the stack.

use crate::value::array::Shape;
use crate::value::encode::NUMERIC;
use crate::value::{Parsed, Unreadable, decimal, put_fixed, tag};

use super::{ARRAY, CLOSE, OBJECT};

/// Far deeper than any server nests; what is deeper is unreadable, so that
/// sorting the members of nested objects cannot take time without bound.
const MAX_DEPTH: usize = 1 << 16;

/// How many bytes of each scratch buffer stay from value to value.
const KEEP: usize = 1 << 20;

/// An object or array that is still open.
struct Frame {
    object: bool,
    /// Where its members begin in [`Scratch::members`].
    members: usize,
}

/// Where a member's key, its value and its end are in the output.
#[derive(Clone, Copy)]
struct Member {
    key: usize,
    value: usize,
    end: usize,
}

/// Kept from value to value: a cell costs no allocation.
#[derive(Default)]
struct Scratch {
    frames: Vec<Frame>,
    members: Vec<Member>,
    moved: Vec<u8>,
}

thread_local! {
    static SCRATCH: std::cell::Cell<Scratch> = std::cell::Cell::default();
}

/// Appends the canonical value of a whole JSON text. On an error the output's
/// end is undefined: the caller cuts it off.
pub fn value(text: &str, out: &mut Vec<u8>) -> Parsed {
    let mut scratch = SCRATCH.take();
    scratch.frames.clear();
    scratch.members.clear();
    let mut parser = Parser {
        text,
        at: 0,
        scratch: &mut scratch,
    };
    let parsed = parser.whole(out);
    // One giant value must not hold memory for the rest of the run.
    scratch.moved.shrink_to(KEEP);
    scratch.members.shrink_to(KEEP / size_of::<Member>());
    scratch.frames.shrink_to(KEEP / size_of::<Frame>());
    SCRATCH.set(scratch);
    parsed
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    scratch: &'a mut Scratch,
}

impl Parser<'_> {
    fn whole(&mut self, out: &mut Vec<u8>) -> Parsed {
        loop {
            if self.begin(out)? {
                continue; // a container was opened; its first value is next
            }
            if !self.next(out)? {
                break;
            }
        }
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Unreadable),
        }
    }

    /// Reads a scalar, an empty container or the opening of another one; says
    /// whether a value inside it is to follow.
    fn begin(&mut self, out: &mut Vec<u8>) -> Parsed<bool> {
        match self.peek().ok_or(Unreadable)? {
            b'{' => return self.open(true, out),
            b'[' => return self.open(false, out),
            b'"' => self.string(out)?,
            b't' => self.literal("true", tag::BOOL, &[1], out)?,
            b'f' => self.literal("false", tag::BOOL, &[0], out)?,
            b'n' => self.literal("null", tag::NULL, &[], out)?,
            _ => self.number(out)?,
        }
        Ok(false)
    }

    fn open(&mut self, object: bool, out: &mut Vec<u8>) -> Parsed<bool> {
        if self.scratch.frames.len() >= MAX_DEPTH {
            return Err(Unreadable);
        }
        self.at += 1;
        out.push(if object { OBJECT } else { ARRAY });
        if self.peek() == Some(if object { b'}' } else { b']' }) {
            self.at += 1;
            out.push(CLOSE);
            return Ok(false);
        }
        let members = self.scratch.members.len();
        self.scratch.frames.push(Frame { object, members });
        if object {
            self.key(out)?;
        }
        Ok(true)
    }

    /// Goes on behind a value: closes what ends here; says whether another
    /// value is to follow.
    fn next(&mut self, out: &mut Vec<u8>) -> Parsed<bool> {
        while let Some(&Frame { object, members }) = self.scratch.frames.last() {
            if let (true, Some(member)) = (object, self.scratch.members.last_mut()) {
                member.end = out.len();
            }
            let byte = self.peek().ok_or(Unreadable)?;
            self.at += 1;
            match (byte, object) {
                (b',', true) => return self.key(out).map(|()| true),
                (b',', false) => return Ok(true),
                (b'}', true) => self.sort_members(members, out),
                (b']', false) => {}
                _ => return Err(Unreadable),
            }
            out.push(CLOSE);
            self.scratch.frames.pop();
        }
        Ok(false)
    }

    fn key(&mut self, out: &mut Vec<u8>) -> Parsed {
        let key = out.len();
        if self.peek() != Some(b'"') {
            return Err(Unreadable);
        }
        self.string(out)?;
        if self.peek() != Some(b':') {
            return Err(Unreadable);
        }
        self.at += 1;
        let value = out.len();
        self.scratch.members.push(Member {
            key,
            value,
            end: value,
        });
        Ok(())
    }

    /// Brings the members from `first` on, which are the end of `out`, into the
    /// order of their keys; of equal keys the last stays.
    fn sort_members(&mut self, first: usize, out: &mut Vec<u8>) {
        let members = &mut self.scratch.members[first..];
        // Behind tag and length, which would order short keys first.
        let key = |member: &Member| member.key + 5..member.value;
        let sorted = members
            .windows(2)
            .all(|pair| out[key(&pair[0])] < out[key(&pair[1])]);
        if !sorted {
            let start = members[0].key;
            members.sort_by(|a, b| out[key(a)].cmp(&out[key(b)]));
            let moved = &mut self.scratch.moved;
            moved.clear();
            for (index, member) in members.iter().enumerate() {
                let next = members.get(index + 1);
                if next.is_none_or(|next| out[key(next)] != out[key(member)]) {
                    moved.extend_from_slice(&out[member.key..member.end]);
                }
            }
            out.truncate(start);
            out.extend_from_slice(moved);
        }
        self.scratch.members.truncate(first);
    }

    fn string(&mut self, out: &mut Vec<u8>) -> Parsed {
        let start = out.len();
        out.extend_from_slice(&[tag::TEXT, 0, 0, 0, 0]);
        self.at += 1 + unescape(&self.text.as_bytes()[self.at + 1..], out)?;
        let len = u32::try_from(out.len() - start - 5).map_err(|_| Unreadable)?;
        out[start + 1..start + 5].copy_from_slice(&len.to_be_bytes());
        Ok(())
    }

    fn literal(&mut self, word: &str, tag: u8, payload: &[u8], out: &mut Vec<u8>) -> Parsed {
        if !self.text[self.at..].starts_with(word) {
            return Err(Unreadable);
        }
        self.at += word.len();
        put_fixed(out, tag, payload);
        Ok(())
    }

    fn number(&mut self, out: &mut Vec<u8>) -> Parsed {
        let rest = &self.text.as_bytes()[self.at..];
        let (len, integral) = number_len(rest)?;
        let token = &self.text[self.at..self.at + len];
        self.at += len;
        if integral && len <= 18 {
            let value: i64 = token.parse().map_err(|_| Unreadable)?;
            decimal::integer(value, out);
            return Ok(());
        }
        decimal::text(token, &NUMERIC, out)
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        self.at = skip_space(self.text.as_bytes(), self.at);
        self.text.as_bytes().get(self.at).copied()
    }
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The length of the number that `bytes` begin with, and whether it has neither
/// fraction nor exponent.
fn number_len(bytes: &[u8]) -> Parsed<(usize, bool)> {
    let digits = |at: usize| {
        let run = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit());
        run.count()
    };
    let start = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(start);
    if whole == 0 || (whole > 1 && bytes[start] == b'0') {
        return Err(Unreadable);
    }
    let mut at = start + whole;
    let integral = at;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return Err(Unreadable);
        }
        at += 1 + fraction;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = bytes
            .get(at + 1 + sign..)
            .map_or(0, |_| digits(at + 1 + sign));
        if exponent == 0 {
            return Err(Unreadable);
        }
        at += 1 + sign + exponent;
    }
    Ok((at, at == integral))
}

/// Appends the characters of a string whose inside, with the closing quote, is
/// the beginning of `bytes`; returns the length up to and with that quote.
pub fn unescape(bytes: &[u8], out: &mut Vec<u8>) -> Parsed<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).ok_or(Unreadable)?;
        let run = rest
            .iter()
            .position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20)
            .ok_or(Unreadable)?;
        out.extend_from_slice(&rest[..run]);
        at += run + 1;
        match rest[run] {
            b'"' => return Ok(at),
            b'\\' => at += escape(&rest[run + 1..], out)?,
            _ => return Err(Unreadable),
        }
    }
}

/// Appends the character that stands behind a backslash; returns its length.
fn escape(bytes: &[u8], out: &mut Vec<u8>) -> Parsed<usize> {
    let plain = match bytes.first().ok_or(Unreadable)? {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 0x08,
        b'f' => 0x0c,
        b'u' => return unicode_escape(bytes, out),
        &byte @ (b'"' | b'\\' | b'/') => byte,
        _ => return Err(Unreadable),
    };
    out.push(plain);
    Ok(1)
}

fn unicode_escape(bytes: &[u8], out: &mut Vec<u8>) -> Parsed<usize> {
    let unit = |at: usize| -> Parsed<u32> {
        let hex = bytes.get(at..at + 4).ok_or(Unreadable)?;
        let digit = |value: u32, &byte: &u8| Some(value << 4 | char::from(byte).to_digit(16)?);
        hex.iter().try_fold(0, digit).ok_or(Unreadable)
    };
    let (code, len) = match unit(1)? {
        high @ 0xd800..0xdc00 if bytes.get(5..7) == Some(b"\\u") => match unit(7)? {
            low @ 0xdc00..0xe000 => (0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 11),
            _ => return Err(Unreadable),
        },
        code => (code, 5),
    };
    let character = char::from_u32(code).ok_or(Unreadable)?;
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(len)
}

/// How many arrays the token opens before its first element.
pub fn leading_brackets(token: &[u8]) -> usize {
    let (mut at, mut count) = (0, 0);
    while token.get(at) == Some(&b'[') {
        count += 1;
        at = skip_space(token, at + 1);
    }
    count
}

/// Gives each element of a JSON array of `shape`'s dimensions to `element`, as
/// its token; a container below the last dimension is one token.
pub fn walk_array(
    token: &str,
    shape: &mut Shape,
    mut element: impl FnMut(&str, &mut Vec<u8>) -> Parsed,
    out: &mut Vec<u8>,
) -> Parsed {
    let bytes = token.as_bytes();
    let (mut at, mut value_due, mut may_close) = (0, true, false);
    loop {
        at = skip_space(bytes, at);
        let Some(&byte) = bytes.get(at) else {
            return shape.is_closed().then_some(()).ok_or(Unreadable);
        };
        match byte {
            b'[' if value_due && shape.opens_next() => {
                shape.open()?;
                (at, may_close) = (at + 1, true);
            }
            b']' if may_close => {
                shape.close()?;
                (at, value_due) = (at + 1, false);
            }
            b',' if !value_due && !shape.is_closed() => {
                (at, value_due, may_close) = (at + 1, true, false);
            }
            _ if value_due => {
                let end = token_end(bytes, at)?;
                shape.element()?;
                element(token.get(at..end).ok_or(Unreadable)?, out)?;
                (at, value_due, may_close) = (end, false, true);
            }
            _ => return Err(Unreadable),
        }
    }
}

/// Where the token that begins at `start` ends. Looks at strings and brackets
/// only: whoever reads the token checks the rest.
fn token_end(bytes: &[u8], start: usize) -> Parsed<usize> {
    let (mut at, mut depth, mut quoted) = (start, 0usize, false);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' | b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => break,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 && !quoted && matches!(byte, b'"' | b']' | b'}') {
            break;
        }
    }
    match at > start && !quoted && depth == 0 {
        true => Ok(at.min(bytes.len())),
        false => Err(Unreadable),
    }
}
