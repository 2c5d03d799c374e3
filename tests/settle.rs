//! The sync's own declared delay: a row that was changed within `settle_after` is
//! held against neither side, from files and from a real server.

mod common;
mod support;

use common::{Lab, Ran, array};
use serde_json::Value;
use support::Postgres;

/// So many minutes ago, as PostgreSQL writes it, in UTC.
fn ago(minutes: i64) -> String {
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
    then.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// By id and state, all rows shown.
fn states(report: &Value) -> Vec<String> {
    let samples = &report["datasets"][0]["samples"];
    let mut found: Vec<String> = ["differing", "missing", "extra"]
        .into_iter()
        .flat_map(|kind| array(&samples[kind]))
        .map(|row| {
            let text = |value: &Value| value.as_str().expect("text").to_owned();
            format!("{} {}", text(&row["key"]["id"]), text(&row["state"]))
        })
        .collect();
    found.sort();
    found
}

fn config(lab: &Lab, sides: &str, more: &str) {
    lab.write(
        "shadowgate.toml",
        format!(
            "[datasets.d]\nkey = \"id\"\nsettle_after = \"15m\"\nupdated_at = \"at\"\n{more}\n{sides}"
        ),
    );
}

fn run(lab: &Lab, args: &[&str]) -> Ran {
    lab.verify(&[&["--format", "json"], args].concat())
}

const FILES: &str = "old.source = \"old.csv\"\nnew.source = \"new.csv\"\n";

/// 1 to 3 differ, 4 is missing, 5 extra; 9 rows match.
fn files(of_new: impl Fn(u32) -> String) -> Lab {
    let old_time = ago(60);
    let (mut old, mut new) = ("id,v,at\n".to_owned(), "id,v,at\n".to_owned());
    for id in 1..=14 {
        let time = of_new(id);
        if id != 5 {
            // Old knows of its own changes an hour ago, of 4 just now.
            let time = if id == 4 { &time } else { &old_time };
            old += &format!("{id},v,{time}+00\n");
        }
        if id != 4 {
            let value = if id <= 3 { "x" } else { "v" };
            new += &format!("{id},{value},{time}+00\n");
        }
    }
    Lab::csv(&old, &new)
}

#[test]
fn young_rows_move_and_decide_nothing_alone() {
    let lab = files(|id| match id {
        1 | 4 | 5 => ago(1),
        2 => ago(14),
        _ => ago(30),
    });
    config(&lab, FILES, "ignore = [\"at\"]");
    let ran = run(&lab, &["--match-rate", "90%"]).exits(3);
    let report = ran.json();
    assert_eq!(
        states(&report),
        [
            "1 moving",
            "2 moving",
            "3 persistent",
            "4 moving",
            "5 moving"
        ]
    );
    let recheck = &report["datasets"][0]["recheck"];
    let count = |name: &str| recheck[name].as_f64().expect("a number");
    assert_eq!(
        ["rounds", "rechecked", "settled", "persistent", "moving"].map(count),
        [0.0, 0.0, 0.0, 1.0, 4.0]
    );
    assert_eq!(count("settle_after_seconds"), 900.0);
    let gate = &report["datasets"][0]["gates"][0];
    assert_eq!(
        gate["why"],
        "4 keys that do not match yet decide it: 64.28% as last seen, 92.85% once they match"
    );
    // One row in fourteen stays whatever becomes of the others.
    run(&lab, &["--match-rate", "93%"]).exits(1);
    run(&lab, &["--match-rate", "64%"]).exits(0);
    // The page on the terminal says so too.
    let page = lab.verify(&["--match-rate", "64%"]).exits(0);
    assert!(
        page.stdout.contains("moving      4  of these"),
        "{}",
        page.stdout
    );
    assert!(!page.stdout.contains("settled"), "{}", page.stdout);
}

/// Without a zone no time is young, and nothing said why a row in flight failed.
#[test]
fn keys_whose_rows_do_not_tell_their_age_are_counted() {
    let lab = Lab::csv(
        "id,v,at\n1,a,2026-11-27 03:00\n2,b,2026-11-27 03:00Z\n",
        "id,v,at\n1,x,2026-11-27 03:00\n2,x,\n",
    );
    config(&lab, FILES, "ignore = [\"at\"]");
    let report = run(&lab, &[]).exits(1).json();
    let warning = report["datasets"][0]["warnings"][0].as_str();
    let told = warning.expect("a warning");
    assert!(
        told.contains("no row of 1 key that did not match"),
        "{told}"
    );
}

/// Rows are kept, told apart by prints, or compared with the time itself: the
/// states are the same.
#[test]
fn every_way_of_comparing_knows_a_rows_age() {
    let lab = files(|id| if id % 2 == 0 { ago(2) } else { ago(40) });
    let expected = [
        "1 persistent",
        "2 moving",
        "3 persistent",
        "4 moving",
        "5 persistent",
    ];
    config(&lab, FILES, "ignore = [\"at\"]");
    let args = ["--match-rate", "70%"];
    let report = run(&lab, &args).exits(3).json();
    assert_eq!(states(&report), expected, "prints");
    let packed = |name: &str| {
        let text = std::fs::read(lab.path(name)).expect("a file");
        zstd::encode_all(&text[..], 1).expect("memory")
    };
    lab.write("new.csv.zst", packed("new.csv"));
    let sides = FILES.replace("new.csv", "new.csv.zst");
    config(&lab, &sides, "ignore = [\"at\"]");
    assert_eq!(states(&run(&lab, &args).json()), expected, "kept rows");
    config(&lab, FILES, "");
    let report = run(&lab, &["--match-rate", "0%"]).exits(0).json();
    let all = states(&report);
    assert_eq!(
        all.iter().filter(|state| state.ends_with("moving")).count(),
        7
    );
}

#[test]
fn a_zoneless_time_is_read_by_the_columns_zone() {
    // Nine hours ahead of UTC: an hour ago there is in eight hours here.
    let local = |minutes: i64| ago(minutes - 9 * 60);
    let lab = Lab::csv(
        &format!("id,v,at\n1,a,{}\n2,a,{}\n", local(5), local(50)),
        &format!("id,v,at\n1,b,{}\n2,b,{}\n", local(50), local(50)),
    );
    let zone = "[datasets.d.columns.at]\ntimezone = \"Asia/Tokyo\"\ntype = \"timestamptz\"\n";
    config(&lab, &format!("{FILES}{zone}"), "ignore = [\"at\"]");
    let report = run(&lab, &["--match-rate", "50%"]).exits(3).json();
    assert_eq!(states(&report), ["1 moving", "2 persistent"]);
    // Text that is no time, and no text at all, tell no age.
    let lab = Lab::csv("id,v,at\n1,a,soon\n2,a,\n", "id,v,at\n1,b,2024\n2,b,\n");
    config(&lab, FILES, "ignore = [\"at\"]");
    assert_eq!(
        states(&run(&lab, &[]).exits(1).json()),
        ["1 persistent", "2 persistent"]
    );
}

#[test]
fn a_server_tells_age_by_its_own_clock() {
    let server = Postgres::start();
    let url = server.create_database("settle");
    server.sql(
        "settle",
        "CREATE TABLE old (id int PRIMARY KEY, v text, at timestamptz);
         INSERT INTO old SELECT n, 'v', now() - interval '1 day' FROM generate_series(1, 20) n;
         CREATE TABLE new (id int PRIMARY KEY, v text, changed timestamp);
         INSERT INTO new SELECT n, CASE WHEN n <= 4 THEN 'x' ELSE 'v' END,
             (now() AT TIME ZONE 'Asia/Tokyo') - interval '1 day' FROM generate_series(1, 20) n;
         UPDATE new SET changed = now() AT TIME ZONE 'Asia/Tokyo' WHERE id IN (1, 9);
         UPDATE old SET at = now() - interval '14 min' WHERE id = 2;
         UPDATE old SET at = now() - interval '16 min' WHERE id = 3;
         UPDATE new SET changed = 'infinity' WHERE id = 4",
    );
    let lab = Lab::new();
    let sides = format!(
        "old = {{ source = \"{url}\", table = \"old\" }}\n\
         new = {{ source = \"{url}\", table = \"new\", rename = {{ changed = \"at\" }} }}\n"
    );
    config(&lab, &sides, "ignore = [\"at\"]");
    lab.verify(&[]).refuses(&[
        "updated_at names `at`, which is timestamp without time zone on the new side",
        "[datasets.d.columns.at]",
    ]);
    let zone = "[datasets.d.columns.at]\ntimezone = \"Asia/Tokyo\"\n";
    config(&lab, &format!("{sides}{zone}"), "ignore = [\"at\"]");
    let report = run(&lab, &["--match-rate", "90%"]).exits(3).json();
    let expected = ["1 moving", "2 moving", "3 persistent", "4 persistent"];
    assert_eq!(states(&report), expected);
    // A later look finds the same, and what has settled is no more there.
    server.sql("settle", "UPDATE new SET v = 'v' WHERE id = 4");
    let look = [
        "--match-rate",
        "90%",
        "--recheck",
        "1",
        "--recheck-delay",
        "0",
    ];
    let report = run(&lab, &look).exits(3).json();
    assert_eq!(states(&report), expected[..3]);
    assert_eq!(report["datasets"][0]["recheck"]["rechecked"], 3);
}

#[test]
fn one_setting_without_the_other_is_refused() {
    let lab = files(|_| ago(1));
    for (line, due) in [
        ("settle_after = \"15m\"", "`updated_at` is due beside it"),
        ("updated_at = \"at\"", "`settle_after` is due beside it"),
    ] {
        lab.write(
            "shadowgate.toml",
            format!("[datasets.d]\nkey = \"id\"\n{line}\n{FILES}"),
        );
        lab.verify(&[]).refuses(&["line 3", due]);
    }
}
