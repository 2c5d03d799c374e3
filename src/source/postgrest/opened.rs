//! What is known before a row is read: which columns there are, of which types,
//! the key, and how many rows the server counts.

use super::answer::Refusal;
use super::client::{Client, Request};
use super::columns::{self, Item};
use super::description::{Definition, Description};
use super::keyset::Pair;
use super::{page, read};
use crate::error::{Code, Failure, Result};
use crate::source::text::Origin;
use crate::source::{Column, Declared, Form, Schema, Undeclared, Want};
use crate::value::Type;

const UNDESCRIBED: &str = "PostgREST describes no such table at its root: column types come from the other side or the configuration";

/// What the server said before any row was read.
pub struct Opened {
    pub engine: String,
    pub items: Vec<Item>,
    pub schema: Schema,
    /// The table's own primary key.
    pub key: Option<Vec<String>>,
    /// How many rows there are.
    pub count: u64,
    /// The schema that answers, where the API serves several.
    pub served_from: Option<String>,
}

/// A table that is about to be opened.
pub struct Opening<'a> {
    pub client: &'a Client,
    pub table: &'a str,
    pub filter: &'a [Pair],
    pub select: &'a [Item],
    pub origin: Origin,
    /// Whether the schema is asked for by its name.
    pub named_schema: bool,
}

impl Opening<'_> {
    pub async fn open(&self) -> Result<Opened> {
        let (description, version) = self.describe().await?;
        let table = description.as_ref().and_then(|it| it.table(self.table));
        let (sent, mut served_from) = self.columns_of_a_row(description.as_ref()).await?;
        if self.named_schema && !self.is_one_of_several().await? {
            served_from = None;
        }
        let mut known = table.map(Definition::columns).unwrap_or_default();
        let mut warnings = Vec::new();
        match table {
            None => warnings.push(UNDESCRIBED.to_owned()),
            // Under the names that `select` gives them there is nothing to compare.
            Some(_) if !self.select.is_empty() => {}
            Some(_) => warnings.extend(add_undescribed(&mut known, &sent)),
        }
        if known.is_empty() {
            known = sent;
        }
        let count = read::count(self.client, self.table, self.filter, self.select).await?;
        let items: Vec<Item> = match self.select {
            [] => known
                .iter()
                .map(|column| Item::plain(&column.name))
                .collect(),
            named => named.to_vec(),
        };
        let key = table.and_then(Definition::key);
        let schema = Schema {
            columns: items.iter().map(|item| column(item, &known)).collect(),
            key: key.as_ref().and_then(|key| names_of(&items, key)),
            estimate: Some(count),
            now: None,
            warnings,
            undeclared: Undeclared::Json,
            form: Form::Json,
        };
        Ok(Opened {
            engine: version.map_or("PostgREST".to_owned(), |it| format!("PostgREST {it}")),
            items,
            schema,
            key,
            count,
            served_from,
        })
    }

    /// Of the schema that was asked for, whether there is any other: an API of one
    /// schema serves the same table to who names none.
    async fn is_one_of_several(&self) -> Result<bool> {
        let request = Request {
            table: Some(self.table),
            query: columns::no_rows(self.select),
            unnamed: true,
            ..Request::default()
        };
        match self.client.ask(&request).await {
            Ok(answer) => Ok(answer.schema.is_some()),
            Err(refusal @ Refusal::Passing(..)) => Err(refusal.failure()),
            Err(_) => Ok(true),
        }
    }

    /// The description at the root, where there is one to be had.
    async fn describe(&self) -> Result<(Option<Description>, Option<String>)> {
        match self.client.ask(&Request::default()).await {
            Ok(answer) => {
                let description = Description::parse(&answer.body);
                let version = description.as_ref().and_then(Description::version);
                let server = answer.server.as_deref();
                let named = server.and_then(|server| server.strip_prefix("postgrest/"));
                let version = version.or(named).map(str::to_owned);
                Ok((description, version))
            }
            // Some deployments do not serve it, or not to this role.
            Err(Refusal::Final(failure)) if !failure.transient => {
                tracing::debug!(%failure, "no description");
                Ok((None, None))
            }
            Err(refusal) => Err(refusal.failure()),
        }
    }

    /// The columns of any one row, without types, and the schema that it is from.
    async fn columns_of_a_row(
        &self,
        description: Option<&Description>,
    ) -> Result<(Vec<Column>, Option<String>)> {
        let mut query = vec![("limit".to_owned(), "1".to_owned())];
        // The role may have no rights on the others.
        query.extend(columns::select(self.select));
        let request = Request {
            table: Some(self.table),
            query,
            ..Request::default()
        };
        let answer = self.client.ask(&request).await.map_err(|refusal| {
            let mut failure = refusal.failure();
            let near = description.map_or(Vec::new(), |it| it.near(self.table));
            if failure.code == Code::NotFound && !near.is_empty() {
                failure.next = format!("did you mean {}?", near.join(" or "));
            }
            failure
        })?;
        let served_from = answer.schema.clone();
        Ok((page::names(answer, &self.origin)?, served_from))
    }
}

