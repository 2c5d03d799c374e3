//! Rows read again by the offsets at which they were found.

use super::cut;
use super::dialect::Dialect;
use crate::error::Result;
use crate::source::text::TextFile;
use crate::source::{Chunk, Sink};

/// Records whose beginnings are this near each other are read at once.
const NEAR: u64 = 16 << 10;
/// What is read behind the last beginning; more if its record is longer.
const TAIL: usize = 4 << 10;

/// Sends the records at `locators` (ascending), runs of neighbours as one chunk.
pub(super) fn fetch(
    file: &TextFile,
    dialect: &Dialect,
    locators: &[u64],
    chunk: usize,
    sink: &mut dyn Sink,
) -> Result<()> {
    let near = |a: &u64, b: &u64| b.saturating_sub(*a) <= NEAR;
    let most = (chunk / NEAR as usize).max(1);
    let mut window = Window::default();
    for group in locators.chunk_by(near).flat_map(|group| group.chunks(most)) {
        window.read(file, group)?;
        let mut run = Chunk::default();
        for &locator in group {
            let record = window.record(file, dialect, locator)?;
            if record.is_empty() {
                continue;
            }
            if run.base + run.bytes.len() as u64 != locator || run.bytes.is_empty() {
                if send(&mut run, sink) {
                    return Ok(());
                }
                run.base = locator;
                run.bytes = sink.buffer();
            }
            run.bytes.extend_from_slice(record);
        }
        if send(&mut run, sink) {
            return Ok(());
        }
    }
    Ok(())
}

/// Hands on what was gathered; whether the sink has had enough.
fn send(run: &mut Chunk, sink: &mut dyn Sink) -> bool {
    let run = std::mem::take(run);
    !run.bytes.is_empty() && sink.push(run).is_break()
}

/// A stretch of the file.
#[derive(Default)]
struct Window {
    bytes: Vec<u8>,
    base: u64,
    /// Whether it reaches the end of the file.
    last: bool,
}

impl Window {
    /// Reads the stretch that holds the records which begin at `locators`.
    fn read(&mut self, file: &TextFile, locators: &[u64]) -> Result<()> {
        let (Some(first), Some(last)) = (locators.first(), locators.last()) else {
            return Ok(());
        };
        self.bytes.clear();
        self.base = *first;
        self.last = false;
        self.extend(file, (last - first) as usize + TAIL)
    }

    fn extend(&mut self, file: &TextFile, len: usize) -> Result<()> {
        let from = self.base + self.bytes.len() as u64;
        self.last = file.read_at(&mut self.bytes, from, len)? < len;
        Ok(())
    }

    /// The record at `locator`, line end included; empty behind the file's end.
    fn record(&mut self, file: &TextFile, dialect: &Dialect, locator: u64) -> Result<&[u8]> {
        let start = (locator - self.base) as usize;
        loop {
            let bytes = self.bytes.get(start..).unwrap_or_default();
            let whole = cut::first(bytes, dialect.delimiter).whole;
            if whole > 0 {
                return Ok(&self.bytes[start..start + whole]);
            }
            if self.last {
                return Ok(self.bytes.get(start..).unwrap_or_default());
            }
            self.extend(file, self.bytes.len().max(TAIL))?;
        }
    }
}
