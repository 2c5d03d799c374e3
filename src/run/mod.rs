//! One run: opens the sources, drives their streams through the workers, joins,
//! reads again what differs, and hands each comparison to the report.
//!
//! The only place where threads, the workers' pool and the sources' own
//! runtimes meet.

pub mod attempts;
pub mod canon;
pub mod dataset;
mod divide;
pub mod doctor;
pub mod draft;
pub mod ends;
pub mod explain;
pub mod forecast;
pub mod inspect;
mod keyed;
mod keys;
mod look;
pub mod merge;
mod nice;
pub mod open;
pub mod pace;
pub mod part;
pub mod pass;
pub mod progress;
pub mod queue;
mod readable;
mod recheck;
pub mod rollback;
mod sorted;
pub mod store;
pub mod stream;
pub mod survey;
mod sync;
pub mod times;
mod window;

use std::cell::Cell;

use attempts::Judged;
use dataset::{Compared, Strategy};
use ends::{Ends, SideEnd};
use forecast::Coming;
use inspect::Inspect;
use open::{NotOpened, Opened};
use progress::Progress;
use recheck::{Again, Rechecked};
use store::Budget;

use crate::compare::cells::View;
use crate::compare::{Tally, Whole};
use crate::error::{Exit, Failure, Result, Side};
use crate::gate::{self, Gates, Observed, Verdict};
use crate::plan::{DatasetPlan, DatasetSpec};
use crate::report::build::{self, Input, SideRead};
use crate::report::earlier::Reading;
use crate::report::model::{self, Dataset, Details, Reason};
use crate::report::reasons;
use crate::source::{Context, Identity, Source};

/// How a run goes about its work; none of it changes what it finds.
#[derive(Clone, Debug)]
pub struct Options {
    /// What rows and prints may take in memory, in bytes.
    pub memory: u64,
    /// How many rows of each kind the detail files hold.
    pub max_details: usize,
    pub strategy: Strategy,
    /// How often a dataset is started over after a connection was lost.
    pub retries: u32,
    /// How each side was read the last time.
    pub earlier: Vec<Reading>,
    /// What the sources share.
    pub context: Context,
}

/// All datasets, compared and judged.
#[derive(Debug)]
pub struct Finished {
    pub verdict: Verdict,
    pub datasets: Vec<Dataset>,
    pub details: Vec<Details>,
    pub reasons: Vec<Reason>,
}

impl Finished {
    /// Before the first dataset.
    fn nothing() -> Finished {
        Finished {
            verdict: Verdict::Pass,
            datasets: Vec::new(),
            details: Vec::new(),
            reasons: Vec::new(),
        }
    }
}

/// What a verdict tells a shell.
pub fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Pass => Exit::Pass,
        Verdict::Inconclusive => Exit::Inconclusive,
        Verdict::Fail => Exit::Fail,
    }
}

