//! A dataset whose reading failed for a reason that passes is started over: the
//! report is as if nothing had been, save that it says so.

mod common;
mod support;

use std::time::{Duration, Instant};

use common::{Lab, OF_THE_RUN, Ran, array, without};
use serde_json::Value;
use support::fault::{At, Fault, Plan, Proxy};
use support::postgrest::{Options, Postgrest};
use support::{Postgres, until};

/// A database with `old` and `new`, some of whose rows differ.
fn listings(name: &str) -> String {
    let server = Postgres::start();
    let url = server.create_database(name);
    server.sql(
        name,
        "CREATE TABLE old AS SELECT n AS id, 'listing ' || n AS name, n * 1.1 AS price, repeat('x', 50) AS pad
             FROM generate_series(1, 4000) n;
         ALTER TABLE old ADD PRIMARY KEY (id);
         CREATE TABLE new AS TABLE old; ALTER TABLE new ADD PRIMARY KEY (id);
         UPDATE new SET price = price + 1 WHERE id % 500 = 1;
         DELETE FROM new WHERE id % 500 = 3",
    );
    url
}

/// The same database through a proxy.
fn through(url: &str, plan: Plan) -> (String, Proxy) {
    let port = Postgres::start().port();
    let proxy = Proxy::start(port, plan);
    let url = url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port()));
    (url + "?sslmode=disable", proxy)
}

fn verify(lab: &Lab, old: &str, new: &str, more: &[&str]) -> Ran {
    let args = [
        old,
        new,
        "--old-table",
        "old",
        "--new-table",
        "new",
        "--format",
        "json",
    ];
    lab.verify(&[&args, more].concat())
}

/// A report without what tells the runs apart, and how often each side was read.
fn told(ran: &Ran) -> (Value, [Value; 2]) {
    let report = ran.json();
    let sides = ["old", "new"].map(|side| report["datasets"][0][side]["attempts"].clone());
    let fields = [&OF_THE_RUN[..], &["attempts"]].concat();
    (without(&report, &fields), sides)
}

#[test]
fn a_connection_that_is_cut_in_mid_copy_changes_nothing() {
    let url = listings("cut_once");
    let lab = Lab::new();
    let undisturbed = verify(&lab, &url, &url, &[]).exits(0);
    let (truth, once) = told(&undisturbed);
    assert_eq!(once, [Value::Null, Value::Null]);
    let details = undisturbed.saved("differences.csv");
    for fault in [Fault::Cut, Fault::Reset] {
        let (cut, proxy) = through(&url, Plan::new(fault.clone(), At::Byte(150_000)));
        let ran = verify(&lab, &url, &cut, &["-v"]).exits(0);
        assert_eq!(proxy.fired(), 1);
        assert_eq!(
            told(&ran),
            (truth.clone(), [2.into(), 2.into()]),
            "{fault:?}"
        );
        assert_eq!(ran.saved("differences.csv"), details);
        for part in ["starting over", "new side: ", "the connection"] {
            assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.stderr);
        }
    }
}

#[test]
fn it_is_started_over_so_often_and_no_more() {
    let url = listings("cut_often");
    let lab = Lab::new();
    let always = || through(&url, Plan::new(Fault::Cut, At::Byte(150_000)).forever());
    let count = |attempts: Option<u64>| attempts.map_or(Value::Null, Value::from);
    for (retries, attempts) in [
        (&[][..], Some(3)),
        (&["--dataset-retries", "1"], Some(2)),
        (&["--retries", "0"], None),
    ] {
        let (cut, proxy) = always();
        let ran = verify(&lab, &cut, &url, retries);
        assert_eq!(proxy.fired(), attempts.unwrap_or(1));
        let (_, sides) = told(&ran);
        assert_eq!(sides, [count(attempts), count(attempts)]);
        let report = ran.cannot_verify(&["old side", "the connection"]);
        assert_eq!(
            array(&report["reasons"]).len(),
            1,
            "{:#}",
            report["reasons"]
        );
        assert_eq!(report["reasons"][0]["code"], "source_cut");
    }
    // Nor beyond the deadline.
    let (cut, proxy) = always();
    let begun = Instant::now();
    let ran = verify(
        &lab,
        &cut,
        &url,
        &["--dataset-retries", "1000", "--deadline", "5s"],
    );
    assert!(
        begun.elapsed() < Duration::from_secs(7),
        "{:?}",
        begun.elapsed()
    );
    assert!(proxy.fired() > 2);
    ran.cannot_verify(&["old side", "the connection"]);
}

#[test]
fn a_full_server_is_waited_for() {
    let url = listings("full");
    let server = Postgres::start();
    server.sql(
        "full",
        "CREATE ROLE full_reader LOGIN PASSWORD 'x' CONNECTION LIMIT 2; GRANT SELECT ON old, new TO full_reader",
    );
    let narrow = server.url_as("full_reader", "x", "full");
    let lab = Lab::new();
    let (truth, _) = told(&verify(&lab, &url, &url, &[]).exits(0));
    // Somebody else takes one of the two places for a while.
    let sleeping =
        "FROM pg_stat_activity WHERE usename = 'full_reader' AND query LIKE '%pg_sleep%'";
    let program = server.psql("full", "").get_program().to_owned();
    let mut other = std::process::Command::new(program);
    other.args([narrow.as_str(), "-q", "-c", "SELECT pg_sleep(60)"]);
    let mut other = other
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("psql starts");
    until(|| server.sql("postgres", &format!("SELECT count(*) {sleeping}")) == "1");
    let mut args = vec!["verify", "--quiet", &narrow, &narrow, "--old-table", "old"];
    args.extend(["--new-table", "new", "--format", "json", "--retries", "9"]);
    let mut running = lab.start(&args);
    running.until_it_says("starting over");
    server.sql(
        "postgres",
        &format!("SELECT pg_terminate_backend(pid) {sleeping}"),
    );
    other.wait().expect("psql ends");
    let ran = running.ends().exits(0);
    assert!(ran.stderr.contains("53300"), "{}", ran.stderr);
    let (report, [old, new]) = told(&ran);
    assert_eq!(report, truth);
    assert!(old == new && old.as_u64() > Some(1), "{old} {new}");
}

