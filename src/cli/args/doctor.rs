//! What `doctor` takes: the sources, and what a verification of them would be
//! given.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{FormatArg, SourceArgs, WindowArgs, help};
use crate::plan::VerifyOptions;

#[derive(Args, Clone, Debug)]
#[command(after_help = help::DOCTOR)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub window: WindowArgs,
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    pub format: FormatArg,
    /// Where reports would go [default: reports]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub report_dir: Option<PathBuf>,
    /// Memory that a verification would use: 256MB, 1GiB or 25% of RAM [default: 25%]
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
    /// How long a verification would be given (30s, 10m, 1h)
    #[arg(long, value_name = "TIME")]
    pub deadline: Option<String>,
}

/// What `verify` would be asked with the same flags.
impl From<DoctorArgs> for VerifyOptions {
    fn from(args: DoctorArgs) -> VerifyOptions {
        VerifyOptions {
            source: args.source.within(args.window),
            format: args.format.into(),
            report_dir: args.report_dir,
            memory: args.memory,
            deadline: args.deadline,
            ..VerifyOptions::default()
        }
    }
}
