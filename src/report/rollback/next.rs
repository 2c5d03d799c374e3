//! What to do next, in one sentence, with the command to copy.

use super::super::model::Reason;
use super::super::text::sentence;
use crate::error::Code;
use crate::gate::rollback::{Answer, Decision, Doubt};

/// `command` is this same check again; `longer` is it with more time.
pub fn of(decision: &Decision, reasons: &[Reason], command: &str, longer: &str) -> String {
    match decision.answer {
        Answer::Safe => {
            format!("roll back; if that is not at once, look again just before: {command}")
        }
        Answer::Loses => format!(
            "bring the rows in the files below to old, or decide to lose them; then look again: {command}"
        ),
        Answer::CannotTell => cannot_tell(decision, reasons, command, longer),
    }
}

fn cannot_tell(decision: &Decision, reasons: &[Reason], command: &str, longer: &str) -> String {
    let timed_out = |reason: &Reason| reason.code == Code::Timeout;
    if reasons.iter().any(timed_out) {
        return format!("give it more time: {longer}");
    }
    let told = reasons.iter().map(|reason| sentence(&reason.next));
    let first = told.into_iter().find(|next| !next.is_empty());
    let step = first.unwrap_or_else(|| about(decision.doubts.first()).to_owned());
    let refused = |reason: &Reason| matches!(reason.code, Code::Unreachable | Code::Unauthorised);
    let doctor = match reasons.iter().any(refused) {
        true => " (`shadowgate doctor` tells where it is stuck)",
        false => "",
    };
    format!("{step}{doctor}; then look again: {command}")
}

/// What to do about a doubt that no failure explains.
fn about(doubt: Option<&Doubt>) -> &'static str {
    match doubt {
        Some(Doubt::NothingInNew) => "check that the new side is the table that is meant",
        Some(Doubt::DirectionUnknown(_)) => {
            "look at differences.csv for which side is right, or name the column that tells when a row changed as rollback.updated_at"
        }
        Some(Doubt::Unpaired(_)) => "look at duplicates.csv: the key must name one row",
        Some(Doubt::Unreadable(_)) => "look at the unreadable samples in report.json",
        Some(Doubt::NewColumns(_)) => {
            "name the columns that may be lost in `ignore` (columns_only_new in rollback.json)"
        }
        _ => "look at the reasons",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::rollback::{Fates, Seen, decide};

    fn next(fates: Fates, complete: bool, code: Option<(Code, &str)>) -> String {
        let seen = Seen {
            fates,
            complete: [true, complete],
            new_rows: 9,
            new_columns: 0,
        };
        let reason = |(code, next): (Code, &str)| Reason {
            code,
            dataset: None,
            side: None,
            transient: false,
            why: "why".to_owned(),
            next: next.to_owned(),
        };
        let reasons: Vec<Reason> = code.into_iter().map(reason).collect();
        of(&decide(&seen), &reasons, "CHECK", "CHECK LONGER")
    }

    #[test]
    fn every_answer_has_a_next_step() {
        assert!(next(Fates::default(), true, None).starts_with("roll back; "));
        let lost = Fates {
            only_in_new: 1,
            ..Fates::default()
        };
        assert!(next(lost, true, None).ends_with("then look again: CHECK"));
        let timeout = Some((Code::Timeout, "give a longer --deadline"));
        assert_eq!(
            next(Fates::default(), false, timeout),
            "give it more time: CHECK LONGER"
        );
        let down = Some((Code::Unreachable, "start it"));
        assert_eq!(
            next(Fates::default(), false, down),
            "start it (`shadowgate doctor` tells where it is stuck); then look again: CHECK"
        );
        let unknown = Fates {
            direction_unknown: 1,
            ..Fates::default()
        };
        assert!(next(unknown, true, None).contains("rollback.updated_at"));
    }
}
