//! Laws of JSON by value: every notation of a value is one cell, and different
//! values are different cells.

use proptest::prelude::*;

use super::*;

/// A JSON value, as a tree to write out in any way.
#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Plain(String),
    Number(i64, u32),
    Text(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        "null|true|false".prop_map(Tree::Plain),
        (any::<i64>(), 0u32..5).prop_map(|(digits, scale)| Tree::Number(digits, scale)),
        any::<String>().prop_map(Tree::Text),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::Array),
            prop::collection::btree_map("[a-c\u{e9}\"]{0,3}", inner, 0..5)
                .prop_map(|members| Tree::Object(members.into_iter().collect())),
        ]
    })
}

/// Writes the tree, in another notation for every `variant`.
fn write(tree: &Tree, variant: usize, out: &mut String) {
    let space = [" ", "", "\n\t", "  "][variant % 4];
    match tree {
        Tree::Plain(word) => out.push_str(word),
        Tree::Number(digits, scale) if variant.is_multiple_of(2) => {
            out.push_str(&format!("{digits}e-{scale}"));
        }
        Tree::Number(digits, scale) => out.push_str(&format!("{digits}0E-{}", scale + 1)),
        Tree::Text(text) => quote(text, variant, out),
        Tree::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(space);
                write(element, variant, out);
            }
            out.push_str(space);
            out.push(']');
        }
        Tree::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            let turn = variant % members.len().max(1);
            members.rotate_left(turn);
            out.push('{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                quote(key, variant, out);
                out.push_str(space);
                out.push(':');
                write(value, variant, out);
            }
            out.push('}');
        }
    }
}

fn quote(text: &str, variant: usize, out: &mut String) {
    if variant.is_multiple_of(2) {
        return out.push_str(&serde_json::to_string(text).unwrap());
    }
    out.push('"');
    for unit in text.encode_utf16() {
        out.push_str(&format!("\\u{unit:04X}"));
    }
    out.push('"');
}

/// The tree with numbers reduced, so that equal values are equal trees.
fn reduced(tree: &Tree) -> Tree {
    match tree {
        Tree::Number(digits, scale) => {
            let (mut digits, mut scale) = (*digits, *scale);
            while digits % 10 == 0 && scale > 0 {
                (digits, scale) = (digits / 10, scale - 1);
            }
            Tree::Number(digits, if digits == 0 { 0 } else { scale })
        }
        Tree::Array(elements) => Tree::Array(elements.iter().map(reduced).collect()),
        Tree::Object(members) => Tree::Object(
            members
                .iter()
                .map(|(key, value)| (key.clone(), reduced(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn every_notation_of_a_value_gives_the_same_bytes(tree in tree(), variant in 0usize..8) {
        let (mut plain, mut other) = (String::new(), String::new());
        write(&tree, 0, &mut plain);
        write(&tree, variant, &mut other);
        let cell = text(&plain, "jsonb").unwrap();
        prop_assert_eq!(&cell, &text(&other, "jsonb").unwrap());
        prop_assert_eq!(&cell, &text(&shown(&cell), "jsonb").unwrap());
        // What we show is JSON to others too.
        prop_assert!(serde_json::from_str::<serde_json::Value>(&shown(&cell)).is_ok());
    }

    #[test]
    fn different_values_have_different_bytes(old in tree(), new in tree()) {
        let cells = [&old, &new].map(|tree| {
            let mut json = String::new();
            write(tree, 0, &mut json);
            text(&json, "jsonb").unwrap()
        });
        prop_assert_eq!(cells[0] == cells[1], reduced(&old) == reduced(&new));
    }

    #[test]
    fn reads_what_serde_reads_and_nothing_else(given in r#"[\[\]{},:"0-9a-f\\u.eE+\- tnrl]{0,12}"#) {
        let ours = text(&given, "jsonb").is_ok();
        let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&given).is_ok();
        // Theirs does not look at surrogates it ignores.
        prop_assert!(ours == theirs || (theirs && given.contains("\\ud")), "{}", given);
    }
}
