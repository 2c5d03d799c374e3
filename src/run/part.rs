//! One partition of one side, taken out to be joined: its prints, and where rows
//! are kept, the rows, in memory or, where one key or chance has made the
//! partition large, left on disk and read one by one.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::store::{Taken, cannot_read_back};
use crate::compare::join::Print;
use crate::error::Result;

/// Where rows are kept, `at` of a print is where its row stands.
pub struct Part {
    pub prints: Vec<Print>,
    rows: Rows,
}

enum Rows {
    Memory(Vec<u8>),
    Disk(Arc<File>),
}

/// A kept row is its print, its length, and its bytes.
const LEN: usize = size_of::<u64>();
pub const HEAD: usize = Print::BYTES + LEN;

/// What stands before a kept row of so many bytes.
pub fn head(print: Print, len: usize) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..Print::BYTES].copy_from_slice(&print.to_bytes());
    head[Print::BYTES..].copy_from_slice(&(len as u64).to_ne_bytes());
    head
}

impl Part {
    /// A partition of prints alone.
    pub fn of_prints(bytes: &[u8]) -> Part {
        let (records, _) = bytes.as_chunks::<{ Print::BYTES }>();
        Part {
            prints: records.iter().map(Print::from_bytes).collect(),
            rows: Rows::Memory(Vec::new()),
        }
    }

    /// A partition of prints with their rows.
    pub fn of_rows(taken: Taken) -> Result<Part> {
        let mut prints = Vec::new();
        let rows = match taken {
            Taken::Memory(bytes) => {
                // Reading from memory does not fail.
                let _ = read_prints(&bytes[..], 0, &mut prints, skip);
                Rows::Memory(bytes)
            }
            Taken::Disk(file, segments) => {
                for (start, len) in segments {
                    let segment = Segment {
                        file: &file,
                        at: start,
                        end: start + len as u64,
                    };
                    let reader = BufReader::with_capacity(256 << 10, segment);
                    read_prints(reader, start, &mut prints, |reader, len| {
                        reader.seek_relative(len as i64)
                    })
                    .map_err(|error| cannot_read_back(&error))?;
                }
                Rows::Disk(file)
            }
        };
        Ok(Part { prints, rows })
    }

    /// Its memory, to use again.
    pub fn into_spare(self) -> Vec<u8> {
        match self.rows {
            Rows::Memory(bytes) => bytes,
            Rows::Disk(_) => Vec::new(),
        }
    }

    /// The canonical row of one of the prints.
    pub fn row(&self, print: &Print) -> Result<Cow<'_, [u8]>> {
        match &self.rows {
            Rows::Memory(bytes) => {
                let (len, rest) = frame(&bytes[print.at as usize..]);
                Ok(Cow::Borrowed(&rest[..len]))
            }
            Rows::Disk(file) => row_of(file, print.at).map_err(|error| cannot_read_back(&error)),
        }
    }
}

fn row_of(file: &File, at: u64) -> std::io::Result<Cow<'static, [u8]>> {
    let mut len = [0; LEN];
    file.read_exact_at(&mut len, at)?;
    let mut row = vec![0; u64::from_ne_bytes(len) as usize];
    file.read_exact_at(&mut row, at + LEN as u64)?;
    Ok(Cow::Owned(row))
}

fn frame(bytes: &[u8]) -> (usize, &[u8]) {
    let (len, rest) = bytes
        .split_first_chunk::<LEN>()
        .expect("a row has a length");
    (u64::from_ne_bytes(*len) as usize, rest)
}

fn skip(bytes: &mut &[u8], len: usize) -> std::io::Result<()> {
    *bytes = &bytes[len..];
    Ok(())
}

/// Reads whole records from `start` on, passing over their rows.
fn read_prints<R: Read>(
    mut from: R,
    start: u64,
    prints: &mut Vec<Print>,
    skip: impl Fn(&mut R, usize) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut at = start;
    let mut head = [0; HEAD];
    while fill(&mut from, &mut head)? {
        let (print, len) = head
            .split_first_chunk::<{ Print::BYTES }>()
            .expect("a head holds a print");
        let mut print = Print::from_bytes(print);
        print.at = at + Print::BYTES as u64;
        let (len, _) = frame(len);
        skip(&mut from, len)?;
        prints.push(print);
        at += (HEAD + len) as u64;
    }
    Ok(())
}

/// Fills `head`; `false` at the end.
fn fill(from: &mut impl Read, head: &mut [u8]) -> std::io::Result<bool> {
    let first = from.read(head)?;
    if first == 0 {
        return Ok(false);
    }
    from.read_exact(&mut head[first..])?;
    Ok(true)
}

/// A run of whole records in the file.
pub(super) struct Segment<'a> {
    pub file: &'a File,
    pub at: u64,
    pub end: u64,
}

impl Read for Segment<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let wanted = out.len().min(left);
        let read = self.file.read_at(&mut out[..wanted], self.at)?;
        self.at += read as u64;
        if read == 0 && wanted > 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(read)
    }
}

impl Seek for Segment<'_> {
    /// Only from where it is, which is all that passing over a row asks for.
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let SeekFrom::Current(by) = to else {
            return Err(std::io::ErrorKind::Unsupported.into());
        };
        let at = self.at.checked_add_signed(by).filter(|at| *at <= self.end);
        self.at = at.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        Ok(self.at)
    }
}
