//! One dataset, compared: the passes over both sides and what they found.
//!
//! Two steps. First both sides become prints with locators, and only rows that
//! prints cannot settle are read again and compared cell by cell. Where a side
//! has no locators, or too much differs, one pass keeps the rows instead, on
//! disk beyond a share of the memory. Both ways end in the same counters.

use std::time::Instant;

use super::canon::Canon;
use super::divide::divide;
use super::ends::{self, Ends};
use super::inspect::Inspect;
use super::keyed;
use super::merge;
use super::pass::{Form, Pass};
use super::progress::Progress;
use super::store::Budget;
use super::stream::{self, Input};
use crate::compare::Parts;
use crate::compare::cells::Tolerance;
use crate::compare::found::Rules;
use crate::compare::watch::Watch;
use crate::error::{Failure, Result, Side};
use crate::plan::DatasetPlan;
use crate::source::{Keys, Receipt, Source, Want};
use crate::stop::Stop;

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

/// A dataset's comparison, before any gate.
#[derive(Debug)]
pub struct Compared {
    pub parts: Parts,
    pub ends: Ends,
}

/// Two opened sources and what a comparison of them needs.
pub struct Pair<'a> {
    pub plan: &'a DatasetPlan,
    pub sources: [&'a mut dyn Source; 2],
    pub budget: &'a Budget,
    pub progress: &'a dyn Progress,
    /// How many rows of each kind are kept for the detail files.
    pub keep: usize,
    /// Whether and how keys that do not match are watched.
    pub watch: Watch<'a>,
    /// What ends the run before its time.
    pub stop: &'a Stop,
    /// Sees every key: then all rows are kept, so that they are at hand also
    /// where a side breaks off.
    pub inspect: Option<&'a dyn Inspect>,
    pub(super) canons: [Canon; 2],
    tolerances: Vec<Option<Tolerance>>,
}

