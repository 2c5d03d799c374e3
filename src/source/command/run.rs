//! Running a command once, to its end: what it writes goes to a private folder,
//! what it says to the log, and what went wrong into one failure.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use super::banner::Output;
use super::lines::Lines;
use super::process::{End, Group, Listener};
use crate::error::{Code, Failure, Result};
use crate::source::location::{CommandLine, CommandOptions, TextOptions};
use crate::source::spool::Spool;
use crate::source::text::{Stamp, TextFile};
use crate::stop::Stop;

/// One command, about to run.
pub struct Run<'a> {
    pub line: &'a CommandLine,
    pub options: &'a CommandOptions,
    pub text: &'a TextOptions,
    /// What it is called in messages.
    pub name: &'a str,
    pub stop: &'a Stop,
}

impl Run<'_> {
    /// Runs it, and looks at how its output begins.
    pub fn spool(&self) -> Result<Spool> {
        let mut command = self.command()?;
        let (mut sink, before) = self.sink()?;
        let began = Instant::now();
        tracing::info!(command = self.name, "running");
        let group = Group::start(&mut command).map_err(|error| self.cannot_start(&error))?;
        let limit = self.options.timeout.unwrap_or(CommandOptions::TIMEOUT);
        let limit = Some(limit).filter(|limit| !limit.is_zero());
        let end = group.run(limit, self.stop, &mut sink);
        sink.finish();
        self.judge(end, limit, &sink.lines)?;
        let took = began.elapsed();
        tracing::info!(command = self.name, ?took, "done");
        self.kept(sink, before, took)
    }

    /// Whether it could be started, without starting it.
    pub fn look(&self) -> Result<()> {
        let folder = self.folder()?;
        let program = match self.options.shell {
            true => "sh".to_owned(),
            false => self.line.words()?.swap_remove(0),
        };
        let own = self.options.env.get("PATH");
        let path = match own {
            Some(path) => path.expose().into(),
            None => std::env::var_os("PATH").unwrap_or_default(),
        };
        let places: Vec<PathBuf> = match program.contains('/') {
            true => vec![folder.join(program)],
            false => std::env::split_paths(&path)
                .map(|place| folder.join(place).join(&program))
                .collect(),
        };
        let runs = |place: &PathBuf| {
            let found = std::fs::metadata(place);
            found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        match places.iter().any(runs) {
            true => Ok(()),
            false => Err(self.cannot_start(&io::ErrorKind::NotFound.into())),
        }
    }

    fn command(&self) -> Result<Command> {
        let folder = self.folder()?;
        let mut command = if self.options.shell {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(self.line.text().expose());
            shell
        } else {
            let words = self.line.words()?;
            let (program, arguments) = words.split_first().expect("words hold a program");
            let mut command = Command::new(program_at(program, &folder));
            command.args(arguments);
            command
        };
        command.current_dir(&folder);
        for (name, value) in &self.options.env {
            command.env(name, value.expose());
        }
        Ok(command)
    }

    /// Where it runs.
    fn folder(&self) -> Result<PathBuf> {
        let folder = self.options.cwd.as_deref().unwrap_or(self.line.folder());
        let folder = match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        };
        let found = std::path::absolute(folder).ok();
        found.filter(|folder| folder.is_dir()).ok_or_else(|| {
            Failure::new(
                Code::NotFound,
                format!(
                    "{}: there is no folder {} to run it in",
                    self.name,
                    folder.display()
                ),
                "Correct this side's `cwd`, or make the folder",
            )
        })
    }

    /// Where its output goes, and what the file that it is to write was before.
    fn sink(&self) -> Result<(Sink<'_>, Option<Stamp>)> {
        let lines = || Lines::new(self.options.env.values());
        let mut sink = Sink {
            name: self.name,
            lines: lines(),
            out: Out::Log(lines()),
        };
        let before = match &self.options.output {
            Some(file) => Stamp::at(file),
            None => {
                sink.out = self.file().map_err(|error| self.cannot_keep(&error))?;
                None
            }
        };
        Ok((sink, before))
    }

    fn file(&self) -> io::Result<Out> {
        let folder = tempfile::Builder::new()
            .prefix("shadowgate-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let path = folder.path().join("stdout");
        Ok(Out::File(File::create_new(&path)?, path, folder))
    }

    /// What it wrote, if it did and it looks like data.
    fn kept(&self, sink: Sink<'_>, before: Option<Stamp>, took: Duration) -> Result<Spool> {
        let Sink { lines, out, .. } = sink;
        let (file, folder) = match (out, &self.options.output) {
            (Out::File(_, path, folder), _) => (path, Some(folder)),
            (Out::Log(_), output) => (output.clone().unwrap_or_default(), None),
        };
        let now = Stamp::at(&file).ok_or_else(|| self.not_written(&file, "is not there"))?;
        if before.is_some_and(|before| !now.is_written_since(&before)) {
            return Err(self.not_written(&file, "is as it was before"));
        }
        let name = match &folder {
            Some(_) => self.name.to_owned(),
            None => file.display().to_string(),
        };
        let output = Output {
            file: &TextFile::open(&file, self.text.encoding.as_deref())?.called(Some(&name)),
            format: self.options.format(),
            text: self.text,
            name: &name,
            lines: &lines,
        };
        output.check()?;
        Ok(Spool {
            file,
            stamp: now,
            took,
            folder,
        })
    }

    fn judge(&self, end: End, limit: Option<Duration>, lines: &Lines) -> Result<()> {
        let failed = |code, why: String, next: &str| {
            let why = format!("{}: {why}{}", self.name, lines.last_words());
            Err(Failure::new(code, why, self.advice(next)))
        };
        match end {
            End::Exited(status) if status.success() => Ok(()),
            End::Exited(status) => failed(
                Code::CommandFailed,
                how_it_ended(status),
                "Run it by hand and mend what it complains of; -v shows all that it said on stderr",
            ),
            End::Held => failed(
                Code::CommandFailed,
                "it ended, but a process that it started kept its output open, so that nobody knows whether that is whole".to_owned(),
                "Let it wait for the processes that it starts, or redirect what they print",
            ),
            End::TimedOut => {
                let limit = limit.unwrap_or_default();
                let why = format!("it had not ended after {limit:?} and was stopped");
                let longer = "Give it longer with this side's `timeout`, or let it do less";
                failed(Code::Timeout, why, longer).map_err(Failure::transient)
            }
            End::Stopped(failure) => Err(failure),
            End::Broken(error) => Err(self.cannot_keep(&error)),
        }
    }

    fn advice(&self, next: &str) -> String {
        match !self.options.shell && self.line.meant_for_a_shell() {
            false => next.to_owned(),
            true => format!(
                "{next}. It has a word such as `|` or `>`, which the program was given as it is: `shell = true` lets a shell read it"
            ),
        }
    }

    fn cannot_start(&self, error: &io::Error) -> Failure {
        let (code, next) = match error.kind() {
            io::ErrorKind::NotFound => (
                Code::NotFound,
                "Check the program's name and PATH; of a script, the interpreter that its first line names",
            ),
            io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory => (
                Code::CommandFailed,
                "Run again when the machine is less busy",
            ),
            _ => (
                Code::Config,
                "Make it executable (chmod +x), or name the interpreter before it",
            ),
        };
        let why = format!("{}: it cannot be started: {error}", self.name);
        let failure = Failure::new(code, why, self.advice(next));
        match code {
            Code::CommandFailed => failure.transient(),
            _ => failure,
        }
    }

    fn cannot_keep(&self, error: &io::Error) -> Failure {
        Failure::new(
            Code::CannotWrite,
            format!("{}: its output could not be kept: {error}", self.name),
            "Make room in the temporary folder, or name another one with TMPDIR",
        )
    }

    fn not_written(&self, file: &Path, how: &str) -> Failure {
        Failure::new(
            Code::CommandFailed,
            format!(
                "{}: it ended well, but {} {how}: this run did not write it",
                self.name,
                file.display()
            ),
            "Correct this side's `output` (a relative path is taken from the configuration file's folder), or what the command writes",
        )
    }
}

