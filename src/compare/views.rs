//! The counters of a comparison in each view of cells that do not parse, and
//! what becomes in each of keys that do not parse.

use std::ops::AddAssign;

use super::Tally;
use super::cells::{RowDiff, View};
use super::join::{self, Pairing};

/// One tally a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Views {
    /// Indexed by `View as usize`.
    tallies: [Tally; 3],
    /// Keys that do not parse, as the view of all that is unreadable being equal
    /// would count them; kept apart because there they may all be one key.
    unclear: Tally,
}

impl Views {
    pub fn new(columns: usize) -> Views {
        Views {
            tallies: View::ALL.map(|_| Tally::new(columns)),
            unclear: Tally::new(columns),
        }
    }

    /// Empty ones of the same columns.
    pub fn emptied(&self) -> Views {
        Views::new(self.unclear.columns.len())
    }

    pub fn get(&self, view: View) -> &Tally {
        &self.tallies[view as usize]
    }

    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut Tally> {
        self.tallies.iter_mut()
    }

    /// Counts one key of which only the prints are at hand; an undecided pair
    /// counts as neither matched nor differing.
    pub fn count(&mut self, pairing: &Pairing<'_>, unclear: bool) {
        for view in View::ALL {
            join::count(self.tally(view, unclear), pairing);
        }
        if unclear {
            self.count_different(pairing);
        }
    }

    /// Counts what a compared pair of rows is, beside [`Views::count`].
    pub fn count_pair(&mut self, diff: &RowDiff, by_rules: bool, unclear: bool) {
        for view in View::ALL {
            if !(unclear && view == View::AllDifferent) {
                diff.count(view, by_rules, self.tally(view, unclear));
            }
        }
    }

    /// Where a key is counted in a view.
    fn tally(&mut self, view: View, unclear: bool) -> &mut Tally {
        match (view, unclear) {
            (View::AllEqual, true) => &mut self.unclear,
            _ => &mut self.tallies[view as usize],
        }
    }

    /// A key that does not parse is, all being different, equal to no other.
    fn count_different(&mut self, pairing: &Pairing<'_>) {
        let different = &mut self.tallies[View::AllDifferent as usize];
        match *pairing {
            Pairing::Matched { by_rules } => {
                different.matched -= 1;
                different.equal_by_rules -= u64::from(by_rules);
                different.missing += 1;
                different.extra += 1;
            }
            Pairing::Undecided(..) => {
                different.missing += 1;
                different.extra += 1;
            }
            Pairing::Missing(_) | Pairing::Extra(_) => {}
            Pairing::Duplicated(old, new) => {
                different.duplicated -= 1;
                different.sides[0].duplicated -= u64::from(old.len() > 1);
                different.sides[1].duplicated -= u64::from(new.len() > 1);
                different.missing += old.len() as u64;
                different.extra += new.len() as u64;
            }
        }
    }

    /// To be called once, when all keys have been added: settles keys that do
    /// not parse for the view in which all that is unreadable is equal. Several
    /// on a side are then one key that occurs more than once; a single one may
    /// be that of a row which only the other side has. (Of a key of several
    /// columns that is more than their readable part may allow: an alarm, never
    /// a false PASS.)
    pub fn finish(mut self) -> [Tally; 3] {
        let unclear = self.unclear;
        let equal = &mut self.tallies[View::AllEqual as usize];
        let several = unclear
            .sides
            .each_ref()
            .map(|side| side.keys > 1 || side.duplicated > 0);
        if several.contains(&true) {
            equal.duplicated += 1;
            for ((mine, theirs), several) in equal.sides.iter_mut().zip(&unclear.sides).zip(several)
            {
                mine.rows += theirs.rows;
                mine.keys += u64::from(theirs.keys > 0);
                mine.duplicated += u64::from(several);
            }
            return self.tallies;
        }
        *equal += &unclear;
        let alone = unclear.missing + unclear.extra > 0;
        if alone && equal.missing > 0 && equal.extra > 0 {
            equal.matched += 1;
            equal.missing -= 1;
            equal.extra -= 1;
        }
        self.tallies
    }
}

impl AddAssign<&Views> for Views {
    fn add_assign(&mut self, other: &Views) {
        for (mine, theirs) in self.tallies.iter_mut().zip(&other.tallies) {
            *mine += theirs;
        }
        self.unclear += &other.unclear;
    }
}

/// The same addition to every view.
impl AddAssign<&Tally> for Views {
    fn add_assign(&mut self, other: &Tally) {
        self.tallies.iter_mut().for_each(|mine| *mine += other);
    }
}
