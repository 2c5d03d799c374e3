//! What a command wrote, kept for as long as its side may be opened again: the
//! command runs once a run, whoever reads it how often.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tempfile::TempDir;

use super::text::Stamp;
use crate::error::Result;

/// A file with all that a command wrote.
#[derive(Debug)]
pub struct Spool {
    pub file: PathBuf,
    /// The file as the command left it.
    pub stamp: Stamp,
    /// How long the command ran.
    pub took: Duration,
    /// What goes with it, where the file is not one that the command wrote itself.
    pub folder: Option<TempDir>,
}

/// Runs a command when it is first asked for what it writes. Clones ask the
/// same one. What came of it stands, also if that was a failure.
#[derive(Clone, Default)]
pub struct Once(Arc<OnceLock<Result<Arc<Spool>>>>);

impl Once {
    pub fn get(&self, run: impl FnOnce() -> Result<Spool>) -> Result<Arc<Spool>> {
        self.0.get_or_init(|| run().map(Arc::new)).clone()
    }
}

/// Whether a command has run is no part of what was asked for.
impl PartialEq for Once {
    fn eq(&self, _: &Once) -> bool {
        true
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Failure};

    #[test]
    fn what_came_of_it_stands() {
        let once = Once::default();
        let fail = || Err(Failure::new(Code::CommandFailed, "no", ""));
        assert!(once.clone().get(fail).is_err());
        let again = once.get(|| panic!("it ran already"));
        assert_eq!(again.expect_err("the same").why, "no");
    }
}
