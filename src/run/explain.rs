//! One key, followed through `verify`'s own pipeline on both sides: the rows
//! that have it, each cell's way, the prints, and what a verification makes of it.
//!
//! Nothing is computed here that a verification computes elsewhere: keys and
//! rows are made by [`Canon`], steps are watched by the pipeline itself, and
//! cells are compared by the comparison's own rules.

use super::canon::{self, Canon};
use super::look;
use super::open::{self, Opened};
use super::progress::Progress;
use super::stream;
use crate::compare::Scope;
use crate::compare::cells::{Finding, RowDiff};
use crate::error::{Code, Failure, Result, Side};
use crate::normalise::Scratch;
use crate::plan::{self, DatasetPlan, DatasetSpec};
use crate::source::{Cell, Context, Identity, Rows};
use crate::stop::Stop;
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
    /// Rows read on each side.
    pub read: [u64; 2],
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
    look(opened, key, &context.stop, progress).map_err(|failures| {
        let of = |failure: Failure| failure.of(&spec.name);
        failures.into_iter().map(of).collect()
    })
}

fn look(
    opened: Opened,
    key: &str,
    stop: &Stop,
    progress: &dyn Progress,
) -> Result<Explained, Vec<Failure>> {
    let Opened {
        plan,
        mut sources,
        estimates,
        identities,
        ..
    } = opened;
    let canons = Side::BOTH.map(|side| Canon::new(&plan, side));
    let sought = sought(&plan, key).map_err(|failure| vec![failure])?;
    let search = Search {
        prints: sought.iter().map(|key| canons[0].prints.key(key)).collect(),
        canons,
        plan: &plan,
    };
    progress.dataset(&plan.name, estimates);
    let looked = look::both(&plan, &mut sources, &search, progress, stop);
    progress.done();
    let looked = looked.map_err(|failure| vec![failure])?;
    if !looked.failures.is_empty() {
        return Err(looked.failures);
    }
    let sides = looked.states.map(|states| merge(states, sought.len()));
    let there = |which: &usize| sides.iter().any(|side| side[*which].count > 0);
    let mut there: Vec<usize> = (0..sought.len()).filter(there).collect();
    if there.is_empty() {
        return Err(vec![nowhere(key, looked.rows)]);
    }
    let shown = there.remove(0);
    let [old, new] = sides.map(|mut side| side.swap_remove(shown));
    let explained = Explained {
        read: looked.rows,
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

fn nowhere(key: &str, rows: [u64; 2]) -> Failure {
    Failure::new(
        Code::NothingCompared,
        format!(
            "no such key on either side: {key:?} was looked for in {} old and {} new rows",
            rows[0], rows[1]
        ),
        "Write the key as the data has it, or as a report's key shows it; --where or a window hides rows too",
    )
}

/// The canonical keys that a text can mean, the likeliest first: each value goes
/// through both sides' own key pipelines, as text and as a JSON string.
fn sought(plan: &DatasetPlan, key: &str) -> Result<Vec<Vec<u8>>> {
    let names: Vec<&str> = plan.columns[..plan.key]
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let values = plan::key_values(key, &names)?;
    let mut keys: Vec<Vec<u8>> = vec![Vec::new()];
    for (column, value) in plan.columns.iter().zip(&values) {
        let mut meanings: Vec<Vec<u8>> = Vec::new();
        for raw in [Raw::Text(value), Raw::JsonString(value)] {
            for pipeline in &column.pipelines {
                let mut cell = Vec::new();
                let mut unchanged = vec![0; pipeline.steps().len()];
                // One that does not parse is a key too: data can hold the same.
                let _ = pipeline.apply(raw, &mut Scratch::default(), &mut unchanged, &mut cell);
                if !meanings.contains(&cell) {
                    meanings.push(cell);
                }
            }
        }
        let joined = |key: &Vec<u8>| -> Vec<Vec<u8>> {
            meanings
                .iter()
                .map(|cell| [&key[..], cell].concat())
                .collect()
        };
        keys = keys.iter().flat_map(joined).collect();
    }
    keys.retain(|key| cells(key).all(|cell| !cell.is_null()));
    match keys.is_empty() {
        false => Ok(keys),
        true => Err(Failure::new(
            Code::Usage,
            format!("by the rules of the key's columns {key:?} is NULL, and NULL names no row"),
            "Write another key",
        )),
    }
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

    fn rows(&self, side: Side, rows: &Rows, bytes: &[u8], found: &mut Found) -> Result<()> {
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
    fn follow(&self, side: Side, row: &[Cell], bytes: &[u8], found: &mut Found) -> Row {
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
