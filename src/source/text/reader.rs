//! The stream of a text file: bytes from disk, decompressed, decoded.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use encoding_rs::{Encoding, UTF_8};
use rustix::buffer::spare_capacity;

use super::transcode::Transcoder;
use super::{Compression, Origin, TextFile};
use crate::error::{Code, Failure, Result};

/// A stream of UTF-8: whole and decoded, but where the file itself is UTF-8 its
/// validity is the format's to check. No byte order mark is among the bytes.
pub struct Reader {
    from: From,
    origin: Origin,
    compression: Compression,
    /// Bytes read from disk so far.
    read: Arc<AtomicU64>,
    start: u64,
}

enum From {
    /// As it lies on disk: straight into the caller's buffer.
    Plain(Disk),
    Unpacked(Box<dyn Read + Send>),
    Decoded(Transcoder, Box<dyn Read + Send>),
}

/// The file's bytes by position, so that readers do not share an offset.
struct Disk {
    file: Arc<File>,
    at: u64,
    read: Arc<AtomicU64>,
}

impl Reader {
    pub(super) fn new(text: &TextFile) -> Result<Reader> {
        let read = Arc::new(AtomicU64::new(0));
        let disk = Disk {
            file: Arc::clone(&text.file),
            at: 0,
            read: Arc::clone(&read),
        };
        let mut reader = Reader {
            from: From::Plain(disk),
            origin: text.origin(),
            compression: text.compression,
            read,
            start: 0,
        };
        reader.unpack(text)?;
        reader.begin(text)?;
        Ok(reader)
    }

    /// Puts the decompressor before the disk.
    fn unpack(&mut self, text: &TextFile) -> Result<()> {
        let From::Plain(disk) = &self.from else {
            return Ok(());
        };
        let disk = disk.again();
        let unpacked: Box<dyn Read + Send> = match text.compression {
            Compression::None => return Ok(()),
            _ if text.size() == 0 => return Err(self.origin.cut("the compressed file is empty")),
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(
                io::BufReader::with_capacity(64 << 10, disk),
            )),
            Compression::Zstd => Box::new(
                zstd::stream::read::Decoder::new(disk)
                    .map_err(|error| self.origin.unreadable(&error))?,
            ),
        };
        self.from = From::Unpacked(unpacked);
        Ok(())
    }

    /// Looks at the first bytes: drops a byte order mark and starts the decoder.
    fn begin(&mut self, text: &TextFile) -> Result<()> {
        let mut head = Vec::new();
        self.extend(&mut head, 3)?;
        let mark = Encoding::for_bom(&head);
        let encoding = self.settle(text, mark.map(|(encoding, _)| encoding))?;
        let skip = match mark {
            Some((marked, len)) if marked == encoding.unwrap_or(UTF_8) => len,
            _ => 0,
        };
        self.start = if encoding.is_none() { skip as u64 } else { 0 };
        let rest = io::Cursor::new(head.split_off(skip));
        let from = match std::mem::replace(&mut self.from, From::Unpacked(Box::new(io::empty()))) {
            From::Plain(disk) if encoding.is_none() => {
                self.from = From::Plain(disk.seek(skip as u64));
                return Ok(());
            }
            From::Plain(disk) => Box::new(rest.chain(disk)) as Box<dyn Read + Send>,
            From::Unpacked(unpacked) | From::Decoded(_, unpacked) => Box::new(rest.chain(unpacked)),
        };
        self.from = match encoding {
            None => From::Unpacked(from),
            Some(encoding) => From::Decoded(Transcoder::new(encoding, skip as u64), from),
        };
        Ok(())
    }

    /// The encoding to decode from, given the one a byte order mark speaks for.
    fn settle(
        &self,
        text: &TextFile,
        marked: Option<&'static Encoding>,
    ) -> Result<Option<&'static Encoding>> {
        let Some(marked) = marked else {
            return Ok(text.encoding);
        };
        if text.either_utf16 && marked != UTF_8 {
            return Ok(Some(marked));
        }
        if marked == text.encoding.unwrap_or(UTF_8) {
            return Ok(text.encoding);
        }
        let named = text.encoding.map_or("UTF-8", |encoding| encoding.name());
        Err(self.origin.malformed(
            1,
            0,
            format!(
                "a byte order mark says {}, not {named}",
                marked.name().to_ascii_uppercase()
            ),
            format!(
                "set encoding = \"{}\" for this side",
                marked.name().to_ascii_lowercase()
            ),
        ))
    }

    /// The offset, in the text, of the first byte this reader gives: the length
    /// of a UTF-8 byte order mark, or 0.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Bytes read from disk so far.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Relaxed)
    }

    /// Appends `len` bytes to `buffer`; returns how many there were, fewer only
    /// at the end of the text.
    pub fn extend(&mut self, buffer: &mut Vec<u8>, len: usize) -> Result<usize> {
        let done = match &mut self.from {
            From::Plain(disk) => disk.append(buffer, len),
            From::Unpacked(unpacked) => append(unpacked, buffer, len),
            From::Decoded(transcoder, bytes) => {
                let origin = &self.origin;
                append(&mut transcoder.over(bytes, origin), buffer, len)
            }
        };
        done.map_err(|error| self.explain(error))
    }

    fn explain(&self, error: io::Error) -> Failure {
        let name = match self.compression.name() {
            _ if error.raw_os_error().is_some() => return self.origin.unreadable(&error),
            Some(name) if !carries_failure(&error) => name,
            _ => return failure(error),
        };
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return self
                .origin
                .cut(&format!("the {name} stream ends before its end"));
        }
        Failure::new(
            Code::Malformed,
            format!(
                "{}: the {name} stream is damaged: {error}",
                self.origin.name()
            ),
            "fetch the file again: it is not whole, or something else follows it",
        )
    }
}

