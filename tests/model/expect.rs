//! What a case must come to: the outcomes, counted by looking at every key, and
//! the verdict, by trying the gates on each way to take unreadable cells.

use std::collections::BTreeMap;

use super::case::{Case, Gates, Tolerance};
use super::value::{Canon, Type};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// By the report's names.
    pub counts: BTreeMap<&'static str, u64>,
    /// Keys of both sides and keys of old, where only those of new are compared.
    pub coverage: Option<[u64; 2]>,
    /// Differing cells of each column.
    pub columns: Vec<u64>,
    /// `None` where a key does not parse: what is sure of it then is its own study.
    pub exit: Option<i32>,
    /// Whether both sides hold the same rows, as compared.
    pub same_rows: bool,
}

pub type Row = Vec<Canon>;

/// One row of each side of a key, with the same rows as they were before rules.
struct Pair<'a> {
    rows: [&'a Row; 2],
    plain: [&'a Row; 2],
}

/// How unreadable cells are taken.
#[derive(Clone, Copy, PartialEq)]
enum View {
    AsRead,
    Equal,
    Different,
}

#[derive(Clone, Debug, Default)]
struct Tally {
    old_rows: u64,
    new_rows: u64,
    matched: u64,
    tolerated: u64,
    by_rules: u64,
    differing: u64,
    missing: u64,
    extra: u64,
    duplicated: u64,
    out_of_scope: u64,
    out_of_scope_rows: u64,
    covered: u64,
    keys: [u64; 2],
    unkeyed: u64,
    columns: Vec<u64>,
}

pub fn expect(case: &Case) -> Expected {
    let (sides, views) = views(case);
    let keys = [keyed(case, &sides[0]), keyed(case, &sides[1])];
    let as_read = &views[0];
    let unreadable = |row: &&Canon| matches!(row, Canon::Unreadable(_));
    let unreadable_key = sides
        .iter()
        .flatten()
        .any(|row| row[..case.key].iter().any(|cell| unreadable(&cell)));
    let sorted = sides.clone().map(|mut rows| {
        rows.sort();
        rows
    });
    Expected {
        coverage: (case.keys_of_new && !keys[0].is_empty())
            .then_some([as_read.covered, as_read.keys[0]]),
        counts: counts(case, &sides, &keys, as_read),
        exit: (!unreadable_key).then(|| exit(case, &views)),
        columns: as_read.columns.clone(),
        same_rows: sorted[0] == sorted[1],
    }
}

/// The canonical rows of both sides, and a tally for each way to take what does
/// not parse.
fn views(case: &Case) -> ([Vec<Row>; 2], [Tally; 3]) {
    let both_json = case.sides.iter().all(|side| side.is_json());
    let sides = [0, 1].map(|side| canonical(case, side, both_json, true));
    let plain = [0, 1].map(|side| canonical(case, side, both_json, false));
    let keys = [keyed(case, &sides[0]), keyed(case, &sides[1])];
    let views = [View::AsRead, View::Equal, View::Different]
        .map(|view| tally(case, &sides, &plain, &keys, view));
    drop(keys);
    (sides, views)
}

/// The verdict where `moving` more keys, of which `case` has none, may come to
/// match beside what `case` comes to; `seen` has them as they were seen last.
pub fn exit_moving(seen: &Case, case: &Case, moving: u64) -> i32 {
    let (_, mut ways) = views(case);
    for way in &mut ways {
        way.matched += moving;
        way.old_rows += moving;
        way.new_rows += moving;
        way.covered += moving;
        way.keys.iter_mut().for_each(|keys| *keys += moving);
    }
    let (_, seen_ways) = views(seen);
    exit(seen, &[seen_ways, ways].concat())
}

/// Both sides' rows by key, as compared; those without a whole key are left out.
pub fn held(case: &Case) -> [BTreeMap<Row, Vec<usize>>; 2] {
    let (sides, _) = views(case);
    [0, 1].map(|side| {
        let keys = keyed(case, &sides[side]);
        let owned = keys.iter().map(|(key, rows)| (key.to_vec(), rows.clone()));
        owned.collect()
    })
}

/// One side's rows, as compared.
pub fn rows(case: &Case, side: usize) -> Vec<Row> {
    let (sides, _) = views(case);
    sides[side].clone()
}

fn canonical(case: &Case, side: usize, both_json: bool, rules: bool) -> Vec<Row> {
    let side = &case.sides[side];
    let default = if both_json { Type::Jsonb } else { Type::Text };
    let row = |row: &Vec<_>| {
        let cells = row.iter().zip(&case.columns);
        let canon = cells.map(|(value, column)| {
            let steps = if rules { &column.steps[..] } else { &[] };
            side.cell(value).canon(column.ty.unwrap_or(default), steps)
        });
        canon.collect()
    };
    side.rows.iter().map(row).collect()
}

type Keyed<'a> = BTreeMap<&'a [Canon], Vec<usize>>;

/// The rows of each key; those without a whole key are left out.
fn keyed<'a>(case: &Case, rows: &'a [Row]) -> Keyed<'a> {
    let mut keys = Keyed::new();
    for (index, row) in rows.iter().enumerate() {
        let key = &row[..case.key];
        if !key
            .iter()
            .any(|cell| matches!(cell, Canon::Null | Canon::Absent))
        {
            keys.entry(key).or_default().push(index);
        }
    }
    keys
}

