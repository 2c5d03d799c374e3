//! Ranges and multiranges: discrete ones (int4, int8, date) in PostgreSQL's
//! canonical form [a,b), empty as one value.
//!
//! The payload of a RANGE cell is PostgreSQL's flags (1 empty, 2 lower bound
//! inclusive, 4 upper bound inclusive, 8 no lower bound, 16 no upper bound),
//! then those bounds that there are, as cells. A bound of `infinity` is a value
//! and not the same as no bound, as in PostgreSQL. A multirange is its ranges,
//! ascending and merged: the server sends it so, and text is brought into that
//! form where the order of the bounds' type is known here (all but text).

use std::cmp::Ordering;

use super::array::element_target;
use super::wire::{Reader, from_wire};
use super::{Cell, Parsed, Target, Type, Unreadable, decimal, encode, order, put_fixed};
use super::{cells, put_framed_with, show as show_cell, tag};

const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const NO_LOWER: u8 = 0x08;
const NO_UPPER: u8 = 0x10;

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
pub fn text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let text = text.trim_matches(is_space);
    match &target.ty {
        Type::Range(bound) => {
            let (range, rest) = parse(text, &element_target(bound, target))?;
            if !rest.is_empty() {
                return Err(Unreadable);
            }
            range.put(out);
            Ok(())
        }
        Type::Multirange(bound) => {
            let ranges = parse_all(text, &element_target(bound, target))?;
            put_framed_with(out, tag::MULTIRANGE, |out| {
                ranges.iter().for_each(|range| range.put(out));
                Ok(())
            })
        }
        _ => Err(Unreadable),
    }
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of `target`.
pub fn wire(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    match (from, &target.ty) {
        (Type::Range(from), Type::Range(to)) => {
            range_wire(bytes, from, &element_target(to, target), out)
        }
        (Type::Multirange(from), Type::Multirange(to)) => {
            let target = element_target(to, target);
            put_framed_with(out, tag::MULTIRANGE, |out| {
                let mut reader = Reader::new(bytes);
                for _ in 0..reader.count()? {
                    let range = reader.framed()?.ok_or(Unreadable)?;
                    range_wire(range, from, &target, out)?;
                }
                reader.end()
            })
        }
        _ => Err(Unreadable),
    }
}

/// The server sends ranges in canonical form.
fn range_wire(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let mut reader = Reader::new(bytes);
    let flags = reader.byte()? & 0x1f;
    put_framed_with(out, tag::RANGE, |out| {
        out.push(if flags & EMPTY != 0 { EMPTY } else { flags });
        for absent in [NO_LOWER, NO_UPPER] {
            if flags & (EMPTY | absent) == 0 {
                let bound = reader.framed()?.ok_or(Unreadable)?;
                from_wire(bound, from, target, out)?;
            }
        }
        reader.end()
    })
}

/// A bound: its canonical cell, and whether it belongs to the range. `None` is no bound.
type Bound = Option<(Vec<u8>, bool)>;

/// A range that is not empty, or `None`.
#[derive(Clone, Debug, PartialEq)]
struct Range(Option<(Bound, Bound)>);

impl Range {
    /// The canonical form of what was written.
    fn new(lower: Bound, upper: Bound, ty: &Type) -> Parsed<Range> {
        if is_empty(&lower, &upper, ty)? {
            return Ok(Range(None));
        }
        if !matches!(ty, Type::Int4 | Type::Int8 | Type::Date) {
            return Ok(Range(Some((lower, upper))));
        }
        let (lower, upper) = (stepped(lower, true, ty)?, stepped(upper, false, ty)?);
        // (4,5) holds no integer, which shows only as [5,5).
        let empty = is_empty(&lower, &upper, ty)?;
        Ok(Range((!empty).then_some((lower, upper))))
    }

    fn put(&self, out: &mut Vec<u8>) {
        let filled: Result<(), std::convert::Infallible> =
            put_framed_with(out, tag::RANGE, |out| {
                let Some((lower, upper)) = &self.0 else {
                    out.push(EMPTY);
                    return Ok(());
                };
                let flag = |bound: &Bound, inclusive: u8, absent: u8| match bound {
                    Some((_, true)) => inclusive,
                    Some((_, false)) => 0,
                    None => absent,
                };
                out.push(
                    flag(lower, LOWER_INCLUSIVE, NO_LOWER) | flag(upper, UPPER_INCLUSIVE, NO_UPPER),
                );
                let bounds = [lower, upper].into_iter().flatten();
                bounds.for_each(|(cell, _)| out.extend_from_slice(cell));
                Ok(())
            });
        let Ok(()) = filled;
    }
}

