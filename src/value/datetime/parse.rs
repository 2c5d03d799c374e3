//! The one reader of date and time text: an optional date, an optional time, an
//! optional zone and an era, each exactly once and nothing else.

use super::SECOND;
use super::calendar::{self, Civil, DAY};

/// What a text names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// Days since 2000-01-01.
    pub date: Option<i64>,
    /// µs since midnight, up to 24:00:00.
    pub time: Option<i64>,
    /// Seconds west of UTC.
    pub west: Option<i32>,
}

/// Reads all of `text`, which has no blanks around it.
pub(super) fn parts(text: &str) -> Option<Parts> {
    let (text, before_christ) = split_era(text);
    let mut scan = Scanner(text.as_bytes());
    let mut parts = Parts::default();
    if scan.starts_with_time() {
        parts.time = Some(scan.time()?);
    } else {
        parts.date = Some(scan.date(before_christ.unwrap_or(false))?);
        if !scan.0.is_empty() {
            if !(scan.eat(b"Tt") || scan.skip_blanks()) {
                return None;
            }
            scan.skip_blanks();
            parts.time = Some(scan.time()?);
        }
    }
    if parts.time.is_some() {
        scan.skip_blanks();
        if !scan.0.is_empty() {
            parts.west = Some(scan.zone()?);
        }
    }
    let whole = scan.0.is_empty() && (before_christ.is_none() || parts.date.is_some());
    whole.then_some(parts)
}

/// Seconds east of UTC of `+09:00`, `-0330`, `Z` or `UTC`.
pub(in crate::value) fn fixed_offset(text: &str) -> Option<i32> {
    let mut scan = Scanner(text.as_bytes());
    let west = scan.zone()?;
    scan.0.is_empty().then_some(-west)
}

/// The text before a final `BC` or `AD`, and whether it was BC.
fn split_era(text: &str) -> (&str, Option<bool>) {
    let Some((rest, era)) = text.split_at_checked(text.len().saturating_sub(2)) else {
        return (text, None);
    };
    let before_christ = match era {
        "BC" | "bc" => true,
        "AD" | "ad" => false,
        _ => return (text, None),
    };
    (rest.trim_end_matches(' '), Some(before_christ))
}

/// `.789` as µs; more than six digits are rounded as PostgreSQL does, by a
/// double and half to even.
pub(in crate::value) fn fraction(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b".")?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if digits.len() <= 6 {
        return Some(value(digits) * 10i64.pow(6 - digits.len() as u32));
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some((value * 1e6).round_ties_even() as i64)
}

/// What is left to read.
struct Scanner<'a>(&'a [u8]);

impl<'a> Scanner<'a> {
    fn eat(&mut self, any_of: &[u8]) -> bool {
        let found = self.0.first().is_some_and(|byte| any_of.contains(byte));
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn skip_blanks(&mut self) -> bool {
        let before = self.0.len();
        while self.eat(b" ") {}
        self.0.len() < before
    }

    fn digits(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| !byte.is_ascii_digit());
        let (digits, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        digits
    }

    /// A number of `least` to `most` digits; `most` is at most 9.
    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let digits = self.digits();
        (least..=most)
            .contains(&digits.len())
            .then(|| value(digits))
    }

    fn starts_with_time(&self) -> bool {
        matches!(self.0, [_, b':', ..] | [_, _, b':', ..])
    }

    /// `2024-01-05`, `2024/1/5`, `20240105`. Less than four digits first would
    /// be a guess at what they are.
    fn date(&mut self, before_christ: bool) -> Option<i64> {
        let year = self.digits();
        let (year, month, day) = match (year.len(), self.0.first()) {
            (4..=9, Some(separator @ (b'-' | b'/'))) => {
                self.eat(&[*separator]);
                let month = self.number(1, 2)?;
                if !self.eat(&[*separator]) {
                    return None;
                }
                (value(year), month, self.number(1, 2)?)
            }
            (8, _) => (value(&year[..4]), value(&year[4..6]), value(&year[6..])),
            _ => return None,
        };
        if year == 0 {
            return None;
        }
        calendar::days(Civil {
            year: if before_christ { 1 - year } else { year },
            month: month as u8,
            day: day as u8,
        })
    }

    /// `10:00`, `9:05:06.789`, `24:00:00`; second 60 is the next minute's first.
    fn time(&mut self) -> Option<i64> {
        let hour = self.number(1, 2)?;
        let minute = self.sixtieths()?.filter(|minute| *minute < 60)?;
        let second = match self.sixtieths()? {
            Some(second) if second <= 60 => second,
            Some(_) => return None,
            None => 0,
        };
        let mut time = (hour * 3600 + minute * 60 + second) * SECOND;
        let rest = self.0;
        if self.eat(b".") {
            time += fraction(&rest[..=self.digits().len()])?;
        }
        (time <= DAY).then_some(time)
    }

    /// `:` and two digits; `Some(None)` where there is no colon.
    fn sixtieths(&mut self) -> Option<Option<i64>> {
        if !self.eat(b":") {
            return Some(None);
        }
        self.number(2, 2).map(Some)
    }

    /// `Z`, `UTC`, `+9`, `+09`, `+0900`, `+09:00`, `+09:00:30`, as seconds west.
    fn zone(&mut self) -> Option<i32> {
        if self.eat(b"Zz") {
            return Some(0);
        }
        if let [a, b, c, rest @ ..] = self.0
            && [b"UTC", b"GMT"]
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&[*a, *b, *c]))
        {
            self.0 = rest;
            return Some(0);
        }
        let east = self.eat(b"+");
        if !east && !self.eat(b"-") {
            return None;
        }
        let run = self.digits();
        let (hour, minute, second) = match run.len() {
            1 | 2 => {
                let minute = self.sixtieths()?;
                let second = if minute.is_some() {
                    self.sixtieths()?
                } else {
                    None
                };
                (value(run), minute.unwrap_or(0), second.unwrap_or(0))
            }
            4 => (value(&run[..2]), value(&run[2..]), 0),
            6 => (value(&run[..2]), value(&run[2..4]), value(&run[4..])),
            _ => return None,
        };
        // PostgreSQL's limit is 15:59:59.
        if hour > 15 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = (hour * 3600 + minute * 60 + second) as i32;
        Some(if east { -seconds } else { seconds })
    }
}

/// The value of at most 9 digits.
fn value(digits: &[u8]) -> i64 {
    digits
        .iter()
        .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'))
}
