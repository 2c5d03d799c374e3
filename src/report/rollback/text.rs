//! The page for the engineer who has fifteen minutes: the answer first, then
//! what it rests on, in the order in which somebody would ask.

use std::path::Path;

use super::super::text::cell::{self, number};
use super::super::text::table::{Align, Ink, Style, Table};
use super::super::text::{self, sentence};
use super::{Check, CheckName, Dataset, Rollback, Side};
use crate::gate::counted;
use crate::gate::rollback::Answer;

/// How many groups, and rows of an answer, are shown.
const SHOWN: usize = 10;

/// The page. `folder` is where the files are, if they could be written.
pub fn render(rollback: &Rollback, folder: Option<&Path>, colour: bool) -> String {
    let ink = Ink { colour };
    let mut out = format!(
        "{}\n",
        headline(rollback.answer, &sentence(&rollback.sentence), ink)
    );
    for dataset in &rollback.datasets {
        title_of(dataset, rollback, ink, &mut out);
        out.push('\n');
        sides(dataset, &mut out);
    }
    configuration(rollback, &mut out);
    ending(rollback, folder, ink, &mut out);
    reasons(rollback, ink, &mut out);
    for dataset in &rollback.datasets {
        if rollback.datasets.len() > 1 {
            let name = ink.paint(Style::Heading, &sentence(&dataset.name));
            out.push_str(&format!("\n── {name}\n"));
        }
        fates(dataset, ink, &mut out);
        groups(dataset, ink, &mut out);
        checks(dataset, ink, &mut out);
    }
    out
}

/// The words up to the colon in the answer's colour.
fn headline(answer: Answer, sentence: &str, ink: Ink) -> String {
    let style = match answer {
        Answer::Safe => Style::Good,
        Answer::CannotTell => Style::Doubtful,
        Answer::Loses => Style::Bad,
    };
    match sentence.split_once(':') {
        Some((word, rest)) => format!("{}:{rest}", ink.paint(style, word)),
        None => ink.paint(style, sentence),
    }
}

fn heading(text: &str, ink: Ink, out: &mut String) {
    out.push_str(&format!("\n  {}\n", ink.paint(Style::Heading, text)));
}

/// A dataset's own answer, where there are several.
fn title_of(dataset: &Dataset, rollback: &Rollback, ink: Ink, out: &mut String) {
    if rollback.datasets.len() > 1 {
        let own = headline(dataset.answer, &sentence(&dataset.sentence), ink);
        let name = ink.paint(Style::Heading, &sentence(&dataset.name));
        out.push_str(&format!("\n── {name}: {own}\n"));
    }
}

fn configuration(rollback: &Rollback, out: &mut String) {
    let config = rollback.run.config.as_deref();
    let config = config.map_or_else(|| "the command line".to_owned(), sentence);
    let hash = rollback.run.config_hash.get(..12).unwrap_or_default();
    out.push_str(&format!("  by   {config}, configuration hash {hash}\n"));
}

fn sides(dataset: &Dataset, out: &mut String) {
    for (name, side) in [("old", &dataset.old), ("new", &dataset.new)] {
        out.push_str(&format!("  {name}  {}\n", identity(side)));
        out.push_str(&format!("       {}\n", read(side)));
        if let Some(filter) = &side.filter {
            out.push_str(&format!("       only rows where {}\n", sentence(filter)));
        }
    }
}

/// `host old.example, database app, table public.listings, role app (PostgreSQL 15.8)`.
fn identity(side: &Side) -> String {
    let part = |name: &str, value: &Option<String>| {
        let value = value.as_ref()?;
        Some(format!("{name} {}", sentence(value)))
    };
    let file = side.host.is_none().then(|| sentence(&side.location));
    let parts = [
        file,
        part("host", &side.host),
        part("database", &side.database),
        part("table", &side.relation),
        part("role", &side.role),
    ];
    let mut text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if !side.engine.is_empty() {
        text.push_str(&format!(" ({})", sentence(&side.engine)));
    }
    text
}

/// `2,500 of 2,505 rows read as of 2026-11-26 03:12:09 +09:00 (Asia/Tokyo), NOT TO ITS END`.
fn read(side: &Side) -> String {
    let rows = match side.rows_counted {
        Some(all) => format!("{} of {}", number(side.rows_read), counted(all, "row")),
        None => counted(side.rows_read, "row"),
    };
    let Some(as_of) = side.as_of.as_deref().map(clock) else {
        let counts = side
            .rows_counted
            .map(|all| format!("; it counts {}", counted(all, "row")));
        return format!("not read{}", counts.unwrap_or_default());
    };
    let whole = match side.complete {
        true => "",
        false => ", NOT TO ITS END",
    };
    format!("{rows} read as of {as_of}{whole}")
}

