//! Answers for a source that answers nothing itself: a file. Its rows are read
//! once, and all that is asked of them is counted on the way.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::compare::newer;
use crate::error::{Code, Failure, Result, Side};
use crate::plan::{self, DatasetPlan, DatasetSpec};
use crate::run::canon::{self, Canon};
use crate::run::progress::Silent;
use crate::run::stream::{self, Input};
use crate::source::ask::{Answer, Moment, Question};
use crate::source::{Bytes, Rows, Schema, Source};
use crate::stop::Stop;
use crate::value::{Cell, Type, cells, show};

/// So many keys are told apart, and so many values of a group.
const KEYS: usize = 1 << 24;
const GROUPS: usize = 10_000;
/// µs from 1970 to 2000, where canonical times begin.
const EPOCH: i64 = 946_684_800_000_000;

/// What reading all rows told.
pub struct Scanned {
    rows: u64,
    /// `None`: there were too many keys.
    repeated: Option<u64>,
    groups: Vec<(Option<String>, u64)>,
    changed: Changed,
}

/// The moment since which changed rows are counted, in canonical µs.
#[derive(Clone, Copy)]
struct Since {
    instant: i64,
    clock: Option<i64>,
}

/// The rows that changed since then, as far as their cells say.
#[derive(Clone, Copy, Default)]
struct Changed {
    rows: u64,
    /// Rows whose time has no zone, where it is not known by which clock it is.
    unclear: u64,
}

/// Reads the old side by itself; `since` is when the changed rows are counted from.
pub fn scan(
    spec: &DatasetSpec,
    source: &mut dyn Source,
    schema: &Schema,
    since: Option<&Moment>,
    stop: &Stop,
) -> Result<Scanned> {
    let plan = alone(spec, schema)?;
    let scan = Scan::new(spec, &plan, since.map(Since::of).transpose()?);
    let wants = plan.wants(Side::Old);
    let input = Input {
        side: Side::Old,
        decoder: source.decoder(&wants)?,
        read: Box::new(|sink| source.read(&wants, sink)),
    };
    let ended = stream::run(vec![input], &scan, &Silent, stop).pop();
    let ended = ended.ok_or_else(|| Failure::new(Code::Internal, "nothing was read", ""))?;
    ended.receipt?;
    Ok(Scanned::of(ended.rows, ended.states))
}

/// A plan of the old side's own columns that are asked about.
fn alone(spec: &DatasetSpec, schema: &Schema) -> Result<DatasetPlan> {
    let mut spec = spec.clone();
    spec.sides[1] = spec.sides[0].clone();
    let view = plan::columns(&spec, [schema, schema]);
    let is_there = |name: &String| view.columns.iter().any(|column| column.name == *name);
    let rollback = &spec.rollback;
    let asked = [&rollback.group_by, &rollback.updated_at];
    let asked = asked.into_iter().flatten().filter(|name| is_there(name));
    spec.only = Some(asked.cloned().collect());
    if spec.only.as_ref().is_some_and(Vec::is_empty) {
        spec.only = spec.key.clone().or_else(|| schema.key.clone());
    }
    spec.ignore.clear();
    spec.gates.columns.clear();
    spec.rules.retain(|name, _| name == "*" || is_there(name));
    for rules in spec.rules.values_mut() {
        rules.tolerance = None;
    }
    plan::resolve(&spec, [schema, schema])
}

struct Scan {
    canon: Canon,
    group_by: Option<usize>,
    updated_at: Option<usize>,
    since: Option<Since>,
}

/// What one worker counted.
struct State {
    work: canon::Work,
    counted: canon::Counted,
    /// Half of each key's print; `None`: there were too many.
    keys: Option<Vec<u64>>,
    groups: HashMap<Vec<u8>, u64>,
    changed: Changed,
}

impl Scan {
    fn new(spec: &DatasetSpec, plan: &DatasetPlan, since: Option<Since>) -> Scan {
        let place = |name: &Option<String>| {
            let mut columns = plan.columns.iter();
            let name = name.as_ref()?;
            columns.position(|column| column.name == *name)
        };
        Scan {
            canon: Canon::new(plan, Side::Old),
            group_by: place(&spec.rollback.group_by),
            updated_at: place(&spec.rollback.updated_at),
            since,
        }
    }
}

impl stream::Work for Scan {
    type State = State;

    fn start(&self, _: Side) -> State {
        State {
            work: canon::Work::default(),
            counted: self.canon.counted(),
            keys: Some(Vec::new()),
            groups: HashMap::new(),
            changed: Changed::default(),
        }
    }

