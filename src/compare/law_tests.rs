//! Laws of the comparison: outcomes partition the keys, parts add up in any
//! order, and the whole agrees with a plain model over maps.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;

use super::cells::View;
use super::found::{Alone, Rules};
use super::join::{self, Print, Scope};
use super::parts::{Parts, Whole};
use super::sample::Smallest;
use super::watch::Watch;
use super::{SideTally, Tally};
use crate::error::Side;
use crate::fingerprint::Fingerprint;
use crate::value::{put_framed, tag};

/// A row of a one-column key and one other cell; `None` does not parse.
pub(super) type Row = (u8, Option<u8>);

pub(super) const RULES: Rules<'static> = Rules {
    key: 1,
    tolerances: &[None, None],
    scope: Scope::All,
    keep: 3,
    watch: Watch {
        limit: 0,
        before: None,
        young: None,
    },
};

pub(super) fn canonical((key, cell): Row) -> (Vec<u8>, usize) {
    let mut row = Vec::new();
    put_framed(&mut row, tag::TEXT, &[b'0' + key]);
    let key_len = row.len();
    match cell {
        Some(cell) => put_framed(&mut row, tag::TEXT, &[b'a' + cell]),
        None => put_framed(&mut row, tag::UNREADABLE, b"?"),
    }
    (row, key_len)
}

/// The rows' canonical bytes, and prints whose `at` is an index into them.
pub(super) fn prints(rows: &[Row]) -> (Vec<Vec<u8>>, Vec<Print>) {
    let make = Fingerprint::new("laws");
    let mut kept = Vec::new();
    let mut prints = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let (bytes, key_len) = canonical(*row);
        let print = Print::new(make.key(&bytes[..key_len]), make.row(&bytes), 0, at as u64);
        prints.push(print.with_unreadable(row.1.is_none(), false));
        kept.push(bytes);
    }
    (kept, prints)
}

fn compare(old: &[Row], new: &[Row]) -> Whole {
    look(old, new, RULES).finish()
}

pub(super) fn look(old: &[Row], new: &[Row], rules: Rules<'_>) -> Parts {
    let (old_rows, mut old) = prints(old);
    let (new_rows, mut new) = prints(new);
    let mut parts = Parts::new(rules);
    join::join(&mut old, &mut new, rules.scope, |pairing, unclear| {
        let row = |side: Side, print: &Print| {
            let rows = [&old_rows, &new_rows][side.index()];
            Ok::<_, Infallible>(Cow::Borrowed(&rows[print.at as usize][..]))
        };
        parts
            .add(&pairing, unclear, rules, row)
            .expect("rows are at hand");
    });
    parts
}

/// The counts by a model that knows nothing of prints, sorting or partitions.
pub(super) fn model(old: &[Row], new: &[Row], view: View) -> Tally {
    model_in(Scope::All, old, new, view)
}

pub(super) fn model_in(scope: Scope, old: &[Row], new: &[Row], view: View) -> Tally {
    let mut keys: BTreeMap<u8, [Vec<Option<u8>>; 2]> = BTreeMap::new();
    for (side, rows) in [old, new].into_iter().enumerate() {
        for (key, cell) in rows {
            keys.entry(*key).or_default()[side].push(*cell);
        }
    }
    let mut tally = Tally::new(2);
    for [old, new] in keys.values() {
        for (side, cells) in tally.sides.iter_mut().zip([old, new]) {
            side.rows += cells.len() as u64;
            side.keys += u64::from(!cells.is_empty());
        }
        tally.covered += u64::from(!old.is_empty() && !new.is_empty());
        if scope == Scope::KeysOfNew && new.is_empty() {
            tally.out_of_scope += 1;
            tally.out_of_scope_rows += old.len() as u64;
            continue;
        }
        for (side, cells) in tally.sides.iter_mut().zip([old, new]) {
            side.duplicated += u64::from(cells.len() > 1);
        }
        match (&old[..], &new[..]) {
            ([_], []) => tally.missing += 1,
            ([], [_]) => tally.extra += 1,
            ([old], [new]) if equal(*old, *new, view) => tally.matched += 1,
            ([_], [_]) => tally.differing += 1,
            _ => tally.duplicated += 1,
        }
    }
    tally
}

fn equal(old: Option<u8>, new: Option<u8>, view: View) -> bool {
    let unreadable = old.is_none() || new.is_none();
    match view {
        View::AllEqual if unreadable => true,
        View::AllDifferent if unreadable => false,
        _ => old == new,
    }
}

pub(super) fn outcomes(tally: &Tally) -> ([u64; 5], [SideTally; 2]) {
    let counts = [
        tally.matched,
        tally.differing,
        tally.missing,
        tally.extra,
        tally.duplicated,
    ];
    (counts, tally.sides.clone())
}

pub(super) fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0..12u8, prop::option::weighted(0.8, 0..3u8));
    prop::collection::vec(row, 0..20)
}

/// What a report would show, for comparing two ways to the same result.
#[derive(Debug, PartialEq)]
pub(super) struct Shown {
    differing: Vec<Vec<u8>>,
    missing: Vec<Vec<u8>>,
    duplicated: Vec<(Vec<u8>, [u64; 2])>,
}

pub(super) fn shown(whole: &Whole) -> Shown {
    let found = &whole.found;
    let rows = |kept: &Smallest<Alone>| kept.iter().map(|(_, kept)| kept.row.to_vec()).collect();
    let pairs = found.differing.iter();
    let duplicated = found.duplicated.iter();
    Shown {
        differing: pairs.map(|(key, _)| key.to_vec()).collect(),
        missing: rows(&found.missing),
        duplicated: duplicated
            .map(|(key, counts)| (key.to_vec(), *counts))
            .collect(),
    }
}

