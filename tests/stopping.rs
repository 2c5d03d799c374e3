//! A run that is told to end: by a signal, or by its deadline. It ends soon,
//! leaves nothing behind on a server, and says what it has seen.

mod common;
mod support;

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Lab, Ran, array, reports};
use serde_json::Value;
use shadowgate::error::{Code, Side};
use shadowgate::plan::{self, SourceOptions};
use shadowgate::run::{self, Options, dataset::Strategy, progress::Progress};
use shadowgate::secret::Secret;
use shadowgate::source::{Context, Limits};
use shadowgate::stop::Stop;
use support::fault::{At, Fault, Plan, Proxy};
use support::postgrest::Postgrest;
use support::{Postgres, until};

/// What the issue allows.
const SOON: Duration = Duration::from_secs(5);

/// A database with `good`, some hundred rows, and the view `slow`: those, one of
/// them changed, some more, and then a row that takes a minute; `twice` has two of
/// them twice.
fn slow(name: &str) -> String {
    let server = Postgres::start();
    let url = server.create_database(name);
    server.sql(
        name,
        "CREATE TABLE good AS SELECT n AS id, repeat('x', 900) || n AS v FROM generate_series(1, 500) n;
         CREATE VIEW slow AS
             SELECT id, CASE id WHEN 7 THEN 'other' ELSE v END AS v FROM good
             UNION ALL SELECT n, repeat('x', 900) FROM generate_series(1001, 1200) n
             UNION ALL SELECT 0, pg_sleep(60)::text;
         CREATE VIEW twice AS SELECT id, v FROM good WHERE id <= 2 UNION ALL TABLE slow",
    );
    url
}

/// Verifies a slow view against `good`, and comes back once the slow row is asked for.
fn reading_slowly(lab: &Lab, url: &str, name: &str, more: &[&str]) -> common::running::Running {
    let tables = [
        "--new-table",
        "good",
        "--key",
        "id",
        "--allow-same-source",
        "--old-table",
    ];
    let running = lab.start(&[&["verify", url, url], &tables[..], more].concat());
    until(|| active(name) > 0);
    running
}

/// Queries of ours that a database runs.
fn active(name: &str) -> u32 {
    let count = format!(
        "SELECT count(*) FROM pg_stat_activity
          WHERE datname = '{name}' AND application_name = 'shadowgate' AND state = 'active'
            AND query LIKE 'COPY%' AND (query LIKE '%slow%' OR query LIKE '%twice%')"
    );
    Postgres::start()
        .sql("postgres", &count)
        .parse()
        .expect("a number")
}

/// Holds a run to what a signal leaves: its exit code, and a report that says so
/// and is not the latest.
#[track_caller]
fn interrupted(ran: Ran, code: i32, signal: &str) -> (Ran, Value) {
    let ran = ran.exits(code);
    let report = ran.only_report();
    assert_eq!(report["verdict"], "inconclusive");
    assert_eq!(report["exit_code"], code);
    assert_eq!(report["run"]["interrupted"], signal);
    let reasons = array(&report["reasons"]);
    assert_eq!(reasons.len(), 1, "{reasons:#?}");
    assert_eq!(reasons[0]["code"], "interrupted");
    assert!(
        reasons[0]["why"].to_string().contains(signal),
        "{reasons:#?}"
    );
    (ran, report)
}

#[test]
fn sigint_leaves_no_query_running() {
    let url = slow("sigint");
    let lab = Lab::new();
    let running = reading_slowly(&lab, &url, "sigint", &["slow", "--format", "json"]);
    running.signal("INT");
    let ran = running.ends_within(SOON);
    // The server needs a moment to notice; not the minute that the row takes.
    until(|| active("sigint") == 0);
    let (ran, report) = interrupted(ran, 130, "SIGINT");
    assert_eq!(ran.json(), report, "what is printed is what is saved");
    let [old, new] = ["old", "new"].map(|side| &report["datasets"][0][side]);
    assert_eq!(
        (&old["complete"], &new["complete"]),
        (&false.into(), &true.into())
    );
    assert!(old["rows"].as_u64() > Some(500), "{old}");
    assert!(!lab.path("reports/latest").exists());
}