impl<'a> Pair<'a> {
    pub fn new(
        plan: &'a DatasetPlan,
        sources: [&'a mut dyn Source; 2],
        budget: &'a Budget,
        progress: &'a dyn Progress,
        keep: usize,
        stop: &'a Stop,
    ) -> Self {
        Pair {
            plan,
            sources,
            budget,
            progress,
            keep,
            watch: Watch::default(),
            stop,
            inspect: None,
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
        self.divide();
        let locates = self.sources.iter().all(|source| source.locates());
        let mut compared = match strategy {
            Strategy::Auto if locates && self.inspect.is_none() => self.by_prints()?,
            _ => self.by_rows()?,
        };
        self.verify_unchanged(&mut compared.ends);
        self.count_left_out(&mut compared.ends);
        self.stop.once(&mut compared.ends.failures);
        compared.ends.set_beside(&compared.parts);
        compared.ends.warn_of_ageless(compared.parts.ageless);
        if let Some(window) = &self.plan.window {
            compared.ends.warn_of_undated(window);
        }
        Ok(compared)
    }

    /// Before all rows of a side are read.
    pub(super) fn divide(&mut self) {
        let [old, new] = &mut self.sources;
        divide(self.plan, [&mut **old, &mut **new]);
    }

    fn verify_unchanged(&mut self, ends: &mut Ends) {
        for (side, source) in Side::BOTH.into_iter().zip(&mut self.sources) {
            if !ends.sides[side.index()].complete
                && (self.stop.cause().is_some() || ends.lost(side))
            {
                // There may be no connection any more that could be asked.
                continue;
            }
            if let Err(failure) = source.verify_unchanged() {
                ends.doubt(side, failure);
            }
        }
    }

    /// Of sides that are complete, how many rows are outside the window. A server that
    /// cannot count them has still sent all that are inside.
    fn count_left_out(&mut self, ends: &mut Ends) {
        if self.plan.window.is_some() && ends.complete() {
            self.progress.phase("counting the rows outside the window");
        }
        for (side, source) in Side::BOTH.into_iter().zip(&mut self.sources) {
            let end = &mut ends.sides[side.index()];
            if self.plan.window.is_none() || !end.complete {
                end.left_out = None;
                continue;
            }
            match source.left_out() {
                Ok(Some(counted)) => end.left_out = Some(counted),
                Ok(None) => {}
                Err(failure) => {
                    end.left_out = None;
                    ends.warnings.push(uncounted(side, &failure));
                }
            }
        }
    }

    pub(super) fn rules(&self) -> Rules<'_> {
        Rules {
            key: self.plan.key,
            tolerances: &self.tolerances,
            scope: self.plan.scope,
            keep: self.keep,
            watch: self.watch,
        }
    }

    pub(super) fn wants(&self, side: Side) -> Vec<Want> {
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
        let mut ends = self.stream(&pass, &[None, None])?;
        if pass.hopeless() {
            drop(pass);
            tracing::debug!("much differs: reading again with rows kept");
            self.progress.again("much differs: reading again");
            return self.by_rows_after(form, &ends);
        }
        if !ends.failures.is_empty() {
            return self.settle_by_prints(pass, ends, form);
        }
        let (parts, needed) = self.join_prints(&pass, &mut ends, true)?;
        drop(pass);
        if self.too_many(&needed, &ends) {
            tracing::debug!("much differs: reading all rows again");
            self.progress.again("much differs: reading again");
            return self.by_rows_after(form, &ends);
        }
        self.with_fetched(parts, needed, ends, form)
    }

    fn join_prints(
        &self,
        pass: &Pass<'_>,
        ends: &mut Ends,
        whole: bool,
    ) -> Result<(Parts, [Vec<u64>; 2])> {
        let (rules, stop) = (self.rules(), self.stop.summing_up());
        let joined = merge::join_prints(pass, rules, whole, &stop);
        ends.found(joined, &stop, || (Parts::new(rules), Default::default()))
    }

    fn join_rows(&self, pass: &Pass<'_>, ends: &mut Ends) -> Result<Parts> {
        let (rules, stop) = (self.rules(), self.stop.summing_up());
        if let Some(inspect) = self.inspect {
            inspect.begin();
        }
        let joined = merge::join_rows(pass, rules, &stop, self.inspect);
        ends.found(joined, &stop, || Parts::new(rules))
    }

    /// Whether rows may be told equal by the bytes their sources sent.
    fn raw_rows_decide(&self) -> Result<bool> {
        // What is read beside the rows is no part of them.
        if Side::BOTH
            .iter()
            .any(|side| self.plan.beside(*side).is_some())
        {
            return Ok(false);
        }
        let form = |side: Side| -> Result<Option<String>> {
            let wants = self.wants(side);
            let decoder = self.sources[side.index()].decoder(&wants);
            Ok(decoder.map_err(|failure| failure.on(side))?.raw_form())
        };
        let (old, new) = (form(Side::Old)?, form(Side::New)?);
        Ok(old.is_some() && old == new && self.canons[0].same_as(&self.canons[1]))
    }

    fn too_many(&self, needed: &[Vec<u64>; 2], ends: &Ends) -> bool {
        needed.iter().zip(&ends.sides).any(|(needed, end)| {
            let needed = needed.len() as u64;
            needed > FETCH_ALWAYS && needed * 100 > end.rows * FETCH_PERCENT
        })
    }

    /// Settles what prints cannot: reads those rows again and compares them.
    fn with_fetched(
        &mut self,
        mut parts: Parts,
        mut needed: [Vec<u64>; 2],
        mut ends: Ends,
        form: Form,
    ) -> Result<Compared> {
        ends.digests = form != Form::RawPrints;
        if needed.iter().any(|locators| !locators.is_empty()) {
            self.progress.phase("reading the rows that differ again");
            needed.iter_mut().for_each(|list| list.sort_unstable());
            let rest = self.fetch(&needed, &mut ends)?;
            parts.merge(rest, self.rules());
        }
        Ok(Compared { parts, ends })
    }

    /// Reads the rows at these locators and compares them.
    fn fetch(&mut self, needed: &[Vec<u64>; 2], ends: &mut Ends) -> Result<Parts> {
        let told = self.time_to_fetch();
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
        let ended = stream::run(inputs, &pass, &super::progress::Silent, &told);
        // A run that is out of time already says why it knows no more.
        let told = ends.is_out_of_time();
        for (side, ended) in Side::BOTH.into_iter().zip(ended) {
            if let Some(failure) = ends::fetched_short(side, ended).filter(|_| !told) {
                ends.doubt(side, failure);
            }
        }
        self.join_rows(&pass, ends)
    }

    /// After the time for reading, half of what is left: the rest is for comparing
    /// what has come.
    fn time_to_fetch(&self) -> Stop {
        let ending = self.stop.ending();
        match (self.stop.cause(), ending.left()) {
            (Some(_), Some(left)) => ending.sooner(Instant::now() + left / 2),
            _ => ending,
        }
    }

    /// All that can be said of two sides of which one was not seen whole.
    fn settle_by_prints(&mut self, pass: Pass<'_>, mut ends: Ends, form: Form) -> Result<Compared> {
        if ends.is_out_of_time() {
            // The sources are as they were: what was seen can be told whole.
            let (parts, needed) = self.join_prints(&pass, &mut ends, false)?;
            drop(pass);
            return self.with_fetched(parts, needed, ends, form);
        }
        let raw = form == Form::RawPrints;
        let (rules, stop) = (self.rules(), self.stop.summing_up());
        let parts = merge::count_prints(&pass, rules, raw, &stop);
        let parts = ends.found(parts, &stop, || Parts::new(rules))?;
        ends.digests = !raw;
        Ok(Compared { parts, ends })
    }

    /// The same as a second way. Whether a report holds digests must not depend
    /// on which way was taken, which memory and timing have a say in.
    fn by_rows_after(&mut self, form: Form, before: &Ends) -> Result<Compared> {
        let mut compared = self.by_rows()?;
        compared.ends.digests &= form != Form::RawPrints;
        compared.ends.read_before(before);
        Ok(compared)
    }

    /// The way of one pass that keeps the rows.
    fn by_rows(&mut self) -> Result<Compared> {
        let canons = self.canons.each_ref().map(|canon| canon.clone());
        let pass = Pass::new([&canons[0], &canons[1]], Form::Rows, self.budget);
        let mut ends = self.stream(&pass, &[None, None])?;
        self.progress.phase("comparing");
        let parts = self.join_rows(&pass, &mut ends)?;
        Ok(Compared { parts, ends })
    }

    /// Streams both sides whole, or where a side can find them the rows of these
    /// keys alone.
    pub(super) fn stream(&mut self, pass: &Pass<'_>, keys: &[Option<Keys>; 2]) -> Result<Ends> {
        let wants = Side::BOTH.map(|side| self.wants(side));
        let (key, mut inputs) = (self.plan.key, Vec::new());
        for (side, source) in Side::BOTH.into_iter().zip(&mut self.sources) {
            let (wants, keys) = (&wants[side.index()], keys[side.index()].as_ref());
            let decoder = source.decoder(wants).map_err(|failure| failure.on(side))?;
            let few = pass.needs_keys_only().then(|| decoder.first_cells(key));
            inputs.push(Input {
                side,
                decoder: few.flatten().unwrap_or(decoder),
                read: Box::new(move |sink| keyed::read(*source, wants, keys, sink)),
            });
        }
        let mut ends = Ends::new(&self.canons);
        for (side, ended) in
            Side::BOTH
                .into_iter()
                .zip(stream::run(inputs, pass, self.progress, self.stop))
        {
            ends.add(side, ended);
        }
        Ok(ends)
    }
}

fn uncounted(side: Side, failure: &Failure) -> String {
    format!(
        "{side} side: how many rows are outside the window could not be counted: {}",
        failure.why
    )
}
