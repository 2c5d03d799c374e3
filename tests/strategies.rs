//! One pair of data through every way a comparison can take: prints and second
//! reads, kept rows, raw bytes, rows on disk. None of them may show in the report.

mod common;
#[path = "strategies/pair.rs"]
mod pair;

use common::{Lab, OF_THE_RUN, Ran, without};
use pair::*;
use serde_json::Value;

const DETAILS: [&str; 4] = [
    "differences.csv",
    "missing.csv",
    "extra.csv",
    "duplicates.csv",
];

/// A report and its detail files, without what says how it was made.
#[derive(Clone, Debug, PartialEq)]
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
    let again: &[&str] = if much { &["much differs: "] } else { &[] };
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
    let (old, new) = (old_rows(40_000, kinds), new_rows(40_000, kinds));
    let lab = Lab::csv(&csv(&old, false), &csv(&new, false));
    lab.write("old.csv.gz", gz(&csv(&old, false)));
    let early = ["much differs: reading again with rows kept"];
    let found = compare(&lab, "old.csv", "new.csv", &[], &early);
    let kept = compare(&lab, "old.csv.gz", "new.csv", &[], &[]);
    same(&found, &kept, "left early, and rows kept from the start");
}

/// A partial new side: what it does not have is not read again, and not shown.
#[test]
fn the_keys_of_a_partial_side_go_the_same_ways() {
    let part = |rows: Vec<Row>| -> Vec<Row> { rows.into_iter().take(2_000).collect() };
    let kinds = Kinds {
        duplicated: 97,
        ..FEW
    };
    let old = old_rows(30_000, kinds);
    let new = part(shuffled(new_rows(30_000, kinds)));
    let lab = Lab::csv(&csv(&old, false), &csv(&new, true));
    lab.write("old.csv.gz", gz(&csv(&old, false)));
    lab.write("new.csv.zst", zst(&csv(&new, false)));
    lab.write("new.jsonl", json_lines(&new, true));
    let scope = ["--scope", "keys-of-new"];
    let expected = compare(&lab, "old.csv", "new.csv", &scope, &[]);
    let dataset = &expected.report["datasets"][0];
    let counts = &dataset["counts"];
    for kind in ["matched", "differing", "extra", "duplicated"] {
        assert!(counts[kind].as_u64() > Some(0), "{kind}: {counts}");
    }
    assert_eq!(counts["missing"], 0);
    let covered = dataset["coverage"]["numerator"].as_u64();
    let left = counts["out_of_scope"].as_u64();
    let both = left.zip(covered).map(|(left, covered)| left + covered);
    assert_eq!(both, counts["old_keys"].as_u64());
    for (old, new) in [
        ("old.csv.gz", "new.csv"),
        ("old.csv", "new.csv.zst"),
        ("old.csv", "new.jsonl"),
    ] {
        let mut found = compare(&lab, old, new, &scope, &[]);
        let mut expected = expected.clone();
        forget_relations(&mut expected);
        forget_relations(&mut found);
        same(&expected, &found, &format!("{old} {new}"));
    }
    let little = [&scope[..], &["--memory", "20K"]].concat();
    same(
        &expected,
        &compare(&lab, "old.csv", "new.csv", &little, &[]),
        "little memory",
    );
}

#[test]
fn json_lines_and_sqlite_go_the_same_ways() {
    let (old, new) = (old_rows(8_000, FEW), shuffled(new_rows(8_000, FEW)));
    let lab = Lab::csv(&csv(&old, false), &csv(&new, false));
    let expected = compare(&lab, "old.csv", "new.csv", &[], &[]);
    lab.write("old.jsonl", json_lines(&old, false));
    lab.write("new.jsonl", json_lines(&new, true));
    lab.write(
        "new.json",
        format!(
            "[{}]",
            json_lines(&new, false).trim_end().replace("}\n{", "},\n{")
        ),
    );
    lab.write("new.jsonl.gz", gz(&json_lines(&new, true)));
    sqlite(&lab, "old.db", "t", &old);
    sqlite(&lab, "new.db", "u", &new);
    for (old, new, more) in [
        ("old.csv", "new.jsonl", &[][..]),
        ("old.csv", "new.jsonl.gz", &[]),
        ("old.csv", "sqlite:new.db", &["--new-table", "u"]),
        ("sqlite:old.db", "new.json", &["--old-table", "t"]),
        ("sqlite:old.db", "new.csv", &["--old-table", "t"]),
        (
            "sqlite:old.db",
            "sqlite:new.db",
            &["--old-table", "t", "--new-table", "u"],
        ),
        (
            "sqlite:old.db",
            "sqlite:new.db",
            &["--old-table", "t", "--new-table", "v"],
        ),
    ] {
        let mut found = compare(&lab, old, new, more, &[]);
        forget_relations(&mut found);
        same(&expected, &found, &format!("{old} {new} {more:?}"));
    }
}

