//! One check-up and its lines, by name.

use std::process::Command;

use serde_json::Value;

use crate::common::{Lab, Ran};
use crate::support::Postgres;

/// A table that all tests of servers look at.
pub const TABLE: &str = "listings";
pub const ROWS: &str = "CREATE TABLE listings (id bigint PRIMARY KEY, name text, price numeric);
    INSERT INTO listings SELECT i, '物件' || i, i FROM generate_series(1, 1500) i;
    ANALYZE listings;";

/// What a check-up found.
pub struct Checkup {
    pub ran: Ran,
    pub lines: Vec<Value>,
}

/// `doctor` with these arguments.
pub fn doctor(lab: &Lab, args: &[&str]) -> Checkup {
    doctor_by(lab, &mut lab.command(), args)
}

/// The same by a command with an environment of its own.
pub fn doctor_by(lab: &Lab, command: &mut Command, args: &[&str]) -> Checkup {
    let command = command.args(["doctor", "--format", "json"]).args(args);
    let ran = lab.ran(command);
    let found: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", ran.stdout, ran.stderr));
    assert_eq!(found["schema_version"], 1);
    assert_eq!(found["exit_code"], ran.code);
    let lines = found["lines"].as_array().expect("lines").clone();
    for line in &lines {
        let well = line["state"] == "ok";
        assert_eq!(
            well,
            line["next"] == "",
            "what is not well has a next step: {line}"
        );
    }
    Checkup { ran, lines }
}

impl Checkup {
    #[track_caller]
    pub fn exits(&self, code: i32) {
        assert_eq!(
            self.ran.code, code,
            "{:#?}\n{}",
            self.lines, self.ran.stderr
        );
    }

    #[track_caller]
    pub fn line(&self, name: &str, side: Option<&str>) -> &Value {
        let mut lines = self.lines.iter();
        let found = lines.find(|line| line["name"] == name && line["side"].as_str() == side);
        found.unwrap_or_else(|| panic!("no {name} of {side:?} in {:#?}", self.lines))
    }

    /// Holds the first line of this name and side to a state, and to words in
    /// what was found or is to be done.
    #[track_caller]
    pub fn is(&self, name: &str, side: Option<&str>, state: &str, words: &[&str]) {
        let line = self.line(name, side);
        assert_eq!(line["state"], state, "{line:#}");
        let told = line.to_string();
        for word in words {
            assert!(told.contains(word), "no `{word}` in {line:#}");
        }
    }

    /// Some line of this name has this state and these words.
    #[track_caller]
    pub fn has(&self, name: &str, state: &str, words: &[&str]) {
        let fits = |line: &&Value| {
            let told = line.to_string();
            line["name"] == name
                && line["state"] == state
                && words.iter().all(|word| told.contains(word))
        };
        assert!(
            self.lines.iter().any(|line| fits(&line)),
            "{:#?}",
            self.lines
        );
    }

    /// The names of the lines in this state, in their order.
    pub fn names(&self, state: &str) -> Vec<&str> {
        let lines = self.lines.iter().filter(|line| line["state"] == state);
        lines
            .map(|line| line["name"].as_str().expect("a name"))
            .collect()
    }

    #[track_caller]
    pub fn hides(&self, secret: &str) {
        for text in [&self.ran.stdout, &self.ran.stderr] {
            assert!(!text.contains(secret), "a secret was told");
        }
    }
}

/// A database of this name with this SQL, and its URL for the superuser.
pub fn database(name: &str, sql: &str) -> String {
    let server = Postgres::start();
    let url = server.create_database(name);
    server.sql(name, sql);
    url
}

/// The command line of two databases' `listings`.
pub fn between<'a>(old: &'a str, new: &'a str) -> Vec<&'a str> {
    vec![old, new, "--table", TABLE]
}
