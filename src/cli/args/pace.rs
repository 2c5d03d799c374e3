//! What `pace` takes beside its sources.

use clap::Args;

use super::{FormatArg, SourceArgs, WindowArgs, help};
use crate::plan::PaceOptions;

#[derive(Args, Clone, Debug)]
#[command(after_help = help::PACE)]
pub struct PaceArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub window: WindowArgs,
    /// Read each side so often
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub runs: u16,
    /// Run a command again for each reading: it must do no harm
    #[arg(long)]
    pub repeat_command: bool,
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    pub format: FormatArg,
    /// End after this long (30s, 10m, 1h), with what was measured by then
    #[arg(long, value_name = "TIME")]
    pub deadline: Option<String>,
}

impl From<PaceArgs> for PaceOptions {
    fn from(args: PaceArgs) -> PaceOptions {
        PaceOptions {
            source: args.source.within(args.window),
            runs: usize::from(args.runs),
            repeat_command: args.repeat_command,
            format: args.format.into(),
            deadline: args.deadline,
        }
    }
}
