//! A strict JSON scanner that keeps every token as it stands.
//!
//! A general parser would turn numbers into `f64` and lose what does not fit;
//! here a value is a place in the text, checked to be JSON (RFC 8259) and
//! nothing more. Nesting is followed without recursion, so that hostile text
//! cannot overflow the stack.

use super::open::Open;
use super::string::{Span, Text, equal, plain_end};
use super::visit::{Fault, Scan, Value, Visit};

/// So many of a record's names are looked for where the record before had them: no
/// record fills the memory with its names.
pub const REMEMBERED: usize = 1000;

pub struct Scanner<'a> {
    bytes: &'a [u8],
    pub at: usize,
    /// By its place: a member of the last record that had so many. Most records name the
    /// same members in the same order.
    pub(super) known: Vec<Known>,
}

/// A member's name as it stood in a record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// With the quotes, the colon and what is blank before the value.
    whole: Span,
    name: Text,
    number: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Scanner {
            bytes,
            at,
            known: Vec::new(),
        }
    }

    /// Goes on at a later place of the same text, which is to end there.
    pub fn go_to(&mut self, at: usize, text: &'a [u8]) {
        (self.at, self.bytes) = (at, text);
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// The object that starts here, member by member.
    pub fn object(&mut self, visit: &mut impl Visit) -> Scan<Span> {
        let start = self.at;
        self.expect(b'{', "a record must be an object")?;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok((start, self.at));
        }
        let mut index = 0;
        loop {
            let (number, name) = self.nth_name(index, visit)?;
            let value = self.value()?;
            visit.member(number, name, value)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok((start, self.at));
                }
                _ => return Err(self.fault("',' or '}' is due")),
            }
            self.space();
            index += 1;
        }
    }

    /// The name of a record's own member, and its number: those of the record before,
    /// if the bytes are the same.
    fn nth_name(&mut self, index: usize, visit: &mut impl Visit) -> Scan<(usize, Text)> {
        let start = self.at;
        if let Some(&Known {
            whole: (from, to),
            name,
            number,
        }) = self.known.get(index)
            && let Some(here) = self.bytes.get(start..start + to - from)
            && equal(here, &self.bytes[from..to])
        {
            self.at += to - from;
            self.space();
            let span = (start + name.span.0 - from, start + name.span.1 - from);
            return Ok((number, Text { span, ..name }));
        }
        let name = self.name()?;
        let number = visit.number(&name.read(self.bytes));
        if index < REMEMBERED {
            self.known
                .resize(self.known.len().max(index + 1), Known::default());
            self.known[index] = Known {
                whole: (start, self.at),
                name,
                number,
            };
        }
        Ok((number, name))
    }

    /// A member's name and the colon behind it.
    fn name(&mut self) -> Scan<Text> {
        let name = match self.peek() {
            Some(b'"') => self.string()?,
            _ => return Err(self.fault("a member's name in double quotes is due")),
        };
        self.space();
        self.expect(b':', "':' is due")?;
        self.space();
        Ok(name)
    }

    fn value(&mut self) -> Scan<Value> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => return self.string().map(Value::String),
            Some(b'n') => return self.literal(b"null").map(|()| Value::Null),
            Some(b'{' | b'[') => self.nested()?,
            _ => self.scalar()?,
        }
        Ok(Value::Token((start, self.at)))
    }

    /// Any value that holds no other.
    fn scalar(&mut self) -> Scan {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'n') => self.literal(b"null"),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.fault("a value is due")),
        }
    }

    /// The array or object that starts here, with all that it holds.
    fn nested(&mut self) -> Scan {
        let mut open = Open::default();
        loop {
            // A value is due here.
            match self.peek() {
                Some(byte @ (b'{' | b'[')) => {
                    self.at += 1;
                    open.push(byte == b'{')
                        .ok_or_else(|| Fault::new(self.at - 1, "nested deeper than 1000"))?;
                    if self.first()? {
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            if self.close(&mut open)? {
                return Ok(());
            }
        }
    }

    /// Behind an opening bracket: whether a first value follows.
    fn first(&mut self) -> Scan<bool> {
        let object = self.bytes[self.at - 1] == b'{';
        self.space();
        match self.peek() {
            Some(b'}') if object => Ok(false),
            Some(b']') if !object => Ok(false),
            _ if object => self.name().map(|_| true),
            _ => Ok(true),
        }
    }

    /// Behind a value: closes what ends here; whether that was all. Otherwise
    /// a value is due next.
    fn close(&mut self, open: &mut Open) -> Scan<bool> {
        while let Some(object) = open.top() {
            self.space();
            match (self.peek(), object) {
                (Some(b','), _) => {
                    self.at += 1;
                    self.space();
                    if object {
                        self.name()?;
                    }
                    return Ok(false);
                }
                (Some(b'}'), true) | (Some(b']'), false) => {
                    self.at += 1;
                    open.pop();
                }
                (_, true) => return Err(self.fault("',' or '}' is due")),
                (_, false) => return Err(self.fault("',' or ']' is due")),
            }
        }
        Ok(true)
    }

    fn string(&mut self) -> Scan<Text> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at = plain_end(self.bytes, self.at);
            match self.peek() {
                Some(b'"') => {
                    let span = (start, self.at);
                    self.at += 1;
                    return Ok(Text { span, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.fault("a control character within a string")),
                None => return Err(Fault::cut(self.at)),
            }
        }
    }

    fn escape(&mut self) -> Scan {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => return self.unicode(),
            Some(_) => return Err(self.fault("an unknown escape within a string")),
            None => return Err(Fault::cut(self.bytes.len())),
        }
        Ok(())
    }

    /// `\uXXXX`, or two of them where the first is half of a pair.
    fn unicode(&mut self) -> Scan {
        let start = self.at;
        let lone = || Fault::new(start, "half of a surrogate pair within a string");
        match self.hex()? {
            0xd800..0xdc00 => {}
            0xdc00..0xe000 => return Err(lone()),
            _ => return Ok(()),
        }
        match self.bytes.get(self.at..self.at + 2) {
            Some(b"\\u") => {}
            None if self.bytes[self.at..] == *b"" || self.bytes[self.at..] == *b"\\" => {
                return Err(Fault::cut(self.bytes.len()));
            }
            _ => return Err(lone()),
        }
        match self.hex()? {
            0xdc00..0xe000 => Ok(()),
            _ => Err(lone()),
        }
    }

    /// The number of a `\uXXXX`.
    fn hex(&mut self) -> Scan<u32> {
        let digits = self.bytes[self.at + 2..].iter().take(4);
        let mut value = 0;
        let mut count = 0;
        for digit in digits {
            let Some(digit) = char::from(*digit).to_digit(16) else {
                return Err(self.fault("\\u without four hexadecimal digits"));
            };
            value = value << 4 | digit;
            count += 1;
        }
        if count < 4 {
            return Err(Fault::cut(self.bytes.len()));
        }
        self.at += 6;
        Ok(value)
    }

    fn number(&mut self) -> Scan {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        match self.peek() {
            Some(b'0'..=b'9') => Err(self.fault("a number with a leading zero")),
            _ => Ok(()),
        }
    }

    fn digits(&mut self) -> Scan {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        match self.at > start {
            true => Ok(()),
            false => Err(self.fault("a digit is due")),
        }
    }

    fn literal(&mut self, word: &'static [u8]) -> Scan {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        if word.starts_with(rest) {
            return Err(Fault::cut(self.bytes.len()));
        }
        Err(self.fault("a value is due"))
    }

    fn expect(&mut self, byte: u8, why: &'static str) -> Scan {
        if self.peek() != Some(byte) {
            return Err(self.fault(why));
        }
        self.at += 1;
        Ok(())
    }

    fn fault(&self, why: &'static str) -> Fault {
        match self.at < self.bytes.len() {
            true => Fault::new(self.at, why),
            false => Fault::cut(self.at),
        }
    }
}
