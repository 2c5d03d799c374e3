//! Reports: one model, and one short renderer for each format.
//!
//! Renderers tell and never judge: verdicts, rates and counts come from the
//! model as they are, so every format says the same.

pub mod build;
pub mod csv;
pub mod json;
pub mod model;
pub mod schema;
pub mod text;
mod text_of;
pub mod writer;

#[cfg(test)]
mod fixtures;

/// The most bytes of one cell that a report holds.
pub const CELL_LIMIT: usize = 4096;

/// A cell's text for the report: whole, or its first [`CELL_LIMIT`] bytes (less
/// where a character would be cut) and how many bytes were left off.
pub fn cut(text: &str) -> String {
    if text.len() <= CELL_LIMIT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(CELL_LIMIT);
    format!("{}… (+{} bytes)", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_is_cut_between_characters_and_says_how_much_is_gone() {
        assert_eq!(cut(&"a".repeat(4096)), "a".repeat(4096));
        assert_eq!(
            cut(&"a".repeat(4097)),
            format!("{}… (+1 bytes)", "a".repeat(4096))
        );
        // 4096 = 3 × 1365 + 1: the 1366th kanji would be cut.
        assert_eq!(
            cut(&"東".repeat(2000)),
            format!("{}… (+1905 bytes)", "東".repeat(1365))
        );
    }
}
