//! One key, followed through `verify`'s own pipeline on both sides: the rows
//! that have it, each cell's way, the prints, and what a verification makes of it.
//!
//! Nothing is computed here that a verification computes elsewhere: keys and
//! rows are made by [`Canon`], steps are watched by the pipeline itself, and
//! cells are compared by the comparison's own rules.

mod sought;

use super::canon::{self, Canon};
use super::keyed;
use super::look::{self, Looked};
use super::open::{self, Opened};
use super::progress::Progress;
use super::stream;
use crate::compare::Scope;
use crate::compare::cells::{Finding, RowDiff};
use crate::error::{Code, Failure, Result, Side};
use crate::plan::{DatasetPlan, DatasetSpec};
use crate::source::{Bytes, Cell, Context, Identity, Keys, Rows, Source};
use crate::value::{Raw, cells};

/// How many rows of one key are kept to show.
const KEPT: usize = 5;

/// What a verification makes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Matched,
    Differing,
    Missing,
    Extra,
    Duplicated,
    /// Only in old, where only the keys of new are compared.
    OutOfScope,
}

impl Outcome {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Matched => "matched",
            Outcome::Differing => "differing",
            Outcome::Missing => "missing",
            Outcome::Extra => "extra",
            Outcome::Duplicated => "duplicated",
            Outcome::OutOfScope => "out of scope",
        }
    }
}

/// One cell's way. A text is `None` for NULL and absent.
#[derive(Clone, Debug, PartialEq)]
pub struct CellWay {
    pub raw: Option<String>,
    /// No such field in this record.
    pub absent: bool,
    /// Each step, with the text after it.
    pub steps: Vec<(String, Option<String>)>,
    pub canonical: Vec<u8>,
}

/// One row of the key.
#[derive(Clone, Debug)]
pub struct Row {
    pub cells: Vec<CellWay>,
    pub key_print: u128,
    pub row_print: u128,
    canonical: Vec<u8>,
}

/// Whether the two cells of a column are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    Equal,
    Tolerated,
    /// The cause's name in reports.
    Differs(&'static str),
}

/// All there is to say of a key.
#[derive(Clone, Debug)]
pub struct Explained {
    pub plan: DatasetPlan,
    /// Who the sources are: old, new.
    pub identities: [Identity; 2],
    /// How many rows each side has of it: old, new.
    pub found: [u64; 2],
    /// The first of them, in the order of their canonical bytes.
    pub rows: [Vec<Row>; 2],
    pub outcome: Outcome,
    /// By column, where each side has one row.
    pub agreements: Option<Vec<Agreement>>,
    /// Rows read on each side, and whether those of the key alone.
    pub read: [u64; 2],
    pub by_key: [bool; 2],
    /// The number of other keys that the same text can mean (12 and "12" in JSON)
    /// and that are there too.
    pub others: usize,
}

/// Finds `key` on both sides. Failures: what to mend, or why it could not be looked for.
pub fn explain(
    spec: &DatasetSpec,
    key: &str,
    context: &Context,
    progress: &dyn Progress,
) -> Result<Explained, Vec<Failure>> {
    let opened = open::open(spec, context).map_err(|not| not.failures)?;
    let asked = Asked {
        spec,
        context,
        progress,
    };
    asked.look(opened, key).map_err(|failures| {
        let of = |failure: Failure| failure.of(&spec.name);
        failures.into_iter().map(of).collect()
    })
}

/// What a look is to find its sources by.
struct Asked<'a> {
    spec: &'a DatasetSpec,
    context: &'a Context,
    progress: &'a dyn Progress,
}

