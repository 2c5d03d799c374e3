//! What all text files share: opening, decompression, decoding to UTF-8,
//! identity and the check that nobody wrote to the file while it was read.
//!
//! A format sees one stream of UTF-8 bytes, whatever lies on disk. A stream that
//! ends before its own end is an error here, so that no format can mistake a
//! truncated file for a short one.

mod encoding;
mod origin;
mod reader;
mod transcode;

#[cfg(test)]
mod tests;

use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::Encoding;

use super::Identity;
use crate::error::{Code, Failure, Result};

pub use origin::Origin;
pub use reader::{Reader, failure};

/// A text file, opened once; every reader reads the file that was opened, even
/// if its name has since come to mean another.
#[derive(Debug)]
pub struct TextFile {
    path: PathBuf,
    /// What people call it.
    name: String,
    file: Arc<File>,
    stamp: Stamp,
    compression: Compression,
    /// `None`: UTF-8.
    encoding: Option<&'static Encoding>,
    /// Whether the encoding is `utf-16`, of which a byte order mark says which.
    either_utf16: bool,
}

/// How the bytes on disk are compressed, by the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

/// What changes when a file is written to or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl TextFile {
    /// Opens `path`, whose name says the compression, as text in `encoding` (a
    /// WHATWG label; `None`: UTF-8).
    pub fn open(path: &Path, encoding: Option<&str>) -> Result<TextFile> {
        let (encoding, either_utf16) = match encoding {
            Some(label) => encoding::named(label)?,
            None => (None, false),
        };
        let cannot = |error| cannot_open(path, &error);
        // Without waiting: a pipe would keep us until somebody writes to it.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
            .open(path)
            .map_err(cannot)?;
        let metadata = file.metadata().map_err(cannot)?;
        if !metadata.is_file() {
            return Err(not_regular(path, &metadata));
        }
        Ok(TextFile {
            path: path.to_owned(),
            name: path.display().to_string(),
            file: Arc::new(file),
            stamp: Stamp::of(&metadata),
            compression: Compression::of(path),
            encoding,
            either_utf16,
        })
    }

    /// The same under another name, where its path says nothing to people.
    pub fn called(mut self, name: Option<&str>) -> TextFile {
        if let Some(name) = name {
            name.clone_into(&mut self.name);
        }
        self
    }

    /// `engine` is the format's name; compression and encoding are added to it.
    pub fn identity(&self, engine: &str) -> Identity {
        let mut engine = engine.to_owned();
        let compression = self.compression.name();
        let encoding = self.encoding.map(encoding::shown);
        for detail in compression.into_iter().chain(encoding) {
            engine.push_str(", ");
            engine.push_str(detail);
        }
        Identity {
            location: self.name.clone(),
            relation: None,
            engine,
            store: Some(format!("file:{}:{}", self.stamp.device, self.stamp.inode)),
            ..Identity::default()
        }
    }

    /// A stream of the whole text from its beginning, independent of all others.
    pub fn reader(&self) -> Result<Reader> {
        Reader::new(self)
    }

    /// Whether the bytes of the text are those on disk, so that what was found
    /// at an offset is found there again by [`TextFile::read_at`].
    pub fn is_plain(&self) -> bool {
        self.compression == Compression::None && self.encoding.is_none()
    }

    /// Appends the `len` bytes at `offset` of the file as it lies on disk to
    /// `buffer`; returns how many there were, fewer only at the file's end.
    pub fn read_at(&self, buffer: &mut Vec<u8>, offset: u64, len: usize) -> Result<usize> {
        reader::append_at(&self.file, buffer, offset, len)
            .map_err(|error| self.origin().unreadable(&error))
    }

    /// Bytes on disk.
    pub fn size(&self) -> u64 {
        self.stamp.size
    }

    /// How failures name this file and places in it.
    pub fn origin(&self) -> Origin {
        Origin::new(
            &self.name,
            match (self.compression, self.encoding) {
                (_, Some(_)) => " of the decoded text",
                (Compression::None, None) => "",
                (_, None) => " of the decompressed text",
            },
        )
    }

    /// The version that was read, for a receipt: size and time of last change.
    pub fn snapshot(&self) -> String {
        let (seconds, nanos) = self.stamp.modified;
        let modified = i32::try_from(nanos)
            .ok()
            .and_then(|nanos| jiff::Timestamp::new(seconds, nanos).ok());
        match modified {
            Some(at) => format!("{} bytes, modified {at}", self.stamp.size),
            None => format!("{} bytes", self.stamp.size),
        }
    }

    /// Fails if the file has been written to or replaced since it was opened.
    pub fn verify_unchanged(&self) -> Result<()> {
        if Stamp::at(&self.path) == Some(self.stamp) {
            return Ok(());
        }
        Err(Failure::new(
            Code::SourceChanged,
            format!("{} changed while it was read", self.name),
            "compare a copy that nobody writes to, or run again when the writer is done",
        )
        .transient())
    }
}

impl Compression {
    fn of(path: &Path) -> Compression {
        match path.extension().and_then(|name| name.to_str()) {
            Some(name) if name.eq_ignore_ascii_case("gz") => Compression::Gzip,
            Some(name) if name.eq_ignore_ascii_case("zst") => Compression::Zstd,
            _ => Compression::None,
        }
    }

    fn name(self) -> Option<&'static str> {
        match self {
            Compression::None => None,
            Compression::Gzip => Some("gzip"),
            Compression::Zstd => Some("zstd"),
        }
    }
}

impl Stamp {
    /// That of a file by its path, if there is one.
    pub fn at(path: &Path) -> Option<Stamp> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Stamp::of(&metadata))
    }

    /// Whether a file that had the one stamp was written or replaced to have
    /// this: a change of its mode or of its links is no such thing.
    pub fn is_written_since(&self, before: &Stamp) -> bool {
        let content = |stamp: &Stamp| (stamp.device, stamp.inode, stamp.size, stamp.modified);
        content(self) != content(before)
    }

    fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

fn cannot_open(path: &Path, error: &std::io::Error) -> Failure {
    let (code, next) = match error.kind() {
        std::io::ErrorKind::PermissionDenied => (
            Code::Unauthorised,
            "run as a user who may read it, or change its mode",
        ),
        std::io::ErrorKind::NotFound => (Code::NotFound, "check the path"),
        _ => (
            Code::Unreachable,
            "check that the path names a file that can be read from here",
        ),
    };
    Failure::new(
        code,
        format!("cannot open {}: {error}", path.display()),
        next,
    )
}

fn not_regular(path: &Path, metadata: &Metadata) -> Failure {
    let what = if metadata.is_dir() {
        "a directory"
    } else {
        "a pipe or a device, which cannot be read twice"
    };
    Failure::new(
        Code::NotFound,
        format!("{} is {what}, not a file", path.display()),
        "name a regular file",
    )
}
