//! What a user calls a source: `old.csv.gz`, `sqlite:app.db`, `postgres://…`,
//! `https://…`.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use crate::error::{Code, Failure, Result};
use crate::secret::Secret;

pub use super::argv::CommandLine;
pub use super::spec::{CommandOptions, Query, RestOptions, Spec, TextOptions};

/// A place rows can be read from.
#[derive(Clone, Debug, PartialEq)]
pub enum Location {
    /// A text file; its format and compression are those of its name.
    File(PathBuf, Format),
    Sqlite(PathBuf),
    /// The whole URL: it can hold a password.
    Postgres(Secret),
    /// PostgREST's root. Its credentials are no part of it.
    Rest(Url),
    /// What a command writes. Its words may hold secrets.
    Command(CommandLine),
}

/// The format of a text file, by its name without `.gz` or `.zst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Tsv,
    /// One array of objects.
    Json,
    JsonLines,
}

/// What a location may be, for hints.
const KNOWN: &str = "Give a file (.csv, .tsv, .json, .jsonl or .ndjson, each also with .gz or .zst; \
                     .db, .sqlite or .sqlite3 for SQLite), sqlite:FILE, postgres://USER@HOST/DATABASE, PostgREST's root as https://…, or command:PROGRAM ARGUMENT…";

impl Location {
    /// Reads a location as the command line and the configuration write it.
    /// Whether a file exists is seen when it is opened.
    pub fn parse(text: &str) -> Result<Location> {
        if text.trim().is_empty() {
            return Err(Failure::new(Code::Usage, "the location is empty", KNOWN));
        }
        if let Some(path) = strip_scheme(text, "sqlite") {
            return sqlite(path.strip_prefix("//").unwrap_or(path));
        }
        if let Some(line) = strip_scheme(text, "command") {
            return Ok(Location::Command(CommandLine::new(line)));
        }
        match text.split_once("://") {
            Some((scheme, _)) if is_scheme(scheme) => by_scheme(scheme, text),
            _ => file(text),
        }
    }

    /// The same, with a relative path taken from `base`.
    pub fn under(self, base: &Path) -> Location {
        match self {
            Location::File(path, format) => Location::File(base.join(path), format),
            Location::Sqlite(path) => Location::Sqlite(base.join(path)),
            Location::Command(line) => Location::Command(line.under(base)),
            server => server,
        }
    }

    /// Whether it understands SQL: tables, queries, conditions.
    pub fn is_database(&self) -> bool {
        !matches!(self, Location::File(..) | Location::Command(_))
    }
}

/// Without secrets: of a URL the user, host, port and database only.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::File(path, _) => write!(f, "{}", path.display()),
            Location::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Location::Command(line) => line.fmt(f),
            Location::Rest(url) => f.write_str(url.as_str().trim_end_matches('/')),
            Location::Postgres(url) => match Url::parse(url.expose()) {
                Ok(url) => show_url(&url, f),
                Err(_) => f.write_str("postgres://"),
            },
        }
    }
}

