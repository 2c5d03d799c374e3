//! The command line: the only layer that prints, and the last that knows of a
//! failure. Data goes to stdout, everything else to stderr.

pub mod args;
mod help;
pub mod logging;
pub mod progress;
mod verify;

use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::error::{Exit, Failure};
use args::{Cli, Command};

/// Runs what was typed and says how it ended.
pub fn main() -> ExitCode {
    let exit = match Cli::parse_args(std::env::args_os()) {
        Ok(cli) => run(cli.command),
        Err(error) => explain_usage(&error),
    };
    ExitCode::from(exit.code())
}

fn run(command: Command) -> Exit {
    match command {
        Command::Verify(args) => verify::run(&(*args).into()),
        _ => Exit::Usage,
    }
}

/// Help and version are answers, anything else is a mistake in what was typed.
fn explain_usage(error: &clap::Error) -> Exit {
    // Where stderr is gone there is nobody left to tell.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Pass,
        _ => Exit::Usage,
    }
}

/// Tells a failure on stderr.
fn tell(failure: &Failure) {
    eprintln!("error: {failure}");
}

/// The environment, as far as it is text.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The columns of the terminal that stdout is, else what fits a page.
fn terminal_width() -> usize {
    let told = rustix::termios::tcgetwinsize(std::io::stdout());
    match told {
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
        _ => 100,
    }
}
