//! What was found, in three parts: keys that match (or are not compared), keys
//! that do not, and keys that do not yet. The parts add up to the whole comparison; only the last two
//! can be looked at again, and what is then found takes their place.

use std::borrow::Cow;

use super::cells::{RowDiff, View};
use super::found::{Found, RowPair, Rules};
use super::join::{Pairing, Print};
use super::watch::Unmatched;
use super::{SideTally, Tally};
use crate::error::Side;
use crate::fingerprint::Digest;
use crate::value::{cells, tag};

#[derive(Clone, Debug)]
pub struct Parts {
    pub matched: Found,
    pub unmatched: Found,
    /// They do not match, but a side's rows have changed between two looks, or
    /// are too young.
    pub moving: Found,
    /// The keys of `unmatched` and `moving`, where they are watched.
    pub keys: Unmatched,
    /// Keys that do not match, of which no row tells its age though that is asked for.
    pub ageless: u64,
    /// The pair compared last, for its memory.
    scratch: RowDiff,
}

/// The parts, added up.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Indexed by `View as usize`; keys that move count as they were seen last.
    pub tallies: [Tally; 3],
    /// The same, as if every key that moves had matched; `None` where none does.
    pub if_settled: Option<[Tally; 3]>,
    /// How many keys move.
    pub moving: u64,
    /// The rows to show.
    pub found: Found,
}

impl Parts {
    pub fn new(rules: Rules<'_>) -> Parts {
        Parts {
            matched: Found::new(rules),
            unmatched: Found::new(rules),
            moving: Found::new(rules),
            keys: Unmatched::default(),
            ageless: 0,
            scratch: RowDiff::default(),
        }
    }

