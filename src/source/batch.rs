//! Raw rows in flat buffers: one byte buffer for a chunk, and for each cell
//! where it starts, where it ends and what it is. No allocation per row.

use simdutf8::basic::from_utf8;

use crate::value::Raw;

/// A run of whole rows as a source sent them.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    pub bytes: Vec<u8>,
    /// Where the chunk begins in the stream: a byte offset, or the number of
    /// its first row, as the source's decoder understands it.
    pub base: u64,
    /// The number of lines before it, where the source counts lines (from 0).
    pub line: u64,
}

/// The bytes that cells are places in.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a> {
    all: &'a [u8],
    /// The same where all of it is text: checked once, for what would be checked
    /// again with every cell.
    text: Option<&'a str>,
}

impl<'a> Bytes<'a> {
    /// A chunk's bytes, for these cells of it.
    pub fn of(chunk: &'a Chunk, cells: &[Cell]) -> Self {
        let mut kinds = cells.iter().map(|cell| cell.kind);
        let texts = [Kind::Text, Kind::JsonString, Kind::Json];
        let is_text = kinds.find(|kind| !matches!(kind, Kind::Null | Kind::Absent));
        let is_text = is_text.is_some_and(|kind| texts.contains(&kind));
        Bytes {
            all: &chunk.bytes,
            text: is_text.then(|| from_utf8(&chunk.bytes).ok()).flatten(),
        }
    }
}

/// What the bytes of a cell are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Null,
    Absent,
    /// UTF-8, checked.
    Text,
    /// UTF-8, checked: a JSON string, unescaped.
    JsonString,
    /// UTF-8, checked: a valid JSON token that is neither a string nor null.
    Json,
    /// PostgreSQL's binary form.
    Wire,
    /// An i64 in 8 native-endian bytes.
    Integer,
    /// An f64 in 8 native-endian bytes.
    Real,
    Blob,
}

/// A cell: a place in its chunk's bytes. 12 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub start: u32,
    pub end: u32,
    pub kind: Kind,
}

impl Cell {
    pub const NULL: Cell = Cell {
        start: 0,
        end: 0,
        kind: Kind::Null,
    };
    pub const ABSENT: Cell = Cell {
        start: 0,
        end: 0,
        kind: Kind::Absent,
    };

    pub fn raw<'a>(&self, bytes: Bytes<'a>) -> Raw<'a> {
        let (start, end) = (self.start as usize, self.end as usize);
        let slice = &bytes.all[start..end];
        let text = || match bytes.text {
            Some(text) => text.get(start..end).expect("cells begin between letters"),
            None => from_utf8(slice).expect("decoders check UTF-8"),
        };
        let eight = || slice.try_into().expect("decoders write 8 bytes");
        match self.kind {
            Kind::Null => Raw::Null,
            Kind::Absent => Raw::Absent,
            Kind::Text => Raw::Text(text()),
            Kind::JsonString => Raw::JsonString(text()),
            Kind::Json => Raw::Json(text()),
            Kind::Wire => Raw::Wire(slice),
            Kind::Integer => Raw::Integer(i64::from_ne_bytes(eight())),
            Kind::Real => Raw::Real(f64::from_ne_bytes(eight())),
            Kind::Blob => Raw::Blob(slice),
        }
    }
}

/// The rows of one chunk, row-major.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Cells per row.
    pub width: usize,
    pub cells: Vec<Cell>,
    /// One per row, where the source locates; else empty.
    pub locators: Vec<u64>,
    /// One per row: the raw bytes that stand for the whole row where
    /// [`super::Decode::raw_form`] is `Some`; else empty.
    pub spans: Vec<(u32, u32)>,
    /// Rows of the chunk that are not among these, as nobody asked for them.
    pub left_out: u64,
    /// Rows among these of which nothing tells whether they were asked for.
    pub undated: u64,
}

impl Rows {
    pub fn clear(&mut self, width: usize) {
        self.width = width;
        self.cells.clear();
        self.locators.clear();
        self.spans.clear();
        self.left_out = 0;
        self.undated = 0;
    }

    /// Leaves out all rows but those of which this holds, and all cells but the
    /// first `width` of each.
    pub fn keep(&mut self, width: usize, mut holds: impl FnMut(&[Cell]) -> bool) {
        let (rows, old, mut kept) = (self.len(), self.width, 0);
        for row in 0..rows {
            let start = row * old;
            if !holds(&self.cells[start..start + old]) {
                continue;
            }
            self.cells.copy_within(start..start + width, kept * width);
            if let Some(locator) = self.locators.get(row).copied() {
                self.locators[kept] = locator;
            }
            kept += 1;
        }
        self.cells.truncate(kept * width);
        self.locators.truncate(kept);
        self.spans.clear();
        self.width = width;
        self.left_out += (rows - kept) as u64;
    }

    pub fn len(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The raw bytes that stand for a row; empty where the source has none.
    pub fn span<'a>(&self, index: usize, bytes: Bytes<'a>) -> &'a [u8] {
        match self.spans.get(index) {
            Some(&(start, end)) => &bytes.all[start as usize..end as usize],
            None => &[],
        }
    }

    pub fn row(&self, index: usize) -> &[Cell] {
        &self.cells[index * self.width..(index + 1) * self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(start: u32) -> Cell {
        Cell {
            start,
            ..Cell::NULL
        }
    }

    #[test]
    fn rows_that_are_left_out_take_their_locators_along() {
        let mut rows = Rows {
            width: 2,
            cells: (0..10).map(cell).collect(),
            locators: (100..105).collect(),
            ..Rows::default()
        };
        rows.keep(1, |row| row[1].start % 4 == 1);
        assert_eq!(rows.cells, [cell(0), cell(4), cell(8)]);
        assert_eq!((rows.len(), rows.width, rows.left_out), (3, 1, 2));
        assert_eq!(rows.locators, [100, 102, 104]);
        rows.keep(1, |_| false);
        assert_eq!((rows.len(), rows.left_out), (0, 5));
        rows.clear(1);
        assert_eq!(rows.left_out, 0);
    }
}
