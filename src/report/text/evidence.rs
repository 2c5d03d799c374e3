//! The evidence: which columns differ and why, and rows to look at.

use super::super::model::{Column, Dataset, OneSided, RuleCount, Samples, Values};
use super::cell::{self, number};
use super::table::{Align, Cell, Style, Table};
use super::{Page, changed, sentence};
use crate::compare::Cause;
use crate::error::Side;

/// How many columns, and how many rows of a kind, are shown unasked.
const COLUMNS: usize = 5;
const ROWS: usize = 3;
/// How many cells of a one-sided row are shown beside its key.
const CELLS: usize = 4;

/// A key as people say it: its value, or `name=value` for each column of several.
pub fn key(key: &Values) -> String {
    let shown = |value: &Option<String>| cell::fit(&cell::value(value.as_deref()), 40);
    match key.len() {
        1 => key.values().map(shown).collect(),
        _ => named(key.iter(), shown),
    }
}

fn named<'a>(
    cells: impl Iterator<Item = (&'a String, &'a Option<String>)>,
    shown: impl Fn(&'a Option<String>) -> String,
) -> String {
    let texts = cells.map(|(name, value)| format!("{}={}", cell::escape(name), shown(value)));
    texts.collect::<Vec<_>>().join(", ")
}

/// The columns with the most differing cells, their causes and examples.
pub fn columns(dataset: &Dataset, page: &Page<'_>, out: &mut String) {
    let mut worst: Vec<&Column> = dataset
        .columns
        .iter()
        .filter(|column| column.differing > 0)
        .collect();
    worst.sort_by_key(|column| std::cmp::Reverse(column.differing));
    if worst.is_empty() {
        return;
    }
    page.heading(page.words.columns, out);
    for column in worst.iter().take(COLUMNS) {
        let mut causes: Vec<_> = column.causes.iter().collect();
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let causes = causes
            .iter()
            .map(|(cause, count)| format!("{cause} {}", number(**count)));
        let (name, ty) = (cell::escape(&column.name), cell::escape(&column.ty));
        let name = page.ink.paint(Style::Heading, &name);
        let cells = (page.words.cells)(column.differing);
        out.push_str(&format!(
            "    {name} ({ty}): {cells}: {}\n",
            causes.collect::<Vec<_>>().join(", ")
        ));
        examples(column, page, out);
    }
    if worst.len() > COLUMNS {
        out.push_str(&format!(
            "    {}\n",
            (page.words.more_columns)(worst.len() - COLUMNS)
        ));
    }
}

fn examples(column: &Column, page: &Page<'_>, out: &mut String) {
    let mut table = Table::new(&[]);
    for example in &column.examples {
        let (old, new) = (example.old.as_deref(), example.new.as_deref());
        let none = nothing(&example.cause, old.or(new).is_none());
        let pair = changed::arrow(old, new, none, page.value_width());
        table.row([key(&example.key), pair, sentence(&example.cause)].map(Cell::from));
    }
    table.render(6, out);
}

/// What stands for a value that is not there. A report's null is NULL, and where
/// the cause says so, a field its record does not have.
fn nothing(cause: &str, on_both: bool) -> &'static str {
    match (cause == Cause::Absent.name(), on_both) {
        (false, _) => "NULL",
        (true, false) => "absent",
        (true, true) => "NULL or absent",
    }
}

/// How many cells each rule changed, per side.
pub fn rules(dataset: &Dataset, page: &Page<'_>, out: &mut String) {
    let used = dataset.columns.iter().flat_map(|column| {
        let rules = column.rules.iter().filter(|rule| rule.old + rule.new > 0);
        rules.map(move |rule: &RuleCount| (column, rule))
    });
    let mut table = Table::new(&[]);
    let mut any = false;
    for (column, rule) in used {
        any = true;
        let each = (page.words.in_each)(rule.old, rule.new);
        // A map of many labels is in report.json; here it is only named.
        let rule = cell::fit(&cell::escape(&rule.rule), page.value_width());
        table.row([cell::escape(&column.name), rule, each].map(Cell::from));
    }
    if any {
        page.heading(page.words.changed_by_rules, out);
        table.render(4, out);
    }
}

