//! The single gates: what each requires, and what one tally says to it. How
//! the three tallies and an unfinished side bear on a gate is not known here.

use super::figures::{counted, percent, seconds, thousands};
use super::{Bound, Gates, Observed, Ratio, Share, Took, Verdict, lag};
use crate::compare::{Scope, Tally};

/// What one tally says to one gate.
pub(super) struct Judged {
    pub verdict: Verdict,
    pub observed: Option<String>,
    pub why: String,
}

impl Judged {
    pub(super) fn new(holds: bool, observed: impl Into<String>, why: String) -> Self {
        Judged {
            verdict: if holds { Verdict::Pass } else { Verdict::Fail },
            observed: Some(observed.into()),
            why,
        }
    }

    pub(super) fn undecided(observed: Option<String>, why: &str) -> Self {
        Judged {
            verdict: Verdict::Inconclusive,
            observed,
            why: why.to_owned(),
        }
    }
}

type Judge<'a> = Box<dyn Fn(&Tally) -> Judged + 'a>;

/// One gate that is on.
pub(super) struct Check<'a> {
    pub name: String,
    pub required: String,
    /// Whether a breach stands whatever rows were not seen.
    pub lasting: bool,
    pub judge: Judge<'a>,
}

impl<'a> Check<'a> {
    pub(super) fn new(
        name: impl Into<String>,
        required: String,
        judge: impl Fn(&Tally) -> Judged + 'a,
    ) -> Self {
        Check {
            name: name.into(),
            required,
            lasting: false,
            judge: Box::new(judge),
        }
    }

    fn lasting(self) -> Self {
        Check {
            lasting: true,
            ..self
        }
    }
}

/// Every gate that is on, in a fixed order. Where there is no key, or no row,
/// `match_rate` and `min_rows` are there even if they are off: an empty
/// comparison must not pass because nobody asked.
pub(super) fn all<'a>(gates: &'a Gates, observed: &Observed<'a>) -> Vec<Check<'a>> {
    let empty = observed.tally.sides.iter().all(|side| side.rows == 0);
    let mut checks = Vec::new();
    if gates.match_rate.is_some() || observed.tally.keys() == 0 {
        checks.push(match_rate(gates.match_rate, observed.scope));
    }
    checks.extend(gates.duplicated.map(duplicated));
    let bounds = [
        ("missing", gates.missing),
        ("extra", gates.extra),
        ("differing", gates.differing),
    ];
    let bounds = bounds
        .into_iter()
        .filter_map(|(name, bound)| Some((name, bound?)));
    checks.extend(bounds.map(|(name, bound)| keys(name, bound, observed.scope)));
    checks.extend(gates.unkeyed.map(unkeyed));
    checks.push(schema(
        gates.same_schema,
        observed.only_old,
        observed.only_new,
    ));
    checks.extend(gates.row_count_change.map(row_count_change));
    checks.extend(gates.min_coverage.map(min_coverage));
    if gates.min_rows.is_some() || empty {
        checks.push(min_rows(gates.min_rows.unwrap_or(0), observed.scope));
    }
    let ratio = gates.new_time_ratio;
    checks.extend(ratio.map(|ratio| new_time_ratio(ratio, observed.times)));
    let lags = observed.lags;
    checks.extend(gates.max_lag.map(|limit| lag::max_lag(limit, lags)));
    let names = observed.columns;
    let columns = gates.columns.iter();
    checks.extend(columns.map(|(name, share)| column(name, *share, names)));
    checks
}

/// Why there is nothing to compare.
fn no_keys(scope: Scope) -> &'static str {
    match scope {
        Scope::All => "no key was found on either side: there is nothing to compare",
        Scope::KeysOfNew => "new has no key, and only its keys are compared (scope keys-of-new)",
    }
}

