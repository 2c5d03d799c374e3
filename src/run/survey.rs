//! A look at all rows of both sides before anything is settled: which columns
//! could name a row, and as which types undeclared columns can be read. What
//! `init` writes down, and what `verify` proposes where it has no key.

use super::keys::{self, Search};
use super::look;
use super::open::OpenedSide;
use super::progress::Progress;
use super::readable::Readable;
use super::stream;
use crate::error::{Failure, Result, Side};
use crate::fingerprint::Fingerprint;
use crate::normalise::Scratch;
use crate::plan::{self, Compared, DatasetPlan, DatasetSpec, SchemaView};
use crate::source::{Bytes, Cell, Rows, Schema, Source, Undeclared};
use crate::stop::Stop;
use crate::value::{self, Type};

/// How many keys are proposed at most.
const PROPOSED: usize = 8;

/// What was seen.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Keys that would do, the likeliest first; report names.
    pub keys: Vec<Vec<String>>,
    /// Columns that nearly would, where none does: with how many rows repeat a
    /// value or have none.
    pub nearly: Vec<(String, u64)>,
    /// Keys that would do only by chance, such as a time.
    pub unlikely: Vec<Vec<String>>,
    /// Whether every row was compared for them.
    pub whole: bool,
    /// By report name: the type that all cells of both sides read as, of columns
    /// that no side declares or whose declared types cannot agree.
    pub types: Vec<(String, Type)>,
    /// Columns of times that have a zone on one side only.
    pub zones: Vec<String>,
    /// Rows read: old, new.
    pub rows: [u64; 2],
}

