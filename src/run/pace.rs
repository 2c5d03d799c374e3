//! How fast both paths are: reads each side whole, several times, in turn and
//! never both at once, so that neither takes time from the other. Compares nothing.

use super::divide::divide;
use super::ends;
use super::open::{self, Opened};
use super::progress::Progress;
use super::stream::{self, Input, Work};
use super::window;
use crate::error::{Failure, Result, Side};
use crate::plan::{DatasetPlan, DatasetSpec};
use crate::report::pace::Pace;
use crate::report::pace::build::{self, Read, first_of};
use crate::source::spool::Once;
use crate::source::{Bytes, Context, Identity, Location, Rows, Source};

/// Reads both sides `runs` times. `Err`: what the user has to mend before any row
/// is read.
pub fn measure(
    spec: &DatasetSpec,
    runs: usize,
    context: &Context,
    progress: &dyn Progress,
) -> Result<Pace, Vec<Failure>> {
    let mut reads = [Vec::new(), Vec::new()];
    let (identities, failures) = match open::open_in_turn(spec, context) {
        Err(not) if not.is_usage() => return Err(not.failures),
        // Why a side could not be reached is an answer.
        Err(not) => (not.identities, not.failures),
        Ok(opened) => {
            let identities = opened.identities.clone();
            let mut track = Track::new(spec, opened, context, progress);
            let ended = track.read_all(runs, &mut reads);
            progress.done();
            let failure = ended.err().map(|failure| failure.of(&spec.name));
            (identities, failure.into_iter().collect())
        }
    };
    Ok(found(spec, runs, &identities, &reads, &failures, context))
}

fn found(
    spec: &DatasetSpec,
    runs: usize,
    identities: &[Identity; 2],
    reads: &[Vec<Read>; 2],
    failures: &[Failure],
    context: &Context,
) -> Pace {
    let mut sides = spec.sides.iter();
    let limited = sides.any(|side| matches!(side.source.location, Location::Rest(_)));
    let rate = context.limits.rate.filter(|_| limited);
    build::pace(&build::Input {
        dataset: &spec.name,
        identities,
        runs,
        reads,
        failures,
        rate_limit: rate.map(|rate| rate.to_string()),
        window: spec.window.as_ref().map(|window| &*window.column),
    })
}

/// Both sides, read again and again.
struct Track<'a> {
    spec: DatasetSpec,
    plan: DatasetPlan,
    context: &'a Context,
    progress: &'a dyn Progress,
    bounds: [Vec<String>; 2],
    /// Those that were opened for the plan: a command that has run need not run
    /// once more for its first reading.
    opened: [Option<Box<dyn Source>>; 2],
}

impl<'a> Track<'a> {
    fn new(
        spec: &DatasetSpec,
        opened: Opened,
        context: &'a Context,
        progress: &'a dyn Progress,
    ) -> Self {
        progress.dataset(&spec.name, opened.estimates);
        let [mut old, mut new] = opened.sources;
        Track {
            spec: spec.clone(),
            bounds: divide(&opened.plan, [old.as_mut(), new.as_mut()]),
            plan: opened.plan,
            context,
            progress,
            opened: [Some(old), Some(new)],
        }
    }

    /// Reads pair after pair, until one of them fails.
    fn read_all(&mut self, runs: usize, reads: &mut [Vec<Read>; 2]) -> Result<()> {
        for pair in 0..runs {
            let first = first_of(pair);
            for side in [first, first.other()] {
                let what = format!("reading {side}, {} of {runs}", pair + 1);
                self.progress.again(&what);
                let read = self.read(side).map_err(|failure| failure.on(side))?;
                tracing::debug!(%side, ?read, "read");
                reads[side.index()].push(read);
            }
        }
        Ok(())
    }

    /// Reads one side whole, from a source that was opened for it.
    fn read(&mut self, side: Side) -> Result<Read> {
        let mut source = match self.opened[side.index()].take() {
            Some(source) => source,
            None => self.open(side)?,
        };
        let wants = self.plan.wants(side);
        let decoder = source.decoder(&wants)?;
        let input = Input {
            side,
            decoder: decoder.first_cells(self.plan.key).unwrap_or(decoder),
            read: Box::new(|sink| source.read(&wants, sink)),
        };
        let stop = &self.context.stop;
        let mut ended = stream::run(vec![input], &Nothing, self.progress, stop);
        let ended = ended.pop().expect("one side was streamed");
        let receipt = ended.receipt?;
        if let Some(doubt) = ends::doubt(&receipt, ended.rows + ended.left_out) {
            return Err(doubt);
        }
        source.verify_unchanged()?;
        Ok(Read {
            rows: ended.rows,
            first_row: ended.times.first_row,
            // Nothing but reading is done with the rows: to decode them is part of it.
            took: ended.times.all,
            pages: receipt.pages,
        })
    }

    fn open(&mut self, side: Side) -> Result<Box<dyn Source>> {
        // What a command wrote before is not what it takes to write it.
        self.spec.sides[side.index()].source.command.once = Once::default();
        let (source, _) = open::one(&self.spec, side, self.context)?;
        let mut source = window::narrowed(&self.plan, side, source)?;
        source.divide(self.bounds[side.index()].clone());
        Ok(source)
    }
}

/// What is done with rows that are only counted.
struct Nothing;

impl Work for Nothing {
    type State = ();

    fn start(&self, _: Side) {}

    fn rows(&self, _: Side, _: &Rows, _: Bytes<'_>, (): &mut ()) -> Result<()> {
        Ok(())
    }
}
