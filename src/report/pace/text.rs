//! The page of `pace`: the finding in one sentence, then the figures it rests on.

use super::spread::Spread;
use super::{Measured, Pace};
use crate::report::text::cell;
use crate::report::text::table::{Align, Cell, Ink, Style, Table};

/// The page; it reads the same without colour.
pub fn render(pace: &Pace, ink: Ink) -> String {
    let name = ink.paint(Style::Heading, &line(&pace.dataset));
    let mut out = format!("{name}: {}\n\n", line(&pace.sentence));
    sides(pace, &mut out);
    if pace.old.seconds.is_some() || pace.new.seconds.is_some() {
        out.push('\n');
        figures(pace, ink, &mut out);
    }
    if !pace.pairs.is_empty() {
        out.push('\n');
        pairs(pace, ink, &mut out);
    }
    let told = pace.reasons.iter().map(|reason| {
        let side = reason.side.map(|side| format!("{side}: "));
        side.unwrap_or_default() + &line(&reason.why)
    });
    list("reasons", told.collect(), ink, &mut out);
    let notes = pace.notes.iter().map(|note| line(note));
    list("notes", notes.collect(), ink, &mut out);
    let next = pace.reasons.iter().map(|reason| line(&reason.next));
    let mut next: Vec<String> = next.filter(|next| !next.is_empty()).collect();
    next.dedup();
    list("what to do next", next, ink, &mut out);
    out
}

/// Text that others wrote, as one line.
fn line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    cell::escape(&lines.collect::<Vec<_>>().join("; "))
}

fn list(heading: &str, items: Vec<String>, ink: Ink, out: &mut String) {
    if items.is_empty() {
        return;
    }
    out.push_str(&format!("\n  {}\n", ink.paint(Style::Heading, heading)));
    for item in items {
        out.push_str(&format!("    {item}\n"));
    }
}

fn sides(pace: &Pace, out: &mut String) {
    let mut table = Table::new(&[]);
    for (name, side) in [("old", &pace.old), ("new", &pace.new)] {
        let relation = side.relation.as_deref().unwrap_or_default();
        let place = format!("{} {}", line(&side.location), line(relation));
        table.row([
            name.into(),
            place.trim_end().into(),
            line(&side.engine).into(),
        ]);
    }
    table.render(2, out);
}

/// How times are written on one page, so that they can be compared at a glance.
#[derive(Clone, Copy)]
struct Unit {
    name: &'static str,
    /// How many of it are in a second.
    factor: f64,
    decimals: usize,
}

impl Unit {
    /// By the longest time of the page.
    fn of(pace: &Pace) -> Unit {
        let whole = [&pace.old, &pace.new].map(|side| side.seconds);
        let longest = whole.into_iter().flatten().map(|spread| spread.max);
        let longest = longest.fold(0.0, f64::max);
        let (name, factor) = match longest < 1.0 {
            true => ("ms", 1000.0),
            false => ("s", 1.0),
        };
        let decimals = match longest * factor {
            ..10.0 => 3,
            ..100.0 => 2,
            _ => 1,
        };
        Unit {
            name,
            factor,
            decimals,
        }
    }

    fn time(self, seconds: f64) -> String {
        format!("{:.*}", self.decimals, seconds * self.factor)
    }

    fn spread(self, spread: Option<Spread>) -> Cell {
        shown(spread, |seconds| self.time(seconds))
    }
}

/// A median, and its spread.
fn shown(spread: Option<Spread>, show: impl Fn(f64) -> String) -> Cell {
    let Some(spread) = spread else {
        return "–".into();
    };
    let [median, min, max] = [spread.median, spread.min, spread.max].map(show);
    format!("{median} ({min}–{max})").into()
}

fn whole(figure: f64) -> String {
    cell::number(figure as u64)
}

/// Medians, each with the least and the most.
fn figures(pace: &Pace, ink: Ink, out: &mut String) {
    let unit = Unit::of(pace);
    let mut table = Table::new(&[]);
    let [first, total] = ["first row", "total"].map(|head| format!("{head}, {}", unit.name));
    let heads = ["median", &first, &total, "rows/s", "pages"];
    table.row(heads.map(|head| ink.cell(Style::Heading, head)));
    for (name, side) in [("old", &pace.old), ("new", &pace.new)] {
        table.row(row(name, side, unit));
    }
    if let Some(ratio) = pace.ratio {
        let times = |figure: f64| format!("{figure:.2}");
        table.row([
            "new ÷ old".into(),
            shown(ratio.seconds_to_first_row, times),
            shown(Some(ratio.seconds), times),
        ]);
    }
    table.render(2, out);
}

fn row(name: &str, side: &Measured, unit: Unit) -> [Cell; 5] {
    [
        name.into(),
        unit.spread(side.seconds_to_first_row),
        unit.spread(side.seconds),
        shown(side.rows_per_second, whole),
        shown(side.pages, whole),
    ]
}

/// Every pair, as it was read.
fn pairs(pace: &Pace, ink: Ink, out: &mut String) {
    let unit = Unit::of(pace);
    let mut table = Table::new(&[
        Align::Right,
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Right,
    ]);
    let [old, new] = ["old", "new"].map(|side| format!("{side}, {}", unit.name));
    let heads = ["pair", "read first", &old, &new, "new ÷ old"];
    table.row(heads.map(|head| ink.cell(Style::Heading, head)));
    for (number, pair) in pace.pairs.iter().enumerate() {
        table.row([
            (number + 1).to_string().into(),
            pair.first.to_string().into(),
            unit.time(pair.old_seconds).into(),
            unit.time(pair.new_seconds).into(),
            format!("{:.2}", pair.ratio).into(),
        ]);
    }
    table.render(2, out);
}