fn match_rate<'a>(share: Option<Share>, scope: Scope) -> Check<'a> {
    let required = share.map_or_else(|| "any".to_owned(), |share| format!(">= {share}"));
    Check::new("match_rate", required, move |tally| {
        let keys = tally.keys();
        if keys == 0 {
            return Judged::undecided(None, no_keys(scope));
        }
        let holds = share.is_none_or(|share| share.compare(tally.matched, keys).is_ge());
        let why = format!(
            "{} of {} match: {} differing, {} missing, {} extra, {} duplicated",
            thousands(tally.matched),
            counted(keys, "key"),
            thousands(tally.differing),
            thousands(tally.missing),
            thousands(tally.extra),
            thousands(tally.duplicated),
        );
        Judged::new(holds, format!("{}%", percent(tally.matched, keys)), why)
    })
}

fn duplicated<'a>(limit: u64) -> Check<'a> {
    Check::new("duplicated", at_most(limit), move |tally| {
        let found = tally.duplicated;
        let why = match found {
            0 => "no key occurs more than once".to_owned(),
            _ => format!(
                "{} more than once on a side ({} in old, {} in new)",
                occur(found),
                thousands(tally.sides[0].duplicated),
                thousands(tally.sides[1].duplicated),
            ),
        };
        Judged::new(found <= limit, thousands(found), why)
    })
    .lasting()
}

fn occur(keys: u64) -> String {
    let verb = if keys == 1 { "occurs" } else { "occur" };
    format!("{} {verb}", counted(keys, "key"))
}

/// `missing`, `extra` or `differing`.
fn keys<'a>(name: &'static str, bound: Bound, scope: Scope) -> Check<'a> {
    Check::new(name, format!("<= {bound}"), move |tally| {
        let keys = tally.keys();
        if keys == 0 {
            return Judged::undecided(None, no_keys(scope));
        }
        let (found, what) = match name {
            "missing" => (tally.missing, "only in old"),
            "extra" => (tally.extra, "only in new"),
            _ => (tally.differing, "on both sides with different cells"),
        };
        let observed = match bound {
            Bound::Count(_) => thousands(found),
            Bound::Share(_) => format!("{}%", percent(found, keys)),
        };
        let why = format!("{} of {} {what}", thousands(found), counted(keys, "key"));
        Judged::new(bound.allows(found, keys), observed, why)
    })
}

fn unkeyed<'a>(limit: u64) -> Check<'a> {
    Check::new("unkeyed", at_most(limit), move |tally| {
        let [old, new] = [0, 1].map(|side: usize| tally.sides[side].unkeyed);
        let found = old.saturating_add(new);
        let why = match found {
            0 => "every row has a whole key".to_owned(),
            _ => format!(
                "{} NULL or absent in the key ({} in old, {} in new)",
                if found == 1 {
                    "1 row has".to_owned()
                } else {
                    format!("{} rows have", thousands(found))
                },
                thousands(old),
                thousands(new),
            ),
        };
        Judged::new(found <= limit, thousands(found), why)
    })
    .lasting()
}

fn schema<'a>(same: bool, only_old: &'a [String], only_new: &'a [String]) -> Check<'a> {
    let required = if same { "same" } else { "allow" };
    Check::new("schema", required.to_owned(), move |_| {
        let found = (only_old.len() + only_new.len()) as u64;
        if found == 0 {
            let why = "both sides have the same columns".to_owned();
            return Judged::new(true, "same", why);
        }
        let sides = [("old", only_old), ("new", only_new)].into_iter();
        let named: Vec<String> = sides
            .filter(|(_, names)| !names.is_empty())
            .map(|(side, names)| format!("only {side} has {}", listed(names)))
            .collect();
        let observed = format!("{} on one side only", counted(found, "column"));
        Judged::new(!same, observed, named.join("; "))
    })
}

/// The first few names, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn row_count_change<'a>(share: Share) -> Check<'a> {
    Check::new("row_count_change", format!("<= {share}"), move |tally| {
        let [old, new] = [0, 1].map(|side: usize| tally.sides[side].rows);
        let old = old.saturating_sub(tally.out_of_scope_rows);
        if old == 0 {
            return Judged::undecided(None, "old has no rows to which new could be compared");
        }
        let change = old.abs_diff(new);
        let observed = format!("{}%", percent(change, old));
        let of = match tally.out_of_scope_rows {
            0 => "",
            _ => " of keys that new has",
        };
        let why = format!(
            "{}{of} in old, {} in new",
            counted(old, "row"),
            thousands(new)
        );
        Judged::new(share.compare(change, old).is_le(), observed, why)
    })
}