/// Which table was read is of the side, not of what was found; the sources'
/// own counts of their rows too.
fn forget_relations(found: &mut Found) {
    let dataset = &mut found.report["datasets"][0];
    for side in ["old", "new"] {
        dataset[side]["relation"] = Value::Null;
        dataset[side]["rows_claimed"] = Value::Null;
    }
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

/// Rows without a key, numbers that are none, keys that are none: what makes a
/// run inconclusive is found the same on every way.
#[test]
fn what_cannot_be_read_goes_the_same_ways() {
    let odd = |rows: Vec<Row>, side: &str| -> Vec<Row> {
        let odd = |(at, mut row): (usize, Row)| {
            match at % 1000 {
                17 => row[2] = "n/a".into(),
                18 => row[2] = format!("{side}?"),
                19 => row[0] = "no number".into(),
                20 => row[0] = format!("{side}{at}"),
                _ => row[0] = row[0].replace("JP-", ""),
            }
            row
        };
        rows.into_iter().enumerate().map(odd).collect()
    };
    let old = odd(old_rows(6_000, FEW), "old");
    let new = shuffled(odd(new_rows(6_000, FEW), "new"));
    // A bare cell instead of a quoted one: NULL in the key.
    let unkeyed = |text: String| text + ",no key,1,,x\n,no key,2,,y\n";
    let lab = Lab::csv(&unkeyed(csv(&old, false)), &unkeyed(csv(&new, true)));
    lab.write("old.csv.gz", gz(&unkeyed(csv(&old, true))));
    lab.write("new.csv.zst", zst(&unkeyed(csv(&new, false))));
    let rules = "gates = { unkeyed = \"off\", duplicated = \"off\" }\n\
        [datasets.dataset.columns]\nid = { type = \"bigint\" }\nprice = { type = \"numeric\" }\n";
    config(&lab, "prints.toml", "old.csv", "new.csv", rules);
    config(&lab, "rows.toml", "old.csv.gz", "new.csv.zst", rules);
    config(&lab, "mixed.toml", "old.csv.gz", "new.csv", rules);
    let run = |file: &str, memory: &str| {
        let args = [
            "--config",
            file,
            "--memory",
            memory,
            "--match-rate",
            "98.3%",
        ];
        found(&lab.verify(&args).exits(3))
    };
    let expected = run("prints.toml", "1G");
    let counts = &expected.report["datasets"][0]["counts"];
    for kind in [
        "unkeyed_old",
        "unkeyed_new",
        "unreadable_old",
        "unreadable_new",
    ] {
        assert!(counts[kind].as_u64() >= Some(2), "{kind}: {counts}");
    }
    for file in ["prints.toml", "rows.toml", "mixed.toml"] {
        same(&expected, &run(file, "1G"), file);
        same(&expected, &run(file, "30K"), file);
    }
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

/// One partition then holds nearly all rows, and stays on disk while it is joined.
#[test]
fn one_key_of_most_rows_gives_the_same_report_in_little_memory() {
    let row = |id: u32, number: u32| format!("{id},{}{number}\n", "物件".repeat(20));
    let many: String = (0..40_000).map(|number| row(7, number)).collect();
    let rest = |changed: u32| -> String { (100..400).map(|id| row(id, id % changed)).collect() };
    let (old, new) = (
        format!("id,v\n{many}{}", rest(5)),
        format!("id,v\n{}{}", row(7, 0), rest(7)),
    );
    let lab = Lab::new();
    lab.write("old.csv.gz", gz(&old));
    lab.write("new.csv.gz", gz(&new));
    let expected = compare(&lab, "old.csv.gz", "new.csv.gz", &["--memory", "1GiB"], &[]);
    let counts = &expected.report["datasets"][0]["counts"];
    assert_eq!(counts["duplicated"], 1);
    assert!(counts["differing"].as_u64() > Some(100), "{counts}");
    let tight = compare(&lab, "old.csv.gz", "new.csv.gz", &["--memory", "1MB"], &[]);
    same(&expected, &tight, "one key of most rows");
    let details = &expected.details[3];
    assert!(details.contains(",40000,1"), "{details}");
}

#[test]
fn rows_of_long_cells_are_shown_alike_every_way() {
    let long = "長".repeat(400_000);
    let old = format!("id,v\n1,{long}a\n2,x\n3,{long}\n");
    let new = format!("id,v\n1,{long}b\n2,x\n");
    let lab = Lab::csv(&old, &new);
    lab.write("old.csv.gz", gz(&old));
    let expected = compare(&lab, "old.csv", "new.csv", &[], &[]);
    assert!(expected.details[0].contains("… (+1195906 bytes)"));
    assert!(expected.details[1].contains("… (+1195905 bytes)"));
    assert!(expected.details.iter().all(|file| file.len() < 20_000));
    let tight = compare(&lab, "old.csv.gz", "new.csv", &["--memory", "100K"], &[]);
    same(&expected, &tight, "long cells");
}
