//! The answer in one sentence: SAFE, LOSES N ROWS or CANNOT TELL, and why. Made
//! from a decision alone, so that every format says the same.

use crate::gate::rollback::{Answer, Decision, Doubt};
use crate::gate::{counted, thousands};

/// So many columns that are not compared are named.
const NAMED: usize = 3;

/// What a sentence tells beside the decision.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// Why each side (old, new) was not read whole, where something says.
    pub why: [Option<&'a str>; 2],
    /// Rows read of the new side.
    pub new_rows: u64,
    /// Of them, those that are newer in old.
    pub newer_in_old: u64,
    /// Whether a condition leaves rows out on either side.
    pub filtered: bool,
    /// Columns in which a difference would not be seen.
    pub not_compared: &'a [String],
}

/// One dataset's sentence.
pub fn of(decision: &Decision, said: Said<'_>) -> String {
    let among = match said.filtered {
        true => " (among the rows that `where` lets through)",
        false => "",
    };
    let doubts = doubts(decision, said);
    match decision.answer {
        Answer::Safe => format!("SAFE: {}{among}", safe(said)),
        Answer::Loses => format!(
            "{}{among}{}",
            loses(decision),
            and_perhaps(decision, &doubts)
        ),
        Answer::CannotTell => format!("CANNOT TELL: {doubts}{among}"),
    }
}

fn safe(said: Said<'_>) -> String {
    let newer = match said.newer_in_old {
        0 => "equal".to_owned(),
        newer => format!("equal, or newer there ({})", thousands(newer)),
    };
    let each = match said.new_rows {
        1 => "the one row".to_owned(),
        rows => format!("each of the {}", counted(rows, "row")),
    };
    format!(
        "a rollback loses no row: old has {each} of new, {newer}{}",
        but_for(said.not_compared)
    )
}

/// Equal rows are equal in what was compared, and no more is said of them.
fn but_for(columns: &[String]) -> String {
    let (named, more) = columns.split_at(columns.len().min(NAMED));
    match (named, more.len()) {
        ([], _) => String::new(),
        (_, 0) => format!(", not comparing {}", named.join(", ")),
        (_, more) => format!(", not comparing {} and {more} more", named.join(", ")),
    }
}

fn loses(decision: &Decision) -> String {
    let at_least = match is_cut(decision) {
        true => "AT LEAST ",
        false => "",
    };
    format!(
        "LOSES {at_least}{}: {} only in new, {} newer in new",
        rows(decision.lost()),
        thousands(decision.only_in_new),
        thousands(decision.newer_in_new),
    )
}

/// `1 ROW`, `12 ROWS`.
fn rows(count: u64) -> String {
    counted(count, "row").to_uppercase()
}

/// Whether rows may be lost that nobody has seen.
fn is_cut(decision: &Decision) -> bool {
    let unseen = |doubt: &Doubt| matches!(doubt, Doubt::OldUnseen | Doubt::NewUnseen);
    decision.doubts.iter().any(unseen)
}

fn and_perhaps(decision: &Decision, doubts: &str) -> String {
    match (doubts.is_empty(), decision.perhaps()) {
        (true, _) => String::new(),
        (false, Some(more)) => format!("; perhaps {} more: {doubts}", thousands(more)),
        (false, None) => format!("; perhaps more: {doubts}"),
    }
}

fn doubts(decision: &Decision, said: Said<'_>) -> String {
    let unseen = [Doubt::OldUnseen, Doubt::NewUnseen];
    let neither = unseen.iter().all(|doubt| decision.doubts.contains(doubt));
    let left_out = |doubt: &Doubt| match (doubt, said.why) {
        _ if !neither => false,
        // One reason for both is told once, and a side that was not read for the
        // other's sake is not the news.
        (Doubt::OldUnseen, [old, Some(new)]) => old.is_none_or(|old| old == new),
        (Doubt::NewUnseen, [Some(_), None]) => true,
        _ => false,
    };
    let one_reason = neither && said.why[0].is_some() && said.why[0] == said.why[1];
    let doubts = decision.doubts.iter().filter(|doubt| !left_out(doubt));
    let told = doubts.map(|doubt| match (doubt, said.why[1]) {
        (Doubt::NewUnseen, Some(why)) if one_reason => {
            format!("neither side was read whole ({why})")
        }
        _ => told(*doubt, said),
    });
    told.collect::<Vec<_>>().join("; ")
}

