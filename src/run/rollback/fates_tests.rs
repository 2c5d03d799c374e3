use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use proptest::prelude::*;

use super::*;
use crate::compare::join::{Scope, join};
use crate::value::{put_fixed, put_framed, tag};

/// A key, when it changed (`None`: NULL), and what it says.
type Row = (u8, Option<i64>, u8);

/// `id`, `system`, `updated_at`; the last may not parse.
fn canonical(row: Row, unreadable: bool) -> Vec<u8> {
    let (key, updated_at, says) = row;
    let mut bytes = Vec::new();
    put_fixed(
        &mut bytes,
        tag::INTEGER,
        &(u64::from(key) ^ (1 << 63)).to_be_bytes(),
    );
    put_framed(&mut bytes, tag::TEXT, format!("系統{says}").as_bytes());
    match updated_at {
        _ if unreadable => put_framed(
            &mut bytes,
            tag::UNREADABLE,
            format!("{updated_at:?}").as_bytes(),
        ),
        Some(time) => put_fixed(&mut bytes, tag::TIMESTAMPTZ, &time.to_be_bytes()),
        None => put_fixed(&mut bytes, tag::NULL, &[]),
    }
    bytes
}

fn print(row: &[u8], at: usize, key: u8, unreadable: [bool; 2]) -> Print {
    let hashed = BuildHasherDefault::<DefaultHasher>::default().hash_one(row);
    let [cells, keys] = unreadable;
    Print::new(u128::from(key), u128::from(hashed), 0, at as u64).with_unreadable(cells, keys)
}

fn watcher(updated_at: bool) -> Watcher {
    Watcher {
        tolerances: vec![None; 3],
        updated_at: updated_at.then_some(2),
        group_by: Some(1),
        counted: Mutex::default(),
        only_in_new: Sorted::new(300),
        newer_in_new: Sorted::new(300),
    }
}

/// Shows all keys of two sides to a watcher, in the order of their prints.
fn show_all(watcher: &Watcher, sides: [&[Row]; 2], unreadable: impl Fn(Row) -> [bool; 2]) {
    let canonical = |row: &Row| canonical(*row, unreadable(*row)[0]);
    let rows = sides.map(|side| side.iter().map(canonical).collect::<Vec<_>>());
    let mut prints = [0, 1].map(|side| {
        let rows = rows[side].iter().zip(sides[side]).enumerate();
        rows.map(|(at, (bytes, row))| print(bytes, at, row.0, unreadable(*row)))
            .collect::<Vec<_>>()
    });
    let [old, new] = &mut prints;
    watcher.begin();
    join(old, new, Scope::All, |pairing, unclear| {
        let row = |side: Side, print: &Print| {
            Ok(Cow::Borrowed(&rows[side.index()][print.at as usize][..]))
        };
        watcher.key(&pairing, unclear, &row).unwrap();
    });
}

fn kept(sorted: &Sorted) -> Vec<Vec<u8>> {
    let mut rows = Vec::new();
    let drained = sorted.drain(|first, _| {
        rows.push(first.to_vec());
        Ok(())
    });
    drained.unwrap().unwrap();
    rows
}

/// The same by a model that knows nothing of prints: the rows of new alone, the
/// newer ones, the older ones, and those of which nothing is known.
fn model(old: &[Row], new: &[Row]) -> (Fates, usize) {
    let mut keys: BTreeMap<u8, [Vec<Row>; 2]> = BTreeMap::new();
    for (side, rows) in [old, new].into_iter().enumerate() {
        for row in rows {
            keys.entry(row.0).or_default()[side].push(*row);
        }
    }
    let mut fates = Fates::default();
    let mut kept = 0;
    for [old, new] in keys.values_mut() {
        match (&old[..], &new[..]) {
            ([], new) => fates.only_in_new += new.len() as u64,
            (_, []) => {}
            ([old], [new]) if old == new => kept += 1,
            ([old], [new]) => match old.1.zip(new.1).map(|(old, new)| new.cmp(&old)) {
                Some(Ordering::Greater) => fates.newer_in_new += 1,
                Some(Ordering::Less) => fates.newer_in_old += 1,
                _ => fates.direction_unknown += 1,
            },
            _ => {
                for row in new {
                    match old.iter().position(|other| other == row) {
                        Some(at) => drop(old.swap_remove(at)),
                        None => fates.unpaired += 1,
                    }
                }
            }
        }
    }
    (fates, kept)
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0..9_u8, prop::option::weighted(0.8, 0..3_i64), 0..2_u8);
    prop::collection::vec(row, 0..14)
}

proptest! {
    #[test]
    fn every_row_of_new_has_the_fate_of_the_model(old in rows(), new in rows()) {
        let watcher = watcher(true);
        show_all(&watcher, [&old, &new], |_| [false; 2]);
        let (expected, _) = model(&old, &new);
        let found = watcher.lock().clone();
        prop_assert_eq!(found.fates, expected);
        let by_group: [u64; 2] = found.groups().iter().fold([0; 2], |sum, group| {
            [sum[0] + group.only_in_new, sum[1] + group.newer_in_new]
        });
        prop_assert_eq!(by_group, [expected.only_in_new, expected.newer_in_new]);
        // What is kept is what is counted, in the order of the keys.
        let only = kept(&watcher.only_in_new);
        prop_assert_eq!(only.len() as u64, expected.only_in_new);
        prop_assert!(only.is_sorted());
        prop_assert_eq!(kept(&watcher.newer_in_new).len() as u64, expected.newer_in_new);
    }

    /// What nothing is known of is never told to be kept.
    #[test]
    fn what_does_not_parse_is_known_of_nothing(
        old in rows(), new in rows(), unclear in 0..9_u8, broken in 0..9_u8,
    ) {
        let watcher = watcher(true);
        show_all(&watcher, [&old, &new], |row| [row.0 == broken, row.0 == unclear]);
        let fates = watcher.lock().fates;
        let of = |rows: &[Row], key: u8| rows.iter().filter(|row| row.0 == key).count() as u64;
        prop_assert!(fates.unpaired >= of(&new, unclear));
        let with_partner = of(&old, broken) > 0 && broken != unclear;
        let unknown = fates.unreadable + fates.unpaired + fates.direction_unknown;
        if with_partner {
            prop_assert!(unknown >= of(&new, broken));
        }
    }
}

#[test]
fn without_a_column_that_tells_nothing_is_newer() {
    let watcher = watcher(false);
    show_all(&watcher, [&[(1, Some(1), 0)], &[(1, Some(9), 0)]], |_| {
        [false; 2]
    });
    let fates = watcher.lock().fates;
    assert_eq!((fates.direction_unknown, fates.newer_in_new), (1, 0));
}

#[test]
fn a_second_reading_forgets_the_first() {
    let watcher = watcher(true);
    let new = [(1, Some(1), 0), (2, Some(1), 0)];
    show_all(&watcher, [&[], &new], |_| [false; 2]);
    show_all(&watcher, [&[], &new], |_| [false; 2]);
    let counted = watcher.lock().clone();
    assert_eq!((counted.fates.only_in_new, counted.extra), (2, 2));
    assert_eq!(kept(&watcher.only_in_new).len(), 2);
}
