//! What `explain` shows of one cell's way: [`Pipeline::apply`]'s own steps,
//! watched, so that the explanation cannot differ from the verification.

use super::pipeline::{Pipeline, Scratch, Seen};
use crate::value::{Raw, Target, cells, encode, show};

/// What `explain` shows of one cell: its text before any step, after each (in
/// the order in which they run), and the canonical cell. A text is `None` for
/// NULL and absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub raw: Option<String>,
    pub steps: Vec<(String, Option<String>)>,
    pub canonical: Vec<u8>,
}

impl Pipeline {
    /// The same way as [`Pipeline::apply`], step by step, for `explain`.
    pub fn trace(&self, raw: Raw<'_>) -> Trace {
        let mut seen: Vec<Option<Option<String>>> = vec![None; self.steps().len()];
        let mut canonical = Vec::new();
        let mut watch = |step: usize, now: Seen<'_>| seen[step] = Some(text_of(now));
        // A cell that does not parse is tagged as such in `canonical`.
        let _ = self.run(raw, &mut Scratch::default(), &mut watch, &mut canonical);

        let raw = self.raw_text(raw);
        let mut current = raw.clone();
        let mut order: Vec<usize> = (0..seen.len()).collect();
        order.sort_by_key(|step| self.steps()[*step].is_value_step());
        let mut steps = Vec::with_capacity(order.len());
        for step in order {
            if let Some(now) = seen[step].take() {
                current = now;
            }
            steps.push((self.steps()[step].to_string(), current.clone()));
        }
        Trace {
            raw,
            steps,
            canonical,
        }
    }

    /// The cell as its source would write it.
    fn raw_text(&self, raw: Raw<'_>) -> Option<String> {
        match raw {
            Raw::Null | Raw::Absent => None,
            Raw::Text(text) | Raw::JsonString(text) | Raw::Json(text) => Some(text.to_owned()),
            Raw::Integer(value) => Some(value.to_string()),
            Raw::Real(value) => Some(value.to_string()),
            Raw::Blob(bytes) => Some(hex(bytes)),
            Raw::Wire(bytes) => Some(self.wire_text(bytes).unwrap_or_else(|| hex(bytes))),
        }
    }

    /// A wire cell as a value of its own type.
    fn wire_text(&self, bytes: &[u8]) -> Option<String> {
        let target = Target {
            ty: self.wire.clone()?,
            zone: None,
        };
        let mut cell = Vec::new();
        encode(Raw::Wire(bytes), Some(&target.ty), &target, &mut cell).ok()?;
        cells(&cell).next().map(|cell| text_of(Seen::Cell(cell)))?
    }
}

fn text_of(seen: Seen<'_>) -> Option<String> {
    match seen {
        Seen::Null => None,
        Seen::Text(text) => Some(text.to_owned()),
        Seen::Cell(cell) if cell.is_null() => None,
        Seen::Cell(cell) => {
            let mut text = String::new();
            show::show(cell, &mut text);
            Some(text)
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("\\x".to_owned(), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}
