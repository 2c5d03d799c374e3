//! Small questions to the database, answered in the transaction that is read.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use super::fault::fault;
use super::relation::{Relation, checked, quoted};
use crate::error::{Failure, Result};
use crate::source::ask::{Answer, Question, ROWS, no_time};

/// Answers a question about the rows of `relation`.
pub fn ask(
    db: &Connection,
    path: &Path,
    relation: &Relation,
    question: &Question,
) -> Result<Answer> {
    let failed = |error: rusqlite::Error| fault(path, &error);
    let prepare = |sql: &str| db.prepare(sql).map_err(failed);
    let from = relation.all_rows();
    match question {
        Question::Count => number(prepare(&format!("SELECT count(*) FROM {from}"))?, path),
        Question::Repeated(key) if relation.is_unique(key) => Ok(Answer::number(0)),
        Question::Repeated(key) => number(prepare(&repeated(&from, key))?, path),
        Question::CountBy(column) => {
            let column = quoted(column);
            let sql = format!(
                "SELECT {column}, count(*) AS rows FROM {from} GROUP BY 1 ORDER BY 2 DESC, 1"
            );
            rows(prepare(&sql)?, path)
        }
        Question::Since { column, .. } => Err(no_time(column, "of no declared type")),
        Question::Rows { text, name } => rows(checked(db, path, name, text)?, path),
    }
}

fn repeated(from: &str, key: &[String]) -> String {
    let names: Vec<String> = key.iter().map(|name| quoted(name)).collect();
    let whole: Vec<String> = names
        .iter()
        .map(|name| format!("{name} IS NOT NULL"))
        .collect();
    format!(
        "SELECT count(*) FROM (SELECT 1 FROM (SELECT * FROM {from}) WHERE {} GROUP BY {} HAVING count(*) > 1)",
        whole.join(" AND "),
        names.join(", "),
    )
}

fn number(statement: Statement<'_>, path: &Path) -> Result<Answer> {
    let mut answer = rows(statement, path)?;
    answer.columns.clear();
    Ok(answer)
}

fn rows(mut statement: Statement<'_>, path: &Path) -> Result<Answer> {
    let failed = |error: rusqlite::Error| -> Failure { fault(path, &error) };
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut found = Vec::new();
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let cell = |index: usize| row.get_ref(index).map(text);
        let cells: rusqlite::Result<_> = (0..columns.len()).map(cell).collect();
        found.push(cells.map_err(failed)?);
        if found.len() > ROWS {
            break;
        }
    }
    Ok(Answer::of(columns, found))
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Some(format!("({} bytes)", bytes.len())),
    }
}
