//! Laws: whatever the text and the chunks, the cells are those that were
//! written, and what serde_json refuses is refused.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;

/// A value as it is written and as it must be read.
#[derive(Clone, Debug)]
struct Spelt {
    text: String,
    shown: String,
}

fn number() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?"
}

/// A string: its characters, each written as itself or as an escape.
fn string() -> impl Strategy<Value = (String, String)> {
    let character = prop_oneof![
        any::<char>(),
        prop::char::range(' ', '~'),
        prop::sample::select(vec![
            '"', '\\', '\n', '{', '}', '[', ']', ',', '日', '𝄞', '\0'
        ])
    ];
    prop::collection::vec((character, any::<bool>()), 0..12).prop_map(|written| {
        let (mut raw, mut text) = (String::new(), String::new());
        for (character, escape) in written {
            text.push(character);
            match character {
                '"' | '\\' => raw.extend(['\\', character]),
                '\n' if escape => raw.push_str("\\n"),
                c if escape || c < ' ' => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        raw.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                c => raw.push(c),
            }
        }
        (format!("\"{raw}\""), text)
    })
}

fn space() -> impl Strategy<Value = String> {
    "[ \t]{0,2}"
}

fn value() -> impl Strategy<Value = Spelt> {
    let same = |text: String| Spelt {
        shown: text.clone(),
        text,
    };
    let token = prop_oneof![
        number(),
        Just("true".to_owned()),
        Just("false".to_owned()),
        Just("null".to_owned()),
        string().prop_map(|(raw, _)| raw),
    ];
    let nested = token.clone().prop_recursive(4, 12, 4, |inner| {
        let pairs = prop::collection::vec((string(), inner.clone(), space()), 0..4);
        let object = pairs.prop_map(|pairs| {
            let pairs = pairs.iter();
            let pairs = pairs.map(|((name, _), value, space)| format!("{name}{space}:{value}"));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        });
        let array = prop::collection::vec(inner, 0..4);
        prop_oneof![
            object,
            array.prop_map(|all| format!("[ {} ]", all.join(" ,")))
        ]
    });
    let brackets = nested.prop_filter("tokens alone", |text| !text.starts_with('"'));
    prop_oneof![
        string().prop_map(|(text, read)| Spelt {
            text,
            shown: format!("{read:?}"),
        }),
        brackets.prop_map(same),
    ]
}

/// Records as (name, value) pairs; names differ within a record.
fn records() -> impl Strategy<Value = Vec<Vec<(String, Spelt, String)>>> {
    let name = prop_oneof![
        "[a-d]".prop_map(String::from),
        "[a-c日]{2}".prop_map(String::from)
    ];
    let record = prop::collection::btree_map(name, (value(), space()), 0..5);
    let record = record.prop_map(|pairs| {
        let pairs = pairs.into_iter();
        pairs
            .map(|(name, (value, space))| (name, value, space))
            .collect::<Vec<_>>()
    });
    prop::collection::vec(record.prop_shuffle(), 0..8)
}

fn texts(records: &[Vec<(String, Spelt, String)>]) -> Vec<String> {
    let texts = records.iter().map(|record| {
        let pairs = record.iter();
        let pairs = pairs
            .map(|(name, value, space)| format!("{space}\"{name}\":{space}{}{space}", value.text));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    });
    texts.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn cells_are_what_was_written(records in records(), chunk in 1usize..200, lines: bool) {
        let texts = texts(&records);
        let (name, text) = match lines {
            true => ("a.jsonl", texts.join("\n")),
            false => ("a.json", format!("[{}]", texts.join(",\n"))),
        };
        let file = super::Written::new(name, &text);
        let (names, rows) = read(&mut file.open(chunk)).unwrap();
        let mut expected: Vec<&str> = Vec::new();
        for (name, ..) in records.iter().flatten() {
            if !expected.contains(&name.as_str()) {
                expected.push(name);
            }
        }
        prop_assert_eq!(&names, &expected);
        if names.is_empty() {
            return Ok(());
        }
        prop_assert_eq!(rows.len(), records.len());
        for ((row, record), raw) in rows.iter().zip(&records).zip(&texts) {
            prop_assert_eq!(&row.raw, raw.as_bytes());
            for (name, cell) in names.iter().zip(&row.cells) {
                let value = record.iter().find(|(other, ..)| other == name);
                let shown = value.map_or("absent", |(_, value, _)| &value.shown);
                prop_assert_eq!(cell, shown);
            }
        }
    }

    #[test]
    fn what_serde_json_refuses_is_refused(
        records in records(),
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(b"{}[]\",:\\ 0-1eu.tn\n".to_vec()),
        edit in 0..3,
        chunk in 1usize..50,
    ) {
        let mut bytes = format!("[{}]", texts(&records).join(",")).into_bytes();
        let at = at.index(bytes.len());
        match edit {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => drop(bytes.remove(at)),
        }
        let model = serde_json::from_slice::<Vec<BTreeMap<String, IgnoredAny>>>(&bytes);
        let ours = read(&mut super::Written::new("a.json", &bytes).open(chunk));
        match (model, ours) {
            (Ok(model), Ok((names, rows))) => {
                prop_assert!(names.is_empty() || model.len() == rows.len());
            }
            (Err(_), Err(_)) => {}
            // serde_json passes over strings it ignores, and takes a name twice.
            (Ok(_), Err(failure)) => prop_assert!(
                failure.why.contains("surrogate") || failure.why.contains("twice")
                    || failure.why.contains("not UTF-8"),
                "{}", failure
            ),
            (Err(error), Ok(_)) => prop_assert!(false, "{error}: {:?}", String::from_utf8_lossy(&bytes)),
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), chunk in 1usize..20) {
        for name in ["a.json", "a.jsonl"] {
            let _ = read(&mut super::Written::new(name, &bytes).open(chunk));
            let mut braced = b"[{\"a\":".to_vec();
            braced.extend(&bytes);
            let _ = read(&mut super::Written::new(name, &braced).open(chunk));
        }
    }
}
