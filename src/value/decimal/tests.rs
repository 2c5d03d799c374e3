use super::*;

pub(super) fn target(ty: Type) -> Target {
    Target { ty, zone: None }
}

pub(super) fn read_as(given: &str, ty: Type) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match text(given, &target(ty), &mut out) {
        Ok(()) => Some(out),
        Err(Unreadable) => {
            assert!(out.is_empty(), "{given}");
            None
        }
    }
}

pub(super) fn read(given: &str) -> Vec<u8> {
    read_as(given, Type::Numeric).unwrap_or_else(|| panic!("{given}"))
}

pub(super) fn shown(cell: &[u8]) -> String {
    let mut out = String::new();
    show(Cell::of(cell), &mut out);
    out
}

fn rounded(given: &str, scale: i32) -> String {
    let mut out = Vec::new();
    round(Cell::of(&read(given)), scale, &mut out);
    shown(&out)
}

pub(super) fn near(old: &str, new: &str, absolute: Option<&str>, relative: Option<&str>) -> bool {
    let limit = |text: Option<&str>| text.map(|text| Decimal::parse(text).unwrap());
    let (absolute, relative) = (limit(absolute), limit(relative));
    within(
        Cell::of(&read(old)),
        Cell::of(&read(new)),
        absolute.as_ref(),
        relative.as_ref(),
    )
}

#[test]
fn spellings_of_one_value_are_one_cell() {
    for same in [
        &[
            "1.1",
            "1.10",
            "+1.1",
            "11e-1",
            "0.11E+1",
            " 01.1000 ",
            "0.000000000000000000011e20",
        ][..],
        &[
            "1000",
            "1e3",
            "1000.",
            "1000.0",
            "0.1e4",
            "100000000000000000000000e-20",
        ],
        &[
            "0",
            "-0",
            "0.0",
            ".0",
            "0e999999999999999999999",
            "-0e-5",
            "000000000000000000000000",
        ],
        &["7", "007", "7.0"],
        &["NaN", "nan", " NAN "],
        &["Infinity", "+inf", "INF", "infinity"],
        &["-Infinity", "-inf"],
        &[
            "9223372036854775808",
            "9223372036854775808.000",
            "9.223372036854775808e18",
        ],
        &["-9223372036854775808", "-92233720368547758080e-1"],
    ] {
        for other in same {
            assert_eq!(read(other), read(same[0]), "{other}");
        }
    }
    assert_eq!(Cell::of(&read("-9223372036854775808")).tag, tag::INTEGER);
    assert_eq!(Cell::of(&read("9223372036854775808")).tag, tag::DECIMAL);
}

