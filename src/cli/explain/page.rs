//! What `explain` prints: both sides beside each other, a line for each column
//! and one for each step that changed a cell, then the prints.

use std::fmt::Write;

use crate::error::Side;
use crate::report::text::cell;
use crate::report::text::changed;
use crate::report::text::table::{Cell, Ink, Style, Table};
use crate::run::explain::{Agreement, CellWay, Explained, Outcome, Row};
use crate::source::Identity;
use crate::value::{self, show};

/// How to show it.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub ink: Ink,
    /// The terminal's columns.
    pub width: usize,
    /// Whole values, and the canonical bytes.
    pub whole: bool,
}

impl Look {
    /// The most columns of one of two values side by side.
    fn value_width(&self) -> usize {
        match self.whole {
            true => usize::MAX,
            false => (self.width.saturating_sub(50) / 2).clamp(16, 60),
        }
    }

    fn heading(&self, text: &str, out: &mut String) {
        let text = self.ink.paint(Style::Heading, text);
        writeln!(out, "\n  {text}").expect("a String takes all");
    }
}

pub fn render(explained: &Explained, look: Look) -> String {
    let mut out = headline(explained, look);
    sides(explained, &mut out);
    let [old, new] = &explained.rows;
    let rows = old.len().max(new.len());
    for index in 0..rows {
        let pair = [old.get(index), new.get(index)];
        match rows {
            1 => look.heading("columns", &mut out),
            _ => look.heading(&format!("columns, row {}", index + 1), &mut out),
        }
        columns(explained, pair, look, &mut out);
        prints(pair, look, &mut out);
        if look.whole {
            bytes(explained, pair, look, &mut out);
        }
    }
    notes(explained, look, &mut out);
    out
}

fn headline(explained: &Explained, look: Look) -> String {
    let what = match explained.outcome {
        Outcome::Matched => matched(explained),
        Outcome::Differing => {
            let differs = |found: &&Agreement| matches!(found, Agreement::Differs(_));
            let count = explained
                .agreements
                .iter()
                .flatten()
                .filter(differs)
                .count();
            format!("{count} of {} columns differ", explained.plan.columns.len())
        }
        Outcome::Missing => "only the old side has this key".to_owned(),
        Outcome::Extra => "only the new side has this key".to_owned(),
        Outcome::Duplicated => "more than one row of a side has this key".to_owned(),
        Outcome::OutOfScope => {
            "only the old side has this key, and only those of new are compared".to_owned()
        }
    };
    let style = match explained.outcome {
        Outcome::Matched => Style::Good,
        Outcome::OutOfScope => Style::Doubtful,
        _ => Style::Bad,
    };
    let name = look
        .ink
        .paint(style, &explained.outcome.name().to_uppercase());
    format!("{name}  {}: {what}\n", key(explained))
}

fn matched(explained: &Explained) -> String {
    let tolerated = explained.agreements.iter().flatten();
    let tolerated = tolerated.filter(|found| **found == Agreement::Tolerated);
    match tolerated.count() {
        0 => "equal on both sides".to_owned(),
        1 => "equal on both sides, 1 column within its tolerance".to_owned(),
        count => format!("equal on both sides, {count} columns within their tolerances"),
    }
}

