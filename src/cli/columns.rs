//! `columns`: both schemas side by side, and as what each column is compared.

use std::fmt::Write;
use std::io::{self, IsTerminal};

use super::args::ColumnsArgs;
use super::{logging, print, refused, tell};
use crate::error::{Exit, Failure, Side};
use crate::plan::{self, ColumnView, Compared, SchemaView, SideColumn, SourceOptions};
use crate::report::text::cell;
use crate::report::text::table::{Cell, Ink, Style, Table};
use crate::run::open;
use crate::source::{Identity, Undeclared};
use crate::stop::Stop;

/// 0: a verification could begin; 2: something is to be mended first; 3: a
/// source could not be looked at. What can be shown is, in either case.
pub fn run(args: ColumnsArgs, stop: &Stop) -> Exit {
    let options: SourceOptions = args.source.into();
    let asked = match super::asked(&options, None) {
        Ok(asked) => asked,
        Err(failure) => return refused(&[failure], stop),
    };
    let context = super::context(stop, &asked.limits);
    let ink = Ink {
        colour: logging::colour(io::stdout().is_terminal()),
    };
    let mut page = String::new();
    let mut problems: Vec<Failure> = Vec::new();
    for spec in &asked.datasets {
        match open::both(spec, &context) {
            Ok(opened) => {
                let [old, new] = &opened;
                let view = plan::columns(spec, [&old.1, &new.1]);
                let from = [old.0.identity(), new.0.identity()];
                page.push_str(&render(&spec.name, &from, &view, ink));
                problems.extend(view.problems);
            }
            Err(not) => problems.extend(not.failures),
        }
    }
    if let Err(failure) = print(page.as_bytes()) {
        tell(&failure);
        return Exit::Inconclusive;
    }
    match problems.is_empty() {
        true => Exit::Pass,
        false => refused(&problems, stop),
    }
}

/// One dataset's page.
fn render(name: &str, from: &[Identity; 2], view: &SchemaView, ink: Ink) -> String {
    let mut out = format!("{}\n\n", ink.paint(Style::Heading, &cell::escape(name)));
    let mut sources = Table::new(&[]);
    for side in Side::BOTH {
        let identity = &from[side.index()];
        let relation = identity.relation.as_deref().unwrap_or_default();
        let place = [side.to_string(), cell::escape(&identity.location)];
        let what = [cell::escape(relation), cell::escape(&identity.engine)];
        sources.row(place.into_iter().chain(what).map(Cell::from));
    }
    sources.render(2, &mut out);
    out.push('\n');
    let mut table = Table::new(&[]);
    let heads = [
        "column",
        "old type",
        "new type",
        "compared as",
        "rules and notes",
    ];
    table.row(heads.map(|head| ink.cell(Style::Heading, head)));
    for column in &view.columns {
        let [old, new] = column.sides.each_ref().map(|side| declared(side.as_ref()));
        let name = cell::escape(&column.name);
        let compared = compared(column, ink);
        table.row([name.into(), old, new, compared, notes(column).into()]);
    }
    table.render(2, &mut out);
    if view.key.is_none() {
        out.push_str("\n  no key: nothing says which columns name a row\n");
    }
    for warning in &view.warnings {
        writeln!(out, "\n  warning: {}", cell::escape(warning)).expect("a String takes all");
    }
    out.push('\n');
    out
}

/// The type as the source declares it, or what its cells are.
fn declared(side: Option<&SideColumn>) -> Cell {
    match side {
        None => "–".into(),
        Some(SideColumn {
            declared: Some(name),
            ..
        }) => cell::escape(name).into(),
        Some(side) => match side.undeclared {
            Undeclared::Text => "(undeclared)".into(),
            Undeclared::Json => "(JSON)".into(),
        },
    }
}

fn compared(column: &ColumnView, ink: Ink) -> Cell {
    match &column.compared {
        Compared::As(ty) | Compared::ByText(ty, _) => ty.to_string().into(),
        Compared::CannotAgree => ink.cell(Style::Bad, "cannot agree"),
        Compared::Ignored | Compared::NotAsked => "not compared".into(),
        Compared::OneSide => ink.cell(Style::Doubtful, "not compared"),
    }
}

fn notes(column: &ColumnView) -> String {
    let mut notes: Vec<String> = Vec::new();
    if column.is_key {
        notes.push("key".to_owned());
    }
    notes.extend(column.rules.iter().map(|rule| cell::escape(rule)));
    let note = match &column.compared {
        Compared::As(_) => None,
        Compared::ByText(_, name) => Some(format!("by the server's text for {name}")),
        Compared::CannotAgree => Some("give it a `type` in the configuration".to_owned()),
        Compared::Ignored => Some("ignored".to_owned()),
        Compared::NotAsked => Some("not among the columns asked for".to_owned()),
        Compared::OneSide => Some(match column.sides[0].is_some() {
            true => "only in old".to_owned(),
            false => "only in new".to_owned(),
        }),
    };
    notes.extend(note);
    for side in Side::BOTH {
        if let Some(own) = &column.sides[side.index()]
            && own.own != column.name
        {
            notes.push(format!("{} in {side}", cell::escape(&own.own)));
        }
    }
    notes.join("; ")
}
