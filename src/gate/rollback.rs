//! May a rollback run? A pure answer from counters, apart from every other
//! gate: what the new side alone has would be lost, and what nothing is known
//! of may be.
//!
//! There is no way to [`Answer::Safe`] but through both sides seen to their own
//! ends with nothing lost and nothing left open.

use serde::{Deserialize, Serialize};

/// What a rollback would do to the rows.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Safe,
    CannotTell,
    Loses,
}

/// The rows of the new side, by what a rollback does to them.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Fates {
    /// Their key is in new alone: lost, if old was seen whole.
    pub only_in_new: u64,
    /// They differ, and are newer in new: lost.
    pub newer_in_new: u64,
    /// They differ, and are newer in old: not lost.
    pub newer_in_old: u64,
    /// They differ, and nothing says which is newer.
    pub direction_unknown: u64,
    /// Rows of new that have no one partner: their key occurs more than once,
    /// does not parse, or is missing.
    pub unpaired: u64,
    /// They are equal as written, but a cell of them does not parse as its type.
    pub unreadable: u64,
}

/// All that an answer rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub fates: Fates,
    /// Whether each side (old, new) was seen to its own end.
    pub complete: [bool; 2],
    /// Rows read of the new side.
    pub new_rows: u64,
    /// Columns that only the new side has, and that nobody said to ignore.
    pub new_columns: u64,
}

/// Why an answer is not `safe`, or a loss may be larger than what is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    OldUnseen,
    NewUnseen,
    NothingInNew,
    DirectionUnknown(u64),
    Unpaired(u64),
    Unreadable(u64),
    NewColumns(u64),
}

/// The answer, and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub answer: Answer,
    /// Rows that are proven to be lost, in new alone and newer in new.
    pub only_in_new: u64,
    pub newer_in_new: u64,
    pub doubts: Vec<Doubt>,
}

impl Fates {
    /// The same, with another's.
    pub fn plus(self, other: Fates) -> Fates {
        let sum = u64::saturating_add;
        Fates {
            only_in_new: sum(self.only_in_new, other.only_in_new),
            newer_in_new: sum(self.newer_in_new, other.newer_in_new),
            newer_in_old: sum(self.newer_in_old, other.newer_in_old),
            direction_unknown: sum(self.direction_unknown, other.direction_unknown),
            unpaired: sum(self.unpaired, other.unpaired),
            unreadable: sum(self.unreadable, other.unreadable),
        }
    }
}

impl Doubt {
    /// Rows of the new side that it leaves open; `None` where nobody can count them.
    fn rows(self) -> Option<u64> {
        match self {
            Doubt::DirectionUnknown(rows) | Doubt::Unpaired(rows) | Doubt::Unreadable(rows) => {
                Some(rows)
            }
            Doubt::OldUnseen | Doubt::NewUnseen | Doubt::NothingInNew | Doubt::NewColumns(_) => {
                None
            }
        }
    }
}

impl Decision {
    pub fn lost(&self) -> u64 {
        self.only_in_new.saturating_add(self.newer_in_new)
    }

    /// Whether no more rows than the proven ones can be lost.
    pub fn is_exact(&self) -> bool {
        self.doubts.is_empty()
    }

    /// How many more rows may be lost at most, if that is known.
    pub fn perhaps(&self) -> Option<u64> {
        let rows = self.doubts.iter().map(|doubt| doubt.rows());
        rows.sum()
    }
}

/// The answer for one dataset.
pub fn decide(seen: &Seen) -> Decision {
    let fates = &seen.fates;
    // A key that the rest of old may still have is not one of new alone.
    let only_in_new = match seen.complete[0] {
        true => fates.only_in_new,
        false => 0,
    };
    let newer_in_new = fates.newer_in_new;
    let doubts = doubts(seen);
    let answer = match (only_in_new > 0 || newer_in_new > 0, doubts.is_empty()) {
        (true, _) => Answer::Loses,
        (false, true) => Answer::Safe,
        (false, false) => Answer::CannotTell,
    };
    Decision {
        answer,
        only_in_new,
        newer_in_new,
        doubts,
    }
}

fn doubts(seen: &Seen) -> Vec<Doubt> {
    let fates = &seen.fates;
    let all = [
        (!seen.complete[0], Doubt::OldUnseen),
        (!seen.complete[1], Doubt::NewUnseen),
        // A table that is empty by mistake (a wrong name, hidden rows) must not
        // read as one with nothing to lose.
        (seen.complete[1] && seen.new_rows == 0, Doubt::NothingInNew),
        (
            fates.direction_unknown > 0,
            Doubt::DirectionUnknown(fates.direction_unknown),
        ),
        (fates.unpaired > 0, Doubt::Unpaired(fates.unpaired)),
        (fates.unreadable > 0, Doubt::Unreadable(fates.unreadable)),
        (seen.new_columns > 0, Doubt::NewColumns(seen.new_columns)),
    ];
    let found = all.into_iter().filter(|(is, _)| *is);
    found.map(|(_, doubt)| doubt).collect()
}

