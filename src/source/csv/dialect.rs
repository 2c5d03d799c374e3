//! What a side's options say of its cells: the delimiter and what NULL looks like.

use crate::error::{Code, Failure, Result};
use crate::source::location::{Format, TextOptions};

/// How records and NULLs are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub engine: &'static str,
    pub delimiter: u8,
    pub nulls: Nulls,
}

/// The unquoted cells that are NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Nulls {
    tokens: Vec<Vec<u8>>,
    /// Bit `n` is set where a token has `n` bytes; the highest bit stands for
    /// all lengths from 63. Most cells are told apart by it alone.
    lengths: u64,
}

impl Dialect {
    pub fn new(format: Format, options: &TextOptions) -> Result<Dialect> {
        let (engine, delimiter) = match format {
            Format::Tsv => ("TSV", b'\t'),
            _ => ("CSV", b','),
        };
        let delimiter = options.delimiter.unwrap_or(delimiter);
        if !delimiter.is_ascii() || matches!(delimiter, b'"' | b'\n' | b'\r' | 0) {
            return Err(Failure::new(
                Code::Config,
                format!(
                    "the delimiter cannot be \"{}\"",
                    char::from(delimiter).escape_default()
                ),
                "name one ASCII character that is neither a quote nor a line end",
            ));
        }
        let nulls = match &options.null {
            Some(tokens) => Nulls::new(tokens),
            None => Nulls::new(&[String::new()]),
        };
        Ok(Dialect {
            engine,
            delimiter,
            nulls,
        })
    }

    /// The dialect's part of a raw form: two sides that agree in it read equal
    /// bytes as equal cells.
    pub fn form(&self) -> String {
        format!("delimiter {} nulls {:?}", self.delimiter, self.nulls.tokens)
    }
}

impl Nulls {
    fn new(tokens: &[String]) -> Nulls {
        let mut tokens: Vec<Vec<u8>> = tokens.iter().map(|token| token.clone().into()).collect();
        tokens.sort_unstable();
        tokens.dedup();
        let lengths = tokens
            .iter()
            .fold(0, |lengths, token| lengths | 1 << token.len().min(63));
        Nulls { tokens, lengths }
    }

    /// Whether an unquoted cell is NULL.
    #[inline(always)]
    pub fn holds(&self, cell: &[u8]) -> bool {
        self.lengths >> cell.len().min(63) & 1 != 0 && (cell.is_empty() || self.find(cell))
    }

    /// Kept out of the way of the cells that have no token's length.
    #[cold]
    fn find(&self, cell: &[u8]) -> bool {
        self.tokens.iter().any(|token| token == cell)
    }
}
