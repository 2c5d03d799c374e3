//! The flags for what comes of a comparison: how it is printed, where its reports
//! go, and what it may take of the memory.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::FormatArg;
use crate::plan::VerifyOptions;

#[derive(Args, Clone, Debug)]
pub struct OutputArgs {
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    pub format: FormatArg,
    /// Where reports go, each run in a folder of its own [default: reports]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub report_dir: Option<PathBuf>,
    /// The mode of the report's files, in octal [default: 0600]
    #[arg(long, value_name = "MODE")]
    pub report_mode: Option<String>,
    /// Memory to use before work spills to disk: 256MB, 1GiB or 25% of RAM [default: 25%]
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
}

/// What `verify` would be asked with these flags alone.
impl From<OutputArgs> for VerifyOptions {
    fn from(args: OutputArgs) -> VerifyOptions {
        VerifyOptions {
            format: args.format.into(),
            report_dir: args.report_dir,
            report_mode: args.report_mode,
            memory: args.memory,
            ..VerifyOptions::default()
        }
    }
}
