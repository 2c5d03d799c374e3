//! Sizes, durations and file modes as people write them: `256MB`, `30s`, `0640`.

use std::time::Duration;

use crate::source::Rate;

/// An amount of memory: so many bytes, or a share of what the machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Bytes(u64),
    Percent(u64),
}

/// Reads `256MB`, `1GiB`, `1.5G`, `65536` or `25%`. A K, M, G or T is a power
/// of 1000; with an `i` (`KiB`) it is one of 1024. The error is one sentence.
pub fn size(text: &str) -> Result<Size, String> {
    let trimmed = text.trim();
    let wrong = || format!("`{trimmed}` is not a size: write `256MB`, `1GiB` or `25%`");
    let split = trimmed
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    if unit.trim() == "%" {
        let percent = number.parse().ok().filter(|p| (1..=100).contains(p));
        return percent
            .map(Size::Percent)
            .ok_or_else(|| format!("`{trimmed}` is not between 1% and 100%"));
    }
    let unit = factor(&unit.trim().to_ascii_lowercase()).ok_or_else(wrong)?;
    match times(number, unit).ok_or_else(wrong)? {
        0 => Err(format!("`{trimmed}` is no memory at all")),
        bytes => Ok(Size::Bytes(bytes)),
    }
}

fn factor(unit: &str) -> Option<u64> {
    if matches!(unit, "" | "b") {
        return Some(1);
    }
    let (letter, rest) = unit.split_at_checked(1)?;
    let power = "kmgt".find(letter)? as u32 + 1;
    match rest {
        "" | "b" => Some(1000u64.pow(power)),
        "i" | "ib" => Some(1024u64.pow(power)),
        _ => None,
    }
}

/// A decimal number times a whole one, rounded down.
fn times(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.len() > 9 || fraction.contains('.') {
        return None;
    }
    let scale = 10u128.pow(u32::try_from(fraction.len()).ok()?);
    let units: u128 = format!("{whole}{fraction}").parse().ok()?;
    let bytes = units.checked_mul(u128::from(factor))? / scale;
    u64::try_from(bytes).ok()
}

/// Reads `500ms`, `30s`, `15m`, `1h` or `1d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    up_to_most(text, "")
}

/// The same where zero means no limit, which the message then says.
pub fn limit(text: &str) -> Result<Duration, String> {
    up_to_most(text, ", or `0` for no limit")
}

fn up_to_most(text: &str, or: &str) -> Result<Duration, String> {
    // The server's settings are 32-bit milliseconds.
    let most = Duration::from_millis(0x7fff_ffff);
    let found = ago(text)?;
    let trimmed = text.trim();
    (found <= most)
        .then_some(found)
        .ok_or_else(|| format!("`{trimmed}` is too long: at most 24 days{or}"))
}

/// The same without an upper limit; a day has 24 hours.
pub fn ago(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let wrong =
        || format!("`{trimmed}` is not a duration: write `500ms`, `30s`, `15m`, `1h` or `1d`");
    let split = trimmed
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let millis = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "" if number == 0 => 1,
        _ => return Err(wrong()),
    };
    let millis = number.checked_mul(millis);
    millis.map(Duration::from_millis).ok_or_else(wrong)
}

/// Reads `5/s`, `300/m`, `1/2s` or a bare number, which is of a second; `None` is `off`.
pub fn rate(text: &str) -> Result<Option<Rate>, String> {
    let trimmed = text.trim();
    if trimmed == "off" {
        return Ok(None);
    }
    let wrong =
        || format!("`{trimmed}` is not a rate: write `5/s`, `300/m`, `1/2s` or, for none, `off`");
    let (count, per) = trimmed.split_once('/').unwrap_or((trimmed, "s"));
    let count = count.trim().parse().ok().filter(|count| *count > 0);
    let per = match per.trim() {
        unit @ ("s" | "m" | "min" | "h") => duration(&format!("1{unit}")),
        other => duration(other),
    };
    let per = per.ok().filter(|per| !per.is_zero());
    match (count, per) {
        (Some(count), Some(per)) => Ok(Some(Rate { count, per })),
        _ => Err(wrong()),
    }
}

/// A whole number above zero.
pub fn positive<T: std::str::FromStr + PartialOrd + Default>(text: &str) -> Result<T, String> {
    whole(text).and_then(|number: T| match number > T::default() {
        true => Ok(number),
        false => Err("at least 1 is due here".to_owned()),
    })
}

