//! What a gate may require, as exact ratios of integers, so that no verdict
//! ever hangs on how a float was rounded.

use std::cmp::Ordering;
use std::fmt;

use super::{Bound, Share, figures::thousands};

/// More decimals than this are refused: the ratio would not fit 64 bits.
const MAX_DECIMALS: usize = 15;

impl Share {
    /// Reads `99%`, `99.95%`, `0.995` or `1`, exactly. The error is one sentence
    /// for the person who wrote it.
    pub fn parse(text: &str) -> Result<Share, String> {
        let trimmed = text.trim();
        let (number, hundred) = match trimmed.strip_suffix('%') {
            Some(number) => (number.trim_end(), 100),
            None => (trimmed, 1),
        };
        let wrong = || format!("`{text}` is not a share: write `99.5%` or `0.995`");
        if number.starts_with('-') {
            return Err(out_of_range(text));
        }
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(wrong());
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > MAX_DECIMALS {
            return Err(format!("`{text}` has more than {MAX_DECIMALS} decimals"));
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > 3 {
            return Err(too_much(text, hundred));
        }
        ratio(whole, fraction, hundred).ok_or_else(|| too_much(text, hundred))
    }

    /// How `part / all` stands to this share, exactly.
    pub(super) fn compare(self, part: u64, all: u64) -> Ordering {
        let part = u128::from(part) * u128::from(self.denominator);
        part.cmp(&(u128::from(self.numerator) * u128::from(all)))
    }
}

/// The share `whole.fraction / hundred` in lowest terms, unless it is over 1.
fn ratio(whole: &str, fraction: &str, hundred: u128) -> Option<Share> {
    let numerator: u128 = format!("0{whole}{fraction}").parse().ok()?;
    let denominator = 10u128.pow(u32::try_from(fraction.len()).ok()?) * hundred;
    if numerator > denominator {
        return None;
    }
    let divisor = greatest_common_divisor(numerator, denominator);
    Some(Share {
        numerator: u64::try_from(numerator / divisor).ok()?,
        denominator: u64::try_from(denominator / divisor).ok()?,
    })
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn out_of_range(text: &str) -> String {
    format!("`{text}` is not between 0% and 100%")
}

/// Without a percent sign the sign is what was most likely forgotten.
fn too_much(text: &str, hundred: u128) -> String {
    let hint = match text.trim().parse::<f64>() {
        Ok(number) if hundred == 1 && number <= 100.0 => {
            format!(": did you mean `{}%`?", text.trim())
        }
        _ => String::new(),
    };
    out_of_range(text) + &hint
}

/// In percent, exactly: `99%`, `99.95%`; `1/3` where no decimal is exact.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let denominator = u128::from(self.denominator);
        let hundredfold = u128::from(self.numerator) * 100;
        let (mut decimals, mut rest) = (String::new(), hundredfold.checked_rem(denominator));
        while let Some(left) = rest.filter(|left| *left != 0 && decimals.len() < 20) {
            decimals.push_str(&(left * 10 / denominator).to_string());
            rest = Some(left * 10 % denominator);
        }
        match rest {
            Some(0) if decimals.is_empty() => write!(f, "{}%", hundredfold / denominator),
            Some(0) => write!(f, "{}.{decimals}%", hundredfold / denominator),
            _ => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}

impl Bound {
    /// Reads `12` (so many) or `0.5%` (a share of all keys).
    pub fn parse(text: &str) -> Result<Bound, String> {
        let trimmed = text.trim();
        if trimmed.ends_with('%') {
            return Share::parse(text).map(Bound::Share);
        }
        let wrong =
            || format!("`{text}` is not a limit: write a whole number or a share as `0.5%`");
        if trimmed.is_empty() || !trimmed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        trimmed.parse().map(Bound::Count).map_err(|_| wrong())
    }

    /// Whether `part` of `all` stays within this limit.
    pub(super) fn allows(self, part: u64, all: u64) -> bool {
        match self {
            Bound::Count(limit) => part <= limit,
            Bound::Share(share) => share.compare(part, all).is_le(),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::Count(limit) => f.write_str(&thousands(*limit)),
            Bound::Share(share) => share.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(numerator: u64, denominator: u64) -> Share {
        Share {
            numerator,
            denominator,
        }
    }

    #[test]
    fn shares_are_read_exactly() {
        for (text, numerator, denominator) in [
            ("99%", 99, 100),
            ("99.95%", 1999, 2000),
            ("99.950 %", 1999, 2000),
            ("0.995", 199, 200),
            ("0.99", 99, 100),
            ("1", 1, 1),
            ("100%", 1, 1),
            ("1.0", 1, 1),
            ("0", 0, 1),
            ("0.0%", 0, 1),
            (
                "99.999999999999999%",
                99_999_999_999_999_999,
                100_000_000_000_000_000,
            ),
        ] {
            assert_eq!(
                Share::parse(text),
                Ok(share(numerator, denominator)),
                "{text}"
            );
        }
    }

    #[test]
    fn wrong_shares_say_what_to_write() {
        for (text, part) in [
            ("99", "did you mean `99%`?"),
            ("100.01%", "not between 0% and 100%"),
            ("1.000000001", "not between 0% and 100%"),
            ("-1%", "not between 0% and 100%"),
            ("1e-2", "not a share"),
            ("", "not a share"),
            ("%", "not a share"),
            (".5", "not a share"),
            ("5.", "not a share"),
            ("+1%", "not a share"),
            ("NaN", "not a share"),
            ("0.1234567890123456", "more than 15 decimals"),
            (
                "99999999999999999999999999999999999999999999%",
                "not between",
            ),
        ] {
            let error = Share::parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn bounds_are_counts_or_shares() {
        assert_eq!(Bound::parse("12"), Ok(Bound::Count(12)));
        assert_eq!(Bound::parse(" 1 "), Ok(Bound::Count(1)));
        assert_eq!(Bound::parse("0.5%"), Ok(Bound::Share(share(1, 200))));
        for text in [
            "0.5",
            "-1",
            "",
            "1,000",
            "99999999999999999999",
            "x",
            "101%",
        ] {
            assert!(Bound::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn they_show_as_written() {
        for text in ["99%", "99.95%", "0%", "100%", "99.999999999999999%", "0.5%"] {
            assert_eq!(Share::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(share(1, 3).to_string(), "1/3");
        assert_eq!(share(1, 0).to_string(), "1/0");
        assert_eq!(Bound::Count(12_000).to_string(), "12,000");
    }

    proptest! {
        #[test]
        fn reading_and_showing_agree(numerator in 0u64..=1_000_000) {
            let text = format!("{}.{:04}%", numerator / 10_000, numerator % 10_000);
            let read = Share::parse(&text).unwrap();
            prop_assert_eq!(read.compare(numerator, 1_000_000), Ordering::Equal);
            prop_assert_eq!(Share::parse(&read.to_string()), Ok(read));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = (Share::parse(&text), Bound::parse(&text));
        }
    }
}
