//! Sides that change between two looks, and what must become of each key that
//! did not match at first: it settles, stays, or moves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use proptest::prelude::*;
use shadowgate::error::Side;
use shadowgate::plan::{Plan, RecheckOptions, SourceOptions, VerifyOptions};
use shadowgate::run::dataset::Strategy as Way;
use shadowgate::run::progress::Progress;
use shadowgate::run::{self, Options};
use shadowgate::source::Context;

use super::case::{Case, cases};
use super::expect::{self, Row};
use super::files;
use super::value::Value;

/// A case as it is at each look.
pub fn moving() -> impl Strategy<Value = Vec<Case>> {
    let change = (
        0u8..6,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
    );
    let look = [
        prop::collection::vec(change.clone(), 0..5),
        prop::collection::vec(change, 0..5),
    ];
    (cases(), prop::collection::vec(look, 1..3)).prop_map(|(case, looks)| {
        let mut cases = vec![case];
        for changes in looks {
            let mut next = cases[cases.len() - 1].clone();
            for (side, changes) in changes.into_iter().enumerate() {
                for (kind, at, other) in changes {
                    apply(&mut next, side, kind, at, other);
                }
            }
            // The last change of one side may have taken rows of the other.
            (0..2).for_each(|side| keep_columns(&mut next, side));
            cases.push(next);
        }
        cases
    })
}

type Index = prop::sample::Index;

/// One change, as a sync makes it: mostly a row comes over from the other side.
fn apply(case: &mut Case, side: usize, kind: u8, at: Index, other: Index) {
    let theirs = case.sides[1 - side].rows.clone();
    let key = case.key;
    let rows = &mut case.sides[side].rows;
    match kind {
        // A row of the other side comes, or comes again.
        0 if !theirs.is_empty() => rows.push(other.get(&theirs).clone()),
        // All rows of its key become the other side's.
        1 | 2 if !theirs.is_empty() => {
            let theirs = other.get(&theirs).clone();
            rows.retain(|row| row[..key] != theirs[..key]);
            rows.push(theirs);
        }
        3 if !rows.is_empty() => {
            let gone = at.index(rows.len());
            rows.remove(gone);
        }
        // A key goes from both sides.
        4 if !rows.is_empty() => {
            let gone = at.get(rows).clone();
            for side in &mut case.sides {
                side.rows.retain(|row| row[..key] != gone[..key]);
            }
        }
        5 if !rows.is_empty() => {
            let row = at.index(rows.len());
            let last = rows[row].len() - 1;
            rows[row][last] = Value::Text("moved");
        }
        _ => {}
    }
}

/// JSON has no columns but those of its records, and they must not change.
fn keep_columns(case: &mut Case, side: usize) {
    let side = &mut case.sides[side];
    let whole = |row: &Vec<Value>| row.iter().all(|value| *value != Value::Absent);
    if side.is_json() && !side.rows.iter().any(whole) {
        side.rows.push(vec![Value::Text("999"); side.order.len()]);
    }
}

/// What the first look leaves open, and what becomes of it.
#[derive(Debug, Default)]
pub struct Fates {
    pub rechecked: u64,
    pub settled: u64,
    pub moving: u64,
    /// The case, each key as it was when it was looked at last.
    pub last: Option<Case>,
    /// The same without the keys that move.
    pub steady: Option<Case>,
}

pub fn fates(looks: &[Case]) -> Fates {
    let held: Vec<_> = looks.iter().map(expect::held).collect();
    let mut fates = Fates::default();
    let first = &looks[0];
    let (mut last, mut steady) = (first.clone(), first.clone());
    let mut keys: Vec<Row> = held[0]
        .iter()
        .flat_map(|side| side.keys().cloned())
        .collect();
    keys.sort();
    keys.dedup();
    for key in &keys {
        if is_closed(&only(first, &held[0], key)) {
            continue;
        }
        fates.rechecked += 1;
        let (mut at, mut moved) = (0, false);
        while at + 1 < looks.len() {
            let before = canonical(&only(&looks[at], &held[at], key));
            at += 1;
            let now = only(&looks[at], &held[at], key);
            moved |= before != canonical(&now);
            if is_closed(&now) {
                fates.settled += 1;
                moved = false;
                break;
            }
        }
        fates.moving += u64::from(moved);
        let now = only(&looks[at], &held[at], key);
        for side in 0..2 {
            let gone = rows_of(first, &held[0], key, side);
            for case in [&mut last, &mut steady] {
                remove(&mut case.sides[side].rows, &gone);
            }
            last.sides[side].rows.extend(now.sides[side].rows.clone());
            if !moved {
                steady.sides[side].rows.extend(now.sides[side].rows.clone());
            }
        }
    }
    fates.last = Some(last);
    fates.steady = Some(steady);
    fates
}

