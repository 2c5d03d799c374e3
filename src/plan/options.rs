//! What was typed, in plain values: the command line without its parser. What
//! it means, beside a configuration, is settled in [`super::build`].

use std::path::PathBuf;

use super::Scope;
use crate::secret::Secret;

/// Which two sources, which rows and columns of them, by which rules: what
/// every command that looks at two sources takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceOptions {
    /// Old, new. A URL can hold a password.
    pub locations: [Option<Secret>; 2],
    /// Report names, split on commas.
    pub key: Option<Vec<String>>,
    /// Old, new.
    pub tables: [Option<String>; 2],
    /// Old, new: files that hold SQL.
    pub queries: [Option<PathBuf>; 2],
    /// A condition for both sides.
    pub filter: Option<String>,
    /// Old, new: conditions for one side, in the place of that for both.
    pub filters: [Option<String>; 2],
    /// Old, new: the role that is known to see every row.
    pub roles: [Option<String>; 2],
    pub ignore: Option<Vec<String>>,
    pub columns: Option<Vec<String>>,
    pub config: Option<PathBuf>,
    /// No configuration is read, although there may be one: it is to be written.
    pub unconfigured: bool,
    pub dataset: Option<String>,
    pub scope: Option<Scope>,
    pub window: WindowOptions,
    pub allow_same_source: bool,
    pub env_file: Option<PathBuf>,
    pub log_file: Option<PathBuf>,
    pub limits: LimitOptions,
    pub quiet: bool,
    /// How often `-v` was given.
    pub verbose: u8,
}

/// Which rows are compared, by the time in a column, as typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WindowOptions {
    pub column: Option<String>,
    /// A time, perhaps behind `COLUMN=`.
    pub since: Option<String>,
    pub until: Option<String>,
}

/// How hard servers may be leaned on, as typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitOptions {
    pub rate: Option<String>,
    pub connections: Option<String>,
    pub page: Option<String>,
}

/// What `verify` takes beside its sources, as typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VerifyOptions {
    pub source: SourceOptions,
    pub match_rate: Option<String>,
    pub recheck: RecheckOptions,
    pub format: Format,
    pub report_dir: Option<PathBuf>,
    pub report_mode: Option<String>,
    pub memory: Option<String>,
    pub show: Option<usize>,
    pub max_details: Option<usize>,
    pub deadline: Option<String>,
    pub profile: Option<String>,
    pub no_lock: bool,
    pub retries: Option<u32>,
}

/// How keys that do not match are looked at again, as typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecheckOptions {
    pub rounds: Option<u32>,
    pub delay: Option<String>,
    pub limit: Option<usize>,
}

/// What goes to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    Json,
}
