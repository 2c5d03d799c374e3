//! Sides in PostgreSQL.

use std::net::TcpListener;
use std::time::Duration;

use crate::common::Lab;
use crate::kit::{ROWS, TABLE, between, database, doctor};
use crate::support::Postgres;
use crate::support::certificates::Certificates;

/// A role that may log in, with what else is said of it.
fn role(name: &str, more: &str) {
    let sql = format!("CREATE ROLE {name} LOGIN PASSWORD 'hunter2' {more}");
    Postgres::start().sql("postgres", &sql);
}

#[test]
fn a_sound_set_up_is_green() {
    let old = database("doctor_old", ROWS);
    let new = database("doctor_new", ROWS);
    let found = doctor(&Lab::new(), &between(&old, &new));
    found.exits(0);
    assert_eq!(
        found.names("warn"),
        Vec::<&str>::new(),
        "{:#?}",
        found.lines
    );
    for side in ["old", "new"] {
        let is = |name, words: &[&str]| found.is(name, Some(side), "ok", words);
        is("reached", &["PostgreSQL 1", " ms"]);
        is("tls", &["does not leave this machine"]);
        is("role", &["postgres, who sees every row"]);
        is("rights", &["SELECT on 3 wanted columns"]);
        is("row_security", &["off"]);
        is("clock", &["agree"]);
        is("server_limits", &["of 100 connections in use (3 reserved)"]);
        is("key", &["id: unique, by an index"]);
    }
    found.is("columns", None, "ok", &["3 columns compared"]);
    found.is(
        "row_counts",
        None,
        "ok",
        &["old: about 1,500, new: about 1,500"],
    );
    found.is("same_store", None, "ok", &["two places"]);
    found.is("duration", None, "ok", &["less than a second: 1,500 rows"]);
    found.is("memory", None, "ok", &["may be used"]);
}

#[test]
fn a_server_that_is_not_there_is_red_and_none_hangs() {
    let old = database("doctor_gone", ROWS);
    // It takes connections, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("its address").port();
    let url = format!("postgres://app:hunter2@127.0.0.1:{port}/x");
    let found = doctor(&Lab::new(), &between(&old, &url));
    found.exits(3);
    found.is(
        "reached",
        Some("new"),
        "fail",
        &["no connection within 3.5 s"],
    );
    found.is("reached", Some("old"), "ok", &[]);
    found.is("columns", None, "warn", &["a side did not open"]);
    found.hides("hunter2");
    drop(silent);
    let found = doctor(&Lab::new(), &between(&url, &old));
    found.is("reached", Some("old"), "fail", &["refused"]);
    assert_eq!(found.names("fail"), ["reached"]);
}

#[test]
fn a_signal_ends_it_without_a_page() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("its address").port();
    let url = format!("postgres://app@127.0.0.1:{port}/x");
    let lab = Lab::csv("id\n1\n", "");
    let running = lab.start(&[
        "doctor",
        "old.csv",
        &url,
        "--new-table",
        TABLE,
        "--key",
        "id",
    ]);
    let _held = silent.accept().expect("it connects");
    running.signal("INT");
    // As every command does.
    let ran = running.ends_within(Duration::from_secs(5)).exits(130);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("SIGINT"), "{}", ran.stderr);
}

#[test]
fn who_may_not_come_in_is_told_so() {
    let old = database("doctor_password", ROWS);
    role("doctor_barred", "");
    let wrong = Postgres::start().url_as("doctor_barred", "wrong", "doctor_password");
    let found = doctor(&Lab::new(), &between(&old, &wrong));
    found.exits(3);
    found.is(
        "role",
        Some("new"),
        "fail",
        &["28P01", "check user and password"],
    );
    assert_eq!(found.line("role", Some("new"))["trouble"], "unauthorised");
    assert_eq!(found.names("fail"), ["role"]);
    found.hides("wrong@");
}

#[test]
fn rights_are_looked_at_column_by_column() {
    let old = database("doctor_rights", ROWS);
    role("doctor_reader", "");
    let server = Postgres::start();
    let url = server.url_as("doctor_reader", "hunter2", "doctor_rights");
    let mut args = between(&old, &url);
    args.push("--allow-same-source");
    let none = doctor(&Lab::new(), &args);
    none.is(
        "rights",
        Some("new"),
        "fail",
        &["may not read", "grant the role SELECT"],
    );
    assert_eq!(none.names("fail"), ["rights"]);
    server.sql(
        "doctor_rights",
        "GRANT SELECT (id, name) ON listings TO doctor_reader",
    );
    let some = doctor(&Lab::new(), &args);
    some.exits(3);
    some.is("rights", Some("new"), "fail", &["may not read: price"]);
    args.extend(["--ignore", "price"]);
    let enough = doctor(&Lab::new(), &args);
    enough.is("rights", Some("new"), "ok", &["SELECT on 2 wanted columns"]);
    enough.is("same_store", None, "warn", &["proves nothing"]);
    enough.hides("hunter2");
}

