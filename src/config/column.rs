//! The rule tables of columns: type, steps, tolerance, zone.
//!
//! One rule settles the order of steps: first those of the list `normalise`, in
//! its order; then those written as keys beside it, in the order of [`KEYED`].
//! A step with a parameter may stand in the list too, as `{ strip = "," }`.
//! Whatever the order, text steps run before the cell is parsed and value steps
//! after it.

use super::document::{Fields, Node, Reading};
use super::nearest::suggestion;
use crate::compare::cells::Tolerance;
use crate::normalise::{Step, TimeUnit};
use crate::value::decimal::Decimal;
use crate::value::{Type, Zone, json};

/// What the configuration says of one column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnRules {
    pub ty: Option<Type>,
    pub steps: Vec<Step>,
    pub tolerance: Option<Tolerance>,
    /// The zone of zoneless text where the type is timestamptz.
    pub zone: Option<Zone>,
}

/// The steps that have a parameter, in the order in which they run as keys.
pub const KEYED: [&str; 6] = [
    "null-token",
    "strip",
    "map",
    "round",
    "truncate-time",
    "json-ignore",
];

pub const FIELDS: [&str; 10] = [
    "type",
    "normalise",
    "tolerance",
    "timezone",
    KEYED[0],
    KEYED[1],
    KEYED[2],
    KEYED[3],
    KEYED[4],
    KEYED[5],
];

/// Reads one `[datasets.NAME.columns.X]`.
pub fn read<'a>(node: &Node<'a>, reading: &mut Reading<'a>) -> ColumnRules {
    let Some(fields) = reading.fields(node, &FIELDS) else {
        return ColumnRules::default();
    };
    let parsed = |name, due, parse: fn(&str) -> Option<_>, reading: &mut Reading<'a>| {
        parsed(fields.get(name)?, due, parse, reading)
    };
    let ty = parsed("type", "is no PostgreSQL type name", Type::parse, reading);
    let zone_due = "is no time zone: write `Asia/Tokyo` or `+09:00`";
    let zone = fields.get("timezone");
    ColumnRules {
        ty,
        steps: steps(&fields, reading),
        tolerance: fields
            .get("tolerance")
            .and_then(|node| tolerance(node, reading)),
        zone: zone.and_then(|node| self::parsed(node, zone_due, Zone::parse, reading)),
    }
}

fn parsed<T>(
    node: &Node<'_>,
    due: &str,
    parse: impl Fn(&str) -> Option<T>,
    reading: &mut Reading<'_>,
) -> Option<T> {
    let text = reading.string(node)?;
    let value = parse(&text);
    if value.is_none() {
        reading.problem(node, format!("`{text}` {due}"));
    }
    value
}

fn steps<'a>(fields: &Fields<'a>, reading: &mut Reading<'a>) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(list) = fields.get("normalise") {
        for item in reading.list(list).unwrap_or_default() {
            steps.extend(item_step(&item, reading));
        }
    }
    for name in KEYED {
        if let Some(node) = fields.get(name) {
            steps.extend(keyed_step(name, node, reading));
        }
    }
    steps
}

/// One item of the list: a name, or a table of one step and its parameter.
fn item_step<'a>(item: &Node<'a>, reading: &mut Reading<'a>) -> Option<Step> {
    if item.is_string() {
        return named_step(item, reading);
    }
    let fields = reading.fields(item, &KEYED)?;
    let mut entries = fields.iter();
    match (entries.next(), entries.next()) {
        (Some((name, node)), None) => keyed_step(name, node, reading),
        _ => {
            reading.problem(item, "one step is due in each pair of braces");
            None
        }
    }
}

fn named_step(item: &Node<'_>, reading: &mut Reading<'_>) -> Option<Step> {
    let name = reading.string(item)?;
    if let Some(step) = Step::simple(&name) {
        return Some(step);
    }
    let what = match KEYED.iter().find(|known| **known == name) {
        Some(_) => format!(
            "`{name}` needs its parameter: write `{{ {name} = … }}` here, or `{name} = …` beside the list"
        ),
        None => format!("`{name}` is no step{}", suggestion(&name, Step::NAMES)),
    };
    reading.problem(item, what);
    None
}

fn keyed_step<'a>(name: &str, node: &Node<'a>, reading: &mut Reading<'a>) -> Option<Step> {
    match name {
        "null-token" => reading.one_or_more(node).map(Step::NullToken),
        "strip" => strip(node, reading),
        "map" => map(node, reading),
        "round" => round(node, reading),
        "truncate-time" => parsed(node, "is no unit: write `second` or `day`", unit, reading)
            .map(Step::TruncateTime),
        "json-ignore" => json_ignore(node, reading),
        // Refused as an unknown field before.
        _ => None,
    }
}

fn strip(node: &Node<'_>, reading: &mut Reading<'_>) -> Option<Step> {
    let characters: Vec<char> = reading.string(node)?.chars().collect();
    if characters.is_empty() {
        reading.problem(node, "at least one character is due here");
        return None;
    }
    Some(Step::Strip(characters))
}

fn round(node: &Node<'_>, reading: &mut Reading<'_>) -> Option<Step> {
    let scale: i32 = reading.whole(node)?;
    if !(-1000..=1000).contains(&scale) {
        reading.problem(node, "at most 1000 decimals can be rounded to");
        return None;
    }
    Some(Step::Round(scale))
}

fn unit(name: &str) -> Option<TimeUnit> {
    match name {
        "second" | "seconds" => Some(TimeUnit::Second),
        "day" | "days" => Some(TimeUnit::Day),
        _ => None,
    }
}

fn json_ignore<'a>(node: &Node<'a>, reading: &mut Reading<'a>) -> Option<Step> {
    let mut paths = Vec::new();
    for text in reading.one_or_more(node)? {
        match json::Path::parse(&text) {
            Some(path) => paths.push(path),
            None => reading.problem(
                node,
                format!("`{text}` is no path: write `meta.synced_at` or `items[].id`"),
            ),
        }
    }
    Some(Step::JsonIgnore(paths))
}

fn map<'a>(node: &Node<'a>, reading: &mut Reading<'a>) -> Option<Step> {
    let fields = reading.table(node)?;
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (from, to) in fields.iter() {
        pairs.push((from.clone(), reading.string(to)?));
    }
    let step = Step::map(pairs).map_err(|what| reading.problem(node, what));
    step.ok()
}

fn tolerance<'a>(node: &Node<'a>, reading: &mut Reading<'a>) -> Option<Tolerance> {
    let fields = reading.fields(node, &["absolute", "relative"])?;
    if fields.iter().next().is_none() {
        reading.problem(node, "`absolute`, `relative` or both are due here");
        return None;
    }
    let mut bound = |name| {
        let node = fields.get(name)?;
        let text = reading.number(node)?;
        let bound = Decimal::parse(&text).filter(|bound| !bound.is_negative());
        if bound.is_none() {
            reading.problem(node, format!("`{text}` is not a number of zero or more"));
        }
        bound
    };
    Some(Tolerance {
        absolute: bound("absolute"),
        relative: bound("relative"),
        anything: false,
    })
}
