//! What was once wrong, each by a test of its own.

mod common;

use common::Lab;
use serde_json::json;

/// A database of one table `t`, made by this SQL.
fn database(lab: &Lab, name: &str, sql: &str) {
    let db = rusqlite::Connection::open(lab.path(name)).expect("a database");
    db.execute_batch(sql).expect("the test's SQL");
}

#[test]
fn blobs_of_undeclared_columns_are_compared_not_unreadable() {
    let lab = Lab::new();
    let rows = "CREATE TABLE t (id INTEGER PRIMARY KEY, v)";
    database(
        &lab,
        "old.db",
        &format!("{rows}; INSERT INTO t VALUES (1, x'6162'), (2, x'ff')"),
    );
    database(
        &lab,
        "new.db",
        &format!("{rows}; INSERT INTO t VALUES (1, 'ab'), (2, x'ff')"),
    );
    let same = [
        "sqlite:old.db",
        "sqlite:old.db",
        "--table",
        "t",
        "--allow-same-source",
    ];
    assert_eq!(lab.verify(&same).code, 0);
    let ran = lab.verify(&[
        "sqlite:old.db",
        "sqlite:new.db",
        "--table",
        "t",
        "--format",
        "json",
    ]);
    let counts = &ran.json()["datasets"][0]["counts"];
    assert_eq!(ran.code, 1, "a blob is no text: {counts}");
    assert_eq!(counts["differing"], 1);
    assert_eq!(counts["unreadable_old"], 0);
}

/// SQLite fills a short last page with zeros and says nothing.
#[test]
fn a_database_cut_within_its_last_page_is_not_verified() {
    let lab = Lab::new();
    database(
        &lab,
        "whole.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'abc')",
    );
    let bytes = std::fs::read(lab.path("whole.db")).expect("the database");
    for cut in [1, 100, 4000] {
        lab.write("cut.db", &bytes[..bytes.len() - cut]);
        let ran = lab.verify(&[
            "sqlite:whole.db",
            "sqlite:cut.db",
            "--table",
            "t",
            "--match-rate",
            "0%",
        ]);
        assert_eq!(ran.code, 3, "{}", ran.stdout);
        assert!(
            ran.stdout.contains("new side: cut.db: its"),
            "{}",
            ran.stdout
        );
        assert!(ran.stdout.contains("the end is cut off"), "{}", ran.stdout);
    }
}

/// A CSV file that was cut looks whole: all that can be done is to say so.
#[test]
fn a_last_line_without_its_end_is_told() {
    let lab = Lab::csv("id,a\n1,x\n2,yz\n", "id,a\n1,x\n2,yz");
    let ran = lab.verify(&["old.csv", "new.csv", "--key", "id", "--format", "json"]);
    assert_eq!(ran.code, 0);
    let warnings = ran.json()["datasets"][0]["warnings"].to_string();
    assert!(
        warnings.contains("new side: new.csv has no line end"),
        "{warnings}"
    );
    assert!(!warnings.contains("old.csv"), "{warnings}");
}

