//! The shipped fixtures against what is planted in them: every verdict, count,
//! cause and line of every detail file, and nothing besides.
//!
//! fixtures/truth.json is written by the generator from its own knowledge, never
//! from a run, so that the report and the truth can disagree.

#[path = "truth/files.rs"]
mod files;
#[path = "../fixtures/generator/mod.rs"]
mod generator;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn truth() -> Value {
    let text = std::fs::read_to_string(fixtures().join("truth.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A finished run: its exit code, what it printed, and where its files are.
struct Run {
    code: Option<i32>,
    report: Value,
    folder: PathBuf,
    _temp: tempfile::TempDir,
}

fn verify(config: &str) -> Run {
    let temp = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_shadowgate"))
        .args(["verify", "--format", "json", "--config"])
        .arg(fixtures().join(config))
        .arg("--report-dir")
        .arg(temp.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).expect(&errors);
    let folder = temp.path().join(report["run"]["id"].as_str().unwrap());
    let saved = std::fs::read(folder.join("report.json")).unwrap();
    let saved: Value = serde_json::from_slice(&saved).unwrap();
    assert_eq!(saved, report, "what is saved is what is printed");
    Run {
        code: output.status.code(),
        report,
        folder,
        _temp: temp,
    }
}

fn sorted(values: &Value) -> Vec<String> {
    let mut all: Vec<String> = values
        .as_array()
        .unwrap()
        .iter()
        .map(|value| sorted_keys(value).to_string())
        .collect();
    all.sort();
    all
}

/// The value with its objects' members in one order.
fn sorted_keys(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let members = members.into_iter();
            members
                .map(|(name, value)| (name.clone(), sorted_keys(value)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.iter().map(sorted_keys).collect(),
        other => other.clone(),
    }
}

/// Both lists hold the same values; where not, what is too few and too many.
fn same(what: &str, found: &Value, expected: &Value) {
    let (found, expected) = (sorted(found), sorted(expected));
    let less = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().filter(|item| !b.contains(item)).cloned().collect()
    };
    let (lacking, beyond) = (less(&expected, &found), less(&found, &expected));
    assert!(
        found == expected,
        "{what}\nplanted, not reported: {lacking:#?}\nreported, not planted: {beyond:#?}"
    );
}

fn hold(name: &str) {
    let truth = &truth()[name];
    let run = verify(truth["config"].as_str().unwrap());
    let dataset = &run.report["datasets"][0];
    files(name, &run.folder, truth);
    for field in ["counts", "match_rate"] {
        assert_eq!(dataset[field], truth[field], "{name}: {field}");
    }
    columns(name, dataset, truth);
    samples(name, dataset, truth);
    for (side, rows) in [("old", "old_rows"), ("new", "new_rows")] {
        assert_eq!(
            dataset[side]["rows"], truth["counts"][rows],
            "{name}: {side}"
        );
        assert_eq!(dataset[side]["complete"], true, "{name}: {side}");
    }
    for field in ["columns_only_old", "columns_only_new", "ignored"] {
        assert_eq!(dataset[field], truth[field], "{name}: {field}");
    }
    let gates = dataset["gates"].as_array().unwrap().iter();
    let gates: serde_json::Map<_, _> = gates
        .map(|gate| {
            (
                gate["name"].as_str().unwrap().to_owned(),
                gate["verdict"].clone(),
            )
        })
        .collect();
    let broken = gates.values().filter(|verdict| *verdict == "fail").count();
    assert_eq!(Value::from(gates), truth["gates"], "{name}: gates");
    let reasons = run.report["reasons"].as_array().unwrap();
    assert!(reasons.iter().all(|reason| reason["code"] == "gate_broken"));
    assert_eq!(
        reasons.len(),
        broken,
        "{name}: one reason for each broken gate"
    );
    assert_eq!(dataset["name"], truth["dataset"], "{name}");
    for place in [&run.report, dataset] {
        assert_eq!(place["verdict"], truth["verdict"], "{name}");
    }
    assert_eq!(run.report["exit_code"], truth["exit_code"], "{name}");
    assert_eq!(
        run.code.map(Value::from),
        Some(truth["exit_code"].clone()),
        "{name}"
    );
}

fn columns(name: &str, dataset: &Value, truth: &Value) {
    let found: Vec<Value> = dataset["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| {
            json!({
                "name": column["name"],
                "type": column["type"],
                "differing": column["differing"],
                "tolerated": column["tolerated"],
                "causes": column["causes"],
                "rules": column["rules"],
            })
        })
        .collect();
    let expected = truth["columns"].as_array().unwrap();
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "{name}: {}", expected["name"]);
    }
    assert_eq!(found.len(), expected.len(), "{name}: columns");
}

