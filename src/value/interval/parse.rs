//! The readers of interval text: words with units, SQL's `1-2 3 4:05:06`, and
//! ISO 8601's `P1Y2M3DT4H5M6.789S`. Sums are made wide and must fit at the end.

use super::Interval;
use crate::value::datetime::{SECOND, fraction};

/// Reads all of `text`, which has no blanks around it.
pub(super) fn interval(text: &str) -> Option<Interval> {
    match text.strip_prefix(['P', 'p']) {
        Some(fields) => iso(fields),
        None => words(text),
    }
}

/// The three fields while they add up.
#[derive(Clone, Copy, Default)]
struct Sum {
    months: i128,
    days: i128,
    time: i128,
}

impl Sum {
    fn add(&mut self, number: Number<'_>, unit: Unit) -> Option<()> {
        let whole = number.whole();
        match unit {
            Unit::Months(each) if number.fraction.is_none_or(is_zero) => {
                self.months += whole * i128::from(each);
            }
            // PostgreSQL makes days of 30 to a month of it: not exact, not read.
            Unit::Months(_) => return None,
            Unit::Days(each) => {
                self.days += whole * i128::from(each);
                let (days, time) = number.part_of_days(each)?;
                self.days += days;
                self.time += time;
            }
            Unit::Time(each) => {
                self.time += whole * i128::from(each) + number.part_of_time(each)?;
            }
        }
        Some(())
    }

    fn negate(&mut self) {
        *self = Sum {
            months: -self.months,
            days: -self.days,
            time: -self.time,
        };
    }

    /// Spreads the `-` of `-3 4:05:06`. PostgreSQL signs every field where there
    /// are months too; without, its styles disagree on what is meant.
    fn make_negative(&mut self) -> Option<()> {
        if self.months != 0 {
            return None;
        }
        self.days = -self.days.abs();
        self.time = -self.time.abs();
        Some(())
    }

    fn fit(self) -> Option<Interval> {
        Some(Interval {
            months: self.months.try_into().ok()?,
            days: self.days.try_into().ok()?,
            time: self.time.try_into().ok()?,
        })
    }
}

/// ± digits, and a fraction with its point.
#[derive(Clone, Copy)]
struct Number<'a> {
    negative: bool,
    digits: &'a [u8],
    fraction: Option<&'a [u8]>,
}

impl<'a> Number<'a> {
    /// The number at the start of `text`, and what follows it. At most 18
    /// digits, so that no sum of them leaves an i128.
    fn split(text: &'a str) -> Option<(Number<'a>, &'a str)> {
        let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (digits, rest) = split_digits(rest);
        let (fraction, rest) = match rest.strip_prefix('.') {
            Some(behind) => {
                let length = 1 + split_digits(behind).0.len();
                (Some(&rest.as_bytes()[..length]), &rest[length..])
            }
            None => (None, rest),
        };
        let none = digits.is_empty() && fraction.is_none_or(|fraction| fraction.len() < 2);
        if none || digits.len() > 18 {
            return None;
        }
        let number = Number {
            negative: text.starts_with('-'),
            digits: digits.as_bytes(),
            fraction: fraction.filter(|fraction| fraction.len() > 1),
        };
        Some((number, rest))
    }

    fn signed(&self, value: i128) -> i128 {
        if self.negative { -value } else { value }
    }

    fn whole(&self) -> i128 {
        self.signed(value(self.digits))
    }

