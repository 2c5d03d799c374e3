//! Data that moves while it is compared: `--recheck` through the binary, with
//! a writer that changes a real server's rows between two looks.

mod common;
mod support;

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use common::{Lab, Ran, array};
use serde_json::Value;
use support::Postgres;

/// Two tables of 50 rows: 1 to 8 differ, 11 to 14 are missing, 21 is extra, 31 twice.
fn tables(name: &str) -> String {
    let server = Postgres::start();
    let url = server.create_database(name);
    server.sql(
        name,
        "CREATE TABLE old AS SELECT n AS id, 'v' || n AS value FROM generate_series(1, 50) n
             WHERE n <> 21;
         CREATE TABLE new AS SELECT n AS id, 'v' || n AS value FROM generate_series(1, 50) n
             WHERE n NOT IN (11, 12, 13, 14);
         UPDATE new SET value = 'x' WHERE id <= 8; INSERT INTO new VALUES (31, 'again')",
    );
    url
}

/// Runs `verify` and, at the first line of its progress that holds each of these
/// words, the SQL beside them: while it waits to look again.
fn verify_while(lab: &Lab, database: &str, args: &[&str], moves: &[(&str, &str)]) -> Ran {
    let mut command = lab.command();
    command
        .args(["verify", "--format", "json"])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let mut pipe = child.stdout.take().expect("a pipe");
    let stdout = std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).expect("text");
        text
    });
    let mut moves = moves.iter().peekable();
    let mut told = String::new();
    for line in BufReader::new(child.stderr.take().expect("a pipe")).lines() {
        let line = line.expect("text");
        if let Some((_, sql)) = moves.next_if(|(words, _)| line.contains(words)) {
            Postgres::start().sql(database, sql);
        }
        told.push_str(&line);
        told.push('\n');
    }
    assert!(
        moves.next().is_none(),
        "not every look was waited for:\n{told}"
    );
    let stdout = stdout.join().expect("no panic");
    lab.left(child.wait().expect("it ends"), stdout, told)
}

fn sides<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let sides = ["--old-table", "old", "--new-table", "new", "--key", "id"];
    [&[url, url], &sides[..], more].concat()
}

fn states(dataset: &Value, kind: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let samples = array(&dataset["samples"][kind]).iter();
    samples
        .map(|sample| (text(&sample["key"]["id"]), text(&sample["state"])))
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, state)| (key.to_string(), state.to_string()))
        .collect()
}

/// Time enough for a statement of the writer, even on a busy machine.
const DELAY: &str = "3s";

#[test]
fn settled_persistent_and_moving_keys_are_told_apart() {
    let url = tables("moves");
    let lab = Lab::new();
    let args = sides(&url, &["--recheck", "2", "--recheck-delay", DELAY]);
    let ran = verify_while(
        &lab,
        "moves",
        &args,
        &[
            (
                "14 keys to be looked at again in 3s (1 of 2)",
                // 1, 2, 11 arrive; 12 goes; 3 and 13 move on, 4 comes and goes.
                "UPDATE new SET value = 'v' || id WHERE id IN (1, 2);
                 INSERT INTO new VALUES (11, 'v11'), (13, 'half'); DELETE FROM old WHERE id = 12;
                 UPDATE new SET value = 'y' WHERE id IN (3, 4)",
            ),
            (
                "10 keys to be looked at again in 3s (2 of 2)",
                "UPDATE new SET value = 'x' WHERE id = 4; UPDATE new SET value = 'v5' WHERE id = 5;
                 UPDATE new SET value = 'z' WHERE id = 50",
            ),
        ],
    )
    .exits(1);
    let report = ran.json();
    let dataset = &report["datasets"][0];
    let recheck = serde_json::json!({"rounds": 2, "delay_seconds": 3.0, "rechecked": 14,
        "settled": 5, "persistent": 6, "moving": 3});
    assert_eq!(dataset["recheck"], recheck);
    assert_eq!(
        states(dataset, "differing"),
        pairs(&[
            ("3", "moving"),
            ("4", "moving"),
            ("6", "persistent"),
            ("7", "persistent"),
            ("8", "persistent"),
            ("13", "moving")
        ])
    );
    assert_eq!(states(dataset, "missing"), pairs(&[("14", "persistent")]));
    assert_eq!(states(dataset, "extra"), pairs(&[("21", "persistent")]));
    let count = |name: &str| dataset["counts"][name].as_u64().expect("a count");
    assert_eq!(
        ["matched", "differing", "missing", "extra", "duplicated"].map(count),
        [40, 6, 1, 1, 1]
    );
    // 12 went from old; 11 and 13 came to new.
    assert_eq!(["old_rows", "new_rows"].map(count), [48, 49]);
    assert_eq!(["old_keys", "new_keys"].map(count), [48, 48]);
    assert_eq!(["settled", "moving"].map(count), [5, 3]);
    let value = array(&dataset["columns"])
        .iter()
        .find(|c| c["name"] == "value");
    assert_eq!(value.expect("a column")["differing"], 6);
    assert_eq!(ran.saved("differences.csv").lines().count(), 1 + 6);
}

