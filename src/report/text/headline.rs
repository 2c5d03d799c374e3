//! The verdict in one sentence: for the run, and for each dataset.

use super::super::model::{Dataset, Reason, Report};
use super::table::Table;
use super::{Page, cell, sentence, style};
use crate::error::Code;
use crate::gate::Verdict;

/// One line for one dataset; for several, the run's line and a line for each.
pub fn write(report: &Report, page: &Page<'_>, out: &mut String) {
    let mark = page
        .ink
        .paint(style(report.verdict), word(report.verdict, page));
    let said = match (beside(report), &*report.datasets) {
        (Some(reason), _) => (page.words.not_verified)(&sentence(&reason.why)),
        (None, []) => nothing(report, page),
        (None, [dataset]) => format!(
            "{}: {}",
            sentence(&dataset.name),
            says(dataset, report, page)
        ),
        (None, several) => (page.words.overall)(
            [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive].map(|verdict| {
                several
                    .iter()
                    .filter(|each| each.verdict == verdict)
                    .count()
            }),
        ),
    };
    out.push_str(&format!("{mark}  {said}\n"));
    if report.datasets.len() < 2 {
        return;
    }
    let mut table = Table::new(&[]);
    for dataset in &report.datasets {
        let mark = page
            .ink
            .cell(style(dataset.verdict), word(dataset.verdict, page));
        table.row([
            mark,
            sentence(&dataset.name).into(),
            says(dataset, report, page).into(),
        ]);
    }
    table.render(2, out);
}

fn word(verdict: Verdict, page: &Page<'_>) -> &'static str {
    match verdict {
        Verdict::Pass => page.words.pass,
        Verdict::Fail => page.words.fail,
        Verdict::Inconclusive => page.words.inconclusive,
    }
}

/// Why a run is worse than any of its datasets: its report could not be saved.
fn beside(report: &Report) -> Option<&Reason> {
    let worst = report.datasets.iter().map(|dataset| dataset.verdict).max();
    let of_run = report
        .reasons
        .iter()
        .find(|reason| reason.dataset.is_none());
    of_run.filter(|_| worst.is_some_and(|worst| worst < report.verdict))
}

fn nothing(report: &Report, page: &Page<'_>) -> String {
    let why = report.reasons.first().map(|reason| sentence(&reason.why));
    let parts = [Some(page.words.nothing_verified.to_owned()), why];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

fn says(dataset: &Dataset, report: &Report, page: &Page<'_>) -> String {
    let rate = rate(dataset, page);
    match dataset.verdict {
        Verdict::Pass => rate,
        Verdict::Fail => fails(dataset, rate, page),
        Verdict::Inconclusive => (page.words.not_verified)(&doubt(dataset, report)),
    }
}

/// `99.22 % of 1,412 keys match; 99.5 % is required (gate match_rate)`.
fn rate(dataset: &Dataset, page: &Page<'_>) -> String {
    let Some(rate) = &dataset.match_rate else {
        return page.words.no_keys.to_owned();
    };
    let mut said = (page.words.rate)(&rate.percent, rate.denominator);
    if let Some(window) = &dataset.window {
        let column = cell::escape(&window.column);
        said.push_str(&(page.words.in_window)(&column));
    }
    if let Some(share) = &dataset.coverage {
        let coverage = page.words.coverage;
        let part = coverage(share.numerator, share.denominator, &share.percent);
        said.push_str(&format!("; {part}"));
    }
    // A gate without a share only asks that there be keys.
    let gate = dataset.gates.iter().find(|gate| gate.name == "match_rate");
    match gate.and_then(|gate| gate.required.strip_prefix(">= ")) {
        Some(share) => {
            let share = sentence(&share.replace('%', " %"));
            format!("{said}; {}", (page.words.required)(&share, "match_rate"))
        }
        None => said,
    }
}

fn fails(dataset: &Dataset, rate: String, page: &Page<'_>) -> String {
    let broken: Vec<_> = dataset
        .gates
        .iter()
        .filter(|gate| gate.verdict == Verdict::Fail)
        .collect();
    let mut said = vec![rate];
    match broken.iter().find(|gate| gate.name == "match_rate") {
        Some(_) => {}
        None => said.extend(
            broken
                .first()
                .map(|gate| (page.words.broken)(&cell::escape(&gate.name), &sentence(&gate.why))),
        ),
    }
    if broken.len() > 1 {
        said.push((page.words.gates_broken)(broken.len()));
    }
    said.join(", ")
}

/// Why a dataset could not be verified: the run's reason, or else its gate's.
fn doubt(dataset: &Dataset, report: &Report) -> String {
    let about = |reason: &&Reason| {
        let other = reason
            .dataset
            .as_ref()
            .is_some_and(|name| *name != dataset.name);
        !other && reason.code != Code::GateBroken
    };
    if let Some(reason) = report.reasons.iter().find(about) {
        let side = reason.side.map(|side| format!("{side} side: "));
        return side.unwrap_or_default() + &sentence(&reason.why);
    }
    let undecided = dataset
        .gates
        .iter()
        .find(|gate| gate.verdict == Verdict::Inconclusive);
    undecided.map_or_else(String::new, |gate| sentence(&gate.why))
}
