//! Opening a dataset: both sources at once, their schemas, and the plan that
//! follows from them. Reads no row.

use super::progress::Silent;
use super::survey::{self, Survey};
use super::window;
use crate::error::{Code, Failure, Result, Side};
use crate::gate::counted;
use crate::plan::{self, DatasetPlan, DatasetSpec};
use crate::source::{self, Context, Identity, Schema, Source};
use crate::stop::Stop;

/// Both sides, opened, and how they are to be compared.
pub struct Opened {
    pub plan: DatasetPlan,
    pub sources: [Box<dyn Source>; 2],
    pub identities: [Identity; 2],
    /// The sources' own estimates of their rows.
    pub estimates: [Option<u64>; 2],
    /// When what is read was so: µs since 2000-01-01 UTC, by each side's own clock
    /// where it has one.
    pub as_of: [i64; 2],
}

/// What could be told of a dataset that did not open.
pub struct NotOpened {
    pub identities: [Identity; 2],
    pub failures: Vec<Failure>,
}

impl NotOpened {
    /// Whether any of it is the user's to mend (exit 2).
    pub fn is_usage(&self) -> bool {
        self.failures.iter().any(|failure| failure.code.is_usage())
    }
}

/// Opens both sides and plans their comparison.
pub fn open(spec: &DatasetSpec, context: &Context) -> Result<Opened, Box<NotOpened>> {
    narrowed(spec, open_unnarrowed(spec, context)?)
}

/// The same without the window: a later look is for keys that a first one has
/// found inside, and a row that has left the window since is not gone.
pub fn open_unnarrowed(spec: &DatasetSpec, context: &Context) -> Result<Opened, Box<NotOpened>> {
    let began = now();
    settle(spec, both(spec, context)?, began, context)
}

/// The same, one side after the other, so that neither is in the other's way.
pub fn open_in_turn(spec: &DatasetSpec, context: &Context) -> Result<Opened, Box<NotOpened>> {
    let began = now();
    let sides = Side::BOTH.map(|side| one(spec, side, context));
    let sides = gather(spec, sides, context)?;
    narrowed(spec, settle(spec, sides, began, context)?)
}

fn settle(
    spec: &DatasetSpec,
    sides: [OpenedSide; 2],
    began: i64,
    context: &Context,
) -> Result<Opened, Box<NotOpened>> {
    let identities = sides.each_ref().map(|(source, _)| source.identity());
    if let Ok(None) = plan::resolve_key(spec, [&sides[0].1, &sides[1].1]) {
        return Err(Box::new(NotOpened {
            identities,
            failures: vec![no_key(spec, sides, &context.stop).of(&spec.name)],
        }));
    }
    let [(old, old_schema), (new, new_schema)] = sides;
    let refused = |failure: Failure| {
        Box::new(NotOpened {
            identities: identities.clone(),
            failures: vec![failure.of(&spec.name)],
        })
    };
    let plan = plan::resolve(spec, [&old_schema, &new_schema]).map_err(refused)?;
    if !spec.allow_same_source && same_store(&identities) {
        return Err(refused(same_source(&identities[0])));
    }
    Ok(Opened {
        plan,
        sources: [old, new],
        identities,
        estimates: [old_schema.estimate, new_schema.estimate],
        as_of: [&old_schema, &new_schema].map(|schema| schema.now.unwrap_or(began)),
    })
}

/// Both sides as the plan's window leaves them.
fn narrowed(spec: &DatasetSpec, opened: Opened) -> Result<Opened, Box<NotOpened>> {
    if opened.plan.window.is_none() {
        return Ok(opened);
    }
    let Opened {
        plan,
        sources: [old, new],
        identities,
        as_of,
        ..
    } = opened;
    let narrow = |side: Side, source| {
        window::narrowed(&plan, side, source).map_err(|failure| {
            Box::new(NotOpened {
                identities: identities.clone(),
                failures: vec![failure.on(side).of(&spec.name)],
            })
        })
    };
    let mut sources = [narrow(Side::Old, old)?, narrow(Side::New, new)?];
    // Of the rows that are left.
    let estimates = sources
        .each_mut()
        .map(|source| source.schema().ok()?.estimate);
    Ok(Opened {
        plan,
        sources,
        identities,
        estimates,
        as_of,
    })
}

/// Now, by this machine's clock, in µs since 2000-01-01 UTC.
fn now() -> i64 {
    const TO_2000: i64 = 946_684_800_000_000;
    jiff::Timestamp::now().as_microsecond() - TO_2000
}

/// A source and its schema.
pub type OpenedSide = (Box<dyn Source>, Schema);

/// Opens both sources side by side and reads their schemas.
pub fn both(spec: &DatasetSpec, context: &Context) -> Result<[OpenedSide; 2], Box<NotOpened>> {
    let open = |side: Side| one(spec, side, context);
    let sides = std::thread::scope(|threads| {
        let old = threads.spawn(move || open(Side::Old));
        let new = open(Side::New);
        [old.join().unwrap_or_else(|_| Err(panicked())), new]
    });
    gather(spec, sides, context)
}

