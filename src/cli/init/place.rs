//! Where a source is, as the configuration file has to say it: paths from the
//! file's own folder, and never a password.

use std::path::{Component, Path, PathBuf};

use super::toml;
use crate::error::Side;
use crate::source::Location;
use crate::source::location::CommandLine;

/// How a side's `source` is written.
pub struct Place {
    /// The value, in quotes.
    pub value: String,
    /// What its reader has to know.
    pub comment: Option<String>,
}

/// `variable` is the one that placed it, if one did; `output` is where the file is
/// written.
pub fn source(side: Side, location: &Location, variable: Option<&str>, output: &Path) -> Place {
    let plain = |text: String| Place {
        value: toml::string(&text),
        comment: None,
    };
    match location {
        // A project's own address is not yet that of its API.
        Location::Postgres(_) | Location::Rest(_)
            if variable.is_some_and(|name| name != "SUPABASE_URL") =>
        {
            let name = variable.unwrap_or_default();
            Place {
                value: toml::quoted(&format!("${{{name}}}")),
                comment: Some(format!("{location} at the time of writing.")),
            }
        }
        Location::File(file, _) => plain(path(file, output)),
        Location::Rest(_) => plain(location.to_string()),
        Location::Command(line) => command(side, line),
        Location::Sqlite(file) => plain(format!("sqlite:{}", path(file, output))),
        Location::Postgres(url) if !holds_secret(url.expose()) => plain(url.expose().to_owned()),
        Location::Postgres(_) => secret(side, location),
    }
}

/// Its arguments may hold a secret.
fn command(side: Side, line: &CommandLine) -> Place {
    let text = line.text().expose();
    if line.words().is_ok_and(|words| words.len() == 1) {
        return Place {
            value: toml::string(&format!("command:{text}")),
            comment: None,
        };
    }
    let variable = match side {
        Side::Old => "OLD_COMMAND",
        Side::New => "NEW_COMMAND",
    };
    Place {
        value: toml::quoted(&format!("${{{variable}}}")),
        comment: Some(format!(
            "{line}; its arguments may hold a secret and are not written here: export {variable} with the whole of it, from command: on, or write it in this place"
        )),
    }
}

fn secret(side: Side, location: &Location) -> Place {
    let variable = match side {
        Side::Old => "OLD_DATABASE_URL",
        Side::New => "NEW_DATABASE_URL",
    };
    // Its Display has no password.
    let shown = location.to_string();
    Place {
        value: toml::quoted(&format!("${{{variable}}}")),
        comment: Some(format!(
            "{shown}; the password is not written here: export {variable} with the whole URL"
        )),
    }
}

/// Whether a URL has a password, in its place or among its parameters. A URL
/// that cannot be read is taken to have one.
fn holds_secret(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else {
        return true;
    };
    let known = |name: &str| {
        matches!(
            name,
            "host" | "hostaddr" | "port" | "user" | "dbname" | "sslmode" | "ssl-mode"
        )
    };
    url.password().is_some() || url.query_pairs().any(|(name, _)| !known(&name))
}

/// A file's path from the folder of `output`; an absolute one where there is no
/// shorter way that holds wherever both are moved together.
pub fn path(file: &Path, output: &Path) -> String {
    let folder = output.parent().unwrap_or(Path::new(""));
    let found = match file.is_relative() && folder.as_os_str().is_empty() {
        true => None,
        false => between(file, folder),
    };
    found.as_deref().unwrap_or(file).display().to_string()
}

fn between(file: &Path, folder: &Path) -> Option<PathBuf> {
    let here = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let here = here.canonicalize().ok()?;
    let parent = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let there = parent.unwrap_or(Path::new(".")).canonicalize().ok()?;
    let there = there.join(file.file_name()?);
    if file.is_absolute() && !there.starts_with(&here) {
        return None;
    }
    let shared = here.components().zip(there.components());
    let shared = shared.take_while(|(here, there)| here == there).count();
    let up = here.components().skip(shared).map(|_| Component::ParentDir);
    Some(up.chain(there.components().skip(shared)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> Place {
        let location = Location::parse(url).expect("a URL");
        source(Side::New, &location, None, Path::new("shadowgate.toml"))
    }

    #[test]
    fn a_password_is_never_written() {
        for url in [
            "postgres://app:hunter2@db.example/listings",
            "postgres://app@db.example/listings?password=hunter2",
            "postgres://app@db.example/listings?sslmode=require&options=hunter2",
        ] {
            let place = shown(url);
            assert_eq!(place.value, "\"${NEW_DATABASE_URL}\"");
            let comment = place.comment.expect("says what to do");
            assert!(!comment.contains("hunter2"), "{comment}");
            assert!(
                comment.contains("postgres://app@db.example/listings"),
                "{comment}"
            );
        }
        let place = shown("postgres://app@db.example/listings?sslmode=require");
        assert_eq!(
            place.value,
            "\"postgres://app@db.example/listings?sslmode=require\""
        );
        assert!(place.comment.is_none());
    }

    #[test]
    fn a_commands_arguments_are_not_written() {
        let place = shown("command:npx dry-run --token hunter2");
        assert_eq!(place.value, "\"${NEW_COMMAND}\"");
        let comment = place.comment.expect("says what to do");
        assert!(
            comment.starts_with("command:npx … (3 arguments); "),
            "{comment}"
        );
        assert!(!comment.contains("hunter2"), "{comment}");
        assert_eq!(shown("command: ./dry-run").value, "\"command:./dry-run\"");
    }

    #[test]
    fn paths_are_written_from_the_files_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        std::fs::create_dir_all(root.join("conf")).expect("a folder");
        std::fs::create_dir_all(root.join("data")).expect("a folder");
        let of = |file: &str, output: &str| path(&root.join(file), &root.join(output));
        assert_eq!(of("conf/a.csv", "conf/x.toml"), "a.csv");
        assert_eq!(of("data/a.csv", "x.toml"), "data/a.csv");
        let away = root.join("data/a.csv").display().to_string();
        assert_eq!(
            of("data/a.csv", "conf/x.toml"),
            away,
            "an absolute path stays one"
        );
        assert_eq!(path(Path::new("../a.csv"), Path::new("x.toml")), "../a.csv");
        assert_eq!(
            path(Path::new("Cargo.toml"), Path::new("src/x.toml")),
            "../Cargo.toml"
        );
    }
}
