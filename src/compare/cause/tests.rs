//! Each cause by example, and that none of them panics on any pair.

use proptest::prelude::*;

use super::*;
use crate::value::{put_fixed, put_framed};

fn cell(tag: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match crate::value::fixed_len(tag) {
        Some(_) => put_fixed(&mut out, tag, payload),
        None => put_framed(&mut out, tag, payload),
    }
    out
}

fn text(text: &str) -> Vec<u8> {
    cell(tag::TEXT, text.as_bytes())
}

/// The cause, which does not depend on which side is which.
fn why(old: &[u8], new: &[u8]) -> Cause {
    let cause = of(Cell::of(old), Cell::of(new));
    assert_eq!(cause, of(Cell::of(new), Cell::of(old)));
    cause
}

#[test]
fn what_is_not_there() {
    let [null, absent, some] = [cell(tag::NULL, &[]), cell(tag::ABSENT, &[]), text("")];
    let unreadable = cell(tag::UNREADABLE, b"x");
    assert_eq!(why(&null, &some), Cause::Null);
    assert_eq!(why(&null, &unreadable), Cause::Null);
    assert_eq!(why(&absent, &some), Cause::Absent);
    assert_eq!(why(&absent, &null), Cause::Absent);
    assert_eq!(why(&some, &unreadable), Cause::Unreadable);
    assert_eq!(
        why(&unreadable, &cell(tag::UNREADABLE, b"y")),
        Cause::Unreadable
    );
}

#[test]
fn texts() {
    for (old, new, cause) in [
        ("1.10", "1.1", Cause::Scale),
        ("1e3", "1000", Cause::Scale),
        ("-0", "0", Cause::Scale),
        ("007", "7", Cause::Scale),
        (" 1.1", "1.1", Cause::Whitespace),
        ("NaN", "nan", Cause::Case),
        ("", " ", Cause::Whitespace),
        ("東京都 港区", "東京都\u{3000}港区", Cause::Whitespace),
        ("a b", "ab", Cause::Whitespace),
        ("ガ", "ｶﾞ", Cause::UnicodeForm),
        ("が", "か\u{3099}", Cause::UnicodeForm),
        ("Ａ B", "A  B", Cause::UnicodeForm),
        ("Sold", "SOLD", Cause::Case),
        ("ｓold ", "SOLD", Cause::Case),
        ("ÄRGER", "ärger", Cause::Case),
        ("Tokyo Tower", "Tokyo To", Cause::Truncation),
        ("東京都港区", "東京都", Cause::Truncation),
        ("", "x", Cause::Value),
        ("12", "13", Cause::Value),
        ("東京", "大阪", Cause::Value),
        ("why?", "when?", Cause::Value),
        ("髙い?", "安い?", Cause::Value),
    ] {
        assert_eq!(why(&text(old), &text(new)), cause, "{old:?} {new:?}");
    }
}

#[test]
fn damaged_encodings() {
    use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_8, WINDOWS_1252};
    let whole = "東京都 港区ア";
    let read = |written: &'static Encoding, read: &'static Encoding| {
        let bytes = written.encode(whole).0.into_owned();
        read.decode_without_bom_handling(&bytes).0.into_owned()
    };
    let latin1: String = whole.bytes().map(char::from).collect();
    for damaged in [
        read(UTF_8, WINDOWS_1252),
        read(UTF_8, SHIFT_JIS),
        read(UTF_8, EUC_JP),
        read(SHIFT_JIS, WINDOWS_1252),
        read(SHIFT_JIS, UTF_8),
        read(EUC_JP, SHIFT_JIS),
        latin1,
        "??? ???".to_owned(),
        "????????? ?????????".to_owned(),
        "東京都 港?ア".to_owned(),
        "東京\u{fffd}".to_owned(),
    ] {
        assert_eq!(
            why(&text(whole), &text(&damaged)),
            Cause::Encoding,
            "{damaged}"
        );
    }
    assert_eq!(
        why(&text("１０〜２０"), &text("１０～２０")),
        Cause::Encoding
    );
    assert_eq!(why(&text("café"), &text("cafÃ©")), Cause::Encoding);
    assert_eq!(why(&text("café"), &text("caf?")), Cause::Encoding);
    assert_eq!(
        why(&text("café au lait"), &text("cafe au lait")),
        Cause::Value
    );
}

#[test]
fn times() {
    const HOUR: i64 = 3_600_000_000;
    let at = |tag, micros: i64| cell(tag, &micros.to_be_bytes());
    for (apart, cause) in [
        (9 * HOUR, Cause::HourShift),
        (-9 * HOUR, Cause::HourShift),
        (14 * HOUR, Cause::HourShift),
        (HOUR / 2 * 11, Cause::HourShift),
        (HOUR / 4 * 23, Cause::HourShift),
        (HOUR / 4, Cause::Value),
        (15 * HOUR, Cause::Value),
        (24 * HOUR, Cause::Value),
        (HOUR + 1, Cause::Value),
    ] {
        for ty in [tag::TIMESTAMP, tag::TIMESTAMPTZ] {
            assert_eq!(why(&at(ty, 5), &at(ty, 5 + apart)), cause, "{apart}");
        }
    }
    let infinite = at(tag::TIMESTAMP, i64::MAX);
    assert_eq!(why(&infinite, &at(tag::TIMESTAMP, i64::MIN)), Cause::Value);
    assert_eq!(
        why(&infinite, &at(tag::TIMESTAMP, i64::MAX - HOUR)),
        Cause::Value
    );
    assert_eq!(
        why(&at(tag::TIME, 23 * HOUR), &at(tag::TIME, 8 * HOUR)),
        Cause::HourShift
    );
    let zoned = |micros: i64, west: i32| {
        cell(
            tag::TIMETZ,
            &[&micros.to_be_bytes()[..], &west.to_be_bytes()].concat(),
        )
    };
    assert_eq!(
        why(&zoned(HOUR, 0), &zoned(HOUR, -32_400)),
        Cause::HourShift
    );
    assert_eq!(why(&zoned(HOUR, 0), &zoned(HOUR + 1, 0)), Cause::Value);
}

