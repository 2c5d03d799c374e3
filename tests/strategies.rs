//! One pair of data through every way a comparison can take: prints and second
//! reads, kept rows, raw bytes, rows on disk. None of them may show in the report.

mod common;

use std::io::Write;

use common::{Lab, OF_THE_RUN, Ran, without};
use serde_json::Value;

const HEADER: [&str; 5] = ["id", "name", "price", "note", "city"];

/// How a row of the new side differs, by its number: each kind of outcome, some
/// rows of each, the rest equal.
#[derive(Clone, Copy)]
struct Kinds {
    /// Every so manieth row has another price.
    differing: u32,
    missing: u32,
    extra: u32,
    duplicated: u32,
}

const FEW: Kinds = Kinds {
    differing: 211,
    missing: 997,
    extra: 1009,
    duplicated: 1499,
};

type Row = [String; 5];

fn row(id: u32) -> Row {
    let city = ["東京都千代田区", "大阪市北区", "", "NULL"][id as usize % 4];
    [
        format!("JP-{id:06}"),
        format!("物件{} 号室", id.wrapping_mul(2_654_435_761) % 100_000),
        format!("{}", id * 10),
        if id.is_multiple_of(5) {
            String::new()
        } else {
            format!("note, with \"{id}\"")
        },
        city.to_owned(),
    ]
}

fn old_rows(count: u32, kinds: Kinds) -> Vec<Row> {
    let mut rows = Vec::new();
    for id in 0..count {
        rows.push(row(id));
        if id % kinds.duplicated == 5 {
            rows.push(row(id));
        }
    }
    rows
}

fn new_rows(count: u32, kinds: Kinds) -> Vec<Row> {
    let mut rows = Vec::new();
    for id in 0..count {
        let mut changed = row(id);
        if id % kinds.missing == 3 {
            continue;
        }
        if id % kinds.differing == 1 {
            // Within a tolerance, equal by rules, or neither.
            match id % 3 {
                0 => changed[2] += ".4",
                1 => changed[1] = changed[1].replace(' ', "　"),
                _ => changed[2].push('1'),
            }
        }
        rows.push(changed);
        if id % kinds.extra == 4 {
            rows.push(row(count + id));
        }
    }
    rows
}

/// The order in which an unordered export might come.
fn shuffled(mut rows: Vec<Row>) -> Vec<Row> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for at in (1..rows.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        rows.swap(at, (state >> 33) as usize % (at + 1));
    }
    rows
}

/// CSV, with quotes about every cell or only where they are needed.
fn csv(rows: &[Row], all_quoted: bool) -> String {
    let mut text = HEADER.join(",") + "\n";
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // A bare empty cell would be NULL.
            let quoted = all_quoted || cell.is_empty() || cell.contains(['"', ',', '\n']);
            let cell = if quoted {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.clone()
            };
            text += &format!("{comma}{cell}");
        }
        text += "\n";
    }
    text
}

fn gz(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).expect("memory");
    out.finish().expect("memory")
}

fn zst(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 1).expect("memory")
}

const DETAILS: [&str; 4] = [
    "differences.csv",
    "missing.csv",
    "extra.csv",
    "duplicates.csv",
];

/// A report and its detail files, without what says how it was made.
#[derive(Debug, PartialEq)]
struct Found {
    report: Value,
    details: [String; 4],
}

#[track_caller]
fn found(ran: &Ran) -> Found {
    let mut report = without(&ran.saved_report(), &OF_THE_RUN);
    // Which columns have which types is part of what defines a run.
    report["run"] = Value::Null;
    Found {
        report,
        details: DETAILS.map(|name| ran.saved(name)),
    }
}

/// Compares two files with a log of the way taken, and holds the run to its
/// exit code and the log to its words.
#[track_caller]
fn compare(lab: &Lab, old: &str, new: &str, more: &[&str], logged: &[&str]) -> Found {
    let args = [&["verify", "--quiet", "--key", "id", old, new], more].concat();
    let ran = lab
        .ran(
            lab.command()
                .args(&args)
                .env("RUST_LOG", "shadowgate=debug"),
        )
        .exits(1);
    for words in logged {
        assert!(
            ran.stderr.contains(words),
            "`{words}` not in\n{}",
            ran.stderr
        );
    }
    found(&ran)
}

