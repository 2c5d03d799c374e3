//! Dates and times with and without zone, in microseconds, with infinities and
//! years BC. No zone is ever invented.
//!
//! Text is ISO 8601 as PostgreSQL and PostgREST print it, or year-first with
//! slashes as office exports write it; what would have to be guessed (02/03/04)
//! or silently cut (a zone under timestamp, a time under date) is unreadable.

mod calendar;
mod parse;

pub(super) use calendar::{DAY, SECOND, civil as civil_day, push_time};
pub(super) use parse::{fixed_offset, fraction};

use super::decimal::{exact, trim};
use super::{Cell, Parsed, Target, Type, Unreadable, put_fixed, tag};
use calendar::{civil, push_date, push_zone};

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
/// Under date a timestamp reads only at midnight, under timestamp a date is midnight.
pub fn text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let text = trim(text);
    if let Some(negative) = infinity(text) {
        return put_infinity(negative, &target.ty, out);
    }
    let parts = parse::parts(text).ok_or(Unreadable)?;
    match (&target.ty, parts.date, parts.time, parts.west) {
        (Type::Date, Some(days), None | Some(0), None) => {
            let days = i32::try_from(days).map_err(|_| Unreadable)?;
            if matches!(days, i32::MIN | i32::MAX) {
                return Err(Unreadable);
            }
            put_fixed(out, tag::DATE, &days.to_be_bytes());
        }
        (Type::Time, None, Some(time), None) => put_fixed(out, tag::TIME, &time.to_be_bytes()),
        (Type::TimeTz, None, Some(time), Some(west)) => {
            let mut payload = [0; 12];
            payload[..8].copy_from_slice(&time.to_be_bytes());
            payload[8..].copy_from_slice(&west.to_be_bytes());
            put_fixed(out, tag::TIMETZ, &payload);
        }
        (Type::Timestamp, Some(days), time, None) => {
            put_instant(out, tag::TIMESTAMP, joined(days, time, 0)?)?;
        }
        (Type::TimestampTz, Some(days), time, Some(west)) => {
            put_instant(out, tag::TIMESTAMPTZ, joined(days, time, west)?)?;
        }
        (Type::TimestampTz, Some(days), time, None) => {
            let zone = target.zone.as_ref().ok_or(Unreadable)?;
            let instant = zone.to_utc(joined(days, time, 0)?).ok_or(Unreadable)?;
            put_instant(out, tag::TIMESTAMPTZ, instant)?;
        }
        _ => return Err(Unreadable),
    }
    Ok(())
}

fn infinity(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("infinity") {
        return Some(false);
    }
    text.eq_ignore_ascii_case("-infinity").then_some(true)
}

fn put_infinity(negative: bool, ty: &Type, out: &mut Vec<u8>) -> Parsed {
    let tag = match ty {
        Type::Date => {
            let days = if negative { i32::MIN } else { i32::MAX };
            put_fixed(out, tag::DATE, &days.to_be_bytes());
            return Ok(());
        }
        Type::Timestamp => tag::TIMESTAMP,
        Type::TimestampTz => tag::TIMESTAMPTZ,
        _ => return Err(Unreadable),
    };
    let instant = if negative { i64::MIN } else { i64::MAX };
    put_fixed(out, tag, &instant.to_be_bytes());
    Ok(())
}

/// µs since 2000-01-01 of a day, a time on it, and seconds west of UTC; never
/// one of the infinities.
fn joined(days: i64, time: Option<i64>, west: i32) -> Parsed<i64> {
    let day = i128::from(days) * i128::from(DAY);
    let time = time.unwrap_or(0) + i64::from(west) * SECOND;
    let instant = i64::try_from(day + i128::from(time)).map_err(|_| Unreadable)?;
    if is_infinite(instant) {
        return Err(Unreadable);
    }
    Ok(instant)
}

fn is_infinite(instant: i64) -> bool {
    matches!(instant, i64::MIN | i64::MAX)
}

fn put_instant(out: &mut Vec<u8>, tag: u8, instant: i64) -> Parsed {
    if is_infinite(instant) {
        return Err(Unreadable);
    }
    put_fixed(out, tag, &instant.to_be_bytes());
    Ok(())
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of
/// `target`, which has to be the same type: the payload is the wire's own.
pub fn wire(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    if *from != target.ty {
        return Err(Unreadable);
    }
    match from {
        Type::Date => put_fixed(out, tag::DATE, &exact::<4>(bytes)?),
        Type::Time => put_fixed(out, tag::TIME, &exact::<8>(bytes)?),
        Type::TimeTz => put_fixed(out, tag::TIMETZ, &exact::<12>(bytes)?),
        Type::Timestamp => put_fixed(out, tag::TIMESTAMP, &exact::<8>(bytes)?),
        Type::TimestampTz => put_fixed(out, tag::TIMESTAMPTZ, &exact::<8>(bytes)?),
        _ => return Err(Unreadable),
    }
    Ok(())
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    if cell.tag == tag::DATE {
        return match i32::from_be_bytes(first(cell.payload)) {
            i32::MIN => out.push_str("-infinity"),
            i32::MAX => out.push_str("infinity"),
            days => {
                let date = civil(days.into());
                push_date(date, out);
                push_era(date.year, out);
            }
        };
    }
    let value = i64::from_be_bytes(first(cell.payload));
    match (cell.tag, value) {
        (tag::TIME, _) => push_time(value, out),
        (tag::TIMETZ, _) => {
            push_time(value, out);
            push_zone(i32::from_be_bytes(first(&cell.payload[8..])), out);
        }
        (_, i64::MIN) => out.push_str("-infinity"),
        (_, i64::MAX) => out.push_str("infinity"),
        _ => {
            let date = civil(value.div_euclid(DAY));
            push_date(date, out);
            out.push(' ');
            push_time(value.rem_euclid(DAY), out);
            if cell.tag == tag::TIMESTAMPTZ {
                out.push_str("+00");
            }
            push_era(date.year, out);
        }
    }
}

fn push_era(year: i64, out: &mut String) {
    if year <= 0 {
        out.push_str(" BC");
    }
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[..N]);
    array
}

/// Appends a DATE, TIME, TIMESTAMP or TIMESTAMPTZ cell cut to the second or to
/// the day (UTC for an instant), towards the past; any other cell as it is.
/// The infinities stay, and so does what has no second or day of its own before
/// the range ends.
pub fn truncate(cell: Cell<'_>, to_day: bool, out: &mut Vec<u8>) {
    let instant = matches!(cell.tag, tag::TIMESTAMP | tag::TIMESTAMPTZ);
    if !instant && cell.tag != tag::TIME {
        return out.extend_from_slice(cell.bytes);
    }
    let value = i64::from_be_bytes(first(cell.payload));
    let unit = if to_day { DAY } else { SECOND };
    let cut = value.checked_sub(value.rem_euclid(unit));
    match cut {
        Some(cut) if !(instant && (is_infinite(value) || is_infinite(cut))) => {
            put_fixed(out, cell.tag, &cut.to_be_bytes());
        }
        _ => out.extend_from_slice(cell.bytes),
    }
}

#[cfg(test)]
mod tests;
