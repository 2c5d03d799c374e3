//! Laws of the canonical form as a whole, over all types at once: what a real
//! server reads, prints and sends is one cell; two cells are equal exactly if
//! their bytes are. That no input makes a parser panic is in [`any_input`].

use proptest::prelude::*;

use super::testing::{canonical, cell, shown, target, text, token, wire};
use super::*;

mod any_input;

/// The rows of a file of tab-separated test data.
fn rows(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect())
}

fn server_rows() -> impl Iterator<Item = Vec<&'static str>> {
    rows(include_str!("postgres.tsv"))
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .bytes()
        .map(|digit| (digit as char).to_digit(16).unwrap() as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// What PostgreSQL refuses and we read all the same: there is only one thing it can mean.
const READ_BY_US_ONLY: &[(&str, &str)] = &[
    ("int4", "2147483648"),
    ("int4[]", "{{},{}}"),
    ("int4[]", "{{}}"),
    ("macaddr", "0800:2b01:0203"),
    ("macaddr", "08.00.2b.01.02.03"),
    ("macaddr8", "8:0:2b:1:2:3:4:5"),
    ("circle", "(1,2,3)"),
];

/// What PostgreSQL reads and never prints, and we refuse.
const READ_BY_SERVER_ONLY: &[(&str, &str)] = &[
    ("cidr", "0x0a0b"),
    ("line", "[(0,0),(1,2)]"),
    ("json", "\"\\ud800\""),
];

#[test]
fn what_a_server_reads_prints_and_sends_is_one_cell() {
    let mut wrong = Vec::new();
    for row in server_rows() {
        let (ty, given) = (row[0], row[1]);
        let read = text(given, ty);
        if row[2] == "ERROR" {
            if read.is_ok() != READ_BY_US_ONLY.contains(&(ty, given)) {
                wrong.push(format!("{ty} {given}: PostgreSQL refuses it, we {read:?}"));
            }
            continue;
        }
        let sent = wire(&bytes_of(row[3]), ty, ty);
        if READ_BY_SERVER_ONLY.contains(&(ty, given)) {
            assert_eq!(read, Err(Unreadable), "{ty} {given}");
            continue;
        }
        if read.is_err() || read != text(row[2], ty) || read != sent {
            wrong.push(format!(
                "{row:?}:\n  {read:?}\n  {:?}\n  {sent:?}",
                text(row[2], ty)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every cell of the server's rows, by the type it was read as.
fn server_cells() -> Vec<(&'static str, Vec<u8>)> {
    server_rows()
        .filter_map(|row| Some((row[0], text(row[1], row[0]).ok()?)))
        .collect()
}

#[test]
fn canonical_text_reads_back_as_the_same_cell() {
    for (ty, cell) in server_cells() {
        assert_eq!(
            text(&shown(&cell), ty).as_ref(),
            Ok(&cell),
            "{ty} {}",
            shown(&cell)
        );
    }
}

#[test]
fn bytes_are_equal_exactly_if_values_are() {
    let cells = server_cells();
    for (ty, old) in &cells {
        for (_, new) in cells.iter().filter(|(other, _)| other == ty) {
            assert_eq!(
                old == new,
                shown(old) == shown(new),
                "{ty} {} {}",
                shown(old),
                shown(new)
            );
        }
    }
}

#[test]
fn order_is_total_and_equal_only_for_equal_bytes() {
    let mut cells: Vec<_> = server_cells().into_iter().map(|(_, cell)| cell).collect();
    cells.push(vec![tag::NULL]);
    cells.push(vec![tag::ABSENT]);
    cells.sort_by(|old, new| order::compare(old, new));
    for (index, old) in cells.iter().enumerate() {
        for new in &cells[index..] {
            let expected = if old == new {
                std::cmp::Ordering::Equal
            } else {
                std::cmp::Ordering::Less
            };
            assert_eq!(
                order::compare(old, new),
                expected,
                "{} {}",
                shown(old),
                shown(new)
            );
            assert_eq!(order::compare(new, old), expected.reverse());
        }
    }
    assert_eq!(cells[..2], [vec![tag::ABSENT], vec![tag::NULL]]);
}

/// `vectors.tsv` is published: other implementations are held to it, and a
/// change of any line is a new [`FORMAT`].
#[test]
fn published_vectors_hold() {
    let published = include_str!("vectors.tsv");
    let mut expected = String::new();
    for line in published.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        match fields[..] {
            [ty, given, _] => {
                let cell = match given {
                    "(null)" => cell(Raw::Null, ty).unwrap(),
                    "(absent)" => cell(Raw::Absent, ty).unwrap(),
                    given => text(given, ty).unwrap_or_else(|_| panic!("{ty} {given}")),
                };
                let hex: String = cell.iter().map(|byte| format!("{byte:02x}")).collect();
                expected.push_str(&format!("{ty}\t{given}\t{hex}\n"));
            }
            _ => expected.push_str(&format!("{line}\n")),
        }
    }
    assert!(
        expected == published,
        "the canonical form has changed; it is now\n{expected}"
    );
    assert!(published.contains(FORMAT));
    // Every kind of cell has its vector (but for cells that do not parse).
    let tags: std::collections::BTreeSet<_> =
        rows(published).map(|row| row[2][..2].to_owned()).collect();
    assert_eq!(tags.len(), 25, "{tags:?}");
}

#[test]
fn null_empty_and_absent_are_three_things() {
    let cells = [
        cell(Raw::Null, "text"),
        cell(Raw::Text(""), "text"),
        cell(Raw::Absent, "text"),
    ];
    assert!(cells[0] != cells[1] && cells[1] != cells[2] && cells[0] != cells[2]);
}

proptest! {
    #[test]
    fn rows_are_framed(old in row(), new in row()) {
        let canonical = |row: &[Option<String>]| {
            let mut out = Vec::new();
            for value in row {
                let raw = value.as_deref().map_or(Raw::Null, Raw::Text);
                encode(raw, None, &target("text"), &mut out).unwrap();
            }
            out
        };
        prop_assert_eq!(canonical(&old) == canonical(&new), old == new);
        prop_assert_eq!(cells(&canonical(&old)).count(), old.len());
        let order = order::compare(&canonical(&old), &canonical(&new));
        prop_assert_eq!(order, old.cmp(&new));
    }

    #[test]
    fn order_of_numbers_is_that_of_their_values(old in any::<i64>(), new in any::<i64>(), scale in 0u32..3) {
        let cell = |value: i64| text(&format!("{value}e-{scale}"), "numeric").unwrap();
        prop_assert_eq!(order::compare(&cell(old), &cell(new)), old.cmp(&new));
        let (old, new) = (f64::from_bits(old as u64), f64::from_bits(new as u64));
        let cell = |value: f64| text(&format!("{value:?}"), "float8").unwrap();
        if let Some(expected) = old.partial_cmp(&new) {
            prop_assert_eq!(order::compare(&cell(old), &cell(new)), expected);
        }
    }
}

/// Few letters, so that rows often run together in another way.
fn row() -> impl Strategy<Value = Vec<Option<String>>> {
    prop::collection::vec(prop::option::of("[a\0]{0,2}"), 0..4)
}

#[test]
fn dates_and_intervals_order_by_time() {
    for (ty, ascending) in [
        (
            "date",
            &[
                "-infinity",
                "0044-03-15 BC",
                "1999-12-31",
                "2000-01-02",
                "infinity",
            ][..],
        ),
        (
            "timestamp",
            &["1999-12-31 23:59:59", "2000-01-01", "infinity"],
        ),
        (
            "interval",
            &[
                "-1 day",
                "-00:00:01",
                "00:00:00",
                "1 day",
                "1 mon",
                "31 days",
            ],
        ),
        (
            "float8",
            &["-Infinity", "-2", "-1", "0", "1", "Infinity", "NaN"],
        ),
        (
            "numeric",
            &[
                "-Infinity",
                "-1e30",
                "-2",
                "-1.5",
                "0",
                "0.5",
                "2",
                "1e30",
                "Infinity",
                "NaN",
            ],
        ),
        ("text", &["", "B", "a", "ab"]),
    ] {
        for pair in ascending.windows(2) {
            let (old, new) = (text(pair[0], ty).unwrap(), text(pair[1], ty).unwrap());
            assert_eq!(
                order::compare(&old, &new),
                std::cmp::Ordering::Less,
                "{pair:?}"
            );
        }
    }
    assert_eq!(
        canonical("1 mon", "interval"),
        canonical("0 years 1 mon", "interval")
    );
}