#[test]
fn a_session_that_the_server_ends_is_begun_anew() {
    let url = listings("ended_once");
    let server = Postgres::start();
    server.sql(
        "ended_once",
        "CREATE TABLE slowness AS SELECT 60 AS seconds;
         CREATE VIEW slow AS SELECT id, name FROM old UNION ALL SELECT 0, pg_sleep(seconds)::text FROM slowness",
    );
    let lab = Lab::new();
    let mut running = lab.start(&[
        "verify",
        &url,
        &url,
        "--old-table",
        "slow",
        "--new-table",
        "new",
        "--key",
        "id",
        "--ignore",
        "price,pad",
        "--allow-same-source",
    ]);
    let active = "FROM pg_stat_activity WHERE datname = 'ended_once' AND state = 'active' AND query LIKE 'COPY%slow%'";
    until(|| server.sql("postgres", &format!("SELECT count(*) {active}")) != "0");
    server.sql("ended_once", "UPDATE slowness SET seconds = 0");
    server.sql(
        "postgres",
        &format!("SELECT pg_terminate_backend(pid) {active}"),
    );
    running.until_it_says("starting over");
    let report = running.ends().exits(0).saved_report();
    let dataset = &report["datasets"][0];
    assert_eq!(dataset["old"]["attempts"], 2);
    assert_eq!(dataset["counts"]["old_rows"], 4001);
}

#[test]
fn what_a_second_time_would_refuse_as_well_is_told_at_once() {
    let url = listings("refused");
    let lab = Lab::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!(
        "postgres://u@127.0.0.1:{}/d?sslmode=disable",
        closed.local_addr().expect("it").port()
    );
    drop(closed);
    let wrong = url.replace("postgres@", "nobody:wrong@");
    for (new, code) in [
        (nobody.as_str(), "unreachable"),
        (wrong.as_str(), "unauthorised"),
    ] {
        let ran = verify(&lab, &url, new, &["-v"]);
        assert!(!ran.stderr.contains("starting over"), "{}", ran.stderr);
        let report = ran.cannot_verify(&["new side"]);
        assert_eq!(report["reasons"][0]["code"], code);
        assert_eq!(report["datasets"][0]["new"]["attempts"], Value::Null);
    }
    lab.write("slow.toml", format!("statement_timeout = \"300ms\"\n[datasets.d]\nkey = \"id\"\n[datasets.d.old]\nsource = \"{url}\"\nquery = \"slow.sql\"\n[datasets.d.new]\nsource = \"{url}\"\ntable = \"new\"\n"));
    lab.write("slow.sql", "SELECT *, pg_sleep(1) FROM old");
    let ran = lab.verify(&["--config", "slow.toml", "-v"]);
    assert!(!ran.stderr.contains("starting over"), "{}", ran.stderr);
    ran.cannot_verify(&["old side", "57014"]);
}

/// PostgREST's pages are asked for again by themselves; where that has an end,
/// the dataset is started over.
#[test]
fn a_page_that_did_not_come_starts_both_sides_over() {
    let url = listings("pages");
    Postgrest::prepare(Postgres::start(), "pages");
    let api = Postgrest::start(Postgres::start(), "pages", Options::default());
    let lab = Lab::new();
    let run = |port: u16, more: &[&str]| {
        let jwt = api.jwt("service_role");
        lab.write(
            "shadowgate.toml",
            format!(
                "retries = 0\ndataset_retries = 1\nrate_limit = \"off\"\npage_size = 500\n
                 [datasets.d.old]\nsource = \"{url}\"\ntable = \"old\"\n
                 [datasets.d.new]\nsource = \"http://127.0.0.1:{port}\"\ntable = \"new\"\nauthorization = \"{jwt}\"\n"
            ),
        );
        lab.verify(&[&["--format", "json"], more].concat())
    };
    let (truth, _) = told(&run(api.port(), &[]).exits(0));
    let proxy = |plan: Plan| Proxy::start(api.port(), plan.only("limit=500"));
    let once = proxy(Plan::new(Fault::Cut, At::Request(4)));
    let ran = run(once.port(), &[]).exits(0);
    assert_eq!(told(&ran), (truth, [2.into(), 2.into()]));
    let often = proxy(Plan::new(Fault::Cut, At::Request(4)).forever());
    let ran = run(often.port(), &[]);
    assert_eq!(
        ran.cannot_verify(&["new side"])["datasets"][0]["new"]["attempts"],
        2
    );
    // A refusal to begin with was asked about often enough.
    let closed = proxy(Plan::new(Fault::Cut, At::Byte(0)).forever());
    let ran = run(closed.port(), &["-v"]);
    assert!(!ran.stderr.contains("starting over"), "{}", ran.stderr);
    ran.cannot_verify(&["new side"]);
}
