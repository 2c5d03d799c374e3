//! How failures name a text file and the places in it, so that every format
//! tells them in the same words.

use std::io;

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS};

use crate::error::{Code, Failure};

/// A file's name and what its byte offsets count; cheap to keep in a decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    name: String,
    /// Follows a byte offset: empty where offsets are those on disk.
    unit: &'static str,
}

impl Origin {
    /// What is no file: a table behind an API.
    pub fn named(name: impl Into<String>) -> Self {
        Origin {
            name: name.into(),
            unit: " of the page",
        }
    }

    pub(super) fn new(name: &str, unit: &'static str) -> Self {
        Origin {
            name: name.to_owned(),
            unit,
        }
    }

    /// The file's name as shown to people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes that are not what their format says. `line` counts from 1, `byte`
    /// from 0 (as read, after decompression and decoding).
    pub fn malformed(
        &self,
        line: u64,
        byte: u64,
        why: impl AsRef<str>,
        next: impl Into<String>,
    ) -> Failure {
        let why = format!(
            "{}: line {line}, byte {byte}{}: {}",
            self.name,
            self.unit,
            why.as_ref()
        );
        Failure::new(Code::Malformed, why, next)
    }

    /// The failure of `bytes`, of which the first stands at offset `base` behind
    /// `lines` line ends, to be UTF-8. A hint names the encoding they seem to be in.
    pub fn invalid_utf8(&self, bytes: &[u8], base: u64, lines: u64) -> Failure {
        let valid = match std::str::from_utf8(bytes) {
            Ok(_) => bytes.len(),
            Err(error) => error.valid_up_to(),
        };
        let line = lines + memchr::memchr_iter(b'\n', &bytes[..valid]).count() as u64 + 1;
        let found = bytes.get(valid).copied().unwrap_or_default();
        self.malformed(
            line,
            base + valid as u64,
            format!("byte 0x{found:02x} is not UTF-8"),
            hint(bytes, valid),
        )
    }

    /// The stream ended before its own end.
    pub fn cut(&self, why: &str) -> Failure {
        Failure::new(
            Code::SourceCut,
            format!("{}: {why}", self.name),
            "fetch the file again: it is not whole",
        )
    }

    /// The operating system could not read on.
    pub fn unreadable(&self, error: &io::Error) -> Failure {
        Failure::new(
            Code::SourceCut,
            format!("{}: cannot be read to its end: {error}", self.name),
            "check the disk or the share that holds it, then run again",
        )
        .transient()
    }
}

fn hint(bytes: &[u8], valid: usize) -> String {
    if bytes[valid..].starts_with(&[0x8b]) && bytes[..valid].ends_with(&[0x1f]) {
        return "this looks like gzip: let its name end in .gz".into();
    }
    if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return "this looks like zstd: let its name end in .zst".into();
    }
    match likely_encoding(around(bytes, valid)) {
        Some((name, label)) => {
            format!("this looks like {name}: set encoding = \"{label}\" for this side")
        }
        None => "set encoding to the file's encoding, or repair the file".into(),
    }
}

/// The lines around an offset, so that a chunk that was cut within a character
/// of another encoding does not speak against that encoding.
fn around(bytes: &[u8], at: usize) -> &[u8] {
    let from = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
    let to = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
    &bytes[from..to]
}

/// The Japanese encoding in which the bytes read as ordinary text, if exactly
/// one does, or the one in which more of them are kana and kanji.
fn likely_encoding(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let scored = [
        (SHIFT_JIS, ("CP932", "shift_jis")),
        (EUC_JP, ("EUC-JP", "euc-jp")),
    ]
    .map(|(encoding, names)| (japanese(bytes, encoding), names));
    let best = scored.into_iter().max_by_key(|(score, _)| *score)?;
    best.0.map(|_| best.1)
}

/// How many characters are kana, kanji or full-width less those that are
/// half-width kana (which is what EUC-JP read as CP932 turns into); `None`
/// where the bytes are not of the encoding.
fn japanese(bytes: &[u8], encoding: &'static Encoding) -> Option<i64> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let score = |c: char| match c {
        '\u{3000}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ff60}' => 2,
        '\u{ff61}'..='\u{ff9f}' => -1,
        '\u{e000}'..='\u{f8ff}' | '\u{80}'..='\u{9f}' => -4,
        _ => 0,
    };
    Some(text.chars().map(score).sum())
}
