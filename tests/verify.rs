//! `verify` through the binary: what it prints, saves and exits with. Whole
//! outputs are snapshots, so that a change to any of them is seen and meant.

mod common;
#[path = "verify/folder.rs"]
mod folder;
#[path = "verify/scope.rs"]
mod scope;

use common::{Lab, Ran, array, redact, without};
use serde_json::{Value, json};

/// Three listings that match.
const SAME: &str = "id,name,price\n1,東京タワー,10\n2,b,20\n3,c,\n";

/// Holds what a run printed to its snapshot, and the saved report to the same.
#[track_caller]
fn snapshot(name: &str, ran: &Ran) {
    let printed = redact(&ran.stdout);
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(format!("verify__{name}"), printed);
    });
}

/// Runs both formats, holds each to its snapshot and its exit code.
#[track_caller]
fn both(name: &str, lab: &Lab, args: &[&str], code: i32) -> Value {
    let ran = lab.verify(args).exits(code);
    snapshot(&format!("{name}_text"), &ran);
    let ran = lab
        .verify(&[args, &["--format", "json"]].concat())
        .exits(code);
    snapshot(&format!("{name}_json"), &ran);
    assert_eq!(
        ran.stdout,
        ran.saved("report.json"),
        "the saved report is the printed one"
    );
    let report = ran.json();
    assert_eq!(report["exit_code"], code);
    report
}

const OLD_NEW: [&str; 4] = ["old.csv", "new.csv", "--key", "id"];

#[test]
fn pass() {
    let lab = Lab::csv(SAME, SAME);
    let report = both("pass", &lab, &OLD_NEW, 0);
    assert_eq!(report["verdict"], "pass");
    assert_eq!(array(&report["reasons"]).len(), 0);
}

#[test]
fn a_pass_still_names_what_is_missing_and_extra() {
    let rows = |from: u32, to: u32| -> String {
        let rows = (from..to).map(|id| format!("{id},n{id}\n"));
        "id,name\n".to_owned() + &rows.collect::<String>()
    };
    let lab = Lab::csv(&rows(1000, 1400), &rows(1001, 1401));
    let ran = lab.by_id(&[]).exits(0);
    snapshot("pass_with_missing_and_extra", &ran);
    for part in ["1000", "1400", "name=n1000", "name=n1400"] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
}

#[test]
fn fail_with_every_outcome() {
    let lab = Lab::csv(
        "id,name,price\n1,a,10\n2,=HYPERLINK(1),20\n3,c,30\n4,d,\n5,e,50\n5,e,51\n7,全角ＡＢＣ,70\n",
        "id,name,price\n1,a,10\n2,=HYPERLINK(2),20\n3,c,30\n4,d,\"\"\n6,f,60\n7,全角ABC,70\n",
    );
    let args = [&OLD_NEW[..], &["--show", "3"]].concat();
    let report = both("fail", &lab, &args, 1);
    assert_eq!(
        report["datasets"][0]["match_rate"],
        json!({"numerator": 2, "denominator": 7, "percent": "28.57"})
    );
    let ran = lab.by_id(&[]);
    let files = [
        "differences.csv",
        "missing.csv",
        "extra.csv",
        "duplicates.csv",
    ];
    let shown: String = files
        .iter()
        .map(|name| format!("--- {name}\n{}", ran.saved(name)))
        .collect();
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("verify__fail_files", shown);
    });
}

#[test]
fn inconclusive_when_a_side_is_cut_off() {
    let lab = Lab::csv(SAME, "id,name,price\n1,東京タワー,10\n2,b,20\n4,\"cut off");
    let report = both("inconclusive", &lab, &OLD_NEW, 3);
    let dataset = &report["datasets"][0];
    assert_eq!(dataset["new"]["complete"], false);
    // What the lost rows hold is not known: nothing is missing or extra.
    assert_eq!(dataset["counts"]["missing"], 0);
    assert_eq!(dataset["counts"]["extra"], 0);
    assert_eq!(dataset["match_rate"], Value::Null);
}

#[test]
fn duplicates_fail_even_a_side_that_is_cut_off() {
    let rows: String = (0..100_000)
        .map(|id| format!("{id},name {id},10\n"))
        .collect();
    let head = "id,name,price\n";
    let lab = Lab::csv(
        &format!("{head}{rows}"),
        &format!("{head}7,again,10\n{rows}cut,\"off"),
    );
    let ran = lab.by_id(&["--format", "json"]).exits(1);
    let report = ran.json();
    let dataset = &report["datasets"][0];
    assert_eq!(dataset["new"]["complete"], false);
    assert_eq!(dataset["counts"]["duplicated"], 1);
    assert_eq!(dataset["counts"]["extra"], 0);
    assert_eq!(report["reasons"][0]["code"], "malformed");
    assert_eq!(report["reasons"][1]["code"], "gate_broken");
}

