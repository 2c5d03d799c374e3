//! The key's order, divided among connections that read side by side. Each has a part
//! of its own, which it goes through piece by piece, one following the other without a
//! seam; one that has no more to do takes the back half of what is left to another.

use std::ops;

/// A part of the key's order: from `low` on, up to before `high`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Range {
    pub low: Option<String>,
    pub high: Option<String>,
}

/// What is still to be read.
pub struct Ranges {
    /// In the order that is read. They stand between steps of about as many rows each.
    bounds: Vec<String>,
    /// Of each connection: the steps that it has not begun.
    left: Vec<ops::Range<usize>>,
    /// No piece is shorter than so many steps, as beginning one has its price.
    least: usize,
}

impl Ranges {
    /// All of the order, for so many connections, in at most so many pieces.
    pub fn new(bounds: Vec<String>, connections: usize, most: usize) -> Ranges {
        let steps = bounds.len() + 1;
        let least = steps.div_ceil(most.max(1));
        let parts = connections.clamp(1, (steps / least).max(1));
        let part = |number: usize| number * steps / parts..(number + 1) * steps / parts;
        Ranges {
            bounds,
            left: (0..parts).map(part).collect(),
            least,
        }
    }

    /// What a connection is to read that has come to an end: of its own part, else of
    /// the largest of the others.
    pub fn begin(&mut self, own: usize) -> Option<Range> {
        if self.left.get(own).is_none_or(ops::Range::is_empty) {
            let largest = (0..self.left.len()).max_by_key(|other| self.left[*other].len())?;
            let left = &mut self.left[largest];
            let half = match left.len() {
                len if len < 2 * self.least => left.start,
                len => left.end - len / 2,
            };
            let taken = half..std::mem::replace(&mut left.end, half);
            self.left.resize(self.left.len().max(own + 1), 0..0);
            self.left[own] = taken;
        }
        self.follow(own)
    }

    /// What follows in the order what this connection has read; none where another
    /// connection reads it, or nothing does. The nearer the end, the less at once, so
    /// that there is something to take for another.
    pub fn follow(&mut self, own: usize) -> Option<Range> {
        let left = self.left.get_mut(own)?;
        if left.start >= left.end {
            return None;
        }
        let piece = match (left.len() / 2).max(self.least) {
            piece if left.len() < piece + self.least => left.len(),
            piece => piece,
        };
        let begun = left.start..left.start + piece;
        left.start = begun.end;
        Some(Range {
            low: begun.start.checked_sub(1).map(|at| self.bounds[at].clone()),
            high: self.bounds.get(begun.end - 1).cloned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(count: usize) -> Vec<String> {
        (1..=count).map(|value| value.to_string()).collect()
    }

    /// The steps of a piece.
    fn steps(range: &Range, bounds: usize) -> ops::Range<usize> {
        let number = |text: &String| text.parse::<usize>().unwrap();
        range.low.as_ref().map_or(0, number)..range.high.as_ref().map_or(bounds + 1, number)
    }

    proptest! {
        /// Whoever is free when: every step is read once, in pieces that are not short.
        #[test]
        fn pieces_leave_no_gap_and_do_not_overlap(
            count in 0usize..300,
            connections in 1usize..6,
            most in 1usize..120,
            turns in prop::collection::vec((0usize..6, any::<bool>()), 0..900),
        ) {
            let mut ranges = Ranges::new(values(count), connections, most);
            let mut read = Vec::new();
            let mut ends = vec![None; connections];
            let rest = (0..connections).cycle().zip([true, false].into_iter().cycle()).take(9000);
            for (turn, again) in turns.into_iter().chain(rest) {
                let own = turn % connections;
                let piece = match again {
                    true => ranges.follow(own).inspect(|next| {
                        let follows = ends[own].as_ref().is_none_or(|end| *end == next.low);
                        assert!(follows, "{next:?} behind {:?}", ends[own]);
                    }),
                    false => ranges.begin(own),
                };
                if let Some(piece) = piece {
                    ends[own] = Some(piece.high.clone());
                    read.push(steps(&piece, count));
                }
            }
            let least = (count + 1).div_ceil(most);
            prop_assert!(read.iter().all(|piece| piece.len() >= least.min(count + 1)));
            prop_assert!(read.len() <= most);
            read.sort_by_key(|piece| piece.start);
            let mut end = 0;
            for piece in read {
                prop_assert_eq!(piece.start, end);
                end = piece.end;
            }
            prop_assert_eq!(end, count + 1);
        }
    }

    #[test]
    fn a_connection_goes_through_its_own_part_and_then_helps_another() {
        let shown = |range: Option<Range>| range.map(|range| steps(&range, 63));
        let mut ranges = Ranges::new(values(63), 2, 16);
        assert_eq!(shown(ranges.begin(0)), Some(0..16));
        assert_eq!(shown(ranges.begin(1)), Some(32..48));
        assert_eq!(shown(ranges.follow(0)), Some(16..24));
        assert_eq!(shown(ranges.follow(0)), Some(24..28));
        assert_eq!(shown(ranges.follow(0)), Some(28..32));
        assert_eq!(shown(ranges.follow(0)), None);
        // The back half of what the second has not begun.
        assert_eq!(shown(ranges.begin(0)), Some(56..60));
        assert_eq!(shown(ranges.follow(0)), Some(60..64));
        assert_eq!(shown(ranges.begin(0)), Some(52..56));
        assert_eq!(shown(ranges.follow(1)), Some(48..52));
        assert_eq!(shown(ranges.begin(0)), None);
        assert_eq!(shown(ranges.begin(1)), None);
    }

    #[test]
    fn what_is_not_divided_is_read_in_one_piece() {
        for (count, connections, most) in [(0, 2, 9), (9, 2, 1), (9, 1, 0)] {
            let mut ranges = Ranges::new(values(count), connections, most);
            assert_eq!(ranges.begin(connections - 1), Some(Range::default()));
            assert_eq!(ranges.begin(0), None);
        }
    }
}
