//! Streaming a `COPY … TO STDOUT` in binary: its header and trailer are checked
//! here, its tuples go on untouched.
//!
//! The protocol sends one tuple in one message, so a message's end is a row's
//! end; the decoder holds it to that.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use crate::error::{Code, Failure, Result};
use crate::value::Type;

use super::super::{CHUNK, Chunk, Receipt, Sink};
use super::catalog::Field;
use super::errors::{self, Stage};
use super::locator::Locator;
use super::name;
use super::session::{LEAVE, Session, within};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// Signature, flags, length of the header's extension.
const HEADER: usize = 19;

/// The field count that ends the stream.
const TRAILER: &[u8] = &[0xff, 0xff];

/// How long a reader that finds nothing lets bytes gather before it asks again.
/// A server sends 8 KB at a time; waking up for each costs both ends more than
/// the bytes do (1 M rows over loopback: 34,000 waits, a seventh of the time).
/// The runtime is this source's own, so nothing else is kept waiting.
const GATHER: Duration = Duration::from_millis(2);

/// How much is read to the end rather than cancelled when a sink breaks off.
const DRAIN: u64 = 4 << 20;

type Stream<'c> = BoxStream<'c, sqlx::Result<Bytes>>;

/// The columns between `SELECT` and `FROM`; the locator comes first, so that
/// the bytes of all others are one run.
pub fn select_list(fields: &[Field], locator: Locator) -> String {
    let columns = fields.iter().map(expression);
    locator
        .expression()
        .into_iter()
        .chain(columns)
        .collect::<Vec<_>>()
        .join(", ")
}

fn expression(field: &Field) -> String {
    let name = name::quote(&field.name);
    match (&field.ty, &field.cast) {
        // What the type's own output function writes. A cast to text may be the
        // user's own and lose what tells two values apart. (A row of NULLs is
        // itself not NULL, which IS NULL would not see.)
        (Type::ByText(_), _) => format!(
            "CASE WHEN pg_catalog.num_nonnulls({name}) = 1 \
             THEN pg_catalog.format('%s', {name}) END"
        ),
        (_, Some(cast)) => format!("{name}::{cast}"),
        (_, None) => name,
    }
}

/// How a stream was left.
#[derive(Debug)]
enum Left {
    /// At its end.
    Ended,
    /// The sink had enough.
    Broken,
    /// The run is to end.
    Stopped(Failure),
}

/// Streams all rows of the statement into the sink.
pub fn read(session: &mut Session, sql: &str, sink: &mut dyn Sink) -> Result<Receipt> {
    session.execute("SAVEPOINT shadowgate")?;
    let (left, mut receipt) = stream(session, sql, sink)?;
    release(session, left)?;
    receipt.snapshot = Some(session.facts.snapshot.clone());
    Ok(receipt)
}

/// Streams rows by their locators, which the planner would otherwise look for by
/// reading the whole table where they are many.
pub fn fetch(session: &mut Session, sql: &str, sink: &mut dyn Sink) -> Result<ControlFlow<()>> {
    session.execute("SAVEPOINT shadowgate; SET LOCAL enable_seqscan = off")?;
    match stream(session, sql, sink)?.0 {
        Left::Ended => {
            release(session, Left::Broken)?;
            Ok(ControlFlow::Continue(()))
        }
        left => release(session, left).map(|()| ControlFlow::Break(())),
    }
}

/// Back to the state before the statement; the snapshot is the transaction's
/// own and stays. It does so past the time for reading too: rows that were read
/// may still be fetched again.
fn release(session: &mut Session, left: Left) -> Result<()> {
    const BACK: &str = "ROLLBACK TO SAVEPOINT shadowgate; RELEASE SAVEPOINT shadowgate";
    match left {
        Left::Ended => session.execute("RELEASE SAVEPOINT shadowgate"),
        Left::Broken => session.execute(BACK),
        Left::Stopped(failure) => {
            let ending = session.stop.ending();
            let reading = std::mem::replace(&mut session.stop, ending);
            // What cannot go back has no connection any more, and says so when it is asked.
            let _ = session.execute(BACK);
            session.stop = reading;
            Err(failure)
        }
    }
}