impl Asked<'_> {
    fn look(&self, opened: Opened, key: &str) -> Result<Explained, Vec<Failure>> {
        let Opened {
            plan,
            sources,
            estimates,
            identities,
            ..
        } = opened;
        let canons = Side::BOTH.map(|side| Canon::new(&plan, side));
        let sought = sought::keys(&plan, key).map_err(|failure| vec![failure])?;
        let search = Search {
            prints: sought.iter().map(|key| canons[0].prints.key(key)).collect(),
            canons,
            plan: &plan,
        };
        self.progress.dataset(&plan.name, estimates);
        let looked = self.read(sources, &search, &sought)?;
        if !looked.failures.is_empty() {
            return Err(looked.failures);
        }
        found(key, looked, sought.len(), (plan, identities))
    }

    /// Reads the rows of the key alone where a side can find them. A server may refuse
    /// a key that the other side has: then all rows are read.
    fn read(
        &self,
        mut sources: [Box<dyn Source>; 2],
        search: &Search<'_>,
        sought: &[Vec<u8>],
    ) -> Result<Looked<Found>, Vec<Failure>> {
        let one = |failure: Failure| vec![failure];
        // A column of a declared type holds nothing that does not parse.
        let readable = sought.iter().map(Vec::as_slice);
        let readable = readable.filter(|key| cells(key).all(|cell| !cell.is_unreadable()));
        let keyed = Side::BOTH.map(|side| keyed::keys(search.plan, side, readable.clone()));
        let mut looked = self.both(&mut sources, &keyed, search).map_err(one);
        let refused = |looked: &Looked<Found>| {
            let mut failures = looked.failures.iter();
            !looked.failures.is_empty() && failures.all(|failure| !failure.transient)
        };
        if keyed.iter().any(Option::is_some) && looked.as_ref().is_ok_and(refused) {
            tracing::info!("the key could not be asked for: reading all rows");
            drop(sources);
            let opened = open::open(self.spec, self.context).map_err(|not| not.failures)?;
            sources = opened.sources;
            looked = self.both(&mut sources, &[None, None], search).map_err(one);
        }
        looked
    }

    fn both(
        &self,
        sources: &mut [Box<dyn Source>; 2],
        keyed: &[Option<Keys>; 2],
        search: &Search<'_>,
    ) -> Result<Looked<Found>> {
        let (progress, stop) = (self.progress, &self.context.stop);
        let looked = look::both(search.plan, sources, keyed, search, progress, stop);
        progress.done();
        looked
    }
}

/// What was found of the likeliest key that is there.
fn found(
    key: &str,
    looked: Looked<Found>,
    sought: usize,
    (plan, identities): (DatasetPlan, [Identity; 2]),
) -> Result<Explained, Vec<Failure>> {
    let sides = looked.states.map(|states| merge(states, sought));
    let there = |which: &usize| sides.iter().any(|side| side[*which].count > 0);
    let mut there: Vec<usize> = (0..sought).filter(there).collect();
    if there.is_empty() {
        return Err(vec![nowhere(key, looked.rows, looked.by_key)]);
    }
    let shown = there.remove(0);
    let [old, new] = sides.map(|mut side| side.swap_remove(shown));
    let explained = Explained {
        read: looked.rows,
        by_key: looked.by_key,
        others: there.len(),
        ..judge(plan, identities, [old, new])
    };
    Ok(explained)
}

fn judge(plan: DatasetPlan, identities: [Identity; 2], sides: [Hits; 2]) -> Explained {
    let found = sides.each_ref().map(|side| side.count);
    let rows = sides.map(|side| side.rows);
    let tolerances: Vec<_> = plan.columns.iter().map(|c| c.tolerance.clone()).collect();
    let diff = match (&rows[0][..], &rows[1][..]) {
        ([old], [new]) => Some(RowDiff::of(&old.canonical, &new.canonical, &tolerances)),
        _ => None,
    };
    let outcome = match found {
        [_, 0] if plan.scope == Scope::KeysOfNew => Outcome::OutOfScope,
        [old, new] if old > 1 || new > 1 => Outcome::Duplicated,
        [_, 0] => Outcome::Missing,
        [0, _] => Outcome::Extra,
        _ if diff.as_ref().is_some_and(RowDiff::differs) => Outcome::Differing,
        _ => Outcome::Matched,
    };
    Explained {
        plan,
        identities,
        found,
        rows,
        outcome,
        agreements: diff.map(|diff| diff.findings.iter().map(agreement).collect()),
        read: [0; 2],
        by_key: [false; 2],
        others: 0,
    }
}

