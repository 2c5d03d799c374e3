//! The flags for data that moves while it is compared.

use clap::Args;

use crate::plan::RecheckOptions;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Data that moves")]
pub struct RecheckArgs {
    /// Look again at the keys that do not match, up to N times [default: 0]
    #[arg(
        long,
        value_name = "N",
        long_help = "Look again at the keys that do not match, up to N times [default: 0]

A difference that is seen once may be a row in flight. Each such key ends as
settled (it matched later, or went from both sides), persistent (it never
matched and neither side changed) or moving (a side changed, and it still did
not match). A gate that moving keys could decide is inconclusive."
    )]
    pub recheck: Option<u32>,
    /// How long to wait before each look [default: 30s]
    #[arg(long, value_name = "TIME")]
    pub recheck_delay: Option<String>,
    /// Do not look again where more keys than this do not match [default: 100000]
    #[arg(long, value_name = "KEYS")]
    pub recheck_limit: Option<usize>,
}

impl From<RecheckArgs> for RecheckOptions {
    fn from(args: RecheckArgs) -> RecheckOptions {
        RecheckOptions {
            rounds: args.recheck,
            delay: args.recheck_delay,
            limit: args.recheck_limit,
        }
    }
}