#[test]
fn latest_stays_with_the_run_that_ended() {
    let url = slow("latest");
    let lab = Lab::csv("id,v\n1,a\n", "id,v\n1,a\n");
    let before = lab.by_id(&[]).exits(0).saved_report();
    let running = reading_slowly(&lab, &url, "latest", &["slow"]);
    running.signal("TERM");
    let ran = running.ends_within(SOON).exits(143);
    assert_eq!(ran.saved_report(), before);
    assert!(
        ran.stdout
            .starts_with("INCONCLUSIVE  dataset: could not be verified: terminated"),
        "{}",
        ran.stdout
    );
    assert_eq!(
        reports(&lab.path("")).len(),
        3,
        "both runs, and the link to the first"
    );
}

#[test]
fn sigterm_ends_a_comparison_of_files() {
    let lab = Lab::new();
    let rows = |changed: u32| {
        let row = |n: u32| format!("{n},{},{}\n", "x".repeat(100), n % changed);
        "id,pad,v\n".to_owned() + &(0..400_000).map(row).collect::<String>()
    };
    lab.write("old.csv", rows(3));
    lab.write("new.csv", rows(4));
    let mut running = lab.start(&[
        "verify", "old.csv", "new.csv", "--key", "id", "--memory", "1MB",
    ]);
    running.until_it_says("reading both sides");
    running.signal("TERM");
    interrupted(running.ends_within(SOON), 143, "SIGTERM");
}

/// A comparison of `good` with itself whose old side hangs in the middle.
fn hanging(lab: &Lab, name: &str) -> (common::running::Running, Proxy) {
    let url = slow(name);
    let port = Postgres::start().port();
    let proxy = Proxy::start(port, Plan::new(Fault::Stall, At::Byte(100_000)));
    let through = url.replace(&port.to_string(), &proxy.port().to_string()) + "?sslmode=disable";
    let args = [
        "verify",
        &through,
        &url,
        "--table",
        "good",
        "--allow-same-source",
        "--key",
        "id",
    ];
    let running = lab.start(&args);
    until(|| proxy.fired() > 0);
    (running, proxy)
}

#[test]
fn a_server_that_hangs_is_not_waited_for() {
    let lab = Lab::new();
    let (running, _proxy) = hanging(&lab, "hangs");
    running.signal("INT");
    interrupted(running.ends_within(SOON), 130, "SIGINT");
}

#[test]
fn a_second_signal_ends_at_once() {
    let lab = Lab::new();
    let (mut running, _proxy) = hanging(&lab, "twice");
    running.signal("INT");
    running.until_it_says("another one ends at once");
    running.signal("TERM");
    let ran = running.ends_within(SOON).exits(143);
    assert_eq!(ran.stdout, "");
    // Nothing but the lock of a process that is no more.
    let left = reports(&lab.path(""));
    assert!(
        left.iter().all(|name| name.starts_with(".lock-")),
        "{left:?}"
    );
}

#[test]
fn every_command_ends_at_a_signal() {
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = mute.local_addr().expect("an address").port();
    let url = format!("postgres://u@127.0.0.1:{port}/d?sslmode=disable");
    let lab = Lab::csv("id,v\n1,a\n", "id,v\n1,a\n");
    for command in [
        &["explain", "1"][..],
        &["init", "--output", "-"],
        &["columns"],
    ] {
        let args = [
            command,
            &[&url, "new.csv", "--old-table", "t", "--key", "id"],
        ]
        .concat();
        let running = lab.start(&args);
        let _client = mute.accept().expect("it connects");
        running.signal("TERM");
        let ran = running.ends_within(SOON).exits(143);
        assert!(
            ran.stderr.contains("terminated (SIGTERM)"),
            "{}",
            ran.stderr
        );
        assert_eq!(ran.stdout, "");
    }
}

/// What the signal broke off was told as two faults of the servers beside it.
#[test]
fn a_signal_is_the_one_reason_that_explain_tells() {
    let url = slow("explained");
    let lab = Lab::new();
    let tables = ["--old-table", "slow", "--new-table", "good", "--key", "id"];
    let running = lab.start(&[&["explain", "1", &url, &url], &tables[..]].concat());
    until(|| active("explained") > 0);
    running.signal("INT");
    let ran = running.ends_within(SOON).exits(130);
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
}

