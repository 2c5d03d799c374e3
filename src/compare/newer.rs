//! Which of two rows is the newer one, by a column that says when each changed.
//!
//! Only what can be read beyond doubt tells: NULL, an infinity, a cell that does
//! not parse, times of which one has a zone and the other none, say nothing.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::value::{Cell, Raw, Target, Type, decimal, encode, show, tag};

/// How the cell of new stands to that of old: `Greater` if new is the newer row.
/// `None`: nothing says.
pub fn newer(old: Cell<'_>, new: Cell<'_>) -> Option<Ordering> {
    if is_number(old) && is_number(new) {
        return Some(decimal::compare(new, old));
    }
    for ty in [Type::TimestampTz, Type::Timestamp, Type::Date] {
        if let (Some(old), Some(new)) = (time(old, &ty), time(new, &ty)) {
            return Some(new.cmp(&old));
        }
    }
    None
}

/// A version that counts up; not NaN or an infinity.
fn is_number(cell: Cell<'_>) -> bool {
    matches!(cell.tag, tag::INTEGER | tag::DECIMAL)
}

/// The cell as a finite time of this type, since 2000-01-01: in µs, or in days.
pub fn time(cell: Cell<'_>, ty: &Type) -> Option<i64> {
    let mut read = Vec::new();
    let cell = match cell.tag {
        tag::TEXT | tag::JSON => {
            let target = Target {
                ty: ty.clone(),
                zone: None,
            };
            encode(Raw::Text(&text(cell)), None, &target, &mut read).ok()?;
            Cell::of(&read)
        }
        _ => cell,
    };
    match (cell.tag, ty) {
        (tag::TIMESTAMPTZ, Type::TimestampTz) | (tag::TIMESTAMP, Type::Timestamp) => {
            let time = i64::from_be_bytes(cell.payload.try_into().ok()?);
            (!matches!(time, i64::MIN | i64::MAX)).then_some(time)
        }
        (tag::DATE, Type::Date) => {
            let day = i32::from_be_bytes(cell.payload.try_into().ok()?);
            (!matches!(day, i32::MIN | i32::MAX)).then_some(i64::from(day))
        }
        _ => None,
    }
}

/// Text, or a JSON string without its quotes: no time has a character that JSON
/// escapes.
fn text(cell: Cell<'_>) -> Cow<'_, str> {
    if cell.tag == tag::TEXT {
        return String::from_utf8_lossy(cell.payload);
    }
    let mut text = String::new();
    show::show(cell, &mut text);
    Cow::Owned(text.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str, ty: &str) -> Vec<u8> {
        let target = Target {
            ty: Type::parse(ty).unwrap(),
            zone: None,
        };
        let raw = match text {
            "NULL" => Raw::Null,
            text if ty == "jsonb" => Raw::JsonString(text),
            text => Raw::Text(text),
        };
        let mut out = Vec::new();
        if encode(raw, None, &target, &mut out).is_err() {
            crate::value::put_framed(&mut out, tag::UNREADABLE, text.as_bytes());
        }
        out
    }

    fn told(old: (&str, &str), new: (&str, &str)) -> Option<Ordering> {
        let (old, new) = (cell(old.0, old.1), cell(new.0, new.1));
        newer(Cell::of(&old), Cell::of(&new))
    }

    #[test]
    fn times_and_versions_tell() {
        for (ty, early, late) in [
            ("timestamptz", "2026-11-26 03:00+09", "2026-11-25 18:00:01Z"),
            ("timestamp", "1999-01-01 00:00", "2026-11-26 03:00"),
            ("date", "1999-12-31", "2000-01-01"),
            ("int8", "-1", "9"),
            ("numeric", "9.5", "10"),
            ("text", "2026-11-26T03:00+09:00", "2026-11-25T18:00:01Z"),
            ("text", "2026-11-26 03:00", "2026-11-26T03:00:00.5"),
            ("text", "2026-11-26", "2026-11-27"),
            ("jsonb", "2026-11-26T03:00+09:00", "2026-11-25T18:00:01Z"),
        ] {
            let told = |old, new| told((old, ty), (new, ty));
            assert_eq!(told(early, late), Some(Ordering::Greater), "{ty}");
            assert_eq!(told(late, early), Some(Ordering::Less), "{ty}");
            assert_eq!(told(late, late), Some(Ordering::Equal), "{ty}");
        }
    }

    #[test]
    fn what_is_in_doubt_says_nothing() {
        let time = "2026-11-26 03:00+09";
        for (ty, other) in [
            ("timestamptz", "NULL"),
            ("timestamptz", "yesterday"),
            ("timestamptz", "infinity"),
            ("timestamptz", "-infinity"),
            ("text", "2026-11-26 03:00"),
            ("text", ""),
        ] {
            assert_eq!(told((time, ty), (other, ty)), None, "{other}");
            assert_eq!(told((other, ty), (time, ty)), None, "{other}");
        }
        for (ty, one, other) in [
            ("numeric", "NaN", "1"),
            ("text", "b", "a"),
            ("text", "10", "9"),
            ("bool", "t", "f"),
        ] {
            assert_eq!(told((one, ty), (other, ty)), None, "{ty}");
        }
    }
}
