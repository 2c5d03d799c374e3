//! Canonical cells as text for people and reports.

use super::{Cell, put_framed, tag};
use super::{
    array, bits, boolean, bytea, datetime, decimal, float, geometry, interval, json, net, range,
    uuid,
};

/// Appends the cell's canonical text (PostgreSQL's output style: numbers
/// without trailing zeros, timestamps `2024-01-05 10:00:00+00`, arrays
/// `{a,"b c",NULL}`, JSON compact). NULL and absent append nothing: the caller
/// marks them. Of a cell that does not parse, its raw bytes, as far as they are text.
pub fn show(cell: Cell<'_>, out: &mut String) {
    match cell.tag {
        tag::ABSENT | tag::NULL => {}
        tag::BOOL => boolean::show(cell, out),
        tag::INTEGER | tag::DECIMAL | tag::SPECIAL => decimal::show(cell, out),
        tag::FLOAT4 | tag::FLOAT8 => float::show(cell, out),
        tag::BYTES => bytea::show(cell, out),
        tag::UUID => uuid::show(cell, out),
        tag::DATE | tag::TIME | tag::TIMETZ | tag::TIMESTAMP | tag::TIMESTAMPTZ => {
            datetime::show(cell, out);
        }
        tag::INTERVAL => interval::show(cell, out),
        tag::JSON => json::show(cell, out),
        tag::ARRAY => array::show(cell, out),
        tag::INET | tag::MACADDR => net::show(cell, out),
        tag::RANGE | tag::MULTIRANGE => range::show(cell, out),
        tag::GEOMETRY => geometry::show(cell, out),
        tag::BITS => bits::show(cell, out),
        _ => out.push_str(&String::from_utf8_lossy(cell.payload)),
    }
}

/// The most bytes of one cell's text that are shown.
pub const LIMIT: usize = 4096;

/// A cell's text for a report: whole, or its first [`LIMIT`] bytes (less where
/// a character would be cut) and how many bytes were left off.
pub fn cut(text: &str) -> String {
    if text.len() <= LIMIT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LIMIT);
    format!("{}… (+{} bytes)", &text[..end], text.len() - end)
}

/// What a report shows of a cell.
pub fn shown(cell: Cell<'_>) -> String {
    let mut text = String::new();
    show(cell, &mut text);
    match cell.tag {
        tag::SHORTENED => text,
        _ => cut(&text),
    }
}

/// Appends the cell, or, where its text is longer than what is shown of it, that.
pub fn shorten(cell: Cell<'_>, out: &mut Vec<u8>) {
    // No cell's text is over so many times longer than its bytes but that of
    // bits, which are eight.
    if cell.bytes.len() <= LIMIT / 8 {
        return out.extend_from_slice(cell.bytes);
    }
    let mut text = String::new();
    show(cell, &mut text);
    match text.len() <= LIMIT && cell.bytes.len() <= 2 * LIMIT {
        true => out.extend_from_slice(cell.bytes),
        false => put_framed(out, tag::SHORTENED, cut(&text).as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_is_cut_between_characters_and_says_how_much_is_gone() {
        assert_eq!(cut(&"a".repeat(4096)), "a".repeat(4096));
        assert_eq!(
            cut(&"a".repeat(4097)),
            format!("{}… (+1 bytes)", "a".repeat(4096))
        );
        // 4096 = 3 × 1365 + 1: the 1366th kanji would be cut.
        assert_eq!(
            cut(&"東".repeat(2000)),
            format!("{}… (+1905 bytes)", "東".repeat(1365))
        );
    }

    #[test]
    fn a_shortened_cell_shows_what_the_whole_one_would() {
        for text in ["", "短い", &"東".repeat(2000), &"a".repeat(600)] {
            let (mut whole, mut short) = (Vec::new(), Vec::new());
            put_framed(&mut whole, tag::TEXT, text.as_bytes());
            shorten(Cell::of(&whole), &mut short);
            assert_eq!(shown(Cell::of(&short)), shown(Cell::of(&whole)));
            assert!(short.len() < LIMIT + 64);
        }
    }
}