#[track_caller]
fn same(one: &Found, other: &Found, what: &str) {
    assert_eq!(
        one.report["datasets"][0]["counts"], other.report["datasets"][0]["counts"],
        "{what}"
    );
    let text = |found: &Found| serde_json::to_string_pretty(&found.report).expect("JSON");
    let (a, b) = (text(one), text(other));
    for (left, right) in a.lines().zip(b.lines()) {
        assert_eq!(left, right, "{what}");
    }
    assert_eq!(a, b, "{what}");
    for (index, name) in DETAILS.iter().enumerate() {
        assert!(
            one.details[index] == other.details[index],
            "{what}: {name} differs"
        );
    }
}

/// All bytes that a run says it kept on disk.
fn spilled(stderr: &str) -> u64 {
    let after = stderr
        .split("spilled=")
        .nth(1)
        .expect("a line says what was spilled");
    let digits = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    after[..digits].parse().expect("bytes")
}

/// The same pair under every form, each as pair of file names.
fn every_form(count: u32, kinds: Kinds) -> (Lab, Found) {
    let (old, new) = (old_rows(count, kinds), new_rows(count, kinds));
    let lab = Lab::csv(&csv(&old, false), &csv(&new, false));
    lab.write("quoted.csv", csv(&new, true));
    lab.write("shuffled.csv", csv(&shuffled(new), false));
    let (old, new) = (
        csv(&old, false),
        csv(&shuffled(new_rows(count, kinds)), false),
    );
    lab.write("old.csv.gz", gz(&old));
    lab.write("new.csv.zst", zst(&new));
    let encode = |text: &str| encoding_rs::EUC_JP.encode(text).0.into_owned();
    lab.write("new.euc.csv", encode(&new));
    let expected = compare(
        &lab,
        "old.csv",
        "new.csv",
        &[],
        &["reading both sides form=RawPrints"],
    );
    (lab, expected)
}

/// A configuration for what flags cannot say.
fn config(lab: &Lab, name: &str, old: &str, new: &str, more: &str) {
    lab.write(
        name,
        format!("[datasets.dataset]\nkey = [\"id\"]\nold.source = \"{old}\"\nnew.source = \"{new}\"\n{more}"),
    );
}

#[track_caller]
fn configured(lab: &Lab, file: &str, logged: &[&str]) -> Found {
    let args = ["verify", "--quiet", "--config", file];
    let ran = lab
        .ran(lab.command().args(args).env("RUST_LOG", "shadowgate=debug"))
        .exits(1);
    for words in logged {
        assert!(
            ran.stderr.contains(words),
            "`{words}` not in\n{}",
            ran.stderr
        );
    }
    found(&ran)
}

fn check_every_form(count: u32, kinds: Kinds, much: bool) {
    let (lab, expected) = every_form(count, kinds);
    let counts = &expected.report["datasets"][0]["counts"];
    for kind in ["matched", "differing", "missing", "extra", "duplicated"] {
        assert!(counts[kind].as_u64() > Some(0), "{kind}: {counts}");
    }
    let again: &[&str] = if much { &["much differs"] } else { &[] };
    let forms = [
        ("old.csv", "new.csv"),
        ("old.csv", "quoted.csv"),
        ("old.csv", "shuffled.csv"),
        ("old.csv.gz", "new.csv"),
        ("old.csv", "new.csv.zst"),
        ("old.csv.gz", "new.csv.zst"),
    ];
    for (old, new) in forms {
        let prints = !old.contains("gz") && !new.contains("zst");
        let found = compare(&lab, old, new, &[], if prints { again } else { &[] });
        same(&expected, &found, &format!("{old} {new}"));
    }
    let tight = compare(&lab, "old.csv", "shuffled.csv", &["--memory", "20K"], again);
    same(&expected, &tight, "little memory");
    config(
        &lab,
        "encoding.toml",
        "old.csv",
        "new.euc.csv",
        "new.encoding = \"euc-jp\"\n",
    );
    same(
        &expected,
        &configured(&lab, "encoding.toml", &[]),
        "another encoding",
    );
    // The bytes on both sides may mean different things: canonical prints.
    config(
        &lab,
        "null.toml",
        "old.csv",
        "new.csv",
        "new.null = [\"\", \"<nothing>\"]\n",
    );
    let form = ["reading both sides form=Prints"];
    same(
        &expected,
        &configured(&lab, "null.toml", &form),
        "unlike null tokens",
    );
}

