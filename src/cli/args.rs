//! What can be typed: the commands, their flags and their help. Nothing is
//! decided here; each command's arguments become plain values that `plan` reads.

pub mod doctor;
mod output;
mod pace;
mod recheck;
mod rollback;
mod window;

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::help;
use crate::plan::{Format, LimitOptions, Scope, SourceOptions, VerifyOptions, WindowOptions};
use crate::secret::Secret;
use doctor::DoctorArgs;
use output::OutputArgs;
pub use pace::PaceArgs;
use recheck::RecheckArgs;
pub use rollback::RollbackArgs;
use window::WindowArgs;

/// Proves that a new data path returns what the old one does, before traffic moves to it.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "shadowgate",
    version,
    arg_required_else_help = true,
    subcommand_required = true,
    after_help = help::EXITS,
    after_long_help = help::TOP
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Parses a command line, program name first. Help and version come as
    /// errors too: clap knows where each is printed and how the process ends.
    pub fn parse_args<I, T>(args: I) -> Result<Cli, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        Cli::try_parse_from(args).map_err(without_secrets)
    }
}

/// A misplaced URL or command must not be echoed: it can hold a password.
fn without_secrets(mut error: clap::Error) -> clap::Error {
    let holds_one = |text: &String| {
        let command = text
            .get(..8)
            .is_some_and(|head| head.eq_ignore_ascii_case("command:"));
        text.contains("://") || command
    };
    let is_secret = |value: &ContextValue| match value {
        ContextValue::String(text) => holds_one(text),
        ContextValue::Strings(texts) => texts.iter().any(holds_one),
        _ => false,
    };
    let found = error.context().filter(|(_, value)| is_secret(value));
    let kinds: Vec<ContextKind> = found.map(|(kind, _)| kind).collect();
    for kind in kinds {
        error.insert(kind, ContextValue::String("(a location)".to_owned()));
    }
    error
}

#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Compare two sources and give a verdict
    Verify(Box<VerifyArgs>),
    /// Tell before a rollback what it would lose: SAFE, LOSES N ROWS or CANNOT TELL
    RollbackCheck(Box<RollbackArgs>),
    /// Look at two sources and write a commented shadowgate.toml
    Init(Box<InitArgs>),
    /// Show one key on both sides, step by step: raw, after each rule, canonical
    Explain(Box<ExplainArgs>),
    /// Show both schemas side by side, with the type each column is compared as
    Columns(Box<ColumnsArgs>),
    /// Measure how fast both sides are read, one at a time, and say how they compare
    Pace(Box<PaceArgs>),
    /// Look at everything that a verification hangs on, in a few seconds
    Doctor(Box<DoctorArgs>),
    /// Print a shell's completion script
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

/// The sources and what of them is compared.
#[derive(Args, Clone, Debug)]
pub struct SourceArgs {
    /// The old source: a file (.csv .tsv .json .jsonl, also .gz .zst), sqlite:FILE, postgres://…,
    /// PostgREST's root as https://…, or command:PROGRAM… that prints JSON Lines
    #[arg(value_parser = secret, value_hint = ValueHint::AnyPath)]
    pub old: Option<Secret>,
    /// The new source
    #[arg(value_parser = secret, value_hint = ValueHint::AnyPath)]
    pub new: Option<Secret>,
    /// The columns that name a row, comma-separated [default: the sources' own key]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub key: Option<Vec<String>>,
    /// The table (or view) to read on both sides
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    /// The old side's table
    #[arg(long, value_name = "TABLE")]
    pub old_table: Option<String>,
    /// The new side's table
    #[arg(long, value_name = "TABLE")]
    pub new_table: Option<String>,
    /// Read the old side by the query in this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub old_query: Option<PathBuf>,
    /// Read the new side by the query in this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub new_query: Option<PathBuf>,
    /// Only rows that meet this condition, on both sides: SQL, or for PostgREST
    /// its own terms (status=eq.active&price=gt.100)
    #[arg(long = "where", value_name = "CONDITION")]
    pub filter: Option<String>,
    /// Only the old side's rows that meet this condition, in the place of --where
    #[arg(long = "old-where", value_name = "CONDITION")]
    pub old_filter: Option<String>,
    /// Only the new side's rows that meet this condition, in the place of --where
    #[arg(long = "new-where", value_name = "CONDITION")]
    pub new_filter: Option<String>,
    /// This role of the old side, behind PostgREST, is known to see every row
    #[arg(long, value_name = "ROLE")]
    pub old_role: Option<String>,
    /// This role of the new side, behind PostgREST, is known to see every row
    #[arg(long, value_name = "ROLE")]
    pub new_role: Option<String>,
    /// Columns not to compare, comma-separated
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub ignore: Option<Vec<String>>,
    /// Compare only these columns (and the key), comma-separated
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,
    /// The configuration file [default: shadowgate.toml, where OLD and NEW are not given]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Only this dataset of the configuration
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// Which keys are compared: those of both sides, or only those that NEW has [default: all]
    #[arg(long, value_enum, value_name = "SCOPE")]
    pub scope: Option<ScopeArg>,
    /// Compare even if both sides read the same table or file
    #[arg(long)]
    pub allow_same_source: bool,
    /// Read variables from this file (NAME=value); the process's own come first
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub env_file: Option<PathBuf>,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Write log lines to the end of this file too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub log_file: Option<PathBuf>,
    /// No progress on stderr
    #[arg(long, short)]
    pub quiet: bool,
    /// Say more on stderr; twice for debugging
    #[arg(long, short, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// How hard a PostgREST server may be leaned on.
#[derive(Args, Clone, Debug)]
pub struct LimitArgs {
    /// At most so many requests, such as 5/s or 1/2s, all connections together; `off`
    /// for no limit [default: half of SYNC_RATE_LIMIT_PER_SECOND]
    #[arg(long, value_name = "RATE")]
    pub rate_limit: Option<String>,
    /// Connections at once to each PostgREST side [default: 2]
    #[arg(long, value_name = "N")]
    pub connections: Option<String>,
    /// Rows asked for at once from PostgREST [default: SYNC_BATCH_SIZE, else 1000]
    #[arg(long, value_name = "ROWS")]
    pub page_size: Option<String>,
}

#[derive(Args, Clone, Debug)]
#[command(after_help = help::EXITS, after_long_help = help::VERIFY)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// Pass only if at least this share of all keys matches [default: 99%]
    #[arg(long, value_name = "SHARE")]
    pub match_rate: Option<String>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub recheck: RecheckArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Show this many differing rows side by side
    #[arg(long, value_name = "N")]
    pub show: Option<usize>,
    /// Write at most this many rows of a kind to the detail files [default: 10000]
    #[arg(long, value_name = "N")]
    pub max_details: Option<usize>,
    /// End after this long (30s, 10m, 1h), with what was seen by then
    #[arg(long, value_name = "TIME")]
    pub deadline: Option<String>,
    /// Name the runs of which only one may go on at a time [default: those that ask the same
    /// of the same sources]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Run even while another run of the profile does, as in CI
    #[arg(long)]
    pub no_lock: bool,
    /// Start a dataset over so often where a connection was lost or a server was full [default: 2]
    #[arg(long = "dataset-retries", value_name = "N", alias = "retries")]
    pub retries: Option<u32>,
}

