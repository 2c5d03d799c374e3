//! One dataset, compared: the passes over both sides and what they found.
//!
//! Two steps. First both sides become prints with locators, and only rows that
//! prints cannot settle are read again and compared cell by cell. Where a side
//! has no locators, or too much differs, one pass keeps the rows instead, on
//! disk beyond a share of the memory. Both ways end in the same counters.

use std::time::Duration;

use super::canon::{Canon, Counted};
use super::merge;
use super::pass::{Form, Pass, State};
use super::progress::Progress;
use super::store::Budget;
use super::stream::{self, Ended, Input};
use crate::compare::Found;
use crate::compare::cells::{Tolerance, View};
use crate::compare::found::Rules;
use crate::error::{Code, Failure, Result, Side};
use crate::plan::DatasetPlan;
use crate::source::{Receipt, Source, Want};

/// Up to so many rows of a side are always read again one by one.
const FETCH_ALWAYS: u64 = 5_000;
/// Beyond this share of a side's rows all are read again instead.
const FETCH_PERCENT: u64 = 5;

/// How the rows are to be gone through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Prints first where both sides can be read again by locator.
    #[default]
    Auto,
    /// Rows are kept from the start.
    KeepRows,
}

/// How one side's reading ended.
#[derive(Debug, Default)]
pub struct SideEnd {
    pub receipt: Receipt,
    pub rows: u64,
    pub complete: bool,
    pub took: Duration,
}

/// A dataset's comparison, before any gate.
#[derive(Debug)]
pub struct Compared {
    pub found: Found,
    /// Old, new.
    pub counted: [Counted; 2],
    pub ends: [SideEnd; 2],
    /// Whether the counted digests hold every row.
    pub digests: bool,
    pub failures: Vec<Failure>,
}

/// Two opened sources and what a comparison of them needs.
pub struct Pair<'a> {
    pub plan: &'a DatasetPlan,
    pub sources: [&'a mut dyn Source; 2],
    pub budget: &'a Budget,
    pub progress: &'a dyn Progress,
    /// How many rows of each kind are kept for the detail files.
    pub keep: usize,
    canons: [Canon; 2],
    tolerances: Vec<Option<Tolerance>>,
}

/// What one pass counted.
struct Passed {
    counted: [Counted; 2],
    ends: [SideEnd; 2],
    failures: Vec<Failure>,
}

impl<'a> Pair<'a> {
    pub fn new(
        plan: &'a DatasetPlan,
        sources: [&'a mut dyn Source; 2],
        budget: &'a Budget,
        progress: &'a dyn Progress,
        keep: usize,
    ) -> Self {
        Pair {
            plan,
            sources,
            budget,
            progress,
            keep,
            canons: Side::BOTH.map(|side| Canon::new(plan, side)),
            tolerances: plan
                .columns
                .iter()
                .map(|column| column.tolerance.clone())
                .collect(),
        }
    }

    /// Reads both sides and compares them. A failure here means that nothing
    /// at all could be said; one that leaves something to say is in the result.
    pub fn compare(mut self, strategy: Strategy) -> Result<Compared> {
        let locates = self.sources.iter().all(|source| source.locates());
        let mut compared = match strategy {
            Strategy::Auto if locates => self.by_prints()?,
            _ => self.by_rows()?,
        };
        for (side, source) in Side::BOTH.into_iter().zip(&mut self.sources) {
            if let Err(failure) = source.verify_unchanged() {
                compared.ends[side.index()].complete = false;
                let failure = failure.on(side);
                if !compared.failures.contains(&failure) {
                    compared.failures.push(failure);
                }
            }
        }
        compared.close();
        Ok(compared)
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            key: self.plan.key,
            tolerances: &self.tolerances,
            keep: self.keep,
        }
    }

    fn wants(&self, side: Side) -> Vec<Want> {
        self.plan.wants(side)
    }