    fn fraction_value(&self) -> Option<f64> {
        match self.fraction {
            None => Some(0.0),
            Some(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        }
    }

    /// The fraction of so many days, as days and µs.
    fn part_of_days(&self, each: i64) -> Option<(i128, i128)> {
        let days = self.fraction_value()? * each as f64;
        let time = microseconds(days.fract() * 86_400.0);
        Some((self.signed(days as i128), self.signed(time)))
    }

    /// The fraction of a unit of so many µs, as µs.
    fn part_of_time(&self, each: i64) -> Option<i128> {
        let time = match self.fraction {
            Some(text) if each == SECOND => fraction(text)?.into(),
            _ if each >= SECOND => microseconds(self.fraction_value()? * (each / SECOND) as f64),
            _ => (self.fraction_value()? * each as f64).round_ties_even() as i128,
        };
        Some(self.signed(time))
    }
}

/// Seconds as µs, in PostgreSQL's two steps.
fn microseconds(seconds: f64) -> i128 {
    seconds.trunc() as i128 * i128::from(SECOND) + (seconds.fract() * 1e6).round_ties_even() as i128
}

fn is_zero(fraction: &[u8]) -> bool {
    fraction[1..].iter().all(|digit| *digit == b'0')
}

fn value(digits: &[u8]) -> i128 {
    digits
        .iter()
        .fold(0, |value, digit| value * 10 + i128::from(digit - b'0'))
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

/// What one of a unit adds: months, days, or µs.
#[derive(Clone, Copy)]
enum Unit {
    Months(i64),
    Days(i64),
    Time(i64),
}

/// Unit names longer than a letter may stand in the plural.
fn unit(name: &str) -> Option<Unit> {
    let mut lower = [0; 16];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let stem = match &*lower {
        [stem @ .., b's'] if stem.len() > 1 && stem != b"m" && stem != b"u" => stem,
        all => all,
    };
    Some(match stem {
        b"millennium" | b"millennia" | b"mil" => Unit::Months(12_000),
        b"century" | b"centurie" | b"cent" => Unit::Months(1200),
        b"decade" | b"dec" => Unit::Months(120),
        b"year" | b"yr" | b"y" => Unit::Months(12),
        b"month" | b"mon" => Unit::Months(1),
        b"week" | b"w" => Unit::Days(7),
        b"day" | b"d" => Unit::Days(1),
        b"hour" | b"hr" | b"h" => Unit::Time(3600 * SECOND),
        b"minute" | b"min" | b"m" => Unit::Time(60 * SECOND),
        b"second" | b"sec" | b"s" => Unit::Time(SECOND),
        b"millisecond" | b"msec" | b"ms" => Unit::Time(1000),
        b"microsecond" | b"usec" | b"us" => Unit::Time(1),
        _ => return None,
    })
}

type Tokens<'a> = std::iter::Peekable<std::str::SplitAsciiWhitespace<'a>>;

/// `@ 1 year 2 mons -3 days 4 hours ago`, `1 day -04:05:06`, `+1-2 -3 +4:05:06`.
fn words(text: &str) -> Option<Interval> {
    let mut tokens = text.split_ascii_whitespace().peekable();
    if text.starts_with('@') {
        tokens.next_if_eq(&"@")?;
    }
    let mut words = Words::default();
    while let Some(token) = tokens.next_if(|token| !token.eq_ignore_ascii_case("ago")) {
        words.take(token, &mut tokens)?;
    }
    let ago = tokens.next().is_some();
    if tokens.next().is_some() || !(words.units || words.fields > 0) {
        return None;
    }
    if words.has_one_sign() && text.starts_with('-') {
        words.sum.make_negative()?;
    }
    if ago {
        words.sum.negate();
    }
    words.sum.fit()
}

#[derive(Default)]
struct Words {
    sum: Sum,
    /// Whether any unit has been named.
    units: bool,
    /// Fields without a unit's name, and how many of these had a sign.
    fields: usize,
    signed: usize,
}

impl Words {
    /// Adds what `token` says, with the unit that may follow it.
    fn take(&mut self, token: &str, tokens: &mut Tokens<'_>) -> Option<()> {
        if token.contains(':') {
            self.note(token);
            self.sum.time += clock(token)?;
        } else if let Some(months) = year_month(token) {
            self.note(token);
            self.sum.months += months;
        } else {
            let (number, rest) = Number::split(token)?;
            let apart = tokens.next_if(|next| rest.is_empty() && unit(next).is_some());
            match apart.or((!rest.is_empty()).then_some(rest)) {
                Some(name) => {
                    self.units = true;
                    self.sum.add(number, unit(name)?)?;
                }
                None => {
                    self.note(token);
                    self.sum.add(number, bare_unit(tokens)?)?;
                }
            }
        }
        Some(())
    }

    fn note(&mut self, token: &str) {
        self.fields += 1;
        self.signed += usize::from(token.starts_with(['-', '+']));
    }

    /// In `sql_standard` text (no unit names) a sign that is the only one, and
    /// stands in front, counts for every field.
    fn has_one_sign(&self) -> bool {
        !self.units && self.signed == 1 && self.fields > 1
    }
}

/// What a number without a unit counts: days before a clock time, seconds last.
fn bare_unit(tokens: &mut Tokens<'_>) -> Option<Unit> {
    match tokens.peek() {
        None => Some(Unit::Time(SECOND)),
        Some(next) if next.contains(':') => Some(Unit::Days(1)),
        Some(_) => None,
    }
}

/// `4:05:06.789`, `4:05`, or with a fraction `4:05.5` (minutes), as µs.
fn clock(token: &str) -> Option<i128> {
    let unsigned = token.strip_prefix(['-', '+']).unwrap_or(token);
    let (clock, part) = match unsigned.find('.') {
        Some(point) => (&unsigned[..point], fraction(&unsigned.as_bytes()[point..])?),
        None => (unsigned, 0),
    };
    let mut fields = [0; 3];
    let mut count = 0;
    for field in clock.split(':') {
        let (digits, rest) = split_digits(field);
        let most = if count == 0 { 18 } else { 2 };
        if digits.is_empty() || digits.len() > most || !rest.is_empty() {
            return None;
        }
        *fields.get_mut(count)? = value(digits.as_bytes());
        count += 1;
    }
    if count == 2 && unsigned.contains('.') {
        fields = [0, fields[0], fields[1]];
    }
    let [hours, minutes, seconds] = fields;
    if count < 2 || minutes > 59 || seconds > 60 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60 + seconds;
    let time = seconds * i128::from(SECOND) + i128::from(part);
    Some(if token.starts_with('-') { -time } else { time })
}

/// `1-2` (years and months), as months.
fn year_month(token: &str) -> Option<i128> {
    let unsigned = token.strip_prefix(['-', '+']).unwrap_or(token);
    let (years, months) = unsigned.split_once('-')?;
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(years) || !all_digits(months) || years.len() > 10 || months.len() > 2 {
        return None;
    }
    let months = value(months.as_bytes());
    if months > 11 {
        return None;
    }
    let total = value(years.as_bytes()) * 12 + months;
    Some(if token.starts_with('-') {
        -total
    } else {
        total
    })
}

/// What follows the `P`: `1Y2M3DT4H5M6.789S`, each number with a sign of its own.
fn iso(mut fields: &str) -> Option<Interval> {
    let mut sum = Sum::default();
    let mut in_time = false;
    let mut any = false;
    while !fields.is_empty() {
        if let Some(rest) = fields.strip_prefix(['T', 't']) {
            if in_time {
                return None;
            }
            in_time = true;
            fields = rest;
            continue;
        }
        let (number, rest) = Number::split(fields)?;
        let letter = rest.as_bytes().first()?.to_ascii_uppercase();
        let unit = match (in_time, letter) {
            (false, b'Y') => Unit::Months(12),
            (false, b'M') => Unit::Months(1),
            (false, b'W') => Unit::Days(7),
            (false, b'D') => Unit::Days(1),
            (true, b'H') => Unit::Time(3600 * SECOND),
            (true, b'M') => Unit::Time(60 * SECOND),
            (true, b'S') => Unit::Time(SECOND),
            _ => return None,
        };
        sum.add(number, unit)?;
        any = true;
        fields = &rest[1..];
    }
    any.then(|| sum.fit())?
}