/// Verifies all datasets. `Err`: what the user has to mend before any row is
/// read, in every dataset at once.
pub fn verify(
    specs: &[DatasetSpec],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Finished, Vec<Failure>> {
    let open = |spec: &DatasetSpec| {
        let opened = open::open(spec, &options.context)?;
        let failures = sync::refused(spec, &options.context);
        match failures.is_empty() {
            true => Ok(opened),
            false => Err(Box::new(NotOpened {
                identities: opened.identities,
                failures,
            })),
        }
    };
    let opened = open_all(specs, options, progress, open)?;
    Ok(verify_each(specs, opened, options, progress))
}

/// Opens every dataset, to find all that the user has to mend, and tells how long
/// reading will take. Of several, those that opened are let go again: no snapshot
/// is held while others are read.
fn open_all(
    specs: &[DatasetSpec],
    options: &Options,
    progress: &dyn Progress,
    open: impl Fn(&DatasetSpec) -> Result<Opened, Box<NotOpened>>,
) -> Result<Vec<Result<Opened, Box<NotOpened>>>, Vec<Failure>> {
    let mut opened: Vec<_> = specs.iter().map(open).collect();
    let usage: Vec<Failure> = opened
        .iter_mut()
        .filter_map(|opened| opened.as_mut().err())
        .filter(|not| not.is_usage())
        .flat_map(|not| std::mem::take(&mut not.failures))
        .collect();
    if !usage.is_empty() {
        return Err(usage);
    }
    let coming: Vec<_> = specs
        .iter()
        .zip(&opened)
        .filter_map(|(spec, opened)| {
            let estimates = opened.as_ref().ok()?.estimates;
            Some(Coming { spec, estimates })
        })
        .collect();
    forecast::tell(&coming, &options.earlier, &options.context, progress);
    if opened.len() > 1 {
        opened.retain(Result::is_err);
    }
    Ok(opened)
}

fn verify_each(
    specs: &[DatasetSpec],
    opened: Vec<Result<Opened, Box<NotOpened>>>,
    options: &Options,
    progress: &dyn Progress,
) -> Finished {
    let mut finished = Finished::nothing();
    let alone = specs.len() == 1 && !sync::watched(&specs[0]);
    let mut first = opened.into_iter().next().filter(|_| alone);
    for spec in specs {
        let judge = |opened: Result<Opened, Box<NotOpened>>| match opened {
            Ok(opened) => judge(spec, opened, options, progress, None),
            Err(not) => judge_failed(&spec.name, &spec.gates, *not),
        };
        // A sync is asked, and perhaps waited for, before each snapshot is taken.
        let states = Cell::default();
        let open = |context: &Context| {
            let before = sync::before(spec, context, progress);
            states.set(before.map_err(|failures| not_asked(spec, failures))?);
            open::open(spec, context)
        };
        let mut judged = attempts::dataset(open, first.take(), options, judge);
        sync::after(spec, states.take(), &options.context, &mut judged.dataset);
        finished.verdict = finished.verdict.max(judged.dataset.verdict);
        finished.datasets.push(judged.dataset);
        finished.details.push(judged.details);
        finished.reasons.extend(judged.reasons);
    }
    if finished.datasets.is_empty() {
        finished.verdict = Verdict::Inconclusive;
    }
    finished
}

fn not_asked(spec: &DatasetSpec, failures: Vec<Failure>) -> Box<NotOpened> {
    let identities = Side::BOTH.map(|side| open::described(spec, side));
    Box::new(NotOpened {
        identities,
        failures,
    })
}

/// Compares one dataset and judges what was found.
fn judge(
    spec: &DatasetSpec,
    opened: Opened,
    options: &Options,
    progress: &dyn Progress,
    inspect: Option<&dyn Inspect>,
) -> Judged {
    let Opened {
        plan,
        mut sources,
        identities,
        estimates,
        as_of,
        ..
    } = opened;
    progress.dataset(&plan.name, estimates);
    let budget = Budget::new(options.memory);
    let [old, new] = &mut sources;
    let mut pair = dataset::Pair::new(
        &plan,
        [old.as_mut(), new.as_mut()] as [&mut dyn Source; 2],
        &budget,
        progress,
        options.max_details.max(build::SAMPLES),
        &options.context.stop,
    );
    pair.inspect = inspect;
    pair.watch = Again::watch(spec, as_of);
    let mut compared = pair.compare(options.strategy);
    // No snapshot is held while others are waited for.
    drop(sources);
    let again = Again {
        spec,
        plan: &plan,
        options,
        budget: &budget,
        progress,
    };
    let rechecked = compared
        .as_mut()
        .ok()
        .and_then(|compared| again.run(compared));
    tracing::debug!(spilled = budget.spilled(), "bytes kept on disk");
    progress.done();
    match compared {
        Ok(Compared { parts, ends }) => {
            let whole = ends.close(parts);
            let found = Found {
                plan: &plan,
                whole: &whole,
                ends: &ends,
                rechecked,
            };
            let mut judged = found.judge(identities);
            judged.details.keep(options.max_details);
            judged
        }
        Err(failure) => {
            let not = NotOpened {
                identities,
                failures: vec![failure.of(&plan.name)],
            };
            judge_failed(&plan.name, &plan.gates, not)
        }
    }
}

/// What a dataset's comparison came to.
struct Found<'a> {
    plan: &'a DatasetPlan,
    whole: &'a Whole,
    ends: &'a Ends,
    rechecked: Option<Rechecked>,
}

