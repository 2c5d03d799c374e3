//! `doctor` through the binary, against real servers: a sound set-up is green,
//! and each thing that can be wrong with one turns its own line red or yellow.

#[path = "../common/mod.rs"]
mod common;
mod kit;
mod postgres;
mod rest;
#[path = "../support/mod.rs"]
mod support;

use kit::{Checkup, TABLE, doctor};

use common::Lab;

#[test]
fn two_files_are_looked_at() {
    let lab = Lab::csv("id,a\n1,x\n", "id,a\n1,y\n");
    let found = doctor(&lab, &["old.csv", "new.csv", "--key", "id"]);
    found.exits(0);
    found.is("columns", None, "ok", &["2 columns compared"]);
    found.is("reached", Some("old"), "ok", &["CSV"]);
    found.is("temporary_disk", None, "ok", &["free in"]);
    found.is("report_disk", None, "ok", &["free in reports"]);
    found.is("memory", None, "ok", &["is free"]);
    let none: Vec<_> = found
        .lines
        .iter()
        .filter(|it| it["state"] != "ok")
        .collect();
    assert!(none.is_empty(), "{none:?}");
    assert!(
        common::reports(&lab.path("")).is_empty(),
        "nothing is written"
    );
}

#[test]
fn the_page_names_states_and_next_steps() {
    let lab = Lab::csv("id,a\n1,x\n", "id,b\n1,y\n");
    let ran = lab.run(&["doctor", "old.csv", "new.csv", "--key", "id"]);
    let page = ran.exits(0).stdout;
    for part in [
        "a verification can begin, but mind what is said",
        "warn  columns",
        "only in old: a; only in new: b",
        "→ the gate `schema` fails for it",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn what_is_typed_or_configured_wrong_is_exit_2() {
    let lab = Lab::csv("id\n1\n", "id\n1\n");
    lab.run(&["doctor"]).refuses(&["nothing to compare"]);
    lab.run(&["doctor", "old.csv"]).refuses(&["OLD and NEW"]);
    lab.write("shadowgate.toml", "[datasets.a]\nkye = [\"id\"]\n");
    lab.run(&["doctor"]).refuses(&["line 2", "kye"]);
}

#[test]
fn the_configuration_is_named_and_what_is_wrong_with_it() {
    let lab = Lab::csv("id\n1\n", "id\n1\n");
    lab.write(".env", "SYNC_BATCH_SIZE=500\nNEW=new.csv\n");
    lab.write(
        "shadowgate.toml",
        "env_file = \".env\"\n[datasets.a]\nkey = [\"id\"]\n[datasets.a.old]\nsource = \"old.csv\"\n\
         [datasets.a.new]\nsource = \"${NEW}\"\n",
    );
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(lab.path(".env"), open).expect("its mode");
    let found = doctor(&lab, &[]);
    found.exits(0);
    found.is("configuration", None, "ok", &["shadowgate.toml", ".env"]);
    found.has(
        "configuration",
        "warn",
        &["may read the env file", "chmod 600"],
    );
    assert_eq!(found.line("columns", None)["dataset"], "a");
}

#[test]
fn a_folder_that_takes_no_report_is_red() {
    let lab = Lab::csv("id\n1\n", "id\n1\n").with("file", "");
    let found = doctor(
        &lab,
        &[
            "old.csv",
            "new.csv",
            "--key",
            "id",
            "--report-dir",
            "file/reports",
        ],
    );
    found.exits(3);
    found.is("report_disk", None, "fail", &["file/reports"]);
}

/// A dry run of every kind of line that both sides together have.
#[test]
fn an_empty_side_and_one_file_twice_are_red() {
    let lab = Lab::csv("id\n1\n", "id\n1\n").with("none.json", "[]");
    let found = doctor(&lab, &["old.csv", "old.csv", "--key", "id"]);
    found.exits(3);
    found.is(
        "same_store",
        None,
        "fail",
        &["same rows", "--allow-same-source"],
    );
    let found = doctor(&lab, &["old.csv", "none.json", "--key", "id"]);
    found.exits(3);
    found.is("row_counts", None, "fail", &["new: 0", "empty"]);
    assert_eq!(
        found.line("row_counts", None)["trouble"],
        "inconsistent_data"
    );
}

#[test]
fn a_command_is_looked_for_and_not_run() {
    let lab = Lab::csv("id\n1\n", "");
    let touch = ["old.csv", "command:touch ran", "--key", "id"];
    let found = doctor(&lab, &touch);
    found.exits(0);
    found.is("reached", Some("new"), "warn", &["does not run it"]);
    found.is(
        "columns",
        None,
        "warn",
        &["a side is a command", "shadowgate columns"],
    );
    assert!(!lab.path("ran").exists(), "it was run");
    let gone = [
        "old.csv",
        "command:no-such-program --token hunter2",
        "--key",
        "id",
    ];
    let found = doctor(&lab, &gone);
    found.exits(3);
    found.is("reached", Some("new"), "fail", &["no-such-program"]);
    found.hides("hunter2");
}

#[test]
fn a_sqlite_database_is_looked_at() {
    let lab = Lab::csv("id,name\n1,a\n", "");
    let db = rusqlite::Connection::open(lab.path("new.db")).expect("a database");
    db.execute_batch(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'a');",
    )
    .expect("a table");
    drop(db);
    let found = doctor(
        &lab,
        &["old.csv", "new.db", "--new-table", "t", "--key", "id"],
    );
    found.exits(0);
    found.is("key", Some("new"), "ok", &["id: unique"]);
    found.is("row_counts", None, "ok", &["new: 1"]);
    let found = doctor(
        &lab,
        &["old.csv", "gone.db", "--new-table", TABLE, "--key", "id"],
    );
    found.exits(3);
    found.is("columns", Some("new"), "fail", &["gone.db"]);
    let _: &Checkup = &found;
}
