//! Every word of the summary in one place, so that another language is another
//! table of these and no other change.

use super::super::model::Receipt;
use super::cell::number;
use crate::gate::counted;

/// The texts of one language. Functions where a number or a name goes in.
#[derive(Debug)]
pub struct Words {
    pub pass: &'static str,
    pub fail: &'static str,
    pub inconclusive: &'static str,
    pub ok_mark: &'static str,
    pub fail_mark: &'static str,
    pub doubt_mark: &'static str,
    pub old: &'static str,
    pub new: &'static str,
    pub rows: &'static str,
    pub keys: &'static str,
    pub unkeyed: &'static str,
    pub unreadable: &'static str,
    pub matched: &'static str,
    pub tolerated: &'static str,
    pub equal_by_rules: &'static str,
    pub differing: &'static str,
    pub missing: &'static str,
    pub extra: &'static str,
    pub duplicated: &'static str,
    pub settled: &'static str,
    pub moving: &'static str,
    pub may_still_match: &'static str,
    pub out_of_scope: &'static str,
    pub not_in_new: &'static str,
    pub only_in_old: &'static str,
    pub only_in_new: &'static str,
    pub not_judged: &'static str,
    pub not_complete: &'static str,
    pub gates: &'static str,
    pub columns: &'static str,
    pub changed_by_rules: &'static str,
    pub schema: &'static str,
    pub ignored: &'static str,
    pub left_out: &'static str,
    pub warnings: &'static str,
    pub notes: &'static str,
    pub reasons: &'static str,
    pub next: &'static str,
    pub files: &'static str,
    pub column: &'static str,
    pub cause: &'static str,
    pub no_keys: &'static str,
    pub nothing_verified: &'static str,
    /// percent, keys
    pub rate: fn(&str, u64) -> String,
    /// keys of both sides, keys of old, percent
    pub coverage: fn(u64, u64, &str) -> String,
    /// what the gate requires, its name
    pub required: fn(&str, &str) -> String,
    /// the gate's name, why
    pub broken: fn(&str, &str) -> String,
    pub gates_broken: fn(usize) -> String,
    pub not_verified: fn(&str) -> String,
    /// passing, failing, inconclusive datasets
    pub overall: fn([usize; 3]) -> String,
    pub of_keys: fn(u64, &str) -> String,
    /// in old, in new
    pub in_each: fn(u64, u64) -> String,
    /// keys looked at again, how often, seconds before each look
    pub looked_again: fn(u64, u32, f64) -> String,
    pub read: fn(&Receipt) -> String,
    pub claimed: fn(u64) -> String,
    /// the window's column
    pub in_window: fn(&str) -> String,
    pub window: &'static str,
    /// its column, since, until
    pub spans: fn(&str, Option<&str>, Option<&str>) -> String,
    /// outside in old, in new
    pub outside: fn([Option<u64>; 2]) -> String,
    /// seconds behind, bytes behind
    pub standby: fn(Option<f64>, Option<u64>) -> String,
    pub cells: fn(u64) -> String,
    pub more_columns: fn(usize) -> String,
    pub more_rows: fn(u64) -> String,
    pub rows_side_by_side: fn(usize, u64) -> String,
    pub explain: fn(&str) -> String,
}