/// Reads both sides whole, twice where no single column names a row.
pub fn survey(
    spec: &DatasetSpec,
    sides: [OpenedSide; 2],
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Survey> {
    let [(old, old_schema), (new, new_schema)] = sides;
    let schemas = [&old_schema, &new_schema];
    let view = plan::columns(spec, schemas);
    let plan = scan(spec, &view, schemas)?;
    let mut sources = [old, new];
    progress.dataset(&spec.name, schemas.map(|schema| schema.estimate));
    let mut first = Look::new(&plan, Search::singles(plan.columns.len()), &view);
    let rows = first.run(&mut sources, progress, stop)?;
    let types = first.types();
    let zones = first.zones();
    let singles = first.search.found().into_iter();
    let (keys, mut nearly): (Vec<_>, Vec<_>) = singles.partition(|found| found.faults == 0);
    let likely = |found: &keys::Found| kind_of(found, &plan, &types) < UNLIKELY;
    let (mut keys, mut unlikely): (Vec<_>, Vec<_>) = keys.into_iter().partition(likely);
    nearly.retain(likely);
    let mut whole = !first.search.is_cut();
    if keys.is_empty() && rows.iter().all(|rows| *rows > 0) {
        let second = Search::pairs(&first.pairable(&types));
        first = Look::new(&plan, second, &view);
        first.run(&mut sources, progress, stop)?;
        keys = first.search.found();
        whole = !first.search.is_cut();
    }
    progress.done();
    rank(&mut keys, &plan, &types);
    rank(&mut nearly, &plan, &types);
    rank(&mut unlikely, &plan, &types);
    Ok(Survey {
        keys: keys.iter().map(|found| names(found, &plan)).collect(),
        nearly: nearly
            .iter()
            .filter(|_| keys.iter().all(|found| found.columns.len() > 1))
            .map(|found| (names(found, &plan).concat(), found.faults))
            .collect(),
        unlikely: unlikely.iter().map(|found| names(found, &plan)).collect(),
        whole,
        types,
        zones,
        rows,
    })
}

/// A plan that reads every column of both sides, whatever stands in the way of
/// comparing them: only their cells are looked at.
fn scan(spec: &DatasetSpec, view: &SchemaView, schemas: [&Schema; 2]) -> Result<DatasetPlan> {
    let mut spec = spec.clone();
    spec.only = None;
    spec.gates.columns.clear();
    for rules in spec.rules.values_mut() {
        rules.tolerance = None;
    }
    let shared = view
        .columns
        .iter()
        .filter(|column| !matches!(column.compared, Compared::OneSide | Compared::Ignored));
    spec.key = shared
        .clone()
        .next()
        .map(|column| vec![column.name.clone()]);
    for column in shared.filter(|column| column.compared == Compared::CannotAgree) {
        let text = plan::ColumnRules {
            ty: Some(Type::Text),
            ..plan::ColumnRules::default()
        };
        spec.rules.insert(column.name.clone(), text);
    }
    plan::resolve(&spec, schemas)
}

/// The likeliest key first: values in common, then a type that keys have, then a
/// name that keys have, then the order of the columns.
fn rank(keys: &mut Vec<keys::Found>, plan: &DatasetPlan, types: &[(String, Type)]) {
    let name = |column: &usize| plan.columns[*column].name.as_str();
    keys.sort_by_key(|found| {
        let kinds = kind_of(found, plan, types);
        let named = found.columns.iter().any(|column| says_key(name(column)));
        // Of equals the first column: tables begin with their key.
        ((1000 - found.shared) / 100, kinds, !named)
    });
    keys.truncate(PROPOSED);
}

fn names(found: &keys::Found, plan: &DatasetPlan) -> Vec<String> {
    let columns = found.columns.iter();
    columns
        .map(|column| plan.columns[*column].name.clone())
        .collect()
}

/// The unlikeliest kind of its columns.
fn kind_of(found: &keys::Found, plan: &DatasetPlan, types: &[(String, Type)]) -> u8 {
    let columns = found.columns.iter();
    let kinds = columns.map(|column| {
        let column = &plan.columns[*column];
        let read = types.iter().find(|(name, _)| *name == column.name);
        kind(read.map_or(&column.ty, |(_, ty)| ty))
    });
    kinds.max().unwrap_or(UNLIKELY)
}

/// From this kind on a column is unique by chance only.
const UNLIKELY: u8 = 2;

/// 0: what keys are made of; 3: what none should be.
fn kind(ty: &Type) -> u8 {
    match ty {
        Type::Int2 | Type::Int4 | Type::Int8 | Type::Uuid | Type::Text | Type::Bpchar => 0,
        Type::Jsonb | Type::Enum | Type::Numeric | Type::Date => 1,
        Type::Timestamp | Type::TimestampTz | Type::Bytea => 2,
        _ => 3,
    }
}

fn says_key(name: &str) -> bool {
    let name = name.to_lowercase();
    ["id", "number", "key", "code", "uuid", "番号", "コード"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// One reading of both sides.
struct Look<'a> {
    plan: &'a DatasetPlan,
    prints: Fingerprint,
    search: Search,
    /// By column, and whether both sides have to show it; `None` where its type
    /// is settled.
    readable: Vec<Option<(Readable, bool)>>,
    /// By column: whether it had a cell that can be part of no key.
    holes: Vec<std::sync::atomic::AtomicBool>,
}

impl<'a> Look<'a> {
    fn new(plan: &'a DatasetPlan, search: Search, view: &SchemaView) -> Self {
        let readable = |name: &String| {
            let column = view.columns.iter().find(|column| column.name == *name)?;
            let disagrees = column.compared == Compared::CannotAgree;
            is_open(column).then(|| (Readable::default(), disagrees))
        };
        let columns = plan.columns.iter();
        Look {
            prints: Fingerprint::new(&plan.definition),
            readable: columns.map(|column| readable(&column.name)).collect(),
            holes: plan.columns.iter().map(|_| false.into()).collect(),
            plan,
            search,
        }
    }

    fn run(
        &self,
        sources: &mut [Box<dyn Source>; 2],
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<[u64; 2]> {
        let looked = look::both(self.plan, sources, &[None, None], self, progress, stop)?;
        match looked.failures.into_iter().next() {
            Some(failure) => Err(failure),
            None => Ok(looked.rows),
        }
    }

    fn types(&self) -> Vec<(String, Type)> {
        let columns = self.plan.columns.iter().zip(&self.readable);
        let read = columns.filter_map(|(column, readable)| {
            let (readable, both) = readable.as_ref()?;
            Some((column.name.clone(), readable.ty(*both)?))
        });
        read.collect()
    }

    fn zones(&self) -> Vec<String> {
        let columns = self.plan.columns.iter().zip(&self.readable);
        let lacking = columns.filter(|(_, readable)| {
            let readable = readable.as_ref();
            readable.is_some_and(|(readable, _)| readable.lacks_zone())
        });
        lacking.map(|(column, _)| column.name.clone()).collect()
    }

    /// The columns that can be part of a key, the likeliest first.
    fn pairable(&self, types: &[(String, Type)]) -> Vec<usize> {
        use std::sync::atomic::Ordering::Relaxed;
        let whole = (0..self.holes.len()).filter(|column| !self.holes[*column].load(Relaxed));
        let kind = |column: &usize| {
            let column = &self.plan.columns[*column];
            let read = types.iter().find(|(name, _)| *name == column.name);
            kind(read.map_or(&column.ty, |(_, ty)| ty))
        };
        let mut columns: Vec<usize> = whole.filter(|column| kind(column) < UNLIKELY).collect();
        columns.sort_by_key(|column| (kind(column), !says_key(&self.plan.columns[*column].name)));
        columns
    }
}

/// Whether a type may be proposed: no side settles it, and it is not JSON on
/// both sides, which compares by value as it is.
fn is_open(column: &plan::ColumnView) -> bool {
    let [Some(old), Some(new)] = &column.sides else {
        return false;
    };
    let json = |side: &plan::SideColumn| side.undeclared == Undeclared::Json;
    let undeclared = old.declared.is_none() && new.declared.is_none();
    column.compared == Compared::CannotAgree || undeclared && !(json(old) && json(new))
}

/// Buffers of one worker.
#[derive(Default)]
struct Buffers {
    cell: Vec<u8>,
    scratch: Scratch,
    unchanged: Vec<u64>,
    /// By column, by row.
    hashes: Vec<Vec<Option<u64>>>,
}

impl stream::Work for Look<'_> {
    type State = ();

    fn start(&self, _: Side) {}

    fn rows(&self, side: Side, rows: &Rows, bytes: Bytes<'_>, _: &mut ()) -> Result<(), Failure> {
        let mut buffers = Buffers::default();
        for column in 0..self.plan.columns.len() {
            let cells = (0..rows.len()).map(|row| rows.row(row)[column]);
            buffers.hashes.push(Vec::new());
            self.column(side, column, cells, bytes, &mut buffers);
        }
        self.search.add(side, &buffers.hashes);
        Ok(())
    }
}

impl Look<'_> {
    fn column(
        &self,
        side: Side,
        column: usize,
        cells: impl Iterator<Item = Cell>,
        bytes: Bytes<'_>,
        buffers: &mut Buffers,
    ) {
        let needed = self.search.needs(column);
        for cell in cells {
            if let Some((readable, _)) = &self.readable[column] {
                readable.add(side, cell.raw(bytes), &mut buffers.cell);
            }
            if needed {
                let hash = self.hash(side, column, cell, bytes, buffers);
                if hash.is_none() {
                    self.holes[column].store(true, std::sync::atomic::Ordering::Relaxed);
                }
                buffers.hashes[column].push(hash);
            }
        }
    }

    /// The canonical cell's hash; `None` for NULL and what does not parse.
    fn hash(
        &self,
        side: Side,
        column: usize,
        cell: Cell,
        bytes: Bytes<'_>,
        buffers: &mut Buffers,
    ) -> Option<u64> {
        let pipeline = &self.plan.columns[column].pipelines[side.index()];
        buffers.cell.clear();
        buffers.unchanged.resize(pipeline.steps().len(), 0);
        let parsed = pipeline.apply(
            cell.raw(bytes),
            &mut buffers.scratch,
            &mut buffers.unchanged,
            &mut buffers.cell,
        );
        let is_null = value::Cell::of(&buffers.cell).is_null();
        let sound = parsed.is_ok() && !is_null;
        sound.then(|| self.prints.key(&buffers.cell) as u64)
    }
}
