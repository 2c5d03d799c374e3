//! The command line: the only layer that prints, and the last that knows of a
//! failure. Data goes to stdout, everything else to stderr.

pub mod args;
mod columns;
mod doctor;
mod explain;
mod help;
mod init;
mod lock;
pub mod logging;
mod pace;
pub mod progress;
mod rollback;
mod shell;
mod signals;
mod verify;

use std::io::{IsTerminal, Write};
use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::error::ErrorKind;
use indicatif::MultiProgress;

use crate::error::{Code, Exit, Failure, Result};
use crate::plan::{self, Asked, DatasetSpec, SourceOptions};
use crate::report::text::cell;
use crate::source::{Context, Limits};
use crate::stop::{Cause, Stop};
use args::{Cli, Command};

/// Runs what was typed and says how it ended.
pub fn main() -> ExitCode {
    let begun = Instant::now();
    let exit = match Cli::parse_args(std::env::args_os()) {
        // A mistake of ours is no verdict: nothing was verified. The panic's own
        // message stands on stderr already.
        Ok(cli) => catch_unwind(|| run(cli.command, begun)).unwrap_or(Exit::Inconclusive),
        Err(error) => explain_usage(&error),
    };
    ExitCode::from(exit.code())
}

/// `begun` is when the process was started, from which its deadline counts.
fn run(command: Command, begun: Instant) -> Exit {
    match command {
        Command::Verify(args) => verify::run(&(*args).into(), &signals::listen(), begun),
        Command::RollbackCheck(args) => rollback::run(&(*args).into(), &signals::listen(), begun),
        Command::Explain(args) => explain::run(*args, &signals::listen()),
        Command::Init(args) => init::run(*args, &signals::listen()),
        Command::Columns(args) => columns::run(*args, &signals::listen()),
        Command::Pace(args) => pace::run((*args).into(), &signals::listen(), begun),
        Command::Doctor(args) => doctor::run(*args, &signals::listen()),
        Command::Completions(args) => shell::completions(args.shell),
        Command::Man => shell::man(),
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

/// Tells a failure on stderr. A header's name or a server's words are in it, and
/// none of them may move the cursor.
fn tell(failure: &Failure) {
    let told = failure.to_string();
    let lines: Vec<String> = told.split('\n').map(cell::escape).collect();
    eprintln!("error: {}", lines.join("\n"));
}

/// There is no answer: why not goes to stderr, and stdout stays empty. Exit 2
/// where any of it is the user's to mend.
fn refused(failures: &[Failure], stop: &Stop) -> Exit {
    failures.iter().for_each(tell);
    let is = |code: Code| failures.iter().any(|failure| failure.code == code);
    let signal = stop.cause().and_then(Cause::signal);
    match signal.filter(|_| is(Code::Interrupted)) {
        Some((_, exit)) => exit,
        None if failures.iter().any(|failure| failure.code.is_usage()) => Exit::Usage,
        None => Exit::Inconclusive,
    }
}

/// What is asked for, with the log begun as it says.
fn asked(options: &SourceOptions, bars: Option<MultiProgress>) -> Result<Asked> {
    let asked = plan::asked(options, &environment, Path::new(""))?;
    let colour = logging::colour(std::io::stderr().is_terminal());
    logging::start(&asked.log, &asked.notes, options.verbose, colour, bars)?;
    Ok(asked)
}

/// The dataset of a command that looks at one.
fn the_one(datasets: &mut Vec<DatasetSpec>) -> Result<DatasetSpec> {
    match (datasets.pop(), datasets.is_empty()) {
        (Some(spec), true) => Ok(spec),
        (last, _) => {
            let names = datasets.iter().chain(&last).map(|spec| spec.name.as_str());
            Err(Failure::new(
                Code::Usage,
                "the configuration has several datasets, and this command looks at one",
                format!(
                    "Name it with --dataset: {}",
                    names.collect::<Vec<_>>().join(", ")
                ),
            ))
        }
    }
}

/// What the sources of a run share.
fn context(stop: &Stop, limits: &Limits) -> Context {
    Context::new(stop.clone(), limits.clone())
}

/// Prints an answer on stdout, whole.
fn print(answer: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(answer)
        .and_then(|()| out.flush())
        .map_err(|error| {
            Failure::new(
                Code::CannotWrite,
                format!("the answer could not be printed: {error}"),
                "check what reads this command's output",
            )
        })
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
