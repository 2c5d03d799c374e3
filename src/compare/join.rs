//! Pairing the prints of both sides by key.
//!
//! Sort-merge over flat records beats a hash map by a factor of six on two
//! million prints a side and needs no memory beside the records.

use super::Tally;

/// One row in the join: what identifies it, what it says, where it is.
///
/// 48 bytes as six words: `u128` fields would align, and so pad, to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    key: [u64; 2],
    row: [u64; 2],
    /// The source's locator, or an offset in the partition's kept rows.
    pub at: u64,
    /// 62 bits of the print the row has without rules, and two flags.
    plain: u64,
}

/// Some cell that is not of the key does not parse as its type.
const UNREADABLE: u64 = 1;
/// Some cell of the key does not parse as its type.
const UNREADABLE_KEY: u64 = 2;
const FLAGS: u64 = UNREADABLE | UNREADABLE_KEY;

impl Print {
    pub const BYTES: usize = 48;

    pub fn new(key: u128, row: u128, plain: u128, at: u64) -> Self {
        Print {
            key: halves(key),
            row: halves(row),
            at,
            plain: plain as u64 & !FLAGS,
        }
    }

    pub fn with_unreadable(mut self, cells: bool, key: bool) -> Self {
        self.plain |= (u64::from(cells) * UNREADABLE) | (u64::from(key) * UNREADABLE_KEY);
        self
    }

    pub fn key(&self) -> u128 {
        whole(self.key)
    }

    /// The print of the row as compared.
    pub fn row(&self) -> u128 {
        whole(self.row)
    }

    /// Whether both rows are equal as read, cells that do not parse by their bytes.
    pub fn same_row(&self, other: &Print) -> bool {
        self.row == other.row
    }

    /// 62 bits of the row's print without rules.
    pub fn plain(&self) -> u64 {
        self.plain & !FLAGS
    }

    pub fn unreadable(&self) -> bool {
        self.plain & UNREADABLE != 0
    }

    pub fn unreadable_key(&self) -> bool {
        self.plain & UNREADABLE_KEY != 0
    }

    pub fn to_bytes(self) -> [u8; Print::BYTES] {
        let words = [
            self.key[0],
            self.key[1],
            self.row[0],
            self.row[1],
            self.at,
            self.plain,
        ];
        let mut bytes = [0; Print::BYTES];
        for (slot, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *slot = word.to_ne_bytes();
        }
        bytes
    }

    pub fn from_bytes(bytes: &[u8; Print::BYTES]) -> Self {
        let (words, _) = bytes.as_chunks::<8>();
        let word = |index: usize| u64::from_ne_bytes(words[index]);
        Print {
            key: [word(0), word(1)],
            row: [word(2), word(3)],
            at: word(4),
            plain: word(5),
        }
    }
}

fn whole(halves: [u64; 2]) -> u128 {
    u128::from(halves[0]) << 64 | u128::from(halves[1])
}

fn halves(print: u128) -> [u64; 2] {
    [(print >> 64) as u64, print as u64]
}

/// Which keys are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those of both sides.
    #[default]
    All,
    /// Those that the new side has, where it is known to be a part: a dry run
    /// that prints its first hundred rows.
    KeysOfNew,
}

impl Scope {
    pub const ALL: [Scope; 2] = [Scope::All, Scope::KeysOfNew];

    /// As the configuration, the command line and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Scope::All => "all",
            Scope::KeysOfNew => "keys-of-new",
        }
    }
}

/// What the prints alone say of one key. `Undecided` pairs have to be compared
/// cell by cell; `Unclear` keys do not parse, so that nothing is sure of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pairing<'a> {
    Matched {
        by_rules: bool,
    },
    Undecided(&'a Print, &'a Print),
    Missing(&'a Print),
    Extra(&'a Print),
    /// All rows of the key; one of the two may be empty.
    Duplicated(&'a [Print], &'a [Print]),
    /// All rows of a key of old that is not compared.
    OutOfScope(&'a [Print]),
}

impl<'a> Pairing<'a> {
    /// The prints it tells of: old, new.
    pub fn prints(&self) -> [&'a [Print]; 2] {
        let one = std::slice::from_ref;
        match *self {
            Pairing::Matched { .. } => [&[], &[]],
            Pairing::Undecided(old, new) => [one(old), one(new)],
            Pairing::Missing(old) => [one(old), &[]],
            Pairing::Extra(new) => [&[], one(new)],
            Pairing::Duplicated(old, new) => [old, new],
            Pairing::OutOfScope(old) => [old, &[]],
        }
    }
}

/// Calls `each` once for every distinct key of `old` ∪ `new`, in no order that
/// means anything; also says whether the key is one that does not parse.
/// Sorts both slices.
pub fn join(
    old: &mut [Print],
    new: &mut [Print],
    scope: Scope,
    mut each: impl FnMut(Pairing<'_>, bool),
) {
    old.sort_unstable_by_key(|print| print.key);
    new.sort_unstable_by_key(|print| print.key);
    let (mut old, mut new) = (&*old, &*new);
    loop {
        let key = match (old.first(), new.first()) {
            (None, None) => return,
            (Some(one), None) | (None, Some(one)) => one.key,
            (Some(a), Some(b)) => a.key.min(b.key),
        };
        let (left, right) = (take(&mut old, key), take(&mut new, key));
        let unclear = left.iter().chain(right).any(Print::unreadable_key);
        each(pairing(left, right, scope), unclear);
    }
}

/// The run of `key` at the front of `prints`, which it leaves behind.
fn take<'a>(prints: &mut &'a [Print], key: [u64; 2]) -> &'a [Print] {
    let len = prints.iter().take_while(|print| print.key == key).count();
    let (run, rest) = prints.split_at(len);
    *prints = rest;
    run
}

fn pairing<'a>(old: &'a [Print], new: &'a [Print], scope: Scope) -> Pairing<'a> {
    match (old, new) {
        (old, []) if scope == Scope::KeysOfNew => Pairing::OutOfScope(old),
        ([old], []) => Pairing::Missing(old),
        ([], [new]) => Pairing::Extra(new),
        ([old], [new]) if old.row == new.row && !old.unreadable() && !new.unreadable() => {
            Pairing::Matched {
                by_rules: old.plain() != new.plain(),
            }
        }
        ([old], [new]) => Pairing::Undecided(old, new),
        (old, new) => Pairing::Duplicated(old, new),
    }
}

/// Counts the keys and rows of each side, and the outcomes that prints decide.
pub fn count(tally: &mut Tally, pairing: &Pairing<'_>) {
    match pairing {
        Pairing::Matched { by_rules } => {
            tally.matched += 1;
            tally.equal_by_rules += u64::from(*by_rules);
        }
        Pairing::Undecided(..) => {}
        Pairing::Missing(_) => tally.missing += 1,
        Pairing::Extra(_) => tally.extra += 1,
        Pairing::Duplicated(old, new) => {
            tally.duplicated += 1;
            tally.sides[0].duplicated += u64::from(old.len() > 1);
            tally.sides[1].duplicated += u64::from(new.len() > 1);
        }
        Pairing::OutOfScope(old) => {
            tally.out_of_scope += 1;
            tally.out_of_scope_rows += old.len() as u64;
        }
    }
    let rows = match pairing {
        Pairing::Matched { .. } => [1, 1],
        other => other.prints().map(|prints| prints.len() as u64),
    };
    tally.covered += u64::from(!rows.contains(&0));
    for (side, rows) in tally.sides.iter_mut().zip(rows) {
        side.rows += rows;
        side.keys += u64::from(rows > 0);
    }
}