fn told(doubt: Doubt, said: Said<'_>) -> String {
    let unseen = |side: &str, why: Option<&str>| match why {
        Some(why) => format!("the {side} side was not read whole ({why})"),
        None => format!("the {side} side was not read whole"),
    };
    let verb = |count: u64, one: &'static str, many: &'static str| match count {
        1 => one,
        _ => many,
    };
    match doubt {
        Doubt::OldUnseen => unseen("old", said.why[0]),
        Doubt::NewUnseen => unseen("new", said.why[1]),
        Doubt::NothingInNew => {
            "the new side has no row at all, which is more likely a mistake".to_owned()
        }
        Doubt::DirectionUnknown(count) => format!(
            "{} {}, and nothing says which side is newer",
            counted(count, "row"),
            verb(count, "differs", "differ")
        ),
        Doubt::Unpaired(count) => format!(
            "{} of new {} no one partner in old (a key that is missing, unreadable, or there more than once)",
            counted(count, "row"),
            verb(count, "has", "have")
        ),
        Doubt::Unreadable(count) => format!(
            "{} {} a cell that does not parse as its type",
            counted(count, "row"),
            verb(count, "holds", "hold")
        ),
        Doubt::NewColumns(count) => format!(
            "{} of new {} not in old",
            counted(count, "column"),
            verb(count, "is", "are")
        ),
    }
}