const SEVERAL: &str = r#"
[datasets.listings]
key = ["id"]
old.source = "old.csv"
new.source = "new.csv"

[datasets.agents]
key = ["id"]
old.source = "agents_old.jsonl"
new.source = "agents_new.jsonl"

[datasets.rooms]
key = ["id"]
old.source = "old.csv"
new.source = "gone.csv"
"#;

#[test]
fn several_datasets_are_one_verdict() {
    let lab = Lab::csv(SAME, SAME)
        .with("agents_old.jsonl", "{\"id\":1,\"n\":9007199254740993}\n")
        .with("agents_new.jsonl", "{\"id\":1,\"n\":9007199254740992}\n")
        .with("gone.csv", "")
        .with("shadowgate.toml", SEVERAL);
    let report = both("several", &lab, &[], 1);
    let verdicts: Vec<&str> = array(&report["datasets"])
        .iter()
        .map(|dataset| dataset["verdict"].as_str().expect("a verdict"))
        .collect();
    assert_eq!(verdicts, ["pass", "fail", "inconclusive"]);
    lab.verify(&["--dataset", "listings"]).exits(0);
    lab.verify(&["--dataset", "rooms"]).exits(3);
    let refused = lab.verify(&["--dataset", "listing"]).exits(2);
    assert!(refused.stderr.contains("listings"), "{}", refused.stderr);
    // What one dataset cannot do is told before any of them is read.
    lab.write(
        "shadowgate.toml",
        SEVERAL.replace("gone.csv", "not_there.csv"),
    );
    let ran = lab.verify(&["--report-dir", "none"]).exits(2);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("rooms: new side: "), "{}", ran.stderr);
    assert_eq!(
        std::fs::read_dir(lab.path("none")).map_or(0, Iterator::count),
        0
    );
}

