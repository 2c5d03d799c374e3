//! The names of encodings: WHATWG labels and the names other tools give them.

use encoding_rs::{Encoding, REPLACEMENT, SHIFT_JIS, UTF_8};

use crate::error::{Code, Failure, Result};

/// Names that are common elsewhere but no WHATWG label.
const ALIASES: [(&str, &str); 8] = [
    ("cp932", "shift_jis"),
    ("windows-932", "shift_jis"),
    ("eucjp", "euc-jp"),
    ("ujis", "euc-jp"),
    ("cp51932", "euc-jp"),
    ("utf-8-sig", "utf-8"),
    ("utf16", "utf-16"),
    ("cp936", "gbk"),
];

/// The names an unknown one is likely to be a slip of.
const KNOWN: [&str; 20] = [
    "utf-8",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "shift_jis",
    "cp932",
    "windows-31j",
    "euc-jp",
    "iso-2022-jp",
    "euc-kr",
    "gbk",
    "gb18030",
    "big5",
    "iso-8859-1",
    "iso-8859-15",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "koi8-r",
    "macintosh",
];

/// The encoding of a label, `None` for UTF-8, and whether it is UTF-16 of
/// either byte order.
pub(super) fn named(label: &str) -> Result<(Option<&'static Encoding>, bool)> {
    let name = label.trim().to_ascii_lowercase();
    let name = ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name.as_str(), |(_, label)| label);
    match Encoding::for_label_no_replacement(name.as_bytes()) {
        Some(encoding) if encoding == UTF_8 => Ok((None, false)),
        Some(encoding) if encoding != REPLACEMENT => Ok((Some(encoding), name == "utf-16")),
        _ => Err(unknown(label)),
    }
}

/// The name of an encoding as shown to people.
pub(super) fn shown(encoding: &'static Encoding) -> &'static str {
    if encoding == SHIFT_JIS {
        "CP932"
    } else {
        encoding.name()
    }
}

fn unknown(label: &str) -> Failure {
    let folded = label.trim().to_ascii_lowercase();
    let nearest = KNOWN
        .into_iter()
        .max_by(|a, b| {
            let near = |known| strsim::normalized_damerau_levenshtein(&folded, known);
            near(a).total_cmp(&near(b))
        })
        .unwrap_or("utf-8");
    Failure::new(
        Code::Config,
        format!("there is no encoding named \"{label}\""),
        format!("did you mean \"{nearest}\"?"),
    )
}
