//! Joining the partitions of a pass, on all workers, into one [`Parts`].

use std::sync::atomic::{AtomicUsize, Ordering};

use super::inspect::Inspect;
use super::part::Part;
use super::pass::Pass;
use super::store::PARTITIONS;
use crate::compare::Parts;
use crate::compare::found::Rules;
use crate::compare::join::{self, Pairing, Print, Scope};
use crate::error::{Result, Side};
use crate::stop::Stop;

/// How many keys are joined between two looks at whether the run is to end.
const GLANCE: u32 = 1 << 12;

/// Joins kept rows: every key is counted and compared, and shown to `inspect`.
pub fn join_rows(
    pass: &Pass<'_>,
    rules: Rules<'_>,
    stop: &Stop,
    inspect: Option<&dyn Inspect>,
) -> Result<Parts> {
    let (found, _) = over_partitions(
        stop,
        || (Parts::new(rules), <[Vec<u8>; 2]>::default()),
        |(found, spare), part| {
            let [old, new] = std::mem::take(spare);
            let mut parts = [
                pass.take(Side::Old, part, old)?,
                pass.take(Side::New, part, new)?,
            ];
            let [old, new] = &mut parts
                .each_mut()
                .map(|part| std::mem::take(&mut part.prints));
            let (mut done, mut keys) = (Ok(()), 0);
            join::join(old, new, rules.scope, |pairing, unclear| {
                let row = |side: Side, print: &Print| parts[side.index()].row(print);
                keys += 1;
                if keys % GLANCE == 0 && done.is_ok() {
                    done = stop.check();
                }
                if done.is_ok() {
                    done = found.add(&pairing, unclear, rules, row);
                }
                if let (true, Some(inspect)) = (done.is_ok(), inspect) {
                    done = inspect.key(&pairing, unclear, &row);
                }
            });
            *spare = parts.map(Part::into_spare);
            done
        },
        |mine, (found, _)| mine.0.merge(found, rules),
    )?;
    Ok(found)
}

/// Joins prints: what they settle is counted; of the rest, the locators of the
/// rows to read again. Unless both sides were seen `whole`, these are only pairs
/// that may differ: half of a pair that time ran out for says nothing.
pub fn join_prints(
    pass: &Pass<'_>,
    rules: Rules<'_>,
    whole: bool,
    stop: &Stop,
) -> Result<(Parts, [Vec<u64>; 2])> {
    over_partitions(
        stop,
        || (Parts::new(rules), [Vec::new(), Vec::new()]),
        |(found, needed), part| {
            join_part(pass, part, rules.scope, |pairing, unclear| match *pairing {
                Pairing::Matched { .. } | Pairing::OutOfScope(_) => found.count(pairing, unclear),
                Pairing::Undecided(old, new) => {
                    needed[0].push(old.at);
                    needed[1].push(new.at);
                }
                Pairing::Missing(print) if whole => needed[0].push(print.at),
                Pairing::Extra(print) if whole => needed[1].push(print.at),
                Pairing::Duplicated(old, new) if whole => {
                    needed[0].extend(old.iter().map(|print| print.at));
                    needed[1].extend(new.iter().map(|print| print.at));
                }
                _ => found.count(pairing, unclear),
            })
        },
        |mine, (found, needed)| {
            mine.0.merge(found, rules);
            for (mine, theirs) in mine.1.iter_mut().zip(needed) {
                mine.extend(theirs);
            }
        },
    )
}

/// Counts what prints alone say, where no row can be read again. A pair that
/// they do not settle counts as nothing, save that canonical rows of unlike
/// prints differ, if no tolerance could forgive it.
pub fn count_prints(pass: &Pass<'_>, rules: Rules<'_>, raw: bool, stop: &Stop) -> Result<Parts> {
    let strict = !raw && rules.tolerances.iter().all(Option::is_none);
    over_partitions(
        stop,
        || Parts::new(rules),
        |found, part| {
            join_part(pass, part, rules.scope, |pairing, unclear| {
                found.count(pairing, unclear);
                if let Pairing::Undecided(old, new) = pairing
                    && strict
                    && !old.same_row(new)
                {
                    let views = found.unmatched.views.each_mut();
                    views.for_each(|view| view.differing += 1);
                }
            })
        },
        |mine, found| mine.merge(found, rules),
    )
}

fn join_part(
    pass: &Pass<'_>,
    part: usize,
    scope: Scope,
    mut each: impl FnMut(&Pairing<'_>, bool),
) -> Result<()> {
    let mut old = pass.take(Side::Old, part, Vec::new())?.prints;
    let mut new = pass.take(Side::New, part, Vec::new())?.prints;
    join::join(&mut old, &mut new, scope, |pairing, unclear| {
        each(&pairing, unclear)
    });
    Ok(())
}

/// Runs `each` over all partitions on all workers, and merges what they found.
fn over_partitions<A: Send>(
    stop: &Stop,
    start: impl Fn() -> A + Sync,
    each: impl Fn(&mut A, usize) -> Result<()> + Sync,
    mut merge: impl FnMut(&mut A, A),
) -> Result<A> {
    let next = AtomicUsize::new(0);
    let worker = |_: rayon::BroadcastContext<'_>| -> Result<A> {
        let mut found = start();
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= PARTITIONS {
                return Ok(found);
            }
            stop.check()?;
            each(&mut found, part)?;
        }
    };
    let mut all = start();
    for found in rayon::broadcast(worker) {
        merge(&mut all, found?);
    }
    Ok(all)
}
