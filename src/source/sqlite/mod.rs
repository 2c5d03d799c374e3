//! SQLite: one table, view or query of a database file, read in one read
//! transaction.
//!
//! The transaction is what makes everything after [`Source::schema`] one
//! snapshot: SQLite shows a reader the same database until it ends, in WAL mode
//! beside writers, else by keeping them out. Types bind nothing in SQLite, so
//! each cell is sent as the storage class it has (`typeof`), not as its column's.

mod ask;
mod fault;
mod file;
mod frame;
mod relation;
mod tables;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, Statement, params};

use self::fault::{fault, is_busy};
use self::file::{connect, modified, regular_file};
use self::frame::{Decoder, Framer};
use self::relation::Relation;
use super::ask::{Answer, Question};
use super::location::{Location, Spec};
use super::{
    CHUNK, Column, Context, Decode, Facts, Identity, Receipt, Schema, Sink, Source, Undeclared,
    Want, facts,
};
use crate::error::{Code, Failure, Result};
use crate::stop::Stop;

/// How many steps of SQLite's virtual machine pass between two looks at the clock
/// and at whether the run is to end.
const STEPS_PER_CHECK: i32 = 10_000;

/// How long SQLite itself waits for a lock, between two looks at the same.
const GLANCE: Duration = Duration::from_millis(100);

/// Opens the database for reading only; never creates one.
pub fn open(spec: &Spec, context: &Context) -> Result<Box<dyn Source>> {
    Ok(Box::new(Sqlite::open(spec, context)?))
}

struct Sqlite {
    spec: Spec,
    stop: Stop,
    path: PathBuf,
    db: Connection,
    /// Device and inode.
    file: (u64, u64),
    /// Known once `schema` has run.
    snapshot: Option<Snapshot>,
    /// How many bytes a chunk holds at least; tests make it small.
    chunk: usize,
}

/// What `schema` found, and what must stay as it was.
struct Snapshot {
    relation: Relation,
    /// The rows of a whole table, counted by SQLite itself.
    counted: Option<u64>,
    label: String,
    /// Time and size of the file, where no SQLite writer can change them while
    /// the transaction is open (WAL: a checkpoint may).
    stamp: Option<(SystemTime, u64)>,
}

impl Sqlite {
    fn open(spec: &Spec, context: &Context) -> Result<Sqlite> {
        let Location::Sqlite(path) = &spec.location else {
            return Err(Failure::new(
                Code::Internal,
                "the SQLite reader was given another kind of location",
                "",
            ));
        };
        let file = regular_file(path)?;
        let wait = spec.lock_timeout.min(GLANCE);
        let db = connect(path, wait).map_err(|error| fault(path, &error))?;
        Ok(Sqlite {
            spec: spec.clone(),
            stop: context.stop.clone(),
            path: path.clone(),
            db,
            file,
            snapshot: None,
            chunk: CHUNK,
        })
    }

    fn fault(&self, error: rusqlite::Error) -> Failure {
        self.stopped_or(fault(&self.path, &error))
    }

    /// Why a statement that was broken off really ended.
    fn stopped_or(&self, failure: Failure) -> Failure {
        match failure.code {
            Code::Timeout => self.stop.check().err().unwrap_or(failure),
            _ => failure,
        }
    }

    fn snapshot(&self) -> Result<&Snapshot> {
        self.snapshot.as_ref().ok_or_else(|| {
            Failure::new(
                Code::Internal,
                "the SQLite source was read before its schema",
                "",
            )
        })
    }

    /// The rows that came before the run was to end count as seen.
    fn broken_off<T>(&self, error: rusqlite::Error, framer: &mut Framer<'_>) -> Result<T> {
        if self.stop.cause().is_some() {
            let _ = framer.flush();
        }
        Err(self.fault(error))
    }

    /// Starts the read transaction. The first read takes the snapshot, and finds
    /// out whether the file is a database at all.
    fn begin(&self) -> Result<()> {
        let begun = Instant::now();
        loop {
            match self.try_to_begin() {
                Err(error) if is_busy(&error) && begun.elapsed() < self.spec.lock_timeout => {
                    self.stop.check()?;
                }
                done => return done.map_err(|error| self.fault(error)),
            }
        }
    }