    fn rows(&self, _: Side, rows: &Rows, bytes: Bytes<'_>, state: &mut State) -> Result<()> {
        for index in 0..rows.len() {
            let row = rows.row(index);
            let facts = self
                .canon
                .row(row, bytes, &mut state.work, &mut state.counted);
            let row = &state.work.row;
            if !facts.unkeyed {
                let print = self.canon.prints.key(&row[..facts.key_len]);
                if let Some(keys) = &mut state.keys {
                    keys.push(print as u64);
                }
            }
            if let Some(cell) = self.group_by.and_then(|place| cells(row).nth(place)) {
                count(&mut state.groups, cell.bytes);
            }
            let time = self.updated_at.and_then(|place| cells(row).nth(place));
            if let (Some(cell), Some(since)) = (time, self.since) {
                state.changed.add(cell, since);
            }
        }
        if state.keys.as_ref().is_some_and(|keys| keys.len() > KEYS) {
            state.keys = None;
        }
        Ok(())
    }
}

fn count(groups: &mut HashMap<Vec<u8>, u64>, cell: &[u8]) {
    let full = groups.len() >= GROUPS;
    match groups.get_mut(cell) {
        Some(count) => *count += 1,
        None if !full => drop(groups.insert(cell.to_vec(), 1)),
        None => {}
    }
}

impl Since {
    fn of(moment: &Moment) -> Result<Since> {
        let clock = moment.clock.map(|clock| TimeZone::UTC.to_timestamp(clock));
        let clock = clock.transpose().map_err(|error| {
            let why = format!("`since` is out of range: {error}");
            Failure::new(Code::Config, why, "write a later time")
        })?;
        Ok(Since {
            instant: moment.instant.as_microsecond() - EPOCH,
            clock: clock.map(|clock| clock.as_microsecond() - EPOCH),
        })
    }
}

impl Changed {
    fn add(&mut self, cell: Cell<'_>, since: Since) {
        if let Some(time) = newer::time(cell, &Type::TimestampTz) {
            self.rows += u64::from(time >= since.instant);
        } else if let Some(time) = newer::time(cell, &Type::Timestamp) {
            match since.clock {
                Some(clock) => self.rows += u64::from(time >= clock),
                None => self.unclear += 1,
            }
        }
    }
}

impl Scanned {
    fn of(rows: u64, states: Vec<State>) -> Scanned {
        let mut keys = Some(Vec::new());
        let mut groups: HashMap<Vec<u8>, u64> = HashMap::new();
        let mut changed = Changed::default();
        for state in states {
            keys = keys.zip(state.keys).map(|(mut mine, theirs)| {
                mine.extend(theirs);
                mine
            });
            for (cell, count) in state.groups {
                *groups.entry(cell).or_default() += count;
            }
            changed.rows += state.changed.rows;
            changed.unclear += state.changed.unclear;
        }
        Scanned {
            rows,
            repeated: keys.filter(|keys| keys.len() <= KEYS).map(repeated),
            groups: sorted(groups),
            changed,
        }
    }

    pub fn answer(&self, question: &Question) -> Result<Answer> {
        match question {
            Question::Count => Ok(Answer::number(self.rows)),
            Question::Repeated(_) => match self.repeated {
                Some(repeated) => Ok(Answer::number(repeated)),
                None => Err(unanswered("it has too many keys to be counted beforehand")),
            },
            Question::CountBy(column) => {
                let rows = self.groups.iter();
                let rows = rows.map(|(value, rows)| vec![value.clone(), Some(rows.to_string())]);
                let columns = vec![column.clone(), "rows".to_owned()];
                Ok(Answer::of(columns, rows.collect()))
            }
            Question::Since { column, moment } if self.changed.unclear > 0 => {
                moment.zoneless(column).map(|_| Answer::default())
            }
            Question::Since { .. } => Ok(Answer::number(self.changed.rows)),
            Question::Rows { name, .. } => Err(unanswered(&format!(
                "{name} is a query, and the old side is a file"
            ))),
        }
    }
}

fn unanswered(why: &str) -> Failure {
    Failure::new(Code::Undecided, why, "")
}

/// How many keys occur more than once.
fn repeated(mut keys: Vec<u64>) -> u64 {
    keys.sort_unstable();
    let runs = keys.chunk_by(|one, next| one == next);
    runs.filter(|run| run.len() > 1).count() as u64
}

/// The groups by their text, the most rows first.
fn sorted(groups: HashMap<Vec<u8>, u64>) -> Vec<(Option<String>, u64)> {
    let text = |cell: &[u8]| {
        let cell = Cell::of(cell);
        (!cell.is_null()).then(|| show::shown(cell))
    };
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|(cell, count)| (text(&cell), count))
        .collect();
    groups.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    groups
}
