//! The flags that choose rows by the time in a column.

use clap::Args;

use crate::plan::WindowOptions;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "A window of time")]
pub struct WindowArgs {
    /// Compare only rows whose time is not before this one
    #[arg(
        long,
        value_name = "TIME",
        long_help = "Compare only rows whose time is not before this one

A TIME is 2026-11-26T03:00+09:00, '2026-11-26 03:00' by this machine's clock, or
how long ago (24h, 7d). COLUMN=TIME names the column too. Rows outside, and those
with NULL for a time, are not compared; the report says how many there are."
    )]
    pub since: Option<String>,
    /// Compare only rows whose time is before this one
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// The column that holds the time [default: the one that says when a row changed]
    #[arg(long, value_name = "COLUMN")]
    pub window_column: Option<String>,
}

impl From<WindowArgs> for WindowOptions {
    fn from(args: WindowArgs) -> WindowOptions {
        WindowOptions {
            column: args.window_column,
            since: args.since,
            until: args.until,
        }
    }
}
