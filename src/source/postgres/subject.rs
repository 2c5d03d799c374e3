//! What is to be read: a table or a query, and the condition on its rows.

use std::path::PathBuf;

use crate::error::{Code, Failure, Result};

use super::super::location::Spec;
use super::{name, statement};

/// A table or query with its filter, checked as far as it can be without a server.
pub struct Subject {
    pub rows: Rows,
    /// A condition, without its end.
    pub filter: Option<String>,
    /// The condition of a window of time, which is ours.
    pub window: Option<String>,
}

pub enum Rows {
    /// The parts of its name, one or two.
    Table(Vec<String>),
    Query {
        sql: String,
        file: PathBuf,
    },
}

impl Subject {
    pub fn parse(spec: &Spec) -> Result<Subject> {
        let rows = match (&spec.table, &spec.query) {
            (Some(table), None) => Rows::Table(name::parse(table)?),
            (None, Some(query)) => {
                let what = format!("the query of {}", query.file.display());
                Rows::Query {
                    sql: statement::single(&query.sql, &what)?.to_owned(),
                    file: query.file.clone(),
                }
            }
            (Some(_), Some(_)) => return Err(which("both a table and a query are given")),
            (None, None) => return Err(which("neither a table nor a query is given")),
        };
        let filter = match &spec.filter {
            Some(filter) => Some(statement::single(filter, "the condition (where)")?.to_owned()),
            None => None,
        };
        Ok(Subject {
            rows,
            filter,
            window: None,
        })
    }

    /// The table's name or the query's file.
    pub fn shown(&self) -> String {
        match &self.rows {
            Rows::Table(parts) => shown_name(parts),
            Rows::Query { file, .. } => file.display().to_string(),
        }
    }

    /// What follows `FROM`; `relation` is the table's resolved name.
    pub fn from(&self, relation: &str) -> String {
        self.rows_where(relation, None)
    }

    /// The same with a condition of our own.
    pub fn rows_where(&self, relation: &str, condition: Option<&str>) -> String {
        let window = self.window.as_deref();
        self.rows_that([window, condition].into_iter().flatten(), relation)
    }

    /// Those of the filter's rows that are not in the window.
    pub fn rows_outside(&self, relation: &str) -> Option<String> {
        let outside = format!("({}) IS NOT TRUE", self.window.as_deref()?);
        Some(self.rows_that([&*outside].into_iter(), relation))
    }

    fn rows_that<'a>(&self, ours: impl Iterator<Item = &'a str>, relation: &str) -> String {
        // Line breaks, so that no comment of the user's swallows what is ours.
        let rows = match &self.rows {
            Rows::Table(_) => relation.to_owned(),
            Rows::Query { sql, .. } => format!("(\n{sql}\n) AS q"),
        };
        let theirs = self.filter.iter().map(|filter| format!("(\n{filter}\n)"));
        let ours = ours.map(|condition| format!("({condition})"));
        let conditions: Vec<String> = theirs.chain(ours).collect();
        match conditions.is_empty() {
            true => rows,
            false => format!("{rows} WHERE {}", conditions.join(" AND ")),
        }
    }
}

/// A name as people write it, quoted only where SQL needs that.
pub fn shown_name(parts: &[String]) -> String {
    let plain = |part: &str| {
        let fits =
            |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit() || !c.is_ascii();
        !part.starts_with(|c: char| c.is_ascii_digit()) && part.chars().all(fits)
    };
    let written = parts.iter().map(|part| match plain(part) {
        true => part.clone(),
        false => name::quote(part),
    });
    written.collect::<Vec<_>>().join(".")
}

fn which(why: &str) -> Failure {
    Failure::new(
        Code::Config,
        format!("{why} for a PostgreSQL source"),
        "name a table (table, --table) or the file of a query (query, --old-query, --new-query)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_at_the_end_swallows_nothing() {
        let subject = Subject {
            rows: Rows::Query {
                sql: "SELECT 1 AS a -- one".to_owned(),
                file: PathBuf::from("q.sql"),
            },
            filter: Some("a > 0".to_owned()),
            window: None,
        };
        assert_eq!(
            subject.from(""),
            "(\nSELECT 1 AS a -- one\n) AS q WHERE (\na > 0\n)"
        );
    }

    #[test]
    fn a_window_is_a_condition_more_and_what_is_outside_it_another() {
        let mut subject = Subject {
            rows: Rows::Table(Vec::new()),
            filter: Some("a OR b".to_owned()),
            window: None,
        };
        assert_eq!(subject.rows_outside("t"), None);
        subject.window = Some("w".to_owned());
        assert_eq!(subject.from("t"), "t WHERE (\na OR b\n) AND (w)");
        assert_eq!(
            subject.rows_where("t", Some("k")),
            "t WHERE (\na OR b\n) AND (w) AND (k)"
        );
        let outside = subject.rows_outside("t").unwrap();
        assert_eq!(outside, "t WHERE (\na OR b\n) AND ((w) IS NOT TRUE)");
    }

    #[test]
    fn names_are_quoted_only_where_needed() {
        let shown =
            |parts: &[&str]| shown_name(&parts.iter().map(|&p| p.to_owned()).collect::<Vec<_>>());
        assert_eq!(shown(&["public", "listings"]), "public.listings");
        assert_eq!(shown(&["My", "物件"]), "\"My\".物件");
    }
}
