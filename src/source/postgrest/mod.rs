//! Rows of a table or view behind PostgREST (Supabase's REST API), which has no
//! snapshot, cuts its pages short in silence, and hides what the role may not see.
//!
//! So nothing counts as whole because the server answered: what was received is
//! held against the server's own exact count, before and after, and whatever
//! does not add up is told and leaves the side incomplete.

mod access;
mod answer;
mod ask;
mod client;
mod columns;
mod description;
mod doubt;
mod facts;
mod filter;
mod heeded;
mod keyed;
mod keyset;
mod opened;
mod page;
mod ranges;
mod read;
mod seen;
mod tail;
mod window;

pub use self::ask::rows;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use self::access::Access;
use self::ask::Asking;
use self::client::Client;
use self::columns::Item;
use self::doubt::Sum;
use self::keyset::Pair;
use self::opened::{Opened, Opening};
use self::read::{Counted, Reading};
use super::ask::{Answer, Question};
use super::location::{Location, RestOptions, Spec};
use super::records::Shape;
use super::records::decode::Decoder;
use super::text::Origin;
use super::window::Bounds;
use super::{Context, Decode, Facts, Identity, Keys, Receipt, Schema, Sink, Source, Want};
use crate::error::{Code, Failure, Result};

/// Prepares to read what `spec` names. Nothing is asked yet.
pub fn open(spec: &Spec, context: &Context) -> Result<Box<dyn Source>> {
    let (Location::Rest(root), Some(table)) = (&spec.location, &spec.table) else {
        return Err(no_rest());
    };
    let (profile, table) = split_table(table);
    let access = Access::new(root, &spec.rest)?;
    let client = Client::new(&access, profile.as_deref(), spec, context)?;
    let select = spec.rest.select.iter().flatten();
    let select: Vec<Item> = select
        .map(|text| Item::parse(text))
        .collect::<Result<_>>()?;
    Ok(Box::new(Postgrest {
        access,
        client,
        filter: filter::parse(spec.filter.as_deref().unwrap_or_default())?,
        outside: None,
        options: spec.rest.clone(),
        select,
        profile,
        table,
        page: Cell::new(context.limits.page.max(1)),
        connections: context.limits.connections,
        moves: spec.moves,
        bounds: Vec::new(),
        opened: None,
        runtime: runtime()?,
    }))
}

fn no_rest() -> Failure {
    let why = "a PostgREST source was asked to read another kind of location, or no table";
    Failure::new(Code::Internal, why, "")
}

fn runtime() -> Result<Runtime> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| {
        let why = format!("no I/O runtime could be started: {error}");
        let next = "check the limits on open files and processes";
        Failure::new(Code::Internal, why, next)
    })
}

struct Postgrest {
    access: Access,
    client: Client,
    profile: Option<String>,
    table: String,
    filter: Vec<Pair>,
    /// The conditions of the rows that a window leaves out, where there is one.
    outside: Option<Vec<Pair>>,
    options: RestOptions,
    /// Empty: all columns.
    select: Vec<Item>,
    page: Cell<usize>,
    connections: usize,
    /// Whether rows may come and go while it is read.
    moves: bool,
    /// Where the key's order may be divided between connections.
    bounds: Vec<String>,
    opened: Option<Opened>,
    runtime: Runtime,
}

/// `schema.table`, either in double quotes where it holds a dot.
fn split_table(text: &str) -> (Option<String>, String) {
    let mut quoted = false;
    let dot = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '.' && !quoted
    });
    let bare = |text: &str| {
        let inner = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        inner.unwrap_or(text).replace("\"\"", "\"")
    };
    match dot {
        Some((at, _)) => (Some(bare(&text[..at])), bare(&text[at + 1..])),
        None => (None, bare(text)),
    }
}

impl Postgrest {
    fn opened(&self) -> Result<&Opened> {
        self.opened.as_ref().ok_or_else(|| {
            Failure::new(Code::Internal, "rows were asked for before the schema", "")
        })
    }

