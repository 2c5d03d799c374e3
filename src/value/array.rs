//! Arrays by their elements in order; bounds do not count.
//!
//! The payload is the number of dimensions, the length of each, then the
//! elements as cells, last dimension fastest. An array without elements has no
//! dimensions, however it was written.

use super::wire::{Reader, from_wire};
use super::{Cell, Parsed, Target, Type, Unreadable, cells, encode, order, put_fixed};
use super::{put_framed_with, show as show_cell, tag};

/// As many dimensions as PostgreSQL has.
const MAX_DIMENSIONS: usize = 6;

/// Appends the cell of `text`, in PostgreSQL's input syntax.
pub fn text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let Type::Array(element) = &target.ty else {
        return Err(Unreadable);
    };
    let (bounds, body) = split_bounds(text.trim_matches(SPACES))?;
    // PostgreSQL separates boxes by `;` since they hold commas themselves; an
    // array of nothing but NULLs shows no box to tell by, and `,` in it is as good.
    let boxes = **element == Type::Box && (body.contains('(') || !body.contains(','));
    let dimensions = leading_braces(body);
    let mut scan = Scan {
        text: body,
        at: 0,
        delimiter: if boxes { b';' } else { b',' },
    };
    let target = element_target(element, target);
    put(out, dimensions, |shape, out| {
        scan.walk(shape, &target, out)?;
        check_bounds(bounds, shape)
    })
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of `target`.
pub fn wire(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let (Type::Array(from), Type::Array(to)) = (from, &target.ty) else {
        return Err(Unreadable);
    };
    let mut reader = Reader::new(bytes);
    let dimensions = reader.count()?;
    let _flags_and_element_oid: [u8; 8] = reader.take()?;
    if dimensions > MAX_DIMENSIONS {
        return Err(Unreadable);
    }
    let target = element_target(to, target);
    put_framed_with(out, tag::ARRAY, |out| {
        let start = out.len();
        out.push(dimensions as u8);
        let mut total = usize::from(dimensions > 0);
        for _ in 0..dimensions {
            let len = reader.count()?;
            let _lower_bound: [u8; 4] = reader.take()?;
            out.extend_from_slice(&(len as u32).to_be_bytes());
            total = total.checked_mul(len).ok_or(Unreadable)?;
        }
        if total == 0 {
            out.truncate(start);
            out.push(0);
        }
        for _ in 0..total {
            match reader.framed()? {
                None => put_fixed(out, tag::NULL, &[]),
                Some(bytes) => from_wire(bytes, from, &target, out)?,
            }
        }
        reader.end()
    })
}

/// The target of an array's elements.
pub(super) fn element_target(element: &Type, target: &Target) -> Target {
    Target {
        ty: element.clone(),
        zone: target.zone.clone(),
    }
}

/// Counts the elements of each dimension while they are read, and refuses
/// arrays that are not rectangular.
pub(super) struct Shape {
    dimensions: usize,
    level: usize,
    closed: bool,
    elements: usize,
    lens: [Option<u32>; MAX_DIMENSIONS],
    counts: [u32; MAX_DIMENSIONS],
}

impl Shape {
    /// Whether a bracket would open a dimension (and not an element).
    pub fn opens_next(&self) -> bool {
        self.level < self.dimensions && !self.closed
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    pub fn open(&mut self) -> Parsed {
        if !self.opens_next() {
            return Err(Unreadable);
        }
        self.counts[self.level] = 0;
        self.level += 1;
        Ok(())
    }

    pub fn close(&mut self) -> Parsed {
        self.level = self.level.checked_sub(1).ok_or(Unreadable)?;
        let count = self.counts[self.level];
        if *self.lens[self.level].get_or_insert(count) != count {
            return Err(Unreadable);
        }
        match self.level.checked_sub(1) {
            Some(outer) => self.counts[outer] += 1,
            None => self.closed = true,
        }
        Ok(())
    }

    pub fn element(&mut self) -> Parsed {
        if self.level != self.dimensions || self.closed {
            return Err(Unreadable);
        }
        self.elements += 1;
        self.counts[self.level - 1] += 1;
        Ok(())
    }
}

/// Appends an ARRAY cell whose elements `fill` appends and tells to its shape.
pub(super) fn put(
    out: &mut Vec<u8>,
    dimensions: usize,
    fill: impl FnOnce(&mut Shape, &mut Vec<u8>) -> Parsed,
) -> Parsed {
    if !(1..=MAX_DIMENSIONS).contains(&dimensions) {
        return Err(Unreadable);
    }
    let mut shape = Shape {
        dimensions,
        level: 0,
        closed: false,
        elements: 0,
        lens: [None; MAX_DIMENSIONS],
        counts: [0; MAX_DIMENSIONS],
    };
    put_framed_with(out, tag::ARRAY, |out| {
        let start = out.len();
        out.push(dimensions as u8);
        out.resize(start + 1 + 4 * dimensions, 0);
        fill(&mut shape, out)?;
        if shape.elements == 0 {
            out.truncate(start);
            out.push(0);
            return Ok(());
        }
        for (index, len) in shape.lens[..dimensions].iter().enumerate() {
            let at = start + 1 + 4 * index;
            out[at..at + 4].copy_from_slice(&len.unwrap_or(0).to_be_bytes());
        }
        Ok(())
    })
}

/// What PostgreSQL takes for white space.
const SPACES: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];

