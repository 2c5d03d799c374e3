//! Times apart by a zone's offset: one path wrote local time where the other
//! wrote UTC.

use crate::value::{Cell, Target, Type, Zone, datetime, tag};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// No zone is further from UTC than this.
const FURTHEST: i64 = 14 * 60 * MINUTE;

/// The offsets that are not of whole or half hours: Nepal, Eucla, Chatham
/// (standard and summer time).
const QUARTERS: [i64; 4] = [345, 525, 765, 825];

/// Whether two cells of one of the types with a time of day are a zone's offset
/// apart. For timetz either the time or the zone.
pub(super) fn is_shift(old: Cell<'_>, new: Cell<'_>) -> bool {
    let (Some(from), Some(to)) = (micros(old), micros(new)) else {
        return false;
    };
    let Some(apart) = from.checked_sub(to).map(i64::unsigned_abs) else {
        return false;
    };
    let apart = i64::try_from(apart).unwrap_or(i64::MAX);
    match old.tag {
        // A time of day may have passed midnight.
        tag::TIME => is_offset(apart) || is_offset(DAY - apart),
        tag::TIMETZ if apart == 0 => true,
        tag::TIMETZ => is_offset(apart) || is_offset(DAY - apart),
        _ => is_offset(apart),
    }
}

/// The µs of a cell; nothing for an infinity.
fn micros(cell: Cell<'_>) -> Option<i64> {
    let micros = i64::from_be_bytes(*cell.payload.first_chunk()?);
    (micros != i64::MIN && micros != i64::MAX).then_some(micros)
}

fn is_offset(micros: i64) -> bool {
    let minutes = micros / MINUTE;
    (1..=FURTHEST).contains(&micros)
        && micros % MINUTE == 0
        && (minutes % 30 == 0 || QUARTERS.contains(&minutes))
}

/// The same for two texts that both say a date and a time of day, both with a
/// zone or both without.
pub(super) fn is_text_shift(texts: [&str; 2]) -> bool {
    if !texts.iter().all(|text| looks_like_a_time(text)) {
        return false;
    }
    [Type::TimestampTz, Type::Timestamp].iter().any(|ty| {
        let [old, new] = texts.map(|text| parsed(text, ty, None));
        let (Some(old), Some(new)) = (old, new) else {
            return false;
        };
        is_shift(Cell::of(&old), Cell::of(&new))
    })
}

/// Spares all other text the attempt to parse it.
fn looks_like_a_time(text: &str) -> bool {
    (16..=40).contains(&text.len())
        && text.starts_with(|char: char| char.is_ascii_digit())
        && text.contains(':')
}

fn parsed(text: &str, ty: &Type, zone: Option<Zone>) -> Option<Vec<u8>> {
    let target = Target {
        ty: ty.clone(),
        zone,
    };
    let mut cell = Vec::new();
    datetime::text(text, &target, &mut cell).ok()?;
    Some(cell)
}