    fn try_to_begin(&self) -> rusqlite::Result<()> {
        if !self.db.is_autocommit() {
            self.db.execute_batch("ROLLBACK")?;
        }
        self.db.execute_batch("BEGIN")?;
        let objects = "SELECT count(*) FROM main.sqlite_schema";
        self.db.query_row(objects, [], |_| Ok(()))
    }

    /// SQLite reads what a cut last page lacks as zeros, and zeros are values.
    fn check_pages(&self) -> Result<()> {
        let page = self
            .db
            .query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0))
            .map_err(|error| self.fault(error))?;
        let (_, size) = modified(&self.path)?;
        if u64::try_from(page).is_ok_and(|page| size.is_multiple_of(page)) {
            return Ok(());
        }
        Err(Failure::new(
            Code::SourceCut,
            format!(
                "{}: its {size} bytes are no whole number of pages of {page}: the end is cut off",
                self.path.display()
            ),
            "Copy the database again: it is not whole.",
        ))
    }

    fn count(&self, relation: &Relation) -> Result<Option<u64>> {
        let Some(sql) = relation.count() else {
            return Ok(None);
        };
        let count = self.db.query_row(&sql, [], |row| row.get::<_, i64>(0));
        Ok(u64::try_from(count.map_err(|error| self.fault(error))?).ok())
    }

    fn stamp(&self) -> Result<Option<(SystemTime, u64)>> {
        let mode = self
            .db
            .query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0))
            .map_err(|error| self.fault(error))?;
        if mode.eq_ignore_ascii_case("wal") {
            return Ok(None);
        }
        modified(&self.path).map(Some)
    }

    fn label(&self) -> Result<String> {
        let version = self
            .db
            .query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0))
            .map_err(|error| self.fault(error))?;
        let (time, _) = modified(&self.path)?;
        Ok(match jiff::Timestamp::try_from(time) {
            Ok(time) => format!("data_version {version}, file of {time:.0}"),
            Err(_) => format!("data_version {version}"),
        })
    }

    /// From here on the statement timeout runs.
    fn start_clock(&mut self, stop: Stop) -> Result<()> {
        let timeout = self.spec.statement_timeout;
        let ends = Instant::now().checked_add(timeout);
        let ends = ends.filter(|_| !timeout.is_zero());
        let passed =
            move || stop.cause().is_some() || ends.is_some_and(|ends| Instant::now() >= ends);
        let set = self.db.progress_handler(STEPS_PER_CHECK, Some(passed));
        set.map_err(|error| self.fault(error))
    }

    fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        self.db.prepare(sql).map_err(|error| self.fault(error))
    }

    /// A whole table's rows as SQLite counts them (often by an index) must be
    /// those that were stepped through: else the file is damaged.
    fn check_count(&self, rows: u64) -> Result<()> {
        match self.snapshot()?.counted {
            Some(counted) if counted != rows => Err(Failure::new(
                Code::Malformed,
                format!(
                    "{}: SQLite counts {counted} rows but a scan returns {rows}: the database is damaged",
                    self.path.display()
                ),
                "Run `PRAGMA integrity_check` on it and restore or REINDEX it.",
            )),
            _ => Ok(()),
        }
    }
}

impl Source for Sqlite {
    fn identity(&self) -> Identity {
        let (device, inode) = self.file;
        let relation = self.snapshot.as_ref().map(|snapshot| &snapshot.relation);
        let query = self.spec.query.as_ref();
        Identity {
            location: format!("sqlite:{}", self.path.display()),
            relation: match (query, relation) {
                (Some(query), _) => Some(query.file.display().to_string()),
                (None, Some(relation)) => Some(relation.name.clone()),
                (None, None) => self.spec.table.clone(),
            },
            engine: format!("SQLite {}", rusqlite::version()),
            store: relation.map(|relation| format!("file:{device}:{inode}#{}", relation.store)),
            ..Identity::default()
        }
    }

    fn schema(&mut self) -> Result<Schema> {
        self.begin()?;
        self.check_pages()?;
        let stamp = self.stamp()?;
        self.start_clock(self.stop.clone())?;
        let relation = Relation::find(&self.db, &self.path, &self.spec);
        let mut relation = relation.map_err(|failure| self.stopped_or(failure))?;
        let tables = tables::behind(&mut self.db, relation.rows());
        let tables = tables.map_err(|error| self.fault(error))?;
        if !tables.is_empty() {
            // Whatever the words: a table, a view of it, a query over it.
            relation.store = format!("tables:{tables:?}");
        }
        let counted = self.count(&relation)?;
        let columns = relation.columns.iter().map(|name| Column {
            name: name.clone(),
            declared: None,
        });
        let schema = Schema {
            columns: columns.collect(),
            key: relation.key.clone(),
            estimate: counted,
            warnings: Vec::new(),
            undeclared: Undeclared::Text,
            ..Schema::default()
        };
        let label = self.label()?;
        self.snapshot = Some(Snapshot {
            relation,
            counted,
            label,
            stamp,
        });
        Ok(schema)
    }