fn is_space(byte: u8) -> bool {
    SPACES.contains(&char::from(byte))
}

/// Explicit bounds and the array behind them: `[0:2]={1,2,3}`.
fn split_bounds(text: &str) -> Parsed<(Option<&str>, &str)> {
    if !text.starts_with('[') {
        return Ok((None, text));
    }
    let (bounds, body) = text.split_once('=').ok_or(Unreadable)?;
    Ok((Some(bounds), body.trim_matches(SPACES)))
}

/// Bounds do not count, but they must be those of as many elements.
fn check_bounds(bounds: Option<&str>, shape: &Shape) -> Parsed {
    let Some(bounds) = bounds else {
        return Ok(());
    };
    let mut rest = bounds.trim_matches(SPACES);
    for len in &shape.lens[..shape.dimensions] {
        let (dimension, after) = rest.split_once(']').ok_or(Unreadable)?;
        let dimension = dimension.strip_prefix('[').ok_or(Unreadable)?;
        let bound = |text: &str| text.trim().parse::<i64>().map_err(|_| Unreadable);
        let (lower, upper) = match dimension.split_once(':') {
            Some((lower, upper)) => (bound(lower)?, bound(upper)?),
            None => (1, bound(dimension)?),
        };
        let stated = upper.checked_sub(lower).ok_or(Unreadable)?.checked_add(1);
        if stated != len.map(i64::from) {
            return Err(Unreadable);
        }
        rest = after.trim_start_matches(SPACES);
    }
    rest.is_empty().then_some(()).ok_or(Unreadable)
}

fn leading_braces(text: &str) -> usize {
    let opening = text.bytes().filter(|byte| !is_space(*byte));
    opening.take_while(|byte| *byte == b'{').count()
}

/// PostgreSQL's array text, read from left to right.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
}

/// What may stand at the present place.
#[derive(Clone, Copy, PartialEq)]
enum Due {
    /// Behind an opening brace: a value or a closing brace.
    First,
    /// Behind a delimiter: a value.
    Value,
    /// Behind a value: a delimiter or a closing brace.
    More,
}

