//! What is asked of a window and cannot be.

use crate::common::Lab;
use crate::kit::{Places, outside, run};

const CONFIG: &str = "[datasets.d]\nkey = \"id\"\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
    columns.at.type = \"timestamptz\"\n";

fn lab(more: &str) -> Lab {
    let rows = "id,v,at\n1,a,2026-11-01 10:00+00\n";
    let lab = Lab::csv(rows, rows);
    lab.write("shadowgate.toml", format!("{CONFIG}{more}"));
    lab
}

#[test]
fn mistakes_are_told_before_a_row_is_read() {
    let lab = lab("");
    for (args, parts) in [
        (
            vec!["--since", "24h"],
            vec!["nothing says by which column", "--window-column COLUMN"],
        ),
        (
            vec!["--window-column", "ta", "--since", "24h"],
            vec!["window names `ta`, which neither side has", "`at`"],
        ),
        (
            vec!["--window-column", "v", "--since", "24h"],
            vec![
                "`v` is of no declared type on the old side",
                "type = \"timestamptz\"",
            ],
        ),
        (
            vec!["--since", "at=yesterday"],
            vec!["--since: `yesterday` is no time"],
        ),
        (
            vec![
                "--since",
                "at=2026-11-02T00:00Z",
                "--until",
                "2026-11-01T00:00Z",
            ],
            vec!["the window ends before it begins", "2026-11-02T00:00:00Z"],
        ),
        (
            vec!["--since", "at=24h", "--until", "24h"],
            vec!["the window ends before it begins"],
        ),
        (
            vec!["--since", "at=24h", "--until", "v=1h"],
            vec!["a window is by one column", "\"at\", \"v\""],
        ),
        (
            vec!["--window-column", "at"],
            vec!["nothing says from when or until when"],
        ),
    ] {
        lab.verify(&args).refuses(&parts);
    }
}

#[test]
fn mistakes_of_the_configuration_are_told_too() {
    for (table, parts) in [
        (
            "window = { column = \"at\" }",
            vec!["`since` or `until` is due"],
        ),
        (
            "window = { since = \"24\" }",
            vec!["window.since: `24` is no time"],
        ),
        ("window = { sinse = \"24h\" }", vec!["sinse", "since"]),
        ("window = { since = 24 }", vec!["a string is due here"]),
    ] {
        lab(table).verify(&[]).refuses(&parts);
    }
}

#[test]
fn the_column_of_a_rows_last_change_is_the_windows_own() {
    for table in [
        "settle_after = \"15m\"\nupdated_at = \"at\"\n",
        "[datasets.d.rollback]\nupdated_at = \"at\"\n",
    ] {
        let args = ["--since", "2026-11-01T10:00Z", "--allow-same-source"];
        let report = run(&lab(table), &args).exits(0).json();
        assert_eq!(outside(&report), [0, 0]);
    }
}

#[test]
fn a_column_that_a_server_declares_as_something_else_is_refused() {
    let row = ["1", "a", "2026-11-01 10:00+00"].map(str::to_owned);
    let places = Places::new("window_text", "text", &[row]);
    for new in ["copy", "rest"] {
        let lab = places.lab("postgres", new, "");
        let since = ["--since", "at=24h"];
        lab.verify(&since)
            .refuses(&["`at` is of type text on the old side"]);
        let since = ["--since", "id=24h"];
        lab.verify(&since)
            .refuses(&["`id` is of type integer on the old side"]);
        // Text that is said to hold times is held against it here.
        let typed = "[datasets.d.columns.at]\ntype = \"timestamptz\"\n";
        let lab = places.lab("postgres", new, typed);
        let since = ["--since", "at=2026-11-01T10:00:01Z"];
        assert_eq!(outside(&run(&lab, &since).exits(3).json()), [1, 1]);
    }
}

#[test]
fn a_window_on_the_key_is_a_window() {
    let rows = "at,v\n2026-11-01 10:00+00,a\n2026-11-02 10:00+00,b\n";
    let lab = Lab::csv(rows, &rows.replace(",b", ",c"));
    lab.write(
        "shadowgate.toml",
        CONFIG.replace("key = \"id\"", "key = \"at\""),
    );
    let report = run(&lab, &["--until", "at=2026-11-02T10:00Z"])
        .exits(0)
        .json();
    assert_eq!(outside(&report), [1, 1]);
}

#[test]
fn a_rollback_check_sees_everything_or_nothing() {
    let window = "window = { column = \"at\", since = \"24h\" }\n";
    let parts = ["what a rollback would lose", "without a window"];
    lab(window).run(&["rollback-check"]).refuses(&parts);
    for flag in ["--until=24h", "--window-column=at"] {
        lab("").run(&["rollback-check", flag]).refuses(&parts);
    }
}

#[test]
fn other_commands_know_the_window() {
    let row = |id: &str, at: &str| [id, "a", at].map(str::to_owned);
    let rows = [
        row("1", "2026-11-01 10:00+00"),
        row("2", "2026-11-02 10:00+00"),
    ];
    let places = Places::new("window_pace", "timestamptz", &rows);
    for new in ["rest", "csv"] {
        let lab = places.lab("postgres", new, "");
        let pace = [
            "pace",
            "--runs",
            "2",
            "--format",
            "json",
            "--since",
            "at=2026-11-02T00:00Z",
        ];
        let ran = lab.run(&pace);
        let found: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        for side in ["old", "new"] {
            assert_eq!(found[side]["readings"][0]["rows"], 1, "{new}: {found:#}");
        }
        let notes = found["notes"].to_string();
        assert!(notes.contains("in the window of `at`"), "{notes}");
        let ran = lab.run(&["doctor", "--format", "json", "--since", "ta=24h"]);
        assert!(
            ran.stdout.contains("which neither side has"),
            "{}",
            ran.stdout
        );
    }
    let lab = places.lab("postgres", "rest", "");
    let args = ["doctor", "--rate-limit", "5/s", "--since", "at=24h"];
    let found = lab.run(&args).stdout;
    assert!(found.contains("less what the window leaves out"), "{found}");
}
