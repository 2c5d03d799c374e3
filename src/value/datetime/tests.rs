use super::*;
use crate::value::Zone;
use proptest::prelude::*;

fn read_in(given: &str, ty: Type, zone: Option<&str>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let zone = zone.map(|name| Zone::parse(name).unwrap());
    match text(given, &Target { ty, zone }, &mut out) {
        Ok(()) => Some(out),
        Err(Unreadable) => {
            assert!(out.is_empty(), "{given}");
            None
        }
    }
}

fn read(given: &str, ty: Type) -> Option<Vec<u8>> {
    read_in(given, ty, None)
}

fn shown(cell: &[u8]) -> String {
    let mut out = String::new();
    show(Cell::of(cell), &mut out);
    out
}

/// What PostgreSQL 15 prints with TimeZone=UTC for the text before it.
const PRINTED: &[(Type, &str, &str)] = &[
    (Type::Date, "2024-01-05", "2024-01-05"),
    (Type::Date, "2024/1/5", "2024-01-05"),
    (Type::Date, "20240105", "2024-01-05"),
    (Type::Date, " 2024-01-05 ", "2024-01-05"),
    (Type::Date, "2024-01-05T00:00:00", "2024-01-05"),
    (Type::Date, "0044-03-15 BC", "0044-03-15 BC"),
    (Type::Date, "0001-01-01 BC", "0001-01-01 BC"),
    (Type::Date, "0001-01-01 AD", "0001-01-01"),
    (Type::Date, "5874897-12-31", "5874897-12-31"),
    (Type::Date, "4714-11-24 BC", "4714-11-24 BC"),
    (Type::Date, "Infinity", "infinity"),
    (Type::Date, "-infinity", "-infinity"),
    (Type::Time, "24:00:00", "24:00:00"),
    (Type::Time, "9:05", "09:05:00"),
    (Type::Time, "10:00:60", "10:01:00"),
    (Type::Time, "23:59:59.9999999", "24:00:00"),
    (Type::Time, "10:00:00.0000005", "10:00:00"),
    (Type::Time, "10:00:00.0000015", "10:00:00.000002"),
    (Type::Time, "10:00:00.0000025", "10:00:00.000002"),
    (Type::TimeTz, "10:00+09:30:15", "10:00:00+09:30:15"),
    (Type::TimeTz, "10:00:00 -0330", "10:00:00-03:30"),
    (Type::TimeTz, "10:00Z", "10:00:00+00"),
    (Type::Timestamp, "10000-01-01", "10000-01-01 00:00:00"),
    (
        Type::Timestamp,
        "2024-01-05 10:00:00.500",
        "2024-01-05 10:00:00.5",
    ),
    (
        Type::Timestamp,
        "2024-01-05t24:00:00",
        "2024-01-06 00:00:00",
    ),
    (Type::Timestamp, "2024/01/05 10:00", "2024-01-05 10:00:00"),
    (
        Type::Timestamp,
        "294276-12-31 23:59:59.999999",
        "294276-12-31 23:59:59.999999",
    ),
    (Type::Timestamp, "infinity", "infinity"),
    (
        Type::TimestampTz,
        "2024-01-05T10:00:00.5+0900",
        "2024-01-05 01:00:00.5+00",
    ),
    (
        Type::TimestampTz,
        "2024-01-05 10:00:00+09:00:30",
        "2024-01-05 00:59:30+00",
    ),
    (
        Type::TimestampTz,
        "2024-01-05 10:00:00 UTC",
        "2024-01-05 10:00:00+00",
    ),
    (
        Type::TimestampTz,
        "0044-03-15T00:00:00+00:00 BC",
        "0044-03-15 00:00:00+00 BC",
    ),
    (
        Type::TimestampTz,
        "0044-03-15 10:00:00+00 BC",
        "0044-03-15 10:00:00+00 BC",
    ),
    (Type::TimestampTz, "-INFINITY", "-infinity"),
];

#[test]
fn reads_and_shows_as_postgresql_15() {
    for (ty, given, printed) in PRINTED {
        let cell = read(given, ty.clone()).unwrap_or_else(|| panic!("{given}"));
        assert_eq!(shown(&cell), *printed, "{given}");
    }
}

