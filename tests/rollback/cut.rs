//! Sides that break off, and a deadline that cuts the reading.

use super::*;
use support::fault::{At, Fault, Plan, Proxy};

/// What is proven on a part of the rows is told as that.
#[test]
fn a_new_side_that_breaks_off_still_proves_what_was_seen() {
    let pair = Pair::new(
        "rollback_cut",
        "UPDATE new_listings SET price = 0, updated_at = updated_at + interval '1 day' WHERE id IN (1, 2);
         INSERT INTO new_listings VALUES (-1, 'first', 'HOMES', 1, now());",
    );
    // Pages come in the order of the key: the second one never does.
    let plan = Plan::answer(
        1,
        400,
        &[("Content-Type", "application/json")],
        r#"{"code":"PGRST100","message":"broken"}"#,
    )
    .only("id=gte")
    .forever();
    let proxy = Proxy::start(pair.api.port(), plan);
    let ran = pair
        .check_at(&proxy.url(), &["--format", "json", "--connections", "1"])
        .exits(1);
    assert!(proxy.fired() > 0);
    let answer = answer(&ran);
    let sentence = answer["sentence"].as_str().expect("a sentence");
    assert!(
        sentence.starts_with("LOSES AT LEAST 3 ROWS: 1 only in new, 2 newer in new; perhaps more: the new side was not read whole ("),
        "{sentence}"
    );
    assert_eq!(answer["lost"]["exact"], false);
    assert_eq!(answer["datasets"][0]["new"]["complete"], false);
    assert_eq!(ran.saved("lost_newer_in_new.csv").lines().count(), 3);
    assert_eq!(ran.saved("lost_only_in_new.csv").lines().count(), 2);
}

/// Of rows that only new has nothing is proven while old was not seen whole.
#[test]
fn an_old_side_that_breaks_off_proves_nothing_of_rows_that_it_lacks() {
    let pair = Pair::new(
        "rollback_cut_old",
        "INSERT INTO new_listings VALUES (-1, 'first', 'HOMES', 1, now());",
    );
    let plan = Plan::answer(
        1,
        400,
        &[("Content-Type", "application/json")],
        r#"{"code":"PGRST100","message":"broken"}"#,
    )
    .only("id=gte")
    .forever();
    let proxy = Proxy::start(pair.api.port(), plan);
    let config = CONFIG.replace("${OLD_URL}", "${NEW_URL}").replace(
        "[datasets.listings.new]\nsource = \"${NEW_URL}\"",
        "[datasets.listings.new]\nsource = \"${OLD_URL}\"",
    );
    pair.lab.write("shadowgate.toml", config);
    let ran = pair
        .check_at(&proxy.url(), &["--format", "json", "--connections", "1"])
        .exits(3);
    assert!(proxy.fired() > 0);
    let cut = answer(&ran);
    assert!(
        cut["sentence"]
            .as_str()
            .unwrap()
            .starts_with("CANNOT TELL: the old side was not read whole (")
    );
    assert_eq!(
        cut["files"][0]["name"], "lost_newer_in_new.csv",
        "and no other"
    );
    assert!(
        !pair
            .lab
            .path("reports/latest/lost_only_in_new.csv")
            .exists()
    );
    // A row that is newer needs no more of old than its own.
    pair.sql("UPDATE new_listings SET price = 0, updated_at = updated_at + interval '1 day' WHERE id = 1");
    let ran = pair
        .check_at(&proxy.url(), &["--format", "json", "--connections", "1"])
        .exits(1);
    let sentence = answer(&ran)["sentence"].clone();
    assert!(
        sentence
            .as_str()
            .unwrap()
            .starts_with("LOSES AT LEAST 1 ROW: 0 only in new, 1 newer in new"),
        "{sentence}"
    );
}

