//! What is said of bytes that are not CSV: the place, both counts, the remedy.

use memchr::memchr_iter;

use super::split::Fault;
use crate::error::{Code, Failure};
use crate::source::text::Origin;

/// The failure of `bytes`, which begin at offset `base` behind `lines` line
/// ends, in a file of so many columns.
pub(super) fn explain(
    origin: &Origin,
    fault: Fault,
    bytes: &[u8],
    base: u64,
    lines: u64,
    columns: usize,
) -> Failure {
    let place = |at: usize| (line_of(bytes, at, lines), base + at as u64);
    match fault {
        Fault::Unclosed { at } => {
            let (line, byte) = place(at);
            origin.malformed(
                line,
                byte,
                "the quote that opens here is never closed",
                "close it, or put a cell that begins with a quote in quotes, its quotes doubled",
            )
        }
        Fault::AfterQuote { at } => {
            let (line, byte) = place(at);
            let found = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 4)])
                .chars()
                .next()
                .unwrap_or_default();
            origin.malformed(
                line,
                byte,
                format!("{found:?} follows a closing quote"),
                "double the quotes within a quoted cell",
            )
        }
        Fault::Ragged { at, cells } => {
            let (line, byte) = place(at);
            let number = |count: usize, what: &str| {
                format!("{count} {what}{}", if count == 1 { "" } else { "s" })
            };
            origin.malformed(
                line,
                byte,
                format!(
                    "the row has {} where the header has {}",
                    number(cells, "cell"),
                    number(columns, "column")
                ),
                "repair the row (is a cell with a delimiter or a line end not in quotes?)",
            )
        }
    }
}

/// A record, or what an unclosed quote made of the rest of the file, exceeds
/// what a chunk may hold.
pub(super) fn too_long(
    origin: &Origin,
    open: Option<usize>,
    bytes: &[u8],
    base: u64,
    lines: u64,
) -> Failure {
    let at = open.unwrap_or(0);
    let why = match open {
        Some(_) => "the row of the quote that opens here is longer than 1 GiB",
        None => "the row is longer than 1 GiB",
    };
    let line = line_of(bytes, at, lines);
    origin.malformed(line, base + at as u64, why, "is a quote never closed?")
}

/// A column that was asked for is not in the header.
pub(super) fn no_column(origin: &Origin, name: &str, names: &[String]) -> Failure {
    Failure::new(
        Code::NotFound,
        format!("{} has no column \"{name}\"", origin.name()),
        format!("its columns are {}", names.join(", ")),
    )
}

fn line_of(bytes: &[u8], at: usize, lines: u64) -> u64 {
    lines + memchr_iter(b'\n', &bytes[..at]).count() as u64 + 1
}
