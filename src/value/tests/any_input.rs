//! Any text and any bytes under any type: a cell, or unreadable, but never a
//! panic; and what is a cell reads back from its own text.

use super::*;

/// Every type there is a parser for, alone and in arrays.
const TYPES: &[&str] = &[
    "bool",
    "int2",
    "int4",
    "int8",
    "oid",
    "numeric",
    "float4",
    "float8",
    "money",
    "text",
    "bpchar",
    "enum",
    "bytea",
    "uuid",
    "date",
    "time",
    "timetz",
    "timestamp",
    "timestamptz",
    "interval",
    "json",
    "jsonb",
    "inet",
    "cidr",
    "macaddr",
    "macaddr8",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "bit",
    "varbit",
    "xml",
    "int4range",
    "int8range",
    "numrange",
    "daterange",
    "tsrange",
    "tstzrange",
    "int4multirange",
    "nummultirange",
    "datemultirange",
    "range of text",
    "multirange of text",
    "int4[]",
    "text[]",
    "numeric[]",
    "jsonb[]",
    "box[]",
    "timestamptz[]",
    "int4range[]",
    "bytea[]",
    "float4[]",
];

/// Texts and bytes like those of real values, and unlike them.
fn like_a_value() -> impl Strategy<Value = String> {
    let given: Vec<_> = server_rows().flat_map(|row| [row[1], row[2]]).collect();
    let pieces = prop::collection::vec(prop::sample::select(given.clone()), 1..4);
    prop_oneof![
        any::<String>(),
        "[-+0-9.eE,:/ {}\\[\\]()<>\"\\\\xXnNaAiIfFtTbc@d]{0,24}",
        pieces.prop_map(|pieces| pieces.concat()),
        (
            prop::sample::select(given),
            any::<prop::sample::Index>(),
            any::<char>()
        )
            .prop_map(|(given, at, with)| {
                let mut characters: Vec<_> = given.chars().collect();
                if !characters.is_empty() {
                    let at = at.index(characters.len());
                    characters[at] = with;
                }
                characters.into_iter().collect()
            }),
    ]
}

fn like_the_wire() -> impl Strategy<Value = Vec<u8>> {
    let sent: Vec<_> = server_rows()
        .filter(|row| row[2] != "ERROR")
        .map(|row| bytes_of(row[3]))
        .collect();
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        (
            prop::sample::select(sent),
            any::<prop::sample::Index>(),
            any::<u8>(),
            any::<bool>()
        )
            .prop_map(|(mut sent, at, with, cut)| {
                if !sent.is_empty() {
                    let at = at.index(sent.len());
                    sent[at] = with;
                    sent.truncate(if cut { at } else { sent.len() });
                }
                sent
            }),
    ]
}

/// Whatever reads as a cell can be walked, shown and compared, and its
/// canonical text reads back as the same cell.
fn check_cell(cell: &[u8], ty: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(Cell::split(cell).1, b"");
    prop_assert_eq!(order::compare(cell, cell), std::cmp::Ordering::Equal);
    let mut changed = Vec::new();
    array::sort(Cell::of(cell), &mut changed);
    json::sort(Cell::of(cell), &mut changed);
    let shown = shown(cell);
    prop_assert_eq!(text(&shown, ty), Ok(cell.to_vec()), "{} as {}", shown, ty);
    Ok(())
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(given in like_a_value()) {
        for ty in TYPES {
            if let Ok(cell) = text(&given, ty) {
                check_cell(&cell, ty)?;
            }
            let _ = cell(Raw::JsonString(&given), ty);
            // Sources check tokens; no parser may rely on it for its life.
            let _ = token(&given, ty);
        }
    }

    #[test]
    fn no_bytes_make_a_parser_panic(given in like_the_wire()) {
        for ty in TYPES {
            if let Ok(cell) = wire(&given, ty, ty) {
                prop_assert_eq!(Cell::split(&cell).1, b"");
                shown(&cell);
                order::compare(&cell, &cell);
            }
            for to in TYPES.iter().filter(|to| target(ty).ty.wire_leads_to(&target(to).ty)) {
                let _ = wire(&given, ty, to);
            }
            let _ = cell(Raw::Blob(&given), ty);
        }
    }

    #[test]
    fn numbers_of_sqlite_are_their_values(integer in any::<i64>(), real in any::<f64>()) {
        for ty in TYPES {
            let _ = cell(Raw::Integer(integer), ty);
            let _ = cell(Raw::Real(real), ty);
        }
        prop_assert_eq!(cell(Raw::Integer(integer), "numeric"), text(&integer.to_string(), "numeric"));
        prop_assert_eq!(cell(Raw::Integer(integer), "jsonb"), text(&integer.to_string(), "jsonb"));
        let shortest = format!("{real:?}");
        for ty in ["numeric", "float8"] {
            prop_assert_eq!(cell(Raw::Real(real), ty), text(&shortest, ty));
        }
        let printed = cell(Raw::Real(real), "text").unwrap();
        prop_assert_eq!(text(&shown(&printed), "float8"), text(&shortest, "float8"));
    }
}