#[test]
fn a_deadline_cuts_a_reading_and_tells_what_was_seen() {
    let url = slow("deadline");
    let lab = Lab::new();
    let begun = Instant::now();
    let running = reading_slowly(&lab, &url, "deadline", &["twice", "--deadline", "4s"]);
    let ran = running.ends();
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    until(|| active("deadline") == 0);
    // That keys are twice there stands whatever was not seen.
    let report = ran.exits(1).saved_report();
    let reasons = array(&report["reasons"]);
    assert_eq!(reasons[0]["code"], "timeout", "{reasons:#?}");
    assert_eq!(reasons[0]["transient"], true);
    assert_eq!(reasons.len(), 2, "and the broken gate: {reasons:#?}");
    let dataset = &report["datasets"][0];
    let counts = &dataset["counts"];
    assert_eq!(dataset["old"]["complete"], false);
    assert_eq!(dataset["new"]["complete"], true);
    assert!(counts["old_rows"].as_u64() >= Some(502), "{counts}");
    for (kind, count) in [
        ("duplicated", 2),
        ("differing", 1),
        ("missing", 0),
        ("extra", 0),
        ("matched", 497),
    ] {
        assert_eq!(counts[kind], count, "{kind}: {counts}");
    }
    assert_eq!(dataset["samples"]["differing"][0]["key"]["id"], "7");
    assert_eq!(dataset["match_rate"], Value::Null);
}

#[test]
fn a_deadline_that_is_kept_changes_nothing() {
    let lab = Lab::csv("id,v\n1,a\n2,b\n", "id,v\n1,a\n2,c\n");
    let with = |more: &[&str]| common::without(&lab.report(more), &common::OF_THE_RUN);
    let free = with(&["--match-rate", "100%"]);
    assert_eq!(free, with(&["--match-rate", "100%", "--deadline", "10m"]));
    lab.write("shadowgate.toml", "deadline = \"10x\"\n[datasets.d]\nkey = \"id\"\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n");
    let run = lab.verify(&[]).exits(2);
    assert!(
        run.stderr
            .contains("line 1: deadline: `10x` is not a duration"),
        "{}",
        run.stderr
    );
    lab.by_id(&["--deadline", "soon"]).exits(2);
}

/// Lets no row pass before the time for reading is over.
struct Holding(Stop);

impl Progress for Holding {
    fn dataset(&self, _: &str, _: [Option<u64>; 2]) {}
    fn rows(&self, _: Side, _: u64) {
        until(|| self.0.cause().is_some());
    }
    fn side_done(&self, _: Side) {}
    fn again(&self, why: &str) {
        panic!("no time to read again: {why}");
    }
    fn phase(&self, _: &str) {}
    fn done(&self) {}
}

