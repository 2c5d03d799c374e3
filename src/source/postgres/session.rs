//! One connection and the one transaction on it: its snapshot, its pinned
//! settings, and the small text queries that look things up in it.
//!
//! Everything is set with SET LOCAL inside the transaction, and only the simple
//! query protocol is used, so that a pooler in transaction mode keeps it all.

use std::future::Future;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Row};
use tokio::runtime::{Builder, Runtime};

use crate::error::{Code, Failure, Result};
use crate::stop::Stop;

use super::super::location::Spec;
use super::address::Address;
use super::errors::{self, Stage};
use super::greeting::{FACTS, Facts, WATCHED, facts, milliseconds, pinned};

/// How much longer than its own timeout the server may be silent, at most.
const GRACE: Duration = Duration::from_secs(30);

/// How long a query may take that only saves time.
const ASIDE: Duration = Duration::from_secs(5);

/// How long leaving a server that the run no longer waits for may take.
pub const LEAVE: Duration = Duration::from_millis(1500);

/// The oldest server whose catalogs and functions this source knows.
const OLDEST: u32 = 130_000;

/// The text of a small result, row by row.
pub type Table = Vec<Vec<Option<String>>>;

/// A server, connected, in the transaction in which everything is read.
pub struct Session {
    runtime: Option<Runtime>,
    /// `None` once an error has ended the transaction: the snapshot is gone.
    connection: Option<PgConnection>,
    /// That error.
    lost: Option<Failure>,
    address: sqlx::postgres::PgConnectOptions,
    place: String,
    connect_timeout: Duration,
    /// How long one statement may keep silent.
    patience: Option<Duration>,
    /// What begins a query that may fail.
    aside: String,
    /// What ends every wait for the server.
    pub stop: Stop,
    pub facts: Facts,
}

impl Session {
    /// Connects, begins the transaction and takes its snapshot.
    pub fn open(address: &Address, spec: &Spec, stop: &Stop) -> Result<Session> {
        let mut session = Session {
            runtime: Some(runtime()?),
            connection: None,
            lost: None,
            address: address.options().clone().disable_statement_logging(),
            place: address.shown().to_owned(),
            connect_timeout: spec.connect_timeout,
            patience: patience(spec.statement_timeout),
            aside: aside(spec.statement_timeout),
            stop: stop.clone(),
            facts: Facts::default(),
        };
        let connecting = connect(&session.address, session.connect_timeout, &session.place);
        let connection = session.run(stop.or(connecting))??;
        session.connection = Some(connection);
        session.begin(spec)?;
        Ok(session)
    }

    fn begin(&mut self, spec: &Spec) -> Result<()> {
        let reported = self
            .connection
            .as_ref()
            .and_then(PgConnection::server_version_num);
        if reported.is_some_and(|version| version < OLDEST) {
            return Err(self.too_old(reported.unwrap_or(0)));
        }
        self.execute(&pinned(spec))?;
        let rows = self.rows(FACTS)?;
        self.facts = facts(&rows).ok_or_else(|| self.unexpected("its version"))?;
        if self.facts.version < OLDEST {
            return Err(self.too_old(self.facts.version));
        }
        if self.facts.version >= 170_000 {
            self.execute("SET LOCAL transaction_timeout = 0")?;
        }
        if self.facts.version >= 140_000 {
            self.rows(WATCHED)?;
        }
        Ok(())
    }

    fn too_old(&self, version: u32) -> Failure {
        Failure::new(
            Code::Config,
            format!(
                "{}: the server is PostgreSQL {}",
                self.place,
                version / 10_000
            ),
            "shadowgate reads PostgreSQL 13 and later",
        )
    }

    /// The server answered a catalog query with something else than it should.
    pub fn unexpected(&self, what: &str) -> Failure {
        Failure::new(
            Code::Internal,
            format!("{}: the server did not say {what}", self.place),
            "report this with the server's version",
        )
    }

