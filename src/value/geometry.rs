//! Points, lines, segments, boxes, paths, polygons and circles by their doubles.
//!
//! The payload is the kind (1 point, 2 line, 3 segment, 4 box, 5 closed path,
//! 6 open path, 7 polygon, 8 circle), for paths and polygons the number of
//! points (u32), then the doubles, each as in a FLOAT8 cell. A box has its upper
//! right corner first. A line is its A, B and C, and is read in that form only.

use super::wire::Reader;
use super::{Cell, Parsed, Target, Type, Unreadable, float, put_framed, tag};

const POINT: u8 = 1;
const LINE: u8 = 2;
const LSEG: u8 = 3;
const BOX: u8 = 4;
const CLOSED: u8 = 5;
const OPEN: u8 = 6;
const POLYGON: u8 = 7;
const CIRCLE: u8 = 8;

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
pub fn text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let text = text.trim_matches(is_space);
    let mut scan = Scan { rest: text };
    let doubles = match target.ty {
        Type::Line => scan.enclosed("{", "}", 3)?,
        Type::Circle => scan.circle()?,
        Type::Point => scan.points()?,
        _ => scan.all_points()?,
    };
    if !scan.rest.is_empty() {
        return Err(Unreadable);
    }
    let kind = match (&target.ty, doubles.len()) {
        (Type::Point, 2) => POINT,
        (Type::Line, 3) if !(is_zero(doubles[0]) && is_zero(doubles[1])) => LINE,
        (Type::Lseg, 4) => LSEG,
        (Type::Box, 4) => BOX,
        (Type::Path, 2..) if text.starts_with('[') => OPEN,
        (Type::Path, 2..) => CLOSED,
        (Type::Polygon, 2..) => POLYGON,
        (Type::Circle, 3) if doubles[2] >= 0.0 || doubles[2].is_nan() => CIRCLE,
        _ => return Err(Unreadable),
    };
    // Only an open path and a segment may stand in brackets.
    if text.starts_with('[') && !matches!(kind, OPEN | LSEG) {
        return Err(Unreadable);
    }
    put(kind, doubles, out);
    Ok(())
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of `target`.
pub fn wire(bytes: &[u8], from: &Type, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    let mut reader = Reader::new(bytes);
    let (kind, count) = match from {
        Type::Point => (POINT, 2),
        Type::Line => (LINE, 3),
        Type::Lseg => (LSEG, 4),
        Type::Box => (BOX, 4),
        Type::Circle => (CIRCLE, 3),
        Type::Polygon => (POLYGON, reader.count()? * 2),
        Type::Path => {
            let kind = if reader.byte()? == 0 { OPEN } else { CLOSED };
            (kind, reader.count()? * 2)
        }
        _ => return Err(Unreadable),
    };
    let mut doubles = Vec::new();
    for _ in 0..count {
        doubles.push(f64::from_be_bytes(reader.take()?));
    }
    reader.end()?;
    put(kind, doubles, out);
    Ok(())
}

fn put(kind: u8, mut doubles: Vec<f64>, out: &mut Vec<u8>) {
    if kind == BOX {
        for axis in 0..2 {
            if less(doubles[axis], doubles[axis + 2]) {
                doubles.swap(axis, axis + 2);
            }
        }
    }
    let mut payload = Vec::with_capacity(5 + 8 * doubles.len());
    payload.push(kind);
    if matches!(kind, CLOSED | OPEN | POLYGON) {
        let points = u32::try_from(doubles.len() / 2).unwrap_or(u32::MAX);
        payload.extend_from_slice(&points.to_be_bytes());
    }
    for double in doubles {
        let plain = match double {
            _ if double.is_nan() => f64::from_bits(NAN),
            _ => double + 0.0, // −0 is 0
        };
        payload.extend_from_slice(&plain.to_be_bytes());
    }
    put_framed(out, tag::GEOMETRY, &payload);
}

/// What PostgreSQL takes for zero where it refuses a line without direction.
fn is_zero(double: f64) -> bool {
    double.abs() <= 1e-6
}

/// The one NaN.
const NAN: u64 = 0x7ff8_0000_0000_0000;

/// PostgreSQL's order of doubles: NaN is the greatest.
fn less(a: f64, b: f64) -> bool {
    a < b || (b.is_nan() && !a.is_nan())
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// PostgreSQL's geometric text, read from left to right. Brackets around points
/// and around lists of points are optional, as there.
struct Scan<'a> {
    rest: &'a str,
}