#[test]
fn small_files() {
    check_every_form(3_000, FEW, false);
}

#[test]
fn files_of_many_chunks() {
    check_every_form(20_000, FEW, false);
}

/// Every third row differs: beyond 5,000 of them all rows are read again.
#[test]
fn much_that_differs_is_read_again_whole() {
    let kinds = Kinds {
        differing: 2,
        ..FEW
    };
    check_every_form(14_000, kinds, true);
}

/// So many rows that the first pass is left early.
#[test]
fn a_hopeless_first_pass_is_left_early() {
    let kinds = Kinds {
        differing: 2,
        ..FEW
    };
    let (old, new) = (old_rows(60_000, kinds), new_rows(60_000, kinds));
    let lab = Lab::csv(&csv(&old, false), &csv(&new, false));
    lab.write("old.csv.gz", gz(&csv(&old, false)));
    let early = ["much differs: reading again with rows kept"];
    let found = compare(&lab, "old.csv", "new.csv", &[], &early);
    let kept = compare(&lab, "old.csv.gz", "new.csv", &[], &[]);
    same(&found, &kept, "left early, and rows kept from the start");
}

#[test]
fn types_and_rules_go_the_same_ways() {
    let (old, new) = (old_rows(10_000, FEW), new_rows(10_000, FEW));
    let lab = Lab::csv(&csv(&old, false), &csv(&shuffled(new.clone()), true));
    lab.write("old.csv.zst", zst(&csv(&old, true)));
    lab.write("new.csv.gz", gz(&csv(&new, false)));
    let rules = "[datasets.dataset.columns]\n\
        \"*\" = { normalise = [\"nfkc\", \"collapse-whitespace\", \"empty-as-null\"] }\n\
        price = { type = \"numeric\", tolerance = { absolute = \"0.5\" } }\n";
    config(&lab, "prints.toml", "old.csv", "new.csv", rules);
    config(&lab, "rows.toml", "old.csv.zst", "new.csv.gz", rules);
    let run = |file: &str, memory: &str| {
        let args = ["--config", file, "--memory", memory, "--match-rate", "100%"];
        found(&lab.verify(&args).exits(1))
    };
    let expected = run("prints.toml", "1G");
    let counts = &expected.report["datasets"][0]["counts"];
    for kind in [
        "tolerated",
        "equal_by_rules",
        "missing",
        "extra",
        "duplicated",
    ] {
        assert!(counts[kind].as_u64() > Some(0), "{kind}: {counts}");
    }
    same(&expected, &run("rows.toml", "1G"), "rows kept");
    same(&expected, &run("prints.toml", "50K"), "prints on disk");
    same(&expected, &run("rows.toml", "50K"), "rows on disk");
}

#[test]
fn a_twentieth_of_the_data_as_memory_gives_the_same_report() {
    let (old, new) = (old_rows(60_000, FEW), new_rows(60_000, FEW));
    let (old, new) = (csv(&old, false), csv(&shuffled(new), true));
    let lab = Lab::csv(&old, &new);
    lab.write("old.csv.gz", gz(&old));
    lab.write("new.csv.gz", gz(&new));
    let size = old.len() + new.len();
    assert!(size > 6_000_000, "{size} bytes");
    let memory = (size / 20).to_string();
    let run = |old: &str, new: &str, memory: &str| {
        let args = [
            "verify", "--quiet", "--key", "id", old, new, "--memory", memory,
        ];
        let ran = lab
            .ran(lab.command().args(args).env("RUST_LOG", "shadowgate=debug"))
            .exits(1);
        (found(&ran), spilled(&ran.stderr))
    };
    let (expected, none) = run("old.csv", "new.csv", "1GiB");
    assert_eq!(none, 0, "all of it fits");
    for (old, new) in [("old.csv", "new.csv"), ("old.csv.gz", "new.csv.gz")] {
        let (found, bytes) = run(old, new, &memory);
        assert!(bytes > size as u64 / 4, "{bytes} bytes spilled of {size}");
        same(&expected, &found, old);
    }
}
