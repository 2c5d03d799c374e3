//! Cores for the servers and others for their clients: what a client does with the
//! rows then takes nothing from the server, as where each has a machine.

use std::io;
use std::ops::Range;
use std::process::{Command, Stdio};

use super::support::Postgres;

/// Starts a server of the database, and leaves it and the database's connections
/// from then on on `cores`, of `all` that this process may use.
pub fn servers<T>(
    server: &Postgres,
    cores: &Range<usize>,
    all: &Range<usize>,
    start: impl FnOnce() -> T,
) -> io::Result<T> {
    let postmaster = "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)";
    pin(&server.sql("postgres", postmaster), cores)?;
    // What is started inherits it.
    let own = std::process::id().to_string();
    pin(&own, cores)?;
    let started = start();
    pin(&own, all)?;
    Ok(started)
}

/// The same command on these cores.
pub fn command(command: Command, cores: &Range<usize>) -> Command {
    let mut pinned = Command::new("taskset");
    pinned.args(["--cpu-list", &list(cores)]);
    pinned.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        pinned.env(name, value.unwrap_or_default());
    }
    pinned.stdout(Stdio::null());
    pinned
}

fn pin(process: &str, cores: &Range<usize>) -> io::Result<()> {
    let mut taskset = Command::new("taskset");
    taskset.args(["--all-tasks", "--cpu-list", "--pid", &list(cores), process]);
    let status = taskset.stdout(Stdio::null()).status()?;
    match status.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("{taskset:?} ended with {status}"))),
    }
}

fn list(cores: &Range<usize>) -> String {
    format!("{}-{}", cores.start, cores.end - 1)
}