fn min_coverage<'a>(share: Share) -> Check<'a> {
    Check::new("min_coverage", format!(">= {share}"), move |tally| {
        let [old, new] = [0, 1].map(|side: usize| tally.sides[side].keys);
        if old == 0 {
            return Judged::undecided(None, "old has no key that new could cover");
        }
        if new == 0 {
            return Judged::undecided(None, "new has no key: there is nothing to compare");
        }
        let observed = format!("{}%", percent(tally.covered, old));
        let covered = thousands(tally.covered);
        let why = format!("new has {covered} of the {} of old", counted(old, "key"));
        Judged::new(share.compare(tally.covered, old).is_ge(), observed, why)
    })
}

fn min_rows<'a>(limit: u64, scope: Scope) -> Check<'a> {
    let required = format!(">= {} a side", thousands(limit));
    Check::new("min_rows", required, move |tally| {
        let [old, new] = [0, 1].map(|side: usize| tally.sides[side].rows);
        let observed = format!("old {}, new {}", thousands(old), thousands(new));
        if old == 0 && new == 0 {
            let why = "both sides are empty: there is nothing to compare";
            return Judged::undecided(Some(observed), why);
        }
        if new == 0 && scope == Scope::KeysOfNew {
            return Judged::undecided(Some(observed), no_keys(scope));
        }
        let why = match (old < limit, new < limit) {
            (false, false) => "both sides have enough rows",
            (true, false) => "old has too few rows",
            (false, true) => "new has too few rows",
            (true, true) => "both sides have too few rows",
        };
        Judged::new(old.min(new) >= limit, observed, why.to_owned())
    })
}

/// A side that stood still may have needed any part of that time for itself: only
/// what holds in every case decides.
fn new_time_ratio<'a>(limit: Ratio, times: [Option<Took>; 2]) -> Check<'a> {
    Check::new("new_time_ratio", format!("<= {limit}"), move |_| {
        let [Some(old), Some(new)] = times else {
            return Judged::undecided(None, "a side was not read whole");
        };
        let [most_old, most_new] = [old, new].map(|side| side.reading.saturating_add(side.waiting));
        if most_old == 0 {
            let why = "old was read in less time than can be measured";
            return Judged::undecided(None, why);
        }
        let observed = (old.reading > 0).then(|| Ratio::shown(new.reading, old.reading));
        let holds = limit.allows(most_new, old.reading);
        if !holds && limit.allows(new.reading, most_old) {
            let why = format!(
                "waiting for the comparison decides it: new was read in {}, old in {}",
                taken(new),
                taken(old)
            );
            return Judged::undecided(observed, &why);
        }
        let why = format!("new was read in {}, old in {}", taken(new), taken(old));
        Judged {
            observed,
            ..Judged::new(holds, "", why)
        }
    })
}

/// `0.300000 s`, `0.300000 to 0.350000 s`.
fn taken(side: Took) -> String {
    let most = side.reading.saturating_add(side.waiting);
    match side.waiting {
        0 => format!("{} s", seconds(side.reading)),
        _ => format!("{} to {} s", seconds(side.reading), seconds(most)),
    }
}

fn column<'a>(name: &'a str, share: Share, columns: &'a [String]) -> Check<'a> {
    let index = columns.iter().position(|column| column == name);
    let title = format!("columns.{name}");
    Check::new(title, format!(">= {share}"), move |tally| {
        let Some(column) = index.and_then(|index| tally.columns.get(index)) else {
            return Judged::undecided(None, "this column was not compared");
        };
        let rows = tally.matched + tally.differing;
        if rows == 0 {
            let why = "no key is once on both sides: no cell was compared";
            return Judged::undecided(None, why);
        }
        let equal = rows.saturating_sub(column.differing);
        let observed = format!("{}%", percent(equal, rows));
        let why = format!(
            "{} of {} differ",
            thousands(column.differing),
            counted(rows, "cell")
        );
        Judged::new(share.compare(equal, rows).is_ge(), observed, why)
    })
}

fn at_most(limit: u64) -> String {
    format!("<= {}", thousands(limit))
}
