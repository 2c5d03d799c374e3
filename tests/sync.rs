//! The syncs that write the sides: their state in the report, a warning where one
//! ran meanwhile, and waiting for one that runs.

mod common;
mod support;

use std::time::Duration;

use common::{Lab, Ran, array};
use serde_json::{Value, json};
use support::Postgres;
use support::api::{capped, serve};

/// A table of listings and one with the state of the sync that writes it.
const SQL: &str = "CREATE TABLE listings (id int PRIMARY KEY, v text);
    INSERT INTO listings SELECT n, 'v' FROM generate_series(1, 100) n;
    CREATE TABLE sync_state (id int PRIMARY KEY, state text, rows numeric, note text);
    INSERT INTO sync_state VALUES (1, 'done', 1.50, NULL);";

fn side(url: &str, more: &str) -> String {
    format!("{{ source = \"{url}\", table = \"listings\"{more} }}")
}

/// A dataset whose old side is the first database, watched as `more` says.
fn config(lab: &Lab, old: &str, new: &str, more: &str) {
    lab.write(
        "shadowgate.toml",
        format!(
            "[datasets.d]\nkey = \"id\"\nold = {}\nnew = {}\n",
            side(old, more),
            side(new, "")
        ),
    );
}

fn databases(name: &str) -> [String; 2] {
    let server = Postgres::start();
    ["old", "new"].map(|side| {
        let name = format!("{name}_{side}");
        let url = server.create_database(&name);
        server.sql(&name, SQL);
        url
    })
}

#[track_caller]
fn run(lab: &Lab, code: i32) -> (Ran, Value) {
    let ran = lab.verify(&["--format", "json"]).exits(code);
    let report = ran.json();
    (ran, report)
}

fn warnings(report: &Value) -> Vec<&str> {
    let warnings = array(&report["datasets"][0]["warnings"]).iter();
    warnings.map(|it| it.as_str().expect("text")).collect()
}

#[test]
fn the_state_stands_in_the_report_and_a_running_sync_is_told() {
    let [old, new] = databases("told");
    let lab = Lab::new();
    lab.write(
        "sync.sql",
        "SELECT state, rows, note -- of all\nFROM sync_state;\n",
    );
    for state in ["sync.sql", "SELECT state, rows, note FROM sync_state"] {
        let more = format!(", sync_state = \"{state}\", syncing_when = [\"running\", \"queued\"]");
        config(&lab, &old, &new, &more);
        let (_, report) = run(&lab, 0);
        let rows = json!([["done", "1.50", null]]);
        let expected = json!({"before": rows, "after": rows});
        assert_eq!(report["datasets"][0]["old"]["sync_state"], expected);
        assert_eq!(report["datasets"][0]["new"]["sync_state"], Value::Null);
        assert_eq!(warnings(&report), [""; 0]);
    }
    Postgres::start().sql("told_old", "UPDATE sync_state SET state = 'queued'");
    let (_, report) = run(&lab, 0);
    assert_eq!(
        warnings(&report),
        ["old side: a sync ran meanwhile: its state was queued | 1.50 | NULL before and after"]
    );
}

