//! The page for people: a headline, then the lines in aligned columns, those of
//! the run first, then each dataset's; below what is not well, what to do.

use crate::gate::counted;
use crate::report::text::cell::escape;
use crate::report::text::table::{Cell, Ink, Style, Table};
use crate::run::doctor::line::{Line, State, count};

pub fn render(lines: &[Line], seconds: f64, ink: Ink) -> String {
    let mut out = format!("{} ({seconds:.1} s)\n", headline(lines, ink));
    let mut sections: Vec<(Option<&str>, Vec<&Line>)> = Vec::new();
    for line in lines {
        let dataset = line.dataset.as_deref();
        match sections.last_mut() {
            Some((name, of)) if *name == dataset => of.push(line),
            _ => sections.push((dataset, vec![line])),
        }
    }
    for (dataset, lines) in sections {
        out.push('\n');
        if let Some(name) = dataset {
            out.push_str(&ink.paint(Style::Heading, &escape(name)));
            out.push('\n');
        }
        section(&lines, ink, &mut out);
    }
    out
}

fn headline(lines: &[Line], ink: Ink) -> String {
    let [ok, warn, fail] = [State::Ok, State::Warn, State::Fail].map(|state| count(lines, state));
    let well = format!("{} fine", counted(ok, "line"));
    let warned = match warn {
        0 => String::new(),
        warn => format!(", {}", counted(warn, "warning")),
    };
    match (fail, warn) {
        (0, 0) => ink.paint(Style::Good, &format!("a verification can begin: {well}")),
        (0, _) => ink.paint(
            Style::Doubtful,
            &format!("a verification can begin, but mind what is said: {well}{warned}"),
        ),
        (fail, _) => ink.paint(
            Style::Bad,
            &format!(
                "something has to be mended first: {} failing{warned}, {well}",
                counted(fail, "line")
            ),
        ),
    }
}

fn section(lines: &[&Line], ink: Ink, out: &mut String) {
    let mut table = Table::new(&[]);
    for line in lines {
        let state = ink.cell(style(line.state), line.state.shown());
        let side = line.side.map(|side| side.to_string()).unwrap_or_default();
        let found = sentence(&line.found);
        table.row([state, line.name.shown().into(), side.into(), found.into()]);
        if line.next.is_empty() {
            continue;
        }
        let trouble = line
            .trouble
            .map(|trouble| format!("[{}] ", trouble.shown()));
        let next = format!("→ {}{}", trouble.unwrap_or_default(), sentence(&line.next));
        let blank = || Cell::from("");
        table.row([blank(), blank(), blank(), next.into()]);
    }
    table.render(2, out);
}

fn style(state: State) -> Style {
    match state {
        State::Ok => Style::Good,
        State::Warn => Style::Doubtful,
        State::Fail => Style::Bad,
    }
}

/// Text that others wrote, as one line that cannot move the cursor.
fn sentence(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    escape(&lines.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Side;
    use crate::run::doctor::line::{Name, Trouble};

    fn shown(lines: &[Line]) -> String {
        render(lines, 0.12, Ink { colour: false })
    }

    #[test]
    fn the_state_and_what_to_do_are_in_words() {
        let lines = [
            Line::ok(Name::Configuration, "shadowgate.toml"),
            Line::ok(Name::Reached, "PostgreSQL 15.8 in 12 ms")
                .on(Side::Old)
                .of("listings"),
            Line::fail(Name::Rights, "HTTP 403\n42501\u{1b}", "grant SELECT")
                .about(Trouble::Unauthorised)
                .on(Side::New)
                .of("listings"),
        ];
        assert_eq!(
            shown(&lines),
            "something has to be mended first: 1 line failing, 2 lines fine (0.1 s)\n\n  \
             ok  configuration    shadowgate.toml\n\nlistings\n  \
             ok    reached  old  PostgreSQL 15.8 in 12 ms\n  \
             fail  rights   new  HTTP 403; 42501\\u{1b}\n                      \
             → [401/403] grant SELECT\n"
        );
    }

    #[test]
    fn the_headline_says_whether_to_go_on() {
        let ok = Line::ok(Name::Memory, "");
        let warn = Line::warn(Name::Tls, "", "renew");
        assert!(
            shown(std::slice::from_ref(&ok)).starts_with("a verification can begin: 1 line fine")
        );
        let warned = shown(&[ok, warn]);
        assert!(warned.contains("1 line fine, 1 warning"), "{warned}");
    }
}