/// The sentence for all datasets, of which `all` are (name, decision, own sentence).
pub fn together(decision: &Decision, all: &[(&str, &Decision, &str)]) -> String {
    let count = |answer: Answer| {
        all.iter()
            .filter(|(_, one, _)| one.answer == answer)
            .count()
    };
    let of_all = format!("of {} datasets", all.len());
    match (all, decision.answer) {
        ([], _) => "CANNOT TELL: there is no dataset to look at".to_owned(),
        ([(_, _, own)], _) => (*own).to_owned(),
        (_, Answer::Safe) => format!("SAFE: a rollback loses no row in any {of_all}"),
        (_, Answer::Loses) => {
            let more = match decision.is_exact() {
                true => "",
                false => "; perhaps more, as not everything could be told",
            };
            let losing = count(Answer::Loses);
            format!("{} (in {losing} {of_all}){more}", loses(decision))
        }
        (_, Answer::CannotTell) => {
            let mut open = all
                .iter()
                .filter(|(_, one, _)| one.answer == Answer::CannotTell);
            let first = open.next().map_or(String::new(), |(name, _, own)| {
                let why = own.strip_prefix("CANNOT TELL: ").unwrap_or(own);
                format!("{name}: {why}")
            });
            format!(
                "CANNOT TELL (for {} {of_all}): {first}",
                count(Answer::CannotTell)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::rollback::{Fates, Seen, decide};
    use proptest::prelude::*;

    fn seen(fates: Fates, complete: [bool; 2]) -> Seen {
        Seen {
            fates,
            complete,
            new_rows: 2505,
            new_columns: 0,
        }
    }

    fn sentence(fates: Fates, complete: [bool; 2]) -> String {
        let said = Said {
            new_rows: 2505,
            newer_in_old: fates.newer_in_old,
            why: [None, Some("HTTP 503")],
            ..Said::default()
        };
        of(&decide(&seen(fates, complete)), said)
    }

    const LOST: Fates = Fates {
        only_in_new: 7,
        newer_in_new: 1205,
        newer_in_old: 2,
        direction_unknown: 0,
        unpaired: 0,
        unreadable: 0,
    };

    #[test]
    fn each_answer_in_one_sentence() {
        let whole = [true; 2];
        assert_eq!(
            sentence(Fates::default(), whole),
            "SAFE: a rollback loses no row: old has each of the 2,505 rows of new, equal"
        );
        assert_eq!(
            sentence(LOST, whole),
            "LOSES 1,212 ROWS: 7 only in new, 1,205 newer in new"
        );
        let open = Fates {
            direction_unknown: 1,
            unpaired: 2,
            ..LOST
        };
        assert_eq!(
            sentence(open, whole),
            "LOSES 1,212 ROWS: 7 only in new, 1,205 newer in new; perhaps 3 more: 1 row differs, and nothing says which side is newer; 2 rows of new have no one partner in old (a key that is missing, unreadable, or there more than once)"
        );
        assert_eq!(
            sentence(LOST, [true, false]),
            "LOSES AT LEAST 1,212 ROWS: 7 only in new, 1,205 newer in new; perhaps more: the new side was not read whole (HTTP 503)"
        );
        // The old side was not read because the new one was not there.
        assert_eq!(
            sentence(Fates::default(), [false, false]),
            "CANNOT TELL: the new side was not read whole (HTTP 503)"
        );
        let one = Fates {
            only_in_new: 1,
            ..Fates::default()
        };
        assert_eq!(
            sentence(one, whole),
            "LOSES 1 ROW: 1 only in new, 0 newer in new"
        );
        assert_eq!(
            sentence(one, [false, true]),
            "CANNOT TELL: the old side was not read whole"
        );
    }

    #[test]
    fn what_was_not_compared_is_not_called_equal() {
        let decision = decide(&seen(Fates::default(), [true; 2]));
        let columns = ["a", "b", "c", "d", "e"].map(str::to_owned);
        let told = |count: usize| {
            let said = Said {
                not_compared: &columns[..count],
                ..Said::default()
            };
            of(&decision, said)
        };
        assert!(told(0).ends_with(" of new, equal"));
        assert!(told(1).ends_with(" of new, equal, not comparing a"));
        assert!(told(5).ends_with(" of new, equal, not comparing a, b, c and 2 more"));
    }

    #[test]
    fn one_reason_for_both_sides_is_told_once() {
        let decision = decide(&seen(Fates::default(), [false, false]));
        let told = |old, new| {
            let why = [old, new];
            of(
                &decision,
                Said {
                    why,
                    ..Said::default()
                },
            )
        };
        let same = "CANNOT TELL: neither side was read whole (one table)";
        assert_eq!(told(Some("one table"), Some("one table")), same);
        assert_eq!(
            told(Some("gone"), Some("late")),
            "CANNOT TELL: the old side was not read whole (gone); the new side was not read whole (late)"
        );
        assert_eq!(
            told(Some("gone"), None),
            "CANNOT TELL: the old side was not read whole (gone)"
        );
        assert_eq!(
            told(None, None),
            "CANNOT TELL: the old side was not read whole; the new side was not read whole"
        );
    }

    #[test]
    fn several_datasets_are_told_together() {
        let decisions = [
            decide(&seen(LOST, [true; 2])),
            decide(&seen(Fates::default(), [true, false])),
            decide(&seen(Fates::default(), [true; 2])),
        ];
        let all = |which: &[usize]| {
            let own: Vec<String> = which
                .iter()
                .map(|&index| of(&decisions[index], Said::default()))
                .collect();
            let all: Vec<_> = which
                .iter()
                .zip(&own)
                .map(|(&index, own)| (["a", "b", "c"][index], &decisions[index], own.as_str()))
                .collect();
            let sum = crate::gate::rollback::together(all.iter().map(|(_, one, _)| *one));
            together(&sum, &all)
        };
        assert!(all(&[0, 2]).starts_with(
            "LOSES 1,212 ROWS: 7 only in new, 1,205 newer in new (in 1 of 2 datasets)"
        ));
        assert!(all(&[0, 1]).starts_with("LOSES AT LEAST 1,212 ROWS"));
        assert!(all(&[1, 2]).starts_with("CANNOT TELL (for 1 of 2 datasets): b: the new side was"));
        assert!(all(&[2, 2]).starts_with("SAFE: a rollback loses no row in any of 2 datasets"));
        assert!(all(&[]).starts_with("CANNOT TELL: "));
    }

    proptest! {
        #[test]
        fn only_what_is_safe_says_so(
            counts in proptest::array::uniform6(prop_oneof![Just(0_u64), 1_u64..9]),
            old: bool, new: bool, filtered: bool,
        ) {
            let [only_in_new, newer_in_new, newer_in_old, direction_unknown, unpaired, unreadable] = counts;
            let fates = Fates { only_in_new, newer_in_new, newer_in_old, direction_unknown, unpaired, unreadable };
            let decision = decide(&seen(fates, [old, new]));
            let told = of(&decision, Said { filtered, new_rows: 2505, newer_in_old, ..Said::default() });
            let word = match decision.answer {
                Answer::Safe => "SAFE: ",
                Answer::Loses => "LOSES ",
                Answer::CannotTell => "CANNOT TELL: ",
            };
            prop_assert!(told.starts_with(word), "{}", told);
            prop_assert!(!told.contains('\n'));
            let clean = only_in_new + newer_in_new + direction_unknown + unpaired + unreadable == 0;
            prop_assert_eq!(told.starts_with("SAFE"), clean && old && new);
        }
    }
}
