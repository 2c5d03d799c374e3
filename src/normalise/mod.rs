//! The declared rules of a column: text steps on text before it is parsed,
//! value steps on the parsed value, compiled once into a [`Pipeline`].
//!
//! Every step is idempotent and counts the cells it changed, so that a report
//! can say what a PASS leans on.

use crate::value::{Parsed, Raw, Target, Type, json};

/// One rule, with its parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Trim,
    CollapseWhitespace,
    Lowercase,
    Nfc,
    Nfkc,
    EmptyAsNull,
    AbsentAsNull,
    /// Text equal to one of these is NULL.
    NullToken(Vec<String>),
    /// Removes these characters wherever they stand.
    Strip(Vec<char>),
    /// Whole cells by their text; sees the text of typed cells too.
    Map(Vec<(String, String)>),
    /// To so many decimals, half away from zero.
    Round(i32),
    TruncateTime(TimeUnit),
    SortArray,
    /// Paths whose values do not count, such as `meta.synced_at` or `items[].id`.
    JsonIgnore(Vec<json::Path>),
}

/// What a time is truncated to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    Second,
    Day,
}

/// One side's way from a column's raw cells to canonical cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// The declared type of `Raw::Wire` cells.
    wire: Option<Type>,
    target: Target,
    steps: Vec<Step>,
}

/// What `explain` shows of one cell: its text before any step, after each, and
/// the canonical cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub raw: Option<String>,
    pub steps: Vec<(String, Option<String>)>,
    pub canonical: Vec<u8>,
}

impl Pipeline {
    pub fn new(wire: Option<Type>, target: Target, steps: Vec<Step>) -> Self {
        Pipeline {
            wire,
            target,
            steps,
        }
    }

    /// The same without its steps: the cell as it would be compared without rules.
    pub fn without_steps(&self) -> Pipeline {
        Pipeline {
            steps: Vec::new(),
            ..self.clone()
        }
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether no cell can be unreadable and equal raw bytes are equal cells:
    /// no steps, and text as text or a wire type as itself.
    pub fn reads_anything(&self) -> bool {
        unimplemented!("skeleton")
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
        let _ = (raw, scratch, changed, out);
        unimplemented!("skeleton")
    }

    /// The same way, step by step, for `explain`.
    pub fn trace(&self, raw: Raw<'_>) -> Trace {
        let _ = raw;
        unimplemented!("skeleton")
    }
}

/// Buffers that [`Pipeline::apply`] uses again from cell to cell.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    // (skeleton)
}