/// Whether nothing lies between the bounds; bounds in the wrong order are an error.
fn is_empty(lower: &Bound, upper: &Bound, ty: &Type) -> Parsed<bool> {
    let (Some((low, low_in)), Some((high, high_in))) = (lower, upper) else {
        return Ok(false);
    };
    if is_ordered(ty) && order::compare(low, high) == Ordering::Greater {
        return Err(Unreadable);
    }
    Ok(low == high && !(*low_in && *high_in))
}

/// Whether the bounds' order here is the server's: that of text depends on its collation.
fn is_ordered(ty: &Type) -> bool {
    ty.is_number()
        || matches!(
            ty,
            Type::Date | Type::Time | Type::Timestamp | Type::TimestampTz
        )
}

/// The bound of a discrete range, made inclusive or exclusive by going to the
/// next value. An infinite date has none.
fn stepped(bound: Bound, inclusive: bool, ty: &Type) -> Parsed<Bound> {
    let Some((cell, is_inclusive)) = bound else {
        return Ok(None);
    };
    if !matches!(cell[0], tag::INTEGER | tag::DATE) {
        return Err(Unreadable); // 1.5 is a number, but no bound of integers
    }
    if is_inclusive == inclusive {
        return Ok(Some((cell, inclusive)));
    }
    let next = successor(Cell::of(&cell), ty)?;
    Ok(Some(
        next.map_or((cell, is_inclusive), |next| (next, inclusive)),
    ))
}

fn successor(cell: Cell<'_>, ty: &Type) -> Parsed<Option<Vec<u8>>> {
    let mut next = Vec::with_capacity(cell.bytes.len());
    match (cell.tag, <[u8; 8]>::try_from(cell.payload)) {
        (tag::INTEGER, Ok(payload)) => {
            let value = (u64::from_be_bytes(payload) ^ 1 << 63) as i64;
            let value = value.checked_add(1).ok_or(Unreadable)?;
            if *ty == Type::Int4 && value > i64::from(i32::MAX) {
                return Err(Unreadable);
            }
            decimal::integer(value, &mut next);
        }
        (tag::DATE, _) => {
            let days = <[u8; 4]>::try_from(cell.payload).map_err(|_| Unreadable)?;
            match i32::from_be_bytes(days) {
                i32::MIN | i32::MAX => return Ok(None),
                days if days + 1 == i32::MAX => return Err(Unreadable),
                days => put_fixed(&mut next, tag::DATE, &(days + 1).to_be_bytes()),
            }
        }
        _ => return Err(Unreadable),
    }
    Ok(Some(next))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// The range at the beginning of `text`, and what follows it.
fn parse<'a>(text: &'a str, target: &Target) -> Parsed<(Range, &'a str)> {
    let is_empty = text
        .get(..5)
        .is_some_and(|word| word.eq_ignore_ascii_case("empty"));
    if is_empty {
        return Ok((Range(None), text[5..].trim_start_matches(is_space)));
    }
    let lower_inclusive = text.starts_with('[');
    let inside = text.strip_prefix(['[', '(']).ok_or(Unreadable)?;
    let (lower, rest) = bound_text(inside)?;
    let (upper, rest) = bound_text(rest.strip_prefix(',').ok_or(Unreadable)?)?;
    let upper_inclusive = rest.starts_with(']');
    let rest = rest.strip_prefix([']', ')']).ok_or(Unreadable)?;
    let range = Range::new(
        bound(lower, lower_inclusive, target)?,
        bound(upper, upper_inclusive, target)?,
        &target.ty,
    )?;
    Ok((range, rest.trim_start_matches(is_space)))
}

/// The text of the bound at the beginning of `text`, `None` where nothing is
/// written, and what follows it.
fn bound_text(text: &str) -> Parsed<(Option<String>, &str)> {
    let mut bound = String::new();
    let (mut quoted, mut any) = (false, false);
    let mut rest = text.chars();
    loop {
        let before = rest.as_str();
        match rest.next().ok_or(Unreadable)? {
            ',' | ')' | ']' if !quoted => return Ok((any.then_some(bound), before)),
            '\\' => bound.push(rest.next().ok_or(Unreadable)?),
            '"' if quoted && rest.as_str().starts_with('"') => {
                rest.next();
                bound.push('"');
            }
            '"' => quoted = !quoted,
            '(' | '[' if !quoted => return Err(Unreadable),
            character => bound.push(character),
        }
        any = true;
    }
}

