//! Steps on text, before it is parsed. Text is copied only by a step that
//! rewrites it: most cells of most columns are already as a rule wants them.

use std::ops::Range;

use unicode_normalization::{UnicodeNormalization, is_nfc, is_nfkc};

use super::step::{Step, lookup};

/// What a step made of a text.
#[derive(Debug, PartialEq)]
enum Change {
    None,
    /// It is NULL now.
    Null,
    /// Only this part of it is left.
    Narrow(Range<usize>),
    /// The buffer holds the new text, which differs from the old one.
    Rewritten,
}

/// A text on its way through the steps: borrowed until a step rewrites it.
pub(super) struct Moving<'a> {
    raw: &'a str,
    /// The text, once it has been rewritten, and a buffer for the next one.
    buffers: &'a mut [String; 2],
    rewritten: bool,
    range: Range<usize>,
}

/// Whether a step changed a text, and whether it made it NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    No,
    Yes,
    ToNull,
}

impl<'a> Moving<'a> {
    pub fn new(raw: &'a str, buffers: &'a mut [String; 2]) -> Self {
        Moving {
            raw,
            buffers,
            rewritten: false,
            range: 0..raw.len(),
        }
    }

    pub fn text(&self) -> &str {
        let whole = if self.rewritten {
            &self.buffers[0]
        } else {
            self.raw
        };
        &whole[self.range.clone()]
    }

    pub fn apply(&mut self, step: &Step) -> Moved {
        let [current, next] = &mut *self.buffers;
        let whole = if self.rewritten { current } else { self.raw };
        let start = self.range.start;
        next.clear();
        match change(step, &whole[self.range.clone()], next) {
            Change::None => return Moved::No,
            Change::Null => return Moved::ToNull,
            Change::Narrow(part) => self.range = start + part.start..start + part.end,
            Change::Rewritten => {
                self.buffers.swap(0, 1);
                self.rewritten = true;
                self.range = 0..self.buffers[0].len();
            }
        }
        Moved::Yes
    }
}

/// What `step` makes of `text`; `out` is an empty buffer. Value steps and
/// `absent-as-null` leave every text as it is.
fn change(step: &Step, text: &str, out: &mut String) -> Change {
    match step {
        Step::Trim => trim(text),
        Step::CollapseWhitespace => collapse(text, out),
        Step::Lowercase => lowercase(text, out),
        Step::Nfc if is_nfc(text) => Change::None,
        Step::Nfc => rewrite(text, text.nfc(), out),
        Step::Nfkc if is_nfkc(text) => Change::None,
        Step::Nfkc => rewrite(text, text.nfkc(), out),
        Step::EmptyAsNull if text.is_empty() => Change::Null,
        Step::NullToken(tokens) if tokens.iter().any(|token| token == text) => Change::Null,
        Step::Strip(chars) if text.contains(chars.as_slice()) => {
            rewrite(text, text.chars().filter(|char| !chars.contains(char)), out)
        }
        Step::Map(pairs) => match lookup(pairs, text) {
            Some(to) => rewrite(text, to.chars(), out),
            None => Change::None,
        },
        _ => Change::None,
    }
}

fn rewrite(text: &str, new: impl Iterator<Item = char>, out: &mut String) -> Change {
    out.extend(new);
    if out == text {
        Change::None
    } else {
        Change::Rewritten
    }
}

fn trim(text: &str) -> Change {
    let from_start = text.trim_start();
    let kept = from_start.trim_end();
    if kept.len() == text.len() {
        return Change::None;
    }
    let start = text.len() - from_start.len();
    Change::Narrow(start..start + kept.len())
}

fn collapse(text: &str, out: &mut String) -> Change {
    let mut after_space = false;
    let kept = text.chars().filter_map(|char| {
        let space = char.is_whitespace();
        let again = space && after_space;
        after_space = space;
        (!again).then_some(if space { ' ' } else { char })
    });
    rewrite(text, kept, out)
}

