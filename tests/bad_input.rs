//! Bad input through the binary: the exact exit code, the side, the place and
//! what to do; nothing half-written, and never exit 0.

mod common;

use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};

use common::{Lab, array, reports};
use serde_json::{Value, json};

const GOOD: &str = "id,name\n1,a\n2,b\n3,c\n";
const GOOD_JSON: &str = r#"[{"id":1,"name":"a"},{"id":2,"name":"b"}]"#;

/// Compares a file of the old side with `content` under `name` on the new side,
/// and the other way round: exit 3 both times, with the side and these parts.
#[track_caller]
fn cannot_verify(good: (&str, &str), name: &str, content: impl AsRef<[u8]>, parts: &[&str]) {
    let lab = Lab::new().with(good.0, good.1).with(name, content);
    for (old, new, side) in [(good.0, name, "new"), (name, good.0, "old")] {
        let ran = lab.verify(&[old, new, "--key", "id"]);
        let mark = format!("{side} side: {name}: ");
        let parts = [&[mark.as_str()], parts].concat();
        let report = ran.cannot_verify(&parts);
        let dataset = &report["datasets"][0];
        assert_eq!(dataset[side]["complete"], false, "{name}");
        assert_eq!(dataset["counts"]["missing"], 0);
        assert_eq!(dataset["counts"]["extra"], 0);
    }
    // The text says it too, in its first line.
    let ran = lab.verify(&[good.0, name, "--key", "id"]);
    let first = ran.stdout.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("INCONCLUSIVE") && first.contains("new side"),
        "{first}"
    );
    let left = reports(&lab.path(""));
    assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
}

#[track_caller]
fn bad_csv(content: impl AsRef<[u8]>, parts: &[&str]) {
    cannot_verify(("good.csv", GOOD), "bad.csv", content, parts);
}

#[track_caller]
fn bad_json(content: impl AsRef<[u8]>, parts: &[&str]) {
    cannot_verify(("good.json", GOOD_JSON), "bad.json", content, parts);
}

#[test]
fn ragged_rows() {
    bad_csv(
        "id,name\n1,a\n2\n",
        &["line 3", "byte 12", "1 cell", "2 columns", "repair the row"],
    );
    bad_csv(
        "id,name\n1,a\n2,b,c\n",
        &["line 3", "byte 12", "3 cells", "2 columns"],
    );
    bad_csv("id,name\n1,a\n\n2,b\n", &["line 3", "byte 12", "1 cell"]);
}

#[test]
fn an_unclosed_quote() {
    bad_csv(
        "id,name\n1,\"a\n2,b\n",
        &["line 2", "byte 10", "never closed", "close it"],
    );
    bad_csv(
        "id,name\n1,\"a\"b\n",
        &["line 2", "byte 13", "follows a closing quote"],
    );
}

#[test]
fn bytes_that_are_not_utf8() {
    let cp932 = encoding_rs::SHIFT_JIS
        .encode("id,name\n1,東京タワーの物件\n")
        .0;
    bad_csv(
        &cp932,
        &[
            "line 2",
            "byte 10",
            "is not UTF-8",
            "CP932",
            "encoding = \"shift_jis\"",
        ],
    );
    bad_csv(b"id,name\n1,a\xff\n", &["line 2", "byte 11", "0xff"]);
    bad_json(b"[{\"id\":1,\"name\":\"\xff\"}]", &["byte 17", "0xff"]);
}

