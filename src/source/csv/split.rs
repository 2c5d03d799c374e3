//! From bytes to cells: the grammar of CSV, once, for headers, chunks and
//! fetched rows alike.
//!
//! The grammar is RFC 4180 with LF or CRLF at a line's end. A quote opens a
//! quoted cell only where a cell begins; elsewhere in an unquoted cell it is a
//! character like any other. A closing quote must be followed by a delimiter or
//! the line's end. A CR that no LF follows belongs to its cell.
//!
//! This is the hot path of a comparison of files. Delimiters, line ends and
//! quotes are found 64 bytes at a time, as bits of a word, by code that
//! compilers turn into vector instructions; see the notes on [`marks`].

use memchr::memchr;

/// What is told of each cell and record, in their order.
pub(super) trait Visit {
    /// A cell's content, without its quotes.
    fn cell(&mut self, start: usize, end: usize, form: Form);

    /// The end of a record: all its bytes, without the line's end.
    fn record(&mut self, start: usize, end: usize) -> Result<(), Fault>;
}

/// How a cell is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Bare,
    /// In quotes, the content as it is.
    Quoted,
    /// In quotes, with doubled quotes in the content.
    Escaped,
}

/// Where and how bytes depart from the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quote opens here and is never closed.
    Unclosed { at: usize },
    /// Something other than a delimiter or a line's end follows a closing quote.
    AfterQuote { at: usize },
    /// The record that begins here has so many cells.
    Ragged { at: usize, cells: usize },
}

/// Splits whole records; the last may lack its line end.
#[inline]
pub(super) fn split<V: Visit>(bytes: &[u8], delimiter: u8, visit: &mut V) -> Result<(), Fault> {
    let (mut record, mut start) = (0, 0);
    let mut marks = Marks::new(bytes, delimiter);
    while let Some(at) = marks.next() {
        let byte = bytes[at];
        if byte == delimiter {
            visit.cell(start, at, Form::Bare);
            start = at + 1;
        } else if byte == b'\n' {
            let end = at - usize::from(at > start && bytes[at - 1] == b'\r');
            visit.cell(start, end, Form::Bare);
            visit.record(record, end)?;
            start = at + 1;
            record = start;
        } else if at == start {
            let (next, ended) = quoted(&mut marks, at, visit)?;
            if let Some(end) = ended {
                visit.record(record, end)?;
                record = next;
            }
            start = next;
        }
    }
    finish(bytes.len(), record, start, visit)
}

/// The record that the end of the bytes ends, if there is one.
fn finish<V: Visit>(len: usize, record: usize, start: usize, visit: &mut V) -> Result<(), Fault> {
    if record == len {
        return Ok(());
    }
    visit.cell(start, len, Form::Bare);
    visit.record(record, len)
}

/// The cell whose quote opens at `open`, the mark before the next. Returns where
/// the next cell begins and, if this one was its record's last, where the record
/// ends; all marks before the next cell are behind.
#[inline]
fn quoted<V: Visit>(
    marks: &mut Marks<'_>,
    open: usize,
    visit: &mut V,
) -> Result<(usize, Option<usize>), Fault> {
    let bytes = marks.bytes;
    let mut form = Form::Quoted;
    let close = loop {
        let Some(at) = marks.next() else {
            return Err(Fault::Unclosed { at: open });
        };
        if bytes[at] != b'"' {
            continue;
        }
        if bytes.get(at + 1) != Some(&b'"') {
            break at;
        }
        form = Form::Escaped;
        marks.next();
    };
    visit.cell(open + 1, close, form);
    let end = close + 1;
    let behind = match bytes[end..] {
        [] => return Ok((end, Some(end))),
        [b'\n', ..] => (end + 1, Some(end)),
        [b'\r', b'\n', ..] => (end + 2, Some(end)),
        [byte, ..] if byte == marks.delimiter => (end + 1, None),
        _ => return Err(Fault::AfterQuote { at: end }),
    };
    marks.next();
    Ok(behind)
}

const BLOCK: usize = 64;

/// Walks over delimiters, line ends and quotes.
struct Marks<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    /// Where the block begins whose marks not yet told are the bits of `mask`.
    block: usize,
    mask: u64,
}

impl<'a> Marks<'a> {
    #[inline]
    fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        Marks {
            bytes,
            delimiter,
            block: 0,
            mask: marks_at(bytes, 0, delimiter),
        }
    }

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        while self.mask == 0 {
            self.block += BLOCK;
            if self.block >= self.bytes.len() {
                return None;
            }
            self.mask = marks_at(self.bytes, self.block, self.delimiter);
        }
        let at = self.block + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(at)
    }
}

/// The marks of the block at `at`; none beyond the end of the bytes.
#[inline(always)]
fn marks_at(bytes: &[u8], at: usize, delimiter: u8) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    if let Some(block) = rest.first_chunk() {
        return marks(block, delimiter);
    }
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    marks(&block, delimiter)
}

/// Bit `i` is set where byte `i` is a delimiter, a line end or a quote.
///
/// The first loop becomes vector compares. The multiplication gathers the
/// lowest bits of a word's eight bytes in its highest byte.
#[inline(always)]
fn marks(block: &[u8; BLOCK], delimiter: u8) -> u64 {
    let hits = block.map(|byte| u8::from((byte == delimiter) | (byte == b'\n') | (byte == b'"')));
    let (words, _) = hits.as_chunks::<8>();
    words.iter().enumerate().fold(0, |mask, (index, word)| {
        let gathered = u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask | gathered << (8 * index)
    })
}

/// Appends the content of an [`Form::Escaped`] cell with its quotes undoubled.
pub(super) fn unescape(content: &[u8], out: &mut Vec<u8>) {
    let mut rest = content;
    while let Some(quote) = memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=quote]);
        rest = &rest[quote + 2..];
    }
    out.extend_from_slice(rest);
}
