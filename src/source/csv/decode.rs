//! A worker's half: from a chunk of records to the wanted cells.

use std::sync::Arc;

use super::dialect::{Dialect, Nulls};
use super::faults;
use super::split::{Fault, Form, Visit, split, unescape};
use crate::error::{Failure, Result};
use crate::source::text::Origin;
use crate::source::{Cell, Chunk, Decode, Kind, Rows, Want};

/// Decodes for one list of wants.
#[derive(Clone)]
pub(super) struct Decoder {
    dialect: Dialect,
    origin: Origin,
    /// For each column of the header, its place among the wants; their number
    /// where it is not wanted.
    slots: Vec<usize>,
    width: usize,
    locates: bool,
    /// What names the bytes of a record, where they hold nothing but what is
    /// wanted, so that records with equal cells mostly have equal bytes.
    form: Option<String>,
}

impl Decoder {
    pub fn new(
        dialect: &Dialect,
        origin: Origin,
        names: &[String],
        wants: &[Want],
        locates: bool,
    ) -> Result<Decoder> {
        let mut slots = vec![wants.len(); names.len()];
        for (slot, want) in wants.iter().enumerate() {
            match names.iter().position(|name| *name == want.name) {
                Some(column) => slots[column] = slot,
                None => return Err(faults::no_column(&origin, &want.name, names)),
            }
        }
        // Positions, not names: a column may go by another name on each side.
        let all = slots.iter().all(|slot| *slot < wants.len());
        let form = all.then(|| format!("csv {} columns {slots:?}", dialect.form()));
        Ok(Decoder {
            dialect: dialect.clone(),
            origin,
            slots,
            width: wants.len(),
            locates,
            form,
        })
    }
}

impl Decode for Decoder {
    fn decode(&self, chunk: &mut Chunk, rows: &mut Rows) -> Result<(), Failure> {
        rows.clear(self.width);
        if simdutf8::basic::from_utf8(&chunk.bytes).is_err() {
            return Err(self
                .origin
                .invalid_utf8(&chunk.bytes, chunk.base, chunk.line));
        }
        let mut fill = Fill {
            slots: &self.slots,
            nulls: &self.dialect.nulls,
            bytes: &chunk.bytes,
            unescaped: Vec::new(),
            row: vec![Cell::NULL; self.width + 1],
            column: 0,
            rows,
            locate: self.locates.then_some(chunk.base),
            span: self.form.is_some(),
        };
        let done = split(&chunk.bytes, self.dialect.delimiter, &mut fill);
        let unescaped = fill.unescaped;
        done.map_err(|fault| {
            let columns = self.slots.len();
            faults::explain(
                &self.origin,
                fault,
                &chunk.bytes,
                chunk.base,
                chunk.line,
                columns,
            )
        })?;
        chunk.bytes.extend_from_slice(&unescaped);
        Ok(())
    }

    fn raw_form(&self) -> Option<String> {
        self.form.clone()
    }

    fn first_cells(&self, count: usize) -> Option<Arc<dyn Decode>> {
        let mut few = self.clone();
        few.width = count.min(self.width);
        few.slots
            .iter_mut()
            .for_each(|slot| *slot = few.width.min(*slot));
        Some(Arc::new(few))
    }
}

/// Puts cells in their places.
struct Fill<'a> {
    slots: &'a [usize],
    nulls: &'a Nulls,
    bytes: &'a [u8],
    /// What will stand behind `bytes`.
    unescaped: Vec<u8>,
    /// The wanted cells of the row, and one place for all others.
    row: Vec<Cell>,
    column: usize,
    rows: &'a mut Rows,
    /// The offset of `bytes`, where rows are located.
    locate: Option<u64>,
    span: bool,
}

impl Fill<'_> {
    #[cold]
    fn unescape(&mut self, start: usize, end: usize) -> Cell {
        let from = self.bytes.len() + self.unescaped.len();
        unescape(&self.bytes[start..end], &mut self.unescaped);
        text(from, self.bytes.len() + self.unescaped.len())
    }
}

impl Visit for Fill<'_> {
    #[inline(always)]
    fn cell(&mut self, start: usize, end: usize, form: Form) {
        let column = self.column;
        self.column += 1;
        let Some(&slot) = self.slots.get(column) else {
            return;
        };
        if slot == self.row.len() - 1 {
            return; // not wanted: its content does not matter
        }
        self.row[slot] = match form {
            Form::Bare if self.nulls.holds(&self.bytes[start..end]) => Cell::NULL,
            Form::Bare | Form::Quoted => text(start, end),
            Form::Escaped => self.unescape(start, end),
        };
    }

    #[inline(always)]
    fn record(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        if self.column != self.slots.len() {
            let cells = self.column;
            return Err(Fault::Ragged { at: start, cells });
        }
        self.column = 0;
        let wanted = self.row.len() - 1;
        self.rows.cells.extend_from_slice(&self.row[..wanted]);
        if let Some(base) = self.locate {
            self.rows.locators.push(base + start as u64);
        }
        if self.span {
            self.rows.spans.push((start as u32, end as u32));
        }
        Ok(())
    }
}

/// A chunk is at most 1 GiB, and so is what is unescaped from it: places fit.
#[inline]
fn text(start: usize, end: usize) -> Cell {
    Cell {
        start: start as u32,
        end: end as u32,
        kind: Kind::Text,
    }
}
