//! Parts of the key's order that are read side by side: long ones first, then shorter
//! and shorter, so that no connection is still at a long one when the others are done.

/// A part of the key's order: from `low` on, up to before `high`.
#[derive(Clone, Debug, Default)]
pub struct Range {
    pub low: Option<String>,
    pub high: Option<String>,
}

/// The ranges between some of the values, at most so many, from the beginning to the
/// end of the order that the values are in.
pub fn over(values: Vec<String>, connections: usize, most: usize) -> Vec<Range> {
    let mut ranges = Vec::new();
    let mut low = None;
    for place in places(values.len() + 1, connections, most) {
        let bound = values[place].clone();
        ranges.push(Range {
            low: low.replace(bound.clone()),
            high: Some(bound),
        });
    }
    ranges.push(Range { low, high: None });
    ranges
}

/// Behind which of `steps` steps of about as many rows each a range ends, but for
/// the last one. Nobody knows beforehand how long any takes: each is a share of what
/// is left to all connections, and none so short that there were more than `most`.
fn places(steps: usize, connections: usize, most: usize) -> Vec<usize> {
    let least = steps.div_ceil(most.max(1));
    let mut places = Vec::new();
    let mut begun = 0;
    loop {
        let left = steps - begun;
        let range = (left / (2 * connections.max(1))).max(least);
        if left < range + least {
            return places;
        }
        begun += range;
        places.push(begun - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_shorter_and_none_is_too_short() {
        assert_eq!(places(65, 2, 1000)[..4], [15, 27, 36, 43]);
        assert!(places(65, 2, 1).is_empty() && places(1, 8, 9).is_empty());
        for (steps, connections) in (2..70).flat_map(|steps| [(steps, 1), (steps, 2), (steps, 7)]) {
            for most in [2, 3, 20, 1000] {
                let places = places(steps, connections, most);
                let least = steps.div_ceil(most);
                let mut begun = 0;
                let mut before = steps;
                for end in places.iter().map(|place| place + 1).chain([steps]) {
                    let length = end - begun;
                    let case = format!("{length} of {steps}, {connections}, {most}: {places:?}");
                    assert!(length >= least, "{case}");
                    assert!(length <= before || length < 2 * least, "{case}");
                    (begun, before) = (end, length);
                }
                assert!(
                    places.len() < most,
                    "{places:?} of {steps}, {connections}, {most}"
                );
            }
        }
    }

    #[test]
    fn ranges_leave_no_gap() {
        let values = ["b", "d"].map(str::to_owned).to_vec();
        let shown = |values, most| -> Vec<(Option<String>, Option<String>)> {
            let ranges = over(values, 2, most).into_iter();
            ranges.map(|range| (range.low, range.high)).collect()
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            shown(values.clone(), 9),
            [(None, text("b")), (text("b"), text("d")), (text("d"), None)]
        );
        assert_eq!(shown(values, 1), [(None, None)]);
        assert_eq!(shown(Vec::new(), 9), [(None, None)]);
    }
}