/// By `str::to_lowercase` (a final Σ is ς), until nothing changes any more.
fn lowercase(text: &str, out: &mut String) -> Change {
    let is_lower = |char: char| char.to_lowercase().eq(std::iter::once(char));
    if text.chars().all(is_lower) {
        return Change::None;
    }
    out.push_str(&text.to_lowercase());
    loop {
        let again = out.to_lowercase();
        if again == *out {
            break;
        }
        *out = again;
    }
    if out == text {
        Change::None
    } else {
        Change::Rewritten
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn once(step: &Step, text: &str) -> Option<String> {
        let mut buffers = [String::new(), String::from("rest of another cell")];
        let mut moving = Moving::new(text, &mut buffers);
        match moving.apply(step) {
            Moved::ToNull => None,
            Moved::Yes => {
                assert_ne!(moving.text(), text, "{step} changed nothing in {text:?}");
                Some(moving.text().to_owned())
            }
            Moved::No => {
                assert_eq!(moving.text(), text);
                Some(text.to_owned())
            }
        }
    }

    #[test]
    fn each_step_does_its_part() {
        let map = Step::map([("専任・公開中".into(), "EXCLUSIVE_PUBLIC".into())]).unwrap();
        let tokens = || Step::NullToken(vec!["N/A".into(), "-".into()]);
        for (step, text, expected) in [
            (Step::Trim, "\u{3000} a b\t\u{a0}", Some("a b")),
            (Step::Trim, "\u{3000}", Some("")),
            (Step::CollapseWhitespace, " a\u{3000}\t b ", Some(" a b ")),
            (Step::Lowercase, "ÄBC Ａ", Some("äbc ａ")),
            (Step::Lowercase, "ΟΔΟΣ", Some("οδος")),
            (Step::Nfc, "が", Some("が")),
            (Step::Nfc, "ｶﾞ", Some("ｶﾞ")),
            (Step::Nfkc, "ｶﾞＡ１", Some("ガA1")),
            (Step::EmptyAsNull, "", None),
            (Step::EmptyAsNull, " ", Some(" ")),
            (tokens(), "-", None),
            (tokens(), "n/a", Some("n/a")),
            (Step::Strip(vec![',', '円']), "1,200円", Some("1200")),
            (map.clone(), "専任・公開中", Some("EXCLUSIVE_PUBLIC")),
            (map, "専任", Some("専任")),
            (Step::AbsentAsNull, "", Some("")),
            (Step::Round(2), " x ", Some(" x ")),
        ] {
            assert_eq!(once(&step, text).as_deref(), expected, "{step} of {text:?}");
        }
    }

    #[test]
    fn steps_follow_each_other() {
        let mut buffers = Default::default();
        let mut moving = Moving::new("  Ａ  B ", &mut buffers);
        let steps = [
            Step::Trim,
            Step::Nfkc,
            Step::CollapseWhitespace,
            Step::Lowercase,
            Step::Strip(vec![' ', 'a']),
            Step::Trim,
        ];
        let moved: Vec<Moved> = steps.iter().map(|step| moving.apply(step)).collect();
        assert_eq!(moving.text(), "b");
        assert_eq!(moved[4], Moved::Yes);
        assert_eq!(moved[5], Moved::No);
    }

    /// Every character alone and after a letter: casing has exceptions that
    /// random text would never meet.
    #[test]
    fn lowercase_of_every_character_is_final() {
        for char in '\0'..=char::MAX {
            for text in [char.to_string(), format!("a{char}"), format!("{char}a")] {
                let lower = once(&Step::Lowercase, &text).unwrap();
                assert_eq!(once(&Step::Lowercase, &lower).unwrap(), lower);
            }
        }
    }

    fn steps() -> impl Strategy<Value = Step> {
        let short = || "[a-cA-C ]{0,3}";
        let pairs = prop::collection::vec((short(), short()), 0..4);
        prop_oneof![
            Just(Step::Trim),
            Just(Step::CollapseWhitespace),
            Just(Step::Lowercase),
            Just(Step::Nfc),
            Just(Step::Nfkc),
            Just(Step::EmptyAsNull),
            prop::collection::vec(short(), 0..3).prop_map(Step::NullToken),
            prop::collection::vec(prop::char::any(), 0..3).prop_map(Step::Strip),
            Just(Step::Strip(vec!['a', ' ', '\u{3099}'])),
            pairs.prop_filter_map("not a map", |pairs| Step::map(pairs).ok()),
        ]
    }

    proptest! {
        #[test]
        fn every_step_is_idempotent(
            step in steps(),
            text in prop_oneof![
                "\\PC*",
                "[a-cA-C ]{0,3}",
                "[ \u{3000}\t\u{a0}aΣσςİıǅßﬁｶﾞがが\u{3099}\u{301}\u{323}Ａ１㍿]*",
            ],
        ) {
            if let Some(first) = once(&step, &text) {
                prop_assert_eq!(once(&step, &first), Some(first.clone()));
            }
        }
    }
}