fn stream(session: &mut Session, sql: &str, sink: &mut dyn Sink) -> Result<(Left, Receipt)> {
    session.stop.check()?;
    let mut connection = session.take()?;
    let mut feed = Feed::new(sink);
    let left = session.run(run(session, &mut connection, sql, &mut feed))?;
    // Only a stream that came to its end leaves a connection to go on with.
    session.keep(connection);
    let receipt = feed.receipt(&left);
    Ok((left, receipt))
}

async fn run(
    session: &Session,
    connection: &mut sqlx::PgConnection,
    sql: &str,
    feed: &mut Feed<'_>,
) -> Result<Left> {
    let mut rows = begin(session, connection, sql).await?;
    loop {
        let step = within(session.patience(), fill(&mut rows, feed));
        let step = match session.stop.or(step).await {
            Ok(step) => step.ok_or_else(|| errors::silent(session.place()))?,
            Err(stopped) => {
                // The rows that have come count as seen.
                let _ = feed.flush();
                return leave(session, &mut rows, stopped).await;
            }
        };
        match step {
            Step::Ended => return feed.finish(session.place()),
            Step::Full => {
                if feed.flush().is_break() {
                    return abandon(session, &mut rows).await;
                }
            }
            Step::Bad(why) => return Err(malformed(session.place(), why)),
            Step::Failed(error) => return Err(failed(session, &error)),
        }
    }
}

async fn begin<'c>(
    session: &Session,
    connection: &'c mut sqlx::PgConnection,
    sql: &str,
) -> Result<Stream<'c>> {
    let begun = within(session.patience(), connection.copy_out_raw(sql));
    match session.stop.or(begun).await {
        Ok(begun) => begun
            .ok_or_else(|| errors::silent(session.place()))?
            .map_err(|error| failed(session, &error)),
        Err(stopped) => {
            session.cancel(LEAVE).await;
            Err(stopped)
        }
    }
}

fn failed(session: &Session, error: &sqlx::Error) -> Failure {
    errors::failure(error, Stage::Reading, session.place())
}

/// How filling a chunk ended.
enum Step {
    Full,
    Ended,
    Bad(&'static str),
    Failed(sqlx::Error),
}

/// Takes messages until a chunk is full. One future for many messages: they
/// are small, and waking up for each would cost more than copying it.
async fn fill(rows: &mut Stream<'_>, feed: &mut Feed<'_>) -> Step {
    poll_fn(|context| {
        loop {
            let message = match rows.poll_next_unpin(context) {
                Poll::Pending => {
                    std::thread::sleep(GATHER);
                    return Poll::Pending;
                }
                Poll::Ready(None) => return Poll::Ready(Step::Ended),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Step::Failed(error)),
                Poll::Ready(Some(Ok(message))) => message,
            };
            if let Err(why) = feed.accept(&message) {
                return Poll::Ready(Step::Bad(why));
            }
            if feed.chunk.len() >= CHUNK {
                return Poll::Ready(Step::Full);
            }
        }
    })
    .await
}

/// Leaves a stream whose rest nobody wants.
async fn abandon(session: &Session, rows: &mut Stream<'_>) -> Result<Left> {
    match session.stop.or(read_out(session, rows, DRAIN)).await {
        Ok(done) => done.map(|()| Left::Broken),
        Err(stopped) => leave(session, rows, stopped).await,
    }
}

/// Leaves a stream because the run is to end: soon, whatever the server does. A
/// connection that was not read out is lost, and its end stops the server.
async fn leave(session: &Session, rows: &mut Stream<'_>, stopped: Failure) -> Result<Left> {
    match within(Some(LEAVE), read_out(session, rows, 0)).await {
        Some(Ok(())) => Ok(Left::Stopped(stopped)),
        _ => Err(stopped),
    }
}

/// Reads a stream out where it is short, else has the server stop and reads what
/// is under way.
async fn read_out(session: &Session, rows: &mut Stream<'_>, mut left: u64) -> Result<()> {
    let mut cancelled = false;
    loop {
        if left == 0 && !cancelled {
            session.cancel(session.connect_timeout()).await;
            cancelled = true;
        }
        let next = within(session.patience(), rows.next()).await;
        match next.ok_or_else(|| errors::silent(session.place()))? {
            None => return Ok(()),
            Some(Ok(message)) => left = left.saturating_sub(message.len() as u64),
            Some(Err(error)) if cancelled && was_cancelled(&error) => return Ok(()),
            Some(Err(error)) => return Err(failed(session, &error)),
        }
    }
}

