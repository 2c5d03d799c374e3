//! The summary on the terminal: the verdict in one sentence, then the figures it
//! rests on, then what differs, and what to do about it.
//!
//! It reads the same without colour, and everything that came from the data is
//! escaped, so no value can move the cursor or pass for a verdict.

pub mod cell;
pub mod changed;
mod evidence;
mod figures;
mod headline;
pub mod table;
mod words;

use std::path::Path;

use super::model::{Dataset, Details, Reason, Report};
use super::writer;
use crate::error::Code;
use crate::gate::Verdict;
use table::{Ink, Style};
pub use words::{ENGLISH, Words};

/// How to show a report.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// ANSI colours; the caller knows of terminals and NO_COLOR.
    pub colour: bool,
    /// The terminal's columns.
    pub width: usize,
    /// How many differing rows to show side by side.
    pub show: usize,
    /// The run's folder, if one was written.
    pub folder: Option<&'a Path>,
    pub words: &'static Words,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            colour: false,
            width: 100,
            show: 0,
            folder: None,
            words: &ENGLISH,
        }
    }
}

/// What every part of the page needs.
#[derive(Clone, Copy)]
struct Page<'a> {
    words: &'static Words,
    ink: Ink,
    width: usize,
    show: usize,
    folder: Option<&'a Path>,
}

impl Page<'_> {
    /// The most columns of one of two values side by side.
    fn value_width(&self) -> usize {
        (self.width.saturating_sub(30) / 2).clamp(16, 60)
    }

    fn heading(&self, text: &str, out: &mut String) {
        out.push_str("\n  ");
        out.push_str(&self.ink.paint(Style::Heading, text));
        out.push('\n');
    }

    fn list(&self, heading: &str, items: &[String], out: &mut String) {
        if items.is_empty() {
            return;
        }
        self.heading(heading, out);
        for item in items {
            out.push_str(&format!("    {item}\n"));
        }
    }
}

/// The page. `details` give the rows for `show` where the samples are too few;
/// they may be empty.
pub fn render(report: &Report, details: &[Details], options: Options<'_>) -> String {
    let page = Page {
        words: options.words,
        ink: Ink {
            colour: options.colour,
        },
        width: options.width,
        show: options.show,
        folder: options.folder,
    };
    let mut out = String::new();
    headline::write(report, &page, &mut out);
    for dataset in &report.datasets {
        if report.datasets.len() > 1 {
            let name = format!("── {} ──", sentence(&dataset.name));
            out.push_str(&format!("\n{}\n", page.ink.paint(Style::Heading, &name)));
        }
        let more = details
            .iter()
            .find(|details| details.dataset == dataset.name);
        section(dataset, more, &page, &mut out);
    }
    reasons(report, &page, &mut out);
    ending(report, &page, &mut out);
    out
}

fn section(dataset: &Dataset, details: Option<&Details>, page: &Page<'_>, out: &mut String) {
    figures::sides(dataset, page, out);
    figures::counts(dataset, page, out);
    figures::gates(dataset, page, out);
    evidence::columns(dataset, page, out);
    evidence::rules(dataset, page, out);
    evidence::schema(dataset, page, out);
    let warnings: Vec<_> = dataset.warnings.iter().map(|text| sentence(text)).collect();
    page.list(page.words.warnings, &warnings, out);
    figures::notes(dataset, page, out);
    let samples = details.map_or(&dataset.samples, |details| &details.samples);
    evidence::samples(dataset, samples, page, out);
    evidence::side_by_side(dataset, samples, page, out);
}

/// All reasons but broken gates, which stand in the gates' own table.
fn reasons(report: &Report, page: &Page<'_>, out: &mut String) {
    let in_a_table = |reason: &&Reason| reason.code == Code::GateBroken && reason.dataset.is_some();
    let told = report
        .reasons
        .iter()
        .filter(|reason| !in_a_table(reason))
        .map(|reason| {
            let mut place: Vec<String> = reason.dataset.iter().map(|name| sentence(name)).collect();
            place.extend(reason.side.map(|side| side.to_string()));
            place.push(sentence(&reason.why));
            place.join(": ")
        });
    page.list(page.words.reasons, &told.collect::<Vec<_>>(), out);
}

/// What to do next, and where the files are.
fn ending(report: &Report, page: &Page<'_>, out: &mut String) {
    let mut next: Vec<String> = Vec::new();
    for reason in &report.reasons {
        let step = sentence(&reason.next);
        if !step.is_empty() && !next.contains(&step) {
            next.push(step);
        }
    }
    next.extend(explain(report).map(|command| (page.words.explain)(&command)));
    page.list(page.words.next, &next, out);
    if let Some(folder) = page.folder {
        let names = writer::FILES.join(", ");
        let folder = sentence(&folder.display().to_string());
        page.list(page.words.files, &[format!("{folder}: {names}")], out);
    }
}

/// The command that shows how the first differing row came to differ; sources
/// that were typed are not repeated, since they may hold a password.
fn explain(report: &Report) -> Option<String> {
    let first = |dataset: &Dataset| dataset.samples.differing.first().cloned();
    let mut datasets = report.datasets.iter();
    let (name, row) = datasets.find_map(|one| Some((&one.name, first(one)?)))?;
    let key = match row.key.len() {
        1 => row.key.into_values().next().flatten()?,
        _ => serde_json::to_string(&row.key.into_values().collect::<Vec<_>>()).ok()?,
    };
    let mut command = format!("shadowgate explain {}", quoted(&key));
    match &report.run.config {
        Some(config) => command.push_str(&format!(" --config {}", quoted(config))),
        None => command.push_str(" OLD NEW …"),
    }
    if report.datasets.len() > 1 {
        command.push_str(&format!(" --dataset {}", quoted(name)));
    }
    Some(cell::escape(&command))
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:+@%".contains(c);
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Text that others wrote (a driver, a file name), as one line.
pub fn sentence(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    cell::escape(&lines.collect::<Vec<_>>().join("; "))
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => Style::Good,
        Verdict::Inconclusive => Style::Doubtful,
        Verdict::Fail => Style::Bad,
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