#[test]
fn nothing_is_guessed_cut_or_invented() {
    for (ty, bad) in [
        (Type::Date, "2024-02-30"),
        (Type::Date, "2023-02-29"),
        (Type::Date, "0000-01-01"),
        (Type::Date, "24/1/5"),
        (Type::Date, "01/05/2024"),
        (Type::Date, "2024-1/5"),
        (Type::Date, "2024-01-05 10:00"),
        (Type::Date, "2024-01-05 24:00:00"),
        (Type::Date, "2024-01-05T00:00:00+00:00"),
        (Type::Date, "5881611-01-01"),
        (Type::Date, "999999999-01-01"),
        (Type::Date, "10:00"),
        (Type::Date, "2024-01-05 BC BC"),
        (Type::Date, "2024-257-257"),
        (Type::Date, "２０２４-01-05"),
        (Type::Date, "令和6年1月5日"),
        (Type::Date, ""),
        (Type::Date, "C"),
        (Type::Time, "24:00:01"),
        (Type::Time, "25:00"),
        (Type::Time, "10:60"),
        (Type::Time, "10:00:61"),
        (Type::Time, "10:00:00."),
        (Type::Time, "10"),
        (Type::Time, "10:00+09"),
        (Type::Time, "10:00 BC"),
        (Type::Time, "infinity"),
        (Type::Time, "2024-01-05 10:00"),
        (Type::TimeTz, "10:00"),
        (Type::TimeTz, "10:00+16"),
        (Type::TimeTz, "10:00+09:60"),
        (Type::TimeTz, "10:00+"),
        (Type::TimeTz, "10:00 JST"),
        (Type::Timestamp, "2024-01-05 10:00:00Z"),
        (Type::Timestamp, "2024-01-05 10:00:00+09"),
        (Type::Timestamp, "2024-01-05T"),
        (Type::Timestamp, "2024-01-05x10:00"),
        (Type::Timestamp, "300000-01-01 00:00:00"),
        (Type::Timestamp, "2024-01-05 10:00:00 10:00:00"),
        (Type::TimestampTz, "2024-01-05 10:00:00"),
        (Type::TimestampTz, "2024-01-05"),
        (Type::TimestampTz, "294277-01-09 04:00:54.775807+00"),
    ] {
        assert_eq!(read(bad, ty.clone()), None, "{bad} as {ty:?}");
    }
}

#[test]
fn zoneless_text_takes_the_configured_zone_only() {
    let zoned = read("2024-01-05 10:00:00+09", Type::TimestampTz);
    let zone = Some("Asia/Tokyo");
    assert_eq!(read_in("2024-01-05 10:00", Type::TimestampTz, zone), zoned);
    // Text with a zone of its own keeps it.
    assert_eq!(read_in("2024-01-05 01:00Z", Type::TimestampTz, zone), zoned);
    assert_eq!(
        read_in("2024-01-05", Type::TimestampTz, zone),
        read("2024-01-04 15:00:00+00", Type::TimestampTz)
    );
    assert_eq!(
        read_in("2024-03-31 02:30", Type::TimestampTz, Some("Europe/Berlin")),
        None
    );
    assert_eq!(
        read_in("infinity", Type::TimestampTz, zone),
        read("infinity", Type::TimestampTz)
    );
}

#[test]
fn wire_is_the_payload() {
    let target = |ty| Target { ty, zone: None };
    let mut out = Vec::new();
    wire(
        &8770i32.to_be_bytes(),
        &Type::Date,
        &target(Type::Date),
        &mut out,
    )
    .unwrap();
    assert_eq!(Some(out), read("2024-01-05", Type::Date));
    let mut bytes = (36_000 * SECOND).to_be_bytes().to_vec();
    bytes.extend((-32_400i32).to_be_bytes());
    let mut out = Vec::new();
    wire(&bytes, &Type::TimeTz, &target(Type::TimeTz), &mut out).unwrap();
    assert_eq!(Some(out), read("10:00:00+09", Type::TimeTz));
    for (bytes, from, to) in [
        (&[0; 4][..], Type::Timestamp, Type::Timestamp),
        (&[0; 8], Type::Date, Type::Date),
        (&[0; 8], Type::TimeTz, Type::TimeTz),
        (&[0; 8], Type::Timestamp, Type::TimestampTz),
    ] {
        assert_eq!(
            wire(bytes, &from, &target(to), &mut Vec::new()),
            Err(Unreadable)
        );
    }
}