/// `2026-11-26 03:12:09 +09:00 (Asia/Tokyo)`, from RFC 9557.
fn clock(time: &str) -> String {
    let (time, zone) = time.split_once('[').unwrap_or((time, ""));
    let (day, clock) = time.split_once('T').unwrap_or((time, ""));
    let at = clock.find(['+', '-', 'Z']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at(at);
    let clock = clock.split('.').next().unwrap_or_default();
    match zone.trim_end_matches(']') {
        "" => format!("{day} {clock} {offset}"),
        zone => format!("{day} {clock} {offset} ({zone})"),
    }
}

fn fates(dataset: &Dataset, ink: Ink, out: &mut String) {
    heading("rows of new, and what becomes of them", ink, out);
    let rows = &dataset.rows;
    if dataset.old.as_of.is_none() {
        out.push_str("    unknown: nothing could be compared\n");
        return;
    }
    let proven = match dataset.old.complete {
        true => "LOST",
        false => "not known: old was not read whole",
    };
    let by = |fate: &str| match &dataset.updated_at {
        Some(column) => format!("{fate} (by {})", sentence(column)),
        None => format!("{fate} (no rollback.updated_at tells)"),
    };
    let (newer, older, unknown) = (by("LOST"), by("kept, as old has them"), by("not known"));
    let lines = [
        ("equal in old", dataset.matched, "kept"),
        ("only in new", rows.only_in_new, proven),
        ("newer in new", rows.newer_in_new, &newer),
        ("newer in old", rows.newer_in_old, &older),
        (
            "differing, neither known as newer",
            rows.direction_unknown,
            &unknown,
        ),
        ("without one partner in old", rows.unpaired, "not known"),
        (
            "with a cell that does not parse",
            rows.unreadable,
            "not known",
        ),
    ];
    let mut table = Table::new(&[Align::Left, Align::Right]);
    for (index, (what, count, fate)) in lines.into_iter().enumerate() {
        let told = if count > 0 { fate } else { "" };
        if index < 4 || count > 0 {
            table.row([what.into(), number(count).into(), told.into()]);
        }
    }
    table.render(4, out);
    if !dataset.columns_only_new.is_empty() {
        let names = sentence(&dataset.columns_only_new.join(", "));
        out.push_str(&format!("    columns of new that old has not: {names}\n"));
    }
    let not_compared = dataset.not_compared();
    if !not_compared.is_empty() {
        let names = sentence(&not_compared.join(", "));
        out.push_str(&format!("    columns not compared: {names}\n"));
    }
}

fn groups(dataset: &Dataset, ink: Ink, out: &mut String) {
    let (Some(column), false) = (&dataset.group_by, dataset.lost_by_group.is_empty()) else {
        return;
    };
    heading(&format!("lost, by {}", sentence(column)), ink, out);
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right]);
    for group in dataset.lost_by_group.iter().take(SHOWN) {
        let [only, newer] = [group.only_in_new, group.newer_in_new].map(number);
        table.row([
            cell::value(group.value.as_deref()).into(),
            format!("{only} only in new").into(),
            format!("{newer} newer in new").into(),
        ]);
    }
    table.render(4, out);
    more(dataset.lost_by_group.len(), out);
    if dataset.lost_in_other_groups > 0 {
        let rows = counted(dataset.lost_in_other_groups, "row");
        out.push_str(&format!(
            "    and {rows} of groups too many to be told apart\n"
        ));
    }
}

fn more(all: usize, out: &mut String) {
    if all > SHOWN {
        let more = number((all - SHOWN) as u64);
        out.push_str(&format!("    and {more} more, in rollback.json\n"));
    }
}

fn checks(dataset: &Dataset, ink: Ink, out: &mut String) {
    if dataset.checks.is_empty() {
        return;
    }
    heading("the old side, asked before it was compared", ink, out);
    let mut table = Table::new(&[]);
    for check in &dataset.checks {
        table.row([title(check).into(), answer(check).into()]);
    }
    table.render(4, out);
}

/// One line of a check, for whoever waits: `old: rows: 2,505 (0.02 s)`.
pub fn check_line(dataset: &str, check: &Check) -> String {
    let seconds = format!("({:.2} s)", check.seconds);
    format!(
        "{} old: {}: {} {seconds}",
        sentence(dataset),
        title(check),
        answer(check)
    )
}

fn title(check: &Check) -> String {
    let of = check.of.as_deref().map(sentence).unwrap_or_default();
    match check.name {
        CheckName::Rows => "rows".to_owned(),
        CheckName::DuplicateKeys => "keys more than once".to_owned(),
        CheckName::RowsByGroup => format!("rows by {of}"),
        CheckName::SyncState => "sync state".to_owned(),
        CheckName::EmergencyStop => "emergency stop".to_owned(),
        CheckName::ChangedSince => format!("changed since {}", clock(&of)),
    }
}