/// For parsers that want a `Read`; [`failure`] gives back what went wrong.
impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let done = match &mut self.from {
            From::Plain(disk) => disk.read(buffer),
            From::Unpacked(unpacked) => unpacked.read(buffer),
            From::Decoded(transcoder, bytes) => transcoder.over(bytes, &self.origin).read(buffer),
        };
        done.map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => io::Error::other(self.explain(error)),
        })
    }
}

/// The failure that an error of [`Reader`]'s `Read` carries.
pub fn failure(error: io::Error) -> Failure {
    match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(error) => Failure::new(
            Code::SourceCut,
            format!("cannot be read to its end: {error}"),
            "check the disk or the share that holds it, then run again",
        ),
    }
}

fn carries_failure(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Failure>())
}

/// Appends `len` bytes of `from`, fewer only at its end.
fn append(from: &mut impl Read, buffer: &mut Vec<u8>, len: usize) -> io::Result<usize> {
    let start = buffer.len();
    buffer.resize(start + len, 0);
    let mut filled = start;
    let mut outcome = Ok(());
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    buffer.truncate(filled);
    outcome.map(|()| filled - start)
}

/// Appends the `len` bytes at `offset` of `file`, fewer only at its end.
pub(super) fn append_at(
    file: &File,
    buffer: &mut Vec<u8>,
    offset: u64,
    len: usize,
) -> io::Result<usize> {
    let start = buffer.len();
    buffer.reserve(len);
    while buffer.len() - start < len {
        let done = buffer.len() - start;
        let missing = len - done;
        let count = if buffer.capacity() - buffer.len() <= missing {
            rustix::io::pread(file, spare_capacity(buffer), offset + done as u64)
        } else {
            read_exactly_into(file, buffer, offset + done as u64, missing)
        };
        match count {
            Ok(0) => break,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(buffer.len() - start)
}

/// As a read into spare capacity, but of no more than `len` bytes.
fn read_exactly_into(
    file: &File,
    buffer: &mut Vec<u8>,
    offset: u64,
    len: usize,
) -> rustix::io::Result<usize> {
    let start = buffer.len();
    buffer.resize(start + len, 0);
    let count = rustix::io::pread(file, &mut buffer[start..], offset);
    buffer.truncate(start + count.unwrap_or(0));
    count
}

impl Disk {
    fn again(&self) -> Disk {
        Disk {
            file: Arc::clone(&self.file),
            at: self.at,
            read: Arc::clone(&self.read),
        }
    }

    fn seek(mut self, at: u64) -> Disk {
        self.at = at;
        self.read.store(at, Relaxed);
        self
    }

    fn append(&mut self, buffer: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        let count = append_at(&self.file, buffer, self.at, len)?;
        self.advance(count);
        Ok(count)
    }

    fn advance(&mut self, count: usize) {
        self.at += count as u64;
        self.read.fetch_add(count as u64, Relaxed);
    }
}

impl Read for Disk {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.at)?;
        self.advance(count);
        Ok(count)
    }
}
