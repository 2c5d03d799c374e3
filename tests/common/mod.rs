//! What the tests of the binary share: a folder of their own to run it in, its
//! output, its saved report, and reports without what differs from run to run.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub mod running;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with the files of one test. The binary runs in it, so that its
/// output shows names and no paths.
pub struct Lab {
    dir: TempDir,
}

/// What a run of the binary left.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    /// The folder it ran in.
    dir: PathBuf,
}

impl Lab {
    pub fn new() -> Lab {
        Lab {
            dir: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// A folder with `old.csv` and `new.csv`.
    pub fn csv(old: &str, new: &str) -> Lab {
        Lab::new().with("old.csv", old).with("new.csv", new)
    }

    pub fn with(self, name: &str, content: impl AsRef<[u8]>) -> Lab {
        self.write(name, content);
        self
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("a file in the test's folder");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The binary, in this folder, without what the caller's surroundings set.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shadowgate"));
        command.current_dir(self.dir.path());
        for name in ["RUST_LOG", "NO_COLOR", "PGPASSWORD", "RUST_BACKTRACE"] {
            command.env_remove(name);
        }
        for (name, _) in std::env::vars() {
            let read = ["SUPABASE_", "SYNC_", "STAGING_", "LOG_LEVEL"];
            if read.iter().any(|start| name.starts_with(start)) {
                command.env_remove(name);
            }
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.ran(self.command().args(args))
    }

    pub fn ran(&self, command: &mut Command) -> Ran {
        let output = command.output().expect("the binary runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output in UTF-8");
        self.left(output.status, text(output.stdout), text(output.stderr))
    }

    /// What a run left that somebody else waited for.
    pub fn left(&self, status: ExitStatus, stdout: String, stderr: String) -> Ran {
        Ran {
            code: status.code().expect("no signal ended it"),
            stdout,
            stderr,
            dir: self.dir.path().to_owned(),
        }
    }

    /// `verify` with these arguments, without progress.
    pub fn verify(&self, args: &[&str]) -> Ran {
        self.run(&[&["verify", "--quiet"], args].concat())
    }

    /// `verify` of `old.csv` and `new.csv` by `id`.
    pub fn by_id(&self, more: &[&str]) -> Ran {
        self.verify(&[&["old.csv", "new.csv", "--key", "id"], more].concat())
    }

    /// The same, with the report on stdout.
    pub fn report(&self, more: &[&str]) -> Value {
        self.by_id(&[&["--format", "json"], more].concat()).json()
    }
}

impl Ran {
    /// The report on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(report) => {
                valid(&report);
                report
            }
            Err(error) => panic!("{error}\n{}\n{}", self.stdout, self.stderr),
        }
    }

    /// A file of the newest report.
    #[track_caller]
    pub fn saved(&self, name: &str) -> String {
        let path = self.dir.join("reports/latest").join(name);
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", path.display(), self.stderr))
    }

    /// The saved report.json, held to its schema.
    #[track_caller]
    pub fn saved_report(&self) -> Value {
        let report = serde_json::from_str(&self.saved("report.json")).expect("a report in JSON");
        valid(&report);
        report
    }

    /// The one report that there is, of whatever run; `latest` aside.
    #[track_caller]
    pub fn only_report(&self) -> Value {
        let mut names = reports(&self.dir);
        names.retain(|name| name.starts_with("20"));
        let [name] = &names[..] else {
            panic!("one report, not {names:?}\n{}", self.stderr);
        };
        let path = self.dir.join("reports").join(name).join("report.json");
        let text = std::fs::read_to_string(path).expect("a report");
        let report = serde_json::from_str(&text).expect("a report in JSON");
        valid(&report);
        report
    }

    /// Holds the run to an exit code; shows everything if it is another.
    #[track_caller]
    pub fn exits(self, code: i32) -> Ran {
        assert_eq!(
            self.code, code,
            "exit code\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Holds the run to the contract of exit 2: nothing on stdout, no report, and
    /// a message with all these parts.
    #[track_caller]
    pub fn refuses(self, parts: &[&str]) -> Ran {
        let ran = self.exits(2);
        assert_eq!(ran.stdout, "", "stdout is empty on exit 2");
        assert_eq!(reports(&ran.dir), Vec::<String>::new(), "no report");
        says(&ran.stderr, parts);
        ran
    }

    /// Holds the run to exit 3, with a report printed and saved, whose reasons
    /// have all these parts.
    #[track_caller]
    pub fn cannot_verify(self, parts: &[&str]) -> Value {
        let ran = self.exits(3);
        let report = ran.saved_report();
        assert_eq!(report["verdict"], "inconclusive");
        assert_eq!(report["exit_code"], 3);
        let told: String = array(&report["reasons"])
            .iter()
            .map(|reason| {
                let text = |field: &str| reason[field].as_str().unwrap_or("-").to_owned();
                format!("{} side: {}\n{}\n", text("side"), text("why"), text("next"))
            })
            .collect();
        says(&told, parts);
        for reason in array(&report["reasons"]) {
            assert_ne!(reason["next"], "", "{reason}");
        }
        report
    }
}

#[track_caller]
fn says(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "no `{part}` in:\n{told}");
    }
}

