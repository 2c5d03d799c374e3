//! The arguments of `rollback-check`.

use clap::Args;

use super::{OutputArgs, SourceArgs, WindowArgs};
use crate::cli::help;
use crate::plan::{RollbackOptions, VerifyOptions};

#[derive(Args, Clone, Debug)]
#[command(after_help = help::ROLLBACK_EXITS, after_long_help = help::ROLLBACK)]
pub struct RollbackArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// Count the old side's rows that changed since then: 30m (ago), 2026-11-26T03:00+09:00,
    /// or '2026-11-26 03:00' by this machine's clock
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Refused, as is any other window: what it leaves out could be lost as well
    #[arg(long, value_name = "TIME", hide = true)]
    pub until: Option<String>,
    /// Refused likewise
    #[arg(long, value_name = "COLUMN", hide = true)]
    pub window_column: Option<String>,
    /// End after this long (30s, 10m; 0: no deadline) with what was seen by then [default: 10m]
    #[arg(long, value_name = "TIME")]
    pub deadline: Option<String>,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Write at most this many rows of a kind to the comparison's detail files; those
    /// that would be lost are always written whole [default: 10000]
    #[arg(long, value_name = "N")]
    pub max_details: Option<usize>,
}

impl From<RollbackArgs> for RollbackOptions {
    fn from(args: RollbackArgs) -> RollbackOptions {
        RollbackOptions {
            verify: VerifyOptions {
                source: args.source.within(WindowArgs {
                    since: None,
                    until: args.until,
                    window_column: args.window_column,
                }),
                max_details: args.max_details,
                deadline: args.deadline,
                ..args.output.into()
            },
            since: args.since,
        }
    }
}
