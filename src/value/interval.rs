//! Intervals by their three fields: months, days, microseconds. A month is not
//! 30 days and 24 hours are not a day, so nothing is carried between them.
//!
//! Text is read in all four of PostgreSQL's output styles and with its unit
//! names. A bare day number stands in `sql_standard` text only, so there a sign
//! in front of everything counts for everything.

mod parse;

use super::datetime::push_time;
use super::decimal::{exact, trim};
use super::{Cell, Parsed, Target, Type, Unreadable, put_fixed, tag};

/// The fields as PostgreSQL keeps them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Interval {
    months: i32,
    days: i32,
    /// µs
    time: i64,
}

/// PostgreSQL 17's infinities: every field at its end.
const INFINITY: Interval = Interval {
    months: i32::MAX,
    days: i32::MAX,
    time: i64::MAX,
};
const MINUS_INFINITY: Interval = Interval {
    months: i32::MIN,
    days: i32::MIN,
    time: i64::MIN,
};

impl Interval {
    fn payload(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.time.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.days.to_be_bytes());
        bytes[12..].copy_from_slice(&self.months.to_be_bytes());
        bytes
    }

    fn of(payload: [u8; 16]) -> Interval {
        let value = i128::from_be_bytes(payload);
        Interval {
            time: (value >> 64) as i64,
            days: (value >> 32) as i32,
            months: value as i32,
        }
    }

    fn is_infinite(self) -> bool {
        self == INFINITY || self == MINUS_INFINITY
    }
}

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
pub fn text(text: &str, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    let text = trim(text);
    let interval = if text.eq_ignore_ascii_case("infinity") {
        INFINITY
    } else if text.eq_ignore_ascii_case("-infinity") {
        MINUS_INFINITY
    } else {
        parse::interval(text)
            .filter(|interval| !interval.is_infinite())
            .ok_or(Unreadable)?
    };
    put_fixed(out, tag::INTERVAL, &interval.payload());
    Ok(())
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of
/// `target`: the payload is the wire's own.
pub fn wire(bytes: &[u8], _from: &Type, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    put_fixed(out, tag::INTERVAL, &exact::<16>(bytes)?);
    Ok(())
}

/// Appends the canonical text of a cell that this module made, in PostgreSQL's
/// own style: `1 year 2 mons -3 days +04:05:06.789`.
pub fn show(cell: Cell<'_>, out: &mut String) {
    let mut payload = [0; 16];
    payload.copy_from_slice(cell.payload);
    let interval = Interval::of(payload);
    if interval.is_infinite() {
        return out.push_str(match interval {
            INFINITY => "infinity",
            _ => "-infinity",
        });
    }
    let start = out.len();
    let mut after_negative = false;
    for (value, unit) in [
        (interval.months / 12, "year"),
        (interval.months % 12, "mon"),
        (interval.days, "day"),
    ] {
        if value == 0 {
            continue;
        }
        let sign = if after_negative && value > 0 { "+" } else { "" };
        let plural = if value == 1 { "" } else { "s" };
        let gap = if out.len() > start { " " } else { "" };
        out.push_str(&format!("{gap}{sign}{value} {unit}{plural}"));
        after_negative = value < 0;
    }
    if interval.time == 0 && out.len() > start {
        return;
    }
    if out.len() > start {
        out.push(' ');
    }
    if after_negative && interval.time > 0 {
        out.push('+');
    }
    push_time(interval.time, out);
}

#[cfg(test)]
mod tests;
