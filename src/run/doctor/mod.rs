//! `doctor`: looks at everything that a verification hangs on, and reads no row
//! but a page's keys. Sides are probed all at once ([`probe`]); what is made of
//! what they tell is pure, a line at a time.

mod access;
mod duration;
mod keys;
pub mod line;
mod machine;
mod need;
mod probe;
mod server;
mod settings;
mod table;
#[cfg(test)]
#[path = "tests/kit.rs"]
mod testing;
mod words;

use std::time::{Duration, Instant};

pub use line::{Line, Name, State};
use machine::Machine;
use probe::{Probe, Probed};

use crate::error::{Failure, Result, Side};
use crate::plan::{self, DatasetSpec, Plan};
use crate::report::earlier::{self, Reading};
use crate::source::{Context, Schema, Want};

/// So many datasets are looked at at once: each takes a connection to both sides,
/// and a check-up must not be what exhausts a pool.
const AT_ONCE: usize = 4;

/// All lines: those of the run, then each dataset's. `now` is in seconds since
/// 1970. Fails only if it is told to stop.
pub fn examine(plan: &Plan, context: &Context, now: i64) -> Result<Vec<Line>> {
    let mut probed = Vec::new();
    for some in plan.datasets.chunks(AT_ONCE) {
        let limit = probe::limit(some, &context.limits);
        probed.extend(probe(some, context, limit));
        context.stop.check()?;
    }
    let needs: Vec<_> = probed
        .iter()
        .map(|[old, new]| need::need([old, new]))
        .collect();
    let earlier = earlier::readings(&plan.report_dir);
    let mut lines = settings::lines(plan);
    lines.extend(machine::lines(plan, Machine::look(plan), &needs));
    for (spec, sides) in plan.datasets.iter().zip(&probed) {
        let found = dataset(spec, sides, plan, &earlier, now);
        lines.extend(found.into_iter().map(|line| line.of(&spec.name)));
    }
    Ok(lines)
}

fn dataset(
    spec: &DatasetSpec,
    sides: &[Probed; 2],
    plan: &Plan,
    earlier: &[Reading],
    now: i64,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for side in Side::BOTH {
        let probed = &sides[side.index()];
        let own = access::lines(probed, now);
        let server = server::lines(probed, &plan.limits);
        lines.extend(own.into_iter().chain(server).map(|line| line.on(side)));
    }
    let [old, new] = sides;
    lines.extend(table::lines(spec, [old, new]));
    lines.extend(duration::line(spec, [old, new], plan, earlier, now));
    lines
}

/// Asks all sides of these datasets at once: first to open, then for what else
/// they tell in view of the columns that a verification would read.
fn probe(specs: &[DatasetSpec], context: &Context, limit: Duration) -> Vec<[Probed; 2]> {
    let start =
        |spec: &DatasetSpec| Side::BOTH.map(|side| Probe::start(spec, side, context, limit));
    let mut probes: Vec<[Probe; 2]> = specs.iter().map(start).collect();
    let until = Instant::now() + limit;
    let mut asked = Vec::new();
    for (spec, [old, new]) in specs.iter().zip(&mut probes) {
        let wants = wants(spec, [old.open(until, limit), new.open(until, limit)]);
        asked.push(wants.each_ref().map(Vec::len));
        let [for_old, for_new] = wants;
        old.ask(for_old);
        new.ask(for_new);
    }
    let until = Instant::now() + limit;
    let told = |([old, new], [wanted_old, wanted_new]): ([Probe; 2], [usize; 2])| {
        [old.told(until, wanted_old), new.told(until, wanted_new)]
    };
    probes.into_iter().zip(asked).map(told).collect()
}

/// What a verification would read of each side; where there would be none, all.
fn wants(spec: &DatasetSpec, schemas: [&Result<Schema>; 2]) -> [Vec<Want>; 2] {
    if let [Ok(old), Ok(new)] = schemas
        && let Ok(plan) = plan::resolve(spec, [old, new])
    {
        return Side::BOTH.map(|side| plan.wants(side));
    }
    schemas.map(all)
}

fn all(schema: &Result<Schema, Failure>) -> Vec<Want> {
    let columns = schema.iter().flat_map(|schema| &schema.columns);
    let want = |column: &crate::source::Column| Want {
        name: column.name.clone(),
        ..Want::default()
    };
    columns.map(want).collect()
}