#[test]
fn canonical_bytes_are_as_documented() {
    assert_eq!(read("1"), [tag::INTEGER, 0x80, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(
        read("-12345.678"),
        [
            tag::DECIMAL,
            0,
            0,
            0,
            11,
            1,
            0,
            0,
            0,
            1,
            0,
            1,
            0x09,
            0x29,
            0x1a,
            0x7c
        ]
    );
    assert_eq!(
        read("0.0001"),
        [tag::DECIMAL, 0, 0, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, 0, 1]
    );
    assert_eq!(read("NaN"), [tag::SPECIAL, 2]);
}

#[test]
fn what_postgresql_15_does_not_read_is_unreadable() {
    for bad in [
        "",
        " ",
        ".",
        "-",
        "+",
        "1e",
        "1e+",
        "e5",
        "--1",
        "1 2",
        "0x10",
        "1_000",
        "1,000",
        "$1",
        "１",
        "1.2.3",
        "infinit",
        "1e1000000000000",
        "-1e-1000000000000",
        "１２３",
        "nan1",
        "\u{a0}1",
    ] {
        assert_eq!(read_as(bad, Type::Numeric), None, "{bad}");
    }
    for ty in [Type::Int2, Type::Int4, Type::Int8, Type::Oid, Type::Money] {
        assert_eq!(read_as("NaN", ty.clone()), None);
        assert_eq!(read_as("Infinity", ty.clone()), None);
        assert_eq!(read_as("7.0", ty.clone()), Some(read("7")));
        assert_eq!(read_as("1e3", ty), Some(read("1000")));
    }
}

#[test]
fn money_as_servers_and_people_write_it() {
    for (given, value) in [
        ("$12.34", "12.34"),
        ("-$1,234.50", "-1234.5"),
        ("$-5", "-5"),
        ("($5.00)", "-5"),
        ("¥1,234", "1234"),
        ("¥1,234,567", "1234567"),
        ("1,234円", "1234"),
        ("1234.50", "1234.5"),
        (" $0.00 ", "0"),
    ] {
        assert_eq!(read_as(given, Type::Money), Some(read(value)), "{given}");
    }
    for bad in [
        "$", "()", "($5", "-($5)", "--$5", "$1,23", "1.234,50", "$1,2345", ",123", "$1,,234",
        "$$1", "1e5$e",
    ] {
        assert_eq!(read_as(bad, Type::Money), None, "{bad}");
    }
}

#[test]
fn huge_exponents_cost_their_digits_only() {
    let huge = read("1e1000000000");
    assert!(huge.len() < 16);
    assert_eq!(shown(&huge), "1e+1000000000");
    assert_eq!(shown(&read("-12.5e-1000000000")), "-1.25e-999999999");
    assert_eq!(
        compare(Cell::of(&huge), Cell::of(&read("1e999999999"))),
        Ordering::Greater
    );
    assert!(!near(
        "1e1000000000",
        "1e-1000000000",
        Some("5"),
        Some("0.5")
    ));
    assert!(near("1e1000000000", "1e-1000000000", None, Some("1")));
    assert!(near(
        "1e-1000000000",
        "-1e-1000000000",
        Some("1e-900000000"),
        None
    ));
    assert_eq!(rounded("1e1000000000", 5), "1e+1000000000");
    assert_eq!(rounded("1e-1000000000", 5), "0");
    assert_eq!(rounded("5e-1000000000", 999_999_999), "1e-999999999");
    assert_eq!(rounded("1.5", i32::MIN), "0");
    assert_eq!(rounded("1.5", i32::MAX), "1.5");
}

#[test]
fn integers_from_the_wire() {
    let cell = |bytes: &[u8], from: Type| {
        let mut out = Vec::new();
        wire(bytes, &from, &target(Type::Numeric), &mut out)
            .ok()
            .map(|()| out)
    };
    assert_eq!(cell(&(-2i16).to_be_bytes(), Type::Int2), Some(read("-2")));
    assert_eq!(
        cell(&70_000i32.to_be_bytes(), Type::Int4),
        Some(read("70000"))
    );
    assert_eq!(
        cell(&i64::MIN.to_be_bytes(), Type::Int8),
        Some(read("-9223372036854775808"))
    );
    assert_eq!(
        cell(&u32::MAX.to_be_bytes(), Type::Oid),
        Some(read("4294967295"))
    );
    assert_eq!(cell(&[0; 3], Type::Int4), None);
    assert_eq!(cell(&0.1f32.to_be_bytes(), Type::Float4), Some(read("0.1")));
    assert_eq!(
        cell(&1e300f64.to_be_bytes(), Type::Float8),
        Some(read("1e300"))
    );
    assert_eq!(
        cell(&f64::NAN.to_be_bytes(), Type::Float8),
        Some(read("NaN"))
    );
    assert_eq!(
        cell(&f32::NEG_INFINITY.to_be_bytes(), Type::Float4),
        Some(read("-inf"))
    );
}

pub(super) fn numeric_wire(weight: i16, sign: u16, digits: &[u16]) -> Vec<u8> {
    let mut bytes = (digits.len() as u16).to_be_bytes().to_vec();
    bytes.extend(weight.to_be_bytes());
    bytes.extend(sign.to_be_bytes());
    bytes.extend([0, 5]);
    digits
        .iter()
        .for_each(|digit| bytes.extend(digit.to_be_bytes()));
    bytes
}

#[test]
fn numeric_from_the_wire() {
    let cell = |bytes: &[u8]| {
        let mut out = Vec::new();
        let done = wire(bytes, &Type::Numeric, &target(Type::Numeric), &mut out);
        done.ok().map(|()| out)
    };
    for (weight, sign, digits, value) in [
        (0, 0, &[][..], "0"),
        (3, 0x4000, &[0, 0], "0"),
        (0, 0, &[1, 1000], "1.1"),
        (2, 0, &[0, 1, 1000, 0, 0], "11000"),
        (1, 0x4000, &[1, 2345, 6780], "-12345.678"),
        (-1, 0, &[1], "0.0001"),
        (4, 0, &[922, 3372, 368, 5477, 5807], "9223372036854775807"),
        (4, 0, &[922, 3372, 368, 5477, 5808], "9223372036854775808"),
        (20, 0, &[7], "7e80"),
        (0, 0xC000, &[], "NaN"),
        (0, 0xD000, &[], "Infinity"),
        (0, 0xF000, &[], "-Infinity"),
    ] {
        assert_eq!(
            cell(&numeric_wire(weight, sign, digits)),
            Some(read(value)),
            "{value}"
        );
    }
    for bad in [
        numeric_wire(0, 0, &[10_000]),
        numeric_wire(0, 0x1234, &[1]),
        numeric_wire(0, 0, &[1])[..9].to_vec(),
        vec![0; 7],
    ] {
        assert_eq!(cell(&bad), None);
    }
}

#[test]
fn rounding_is_half_away_from_zero() {
    for (given, scale, expected) in [
        ("0.5", 0, "1"),
        ("-0.5", 0, "-1"),
        ("2.5", 0, "3"),
        ("0.49999", 0, "0"),
        ("-0.04", 1, "0"),
        ("9.996", 2, "10"),
        ("1.005", 2, "1.01"),
        ("155", -1, "160"),
        ("49", -2, "0"),
        ("50", -2, "100"),
        ("9223372036854775807", -1, "9223372036854775810"),
        ("NaN", 2, "NaN"),
        ("-0.00005", 4, "-0.0001"),
    ] {
        assert_eq!(rounded(given, scale), expected, "{given}");
    }
}

#[test]
fn floats_round_by_their_shortest_decimal() {
    let mut cell = Vec::new();
    float::put8(1.005, &mut cell);
    let mut out = Vec::new();
    round(Cell::of(&cell), 2, &mut out);
    let mut expected = Vec::new();
    float::put8(1.01, &mut expected);
    assert_eq!(out, expected);
    // Rounding up out of the range leaves the cell as it is.
    for value in [f64::MAX, f64::NAN, f64::INFINITY] {
        let (mut cell, mut out) = (Vec::new(), Vec::new());
        float::put8(value, &mut cell);
        round(Cell::of(&cell), -308, &mut out);
        assert_eq!(out, cell);
    }
}

#[test]
fn tolerance_is_exact_at_its_edge() {
    assert!(near("1.1", "1.0", Some("0.1"), None));
    assert!(!near("1.1", "0.99999999999999999999", Some("0.1"), None));
    assert!(near("-100", "-99", None, Some("0.01")));
    assert!(!near(
        "-100",
        "-98.99999999999999999999",
        None,
        Some("0.01")
    ));
    assert!(
        near("0.1", "0.3", Some("0.01"), Some("0.7")),
        "either suffices"
    );
    assert!(!near("NaN", "NaN", Some("1"), Some("1")));
    assert!(!near("Infinity", "1", Some("1e99"), None));
    assert!(!near("1", "2", None, None));
    assert!(near("0", "0", Some("0"), Some("0")));
    assert!(!near("1", "-1", Some("1.9999"), None));
    assert!(Decimal::parse("-1").unwrap().is_negative());
    assert!(!Decimal::parse("-0").unwrap().is_negative());
    assert_eq!(Decimal::parse("NaN"), None);
}