#[derive(Args, Clone, Debug)]
#[command(after_help = help::INIT)]
pub struct InitArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// Where to write the configuration; `-` for stdout
    #[arg(long, short, value_name = "FILE", default_value = "shadowgate.toml", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub force: bool,
}

#[derive(Args, Clone, Debug)]
#[command(after_help = help::EXPLAIN)]
pub struct ExplainArgs {
    /// The key's value; of several columns a JSON array ('["JP-1", 2]'), values with
    /// commas between, or a JSON object as the report's files write keys
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    pub value: String,
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub window: WindowArgs,
}

#[derive(Args, Clone, Debug)]
#[command(after_help = help::COLUMNS)]
pub struct ColumnsArgs {
    #[command(flatten)]
    pub source: SourceArgs,
}

#[derive(Args, Clone, Debug)]
#[command(after_help = help::COMPLETIONS)]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FormatArg {
    /// A summary for people
    Text,
    /// The same as JSON (of verify: report.json), and nothing else
    Json,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Format {
        match format {
            FormatArg::Text => Format::Text,
            FormatArg::Json => Format::Json,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ScopeArg {
    /// Every key of both sides
    All,
    /// A part: a dry run that prints its first hundred rows
    KeysOfNew,
}

impl From<ScopeArg> for Scope {
    fn from(arg: ScopeArg) -> Scope {
        match arg {
            ScopeArg::All => Scope::All,
            ScopeArg::KeysOfNew => Scope::KeysOfNew,
        }
    }
}

fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

impl From<SourceArgs> for SourceOptions {
    fn from(args: SourceArgs) -> SourceOptions {
        SourceOptions {
            locations: [args.old, args.new],
            key: args.key.map(trimmed),
            tables: [
                args.old_table.or_else(|| args.table.clone()),
                args.new_table.or(args.table),
            ],
            queries: [args.old_query, args.new_query],
            filter: args.filter,
            filters: [args.old_filter, args.new_filter],
            roles: [args.old_role, args.new_role],
            ignore: args.ignore.map(trimmed),
            columns: args.columns.map(trimmed),
            config: args.config,
            unconfigured: false,
            dataset: args.dataset,
            scope: args.scope.map(Scope::from),
            window: WindowOptions::default(),
            allow_same_source: args.allow_same_source,
            env_file: args.env_file,
            log_file: args.log_file,
            limits: LimitOptions {
                rate: args.limits.rate_limit,
                connections: args.limits.connections,
                page: args.limits.page_size,
            },
            quiet: args.quiet,
            verbose: args.verbose,
        }
    }
}

impl SourceArgs {
    /// The same, of rows in a window.
    pub fn within(self, window: WindowArgs) -> SourceOptions {
        SourceOptions {
            window: window.into(),
            ..self.into()
        }
    }
}

/// `--key "a, b"` names a and b. A name with a comma or a blank at its edge has
/// to be written in the configuration.
fn trimmed(names: Vec<String>) -> Vec<String> {
    let names = names.iter().map(|name| name.trim());
    let named = names.filter(|name| !name.is_empty());
    named.map(str::to_owned).collect()
}

impl From<VerifyArgs> for VerifyOptions {
    fn from(args: VerifyArgs) -> VerifyOptions {
        VerifyOptions {
            source: args.source.within(args.window),
            match_rate: args.match_rate,
            recheck: args.recheck.into(),
            show: args.show,
            max_details: args.max_details,
            deadline: args.deadline,
            profile: args.profile,
            no_lock: args.no_lock,
            retries: args.retries,
            ..args.output.into()
        }
    }
}

#[cfg(test)]
mod tests;
