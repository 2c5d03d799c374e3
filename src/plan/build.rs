//! From what was typed and what the configuration says to one [`Plan`] of a
//! verification: which datasets, how they are judged, and where the report goes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::asked::{Asked, ask, usage};
use super::options::{Format, VerifyOptions};
use super::settings::Notes;
use super::{DatasetSpec, Log, definition, memory, recheck};
use crate::config::{Config, Env, units};
use crate::error::Result;
use crate::gate::Share;
use crate::source::Limits;

/// Detail files hold so many of a kind.
const MAX_DETAILS: usize = 10_000;
/// A dataset is started over so often.
const RETRIES: u32 = 2;
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
    /// How long the whole run may take.
    pub deadline: Option<Duration>,
    /// How often a dataset is started over.
    pub retries: u32,
    /// Whether the run takes the lock of its profile.
    pub locked: bool,
    /// Which runs must not go on at the same time.
    pub profile: String,
    /// The configuration file, if one was read.
    pub config: Option<PathBuf>,
    /// BLAKE3 of all that decides the result, in hex.
    pub config_hash: String,
    /// How hard servers may be leaned on.
    pub limits: Limits,
    pub log: Log,
    /// Where the settings came from.
    pub notes: Notes,
    pub quiet: bool,
    pub verbose: u8,
}

impl Plan {
    /// What `verify` is asked to do. `cwd` is what typed relative paths start
    /// from: empty for the process's own working directory.
    pub fn from(options: &VerifyOptions, env: Env<'_>, cwd: &Path) -> Result<Plan> {
        let (mut asked, config) = ask(&options.source, env, cwd)?;
        if let Some(text) = &options.match_rate {
            let share = typed("--match-rate", text, Share::parse)?;
            for dataset in &mut asked.datasets {
                dataset.gates.match_rate = Some(share);
            }
        }
        let said = recheck::typed(&options.recheck)?;
        for dataset in &mut asked.datasets {
            dataset.recheck = dataset.recheck.with(said);
        }
        Plan::settle(options, config.unwrap_or_default(), asked, cwd)
    }

    fn settle(options: &VerifyOptions, config: Config, asked: Asked, cwd: &Path) -> Result<Plan> {
        let mode = &options.report_mode;
        let mode = mode
            .as_deref()
            .map(|text| typed("--report-mode", text, units::mode));
        let memory = &options.memory;
        let memory = memory
            .as_deref()
            .map(|text| typed("--memory", text, units::size));
        let deadline = options.deadline.as_deref();
        let deadline = deadline.map(|text| typed("--deadline", text, units::limit));
        let retries = options.retries.or(config.dataset_retries);
        let profile = options.profile.as_deref();
        let profile = profile.map(|text| typed("--profile", text, units::profile));
        let report_dir = match (&options.report_dir, config.report_dir) {
            (Some(dir), _) => cwd.join(dir),
            (None, Some(dir)) => dir,
            (None, None) => cwd.join(REPORT_DIR),
        };
        let named = Some(config.path).filter(|path| !path.as_os_str().is_empty());
        let profile = profile.transpose()?.or(config.profile);
        Ok(Plan {
            profile: profile.unwrap_or_else(|| definition::profile(&asked.datasets)),
            locked: !options.no_lock,
            retries: retries.unwrap_or(RETRIES),
            config_hash: definition::config_hash(&asked.datasets),
            datasets: asked.datasets,
            limits: asked.limits,
            log: asked.log,
            notes: asked.notes,
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
            deadline: deadline
                .transpose()?
                .or(config.deadline)
                .filter(|deadline| !deadline.is_zero()),
            config: named,
            quiet: options.source.quiet,
            verbose: options.source.verbose,
        })
    }
}

pub(super) fn typed<T>(flag: &str, text: &str, parse: fn(&str) -> Result<T, String>) -> Result<T> {
    parse(text).map_err(|what| usage(format!("{flag}: {what}"), "See `shadowgate verify --help`"))
}
