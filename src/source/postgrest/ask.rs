//! Small questions to PostgREST: what it counts by itself, and a few rows of
//! another table. It groups nothing unless its owner lets it.

use url::form_urlencoded;

use super::access::Access;
use super::answer::{self, Refusal};
use super::client::{Client, Request};
use super::columns::Item;
use super::keyset::{self, Pair};
use super::{no_rest, page, read, runtime, split_table};
use crate::error::{Code, Failure, Result};
use crate::source::ask::{Answer, Moment, Question, ROWS, no_time};
use crate::source::location::{Location, Spec};
use crate::source::records::Shape;
use crate::source::records::decode::walk;
use crate::source::records::string::{Span, Text};
use crate::source::records::visit::{Scan, Value, Visit};
use crate::source::text::Origin;
use crate::source::{Column, Context, Schema};
use crate::value::Type;

/// The rows of a query of the user's own, over a connection of its own.
pub fn rows(spec: &Spec, text: &str, name: &str, context: &Context) -> Result<Answer> {
    let Location::Rest(root) = &spec.location else {
        return Err(no_rest());
    };
    let (table, query) = request(text, name)?;
    let (profile, table) = split_table(table);
    let access = Access::new(root, &spec.rest)?;
    let client = Client::new(&access, profile.as_deref(), spec, context)?;
    runtime()?.block_on(get(&client, &table, query))
}

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
            Question::Rows { text, name } => {
                let (table, query) = request(text, name)?;
                get(self.client, table, query).await.map(Some)
            }
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
        let answer = get(self.client, self.table, query).await;
        answer.map_err(|mut failure| {
            failure.next = "PostgREST groups rows only with db-aggregates-enabled: leave group_by out, or read this side from the database (postgres://…)".to_owned();
            failure
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

/// `TABLE?select=…&condition`, as it would stand in the URL.
fn request<'t>(text: &'t str, name: &str) -> Result<(&'t str, Vec<Pair>)> {
    let (table, query) = text.split_once('?').unwrap_or((text, ""));
    let table = table.trim();
    if table.is_empty() || table.contains(|c: char| c.is_whitespace() || "/=".contains(c)) {
        return Err(Failure::new(
            Code::Config,
            format!("{name} is no request that PostgREST reads"),
            "write it as TABLE?select=COLUMN,COLUMN&COLUMN=eq.VALUE: this side is read by its API, which takes no SQL",
        ));
    }
    let pairs = form_urlencoded::parse(query.trim_end().as_bytes()).into_owned();
    Ok((table, pairs.collect()))
}

async fn get(client: &Client, table: &str, mut query: Vec<Pair>) -> Result<Answer> {
    if !query.iter().any(|(name, _)| name == "limit") {
        query.push(("limit".to_owned(), (ROWS + 1).to_string()));
    }
    let request = Request {
        table: Some(table),
        query,
        ..Request::default()
    };
    let answer = client.ask(&request).await.map_err(Refusal::failure)?;
    table_of(answer, &Origin::named(client.shown(&request)))
}

/// A page as a table, with the text of every cell as it came.
fn table_of(answer: answer::Answer, origin: &Origin) -> Result<Answer> {
    let chunk = page::chunk(answer, origin)?;
    let mut table = Table {
        bytes: &chunk.bytes,
        columns: Vec::new(),
        row: Vec::new(),
        rows: Vec::new(),
    };
    walk(&chunk, Shape::Array, origin, &mut table)?;
    let Table {
        columns, mut rows, ..
    } = table;
    rows.iter_mut()
        .for_each(|row| row.resize(columns.len(), None));
    Ok(Answer::of(columns, rows))
}

/// The rows of a page, whose columns are told by their records.
struct Table<'c> {
    bytes: &'c [u8],
    columns: Vec<String>,
    row: Vec<Option<String>>,
    rows: Vec<Vec<Option<String>>>,
}

impl Visit for Table<'_> {
    fn number(&mut self, name: &[u8]) -> usize {
        let name = String::from_utf8_lossy(name).into_owned();
        let known = self.columns.iter().position(|column| *column == name);
        known.unwrap_or_else(|| {
            self.columns.push(name);
            self.columns.len() - 1
        })
    }

    fn member(&mut self, place: usize, _: Text, value: Value) -> Scan {
        let width = self.row.len().max(place + 1);
        self.row.resize(width, None);
        self.row[place] = page::shown(self.bytes, value);
        Ok(())
    }

    fn record(&mut self, _: Span) {
        self.rows.push(std::mem::take(&mut self.row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_become_rows_whatever_their_fields() {
        let page = |body: &str| {
            let body = body.as_bytes().to_vec();
            let answer = answer::Answer {
                body,
                ..Default::default()
            };
            table_of(answer, &Origin::named("t"))
        };
        let answer = page(r#"[{"state":"idle","n":1.50}, {"state":null,"more":[1,2]}]"#).unwrap();
        assert_eq!(answer.columns, ["state", "n", "more"]);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(answer.rows[0], [text("idle"), text("1.50"), None]);
        assert_eq!(answer.rows[1], [None, None, text("[1,2]")]);
        assert!(page("{}").is_err());
    }
}
