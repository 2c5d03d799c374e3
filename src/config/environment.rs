//! What the environment says: the process's own variables, and below them those
//! of an env file. Where a variable came from is kept, so that it can be told.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::document::{Env, Problem};
use super::{cannot_read, dotenv, refuse};
use crate::error::Result;
use crate::secret::Secret;

const CHECK_PATH: &str = "Check the path given to --env-file, or `env_file` in the configuration, which is relative to that file's folder";

/// The variables that a run may read.
pub struct Environment<'a> {
    process: Env<'a>,
    file: Option<File>,
}

struct File {
    path: PathBuf,
    values: Vec<(String, Secret)>,
    /// Others than its owner may read it.
    open: bool,
}

/// One variable that is set and not empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    pub name: &'static str,
    pub value: Secret,
    /// The env file it is from; `None`: the process.
    pub file: Option<PathBuf>,
}

impl<'a> Environment<'a> {
    pub fn new(process: Env<'a>) -> Self {
        Environment {
            process,
            file: None,
        }
    }

    /// The env file that was read.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| file.path.as_path())
    }

    /// Reads an env file. The process's own variables stay before it.
    pub fn load(&mut self, path: &Path) -> Result<()> {
        let cannot = |error: std::io::Error| cannot_read("env file", path, &error, CHECK_PATH);
        let text = std::fs::read_to_string(path).map_err(cannot)?;
        let found = std::fs::metadata(path).map_err(cannot)?;
        let values = dotenv::parse(&text, self.process)
            .map_err(|problem: Problem| refuse(path, &mut [problem]))?;
        self.file = Some(File {
            path: path.to_owned(),
            values,
            open: found.is_file() && found.permissions().mode() & 0o177 != 0,
        });
        Ok(())
    }

    /// A variable as `${NAME}` reads it: an empty one is set.
    pub fn value(&self, name: &str) -> Option<String> {
        let own = (self.process)(name);
        own.or_else(|| Some(self.in_file(name)?.expose().to_owned()))
    }

    /// A variable that says something: an empty one does not.
    pub fn variable(&self, name: &'static str) -> Option<Variable> {
        let own = (self.process)(name);
        let file = match own {
            Some(_) => None,
            None => self.file().map(Path::to_owned),
        };
        let value = own.or_else(|| Some(self.in_file(name)?.expose().to_owned()))?;
        let said = !value.trim().is_empty();
        said.then(|| Variable {
            name,
            value: Secret::new(value.trim()),
            file,
        })
    }

    /// Where a name is given twice, the later one counts.
    fn in_file(&self, name: &str) -> Option<&Secret> {
        let values = &self.file.as_ref()?.values;
        let mut named = values.iter().rev().filter(|(other, _)| other == name);
        named.next().map(|(_, value)| value)
    }

    /// What is to be mended about the env file, though it can be read.
    pub fn warning(&self) -> Option<String> {
        let file = self.file.as_ref().filter(|file| file.open)?;
        let path = file.path.display();
        Some(format!(
            "others may read the env file {path}: run `chmod 600` on it"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn process(name: &str) -> Option<String> {
        match name {
            "BOTH" => Some("own".to_owned()),
            "EMPTY" => Some(" ".to_owned()),
            _ => None,
        }
    }

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(".env");
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("changed");
        (folder, path)
    }

    #[test]
    fn the_process_comes_before_the_file() {
        let (_folder, path) = file("BOTH=file\nONE=a\nONE=file\nEMPTY=file\nNONE=\n", 0o600);
        let mut environment = Environment::new(&process);
        assert_eq!(environment.variable("ONE"), None);
        environment.load(&path).expect("reads");
        assert_eq!(environment.warning(), None);
        let one = environment.variable("ONE").expect("is set");
        assert_eq!((one.value.expose(), one.file), ("file", Some(path)));
        let both = environment.variable("BOTH").expect("is set");
        assert_eq!((both.value.expose(), both.file), ("own", None));
        assert_eq!(environment.variable("EMPTY"), None, "it was emptied");
        assert_eq!(environment.variable("NONE"), None);
        assert_eq!(environment.value("NONE").as_deref(), Some(""));
        assert_eq!(environment.value("GONE"), None);
    }

    #[test]
    fn a_file_that_others_may_read_is_warned_of() {
        for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            let (_folder, path) = file("A=1\n", mode);
            let mut environment = Environment::new(&process);
            environment.load(&path).expect("reads");
            assert_eq!(environment.warning().is_some(), warned, "{mode:o}");
        }
    }

    #[test]
    fn a_missing_or_broken_file_is_an_error() {
        let (_folder, path) = file("A=1\nhunter2\n", 0o600);
        let mut environment = Environment::new(&process);
        let failure = environment.load(&path).expect_err("broken");
        assert_eq!(failure.code, Code::Config);
        assert!(failure.why.contains(".env, line 2"), "{failure}");
        assert!(!failure.to_string().contains("hunter2"));
        let failure = environment.load(Path::new("gone.env")).expect_err("gone");
        assert_eq!(failure.code, Code::NotFound);
        assert!(failure.why.contains("gone.env"));
    }
}
