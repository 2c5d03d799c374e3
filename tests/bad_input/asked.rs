//! What was asked for makes no sense, or cannot be: sources that are not there or
//! are one and the same, columns and tables nobody has, mistakes in the
//! configuration.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::GOOD;
use super::common::Lab;

#[test]
fn nothing_there() {
    let lab = Lab::csv(GOOD, GOOD);
    lab.verify(&["old.csv", "gone.csv", "--key", "id"])
        .refuses(&["new side", "gone.csv", "No such file", "hint: "]);
    lab.verify(&["old.csv", ".", "--key", "id"])
        .refuses(&["new side", "hint: "]);
    lab.verify(&["old.csv", "notes.txt", "--key", "id"])
        .refuses(&["notes.txt", ".csv"]);
    // Both sides at once, each with its own words.
    lab.verify(&["gone.csv", "gone.jsonl", "--key", "id"])
        .refuses(&["old side", "gone.csv", "new side", "gone.jsonl"]);
    lab.by_id(&["--config", "gone.toml"])
        .refuses(&["gone.toml", "--config"]);
}

#[test]
fn what_is_no_file_of_rows() {
    let lab = Lab::csv(GOOD, GOOD);
    symlink("loop.csv", lab.path("loop.csv")).expect("a link");
    let report = lab.verify(&["old.csv", "loop.csv", "--key", "id"]);
    report.cannot_verify(&["new side", "loop.csv", "check that the path"]);
    let made = std::process::Command::new("mkfifo")
        .arg(lab.path("pipe.csv"))
        .status();
    assert!(made.expect("mkfifo runs").success());
    let ran = lab
        .verify(&["old.csv", "pipe.csv", "--key", "id", "--report-dir", "none"])
        .exits(2);
    assert!(
        ran.stderr.contains("new side: pipe.csv is a pipe"),
        "{}",
        ran.stderr
    );
    for (name, bytes) in [
        ("noise.csv", &b"\x00\xff\x17,\x80"[..]),
        ("noise.jsonl", b"\x00\xff"),
    ] {
        lab.write(name, bytes);
        lab.verify(&["old.csv", name, "--key", "id"])
            .cannot_verify(&["new side", name]);
    }
}

#[test]
fn a_file_that_must_not_be_read() {
    let lab = Lab::csv(GOOD, GOOD);
    std::fs::set_permissions(lab.path("new.csv"), PermissionsExt::from_mode(0o000))
        .expect("its mode");
    if std::fs::read(lab.path("new.csv")).is_ok() {
        // For root every file is open; a folder under a file's name is not.
        std::fs::remove_file(lab.path("new.csv")).expect("removed");
        std::fs::create_dir(lab.path("new.csv")).expect("a folder");
    }
    let ran = lab.by_id(&[]);
    assert!([2, 3].contains(&ran.code), "{}: {}", ran.code, ran.stderr);
    let told = ran.stderr + &ran.stdout;
    assert!(
        told.contains("new side") && told.contains("new.csv"),
        "{told}"
    );
}

#[test]
fn unknown_columns_come_with_the_nearest_names() {
    let lab = Lab::csv(GOOD, GOOD);
    lab.verify(&["old.csv", "new.csv", "--key", "idd"])
        .refuses(&["idd", "neither side", "`id`"]);
    lab.by_id(&["--ignore", "nmae"]).refuses(&["nmae", "name"]);
    lab.by_id(&["--columns", "nmae"]).refuses(&["nmae", "name"]);
    lab.write("new.csv", "no,name\n1,a\n");
    lab.by_id(&[]).refuses(&["id", "new"]);
}

#[test]
fn types_that_cannot_agree_are_named_before_a_row_is_read() {
    let lab = Lab::new();
    database(
        &lab,
        "old.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT); INSERT INTO t VALUES (1, 'x')",
    );
    lab.write("new.csv", GOOD);
    let config = |ty: &str| {
        format!(
            "[datasets.d]\nkey = [\"id\"]\nold = {{ source = \"sqlite:old.db\", table = \"t\" }}\n\
             new.source = \"new.csv\"\n[datasets.d.columns]\nid = {{ type = \"{ty}\" }}\n"
        )
    };
    lab.write("shadowgate.toml", config("integre"));
    lab.verify(&[]).refuses(&["line 6", "integre"]);
}

/// An SQLite database from SQL.
fn database(lab: &Lab, name: &str, sql: &str) {
    let database = rusqlite::Connection::open(lab.path(name)).expect("a database");
    database.execute_batch(sql).expect("its tables");
}