/// A program that is named with a folder is taken from where the command runs.
fn program_at(program: &str, folder: &Path) -> PathBuf {
    match program.contains('/') {
        true => folder.join(program),
        false => PathBuf::from(program),
    }
}

fn how_it_ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(127), _) => "it ended with exit status 127 (a shell's: command not found)".to_owned(),
        (Some(code), _) => format!("it ended with exit status {code}"),
        (None, Some(signal)) => {
            let name = signal_hook::low_level::signal_name(signal);
            let name = name.map_or(String::new(), |name| format!(" ({name})"));
            format!("it was ended by signal {signal}{name}")
        }
        (None, None) => "it ended, but not by itself".to_owned(),
    }
}

/// Takes what the command writes.
struct Sink<'a> {
    name: &'a str,
    /// What it says on stderr.
    lines: Lines,
    out: Out,
}

/// Where stdout goes.
enum Out {
    File(File, PathBuf, tempfile::TempDir),
    /// The data is elsewhere; this is talk.
    Log(Lines),
}

impl Sink<'_> {
    fn finish(&mut self) {
        let name = self.name;
        self.lines
            .finish(|line| tracing::info!(command = name, "{line}"));
        if let Out::Log(lines) = &mut self.out {
            lines.finish(|line| tracing::debug!(command = name, "{line}"));
        }
    }
}

impl Listener for Sink<'_> {
    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        let name = self.name;
        match &mut self.out {
            Out::File(file, ..) => file.write_all(bytes),
            Out::Log(lines) => {
                lines.feed(bytes, |line| tracing::debug!(command = name, "{line}"));
                Ok(())
            }
        }
    }

    fn said(&mut self, bytes: &[u8]) {
        let name = self.name;
        self.lines
            .feed(bytes, |line| tracing::info!(command = name, "{line}"));
    }
}
