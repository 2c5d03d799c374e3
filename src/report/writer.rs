//! The report's folder: `DIR/<run>/` with all files of a run, whole or not at all.
//!
//! A run is written under a hidden name and renamed when every file in it is on
//! disk, so whoever lists DIR sees finished runs only. `DIR/latest` points to the
//! newest of them that no signal ended, and is itself swapped by a rename, never
//! taken away.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::model::{Details, Report, Run};
use super::{csv, json};
use crate::error::{Code, Failure, Result};

/// The files of a run, in the order in which they are told.
pub const FILES: [&str; 5] = [
    "report.json",
    "differences.csv",
    "missing.csv",
    "extra.csv",
    "duplicates.csv",
];

/// The permission bits of report files; the owner's read and write always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode(u32);

impl Default for Mode {
    /// Reports hold the data's values: for the owner alone.
    fn default() -> Self {
        Mode(0o600)
    }
}

impl Mode {
    /// From bits that were checked where they were typed.
    pub fn new(bits: u32) -> Self {
        Mode(bits & 0o666 | 0o600)
    }

    /// The folder's bits: whoever may read the files may enter.
    fn folder(self) -> u32 {
        self.0 | (self.0 & 0o444) >> 2 | 0o700
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl std::str::FromStr for Mode {
    type Err = String;

    /// Reads octal digits: `0640` or `640`.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let bits = u32::from_str_radix(text.strip_prefix("0o").unwrap_or(text), 8).ok();
        match bits {
            Some(bits) if bits & !0o666 == 0 && bits & 0o600 == 0o600 => Ok(Mode(bits)),
            _ => Err(format!(
                "`{text}` is not a mode for report files: give octal read and write bits with \
                 the owner's among them, such as 0600 or 0640"
            )),
        }
    }
}

/// A run's name: the UTC time and six random hex digits,
/// `20261125-023141-9f3a0c`.
pub fn run_id(now: Timestamp) -> String {
    // The standard library seeds this from the system's randomness; a name needs
    // to be unlike its neighbours, not secret.
    let random = RandomState::new().hash_one(now.as_nanosecond());
    format!(
        "{}-{:06x}",
        now.strftime("%Y%m%d-%H%M%S"),
        random & 0xff_ffff
    )
}

/// Finds out before a run begins whether reports can be written to `dir`, or
/// to what it will be made in. Makes nothing: a refused run leaves no trace.
pub fn check(dir: &Path) -> Result<()> {
    let here = || Path::new(".");
    let ancestors = dir
        .ancestors()
        .map(|path| match path.as_os_str().is_empty() {
            true => here(),
            false => path,
        });
    let mut existing = ancestors.filter(|path| path.symlink_metadata().is_ok());
    let existing = existing.next().unwrap_or_else(here);
    tempfile::tempfile_in(existing)
        .map(drop)
        .map_err(|error| cannot_write(dir, &error))
}

/// Writes a finished run to `dir/<run id>` and points `dir/latest` to it.
/// Returns the run's folder. On failure the run leaves nothing behind, and
/// `latest` stays as it was.
pub fn save(dir: &Path, mode: Mode, report: &Report, details: &[Details]) -> Result<PathBuf> {
    save_with(dir, mode, report, details, &|_| Ok(()))
}

/// The same, with files that `more` writes beside the usual ones.
pub fn save_with(
    dir: &Path,
    mode: Mode,
    report: &Report,
    details: &[Details],
    more: &dyn Fn(&Path) -> Result<()>,
) -> Result<PathBuf> {
    fs::create_dir_all(dir).map_err(|error| cannot_write(dir, &error))?;
    let run = &report.run.id;
    let hidden = dir.join(format!(".tmp-{run}"));
    let saved = dir.join(run);
    DirBuilder::new()
        .mode(0o700)
        .create(&hidden)
        .map_err(|error| cannot_write(&hidden, &error))?;
    let done = more(&hidden)
        .and_then(|()| fill(&hidden, mode, report, details))
        .and_then(|()| fs::rename(&hidden, &saved).map_err(|error| cannot_write(&saved, &error)))
        .inspect_err(|_| drop(fs::remove_dir_all(&hidden)))
        .and_then(|()| {
            // A run that ends with an error must not stand there as finished.
            announce(dir, &report.run).inspect_err(|_| drop(fs::remove_dir_all(&saved)))
        });
    done.map(|()| saved)
}

fn fill(folder: &Path, mode: Mode, report: &Report, details: &[Details]) -> Result<()> {
    for name in FILES {
        write_whole(&folder.join(name), mode, |out| match name {
            "differences.csv" => csv::differences(details, out),
            "missing.csv" => csv::missing(details, out),
            "extra.csv" => csv::extra(details, out),
            "duplicates.csv" => csv::duplicates(details, out),
            _ => json::write(report, out),
        })?;
    }
    fs::set_permissions(folder, Permissions::from_mode(mode.folder()))
        .and_then(|()| sync_folder(folder))
        .map_err(|error| cannot_write(folder, &error))
}

/// Writes a file so that it is there whole or, after a failure, not at all: what
/// stood under its name before stays until then.
pub fn write_whole(
    path: &Path,
    mode: Mode,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    write_synced(&hidden, mode, fill)
        .and_then(|()| fs::rename(&hidden, path))
        .and_then(|()| sync_folder(path.parent().unwrap_or(Path::new("."))))
        .map_err(|error| {
            // Also where it could not be created: then there is nothing to remove.
            let _ = fs::remove_file(&hidden);
            cannot_write(path, &error)
        })
}

fn write_synced(
    path: &Path,
    mode: Mode,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let mut out = BufWriter::with_capacity(64 << 10, file);
    fill(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    // Not by `open` alone, where the umask would take bits away.
    file.set_permissions(Permissions::from_mode(mode.0))?;
    file.sync_all()
}

/// Puts a run's name on disk and swaps `dir/latest`. Runs that end at the same
/// time each rename a link of their own, so it always points to one of them.
fn announce(dir: &Path, run: &Run) -> Result<()> {
    sync_folder(dir).map_err(|error| cannot_write(dir, &error))?;
    if run.interrupted.is_some() {
        return Ok(());
    }
    let run = &run.id;
    let (latest, hidden) = (dir.join("latest"), dir.join(format!(".latest-{run}")));
    symlink(run, &hidden)
        .and_then(|()| fs::rename(&hidden, &latest))
        .map_err(|error| {
            let _ = fs::remove_file(&hidden);
            cannot_write(&latest, &error)
        })?;
    // The run itself is safe on disk; the link to it is only a convenience.
    let _ = sync_folder(dir);
    Ok(())
}

/// A rename is on disk only when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    match File::open(folder)?.sync_all() {
        // Some network file systems know no fsync of folders.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    use io::ErrorKind::*;
    let next = match error.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => {
            "free some space there, or name a folder on another disk with --report-dir"
        }
        PermissionDenied | ReadOnlyFilesystem => {
            "make the folder writable, or name another with --report-dir"
        }
        AlreadyExists | NotADirectory | IsADirectory | DirectoryNotEmpty => {
            "move what stands there out of the way, or name another folder with --report-dir"
        }
        _ => "name another folder with --report-dir",
    };
    let why = format!(
        "the report could not be written to {}: {error}",
        path.display()
    );
    Failure::new(Code::CannotWrite, why, next)
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