/// Both sides, or all that stands in the way of either.
fn gather(
    spec: &DatasetSpec,
    sides: [Result<OpenedSide>; 2],
    context: &Context,
) -> Result<[OpenedSide; 2], Box<NotOpened>> {
    match sides {
        [Ok(old), Ok(new)] => Ok([old, new]),
        [old, new] => {
            let identity = |side: Side, opened: &Result<OpenedSide>| match opened {
                Ok((source, _)) => source.identity(),
                Err(_) => described(spec, side),
            };
            let identities = [identity(Side::Old, &old), identity(Side::New, &new)];
            let mut failures: Vec<Failure> = [(Side::Old, old.err()), (Side::New, new.err())]
                .into_iter()
                .filter_map(|(side, failure)| Some(failure?.on(side)))
                .collect();
            context.stop.once(&mut failures);
            let failures = failures
                .into_iter()
                .map(|failure| failure.of(&spec.name))
                .collect();
            Err(Box::new(NotOpened {
                identities,
                failures,
            }))
        }
    }
}

/// Opens one source and reads its schema.
pub fn one(spec: &DatasetSpec, side: Side, context: &Context) -> Result<OpenedSide> {
    context.stop.check()?;
    let mut asked = spec.sides[side.index()].source.clone();
    asked.moves = spec.recheck.rounds > 0;
    let mut source = source::open(&asked, context)?;
    let schema = source.schema()?;
    Ok((source, schema))
}

/// Who a source would be, as far as its location tells.
pub fn described(spec: &DatasetSpec, side: Side) -> Identity {
    let spec = &spec.sides[side.index()].source;
    let query = spec
        .query
        .as_ref()
        .map(|query| query.file.display().to_string());
    Identity {
        location: spec.shown(),
        relation: spec.table.clone().or(query),
        ..Identity::default()
    }
}

/// No key is known: reads the rows, only to say which columns would do.
fn no_key(spec: &DatasetSpec, sides: [OpenedSide; 2], stop: &Stop) -> Failure {
    tracing::info!("no key is known: looking for columns that would do");
    let found = survey::survey(spec, sides, &Silent, stop);
    if let Err(failure) = &found {
        if let Err(stopped) = stop.check() {
            return stopped;
        }
        tracing::debug!(%failure, "no key could be looked for");
    }
    Failure::new(
        Code::Usage,
        "no key: nothing says which columns name a row",
        match found {
            Ok(found) => advice(&found),
            Err(_) => "Name them with --key COLUMN[,COLUMN]".to_owned(),
        },
    )
}

/// Which columns would do.
fn advice(found: &Survey) -> String {
    let keys: Vec<String> = found.keys.iter().map(|key| key.join(",")).collect();
    let part = match found.whole {
        true => "",
        false => ", as far as could be remembered",
    };
    let unlikely: Vec<String> = found.unlikely.iter().map(|key| key.join(",")).collect();
    let nearly: Vec<String> = found
        .nearly
        .iter()
        .map(|(name, faults)| format!("{name} (save {})", counted(*faults, "row")))
        .collect();
    match found.keys.first() {
        _ if found.rows.contains(&0) => {
            "Name them with --key COLUMN[,COLUMN]; a side has no row that would show which"
                .to_owned()
        }
        Some(first) if first.len() == 1 => format!(
            "Name them with --key; columns that are unique and never NULL on both sides{part}: {}",
            keys.join(", ")
        ),
        first => {
            let mut text = "Name them with --key COLUMN[,COLUMN]; no column is unique and never NULL on both sides".to_owned();
            text.push_str(part);
            if !nearly.is_empty() {
                text.push_str(&format!("; nearly so: {}", nearly.join(", ")));
            }
            if first.is_some() {
                text.push_str(&format!("; pairs that are: {}", keys.join(" or ")));
            }
            if !unlikely.is_empty() {
                text.push_str(&format!("; perhaps by chance: {}", unlikely.join(", ")));
            }
            text
        }
    }
}

fn same_store(identities: &[Identity; 2]) -> bool {
    identities[0].store.is_some() && identities[0].store == identities[1].store
}

fn same_source(identity: &Identity) -> Failure {
    let relation = identity.relation.as_deref().map(|name| format!(", {name}"));
    Failure::new(
        Code::SameSource,
        format!(
            "both sides read the same rows ({}{})",
            identity.location,
            relation.unwrap_or_default()
        ),
        "correct one of the two locations, or say --allow-same-source if this is meant",
    )
}

fn panicked() -> Failure {
    Failure::new(
        Code::Internal,
        "opening this side stopped by a mistake in shadowgate",
        "please report it with what was printed above",
    )
}
