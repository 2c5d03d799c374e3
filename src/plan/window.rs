//! Which rows are compared: those whose time in one column is in a window. The
//! times are settled when the run begins, so that both sides, and every later
//! look at them, ask for the same instants.
//!
//! A server that declares the column a time is asked for those rows alone. What
//! any other source sends is held against the window cell by cell, in the type as
//! which the plan reads the column.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::asked::usage;
use super::names::Columns;
use super::options::WindowOptions;
use super::resolve::{decide, given};
use super::rules;
use super::{DatasetSpec, PlanColumn, TypedTime};
use crate::config::{Dataset, WindowTable};
use crate::error::{Code, Failure, Result, Side};
use crate::normalise::{Pipeline, Step};
use crate::source::ask::Moment;
use crate::source::window::Bounds;
use crate::value::{Target, Type, Zone};

/// What was asked for. At least one of the two times is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Report name.
    pub column: String,
    /// The first instant that is inside.
    pub since: Option<TypedTime>,
    /// The first that is outside again.
    pub until: Option<TypedTime>,
}

/// How rows tell whether they are inside.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowPlan {
    pub column: String,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Old, new.
    pub sides: [WindowSide; 2],
}

/// One side's column.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowSide {
    pub bounds: Bounds,
    /// How its cells become times.
    pub pipeline: Pipeline,
    /// By what a cell is held that the zone gives no instant, because its clock
    /// showed it twice or never: the clock itself.
    pub clock: Option<(Bounds, Pipeline)>,
}

/// What the command line says, laid over the configuration.
pub(super) fn asked(
    name: &str,
    dataset: &Dataset,
    typed: &WindowOptions,
    now: Timestamp,
) -> Result<Option<Window>> {
    let nothing = WindowTable::default();
    let table = dataset.window.as_ref().unwrap_or(&nothing);
    let (named, since) = split(typed.since.as_deref());
    let (too, until) = split(typed.until.as_deref());
    let named = one_column([typed.column.as_deref(), named, too])?;
    let time = |flag: &str, typed: Option<&str>, configured: &Option<String>| {
        let configured = configured
            .as_deref()
            .map(|text| (format!("window.{flag}"), text));
        let said = typed.map(|text| (format!("--{flag}"), text)).or(configured);
        let parsed = said.map(|(what, text)| {
            let parsed = TypedTime::parse(text, now, &TimeZone::system());
            parsed.map_err(|why| usage(format!("{what}: {why}"), "See `shadowgate verify --help`"))
        });
        parsed.transpose()
    };
    let since = time("since", since, &table.since)?;
    let until = time("until", until, &table.until)?;
    if since.is_none() && until.is_none() {
        return match named {
            None => Ok(None),
            Some(_) => Err(usage(
                "--window-column says by which column, and nothing says from when or until when",
                "Add --since TIME, --until TIME, or both",
            )),
        };
    }
    if let (Some(since), Some(until)) = (&since, &until)
        && since.instant >= until.instant
    {
        return Err(usage(
            format!(
                "the window ends before it begins: since {} ({}), until {} ({})",
                since.text, since.instant, until.text, until.instant
            ),
            "Let `since` be before `until`",
        ));
    }
    let column = named.or(table.column.as_deref()).or(changed(dataset));
    let column = column.ok_or_else(|| no_column(name))?.to_owned();
    Ok(Some(Window {
        column,
        since,
        until,
    }))
}

/// `TIME`, or `COLUMN=TIME`.
fn split(text: Option<&str>) -> (Option<&str>, Option<&str>) {
    match text.map(|text| text.rsplit_once('=').ok_or(text)) {
        None => (None, None),
        Some(Err(time)) => (None, Some(time)),
        Some(Ok((column, time))) => (Some(column.trim()), Some(time)),
    }
}

fn one_column(named: [Option<&str>; 3]) -> Result<Option<&str>> {
    let mut named: Vec<&str> = named.into_iter().flatten().collect();
    named.dedup();
    match named[..] {
        _ if named.contains(&"") => Err(usage(
            "the window's column has no name: nothing stands before the `=`, or --window-column is empty",
            "Write --since COLUMN=TIME, or --since TIME alone for the column that the configuration names",
        )),
        [] => Ok(None),
        [column] => Ok(Some(column)),
        _ => Err(usage(
            format!("a window is by one column, and these are named: {named:?}"),
            "Name one, with --window-column COLUMN",
        )),
    }
}

/// The column that the configuration knows as that of a row's last change.
fn changed(dataset: &Dataset) -> Option<&str> {
    let settle = dataset.settle.as_ref().map(|settle| &settle.column);
    let column = settle.or(dataset.rollback.updated_at.as_ref());
    column.map(String::as_str)
}

fn no_column(name: &str) -> Failure {
    usage(
        "nothing says by which column rows are in the window",
        format!(
            "Add --window-column COLUMN, or write `column = \"…\"` under [datasets.{name}.window]"
        ),
    )
}

