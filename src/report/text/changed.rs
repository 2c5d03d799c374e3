//! Which part of a cell changed, marked so that it can be read without colour.

use unicode_normalization::UnicodeNormalization;
use unicode_width::UnicodeWidthChar;

use super::cell;
use super::table::{Cell, Ink, Style};

/// Both values as shown: equal ends, and what stands between them on each side.
#[derive(Debug, PartialEq, Eq)]
pub struct Changed {
    start: String,
    old: String,
    new: String,
    end: String,
    /// Whether each value stands in quotes.
    quoted: [bool; 2],
}

/// Splits two values into what they share and what not. Null when one is NULL:
/// then all of it changed.
pub fn split(old: Option<&str>, new: Option<&str>) -> Option<Changed> {
    let (old, new) = (old?, new?);
    let (start, rest) = shared_start(old, new);
    let (old_rest, new_rest) = (&old[rest..], &new[rest..]);
    let end = shared_end(old_rest, new_rest);
    let middle = |text: &str| text[..text.len() - end].to_owned();
    let (old_middle, new_middle) = (middle(old_rest), middle(new_rest));
    // が as one character or as two looks the same: tell the numbers.
    let show = if old_middle.nfc().eq(new_middle.nfc()) {
        cell::by_number
    } else {
        cell::escape
    };
    Some(Changed {
        start: cell::escape(start),
        old: show(&old_middle),
        new: show(&new_middle),
        end: cell::escape(&old_rest[old_rest.len() - end..]),
        quoted: [old, new].map(cell::needs_quotes),
    })
}

/// The equal beginning and its length, never ending before a combining mark.
fn shared_start<'a>(old: &'a str, new: &str) -> (&'a str, usize) {
    let pairs = old.char_indices().zip(new.chars());
    let mut len = pairs
        .take_while(|((_, old), new)| old == new)
        .last()
        .map_or(0, |((at, char), _)| at + char.len_utf8());
    while len > 0 && (joins(&old[len..]) || joins(&new[len..])) {
        len = old.floor_char_boundary(len - 1);
    }
    (&old[..len], len)
}

fn shared_end(old: &str, new: &str) -> usize {
    let pairs = old.chars().rev().zip(new.chars().rev());
    let mut len: usize = pairs
        .take_while(|(old, new)| old == new)
        .map(|(char, _)| char.len_utf8())
        .sum();
    while len > 0 && joins(&old[old.len() - len..]) {
        len -= old[old.len() - len..]
            .chars()
            .next()
            .map_or(len, char::len_utf8);
    }
    len
}

/// Whether the text begins with a mark that belongs to the character before.
fn joins(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|char| !char.is_control() && char.width() == Some(0))
}

/// Both values as start, changed part between its marks, and end; the ends are
/// cut so that the change is in sight, within about `limit` columns, and both
/// values begin at the same character.
fn sides(changed: &Changed, marks: [[&str; 2]; 2], limit: usize) -> [[String; 3]; 2] {
    let quotes = changed.quoted.map(|quoted| if quoted { "'" } else { "" });
    let (start, end) = (cell::width(&changed.start), cell::width(&changed.end));
    let parts = [&changed.old, &changed.new];
    // Per side: the part with its marks, and the room it leaves to the ends.
    let shown = [0, 1].map(|side| {
        let [open, close] = match parts[side].is_empty() {
            true => [""; 2],
            false => marks[side],
        };
        let frame = cell::width(open) + cell::width(close) + 2 * quotes[side].len();
        let limit = limit.saturating_sub(frame);
        // A change that is long itself still leaves the place it stands in.
        let most = limit.saturating_sub(start.min(limit / 3));
        let part = cell::fit(parts[side], most.max(8));
        let room = limit.saturating_sub(cell::width(&part));
        (format!("{open}{part}{close}"), room)
    });
    // Whatever the end does not need goes to the start.
    let start_rooms = shown.each_ref().map(|(_, room)| {
        let end_room = end.min((room / 2).max(room.saturating_sub(start)).max(3));
        room.saturating_sub(end_room).max(3)
    });
    let start = cell::fit_end(&changed.start, start_rooms[0].min(start_rooms[1]));
    let used = cell::width(&start);
    let mut quotes = quotes.into_iter();
    shown.map(|(part, room)| {
        let quote = quotes.next().unwrap_or_default();
        let end = cell::fit(&changed.end, room.saturating_sub(used).max(3));
        [format!("{quote}{start}"), part, format!("{end}{quote}")]
    })
}

