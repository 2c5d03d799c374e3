//! One run at a time for each folder of reports and profile: two that read the
//! same servers at once would lean on them twice.
//!
//! The lock is the kernel's (`flock`), so that it ends with its process however
//! that ends; the file only says who holds it. A run that ends takes its file
//! away, and one that finds a file without a lock knows that the run before did
//! not end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::text::cell::{escape, number};
use crate::error::{Code, Failure, Result};

/// How often the file is written anew at most.
const INTERVAL: Duration = Duration::from_secs(2);

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    /// Folders that did not exist before, the innermost first.
    made: Vec<PathBuf>,
    state: Mutex<(Holder, Instant)>,
}

/// Who holds a lock. Times are RFC 3339, UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    host: String,
    started: String,
    progress: Option<Progress>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Progress {
    old: u64,
    new: u64,
    at: String,
}

impl Lock {
    /// Takes the lock of a profile in a folder of reports, which is made if it is
    /// not there.
    pub fn take(dir: &Path, profile: &str) -> Result<Lock> {
        let missing = dir.ancestors().take_while(|path| !exists(path));
        let made = missing.map(Path::to_owned).collect();
        let path = dir.join(format!(".lock-{profile}"));
        let file = open(dir, &path)?;
        if let Some(before) = Holder::read(&file) {
            tracing::warn!(
                "the run before did not end: its lock is taken over ({})",
                before.told(Timestamp::now())
            );
        }
        let lock = Lock {
            file,
            path,
            made,
            state: Mutex::new((Holder::own(), Instant::now())),
        };
        lock.write(&Holder::own())
            .map_err(|error| cannot_lock(&lock.path, &error))?;
        Ok(lock)
    }

    /// Tells how far the run has come, for whoever finds the lock held.
    pub fn progress(&self, rows: [u64; 2]) {
        // Who finds the state taken need not wait: somebody is telling.
        let Ok(mut state) = self.state.try_lock() else {
            return;
        };
        let (holder, last) = &mut *state;
        if holder.progress.is_some() && last.elapsed() < INTERVAL {
            return;
        }
        let [old, new] = rows;
        let at = Timestamp::now().to_string();
        holder.progress = Some(Progress { old, new, at });
        *last = Instant::now();
        // A disk that is full says so where it matters.
        let _ = self.write(holder);
    }

    fn write(&self, holder: &Holder) -> io::Result<()> {
        let text = serde_json::to_vec(holder)?;
        self.file.write_all_at(&text, 0)?;
        self.file.set_len(text.len() as u64)
    }
}

impl Drop for Lock {
    /// The file goes while it is still locked: nobody can be waiting for it.
    fn drop(&mut self) {
        drop(self.state.lock().unwrap_or_else(PoisonError::into_inner));
        let _ = fs::remove_file(&self.path);
        // Where there is no report, nothing is left; a folder that holds one stays.
        for folder in &self.made {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn exists(path: &Path) -> bool {
    path.as_os_str().is_empty() || path.symlink_metadata().is_ok()
}

/// The file, locked, or who holds it.
fn open(dir: &Path, path: &Path) -> Result<File> {
    loop {
        fs::create_dir_all(dir).map_err(|error| cannot_lock(dir, &error))?;
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            // What the lock is written to is what lies here, and nothing elsewhere.
            .custom_flags(OFlags::NOFOLLOW.bits() as i32)
            .open(path);
        let file = match opened {
            Ok(file) => file,
            // A run that ended without a report took the folder away that it had made.
            Err(error) if error.kind() == ErrorKind::NotFound && !exists(dir) => continue,
            Err(error) if Errno::from_io_error(&error) == Some(Errno::LOOP) => {
                return Err(cannot_lock(
                    path,
                    &io::Error::other("it is a symbolic link"),
                ));
            }
            Err(error) => return Err(cannot_lock(path, &error)),
        };
        // Reading what is no file may wait for ever.
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err(cannot_lock(path, &ErrorKind::InvalidInput.into()));
        }
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => return Err(held(&file)),
            Err(error) => return Err(cannot_lock(path, &error.into())),
            Ok(()) => {}
        }
        // Whoever held it may just have taken its file away.
        let inode = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let here = file.metadata().map(inode);
        if here.is_ok_and(|here| {
            path.symlink_metadata()
                .map(inode)
                .is_ok_and(|it| it == here)
        }) {
            return Ok(file);
        }
    }
}

impl Holder {
    fn own() -> Holder {
        Holder {
            pid: std::process::id(),
            host: host(),
            started: Timestamp::now().to_string(),
            progress: None,
        }
    }

    fn read(file: &File) -> Option<Holder> {
        let mut text = String::new();
        let mut file = file;
        file.read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// `process 4711 on db1, begun 12 min ago, last progress 3 s ago: 20 old and 10 new rows`
    fn told(&self, now: Timestamp) -> String {
        let ago = |at: &str| match at.parse::<Timestamp>() {
            Ok(at) => ago(now.duration_since(at).as_secs()),
            Err(_) => "at no known time".to_owned(),
        };
        let begun = format!(
            "process {} on {}, begun {}",
            self.pid,
            escape(&self.host),
            ago(&self.started)
        );
        match &self.progress {
            None => format!("{begun}, no progress yet"),
            Some(Progress { old, new, at }) => format!(
                "{begun}, last progress {}: {} old and {} new rows",
                ago(at),
                number(*old),
                number(*new)
            ),
        }
    }
}

fn host() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// In the largest unit of which there are two.
fn ago(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds} s ago"),
        seconds @ 120..7200 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

fn held(file: &File) -> Failure {
    let holder = Holder::read(file);
    let told = holder.as_ref().map(|holder| holder.told(Timestamp::now()));
    let stop = match holder.filter(|holder| holder.host == host()) {
        Some(holder) => format!(", or stop it (kill {})", holder.pid),
        None => String::new(),
    };
    Failure::new(
        Code::Locked,
        format!(
            "another run of this profile is under way: {}",
            told.unwrap_or_else(|| "it has not said yet which".to_owned())
        ),
        format!(
            "wait until it has ended{stop}; --no-lock runs beside it, and --profile NAME keeps runs apart that may be"
        ),
    )
    .transient()
}

fn cannot_lock(path: &Path, error: &io::Error) -> Failure {
    let next = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "make the folder writable, name another with --report-dir, or run with --no-lock"
        }
        _ => "name another folder with --report-dir, or run with --no-lock",
    };
    let why = format!("no lock could be taken at {}: {error}", path.display());
    Failure::new(Code::CannotWrite, why, next)
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;
