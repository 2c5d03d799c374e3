//! Rows of a PostgreSQL table or query, through `COPY … TO STDOUT` in binary,
//! all of them from the one snapshot of a repeatable-read, read-only transaction.
//!
//! What the server sends is taken as it is: a column whose binary form
//! shadowgate reads by value comes in binary, every other is cast to text by
//! the server. The stream counts as whole only if COPY's trailer and the
//! protocol's own end have both arrived.

mod address;
mod ask;
mod catalog;
mod copy;
mod decode;
mod errors;
mod facts;
mod greeting;
mod keyed;
mod locator;
mod name;
mod relation;
mod session;
mod standby;
mod statement;
mod subject;
mod tables;
pub mod types;
mod window;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Code, Failure, Result};
use crate::stop::Stop;

pub use self::ask::rows;
use super::ask::{Answer, Question};
use super::lag::Lag;
use super::location::{Location, Spec};
use super::window::Bounds;
use super::{Context, Decode, Facts, Identity, Keys, Receipt, Schema, Sink, Source, Want};

use address::Address;
use catalog::Catalog;
use decode::Tuples;
use locator::Locator;
use session::Session;
use subject::Subject;

/// How many rows one statement fetches by their locators.
const FETCH: usize = 4000;

/// Prepares to read what `spec` names. Nothing is connected to yet:
/// [`Source::schema`] does that.
pub fn open(spec: &Spec, context: &Context) -> Result<Box<dyn Source>> {
    let Location::Postgres(url) = &spec.location else {
        return Err(no_postgres());
    };
    let address = Address::parse(url, spec.sslrootcert.as_deref())?;
    let subject = Subject::parse(spec)?;
    Ok(Box::new(Postgres {
        address,
        subject,
        spec: spec.clone(),
        stop: context.stop.clone(),
        opened: None,
        answered: None,
    }))
}

struct Postgres {
    address: Address,
    subject: Subject,
    spec: Spec,
    stop: Stop,
    opened: Option<Opened>,
    /// How long the server took until it could be asked.
    answered: Option<Duration>,
}

/// What holds once the snapshot is taken.
struct Opened {
    session: Session,
    catalog: Catalog,
    /// How far behind the snapshot is, on a standby.
    lag: Option<Lag>,
}

impl Postgres {
    fn opened(&self) -> Result<&Opened> {
        self.opened.as_ref().ok_or_else(not_opened)
    }

    fn connect(&mut self) -> Result<Opened> {
        let begun = Instant::now();
        let mut session = Session::open(&self.address, &self.spec, &self.stop)?;
        self.answered = Some(begun.elapsed());
        let lag = standby::lag(&mut session)?;
        let catalog = Catalog::load(&mut session, &self.subject)?;
        Ok(Opened {
            session,
            catalog,
            lag,
        })
    }
}

impl Source for Postgres {
    fn identity(&self) -> Identity {
        let opened = self.opened.as_ref();
        Identity {
            location: self.address.shown().to_owned(),
            relation: Some(self.subject.shown()),
            engine: opened.map_or_else(|| "PostgreSQL".to_owned(), |it| it.session.engine()),
            store: opened.map(|it| {
                let rows = it.catalog.relation_id(&self.subject);
                format!("{} {rows}", it.session.server())
            }),
            host: Some(self.address.host()),
            database: Some(self.address.database().to_owned()),
            role: Some(match opened {
                Some(it) => it.session.facts.role.clone(),
                None => self.address.options().get_username().to_owned(),
            }),
        }
    }

    fn schema(&mut self) -> Result<Schema> {
        if self.opened.is_none() {
            self.opened = Some(self.connect()?);
        }
        let mut schema = self.opened()?.catalog.schema().clone();
        if self.subject.window.is_some() {
            // It was made of all rows.
            schema.estimate = None;
        }
        Ok(schema)
    }

    fn decoder(&self, wants: &[Want]) -> Result<Arc<dyn Decode>> {
        let opened = self.opened()?;
        let fields = opened.catalog.fields(wants)?;
        let locator = Locator::choose(&opened.catalog, &fields);
        Ok(Arc::new(Tuples::new(&fields, locator)))
    }

    fn read(&mut self, wants: &[Want], sink: &mut dyn Sink) -> Result<Receipt> {
        let opened = self.opened.as_mut().ok_or_else(not_opened)?;
        let fields = opened.catalog.fields(wants)?;
        let list = copy::select_list(&fields, Locator::choose(&opened.catalog, &fields));
        let sql = format!(
            "COPY (SELECT {list} FROM {}) TO STDOUT (FORMAT binary)",
            opened.catalog.from(&self.subject)
        );
        let mut receipt = copy::read(&mut opened.session, &sql, sink)?;
        let after = standby::lag(&mut opened.session)?;
        receipt.lag = opened
            .lag
            .zip(after)
            .map(|(before, after)| before.worst(after));
        Ok(receipt)
    }