/// Old and new, side by side: `12[-800-]0` and `12{+9+}0`.
/// `none` stands for a value that is not there.
pub fn marked(
    old: Option<&str>,
    new: Option<&str>,
    none: &str,
    limit: usize,
    ink: Ink,
) -> [Cell; 2] {
    let Some(changed) = split(old, new) else {
        let show = |style, value| ink.cell(style, &whole(value, none, limit));
        return [show(Style::Bad, old), show(Style::Good, new)];
    };
    let join = |[start, part, end]: [String; 3], style| Cell {
        width: [&start, &part, &end]
            .map(|piece| cell::width(piece))
            .iter()
            .sum(),
        text: format!("{start}{}{end}", ink.paint(style, &part)),
    };
    let [old, new] = sides(&changed, [["[-", "-]"], ["{+", "+}"]], limit);
    [join(old, Style::Bad), join(new, Style::Good)]
}

/// `old → new` without marks, each within about `limit` columns around the change.
/// `none` stands for a value that is not there.
pub fn arrow(old: Option<&str>, new: Option<&str>, none: &str, limit: usize) -> String {
    let [old, new] = match split(old, new) {
        None => [old, new].map(|value| whole(value, none, limit)),
        Some(changed) => sides(&changed, [[""; 2]; 2], limit).map(|pieces| pieces.concat()),
    };
    format!("{old} → {new}")
}

fn whole(value: Option<&str>, none: &str, limit: usize) -> String {
    match value {
        Some(_) => cell::fit(&cell::value(value), limit),
        None => none.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pair(old: Option<&str>, new: Option<&str>) -> [String; 2] {
        marked(old, new, "NULL", 40, Ink { colour: false }).map(|cell| cell.text)
    }

    #[test]
    fn only_the_changed_part_is_marked() {
        assert_eq!(pair(Some("128000"), Some("12800")), ["12800[-0-]", "12800"]);
        assert_eq!(
            pair(Some("青山ｺｰﾄ 101"), Some("青山コート 101")),
            ["青山[-ｺｰﾄ-] 101", "青山{+コート+} 101"]
        );
        assert_eq!(pair(Some(""), Some("x")), ["''", "{+x+}"]);
        assert_eq!(pair(None, Some("")), ["NULL", "''"]);
        assert_eq!(pair(Some("a"), Some("a ")), ["a", "'a{+ +}'"]);
    }

    #[test]
    fn forms_that_look_the_same_are_told_by_number() {
        assert_eq!(
            pair(Some("か\u{3099}く"), Some("がく")),
            ["[-\\u{304b}\\u{3099}-]く", "{+\\u{304c}+}く"]
        );
        // The mark belongs to か: not `か[-…-]`.
        assert_eq!(
            pair(Some("か\u{3099}"), Some("か")),
            ["[-か\u{3099}-]", "{+か+}"]
        );
    }

    #[test]
    fn a_change_deep_in_a_long_value_is_in_sight() {
        let (old, new) = ("あ".repeat(100), "い".repeat(100));
        let [old, new] = pair(Some(&format!("{old}1{new}")), Some(&format!("{old}2{new}")));
        assert!(
            old.contains("あ[-1-]い") && new.contains("あ{+2+}い"),
            "{old} {new}"
        );
        assert!(cell::width(&old) <= 42, "{old}");
    }

    #[test]
    fn both_values_begin_at_the_same_character() {
        let whole = "駅徒歩圏内で買い物便利。建築条件はありません。現況渡し。";
        let [old, new] = pair(Some(whole), Some("駅徒歩圏内で買い物便利。建築条件はあり"));
        assert_eq!(
            [&*old, &*new],
            [
                "…。建築条件はあり[-ません。現況渡し。-]",
                "…。建築条件はあり"
            ]
        );
        let [old, new] = pair(Some(&"い".repeat(90)), Some("い"));
        assert_eq!([&*new, &old[..3]], ["い", "い"]);
    }

    proptest! {
        #[test]
        fn the_parts_make_up_both_values(
            old in "[aあか\u{3099}\u{200d}👩 ]{0,8}", new in "[aあか\u{3099}\u{200d}👩 ]{0,8}",
        ) {
            let (start, len) = shared_start(&old, &new);
            let end = shared_end(&old[len..], &new[len..]);
            prop_assert!(len + end <= old.len().min(new.len()));
            prop_assert!(new.starts_with(start));
            prop_assert_eq!(&old[old.len() - end..], &new[new.len() - end..]);
            let [one, other] = marked(Some(&old), Some(&new), "NULL", 40, Ink { colour: false });
            prop_assert!(old == new || one.text != other.text);
            prop_assert_eq!(one.width, cell::width(&one.text));
        }
    }
}
