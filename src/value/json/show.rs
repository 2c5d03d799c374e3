//! Canonical JSON as compact JSON text.

use crate::value::{Cell, decimal, tag};

use super::{ARRAY, CLOSE, OBJECT};

/// Appends compact JSON: no white space, only the escapes that must be.
pub fn show(cell: Cell<'_>, out: &mut String) {
    // Of each open container: whether it is an object, and how many keys and
    // values it has shown.
    let mut open: Vec<(bool, usize)> = Vec::new();
    let mut rest = cell.payload;
    while let Some(&byte) = rest.first() {
        if byte == CLOSE {
            let object = open.pop().is_some_and(|(object, _)| object);
            out.push(if object { '}' } else { ']' });
            rest = &rest[1..];
            continue;
        }
        separate(open.last_mut(), out);
        if byte == ARRAY || byte == OBJECT {
            open.push((byte == OBJECT, 0));
            out.push(if byte == OBJECT { '{' } else { '[' });
            rest = &rest[1..];
        } else {
            let (scalar, after) = Cell::split(rest);
            show_scalar(scalar, out);
            rest = after;
        }
    }
}

/// What stands before the next key or value.
fn separate(container: Option<&mut (bool, usize)>, out: &mut String) {
    let Some((object, shown)) = container else {
        return;
    };
    if *object && *shown % 2 == 1 {
        out.push(':');
    } else if *shown > 0 {
        out.push(',');
    }
    *shown += 1;
}

fn show_scalar(cell: Cell<'_>, out: &mut String) {
    match cell.tag {
        tag::NULL => out.push_str("null"),
        tag::BOOL => out.push_str(if cell.payload == [1] { "true" } else { "false" }),
        tag::TEXT => show_string(&String::from_utf8_lossy(cell.payload), out),
        _ => decimal::show(cell, out),
    }
}

fn show_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..=' ' if character != ' ' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
