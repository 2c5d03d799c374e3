//! The database file itself: what it is on disk, and a connection to it that
//! cannot write.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::fault;
use crate::error::{Code, Failure, Result};

/// Device and inode of the database file, or why there is none.
pub fn regular_file(path: &Path) -> Result<(u64, u64)> {
    let meta = std::fs::metadata(path).map_err(|error| fault::io(path, &error))?;
    if meta.is_dir() {
        return Err(Failure::new(
            Code::Config,
            format!("{} is a folder, not an SQLite database", path.display()),
            "Name the database file itself.",
        ));
    }
    if !meta.is_file() {
        return Err(Failure::new(
            Code::Config,
            format!(
                "{} is a pipe or a device, not an SQLite database",
                path.display()
            ),
            "Name the database file itself.",
        ));
    }
    Ok((meta.dev(), meta.ino()))
}

pub fn modified(path: &Path) -> Result<(SystemTime, u64)> {
    let meta = std::fs::metadata(path).map_err(|error| fault::io(path, &error))?;
    let time = meta.modified().map_err(|error| fault::io(path, &error))?;
    Ok((time, meta.len()))
}

/// A connection that cannot write, with the checks that keep damage loud.
/// The path is made absolute so that no name reads as a URI or `:memory:`.
pub fn connect(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(absolute, flags)?;
    db.busy_timeout(wait)?;
    // A misspelt "column" in double quotes must not read as a string.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    db.execute_batch(
        "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON",
    )?;
    Ok(db)
}
