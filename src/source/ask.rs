//! Small questions that a server answers by itself, without sending its rows:
//! what an engineer in a hurry wants to know first.

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::error::{Code, Failure, Result};

/// An answer holds so many rows at most.
pub const ROWS: usize = 50;

/// What may be asked. Columns by the source's own names.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// How many rows there are.
    Count,
    /// How many values of these columns occur more than once.
    Repeated(Vec<String>),
    /// How many rows there are of each value of a column, the most first.
    CountBy(String),
    /// How many rows have a time in this column that is not before `moment`.
    Since { column: String, moment: Moment },
    /// The rows of a query of the user's own, in the source's own words.
    Rows { text: String, name: String },
}

/// A point in time, for columns with a zone and for those without.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub instant: Timestamp,
    /// What the clock showed that a column without a zone was written by, where
    /// that is known.
    pub clock: Option<DateTime>,
}

/// The answer as text, NULL as `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Empty where the answer is one number, or has no row.
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there are more rows than these.
    pub cut: bool,
}

impl Answer {
    pub fn number(number: u64) -> Answer {
        Answer {
            rows: vec![vec![Some(number.to_string())]],
            ..Answer::default()
        }
    }

    /// Some rows, of which one more than [`ROWS`] was asked for.
    pub fn of(columns: Vec<String>, mut rows: Vec<Vec<Option<String>>>) -> Answer {
        let cut = rows.len() > ROWS;
        rows.truncate(ROWS);
        Answer { columns, rows, cut }
    }

    /// The number, where the answer is one.
    pub fn as_number(&self) -> Option<u64> {
        match &self.rows[..] {
            [row] => row.first()?.as_deref()?.parse().ok(),
            _ => None,
        }
    }
}

impl Moment {
    /// As a column without a zone has it.
    pub fn zoneless(&self, column: &str) -> Result<DateTime> {
        self.clock.ok_or_else(|| {
            Failure::new(
                Code::Config,
                format!("`{column}` has no time zone, so it is not known which of its times came before {}", self.instant),
                format!("give the column a `timezone`, or write `since` as its own clock shows it ({})", example()),
            )
        })
    }
}

fn example() -> &'static str {
    "2026-11-26 03:00"
}

/// What is asked of a source that takes no queries.
pub fn no_queries(place: &str) -> Failure {
    Failure::new(
        Code::Config,
        format!("{place} is nothing that takes a query"),
        "Leave the query out for this side",
    )
}

/// A column in which nothing can be looked for by time.
pub fn no_time(column: &str, what: &str) -> Failure {
    Failure::new(
        Code::Config,
        format!("`{column}` is {what}: the server cannot look in it for what changed since a time"),
        "name a timestamp column as rollback.updated_at",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whether_it_is_all() {
        let row = |n: usize| vec![Some(n.to_string())];
        let whole = Answer::of(vec!["n".to_owned()], (0..ROWS).map(row).collect());
        assert!(!whole.cut);
        let more = Answer::of(vec!["n".to_owned()], (0..=ROWS).map(row).collect());
        assert!(more.cut);
        assert_eq!(more.rows.len(), ROWS);
        assert_eq!(Answer::number(2505).as_number(), Some(2505));
        assert_eq!(whole.as_number(), None);
        assert_eq!(Answer::default().as_number(), None);
    }

    #[test]
    fn a_column_without_a_zone_needs_its_clock() {
        let instant = "2026-11-25T18:00:00Z".parse().unwrap();
        let typed = Moment {
            instant,
            clock: Some("2026-11-26T03:00".parse().unwrap()),
        };
        let shown = typed.zoneless("updated_at").unwrap().to_string();
        assert_eq!(shown, "2026-11-26T03:00:00");
        let ago = Moment {
            instant,
            clock: None,
        };
        assert_eq!(ago.zoneless("updated_at").unwrap_err().code, Code::Config);
    }
}
