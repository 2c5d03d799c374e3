//! Parts of a JSON value that do not count, named by paths.

use std::fmt;

use crate::value::{Cell, put_framed_with, tag};

use super::{ARRAY, CLOSE, OBJECT, split};

/// A path of `json-ignore`, taken apart: `meta.synced_at`, `items[].id`.
///
/// Keys are separated by dots; `[]` stands for every element of an array. A key
/// with a dot, a bracket or a quote in it is put in quotes, in which a backslash
/// takes the next character as it is: `"a.b".c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Key(String),
    /// Every element.
    Each,
}

impl Path {
    /// `None` where it is not a path; an empty one, which would name the whole
    /// value, is none.
    pub fn parse(text: &str) -> Option<Path> {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("[]") {
                segments.push(Segment::Each);
                rest = after;
                continue;
            }
            if !segments.is_empty() {
                rest = rest.strip_prefix('.')?;
            }
            let (key, after) = key(rest)?;
            segments.push(Segment::Key(key));
            rest = after;
        }
        (!segments.is_empty()).then_some(Path { segments })
    }
}

/// As [`Path::parse`] reads it, with quotes only where they are needed.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            let Segment::Key(key) = segment else {
                f.write_str("[]")?;
                continue;
            };
            if index > 0 {
                f.write_str(".")?;
            }
            if !key.is_empty() && !key.contains(['.', '[', ']', '"']) {
                f.write_str(key)?;
                continue;
            }
            let key = key.replace('\\', r"\\").replace('"', r#"\""#);
            write!(f, "\"{key}\"")?;
        }
        Ok(())
    }
}

/// The key at the beginning of `text`, and what follows it.
fn key(text: &str) -> Option<(String, &str)> {
    let Some(inside) = text.strip_prefix('"') else {
        let end = text.find(['.', '[', ']', '"']).unwrap_or(text.len());
        let (key, rest) = text.split_at(end);
        return (!key.is_empty()).then(|| (key.to_owned(), rest));
    };
    let mut key = String::new();
    let mut characters = inside.chars();
    loop {
        match characters.next()? {
            '"' => return Some((key, characters.as_str())),
            '\\' => key.push(characters.next()?),
            character => key.push(character),
        }
    }
}

/// Appends the JSON cell without what stands at `paths`; any other cell as it is.
pub fn without(cell: Cell<'_>, paths: &[Path], out: &mut Vec<u8>) {
    if cell.tag != tag::JSON || paths.is_empty() {
        return out.extend_from_slice(cell.bytes);
    }
    let open: Vec<_> = paths.iter().map(|path| &path.segments[..]).collect();
    let filled: Result<(), std::convert::Infallible> = put_framed_with(out, tag::JSON, |out| {
        prune(cell.payload, &open, out);
        Ok(())
    });
    let Ok(()) = filled;
}

/// Appends one value without what the rests of paths name in it. Goes no deeper
/// than the longest path.
fn prune(value: &[u8], paths: &[&[Segment]], out: &mut Vec<u8>) {
    let (open, mut rest) = (value[0], &value[1..]);
    if paths.is_empty() || !matches!(open, ARRAY | OBJECT) {
        return out.extend_from_slice(value);
    }
    out.push(open);
    while rest[0] != CLOSE {
        let key = (open == OBJECT).then(|| Cell::split(rest));
        let key_len = key.map_or(0, |(key, _)| key.bytes.len());
        let inner = entered(paths, key.map(|(key, _)| key.payload));
        let (member, after) = split(&rest[key_len..]);
        if !inner.iter().any(|path| path.is_empty()) {
            out.extend_from_slice(&rest[..key_len]);
            prune(member, &inner, out);
        }
        rest = after;
    }
    out.push(CLOSE);
}

/// What is left of the paths that lead into this member (or element: no key).
fn entered<'a>(paths: &[&'a [Segment]], key: Option<&[u8]>) -> Vec<&'a [Segment]> {
    let step = |path: &&'a [Segment]| match (path.split_first()?, key) {
        ((Segment::Each, rest), None) => Some(rest),
        ((Segment::Key(name), rest), Some(key)) if name.as_bytes() == key => Some(rest),
        _ => None,
    };
    paths.iter().filter_map(step).collect()
}