#[test]
fn unkeyed_rows_are_counted_and_fail() {
    let lab = Lab::csv("id,n\n1,a\n2,b\n", "id,n\n1,a\n2,b\n,c\n\"\",d\n");
    let report = both("unkeyed", &lab, &OLD_NEW, 1);
    let counts = &report["datasets"][0]["counts"];
    // The quoted cell is '', which is a key; the bare one is NULL.
    assert_eq!(
        (&counts["unkeyed_old"], &counts["unkeyed_new"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(counts["extra"], 1);
}

const TYPED: &str = r#"
[datasets.d]
key = ["id"]
old.source = "old.csv"
new.source = "new.csv"
[datasets.d.columns]
id = { type = "bigint" }
price = { type = "numeric", tolerance = { absolute = "0.5" } }
"#;

#[test]
fn unreadable_cells_are_inconclusive_only_where_they_decide() {
    let lab = Lab::csv("id,price\n1,10\n2,x20\n", "id,price\n01,10.0\n2,20\n")
        .with("shadowgate.toml", TYPED);
    let report = both("unreadable", &lab, &[], 3);
    let dataset = &report["datasets"][0];
    assert_eq!(dataset["counts"]["unreadable_old"], 1);
    assert_eq!(dataset["samples"]["unreadable"][0]["text"], "x20");
    // 1 of 2 matches for certain, and 50 % is all that is asked.
    lab.verify(&["--match-rate", "50%"]).exits(0);
    // Here it fails whatever that cell says.
    lab.write("new.csv", "id,price\n01,11.0\n2,20\n");
    lab.verify(&[]).exits(1);
}

#[test]
fn tolerated_rows_match_and_are_counted() {
    let lab = Lab::csv(
        "id,price\n1,10\n2,20\n3,30\n",
        "id,price\n1,10.5\n2,20.50\n3,30.0\n",
    )
    .with("shadowgate.toml", TYPED);
    let report = both("tolerance", &lab, &[], 0);
    let counts = &report["datasets"][0]["counts"];
    assert_eq!(
        (&counts["matched"], &counts["tolerated"]),
        (&json!(3), &json!(2))
    );
    lab.write("new.csv", "id,price\n1,10.51\n2,20.50\n3,30.0\n");
    lab.verify(&[]).exits(1);
}

#[test]
fn columns_on_one_side_are_schema_drift() {
    let lab = Lab::csv("id,a,b\n1,x,y\n", "id,a,c\n1,x,z\n");
    let report = both("schema", &lab, &OLD_NEW, 1);
    assert_eq!(report["datasets"][0]["columns_only_old"], json!(["b"]));
    assert_eq!(report["datasets"][0]["columns_only_new"], json!(["c"]));
    lab.by_id(&["--ignore", "b,c"]).exits(0);
    // Choosing columns does not hide that one is gone.
    lab.by_id(&["--columns", "a"]).exits(1);
}

#[test]
fn composite_keys_are_told_column_by_column() {
    let lab = Lab::csv(
        "building,room,rent\nA,1,100\nA,2,200\n\"B, C\",1,300\nB,\"C,1\",400\n",
        "building,room,rent\nA,1,100\nA,2,250\nB,\"C,1\",400\nD,,500\n",
    );
    let args = [
        "old.csv",
        "new.csv",
        "--key",
        "building,room",
        "--show",
        "1",
    ];
    let report = both("composite_key", &lab, &args, 1);
    let counts = &report["datasets"][0]["counts"];
    assert_eq!(
        (&counts["matched"], &counts["unkeyed_new"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn rules_are_told_and_counted() {
    let lab = Lab::csv("id,a\n1, X \n2,y\n", "id,a\n1,x\n2,y\n").with(
        "shadowgate.toml",
        "[datasets.d]\nkey = [\"id\"]\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
         [datasets.d.columns.\"*\"]\nnormalise = [\"trim\", \"lowercase\"]\n",
    );
    let report = both("rules", &lab, &[], 0);
    assert_eq!(report["datasets"][0]["counts"]["equal_by_rules"], 1);
    let column = &report["datasets"][0]["columns"][1];
    assert_eq!(
        column["rules"][0],
        json!({"rule": "trim", "old": 1, "new": 0})
    );
}

#[test]
fn the_exit_code_is_the_verdicts() {
    let lab = Lab::csv(SAME, SAME);
    lab.by_id(&[]).exits(0);
    lab.verify(&["old.csv", "new.csv"]).exits(2);
    lab.verify(&["old.csv"]).exits(2);
    lab.verify(&[]).exits(2);
    lab.by_id(&["--no-such-flag"]).exits(2);
    lab.by_id(&["--match-rate", "99"]).exits(2);
    lab.write("new.csv", "id,name,price\n");
    lab.by_id(&[]).exits(1);
}

#[test]
fn without_a_key_the_columns_that_would_do_are_listed() {
    let rows = "id,code,n\n1,a,x\n2,b,x\n";
    let lab = Lab::csv(rows, rows);
    let ran = lab.verify(&["old.csv", "new.csv"]).refuses(&["--key"]);
    let told = &ran.stderr;
    assert!(told.contains("id") && told.contains("code"), "{told}");
    assert!(!told.contains(", n"), "{told}");
}

#[test]
fn the_order_of_rows_and_columns_changes_nothing() {
    let lab = Lab::csv(
        "id,a,b\n1,x,y\n2,p,q\n3,r,s\n",
        "id,a,b\n1,x,z\n2,p,q\n3,r,s\n",
    );
    let report = lab.report(&[]);
    lab.write("new.csv", "b,id,a\nq,2,p\ns,3,r\nz,1,x\n");
    let shuffled = lab.report(&[]);
    let fields = common::OF_THE_RUN;
    assert_eq!(without(&report, &fields), without(&shuffled, &fields));
}

#[test]
fn progress_and_log_stay_off_stdout() {
    let lab = Lab::csv(SAME, SAME);
    let args = [
        "verify", "old.csv", "new.csv", "--key", "id", "--format", "json",
    ];
    let ran = lab.run(&args).exits(0);
    assert!(ran.stderr.contains("old: 3 rows"), "{}", ran.stderr);
    ran.json();
    let ran = lab
        .ran(lab.command().args(args).env("RUST_LOG", "shadowgate=debug"))
        .exits(0);
    assert!(ran.stderr.contains("DEBUG"), "{}", ran.stderr);
    ran.json();
    let ran = lab.verify(&args[1..]).exits(0);
    assert_eq!(ran.stderr, "", "--quiet");
}

/// A configuration may ask for nothing of the rows, but not unseen.
#[test]
fn a_run_that_no_gate_on_matches_watches_says_so() {
    let lab = Lab::csv("id,v\n1,a\n", "id,v\n1,b\n");
    let told = |gates: &str, code: i32| {
        lab.write(
            "shadowgate.toml",
            format!(
                "[datasets.d]\nkey = \"id\"\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n[gates]\n{gates}"
            ),
        );
        let report = lab.verify(&["--format", "json"]).exits(code).json();
        let warnings = array(&report["datasets"][0]["warnings"]).clone();
        warnings
            .iter()
            .any(|it| it.to_string().contains("no gate asks whether rows match"))
    };
    assert!(told("match_rate = \"off\"", 0));
    assert!(!told("match_rate = \"off\"\nmissing = 0", 0));
    assert!(!told(
        "match_rate = \"off\"\n[gates.columns]\nv = \"100%\"",
        1
    ));
    assert!(!told("", 1));
}
