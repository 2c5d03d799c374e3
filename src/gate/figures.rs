//! Figures as people read them: exact shares as truncated percentages, counts
//! with thousands separators. A printed percentage never flatters: it is cut,
//! so that 98.9999 % is `98.99` and `100.00` means all of them.

/// `numerator / denominator` in percent with two decimals, truncated, without a
/// percent sign: `percent(989_999, 1_000_000)` is `98.99`. `0.00` where there is
/// nothing to divide by.
pub fn percent(numerator: u64, denominator: u64) -> String {
    if denominator == 0 {
        return "0.00".to_owned();
    }
    let hundredths = u128::from(numerator) * 10_000 / u128::from(denominator);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A count with thousands separators: `1,234,567`.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in µs as seconds, exactly: `0.300001`.
pub fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// A count and its noun: `1 key`, `1,200 keys`.
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentages_are_cut() {
        assert_eq!(percent(989_999, 1_000_000), "98.99");
        assert_eq!(percent(999_999, 1_000_000), "99.99");
        assert_eq!(percent(996, 1_000), "99.60");
        assert_eq!(percent(1, 100_000), "0.00");
        assert_eq!(percent(3, 2), "150.00");
        assert_eq!(percent(7, 7), "100.00");
        assert_eq!(percent(u64::MAX - 1, u64::MAX), "99.99");
        assert_eq!(percent(0, 0), "0.00");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(counted(1, "key"), "1 key");
        assert_eq!(seconds(12_300_001), "12.300001");
        assert_eq!(seconds(7), "0.000007");
        assert_eq!(counted(0, "key"), "0 keys");
    }

    proptest! {
        #[test]
        fn only_all_of_them_is_a_hundred(all in 1u64.., some in 0u64..) {
            let some = some % all;
            let text = percent(some, all);
            prop_assert!(text != "100.00", "{} of {} is {}", some, all, text);
            prop_assert_eq!(percent(all, all), "100.00");
        }
    }
}
