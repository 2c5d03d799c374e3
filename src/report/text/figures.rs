//! The figures: what was read, what came out for the keys, what the gates found.

use super::super::model::{Dataset, Receipt};
use super::cell::number;
use super::table::{Align, Cell, Style, Table};
use super::{Page, cell, sentence, style};
use crate::gate::Verdict;

/// Both sides: where, how much, how fast, and whether to its end.
pub fn sides(dataset: &Dataset, page: &Page<'_>, out: &mut String) {
    out.push('\n');
    let mut table = Table::new(&[]);
    for (name, receipt) in [
        (page.words.old, &dataset.old),
        (page.words.new, &dataset.new),
    ] {
        let mut place = sentence(&receipt.location);
        if let Some(relation) = &receipt.relation {
            place.push(' ');
            place.push_str(&sentence(relation));
        }
        table.row([
            name.into(),
            place.into(),
            (page.words.read)(receipt).into(),
            whole(receipt, page),
        ]);
    }
    table.render(2, out);
    window(dataset, page, out);
}

/// Which rows are not among those read, and how many: they were not compared.
fn window(dataset: &Dataset, page: &Page<'_>, out: &mut String) {
    let Some(window) = &dataset.window else {
        return;
    };
    let (since, until) = (window.since.as_deref(), window.until.as_deref());
    let spans = (page.words.spans)(&cell::escape(&window.column), since, until);
    let left_out = [&dataset.old, &dataset.new].map(|side| side.outside_window);
    let outside = (page.words.outside)(left_out);
    out.push_str(&format!(
        "\n  {}  {spans}\n  {outside}\n",
        page.words.window
    ));
}

fn whole(receipt: &Receipt, page: &Page<'_>) -> Cell {
    if receipt.complete {
        return "".into();
    }
    let claimed = receipt.rows_claimed.map(page.words.claimed);
    let parts = [claimed, Some(page.words.not_complete.to_owned())];
    let said = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    page.ink.cell(Style::Doubtful, &said)
}

/// What to know of how a side was read.
pub fn notes(dataset: &Dataset, page: &Page<'_>, out: &mut String) {
    let sides = [
        (page.words.old, &dataset.old),
        (page.words.new, &dataset.new),
    ];
    let standbys = sides.into_iter().filter(|(_, side)| side.standby);
    let notes = standbys.map(|(name, side)| {
        let behind = (page.words.standby)(side.lag_seconds, side.lag_bytes);
        format!("{name}: {behind}")
    });
    page.list(page.words.notes, &notes.collect::<Vec<_>>(), out);
}

/// Rows by side, then every key's outcome. Missing and extra are always named.
pub fn counts(dataset: &Dataset, page: &Page<'_>, out: &mut String) {
    let (counts, words) = (&dataset.counts, page.words);
    out.push('\n');
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right]);
    table.row(["".into(), words.old.into(), words.new.into()]);
    for (name, old, new) in [
        (words.rows, counts.old_rows, counts.new_rows),
        (words.keys, counts.old_keys, counts.new_keys),
        (words.unkeyed, counts.unkeyed_old, counts.unkeyed_new),
        (
            words.unreadable,
            counts.unreadable_old,
            counts.unreadable_new,
        ),
    ] {
        table.row([name.into(), number(old).into(), number(new).into()]);
    }
    table.render(2, out);
    out.push('\n');
    outcomes(dataset, page).render(2, out);
}

fn outcomes<'a>(dataset: &Dataset, page: &Page<'_>) -> Table<'a> {
    let (counts, words) = (&dataset.counts, page.words);
    let judged = dataset.old.complete && dataset.new.complete;
    let only = |said| if judged { said } else { words.not_judged };
    let mut table = Table::new(&[Align::Left, Align::Right]);
    let mut row = |name: &str, keys: u64, said: &str, bad: bool| {
        let shown = number(keys);
        let count = if bad && keys > 0 {
            page.ink.cell(Style::Bad, &shown)
        } else {
            (&shown).into()
        };
        table.row([name.into(), count, said.into()]);
    };
    row(
        words.matched,
        counts.matched,
        &matched(dataset, page),
        false,
    );
    row(words.differing, counts.differing, "", true);
    row(words.missing, counts.missing, only(words.only_in_old), true);
    row(words.extra, counts.extra, only(words.only_in_new), true);
    let each = (words.in_each)(counts.duplicated_old, counts.duplicated_new);
    row(
        words.duplicated,
        counts.duplicated,
        if counts.duplicated > 0 { &each } else { "" },
        true,
    );
    if let Some(recheck) = &dataset.recheck {
        let (keys, rounds) = (recheck.rechecked, recheck.rounds);
        let looked = (words.looked_again)(keys, rounds, recheck.delay_seconds);
        let still = match recheck.moving {
            0 => "",
            _ => words.may_still_match,
        };
        row(words.moving, recheck.moving, still, true);
        if recheck.rounds > 0 {
            row(words.settled, recheck.settled, &looked, false);
        }
    }
    if let Some(keys) = counts.out_of_scope {
        row(
            words.out_of_scope,
            keys,
            only(&not_compared(dataset, page)),
            false,
        );
    }
    table
}

/// What keys out of scope are, and how many of old's are not.
fn not_compared(dataset: &Dataset, page: &Page<'_>) -> String {
    let coverage = dataset
        .coverage
        .as_ref()
        .map(|share| (page.words.coverage)(share.numerator, share.denominator, &share.percent));
    let parts = [Some(page.words.not_in_new.to_owned()), coverage];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The rate, and how many of the matched rows are not equal byte for byte.
fn matched(dataset: &Dataset, page: &Page<'_>) -> String {
    let rate = dataset.match_rate.as_ref();
    let rate = rate.map(|rate| (page.words.of_keys)(rate.denominator, &rate.percent));
    let of = |count: u64, name: &str| (count > 0).then(|| format!("{} {name}", number(count)));
    let parts = [
        rate,
        of(dataset.counts.tolerated, page.words.tolerated),
        of(dataset.counts.equal_by_rules, page.words.equal_by_rules),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Every gate, and why it does not pass where it does not.
pub fn gates(dataset: &Dataset, page: &Page<'_>, out: &mut String) {
    if dataset.gates.is_empty() {
        return;
    }
    page.heading(page.words.gates, out);
    let mut table = Table::new(&[]);
    for gate in &dataset.gates {
        let mark = match gate.verdict {
            Verdict::Pass => page.words.ok_mark,
            Verdict::Fail => page.words.fail_mark,
            Verdict::Inconclusive => page.words.doubt_mark,
        };
        let why = if gate.verdict == Verdict::Pass {
            String::new()
        } else {
            sentence(&gate.why)
        };
        let observed = gate.observed.as_deref().unwrap_or("-");
        let texts =
            [&*gate.name, &*gate.required, observed].map(|text| Cell::from(cell::escape(text)));
        let [name, required, observed] = texts;
        table.row([
            page.ink.cell(style(gate.verdict), mark),
            name,
            required,
            observed,
            why.into(),
        ]);
    }
    table.render(4, out);
}
