//! Reading from a standby: how far it is behind its primary is told and gated,
//! and a conflict with what it replays starts a reading over.

mod common;
mod support;

use std::time::Duration;

use common::Lab;
use serde_json::Value;
use support::{Postgres, until};

/// A primary with a table, and its standby, on which nothing keeps replaying waiting.
fn pair(table: &str) -> (Postgres, Postgres) {
    let primary = Postgres::start_with("", &[]);
    primary.create_database("app");
    primary.sql("app", table);
    let standby = primary.standby("max_standby_streaming_delay = 0\nhot_standby_feedback = off");
    until(|| standby.sql("app", "SELECT count(*) FROM t") != "0");
    (primary, standby)
}

fn caught_up(standby: &Postgres) -> bool {
    let equal = "SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
                    AND (SELECT status FROM pg_stat_wal_receiver) = 'streaming'";
    standby.sql("postgres", equal) == "t"
}

fn gate(report: &Value) -> &Value {
    let gates = common::array(&report["datasets"][0]["gates"]);
    let mut gates = gates.iter();
    gates
        .find(|gate| gate["name"] == "max_lag")
        .expect("the gate")
}

#[test]
fn the_lag_of_a_standby_is_told_and_gated() {
    let (primary, standby) =
        pair("CREATE TABLE t AS SELECT n AS id, 'v' || n AS v FROM generate_series(1, 100) n");
    let lab = Lab::new();
    let with = |old: &str, new: &str, max_lag: &str| {
        let side = |name: &str, url: &str| {
            format!("[datasets.d.{name}]\nsource = \"{url}\"\ntable = \"t\"\n")
        };
        let config = format!(
            "[gates]\nmax_lag = \"{max_lag}\"\n[datasets.d]\nkey = \"id\"\n{}{}",
            side("old", old),
            side("new", new)
        );
        lab.write("shadowgate.toml", config);
        lab.verify(&[])
    };
    let (one, other) = (primary.url("app"), standby.url("app"));
    until(|| caught_up(&standby));
    let ran = with(&one, &other, "0s").exits(0);
    assert!(
        ran.stdout
            .contains("new: a standby, at most 0.000 s behind its primary\n"),
        "{}",
        ran.stdout
    );
    let report = ran.saved_report();
    let dataset = &report["datasets"][0];
    assert_eq!(dataset["old"]["standby"], Value::Null);
    assert_eq!(dataset["new"]["standby"], true);
    assert_eq!(dataset["new"]["lag_seconds"], 0.0);
    assert_eq!(gate(&report)["required"], "<= 0s");
    // A role that may not see whether it is connected knows less.
    primary.sql(
        "app",
        "CREATE ROLE reader LOGIN PASSWORD 'x'; GRANT SELECT ON t TO reader",
    );
    until(|| {
        standby.sql(
            "app",
            "SELECT count(*) FROM pg_roles WHERE rolname = 'reader'",
        ) == "1"
    });
    until(|| caught_up(&standby));
    let reader = standby.url_as("reader", "x", "app");
    let report = with(&one, &reader, "1h").exits(0).saved_report();
    assert_eq!(gate(&report)["verdict"], "pass");
    std::thread::sleep(Duration::from_millis(30));
    let report = with(&one, &reader, "1ms").cannot_verify(&["max_lag", "cannot see"]);
    assert_eq!(gate(&report)["verdict"], "inconclusive");

    standby.sql("postgres", "SELECT pg_wal_replay_pause()");
    until(|| standby.sql("postgres", "SELECT pg_get_wal_replay_pause_state()") == "paused");
    primary.sql("app", "CREATE TABLE more AS SELECT 1 AS a");
    until(|| !caught_up(&standby));
    std::thread::sleep(Duration::from_millis(200));
    let ran = with(&other, &one, "100ms").exits(1);
    let report = ran.saved_report();
    let old = &report["datasets"][0]["old"];
    assert!(old["lag_seconds"].as_f64() > Some(0.2), "{old}");
    assert!(old["lag_bytes"].as_u64() > Some(0), "{old}");
    assert_eq!(gate(&report)["verdict"], "fail");
    assert!(ran.stdout.contains("not replayed"), "{}", ran.stdout);
    with(&other, &one, "1h").exits(0);
    with(&one, &one.replace("127.0.0.1", "localhost"), "1ms").exits(3);
}

/// A primary says nothing of lag, and passes whatever the limit.
#[test]
fn a_primary_and_a_file_are_no_standbys() {
    let url = Postgres::start().create_database("primary");
    Postgres::start().sql(
        "primary",
        "CREATE TABLE t AS SELECT 1 AS id, 'a'::text AS v",
    );
    let lab = Lab::new().with("new.csv", "id,v\n1,a\n");
    lab.write(
        "shadowgate.toml",
        format!("[gates]\nmax_lag = \"30s\"\n[datasets.d]\nkey = \"id\"\n[datasets.d.old]\nsource = \"{url}\"\ntable = \"t\"\n[datasets.d.new]\nsource = \"new.csv\"\n"),
    );
    let report = lab.verify(&[]).exits(0).saved_report();
    assert_eq!(gate(&report)["observed"], "no standby");
    assert_eq!(gate(&report)["required"], "<= 30s");
}

#[test]
fn a_conflict_with_what_a_standby_replays_starts_the_reading_over() {
    let (primary, standby) = pair(
        "CREATE TABLE t AS SELECT n AS id, 'v' || n AS v FROM generate_series(1, 100) n;
         CREATE TABLE slowness AS SELECT 60 AS seconds;
         CREATE VIEW slow AS SELECT id, v FROM t UNION ALL SELECT 0, pg_sleep(seconds)::text FROM slowness",
    );
    // Not the primary's table: a snapshot there would keep the row alive.
    let rows: String = (1..=100).map(|n| format!("{n},v{n}\n")).collect();
    let lab = Lab::new().with("old.csv", format!("id,v\n0,\"\"\n{rows}"));
    let other = standby.url("app");
    let args = [
        "verify",
        "old.csv",
        &other,
        "--key",
        "id",
        "--new-table",
        "slow",
    ];
    let mut running = lab.start(&args);
    let reading =
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY%slow%'";
    until(|| standby.sql("postgres", reading) == "1");
    // The row that the standby's snapshot still sees is gone when this is replayed.
    primary.sql("app", "UPDATE slowness SET seconds = 0");
    primary.sql("app", "VACUUM slowness");
    running.until_it_says("starting over");
    let ran = running.ends().exits(0);
    let conflicts = "SELECT confl_snapshot FROM pg_stat_database_conflicts WHERE datname = 'app'";
    until(|| standby.sql("postgres", conflicts) == "1");
    let report = ran.saved_report();
    let dataset = &report["datasets"][0];
    assert_eq!(
        (&dataset["new"]["attempts"], &dataset["counts"]["matched"]),
        (&2.into(), &101.into())
    );
}