fn bound(text: Option<String>, inclusive: bool, target: &Target) -> Parsed<Bound> {
    let Some(text) = text else {
        return Ok(None);
    };
    let text = match target.ty.is_text() {
        true => &text,
        false => text.trim_matches(is_space),
    };
    let mut cell = Vec::new();
    encode::from_text(text, target, &mut cell)?;
    Ok(Some((cell, inclusive)))
}

/// The ranges of a multirange, without empty ones, ascending and merged where
/// their order is known.
fn parse_all(text: &str, target: &Target) -> Parsed<Vec<Range>> {
    let mut rest = text
        .strip_prefix('{')
        .ok_or(Unreadable)?
        .trim_start_matches(is_space);
    let mut ranges = Vec::new();
    while !rest.starts_with('}') {
        let (range, after) = parse(rest, target)?;
        ranges.extend(range.0);
        rest = match after
            .strip_prefix(',')
            .map(|next| next.trim_start_matches(is_space))
        {
            Some(next) if next.starts_with('}') => return Err(Unreadable),
            Some(next) => next,
            None if after.starts_with('}') => after,
            None => return Err(Unreadable),
        };
    }
    if rest.len() > 1 {
        return Err(Unreadable);
    }
    if is_ordered(&target.ty) {
        ranges = merged(ranges);
    }
    Ok(ranges
        .into_iter()
        .map(|bounds| Range(Some(bounds)))
        .collect())
}

fn merged(mut ranges: Vec<(Bound, Bound)>) -> Vec<(Bound, Bound)> {
    ranges.sort_by(|(a, _), (b, _)| by_lower(a, b));
    let mut merged: Vec<(Bound, Bound)> = Vec::with_capacity(ranges.len());
    for (lower, upper) in ranges {
        match merged.last_mut() {
            Some((_, last)) if touches(last, &lower) => {
                if by_upper(last, &upper) == Ordering::Less {
                    *last = upper;
                }
            }
            _ => merged.push((lower, upper)),
        }
    }
    merged
}

/// No bound comes first, an inclusive one before an exclusive one.
fn by_lower(a: &Bound, b: &Bound) -> Ordering {
    match (a, b) {
        (Some((a, a_in)), Some((b, b_in))) => order::compare(a, b).then(b_in.cmp(a_in)),
        _ => a.is_some().cmp(&b.is_some()),
    }
}

/// No bound comes last, an exclusive one before an inclusive one.
fn by_upper(a: &Bound, b: &Bound) -> Ordering {
    match (a, b) {
        (Some((a, a_in)), Some((b, b_in))) => order::compare(a, b).then(a_in.cmp(b_in)),
        _ => a.is_none().cmp(&b.is_none()),
    }
}

/// Whether a range that begins at `lower` leaves no gap behind one that ends at `upper`.
fn touches(upper: &Bound, lower: &Bound) -> bool {
    let (Some((high, high_in)), Some((low, low_in))) = (upper, lower) else {
        return true;
    };
    match order::compare(low, high) {
        Ordering::Less => true,
        Ordering::Equal => *low_in || *high_in,
        Ordering::Greater => false,
    }
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    if cell.tag == tag::RANGE {
        return show_range(cell, out);
    }
    out.push('{');
    for (index, range) in cells(cell.payload).enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        show_range(range, out);
    }
    out.push('}');
}

fn show_range(cell: Cell<'_>, out: &mut String) {
    let flags = cell.payload[0];
    if flags & EMPTY != 0 {
        return out.push_str("empty");
    }
    let mut bounds = cells(&cell.payload[1..]);
    let mut show_bound = |absent: u8, out: &mut String| {
        if flags & absent == 0 {
            bounds
                .next()
                .into_iter()
                .for_each(|bound| quote(bound, out));
        }
    };
    out.push(if flags & LOWER_INCLUSIVE != 0 {
        '['
    } else {
        '('
    });
    show_bound(NO_LOWER, out);
    out.push(',');
    show_bound(NO_UPPER, out);
    out.push(if flags & UPPER_INCLUSIVE != 0 {
        ']'
    } else {
        ')'
    });
}

fn quote(bound: Cell<'_>, out: &mut String) {
    let start = out.len();
    show_cell::show(bound, out);
    let special = |c: char| "\"\\()[],".contains(c) || is_space(c);
    if out.len() == start || out[start..].contains(special) {
        let shown = out.split_off(start);
        out.push('"');
        for character in shown.chars() {
            if matches!(character, '"' | '\\') {
                out.push(character); // doubled
            }
            out.push(character);
        }
        out.push('"');
    }
}

#[cfg(test)]
mod tests;