impl Found<'_> {
    fn judge(&self, identities: [Identity; 2]) -> Judged {
        let Found {
            plan, whole, ends, ..
        } = *self;
        let mut identities = identities.into_iter();
        let (dataset, details) = build::dataset(Input {
            plan,
            whole,
            sides: Side::BOTH.map(|side| side_read(ends, side, identities.next())),
            findings: self.findings(),
            failures: &ends.failures,
            warnings: &ends.warnings,
            recheck: self.rechecked.map(|rechecked| self.recheck(rechecked)),
        });
        Judged {
            reasons: reasons::of(&dataset, &ends.failures),
            again: attempts::worth_again(&ends.failures),
            dataset,
            details,
        }
    }

    fn findings(&self) -> Vec<gate::Finding> {
        let Found {
            plan, whole, ends, ..
        } = *self;
        let columns = plan.columns.iter();
        let columns: Vec<String> = columns.map(|column| column.name.clone()).collect();
        gate::evaluate(
            &plan.gates,
            Observed {
                tally: whole.view(View::AsRead),
                if_equal: whole.view(View::AllEqual),
                if_different: whole.view(View::AllDifferent),
                if_settled: whole.if_settled.as_ref(),
                moving: whole.moving,
                complete: ends.sides.each_ref().map(|end| end.complete),
                columns: &columns,
                only_old: &plan.only[0],
                only_new: &plan.only[1],
                times: ends.sides.each_ref().map(SideEnd::took),
                lags: ends.sides.each_ref().map(SideEnd::lag),
                scope: plan.scope,
            },
        )
    }

    fn recheck(&self, rechecked: Rechecked) -> model::Recheck {
        let tally = self.whole.view(View::AsRead);
        let unmatched = tally.keys() - tally.matched;
        let age = self.plan.age.as_ref();
        model::Recheck {
            rounds: rechecked.rounds,
            delay_seconds: rechecked.delay.as_secs_f64(),
            settle_after_seconds: age.map(|age| age.after.as_secs_f64()),
            rechecked: rechecked.rechecked,
            settled: rechecked.settled,
            persistent: unmatched - self.whole.moving,
            moving: self.whole.moving,
        }
    }
}

fn side_read(ends: &Ends, side: Side, identity: Option<Identity>) -> SideRead<'_> {
    let (end, counted) = (&ends.sides[side.index()], &ends.counted[side.index()]);
    let whole = end.complete && ends.digests;
    SideRead {
        identity: identity.unwrap_or_default(),
        receipt: &end.receipt,
        rows: end.rows,
        outside_window: end.left_out,
        complete: end.complete,
        first_row: end.times.first_row,
        reading: end.times.reading,
        waiting: end.times.waiting,
        digest: whole.then(|| counted.digest.to_string()),
        changed: &counted.changed,
        unreadables: &counted.unreadables,
    }
}

/// A dataset of which nothing was seen: every gate is undecided.
fn judge_failed(name: &str, gates: &Gates, not: NotOpened) -> Judged {
    let nothing = Tally::default();
    let findings = gate::evaluate(
        gates,
        Observed {
            complete: [false; 2],
            ..Observed::of(&nothing)
        },
    );
    let dataset = build::unopened(name, not.identities, findings, &not.failures);
    Judged {
        reasons: reasons::of(&dataset, &not.failures),
        again: attempts::worth_again(&not.failures),
        details: build::no_details(name),
        dataset,
    }
}
