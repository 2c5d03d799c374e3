//! Text that one path decoded with the wrong encoding: U+FFFD, `?` in place of
//! what could not be written, mojibake, and the characters that the two readings
//! of Shift_JIS disagree on.

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_8, WINDOWS_1252};

const REPLACEMENT: char = '\u{fffd}';

/// Whether one text is the other after such an accident.
pub(super) fn is_damage(old: &str, new: &str) -> bool {
    if old.is_ascii() && new.is_ascii() {
        return false;
    }
    old.contains(REPLACEMENT) != new.contains(REPLACEMENT)
        || is_questioned(old, new)
        || is_questioned(new, old)
        || old.chars().map(jis).eq(new.chars().map(jis))
        || is_mojibake(old, new)
}

/// Whether `damaged` has `?` where `whole` has characters outside ASCII: one for
/// each, or any number for each run of them.
fn is_questioned(whole: &str, damaged: &str) -> bool {
    if whole.is_ascii() || !damaged.contains('?') {
        return false;
    }
    one_by_one(whole, damaged)
        || (damaged.is_ascii() && runs(whole, |c| !c.is_ascii()) == runs(damaged, |c| c == '?'))
}

fn one_by_one(whole: &str, damaged: &str) -> bool {
    let mut damaged = damaged.chars();
    let pairs = whole.chars().all(|char| match damaged.next() {
        Some('?') => char == '?' || !char.is_ascii(),
        other => other == Some(char),
    });
    pairs && damaged.next().is_none()
}

/// The text with every run of characters that are `lost` as one `?`.
fn runs(text: &str, lost: impl Fn(char) -> bool) -> String {
    let mut in_run = false;
    let kept = text.chars().filter_map(|char| {
        // A question mark of the text itself may stand beside a lost run.
        let is_lost = lost(char) || char == '?';
        let again = is_lost && in_run;
        in_run = is_lost;
        (!again).then_some(if is_lost { '?' } else { char })
    });
    kept.collect()
}

/// Folds the characters that JIS X 0208 and CP932 map differently (〜 and ～),
/// also where a rule has already made CP932's its compatibility form (NFKC: ~).
fn jis(char: char) -> char {
    match char {
        '\u{301c}' | '\u{ff5e}' => '~',
        '\u{2212}' | '\u{ff0d}' => '-',
        '\u{2016}' => '\u{2225}',
        '\u{2014}' => '\u{2015}',
        '\u{ffe0}' => '\u{00a2}',
        '\u{ffe1}' => '\u{00a3}',
        '\u{ffe2}' => '\u{00ac}',
        other => other,
    }
}

/// Whether the longer text is the shorter one's bytes read in another encoding.
/// Every such reading makes more characters than there were.
fn is_mojibake(old: &str, new: &str) -> bool {
    let [old_len, new_len] = [old, new].map(|text| text.chars().count());
    let (whole, damaged) = match old_len.cmp(&new_len) {
        std::cmp::Ordering::Less => (old, new),
        std::cmp::Ordering::Equal => return false,
        std::cmp::Ordering::Greater => (new, old),
    };
    if !could_be_reading(whole, damaged) {
        return false;
    }
    [UTF_8, SHIFT_JIS, EUC_JP].into_iter().any(|written| {
        let (bytes, _, lossy) = written.encode(whole);
        !lossy && is_reading(&bytes, written, damaged)
    })
}

/// A cheap test first: a wrong reading leaves the ASCII in front alone and makes
/// of the first other character another that is not ASCII either.
fn could_be_reading(whole: &str, damaged: &str) -> bool {
    let ascii = whole.bytes().take_while(u8::is_ascii).count();
    let (front, rest) = whole.split_at(ascii);
    let Some(damaged_rest) = damaged.strip_prefix(front) else {
        return false;
    };
    let firsts = (rest.chars().next(), damaged_rest.chars().next());
    matches!(firsts, (Some(one), Some(other)) if one != other && !other.is_ascii())
}

/// Whether `damaged` is what `bytes` are in an encoding other than `written`.
fn is_reading(bytes: &[u8], written: &'static Encoding, damaged: &str) -> bool {
    let others = [WINDOWS_1252, SHIFT_JIS, EUC_JP].into_iter();
    let mut others = others.filter(|read| *read != written);
    others.any(|read| read.decode_without_bom_handling(bytes).0 == damaged)
        || encoding_rs::mem::decode_latin1(bytes) == damaged
}
