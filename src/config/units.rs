//! Sizes, durations and file modes as people write them: `256MB`, `30s`, `0640`.

use std::time::Duration;

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

/// Reads `500ms`, `30s`, `15m` or `1h`; zero means no limit.
pub fn duration(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let wrong = || format!("`{trimmed}` is not a duration: write `500ms`, `30s`, `15m` or `1h`");
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
        "" if number == 0 => 1,
        _ => return Err(wrong()),
    };
    // The server's settings are 32-bit milliseconds.
    let millis = number.checked_mul(millis).filter(|ms| *ms <= 0x7fff_ffff);
    millis
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`{trimmed}` is too long: at most 24 days, or `0` for no limit"))
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
        for wrong in ["", "30", "s", "1.5s", "-1s", "9999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
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
