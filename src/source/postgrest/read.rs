//! Reading all rows: ranges of the key side by side, each page after page in
//! the server's own order until an empty one, and the rows without a key.
//!
//! A short page is never the end (a server may cap its pages in silence), and a
//! page is never found by its number (rows move between numbered pages).

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use super::answer::{Answer, Refusal};
use super::client::{Client, Request};
use super::columns::{self, Item};
use super::keyset::{self, Pair};
use super::page::{self, Page, Position};
use super::ranges::{Range, Ranges};
use crate::error::{Code, Failure, Result};
use crate::source::text::Origin;
use crate::source::{Chunk, Sink};

/// A piece of the order has at least so many pages: where it does not follow what its
/// connection has read, finding its end costs two requests.
const PAGES_A_PIECE: u64 = 4;

/// So many values of the key are few: what comes of fewer is taken as it is.
const FEW: usize = 16;

/// What is read, and in which order.
pub struct Reading<'a> {
    pub client: &'a Client,
    pub table: &'a str,
    /// The `select` of the query.
    pub select: String,
    pub filter: &'a [Pair],
    /// The columns that pages are ordered by: as the table calls them, and as the
    /// rows that come do.
    pub key: Vec<String>,
    pub key_names: Vec<String>,
    pub connections: usize,
    /// How many rows there are, by the server's count.
    pub count: u64,
    pub origin: Origin,
    /// Rows asked for at once: less after a statement took too long.
    pub page: &'a Cell<usize>,
}

/// What reading has counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    pub rows: u64,
    pub pages: u64,
    pub bytes: u64,
    /// Rows without a key that the server holds but did not send.
    pub unsent: u64,
    pub first_row: Duration,
}

impl Counted {
    /// Counts a page of a reading that began then, and gives its rows, if it has any.
    pub fn take(&mut self, page: Page, begun: Instant) -> Option<Chunk> {
        let base = self.rows;
        if self.rows == 0 && page.rows > 0 {
            self.first_row = begun.elapsed();
        }
        self.rows += page.rows;
        self.pages += 1;
        self.bytes += page.bytes.len() as u64;
        (page.rows > 0).then_some(Chunk {
            bytes: page.bytes,
            base,
            line: 0,
        })
    }
}

/// What the connections share.
struct Shared<'s> {
    sink: RefCell<&'s mut dyn Sink>,
    counted: Cell<Counted>,
    ranges: RefCell<Ranges>,
    /// Whether the rows that no range holds, as they have no key, are still to be read.
    keyless: Cell<bool>,
    /// The rows of the fullest page so far.
    fullest: Cell<u64>,
    begun: Instant,
    enough: Cell<bool>,
}

impl Shared<'_> {
    /// Whether a page of so many rows is shorter than others: not than what was asked
    /// for, as a server may cap all of them.
    fn is_short(&self, held: u64) -> bool {
        let fullest = self.fullest.get().max(held);
        self.fullest.set(fullest);
        held < fullest
    }
}

