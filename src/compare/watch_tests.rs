//! The laws of looking again: what settles, stays or moves is what a plain model
//! says of each key, and the parts always add up to a whole comparison.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;

use super::cells::View;
use super::found::Rules;
use super::join::{self, Print};
use super::law_tests::{RULES, Row, look, model, outcomes, rows};
use super::parts::Parts;
use super::watch::{Unmatched, Watch};
use crate::error::Side;
use crate::value::{put_fixed, tag};

/// The rows of one key on each side, in no order.
type Held = [Vec<Option<u8>>; 2];

fn by_key(sides: &[Vec<Row>; 2]) -> BTreeMap<u8, Held> {
    let mut keys: BTreeMap<u8, Held> = BTreeMap::new();
    for (side, rows) in sides.iter().enumerate() {
        for (key, cell) in rows {
            keys.entry(*key).or_default()[side].push(*cell);
        }
    }
    for held in keys.values_mut() {
        held.iter_mut().for_each(|cells| cells.sort_unstable());
    }
    keys
}

fn matches(held: &Held) -> bool {
    held[0].len() == 1 && held[0] == held[1]
}

/// What becomes of each key that did not match at the first look: the last look
/// at it, and whether it has moved; `None` where it settled.
fn fates(looks: &[[Vec<Row>; 2]]) -> BTreeMap<u8, Option<(Held, bool)>> {
    let looks: Vec<_> = looks.iter().map(by_key).collect();
    let open = looks[0].iter().filter(|(_, held)| !matches(held));
    let mut fates: BTreeMap<_, _> = open
        .map(|(key, held)| (*key, Some((held.clone(), false))))
        .collect();
    for look in &looks[1..] {
        for (key, fate) in &mut fates {
            let now = look.get(key).cloned().unwrap_or_default();
            *fate = fate.take().and_then(|(before, moved)| {
                let gone = now.iter().all(Vec::is_empty);
                let moved = moved || before != now;
                (!gone && !matches(&now)).then_some((now, moved))
            });
        }
    }
    fates
}

/// Looks once, and then at what is left open alone, as a run does.
fn watch(looks: &[[Vec<Row>; 2]], limit: usize) -> Parts {
    fn rules(limit: usize, before: Option<&Unmatched>) -> Rules<'_> {
        let young = None;
        Rules {
            watch: Watch {
                limit,
                before,
                young,
            },
            ..RULES
        }
    }
    let mut parts = look(&looks[0][0], &looks[0][1], rules(limit, None));
    for sides in &looks[1..] {
        let before = parts.keys.clone();
        let [old, new] = sides.each_ref().map(|rows| {
            let rows = rows.iter().copied();
            rows.filter(|row| before.contains(print_of(row.0)))
                .collect::<Vec<_>>()
        });
        parts.look_again(look(&old, &new, rules(limit, Some(&before))));
    }
    parts
}

fn print_of(key: u8) -> u128 {
    super::law_tests::prints(&[(key, None)]).1[0].key()
}

/// Each look, and how much of the one before it keeps.
fn looks() -> impl Strategy<Value = Vec<[Vec<Row>; 2]>> {
    let look = (rows(), rows(), 0u8..4, any::<bool>());
    prop::collection::vec(look, 1..5).prop_map(|looks| {
        let mut seen: Vec<[Vec<Row>; 2]> = Vec::new();
        for (old, mut new, kept, alike) in looks {
            if alike {
                new = old.clone();
            }
            // Some keys stay as they were: by their number, so that others move.
            let keep = |side: usize, now: Vec<Row>| -> Vec<Row> {
                let Some(before) = seen.last() else {
                    return now;
                };
                let stays = |row: &Row| row.0 % 4 < kept;
                let before = before[side].iter().copied().filter(stays);
                before
                    .chain(now.into_iter().filter(|row| !stays(row)))
                    .collect()
            };
            let next = [keep(0, old), keep(1, new)];
            seen.push(next);
        }
        seen
    })
}