#[test]
fn no_such_table() {
    let lab = Lab::csv(GOOD, GOOD);
    database(
        &lab,
        "a.db",
        "CREATE TABLE listings (id INTEGER PRIMARY KEY, name); INSERT INTO listings VALUES (1, 'a')",
    );
    lab.write(
        "b.db",
        std::fs::read(lab.path("a.db")).expect("the database"),
    );
    let verify = |table: &str| {
        lab.verify(&[
            "sqlite:a.db",
            "sqlite:b.db",
            "--old-table",
            table,
            "--new-table",
            "listings",
        ])
    };
    verify("listing").refuses(&["old side", "listing", "listings", "hint: "]);
    verify("listings").exits(0);
    lab.write(
        "c.db",
        "this is no database, whatever its name says, and it is long enough",
    );
    let ran = lab.verify(&["sqlite:a.db", "sqlite:c.db", "--table", "listings"]);
    assert!([2, 3].contains(&ran.code), "{}", ran.code);
    assert!((ran.stderr + &ran.stdout).contains("not an SQLite database"));
    let ran = lab.verify(&["sqlite:a.db", "sqlite:none.db", "--table", "listings"]);
    assert!([2, 3].contains(&ran.code), "{}", ran.code);
    assert!(
        !lab.path("none.db").exists(),
        "looking must not make a database"
    );
}

#[test]
fn the_same_file_on_both_sides() {
    let lab = Lab::csv(GOOD, GOOD);
    symlink("old.csv", lab.path("link.csv")).expect("a link");
    std::fs::hard_link(lab.path("old.csv"), lab.path("hard.csv")).expect("a link");
    let absolute = lab.path("old.csv");
    let absolute = absolute.to_str().expect("UTF-8");
    for other in ["old.csv", "./old.csv", "link.csv", "hard.csv", absolute] {
        let args = ["old.csv", other, "--key", "id"];
        let report = lab
            .verify(&args)
            .cannot_verify(&["same rows", "--allow-same-source"]);
        assert_eq!(report["reasons"][0]["code"], "same_source");
        lab.verify(&[&args[..], &["--allow-same-source"]].concat())
            .exits(0);
    }
    lab.by_id(&[]).exits(0);
}

#[test]
fn the_same_table_on_both_sides() {
    let lab = Lab::new();
    let table = "(id INTEGER PRIMARY KEY, n); INSERT INTO";
    database(
        &lab,
        "a.db",
        &format!("CREATE TABLE t {table} t VALUES (1, 2); CREATE TABLE u {table} u VALUES (1, 2)"),
    );
    symlink("a.db", lab.path("link.db")).expect("a link");
    for new in ["sqlite:a.db", "sqlite:./a.db", "sqlite:link.db"] {
        let args = ["sqlite:a.db", new, "--table", "t"];
        lab.verify(&args)
            .cannot_verify(&["same rows", "--allow-same-source"]);
        lab.verify(&[&args[..], &["--allow-same-source"]].concat())
            .exits(0);
    }
    lab.verify(&[
        "sqlite:a.db",
        "sqlite:a.db",
        "--old-table",
        "t",
        "--new-table",
        "u",
    ])
    .exits(0);
}

#[test]
fn passwords_are_not_repeated() {
    let lab = Lab::csv(GOOD, GOOD);
    let url = "postgres://app:hunter2@127.0.0.1:1/db";
    let ran = lab.verify(&[url, "new.csv", "--key", "id", "--old-table", "t"]);
    let ran = ran.exits(3);
    let saved = ran.saved("report.json");
    for text in [&ran.stdout, &ran.stderr, &saved] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(saved.contains("postgres://app@127.0.0.1:1/db"), "{saved}");
    assert_eq!(ran.saved_report()["reasons"][0]["code"], "unreachable");
    let ran = lab
        .verify(&["new.csv", "--key", url, "postgres://u:hunter2@[bad"])
        .exits(2);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    let ran = lab.verify(&["old.csv", "new.csv", url]).exits(2);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
}

#[test]
fn a_configuration_with_mistakes_names_every_line() {
    let lab = Lab::csv(GOOD, GOOD).with(
        "shadowgate.toml",
        "[datasets.d]\nkeys = [\"id\"]\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
         [gates]\nmatch_rate = \"99\"\n",
    );
    lab.verify(&[])
        .refuses(&["line 2", "keys", "key", "line 6", "99"]);
    lab.write(
        "shadowgate.toml",
        "[datasets.d]\nold.source = \"old.csv\"\nnew.source = \"${SHADOWGATE_NOT_SET}\"\n",
    );
    lab.verify(&[]).refuses(&["line 3", "SHADOWGATE_NOT_SET"]);
    lab.write("shadowgate.toml", "[datasets.d\n");
    lab.verify(&[]).refuses(&["line 1"]);
    lab.write("shadowgate.toml", "");
    lab.verify(&[]).refuses(&["no dataset"]);
}
