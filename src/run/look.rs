//! Reading both sides whole for a look at them, without comparing: what
//! `explain` and the search for a key share with a verification's own pass.

use super::ends::rows_short;
use super::progress::Progress;
use super::stream::{self, Input, Work};
use crate::error::{Failure, Result, Side};
use crate::plan::DatasetPlan;
use crate::source::{Source, Want};
use crate::stop::Stop;

/// What was seen of both sides.
#[derive(Debug)]
pub struct Looked<S> {
    /// Old, new: one for each worker that had rows of this side.
    pub states: [Vec<S>; 2],
    /// Rows seen.
    pub rows: [u64; 2],
    /// Why a side was not seen whole.
    pub failures: Vec<Failure>,
}

/// Streams all rows of both sides through `work`, side by side.
pub fn both<W: Work>(
    plan: &DatasetPlan,
    sources: &mut [Box<dyn Source>; 2],
    work: &W,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Looked<W::State>> {
    let wants = Side::BOTH.map(|side| wants(plan, side));
    let mut inputs = Vec::new();
    for (side, source) in Side::BOTH.into_iter().zip(sources.iter_mut()) {
        let wants = &wants[side.index()];
        inputs.push(Input {
            side,
            decoder: source.decoder(wants).map_err(|failure| failure.on(side))?,
            read: Box::new(move |sink| source.read(wants, sink)),
        });
    }
    let mut looked = Looked {
        states: [Vec::new(), Vec::new()],
        rows: [0; 2],
        failures: Vec::new(),
    };
    let ended = stream::run(inputs, work, progress, stop);
    for (side, ended) in Side::BOTH.into_iter().zip(ended) {
        looked.states[side.index()] = ended.states;
        looked.rows[side.index()] = ended.rows;
        let came = ended.rows + ended.left_out;
        let short = |claimed: u64| rows_short(claimed, came).on(side);
        match ended.receipt {
            Err(failure) => looked.failures.push(failure),
            Ok(receipt) => {
                let claimed = receipt.rows.filter(|rows| *rows != came);
                looked.failures.extend(claimed.map(short));
            }
        }
    }
    for (side, source) in Side::BOTH.into_iter().zip(sources.iter_mut()) {
        let changed = source.verify_unchanged().err();
        looked
            .failures
            .extend(changed.map(|failure| failure.on(side)));
    }
    stop.once(&mut looked.failures);
    Ok(looked)
}

fn wants(plan: &DatasetPlan, side: Side) -> Vec<Want> {
    let columns = plan.columns.iter();
    columns
        .map(|column| column.wants[side.index()].clone())
        .collect()
}
