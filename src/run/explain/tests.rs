//! What `explain` says of a key against what a verification computes of it.

use std::collections::HashMap;
use std::path::Path;

use super::super::open;
use super::super::pass::{Form, Pass};
use super::super::progress::Silent;
use super::super::store::{Budget, PARTITIONS};
use super::*;
use crate::compare::join::Print;
use crate::plan::{self, SourceOptions};
use crate::secret::Secret;
use crate::source::Context;
use crate::stop::Stop;

fn spec(options: &SourceOptions) -> DatasetSpec {
    let asked = plan::asked(options, &|_| None, Path::new(""));
    asked.expect("a plan").datasets.pop().expect("a dataset")
}

/// A verification's own pass: of each side, the prints of every row by its key.
fn verified(spec: &DatasetSpec) -> [HashMap<String, [u8; 32]>; 2] {
    let mut opened =
        open::open(spec, &Context::default()).unwrap_or_else(|not| panic!("{:?}", not.failures));
    let canons = Side::BOTH.map(|side| Canon::new(&opened.plan, side));
    let budget = Budget::new(1 << 30);
    let pass = Pass::new([&canons[0], &canons[1]], Form::Rows, &budget);
    let looked = look::both(
        &opened.plan,
        &mut opened.sources,
        &[None, None],
        &pass,
        &Silent,
        &Stop::default(),
    )
    .expect("a pass");
    assert_eq!(looked.failures, []);
    Side::BOTH.map(|side| {
        let mut prints = HashMap::new();
        for part in 0..PARTITIONS {
            let part = pass.take(side, part, Vec::new()).expect("a partition");
            for print in &part.prints {
                let row = part.row(print).expect("a row");
                let key = cells(&row).next().expect("a key");
                let key = String::from_utf8_lossy(key.payload).into_owned();
                prints.insert(key, half(print));
            }
        }
        prints
    })
}

/// A print's key and row.
fn half(print: &Print) -> [u8; 32] {
    *print.to_bytes().first_chunk().expect("48 bytes")
}

#[test]
fn the_prints_are_those_of_a_verification() {
    let spec = spec(&SourceOptions {
        config: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/listings.toml")),
        ..SourceOptions::default()
    });
    let verified = verified(&spec);
    let mut keys: Vec<&String> = verified[0].keys().chain(verified[1].keys()).collect();
    keys.sort();
    keys.dedup();
    assert!(keys.len() > 390, "{}", keys.len());
    let mut outcomes = HashMap::new();
    for key in keys.iter().step_by(5) {
        let explained = explain(&spec, key, &Context::default(), &Silent).expect(key);
        *outcomes.entry(explained.outcome.name()).or_insert(0) += 1;
        if explained.outcome == Outcome::Duplicated {
            continue; // The map above holds one of its rows.
        }
        for side in Side::BOTH {
            let row = explained.rows[side.index()].first();
            let print = row.map(|row| half(&Print::new(row.key_print, row.row_print, 0, 0)));
            assert_eq!(
                print.as_ref(),
                verified[side.index()].get(*key),
                "{key} {side}"
            );
            if let Some(row) = row {
                let ways: Vec<u8> = row.cells.iter().flat_map(|c| c.canonical.clone()).collect();
                assert_eq!(
                    ways, row.canonical,
                    "{key}: the cells' ways make up the row"
                );
            }
        }
    }
    assert!(
        outcomes["matched"] > 10 && outcomes["differing"] > 1,
        "{outcomes:?}"
    );
}

/// Two files of a temporary folder.
fn files(old: &str, new: &str) -> (tempfile::TempDir, DatasetSpec) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        Some(Secret::new(path.display().to_string()))
    };
    let spec = spec(&SourceOptions {
        locations: [file("old.jsonl", old), file("new.jsonl", new)],
        key: Some(vec!["k".to_owned()]),
        ..SourceOptions::default()
    });
    (folder, spec)
}

#[test]
fn a_json_key_is_found_as_a_number_and_as_text() {
    let (_folder, spec) = files("{\"k\":12}\n{\"k\":\"a\"}\n", "{\"k\":\"12\"}\n");
    let of = |key| explain(&spec, key, &Context::default(), &Silent).expect(key);
    assert_eq!((of("12").outcome, of("12").others), (Outcome::Missing, 1));
    assert_eq!(
        (of("\"12\"").outcome, of("\"12\"").others),
        (Outcome::Extra, 0)
    );
    assert_eq!(of("a").outcome, Outcome::Missing);
}

#[test]
fn a_key_on_neither_side_and_one_that_is_null_are_told_apart() {
    let (_folder, spec) = files("{\"k\":1}\n", "{\"k\":1}\n");
    let failure = |key| {
        explain(&spec, key, &Context::default(), &Silent)
            .expect_err(key)
            .remove(0)
    };
    assert_eq!(failure("2").code, Code::NothingCompared);
    assert!(failure("2").why.contains("no such key"));
    // JSON null parses, and names no row; the text "null" is the key it leaves.
    assert_eq!(failure("null").code, Code::NothingCompared);
}

#[test]
fn which_rows_of_a_duplicate_are_shown_does_not_depend_on_their_order() {
    let rows: Vec<String> = (0..50)
        .map(|n| format!("{{\"k\":1,\"v\":{n}}}\n"))
        .collect();
    let (_one, forward) = files(&rows.concat(), "{\"k\":1,\"v\":0}\n");
    let backward: String = rows.into_iter().rev().collect();
    let (_other, backward) = files(&backward, "{\"k\":1,\"v\":0}\n");
    let shown = |spec| {
        let explained = explain(spec, "1", &Context::default(), &Silent).expect("it is there");
        assert_eq!(explained.found, [50, 1]);
        assert_eq!(explained.outcome, Outcome::Duplicated);
        assert!(explained.agreements.is_none());
        let rows = explained.rows[0].iter();
        rows.map(|row| row.canonical.clone()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&forward).len(), KEPT);
    assert_eq!(shown(&forward), shown(&backward));
}