/// The same two tables under gates that flags do not have.
fn config(lab: &Lab, url: &str, match_rate: &str) {
    let side = |table: &str| format!("{{ source = \"{url}\", table = \"{table}\" }}");
    lab.write(
        "shadowgate.toml",
        format!(
            "recheck = 1\nrecheck_delay = \"{DELAY}\"\n[datasets.d]\nkey = \"id\"\n\
             gates = {{ duplicated = 1, match_rate = \"{match_rate}\" }}\nold = {}\nnew = {}\n",
            side("old"),
            side("new")
        ),
    );
}

#[test]
fn a_gate_that_moving_keys_could_decide_is_inconclusive() {
    let url = tables("undecided");
    let lab = Lab::new();
    let update = "UPDATE new SET value = value || '!' WHERE id <= 8";
    config(&lab, &url, "80%");
    let ran = verify_while(&lab, "undecided", &[], &[("(1 of 1)", update)]).exits(3);
    let report = ran.json();
    let gate = &report["datasets"][0]["gates"][0];
    assert_eq!(gate["undecided_by"], serde_json::json!(["moving"]));
    assert_eq!(
        gate["why"],
        "8 keys that do not match yet decide it: 72.00% as last seen, 88.00% once they match"
    );
    assert_eq!(report["reasons"][0]["transient"], true);
    // Whatever becomes of them, it is too few, or enough.
    for (match_rate, code) in [("90%", 1), ("70%", 0)] {
        config(&lab, &url, match_rate);
        verify_while(&lab, "undecided", &[], &[("(1 of 1)", update)]).exits(code);
    }
}

/// What could not be looked at again is not said to stay as it is.
#[test]
fn a_look_that_fails_leaves_its_keys_open() {
    let url = tables("gone");
    let lab = Lab::new();
    config(&lab, &url, "80%");
    let moves = [("(1 of 1)", "ALTER TABLE new RENAME TO away")];
    let ran = verify_while(&lab, "gone", &[], &moves).exits(3);
    let report = ran.json();
    assert_eq!(report["reasons"][0]["code"], "not_found");
    let recheck = &report["datasets"][0]["recheck"];
    let count = |name: &str| recheck[name].as_u64().expect("a count");
    assert_eq!(
        ["rounds", "rechecked", "persistent", "moving"].map(count),
        [0, 14, 0, 14]
    );
    let gates = array(&report["datasets"][0]["gates"]);
    let undecided = gates
        .iter()
        .filter(|gate| gate["verdict"] == "inconclusive");
    assert_eq!(undecided.count(), 1, "{gates:?}");
}

