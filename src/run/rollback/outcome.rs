//! From what was seen of a dataset to its answer, and the model that tells it.

use super::fates::Counted;
use crate::error::{Code, Failure, Side};
use crate::gate::rollback::{self as gate, Answer, Decision};
use crate::plan::DatasetSpec;
use crate::report::model::{self, Details, Reason};
use crate::report::rollback::sentence::{self, Said};
use crate::report::rollback::{self as report, Check, Lost};
use crate::report::{reasons, text};
use crate::source::Identity;

/// All that was seen of a dataset.
pub struct Seen<'a> {
    pub spec: &'a DatasetSpec,
    pub dataset: model::Dataset,
    pub details: Details,
    pub reasons: Vec<Reason>,
    pub identities: [Identity; 2],
    pub counted: Counted,
    pub rows_counted: [Option<u64>; 2],
    /// When reading began; `None`: it did not.
    pub as_of: Option<String>,
    pub checks: Vec<Check>,
}

impl Seen<'_> {
    /// What is told of the dataset, and the answer that it holds.
    pub fn model(&self) -> (report::Dataset, Decision) {
        let decision = gate::decide(&self.basis());
        let rollback = &self.spec.rollback;
        let counts = &self.dataset.counts;
        let mut model = report::Dataset {
            name: self.dataset.name.clone(),
            answer: decision.answer,
            sentence: String::new(),
            lost: Lost::of(&decision),
            rows: self.basis().fates,
            matched: counts.matched,
            only_in_old: counts.missing,
            lost_by_group: match decision.answer {
                Answer::Loses => self.counted.groups(),
                Answer::Safe | Answer::CannotTell => Vec::new(),
            },
            lost_in_other_groups: self.counted.in_other_groups,
            updated_at: rollback.updated_at.clone(),
            group_by: rollback.group_by.clone(),
            columns_only_new: self.dataset.columns_only_new.clone(),
            ignored: self.spec.ignore.clone(),
            columns_left_out: self.left_out(),
            old: self.side(Side::Old),
            new: self.side(Side::New),
            checks: self.checks.clone(),
        };
        model.sentence = self.sentence(&decision, &model.not_compared());
        (model, decision)
    }

    /// The column that tells the newer row is read also where it is not compared.
    fn left_out(&self) -> Vec<String> {
        let mut left_out = self.dataset.columns_left_out.clone();
        let is_named = |name: &&String| {
            let mut only = self.spec.only.iter();
            only.all(|only| only.contains(name))
        };
        let updated_at = self.spec.rollback.updated_at.as_ref();
        left_out.extend(updated_at.filter(|name| !is_named(name)).cloned());
        left_out
    }

    fn basis(&self) -> gate::Seen {
        let mut fates = self.counted.fates;
        fates.unpaired += self.dataset.counts.unkeyed_new;
        let [old, new] = self.complete();
        gate::Seen {
            fates,
            complete: [old, new],
            new_rows: self.dataset.new.rows,
            new_columns: self.dataset.columns_only_new.len() as u64,
        }
    }

    /// Whether what was counted row by row is what the comparison counted. Where
    /// it is not, one of the two is wrong, and nothing is known.
    pub fn agrees(&self) -> bool {
        let counts = &self.dataset.counts;
        let whole = self.dataset.old.complete && self.dataset.new.complete;
        let same = self.counted.extra == counts.extra && self.counted.differing == counts.differing;
        !whole || same
    }

    /// Why nothing is known then.
    pub fn disagreement(&self) -> Reason {
        let why = format!(
            "the comparison counts {} extra and {} differing keys, and {} and {} were seen one by one",
            self.dataset.counts.extra,
            self.dataset.counts.differing,
            self.counted.extra,
            self.counted.differing
        );
        let next = "please report it with both files rollback.json and report.json";
        reasons::reason(&self.spec.name, &Failure::new(Code::Internal, why, next))
    }

    fn complete(&self) -> [bool; 2] {
        match self.agrees() {
            true => [self.dataset.old.complete, self.dataset.new.complete],
            false => [false; 2],
        }
    }

    fn sentence(&self, decision: &Decision, not_compared: &[String]) -> String {
        let why = [Side::Old, Side::New].map(|side| {
            let of_side = |reason: &&Reason| {
                let gate = matches!(reason.code, Code::GateBroken | Code::Undecided);
                !gate && reason.side.is_none_or(|it| it == side)
            };
            let reason = self.reasons.iter().find(of_side)?;
            Some(text::sentence(&reason.why))
        });
        let said = Said {
            why: why.each_ref().map(|why| why.as_deref()),
            new_rows: self.dataset.new.rows,
            newer_in_old: self.counted.fates.newer_in_old,
            filtered: self.filters().iter().any(Option::is_some),
            not_compared,
        };
        sentence::of(decision, said)
    }

    fn filters(&self) -> [Option<String>; 2] {
        let sides = self.spec.sides.each_ref();
        sides.map(|side| side.source.filter.clone())
    }

    fn side(&self, side: Side) -> report::Side {
        let receipt = match side {
            Side::Old => &self.dataset.old,
            Side::New => &self.dataset.new,
        };
        let identity = &self.identities[side.index()];
        report::Side {
            location: identity.location.clone(),
            host: identity.host.clone(),
            database: identity.database.clone(),
            relation: identity.relation.clone(),
            role: identity.role.clone(),
            engine: identity.engine.clone(),
            filter: self.filters()[side.index()].clone(),
            rows_read: receipt.rows,
            rows_counted: self.rows_counted[side.index()].or(receipt.counted_after),
            complete: self.complete()[side.index()],
            as_of: self.as_of.clone(),
        }
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