    pub fn place(&self) -> &str {
        &self.place
    }

    /// `PostgreSQL 15.18`
    pub fn engine(&self) -> String {
        format!("PostgreSQL {}", self.facts.version_text)
    }

    pub fn server(&self) -> &str {
        &self.facts.server
    }

    pub fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// Runs a future of this session's connection to its end.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime
            .as_ref()
            .expect("the runtime lives until the session is dropped")
            .block_on(future)
    }

    /// Takes the connection out; put it back with [`Session::keep`] if it is
    /// still good.
    pub fn take(&mut self) -> Result<PgConnection> {
        self.connection.take().ok_or_else(|| {
            let before = || {
                Failure::new(
                    Code::SourceCut,
                    format!("{}: the connection was lost before", self.place),
                    "run again once the server is stable",
                )
                .worth_again()
            };
            self.lost.clone().unwrap_or_else(before)
        })
    }

    pub fn keep(&mut self, connection: PgConnection) {
        self.connection = Some(connection);
    }

    /// The text of every cell of a query's result. An error ends the session.
    pub fn rows(&mut self, sql: &str) -> Result<Table> {
        let rows = self.fetch(sql)?;
        self.text_of(&rows)
    }

    /// The same for a query that may fail, and has to answer soon: the transaction
    /// goes on as it was before.
    pub fn try_rows(&mut self, sql: &str) -> Result<Table> {
        self.execute(&self.aside.clone())?;
        let mut connection = self.take()?;
        let query = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection);
        let rows = match self.wait(within(self.patience, query))? {
            Some(Err(sqlx::Error::Database(error))) => {
                self.keep(connection);
                let error = sqlx::Error::Database(error);
                Err(errors::failure(&error, Stage::Preparing, &self.place))
            }
            rows => self.settle(connection, rows),
        };
        let undone = self.execute("ROLLBACK TO SAVEPOINT aside; RELEASE SAVEPOINT aside");
        if let (Err(cause), Err(_)) = (&rows, &undone) {
            self.lost = Some(cause.clone());
        }
        let rows = rows?;
        undone?;
        self.text_of(&rows)
    }

    /// The same, with the columns' names, where there is a row.
    pub fn table(&mut self, sql: &str) -> Result<(Vec<String>, Table)> {
        let rows = self.fetch(sql)?;
        let columns = rows.first().map_or(&[][..], Row::columns);
        let names = columns.iter().map(|column| column.name().to_owned());
        Ok((names.collect(), self.text_of(&rows)?))
    }

    fn text_of(&self, rows: &[PgRow]) -> Result<Table> {
        let texts = rows.iter().map(texts).collect::<sqlx::Result<_>>();
        texts.map_err(|error| errors::failure(&error, Stage::Preparing, &self.place))
    }

    /// The names and type oids of a query's columns; the query gives one row.
    pub fn columns(&mut self, sql: &str) -> Result<Vec<(String, u32)>> {
        let rows = self.fetch(sql)?;
        let row = rows
            .first()
            .ok_or_else(|| self.unexpected("the query's columns"))?;
        let column = |column: &sqlx::postgres::PgColumn| {
            let oid = column.type_info().oid().map_or(0, |oid| oid.0);
            (column.name().to_owned(), oid)
        };
        Ok(row.columns().iter().map(column).collect())
    }

    fn fetch(&mut self, sql: &str) -> Result<Vec<PgRow>> {
        self.stop.check()?;
        let mut connection = self.take()?;
        let query = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection);
        let rows = self.wait(within(self.patience, query))?;
        self.settle(connection, rows)
    }

    /// Runs statements that give no rows.
    pub fn execute(&mut self, sql: &str) -> Result<()> {
        self.stop.check()?;
        let mut connection = self.take()?;
        let query = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection);
        let done = self.wait(within(self.patience, query))?;
        self.settle(connection, done).map(|_| ())
    }

    /// A query's answer. A run that ends before it comes leaves no query behind.
    fn wait<T>(&self, query: impl Future<Output = T>) -> Result<T> {
        let answer = self.run(self.stop.or(query));
        answer.inspect_err(|_| self.run(self.cancel(LEAVE)))
    }

    fn settle<T>(&mut self, connection: PgConnection, done: Waited<T>) -> Result<T> {
        let place = &self.place;
        let failure = match done {
            Some(Ok(value)) => {
                self.keep(connection);
                return Ok(value);
            }
            Some(Err(error)) => errors::failure(&error, Stage::Preparing, place),
            None => errors::silent(place),
        };
        self.lost = Some(failure.clone());
        Err(failure)
    }

    /// Fails unless the transaction with its snapshot still stands.
    pub fn check_alive(&mut self) -> Result<()> {
        self.execute("SELECT 1")
    }

    /// Asks the server, over a connection of its own, to stop what this session
    /// runs, and waits so long. Best effort: whoever calls reads the stream to its
    /// end anyway, or gives the connection up.
    pub async fn cancel(&self, limit: Duration) {
        let asked = async {
            let sql = format!(
                "SELECT pg_catalog.pg_cancel_backend({})",
                self.facts.backend
            );
            let Ok(mut other) = connect(&self.address, limit, &self.place).await else {
                return;
            };
            let query = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut other);
            let _ = query.await;
            let _ = other.close().await;
        };
        // Before the server has said who it is there is nothing to stop.
        if self.facts.backend != 0 {
            let _ = tokio::time::timeout(limit, asked).await;
        }
    }

    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        // A goodbye keeps "unexpected EOF" out of the server's log; it is not
        // worth waiting for, nor a panic where another runtime is in charge.
        if let Some(mut connection) = self.connection.take()
            && tokio::runtime::Handle::try_current().is_err()
        {
            let goodbye = async {
                // A pooler keeps a server connection that is not in a transaction.
                let _ = sqlx::raw_sql("ROLLBACK").execute(&mut connection).await;
                connection.close().await
            };
            let goodbye = async { tokio::time::timeout(Duration::from_secs(1), goodbye).await };
            let _ = runtime.block_on(goodbye);
        }
        runtime.shutdown_background();
    }
}