/// The report's samples are the first twenty of each kind, in key order.
fn samples(name: &str, dataset: &Value, truth: &Value) {
    let found = &dataset["samples"];
    let mut rows: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for cell in truth["differences"].as_array().unwrap() {
        let mut cell = cell.as_object().unwrap().clone();
        let key = cell.remove("key").unwrap();
        let key = key["property_number"].as_str().unwrap().to_owned();
        rows.entry(key).or_default().push(cell.into());
    }
    let rows = rows.into_iter().take(20);
    let differing: Value = rows
        .map(|(key, cells)| json!({ "key": { "property_number": key }, "cells": cells }))
        .collect();
    assert_eq!(found["differing"], differing, "{name}: samples.differing");
    for kind in ["missing", "extra", "duplicated"] {
        let all = truth[kind].as_array().unwrap();
        let few = &all[..all.len().min(20)];
        same(
            &format!("{name}: samples.{kind}"),
            &found[kind],
            &json!(few),
        );
    }
}

fn files(name: &str, folder: &Path, truth: &Value) {
    let dataset = truth["dataset"].as_str().unwrap();
    let read = |file: &str, header: &[&str]| files::read(&folder.join(file), header, dataset);
    let differences = read("differences.csv", &["key", "column", "old", "new", "cause"]);
    same(
        &format!("{name}: differences.csv"),
        &differences,
        &truth["differences"],
    );
    for kind in ["missing", "extra"] {
        let found = read(&format!("{kind}.csv"), &["key", "row"]);
        same(&format!("{name}: {kind}.csv"), &found, &truth[kind]);
    }
    let found = read("duplicates.csv", &["key", "old_count", "new_count"]);
    let found: Value = found
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let count = |name: &str| row[name].as_str().unwrap().parse::<u64>().unwrap();
            json!({ "key": row["key"], "old": count("old_count"), "new": count("new_count") })
        })
        .collect();
    same(
        &format!("{name}: duplicates.csv"),
        &found,
        &truth["duplicated"],
    );
}

#[test]
fn without_rules_every_planted_cell_is_told() {
    hold("strict");
}

#[test]
fn with_rules_only_what_they_do_not_mend_is_told() {
    hold("listings");
}

#[test]
fn the_good_pair_passes() {
    hold("good");
}

/// The truth itself has every kind it should, each more than once.
#[test]
fn every_cause_and_outcome_is_planted() {
    let truth = truth();
    let differences = truth["strict"]["differences"].as_array().unwrap();
    let causes = [
        "null",
        "absent",
        "unreadable",
        "scale",
        "whitespace",
        "unicode_form",
        "case",
        "hour_shift",
        "truncation",
        "encoding",
        "json_number",
        "order",
        "value",
    ];
    for cause in causes {
        let cells = differences.iter().filter(|cell| cell["cause"] == cause);
        assert!(cells.count() > 1, "{cause}");
    }
    let counts = &truth["listings"]["counts"];
    for (name, count) in counts.as_object().unwrap() {
        assert!(count.as_u64().unwrap() > 0, "{name}");
    }
    assert_eq!(truth["good"]["verdict"], "pass");
    assert!(
        truth["good"]["match_rate"]["percent"]
            .as_str()
            .unwrap()
            .starts_with("99.")
    );
    for column in truth["listings"]["columns"].as_array().unwrap() {
        for rule in column["rules"].as_array().unwrap() {
            if rule["rule"] != "trim" {
                let changed = rule["old"].as_u64().unwrap() + rule["new"].as_u64().unwrap();
                assert!(changed > 0, "{} {}", column["name"], rule["rule"]);
            }
        }
    }
}

/// Both shipped queries fit the shipped table, and name the same columns.
#[test]
fn the_shipped_queries_read_the_same() {
    let temp = tempfile::tempdir().unwrap();
    let queries = fixtures().join("../queries");
    let table = format!("sqlite:{}", fixtures().join("good_old.sqlite").display());
    let output = Command::new(env!("CARGO_BIN_EXE_shadowgate"))
        .args(["verify", &table, &table, "--key", "property_number"])
        .arg("--old-query")
        .arg(queries.join("listings_old.sql"))
        .arg("--new-query")
        .arg(queries.join("listings_new.sql"))
        .args(["--allow-same-source", "--format", "json", "--report-dir"])
        .arg(temp.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let dataset = &report["datasets"][0];
    assert_eq!(dataset["counts"]["matched"], 400);
    assert_eq!(dataset["columns"].as_array().unwrap().len(), 21);
}

/// What is committed is what the generator writes.
#[test]
fn the_fixtures_are_as_generated() {
    let temp = tempfile::tempdir().unwrap();
    generator::write_all(temp.path()).unwrap();
    let again = "run `cargo run --example fixtures` and commit what it writes";
    for file in generator::TEXT_FILES {
        let [fresh, kept] =
            [temp.path(), &fixtures()].map(|dir| std::fs::read(dir.join(file)).unwrap());
        assert!(fresh == kept, "{file} is not as generated: {again}");
    }
    for file in generator::DATABASES {
        let [fresh, kept] = [temp.path(), &fixtures()].map(|dir| files::database(&dir.join(file)));
        assert!(!fresh.is_empty());
        assert!(fresh == kept, "{file} is not as generated: {again}");
    }
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let entry = entry.unwrap();
        let size = entry.metadata().unwrap().len();
        assert!(size < 400_000, "{:?} has {size} bytes", entry.path());
    }
}
