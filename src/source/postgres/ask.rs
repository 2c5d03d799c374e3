//! Small questions to the server, answered in the snapshot that is read.

use crate::error::{Failure, Result};
use crate::source::Context;
use crate::source::ask::{Answer, Moment, Question, ROWS, no_time};
use crate::source::location::{Location, Spec};
use crate::value::Type;

use super::address::Address;
use super::catalog::Catalog;
use super::name::{literal, quote};
use super::session::Session;
use super::{no_postgres, statement};

/// Answers a question about the rows that `from` (what follows FROM) gives.
pub fn ask(
    session: &mut Session,
    catalog: &Catalog,
    from: &str,
    question: &Question,
) -> Result<Answer> {
    match question {
        Question::Count => count(session, from).map(Answer::number),
        Question::Repeated(key) if is_unique(catalog, key) => Ok(Answer::number(0)),
        Question::Repeated(key) => number(session, &repeated(from, key)).map(Answer::number),
        Question::CountBy(column) => table(session, &count_by(from, column)),
        Question::Since { column, moment } => {
            let limit = limit(catalog, column, moment)?;
            let column = quote(column);
            let inner = format!("SELECT {column} AS v FROM {from}");
            let sql = format!("SELECT count(*) FROM ({inner}) AS s WHERE s.v >= {limit}");
            number(session, &sql).map(Answer::number)
        }
        Question::Rows { text, name } => of_query(session, text, name),
    }
}

/// The rows of a query, over a connection of its own.
pub fn rows(spec: &Spec, text: &str, name: &str, context: &Context) -> Result<Answer> {
    let Location::Postgres(url) = &spec.location else {
        return Err(no_postgres());
    };
    let address = Address::parse(url, spec.sslrootcert.as_deref())?;
    let mut session = Session::open(&address, spec, &context.stop)?;
    of_query(&mut session, text, name)
}

/// The session's transaction can only read, whatever the query calls.
fn of_query(session: &mut Session, text: &str, name: &str) -> Result<Answer> {
    let query = statement::single(text, name)?;
    // Line breaks, so that no comment of the user's swallows what is ours.
    let sql = format!("SELECT * FROM (\n{query}\n) AS q LIMIT {}", ROWS + 1);
    table(session, &sql)
}

/// How many rows there are.
pub fn count(session: &mut Session, from: &str) -> Result<u64> {
    number(session, &format!("SELECT count(*) FROM {from}"))
}

fn number(session: &mut Session, sql: &str) -> Result<u64> {
    let found = table(session, &format!("SELECT ({sql})::pg_catalog.text"))?;
    let found = found.as_number();
    found.ok_or_else(|| session.unexpected("a number"))
}

fn table(session: &mut Session, sql: &str) -> Result<Answer> {
    let (columns, rows) = session.table(sql)?;
    Ok(Answer::of(columns, rows))
}

/// Whether a key or unique index of the table keeps these from occurring twice.
fn is_unique(catalog: &Catalog, key: &[String]) -> bool {
    let unique = catalog.schema().key.as_ref();
    unique.is_some_and(|unique| unique.iter().all(|column| key.contains(column)))
}

fn repeated(from: &str, key: &[String]) -> String {
    let name = |index: usize| format!("k{index}");
    let list: Vec<String> = (0..key.len())
        .map(|index| format!("{} AS {}", quote(&key[index]), name(index)))
        .collect();
    let names: Vec<String> = (0..key.len()).map(name).collect();
    let whole: Vec<String> = names
        .iter()
        .map(|name| format!("{name} IS NOT NULL"))
        .collect();
    format!(
        "SELECT count(*) FROM (SELECT 1 FROM (SELECT {} FROM {from}) AS s WHERE {} GROUP BY {} HAVING count(*) > 1) AS d",
        list.join(", "),
        whole.join(" AND "),
        names.join(", "),
    )
}

fn count_by(from: &str, column: &str) -> String {
    format!(
        "SELECT s.v::pg_catalog.text AS {column}, count(*) AS rows FROM (SELECT {column} AS v FROM {from}) AS s
          GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {}",
        ROWS + 1,
        column = quote(column),
    )
}

/// The time as a constant of the column's own type.
fn limit(catalog: &Catalog, column: &str, moment: &Moment) -> Result<String, Failure> {
    let columns = &catalog.schema().columns;
    let found = columns.iter().find(|found| found.name == column);
    let declared = found.and_then(|found| found.declared.as_ref());
    match declared.map(|declared| (&declared.ty, &declared.name)) {
        Some((Type::TimestampTz, _)) => Ok(format!(
            "{}::pg_catalog.timestamptz",
            literal(&moment.instant.to_string())
        )),
        Some((Type::Timestamp, _)) => Ok(format!(
            "{}::pg_catalog.timestamp",
            literal(&moment.zoneless(column)?.to_string())
        )),
        Some((_, name)) => Err(no_time(column, &format!("of type {name}"))),
        None => Err(no_time(column, "no column of this side")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_null_is_no_key() {
        let key = ["a\"b".to_owned(), "番号".to_owned()];
        let sql = repeated("t", &key);
        assert!(sql.contains("\"a\"\"b\" AS k0, \"番号\" AS k1"), "{sql}");
        assert!(sql.contains("k0 IS NOT NULL AND k1 IS NOT NULL"), "{sql}");
        assert!(count_by("t", "a b").contains("AS \"a b\""));
    }
}
