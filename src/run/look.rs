//! Reading both sides for a look at them, without comparing: what `explain` and the
//! search for a key share with a verification's own pass.

use super::divide::divide;
use super::ends::rows_short;
use super::keyed;
use super::progress::Progress;
use super::stream::{self, Input, Work};
use crate::error::{Failure, Result, Side};
use crate::plan::DatasetPlan;
use crate::source::{Keys, Source, Want};
use crate::stop::Stop;

/// What was seen of both sides.
#[derive(Debug)]
pub struct Looked<S> {
    /// Old, new: one for each worker that had rows of this side.
    pub states: [Vec<S>; 2],
    /// Rows seen.
    pub rows: [u64; 2],
    /// Whether only the rows of some keys were asked for.
    pub by_key: [bool; 2],
    /// Why a side was not seen whole.
    pub failures: Vec<Failure>,
}

/// Streams all rows of both sides through `work`, side by side, or where a side can
/// find them the rows of these keys alone.
pub fn both<W: Work>(
    plan: &DatasetPlan,
    sources: &mut [Box<dyn Source>; 2],
    keys: &[Option<Keys>; 2],
    work: &W,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Looked<W::State>> {
    if keys.iter().any(Option::is_none) {
        let [old, new] = sources;
        divide(plan, [old.as_mut(), new.as_mut()]);
    }
    let wants = Side::BOTH.map(|side| wants(plan, side));
    let mut inputs = Vec::new();
    for (side, source) in Side::BOTH.into_iter().zip(sources.iter_mut()) {
        let (wants, keys) = (&wants[side.index()], keys[side.index()].as_ref());
        inputs.push(Input {
            side,
            decoder: source.decoder(wants).map_err(|failure| failure.on(side))?,
            read: Box::new(move |sink| keyed::read(source.as_mut(), wants, keys, sink)),
        });
    }
    let mut looked = Looked {
        states: [Vec::new(), Vec::new()],
        rows: [0; 2],
        by_key: [false; 2],
        failures: Vec::new(),
    };
    let ended = stream::run(inputs, work, progress, stop);
    let mut came_to_end = [false; 2];
    for (side, ended) in Side::BOTH.into_iter().zip(ended) {
        came_to_end[side.index()] = ended.receipt.is_ok();
        looked.states[side.index()] = ended.states;
        looked.rows[side.index()] = ended.rows;
        let came = ended.rows + ended.left_out;
        let short = |claimed: u64| rows_short(claimed, came).on(side);
        match ended.receipt {
            Err(failure) => looked.failures.push(failure),
            Ok(receipt) => {
                looked.by_key[side.index()] = receipt.by_key;
                let claimed = receipt.rows.filter(|rows| *rows != came);
                looked.failures.extend(claimed.map(short));
            }
        }
    }
    let both = Side::BOTH.into_iter().zip(sources.iter_mut());
    // A side that broke off may have no connection any more that could be asked.
    for (side, source) in both.filter(|(side, _)| came_to_end[side.index()]) {
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
