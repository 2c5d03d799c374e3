//! A side's rows inside the plan's window, and no others: the server leaves the
//! others out where it can, and else they are left out here, as they are decoded.

use std::sync::Arc;

use crate::error::{Failure, Result, Side};
use crate::normalise::{Pipeline, Scratch};
use crate::plan::{DatasetPlan, WindowSide};
use crate::source::ask::{Answer, Question};
use crate::source::window::Bounds;
use crate::source::{
    Bytes, Cell, Chunk, Decode, Facts, Identity, Keys, Receipt, Rows, Schema, Sink, Source, Want,
};
use crate::value;

/// The source as the plan's window leaves it.
pub fn narrowed(
    plan: &DatasetPlan,
    side: Side,
    mut source: Box<dyn Source>,
) -> Result<Box<dyn Source>> {
    let Some(window) = &plan.window else {
        return Ok(source);
    };
    let window = &window.sides[side.index()];
    let by_server = source.narrow(&window.bounds)?;
    tracing::debug!(%side, by_server, "leaving out rows outside the window");
    Ok(match by_server {
        true => source,
        false => Box::new(Windowed {
            inner: source,
            window: Arc::new(window.clone()),
        }),
    })
}

/// A source whose server does not know the window. It reads the window's column
/// beside what is wanted.
struct Windowed {
    inner: Box<dyn Source>,
    window: Arc<WindowSide>,
}

impl Windowed {
    fn place(&self, wants: &[Want]) -> usize {
        let column = &self.window.bounds.column;
        let place = wants.iter().position(|want| want.name == *column);
        place.unwrap_or(wants.len())
    }

    fn with_column(&self, wants: &[Want]) -> Vec<Want> {
        let mut all = wants.to_vec();
        if self.place(wants) == wants.len() {
            all.push(Want {
                name: self.window.bounds.column.clone(),
                ..Want::default()
            });
        }
        all
    }
}

impl Source for Windowed {
    fn identity(&self) -> Identity {
        self.inner.identity()
    }

    fn schema(&mut self) -> Result<Schema> {
        self.inner.schema()
    }

    fn decoder(&self, wants: &[Want]) -> Result<Arc<dyn Decode>> {
        Ok(Arc::new(Inside {
            inner: self.inner.decoder(&self.with_column(wants))?,
            window: Arc::clone(&self.window),
            place: self.place(wants),
            width: wants.len(),
        }))
    }

    fn read(&mut self, wants: &[Want], sink: &mut dyn Sink) -> Result<Receipt> {
        self.inner.read(&self.with_column(wants), sink)
    }

    fn locates(&self) -> bool {
        self.inner.locates()
    }

    fn fetch(&mut self, wants: &[Want], locators: &[u64], sink: &mut dyn Sink) -> Result<()> {
        self.inner.fetch(&self.with_column(wants), locators, sink)
    }

    fn divides_by(&self, wants: &[Want]) -> Option<String> {
        self.inner.divides_by(wants)
    }

    fn divide(&mut self, bounds: Vec<String>) {
        self.inner.divide(bounds);
    }

    fn sample(&mut self, column: &str, count: usize) -> Result<Vec<String>> {
        self.inner.sample(column, count)
    }

    fn facts(&mut self, wants: &[Want]) -> Facts {
        self.inner.facts(wants)
    }

    fn read_keys(
        &mut self,
        wants: &[Want],
        keys: &Keys,
        sink: &mut dyn Sink,
    ) -> Result<Option<Receipt>> {
        self.inner.read_keys(&self.with_column(wants), keys, sink)
    }

    /// It counts what it holds, inside and outside: no answer is better than that.
    fn ask(&mut self, _: &Question) -> Result<Option<Answer>> {
        Ok(None)
    }

    fn verify_unchanged(&mut self) -> Result<()> {
        self.inner.verify_unchanged()
    }
}

/// Decodes all rows, and keeps those inside.
struct Inside {
    inner: Arc<dyn Decode>,
    window: Arc<WindowSide>,
    /// Where the window's column is.
    place: usize,
    /// How many cells were wanted.
    width: usize,
}

impl Decode for Inside {
    fn decode(&self, chunk: &mut Chunk, rows: &mut Rows) -> Result<(), Failure> {
        self.inner.decode(chunk, rows)?;
        let mut work = Work::default();
        let bytes = Bytes::of(chunk, &rows.cells);
        rows.keep(self.width, |row| {
            work.is_inside(&self.window, row[self.place], bytes)
        });
        rows.undated += work.undated;
        Ok(())
    }

    /// The window is not part of a row's bytes.
    fn raw_form(&self) -> Option<String> {
        None
    }
}

/// Buffers of one chunk.
#[derive(Default)]
struct Work {
    cell: Vec<u8>,
    scratch: Scratch,
    unchanged: Vec<u64>,
    /// Cells that are no time.
    undated: u64,
}

impl Work {
    /// A cell that is no time leaves its row in: what cannot be read is not left
    /// out unseen, but counted.
    fn is_inside(&mut self, window: &WindowSide, cell: Cell, bytes: Bytes<'_>) -> bool {
        let found = self.holds(&window.bounds, &window.pipeline, cell, bytes);
        let clock = window.clock.as_ref();
        let found = found.or_else(|| {
            clock.and_then(|(bounds, pipeline)| self.holds(bounds, pipeline, cell, bytes))
        });
        self.undated += u64::from(found.is_none());
        found.unwrap_or(true)
    }

    fn holds(
        &mut self,
        bounds: &Bounds,
        pipeline: &Pipeline,
        cell: Cell,
        bytes: Bytes<'_>,
    ) -> Option<bool> {
        self.cell.clear();
        self.unchanged.resize(pipeline.steps().len(), 0);
        let raw = cell.raw(bytes);
        let parsed = pipeline.apply(raw, &mut self.scratch, &mut self.unchanged, &mut self.cell);
        parsed.ok()?;
        bounds.hold(value::Cell::of(&self.cell))
    }
}
