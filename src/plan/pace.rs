//! What `pace` is asked to do: which paths are read, how often, and by when.

use std::path::Path;
use std::time::Duration;

use super::asked::{ask, usage};
use super::options::{Format, SourceOptions};
use super::settings::Notes;
use super::{DatasetSpec, Log};
use crate::config::{Env, units};
use crate::error::{Result, Side};
use crate::source::{Limits, Location};

/// What `pace` takes, as typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PaceOptions {
    pub source: SourceOptions,
    pub runs: usize,
    pub repeat_command: bool,
    pub format: Format,
    pub deadline: Option<String>,
}

/// All of it that is settled before a source is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct PacePlan {
    pub datasets: Vec<DatasetSpec>,
    /// How often each side is read.
    pub runs: usize,
    pub format: Format,
    pub deadline: Option<Duration>,
    pub limits: Limits,
    pub log: Log,
    pub notes: Notes,
    pub verbose: u8,
}

impl PacePlan {
    /// `cwd` is what typed relative paths start from.
    pub fn from(options: &PaceOptions, env: Env<'_>, cwd: &Path) -> Result<PacePlan> {
        let (asked, config) = ask(&options.source, env, cwd)?;
        let deadline = match &options.deadline {
            Some(text) => Some(units::limit(text).map_err(|what| {
                usage(
                    format!("--deadline: {what}"),
                    "See `shadowgate pace --help`",
                )
            })?),
            None => config.and_then(|config| config.deadline),
        };
        if let [dataset] = &asked.datasets[..] {
            check_commands(dataset, options)?;
        }
        Ok(PacePlan {
            datasets: asked.datasets,
            runs: options.runs,
            format: options.format,
            deadline: deadline.filter(|deadline| !deadline.is_zero()),
            limits: asked.limits,
            log: asked.log,
            notes: asked.notes,
            verbose: options.source.verbose,
        })
    }
}

/// A command is run again for each reading, and who knows what it does then.
fn check_commands(dataset: &DatasetSpec, options: &PaceOptions) -> Result<()> {
    let is_command = |side: &Side| {
        let source = &dataset.sides[side.index()].source;
        matches!(source.location, Location::Command(_))
    };
    let command = Side::BOTH.into_iter().find(is_command);
    match command.filter(|_| options.runs > 1 && !options.repeat_command) {
        None => Ok(()),
        Some(side) => Err(usage(
            format!("it is a command, and would be run {} times", options.runs),
            "Say --repeat-command if running it again does no harm, as a dry run's does not, or read it once with --runs 1",
        )
        .on(side)),
    }
}
