//! The log: `tracing` events as lines on stderr, so that stdout holds the report
//! and nothing else.

use std::io::{self, Write};

use indicatif::MultiProgress;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts the log. `RUST_LOG` says what is logged; where it is not set, `verbose`
/// does: warnings, with `-v` shadowgate's own steps, with `-vv` their details,
/// with `-vvv` everything of its own. `bars` are moved aside for each line.
///
/// A log that another caller already started is left as it is.
pub fn start(verbose: u8, colour: bool, bars: Option<MultiProgress>) {
    let named = std::env::var("RUST_LOG").ok();
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter(named.as_deref(), verbose))
        .with_ansi(colour)
        .with_writer(Stderr { bars })
        .try_init();
}

/// Whether to colour what goes to a stream: a terminal, and no `NO_COLOR` set
/// (https://no-color.org: any value but the empty one).
pub fn colour(terminal: bool) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    terminal && !refused
}

fn filter(named: Option<&str>, verbose: u8) -> EnvFilter {
    let own = match verbose {
        0 => "warn",
        1 => "warn,shadowgate=info",
        2 => "warn,shadowgate=debug",
        _ => "warn,shadowgate=trace",
    };
    // A directive that makes no sense is told on stderr and passed over: it may
    // be meant for another program, and must not stop a verification.
    let named = named.filter(|named| !named.trim().is_empty());
    EnvFilter::builder().parse_lossy(named.unwrap_or(own))
}

/// Writes each event in one piece, with the bars out of its way.
struct Stderr {
    bars: Option<MultiProgress>,
}

impl<'a> MakeWriter<'a> for Stderr {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

struct Line<'a>(&'a Stderr);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let write = || io::stderr().write_all(bytes).map(|()| bytes.len());
        match &self.0.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_log_wins_over_v() {
        assert_eq!(filter(None, 0).to_string(), "warn");
        assert_eq!(filter(Some(" "), 0).to_string(), "warn");
        let shown = filter(None, 2).to_string();
        assert!(
            shown.contains("shadowgate=debug") && shown.contains("warn"),
            "{shown}"
        );
        assert_eq!(filter(Some("sqlx=trace"), 1).to_string(), "sqlx=trace");
    }

    /// It may be meant for another program.
    #[test]
    fn a_directive_without_sense_is_passed_over() {
        let shown = filter(Some("shadowgate=loud,shadowgate=info"), 0).to_string();
        assert_eq!(shown, "shadowgate=info");
    }
}
