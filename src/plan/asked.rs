//! What every command that looks at sources is asked for: the configuration that
//! counts, the environment beside it, and the settings that follow from both.

use std::path::Path;

use super::options::SourceOptions;
use super::settings::{Notes, Origin, Settler};
use super::side::Sayings;
use super::{DatasetSpec, Log, datasets, limits, log, surroundings};
use crate::config::{self, Config, Env, Environment};
use crate::error::{Code, Failure, Result};
use crate::source::{Limits, Location};

/// The file that is read where nothing else is said.
pub const CONFIG_FILE: &str = "shadowgate.toml";

/// What every command that looks at sources is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub datasets: Vec<DatasetSpec>,
    /// How hard servers may be leaned on.
    pub limits: Limits,
    pub log: Log,
    /// Where the settings came from.
    pub notes: Notes,
}

/// What a command that looks at sources is asked for.
pub fn asked(options: &SourceOptions, env: Env<'_>, cwd: &Path) -> Result<Asked> {
    ask(options, env, cwd).map(|(asked, _)| asked)
}

pub(super) fn ask(
    options: &SourceOptions,
    env: Env<'_>,
    cwd: &Path,
) -> Result<(Asked, Option<Config>)> {
    let mut environment = Environment::new(env);
    if let Some(file) = &options.env_file {
        environment.load(&cwd.join(file))?;
    }
    let config = configuration(options, &mut environment, cwd)?;
    let sayings = Sayings {
        options,
        config: config.as_ref(),
        environment: &environment,
        cwd,
    };
    let mut settler = Settler::new(&environment, config.as_ref());
    let mut warnings: Vec<String> = environment.warning().into_iter().collect();
    files(sayings, &mut settler);
    let log = log::settle(sayings, &mut settler, &mut warnings);
    let mut of_limits = Settler::new(&environment, config.as_ref());
    let limits = limits::settle(sayings, &mut of_limits)?;
    let (datasets, of_sides) = datasets::build(sayings)?;
    let mut settings = settler.settings;
    if datasets.iter().any(leans_on_http) {
        settings.extend(of_limits.settings);
    }
    settings.extend(of_sides);
    let asked = Asked {
        datasets,
        limits,
        log,
        notes: Notes { settings, warnings },
    };
    Ok((asked, config))
}

/// Whether the limits matter to it.
fn leans_on_http(dataset: &DatasetSpec) -> bool {
    let mut sides = dataset.sides.iter();
    sides.any(|side| matches!(side.source.location, Location::Rest(_)))
}

/// The files that say all the rest.
fn files(sayings: Sayings<'_>, settler: &mut Settler<'_>) {
    if let Some(config) = sayings.config {
        let origin = match sayings.options.config {
            Some(_) => Origin::Flag("--config".to_owned()),
            None => Origin::Default,
        };
        settler.note("configuration", config.path.display().to_string(), origin);
    }
    if let Some(file) = sayings.environment.file() {
        let origin = match (&sayings.options.env_file, sayings.config) {
            (None, Some(config)) => Origin::Config(config.path.clone()),
            _ => Origin::Flag("--env-file".to_owned()),
        };
        settler.note("env file", file.display().to_string(), origin);
    }
}

/// The configuration that counts: the named one; none where two sources were
/// typed or one is only to be written; else the one in the working directory;
/// none where there is none and the environment says where both sources are.
fn configuration(
    options: &SourceOptions,
    environment: &mut Environment<'_>,
    cwd: &Path,
) -> Result<Option<Config>> {
    let typed = options.locations.iter().flatten().count();
    if typed == 1 {
        return Err(usage(
            "one location was given, and two are needed: OLD and NEW",
            "Run `shadowgate verify OLD NEW --key COLUMN`",
        ));
    }
    if let Some(path) = &options.config {
        return config::load(&cwd.join(path), environment).map(Some);
    }
    let path = cwd.join(CONFIG_FILE);
    if typed == 0 && !options.unconfigured && path.exists() {
        return config::load(&path, environment).map(Some);
    }
    if typed == 0 && !surroundings::places_both(environment) {
        return Err(nothing(options));
    }
    match &options.dataset {
        None => Ok(None),
        Some(_) => Err(usage(
            "--dataset picks a dataset of a configuration file, and with OLD and NEW none is read",
            "Name the file with --config, or leave --dataset out",
        )),
    }
}

/// Neither the command line nor the environment says where both sources are.
fn nothing(options: &SourceOptions) -> Failure {
    if options.unconfigured {
        return usage(
            "init needs two sources to look at",
            "Run `shadowgate init OLD NEW`, with files or URLs; without them STAGING_DB_URL and SUPABASE_REST_URL (or SUPABASE_URL) say where they are",
        );
    }
    usage(
        format!(
            "there is nothing to compare: no OLD and NEW were given, and there is no {CONFIG_FILE} here"
        ),
        "Run `shadowgate verify OLD NEW --key COLUMN`, or name a configuration with --config FILE (`shadowgate init OLD NEW` writes one)",
    )
}

pub(super) fn usage(why: impl Into<String>, next: impl Into<String>) -> Failure {
    Failure::new(Code::Usage, why, next)
}
