//! Values as a terminal may show them: NULL apart from '' and from the text
//! "NULL", nothing that would move the cursor or hide, and widths in columns, of
//! which a kanji takes two.

pub use crate::gate::thousands as number;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `NULL`, or the text with what cannot be seen escaped; in quotes where it could
/// be taken for something else or its ends would not show.
pub fn value(value: Option<&str>) -> String {
    let Some(text) = value else {
        return "NULL".to_owned();
    };
    let escaped = escape(text);
    if needs_quotes(text) {
        format!("'{escaped}'")
    } else {
        escaped
    }
}

pub fn needs_quotes(text: &str) -> bool {
    text.is_empty() || text == "NULL" || text.trim() != text
}

/// Escapes control characters and characters without a shape of their own.
pub fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            // Only where it would read as one of these escapes: `\xdead` stays.
            '\\' if chars.peek().is_some_and(|next| "nrtu\\".contains(*next)) => {
                shown.push_str("\\\\");
            }
            hidden if is_hidden(hidden) => code_point(hidden, &mut shown),
            plain => shown.push(plain),
        }
    }
    shown
}

/// Every character beyond ASCII by its number: for texts that look the same.
pub fn by_number(text: &str) -> String {
    let mut shown = String::new();
    for char in text.chars() {
        match char {
            ' '..='~' => shown.push(char),
            other => code_point(other, &mut shown),
        }
    }
    shown
}

fn code_point(char: char, shown: &mut String) {
    shown.extend(char.escape_unicode());
}

/// Controls, blanks that look like a space, and marks of direction or joining.
fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The first columns of `text`, with `…` where something was left off; never
/// more than `limit` columns.
pub fn fit(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mut room = limit.saturating_sub(1);
    let kept = text.chars().take_while(|char| takes(*char, &mut room));
    kept.chain(['…']).collect()
}

/// The last columns of `text`, in the same way.
pub fn fit_end(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mut room = limit.saturating_sub(1);
    let kept: Vec<char> = text
        .chars()
        .rev()
        .take_while(|char| takes(*char, &mut room))
        .collect();
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}

fn takes(char: char, room: &mut usize) -> bool {
    let needed = char.width().unwrap_or(0);
    let fits = needed <= *room;
    *room = room.saturating_sub(needed);
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn null_the_empty_string_and_the_word_differ() {
        let shown = [None, Some(""), Some("NULL"), Some("null")].map(value);
        assert_eq!(shown, ["NULL", "''", "'NULL'", "null"]);
        assert_eq!(value(Some(" a")), "' a'");
        assert_eq!(value(Some("a\u{3000}")), "'a\u{3000}'");
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(escape("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(escape("a\u{a0}b\u{202e}"), "a\\u{a0}b\\u{202e}");
        assert_eq!(escape("\\xdead \\n"), "\\xdead \\\\n");
        assert_eq!(by_number("aが"), "a\\u{304c}");
    }

    #[test]
    fn a_kanji_takes_two_columns() {
        assert_eq!(fit("東京都", 6), "東京都");
        assert_eq!(fit("東京都", 5), "東京…");
        assert_eq!(fit("東京都", 4), "東…");
        assert_eq!(fit_end("東京都", 5), "…京都");
    }

    proptest! {
        #[test]
        fn nothing_shown_controls_the_terminal(text in any::<String>(), limit in 1_usize..40) {
            let shown = value(Some(&text));
            prop_assert!(!shown.chars().any(char::is_control));
            prop_assert!(width(&fit(&shown, limit)) <= limit);
            prop_assert!(width(&fit_end(&shown, limit)) <= limit);
        }
    }
}
