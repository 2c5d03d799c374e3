//! The detail files: one CSV file a kind of finding, for spreadsheets and SQL.
//!
//! Every file begins with `dataset,key`; the key, and a row that only one side
//! has, are JSON objects in one cell, because datasets have different columns.
//! UTF-8 without a byte order mark, lines end in LF. Three rules, for readers:
//!
//! - A cell that is empty and unquoted is NULL; `""` is the empty string, as in
//!   PostgreSQL's CSV.
//! - A cell that a spreadsheet would run as a formula is given a leading `'`:
//!   one that begins with `=`, `+`, `-`, `@`, tab, CR or LF, or with full-width
//!   `＝`, `＋`, `－`, `＠`, which Japanese spreadsheets take for the same. A plain
//!   negative number (`-5`, `-1.20`, `-3e-7`) is data and stays as it is.
//! - So that this can be undone, a cell that already is such a formula behind one
//!   or more `'` gets one more. To read: where a formula stands behind `'`s, take
//!   one `'` off.

use std::io::{self, Write};

use super::model::{Details, OneSided, Values};

/// `differences.csv`: one line for each differing cell.
pub fn differences(details: &[Details], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"dataset,key,column,old,new,cause\n")?;
    for Details {
        dataset, samples, ..
    } in details
    {
        for row in &samples.differing {
            let key = object(&row.key)?;
            for cell in &row.cells {
                let (old, new) = (cell.old.as_deref(), cell.new.as_deref());
                let (column, cause) = (Some(&*cell.column), Some(&*cell.cause));
                line(out, &[Some(dataset), Some(&key), column, old, new, cause])?;
            }
        }
    }
    Ok(())
}

/// `missing.csv`: the rows that only the old side has.
pub fn missing(details: &[Details], out: &mut dyn Write) -> io::Result<()> {
    one_sided(details, |details| &details.samples.missing, out)
}

/// `extra.csv`: the rows that only the new side has.
pub fn extra(details: &[Details], out: &mut dyn Write) -> io::Result<()> {
    one_sided(details, |details| &details.samples.extra, out)
}

fn one_sided(
    details: &[Details],
    rows: impl Fn(&Details) -> &[OneSided],
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(b"dataset,key,row\n")?;
    for each in details {
        for row in rows(each) {
            let (key, row) = (object(&row.key)?, object(&row.row)?);
            line(out, &[Some(&each.dataset), Some(&key), Some(&row)])?;
        }
    }
    Ok(())
}

/// `duplicates.csv`: keys that occur more than once, and how often on each side.
pub fn duplicates(details: &[Details], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"dataset,key,old_count,new_count\n")?;
    for Details {
        dataset, samples, ..
    } in details
    {
        for row in &samples.duplicated {
            let (old, new) = (row.old.to_string(), row.new.to_string());
            let key = object(&row.key)?;
            line(out, &[Some(dataset), Some(&key), Some(&old), Some(&new)])?;
        }
    }
    Ok(())
}

fn object(values: &Values) -> io::Result<String> {
    Ok(serde_json::to_string(values)?)
}

pub(super) fn line(out: &mut dyn Write, cells: &[Option<&str>]) -> io::Result<()> {
    let mut text = String::new();
    for (index, value) in cells.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if let Some(value) = value {
            cell(value, &mut text);
        }
    }
    text.push('\n');
    out.write_all(text.as_bytes())
}

/// One cell that is not NULL. The csv crate is no help here: its quoting does not
/// let a writer tell NULL from '' cell by cell.
fn cell(value: &str, text: &mut String) {
    let shield = if runs(value.trim_start_matches('\'')) {
        "'"
    } else {
        ""
    };
    if !value.is_empty() && !value.contains([',', '"', '\n', '\r']) && value.trim() == value {
        text.push_str(shield);
        text.push_str(value);
        return;
    }
    text.push('"');
    text.push_str(shield);
    for piece in value.split_inclusive('"') {
        text.push_str(piece);
        if piece.ends_with('"') {
            text.push('"');
        }
    }
    text.push('"');
}

/// Whether a spreadsheet may take `text` for a formula.
fn runs(text: &str) -> bool {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    formula && !is_negative_number(text)
}

fn is_negative_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = text.strip_prefix('-') else {
        return false;
    };
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            exponent.strip_prefix(['-', '+']).unwrap_or(exponent),
        ),
        None => (number, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && digits(exponent)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;
    use proptest::prelude::*;

    fn shown(value: &str) -> String {
        let mut text = String::new();
        cell(value, &mut text);
        text
    }

    /// What a reader makes of one cell, by the rules of the module's page.
    fn read(text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let quoted = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let value = quoted.map_or_else(|| text.to_owned(), |inner| inner.replace("\"\"", "\""));
        let bare = value.trim_start_matches('\'');
        let shielded = bare.len() < value.len() && runs(bare);
        Some(value[usize::from(shielded)..].to_owned())
    }

    type Renderer = fn(&[Details], &mut dyn Write) -> io::Result<()>;

    fn all_files(details: &[Details]) -> String {
        let files: [(&str, Renderer); 4] = [
            ("differences", differences),
            ("missing", missing),
            ("extra", extra),
            ("duplicates", duplicates),
        ];
        let mut out = Vec::new();
        for (name, render) in files {
            out.extend_from_slice(format!("--- {name}.csv\n").as_bytes());
            render(details, &mut out).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn detail_files() {
        insta::assert_snapshot!(all_files(&fixtures::details()));
    }

    #[test]
    fn nothing_found_is_a_header_alone() {
        insta::assert_snapshot!(all_files(&[]));
    }

    #[test]
    fn null_is_unquoted_and_the_empty_string_is_quoted() {
        let mut out = Vec::new();
        line(
            &mut out,
            &[Some("a"), None, Some(""), Some(" b"), Some("c\"d")],
        )
        .unwrap();
        assert_eq!(out, b"a,,\"\",\" b\",\"c\"\"d\"\n");
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_shielded() {
        for formula in [
            "=1+1",
            "+81-3-1234-5678",
            "-2+3+cmd|' /C calc'!A1",
            "@SUM(A1)",
            "＝1+1",
            "＋1",
            "－1",
            "＠x",
            "-",
            "--5",
            "-Infinity",
            "-1e",
            "-.5",
            "+5",
        ] {
            assert_eq!(shown(formula), format!("'{formula}"));
        }
        assert_eq!(shown("\t=1"), "\"'\t=1\"");
        assert_eq!(shown("\r\n=1"), "\"'\r\n=1\"");
        assert_eq!(shown("=A1,\"x\""), "\"'=A1,\"\"x\"\"\"");
        assert_eq!(shown("'=1"), "''=1");
    }

    #[test]
    fn plain_data_stays() {
        for plain in [
            "-5", "-1.20", "-3e-7", "-0", "1=1", "a@b", "'tis", "'-5", "−5", "ー",
        ] {
            assert_eq!(shown(plain), plain);
        }
    }

    proptest! {
        #[test]
        fn any_cell_can_be_read_back(value in "['=+@,\"\\-\t\r\n a5東＝]{0,6}") {
            let text = shown(&value);
            prop_assert_eq!(read(&text), Some(value));
            let inner = text.strip_prefix('"').unwrap_or(&text);
            prop_assert!(!runs(inner), "{text:?} runs");
        }
    }
}
