//! From what was typed and what the configuration says to one [`Plan`]: which
//! datasets, how they are judged, and where the report goes.

use std::path::{Path, PathBuf};

use super::memory;
use super::options::{Format, SourceOptions, VerifyOptions};
use super::{DatasetSpec, definition, side};
use crate::config::nearest::suggestion;
use crate::config::{self, Config, Dataset, Env, units};
use crate::error::{Code, Failure, Result, Side};
use crate::gate::{Gates, Share};

/// The file that is read where nothing else is said.
pub const CONFIG_FILE: &str = "shadowgate.toml";

/// Detail files hold so many of a kind.
const MAX_DETAILS: usize = 10_000;
const REPORT_DIR: &str = "reports";
const REPORT_MODE: u32 = 0o600;

/// All of a run that is settled before a source is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub datasets: Vec<DatasetSpec>,
    pub report_dir: PathBuf,
    /// Of the report's files.
    pub report_mode: u32,
    /// In bytes.
    pub memory: u64,
    pub format: Format,
    /// So many differing rows are shown side by side.
    pub show: usize,
    /// Detail files hold so many of a kind.
    pub max_details: usize,
    /// The configuration file, if one was read.
    pub config: Option<PathBuf>,
    /// BLAKE3 of all that decides the result, in hex.
    pub config_hash: String,
    pub quiet: bool,
    pub verbose: u8,
}

impl Plan {
    /// What `verify` is asked to do. `cwd` is what typed relative paths start
    /// from: empty for the process's own working directory.
    pub fn from(options: &VerifyOptions, env: Env<'_>, cwd: &Path) -> Result<Plan> {
        let config = configuration(&options.source, env, cwd)?;
        let mut datasets = datasets(config.as_ref(), &options.source, cwd)?;
        if let Some(text) = &options.match_rate {
            let share = typed("--match-rate", text, Share::parse)?;
            for dataset in &mut datasets {
                dataset.gates.match_rate = Some(share);
            }
        }
        let hash = definition::config_hash(&datasets);
        Plan::settle(options, config.unwrap_or_default(), datasets, hash, cwd)
    }

    fn settle(
        options: &VerifyOptions,
        config: Config,
        datasets: Vec<DatasetSpec>,
        config_hash: String,
        cwd: &Path,
    ) -> Result<Plan> {
        let mode = &options.report_mode;
        let mode = mode
            .as_deref()
            .map(|text| typed("--report-mode", text, units::mode));
        let memory = &options.memory;
        let memory = memory
            .as_deref()
            .map(|text| typed("--memory", text, units::size));
        let report_dir = match (&options.report_dir, config.report_dir) {
            (Some(dir), _) => cwd.join(dir),
            (None, Some(dir)) => dir,
            (None, None) => cwd.join(REPORT_DIR),
        };
        let named = Some(config.path).filter(|path| !path.as_os_str().is_empty());
        Ok(Plan {
            datasets,
            report_dir,
            report_mode: mode
                .transpose()?
                .or(config.report_mode)
                .unwrap_or(REPORT_MODE),
            memory: memory::bytes(
                memory
                    .transpose()?
                    .or(config.memory)
                    .unwrap_or(memory::DEFAULT),
            ),
            format: options.format,
            show: options.show.unwrap_or(0),
            max_details: options
                .max_details
                .or(config.max_details)
                .unwrap_or(MAX_DETAILS),
            config: named,
            config_hash,
            quiet: options.source.quiet,
            verbose: options.source.verbose,
        })
    }
}

/// The datasets that a command other than `verify` is asked to look at.
pub fn specs(options: &SourceOptions, env: Env<'_>, cwd: &Path) -> Result<Vec<DatasetSpec>> {
    let config = configuration(options, env, cwd)?;
    datasets(config.as_ref(), options, cwd)
}

fn typed<T>(flag: &str, text: &str, parse: fn(&str) -> Result<T, String>) -> Result<T> {
    parse(text).map_err(|what| usage(format!("{flag}: {what}"), "See `shadowgate verify --help`"))
}

fn usage(why: impl Into<String>, next: impl Into<String>) -> Failure {
    Failure::new(Code::Usage, why, next)
}

/// The configuration that counts: the named one; none where two sources were
/// typed; else the one in the working directory.
fn configuration(options: &SourceOptions, env: Env<'_>, cwd: &Path) -> Result<Option<Config>> {
    let typed = options.locations.iter().flatten().count();
    if typed == 1 {
        return Err(usage(
            "one location was given, and two are needed: OLD and NEW",
            "Run `shadowgate verify OLD NEW --key COLUMN`",
        ));
    }
    if let Some(path) = &options.config {
        return config::load(&cwd.join(path), env).map(Some);
    }
    if typed == 2 {
        return match &options.dataset {
            None => Ok(None),
            Some(_) => Err(usage(
                "--dataset picks a dataset of a configuration file, and with OLD and NEW none is read",
                "Name the file with --config, or leave --dataset out",
            )),
        };
    }
    let path = cwd.join(CONFIG_FILE);
    if !path.exists() {
        return Err(usage(
            format!(
                "there is nothing to compare: no OLD and NEW were given, and there is no {CONFIG_FILE} here"
            ),
            "Run `shadowgate verify OLD NEW --key COLUMN`, or name a configuration with --config FILE (`shadowgate init OLD NEW` writes one)",
        ));
    }
    config::load(&path, env).map(Some)
}

fn datasets(
    config: Option<&Config>,
    options: &SourceOptions,
    cwd: &Path,
) -> Result<Vec<DatasetSpec>> {
    let Some(config) = config else {
        let name = default_name(options);
        return Ok(vec![build(&name, &Dataset::default(), None, options, cwd)?]);
    };
    let picked = pick(config, options)?;
    picked
        .into_iter()
        .map(|(name, dataset)| build(name, dataset, Some(config), options, cwd))
        .collect()
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

fn build(
    name: &str,
    dataset: &Dataset,
    config: Option<&Config>,
    options: &SourceOptions,
    cwd: &Path,
) -> Result<DatasetSpec> {
    let mut gates = Gates::default();
    let mut timeouts = dataset.timeouts;
    if let Some(config) = config {
        config.gates.apply(&mut gates);
        timeouts = timeouts.or(config.timeouts);
    }
    dataset.gates.apply(&mut gates);
    let side = |side: Side| {
        side::build(
            side,
            &dataset.sides[side.index()],
            config,
            timeouts,
            options,
            cwd,
        )
        .map_err(|failure| match config {
            Some(_) => failure.on(side).of(name),
            // Without a configuration the dataset's name is not the user's.
            None => failure.on(side),
        })
    };
    Ok(DatasetSpec {
        name: name.to_owned(),
        sides: [side(Side::Old)?, side(Side::New)?],
        key: options.key.clone().or_else(|| dataset.key.clone()),
        ignore: options
            .ignore
            .clone()
            .unwrap_or_else(|| dataset.ignore.clone()),
        only: options.columns.clone().or_else(|| dataset.only.clone()),
        rules: dataset.rules.clone(),
        gates,
        allow_same_source: options.allow_same_source || dataset.allow_same_source,
    })
}
