//! What is asked for, by given options, variables and a configuration.

use std::collections::HashMap;
use std::path::Path;

use crate::error::Failure;
use crate::plan::{Asked, SourceOptions, asked};
use crate::secret::Secret;
use crate::source::location::RestOptions;

pub(super) type Variables = [(&'static str, &'static str)];

pub(super) fn ask(
    options: &SourceOptions,
    variables: &Variables,
    cwd: &Path,
) -> Result<Asked, Failure> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    let env = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    asked(options, &env, cwd)
}

pub(super) fn typed(old: &str, new: &str) -> SourceOptions {
    SourceOptions {
        locations: [old, new].map(|text| Some(Secret::new(text))),
        tables: ["t", "t"].map(|table| Some(table.to_owned())),
        ..SourceOptions::default()
    }
}

/// A database and PostgREST.
pub(super) fn pair() -> SourceOptions {
    typed("old.db", "https://x.example/rest/v1")
}

pub(super) fn rest(asked: &Asked) -> &RestOptions {
    &asked.datasets[0].sides[1].source.rest
}

pub(super) fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn notes(asked: &Asked) -> String {
    let settings = asked.notes.settings.iter();
    settings.map(|setting| format!("{setting}\n")).collect()
}

/// A folder with a configuration, and what is asked of it.
pub(super) fn configured(
    text: &str,
    options: &SourceOptions,
    variables: &Variables,
) -> Result<Asked, Failure> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("shadowgate.toml"), text).expect("written");
    ask(options, variables, folder.path())
}

pub(super) const REST: &str = "[datasets.d.old]\nsource = \"old.db\"\ntable = \"t\"\n\
    [datasets.d.new]\nsource = \"https://x.example/rest/v1\"\ntable = \"t\"\n";