/// Finds the column on both sides, and the bounds in its own terms.
pub(super) fn resolve(
    spec: &DatasetSpec,
    columns: &[PlanColumn],
    sides: &[Columns<'_>; 2],
) -> Result<Option<WindowPlan>> {
    let Some(window) = &spec.window else {
        return Ok(None);
    };
    let one = |side: Side| side_of(spec, window, columns, sides, side);
    let instant = |time: &Option<TypedTime>| time.as_ref().map(|time| time.instant);
    Ok(Some(WindowPlan {
        column: window.column.clone(),
        since: instant(&window.since),
        until: instant(&window.until),
        sides: [one(Side::Old)?, one(Side::New)?],
    }))
}

fn side_of(
    spec: &DatasetSpec,
    window: &Window,
    columns: &[PlanColumn],
    sides: &[Columns<'_>; 2],
    side: Side,
) -> Result<WindowSide> {
    let (name, own) = (&window.column, &sides[side.index()]);
    let declared = own.get(name).and_then(|column| column.declared.as_ref());
    let ty = declared.map(|declared| &declared.ty);
    let ty = match ty.filter(|ty| Bounds::fit(ty)) {
        Some(ty) => ty.clone(),
        None => {
            let read = ty.is_none_or(Type::is_text);
            let decided = decide(spec, name, sides).ok();
            let fits = decided.filter(|ty| read && Bounds::fit(ty));
            fits.ok_or_else(|| no_time(spec, name, side, declared.map(|it| it.name.as_str())))?
        }
    };
    let zone = given(spec, name).and_then(|given| given.rules.zone.clone());
    let compared = columns.iter().find(|column| column.name == *name);
    let as_text = compared.is_some_and(|column| column.wants[side.index()].as_text);
    let wire = own.wire(declared.map(|declared| &declared.ty), as_text);
    let column = own.get(name).map_or(name, |column| &column.name);
    let of = |ty: &Type| -> Result<_> {
        let pipeline = pipeline(spec, name, wire, ty, zone.clone());
        Ok((bounds(spec, window, column, ty)?, pipeline))
    };
    let clock = zone.is_some() && ty == Type::TimestampTz;
    let clock = clock.then(|| of(&Type::Timestamp)).transpose()?;
    let (bounds, pipeline) = of(&ty)?;
    Ok(WindowSide {
        bounds,
        pipeline,
        clock,
    })
}

/// The cell's own time: as text steps leave it, and no coarser.
fn pipeline(
    spec: &DatasetSpec,
    name: &str,
    wire: Option<&Type>,
    ty: &Type,
    zone: Option<Zone>,
) -> Pipeline {
    let steps = given(spec, name).map(|given| {
        let applied = rules::fit(name, given, ty, false, &mut Vec::new());
        let mut steps = rules::effective(&applied.steps, [wire, wire]);
        steps.retain(|step| !matches!(step, Step::TruncateTime(_)));
        steps
    });
    let target = Target {
        ty: ty.clone(),
        zone,
    };
    Pipeline::new(wire.cloned(), target, steps.unwrap_or_default())
}

/// The window as the column's type counts time.
fn bounds(spec: &DatasetSpec, window: &Window, column: &str, ty: &Type) -> Result<Bounds> {
    let rules = given(spec, &window.column).map(|given| given.rules);
    let bound = |time: &Option<TypedTime>| {
        let moment = time.as_ref().map(|time| time.moment(rules));
        moment
            .map(|moment| count(&moment, &window.column, ty))
            .transpose()
    };
    Ok(Bounds {
        column: column.to_owned(),
        ty: ty.clone(),
        since: bound(&window.since)?,
        until: bound(&window.until)?,
    })
}

/// µs since 2000-01-01 of an instant or of a clock; of days those that begin no
/// sooner.
fn count(moment: &Moment, column: &str, ty: &Type) -> Result<i64> {
    const TO_2000: i64 = 946_684_800_000_000;
    const DAY: i64 = 86_400_000_000;
    if *ty == Type::TimestampTz {
        return Ok(moment.instant.as_microsecond() - TO_2000);
    }
    let start = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);
    let clock = moment.zoneless(column)?.duration_since(start).as_micros();
    // The years 1 to 9999 fit.
    let clock = clock as i64;
    Ok(match ty {
        Type::Date => clock.div_euclid(DAY) + i64::from(clock.rem_euclid(DAY) > 0),
        _ => clock,
    })
}

fn no_time(spec: &DatasetSpec, name: &str, side: Side, declared: Option<&str>) -> Failure {
    let what = declared.map_or("of no declared type".to_owned(), |name| {
        format!("of type {name}")
    });
    Failure::new(
        Code::Config,
        format!(
            "the window's column `{name}` is {what} on the {side} side, and no time by which rows could be chosen"
        ),
        format!(
            "Name a timestamp or date column; if it is text that holds times, say so: `type = \"timestamptz\"` under [datasets.{}.columns.{name}]",
            spec.name
        ),
    )
}
