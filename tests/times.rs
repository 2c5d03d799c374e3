//! What every report says of how long its sides took, and the gate on it: against
//! real servers, and held to what must be so whatever the machine is doing.

mod common;
mod support;

use common::Lab;
use serde_json::Value;
use support::Postgres;
use support::api::{capped, serve};

const ROWS: &str = "CREATE TABLE listings (id bigint PRIMARY KEY, name text);
    INSERT INTO listings SELECT i, '物件' || i FROM generate_series(1, 2505) i;
    CREATE TABLE empty (id bigint PRIMARY KEY, name text);";

/// What a side's receipt must hold, whatever it took.
#[track_caller]
fn adds_up(side: &Value, rows: u64) {
    let seconds = |name: &str| side[name].as_f64().expect(name);
    let (first, all) = (seconds("seconds_to_first_row"), seconds("seconds"));
    let waiting = side["seconds_waiting"].as_f64().unwrap_or(0.0);
    assert_eq!(side["rows"], rows, "{side}");
    assert!(0.0 < first && first <= all, "{side}");
    let rate = side["rows_per_second"].as_u64().expect("a rate");
    // A fraction that is read back may be off by its last digit.
    assert!(
        rate.abs_diff((rows as f64 / (all + waiting)) as u64) <= 1,
        "{side}"
    );
}

#[test]
fn every_kind_of_source_tells_its_times() {
    let api = serve("times", ROWS, capped());
    let server = Postgres::start();
    let url = server.url("times");
    let lab = Lab::new();
    let csv = server.sql("times", "COPY listings TO STDOUT (FORMAT csv, HEADER)");
    lab.write("listings.csv", csv + "\n");
    let json = server.sql("times", "SELECT row_to_json(listings) FROM listings");
    lab.write("listings.jsonl", json + "\n");
    let db = rusqlite::Connection::open(lab.path("listings.db")).expect("a database");
    db.execute_batch(
        "CREATE TABLE listings (id INTEGER PRIMARY KEY, name TEXT);
         INSERT INTO listings WITH RECURSIVE n(i) AS
             (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2505)
         SELECT i, '物件' || i FROM n",
    )
    .expect("rows");
    for new in ["listings.csv", "listings.jsonl", "listings.db", &api.url()] {
        let table = match new.contains("listings.") && !new.ends_with("db") {
            true => "--old-table",
            false => "--table",
        };
        let args = [
            &url, new, table, "listings", "--key", "id", "--format", "json",
        ];
        let mut command = lab.command();
        command.env("SUPABASE_SERVICE_ROLE_KEY", api.jwt("service_role"));
        command.args(["verify", "--quiet"]).args(args);
        let report = lab.ran(&mut command).exits(0).json();
        let dataset = &report["datasets"][0];
        adds_up(&dataset["old"], 2505);
        adds_up(&dataset["new"], 2505);
        let pages = dataset["new"]["pages"].as_u64();
        assert_eq!(pages.is_some(), new.starts_with("http"), "{new}");
    }
}

#[test]
fn a_side_without_rows_has_no_first_one() {
    let server = Postgres::start();
    let url = server.create_database("times_empty");
    server.sql("times_empty", ROWS);
    let lab = Lab::new();
    let args = [
        &url,
        &url,
        "--old-table",
        "listings",
        "--new-table",
        "empty",
    ];
    let ran = lab.verify(&args).exits(1);
    let line = |side: &str| {
        let mut lines = ran.stdout.lines();
        lines
            .find(|line| line.starts_with(side))
            .expect("a line")
            .to_owned()
    };
    assert!(line("  old  ").contains("  first row "), "{}", ran.stdout);
    assert!(
        line("  old  ").contains(" s, 2,505 rows in "),
        "{}",
        ran.stdout
    );
    assert!(line("  old  ").ends_with(" rows/s"), "{}", ran.stdout);
    assert!(line("  new  ").contains("  0 rows in "), "{}", ran.stdout);
    let report = ran.saved_report();
    assert_eq!(report["datasets"][0]["new"]["seconds_to_first_row"], 0.0);
}

/// A query that sleeps longer than the other side can be kept busy by anything.
#[test]
fn a_side_that_is_much_slower_breaks_the_gate() {
    let server = Postgres::start();
    let url = server.create_database("times_gate");
    server.sql("times_gate", ROWS);
    let lab = Lab::new()
        .with("plain.sql", "SELECT * FROM listings WHERE id <= 20")
        .with(
            "slow.sql",
            "SELECT * FROM listings WHERE id <= 20 AND pg_sleep(0.25) IS NOT NULL",
        );
    let config = |old: &str, new: &str| {
        format!(
            "[gates]\nnew_time_ratio = \"1.5\"\n[datasets.t]\nkey = \"id\"\nallow_same_source = true\n\
             [datasets.t.old]\nsource = \"{url}\"\nquery = \"{old}\"\n\
             [datasets.t.new]\nsource = \"{url}\"\nquery = \"{new}\"\n"
        )
    };
    let gate = |report: &Value| {
        let gates = report["datasets"][0]["gates"].as_array().expect("gates");
        let found = gates.iter().find(|gate| gate["name"] == "new_time_ratio");
        found.expect("the gate").clone()
    };
    lab.write("shadowgate.toml", config("plain.sql", "slow.sql"));
    let ran = lab.verify(&[]).exits(1);
    let report = ran.saved_report();
    assert_eq!(report["datasets"][0]["counts"]["matched"], 20);
    assert_eq!(gate(&report)["verdict"], "fail");
    assert_eq!(gate(&report)["required"], "<= 1.5");
    let next = "measure both sides one at a time with `shadowgate pace`";
    assert!(ran.stdout.contains(next), "{}", ran.stdout);
    lab.write("shadowgate.toml", config("slow.sql", "plain.sql"));
    let report = lab.verify(&[]).exits(0).saved_report();
    assert_eq!(gate(&report)["verdict"], "pass");
    let observed = gate(&report)["observed"]
        .as_str()
        .expect("a ratio")
        .to_owned();
    assert!(observed.starts_with("0."), "{observed}");
    // The slow side's time to its first row is a part of the whole.
    adds_up(&report["datasets"][0]["old"], 20);
    lab.write(
        "shadowgate.toml",
        config("plain.sql", "slow.sql").replace("1.5", "fast"),
    );
    lab.verify(&[]).exits(2);
}