impl Reading<'_> {
    /// Reads everything. `bounds` are values of the first key column at which
    /// the reading may be divided. `None`: the sink has had enough.
    pub async fn run(&self, bounds: &[String], sink: &mut dyn Sink) -> Result<Option<Counted>> {
        let begun = Instant::now();
        let bounds = self.sorted(bounds).await?;
        let connections = self.connections.max(1);
        let shared = Shared {
            sink: RefCell::new(sink),
            counted: Cell::default(),
            ranges: RefCell::new(Ranges::new(bounds, connections, self.most())),
            keyless: Cell::new(true),
            fullest: Cell::new(0),
            begun,
            enough: Cell::new(false),
        };
        let connections = (0..connections).map(|own| self.connection(own, &shared));
        try_join_all(connections).await?;
        Ok((!shared.enough.get()).then(|| shared.counted.get()))
    }

    /// How many pieces there may be at the most.
    fn most(&self) -> usize {
        let pages = self.count / self.page.get() as u64;
        match self.connections {
            0 | 1 => 1,
            _ => usize::try_from(pages / PAGES_A_PIECE).unwrap_or(usize::MAX),
        }
    }

    /// The bounds that exist, in the server's own order: any other order would
    /// make ranges that overlap.
    async fn sorted(&self, bounds: &[String]) -> Result<Vec<String>> {
        let (Some(column), Some(name)) = (self.key.first(), self.key_names.first()) else {
            return Ok(Vec::new());
        };
        if self.most() < 2 {
            return Ok(Vec::new());
        }
        let page = self.page.get();
        let mut asked = keyset::fitting(bounds);
        asked.truncate(page);
        while !asked.is_empty() {
            let Some((rows, found)) = self.existing(column, name, &asked).await? else {
                break;
            };
            // A page cut short, here or by a server's own limit, holds the first in
            // order alone. Those asked for are in no order: a part of them will do.
            let is_cut = rows >= page as u64 && found.len() < asked.len();
            if asked.len() < FEW || !is_cut && found.len() * 4 >= asked.len() * 3 {
                return Ok(found);
            }
            asked.truncate(asked.len() / 4);
        }
        Ok(Vec::new())
    }

    /// Those of the values that exist, in the server's order, and how many rows they
    /// are at least; `None` where the server cannot read them as such.
    async fn existing(
        &self,
        column: &str,
        name: &str,
        values: &[String],
    ) -> Result<Option<(u64, Vec<String>)>> {
        let mut query = self.filter.to_vec();
        query.push((
            "select".to_owned(),
            Item::renamed(column, name).selected(false),
        ));
        query.push(keyset::any_of(column, values));
        query.push(keyset::order(&self.key[..1]));
        query.push(("limit".to_owned(), self.page.get().to_string()));
        let answer = match self.ask(query, false).await {
            Ok(answer) => answer,
            // Ranges only save time: a value that this side cannot read is none.
            Err(Refusal::Final(failure)) if failure.code == Code::Config => {
                tracing::debug!(%failure, "no bounds: reading in one range");
                return Ok(None);
            }
            Err(refusal) => return Err(refusal.failure()),
        };
        let rows = answer.range.map_or(0, |range| range.rows);
        Ok(Some((rows, page::values(answer, name, &self.origin)?)))
    }

    /// One connection: reads until nothing is left to begin.
    async fn connection(&self, own: usize, shared: &Shared<'_>) -> Result<()> {
        while !shared.enough.get() {
            let range = shared.ranges.borrow_mut().begin(own);
            let next = match range {
                Some(range) => self.range(range, own, shared).await?,
                None if shared.keyless.take() => self.keyless(shared).await?,
                None => return Ok(()),
            };
            if next.is_break() {
                shared.enough.set(true);
            }
        }
        Ok(())
    }

    /// Reads a range, and what follows it as far as no other connection does.
    async fn range(
        &self,
        mut range: Range,
        own: usize,
        shared: &Shared<'_>,
    ) -> Result<ControlFlow<()>> {
        let mut at: Option<Position> = None;
        loop {
            let (page, is_short) = self.page(&range, at.as_ref(), shared).await?;
            let Some(mut next) = page.next.clone() else {
                return Ok(ControlFlow::Continue(()));
            };
            if at.as_ref().is_some_and(|at| at.key == next.key) {
                if !at.as_ref().is_some_and(|at| at.inclusive) {
                    return Err(self.stuck(&next));
                }
                // The server holds other spellings for the same key.
                next.inclusive = false;
            }
            // The range may be at its end. That is not believed: what follows is asked for
            // together with what may be left of it.
            if is_short && let Some(more) = shared.ranges.borrow_mut().follow(own) {
                range.high = more.high;
            }
            if self.push(page, shared).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            at = Some(next);
        }
    }

    fn push(&self, page: Page, shared: &Shared<'_>) -> ControlFlow<()> {
        let mut counted = shared.counted.get();
        let chunk = counted.take(page, shared.begun);
        shared.counted.set(counted);
        match chunk {
            Some(chunk) => shared.sink.borrow_mut().push(chunk),
            None => ControlFlow::Continue(()),
        }
    }

    /// One page, and whether it is shorter than others: a smaller one where the server
    /// says that it takes too long.
    async fn page(
        &self,
        range: &Range,
        at: Option<&Position>,
        shared: &Shared<'_>,
    ) -> Result<(Page, bool)> {
        loop {
            let limit = self.page.get();
            let mut query = self.query(range, at);
            query.push(("limit".to_owned(), limit.to_string()));
            let spare = shared.sink.borrow_mut().buffer();
            let request = self.request(query, false);
            match self.client.ask_into(&request, spare).await {
                Ok(answer) => {
                    let page = page::read(answer, &self.key_names, &self.origin)?;
                    // What was asked for before pages became smaller tells nothing of them.
                    let is_short = limit == self.page.get() && shared.is_short(page.held);
                    return Ok((page, is_short));
                }
                Err(Refusal::TooLong(failure)) if limit > 1 => {
                    // Another connection may have made it smaller already.
                    self.page.set(self.page.get().min(limit.div_ceil(2)));
                    shared.fullest.set(0);
                    tracing::info!(why = %failure.why, page = self.page.get(), "asking for fewer rows at once");
                }
                Err(refusal) => return Err(refusal.failure()),
            }
        }
    }

    fn query(&self, range: &Range, at: Option<&Position>) -> Vec<Pair> {
        let mut query = vec![("select".to_owned(), self.select.clone())];
        query.extend_from_slice(self.filter);
        let first = &self.key[..1];
        match (at, &range.low) {
            (Some(at), _) => query.extend(keyset::after(&self.key, &at.key, at.inclusive)),
            (None, Some(low)) => {
                query.extend(keyset::after(first, std::slice::from_ref(low), true))
            }
            (None, None) => {}
        }
        if let Some(high) = &range.high {
            query.push((keyset::name(&first[0]), format!("lt.{high}")));
        }
        query.extend(keyset::whole(&self.key));
        query.push(keyset::order(&self.key));
        query
    }

    /// The rows that no page holds, because a column of their key is NULL.
    async fn keyless(&self, shared: &Shared<'_>) -> Result<ControlFlow<()>> {
        let mut query = vec![("select".to_owned(), self.select.clone())];
        query.extend_from_slice(self.filter);
        query.push(keyset::broken(&self.key));
        query.push(("limit".to_owned(), self.page.get().to_string()));
        let answer = self.ask(query, true).await.map_err(Refusal::failure)?;
        let range = answer.range.unwrap_or_default();
        let page = page::unordered(answer, &self.origin)?;
        if page.rows > 0 && self.push(page, shared).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let mut counted = shared.counted.get();
        counted.unsent = range.total.unwrap_or(range.rows).saturating_sub(range.rows);
        shared.counted.set(counted);
        Ok(ControlFlow::Continue(()))
    }

    pub async fn ask(&self, query: Vec<Pair>, count: bool) -> Result<Answer, Refusal> {
        self.client.ask(&self.request(query, count)).await
    }

    fn request(&self, query: Vec<Pair>, count: bool) -> Request<'_> {
        Request {
            table: Some(self.table),
            query,
            count,
            ..Request::default()
        }
    }

    fn stuck(&self, at: &Position) -> Failure {
        Failure::new(
            Code::Malformed,
            format!(
                "{}: the page after {} {} ends with the same key: the server does not go on from there",
                self.origin.name(),
                self.key.join(", "),
                at.key.join(", "),
            ),
            "use a key whose JSON form is exact (not a float), and check for a cache between shadowgate and PostgREST",
        )
    }
}

/// How many rows the server says it holds of what a filter lets through. It looks at
/// the selected columns' rights for that too.
pub async fn count(client: &Client, table: &str, filter: &[Pair], select: &[Item]) -> Result<u64> {
    let mut query = filter.to_vec();
    query.extend(columns::no_rows(select));
    let request = Request {
        table: Some(table),
        query,
        count: true,
        ..Request::default()
    };
    let answer = client.ask(&request).await.map_err(Refusal::failure)?;
    answer.range.and_then(|range| range.total).ok_or_else(|| {
        Failure::new(
            Code::Malformed,
            format!("{}: the server did not count the rows it was asked to count", client.shown(&request)),
            "check that nothing between shadowgate and PostgREST takes the header `Prefer: count=exact` away",
        )
    })
}