type Held = [BTreeMap<Row, Vec<usize>>; 2];

fn rows_of(case: &Case, held: &Held, key: &Row, side: usize) -> Vec<Vec<Value>> {
    let places = held[side].get(key).cloned().unwrap_or_default();
    let rows = places
        .into_iter()
        .map(|at| case.sides[side].rows[at].clone());
    rows.collect()
}

/// The case with no rows but this key's.
fn only(case: &Case, held: &Held, key: &Row) -> Case {
    let mut one = case.clone();
    for side in 0..2 {
        one.sides[side].rows = rows_of(case, held, key, side);
    }
    one
}

/// Whether there is nothing left to look at: it matches, is gone, or is not compared.
fn is_closed(case: &Case) -> bool {
    let [old, new] = [0, 1].map(|side: usize| case.sides[side].rows.is_empty());
    let gone = new && (old || case.keys_of_new);
    gone || expect::expect(case).counts["matched"] == 1
}

/// What each side holds, in no order.
fn canonical(case: &Case) -> [Vec<Row>; 2] {
    [0, 1].map(|side| {
        let mut rows = expect::rows(case, side);
        rows.sort();
        rows
    })
}

fn remove(rows: &mut Vec<Vec<Value>>, gone: &[Vec<Value>]) {
    for gone in gone {
        let at = rows
            .iter()
            .position(|row| row == gone)
            .expect("a row of it");
        rows.remove(at);
    }
}

/// Puts the next look's files in their place just before it is taken.
struct Turn<'a> {
    folder: &'a Path,
    later: Mutex<Vec<&'a Case>>,
}

impl Progress for Turn<'_> {
    fn dataset(&self, _: &str, _: [Option<u64>; 2]) {}
    fn rows(&self, _: Side, _: u64) {}
    fn side_done(&self, _: Side) {}
    fn again(&self, why: &str) {
        if why.starts_with("looking at") {
            let next = self.later.lock().unwrap().remove(0);
            for entry in std::fs::read_dir(self.folder).unwrap() {
                std::fs::remove_file(entry.unwrap().path()).unwrap();
            }
            files::write(next, self.folder);
        }
    }
    fn phase(&self, _: &str) {}
    fn done(&self) {}
}

/// Runs all looks in this process; the report as JSON.
pub fn watch(looks: &[Case]) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    files::write(&looks[0], folder.path());
    let options = VerifyOptions {
        source: SourceOptions {
            config: Some(folder.path().join("shadowgate.toml")),
            ..SourceOptions::default()
        },
        recheck: RecheckOptions {
            rounds: Some(looks.len() as u32 - 1),
            delay: Some("0".to_owned()),
            limit: None,
        },
        ..VerifyOptions::default()
    };
    let plan = Plan::from(&options, &|_| None, Path::new("")).unwrap();
    let turn = Turn {
        folder: folder.path(),
        later: Mutex::new(looks[1..].iter().collect()),
    };
    let how = Options {
        memory: 1 << 20,
        max_details: 100,
        strategy: Way::Auto,
        retries: 0,
        earlier: Default::default(),
        context: Context::default(),
    };
    let finished = run::verify(&plan.datasets, &how, &turn).unwrap();
    let mut dataset = serde_json::to_value(&finished.datasets[0]).unwrap();
    dataset["exit"] = run::exit(finished.verdict).code().into();
    dataset
}
