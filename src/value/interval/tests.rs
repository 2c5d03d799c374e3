use super::*;
use proptest::prelude::*;

fn read(given: &str) -> Option<Interval> {
    let target = Target {
        ty: Type::Interval,
        zone: None,
    };
    let mut out = Vec::new();
    match text(given, &target, &mut out) {
        Ok(()) => Some(Interval::of(Cell::of(&out).payload.try_into().unwrap())),
        Err(Unreadable) => {
            assert!(out.is_empty(), "{given}");
            None
        }
    }
}

fn shown(interval: Interval) -> String {
    let (mut cell, mut out) = (Vec::new(), String::new());
    put_fixed(&mut cell, tag::INTERVAL, &interval.payload());
    show(Cell::of(&cell), &mut out);
    out
}

/// Each line is one value as PostgreSQL 15 prints it in its four styles:
/// postgres, postgres_verbose, iso_8601, sql_standard.
#[test]
fn all_styles_of_postgresql_15_are_one_value() {
    for styles in [
        [
            "1 year 2 mons -3 days +04:05:06.789",
            "@ 1 year 2 mons -3 days 4 hours 5 mins 6.789 secs",
            "P1Y2M-3DT4H5M6.789S",
            "+1-2 -3 +4:05:06.789",
        ],
        [
            "-1 days +02:00:00",
            "@ 1 day -2 hours ago",
            "P-1DT2H",
            "+0-0 -1 +2:00:00",
        ],
        ["-1 years -1 mons", "@ 1 year 1 mon ago", "P-1Y-1M", "-1-1"],
        ["-00:00:00.5", "@ 0.5 secs ago", "PT-0.5S", "-0:00:00.5"],
        ["00:00:00", "@ 0", "PT0S", "0"],
        [
            "-1 years -2 mons +3 days -04:05:06",
            "@ 1 year 2 mons -3 days 4 hours 5 mins 6 secs ago",
            "P-1Y-2M3DT-4H-5M-6S",
            "-1-2 +3 -4:05:06",
        ],
        [
            "-3 days -04:05:06",
            "@ 3 days 4 hours 5 mins 6 secs ago",
            "P-3DT-4H-5M-6S",
            "-3 4:05:06",
        ],
        ["3 days", "@ 3 days", "P3D", "3 0:00:00"],
        [
            "-1 years -2 mons -3 days",
            "@ 1 year 2 mons 3 days ago",
            "P-1Y-2M-3D",
            "-1-2 -3 +0:00:00",
        ],
        ["1000:00:00", "@ 1000 hours", "PT1000H", "1000:00:00"],
    ] {
        let value = read(styles[0]).unwrap_or_else(|| panic!("{}", styles[0]));
        assert_eq!(shown(value), styles[0]);
        for style in styles {
            assert_eq!(read(style), Some(value), "{style}");
        }
    }
}

#[test]
fn other_input_is_read_as_postgresql_15_does() {
    for (given, printed) in [
        ("1.5 weeks", "10 days 12:00:00"),
        ("-1.5 weeks", "-10 days -12:00:00"),
        ("-0.5 days", "-12:00:00"),
        ("1.5 hours", "01:30:00"),
        ("-1.5 secs", "-00:00:01.5"),
        ("100 ms", "00:00:00.1"),
        ("5", "00:00:05"),
        ("04:05", "04:05:00"),
        ("4:05.5", "00:04:05.5"),
        ("3 4:05", "3 days 04:05:00"),
        ("1-2", "1 year 2 mons"),
        ("P1W", "7 days"),
        ("1 mon -1 day ago", "-1 mons +1 day"),
        ("1 decade", "10 years"),
        ("0.0000005 s", "00:00:00"),
        ("1 day 2", "1 day 00:00:02"),
        ("2:59:60", "03:00:00"),
        ("1day 2h", "1 day 02:00:00"),
        ("INFINITY", "infinity"),
        ("-infinity", "-infinity"),
    ] {
        assert_eq!(read(given).map(shown).as_deref(), Some(printed), "{given}");
    }
}

#[test]
fn fields_are_never_carried() {
    assert_ne!(read("1 mon"), read("30 days"));
    assert_ne!(read("1 day"), read("24:00:00"));
    assert_eq!(read("12 mons"), read("1 year"));
}

#[test]
fn anything_else_is_unreadable() {
    for bad in [
        "",
        "@",
        "ago",
        "P",
        "PT",
        "P1",
        "P1Y2",
        "1 fortnight",
        "-1-2 3 4:05:06",
        "5 ago",
        "day",
        "1:2:3:4",
        "1:60:00",
        "1 year garbage",
        "1 day ago ago",
        "P1YT1Y",
        "PT1HT1M",
        "1-12",
        "1-2-3",
        "1.5 years",
        "1.2.3 days",
        "9999999999 years",
        "99999999999999999999 days",
        "9223372036854775808 us",
        "１日",
        "1 日",
        "2147483647 mons 2147483647 days 9223372036854775807 us",
        "-",
        "+",
        ".",
        "1 .",
        ":",
        "--1 day",
    ] {
        assert_eq!(read(bad), None, "{bad}");
    }
}

#[test]
fn wire_is_the_payload() {
    let target = Target {
        ty: Type::Interval,
        zone: None,
    };
    let bytes = [
        0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff,
    ];
    let mut out = Vec::new();
    wire(&bytes, &Type::Interval, &target, &mut out).unwrap();
    assert_eq!(out[1..], bytes);
    assert_eq!(read("-1 mons +2 days 00:00:01").unwrap().payload(), bytes);
    assert_eq!(
        wire(&bytes[1..], &Type::Interval, &target, &mut out),
        Err(Unreadable)
    );
}

proptest! {
    #[test]
    fn shown_text_reads_back(months: i32, days: i32, time: i64) {
        for interval in [
            Interval { months, days, time },
            Interval { months: 0, days, time },
            Interval { months, days: 0, time: 0 },
            Interval { months: i32::MIN, days: i32::MIN, time },
            Interval { months, days, time: i64::MIN },
        ] {
            prop_assert_eq!(read(&shown(interval)), Some(interval));
        }
    }

    #[test]
    fn any_text_is_read_or_refused_whole(given in "[-+0-9:. PTYMDHSdaysgo@]{0,30}|\\PC*") {
        read(&given);
    }
}
