//! The laws of decimals, against integers of a fixed scale as the model.

use proptest::prelude::*;

use super::tests::{near, numeric_wire, read, read_as, shown, target};
use super::*;

/// A decimal as mantissa and scale, whose every value fits an i128 at scale 12.
fn scaled() -> impl Strategy<Value = (i64, u32)> {
    let mantissa = prop_oneof![
        -1000i64..1000,
        any::<i64>(),
        (-100i64..100).prop_map(|value| value * 10_000),
        (-100i64..100).prop_map(|value| value * 100_000_000),
    ];
    (mantissa, 0u32..=12)
}

fn spelled((mantissa, scale): (i64, u32)) -> String {
    format!("{mantissa}e-{scale}")
}

fn model((mantissa, scale): (i64, u32)) -> i128 {
    i128::from(mantissa) * 10i128.pow(12 - scale)
}

/// The same value in plain digits.
fn plain(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, part) = (
        value.unsigned_abs() / 10u128.pow(12),
        value.unsigned_abs() % 10u128.pow(12),
    );
    format!("{sign}{whole}.{part:012}")
}

proptest! {
    #[test]
    fn bytes_are_equal_exactly_if_values_are(x in scaled(), y in scaled()) {
        prop_assert_eq!(read(&spelled(x)) == read(&spelled(y)), model(x) == model(y));
        prop_assert_eq!(read(&spelled(x)), read(&plain(model(x))));
    }

    #[test]
    fn order_is_by_value(x in scaled(), y in scaled()) {
        let (left, right) = (read(&spelled(x)), read(&spelled(y)));
        prop_assert_eq!(compare(Cell::of(&left), Cell::of(&right)), model(x).cmp(&model(y)));
    }

    #[test]
    fn order_is_total(texts in proptest::collection::vec("-?[0-9]{1,25}(\\.[0-9]{0,9})?(e-?[0-9]{1,3})?|NaN|-?inf", 3)) {
        let cells: Vec<_> = texts.iter().map(|text| read(text)).collect();
        let order = |i: usize, j: usize| compare(Cell::of(&cells[i]), Cell::of(&cells[j]));
        prop_assert_eq!(order(0, 1) == Ordering::Equal, cells[0] == cells[1]);
        prop_assert_eq!(order(0, 1), order(1, 0).reverse());
        if order(0, 1).is_le() && order(1, 2).is_le() {
            prop_assert!(order(0, 2).is_le());
        }
    }

    #[test]
    fn within_agrees_with_integers(x in scaled(), y in scaled(), limit in 0i64..1_000_000, near_by: bool) {
        let y = if near_by { (x.0.saturating_add(y.0 % 2000), x.1) } else { y };
        let (old, new) = (model(x), model(y));
        let gap = (old - new).abs();
        let absolute = i128::from(limit) * 10i128.pow(9);
        let text = format!("{limit}e-3");
        prop_assert_eq!(near(&spelled(x), &spelled(y), Some(&text), None), gap <= absolute);
        prop_assert!(near(&spelled(x), &spelled(y), Some(&plain(gap)), None));
        // relative: gap ≤ limit/10⁶ · max, without overflow as gap ≤ 2·max < 2¹²⁶/10⁶
        let most = old.abs().max(new.abs());
        if let (Some(left), Some(right)) = (gap.checked_mul(1_000_000), most.checked_mul(limit.into())) {
            let text = format!("{limit}e-6");
            prop_assert_eq!(near(&spelled(x), &spelled(y), None, Some(&text)), left <= right);
        }
    }

    #[test]
    fn round_agrees_with_integers(x in scaled(), scale in -3i32..=12) {
        let unit = 10i128.pow((12 - scale) as u32);
        let value = model(x);
        let expected = (value.abs() + unit / 2) / unit * unit * value.signum();
        let mut out = Vec::new();
        round(Cell::of(&read(&spelled(x))), scale, &mut out);
        prop_assert_eq!(&out, &read(&plain(expected)));
        let mut again = Vec::new();
        round(Cell::of(&out), scale, &mut again);
        prop_assert_eq!(again, out);
    }

    #[test]
    fn rounding_a_float_twice_is_rounding_it_once(value: f64, scale in -310i32..=310) {
        let (mut cell, mut once, mut twice) = (Vec::new(), Vec::new(), Vec::new());
        float::put8(value, &mut cell);
        round(Cell::of(&cell), scale, &mut once);
        round(Cell::of(&once), scale, &mut twice);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn shown_text_reads_back(given in "-?[0-9]{1,30}(\\.[0-9]{0,30})?(e-?[0-9]{1,7})?") {
        let cell = read(&given);
        prop_assert_eq!(read(&shown(&cell)), cell);
    }

    #[test]
    fn wire_and_text_agree(weight in -40i16..40, negative: bool, digits in proptest::collection::vec(prop_oneof![Just(0u16), 0u16..10_000], 0..12)) {
        let bytes = numeric_wire(weight, if negative { 0x4000 } else { 0 }, &digits);
        let mut out = Vec::new();
        wire(&bytes, &Type::Numeric, &target(Type::Numeric), &mut out).unwrap();
        let spelled: String = digits.iter().map(|digit| format!("{digit:04}")).collect();
        let sign = if negative { "-" } else { "" };
        prop_assert_eq!(out, read(&format!("{sign}0.{spelled}e{}", 4 * (i32::from(weight) + 1))));
    }

    #[test]
    fn any_bytes_are_read_or_refused_whole(bytes: Vec<u8>, given in "\\PC*") {
        let mut out = Vec::new();
        if wire(&bytes, &Type::Numeric, &target(Type::Numeric), &mut out).is_err() {
            prop_assert!(out.is_empty());
        }
        read_as(&given, Type::Money);
    }
}