/// Of rows that were seen as prints alone, those that differ are fetched again
/// from the same snapshot, in what is left of the deadline.
#[test]
fn what_differs_among_the_rows_seen_is_told_whole() {
    let lab = Lab::new();
    let pad = "x".repeat(200);
    let row = |n: u32, v: u32| format!("{n},{v},{pad}\n");
    let old: String = (0..20_000).map(|n| row(n, n)).collect();
    let new: String = (0..20_000)
        .map(|n| row(n, if n % 10 == 3 && n < 100 { 0 } else { n }))
        .collect();
    lab.write("old.csv", format!("id,v,pad\n{old}"));
    lab.write("new.csv", format!("id,v,pad\n{}{new}", row(5, 5)));
    let server = Postgres::start();
    let url = server.create_database("seen");
    server.sql(
        "seen",
        "CREATE TABLE old AS SELECT n AS id, n AS v, repeat('x', 200) AS pad FROM generate_series(0, 19999) n;
         CREATE TABLE new AS SELECT 5 AS id, 5 AS v, repeat('x', 200) AS pad
             UNION ALL SELECT id, CASE WHEN id % 10 = 3 AND id < 100 THEN 0 ELSE v END, pad FROM old",
    );
    let path = |name: &str| lab.path(name).display().to_string();
    let files = [path("old.csv"), path("new.csv")];
    let tables = [url.clone(), url];
    for (locations, tables) in [(files, [None, None]), (tables, [Some("old"), Some("new")])] {
        let options = SourceOptions {
            locations: locations.map(|it| Some(Secret::new(it))),
            tables: tables.map(|it| it.map(str::to_owned)),
            key: Some(vec!["id".to_owned()]),
            ..SourceOptions::default()
        };
        let asked = plan::asked(&options, &|_| None, Path::new("")).expect("a plan");
        // Two seconds for reading, ten for the rest.
        let begun = Instant::now() - Duration::from_secs(88);
        let stop = Stop::default().within(begun, Some(Duration::from_secs(100)));
        let how = Options {
            memory: 64 << 20,
            max_details: 100,
            strategy: Strategy::Auto,
            retries: 0,
            earlier: Default::default(),
            context: Context::new(stop.clone(), Limits::default()),
        };
        let finished = run::verify(&asked.datasets, &how, &Holding(stop)).expect("a report");
        let dataset = &finished.datasets[0];
        let counts = &dataset.counts;
        let rows = [counts.old_rows, counts.new_rows];
        assert!(
            rows.iter().all(|rows| (100..20_000).contains(rows)),
            "{rows:?}"
        );
        assert_eq!([dataset.old.complete, dataset.new.complete], [false; 2]);
        assert_eq!((counts.differing, counts.duplicated), (10, 1), "{counts:?}");
        assert!(counts.matched > 100, "{counts:?}");
        assert_eq!((counts.missing, counts.extra), (0, 0));
        assert_eq!(dataset.samples.differing.len(), 10);
        assert_eq!(dataset.columns[1].differing, 10);
        let told: Vec<_> = finished.reasons.iter().map(|reason| reason.code).collect();
        assert_eq!(told, [Code::Timeout, Code::GateBroken]);
    }
}

#[test]
fn the_time_it_will_take_is_told_beforehand() {
    let server = Postgres::start();
    server.create_database("foretold");
    server.sql(
        "foretold",
        "CREATE TABLE new AS SELECT n AS id FROM generate_series(1, 1000) n; ALTER TABLE new ADD PRIMARY KEY (id)",
    );
    Postgrest::prepare(server, "foretold");
    let api = Postgrest::start(server, "foretold", support::postgrest::Options::default());
    let rows: String = (1..=1000).map(|n| format!("{n}\n")).collect();
    let lab = Lab::new().with("old.csv", format!("id\n{rows}"));
    let jwt = api.jwt("service_role");
    let url = api.url();
    lab.write(
        "shadowgate.toml",
        format!(
            "rate_limit = \"20/s\"\npage_size = 10\n[datasets.d]\nkey = \"id\"\n[datasets.d.columns.id]\ntype = \"integer\"\n
             [datasets.d.old]\nsource = \"old.csv\"\n
             [datasets.d.new]\nsource = \"{url}\"\ntable = \"new\"\nauthorization = \"{jwt}\"\n"
        ),
    );
    // 112 pages, of 9 new rows each, and a few requests beside them, at 20 a second.
    let ran = lab.run(&["verify", "--deadline", "1m"]).exits(0);
    let told = "reading is expected to take at least 6 s (1,000 rows in 118 requests at 20/s)";
    assert_eq!(ran.stderr.matches(told).count(), 1, "{}", ran.stderr);
    assert!(
        !ran.stderr.contains("the deadline will pass"),
        "{}",
        ran.stderr
    );
    // By now both sides have shown how fast they are.
    let ran = lab.verify(&["--deadline", "3s"]).exits(3);
    let warning = "the deadline will pass before all is read: reading is expected to take about ";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    assert!(ran.stderr.contains(" as the last time"), "{}", ran.stderr);
    let report = ran.saved_report();
    assert_eq!(report["reasons"][0]["code"], "timeout");
    let rows = report["datasets"][0]["counts"]["new_rows"].as_u64();
    assert!(rows > Some(0) && rows < Some(1000), "{rows:?}");
}