    fn locates(&self) -> bool {
        self.opened.as_ref().is_some_and(|it| it.catalog.locates())
    }

    fn fetch(&mut self, wants: &[Want], locators: &[u64], sink: &mut dyn Sink) -> Result<()> {
        let opened = self.opened.as_mut().ok_or_else(not_opened)?;
        let fields = opened.catalog.fields(wants)?;
        let locator = Locator::choose(&opened.catalog, &fields);
        let list = copy::select_list(&fields, locator);
        // Few rows, of what was read in time.
        opened.session.stop = self.stop.ending();
        for batch in locators.chunks(FETCH) {
            let condition = locator.condition(&fields, batch).ok_or_else(no_locators)?;
            let sql = format!(
                "COPY (SELECT {list} FROM {} WHERE {condition}) TO STDOUT (FORMAT binary)",
                opened.catalog.relation(&self.subject),
            );
            if copy::fetch(&mut opened.session, &sql, sink)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn read_keys(
        &mut self,
        wants: &[Want],
        keys: &Keys,
        sink: &mut dyn Sink,
    ) -> Result<Option<Receipt>> {
        let opened = self.opened.as_mut().ok_or_else(not_opened)?;
        let fields = opened.catalog.fields(wants)?;
        let Some(conditions) = keyed::conditions(keys, wants, &fields, &opened.catalog) else {
            return Ok(None);
        };
        let list = copy::select_list(&fields, Locator::choose(&opened.catalog, &fields));
        for condition in conditions {
            let from = opened.catalog.rows_where(&self.subject, &condition);
            let sql = format!("COPY (SELECT {list} FROM {from}) TO STDOUT (FORMAT binary)");
            if copy::fetch(&mut opened.session, &sql, sink)?.is_break() {
                break;
            }
        }
        Ok(Some(Receipt {
            snapshot: Some(opened.session.facts.snapshot.clone()),
            ..Receipt::default()
        }))
    }

    /// From a few of the table's pages; a view or a query would be read whole.
    fn sample(&mut self, column: &str, count: usize) -> Result<Vec<String>> {
        let opened = self.opened.as_mut().ok_or_else(not_opened)?;
        let Some(estimate) = opened
            .catalog
            .schema()
            .estimate
            .filter(|_| opened.catalog.locates())
        else {
            return Ok(Vec::new());
        };
        // Pages come whole, and neighbours divide nothing: of each that is looked at
        // only a value or so is taken.
        let percent = (3200.0 * count as f64 / estimate.max(1) as f64).clamp(0.01, 100.0);
        let column = name::qualified(&[column.to_owned()]);
        let window = self.subject.window.as_deref().unwrap_or("true");
        let rows = opened.session.try_rows(&format!(
            "SELECT s.value::pg_catalog.text FROM (SELECT {column} AS value FROM {} TABLESAMPLE SYSTEM ({percent:.4}) REPEATABLE (1) WHERE {window}) s
              WHERE s.value IS NOT NULL ORDER BY pg_catalog.random() LIMIT {count}",
            opened.catalog.relation(&self.subject)
        ))?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.into_iter().next()?)
            .collect())
    }

    fn facts(&mut self, wants: &[Want]) -> Facts {
        facts::gather(self, wants)
    }

    fn narrow(&mut self, bounds: &Bounds) -> Result<bool> {
        let declared = bounds.declared_by(self.opened()?.catalog.schema());
        if declared {
            self.subject.window = Some(window::condition(bounds));
        }
        Ok(declared)
    }

    /// In the same snapshot.
    fn left_out(&mut self) -> Result<Option<u64>> {
        let opened = self.opened.as_mut().ok_or_else(not_opened)?;
        let Some(from) = opened.catalog.rows_outside(&self.subject) else {
            return Ok(None);
        };
        ask::count(&mut opened.session, &from).map(Some)
    }

    fn ask(&mut self, question: &Question) -> Result<Option<Answer>> {
        let opened = self.opened.as_mut().ok_or_else(not_opened)?;
        let from = opened.catalog.from(&self.subject);
        ask::ask(&mut opened.session, &opened.catalog, &from, question).map(Some)
    }

    fn verify_unchanged(&mut self) -> Result<()> {
        // The snapshot is what keeps the rows as they were, for as long as the
        // transaction that holds it lives.
        let opened = self.opened.as_mut().ok_or_else(not_opened)?;
        opened.session.stop = self.stop.summing_up();
        opened.session.check_alive()
    }
}

fn no_postgres() -> Failure {
    let why = "a PostgreSQL source was asked to read another kind of location";
    Failure::new(Code::Internal, why, "")
}

fn not_opened() -> Failure {
    Failure::new(Code::Internal, "rows were asked for before the schema", "")
}

fn no_locators() -> Failure {
    Failure::new(
        Code::Internal,
        "rows of this relation carry no locators to fetch them by",
        "please report it with the command that was run",
    )
}
