//! Where the rows of a page's last key begin, found from the page's end.
//!
//! PostgREST writes a record a line, so that the lines can be counted without a
//! look into them and only the last few have to be read before the next page is
//! asked for: the rest is the workers' to read. What is written otherwise is
//! nothing of this module's, and says so by `None`.

use memchr::{memchr_iter, memrchr};

use super::page::Rows;
use crate::source::records::scan::Scanner;
use crate::source::records::string::Text;
use crate::source::records::visit::{Each, Value};

/// A page of `claimed` records, without its brackets.
pub fn rows(bytes: &[u8], key: &[String], claimed: u64) -> Option<Rows> {
    let lines = memchr_iter(b'\n', bytes).count() as u64 + 1;
    if lines != claimed {
        return None;
    }
    let mut rows = Rows {
        count: claimed,
        before: claimed,
        ..Rows::default()
    };
    if key.is_empty() {
        (rows.groups, rows.before) = (1, 0);
    }
    let mut end = bytes.len();
    while rows.before > 0 {
        let line = memrchr(b'\n', &bytes[..end]).map_or(0, |at| at + 1);
        let (start, cells) = record(&bytes[..end], line, key, rows.groups == 0)?;
        if rows.groups == 0 {
            rows.last = cells;
            rows.groups = 1;
        } else if !rows.are_of_last(&cells, bytes) {
            rows.groups += 1;
            break;
        }
        rows.start = start;
        rows.before -= 1;
        end = line.saturating_sub(1);
    }
    Some(rows)
}

/// The one record of the line that starts there, and ends with the bytes: where
/// it is, and its key.
fn record(
    bytes: &[u8],
    line: usize,
    key: &[String],
    is_last: bool,
) -> Option<(usize, Vec<Option<Value>>)> {
    let mut scanner = Scanner::new(bytes, line);
    let mut cells = vec![None; key.len()];
    scanner.space();
    let found = scanner.object(&mut Each(|name: Text, value| {
        let name = name.read(bytes);
        if let Some(place) = key.iter().position(|key| key.as_bytes() == &*name) {
            cells[place] = Some(value);
        }
        Ok(())
    }));
    let (start, _) = found.ok()?;
    scanner.space();
    if !is_last {
        scanner.peek().filter(|byte| *byte == b',')?;
        scanner.at += 1;
        scanner.space();
    }
    scanner.peek().is_none().then_some((start, cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, claimed: u64) -> Option<(u64, u64, String)> {
        let key = ["a".to_owned()];
        let rows = rows(text.as_bytes(), &key, claimed)?;
        Some((rows.groups, rows.before, text[rows.start..].to_owned()))
    }

    #[test]
    fn the_last_keys_rows_are_found_from_the_end() {
        let some = |groups, before, text: &str| Some((groups, before, text.to_owned()));
        let two = " {\"a\":1}, \n {\"a\":2}, \n {\"a\":3,\"b\":1}, \n {\"b\":2,\"a\":3}";
        let last = "{\"a\":3,\"b\":1}, \n {\"b\":2,\"a\":3}";
        assert_eq!(found(two, 4), some(2, 2, last));
        let one = " {\"a\":\"\\n\"}, \n {\"a\":\"\\n\"}";
        assert_eq!(found(one, 2), some(1, 0, one.trim()));
        assert_eq!(found(" {\"a\":7}\t", 1), some(1, 0, "{\"a\":7}\t"));
    }

    #[test]
    fn what_is_written_otherwise_is_left_to_others() {
        for (text, claimed) in [
            (" {\"a\":1}, {\"a\":2}", 2),
            (" {\"a\":1}\n, {\"a\":2}", 2),
            (" {\"a\":1} \n {\"a\":2}", 2),
            (" {\"a\":1}, \n {\"a\":2},", 2),
            (" {\"a\":1}, \n {\"a\":2}", 3),
            (" {\"a\":1},\n\n{\"a\":2}", 3),
            (" {\"a\":\n1}, {\"a\":2}", 2),
            ("", 1),
        ] {
            assert_eq!(found(text, claimed), None, "{text:?}");
        }
    }
}
