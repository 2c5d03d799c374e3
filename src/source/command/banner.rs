//! A look at how the output begins, before it is read as data: package managers
//! and build tools greet on stdout, and what they say must not pass for a header
//! or end in a riddle about JSON.

use super::lines::{Lines, cut};
use crate::error::{Code, Failure, Result};
use crate::source::location::{Format, TextOptions};
use crate::source::text::TextFile;

/// How much of the output is looked at.
const HEAD: usize = 64 << 10;
/// How much of a line is quoted.
const QUOTED: usize = 120;

pub const ALONE: &str = "Let the command print its data alone on stdout: notices belong on stderr (npm and yarn say nothing with --silent), or let it write a file and name that as this side's `output`";

/// The output, as far as this needs to know it.
pub struct Output<'a> {
    pub file: &'a TextFile,
    pub format: Format,
    pub text: &'a TextOptions,
    /// What it is called in messages.
    pub name: &'a str,
    /// Knows what must not show.
    pub lines: &'a Lines,
}

impl Output<'_> {
    /// Fails if it is empty, or begins with what is no data.
    pub fn check(&self) -> Result<()> {
        let mut head = Vec::new();
        let whole = self.file.reader()?.extend(&mut head, HEAD)? < HEAD;
        let start = head.trim_ascii_start();
        match (self.format, start) {
            (_, []) => Err(self.nothing()),
            (Format::JsonLines, [b'{', ..]) => Ok(()),
            (Format::JsonLines, [b'[', rest @ ..]) if opens_array(rest) => Err(self.wrong(
                "it begins with a JSON array where one record a line was due",
                "Say `format = \"json\"` for this side",
            )),
            (Format::JsonLines, _) => Err(self.greeting(start, "no JSON object")),
            (Format::Json, [b'[', rest @ ..]) if opens_array(rest) => Ok(()),
            (Format::Json, [b'{', ..]) => Err(self.wrong(
                "it begins with a JSON object where an array of records was due",
                "Say `format = \"jsonl\"` for this side if it is one record a line",
            )),
            (Format::Json, _) => Err(self.greeting(start, "no JSON array")),
            (Format::Csv | Format::Tsv, _) => self.check_cells(&head, whole),
        }
    }

    fn nothing(&self) -> Failure {
        self.wrong(
            "it is empty",
            "Let the command print something: [] for no rows in JSON, a header row in CSV; -v shows what it said on stderr",
        )
    }

    fn greeting(&self, start: &[u8], is: &str) -> Failure {
        let line = self.quoted(start);
        self.wrong(&format!("its first line is {is} but {line}"), ALONE)
    }

    fn quoted(&self, start: &[u8]) -> String {
        let line = start.split(|byte| *byte == b'\n').next().unwrap_or(start);
        format!("{:?}", cut(&self.lines.clean(line), QUOTED))
    }

    fn wrong(&self, why: &str, next: &str) -> Failure {
        Failure::new(Code::Malformed, format!("{}: {why}", self.name), next)
    }

    /// A first line of CSV with fewer cells than all others is no header.
    fn check_cells(&self, head: &[u8], whole: bool) -> Result<()> {
        let end = match whole {
            true => head.len(),
            false => memchr::memrchr(b'\n', head).map_or(0, |end| end + 1),
        };
        let cells = self.cells(&head[..end]);
        let Some(usual) = cells.last().copied() else {
            return Ok(());
        };
        let before = cells.iter().take_while(|cells| **cells < usual).count();
        let alike = cells[before..].iter().all(|cells| *cells == usual);
        if before == 0 || !alike {
            return Ok(());
        }
        let line = self.quoted(head.trim_ascii_start());
        let first = match before {
            1 => "its first line has".to_owned(),
            many => format!("its first {many} lines have"),
        };
        let why =
            format!("{first} fewer cells than the others ({usual}) and may be no header: {line}");
        Err(self.wrong(&why, ALONE))
    }

    /// How many cells each row has; blank lines have none.
    fn cells(&self, text: &[u8]) -> Vec<usize> {
        let delimiter = match self.format {
            Format::Tsv => b'\t',
            _ => b',',
        };
        let rows = csv::ReaderBuilder::new()
            .delimiter(self.text.delimiter.unwrap_or(delimiter))
            .has_headers(false)
            .flexible(true)
            .from_reader(text);
        let rows = rows.into_byte_records().map_while(Result::ok);
        rows.map(|row| row.len()).collect()
    }
}

/// Whether what follows `[` can be an array of records: `[INFO] …` cannot.
fn opens_array(rest: &[u8]) -> bool {
    matches!(rest.trim_ascii_start(), [] | [b'{' | b']', ..])
}