/// Columns that were not compared: on one side only, ignored, or left out.
pub fn schema(dataset: &Dataset, page: &Page<'_>, out: &mut String) {
    let words = page.words;
    let names = |names: &[String]| {
        names
            .iter()
            .map(|name| cell::escape(name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let sides = [
        (words.only_in_old, &dataset.columns_only_old),
        (words.only_in_new, &dataset.columns_only_new),
    ];
    let drift: Vec<_> = sides
        .into_iter()
        .filter(|(_, columns)| !columns.is_empty())
        .map(|(side, columns)| format!("{side}: {}", names(columns)))
        .collect();
    page.list(words.schema, &drift, out);
    let not_compared = [
        (words.ignored, &dataset.ignored),
        (words.left_out, &dataset.columns_left_out),
    ];
    for (why, columns) in not_compared {
        if !columns.is_empty() {
            page.list(why, &[names(columns)], out);
        }
    }
}

/// A few rows of each kind but the differing ones.
pub fn samples(dataset: &Dataset, samples: &Samples, page: &Page<'_>, out: &mut String) {
    let (counts, words) = (&dataset.counts, page.words);
    one_sided(
        words.missing,
        words.only_in_old,
        &samples.missing,
        counts.missing,
        page,
        out,
    );
    one_sided(
        words.extra,
        words.only_in_new,
        &samples.extra,
        counts.extra,
        page,
        out,
    );
    let duplicated = samples.duplicated.iter().take(page.show.max(ROWS));
    let duplicated: Vec<_> = duplicated
        .map(|row| vec![key(&row.key), (words.in_each)(row.old, row.new)])
        .collect();
    listed(words.duplicated, duplicated, counts.duplicated, page, out);
    unreadable(dataset, page, out);
}

fn unreadable(dataset: &Dataset, page: &Page<'_>, out: &mut String) {
    // Some of each side: one side's must not crowd out the other's.
    let of_side = |side| {
        let cells = dataset.samples.unreadable.iter();
        let cells = cells.filter(move |bad| bad.side == side);
        cells.take(page.show.max(ROWS))
    };
    let rows: Vec<_> = Side::BOTH
        .into_iter()
        .flat_map(of_side)
        .map(|bad| {
            let text = cell::fit(&cell::value(Some(&bad.text)), page.value_width());
            let column = cell::escape(&bad.column);
            vec![bad.side.to_string(), key(&bad.key), column, text]
        })
        .collect();
    // Not "and more": the counts are of cells, and the samples are a few of them.
    let shown = rows.len() as u64;
    listed(page.words.unreadable, rows, shown, page, out);
}

fn one_sided(
    name: &str,
    side: &str,
    rows: &[OneSided],
    all: u64,
    page: &Page<'_>,
    out: &mut String,
) {
    let shown = rows.iter().take(page.show.max(ROWS)).map(|row| {
        let cells = row
            .row
            .iter()
            .filter(|(name, _)| !row.key.contains_key(*name));
        let cells = named(cells.take(CELLS), |value| {
            cell::fit(&cell::value(value.as_deref()), 24)
        });
        vec![key(&row.key), cells]
    });
    listed(&format!("{name}, {side}"), shown.collect(), all, page, out);
}

fn listed(heading: &str, rows: Vec<Vec<String>>, all: u64, page: &Page<'_>, out: &mut String) {
    if rows.is_empty() {
        return;
    }
    page.heading(heading, out);
    let left = all.saturating_sub(rows.len() as u64);
    let mut table = Table::new(&[]);
    for row in rows {
        table.row(row.into_iter().map(Cell::from));
    }
    table.render(4, out);
    if left > 0 {
        out.push_str(&format!("    {}\n", (page.words.more_rows)(left)));
    }
}

/// The first differing rows, old beside new, the changed part of a cell marked.
pub fn side_by_side(dataset: &Dataset, samples: &Samples, page: &Page<'_>, out: &mut String) {
    let shown = page.show.min(samples.differing.len());
    if shown == 0 {
        return;
    }
    let words = page.words;
    page.heading(
        &(words.rows_side_by_side)(shown, dataset.counts.differing),
        out,
    );
    for row in &samples.differing[..shown] {
        let name = named(row.key.iter(), |value| cell::value(value.as_deref()));
        out.push_str(&format!("    {}\n", page.ink.paint(Style::Heading, &name)));
        let mut table = Table::new(&[Align::Left]);
        table.row([words.column, words.old, words.new, words.cause].map(Cell::from));
        for cells in &row.cells {
            let (old, new) = (cells.old.as_deref(), cells.new.as_deref());
            let none = nothing(&cells.cause, old.or(new).is_none());
            let [old, new] = changed::marked(old, new, none, page.value_width(), page.ink);
            table.row([
                cell::escape(&cells.column).into(),
                old,
                new,
                sentence(&cells.cause).into(),
            ]);
        }
        table.render(6, out);
    }
}
