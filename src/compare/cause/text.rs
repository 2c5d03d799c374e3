//! Two texts that differ: in notation, white space, Unicode form, case, zone,
//! length or encoding, in that order.

use unicode_normalization::UnicodeNormalization;

use super::{Cause, encoding, is_cut, shift};
use crate::value::{Cell, Target, Type, decimal};

pub(super) fn cause(old: Cell<'_>, new: Cell<'_>) -> Cause {
    let texts = [old, new].map(|cell| std::str::from_utf8(cell.payload));
    let [Ok(old_text), Ok(new_text)] = texts else {
        return Cause::Value;
    };
    let texts = [old_text, new_text];
    if same_number(texts) {
        return Cause::Scale;
    }
    if let Some(cause) = form(texts) {
        return cause;
    }
    if shift::is_text_shift(texts) {
        Cause::HourShift
    } else if is_cut(old.payload, new.payload) {
        Cause::Truncation
    } else if encoding::is_damage(old_text, new_text) {
        Cause::Encoding
    } else {
        Cause::Value
    }
}

/// Whether both are the same number, and not only by white space around it.
fn same_number([old, new]: [&str; 2]) -> bool {
    old.trim() != new.trim()
        && number(old).is_some_and(|old| number(new).is_some_and(|new| old == new))
}

/// The canonical cell of a text that is a finite number.
pub(super) fn number(text: &str) -> Option<Vec<u8>> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let target = Target {
        ty: Type::Numeric,
        zone: None,
    };
    let mut cell = Vec::new();
    decimal::text(text, &target, &mut cell).ok()?;
    Some(cell)
}

/// Whether white space, Unicode form or case is all that differs. Each is
/// looked at without the ones before it, so that the last one needed is named.
fn form(texts: [&str; 2]) -> Option<Cause> {
    let [old, new] = texts.map(without_space);
    if old == new {
        return Some(Cause::Whitespace);
    }
    let [old, new] = [old, new].map(|text| match text.is_ascii() {
        true => text,
        // Some characters decompose into one with a blank.
        false => without_space(&text.nfkc().collect::<String>()),
    });
    if old == new {
        return Some(Cause::UnicodeForm);
    }
    (old.to_lowercase() == new.to_lowercase()).then_some(Cause::Case)
}

fn without_space(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).collect()
}
