//! Laws: the same cells as the `csv` crate, the same rows from chunks of every
//! size, and by offset the rows that were read.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::split::{Fault, Form, Visit, split, unescape};
use super::*;

type Record = Vec<(Vec<u8>, Form)>;

/// Collects records.
struct Records<'a> {
    bytes: &'a [u8],
    cells: Record,
    records: Vec<Record>,
}

impl Visit for Records<'_> {
    fn cell(&mut self, start: usize, end: usize, form: Form) {
        let mut cell = Vec::new();
        match form {
            Form::Escaped => unescape(&self.bytes[start..end], &mut cell),
            _ => cell.extend_from_slice(&self.bytes[start..end]),
        }
        self.cells.push((cell, form));
    }

    fn record(&mut self, _: usize, _: usize) -> Result<(), Fault> {
        self.records.push(std::mem::take(&mut self.cells));
        Ok(())
    }
}

fn ours(bytes: &[u8]) -> Result<Vec<Record>, Fault> {
    let mut records = Records {
        bytes,
        cells: Vec::new(),
        records: Vec::new(),
    };
    split(bytes, b',', &mut records)?;
    Ok(records.records)
}

fn theirs(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes)
        .into_byte_records()
        .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
        .collect()
}

/// Bytes among which those that matter are frequent. Lone CRs are left out of
/// those for the model, which takes them as line ends.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(b",".to_vec()),
        4 => Just(b"\"".to_vec()),
        2 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        4 => "[a-c]{1,3}".prop_map(String::into_bytes),
        1 => Just("東".as_bytes().to_vec()),
        1 => "x{50,80}".prop_map(String::into_bytes),
    ];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A table as any strict writer would write it, quoting some cells for no need.
fn table() -> impl Strategy<Value = (Vec<Vec<String>>, Vec<u8>)> {
    let cell = ("[a-c,\"\n\r東]{0,6}|x{60,70}", any::<bool>());
    (1..5_usize)
        .prop_flat_map(move |width| vec(vec(cell, width), 0..12))
        .prop_map(|rows| {
            let mut bytes = Vec::new();
            for row in &rows {
                let cells: Vec<String> = row
                    .iter()
                    .map(|(cell, quote)| written(cell, *quote))
                    .collect();
                bytes.extend_from_slice(cells.join(",").as_bytes());
                bytes.extend_from_slice(if row[0].1 { b"\r\n" } else { b"\n" });
            }
            let cells = |row: Vec<(String, bool)>| row.into_iter().map(|(cell, _)| cell).collect();
            (rows.into_iter().map(cells).collect(), bytes)
        })
}

fn written(cell: &str, quote: bool) -> String {
    if quote || cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

proptest! {
    #[test]
    fn the_same_cells_as_the_csv_crate(bytes in text()) {
        let Ok(records) = ours(&bytes) else { return Ok(()) };
        let blank = |record: &Record| {
            matches!(record.as_slice(), [(cell, Form::Bare)] if cell.is_empty())
        };
        let cells: Vec<Vec<Vec<u8>>> = records
            .into_iter()
            .filter(|record| !blank(record))
            .map(|record| record.into_iter().map(|(cell, _)| cell).collect())
            .collect();
        prop_assert_eq!(cells, theirs(&bytes));
    }

    #[test]
    fn what_a_writer_wrote_is_read((rows, bytes) in table()) {
        let records = ours(&bytes).unwrap();
        let cells: Vec<Vec<String>> = records
            .into_iter()
            .map(|record| record.into_iter().map(|(cell, _)| String::from_utf8(cell).unwrap()).collect())
            .collect();
        prop_assert_eq!(cells, rows);
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = ours(&bytes);
        let _ = super::super::cut::last(&bytes, b',');
        let _ = cells(&bytes);
    }

    /// A cut is sure: what is before it are whole records, whatever follows.
    #[test]
    fn cuts_fall_between_records(bytes in text(), at in 0..400_usize) {
        let Ok(records) = ours(&bytes) else { return Ok(()) };
        let part = &bytes[..at.min(bytes.len())];
        let cut = super::super::cut::last(part, b',').whole;
        let (mut head, tail) = (ours(&bytes[..cut]).unwrap(), ours(&bytes[cut..]).unwrap());
        head.extend(tail);
        prop_assert_eq!(head, records.clone());
        let first = super::super::cut::first(&bytes, b',').whole;
        if first > 0 {
            prop_assert_eq!(ours(&bytes[..first]).unwrap().len(), 1);
        } else {
            prop_assert!(records.len() <= 1);
        }
    }

    #[test]
    fn every_chunk_size_gives_the_same_rows((rows, bytes) in table(), blank in 0..3_usize) {
        let width = rows.first().map_or(2, Vec::len);
        let names: Vec<String> = (0..width).map(|column| format!("c{column}")).collect();
        let blank = if width > 1 { blank } else { 0 };
        let file = [names.join(",").as_bytes(), b"\n", &bytes, &b"\n".repeat(blank)].concat();
        let saved = saved("a.csv", &file);
        let whole = rows_with(&saved.path, TextOptions::default(), CHUNK).unwrap();
        prop_assert_eq!(whole.len(), rows.len());
        for chunk in (1..40).chain([64, 100, 1000]) {
            let again = rows_with(&saved.path, TextOptions::default(), chunk).unwrap();
            prop_assert_eq!(&again, &whole, "in chunks of {} bytes", chunk);
        }
    }

    #[test]
    fn fetched_rows_are_those_that_were_read(
        (rows, bytes) in table(),
        picks in vec(any::<prop::sample::Index>(), 0..8),
        chunk in 1..100_usize,
    ) {
        let width = rows.first().map_or(2, Vec::len);
        let names: Vec<String> = (0..width).map(|column| format!("c{column}")).collect();
        let file = [b"\xef\xbb\xbf", names.join(",").as_bytes(), b"\n", &bytes].concat();
        let saved = saved("a.csv", &file);
        let mut csv = Csv::open(&spec(&saved.path, TextOptions::default())).unwrap();
        csv.sizes.chunk = chunk;
        csv.schema().unwrap();
        let wants = all(&csv);
        let whole = read(&mut csv, &wants).unwrap();
        let mut picked: Vec<usize> = if whole.is_empty() {
            Vec::new()
        } else {
            picks.iter().map(|pick| pick.index(whole.len())).collect()
        };
        picked.sort_unstable();
        picked.dedup();
        let expected: Vec<Row> = picked.iter().map(|&pick| whole[pick].clone()).collect();
        let mut locators: Vec<u64> = expected.iter().map(|row| row.at.unwrap()).collect();
        locators.push(file.len() as u64 + 7);
        let mut kept = Kept::default();
        csv.fetch(&wants, &locators, &mut kept).unwrap();
        prop_assert_eq!(decoded(&csv, &wants, kept.0).unwrap(), expected);
    }
}