fn was_cancelled(error: &sqlx::Error) -> bool {
    let database = error.as_database_error();
    database.is_some_and(|error| error.code().as_deref() == Some("57014"))
}

fn malformed(place: &str, why: &str) -> Failure {
    Failure::new(
        Code::Malformed,
        format!("{place}: the stream is not COPY's binary format: {why}"),
        "check what stands between shadowgate and the server (a pooler, a proxy)",
    )
}

/// Where the stream is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Header,
    Rows,
    Trailer,
}

/// Collects messages into chunks, and counts.
struct Feed<'a> {
    sink: &'a mut dyn Sink,
    chunk: Vec<u8>,
    at: At,
    /// The rows before the chunk under way, and all so far.
    base: u64,
    rows: u64,
    bytes: u64,
    begun: Instant,
    first_row: Option<Duration>,
}

impl<'a> Feed<'a> {
    fn new(sink: &'a mut dyn Sink) -> Self {
        Feed {
            chunk: sink.buffer(),
            sink,
            at: At::Header,
            base: 0,
            rows: 0,
            bytes: 0,
            begun: Instant::now(),
            first_row: None,
        }
    }

    /// Takes one message: a row, with the header before the first, or the trailer.
    fn accept(&mut self, message: &[u8]) -> Result<(), &'static str> {
        self.bytes += message.len() as u64;
        let rest = match self.at {
            At::Rows => message,
            At::Header => header_rest(message)?,
            At::Trailer => return Err("bytes follow its trailer"),
        };
        if self.at == At::Header {
            self.at = At::Rows;
            if rest.is_empty() {
                return Ok(());
            }
        }
        if rest.starts_with(TRAILER) {
            self.at = At::Trailer;
            return match rest.len() == TRAILER.len() {
                true => Ok(()),
                false => Err("bytes follow its trailer"),
            };
        }
        self.first_row.get_or_insert_with(|| self.begun.elapsed());
        self.chunk.extend_from_slice(rest);
        self.rows += 1;
        Ok(())
    }

    fn flush(&mut self) -> ControlFlow<()> {
        let chunk = Chunk {
            bytes: std::mem::take(&mut self.chunk),
            base: self.base,
            line: 0,
        };
        self.base = self.rows;
        self.sink.push(chunk)?;
        self.chunk = self.sink.buffer();
        self.chunk.clear();
        ControlFlow::Continue(())
    }

    /// The protocol said that the copy is done; so must the copy itself.
    fn finish(&mut self, place: &str) -> Result<Left> {
        if self.at != At::Trailer {
            return Err(Failure::new(
                Code::SourceCut,
                format!("{place}: the stream ended without its trailer"),
                "run again once the server is stable",
            )
            .worth_again());
        }
        // A sink may have had enough of a stream that is over anyway.
        Ok(match !self.chunk.is_empty() && self.flush().is_break() {
            true => Left::Broken,
            false => Left::Ended,
        })
    }

    fn receipt(&self, left: &Left) -> Receipt {
        Receipt {
            rows: matches!(left, Left::Ended).then_some(self.rows),
            bytes: self.bytes,
            first_row: self.first_row.unwrap_or_default(),
            ..Receipt::default()
        }
    }
}

/// What follows the header in the first message.
fn header_rest(message: &[u8]) -> Result<&[u8], &'static str> {
    let flags = message.get(11..15).ok_or("its header is cut short")?;
    if !message.starts_with(SIGNATURE) {
        return Err("it does not begin with its signature");
    }
    // The upper half are features a reader must know; bit 16 is that of oids.
    if flags[0] != 0 || flags[1] != 0 {
        return Err("its header asks for a feature that this version does not know");
    }
    let extension = message.get(15..HEADER).ok_or("its header is cut short")?;
    let extension = extension
        .iter()
        .fold(0, |len, &byte| (len << 8) | usize::from(byte));
    message
        .get(HEADER..)
        .and_then(|rest| rest.get(extension..))
        .ok_or("its header is cut short")
}

#[cfg(test)]
#[path = "copy_tests.rs"]
mod tests;
