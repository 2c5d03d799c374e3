//! The log: `tracing` events as lines on stderr, so that stdout holds the report
//! and nothing else.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use indicatif::MultiProgress;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::{Code, Failure, Result};
use crate::plan::{Level, Log, Notes};

/// Starts the log, and says where the settings came from. `RUST_LOG` says what is
/// logged; where it is not set, `verbose` does: with `-v` shadowgate's own steps,
/// with `-vv` their details, with `-vvv` everything of its own; without either,
/// the plan's level does, else it is warnings. `bars` are moved aside for each line.
///
/// A log that another caller already started is left as it is.
pub fn start(
    log: &Log,
    notes: &Notes,
    verbose: u8,
    colour: bool,
    bars: Option<MultiProgress>,
) -> Result<()> {
    let named = std::env::var("RUST_LOG").ok();
    let file = log.file.as_deref().map(open).transpose()?;
    let _ = tracing_subscriber::registry()
        .with(filter(named.as_deref(), verbose, log.level))
        .with(layer().with_ansi(colour).with_writer(Stderr { bars }))
        .with(file.map(|file| layer().with_ansi(false).with_writer(file)))
        .try_init();
    for warning in &notes.warnings {
        tracing::warn!("{warning}");
    }
    for setting in &notes.settings {
        tracing::info!("{setting}");
    }
    Ok(())
}

/// Each line goes to the end in one piece, whoever else writes there.
fn open(path: &Path) -> Result<File> {
    let opened = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path);
    opened.map_err(|error| {
        Failure::new(
            Code::Usage,
            format!("the log file {} cannot be opened: {error}", path.display()),
            "Name a file in a folder that exists and may be written to",
        )
    })
}

/// Whether to colour what goes to a stream: a terminal, and no `NO_COLOR` set
/// (https://no-color.org: any value but the empty one).
pub fn colour(terminal: bool) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    terminal && !refused
}

fn filter(named: Option<&str>, verbose: u8, level: Option<Level>) -> EnvFilter {
    let own = match (verbose, level) {
        (0, Some(Level::Error)) => "error",
        (0, None | Some(Level::Warn)) => "warn",
        (0, Some(Level::Info)) | (1, _) => "warn,shadowgate=info",
        (0, Some(Level::Debug)) | (2, _) => "warn,shadowgate=debug",
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
        assert_eq!(filter(None, 0, None).to_string(), "warn");
        assert_eq!(filter(Some(" "), 0, None).to_string(), "warn");
        let shown = filter(None, 2, Some(Level::Error)).to_string();
        assert!(
            shown.contains("shadowgate=debug") && shown.contains("warn"),
            "{shown}"
        );
        assert_eq!(
            filter(Some("sqlx=trace"), 1, None).to_string(),
            "sqlx=trace"
        );
    }

    #[test]
    fn v_wins_over_log_level() {
        let shown = |verbose, level| filter(None, verbose, Some(level)).to_string();
        assert_eq!(shown(0, Level::Error), "error");
        assert!(shown(0, Level::Debug).contains("shadowgate=debug"));
        assert!(shown(1, Level::Error).contains("shadowgate=info"));
        assert!(shown(0, Level::Trace).contains("shadowgate=trace"));
        let named = filter(Some("warn"), 0, Some(Level::Debug));
        assert_eq!(named.to_string(), "warn");
    }

    #[test]
    fn a_log_file_is_its_owners_and_grows() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.log");
        for line in ["one\n", "two\n"] {
            let mut file = open(&path).expect("opens");
            file.write_all(line.as_bytes()).expect("writes");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "one\ntwo\n");
        let mode = std::fs::metadata(&path)
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let failure = open(&folder.path().join("gone/a.log")).expect_err("no folder");
        assert_eq!(failure.code, Code::Usage);
    }

    /// It may be meant for another program.
    #[test]
    fn a_directive_without_sense_is_passed_over() {
        let shown = filter(Some("shadowgate=loud,shadowgate=info"), 0, None).to_string();
        assert_eq!(shown, "shadowgate=info");
    }
}
