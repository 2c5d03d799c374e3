//! What repeated measurements say together: a median, between the least and the
//! most. Pure, and the same in whatever order they were made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The middle one of some figures, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// Of amounts: between two middle ones lies their mean. `None` of none.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Spread> {
        Spread::with(figures, |a, b| a + (b - a) / 2.0)
    }

    /// Of ratios: between two middle ones lies their geometric mean, so that the
    /// inverted ratios have the inverted median.
    pub fn of_ratios(ratios: impl IntoIterator<Item = f64>) -> Option<Spread> {
        Spread::with(ratios, |a, b| (a * b).sqrt().clamp(a, b))
    }

    fn with(
        figures: impl IntoIterator<Item = f64>,
        between: impl Fn(f64, f64) -> f64,
    ) -> Option<Spread> {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            0 => between(sorted[middle - 1], sorted[middle]),
            _ => sorted[middle],
        };
        Some(Spread { median, min, max })
    }

    /// The spread of the ratios upside down.
    pub fn inverted(self) -> Spread {
        Spread {
            median: 1.0 / self.median,
            min: 1.0 / self.max,
            max: 1.0 / self.min,
        }
    }
}

/// What ratios of times (new's to old's, pair by pair) show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Faster,
    Slower,
    /// Some pairs say the one and some the other, or they say it too faintly to
    /// be told in two decimals.
    Nothing,
}

impl Shown {
    /// One pair shows nothing: nobody knows what the next would have been.
    pub fn by(ratio: Spread, pairs: usize) -> Shown {
        let over_one = |ratio: f64| (ratio * 100.0).round() > 100.0;
        match pairs {
            0 | 1 => Shown::Nothing,
            _ if over_one(ratio.min) => Shown::Slower,
            _ if over_one(1.0 / ratio.max) => Shown::Faster,
            _ => Shown::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
    }

    #[test]
    fn medians() {
        let spread = |figures: &[f64]| Spread::of(figures.iter().copied()).unwrap();
        let of = |median, min, max| Spread { median, min, max };
        assert_eq!(spread(&[3.0, 1.0, 2.0]), of(2.0, 1.0, 3.0));
        assert_eq!(spread(&[4.0, 1.0, 2.0, 8.0]), of(3.0, 1.0, 8.0));
        assert_eq!(spread(&[7.0]), of(7.0, 7.0, 7.0));
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of_ratios([]), None);
        // Twice and half as long: neither.
        assert_eq!(Spread::of_ratios([0.5, 2.0]), Some(of(1.0, 0.5, 2.0)));
    }

    #[test]
    fn only_pairs_that_agree_show_anything() {
        let shown = |ratios: &[f64]| {
            Shown::by(
                Spread::of_ratios(ratios.iter().copied()).unwrap(),
                ratios.len(),
            )
        };
        assert_eq!(shown(&[0.5, 0.6, 0.55]), Shown::Faster);
        assert_eq!(shown(&[1.5, 1.6, 1.55]), Shown::Slower);
        assert_eq!(shown(&[0.5, 0.6, 1.1]), Shown::Nothing, "straddles 1");
        assert_eq!(shown(&[1.0, 1.0]), Shown::Nothing);
        assert_eq!(shown(&[1.004, 2.0]), Shown::Nothing, "reads as 1.00");
        assert_eq!(shown(&[0.997, 0.2]), Shown::Nothing, "reads as 1.00");
        assert_eq!(shown(&[0.2]), Shown::Nothing, "one pair");
    }

    fn ratios() -> impl Strategy<Value = Vec<f64>> {
        vec(0.001f64..1000.0, 1..12)
    }

    proptest! {
        #[test]
        fn a_median_lies_in_its_spread_in_any_order(ratios in ratios(), turn in 0usize..12) {
            let ways: [fn(Vec<f64>) -> Option<Spread>; 2] =
                [|ratios| Spread::of(ratios), |ratios| Spread::of_ratios(ratios)];
            for of in ways {
                let spread = of(ratios.clone()).unwrap();
                prop_assert!(spread.min <= spread.median && spread.median <= spread.max);
                let mut turned = ratios.clone();
                turned.rotate_left(turn % ratios.len());
                prop_assert_eq!(of(turned), Some(spread));
                let below = ratios.iter().filter(|ratio| **ratio < spread.median).count();
                prop_assert!(2 * below <= ratios.len());
            }
        }

        /// Old against new is new against old, upside down.
        #[test]
        fn ratios_can_be_inverted(ratios in ratios()) {
            let spread = Spread::of_ratios(ratios.clone()).unwrap();
            let inverted = Spread::of_ratios(ratios.iter().map(|ratio| 1.0 / ratio)).unwrap();
            let expected = spread.inverted();
            prop_assert!(near(inverted.median, expected.median));
            prop_assert!(near(inverted.min, expected.min) && near(inverted.max, expected.max));
            let swapped = match Shown::by(spread, ratios.len()) {
                Shown::Faster => Shown::Slower,
                Shown::Slower => Shown::Faster,
                Shown::Nothing => Shown::Nothing,
            };
            prop_assert_eq!(Shown::by(inverted, ratios.len()), swapped);
        }

        #[test]
        fn what_is_shown_every_pair_says(ratios in ratios()) {
            let spread = Spread::of_ratios(ratios.clone()).unwrap();
            match Shown::by(spread, ratios.len()) {
                Shown::Faster => prop_assert!(ratios.iter().all(|ratio| *ratio < 1.0)),
                Shown::Slower => prop_assert!(ratios.iter().all(|ratio| *ratio > 1.0)),
                Shown::Nothing => {}
            }
        }
    }
}
