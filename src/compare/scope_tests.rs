//! Laws of a partial new side: what is out of scope shows nowhere but in its own
//! counters, and keys that do not parse may be in scope or not.

use proptest::prelude::*;

use super::Tally;
use super::cells::View;
use super::found::Rules;
use super::join::{self, Print, Scope};
use super::law_tests::{RULES, Row, look, model_in, outcomes, rows, shown};
use super::parts::{Parts, Whole};

const SCOPED: Rules<'static> = Rules {
    scope: Scope::KeysOfNew,
    ..RULES
};

fn compare(old: &[Row], new: &[Row]) -> Whole {
    look(old, new, SCOPED).finish()
}

/// What is counted beside the outcomes.
fn beside(tally: &Tally) -> [u64; 3] {
    [tally.out_of_scope, tally.out_of_scope_rows, tally.covered]
}

proptest! {
    #[test]
    fn counts_agree_with_the_model_in_every_view(old in rows(), new in rows()) {
        let found = compare(&old, &new);
        for view in View::ALL {
            let model = model_in(Scope::KeysOfNew, &old, &new, view);
            let found = found.view(view);
            prop_assert_eq!(outcomes(found), outcomes(&model));
            prop_assert_eq!(beside(found), beside(&model));
        }
    }

    #[test]
    fn the_keys_of_new_are_compared_as_if_old_had_no_others(old in rows(), new in rows()) {
        let in_new = |row: &&Row| new.iter().any(|other| other.0 == row.0);
        let part: Vec<Row> = old.iter().filter(in_new).copied().collect();
        let (scoped, whole) = (compare(&old, &new), look(&part, &new, RULES).finish());
        for view in View::ALL {
            let mut scoped = scoped.view(view).clone();
            let left_out = (old.len() - part.len()) as u64;
            prop_assert_eq!(scoped.out_of_scope_rows, left_out);
            prop_assert_eq!(scoped.covered, scoped.sides[0].keys - scoped.out_of_scope);
            scoped.sides[0].keys -= scoped.out_of_scope;
            scoped.sides[0].rows -= left_out;
            (scoped.out_of_scope, scoped.out_of_scope_rows) = (0, 0);
            prop_assert_eq!(&scoped, whole.view(view));
        }
        prop_assert_eq!(shown(&scoped), shown(&whole));
    }

    #[test]
    fn every_key_is_compared_or_out_of_scope(old in rows(), new in rows()) {
        let found = compare(&old, &new);
        let tally = found.view(View::AsRead);
        let mut keys: Vec<u8> = old.iter().chain(&new).map(|row| row.0).collect();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(tally.keys() + tally.out_of_scope, keys.len() as u64);
    }

    #[test]
    fn parts_add_up(old in rows(), new in rows(), parts in 1..5u8) {
        let part = |rows: &[Row], part: u8| -> Vec<Row> {
            rows.iter().copied().filter(|row| row.0 % parts == part).collect()
        };
        let mut sum = Parts::new(SCOPED);
        for index in 0..parts {
            sum.merge(look(&part(&old, index), &part(&new, index), SCOPED), SCOPED);
        }
        let (sum, whole) = (sum.finish(), compare(&old, &new));
        prop_assert_eq!(&sum.tallies, &whole.tallies);
        prop_assert_eq!(shown(&sum), shown(&whole));
    }
}

/// The tally of keys that do not parse (true) or do.
fn tally_of(old: &[(u128, bool)], new: &[(u128, bool)], view: View) -> Tally {
    let print = |(key, unreadable): &(u128, bool)| {
        Print::new(*key, 1, 0, 0).with_unreadable(false, *unreadable)
    };
    let mut old: Vec<Print> = old.iter().map(print).collect();
    let mut new: Vec<Print> = new.iter().map(print).collect();
    let mut parts = Parts::new(SCOPED);
    join::join(&mut old, &mut new, SCOPED.scope, |pairing, unclear| {
        parts.count(&pairing, unclear)
    });
    parts.finish().view(view).clone()
}

/// Matched, out of scope, extra, duplicated and covered keys.
fn scoped(old: &[(u128, bool)], new: &[(u128, bool)], view: View) -> [u64; 5] {
    let tally = tally_of(old, new, view);
    assert_eq!(tally.missing, 0);
    assert!(tally.covered + tally.out_of_scope <= tally.sides[0].keys);
    [
        tally.matched,
        tally.out_of_scope,
        tally.extra,
        tally.duplicated,
        tally.covered,
    ]
}

#[test]
fn an_unreadable_key_may_be_out_of_scope_or_not() {
    let (old, new) = ([(1, true), (5, false)], [(5, false), (7, false)]);
    assert_eq!(scoped(&old, &new, View::AsRead), [1, 1, 1, 0, 1]);
    assert_eq!(scoped(&old, &new, View::AllEqual), [2, 0, 0, 0, 2]);
    assert_eq!(scoped(&old, &new, View::AllDifferent), [1, 1, 1, 0, 1]);
    // Equal bytes that may still be two keys, of which new has one alone.
    let same = [(1, true)];
    assert_eq!(scoped(&same, &same, View::AsRead), [1, 0, 0, 0, 1]);
    assert_eq!(scoped(&same, &same, View::AllDifferent), [0, 1, 1, 0, 0]);
}

#[test]
fn unreadable_keys_that_repeat_may_be_in_scope() {
    let (old, new) = ([(1, true), (1, true), (5, false)], [(5, false)]);
    assert_eq!(scoped(&old, &new, View::AsRead), [1, 1, 0, 0, 1]);
    assert_eq!(scoped(&old, &new, View::AllEqual), [1, 0, 0, 1, 1]);
    assert_eq!(scoped(&old, &new, View::AllDifferent), [1, 2, 0, 0, 1]);
    let (old, new) = ([(1, true), (1, true)], [(1, true)]);
    assert_eq!(scoped(&old, &new, View::AsRead), [0, 0, 0, 1, 1]);
    assert_eq!(scoped(&old, &new, View::AllDifferent), [0, 2, 1, 0, 0]);
}

/// The key that new has alone may be one that old has twice: then it is duplicated.
#[test]
fn a_key_out_of_scope_that_repeats_may_be_the_unreadable_one() {
    let (old, new) = ([(5, false), (5, false)], [(9, true)]);
    assert_eq!(scoped(&old, &new, View::AsRead), [0, 1, 1, 0, 0]);
    assert_eq!(scoped(&old, &new, View::AllEqual), [0, 0, 0, 1, 1]);
}

#[test]
fn what_is_out_of_scope_is_forgotten_when_a_side_was_not_seen_whole() {
    let mut whole = compare(&[(1, Some(1)), (1, Some(2))], &[]);
    assert_eq!(whole.view(View::AsRead).out_of_scope, 1);
    whole.forget_one_sided();
    let tally = whole.view(View::AsRead);
    assert_eq!((tally.out_of_scope, tally.out_of_scope_rows), (0, 0));
}