    fn shown_table(&self) -> String {
        match &self.profile {
            Some(profile) => format!("{profile}.{}", self.table),
            None => self.table.clone(),
        }
    }

    /// The same for every way to write the same table: an API that serves several
    /// schemas names the one that answered, and of any other there is only one.
    fn store(&self) -> String {
        let schema = match &self.opened {
            Some(opened) => opened.served_from.as_deref(),
            None => self.profile.as_deref(),
        };
        let (place, schema) = (self.access.place(), schema.unwrap_or_default());
        format!("rest:{place}/{schema}.{}", self.table)
    }

    fn origin(&self) -> Origin {
        Origin::named(format!("{}/{}", self.access.shown(), self.shown_table()))
    }

    fn reading<'a>(&'a self, opened: &'a Opened, wants: &[Want]) -> Result<Reading<'a>> {
        let key = self.paged_by(opened, wants)?;
        let mut select = opened.selected(wants)?;
        // Columns that pages are ordered by come along, as themselves.
        let mut key_names = Vec::new();
        for column in &key {
            let sent = wants.iter().find(|want| {
                let found = opened.item(&want.name);
                !want.as_text && found.is_ok_and(|item| item.is_own() && item.column == *column)
            });
            key_names.push(match sent {
                Some(want) => want.name.clone(),
                None => {
                    let extra = Item::renamed(column, &opened.free_name(column));
                    select.push(extra.selected(false));
                    extra.name
                }
            });
        }
        Ok(Reading {
            client: &self.client,
            table: &self.table,
            select: select.join(","),
            filter: &self.filter,
            key,
            key_names,
            connections: self.connections,
            count: opened.count,
            origin: self.origin(),
            page: &self.page,
        })
    }

    fn receipt(&self, counted: &Counted) -> Receipt {
        Receipt {
            rows: Some(counted.rows),
            bytes: counted.bytes,
            first_row: counted.first_row,
            pages: Some(counted.pages),
            retries: self.client.retried(),
            ..Receipt::default()
        }
    }

    /// The table's own columns that pages are ordered by: its primary key, which
    /// has an index, else the key of the comparison.
    fn paged_by(&self, opened: &Opened, wants: &[Want]) -> Result<Vec<String>> {
        if let Some(key) = &opened.key {
            return Ok(key.clone());
        }
        let mut key = Vec::new();
        for want in wants.iter().filter(|want| want.key) {
            let item = opened.item(&want.name)?;
            if !item.is_own() {
                return Err(Failure::new(
                    Code::Config,
                    format!(
                        "pages cannot be ordered by `{}`, which is made of a column and is none",
                        want.name
                    ),
                    "use a column of the table as the key",
                ));
            }
            key.push(item.column.clone());
        }
        match key.is_empty() {
            true => Err(Failure::new(
                Code::Config,
                "nothing says by which columns the pages are to be ordered",
                "name the key with --key",
            )),
            false => Ok(key),
        }
    }
}

impl Source for Postgrest {
    fn identity(&self) -> Identity {
        let opened = self.opened.as_ref();
        Identity {
            location: self.access.shown().to_owned(),
            relation: Some(self.shown_table()),
            engine: opened.map_or("PostgREST".to_owned(), |it| it.engine.clone()),
            store: Some(self.store()),
            host: self.access.root.host_str().map(str::to_owned),
            database: None,
            role: Some(self.access.role.shown().to_owned()),
        }
    }

    fn schema(&mut self) -> Result<Schema> {
        if self.opened.is_none() {
            let opening = Opening {
                client: &self.client,
                table: &self.table,
                filter: &self.filter,
                select: &self.select,
                origin: self.origin(),
                named_schema: self.profile.is_some(),
            };
            let opened = self.runtime.block_on(opening.open());
            // Nothing was read that could be started over: only asked again and again.
            let opened = opened.map_err(|failure| Failure {
                again: false,
                ..failure
            });
            self.opened = Some(opened?);
        }
        Ok(self.opened()?.schema.clone())
    }