fn agreement(finding: &Finding) -> Agreement {
    match finding {
        Finding::Equal => Agreement::Equal,
        Finding::Tolerated => Agreement::Tolerated,
        Finding::Differs(cause) => Agreement::Differs(cause.name()),
    }
}

fn nowhere(key: &str, rows: [u64; 2], by_key: [bool; 2]) -> Failure {
    let place = |side: Side| match by_key[side.index()] {
        true => format!("{side} by key"),
        false => format!("{} {side} rows", rows[side.index()]),
    };
    let places = [place(Side::Old), place(Side::New)].join(" and ");
    Failure::new(
        Code::NothingCompared,
        format!("no such key on either side: {key:?} was looked for in {places}"),
        "Write the key as the data has it, or as a report's key shows it; --where or a window hides rows too",
    )
}

/// The rows of one key, on one side.
#[derive(Debug, Default)]
struct Hits {
    count: u64,
    rows: Vec<Row>,
}

impl Hits {
    fn keep(&mut self, row: Row) {
        self.count += 1;
        self.rows.push(row);
        if self.rows.len() > 2 * KEPT {
            self.cut();
        }
    }

    /// Which rows are kept must not depend on which came first.
    fn cut(&mut self) {
        self.rows.sort_by(|a, b| a.canonical.cmp(&b.canonical));
        self.rows.truncate(KEPT);
    }
}

fn merge(states: Vec<Found>, keys: usize) -> Vec<Hits> {
    let mut all: Vec<Hits> = (0..keys).map(|_| Hits::default()).collect();
    for state in states {
        for (mine, theirs) in all.iter_mut().zip(state.hits) {
            mine.count += theirs.count;
            mine.rows.extend(theirs.rows);
        }
    }
    all.iter_mut().for_each(Hits::cut);
    all
}

/// Looks for rows of some keys by their prints.
struct Search<'a> {
    prints: Vec<u128>,
    canons: [Canon; 2],
    plan: &'a DatasetPlan,
}

struct Found {
    work: canon::Work,
    counted: canon::Counted,
    hits: Vec<Hits>,
}

impl stream::Work for Search<'_> {
    type State = Found;

    fn start(&self, side: Side) -> Found {
        Found {
            work: canon::Work::default(),
            counted: self.canons[side.index()].counted(),
            hits: self.prints.iter().map(|_| Hits::default()).collect(),
        }
    }

    fn rows(&self, side: Side, rows: &Rows, bytes: Bytes<'_>, found: &mut Found) -> Result<()> {
        let canon = &self.canons[side.index()];
        for index in 0..rows.len() {
            let row = rows.row(index);
            let facts = canon.key(row, bytes, &mut found.work, &mut found.counted);
            let print = canon.prints.key(&found.work.row[..facts.key_len]);
            let wanted = self.prints.iter().position(|wanted| *wanted == print);
            if let Some(which) = wanted {
                let row = self.follow(side, row, bytes, found);
                found.hits[which].keep(row);
            }
        }
        Ok(())
    }
}

impl Search<'_> {
    fn follow(&self, side: Side, row: &[Cell], bytes: Bytes<'_>, found: &mut Found) -> Row {
        let canon = &self.canons[side.index()];
        let facts = canon.row(row, bytes, &mut found.work, &mut found.counted);
        let canonical = found.work.row.clone();
        let columns = self.plan.columns.iter().zip(row);
        let ways = columns.map(|(column, cell)| {
            let raw = cell.raw(bytes);
            let trace = column.pipelines[side.index()].trace(raw);
            CellWay {
                absent: raw == Raw::Absent,
                raw: trace.raw,
                steps: trace.steps,
                canonical: trace.canonical,
            }
        });
        Row {
            cells: ways.collect(),
            key_print: canon.prints.key(&canonical[..facts.key_len]),
            row_print: canon.prints.row(&canonical),
            canonical,
        }
    }
}

#[cfg(test)]
mod tests;