#[test]
fn policies_that_would_hide_rows_are_red() {
    let old = database("doctor_policies", ROWS);
    role("doctor_tenant", "");
    role("doctor_exempt", "BYPASSRLS");
    let server = Postgres::start();
    server.sql(
        "doctor_policies",
        "ALTER TABLE listings ENABLE ROW LEVEL SECURITY;
         CREATE POLICY a_few ON listings USING (id < 100);
         GRANT SELECT ON listings TO doctor_tenant, doctor_exempt",
    );
    let of = |role: &str| {
        let url = server.url_as(role, "hunter2", "doctor_policies");
        let mut args = between(&old, &url);
        args.push("--allow-same-source");
        doctor(&Lab::new(), &args)
    };
    let tenant = of("doctor_tenant");
    tenant.exits(3);
    tenant.is(
        "row_security",
        Some("new"),
        "fail",
        &["on for listings", "BYPASSRLS"],
    );
    assert_eq!(tenant.names("fail"), ["row_security"]);
    let exempt = of("doctor_exempt");
    exempt.exits(0);
    exempt.is(
        "row_security",
        Some("new"),
        "ok",
        &["on for listings, and the role is exempt"],
    );
}

#[test]
fn a_role_that_is_at_its_limit_is_red() {
    let old = database("doctor_limit", ROWS);
    role("doctor_one", "CONNECTION LIMIT 1");
    let server = Postgres::start();
    server.sql(
        "doctor_limit",
        "GRANT SELECT ON listings TO doctor_one;
         ALTER ROLE doctor_one SET statement_timeout = '8s'",
    );
    let url = server.url_as("doctor_one", "hunter2", "doctor_limit");
    let mut args = between(&old, &url);
    args.push("--allow-same-source");
    let found = doctor(&Lab::new(), &args);
    found.exits(3);
    let words = ["1 of the role's own 1 free", "statement_timeout is 8000ms"];
    found.is("server_limits", Some("new"), "fail", &words);
    assert_eq!(
        found.line("server_limits", Some("new"))["trouble"],
        "pool_exhausted"
    );
    assert_eq!(found.names("fail"), ["server_limits"]);
}

#[test]
fn a_full_server_is_a_case_of_the_exhausted_pool() {
    let old = database("doctor_full", ROWS);
    role("doctor_shut", "CONNECTION LIMIT 0");
    let url = Postgres::start().url_as("doctor_shut", "hunter2", "doctor_full");
    let found = doctor(&Lab::new(), &between(&old, &url));
    found.exits(3);
    found.is("reached", Some("new"), "fail", &["53300"]);
    assert_eq!(
        found.line("reached", Some("new"))["trouble"],
        "pool_exhausted"
    );
}

#[test]
fn types_drift_key_and_counts_each_have_their_line() {
    let old = database("doctor_shape_old", ROWS);
    let new = database(
        "doctor_shape_new",
        "CREATE TABLE listings (id integer, name text, price text, extra int);
         INSERT INTO listings SELECT i, 'a', '1' FROM generate_series(1, 1000) i; ANALYZE listings",
    );
    let mut args = between(&old, &new);
    let found = doctor(&Lab::new(), &args);
    found.exits(3);
    found.is("columns", None, "fail", &["price (numeric / text)"]);
    found.has("columns", "warn", &["only in new: extra"]);
    found.is(
        "key",
        Some("new"),
        "warn",
        &["no index, and nothing keeps it unique"],
    );
    found.is(
        "row_counts",
        None,
        "warn",
        &["about 1,500, new: about 1,000", "ANALYZE"],
    );
    assert_eq!(found.names("fail"), ["columns"]);
    args.extend(["--ignore", "price,extra"]);
    let found = doctor(&Lab::new(), &args);
    found.exits(0);
    found.is("columns", None, "ok", &["id (bigint / integer)"]);
    let found = doctor(&Lab::new(), &between(&new, &new));
    found.is("key", None, "fail", &["no key"]);
    found.is("same_store", None, "fail", &["same rows"]);
    let view = database(
        "doctor_shape_view",
        &format!("{ROWS} CREATE VIEW v AS SELECT * FROM listings"),
    );
    let found = doctor(
        &Lab::new(),
        &[&old, &view, "--old-table", TABLE, "--new-table", "v"],
    );
    found.is("key", Some("new"), "warn", &["nothing says"]);
    let missing = doctor(&Lab::new(), &[&old, &view, "--table", "listing"]);
    missing.exits(3);
    missing.is(
        "columns",
        Some("new"),
        "fail",
        &["no table listing", "did you mean public.listings"],
    );
}

#[test]
fn a_certificate_is_seen_and_so_is_its_end() {
    for (days, state) in [(400, "ok"), (10, "warn"), (2, "fail")] {
        let certificates = Certificates::lasting(days);
        let server = certificates.server();
        server.create_database("doctor_tls");
        server.sql("doctor_tls", ROWS);
        let url = format!(
            "postgres://postgres@localhost:{}/doctor_tls?sslmode=verify-full&sslrootcert={}",
            server.port(),
            certificates.path("ca.crt").display()
        );
        let mut args = between(&url, &url);
        args.push("--allow-same-source");
        let found = doctor(&Lab::new(), &args);
        found.is("tls", Some("old"), state, &["the certificate ends 20"]);
        found.is("reached", Some("old"), "ok", &[]);
    }
}