    fn decoder(&self, wants: &[Want]) -> Result<Arc<dyn Decode>> {
        let opened = self.opened()?;
        let mut places = HashMap::new();
        for (place, want) in wants.iter().enumerate() {
            opened.item(&want.name)?;
            places.insert(want.name.as_bytes().to_vec(), place);
        }
        Ok(Arc::new(Decoder {
            origin: self.origin(),
            shape: Shape::Array,
            located: false,
            names: wants.iter().map(|want| want.name.clone()).collect(),
            texts: wants.iter().map(|want| want.as_text).collect(),
            places,
        }))
    }

    fn read(&mut self, wants: &[Want], sink: &mut dyn Sink) -> Result<Receipt> {
        let opened = self.opened()?;
        let before = opened.count;
        let reading = self.reading(opened, wants)?;
        let (counted, after) = self.runtime.block_on(async {
            let counted = reading.run(&self.bounds, sink).await?;
            let after = match counted {
                Some(_) => {
                    read::count(&self.client, &self.table, &self.filter, &self.select).await?
                }
                None => 0,
            };
            Ok::<_, Failure>((counted, after))
        })?;
        let Some(counted) = counted else {
            return Ok(Receipt::default());
        };
        let sum = Sum {
            place: reading.origin.name(),
            counted,
            before,
            after,
            moves: self.moves,
        };
        let doubt = match sum.doubt(&self.access, self.options.role.as_deref()) {
            None => self.runtime.block_on(self.unheeded())?,
            doubt => doubt,
        };
        Ok(Receipt {
            counts: Some([before, after]),
            doubt,
            warnings: sum.warning().into_iter().collect(),
            ..self.receipt(&counted)
        })
    }

    /// There is no snapshot in which a row could be found again.
    fn locates(&self) -> bool {
        false
    }

    fn fetch(&mut self, _: &[Want], _: &[u64], _: &mut dyn Sink) -> Result<()> {
        let why = "rows behind PostgREST have no locators";
        Err(Failure::new(Code::Internal, why, ""))
    }

    fn facts(&mut self, wants: &[Want]) -> Facts {
        facts::gather(self, wants)
    }

    fn read_keys(
        &mut self,
        wants: &[Want],
        keys: &Keys,
        sink: &mut dyn Sink,
    ) -> Result<Option<Receipt>> {
        let opened = self.opened()?;
        let Some(keyed) = self.keyed(opened, wants, keys) else {
            return Ok(None);
        };
        let reading = self.reading(opened, wants)?;
        let counted = self.runtime.block_on(keyed.run(&reading, sink))?;
        Ok(Some(counted.map_or_else(Receipt::default, |counted| {
            self.receipt(&counted)
        })))
    }

    fn narrow(&mut self, bounds: &Bounds) -> Result<bool> {
        self.narrow_to(bounds)
    }

    fn left_out(&mut self) -> Result<Option<u64>> {
        self.count_outside()
    }

    fn ask(&mut self, question: &Question) -> Result<Option<Answer>> {
        let opened = self.opened()?;
        let asking = Asking {
            client: &self.client,
            table: &self.table,
            filter: &self.filter,
            select: &self.select,
            schema: &opened.schema,
            own: &|name| opened.own_column(name),
        };
        self.runtime.block_on(asking.ask(question))
    }

    /// The receipt says whether the counts agree.
    fn verify_unchanged(&mut self) -> Result<()> {
        Ok(())
    }

    fn divides_by(&self, wants: &[Want]) -> Option<String> {
        let opened = self.opened.as_ref()?;
        let key = self.paged_by(opened, wants).ok()?;
        let first = key.first().filter(|_| self.connections > 1)?;
        let mut items = opened.items.iter();
        let item = items.find(|item| item.is_own() && item.column == *first)?;
        Some(item.name.clone())
    }

    fn divide(&mut self, bounds: Vec<String>) {
        self.bounds = bounds;
    }
}
