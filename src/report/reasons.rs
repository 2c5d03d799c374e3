//! Why a run does not pass, and what to do about it: one reason for each failure
//! and for each gate that is broken or could not be decided.

use super::model::{Dataset, Reason};
use crate::error::{Code, Failure};
use crate::gate::{Doubt, Finding, Verdict};

/// Why a dataset does not pass: failures first, then broken gates. Undecided
/// gates are told only where no failure explains them.
pub fn of(dataset: &Dataset, failures: &[Failure]) -> Vec<Reason> {
    let failed = failures
        .iter()
        .map(|failure| reason(&dataset.name, failure));
    let broken = gates(dataset, Verdict::Fail, Code::GateBroken);
    let undecided =
        gates(dataset, Verdict::Inconclusive, Code::Undecided).filter(|_| failures.is_empty());
    failed.chain(broken).chain(undecided).collect()
}

fn gates(dataset: &Dataset, verdict: Verdict, code: Code) -> impl Iterator<Item = Reason> {
    let nothing = code == Code::Undecided && dataset.match_rate.is_none();
    let findings = dataset.gates.iter();
    findings
        .filter(move |finding| finding.verdict == verdict)
        .map(move |finding| Reason {
            code: match nothing {
                true => Code::NothingCompared,
                false => code,
            },
            dataset: Some(dataset.name.clone()),
            side: None,
            transient: moves(finding),
            why: format!("gate {}: {}", finding.name, finding.why),
            next: match nothing {
                true => next_after_nothing(),
                false => next_after(finding),
            }
            .to_owned(),
        })
}

fn next_after_nothing() -> &'static str {
    "check that both sides hold the data they should"
}

/// Whether a gate may be decided by itself, a little later.
fn moves(finding: &Finding) -> bool {
    finding.undecided_by.contains(&Doubt::Moving)
}

fn next_after(finding: &Finding) -> &'static str {
    match finding.name.as_str() {
        _ if moves(finding) => {
            "run again when less is written, or look again more often or later (--recheck, --recheck-delay)"
        }
        "duplicated" => "look at duplicates.csv: the key must name one row",
        "missing" => "look at missing.csv",
        "extra" => "look at extra.csv",
        "unkeyed" => "give every row a key, or compare by other columns",
        "schema" => "add the columns to both sides, or name them in `ignore`",
        "min_coverage" => "let the new side give more keys: a dry run without its limit",
        "min_rows" | "row_count_change" => "check that both sides hold the data they should",
        "max_lag" => "wait until the standby has caught up, or read the primary",
        "new_time_ratio" => "measure both sides one at a time with `shadowgate pace`",
        _ => "look at differences.csv, missing.csv and extra.csv",
    }
}

/// A failure of a dataset as the report tells it.
pub fn reason(dataset: &str, failure: &Failure) -> Reason {
    let mut reason = of_run(failure);
    reason.dataset.get_or_insert_with(|| dataset.to_owned());
    reason
}

/// A failure of the run itself, unless it names a dataset.
pub fn of_run(failure: &Failure) -> Reason {
    Reason {
        code: failure.code,
        dataset: failure.dataset.clone(),
        side: failure.side,
        transient: failure.transient,
        why: failure.why.clone(),
        next: failure.next.clone(),
    }
}
