//! A partial new side: only the keys that it has are compared, and the report
//! says everywhere how few they may be.

use serde_json::{Value, json};

use super::common::{Lab, array};
use super::{OLD_NEW, both};

const SCOPED: [&str; 2] = ["--scope", "keys-of-new"];

fn rows(ids: std::ops::Range<u32>) -> String {
    let rows = ids.map(|id| format!("{id},name {id}\n"));
    "id,name\n".to_owned() + &rows.collect::<String>()
}

/// 2,505 keys in old, of which one occurs twice, and the first 100 in new.
fn partial() -> Lab {
    Lab::csv(&(rows(1000..3505) + "3000,again\n"), &rows(1000..1100))
}

#[test]
fn a_pass_says_of_how_few_keys() {
    let args = [&OLD_NEW[..], &SCOPED].concat();
    let report = both("scope_pass", &partial(), &args, 0);
    let dataset = &report["datasets"][0];
    assert_eq!(
        dataset["coverage"],
        json!({"numerator": 100, "denominator": 2505, "percent": "3.99"})
    );
    assert_eq!(dataset["match_rate"]["denominator"], 100);
    let counts = &dataset["counts"];
    assert_eq!(counts["out_of_scope"], 2405);
    // The key that old has twice is not compared.
    assert_eq!(
        (&counts["missing"], &counts["duplicated"]),
        (&json!(0), &json!(0))
    );
    let lab = partial();
    let ran = lab.by_id(&SCOPED);
    assert_eq!(
        ran.saved("missing.csv").lines().count(),
        1,
        "a header alone"
    );
    assert_eq!(ran.saved("duplicates.csv").lines().count(), 1);
}

#[test]
fn the_same_sides_without_a_scope_fail() {
    let lab = partial();
    lab.by_id(&[]).exits(1);
    lab.by_id(&["--scope", "all"]).exits(1);
    Lab::csv("id\n1\n", "id\n1\n")
        .by_id(&["--scope", "keys-of-old"])
        .refuses(&["keys-of-new"]);
}

const CONFIG: &str = r#"
[datasets.d]
key = ["id"]
scope = "keys-of-new"
old.source = "old.csv"
new.source = "new.csv"
[gates]
min_coverage = "80%"
"#;

#[test]
fn too_little_coverage_fails() {
    let lab = partial().with("shadowgate.toml", CONFIG);
    let report = both("scope_coverage", &lab, &[], 1);
    assert_eq!(report["reasons"][0]["code"], "gate_broken");
    lab.write("new.csv", rows(1000..3100));
    // 3000 occurs twice, and new has it now.
    let report = lab.verify(&["--format", "json"]).exits(1).json();
    assert_eq!(report["datasets"][0]["counts"]["duplicated"], 1);
    lab.write("old.csv", rows(1000..3505));
    lab.verify(&[]).exits(0);
    // What new has beyond old covers nothing.
    lab.write("new.csv", rows(1600..3800));
    let report = lab.verify(&["--format", "json"]).exits(1).json();
    assert_eq!(report["datasets"][0]["coverage"]["numerator"], 1905);
}

#[test]
fn what_differs_or_is_extra_still_counts() {
    let lab = partial();
    lab.write("new.csv", rows(1000..1010) + "1020,other\n9999,new\n");
    let report = lab.report(&SCOPED);
    assert_eq!(report["verdict"], "fail");
    let counts = &report["datasets"][0]["counts"];
    assert_eq!(
        (&counts["differing"], &counts["extra"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn a_new_side_without_a_key_is_inconclusive() {
    let lab = partial();
    for new in ["id,name\n", "id,name\n,no key\n"] {
        lab.write("new.csv", new);
        let args = [&SCOPED[..], &["--format", "json"]].concat();
        let code = if new.contains("no key") { 1 } else { 3 };
        let report = lab.by_id(&args).exits(code).json();
        let dataset = &report["datasets"][0];
        assert_eq!(dataset["match_rate"], Value::Null);
        let gates = array(&dataset["gates"]);
        let rate = gates.iter().find(|gate| gate["name"] == "match_rate");
        assert_eq!(rate.expect("a gate")["verdict"], "inconclusive");
    }
}

#[test]
fn nothing_is_out_of_scope_for_certain_on_a_side_that_was_cut_off() {
    let lab = partial();
    lab.write("new.csv", rows(1000..1100) + "1100,\"cut off");
    let report = lab.by_id(&SCOPED).cannot_verify(&["never closed"]);
    let dataset = &report["datasets"][0];
    assert_eq!(dataset["counts"]["out_of_scope"], 0);
    assert_eq!(dataset["coverage"], Value::Null);
}

#[test]
fn explain_knows_what_is_not_compared() {
    let lab = partial();
    let explain = |key: &str| lab.run(&[&["explain", key], &OLD_NEW[..], &SCOPED].concat());
    let ran = explain("3000").exits(3);
    assert!(ran.stdout.starts_with("OUT OF SCOPE"), "{}", ran.stdout);
    explain("1000").exits(0);
}