fn runtime() -> Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(
                Code::Internal,
                format!("no I/O runtime could be started: {error}"),
                "check the limits on open files and processes",
            )
        })
}

async fn connect(
    options: &sqlx::postgres::PgConnectOptions,
    limit: Duration,
    place: &str,
) -> Result<PgConnection> {
    match within((!limit.is_zero()).then_some(limit), options.connect()).await {
        Some(done) => done.map_err(|error| errors::failure(&error, Stage::Connecting, place)),
        None => Err(errors::connect_timed_out(place, limit.as_secs_f64())),
    }
}

/// How long to wait for a server that ends statements by itself after `timeout`.
fn patience(timeout: Duration) -> Option<Duration> {
    (!timeout.is_zero()).then(|| timeout + timeout.min(GRACE))
}

/// A savepoint, behind which the server's patience is short: it answers well before
/// this side gives the connection up.
fn aside(timeout: Duration) -> String {
    let brief = match timeout.is_zero() {
        true => ASIDE,
        false => timeout.min(ASIDE),
    };
    let brief = milliseconds(brief);
    format!("SAVEPOINT aside; SET LOCAL statement_timeout = {brief}")
}

/// A driver's answer, or `None` if it did not come in time.
pub type Waited<T> = Option<sqlx::Result<T>>;

/// Waits so long, or for ever.
pub async fn within<T>(limit: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, future).await.ok(),
        None => Some(future.await),
    }
}

fn texts(row: &PgRow) -> sqlx::Result<Vec<Option<String>>> {
    // The simple protocol sends every type as text.
    (0..row.len())
        .map(|index| row.try_get_unchecked(index))
        .collect()
}