impl Scan<'_> {
    fn walk(&mut self, shape: &mut Shape, target: &Target, out: &mut Vec<u8>) -> Parsed {
        let mut due = Due::Value;
        let mut element = String::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'{' if due != Due::More => {
                    shape.open()?;
                    (self.at, due) = (self.at + 1, Due::First);
                }
                b'}' if due != Due::Value => {
                    shape.close()?;
                    (self.at, due) = (self.at + 1, Due::More);
                }
                _ if byte == self.delimiter && due == Due::More && !shape.is_closed() => {
                    (self.at, due) = (self.at + 1, Due::Value);
                }
                b'}' => return Err(Unreadable),
                _ if due != Due::More => {
                    shape.element()?;
                    match self.element(&mut element)? {
                        true => put_fixed(out, tag::NULL, &[]),
                        false => encode::from_text(&element, target, out)?,
                    }
                    due = Due::More;
                }
                _ => return Err(Unreadable),
            }
        }
        shape.is_closed().then_some(()).ok_or(Unreadable)
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|byte| is_space(*byte)) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Reads one element into `element`; says whether it is NULL.
    fn element(&mut self, element: &mut String) -> Parsed<bool> {
        element.clear();
        if self.text[self.at..].starts_with('"') {
            self.at += 1;
            return self.quoted(element).map(|()| false);
        }
        let (mut escaped, mut kept) = (false, 0);
        let mut rest = self.text[self.at..].chars();
        loop {
            let before = rest.as_str().len();
            match rest.next().ok_or(Unreadable)? {
                '\\' => {
                    element.push(rest.next().ok_or(Unreadable)?);
                    (escaped, kept) = (true, element.len());
                }
                end if end == '}' || end == char::from(self.delimiter) => {
                    self.at = self.text.len() - before;
                    break;
                }
                '{' | '"' => return Err(Unreadable),
                character => {
                    element.push(character);
                    if !SPACES.contains(&character) {
                        kept = element.len();
                    }
                }
            }
        }
        element.truncate(kept); // white space at its end, unless escaped
        match element.is_empty() {
            true => Err(Unreadable),
            false => Ok(!escaped && element.eq_ignore_ascii_case("null")),
        }
    }

    fn quoted(&mut self, element: &mut String) -> Parsed {
        let mut rest = self.text[self.at..].chars();
        loop {
            match rest.next().ok_or(Unreadable)? {
                '"' => break,
                '\\' => element.push(rest.next().ok_or(Unreadable)?),
                character => element.push(character),
            }
        }
        self.at = self.text.len() - rest.as_str().len();
        Ok(())
    }
}

/// The lengths of an ARRAY cell's dimensions, and its elements.
fn parts(payload: &[u8]) -> (Vec<usize>, &[u8]) {
    let (head, elements) = payload.split_at(1 + 4 * usize::from(payload[0]));
    let len = |len: &[u8]| {
        len.iter()
            .fold(0, |len, byte| len << 8 | usize::from(*byte))
    };
    (head[1..].chunks_exact(4).map(len).collect(), elements)
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    let (lens, elements) = parts(cell.payload);
    if lens.is_empty() {
        return out.push_str("{}");
    }
    let boxes = cells(elements).any(|element| super::geometry::is_box(element));
    let delimiter = if boxes { ';' } else { ',' };
    for (index, element) in cells(elements).enumerate() {
        // A dimension begins where the index is a multiple of its elements.
        let mut elements_within = 1;
        let mut opening = 0;
        for len in lens.iter().rev() {
            elements_within *= len;
            opening += usize::from(index % elements_within == 0);
        }
        if index > 0 {
            out.extend(std::iter::repeat_n('}', opening));
            out.push(delimiter);
        }
        out.extend(std::iter::repeat_n('{', opening));
        show_element(element, delimiter, out);
    }
    out.extend(std::iter::repeat_n('}', lens.len()));
}

fn show_element(element: Cell<'_>, delimiter: char, out: &mut String) {
    if element.is_null() {
        return out.push_str("NULL");
    }
    let start = out.len();
    show_cell::show(element, out);
    let shown = &out[start..];
    let special = |c: char| "{}\"\\".contains(c) || c == delimiter || SPACES.contains(&c);
    if shown.is_empty() || shown.eq_ignore_ascii_case("null") || shown.contains(special) {
        let shown = out.split_off(start);
        out.push('"');
        for character in shown.chars() {
            if matches!(character, '"' | '\\') {
                out.push('\\');
            }
            out.push(character);
        }
        out.push('"');
    }
}

/// Appends the one-dimensional array with its elements in canonical order; any
/// other cell, and an array of more dimensions, as it is.
pub fn sort(cell: Cell<'_>, out: &mut Vec<u8>) {
    if cell.tag != tag::ARRAY || cell.payload[0] != 1 {
        return out.extend_from_slice(cell.bytes);
    }
    let mut elements: Vec<_> = cells(parts(cell.payload).1)
        .map(|cell| cell.bytes)
        .collect();
    elements.sort_by(|a, b| order::compare(a, b));
    // The same bytes in another order: tag, frame, dimensions and length stay.
    out.extend_from_slice(&cell.bytes[..5 + 1 + 4]);
    elements
        .iter()
        .for_each(|element| out.extend_from_slice(element));
}

#[cfg(test)]
mod tests;
