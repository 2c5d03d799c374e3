//! The counters of a comparison in each view of cells that do not parse, and
//! what becomes in each of keys that do not parse.

use std::ops::AddAssign;

use super::Tally;
use super::cells::{RowDiff, View};
use super::join::{self, Pairing, Scope};

/// One tally a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Views {
    /// Indexed by `View as usize`.
    tallies: [Tally; 3],
    /// Keys that do not parse, as the view of all that is unreadable being equal
    /// would count them; kept apart because there they may all be one key.
    unclear: Tally,
    scope: Scope,
}

impl Views {
    pub fn new(columns: usize, scope: Scope) -> Views {
        Views {
            tallies: View::ALL.map(|_| Tally::new(columns)),
            unclear: Tally::new(columns),
            scope,
        }
    }

    /// Empty ones of the same columns.
    pub fn emptied(&self) -> Views {
        Views::new(self.unclear.columns.len(), self.scope)
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
        let scope = self.scope;
        let different = &mut self.tallies[View::AllDifferent as usize];
        match *pairing {
            Pairing::Matched { by_rules } => {
                different.matched -= 1;
                different.equal_by_rules -= u64::from(by_rules);
                different.covered -= 1;
                only_old(different, scope, 1);
                different.extra += 1;
            }
            Pairing::Undecided(..) => {
                different.covered -= 1;
                only_old(different, scope, 1);
                different.extra += 1;
            }
            Pairing::Missing(_) | Pairing::Extra(_) => {}
            Pairing::Duplicated(old, new) => {
                different.duplicated -= 1;
                different.covered -= u64::from(!old.is_empty() && !new.is_empty());
                for (side, rows) in different.sides.iter_mut().zip([old, new]) {
                    side.duplicated -= u64::from(rows.len() > 1);
                    side.keys += (rows.len() as u64).saturating_sub(1);
                }
                only_old(different, scope, old.len() as u64);
                different.extra += new.len() as u64;
            }
            Pairing::OutOfScope(old) => {
                let more = old.len() as u64 - 1;
                different.out_of_scope += more;
                different.sides[0].keys += more;
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
        let [old, new] = unclear
            .sides
            .each_ref()
            .map(|side| side.keys > 1 || side.duplicated > 0);
        let several = [old || repeats_out_of_scope(&unclear), new];
        if several.contains(&true) {
            one_for_all(equal, &unclear, several);
            return self.tallies;
        }
        let doubtful = unclear.extra > 0 && repeats_out_of_scope(equal);
        *equal += &unclear;
        let alone = unclear.missing + unclear.out_of_scope + unclear.extra > 0;
        if alone && equal.missing + equal.out_of_scope > 0 && equal.extra > 0 {
            pair_up(equal, doubtful);
        }
        self.tallies
    }
}

/// Counts keys that only old has, each of one row.
fn only_old(tally: &mut Tally, scope: Scope, keys: u64) {
    match scope {
        Scope::All => tally.missing += keys,
        Scope::KeysOfNew => {
            tally.out_of_scope += keys;
            tally.out_of_scope_rows += keys;
        }
    }
}

/// Whether a key of old that is out of scope occurs more than once.
fn repeats_out_of_scope(tally: &Tally) -> bool {
    tally.out_of_scope_rows > tally.out_of_scope
}

/// Counts all keys that do not parse as one that occurs more than once.
fn one_for_all(equal: &mut Tally, unclear: &Tally, several: [bool; 2]) {
    equal.duplicated += 1;
    let both = unclear.sides.iter().all(|side| side.keys > 0);
    equal.covered += u64::from(both);
    for ((mine, theirs), several) in equal.sides.iter_mut().zip(&unclear.sides).zip(several) {
        mine.rows += theirs.rows;
        mine.keys += u64::from(theirs.keys > 0);
        mine.duplicated += u64::from(several);
    }
}

/// Takes a key that only one side has for one that only the other has; where
/// that one may occur more than once, so does this.
fn pair_up(equal: &mut Tally, doubtful: bool) {
    equal.extra -= 1;
    match equal.missing {
        0 => {
            equal.out_of_scope -= 1;
            equal.out_of_scope_rows -= 1;
        }
        _ => equal.missing -= 1,
    }
    equal.covered += 1;
    match doubtful {
        true => {
            equal.duplicated += 1;
            equal.sides[0].duplicated += 1;
        }
        false => equal.matched += 1,
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