#[test]
fn json_that_is_no_array_of_records() {
    bad_json(
        &GOOD_JSON[..30],
        &[
            "byte",
            "ends within a record",
            "fetch or export the file again",
        ],
    );
    bad_json(&GOOD_JSON[..40], &["before the array's closing bracket"]);
    bad_json(
        format!("{GOOD_JSON}]"),
        &["line 1", "byte 41", "followed by something else"],
    );
    bad_json(format!("{GOOD_JSON}\n{GOOD_JSON}"), &["line 2", "byte 42"]);
    bad_json("", &["empty"]);
    bad_json(
        "<!DOCTYPE html>\n<title>502</title>",
        &["HTML", "JSON was due", "server's page"],
    );
    bad_json(
        r#"{"message":"JWT expired","code":"PGRST301"}"#,
        &["single object", "JWT expired"],
    );
    bad_json(
        r#"[{"id":1,"name":"a"},7]"#,
        &["must be an object", "a number"],
    );
    bad_json(r#"[{"id":01,"name":"a"}]"#, &["byte 8", "leading zero"]);
    cannot_verify(
        ("good.jsonl", "{\"id\":1}\n"),
        "bad.jsonl",
        "{\"id\":1}\n{\"id\":2",
        &["line 2", "ends within a record"],
    );
}

#[test]
fn an_html_page_where_csv_was_due() {
    bad_csv(
        "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
        &["HTML"],
    );
}

#[test]
fn names_that_occur_twice_or_are_empty() {
    bad_csv("id,name,name\n1,a,b\n", &["line 1", "\"name\"", "twice"]);
    bad_csv("id,\n1,a\n", &["line 1", "no name"]);
    bad_csv("", &["no header row"]);
    // In JSON the last would silently win.
    bad_json(r#"[{"id":1,"name":"a","name":"b"}]"#, &["\"name\""]);
}

#[test]
fn a_truncated_or_damaged_archive() {
    let rows: String = (0..20_000).map(|id| format!("{id},name {id}\n")).collect();
    let rows = format!("id,name\n{rows}");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(rows.as_bytes()).expect("memory");
    let gz = gz.finish().expect("memory");
    let zst = zstd::encode_all(rows.as_bytes(), 1).expect("memory");
    for (name, bytes) in [("bad.csv.gz", gz), ("bad.csv.zst", zst)] {
        for len in [1, bytes.len() / 2, bytes.len() - 1] {
            cannot_verify(
                ("good.csv", GOOD),
                name,
                &bytes[..len],
                &["fetch the file again"],
            );
        }
        let mut damaged = bytes.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x55;
        cannot_verify(("good.csv", GOOD), name, &damaged, &[]);
    }
}

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
fn a_file_that_must_not_be_read() {
    let lab = Lab::csv(GOOD, GOOD);
    std::fs::set_permissions(lab.path("new.csv"), PermissionsExt::from_mode(0)).expect("its mode");
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

const TYPED: &str = "[datasets.d]\nkey = [\"id\"]\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
    [datasets.d.columns]\nprice = { type = \"numeric\" }\n";

#[test]
fn an_unreadable_number_is_counted_and_decides_only_where_it_does() {
    let rows = |odd: &str| {
        let rows = (0..200).map(|id| match id {
            7 => format!("{id:03},{odd}\n"),
            _ => format!("{id:03},{}.50\n", id * 10),
        });
        "id,price\n".to_owned() + &rows.collect::<String>()
    };
    let lab = Lab::csv(&rows("1,000").replace("1,000", "\"1,000\""), &rows("1000"))
        .with("shadowgate.toml", TYPED);
    // 199 of 200 match in any case.
    let ran = lab.verify(&["--format", "json"]).exits(0);
    let dataset = &ran.json()["datasets"][0];
    let counts = &dataset["counts"];
    assert_eq!(
        (&counts["unreadable_old"], &counts["unreadable_new"]),
        (&json!(1), &json!(0))
    );
    let example = json!({"side": "old", "key": {"id": "007"}, "column": "price", "text": "1,000"});
    assert_eq!(dataset["samples"]["unreadable"], json!([example]));
    assert_eq!(dataset["columns"][1]["causes"], json!({"unreadable": 1}));
    let report = lab
        .verify(&["--match-rate", "100%"])
        .cannot_verify(&["unreadable", "match_rate"]);
    assert_eq!(report["datasets"][0]["gates"][0]["verdict"], "inconclusive");
    // Equal raw bytes on both sides are no proof that the values are equal.
    lab.write("new.csv", rows("1,000").replace("1,000", "\"1,000\""));
    lab.verify(&["--match-rate", "100%"])
        .cannot_verify(&["unreadable"]);
}

#[test]
fn an_unreadable_key_is_never_a_pass() {
    let lab = Lab::csv("id,n\nx,1\n2,b\n", "id,n\nx,1\n2,b\n").with(
        "shadowgate.toml",
        "[datasets.d]\nkey = [\"id\"]\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
         [datasets.d.columns]\nid = { type = \"bigint\" }\n",
    );
    lab.verify(&[]).cannot_verify(&["unreadable"]);
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
fn both_sides_empty() {
    Lab::csv("id,name\n", "id,name\n")
        .by_id(&[])
        .cannot_verify(&[]);
    for (name, empty) in [("old.json", "[]"), ("old.jsonl", "")] {
        let new = name.replace("old", "new");
        let lab = Lab::new().with(name, empty).with(&new, empty);
        let ran = lab.verify(&[name, &new, "--key", "id"]);
        ran.cannot_verify(&["empty"]);
    }
    let gates = ["--match-rate", "0%"];
    Lab::csv("id,name\n", "id,name\n")
        .by_id(&gates)
        .cannot_verify(&[]);
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

/// `id,name` rows, so many that neither reports nor working files are small.
fn many(count: u32, name: &str) -> String {
    let rows = (0..count).map(|id| format!("{id},{name} {id}\n"));
    "id,name\n".to_owned() + &rows.collect::<String>()
}

/// Runs the binary so that no file may grow beyond some blocks of 512 bytes: a
/// full disk that needs neither root nor a disk.
fn limited(lab: &Lab, blocks: u32, args: &[&str]) -> common::Ran {
    let script = "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";
    let mut command = std::process::Command::new("sh");
    command
        .current_dir(lab.path(""))
        .args([
            "-c",
            script,
            &blocks.to_string(),
            env!("CARGO_BIN_EXE_shadowgate"),
        ])
        .args(args)
        .env_remove("RUST_LOG");
    lab.ran(&mut command)
}

#[test]
fn a_report_that_does_not_fit_on_the_disk() {
    let lab = Lab::csv(&many(3000, "a"), &many(3000, "a"));
    lab.by_id(&[]).exits(0);
    let before = reports(&lab.path(""));
    lab.write("new.csv", many(3000, "b"));
    let args = [
        "verify", "--quiet", "old.csv", "new.csv", "--key", "id", "--format", "json",
    ];
    // Fails either way: the gate is broken, and the evidence could not be saved.
    let ran = limited(&lab, 40, &args).exits(1);
    assert!(
        ran.stderr.contains("could not be written to"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("free some space"), "{}", ran.stderr);
    let report = ran.json();
    let codes: Vec<&Value> = array(&report["reasons"])
        .iter()
        .map(|reason| &reason["code"])
        .collect();
    assert_eq!(codes, ["gate_broken", "cannot_write"]);
    assert_eq!(
        reports(&lab.path("")),
        before,
        "nothing half-written; latest as it was"
    );
    // A PASS without its evidence is none.
    let lenient = [&args[..], &["--match-rate", "0%"]].concat();
    let report = limited(&lab, 40, &lenient).exits(3).json();
    assert_eq!(
        (&report["verdict"], &report["exit_code"]),
        (&json!("inconclusive"), &json!(3))
    );
    assert_eq!(reports(&lab.path("")), before);
}

#[test]
fn a_disk_that_is_full() {
    let lab = Lab::csv(&many(3000, "a"), &many(3000, "b"));
    std::fs::create_dir(lab.path("small")).expect("a folder");
    // In a name space of its own, so that the mount goes with the process.
    let script = "mount -t tmpfs -o size=64k none small || exit 77; \"$@\"; code=$?; ls -A small >&2; exit $code";
    let mut command = std::process::Command::new("unshare");
    command
        .current_dir(lab.path(""))
        .args([
            "-m",
            "sh",
            "-c",
            script,
            "sh",
            env!("CARGO_BIN_EXE_shadowgate"),
            "verify",
            "--quiet",
        ])
        .args([
            "old.csv",
            "new.csv",
            "--key",
            "id",
            "--report-dir",
            "small",
            "--match-rate",
            "0%",
        ]);
    let ran = match command.output() {
        Ok(output) if output.status.code() != Some(77) && !is_refused(&output.stderr) => {
            lab.ran(&mut command)
        }
        _ => {
            eprintln!(
                "no right to mount here: `a_report_that_does_not_fit_on_the_disk` stands for it"
            );
            return;
        }
    };
    let ran = ran.exits(3);
    assert!(
        ran.stderr.contains("No space left on device"),
        "{}",
        ran.stderr
    );
    let left = ran.stderr.lines().last().unwrap_or_default();
    assert!(
        left.contains("free some space"),
        "the folder is empty, but: {left}"
    );
}

fn is_refused(stderr: &[u8]) -> bool {
    String::from_utf8_lossy(stderr).contains("unshare failed")
}

#[test]
fn working_files_that_do_not_fit_on_the_disk() {
    let lab = Lab::csv(&many(60_000, "a"), &many(60_000, "a"));
    let args = [
        "verify", "--quiet", "old.csv", "new.csv", "--key", "id", "--memory", "100K",
    ];
    let ran = limited(&lab, 1000, &args);
    let report = ran.cannot_verify(&["working data could not be kept", "TMPDIR", "--memory"]);
    assert_eq!(report["reasons"][0]["code"], "cannot_write");
    lab.by_id(&["--memory", "100K"]).exits(0);
    // A TMPDIR that is not there, only where it is needed.
    let run = |memory: &str| {
        let mut command = lab.command();
        command
            .args(&args[..args.len() - 1])
            .arg(memory)
            .env("TMPDIR", "/nowhere/at/all");
        lab.ran(&mut command)
    };
    run("100K").cannot_verify(&["/nowhere/at/all", "TMPDIR"]);
    run("1G").exits(0);
}

#[test]
fn a_report_folder_that_cannot_be_written() {
    let lab = Lab::csv(GOOD, GOOD).with("file", "");
    let ran = lab
        .by_id(&["--report-dir", "file"])
        .refuses(&["file", "hint: "]);
    assert!(ran.stderr.contains("--report-dir"), "{}", ran.stderr);
    lab.by_id(&["--report-dir", "file/below"])
        .refuses(&["file/below", "--report-dir"]);
    lab.by_id(&["--report-dir", "/proc/reports"])
        .refuses(&["/proc/reports", "--report-dir"]);
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
