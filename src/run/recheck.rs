//! Looking again at the keys that do not match: both sides move while they are
//! compared, and a difference seen once may be a row in flight.
//!
//! Each look opens both sides anew (a snapshot would show the same again), reads
//! the rows of those keys alone, and takes the place of the look before. What
//! could not be looked at again counts as moving: nothing shows that it stays.
//! Those rows are read whatever a window says: a key that left it on both sides
//! was never seen equal.

use std::time::Duration;

use super::Options;
use super::dataset::{Compared, Pair};
use super::ends::Ends;
use super::keyed;
use super::merge;
use super::open::{self, Opened};
use super::pass::{Form, Pass};
use super::progress::Progress;
use super::store::Budget;
use crate::compare::Parts;
use crate::compare::watch::{Unmatched, Watch};
use crate::error::{Code, Failure, Result, Side};
use crate::gate::counted;
use crate::plan::{DatasetPlan, DatasetSpec, Settle};
use crate::report::build;
use crate::source::{Keys, Source};

/// What a dataset's later looks need.
pub struct Again<'a> {
    pub spec: &'a DatasetSpec,
    pub plan: &'a DatasetPlan,
    pub options: &'a Options,
    pub budget: &'a Budget,
    pub progress: &'a dyn Progress,
}

/// What the later looks came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rechecked {
    pub rounds: u32,
    pub delay: Duration,
    /// Keys that were looked at again.
    pub rechecked: u64,
    pub settled: u64,
}

impl<'a> Again<'a> {
    /// How a look has to watch for later ones, and which rows are too young to be
    /// held against a side in it.
    pub fn watch(spec: &DatasetSpec, as_of: [i64; 2]) -> Watch<'a> {
        let young = |settle: &Settle| {
            let after = i64::try_from(settle.after.as_micros()).unwrap_or(i64::MAX);
            as_of.map(|as_of| as_of.saturating_sub(after))
        };
        Watch {
            young: spec.settle.as_ref().map(young),
            limit: match spec.recheck.rounds {
                0 => 0,
                _ => spec.recheck.limit,
            },
            ..Watch::default()
        }
    }

    /// Looks again as often as asked for, or until all has settled. `None` where
    /// that was not asked for, or the first look did not see both sides whole.
    pub fn run(&self, compared: &mut Compared) -> Option<Rechecked> {
        let asked = self.spec.recheck;
        let Compared { parts, ends } = compared;
        if (asked.rounds == 0 && self.spec.settle.is_none())
            || !ends.complete()
            || !ends.failures.is_empty()
        {
            return None;
        }
        let mut done = Rechecked {
            rounds: 0,
            delay: asked.delay,
            rechecked: parts.keys.len() as u64,
            settled: 0,
        };
        if parts.keys.too_many() {
            ends.warnings.push(too_many(asked.limit));
        }
        while done.rounds < asked.rounds && !parts.keys.is_empty() {
            let before = std::mem::take(&mut parts.keys);
            match self.look(&before, done.rounds + 1) {
                Ok(later) => {
                    done.rounds += 1;
                    done.settled += (before.len() - later.keys.len()) as u64;
                    parts.look_again(later);
                }
                Err(failures) => {
                    parts.leave_open();
                    ends.failures.extend(failures);
                    self.options.context.stop.once(&mut ends.failures);
                }
            }
        }
        Some(done)
    }

    /// One look, after its delay.
    fn look(&self, before: &Unmatched, round: u32) -> Result<Parts, Vec<Failure>> {
        let delay = self.spec.recheck.delay;
        let keys = counted(before.len() as u64, "key");
        let of = format!("{round} of {}", self.spec.recheck.rounds);
        let when = match delay.is_zero() {
            true => String::new(),
            false => format!(" in {delay:?}"),
        };
        self.progress
            .phase(&format!("{keys} to be looked at again{when} ({of})"));
        let stop = &self.options.context.stop;
        stop.sleep(delay).map_err(|failure| vec![failure])?;
        self.progress
            .again(&format!("looking at {keys} again ({of})"));
        let keyed = Side::BOTH.map(|side| keyed::keys(self.plan, side, before.keys()));
        let asked = keyed.iter().any(Option::is_some);
        let parts = match self.read(before, &keyed) {
            // A server may refuse a key that the other side has: read on without.
            Err(failures) if asked && !failures.iter().any(|failure| failure.transient) => {
                tracing::info!(why = ?failures, "keys could not be asked for: reading all rows");
                self.read(before, &[None, None])?
            }
            read => read?,
        };
        tracing::info!(
            round,
            keys = before.len(),
            unmatched = parts.keys.len(),
            "looked again at the keys that did not match"
        );
        Ok(parts)
    }

    /// Opens both sides and reads the rows of these keys.
    fn read(&self, before: &Unmatched, keyed: &[Option<Keys>; 2]) -> Result<Parts, Vec<Failure>> {
        let context = &self.options.context;
        let Opened {
            plan,
            mut sources,
            as_of,
            ..
        } = open::open_unnarrowed(self.spec, context).map_err(|not| not.failures)?;
        if !same_columns(&plan, self.plan) {
            return Err(vec![changed()]);
        }
        let [old, new] = &mut sources;
        let mut pair = Pair::new(
            self.plan,
            [old.as_mut(), new.as_mut()] as [&mut dyn Source; 2],
            self.budget,
            self.progress,
            self.options.max_details.max(build::SAMPLES),
            &context.stop,
        );
        pair.watch = Watch {
            before: Some(before),
            ..Self::watch(self.spec, as_of)
        };
        pair.look_again(before, keyed)
    }
}

fn too_many(limit: usize) -> String {
    format!(
        "more than {} do not match: none was looked at again, and all of them count as persistent (recheck_limit)",
        counted(limit as u64, "key"),
    )
}

/// Whether both plans compare the same columns alike; records may have come to
/// name theirs in another order.
fn same_columns(one: &DatasetPlan, other: &DatasetPlan) -> bool {
    let within = |column| other.columns.contains(column);
    one.columns.len() == other.columns.len() && one.columns.iter().all(within)
}

fn changed() -> Failure {
    Failure::new(
        Code::SourceChanged,
        "a side's columns changed between two looks at it",
        "run again when nothing alters the tables",
    )
    .transient()
}

impl Pair<'_> {
    /// Reads the rows of these keys from both sides and compares them.
    fn look_again(
        mut self,
        before: &Unmatched,
        keyed: &[Option<Keys>; 2],
    ) -> Result<Parts, Vec<Failure>> {
        if keyed.iter().any(Option::is_none) {
            self.divide();
        }
        let canons = self.canons.each_ref().map(|canon| canon.clone());
        let pass = Pass::new([&canons[0], &canons[1]], Form::Rows, self.budget).only(before);
        let one = |failure: Failure| vec![failure];
        let Ends { failures, .. } = self.stream(&pass, keyed).map_err(one)?;
        if !failures.is_empty() {
            return Err(failures);
        }
        for (side, source) in Side::BOTH.into_iter().zip(&mut self.sources) {
            let unchanged = source.verify_unchanged();
            unchanged.map_err(|failure| vec![failure.on(side)])?;
        }
        merge::join_rows(&pass, self.rules(), &self.stop.ending(), None).map_err(one)
    }
}