fn tally(
    case: &Case,
    sides: &[Vec<Row>; 2],
    plain: &[Vec<Row>; 2],
    keys: &[Keyed<'_>; 2],
    view: View,
) -> Tally {
    let mut tally = Tally {
        old_rows: sides[0].len() as u64,
        new_rows: sides[1].len() as u64,
        columns: vec![0; case.columns.len()],
        keys: [0, 1].map(|side| keys[side].len() as u64),
        ..Tally::default()
    };
    for (rows, keys) in sides.iter().zip(keys) {
        tally.unkeyed += (rows.len() - keys.values().map(Vec::len).sum::<usize>()) as u64;
    }
    let mut all: Vec<_> = keys.iter().flat_map(|keys| keys.keys()).collect();
    all.sort();
    all.dedup();
    for key in all {
        let of = |side: usize| keys[side].get(*key).map_or(&[][..], Vec::as_slice);
        tally.covered += u64::from(!of(0).is_empty() && !of(1).is_empty());
        match (of(0), of(1)) {
            (old, []) if case.keys_of_new => {
                tally.out_of_scope += 1;
                tally.out_of_scope_rows += old.len() as u64;
            }
            ([_], []) => tally.missing += 1,
            ([], [_]) => tally.extra += 1,
            ([old], [new]) => {
                let pair = Pair {
                    rows: [&sides[0][*old], &sides[1][*new]],
                    plain: [&plain[0][*old], &plain[1][*new]],
                };
                compare(case, &pair, view, &mut tally);
            }
            _ => tally.duplicated += 1,
        }
    }
    tally
}

fn compare(case: &Case, pair: &Pair<'_>, view: View, tally: &mut Tally) {
    let (mut differs, mut tolerated) = (false, false);
    for (index, (old, new)) in pair.rows[0].iter().zip(pair.rows[1]).enumerate() {
        let unreadable = [old, new]
            .iter()
            .any(|cell| matches!(cell, Canon::Unreadable(_)));
        let equal = match view {
            View::Equal if unreadable => true,
            View::Different if unreadable => false,
            _ => old == new,
        };
        if equal {
            continue;
        }
        if within(case.columns[index].tolerance, old, new) {
            tolerated = true;
        } else {
            differs = true;
            tally.columns[index] += 1;
        }
    }
    if differs {
        tally.differing += 1;
        return;
    }
    tally.matched += 1;
    tally.tolerated += u64::from(tolerated);
    tally.by_rules += u64::from(!tolerated && pair.plain[0] != pair.plain[1]);
}

fn within(tolerance: Option<Tolerance>, old: &Canon, new: &Canon) -> bool {
    let (Canon::Number(old), Canon::Number(new)) = (old, new) else {
        return false;
    };
    let (old, new, scale) = old.aligned(*new);
    let apart = (old - new).abs() * 100;
    match tolerance {
        None => false,
        Some(Tolerance::Relative(_, hundredths)) => apart <= hundredths * old.abs().max(new.abs()),
        Some(Tolerance::Absolute(_, hundredths)) if scale >= 0 => {
            apart <= hundredths * 10i128.pow(scale as u32)
        }
        Some(Tolerance::Absolute(_, hundredths)) => apart * 10i128.pow(-scale as u32) <= hundredths,
    }
}

fn counts(
    case: &Case,
    sides: &[Vec<Row>; 2],
    keys: &[Keyed<'_>; 2],
    tally: &Tally,
) -> BTreeMap<&'static str, u64> {
    let compared = |key: &[Canon]| !case.keys_of_new || keys[1].contains_key(key);
    let repeated = |side: usize| {
        let keys = keys[side].iter();
        keys.filter(|(key, rows)| rows.len() > 1 && compared(key))
            .count() as u64
    };
    let unkeyed = |side: usize| {
        let null = |cell: &Canon| matches!(cell, Canon::Null | Canon::Absent);
        let rows = sides[side].iter();
        rows.filter(|row| row[..case.key].iter().any(null)).count() as u64
    };
    let unreadable = |side: usize| {
        let cells = sides[side].iter().flatten();
        cells
            .filter(|cell| matches!(cell, Canon::Unreadable(_)))
            .count() as u64
    };
    let out_of_scope = case
        .keys_of_new
        .then_some(("out_of_scope", tally.out_of_scope));
    let counts = [
        ("old_rows", tally.old_rows),
        ("new_rows", tally.new_rows),
        ("old_keys", keys[0].len() as u64),
        ("new_keys", keys[1].len() as u64),
        ("matched", tally.matched),
        ("tolerated", tally.tolerated),
        ("equal_by_rules", tally.by_rules),
        ("differing", tally.differing),
        ("missing", tally.missing),
        ("extra", tally.extra),
        ("duplicated", tally.duplicated),
        ("duplicated_old", repeated(0)),
        ("duplicated_new", repeated(1)),
        ("unkeyed_old", unkeyed(0)),
        ("unkeyed_new", unkeyed(1)),
        ("unreadable_old", unreadable(0)),
        ("unreadable_new", unreadable(1)),
    ];
    counts.into_iter().chain(out_of_scope).collect()
}

/// `None`: the gate cannot be decided.
type Holds = Option<bool>;

/// The first of the ways is how things look; a gate that another one answers
/// otherwise is undecided.
fn exit(case: &Case, ways: &[Tally]) -> i32 {
    let judged: Vec<_> = ways
        .iter()
        .map(|way| judge(&case.gates, case, way))
        .collect();
    let mut exit = 0;
    for (gate, answer) in judged[0].iter().enumerate() {
        let agreed = judged.iter().all(|way| way[gate] == *answer);
        match answer.filter(|_| agreed) {
            Some(true) => {}
            Some(false) => return 1,
            None => exit = 3,
        }
    }
    exit
}

fn judge(gates: &Gates, case: &Case, tally: &Tally) -> Vec<Holds> {
    let keys = tally.matched + tally.differing + tally.missing + tally.extra + tally.duplicated;
    let some = |holds: bool| (keys > 0).then_some(holds);
    let (old, new) = (tally.old_rows, tally.new_rows);
    let rows = tally.matched + tally.differing;
    let column = gates.column.filter(|_| case.columns.len() > case.key);
    vec![
        some(tally.matched * 1000 >= gates.match_rate.unwrap_or(0) * keys),
        Some(tally.duplicated <= gates.duplicated),
        Some(tally.unkeyed <= gates.unkeyed),
        (old + new > 0 && !(case.keys_of_new && new == 0))
            .then_some(old.min(new) >= gates.min_rows),
        gates
            .missing
            .map_or(Some(true), |most| some(tally.missing <= most)),
        gates
            .extra
            .map_or(Some(true), |most| some(tally.extra <= most)),
        gates.differing.map_or(Some(true), |share| {
            some(tally.differing * 1000 <= share * keys)
        }),
        gates.row_count_change.map_or(Some(true), |share| {
            let old = old - tally.out_of_scope_rows;
            (old > 0).then_some(old.abs_diff(new) * 1000 <= share * old)
        }),
        gates.min_coverage.map_or(Some(true), |share| {
            let [old, new] = tally.keys;
            (old > 0 && new > 0).then_some(tally.covered * 1000 >= share * old)
        }),
        column.map_or(Some(true), |share| {
            let equal = rows - tally.columns.get(case.key).unwrap_or(&0);
            (rows > 0).then_some(equal * 1000 >= share * rows)
        }),
    ]
}