impl Opened {
    /// The selected column of a name.
    pub fn item(&self, name: &str) -> Result<&Item> {
        let found = self.items.iter().find(|item| item.name == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = self.items.iter().map(|item| item.name.as_str()).collect();
            Failure::new(
                Code::NotFound,
                format!("the table has no column {name:?}"),
                format!("Its columns are: {}", known.join(", ")),
            )
        })
    }

    /// The table's own name of a selected column.
    pub fn own_column(&self, name: &str) -> Result<String> {
        let item = self.item(name)?;
        if item.is_own() {
            return Ok(item.column.clone());
        }
        Err(Failure::new(
            Code::Config,
            format!("`{name}` is made of a column and is none"),
            "name a column of the table",
        ))
    }

    /// The wanted columns as `select` writes them.
    pub fn selected(&self, wants: &[Want]) -> Result<Vec<String>> {
        let selected = |want: &Want| Ok(self.item(&want.name)?.selected(want.as_text));
        wants.iter().map(selected).collect()
    }

    /// A name for `column` that no selected column has.
    pub fn free_name(&self, column: &str) -> String {
        let mut name = format!("shadowgate_{column}");
        while self.items.iter().any(|item| item.name == name) {
            name.push('_');
        }
        name
    }
}

fn column(item: &Item, known: &[Column]) -> Column {
    let own = known.iter().find(|column| column.name == item.column);
    let declared = match &item.cast {
        Some(cast) => Type::parse(cast).map(|ty| Declared {
            name: cast.clone(),
            ty,
        }),
        None => own
            .filter(|_| item.path.is_empty())
            .and_then(|column| column.declared.clone()),
    };
    Column {
        name: item.name.clone(),
        declared,
    }
}

/// Adds columns that rows have and the description lacks: it is as old as the
/// server's schema cache, and what it lacks is not to go uncompared.
fn add_undescribed(known: &mut Vec<Column>, sent: &[Column]) -> Option<String> {
    let is_new = |column: &&Column| known.iter().all(|other| other.name != column.name);
    let new: Vec<Column> = sent.iter().filter(is_new).cloned().collect();
    let names: Vec<&str> = new.iter().map(|column| column.name.as_str()).collect();
    let warning = (!names.is_empty()).then(|| {
        format!(
            "PostgREST's schema cache is stale, it does not describe {}: run NOTIFY pgrst, 'reload schema'",
            names.join(", ")
        )
    });
    known.extend(new);
    warning
}

/// Under which names columns of the table are selected, if all are.
fn names_of(items: &[Item], columns: &[String]) -> Option<Vec<String>> {
    let name = |column: &String| {
        let item = items
            .iter()
            .find(|item| item.is_own() && item.column == *column);
        item.map(|item| item.name.clone())
    };
    columns.iter().map(name).collect()
}