#[test]
fn truncates_towards_the_past() {
    for (ty, given, second, day) in [
        (
            Type::Timestamp,
            "2024-01-05 10:00:00.9",
            "2024-01-05 10:00:00",
            "2024-01-05 00:00:00",
        ),
        (
            Type::TimestampTz,
            "1999-12-31 23:59:59.9+00",
            "1999-12-31 23:59:59+00",
            "1999-12-31 00:00:00+00",
        ),
        (Type::Time, "10:00:00.9", "10:00:00", "00:00:00"),
        (Type::Date, "2024-01-05", "2024-01-05", "2024-01-05"),
        (
            Type::TimeTz,
            "10:00:00.9+09",
            "10:00:00.9+09",
            "10:00:00.9+09",
        ),
        (Type::Timestamp, "infinity", "infinity", "infinity"),
        (Type::Timestamp, "-infinity", "-infinity", "-infinity"),
    ] {
        let cell = read(given, ty).unwrap();
        for (to_day, expected) in [(false, second), (true, day)] {
            let mut out = Vec::new();
            truncate(Cell::of(&cell), to_day, &mut out);
            assert_eq!(shown(&out), expected, "{given}");
        }
    }
}

proptest! {
    #[test]
    fn shown_dates_read_back(days: i32) {
        let mut cell = Vec::new();
        put_fixed(&mut cell, tag::DATE, &days.to_be_bytes());
        prop_assert_eq!(read(&shown(&cell), Type::Date), Some(cell));
    }

    #[test]
    fn shown_instants_read_back(instant in prop_oneof![any::<i64>(), Just(i64::MIN + 1), -DAY..DAY]) {
        for (tag, ty) in [(tag::TIMESTAMP, Type::Timestamp), (tag::TIMESTAMPTZ, Type::TimestampTz)] {
            let mut cell = Vec::new();
            put_fixed(&mut cell, tag, &instant.to_be_bytes());
            prop_assert_eq!(read(&shown(&cell), ty), Some(cell));
        }
    }

    #[test]
    fn shown_times_read_back(time in 0..=DAY, west in -57_599i32..=57_599) {
        let mut cell = Vec::new();
        put_fixed(&mut cell, tag::TIME, &time.to_be_bytes());
        prop_assert_eq!(read(&shown(&cell), Type::Time), Some(cell));
        let mut payload = time.to_be_bytes().to_vec();
        payload.extend(west.to_be_bytes());
        let mut cell = Vec::new();
        put_fixed(&mut cell, tag::TIMETZ, &payload);
        prop_assert_eq!(read(&shown(&cell), Type::TimeTz), Some(cell));
    }

    #[test]
    fn truncating_twice_is_truncating_once(instant: i64, to_day: bool) {
        let (mut cell, mut once, mut twice) = (Vec::new(), Vec::new(), Vec::new());
        put_fixed(&mut cell, tag::TIMESTAMP, &instant.to_be_bytes());
        truncate(Cell::of(&cell), to_day, &mut once);
        truncate(Cell::of(&once), to_day, &mut twice);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn any_payload_is_shown(bytes in proptest::array::uniform12(any::<u8>())) {
        for (tag, length) in [(tag::TIME, 8), (tag::TIMETZ, 12), (tag::DATE, 4)] {
            let mut cell = Vec::new();
            put_fixed(&mut cell, tag, &bytes[..length]);
            shown(&cell);
        }
    }

    #[test]
    fn any_text_is_read_or_refused_whole(given in "[-+0-9:/. TZBC]{0,30}|\\PC*") {
        for ty in [Type::Date, Type::Time, Type::TimeTz, Type::Timestamp, Type::TimestampTz] {
            read(&given, ty);
        }
    }
}
