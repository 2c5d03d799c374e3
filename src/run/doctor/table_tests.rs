use super::super::testing::{dataset, file, postgres, rest, schema};
use super::*;
use crate::error::Failure;
use crate::source::Schema;

fn view(old: Schema, new: Schema) -> SchemaView {
    plan::columns(&dataset(), [&old, &new])
}

fn states(lines: &[Line]) -> Vec<State> {
    lines.iter().map(|line| line.state).collect()
}

#[test]
fn columns_that_agree_are_green_and_unlike_types_are_named() {
    let same = view(
        schema(&[("id", "bigint"), ("price", "numeric")]),
        schema(&[("id", "integer"), ("price", "numeric")]),
    );
    let lines = columns(&same);
    assert_eq!(states(&lines), [State::Ok], "{lines:?}");
    assert!(lines[0].found.contains("2 columns compared"));
    assert!(
        lines[0].found.contains("id (bigint / integer)"),
        "{lines:?}"
    );
    assert!(!lines[0].found.contains("price"));
}

#[test]
fn types_that_cannot_agree_turn_it_red_and_are_named() {
    let clash = view(
        schema(&[("id", "bigint"), ("price", "numeric")]),
        schema(&[("id", "bigint"), ("price", "text")]),
    );
    let lines = columns(&clash);
    assert_eq!(states(&lines), [State::Fail], "{lines:?}");
    assert!(lines[0].found.contains("price (numeric / text)"));
}

#[test]
fn drift_turns_it_yellow_and_an_unknown_name_red() {
    let drift = view(
        schema(&[("id", "bigint"), ("a", "text")]),
        schema(&[("id", "bigint"), ("b", "text")]),
    );
    let lines = columns(&drift);
    assert_eq!(states(&lines), [State::Warn], "{lines:?}");
    assert_eq!(lines[0].found, "only in old: a; only in new: b");
    let mut spec = dataset();
    spec.ignore = vec!["pirce".to_owned()];
    let both = schema(&[("id", "bigint"), ("price", "text")]);
    let lines = columns(&plan::columns(&spec, [&both, &both]));
    assert_eq!(states(&lines), [State::Fail], "{lines:?}");
    assert!(lines[0].found.contains("pirce"));
}

#[test]
fn a_sources_warning_turns_it_yellow() {
    let mut warned = schema(&[("id", "bigint")]);
    warned.warnings.push("compared by its text".to_owned());
    let lines = columns(&view(warned, schema(&[("id", "bigint")])));
    assert_eq!(states(&lines), [State::Warn], "{lines:?}");
    assert!(lines[0].found.contains("compared by its text"));
}

#[test]
fn no_key_is_red_once() {
    let mut spec = dataset();
    spec.key = None;
    let both = schema(&[("id", "bigint")]);
    let view = plan::columns(&spec, [&both, &both]);
    let lines = key(&view, [&postgres(), &postgres()]);
    assert_eq!(states(&lines), [State::Fail]);
    assert!(lines[0].next.contains("--key"), "{lines:?}");
    assert_eq!(states(&columns(&view)), [State::Ok]);
}

#[test]
fn a_key_that_nothing_keeps_unique_is_yellow() {
    let index = |columns: &[&str], unique, partial| Index {
        columns: columns.iter().map(|&name| name.to_owned()).collect(),
        unique,
        partial,
    };
    let of = |indexes: Option<Vec<Index>>| {
        let mut probed = postgres();
        probed.facts.indexes = indexes;
        key_of(&["a".to_owned(), "b".to_owned()], &probed).expect("a line")
    };
    for unique in [index(&["b", "a"], true, false), index(&["a"], true, false)] {
        assert_eq!(of(Some(vec![unique])).state, State::Ok);
    }
    for (other, words) in [
        (index(&["a", "b", "c"], true, false), "has an index, but"),
        (index(&["a", "b"], false, false), "has an index, but"),
        (index(&["a", "b"], true, true), "no index"),
        (index(&["c"], true, false), "no index"),
        (index(&[], true, false), "no index"),
    ] {
        let line = of(Some(vec![other.clone()]));
        assert_eq!(line.state, State::Warn, "{other:?}");
        assert!(line.found.contains(words), "{other:?}: {line:?}");
    }
    assert_eq!(of(None).state, State::Warn);
    assert_eq!(
        key_of(&["a".to_owned()], &rest()).unwrap().state,
        State::Warn
    );
    assert!(key_of(&["a".to_owned()], &file()).is_none());
}

#[test]
fn counts_that_are_apart_turn_it_yellow_and_an_empty_side_red() {
    let rows = |count, exact| Some(Rows { count, exact });
    let of = |old, new| row_counts([old, new]).expect("a line");
    assert_eq!(of(rows(1000, false), rows(1010, true)).state, State::Ok);
    let apart = of(rows(1000, true), rows(1011, true));
    assert_eq!(apart.state, State::Warn);
    assert_eq!(apart.trouble, Some(Trouble::InconsistentData));
    assert!(apart.next.contains("shadowgate explain"));
    let estimated = of(rows(1000, false), rows(2000, true));
    assert!(
        estimated.found.contains("old: about 1,000"),
        "{estimated:?}"
    );
    assert!(estimated.next.contains("ANALYZE"));
    assert_eq!(of(rows(1000, false), rows(0, true)).state, State::Fail);
    assert_eq!(of(None, rows(5, true)).state, State::Ok);
    assert_eq!(of(rows(u64::MAX, true), rows(0, false)).state, State::Warn);
    assert!(row_counts([None, None]).is_none());
}

#[test]
fn one_store_on_both_sides_is_red_unless_it_is_meant() {
    let stored = |mut probed: Probed, store: &str| {
        probed.identity.store = Some(store.to_owned());
        probed
    };
    let mut spec = dataset();
    let (old, new) = (stored(postgres(), "a"), stored(postgres(), "a"));
    let line = same_store(&spec, [&old, &new]).expect("a line");
    assert_eq!(line.state, State::Fail);
    spec.allow_same_source = true;
    let line = same_store(&spec, [&old, &new]).expect("a line");
    assert_eq!(line.state, State::Warn);
    let api = stored(rest(), "b");
    let line = same_store(&spec, [&old, &api]).expect("a line");
    assert_eq!(line.state, State::Ok);
    assert!(line.found.contains("not known"), "{line:?}");
    assert!(same_store(&spec, [&old, &postgres()]).is_none());
}

#[test]
fn a_side_that_did_not_open_is_told_once() {
    let closed = |code| Probed {
        schema: Err(Failure::new(code, "no table t", "did you mean u?")),
        ..postgres()
    };
    let table = closed(Code::NotFound);
    let lines = super::lines(&dataset(), [&postgres(), &table]);
    assert_eq!(states(&lines), [State::Fail], "{lines:?}");
    assert_eq!(lines[0].side, Some(Side::New));
    let unreached = closed(Code::Unreachable);
    let lines = super::lines(&dataset(), [&postgres(), &unreached]);
    assert_eq!(states(&lines), [State::Warn], "{lines:?}");
}
