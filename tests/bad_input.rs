//! Bad input through the binary: the exact exit code, the side, the place and
//! what to do; nothing half-written, and never exit 0.

#[path = "bad_input/asked.rs"]
mod asked;
mod common;
#[path = "bad_input/disk.rs"]
mod disk;

use std::io::Write;

use common::{Lab, reports};
use serde_json::json;

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

/// A file that grows while it is read is no one thing that could be verified.
#[test]
fn a_file_that_changes_while_it_is_read() {
    let rows: String = (0..60_000).map(|id| format!("{id},name {id}\n")).collect();
    let rows = format!("id,name\n{rows}");
    let lab = Lab::csv(&rows, &rows);
    let mut command = lab.command();
    command.args(["verify", "--quiet", "old.csv", "new.csv", "--key", "id"]);
    command.stdout(std::process::Stdio::null());
    let mut file = std::fs::File::options()
        .append(true)
        .open(lab.path("new.csv"))
        .expect("the file");
    let mut run = command.spawn().expect("the binary runs");
    let code = loop {
        if let Some(status) = run.try_wait().expect("it ends") {
            break status.code();
        }
        // A blank would be a row; a row that comes and goes would not be seen.
        file.write_all(b"60000,more\n").expect("a row");
        std::thread::sleep(std::time::Duration::from_millis(1));
    };
    // The same new key again and again is a duplicate that was really seen.
    assert!(matches!(code, Some(1 | 3)), "{code:?}");
    let saved = std::fs::read_to_string(lab.path("reports/latest/report.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&saved).expect("JSON");
    let reason = &report["reasons"][0];
    assert_eq!(
        (&reason["code"], &reason["side"]),
        (&json!("source_changed"), &json!("new"))
    );
    assert_eq!(reason["transient"], true);
    assert_eq!(report["datasets"][0]["new"]["complete"], false);
}
