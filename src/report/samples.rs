//! The rows that a report shows: canonical cells become text, in key order.

use super::build::{Input, Unreadables};
use super::model::{
    CellPair, Details, Differing, Duplicated, Example, OneSided, Samples, State, UnreadableCell,
};
use super::text_of::{cell_text, values};
use crate::compare::found::{self, Alone};
use crate::compare::sample::Smallest;
use crate::error::Side;
use crate::plan::DatasetPlan;
use crate::value::cells;

pub fn samples(input: &Input<'_>) -> Samples {
    let (plan, found) = (input.plan, &input.whole.found);
    let state = |moving: bool| input.recheck.as_ref().map(|_| State::of(moving));
    let one_sided = |kept: &Smallest<Alone>| {
        kept.iter()
            .map(|(key, alone)| OneSided {
                key: values(plan, key),
                state: state(alone.moving),
                row: values(plan, &alone.row),
            })
            .collect()
    };
    Samples {
        differing: found
            .differing
            .iter()
            .map(|(key, pair)| Differing {
                state: state(pair.moving),
                ..differing(plan, key, pair)
            })
            .collect(),
        missing: one_sided(&found.missing),
        extra: one_sided(&found.extra),
        duplicated: found
            .duplicated
            .iter()
            .map(|(key, [old, new])| Duplicated {
                key: values(plan, key),
                old: *old,
                new: *new,
            })
            .collect(),
        unreadable: Side::BOTH
            .into_iter()
            .flat_map(|side| unreadable(plan, side, input.sides[side.index()].unreadables))
            .collect(),
    }
}

fn differing(plan: &DatasetPlan, key: &[u8], pair: &found::Pair) -> Differing {
    let both = cells(&pair.old).zip(cells(&pair.new));
    let cells = pair.diff.causes().zip(both);
    Differing {
        key: values(plan, key),
        state: None,
        cells: cells
            .filter_map(|((index, cause), (old, new))| {
                Some(CellPair {
                    column: plan.columns[index].name.clone(),
                    old: cell_text(old.bytes),
                    new: cell_text(new.bytes),
                    cause: cause?.name().to_owned(),
                })
            })
            .collect(),
    }
}

fn unreadable(plan: &DatasetPlan, side: Side, kept: &Unreadables) -> Vec<UnreadableCell> {
    kept.iter()
        .flat_map(|(key, found)| {
            found.iter().map(move |(column, text)| UnreadableCell {
                side,
                key: values(plan, key),
                column: plan.columns[*column].name.clone(),
                text: super::cut(text),
            })
        })
        .collect()
}

pub fn examples(plan: &DatasetPlan, kept: &Smallest<found::CellPair>) -> Vec<Example> {
    kept.iter()
        .map(|(key, pair)| Example {
            key: values(plan, key),
            old: cell_text(&pair.old),
            new: cell_text(&pair.new),
            cause: pair.cause.name().to_owned(),
        })
        .collect()
}

impl Details {
    /// Keeps so many of each kind; more may have been needed for the report.
    pub fn keep(&mut self, count: usize) {
        self.samples = first(&self.samples, count);
    }
}

pub fn first(all: &Samples, count: usize) -> Samples {
    fn some<T: Clone>(all: &[T], count: usize) -> Vec<T> {
        all.iter().take(count).cloned().collect()
    }
    Samples {
        differing: some(&all.differing, count),
        missing: some(&all.missing, count),
        extra: some(&all.extra, count),
        duplicated: some(&all.duplicated, count),
        unreadable: some(&all.unreadable, count),
    }
}

impl State {
    fn of(moving: bool) -> State {
        match moving {
            true => State::Moving,
            false => State::Persistent,
        }
    }
}
