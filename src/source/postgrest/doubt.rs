//! What speaks against what was received being all there is: counts that do not
//! add up, and a role from which rows may be hidden.

use super::access::Access;
use super::read::Counted;
use crate::error::{Code, Failure};

/// The server's own counts, before and after, beside what came.
pub struct Sum<'a> {
    pub place: &'a str,
    pub counted: Counted,
    pub before: u64,
    pub after: u64,
    /// Whether rows may come and go meanwhile.
    pub moves: bool,
}

impl Sum<'_> {
    /// The first thing that does not add up.
    pub fn doubt(&self, access: &Access, role: Option<&str>) -> Option<Failure> {
        let steady = self.before == self.after
            && self.counted.rows == self.before
            && self.counted.unsent == 0;
        if steady || self.in_flight() {
            return access.may_hide_rows(role);
        }
        let failure = if self.counted.unsent > 0 {
            self.keyless()
        } else if self.before != self.after {
            self.changed()
        } else {
            self.short()
        };
        Some(failure.transient())
    }

    /// Whether rows that came or went while it was read explain the counts. Pages
    /// go by the key's order, so every row that was there throughout has come;
    /// the others are looked at again.
    fn in_flight(&self) -> bool {
        let (least, most) = (self.before.min(self.after), self.before.max(self.after));
        let within = (least..=most).contains(&self.counted.rows);
        self.moves && self.before != self.after && within && self.counted.unsent == 0
    }

    /// What the user should know of a side that counts as whole.
    pub fn warning(&self) -> Option<String> {
        self.in_flight().then(|| {
            format!(
                "rows came or went while it was read: the server counted {} before and {} after, and {} were received",
                self.before, self.after, self.counted.rows
            )
        })
    }

    fn keyless(&self) -> Failure {
        let unsent = self.counted.unsent;
        Failure::new(
            Code::RowsShort,
            format!(
                "{}: rows without a key cannot be read in pages, and {unsent} of them were not sent",
                self.place
            ),
            "give every row a key, or leave such rows out with `where`",
        )
    }

    fn changed(&self) -> Failure {
        Failure::new(
            Code::SourceChanged,
            format!(
                "{}: rows changed while they were read: the server counted {} before and {} after, and {} were received",
                self.place, self.before, self.after, self.counted.rows
            ),
            "run again while nothing writes to it, or with --recheck",
        )
    }

    fn short(&self) -> Failure {
        Failure::new(
            Code::RowsShort,
            format!(
                "{}: the server counts {} rows, and {} were received: rows moved while they were read, or something cuts pages short or repeats them (a cap on rows, a cache)",
                self.place, self.before, self.counted.rows
            ),
            "run again while nothing writes to it; if it stays so, look at what stands between shadowgate and PostgREST",
        )
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::source::location::RestOptions;

    fn doubt(rows: u64, unsent: u64, before: u64, after: u64) -> Option<Code> {
        sum(rows, unsent, before, after, false)
    }

    fn sum(rows: u64, unsent: u64, before: u64, after: u64, moves: bool) -> Option<Code> {
        let root = Url::parse("https://x.example").unwrap();
        let access = Access::new(&root, &RestOptions::default()).unwrap();
        let sum = Sum {
            place: "t",
            counted: Counted {
                rows,
                unsent,
                ..Counted::default()
            },
            before,
            after,
            moves,
        };
        let admitted = before != after && sum.doubt(&access, Some("anon")).is_none();
        assert_eq!(sum.warning().is_some(), admitted);
        sum.doubt(&access, Some("anon")).map(|failure| failure.code)
    }

    #[test]
    fn only_three_equal_counts_add_up() {
        assert_eq!(doubt(5, 0, 5, 5), None);
        assert_eq!(doubt(5, 0, 6, 6), Some(Code::RowsShort));
        assert_eq!(doubt(6, 0, 5, 5), Some(Code::RowsShort));
        assert_eq!(doubt(5, 0, 5, 6), Some(Code::SourceChanged));
        assert_eq!(doubt(5, 0, 4, 5), Some(Code::SourceChanged));
        assert_eq!(doubt(5, 3, 8, 8), Some(Code::RowsShort));
        assert_eq!(doubt(5, 1, 5, 5), Some(Code::RowsShort));
    }

    #[test]
    fn movement_explains_counts_that_changed_and_no_others() {
        let doubt = |rows, before, after| sum(rows, 0, before, after, true);
        for rows in 4..=6 {
            assert_eq!((doubt(rows, 4, 6), doubt(rows, 6, 4)), (None, None));
        }
        assert_eq!(doubt(3, 4, 6), Some(Code::SourceChanged));
        assert_eq!(doubt(7, 4, 6), Some(Code::SourceChanged));
        assert_eq!(doubt(4, 5, 5), Some(Code::RowsShort));
        assert_eq!(sum(5, 1, 4, 6, true), Some(Code::RowsShort));
    }
}
