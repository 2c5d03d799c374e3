//! A command's processes: started in a group of their own, listened to without
//! ever waiting for one stream alone, and ended together, all of them.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use crate::error::Failure;
use crate::stop::Stop;

/// How long a wait lasts until it is looked whether to go on.
const GLANCE: Duration = Duration::from_millis(20);
/// How long after the command has ended others may hold its output open.
const HELD: Duration = Duration::from_secs(5);
/// How long processes that are asked to end may take, before they are made to.
const ASKED: Duration = Duration::from_secs(5);
/// The same where the whole run is to end, or where the command has ended itself.
const ASKED_SHORTLY: Duration = Duration::from_secs(2);
/// How long what was killed may take to be gone.
const KILLED: Duration = Duration::from_secs(2);

/// How it came to its end.
pub enum End {
    Exited(ExitStatus),
    /// It ended well, but its output is still open: some other process may write.
    Held,
    TimedOut,
    Stopped(Failure),
    /// What it wrote could not be taken.
    Broken(io::Error),
}

/// Takes what is written: data, and what is said beside it.
pub trait Listener {
    fn data(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn said(&mut self, bytes: &[u8]);
}

/// A started command and its descendants. None outlives this.
pub struct Group {
    child: Child,
    id: Pid,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    buffer: Vec<u8>,
    exited: Option<ExitStatus>,
}

impl Group {
    pub fn start(command: &mut Command) -> io::Result<Group> {
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Group {
            id: Pid::from_child(&child),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            child,
            buffer: vec![0; 64 << 10],
            exited: None,
        })
    }

    /// Listens until the command has ended and its output too, or may not go on.
    /// Then none of its processes runs any more.
    pub fn run(mut self, limit: Option<Duration>, stop: &Stop, listener: &mut dyn Listener) -> End {
        let end = self.listen(limit, stop, listener);
        let grace = match end {
            End::Exited(_) | End::Stopped(_) => ASKED_SHORTLY,
            End::Held | End::TimedOut | End::Broken(_) => ASKED,
        };
        self.end(grace, listener);
        end
    }

    fn listen(&mut self, limit: Option<Duration>, stop: &Stop, listener: &mut dyn Listener) -> End {
        let begun = Instant::now();
        let mut exited_at = None;
        loop {
            if let Err(failure) = stop.check() {
                return End::Stopped(failure);
            }
            if limit.is_some_and(|limit| begun.elapsed() >= limit) {
                return End::TimedOut;
            }
            if let Err(error) = self.pump(GLANCE, listener) {
                return End::Broken(error);
            }
            match self.reap() {
                Err(error) => return End::Broken(error),
                Ok(None) => {}
                Ok(Some(status)) if self.stdout.is_none() || !status.success() => {
                    return End::Exited(status);
                }
                Ok(Some(_)) => {
                    let since: &mut Instant = exited_at.get_or_insert_with(Instant::now);
                    if since.elapsed() >= HELD {
                        return End::Held;
                    }
                }
            }
        }
    }

    /// How the command itself has ended, if it has.
    fn reap(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.exited.is_none() {
            self.exited = self.child.try_wait()?;
        }
        Ok(self.exited)
    }

    /// Takes what is there of both streams; waits at most so long for some.
    fn pump(&mut self, wait: Duration, listener: &mut dyn Listener) -> io::Result<bool> {
        let [out, err] = self.ready(wait)?;
        if out
            && take(&mut self.stdout, &mut self.buffer, |bytes| {
                listener.data(bytes)
            })?
        {
            self.stdout = None;
        }
        let mut said = |bytes: &[u8]| {
            listener.said(bytes);
            Ok(())
        };
        if err && take(&mut self.stderr, &mut self.buffer, &mut said)? {
            self.stderr = None;
        }
        Ok(out || err)
    }

    /// Which of stdout and stderr can be read without waiting.
    fn ready(&self, wait: Duration) -> io::Result<[bool; 2]> {
        let out = self.stdout.as_ref().map(AsFd::as_fd);
        let err = self.stderr.as_ref().map(AsFd::as_fd);
        let open = [out, err].into_iter().flatten();
        let mut open: Vec<_> = open
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        if open.is_empty() {
            std::thread::sleep(wait);
            return Ok([false; 2]);
        }
        let wait = Timespec {
            tv_sec: 0,
            tv_nsec: wait.subsec_nanos().into(),
        };
        match poll(&mut open, Some(&wait)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut ready = open.iter().map(|fd| !fd.revents().is_empty());
        let mut next = |is_open: bool| is_open && ready.next().unwrap_or(false);
        Ok([next(out.is_some()), next(err.is_some())])
    }

    /// Ends every process that is left: asks, and after the grace does not ask.
    fn end(&mut self, grace: Duration, listener: &mut dyn Listener) {
        if self.is_over() {
            return self.hear_out(listener);
        }
        tracing::debug!("ending the command's processes");
        for (signal, patience) in [(Signal::TERM, grace), (Signal::KILL, KILLED)] {
            // Nobody is left to be told, or nobody may be: that shows below.
            let _ = kill_process_group(self.id, signal);
            let until = Instant::now() + patience;
            while !self.is_over() && Instant::now() < until {
                // Whoever waits for room in a pipe could not end.
                let _ = self.pump(GLANCE, &mut Deaf(listener));
            }
        }
        self.hear_out(listener);
    }

    fn is_over(&mut self) -> bool {
        let reaped = matches!(self.reap(), Ok(Some(_)));
        reaped && test_kill_process_group(self.id) == Err(Errno::SRCH)
    }

    /// What was said before the end and not yet heard.
    fn hear_out(&mut self, listener: &mut dyn Listener) {
        let until = Instant::now() + GLANCE * 10;
        let mut deaf = Deaf(listener);
        while Instant::now() < until && self.pump(Duration::ZERO, &mut deaf).unwrap_or(false) {}
    }
}

impl Drop for Group {
    /// Only a panic leaves anything to do here.
    fn drop(&mut self) {
        if !self.is_over() {
            let _ = kill_process_group(self.id, Signal::KILL);
        }
    }
}

/// Reads once what can be read without waiting; whether the stream has ended.
fn take(
    stream: &mut Option<impl Read>,
    buffer: &mut [u8],
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<bool> {
    let Some(stream) = stream else {
        return Ok(true);
    };
    match stream.read(buffer) {
        Ok(0) => Ok(true),
        Ok(read) => each(&buffer[..read]).map(|()| false),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

/// Hears what is said and takes no more data.
struct Deaf<'a>(&'a mut dyn Listener);

impl Listener for Deaf<'_> {
    fn data(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn said(&mut self, bytes: &[u8]) {
        self.0.said(bytes);
    }
}