/// Changes the state when a line of progress holds these words.
#[track_caller]
fn run_while(lab: &Lab, words: &'static str, database: &'static str, sql: &'static str) -> Ran {
    use std::io::{BufRead, BufReader, Read};
    let mut child = lab
        .command()
        .args(["verify", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut told = String::new();
    for line in lines {
        let line = line.expect("text");
        if line.contains(words) {
            Postgres::start().sql(database, sql);
        }
        told += &format!("{line}\n");
    }
    assert!(told.contains(words), "`{words}` not in\n{told}");
    let mut stdout = String::new();
    let pipe = child.stdout.as_mut().expect("a pipe");
    pipe.read_to_string(&mut stdout).expect("text");
    lab.left(child.wait().expect("it ends"), stdout, told)
}

#[test]
fn a_sync_that_runs_is_waited_for() {
    let [old, new] = databases("waits");
    let server = Postgres::start();
    server.sql(
        "waits_old",
        "UPDATE sync_state SET state = 'running'; UPDATE listings SET v = 'half'",
    );
    let lab = Lab::new();
    let more = ", sync_state = \"SELECT state FROM sync_state\", when_syncing = \"wait 60s\"";
    config(&lab, &old, &new, more);
    // It ends, and only then the snapshot is taken.
    let words = "the sync of the old side runs: waiting for up to 1m";
    let done = "BEGIN; UPDATE listings SET v = 'v'; UPDATE sync_state SET state = 'done'; COMMIT";
    let report = run_while(&lab, words, "waits_old", done).exits(0).json();
    let rows = json!([["done"]]);
    let expected = json!({"before": rows, "after": rows});
    assert_eq!(report["datasets"][0]["old"]["sync_state"], expected);
    assert_eq!(warnings(&report), [""; 0]);
    // It does not, and nothing is read.
    server.sql("waits_old", "UPDATE sync_state SET state = 'running'");
    config(&lab, &old, &new, &more.replace("60s", "500ms"));
    let (_, report) = run(&lab, 3);
    let reason = &report["reasons"][0];
    assert_eq!(
        (&reason["code"], &reason["side"]),
        (&"timeout".into(), &"old".into())
    );
    assert_eq!(
        reason["why"],
        "the sync that writes it was still running after 500ms of waiting"
    );
    assert_eq!(reason["transient"], true);
    // The deadline goes before.
    config(&lab, &old, &new, more);
    let began = std::time::Instant::now();
    let ran = lab.verify(&["--deadline", "2s"]).exits(3);
    assert!(began.elapsed() < Duration::from_secs(30));
    assert!(ran.stdout.contains("deadline"), "{}", ran.stdout);
}

#[test]
fn a_state_behind_postgrest_is_read_and_its_change_told() {
    let api = serve("sync_rest", SQL, capped());
    let url = Postgres::start().create_database("sync_rest_old");
    Postgres::start().sql("sync_rest_old", SQL);
    let lab = Lab::new();
    let token = api.jwt("service_role");
    let new = format!(
        "{{ source = \"{}\", table = \"listings\", authorization = \"{token}\", \
         sync_state = \"sync_state?select=state,rows,note&id=eq.1\", syncing_when = \"running\" }}",
        api.url()
    );
    lab.write(
        "shadowgate.toml",
        format!(
            "recheck = 1\nrecheck_delay = \"1s\"\n[datasets.d]\nkey = \"id\"\nold = {}\nnew = {new}\n",
            side(&url, "")
        ),
    );
    Postgres::start().sql("sync_rest", "UPDATE listings SET v = 'x' WHERE id = 7");
    let change = "UPDATE sync_state SET state = 'running', rows = 2";
    let words = "1 key to be looked at again";
    let ran = run_while(&lab, words, "sync_rest", change).exits(0);
    let report = ran.json();
    let expected = json!({"before": [["done", "1.50", null]], "after": [["running", "2", null]]});
    assert_eq!(report["datasets"][0]["new"]["sync_state"], expected);
    assert_eq!(
        warnings(&report),
        [
            "new side: a sync ran meanwhile: its state was done | 1.50 | NULL before and running | 2 | NULL after"
        ]
    );
}

#[test]
fn what_cannot_be_asked_is_told_before_a_row_is_read() {
    let [old, new] = databases("asked");
    let lab = Lab::new();
    let refuses = |more: &str, parts: &[&str]| {
        config(&lab, &old, &new, more);
        lab.verify(&[]).refuses(parts);
    };
    refuses(
        ", sync_state = \"SELECT state FROM nope\"",
        &["old side", "nope"],
    );
    refuses(
        ", sync_state = \"SELECT 1; SELECT 2\"",
        &["sync_state", "more than one statement"],
    );
    refuses(", sync_state = \"sync.sql\"", &["old side", "sync.sql"]);
    refuses(
        ", syncing_when = \"running\"",
        &["`sync_state` is due beside it"],
    );
    let state = ", sync_state = \"SELECT 1\"";
    refuses(
        ", when_syncing = \"wait 1m\"",
        &["`sync_state` is due beside it"],
    );
    refuses(", sync_state = \" \"", &["a query is due here"]);
    refuses(
        ", sync_state = \"SELECT * FROM listings\"",
        &["old side", "sync_state gives more than 50 rows"],
    );
    refuses(
        &format!("{state}, syncing_when = \"x\", when_syncing = \"stop\""),
        &["`\"warn\"` or `\"wait 10m\"` is due here"],
    );
    lab.write("old.csv", "id,v\n");
    lab.write(
        "shadowgate.toml",
        "[datasets.d]\nkey = \"id\"\nnew.source = \"old.csv\"\n\
         old = { source = \"old.csv\", sync_state = \"SELECT 1\" }\n",
    );
    lab.verify(&[])
        .refuses(&["sync_state: ", "old.csv is nothing that takes a query"]);
}

#[test]
fn a_state_in_sqlite_is_read() {
    let lab = Lab::new().with("new.csv", "id,v\n1,v\n").with(
        "shadowgate.toml",
        "[datasets.d]\nkey = \"id\"\nnew.source = \"new.csv\"\n\
         old = { source = \"sqlite:old.db\", table = \"listings\", sync_state = \"SELECT state FROM sync_state\" }\n",
    );
    let database = rusqlite::Connection::open(lab.path("old.db")).expect("a database");
    let sql = "CREATE TABLE listings (id INTEGER, v TEXT); INSERT INTO listings VALUES (1, 'v');
        CREATE TABLE sync_state (state TEXT); INSERT INTO sync_state VALUES ('同期中');";
    database.execute_batch(sql).expect("its tables");
    let (_, report) = run(&lab, 0);
    assert_eq!(
        warnings(&report),
        ["old side: a sync ran meanwhile: its state was 同期中 before and after"]
    );
}