#[test]
fn a_deadline_cuts_the_reading_and_says_so() {
    let pair = Pair::new("rollback_deadline", "");
    let proxy = Proxy::start(
        pair.api.port(),
        Plan::new(Fault::Stall, At::Total(200_000)).forever(),
    );
    let begun = std::time::Instant::now();
    let ran = pair
        .check_at(&proxy.url(), &["--format", "json", "--deadline", "4s"])
        .exits(3);
    assert!(
        begun.elapsed().as_secs() < 20,
        "no wait outlives the deadline"
    );
    assert!(proxy.fired() > 0);
    let answer = answer(&ran);
    let sentence = answer["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("the deadline passed"), "{sentence}");
    assert_eq!(answer["deadline"]["seconds"], 4.0);
    let next = answer["next"].as_str().expect("what to do");
    assert!(
        next.ends_with("shadowgate rollback-check --config shadowgate.toml --deadline 8s"),
        "{next}"
    );
    assert_eq!(answer["reasons"][0]["code"], "timeout");
    assert_eq!(answer["datasets"][0]["checks"][0]["number"], 2505);
}

/// A database that takes its time: the question is given up for the comparison,
/// and that for the deadline, with what was seen by then.
#[test]
fn a_slow_database_is_given_up_in_time() {
    let pair = Pair::new(
        "rollback_slow",
        "UPDATE old_listings SET price = 0, updated_at = updated_at - interval '1 day' WHERE id IN (1, 2);
         CREATE VIEW slow AS SELECT id, name, system, price, updated_at FROM new_listings
             WHERE id <= 1000 OR pg_sleep(0.05) IS NOT NULL;",
    );
    let config = CONFIG
        .replace(
            "SELECT state, updated_at FROM sync_state",
            "SELECT pg_sleep(60)",
        )
        .replace("${NEW_URL}", "${OLD_URL}")
        .replace("\"new_listings\"", "\"slow\"");
    pair.lab
        .write("shadowgate.toml", format!("deadline = \"12s\"\n{config}"));
    let begun = std::time::Instant::now();
    let ran = pair.check(&["--format", "json"]).exits(1);
    let took = begun.elapsed().as_secs();
    assert!((8..25).contains(&took), "{took} s");
    let answer = answer(&ran);
    let sentence = answer["sentence"].as_str().expect("a sentence");
    assert!(
        sentence
            .starts_with("LOSES AT LEAST 2 ROWS: 0 only in new, 2 newer in new; perhaps more: "),
        "{sentence}"
    );
    assert!(sentence.contains("the deadline passed"), "{sentence}");
    let checks = array(&answer["datasets"][0]["checks"]);
    assert_eq!(checks[0]["number"], 2505);
    assert_eq!(checks[3]["failed"], "there was no more time for questions");
    let left = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query ILIKE '%pg_sleep%' AND pid <> pg_backend_pid() AND datname = current_database()";
    assert_eq!(pair.sql(left), "0", "no query runs on");
}

#[test]
fn a_signal_ends_it_with_what_was_seen() {
    let pair = Pair::new(
        "rollback_signal",
        "CREATE VIEW slow AS SELECT id, name, system, price, updated_at FROM new_listings
             WHERE pg_sleep(0.02) IS NOT NULL;",
    );
    let config = CONFIG
        .replace("${NEW_URL}", "${OLD_URL}")
        .replace("\"new_listings\"", "\"slow\"");
    pair.lab.write("shadowgate.toml", config);
    let mut command = pair.lab.command();
    command
        .env("OLD_URL", pair.old())
        .args(["rollback-check", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("the binary runs");
    std::thread::sleep(std::time::Duration::from_secs(4));
    let pid = child.id().to_string();
    let told = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(told.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON on stdout");
    valid_rollback(&answer);
    assert_eq!(answer["answer"], "cannot_tell");
    assert_eq!(answer["exit_code"], 130);
    assert_eq!(answer["run"]["interrupted"], "SIGINT");
    assert!(
        !pair.lab.path("reports/latest").exists(),
        "it did not finish"
    );
}

/// A connection that is lost once is no answer: both sides are read anew.
#[test]
fn a_lost_connection_is_worth_another_attempt() {
    let pair = Pair::new(
        "rollback_again",
        "INSERT INTO new_listings VALUES (9001, '新着', 'HOMES', 1, now());",
    );
    let lost = Plan::new(Fault::Reset, At::Total(100_000)).times(1);
    let proxy = Proxy::start(Postgres::start().port(), lost);
    let config = CONFIG.replace(
        "${NEW_URL}",
        "postgres://postgres@127.0.0.1:PORT/rollback_again",
    );
    let config = config.replace("PORT", &proxy.port().to_string());
    pair.lab.write("shadowgate.toml", config);
    let ran = pair.check(&["--format", "json"]).exits(1);
    assert_eq!(proxy.fired(), 1);
    assert_eq!(
        answer(&ran)["sentence"],
        "LOSES 1 ROW: 1 only in new, 0 newer in new"
    );
    assert_eq!(ran.saved_report()["datasets"][0]["new"]["attempts"], 2);
    assert_eq!(ran.saved("lost_only_in_new.csv").lines().count(), 2);
}

/// Rows that a role may not see are not known to be none.
#[test]
fn a_role_from_which_rows_may_be_hidden_cannot_tell() {
    let pair = Pair::new("rollback_anon", "");
    let mut command = pair.lab.command();
    command
        .env("OLD_URL", pair.old())
        .env("NEW_URL", pair.api.url())
        .args(["rollback-check", "--deadline", "0"]);
    let ran = pair.lab.ran(&mut command).exits(3);
    let sentence = first_line(&ran);
    assert!(
        sentence.starts_with("CANNOT TELL: the new side was not read whole ("),
        "{sentence}"
    );
    assert!(sentence.contains("row-level security"), "{sentence}");
    assert!(!ran.stdout.contains(" left\n"), "no deadline");
}
