//! How many times as long one thing may take as another: an exact ratio of
//! integers, which unlike a [`super::Share`] may be over one.

use std::cmp::Ordering;
use std::fmt;

/// `numerator / 10^decimals`, as it was written, without zeros at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    numerator: u64,
    decimals: u32,
}

/// More digits than this are a mistake; what they make fits 64 bits.
const MAX_DIGITS: usize = 9;

impl Ratio {
    /// Reads `1.5` or `2`, exactly. The error is one sentence for the person who
    /// wrote it.
    pub fn parse(text: &str) -> Result<Ratio, String> {
        let number = text.trim();
        let wrong = || format!("`{text}` is not a ratio: write `1.5` for half as much again");
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(wrong());
        }
        let (whole, fraction) = (
            whole.trim_start_matches('0'),
            fraction.trim_end_matches('0'),
        );
        if whole.len() > MAX_DIGITS || fraction.len() > MAX_DIGITS {
            return Err(format!(
                "`{text}` has more than {MAX_DIGITS} digits before or behind its point"
            ));
        }
        match format!("0{whole}{fraction}").parse() {
            Ok(0) => Err(format!("`{text}` is never reached: nothing takes no time")),
            Ok(numerator) => Ok(Ratio {
                numerator,
                decimals: fraction.len() as u32,
            }),
            Err(_) => Err(wrong()),
        }
    }

    /// Whether `part / whole` is at most this, exactly.
    pub(super) fn allows(self, part: u64, whole: u64) -> bool {
        let scale = 10u128.pow(self.decimals);
        // 64 bits and 30 more.
        let part = u128::from(part) * scale;
        part.cmp(&(u128::from(self.numerator) * u128::from(whole))) != Ordering::Greater
    }

    /// `part / whole` with two decimals, cut; `whole` is not 0.
    pub(super) fn shown(part: u64, whole: u64) -> String {
        let hundredths = u128::from(part) * 100 / u128::from(whole.max(1));
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

/// As it was written: `1.5`, `2`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10u64.pow(self.decimals);
        let (whole, rest) = (self.numerator / scale, self.numerator % scale);
        match self.decimals {
            0 => write!(f, "{whole}"),
            decimals => write!(f, "{whole}.{rest:0width$}", width = decimals as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ratio(text: &str) -> Ratio {
        Ratio::parse(text).expect(text)
    }

    #[test]
    fn ratios_are_read_and_shown_exactly() {
        for (text, shown) in [
            ("1.5", "1.5"),
            (" 2 ", "2"),
            ("2.0", "2"),
            ("0.05", "0.05"),
            ("007.250", "7.25"),
            ("999999999.999999999", "999999999.999999999"),
            ("10", "10"),
        ] {
            assert_eq!(ratio(text).to_string(), shown);
        }
    }

    #[test]
    fn wrong_ratios_say_what_to_write() {
        for (text, part) in [
            ("", "not a ratio"),
            ("150%", "write `1.5`"),
            ("-1", "not a ratio"),
            ("1.", "not a ratio"),
            (".5", "not a ratio"),
            ("1e3", "not a ratio"),
            ("1.5x", "not a ratio"),
            ("inf", "not a ratio"),
            ("0", "never reached"),
            ("0.000", "never reached"),
            ("1.0000000001", "more than 9 digits"),
            ("1234567890", "more than 9 digits"),
        ] {
            let error = Ratio::parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn they_are_compared_exactly() {
        let limit = ratio("1.5");
        assert!(limit.allows(150_000, 100_000));
        assert!(!limit.allows(150_001, 100_000));
        assert!(limit.allows(0, 1));
        let third = ratio("0.333333333");
        assert!(third.allows(333_333_333, 1_000_000_000));
        assert!(!third.allows(1, 3));
        let most = ratio("999999999.999999999");
        assert!(most.allows(u64::MAX, u64::MAX) && !most.allows(u64::MAX, 1));
    }

    #[test]
    fn what_is_shown_is_cut() {
        assert_eq!(Ratio::shown(1_509, 1_000), "1.50");
        assert_eq!(Ratio::shown(1, 3), "0.33");
        assert_eq!(Ratio::shown(u64::MAX, 1), format!("{}.00", u64::MAX));
        assert_eq!(Ratio::shown(999_999, 1_000_000), "0.99");
    }

    proptest! {
        #[test]
        fn reading_and_showing_agree(whole in 0u64..1_000_000, rest in 1u64..1_000_000) {
            let read = ratio(&format!("{whole}.{rest:06}"));
            prop_assert_eq!(ratio(&read.to_string()), read);
            let part = whole * 1_000_000 + rest;
            prop_assert!(read.allows(part, 1_000_000) && !read.allows(part + 1, 1_000_000));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Ratio::parse(&text);
        }
    }
}