/// Asked for by its key, a row with an infinite one was not found on either side,
/// and passed for settled.
#[test]
fn a_key_that_cannot_be_asked_for_does_not_settle() {
    let server = Postgres::start();
    let url = server.create_database("infinite");
    server.sql(
        "infinite",
        "CREATE TABLE old (id numeric, value text); INSERT INTO old VALUES (1, 'a'), ('Infinity', 'b');
         CREATE TABLE new AS SELECT id, 'x' AS value FROM old",
    );
    let args = sides(&url, &["--recheck", "1", "--recheck-delay", "0"]);
    let report = verify_while(&Lab::new(), "infinite", &args, &[])
        .exits(1)
        .json();
    let recheck = &report["datasets"][0]["recheck"];
    assert_eq!(
        (&recheck["settled"], &recheck["persistent"]),
        (&0.into(), &2.into())
    );
}

#[test]
fn a_column_that_goes_between_two_looks_is_told() {
    let url = tables("altered");
    let lab = Lab::new();
    config(&lab, &url, "80%");
    let moves = [("(1 of 1)", "ALTER TABLE new DROP COLUMN value")];
    let report = verify_while(&lab, "altered", &[], &moves).exits(3).json();
    assert_eq!(report["reasons"][0]["code"], "source_changed");
}

#[test]
fn too_many_keys_are_not_looked_at_again() {
    let url = tables("many");
    let lab = Lab::new();
    let args = sides(
        &url,
        &["--recheck", "3", "--recheck-limit", "13", "--quiet"],
    );
    let ran = verify_while(&lab, "many", &args, &[]).exits(1);
    let report = ran.json();
    let dataset = &report["datasets"][0];
    let recheck = serde_json::json!({"rounds": 0, "delay_seconds": 30.0, "rechecked": 0,
        "settled": 0, "persistent": 14, "moving": 0});
    assert_eq!(dataset["recheck"], recheck);
    assert_eq!(
        dataset["warnings"],
        serde_json::json!([
            "more than 13 keys do not match: none was looked at again, and all of them count as persistent (recheck_limit)"
        ])
    );
}

#[test]
fn files_are_looked_at_again_too() {
    let lab = Lab::csv("id,v\n1,a\n2,b\n3,c\n", "id,v\n1,a\n2,x\n4,d\n");
    let args = [
        "--recheck",
        "2",
        "--recheck-delay",
        "0",
        "--match-rate",
        "20%",
    ];
    let ran = lab.by_id(&args).exits(0);
    assert!(ran.stdout.contains("moving      0\n"), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("settled     0  of 3 keys in 2 more looks, 0 s apart"),
        "{}",
        ran.stdout
    );
    let recheck = &ran.saved_report()["datasets"][0]["recheck"];
    assert_eq!(
        (&recheck["rounds"], &recheck["persistent"]),
        (&2.into(), &3.into())
    );
    let equal = Lab::csv("id,v\n1,a\n", "id,v\n1,a\n");
    let ran = equal.by_id(&["--recheck", "2"]).exits(0);
    assert_eq!(ran.saved_report()["datasets"][0]["recheck"]["rounds"], 0);
}

/// A command may do more than print: what it printed once is looked at again.
#[test]
fn a_command_is_not_run_again() {
    let lab = Lab::csv("id,v\n1,a\n2,b\n", "").with(
        "dry.sh",
        "echo run >> runs\necho 'id,v'\necho 1,a\necho 2,x\n",
    );
    lab.write(
        "shadowgate.toml",
        "recheck = 2\nrecheck_delay = \"0\"\n[datasets.d]\nkey = \"id\"\nold.source = \"old.csv\"\n\
         new = { source = \"command:sh dry.sh\", format = \"csv\" }\n",
    );
    let ran = lab.verify(&["--match-rate", "50%"]).exits(0);
    let recheck = &ran.saved_report()["datasets"][0]["recheck"];
    assert_eq!(
        (&recheck["rounds"], &recheck["persistent"]),
        (&2.into(), &1.into())
    );
    let runs = std::fs::read_to_string(lab.path("runs")).expect("it ran");
    assert_eq!(runs, "run\n");
}
