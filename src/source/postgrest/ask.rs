//! Small questions to PostgREST: what it counts by itself, and a few rows of
//! another table. It groups nothing unless its owner lets it.

use serde_json::Value;
use url::form_urlencoded;

use super::answer::Refusal;
use super::client::{Client, Request};
use super::columns::Item;
use super::keyset::{self, Pair};
use super::read;
use crate::error::{Code, Failure, Result};
use crate::source::ask::{Answer, Moment, Question, ROWS, no_time};
use crate::source::{Column, Schema};
use crate::value::Type;

/// Who is asked, and about which rows.
pub struct Asking<'a> {
    pub client: &'a Client,
    pub table: &'a str,
    pub filter: &'a [Pair],
    pub select: &'a [Item],
    pub schema: &'a Schema,
    /// Where the columns' own names are to be had from.
    pub own: &'a dyn Fn(&str) -> Result<String>,
}

impl Asking<'_> {
    /// `None`: only reading the rows would tell.
    pub async fn ask(&self, question: &Question) -> Result<Option<Answer>> {
        match question {
            Question::Count => self.count(&[]).await.map(Some),
            Question::Repeated(key) => Ok(self.is_unique(key).then(|| Answer::number(0))),
            Question::CountBy(column) => self.count_by(column).await.map(Some),
            Question::Since { column, moment } => {
                let limit = format!("gte.{}", self.limit(column, moment)?);
                let own = (self.own)(column)?;
                self.count(&[(keyset::name(&own), limit)]).await.map(Some)
            }
            Question::Rows { text, name } => self.rows(text, name).await.map(Some),
        }
    }

    async fn count(&self, more: &[Pair]) -> Result<Answer> {
        let filter = [self.filter, more].concat();
        let rows = read::count(self.client, self.table, &filter, self.select).await?;
        Ok(Answer::number(rows))
    }

    fn is_unique(&self, key: &[String]) -> bool {
        let unique = self.schema.key.as_ref();
        unique.is_some_and(|unique| unique.iter().all(|column| key.contains(column)))
    }

    async fn count_by(&self, column: &str) -> Result<Answer> {
        let own = keyset::name(&(self.own)(column)?);
        let mut query = self.filter.to_vec();
        query.push(("select".to_owned(), format!("{own},rows:count()")));
        query.push(("order".to_owned(), "rows.desc".to_owned()));
        let answer = self.get(self.table, query).await;
        answer.map_err(|mut failure| {
            failure.next = "PostgREST groups rows only with db-aggregates-enabled: leave group_by out, or read this side from the database (postgres://…)".to_owned();
            failure
        })
    }

    /// `TABLE?select=…&condition`, as it would stand in the URL.
    async fn rows(&self, text: &str, name: &str) -> Result<Answer> {
        let (table, query) = text.split_once('?').unwrap_or((text, ""));
        let table = table.trim();
        if table.is_empty() || table.contains(char::is_whitespace) {
            return Err(Failure::new(
                Code::Config,
                format!("{name} is no request that PostgREST reads"),
                "write it as TABLE?select=COLUMN,COLUMN&COLUMN=eq.VALUE: this side is read by its API, which takes no SQL",
            ));
        }
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        self.get(table, pairs.collect()).await
    }

    async fn get(&self, table: &str, mut query: Vec<Pair>) -> Result<Answer> {
        if !query.iter().any(|(name, _)| name == "limit") {
            query.push(("limit".to_owned(), (ROWS + 1).to_string()));
        }
        let request = Request {
            table: Some(table),
            query,
            ..Request::default()
        };
        let asked = self.client.ask(&request).await;
        let body = asked.map_err(Refusal::failure)?.body;
        table_of(&body).ok_or_else(|| {
            let why = format!(
                "{}: the answer is no list of rows",
                self.client.shown(&request)
            );
            Failure::new(
                Code::Malformed,
                why,
                "check what stands between shadowgate and PostgREST",
            )
        })
    }

    /// The time as the column's own type has it.
    fn limit(&self, column: &str, moment: &Moment) -> Result<String> {
        let find = |known: &&Column| known.name == column;
        let found = self.schema.columns.iter().find(find);
        let declared = found.and_then(|found| found.declared.as_ref());
        match declared.map(|declared| (&declared.ty, &declared.name)) {
            Some((Type::TimestampTz, _)) => Ok(moment.instant.to_string()),
            Some((Type::Timestamp, _)) => Ok(moment.zoneless(column)?.to_string()),
            Some((_, name)) => Err(no_time(column, &format!("of type {name}"))),
            None => Err(no_time(column, "of no declared type")),
        }
    }
}

/// An array of objects as a table.
fn table_of(body: &[u8]) -> Option<Answer> {
    let records: Vec<serde_json::Map<String, Value>> = serde_json::from_slice(body).ok()?;
    let mut columns: Vec<String> = Vec::new();
    for name in records.iter().flat_map(|record| record.keys()) {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let row = |record: &serde_json::Map<String, Value>| {
        let cells = columns.iter().map(|name| match record.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        });
        cells.collect()
    };
    let rows = records.iter().map(row).collect();
    Some(Answer::of(columns, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_become_rows_whatever_their_fields() {
        let body = r#"[{"state":"idle","n":1.50}, {"state":null,"more":[1,2]}]"#;
        let answer = table_of(body.as_bytes()).unwrap();
        assert_eq!(answer.columns, ["state", "n", "more"]);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(answer.rows[0], [text("idle"), text("1.5"), None]);
        assert_eq!(answer.rows[1], [None, None, text("[1,2]")]);
        assert!(table_of(b"{}").is_none());
    }
}
