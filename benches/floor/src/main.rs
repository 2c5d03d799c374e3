//! The `csv-diff` crate over two CSV files with its default thread pool: what a
//! comparison of CSV files costs with the library that is known for its speed.
//!
//! `floor [--lazy] OLD NEW KEY` prints `{"added":…,"modified":…,"deleted":…}`.
//! KEY is the key column's index from 0, or several with commas between them.
//! The crate has two ways: eagerly over local files, which is the faster one,
//! or, with `--lazy`, handing out the differences one by one as they are found.

use std::env;
use std::error::Error;
use std::fs::File;

use csv_diff::csv::Csv;
use csv_diff::csv_diff::{
    CsvByteDiff, CsvByteDiffBuilder, CsvByteDiffLocal, CsvByteDiffLocalBuilder,
};
use csv_diff::diff_row::DiffByteRecord;

#[derive(Default)]
struct Counts {
    added: u64,
    modified: u64,
    deleted: u64,
}

impl Counts {
    fn count(&mut self, record: &DiffByteRecord) {
        match record {
            DiffByteRecord::Add(_) => self.added += 1,
            DiffByteRecord::Modify { .. } => self.modified += 1,
            DiffByteRecord::Delete(_) => self.deleted += 1,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args: Vec<String> = env::args().skip(1).collect();
    let lazy = args.first().is_some_and(|arg| arg == "--lazy");
    if lazy {
        args.remove(0);
    }
    let [old, new, key] = args.as_slice() else {
        return Err("usage: floor [--lazy] OLD NEW KEY".into());
    };
    let key = key
        .split(',')
        .map(str::parse)
        .collect::<Result<Vec<usize>, _>>()?;
    let counts = if !lazy {
        eagerly(old, new, key)?
    } else {
        lazily(old, new, key)?
    };
    let Counts {
        added,
        modified,
        deleted,
    } = counts;
    println!("{{\"added\":{added},\"modified\":{modified},\"deleted\":{deleted}}}");
    Ok(())
}

fn lazily(old: &str, new: &str, key: Vec<usize>) -> Result<Counts, Box<dyn Error>> {
    let diff: CsvByteDiff<_> = CsvByteDiffBuilder::new().primary_key_columns(key).build()?;
    let (old, new) = (File::open(old)?, File::open(new)?);
    let records = diff.diff(Csv::with_reader_seek(old), Csv::with_reader_seek(new));
    let mut counts = Counts::default();
    for record in records {
        counts.count(&record?);
    }
    Ok(counts)
}

fn eagerly(old: &str, new: &str, key: Vec<usize>) -> Result<Counts, Box<dyn Error>> {
    let diff: CsvByteDiffLocal<_> = CsvByteDiffLocalBuilder::new()
        .primary_key_columns(key)
        .build()?;
    let (old, new) = (File::open(old)?, File::open(new)?);
    let records = diff.diff(Csv::with_reader_seek(old), Csv::with_reader_seek(new))?;
    let mut counts = Counts::default();
    for record in records.iter() {
        counts.count(record);
    }
    Ok(counts)
}
