//! Where records end, found without splitting them into cells, so that the
//! thread that reads can cut chunks faster than workers decode them.
//!
//! Counting quotes is not enough, since an unquoted cell may hold one: a quote
//! opens a quoted cell only where a cell begins. All functions take bytes that
//! begin where a record begins.

use std::ops::{ControlFlow, Range};

use memchr::{memchr, memrchr};

/// What a search for record ends found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The length of all whole records, line ends included.
    pub whole: usize,
    /// The quote that is still open where the bytes end.
    pub open: Option<usize>,
}

/// The end of the last whole record.
pub(super) fn last(bytes: &[u8], delimiter: u8) -> Cut {
    let mut whole = 0;
    let open = outside(bytes, delimiter, |range| {
        if let Some(end) = memrchr(b'\n', &bytes[range.clone()]) {
            whole = range.start + end + 1;
        }
        ControlFlow::Continue(())
    });
    Cut { whole, open }
}

/// The end of the first record, if it is whole.
pub(super) fn first(bytes: &[u8], delimiter: u8) -> Cut {
    let mut whole = 0;
    let open = outside(bytes, delimiter, |range| {
        match memchr(b'\n', &bytes[range.clone()]) {
            Some(end) => {
                whole = range.start + end + 1;
                ControlFlow::Break(())
            }
            None => ControlFlow::Continue(()),
        }
    });
    Cut { whole, open }
}

/// Visits the stretches outside quoted cells; returns the quote that is open at
/// the end. A quote that is the last byte counts as open: the next byte may
/// double it.
fn outside(
    bytes: &[u8],
    delimiter: u8,
    mut visit: impl FnMut(Range<usize>) -> ControlFlow<()>,
) -> Option<usize> {
    let (mut start, mut from) = (0, 0);
    while let Some(found) = memchr(b'"', &bytes[from..]) {
        let quote = from + found;
        if !begins_cell(bytes, quote, delimiter) {
            from = quote + 1;
            continue;
        }
        if visit(start..quote).is_break() {
            return None;
        }
        match close(bytes, quote) {
            Some(close) => (start, from) = (close + 1, close + 1),
            None => return Some(quote),
        }
    }
    let _ = visit(start..bytes.len());
    None
}

/// Whether an unquoted byte is the first of its cell.
fn begins_cell(bytes: &[u8], at: usize, delimiter: u8) -> bool {
    at == 0 || bytes[at - 1] == delimiter || bytes[at - 1] == b'\n'
}

/// The quote that closes the one at `open`, if it is sure to.
fn close(bytes: &[u8], open: usize) -> Option<usize> {
    let mut from = open + 1;
    loop {
        let quote = from + memchr(b'"', &bytes[from..])?;
        if *bytes.get(quote + 1)? != b'"' {
            return Some(quote);
        }
        from = quote + 2;
    }
}

/// The length of `bytes`, whole records, without the blank lines at their end.
pub(super) fn without_blank_lines(bytes: &[u8]) -> usize {
    let mut end = bytes.len();
    loop {
        let line = match &bytes[..end] {
            [rest @ .., b'\r', b'\n'] | [rest @ .., b'\n'] => rest,
            _ => return end,
        };
        if !matches!(line, [] | [.., b'\n']) {
            return end;
        }
        end = line.len();
    }
}