    /// The way by prints and locators.
    fn by_prints(&mut self) -> Result<Compared> {
        let form = if self.raw_rows_decide()? {
            Form::RawPrints
        } else {
            Form::Prints
        };
        let canons = self.canons.each_ref().map(|canon| canon.clone());
        let pass = Pass::new([&canons[0], &canons[1]], form, self.budget).watching();
        tracing::debug!(?form, "reading both sides");
        let passed = self.stream(&pass)?;
        if pass.hopeless() {
            drop(pass);
            tracing::debug!("much differs: reading again with rows kept");
            self.progress.again("much differs: reading again");
            return self.by_rows_after(form);
        }
        if !passed.failures.is_empty() {
            return self.settle_by_prints(pass, passed, form);
        }
        let (found, needed) = merge::join_prints(&pass, self.rules())?;
        drop(pass);
        if self.too_many(&needed, &passed) {
            tracing::debug!("much differs: reading all rows again");
            self.progress.again("much differs: reading again");
            return self.by_rows_after(form);
        }
        self.with_fetched(found, needed, passed, form)
    }

    /// Whether rows may be told equal by the bytes their sources sent.
    fn raw_rows_decide(&self) -> Result<bool> {
        let form = |side: Side| -> Result<Option<String>> {
            let wants = self.wants(side);
            let decoder = self.sources[side.index()].decoder(&wants);
            Ok(decoder.map_err(|failure| failure.on(side))?.raw_form())
        };
        let (old, new) = (form(Side::Old)?, form(Side::New)?);
        Ok(old.is_some() && old == new && self.canons[0].same_as(&self.canons[1]))
    }

    fn too_many(&self, needed: &[Vec<u64>; 2], passed: &Passed) -> bool {
        needed.iter().zip(&passed.ends).any(|(needed, end)| {
            let needed = needed.len() as u64;
            needed > FETCH_ALWAYS && needed * 100 > end.rows * FETCH_PERCENT
        })
    }

    /// Settles what prints cannot: reads those rows again and compares them.
    fn with_fetched(
        &mut self,
        mut found: Found,
        mut needed: [Vec<u64>; 2],
        mut passed: Passed,
        form: Form,
    ) -> Result<Compared> {
        if needed.iter().any(|locators| !locators.is_empty()) {
            self.progress.phase("reading the rows that differ again");
            needed.iter_mut().for_each(|list| list.sort_unstable());
            let (rest, failures) = self.fetch(&needed)?;
            found.merge(rest);
            for failure in &failures {
                if let Some(side) = failure.side {
                    passed.ends[side.index()].complete = false;
                }
            }
            passed.failures.extend(failures);
        }
        Ok(passed.into_compared(found, form != Form::RawPrints))
    }

    /// Reads the rows at these locators and compares them.
    fn fetch(&mut self, needed: &[Vec<u64>; 2]) -> Result<(Found, Vec<Failure>)> {
        let canons = self.canons.each_ref().map(|canon| canon.clone());
        let pass = Pass::new([&canons[0], &canons[1]], Form::Rows, self.budget);
        let wants = Side::BOTH.map(|side| self.wants(side));
        let mut inputs = Vec::new();
        for (side, source) in Side::BOTH.into_iter().zip(&mut self.sources) {
            let (wants, needed) = (&wants[side.index()], &needed[side.index()]);
            inputs.push(Input {
                side,
                decoder: source.decoder(wants).map_err(|failure| failure.on(side))?,
                read: Box::new(move |sink| {
                    if !needed.is_empty() {
                        source.fetch(wants, needed, sink)?;
                    }
                    Ok(Receipt {
                        rows: Some(needed.len() as u64),
                        ..Receipt::default()
                    })
                }),
            });
        }
        let ended = stream::run(inputs, &pass, &super::progress::Silent);
        let failures = Side::BOTH
            .into_iter()
            .zip(ended)
            .filter_map(|(side, ended)| fetched_short(side, ended))
            .collect();
        Ok((merge::join_rows(&pass, self.rules())?, failures))
    }

    /// All that can be said of two sides of which one was not seen whole.
    fn settle_by_prints(&self, pass: Pass<'_>, passed: Passed, form: Form) -> Result<Compared> {
        let raw = form == Form::RawPrints;
        let found = merge::count_prints(&pass, self.rules(), raw)?;
        Ok(passed.into_compared(found, !raw))
    }