    fn decoder(&self, wants: &[Want]) -> Result<Arc<dyn Decode>> {
        let relation = &self.snapshot()?.relation;
        Ok(Arc::new(Decoder {
            place: self.path.display().to_string(),
            columns: wants.iter().map(|want| want.name.clone()).collect(),
            located: relation.rowid.is_some(),
        }))
    }

    fn read(&mut self, wants: &[Want], sink: &mut dyn Sink) -> Result<Receipt> {
        self.start_clock(self.stop.clone())?;
        let snapshot = self.snapshot()?;
        let located = snapshot.relation.rowid.is_some();
        let sql = snapshot.relation.select(wants)?;
        let start = Instant::now();
        let mut first_row = Duration::ZERO;
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([]).map_err(|error| self.fault(error))?;
        let mut framer = Framer::new(sink, located, self.chunk);
        while let Some(row) = rows
            .next()
            .or_else(|error| self.broken_off(error, &mut framer))?
        {
            if framer.rows == 0 {
                first_row = start.elapsed();
            }
            if framer.row(row, &self.path)?.is_break() {
                return Ok(framer.receipt(first_row, &snapshot.label));
            }
        }
        self.check_count(framer.rows)?;
        let _ = framer.flush();
        Ok(framer.receipt(first_row, &snapshot.label))
    }

    fn locates(&self) -> bool {
        let snapshot = self.snapshot.as_ref();
        snapshot.is_some_and(|snapshot| snapshot.relation.rowid.is_some())
    }

    fn fetch(&mut self, wants: &[Want], locators: &[u64], sink: &mut dyn Sink) -> Result<()> {
        let sql = self.snapshot()?.relation.select_at(wants)?;
        // Few rows, of what was read in time.
        self.start_clock(self.stop.ending())?;
        let mut statement = self.prepare(&sql)?;
        let mut framer = Framer::new(sink, true, self.chunk);
        for &locator in locators {
            let at = params![locator.cast_signed()];
            let mut rows = statement.query(at).map_err(|error| self.fault(error))?;
            while let Some(row) = rows.next().map_err(|error| self.fault(error))? {
                if let ControlFlow::Break(()) = framer.row(row, &self.path)? {
                    return Ok(());
                }
            }
        }
        let _ = framer.flush();
        Ok(())
    }

    fn facts(&mut self, _: &[Want]) -> Facts {
        let relation = self.snapshot.as_ref().map(|found| &found.relation);
        let index = |key: &Vec<String>| facts::Index {
            columns: key.clone(),
            unique: true,
            partial: false,
        };
        let counted = self.snapshot.as_ref().and_then(|found| found.counted);
        Facts {
            bytes: modified(&self.path).ok().map(|(_, size)| size),
            indexes: relation.and_then(|found| Some(vec![index(found.key.as_ref()?)])),
            rows: counted.map(|count| facts::Rows { count, exact: true }),
            ..Facts::default()
        }
    }

    fn ask(&mut self, question: &Question) -> Result<Option<Answer>> {
        self.start_clock(self.stop.clone())?;
        let relation = &self.snapshot()?.relation;
        let answer = ask::ask(&self.db, &self.path, relation, question);
        answer.map(Some).map_err(|failure| self.stopped_or(failure))
    }

    /// The open transaction is the proof: what it shows cannot change. Only a
    /// program that overwrites the file without SQLite's locks could, and that
    /// shows in the file's time and size.
    fn verify_unchanged(&mut self) -> Result<()> {
        let Some(stamp) = self.snapshot()?.stamp else {
            return Ok(());
        };
        if modified(&self.path)? == stamp {
            return Ok(());
        }
        Err(Failure::new(
            Code::SourceChanged,
            format!(
                "{} was overwritten while it was read, past SQLite's locks",
                self.path.display()
            ),
            "Run again on a file that nothing replaces meanwhile.",
        )
        .transient())
    }
}
