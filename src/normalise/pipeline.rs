//! The one way from a raw cell to a canonical one: text steps, parsing, value
//! steps. `verify` counts on this way what `explain` shows of it.

use super::step::Step;
use super::text::{Moved, Moving};
use super::value;
use crate::value::{Cell, Parsed, Raw, Target, Type, Unreadable, encode, put_framed, show, tag};

/// One side's way from a column's raw cells to canonical cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// The declared type of `Raw::Wire` cells.
    pub(super) wire: Option<Type>,
    target: Target,
    steps: Vec<Step>,
}

/// Buffers that [`Pipeline::apply`] uses again from cell to cell.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    texts: [String; 2],
    cell: Vec<u8>,
}

/// What a step made of a cell that it changed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen<'a> {
    Null,
    Text(&'a str),
    Cell(Cell<'a>),
}

/// Hears of every step (by index) that changed the cell.
pub(super) type Watch<'a> = &'a mut dyn FnMut(usize, Seen<'_>);

impl Pipeline {
    /// Compiles the way of one column on one side.
    pub fn new(wire: Option<Type>, target: Target, mut steps: Vec<Step>) -> Self {
        for step in &mut steps {
            if let Step::Map(pairs) = step {
                // Maps are looked up by bisection, however they were made.
                pairs.sort();
            }
        }
        Pipeline {
            wire,
            target,
            steps,
        }
    }

    /// The same without its steps: the cell as it would be compared without rules.
    pub fn without_steps(&self) -> Pipeline {
        Pipeline {
            wire: self.wire.clone(),
            target: self.target.clone(),
            steps: Vec::new(),
        }
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether no cell can be unreadable and equal raw bytes are equal cells:
    /// no steps, and text as text or a wire type as itself. Holds for cells of
    /// one kind: an untyped source may still send a blob where text is due.
    pub fn reads_anything(&self) -> bool {
        let reads = match &self.wire {
            Some(wire) => *wire == self.target.ty && wire.wire_always_reads(),
            None => self.target.ty.is_text(),
        };
        self.steps.is_empty() && reads
    }

    /// Appends the canonical cell of `raw` after all steps, and adds 1 to
    /// `changed[i]` for each step `i` that changed it. Always appends exactly
    /// one cell; `Err` says that it is a tagged raw one. Without steps nothing
    /// is copied or allocated on the way.
    pub fn apply(
        &self,
        raw: Raw<'_>,
        scratch: &mut Scratch,
        changed: &mut [u64],
        out: &mut Vec<u8>,
    ) -> Parsed {
        if self.steps.is_empty() {
            return self.parse(raw, raw, out);
        }
        self.run(raw, scratch, &mut |step, _| changed[step] += 1, out)
    }

    /// [`Pipeline::apply`], telling `watch` what each step made of the cell.
    pub(super) fn run(
        &self,
        raw: Raw<'_>,
        scratch: &mut Scratch,
        watch: Watch<'_>,
        out: &mut Vec<u8>,
    ) -> Parsed {
        let start = out.len();
        match (raw, self.text_of(raw)) {
            (Raw::Null, _) => self.parse(raw, raw, out)?,
            (Raw::Absent, _) => self.absent(watch, out)?,
            (_, Some(text)) => self.text(raw, text, scratch, watch, out)?,
            (_, None) => self.typed(raw, scratch, watch, out)?,
        }
        self.values(start, scratch, watch, out);
        Ok(())
    }

    /// The text that text steps work on. char(n) never ends in blanks.
    fn text_of<'a>(&self, raw: Raw<'a>) -> Option<&'a str> {
        let text = match raw {
            Raw::Text(text) | Raw::JsonString(text) => text,
            Raw::Wire(bytes) if self.wire.as_ref().is_some_and(Type::is_text) => {
                std::str::from_utf8(bytes).ok()?
            }
            _ => return None,
        };
        let padded = matches!(raw, Raw::Wire(_)) && self.wire == Some(Type::Bpchar);
        if padded || self.target.ty == Type::Bpchar {
            return Some(text.trim_end_matches(' '));
        }
        Some(text)
    }

    fn absent(&self, watch: Watch<'_>, out: &mut Vec<u8>) -> Parsed {
        let step = self.steps.iter().position(|s| *s == Step::AbsentAsNull);
        let Some(step) = step else {
            return self.parse(Raw::Absent, Raw::Absent, out);
        };
        watch(step, Seen::Null);
        self.parse(Raw::Null, Raw::Null, out)
    }

    fn text(
        &self,
        raw: Raw<'_>,
        text: &str,
        scratch: &mut Scratch,
        watch: Watch<'_>,
        out: &mut Vec<u8>,
    ) -> Parsed {
        let mut moving = Moving::new(text, &mut scratch.texts);
        for (index, step) in self.steps.iter().enumerate() {
            match moving.apply(step) {
                Moved::No => {}
                Moved::Yes => watch(index, Seen::Text(moving.text())),
                Moved::ToNull => {
                    watch(index, Seen::Null);
                    return self.parse(Raw::Null, raw, out);
                }
            }
        }
        let text = moving.text();
        let parsed = match raw {
            Raw::Wire(_) => Raw::Wire(text.as_bytes()),
            Raw::JsonString(_) => Raw::JsonString(text),
            _ => Raw::Text(text),
        };
        self.parse(parsed, raw, out)
    }

    /// A cell that is not text is seen by `map` only, as its canonical text, or
    /// as its own where it does not parse; what it becomes is text to be parsed.
    fn typed(
        &self,
        raw: Raw<'_>,
        scratch: &mut Scratch,
        watch: Watch<'_>,
        out: &mut Vec<u8>,
    ) -> Parsed {
        let is_map = |step: &Step| matches!(step, Step::Map(_));
        if !self.steps.iter().any(is_map) {
            return self.parse(raw, raw, out);
        }
        let start = out.len();
        let parsed = self.parse(raw, raw, out);
        let mut shown = String::new();
        match parsed {
            Ok(()) => show::show(Cell::of(&out[start..]), &mut shown),
            Err(Unreadable) => shown.push_str(&String::from_utf8_lossy(&bytes_of(raw))),
        }
        let mut moving = Moving::new(&shown, &mut scratch.texts);
        let mut mapped = false;
        for (index, step) in self.steps.iter().enumerate() {
            if is_map(step) && moving.apply(step) == Moved::Yes {
                watch(index, Seen::Text(moving.text()));
                mapped = true;
            }
        }
        if !mapped {
            return parsed;
        }
        out.truncate(start);
        self.parse(Raw::Text(moving.text()), raw, out)
    }

    fn values(&self, start: usize, scratch: &mut Scratch, watch: Watch<'_>, out: &mut Vec<u8>) {
        let steps = self.steps.iter().enumerate();
        for (index, step) in steps.filter(|(_, step)| step.is_value_step()) {
            scratch.cell.clear();
            let applied = value::apply(step, Cell::of(&out[start..]), &mut scratch.cell);
            if applied && scratch.cell != out[start..] {
                out.truncate(start);
                out.extend_from_slice(&scratch.cell);
                watch(index, Seen::Cell(Cell::of(&scratch.cell)));
            }
        }
    }

    /// Parses `raw`; if that fails, keeps `original` as a tagged raw cell.
    fn parse(&self, raw: Raw<'_>, original: Raw<'_>, out: &mut Vec<u8>) -> Parsed {
        let parsed = encode(raw, self.wire.as_ref(), &self.target, out);
        if parsed.is_err() {
            put_framed(out, tag::UNREADABLE, &bytes_of(original));
        }
        parsed
    }
}

/// The cell as it came, for a report.
fn bytes_of(raw: Raw<'_>) -> std::borrow::Cow<'_, [u8]> {
    match raw {
        Raw::Null | Raw::Absent => (&[]).into(),
        Raw::Text(text) | Raw::Json(text) | Raw::JsonString(text) => text.as_bytes().into(),
        Raw::Wire(bytes) | Raw::Blob(bytes) => bytes.into(),
        Raw::Integer(value) => value.to_string().into_bytes().into(),
        Raw::Real(value) => value.to_string().into_bytes().into(),
    }
}