pub static ENGLISH: Words = Words {
    pass: "PASS",
    fail: "FAIL",
    inconclusive: "INCONCLUSIVE",
    ok_mark: "ok",
    fail_mark: "FAIL",
    doubt_mark: "??",
    old: "old",
    new: "new",
    rows: "rows",
    keys: "keys",
    unkeyed: "unkeyed rows",
    unreadable: "unreadable cells",
    matched: "matched",
    tolerated: "within tolerance",
    equal_by_rules: "equal only by rules",
    differing: "differing",
    missing: "missing",
    extra: "extra",
    duplicated: "duplicated",
    settled: "settled",
    moving: "moving",
    may_still_match: "of these: they may still match",
    out_of_scope: "out of scope",
    not_in_new: "only in old, not compared (scope keys-of-new)",
    only_in_old: "only in old",
    only_in_new: "only in new",
    not_judged: "not judged: a side was not seen whole",
    not_complete: "NOT COMPLETE",
    gates: "gates",
    columns: "columns that differ most",
    changed_by_rules: "cells changed by rules",
    schema: "columns on one side only",
    ignored: "ignored columns",
    left_out: "columns not compared, as only others are named",
    warnings: "warnings",
    notes: "notes",
    reasons: "reasons",
    next: "what to do next",
    files: "files",
    column: "column",
    cause: "cause",
    no_keys: "no rate: there was nothing to compare, or a side was not seen whole",
    nothing_verified: "nothing was verified",
    rate: |percent, keys| format!("{percent} % of {} match", counted(keys, "key")),
    coverage: |both, old, percent| {
        format!(
            "{} of the {} of old are in new ({percent} %)",
            number(both),
            counted(old, "key")
        )
    },
    required: |required, gate| format!("{required} is required (gate {gate})"),
    broken: |gate, why| format!("gate {gate} is broken: {why}"),
    gates_broken: |broken| counted(broken as u64, "gate") + " broken",
    not_verified: |why| format!("could not be verified: {why}"),
    overall: |[pass, fail, doubt]| {
        let all = counted((pass + fail + doubt) as u64, "dataset");
        format!("{all}: {fail} failed, {doubt} inconclusive, {pass} passed")
    },
    of_keys: |keys, percent| format!("{percent} % of {}", counted(keys, "key")),
    in_each: |old, new| format!("{} in old, {} in new", number(old), number(new)),
    looked_again: |keys, rounds, seconds| {
        let looks = counted(u64::from(rounds), "more look");
        format!("of {} in {looks}, {seconds} s apart", counted(keys, "key"))
    },
    read: |receipt| {
        let waiting = receipt.seconds_waiting.filter(|waiting| *waiting >= 0.01);
        let rows = counted(receipt.rows, "row");
        let mut said = format!("{rows} in {:.2} s", receipt.seconds);
        if let Some(waiting) = waiting {
            said.push_str(&format!(
                " and {waiting:.2} s of waiting for the comparison"
            ));
        }
        if receipt.rows > 0 {
            let first = receipt.seconds_to_first_row;
            let least = if waiting.is_some() { "at least " } else { "" };
            let rate = number(receipt.rows_per_second);
            said = format!("first row {first:.2} s, {said}, {least}{rate} rows/s");
        }
        if let Some(pages) = receipt.pages {
            said.push_str(&format!(", {}", counted(pages, "page")));
        }
        said
    },
    standby: |seconds, bytes| {
        let behind = match seconds {
            Some(seconds) => format!("at most {seconds:.3} s behind its primary"),
            None => "which cannot tell how far it is behind its primary".to_owned(),
        };
        match bytes.filter(|bytes| *bytes > 0) {
            Some(bytes) => format!(
                "a standby, {behind}, {} not replayed",
                counted(bytes, "byte")
            ),
            None => format!("a standby, {behind}"),
        }
    },
    claimed: |rows| format!("of {} that the source says it holds", number(rows)),
    in_window: |column| format!(" in the window of `{column}`"),
    window: "window",
    spans: |column, since, until| match (since, until) {
        (Some(since), Some(until)) => format!("{column} from {since} until before {until}"),
        (Some(since), None) => format!("{column} from {since} on"),
        (None, until) => format!("{column} before {}", until.unwrap_or_default()),
    },
    outside: |outside| {
        let sides = ["old", "new"].into_iter().zip(outside);
        let sides = sides.map(|(side, rows)| match rows {
            Some(rows) => format!("{side}: {} outside", counted(rows, "row")),
            None => format!("{side}: rows outside not counted"),
        });
        format!(
            "{}; these were not compared",
            sides.collect::<Vec<_>>().join(", ")
        )
    },
    cells: |cells| counted(cells, "cell"),
    more_columns: |more| format!("and {}", counted(more as u64, "more column")),
    more_rows: |more| format!("and {} more", number(more)),
    rows_side_by_side: |shown, all| {
        format!(
            "differing rows, {shown} of {}: [-only in old-] {{+only in new+}}",
            number(all)
        )
    },
    explain: |command| format!("`{command}` shows how one row came to differ, step by step"),
};