impl Scan<'_> {
    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start_matches(is_space);
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest.trim_start_matches(is_space);
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Parsed {
        self.eat(token).then_some(()).ok_or(Unreadable)
    }

    fn double(&mut self) -> Parsed<f64> {
        self.rest = self.rest.trim_start_matches(is_space);
        let ends = |c: char| is_space(c) || ",()[]<>{}".contains(c);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start_matches(is_space);
        let double: f64 = word.parse().map_err(|_| Unreadable)?;
        let digits = word.bytes().any(|byte| byte.is_ascii_digit());
        match double.is_infinite() && digits {
            true => Err(Unreadable), // too large, which the server refuses too
            false => Ok(double),
        }
    }

    fn list(&mut self, count: usize, doubles: &mut Vec<f64>) -> Parsed {
        for index in 0..count {
            if index > 0 {
                self.expect(",")?;
            }
            doubles.push(self.double()?);
        }
        Ok(())
    }

    fn enclosed(&mut self, open: &str, close: &str, count: usize) -> Parsed<Vec<f64>> {
        let mut doubles = Vec::with_capacity(count);
        self.expect(open)?;
        self.list(count, &mut doubles)?;
        self.expect(close)?;
        Ok(doubles)
    }

    /// `(1,2)` or `1,2`, and so on, separated by commas.
    fn points(&mut self) -> Parsed<Vec<f64>> {
        let mut doubles = Vec::new();
        loop {
            let enclosed = self.eat("(");
            self.list(2, &mut doubles)?;
            if enclosed {
                self.expect(")")?;
            }
            if !self.eat(",") {
                return Ok(doubles);
            }
        }
    }

    /// Points, all of them perhaps within one more pair of brackets.
    fn all_points(&mut self) -> Parsed<Vec<f64>> {
        let close = if self.eat("[") {
            "]"
        } else if self.has_outer_parenthesis() {
            self.expect("(")?;
            ")"
        } else {
            ""
        };
        let doubles = self.points()?;
        self.expect(close)?;
        Ok(doubles)
    }

    /// Whether the first parenthesis holds all points: another follows it, or
    /// it is the only one.
    fn has_outer_parenthesis(&self) -> bool {
        self.rest.strip_prefix('(').is_some_and(|inside| {
            let inside = inside.trim_start_matches(is_space);
            inside.starts_with('(') || !inside.contains('(') && inside.ends_with(')')
        })
    }

    /// `<(x,y),r>`, `((x,y),r)`, `(x,y),r` or `x,y,r`.
    fn circle(&mut self) -> Parsed<Vec<f64>> {
        let close = if self.eat("<") {
            ">"
        } else if self.has_outer_parenthesis() {
            self.expect("(")?;
            ")"
        } else {
            ""
        };
        let mut doubles = Vec::with_capacity(3);
        let enclosed = self.eat("(");
        self.list(2, &mut doubles)?;
        if enclosed {
            self.expect(")")?;
        }
        self.expect(",")?;
        doubles.push(self.double()?);
        self.expect(close)?;
        Ok(doubles)
    }
}

/// Whether the cell is a box, whose arrays PostgreSQL separates by `;`.
pub(super) fn is_box(cell: Cell<'_>) -> bool {
    cell.tag == tag::GEOMETRY && cell.payload[0] == BOX
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    let kind = cell.payload[0];
    let head = match kind {
        CLOSED | OPEN | POLYGON => 5,
        _ => 1,
    };
    let doubles: Vec<_> = cell.payload[head..].chunks_exact(8).collect();
    let (open, close) = match kind {
        LINE => ("{", "}"),
        LSEG | OPEN => ("[", "]"),
        CIRCLE => ("<", ">"),
        CLOSED | POLYGON => ("(", ")"),
        _ => ("", ""),
    };
    out.push_str(open);
    if kind == LINE {
        show_list(&doubles, out);
    } else {
        for (index, point) in doubles.chunks(2).enumerate() {
            out.push_str(if index > 0 { "," } else { "" });
            let bare = point.len() == 1; // a circle's radius
            out.push_str(if bare { "" } else { "(" });
            show_list(point, out);
            out.push_str(if bare { "" } else { ")" });
        }
    }
    out.push_str(close);
}

fn show_list(doubles: &[&[u8]], out: &mut String) {
    for (index, double) in doubles.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let mut bytes = [tag::FLOAT8; 9];
        bytes[1..].copy_from_slice(double);
        float::show(Cell::of(&bytes), out);
    }
}

#[cfg(test)]
mod tests;