proptest! {
    #[test]
    fn every_key_ends_as_the_model_says(looks in looks()) {
        let parts = watch(&looks, 100);
        let fates = fates(&looks);
        let open: Vec<_> = fates.values().flatten().collect();
        let moving = open.iter().filter(|(_, moved)| *moved).count() as u64;
        let of = |found: &super::Found| found.views.get(View::AsRead).keys();
        prop_assert_eq!(of(&parts.moving), moving);
        prop_assert_eq!(of(&parts.unmatched), open.len() as u64 - moving);
        prop_assert_eq!(parts.keys.len(), open.len());
    }

    /// The counts are those of a comparison in which each key is as it was when
    /// it was looked at last.
    #[test]
    fn the_parts_add_up_to_what_was_seen_last(looks in looks()) {
        let whole = watch(&looks, 100).finish();
        let fates = fates(&looks);
        let mut last: [Vec<Row>; 2] = [Vec::new(), Vec::new()];
        let mut settled = 0;
        for (key, held) in by_key(&looks[0]) {
            let held = match fates.get(&key) {
                None => held,
                Some(Some((held, _))) => held.clone(),
                // When it settled does not show: it matched then, or was gone.
                Some(None) => {
                    settled += 1;
                    continue;
                }
            };
            for (side, cells) in last.iter_mut().zip(held) {
                side.extend(cells.into_iter().map(|cell| (key, cell)));
            }
        }
        let (counts, _) = outcomes(whole.view(View::AsRead));
        let (expected, _) = outcomes(&model(&last[0], &last[1], View::AsRead));
        prop_assert_eq!(&counts[1..], &expected[1..]);
        prop_assert!(counts[0] >= expected[0] && counts[0] <= expected[0] + settled);
    }

    /// Once all that moves has matched, nothing but that has changed.
    #[test]
    fn settled_views_are_the_others_with_moving_keys_matched(looks in looks()) {
        let parts = watch(&looks, 100);
        let (moving, steady) = (parts.moving.clone(), {
            let mut steady = parts.clone();
            steady.moving.take();
            steady.finish()
        });
        let whole = parts.finish();
        let moving = moving.views.get(View::AsRead).keys();
        prop_assert_eq!(whole.moving, moving);
        prop_assert_eq!(whole.if_settled.is_some(), moving > 0);
        for (settled, steady) in whole.if_settled.iter().flatten().zip(&steady.tallies) {
            prop_assert_eq!(settled.matched, steady.matched + moving);
            prop_assert_eq!(settled.keys(), steady.keys() + moving);
            prop_assert_eq!(settled.sides[1].rows, steady.sides[1].rows + moving);
        }
    }

    /// Beyond the limit no key is remembered, and nothing else changes.
    #[test]
    fn too_many_keys_are_not_watched(looks in looks(), limit in 1usize..6) {
        let first = &looks[..1];
        let (all, some) = (watch(first, 100), watch(first, limit));
        prop_assert_eq!(some.keys.too_many(), all.keys.len() > limit);
        let expected = if all.keys.len() > limit { 0 } else { all.keys.len() };
        prop_assert_eq!(some.keys.len(), expected);
        prop_assert_eq!(all.finish().tallies, some.finish().tallies);
    }
}

/// A row of a key, with the time of its last change behind it, if it is known.
fn timed(key: u8, cell: u8, time: Option<i64>) -> Vec<u8> {
    let mut row = super::law_tests::canonical((key, Some(cell))).0;
    match time {
        Some(time) => put_fixed(&mut row, tag::TIMESTAMPTZ, &time.to_be_bytes()),
        None => put_fixed(&mut row, tag::NULL, &[]),
    }
    row
}

/// How many keys move, of these rows of old and new.
fn moving(old: &[Vec<u8>], new: &[Vec<u8>], young: [i64; 2]) -> u64 {
    let rules = Rules {
        watch: Watch {
            young: Some(young),
            ..Watch::default()
        },
        ..RULES
    };
    let prints = |rows: &[Vec<u8>]| -> Vec<Print> {
        let print = |(at, row): (usize, &Vec<u8>)| {
            let key = rules.key_of(row)[5];
            Print::new(key.into(), u128::from(row[11]), 0, at as u64)
        };
        rows.iter().enumerate().map(print).collect()
    };
    let (mut left, mut right) = (prints(old), prints(new));
    let mut parts = Parts::new(rules);
    join::join(&mut left, &mut right, rules.scope, |pairing, unclear| {
        let row = |side: Side, print: &Print| {
            let rows = [old, new][side.index()];
            Ok::<_, Infallible>(Cow::Borrowed(&rows[print.at as usize][..]))
        };
        let added = parts.add(&pairing, unclear, rules, row);
        added.expect("rows are at hand");
    });
    parts.finish().moving
}

#[test]
fn a_young_row_of_either_side_moves() {
    let row = |cell, time| vec![timed(1, cell, time)];
    let of = |old: &[Vec<u8>], new: &[Vec<u8>]| moving(old, new, [100, 200]);
    // Each side is held to its own clock.
    assert_eq!(of(&row(0, Some(100)), &row(1, Some(200))), 0);
    assert_eq!(of(&row(0, Some(101)), &row(1, Some(200))), 1);
    assert_eq!(of(&row(0, Some(100)), &row(1, Some(201))), 1);
    // What is not known is no excuse, and what matches needs none.
    assert_eq!(of(&row(0, None), &row(1, None)), 0);
    assert_eq!(of(&row(0, Some(101)), &row(0, Some(50))), 0);
    // A row that is missing, extra, or there twice.
    assert_eq!(of(&row(0, Some(101)), &[]), 1);
    assert_eq!(of(&row(0, Some(99)), &[]), 0);
    assert_eq!(of(&[], &row(0, Some(201))), 1);
    let twice = [row(0, Some(1)), row(0, Some(201))].concat();
    assert_eq!(of(&[], &twice), 1);
    assert_eq!(of(&twice[..1], &twice), 1);
}
