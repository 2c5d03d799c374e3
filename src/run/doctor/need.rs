//! What a verification is likely to take of memory and disk: no more than an
//! estimate, from what the sides say of their rows.

use super::probe::Probed;

/// A print, and what is kept beside it.
const PRINT: u64 = 40;
/// What a row is taken to need where no side tells.
const ROW: u64 = 1024;

/// What one dataset takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// In memory or on disk, if little differs.
    pub likely: u64,
    /// Where much differs, so that all rows have to be kept.
    pub most: u64,
    /// Mean bytes of a row.
    pub row: u64,
}

/// `None` where no side tells how many rows it has.
pub fn need(sides: [&Probed; 2]) -> Option<Need> {
    let rows = sides.map(|side| side.facts.rows.map(|rows| rows.count));
    let rows = match rows {
        [None, None] => return None,
        [old, new] => [old.or(new)?, new.or(old)?],
    };
    let told = [0, 1].map(|side: usize| {
        let stored = sides[side].facts.bytes?;
        stored.checked_div(rows[side])
    });
    let row = match told {
        [None, None] => ROW,
        [old, new] => old.max(new).unwrap_or(ROW),
    };
    let rows: u64 = rows.iter().sum();
    let prints = rows.saturating_mul(PRINT);
    // Canonical rows have tags and lengths beside what is stored.
    let most = prints.saturating_add(rows.saturating_mul(row / 4 * 5));
    let locates = sides.iter().all(|side| side.locates);
    Some(Need {
        likely: if locates { prints } else { most },
        most,
        row,
    })
}

#[cfg(test)]
#[path = "need_tests.rs"]
mod tests;
