//! Tests of [`super`].

use super::super::testing::{canonical, cell, shown, text, wire};
use super::*;

#[test]
fn sqlite_values_mean_what_their_column_says() {
    for (raw, ty, expected) in [
        (Raw::Integer(1), "boolean", Some("true")),
        (Raw::Integer(2), "boolean", None),
        (Raw::Real(1.0), "boolean", None),
        (
            Raw::Integer(9_007_199_254_740_993),
            "bigint",
            Some("9007199254740993"),
        ),
        (Raw::Integer(-5), "text", Some("-5")),
        (Raw::Integer(5), "date", None),
        (Raw::Integer(5), "uuid", None),
        (Raw::Real(3.0), "integer", Some("3")),
        (Raw::Real(0.1), "numeric", Some("0.1")),
        (Raw::Real(f64::INFINITY), "numeric", Some("Infinity")),
        (Raw::Real(f64::INFINITY), "jsonb", None),
        (Raw::Real(1e300), "real", None),
        (Raw::Real(-0.0), "double precision", Some("0")),
        (Raw::Real(1.5), "timestamp", None),
        (Raw::Blob(b"\xde\xad"), "bytea", Some("\\xdead")),
        (Raw::Blob(b"text"), "text", Some("\\x74657874")),
        (
            Raw::Blob(&[0; 16]),
            "uuid",
            Some("00000000-0000-0000-0000-000000000000"),
        ),
        (Raw::Blob(&[0; 15]), "uuid", None),
        (Raw::Text("2024-01-05"), "date", Some("2024-01-05")),
    ] {
        let found = cell(raw, ty).ok().map(|cell| shown(&cell));
        assert_eq!(found.as_deref(), expected, "{raw:?} as {ty}");
    }
}

#[test]
fn reals_are_text_as_sqlite_prints_them() {
    for (value, expected) in [
        (3.0, "3.0"),
        (-0.0, "0.0"),
        (0.1, "0.1"),
        (123456.75, "123456.75"),
        (1e14, "100000000000000.0"),
        (1e15, "1.0e+15"),
        (1.5e-5, "1.5e-05"),
        (0.0001, "0.0001"),
        (1e300, "1.0e+300"),
        (-2.5e20, "-2.5e+20"),
    ] {
        assert_eq!(real_text(value), expected);
    }
}

#[test]
fn a_char_n_has_no_trailing_blanks_whoever_pads_it() {
    let cell = text("a b", "text").unwrap();
    assert_eq!(text("a b  ", "char(5)").as_ref(), Ok(&cell));
    assert_eq!(wire(b"a b  ", "char(5)", "text").as_ref(), Ok(&cell));
    assert_eq!(wire(b"a b  ", "char(5)", "char(5)").as_ref(), Ok(&cell));
    assert_ne!(text("a b  ", "text").as_ref(), Ok(&cell));
    assert_ne!(text("a b\t", "char(5)").as_ref(), Ok(&cell));
}

#[test]
fn wire_types_reach_what_two_sides_agree_on() {
    let numeric = |given: &str| text(given, "numeric");
    assert_eq!(
        wire(&7i32.to_be_bytes(), "integer", "numeric"),
        numeric("7")
    );
    assert_eq!(wire(&7i64.to_be_bytes(), "bigint", "numeric"), numeric("7"));
    assert_eq!(
        wire(&0.1f32.to_be_bytes(), "real", "numeric"),
        numeric("0.1")
    );
    assert_eq!(
        wire(&0.1f64.to_be_bytes(), "double precision", "numeric"),
        numeric("0.1")
    );
    let widened = wire(&0.1f32.to_be_bytes(), "real", "double precision");
    assert_eq!(widened, text("0.10000000149011612", "double precision"));
    assert_eq!(wire(b"1.50", "text", "numeric"), numeric("1.5"));
    assert_eq!(
        wire(b"2024-01-05", "text", "date"),
        text("2024-01-05", "date")
    );
    assert_eq!(wire(b"\xff", "text", "text"), Err(Unreadable));
    assert_eq!(wire(&[0; 8], "timestamp", "text"), Err(Unreadable));
    assert_eq!(wire(&[0; 8], "bigint", "integer"), Err(Unreadable));
    assert_eq!(wire(b"\0", "\"char\"", "text"), text("", "text"));
    let no_type = encode(
        Raw::Wire(b"a"),
        None,
        &super::super::testing::target("text"),
        &mut Vec::new(),
    );
    assert_eq!(no_type, Err(Unreadable));
}

#[test]
fn text_of_a_type_is_its_own_canonical_text() {
    for (ty, given) in [("xml", "<a/> "), ("enum", "sad "), ("text", "")] {
        assert_eq!(canonical(given, ty).as_deref(), Some(given));
    }
    assert_eq!(canonical("2024-01-05", "time"), None);
}