/// The answer for several datasets, of which each may be lost by itself. Of
/// none, nothing can be told.
pub fn together<'a>(decisions: impl Iterator<Item = &'a Decision>) -> Decision {
    let mut all: Option<Decision> = None;
    for one in decisions {
        let Some(sum) = &mut all else {
            all = Some(one.clone());
            continue;
        };
        sum.answer = sum.answer.max(one.answer);
        sum.only_in_new = sum.only_in_new.saturating_add(one.only_in_new);
        sum.newer_in_new = sum.newer_in_new.saturating_add(one.newer_in_new);
        sum.doubts.extend(&one.doubts);
    }
    all.unwrap_or_else(|| decide(&Seen::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Both sides whole, a hundred rows, nothing of note.
    fn whole() -> Seen {
        Seen {
            complete: [true; 2],
            new_rows: 100,
            ..Seen::default()
        }
    }

    fn with(fates: Fates) -> Seen {
        Seen { fates, ..whole() }
    }

    #[test]
    fn what_is_equal_or_newer_in_old_is_safe() {
        assert_eq!(decide(&whole()).answer, Answer::Safe);
        let older = decide(&with(Fates {
            newer_in_old: 7,
            ..Fates::default()
        }));
        assert_eq!((older.answer, older.lost()), (Answer::Safe, 0));
    }

    #[test]
    fn rows_of_new_alone_and_newer_ones_are_lost() {
        let decision = decide(&with(Fates {
            only_in_new: 7,
            newer_in_new: 5,
            ..Fates::default()
        }));
        assert_eq!((decision.answer, decision.lost()), (Answer::Loses, 12));
        assert!(decision.is_exact());
        let perhaps = decide(&with(Fates {
            newer_in_new: 5,
            direction_unknown: 3,
            unpaired: 2,
            ..Fates::default()
        }));
        assert_eq!((perhaps.lost(), perhaps.perhaps()), (5, Some(5)));
        assert!(!perhaps.is_exact());
    }

    #[test]
    fn on_a_part_of_old_only_newer_rows_are_proven() {
        let fates = Fates {
            only_in_new: 7,
            newer_in_new: 5,
            ..Fates::default()
        };
        let cut = Seen {
            complete: [false, true],
            ..with(fates)
        };
        let decision = decide(&cut);
        assert_eq!((decision.answer, decision.lost()), (Answer::Loses, 5));
        assert_eq!(decision.perhaps(), None);
        let none_newer = Seen {
            fates: Fates {
                newer_in_new: 0,
                ..fates
            },
            ..cut
        };
        assert_eq!(decide(&none_newer).answer, Answer::CannotTell);
        let new_cut = Seen {
            complete: [true, false],
            ..with(fates)
        };
        assert_eq!(decide(&new_cut).lost(), 12);
    }

    #[test]
    fn an_empty_new_side_and_columns_of_its_own_are_not_safe() {
        let empty = Seen {
            new_rows: 0,
            ..whole()
        };
        assert_eq!(decide(&empty).doubts, [Doubt::NothingInNew]);
        let drift = Seen {
            new_columns: 2,
            ..whole()
        };
        assert_eq!(decide(&drift).answer, Answer::CannotTell);
        assert_eq!(together([].iter()).answer, Answer::CannotTell);
    }

    fn fates() -> impl Strategy<Value = Fates> {
        let few = || prop_oneof![3 => Just(0_u64), 1 => 1_u64..5];
        (few(), few(), few(), few(), few(), few()).prop_map(|counts| Fates {
            only_in_new: counts.0,
            newer_in_new: counts.1,
            newer_in_old: counts.2,
            direction_unknown: counts.3,
            unpaired: counts.4,
            unreadable: counts.5,
        })
    }

    fn seen() -> impl Strategy<Value = Seen> {
        let whole = || prop_oneof![4 => Just(true), 1 => Just(false)];
        (
            fates(),
            whole(),
            whole(),
            prop_oneof![1 => Just(0_u64), 5 => 1_u64..9],
            prop_oneof![5 => Just(0_u64), 1 => 1_u64..3],
        )
            .prop_map(|(fates, old, new, new_rows, new_columns)| Seen {
                fates,
                complete: [old, new],
                new_rows,
                new_columns,
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn safe_needs_both_sides_whole_and_nothing_lost_or_open(seen in seen()) {
            let Fates { only_in_new, newer_in_new, newer_in_old: _, direction_unknown, unpaired, unreadable } = seen.fates;
            let clean = only_in_new + newer_in_new + direction_unknown + unpaired + unreadable == 0;
            let safe = clean && seen.complete == [true; 2] && seen.new_rows > 0 && seen.new_columns == 0;
            prop_assert_eq!(decide(&seen).answer == Answer::Safe, safe);
        }

        #[test]
        fn what_is_proven_is_lost_whatever_else_is_open(seen in seen()) {
            let decision = decide(&seen);
            let proven = seen.fates.newer_in_new + if seen.complete[0] { seen.fates.only_in_new } else { 0 };
            prop_assert_eq!(decision.lost(), proven);
            prop_assert_eq!(decision.answer == Answer::Loses, proven > 0);
        }

        #[test]
        fn several_are_as_bad_as_the_worst(all in proptest::collection::vec(seen(), 1..5)) {
            let decisions: Vec<Decision> = all.iter().map(decide).collect();
            let sum = together(decisions.iter());
            prop_assert_eq!(sum.lost(), decisions.iter().map(Decision::lost).sum::<u64>());
            let each_safe = decisions.iter().all(|one| one.answer == Answer::Safe);
            prop_assert_eq!(sum.answer == Answer::Safe, each_safe);
            prop_assert_eq!(sum.answer == Answer::Loses, sum.lost() > 0);
        }
    }
}