/// What stands in the report folder, hidden names too.
pub fn reports(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir.join("reports")) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[track_caller]
pub fn array(value: &Value) -> &Vec<Value> {
    value.as_array().expect("an array")
}

/// Holds a report to the committed schema.
#[track_caller]
pub fn valid(report: &Value) {
    use std::sync::OnceLock;
    static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
    let text = include_str!("../../reports/report.schema.json");
    holds(SCHEMA.get_or_init(|| schema(text)), report);
}

/// Holds rollback.json to its committed schema.
#[track_caller]
pub fn valid_rollback(answer: &Value) {
    let text = include_str!("../../reports/rollback.schema.json");
    holds(&schema(text), answer);
}

/// Holds what `pace` prints to its committed schema.
#[track_caller]
pub fn valid_pace(pace: &Value) {
    let text = include_str!("../../reports/pace.schema.json");
    holds(&schema(text), pace);
}

fn schema(text: &str) -> jsonschema::Validator {
    let schema = serde_json::from_str(text).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

#[track_caller]
fn holds(schema: &jsonschema::Validator, value: &Value) {
    let wrong: Vec<String> = schema
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The fields of report.json that say when, how fast and how a run read; the
/// rest must be the same whichever way the same data went.
pub const OF_THE_RUN: [&str; 12] = [
    "id",
    "started",
    "finished",
    "snapshot",
    "digest",
    "bytes",
    "seconds",
    "seconds_waiting",
    "seconds_to_first_row",
    "rows_per_second",
    "location",
    "engine",
];

/// A report without the named fields, wherever they are objects of the run or
/// of a side.
pub fn without(report: &Value, fields: &[&str]) -> Value {
    let mut report = report.clone();
    let drop = |value: &mut Value| {
        let object = value.as_object_mut().expect("an object");
        object.retain(|name, _| !fields.contains(&name.as_str()));
    };
    drop(&mut report["run"]);
    for dataset in report["datasets"].as_array_mut().expect("datasets") {
        drop(&mut dataset["old"]);
        drop(&mut dataset["new"]);
    }
    report
}

/// Output with times, ids, hashes and rates replaced by what they are.
pub fn redact(text: &str) -> String {
    text.split_inclusive('\n').map(redact_line).collect()
}

fn redact_line(line: &str) -> String {
    let fields = [
        ("\"id\": \"20", "\"<run>\","),
        ("\"started\": \"", "\"<time>\","),
        ("\"finished\": \"", "\"<time>\","),
        ("\"version\": \"", "\"<version>\","),
        ("\"config_hash\": \"", "\"<hash>\""),
        ("\"snapshot\": \"", "\"<snapshot>\","),
        ("\"digest\": \"", "\"<digest>\","),
        ("\"seconds\": ", "\"<seconds>\","),
        ("\"seconds_to_first_row\": ", "\"<seconds>\","),
        ("\"rows_per_second\": ", "\"<rate>\""),
    ];
    for (start, instead) in fields {
        if line.trim_start().starts_with(start) {
            let name = &line[..line.find(": ").expect("a field") + 2];
            return format!("{name}{instead}\n");
        }
    }
    figures(&run_ids(line))
}

/// `first row 0.00 s, 3 rows in 0.01 s, 300 rows/s`, and the padding behind it,
/// which depends on how long that is. The padding before it follows from the names.
fn figures(line: &str) -> String {
    let Some((before, after)) = figure(line, " in ", " s", "<seconds>") else {
        return line.to_owned();
    };
    let (before, after) = (before.as_str(), after.as_str());
    let before = match figure(before, "first row ", " s", "<seconds>") {
        Some((first, rows)) => first + &rows,
        None => before.to_owned(),
    };
    let after = match figure(after, " s, ", " rows/s", "<rate>") {
        Some((rate, rest)) => rate + &rest,
        None => after.to_owned(),
    };
    match after.split_once("  ") {
        Some((said, rest)) => format!("{before}{said}  {}", rest.trim_start()),
        None => before + &after,
    }
}

/// What comes before a figure, with what stands in its place, and what after it.
fn figure(line: &str, before: &str, unit: &str, instead: &str) -> Option<(String, String)> {
    let at = line.find(before)? + before.len();
    let is_figure = |c: char| c.is_ascii_digit() || ".,".contains(c);
    let end = at + line[at..].find(|c| !is_figure(c))?;
    let found = end > at && line[end..].starts_with(unit);
    found.then(|| (format!("{}{instead}", &line[..at]), line[end..].to_owned()))
}

/// Replaces each `YYYYMMDD-HHMMSS-xxxxxx`.
fn run_ids(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("reports/2") {
        let id = at + "reports/".len();
        let end = id + "20261125-023141-9f3a0c".len();
        out.push_str(&rest[..id]);
        out.push_str("<run>");
        rest = rest.get(end..).unwrap_or("");
    }
    out + rest
}
