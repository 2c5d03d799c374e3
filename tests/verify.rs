//! `verify` through the binary: what it prints, saves and exits with. Whole
//! outputs are snapshots, so that a change to any of them is seen and meant.

mod common;

use std::os::unix::fs::PermissionsExt;

use common::{Lab, Ran, array, redact, reports, without};
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
fn a_report_is_a_folder_for_its_owner() {
    let lab = Lab::csv(SAME, "id,name,price\n1,a,10\n");
    let mode = |name: &str| {
        let path = lab.path("reports/latest").join(name);
        std::fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    let files = [
        "differences.csv",
        "duplicates.csv",
        "extra.csv",
        "missing.csv",
        "report.json",
    ];
    let ran = lab.by_id(&["--format", "json"]).exits(1);
    assert_eq!(mode(""), 0o700);
    let folder = lab.path("reports/latest");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .expect("a folder")
        .flatten()
        .collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    assert_eq!(
        names
            .iter()
            .map(|name| name.file_name())
            .collect::<Vec<_>>(),
        files
    );
    files
        .iter()
        .for_each(|name| assert_eq!(mode(name), 0o600, "{name}"));
    assert_eq!(ran.stdout, ran.saved("report.json"));
    let first = std::fs::read_link(lab.path("reports/latest")).expect("a link");
    assert_eq!(
        first.to_str(),
        ran.json()["run"]["id"].as_str(),
        "relative, to the run"
    );
    let ran = lab
        .by_id(&["--report-mode", "0640", "--format", "json"])
        .exits(1);
    assert_eq!(
        (mode(""), mode("report.json"), mode("extra.csv")),
        (0o750, 0o640, 0o640)
    );
    let second = std::fs::read_link(lab.path("reports/latest")).expect("a link");
    assert_eq!(second.to_str(), ran.json()["run"]["id"].as_str());
    assert_ne!(first, second);
    assert_eq!(
        reports(&lab.path("")).len(),
        3,
        "two runs and the link, nothing else"
    );
    let ran = lab.by_id(&["--report-mode", "0400"]).exits(2);
    assert!(
        ran.stdout.is_empty() && ran.stderr.contains("0400"),
        "{}",
        ran.stderr
    );
}

#[test]
fn null_and_the_empty_text_stay_apart_in_detail_files() {
    let lab = Lab::csv(
        "id,v\n1,\n2,\"\"\n3,NULL\n",
        "id,v\n1,\"\"\n2,\n3,\n4,\n5,\"\"\n",
    );
    let ran = lab.by_id(&[]).exits(1);
    assert_eq!(
        ran.saved("differences.csv"),
        "dataset,key,column,old,new,cause\n\
         dataset,\"{\"\"id\"\":\"\"1\"\"}\",v,,\"\",null\n\
         dataset,\"{\"\"id\"\":\"\"2\"\"}\",v,\"\",,null\n\
         dataset,\"{\"\"id\"\":\"\"3\"\"}\",v,NULL,,null\n"
    );
    let extra = ran.saved("extra.csv");
    assert!(
        extra.contains(r#"""v"":null"#) && extra.contains(r#"""v"":"""""#),
        "{extra}"
    );
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_neutralised() {
    let runs = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"];
    let rows = |prefix: &str| -> String {
        let rows = runs.iter().enumerate();
        let rows = rows.map(|(id, cell)| format!("{id},\"{cell}{prefix}\"\n"));
        "id,v\n".to_owned() + &rows.collect::<String>()
    };
    let lab = Lab::csv(&rows("x"), &rows("y"));
    let ran = lab.by_id(&[]).exits(1);
    let file = ran.saved("differences.csv");
    for cell in runs {
        let (old, new) = (format!("'{cell}x"), format!("'{cell}y"));
        assert!(file.contains(&old) && file.contains(&new), "{cell}: {file}");
    }
    // The report itself holds the value as it is.
    let report = ran.saved_report();
    assert_eq!(
        report["datasets"][0]["samples"]["differing"][0]["cells"][0]["old"],
        "=1+1x"
    );
}

#[test]
fn detail_files_hold_the_smallest_keys_up_to_the_cap() {
    let rows = |value: &str, order: &mut dyn Iterator<Item = u32>| -> String {
        let rows = order.map(|id| format!("{id:03},{value}\n"));
        "id,v\n".to_owned() + &rows.collect::<String>()
    };
    let lab = Lab::csv(&rows("a", &mut (0..200).rev()), &rows("b", &mut (100..300)));
    let ran = lab.by_id(&["--max-details", "30"]).exits(1);
    let keys = |file: &str| -> Vec<String> {
        let file = ran.saved(file);
        let lines = file.lines().skip(1);
        lines
            .map(|line| line.split("\"\"").nth(3).expect("a key").to_owned())
            .collect()
    };
    let expect =
        |from: u32| -> Vec<String> { (from..from + 30).map(|id| format!("{id:03}")).collect() };
    assert_eq!(keys("missing.csv"), expect(0));
    assert_eq!(keys("differences.csv"), expect(100));
    assert_eq!(keys("extra.csv"), expect(200));
    // Counts are exact all the same, and the report shows its own twenty.
    let report = ran.saved_report();
    let dataset = &report["datasets"][0];
    assert_eq!(
        (&dataset["counts"]["differing"], &dataset["counts"]["extra"]),
        (&json!(100), &json!(100))
    );
    assert_eq!(array(&dataset["samples"]["missing"]).len(), 20);
    assert_eq!(dataset["samples"]["missing"][19]["key"]["id"], "019");
}

#[test]
fn a_cell_over_four_kilobytes_is_cut_and_marked() {
    let long = "長".repeat(3000);
    let lab = Lab::csv(&format!("id,v\n1,{long}\n"), "id,v\n1,b\n");
    let ran = lab.by_id(&["--format", "json"]).exits(1);
    let old = &ran.json()["datasets"][0]["samples"]["differing"][0]["cells"][0]["old"];
    let old = old.as_str().expect("text");
    assert!(
        old.starts_with('長') && old.len() < 4200,
        "{} bytes",
        old.len()
    );
    assert!(old.ends_with("… (+4905 bytes)"), "{} bytes", old.len());
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
    assert!(ran.stderr.contains("dataset old: "), "{}", ran.stderr);
    ran.json();
    let ran = lab
        .ran(lab.command().args(args).env("RUST_LOG", "shadowgate=debug"))
        .exits(0);
    assert!(ran.stderr.contains("DEBUG"), "{}", ran.stderr);
    ran.json();
    let ran = lab.verify(&args[1..]).exits(0);
    assert_eq!(ran.stderr, "", "--quiet");
}
