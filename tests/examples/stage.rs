//! Where the examples play: an old path in PostgreSQL, a new one behind PostgREST,
//! and a folder with one example's files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{array, valid};
use crate::support::Postgres;
use crate::support::api::{capped, serve};
use crate::support::postgrest::Postgrest;

/// The listings of both paths: two of a thousand and a half differ.
const LISTINGS: &str = "
    CREATE TABLE property_listings (
        property_number text PRIMARY KEY, title text NOT NULL, price numeric,
        system text NOT NULL, updated_at timestamptz NOT NULL, synced_at timestamptz);
    INSERT INTO property_listings
        SELECT 'JP-' || lpad(n::text, 6, '0'), '新宿 ' || n || '号室', n * 1000.50,
            CASE WHEN n % 3 = 0 THEN 'REINS' ELSE 'ATHOME' END,
            '2026-11-01 00:00+09'::timestamptz + n * interval '1 min', now()
        FROM generate_series(1, 1500) n;";

const DRIFT: &str = "UPDATE property_listings SET price = price + 1
    WHERE property_number IN ('JP-000700', 'JP-001400');";

/// Both paths.
pub struct Paths {
    pub old: String,
    pub api: Postgrest,
}

impl Paths {
    /// The pair that tests only read.
    pub fn shared() -> &'static Paths {
        static PATHS: OnceLock<Paths> = OnceLock::new();
        PATHS.get_or_init(|| Paths::make("examples", DRIFT))
    }

    /// A pair of its own under this name, after this has happened to the new side.
    pub fn make(name: &str, drift: &str) -> Paths {
        let server = Postgres::start();
        let old = format!("{name}_old");
        let url = server.create_database(&old);
        server.sql(&old, LISTINGS);
        let new = format!("{name}_new");
        let api = serve(&new, &format!("{LISTINGS}{drift}"), capped());
        Paths { old: url, api }
    }

    /// What the examples' environment names, as the sync has it.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("STAGING_DB_URL", self.old.clone()),
            ("SUPABASE_REST_URL", self.api.url()),
            ("SUPABASE_SERVICE_ROLE_KEY", self.api.jwt("service_role")),
        ]
    }
}

/// A file of an example, as it is shipped.
pub fn shipped(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// A copy of an example's folder, as a user installs it.
pub struct Stage {
    dir: TempDir,
}

/// How a script ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Stage {
    pub fn of(example: &str) -> Stage {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let from = root().join(example);
        let status = Command::new("cp")
            .arg("-R")
            .arg(&from)
            .arg(dir.path())
            .status();
        assert!(status.expect("cp runs").success(), "{}", from.display());
        let inner = dir.path().join(example);
        std::fs::rename(&inner, dir.path().join("it")).expect("the copy's name");
        Stage { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("it").join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// The shipped env file with the paths' real places in it, and more lines.
    pub fn environment(&self, paths: &Paths, more: &str) {
        let given = paths.variables();
        let template = std::fs::read_to_string(self.path("shadowgate.env.example"));
        let template = template.expect("an env file is shipped");
        let lines = template.lines().map(|line| {
            let ours = |(name, _): &&(&str, String)| line.starts_with(&format!("{name}="));
            match given.iter().find(ours) {
                Some((name, value)) => format!("{name}={value}\n"),
                None => format!("{line}\n"),
            }
        });
        self.secret("shadowgate.env", &(lines.collect::<String>() + more));
    }

    /// A file for the owner alone.
    pub fn secret(&self, name: &str, text: &str) {
        self.write(name, text);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(self.path(name), mode).expect("its mode");
    }

    /// An executable script.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        self.write(name, text);
        let path = self.path(name);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).expect("its mode");
        path
    }

    /// A program in the example's folder, with an environment that holds nothing
    /// but PATH and what is given here: a developer's own variables do not count.
    pub fn command(&self, program: &Path, variables: &[(&str, String)]) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").expect("a PATH"))
            .envs(variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The runs' folders under here, oldest first.
    pub fn runs(&self, reports: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(reports)).into_iter().flatten();
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut runs: Vec<String> = names
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|name| name.starts_with("20"))
            .collect();
        runs.sort();
        runs
    }

    /// The newest report.
    pub fn report(&self, reports: &str) -> Value {
        let path = self.path(reports).join("latest/report.json");
        let text = std::fs::read_to_string(&path).expect("a newest report");
        let report = serde_json::from_str(&text).expect("a report in JSON");
        valid(&report);
        report
    }

    /// Whether each reason of the newest report may pass by itself.
    pub fn transient(&self, reports: &str) -> Vec<bool> {
        let report = self.report(reports);
        let reasons = array(&report["reasons"]).iter();
        reasons
            .map(|reason| reason["transient"].as_bool().expect("a flag"))
            .collect()
    }
}

impl Ended {
    pub fn of(command: &mut Command) -> Ended {
        let output = command.output();
        let Output {
            status,
            stdout,
            stderr,
        } = output.expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Ended {
            code: status.code().expect("no signal ended it"),
            out: text(stdout),
            err: text(stderr),
        }
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Ended {
        let Ended { out, err, .. } = &self;
        assert_eq!(self.code, code, "\n--- stdout\n{out}\n--- stderr\n{err}");
        self
    }
}