/// `--columns "$COLUMNS"` of an empty variable once compared keys alone.
#[test]
fn no_column_at_all_is_a_mistake_and_keys_alone_are_told() {
    let lab = Lab::csv("id,a\n1,x\n", "id,a\n1,y\n");
    let ran = lab.verify(&["old.csv", "new.csv", "--key", "id", "--columns", ""]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("`columns` is empty"), "{}", ran.stderr);
    let ran = lab.verify(&["old.csv", "new.csv", "--key", "id", "--ignore", "a"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.contains("nly the key is compared"),
        "{}",
        ran.stdout
    );
}

/// Of a side that ended early rows may be told differing only if they are.
#[test]
fn a_cut_side_counts_no_equal_row_as_differing() {
    let row = |index: u32, more: &str| format!("{index},{index}{more},{}\n", "x".repeat(20));
    let file = |more: &str, end: &str| {
        let rows: String = (0..30_000)
            .map(|index| row(index, if index == 7 { "?" } else { more }))
            .collect();
        format!("id,a,b\n{rows}{end}")
    };
    let lab = Lab::csv(&file("", ""), &file(".001", "1,2\n")).with(
        "shadowgate.toml",
        "[datasets.d]\nkey = [\"id\"]\n[datasets.d.old]\nsource = \"old.csv\"\n\
         [datasets.d.new]\nsource = \"new.csv\"\n[datasets.d.columns.a]\n\
         type = \"numeric\"\ntolerance = { absolute = \"0.01\" }\n",
    );
    let ran = lab.verify(&["--format", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let counts = &ran.json()["datasets"][0]["counts"];
    assert_eq!(counts["differing"], 0, "tolerated: {counts}");
    lab.write("new.csv", file("", "1,2\n"));
    let ran = lab.verify(&["--format", "json"]);
    let counts = &ran.json()["datasets"][0]["counts"];
    assert_eq!(
        (ran.code, &counts["differing"]),
        (3, &0.into()),
        "unreadable: {counts}"
    );
}

/// A pipe's opening waits for a writer, and none may ever come.
#[test]
fn a_pipe_under_a_files_name_is_refused_at_once() {
    let lab = Lab::csv("id\n1\n", "id\n1\n");
    let made = std::process::Command::new("mkfifo")
        .args([lab.path("pipe.csv"), lab.path("pipe.db")])
        .status();
    assert!(made.expect("mkfifo runs").success());
    for (pipe, more) in [
        ("pipe.csv", &[][..]),
        ("sqlite:pipe.db", &["--new-table", "t"]),
    ] {
        let ran = lab.verify(&[&["old.csv", pipe, "--key", "id"], more].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("new side: pipe."), "{}", ran.stderr);
    }
}

/// An empty export in JSON was said to lack every column (exit 3), where the
/// other side's rows are all missing from it.
#[test]
fn an_empty_json_file_has_no_rows_rather_than_no_columns() {
    for (name, empty) in [("new.json", "[]"), ("new.jsonl", "")] {
        let lab = Lab::new()
            .with("old.csv", "id,v\n1,a\n2,b\n")
            .with(name, empty);
        for (old, new, kind) in [("old.csv", name, "missing"), (name, "old.csv", "extra")] {
            let ran = lab
                .verify(&[old, new, "--key", "id", "--format", "json"])
                .exits(1);
            let dataset = &ran.json()["datasets"][0];
            assert_eq!(dataset["counts"][kind], 2);
            assert_eq!(dataset["match_rate"]["numerator"], 0);
            assert_eq!(dataset["columns_only_old"], json!([]));
            assert_eq!(dataset["columns_only_new"], json!([]));
        }
    }
}

/// SQLite and CSV keep arrays as JSON in text; as `text[]` it was unreadable.
#[test]
fn a_json_array_in_a_text_cell_is_an_array() {
    let config = "[datasets.d]\nkey = [\"id\"]\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
                  [datasets.d.columns]\ntags = { type = \"text[]\" }\n";
    let tags = |text: &str| format!("id,tags\n1,\"{}\"\n", text.replace('"', "\"\""));
    let lab = Lab::csv(&tags("{a,\"b c\",NULL}"), &tags("[\"a\",\"b c\",null]"))
        .with("shadowgate.toml", config);
    lab.verify(&["--match-rate", "100%"]).exits(0);
    lab.write("new.csv", tags("[\"a\",\"b c\",\"null\"]"));
    lab.verify(&["--match-rate", "100%"]).exits(1);
}

/// What to do about two empty sides was to look at files without a line in them.
#[test]
fn nothing_to_compare_sends_nobody_to_empty_files() {
    let report = Lab::csv("id\n", "id\n").by_id(&[]);
    assert!(!report.stdout.contains("look at"), "{}", report.stdout);
    assert!(
        report
            .stdout
            .contains("check that both sides hold the data"),
        "{}",
        report.stdout
    );
}

/// The text report always escaped what others wrote; messages did not.
#[test]
fn no_name_reaches_the_terminal_raw() {
    let lab = Lab::csv("idx\u{1b}[31m,a\n1,x\n", "id,a\n1,x\n");
    let ran = lab.verify(&["old.csv", "new.csv", "--key", "idx\u{1b}[3"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("did you mean `idx\\u{1b}[31m`"),
        "{:?}",
        ran.stderr
    );
    assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
    assert!(
        ran.stderr.lines().count() > 1,
        "lines stay: {:?}",
        ran.stderr
    );
    for command in ["columns", "init"] {
        let ran = lab.run(&[command, "old.csv", "new.csv"]);
        assert!(
            !ran.stdout.contains('\u{1b}'),
            "{command}: {:?}",
            ran.stdout
        );
        assert!(
            !ran.stderr.contains('\u{1b}'),
            "{command}: {:?}",
            ran.stderr
        );
    }
}
