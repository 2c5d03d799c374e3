//! The rows that would be lost, all of them, whole.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// Twice as many as other detail files hold, in little memory, one of them long.
#[test]
fn every_lost_row_is_written_whole_in_the_order_of_its_key() {
    let pair = Pair::new(
        "rollback_many",
        "INSERT INTO new_listings SELECT n, '新着 ' || n, 'HOMES', n, '2026-11-26 03:00+09'
             FROM generate_series(10001, 30000) n ORDER BY md5(n::text);
         UPDATE new_listings SET name = repeat('長', 3000) WHERE id = 20000;
         UPDATE new_listings SET price = -1, updated_at = updated_at + interval '1 day' WHERE id <= 2000;",
    );
    let args = [
        "--format",
        "json",
        "--memory",
        "8MB",
        "--max-details",
        "10",
        "--report-mode",
        "0640",
    ];
    let ran = pair.check(&args).exits(1);
    let answer = answer(&ran);
    assert_eq!(
        answer["sentence"],
        "LOSES 22,000 ROWS: 20,000 only in new, 2,000 newer in new"
    );
    assert_eq!(answer["lost"]["exact"], true);
    let rows: Vec<u64> = array(&answer["files"])
        .iter()
        .map(|file| file["rows"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, [20_000, 2_000]);
    let read = |name: &str| -> Vec<Vec<String>> {
        let text = ran.saved(name);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let records = reader.records().map(|record| record.expect("a record"));
        records
            .map(|record| record.iter().map(str::to_owned).collect())
            .collect()
    };
    let id = |row: &Vec<String>| -> u64 {
        let key: Value = serde_json::from_str(&row[1]).expect("a key in JSON");
        key["id"].as_str().expect("text").parse().expect("a number")
    };
    let only = read("lost_only_in_new.csv");
    assert!(
        only.iter().map(id).eq(10_001..=30_000),
        "each once, in order"
    );
    let long: Value = serde_json::from_str(&only[9_999][2]).expect("a row in JSON");
    assert_eq!(long["name"].as_str().unwrap(), "長".repeat(3000), "whole");
    let newer = read("lost_newer_in_new.csv");
    assert!(newer.iter().map(id).eq(1..=2000));
    let (old, new): (Value, Value) = (
        serde_json::from_str(&newer[0][2]).unwrap(),
        serde_json::from_str(&newer[0][3]).unwrap(),
    );
    assert_eq!(
        (&old["price"], &new["price"]),
        (&"1000".into(), &"-1".into())
    );
    // The usual details stay as they were asked for.
    assert_eq!(ran.saved("extra.csv").lines().count(), 11);
    let latest = pair.lab.path("reports/latest");
    for name in ["lost_only_in_new.csv", "rollback.json", "report.json"] {
        let mode = latest
            .join(name)
            .metadata()
            .expect(name)
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o640, "{name}");
    }
}

#[test]
fn a_folder_that_takes_no_file_is_no_safe_answer() {
    let pair = Pair::new("rollback_no_folder", "");
    pair.lab.write("reports", "a file");
    pair.check(&["--quiet"]).exits(2);
}

/// Two datasets, of which one loses rows: the answer is the worse one, and the
/// files hold the rows of all.
#[test]
fn several_datasets_have_one_answer() {
    let pair = Pair::new(
        "rollback_several",
        "INSERT INTO new_listings VALUES (9001, '新着', 'HOMES', 1, now());
         CREATE TABLE old_images (id int PRIMARY KEY, url text);
         CREATE TABLE new_images (id int PRIMARY KEY, url text);
         INSERT INTO old_images VALUES (1, 'a'); INSERT INTO new_images VALUES (1, 'a');",
    );
    let images = CONFIG
        .split("[datasets.listings.rollback]")
        .next()
        .unwrap()
        .replace("listings", "images");
    pair.lab
        .write("shadowgate.toml", format!("{CONFIG}{images}"));
    let ran = pair.check(&["--format", "json"]).exits(1);
    let both = answer(&ran);
    assert_eq!(
        both["sentence"],
        "LOSES 1 ROW: 1 only in new, 0 newer in new (in 1 of 2 datasets)"
    );
    assert_eq!(both["datasets"][1]["answer"], "safe");
    pair.sql("INSERT INTO new_images VALUES (2, 'b')");
    let ran = pair.check(&["--format", "json"]).exits(1);
    assert_eq!(answer(&ran)["lost"]["rows"], 2);
    let only = ran.saved("lost_only_in_new.csv");
    let datasets: Vec<&str> = only
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(datasets, ["listings", "images"]);
    assert_eq!(
        pair.check(&["--dataset", "images"])
            .exits(1)
            .stdout
            .lines()
            .next(),
        Some("LOSES 1 ROW: 1 only in new, 0 newer in new")
    );
}
