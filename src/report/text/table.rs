//! Rows of cells in aligned columns, with colour only where it was asked for.

use std::fmt::Write;

use super::cell::width;

/// What a piece of text means; a colour says nothing that the words do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Good,
    Bad,
    Doubtful,
    Heading,
}

/// Whether, and how, styles become ANSI sequences.
#[derive(Clone, Copy, Debug)]
pub struct Ink {
    pub colour: bool,
}

impl Ink {
    pub fn paint(self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Good => "1;32",
            Style::Bad => "1;31",
            Style::Doubtful => "1;33",
            Style::Heading => "1",
        };
        if self.colour && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    pub fn cell(self, style: Style, text: &str) -> Cell {
        Cell {
            width: width(text),
            text: self.paint(style, text),
        }
    }
}

/// Text with its width, which ANSI sequences do not add to.
#[derive(Clone, Debug)]
pub struct Cell {
    pub text: String,
    pub width: usize,
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        let text = text.as_ref();
        Cell {
            width: width(text),
            text: text.to_owned(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A table without lines; a row may be shorter than others.
#[derive(Debug)]
pub struct Table<'a> {
    align: &'a [Align],
    rows: Vec<Vec<Cell>>,
}

impl<'a> Table<'a> {
    /// Columns beyond `align` stand left.
    pub fn new(align: &'a [Align]) -> Self {
        Table {
            align,
            rows: Vec::new(),
        }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Appends the rows, two blanks between columns and none at a line's end.
    pub fn render(&self, indent: usize, out: &mut String) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.width).max().unwrap_or(0)
            })
            .collect();
        for row in &self.rows {
            let mut line = " ".repeat(indent);
            for (column, (cell, wide)) in row.iter().zip(&widths).enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                let pad = " ".repeat(wide - cell.width);
                let (left, right) = match self.align.get(column) {
                    Some(Align::Right) => (&*pad, ""),
                    _ => ("", &*pad),
                };
                write!(line, "{gap}{left}{}{right}", cell.text).expect("a String takes all");
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_width_and_colour_takes_no_room() {
        let plain = |colour| {
            let ink = Ink { colour };
            let mut table = Table::new(&[Align::Left, Align::Right]);
            table.row(["東京".into(), ink.cell(Style::Bad, "1"), "x".into()]);
            table.row(["abcde".into(), "1,000".into()]);
            let mut out = String::new();
            table.render(2, &mut out);
            out
        };
        assert_eq!(plain(false), "  東京       1  x\n  abcde  1,000\n");
        let bare = plain(true).replace("\x1b[1;31m", "").replace("\x1b[0m", "");
        assert_eq!(bare, plain(false));
    }
}
