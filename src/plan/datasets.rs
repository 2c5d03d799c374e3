//! The datasets that are asked for: each one's table in the configuration with
//! the command line laid over it.

use std::path::Path;

use jiff::Timestamp;

use super::asked::usage;
use super::options::SourceOptions;
use super::settings::Setting;
use super::side::Sayings;
use super::{DatasetSpec, Recheck, SideSpec, rollback, side, window};
use crate::config::nearest::suggestion;
use crate::config::{Config, Dataset};
use crate::error::{Code, Failure, Result, Side};
use crate::gate::Gates;
use crate::source::Location;

/// Every dataset that is asked for, and where the settings of its sides came from.
pub fn build(sayings: Sayings<'_>) -> Result<(Vec<DatasetSpec>, Vec<Setting>)> {
    let unnamed = Dataset::default();
    let picked = match sayings.config {
        Some(config) => pick(config, sayings.options)?,
        None => vec![("", &unnamed)],
    };
    let several = picked.len() > 1;
    // One for all: "24h" is the same instant on both sides of every dataset.
    let now = Timestamp::now();
    let (mut specs, mut settings) = (Vec::new(), Vec::new());
    for (name, dataset) in picked {
        let name = match sayings.config {
            Some(_) => name.to_owned(),
            None => default_name(sayings.options),
        };
        let (spec, mut of_sides) = one(&name, dataset, now, sayings)?;
        for setting in &mut of_sides {
            setting.dataset = several.then(|| name.clone());
        }
        specs.push(spec);
        settings.extend(of_sides);
    }
    Ok((specs, settings))
}

/// The datasets of a configuration that are asked for, in the file's order.
fn pick<'a>(config: &'a Config, options: &SourceOptions) -> Result<Vec<(&'a str, &'a Dataset)>> {
    let path = config.path.display();
    let names: Vec<&str> = config.datasets.keys().map(String::as_str).collect();
    if let Some(wanted) = &options.dataset {
        return match config.datasets.get_key_value(wanted) {
            Some((name, dataset)) => Ok(vec![(name, dataset)]),
            None => Err(usage(
                format!(
                    "{path} has no dataset `{wanted}`{}",
                    suggestion(wanted, names.iter().copied())
                ),
                format!("It has: {}", names.join(", ")),
            )),
        };
    }
    if names.is_empty() {
        return Err(Failure::new(
            Code::Config,
            format!("{path} describes no dataset"),
            "Write a [datasets.NAME] table with its `old` and `new`",
        ));
    }
    if names.len() > 1 && options.locations[0].is_some() {
        return Err(usage(
            format!("{path} has several datasets, and OLD and NEW can replace the sides of one"),
            format!("Choose one with --dataset: {}", names.join(", ")),
        ));
    }
    let all = config.datasets.iter();
    Ok(all
        .map(|(name, dataset)| (name.as_str(), dataset))
        .collect())
}

/// What a dataset without a configuration is called: the table or file that
/// both sides share.
fn default_name(options: &SourceOptions) -> String {
    let last = |table: &Option<String>| Some(table.as_ref()?.rsplit('.').next()?.to_owned());
    let stem = |location: &Option<crate::secret::Secret>| {
        let text = location.as_ref()?.expose();
        if matches!(Location::parse(text), Ok(Location::Command(_))) {
            // Its words may hold secrets.
            return None;
        }
        let name = Path::new(text).file_name()?.to_str()?;
        let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
        (!text.contains("://") && !text.contains('=')).then(|| stem.to_owned())
    };
    let [old, new] = &options.tables;
    let [left, right] = &options.locations;
    [(last(old), last(new)), (stem(left), stem(right))]
        .into_iter()
        .find_map(|(old, new)| old.filter(|old| Some(old) == new.as_ref()))
        .unwrap_or_else(|| "dataset".to_owned())
}

fn one(
    name: &str,
    dataset: &Dataset,
    now: Timestamp,
    sayings: Sayings<'_>,
) -> Result<(DatasetSpec, Vec<Setting>)> {
    let Sayings {
        options, config, ..
    } = sayings;
    let mut gates = Gates::default();
    let (mut timeouts, mut recheck) = (dataset.timeouts, dataset.recheck);
    if let Some(config) = config {
        config.gates.apply(&mut gates);
        timeouts = timeouts.or(config.timeouts);
        recheck = recheck.or(config.recheck);
    }
    dataset.gates.apply(&mut gates);
    // Without a configuration the dataset's name is not the user's.
    let named = |failure: Failure| match config {
        Some(_) => failure.of(name),
        None => failure,
    };
    let side = |side: Side| {
        let table = &dataset.sides[side.index()];
        let built = side::build(side, table, timeouts, sayings);
        built.map_err(|failure| named(failure.on(side)))
    };
    let ((old, mut settings), (new, of_new)) = (side(Side::Old)?, side(Side::New)?);
    settings.extend(of_new);
    let sides = [old, new];
    check_shared_filter(&sides, options).map_err(named)?;
    let spec = DatasetSpec {
        name: name.to_owned(),
        sides,
        key: options.key.clone().or_else(|| dataset.key.clone()),
        ignore: options
            .ignore
            .clone()
            .unwrap_or_else(|| dataset.ignore.clone()),
        only: options.columns.clone().or_else(|| dataset.only.clone()),
        rules: dataset.rules.clone(),
        gates,
        scope: options.scope.or(dataset.scope).unwrap_or_default(),
        allow_same_source: options.allow_same_source || dataset.allow_same_source,
        recheck: Recheck::default().with(recheck),
        settle: dataset.settle.clone(),
        rollback: rollback::spec(&dataset.rollback).map_err(named)?,
        window: window::asked(name, dataset, &options.window, now).map_err(named)?,
    };
    Ok((spec, settings))
}

/// One condition cannot be both SQL and PostgREST's.
fn check_shared_filter(sides: &[SideSpec; 2], options: &SourceOptions) -> Result<()> {
    let shared = options.filter.is_some() && options.filters.iter().all(Option::is_none);
    let rest = |side: &SideSpec| matches!(side.source.location, Location::Rest(_));
    match shared && rest(&sides[0]) != rest(&sides[1]) {
        false => Ok(()),
        true => Err(usage(
            "--where would be read as SQL by one side and as PostgREST's by the other",
            "Give each side its own: --old-where and --new-where (PostgREST's is such as status=eq.active&price=gt.100)",
        )),
    }
}
