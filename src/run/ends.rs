//! How the reading of both sides ended, and what was counted on the way: all of
//! a comparison but its keys.

use super::canon::{Canon, Counted};
use super::pass::State;
use super::stream::Ended;
use super::times::Times;
use crate::compare::{Parts, Whole};
use crate::error::{Code, Failure, Result, Side};
use crate::gate::{Lag, Took, counted};
use crate::plan::WindowPlan;
use crate::source::Receipt;
use crate::stop::{Cause, Stop};

/// How one side's reading ended.
#[derive(Debug, Default)]
pub struct SideEnd {
    pub receipt: Receipt,
    pub rows: u64,
    /// Rows outside the window, where there is one.
    pub left_out: Option<u64>,
    /// Rows whose cell in the window's column is no time, so that they stayed in.
    pub undated: u64,
    pub complete: bool,
    pub times: Times,
}

impl SideEnd {
    /// How far behind it was, if it is a standby.
    pub fn lag(&self) -> Option<Lag> {
        self.receipt.lag.map(|lag| Lag {
            most: lag.most.map(|most| most.as_micros() as u64),
            behind: lag.bytes.is_some_and(|bytes| bytes > 0),
        })
    }

    /// How long reading it took, if it was seen whole.
    pub fn took(&self) -> Option<Took> {
        self.times.took().filter(|_| self.complete)
    }
}

/// How the first look at both sides went.
#[derive(Debug)]
pub struct Ends {
    /// Old, new.
    pub counted: [Counted; 2],
    pub sides: [SideEnd; 2],
    /// Whether the counted digests hold every row.
    pub digests: bool,
    pub failures: Vec<Failure>,
    /// What the user should know, beside what the plan says.
    pub warnings: Vec<String>,
    /// Rows that are in no key: old, new.
    beside: [u64; 2],
}

impl Ends {
    pub fn new(canons: &[Canon; 2]) -> Ends {
        Ends {
            counted: canons.each_ref().map(Canon::counted),
            sides: Default::default(),
            digests: true,
            failures: Vec::new(),
            warnings: Vec::new(),
            beside: [0; 2],
        }
    }

    /// Adds how one side's stream ended.
    pub fn add(&mut self, side: Side, ended: Ended<State>) {
        let end = &mut self.sides[side.index()];
        end.rows = ended.rows;
        end.times = ended.times;
        end.left_out = Some(ended.left_out);
        end.undated = ended.undated;
        for state in ended.states {
            self.counted[side.index()].merge(state.counted);
        }
        match ended.receipt {
            Ok(receipt) => {
                let doubt = doubt(&receipt, end.rows + ended.left_out);
                let told = receipt.warnings.iter();
                self.warnings
                    .extend(told.map(|warning| format!("{side} side: {warning}")));
                end.complete = doubt.is_none();
                self.failures.extend(doubt.map(|doubt| doubt.on(side)));
                end.receipt = receipt;
            }
            Err(failure) => self.failures.push(failure),
        }
    }

    /// A side that turned out not to have been seen whole after all.
    pub fn doubt(&mut self, side: Side, failure: Failure) {
        self.sides[side.index()].complete = false;
        let failure = failure.on(side);
        if !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }

    /// Of sides that were read before too, tells the times of the first reading
    /// that came to its end.
    pub fn read_before(&mut self, before: &Ends) {
        for (end, before) in self.sides.iter_mut().zip(&before.sides) {
            if end.complete {
                end.times = before.times.first_whole(end.times);
            }
        }
    }

    /// What was found, or else `nothing` where the run ended before all could be
    /// looked at: then no side counts as seen whole.
    pub fn found<T>(
        &mut self,
        found: Result<T>,
        stop: &Stop,
        nothing: impl FnOnce() -> T,
    ) -> Result<T> {
        match found {
            Err(failure) if stop.cause().is_some() => {
                self.sides.iter_mut().for_each(|end| end.complete = false);
                self.failures.push(failure);
                Ok(nothing())
            }
            found => found,
        }
    }

    /// Whether a side's connection was lost.
    pub fn lost(&self, side: Side) -> bool {
        let mut failures = self.failures.iter();
        failures.any(|failure| failure.side == Some(side) && failure.again)
    }

    /// Whether the deadline, and nothing else, ended the reading.
    pub fn is_out_of_time(&self) -> bool {
        let why = Cause::Deadline.failure().why;
        let told = |failure: &Failure| failure.why == why;
        !self.failures.is_empty() && self.failures.iter().all(told)
    }

    /// Remembers how many rows are in no key, as the first look at the keys
    /// leaves them over.
    pub fn set_beside(&mut self, parts: &Parts) {
        let rows = parts.rows();
        self.beside = [0, 1].map(|side| self.counted[side].rows.saturating_sub(rows[side]));
    }

    /// Says of how many keys a delay could not be allowed for.
    pub fn warn_of_ageless(&mut self, keys: u64) {
        if keys > 0 {
            self.warnings.push(format!(
                "settle_after: no row of {} that did not match says when it was changed (updated_at is NULL, no time, or has no zone): they count as old",
                counted(keys, "key")
            ));
        }
    }

    /// Says how many rows were compared although nothing tells that they are inside.
    pub fn warn_of_undated(&mut self, window: &WindowPlan) {
        for (side, end) in Side::BOTH.into_iter().zip(&self.sides) {
            if end.undated > 0 {
                self.warnings.push(format!(
                    "{side} side: in {} the window's column `{}` is no time; they were compared",
                    counted(end.undated, "row"),
                    window.column
                ));
            }
        }
    }

    pub fn complete(&self) -> bool {
        self.sides.iter().all(|end| end.complete)
    }

    /// The keys, added up, with the sides' own counters in every tally, and
    /// without what an unseen row could undo.
    pub fn close(&self, parts: Parts) -> Whole {
        let mut whole = parts.finish();
        for tally in whole.each_mut() {
            for ((side, counted), beside) in
                tally.sides.iter_mut().zip(&self.counted).zip(self.beside)
            {
                side.rows += beside;
                side.unkeyed = counted.unkeyed;
                side.unreadable = counted.unreadable;
            }
        }
        if !self.complete() {
            whole.forget_one_sided();
        }
        whole
    }
}

/// What speaks against a stream that came to its end having been all rows.
pub fn doubt(receipt: &Receipt, rows: u64) -> Option<Failure> {
    let short = receipt.rows.filter(|claimed| *claimed != rows);
    let short = short.map(|claimed| rows_short(claimed, rows));
    short.or_else(|| receipt.doubt.clone())
}

pub fn rows_short(claimed: u64, rows: u64) -> Failure {
    Failure::new(
        Code::RowsShort,
        format!("{rows} rows arrived, but the source says it holds {claimed}"),
        "run again while nothing writes to this source",
    )
    .transient()
}

/// Why rows that were to be read again by their places did not all come.
pub fn fetched_short(side: Side, ended: Ended<State>) -> Option<Failure> {
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