    /// The same as a second way. Whether a report holds digests must not depend
    /// on which way was taken, which memory and timing have a say in.
    fn by_rows_after(&mut self, form: Form) -> Result<Compared> {
        let mut compared = self.by_rows()?;
        compared.digests &= form != Form::RawPrints;
        Ok(compared)
    }

    /// The way of one pass that keeps the rows.
    fn by_rows(&mut self) -> Result<Compared> {
        let canons = self.canons.each_ref().map(|canon| canon.clone());
        let pass = Pass::new([&canons[0], &canons[1]], Form::Rows, self.budget);
        let passed = self.stream(&pass)?;
        self.progress.phase("comparing");
        let found = merge::join_rows(&pass, self.rules())?;
        Ok(passed.into_compared(found, true))
    }

    /// Streams both sides whole.
    fn stream(&mut self, pass: &Pass<'_>) -> Result<Passed> {
        let wants = Side::BOTH.map(|side| self.wants(side));
        let (key, mut inputs) = (self.plan.key, Vec::new());
        for (side, source) in Side::BOTH.into_iter().zip(&mut self.sources) {
            let wants = &wants[side.index()];
            let decoder = source.decoder(wants).map_err(|failure| failure.on(side))?;
            let few = pass.needs_keys_only().then(|| decoder.first_cells(key));
            inputs.push(Input {
                side,
                decoder: few.flatten().unwrap_or(decoder),
                read: Box::new(move |sink| source.read(wants, sink)),
            });
        }
        let mut passed = Passed {
            counted: self.canons.each_ref().map(Canon::counted),
            ends: Default::default(),
            failures: Vec::new(),
        };
        for (side, ended) in Side::BOTH
            .into_iter()
            .zip(stream::run(inputs, pass, self.progress))
        {
            passed.add(side, ended);
        }
        Ok(passed)
    }
}

fn fetched_short(side: Side, ended: Ended<State>) -> Option<Failure> {
    let failure = match ended.receipt {
        Err(failure) => failure,
        Ok(receipt) if receipt.rows == Some(ended.rows) => return None,
        Ok(receipt) => Failure::new(
            Code::SourceChanged,
            format!(
                "{} rows that differ were to be read again, but {} were found",
                receipt.rows.unwrap_or(0),
                ended.rows
            ),
            "run again while nothing writes to this source",
        )
        .transient(),
    };
    Some(failure.on(side))
}

impl Passed {
    fn add(&mut self, side: Side, ended: Ended<State>) {
        let end = &mut self.ends[side.index()];
        end.rows = ended.rows;
        end.took = ended.took;
        for state in ended.states {
            self.counted[side.index()].merge(state.counted);
        }
        match ended.receipt {
            Ok(receipt) => {
                let short = receipt.rows.filter(|rows| *rows != end.rows);
                let short = short.map(|claimed| rows_short(claimed, end.rows));
                let doubt = short.or_else(|| receipt.doubt.clone());
                end.complete = doubt.is_none();
                self.failures.extend(doubt.map(|doubt| doubt.on(side)));
                end.receipt = receipt;
            }
            Err(failure) => self.failures.push(failure),
        }
    }

    fn into_compared(self, found: Found, digests: bool) -> Compared {
        Compared {
            found,
            counted: self.counted,
            ends: self.ends,
            digests,
            failures: self.failures,
        }
    }
}

pub(super) fn rows_short(claimed: u64, rows: u64) -> Failure {
    Failure::new(
        Code::RowsShort,
        format!("{rows} rows arrived, but the source says it holds {claimed}"),
        "run again while nothing writes to this source",
    )
    .transient()
}

impl Compared {
    /// Puts the sides' own counters into every view, and drops what an unseen
    /// row could undo.
    fn close(&mut self) {
        self.found.finish();
        for view in &mut self.found.views {
            for (side, counted) in view.sides.iter_mut().zip(&self.counted) {
                side.rows = counted.rows;
                side.unkeyed = counted.unkeyed;
                side.unreadable = counted.unreadable;
            }
        }
        if !self.complete() {
            self.found.forget_one_sided();
        }
    }

    pub fn complete(&self) -> bool {
        self.ends.iter().all(|end| end.complete)
    }

    pub fn view(&self, view: View) -> &crate::compare::Tally {
        self.found.view(view)
    }
}