proptest! {
    #[test]
    fn counts_agree_with_the_model_in_every_view(old in rows(), new in rows()) {
        let found = compare(&old, &new);
        for view in View::ALL {
            prop_assert_eq!(outcomes(found.view(view)), outcomes(&model(&old, &new, view)));
        }
    }

    #[test]
    fn every_key_has_exactly_one_outcome(old in rows(), new in rows()) {
        let found = compare(&old, &new);
        let tally = found.view(View::AsRead);
        let mut keys: Vec<u8> = old.iter().chain(&new).map(|row| row.0).collect();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(tally.keys(), keys.len() as u64);
    }

    #[test]
    fn parts_add_up_in_any_order(old in rows(), new in rows(), parts in 1..5u8, swap: bool) {
        let part = |rows: &[Row], part: u8| -> Vec<Row> {
            rows.iter().copied().filter(|row| row.0 % parts == part).collect()
        };
        let mut order: Vec<u8> = (0..parts).collect();
        if swap {
            order.reverse();
        }
        let mut sum = Parts::new(RULES);
        for index in order {
            sum.merge(look(&part(&old, index), &part(&new, index), RULES), RULES);
        }
        let (sum, whole) = (sum.finish(), compare(&old, &new));
        prop_assert_eq!(&sum.tallies, &whole.tallies);
        prop_assert_eq!(shown(&sum), shown(&whole));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(old in rows(), new in rows()) {
        let turned = |rows: &[Row]| rows.iter().rev().copied().collect::<Vec<_>>();
        let (there, back) = (compare(&old, &new), compare(&turned(&old), &turned(&new)));
        prop_assert_eq!(&there.tallies, &back.tallies);
        prop_assert_eq!(shown(&there), shown(&back));
    }

    #[test]
    fn swapping_the_sides_swaps_missing_and_extra(old in rows(), new in rows()) {
        let (there, back) = (compare(&old, &new), compare(&new, &old));
        let (there, back) = (there.view(View::AsRead), back.view(View::AsRead));
        prop_assert_eq!((there.missing, there.extra), (back.extra, back.missing));
        prop_assert_eq!((there.matched, there.differing), (back.matched, back.differing));
    }

    #[test]
    fn a_side_against_itself_differs_in_nothing(rows in rows()) {
        let found = compare(&rows, &rows);
        let tally = found.view(View::AsRead);
        prop_assert_eq!((tally.differing, tally.missing, tally.extra), (0, 0, 0));
    }
}

/// Matched, missing, extra and duplicated of keys that do not parse (true) or do.
fn outcomes_of(old: &[(u128, bool)], new: &[(u128, bool)], view: View) -> [u64; 4] {
    let print = |(key, unreadable): &(u128, bool)| {
        Print::new(*key, 1, 0, 0).with_unreadable(false, *unreadable)
    };
    let mut old: Vec<Print> = old.iter().map(print).collect();
    let mut new: Vec<Print> = new.iter().map(print).collect();
    let mut parts = Parts::new(RULES);
    join::join(&mut old, &mut new, Scope::All, |pairing, unclear| {
        parts.count(&pairing, unclear)
    });
    let whole = parts.finish();
    let tally = whole.view(view);
    [tally.matched, tally.missing, tally.extra, tally.duplicated]
}

#[test]
fn an_unreadable_key_is_unsure_in_both_directions() {
    let (old, new) = ([(1, true)], [(3, true)]);
    assert_eq!(outcomes_of(&old, &new, View::AsRead), [0, 1, 1, 0]);
    assert_eq!(outcomes_of(&old, &new, View::AllEqual), [1, 0, 0, 0]);
    assert_eq!(outcomes_of(&old, &new, View::AllDifferent), [0, 1, 1, 0]);
    let same = [(1, true)];
    assert_eq!(outcomes_of(&same, &same, View::AllEqual), [1, 0, 0, 0]);
    assert_eq!(outcomes_of(&same, &same, View::AllDifferent), [0, 1, 1, 0]);
}

#[test]
fn one_unreadable_key_may_be_that_of_a_row_the_other_side_has_alone() {
    let (old, new) = ([(1, true), (5, false)], [(5, false), (7, false)]);
    assert_eq!(outcomes_of(&old, &new, View::AsRead), [1, 1, 1, 0]);
    assert_eq!(outcomes_of(&old, &new, View::AllEqual), [2, 0, 0, 0]);
}

#[test]
fn several_unreadable_keys_of_a_side_may_be_one() {
    let both = [(1, true), (2, true), (5, false)];
    assert_eq!(outcomes_of(&both, &both, View::AsRead), [3, 0, 0, 0]);
    assert_eq!(outcomes_of(&both, &both, View::AllEqual), [1, 0, 0, 1]);
    assert_eq!(outcomes_of(&both, &both, View::AllDifferent), [1, 2, 2, 0]);
}

#[test]
fn one_side_only_is_forgotten_when_a_side_was_not_seen_whole() {
    let mut whole = compare(&[(1, Some(1)), (2, Some(1))], &[(2, Some(2)), (3, Some(1))]);
    assert_eq!(whole.view(View::AsRead).missing, 1);
    whole.forget_one_sided();
    let tally = whole.view(View::AsRead);
    assert_eq!((tally.missing, tally.extra, tally.differing), (0, 0, 1));
    assert!(whole.found.missing.is_empty());
}