fn answer(check: &Check) -> String {
    if let Some(failed) = &check.failed {
        return format!("not known: {}", sentence(failed));
    }
    if let Some(count) = check.number {
        return number(count);
    }
    let rows = check.rows.iter().take(SHOWN);
    let mut shown: Vec<String> = rows.map(|row| told(check, row)).collect();
    if check.rows.len() > SHOWN || check.cut {
        shown.push("… (more in rollback.json)".to_owned());
    }
    match shown.is_empty() {
        true => "no row".to_owned(),
        false => shown.join("; "),
    }
}

/// `HOMES 1,305`, or `state=idle updated_at=…`.
fn told(check: &Check, row: &[Option<String>]) -> String {
    if let (CheckName::RowsByGroup, [value, rows]) = (check.name, row) {
        let rows = rows.as_deref().unwrap_or_default();
        let rows = rows.parse().map_or_else(|_| sentence(rows), number);
        return format!("{} {rows}", cell::value(value.as_deref()));
    }
    let cells = row.iter().zip(&check.columns);
    let cells = cells.map(|(one, column)| {
        let value = cell::value(one.as_deref());
        format!("{}={value}", sentence(column))
    });
    cells.collect::<Vec<_>>().join(" ")
}

fn reasons(rollback: &Rollback, ink: Ink, out: &mut String) {
    if rollback.reasons.is_empty() {
        return;
    }
    heading("reasons", ink, out);
    for reason in &rollback.reasons {
        let mut place: Vec<String> = reason.dataset.iter().map(|name| sentence(name)).collect();
        place.extend(reason.side.map(|side| side.to_string()));
        place.push(sentence(&reason.why));
        out.push_str(&format!("    {}\n", place.join(": ")));
    }
}

fn ending(rollback: &Rollback, folder: Option<&Path>, ink: Ink, out: &mut String) {
    out.push('\n');
    if let Some(deadline) = rollback.deadline {
        let [left, all] = [deadline.left_seconds, deadline.seconds].map(minutes);
        out.push_str(&format!("  {left} of {all} left\n"));
    }
    let next = ink.paint(Style::Heading, "next:");
    out.push_str(&format!("  {next} {}\n", cell::escape(&rollback.next)));
    let Some(folder) = folder else { return };
    let folder = sentence(&folder.display().to_string());
    for file in &rollback.files {
        let rows = counted(file.rows, "row");
        out.push_str(&format!("  {folder}/{}: {rows}\n", file.name));
    }
    let rest = [super::FILE].into_iter().chain(super::super::writer::FILES);
    let rest: Vec<&str> = rest.collect();
    out.push_str(&format!("  {folder}: {}\n", rest.join(", ")));
}

/// `9 min 12 s`, `12 s`.
fn minutes(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// A command as a shell takes it, from its words: flags are ours, and plain.
pub fn command(words: &[String]) -> String {
    let quoted = words.iter().map(|word| match word.starts_with("--") {
        true => word.clone(),
        false => text::quoted(word),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    #[test]
    fn each_answer_on_a_page() {
        for (name, rollback) in [
            ("safe", fixtures::safe()),
            ("loses", fixtures::loses()),
            ("new_down", fixtures::new_down()),
            ("several", fixtures::several()),
        ] {
            let folder = Path::new("reports/20261126-031141-9f3a0c");
            let page = render(&rollback, Some(folder), false);
            insta::assert_snapshot!(name, page);
            let plain = render(&rollback, Some(folder), true)
                .replace("\x1b[0m", "")
                .replace("\x1b[1m", "");
            let plain = ["32", "31", "33"].iter().fold(plain, |page, code| {
                page.replace(&format!("\x1b[1;{code}m"), "")
            });
            assert_eq!(plain, page, "colour adds nothing");
        }
    }

    #[test]
    fn nothing_of_the_data_moves_the_cursor() {
        let mut rollback = fixtures::loses();
        let dataset = &mut rollback.datasets[0];
        dataset.old.role = Some("a\u{1b}[2J".to_owned());
        dataset.checks[3].rows[0][0] = Some("SAFE:\n\u{1b}[1A".to_owned());
        dataset.lost_by_group[0].value = Some("\u{202e}x\r".to_owned());
        let page = render(&rollback, None, false);
        assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "{page}");
    }

    #[test]
    fn times_are_told_with_their_zone() {
        assert_eq!(
            clock("2026-11-26T03:12:09.123456+09:00[Asia/Tokyo]"),
            "2026-11-26 03:12:09 +09:00 (Asia/Tokyo)"
        );
        assert_eq!(clock("2026-11-26T03:12:09Z"), "2026-11-26 03:12:09 Z");
        assert_eq!(
            (minutes(59.9), minutes(612.0)),
            ("59 s".to_owned(), "10 min 12 s".to_owned())
        );
    }
}
