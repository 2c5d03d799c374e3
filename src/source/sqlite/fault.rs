//! What SQLite's errors mean to the user: which of them are a damaged file, a
//! lock, a timeout, and which are the configuration's.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::{Code, Failure};

/// An error of a statement that shadowgate wrote itself.
pub fn fault(path: &Path, error: &rusqlite::Error) -> Failure {
    let place = path.display();
    let failure = |code, why: &str, next: &str| {
        Failure::new(code, format!("{place}: {why} (SQLite: {error})"), next)
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => failure(
            Code::Malformed,
            "this is not an SQLite database, or it is encrypted",
            "Check that the location names an SQLite file.",
        ),
        Some(ErrorCode::DatabaseCorrupt) => failure(
            Code::Malformed,
            "the database is damaged, so not all of its rows can be read",
            "Run `PRAGMA integrity_check` on it and restore it from a good copy.",
        ),
        Some(ErrorCode::SystemIoFailure) => failure(
            Code::SourceCut,
            "the file could not be read to its end",
            "Check the disk and that the copy of the file is whole.",
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => failure(
            Code::Timeout,
            "another program holds a lock on the database",
            "Run again when it is done, or raise lock_timeout.",
        )
        .transient(),
        Some(ErrorCode::OperationInterrupted) => failure(
            Code::Timeout,
            "the statement timeout has passed",
            "Raise statement_timeout, or narrow what is read.",
        ),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => failure(
            Code::Unreachable,
            "the database cannot be opened for reading",
            "Check the rights on the file; a database with a -wal or -journal file beside it also needs its folder writable, or that file gone (open it once with sqlite3).",
        ),
        _ => failure(
            Code::SourceCut,
            "reading failed",
            "Run `PRAGMA integrity_check` on it, then run again.",
        ),
    }
}

/// Whether another connection's lock was in the way.
pub fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// An error of SQL the user wrote: mostly the SQL is wrong.
pub fn in_sql(path: &Path, what: &str, error: &rusqlite::Error) -> Failure {
    let config = |why: String, next: &str| Failure::new(Code::Config, why, next);
    match error {
        rusqlite::Error::Empty => config(format!("{what} holds no statement"), "Write one SELECT."),
        rusqlite::Error::MultipleStatement => config(
            format!("{what} holds more than one statement"),
            "Keep one SELECT in it.",
        ),
        _ => match error.sqlite_error_code() {
            None | Some(ErrorCode::Unknown) => config(
                format!("{what} is not valid SQL for {}: {error}", path.display()),
                "Correct it; text goes in single quotes, names of columns in double quotes.",
            ),
            Some(_) => fault(path, error),
        },
    }
}

pub fn io(path: &Path, error: &std::io::Error) -> Failure {
    let code = match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Code::NotFound,
        std::io::ErrorKind::PermissionDenied => Code::Unauthorised,
        _ => Code::Unreachable,
    };
    Failure::new(
        code,
        format!("{}: {error}", path.display()),
        "Check the path and the rights of the SQLite file.",
    )
}