    /// Counts one key of a partition whose rows are all at hand: `row` gives
    /// the canonical row of a print.
    pub fn add<'r, E>(
        &mut self,
        pairing: &Pairing<'_>,
        unclear: bool,
        rules: Rules<'_>,
        row: impl Fn(Side, &Print) -> Result<Cow<'r, [u8]>, E>,
    ) -> Result<(), E> {
        match *pairing {
            Pairing::Matched { .. } | Pairing::OutOfScope(_) => {
                self.matched.views.count(pairing, unclear);
            }
            Pairing::Undecided(old, new) => {
                let rows = [row(Side::Old, old)?, row(Side::New, new)?];
                self.add_pair(pairing, [&rows[0], &rows[1]], unclear, rules);
            }
            Pairing::Missing(print) => {
                let row = row(Side::Old, print)?;
                self.add_alone(pairing, Side::Old, &row, unclear, rules);
            }
            Pairing::Extra(print) => {
                let row = row(Side::New, print)?;
                self.add_alone(pairing, Side::New, &row, unclear, rules);
            }
            Pairing::Duplicated(..) => self.add_duplicated(pairing, unclear, rules, row)?,
        }
        Ok(())
    }

    fn add_pair(
        &mut self,
        pairing: &Pairing<'_>,
        [old, new]: [&[u8]; 2],
        unclear: bool,
        rules: Rules<'_>,
    ) {
        let mut diff = std::mem::take(&mut self.scratch);
        diff.compare(old, new, rules.tolerances);
        let [one, other] = pairing.prints().map(|prints| prints.first());
        let mut pair = RowPair {
            old,
            new,
            diff: &diff,
            by_rules: one.map(Print::plain) != other.map(Print::plain),
            unclear,
            moving: false,
        };
        let part = if diff.differs() {
            let rows = [(Side::Old, old), (Side::New, new)];
            let young = self.is_young(&rows.map(|(side, row)| is_young(side, row, rules)));
            pair.moving = self.watch(pairing, rules.key_of(old), young, rules);
            self.open(pair.moving)
        } else {
            &mut self.matched
        };
        part.views.count(pairing, unclear);
        part.add_pair(&pair, rules);
        self.scratch = diff;
    }

    fn add_alone(
        &mut self,
        pairing: &Pairing<'_>,
        side: Side,
        row: &[u8],
        unclear: bool,
        rules: Rules<'_>,
    ) {
        let young = self.is_young(&[is_young(side, row, rules)]);
        let moving = self.watch(pairing, rules.key_of(row), young, rules);
        let part = self.open(moving);
        part.views.count(pairing, unclear);
        part.keep_alone(side, row, moving, rules);
    }

    fn add_duplicated<'r, E>(
        &mut self,
        pairing: &Pairing<'_>,
        unclear: bool,
        rules: Rules<'_>,
        row: impl Fn(Side, &Print) -> Result<Cow<'r, [u8]>, E>,
    ) -> Result<(), E> {
        let prints = pairing.prints();
        let first = match (prints[0].first(), prints[1].first()) {
            (Some(print), _) => row(Side::Old, print)?,
            (None, Some(print)) => row(Side::New, print)?,
            (None, None) => return Ok(()),
        };
        let mut ages = Vec::new();
        if rules.watch.young.is_some() {
            for (side, prints) in Side::BOTH.into_iter().zip(prints) {
                for print in prints {
                    ages.push(is_young(side, &row(side, print)?, rules));
                }
            }
        }
        let young = self.is_young(&ages);
        let key = rules.key_of(&first);
        let moving = self.watch(pairing, key, young, rules);
        let part = self.open(moving);
        part.views.count(pairing, unclear);
        let counts = prints.map(|prints| prints.len() as u64);
        part.duplicated.offer(key, || counts);
        Ok(())
    }

    /// Remembers a key that does not match; whether it may still come to match.
    fn watch(&mut self, pairing: &Pairing<'_>, key: &[u8], young: bool, rules: Rules<'_>) -> bool {
        let prints = pairing.prints();
        let held = prints.map(|prints| {
            let mut held = Digest::default();
            prints.iter().for_each(|print| held.add(print.row()));
            held
        });
        let print = prints.into_iter().flatten().next().map(Print::key);
        let moved = print.is_some_and(|print| self.keys.add(print, key, held, rules.watch));
        moved || young
    }

    /// Whether any of a key's rows is young; a key of which none tells is counted.
    fn is_young(&mut self, rows: &[Option<bool>]) -> bool {
        let is_told = rows.is_empty() || rows.iter().any(Option::is_some);
        self.ageless += u64::from(!is_told);
        rows.contains(&Some(true))
    }

    fn open(&mut self, moving: bool) -> &mut Found {
        match moving {
            true => &mut self.moving,
            false => &mut self.unmatched,
        }
    }

    /// Counts one key of which only the prints are at hand; an undecided pair
    /// counts as neither matched nor differing.
    pub fn count(&mut self, pairing: &Pairing<'_>, unclear: bool) {
        let part = match pairing {
            Pairing::Matched { .. } | Pairing::OutOfScope(_) => &mut self.matched,
            _ => &mut self.unmatched,
        };
        part.views.count(pairing, unclear);
    }

    /// Adds what was found in other keys.
    pub fn merge(&mut self, other: Parts, rules: Rules<'_>) {
        self.matched.merge(other.matched);
        self.unmatched.merge(other.unmatched);
        self.moving.merge(other.moving);
        self.keys.merge(other.keys, rules.watch.limit);
        self.ageless += other.ageless;
    }

    /// Puts what a later look found of all keys that did not match in the place
    /// of what was found before.
    pub fn look_again(&mut self, later: Parts) {
        self.matched.merge(later.matched);
        self.unmatched = later.unmatched;
        self.moving = later.moving;
        self.keys = later.keys;
    }

    /// What does not match counts as moving: no later look shows the contrary.
    pub fn leave_open(&mut self) {
        self.unmatched.mark_moving();
        let unmatched = self.unmatched.take();
        self.moving.merge(unmatched);
    }

    /// How many rows with a whole key both sides have of these keys.
    pub fn rows(&self) -> [u64; 2] {
        let parts = [&self.matched, &self.unmatched, &self.moving];
        [0, 1].map(|side: usize| {
            let rows = |part: &&Found| part.views.get(View::AsRead).sides[side].rows;
            parts.iter().map(rows).sum()
        })
    }

    /// To be called once, when all keys have been added and looked at.
    pub fn finish(self) -> Whole {
        let moving = self.moving.views.get(View::AsRead).keys();
        let mut found = self.matched;
        found.merge(self.unmatched);
        let if_settled = (moving > 0).then(|| {
            let mut views = found.views.clone();
            views += &all_matched(moving);
            views.finish()
        });
        found.merge(self.moving);
        Whole {
            tallies: found.views.clone().finish(),
            if_settled,
            moving,
            found,
        }
    }
}

/// So many keys, each of them once on both sides and equal.
fn all_matched(keys: u64) -> Tally {
    let side = || SideTally {
        rows: keys,
        keys,
        ..SideTally::default()
    };
    Tally {
        sides: [side(), side()],
        matched: keys,
        covered: keys,
        ..Tally::default()
    }
}

impl Whole {
    pub fn view(&self, view: View) -> &Tally {
        &self.tallies[view as usize]
    }

    /// Every tally, to be changed alike.
    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut Tally> {
        let settled = self.if_settled.iter_mut().flatten();
        self.tallies.iter_mut().chain(settled)
    }

    /// Forgets what only a whole reading of both sides can show.
    pub fn forget_one_sided(&mut self) {
        for tally in self.each_mut() {
            tally.missing = 0;
            tally.extra = 0;
            tally.out_of_scope = 0;
            tally.out_of_scope_rows = 0;
        }
        self.found.missing.clear();
        self.found.extra.clear();
    }
}

/// Whether a row was changed so lately that it may still be on its way: its own
/// time stands behind its columns. `None` where that is not known.
fn is_young(side: Side, row: &[u8], rules: Rules<'_>) -> Option<bool> {
    let Some(young) = rules.watch.young else {
        return Some(false);
    };
    let time = cells(row).nth(rules.tolerances.len());
    let time = time.filter(|cell| cell.tag == tag::TIMESTAMPTZ)?;
    let time = i64::from_be_bytes(time.payload.try_into().ok()?);
    Some(time > young[side.index()])
}