/// A whole number. What is there instead is not repeated: it may come from a
/// variable that holds something else.
pub fn whole<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    let wrong = |_| "a whole number is due here, or this one is out of range".to_owned();
    text.trim().parse().map_err(wrong)
}

/// A bare number of milliseconds.
pub fn millis(text: &str) -> Result<Duration, String> {
    let number: u64 = whole(text)?;
    duration(&format!("{number}ms"))
}

/// A duration without an end would be a wait without one.
pub fn finite(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|time| match time.is_zero() {
        true => Err("a server that keeps silent would be waited for without end".to_owned()),
        false => Ok(time),
    })
}

/// Reads a file mode in octal: `0640` or `640`.
pub fn mode(text: &str) -> Result<u32, String> {
    let digits = text.trim();
    let digits = digits.strip_prefix("0o").unwrap_or(digits);
    u32::from_str_radix(digits, 8)
        .ok()
        .filter(|mode| *mode <= 0o777 && mode & 0o600 == 0o600)
        .ok_or_else(|| {
            format!(
                "`{text}` is not a file mode its owner can read and write: write `0600` or `0640`"
            )
        })
}

/// Reads the name of a profile, which becomes part of a file's name.
pub fn profile(text: &str) -> Result<String, String> {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match (1..=64).contains(&text.len()) && text.bytes().all(sound) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "`{text}` is not a name for a profile: up to 64 letters, digits, `-`, `_` and `.`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("65536", 65536),
            ("256MB", 256_000_000),
            ("256 mb", 256_000_000),
            ("1GiB", 1 << 30),
            ("1.5k", 1500),
            ("64Mi", 64 << 20),
        ] {
            assert_eq!(size(text), Ok(Size::Bytes(bytes)), "{text}");
        }
        assert_eq!(size("25%"), Ok(Size::Percent(25)));
        for wrong in [
            "",
            "MB",
            "0",
            "1.2.3MB",
            "-1MB",
            "1XB",
            "0%",
            "101%",
            "99999999TB",
            "é",
            "1é",
            "1ké",
        ] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("24d"), duration("576h"));
        for wrong in ["", "30", "s", "1.5s", "-1s", "25d", "9999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn zero_is_told_as_no_limit_only_where_it_is_one() {
        let told = "`25d` is too long: at most 24 days";
        assert_eq!(duration("25d"), Err(told.to_owned()));
        assert_eq!(limit("25d"), Err(format!("{told}, or `0` for no limit")));
        assert_eq!(limit("0"), Ok(Duration::ZERO));
    }

    #[test]
    fn rates() {
        for (text, shown) in [
            ("5", "5/s"),
            ("5/s", "5/s"),
            (" 300 / m ", "300/m"),
            ("1/2s", "1/2s"),
            ("3/500ms", "3/500ms"),
            ("7/h", "7/h"),
            ("4/1000ms", "4/s"),
        ] {
            let rate = rate(text).expect(text).expect(text);
            assert_eq!(rate.to_string(), shown, "{text}");
            let again = super::rate(&rate.to_string());
            assert_eq!(again, Ok(Some(rate)), "{text}");
        }
        assert_eq!(rate("off"), Ok(None));
        for wrong in ["", "0", "-1", "1.5", "5/", "5/0s", "/s", "5/x", "none"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(positive(" 5 "), Ok(5u32));
        assert!(positive::<u32>("0").is_err() && positive::<u32>("5.0").is_err());
        assert_eq!(whole("0"), Ok(0u32));
        assert_eq!(millis("1500"), Ok(Duration::from_millis(1500)));
        assert_eq!(finite("5s"), Ok(Duration::from_secs(5)));
        assert!(finite("0").is_err());
        let unlike: Result<u32, String> = whole("hunter2");
        assert!(!unlike.expect_err("no number").contains("hunter2"));
    }

    #[test]
    fn profiles() {
        assert_eq!(profile("nightly-1.2_x"), Ok("nightly-1.2_x".to_owned()));
        for wrong in ["", "a/b", "a b", "日", &"x".repeat(65)] {
            assert!(profile(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn modes() {
        assert_eq!(mode("0640"), Ok(0o640));
        assert_eq!(mode("600"), Ok(0o600));
        for wrong in ["", "0888", "0444", "7777", "rw"] {
            assert!(mode(wrong).is_err(), "{wrong}");
        }
    }
}