/// The key's canonical values, from whichever side has it.
fn key(explained: &Explained) -> String {
    let plan = &explained.plan;
    let row = explained.rows.iter().flatten().next();
    let cells = row.iter().flat_map(|row| &row.cells);
    let named = plan.columns[..plan.key].iter().zip(cells);
    let shown = named.map(|(column, way)| {
        let value = cell::fit(&canonical(way), 60);
        format!("{} {value}", cell::escape(&column.name))
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn sides(explained: &Explained, out: &mut String) {
    out.push('\n');
    let mut table = Table::new(&[]);
    for side in Side::BOTH {
        let rows = match explained.found[side.index()] {
            0 => "no row".to_owned(),
            1 => "1 row".to_owned(),
            rows => format!("{} rows", cell::number(rows)),
        };
        let of = match explained.by_key[side.index()] {
            true => "found by key".to_owned(),
            false => format!("of {} read", cell::number(explained.read[side.index()])),
        };
        let from = identity(&explained.identities[side.index()]);
        table.row([side.to_string(), rows, of, from].map(Cell::from));
    }
    table.render(2, out);
    if let Some(window) = &explained.plan.window {
        let column = cell::escape(&window.column);
        out.push_str(&format!(
            "\n  only rows in the window of `{column}` were looked for\n"
        ));
    }
}

fn identity(identity: &Identity) -> String {
    let relation = identity.relation.iter();
    let parts = std::iter::once(&identity.location).chain(relation);
    let parts: Vec<_> = parts.map(|part| cell::escape(part)).collect();
    parts.join(", ")
}

/// A line a column, and under it what happened to its cells.
fn columns(explained: &Explained, pair: [Option<&Row>; 2], look: Look, out: &mut String) {
    let mut table = Table::new(&[]);
    let heads = ["column", "old", "new", ""].map(|head| look.ink.cell(Style::Heading, head));
    table.row(heads);
    for (index, column) in explained.plan.columns.iter().enumerate() {
        let ways = pair.map(|row| row.map(|row| &row.cells[index]));
        let found = explained.agreements.as_ref().map(|found| found[index]);
        let [old, new] = ways.map(|way| raw(way, look));
        let name = Cell::from(cell::escape(&column.name));
        let mark = if index < explained.plan.key {
            ", key"
        } else {
            ""
        };
        let kind = format!("{}{mark}", column.ty);
        table.row([name, old, new, agreement(found, look), kind.into()]);
        steps(ways, look, &mut table);
        canonicals(ways, found, &column.ty.to_string(), look, &mut table);
    }
    table.render(4, out);
}

fn agreement(found: Option<Agreement>, look: Look) -> Cell {
    match found {
        None => "".into(),
        Some(Agreement::Equal) => look.ink.cell(Style::Good, "equal"),
        Some(Agreement::Tolerated) => look.ink.cell(Style::Good, "within tolerance"),
        Some(Agreement::Differs(cause)) => look.ink.cell(Style::Bad, &format!("DIFFERS: {cause}")),
    }
}

fn raw(way: Option<&CellWay>, look: Look) -> Cell {
    let shown = match way {
        None => "–".to_owned(),
        Some(way) if way.absent => "absent".to_owned(),
        Some(way) => value(way.raw.as_deref()),
    };
    cell::fit(&shown, look.value_width()).into()
}

/// `absent` without quotes is no such field.
fn value(text: Option<&str>) -> String {
    match text {
        Some("absent") => "'absent'".to_owned(),
        other => cell::value(other),
    }
}

/// The steps that changed either cell, in the order in which they ran.
fn steps(ways: [Option<&CellWay>; 2], look: Look, table: &mut Table<'_>) {
    let count = ways.iter().flatten().map(|way| way.steps.len()).max();
    for index in 0..count.unwrap_or(0) {
        let after = ways.map(|way| change(way?, index));
        let Some(name) = ways.iter().flatten().map(|way| &way.steps[index].0).next() else {
            continue;
        };
        if after.iter().all(Option::is_none) {
            continue;
        }
        let shown = after.map(|text| match text {
            Some(text) => Cell::from(cell::fit(&value(text), look.value_width())),
            None => "".into(),
        });
        let [old, new] = shown;
        // A map of many labels would push the values out of sight.
        let name = cell::fit(&cell::escape(name), look.value_width());
        table.row([format!("  {name}").into(), old, new]);
    }
}

/// The cell's text after a step, if the step changed it.
fn change(way: &CellWay, index: usize) -> Option<Option<&str>> {
    let text = |step: usize| way.steps[step].1.as_deref();
    let before = match index {
        0 => way.raw.as_deref(),
        _ => text(index - 1),
    };
    // Only one step makes an absent cell NULL, and both have no text.
    let folded = way.absent && way.steps[index].0 == ABSENT_AS_NULL;
    (text(index) != before || folded).then(|| text(index))
}

/// The canonical texts, where they are not what was shown last.
fn canonicals(
    ways: [Option<&CellWay>; 2],
    found: Option<Agreement>,
    ty: &str,
    look: Look,
    table: &mut Table<'_>,
) {
    let says_more = |way: &&CellWay| canonical(way) != last(way);
    let differs = matches!(found, Some(Agreement::Differs(_)));
    if !differs && !ways.iter().flatten().any(says_more) {
        return;
    }
    let name = Cell::from(format!("  as {ty}"));
    let [old, new] = match ways {
        [Some(old), Some(new)] if differs && !is_bare(old) && !is_bare(new) => {
            let [old, new] = [old, new].map(text);
            changed::marked(
                old.as_deref(),
                new.as_deref(),
                "NULL",
                look.value_width().min(1 << 16),
                look.ink,
            )
        }
        ways => ways.map(|way| match way {
            Some(way) => cell::fit(&canonical(way), look.value_width()).into(),
            None => "".into(),
        }),
    };
    table.row([name, old, new]);
}

/// The one step that changes an absent cell, which has no text before or after.
const ABSENT_AS_NULL: &str = "absent-as-null";

fn last(way: &CellWay) -> String {
    let folded = way.steps.iter().any(|(name, _)| name == ABSENT_AS_NULL);
    match way.steps.last() {
        _ if way.absent && !folded => "absent".to_owned(),
        Some((_, text)) => value(text.as_deref()),
        None => value(way.raw.as_deref()),
    }
}

/// Whether its words say it and no text does.
fn is_bare(way: &CellWay) -> bool {
    let cell = value::Cell::of(&way.canonical);
    cell.is_unreadable() || cell.tag == value::tag::ABSENT
}

fn canonical(way: &CellWay) -> String {
    let cell = value::Cell::of(&way.canonical);
    match cell.tag {
        value::tag::ABSENT => "absent".to_owned(),
        value::tag::UNREADABLE => "does not parse".to_owned(),
        _ => value(text(way).as_deref()),
    }
}

/// The canonical cell's text; `None` for NULL.
fn text(way: &CellWay) -> Option<String> {
    let cell = value::Cell::of(&way.canonical);
    let mut text = String::new();
    show::show(cell, &mut text);
    (!cell.is_null()).then_some(text)
}

fn prints(pair: [Option<&Row>; 2], look: Look, out: &mut String) {
    look.heading("prints", out);
    let mut table = Table::new(&[]);
    for (name, print) in [
        ("key", (|row| row.key_print) as fn(&Row) -> u128),
        ("row", |row| row.row_print),
    ] {
        let prints = pair.map(|row| row.map(print));
        let [old, new] = prints.map(|print| match print {
            Some(print) => format!("{print:032x}"),
            None => "–".to_owned(),
        });
        let verdict = match prints {
            [Some(old), Some(new)] if old == new => "equal",
            [Some(_), Some(_)] => "not equal",
            _ => "",
        };
        table.row([name.into(), old.into(), new.into(), verdict.into()]);
    }
    table.render(4, out);
}

/// Every canonical cell in hex, whole.
fn bytes(explained: &Explained, pair: [Option<&Row>; 2], look: Look, out: &mut String) {
    look.heading("canonical bytes", out);
    let mut table = Table::new(&[]);
    for (index, column) in explained.plan.columns.iter().enumerate() {
        for side in Side::BOTH {
            if let Some(row) = pair[side.index()] {
                let name = cell::escape(&column.name);
                let hex = hex(&row.cells[index].canonical);
                table.row([name, side.to_string(), hex].map(Cell::from));
            }
        }
    }
    table.render(4, out);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes all");
        hex
    })
}

fn notes(explained: &Explained, look: Look, out: &mut String) {
    let mut notes = Vec::new();
    for side in Side::BOTH {
        let (found, shown) = (
            explained.found[side.index()],
            explained.rows[side.index()].len() as u64,
        );
        if found > shown {
            notes.push(format!(
                "of the {} rows of the {side} side the first {shown} are shown",
                cell::number(found)
            ));
        }
    }
    if explained.others > 0 {
        notes.push(
            "the same text names another key too, of another kind (12 and \"12\" in JSON): \
             write \"…\" with its quotes for the text"
                .to_owned(),
        );
    }
    if !notes.is_empty() {
        look.heading("notes", out);
        notes.iter().for_each(|note| {
            writeln!(out, "    {note}").expect("a String takes all");
        });
    }
}