#[test]
fn times_in_text() {
    for (old, new, cause) in [
        (
            "2024-01-05 10:00:00",
            "2024-01-05 01:00:00",
            Cause::HourShift,
        ),
        (
            "2024-01-05T10:00:00Z",
            "2024-01-05 01:00:00+00",
            Cause::HourShift,
        ),
        (
            "2024-01-05T10:00:00+09:00",
            "2024-01-05T10:00:00Z",
            Cause::HourShift,
        ),
        ("2024-01-05 10:00:00", "2024-01-06 10:00:00", Cause::Value),
        ("2024-01-05 10:00:00", "2024-01-05 10:00:01", Cause::Value),
        ("2024-01-05 10:00:00", "2024-01-05 10:99:00", Cause::Value),
    ] {
        assert_eq!(why(&text(old), &text(new)), cause, "{old:?} {new:?}");
    }
}

#[test]
fn arrays_and_bytes() {
    let array = |elements: &[&str]| {
        let mut payload = vec![1];
        payload.extend(u32::try_from(elements.len()).unwrap().to_be_bytes());
        payload.extend(elements.iter().flat_map(|element| text(element)));
        cell(tag::ARRAY, &payload)
    };
    assert_eq!(why(&array(&["a", "b"]), &array(&["b", "a"])), Cause::Order);
    assert_eq!(
        why(&array(&["a", "a", "b"]), &array(&["b", "b", "a"])),
        Cause::Value
    );
    assert_eq!(why(&array(&["a"]), &array(&["a", "a"])), Cause::Value);
    assert_eq!(why(&array(&[]), &array(&["a"])), Cause::Value);
    let bytes = |payload: &[u8]| cell(tag::BYTES, payload);
    assert_eq!(why(&bytes(b"abc"), &bytes(b"ab")), Cause::Truncation);
    assert_eq!(why(&bytes(b"abc"), &bytes(b"")), Cause::Value);
    let flag = |flag: u8| cell(tag::BOOL, &[flag]);
    assert_eq!(why(&flag(0), &flag(1)), Cause::Value);
}

#[test]
fn json_texts() {
    let cause = json::cause_of_texts;
    for (old, new, expected) in [
        (r#"{"a":1}"#, r#"{"a":"1"}"#, Cause::JsonNumber),
        (
            r#"{"a":[1.5,"x"]}"#,
            r#"{"a":["1.50","x"]}"#,
            Cause::JsonNumber,
        ),
        (r#"[1,2]"#, r#"[2,1]"#, Cause::Order),
        (
            r#"{"a":[{"b":[1,2]},3]}"#,
            r#"{"a":[3,{"b":[2,1]}]}"#,
            Cause::Order,
        ),
        (r#"{"1":2}"#, r#"{"1":3}"#, Cause::Value),
        (r#"{"1":2}"#, r#"{"1.0":2}"#, Cause::Value),
        (r#"["a\"1\\"]"#, r#"["a\"2\\"]"#, Cause::Value),
        ("[1,1,2]", "[1,2,2]", Cause::Value),
        ("[0.10000000000000000001,1]", "[1,0.1]", Cause::Value),
        (
            "9007199254740993",
            "\"9007199254740993\"",
            Cause::JsonNumber,
        ),
        ("9007199254740993", "9007199254740992", Cause::Value),
    ] {
        assert_eq!(cause(old, new), expected, "{old} {new}");
        assert_eq!(cause(new, old), expected, "{new} {old}");
    }
}

proptest! {
    #[test]
    fn no_texts_panic(old in "\\PC{0,12}", new in "\\PC{0,12}") {
        prop_assume!(old != new);
        why(&text(&old), &text(&new));
        json::cause_of_texts(&old, &new);
    }

    #[test]
    fn white_space_is_always_found(words in prop::collection::vec("[a-z]{1,5}", 2..5)) {
        let [narrow, wide] = [words.join(" "), words.join(" \u{3000}")];
        prop_assert_eq!(why(&text(&narrow), &text(&wide)), Cause::Whitespace);
    }
}

/// NFKC makes ～ a tilde and leaves 〜 alone: still the same accident.
#[test]
fn a_wave_dash_is_encoding_damage_behind_nfkc_too() {
    assert_eq!(why(&text("〜駅近〜"), &text("~駅近~")), Cause::Encoding);
    assert_eq!(why(&text("金利−1%"), &text("金利-1%")), Cause::Encoding);
    assert_eq!(why(&text("~a"), &text("-a")), Cause::Value);
}