fn show_url(url: &Url, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("postgres://")?;
    if !url.username().is_empty() {
        write!(f, "{}@", url.username())?;
    }
    match url.host_str() {
        Some(host) if !host.is_empty() => f.write_str(host)?,
        // libpq's way to name a socket's folder; every other parameter may be a secret.
        _ => {
            if let Some((_, host)) = url.query_pairs().find(|(name, _)| name == "host") {
                f.write_str(&host)?;
            }
        }
    }
    if let Some(port) = url.port() {
        write!(f, ":{port}")?;
    }
    f.write_str(url.path())
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.split_once(':')?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn by_scheme(scheme: &str, text: &str) -> Result<Location> {
    match scheme.to_ascii_lowercase().as_str() {
        "postgres" | "postgresql" => postgres(text),
        "http" | "https" => rest(text),
        "mysql" | "mariadb" => Err(unsupported("mysql://")),
        // Only the scheme: what follows can hold a password.
        other => Err(Failure::new(
            Code::Usage,
            format!("{other}:// is not a kind of source that shadowgate knows"),
            KNOWN,
        )),
    }
}

fn unsupported(scheme: &str) -> Failure {
    Failure::new(
        Code::Usage,
        format!("{scheme} locations are not supported in this version"),
        KNOWN,
    )
}

fn postgres(text: &str) -> Result<Location> {
    match Url::parse(text) {
        Ok(_) => Ok(Location::Postgres(Secret::new(text))),
        // The parser's words name a rule, never the text.
        Err(error) => Err(Failure::new(
            Code::Usage,
            format!("the postgres:// URL cannot be read: {error}"),
            "Percent-encode special characters in the user name and the password (@ is %40, / is %2F, # is %23, : is %3A)",
        )),
    }
}

/// PostgREST's root. What would be a secret in it, or not belong to a root, is refused.
fn rest(text: &str) -> Result<Location> {
    let refuse = |why: &str, next: &str| Err(Failure::new(Code::Usage, why, next));
    let Ok(url) = Url::parse(text) else {
        return refuse(
            "the http(s):// URL cannot be read",
            "Give PostgREST's root, such as https://PROJECT.supabase.co/rest/v1",
        );
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse(
            "the http(s):// URL holds a user name or a password",
            "Give keys as SUPABASE_REST_HEADERS_APIKEY and SUPABASE_REST_HEADERS_AUTHORIZATION in the environment, or as `apikey` and `authorization` in the configuration",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse(
            "the http(s):// URL has a query (`?…`) or a fragment (`#…`)",
            "Give PostgREST's root alone, with the table by --table and a condition by `where`",
        );
    }
    Ok(Location::Rest(url))
}

fn sqlite(path: &str) -> Result<Location> {
    if path.is_empty() {
        return Err(Failure::new(
            Code::Usage,
            "sqlite: names no file",
            "Write sqlite:FILE, for example sqlite:app.db",
        ));
    }
    Ok(Location::Sqlite(PathBuf::from(path)))
}

fn file(text: &str) -> Result<Location> {
    let name = text.to_ascii_lowercase();
    let path = PathBuf::from(text);
    match (Format::of(&path), name.rsplit_once('.')) {
        (Some(format), _) => Ok(Location::File(path, format)),
        (None, Some((_, "db" | "sqlite" | "sqlite3"))) => sqlite(text),
        _ => Err(unknown_file(text)),
    }
}

impl Format {
    /// By a file's name.
    pub fn of(path: &Path) -> Option<Format> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let packed = name.strip_suffix(".gz");
        let packed = packed.or_else(|| name.strip_suffix(".zst"));
        let (_, end) = packed.unwrap_or(&name).rsplit_once('.')?;
        Format::named(end).or_else(|| (end == "ndjson").then_some(Format::JsonLines))
    }

    /// By its own name: `csv`, `tsv`, `json` or `jsonl`.
    pub fn named(name: &str) -> Option<Format> {
        match name {
            "csv" => Some(Format::Csv),
            "tsv" => Some(Format::Tsv),
            "json" => Some(Format::Json),
            "jsonl" => Some(Format::JsonLines),
            _ => None,
        }
    }

    /// Whether its cells are text with NULL tokens between delimiters.
    pub fn has_cells(self) -> bool {
        matches!(self, Format::Csv | Format::Tsv)
    }
}

fn unknown_file(text: &str) -> Failure {
    // A connection string (`host=… password=…`) is no path and may hold a password.
    let shown = if text.contains(['=', '@']) {
        "the location".to_owned()
    } else {
        format!("`{text}`")
    };
    Failure::new(
        Code::Usage,
        format!("{shown} is not a kind of source that shadowgate knows"),
        KNOWN,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> String {
        let failure = Location::parse(text).expect_err(text);
        assert_eq!(failure.code, Code::Usage);
        failure.to_string()
    }

    #[test]
    fn files_are_known_by_their_names() {
        for (name, format) in [
            ("old.csv", Format::Csv),
            ("dir.d/OLD.CSV.GZ", Format::Csv),
            ("a.tsv.zst", Format::Tsv),
            ("a.json", Format::Json),
            ("a.jsonl.gz", Format::JsonLines),
            ("a.ndjson", Format::JsonLines),
            ("日本語.csv", Format::Csv),
        ] {
            let expected = Location::File(name.into(), format);
            assert_eq!(Location::parse(name).expect(name), expected);
        }
    }

    #[test]
    fn sqlite_by_scheme_or_by_name() {
        for (text, path) in [
            ("sqlite:app.dat", "app.dat"),
            ("sqlite://app.dat", "app.dat"),
            ("sqlite:///srv/app.dat", "/srv/app.dat"),
            ("app.db", "app.db"),
            ("app.sqlite3", "app.sqlite3"),
        ] {
            assert_eq!(
                Location::parse(text).expect(text),
                Location::Sqlite(path.into())
            );
        }
        assert!(why("sqlite:").contains("names no file"));
        assert!(why("app.db.gz").contains("app.db.gz"));
    }

    #[test]
    fn what_is_not_supported_says_so_without_its_secrets() {
        let why = why("mysql://u:hunter2@x/db");
        assert!(why.contains("not supported in this version"), "{why}");
        assert!(!why.contains("hunter2"), "{why}");
    }

    #[test]
    fn an_unknown_name_lists_what_is_known() {
        let text = why("old.xlsx");
        assert!(text.starts_with("`old.xlsx` is not a kind of source"));
        for known in [
            ".csv",
            ".tsv",
            ".jsonl",
            ".gz",
            "sqlite:FILE",
            "postgres://",
        ] {
            assert!(text.contains(known), "{known}");
        }
        assert!(why("").contains("empty"));
    }

    #[test]
    fn no_failure_and_no_display_shows_a_password() {
        for text in [
            "postgres://app:hunter2@host:port/db",
            "redis://app:hunter2@host/0",
            "https://u:hunter2@x.example/rest/v1",
            "https://x.example/rest/v1?apikey=hunter2",
            "host=db password=hunter2",
            "app:hunter2@db.example",
        ] {
            assert!(!why(text).contains("hunter2"), "{text}");
        }
        let url = "postgresql://app:hunter2@db.example:6543/listings?sslpassword=hunter2";
        let location = Location::parse(url).expect("a URL");
        assert_eq!(
            location.to_string(),
            "postgres://app@db.example:6543/listings"
        );
        assert!(!format!("{location:?}").contains("hunter2"));
    }

    #[test]
    fn a_command_is_what_follows_its_scheme() {
        let location = Location::parse("Command: npx dry-run --token hunter2").expect("parses");
        assert_eq!(location.to_string(), "command:npx … (3 arguments)");
        assert!(!format!("{location:?}").contains("hunter2") && !location.is_database());
        let under = location.under(Path::new("conf"));
        assert!(matches!(under, Location::Command(line) if line.folder() == Path::new("conf")));
    }

    #[test]
    fn a_socket_is_shown_by_its_folder() {
        let location = Location::parse("postgres:///db?host=/run/pg").expect("a URL");
        assert_eq!(location.to_string(), "postgres:///run/pg/db");
    }

    #[test]
    fn relative_paths_go_under_a_base_and_absolute_ones_stay() {
        let base = Path::new("conf");
        let under = |text| Location::parse(text).expect("parses").under(base);
        assert_eq!(under("a.csv").to_string(), "conf/a.csv");
        assert_eq!(under("/a.csv").to_string(), "/a.csv");
        assert_eq!(under("sqlite:a.db").to_string(), "sqlite:conf/a.db");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = Location::parse(&text).map(|location| location.to_string());
        }
    }
}
