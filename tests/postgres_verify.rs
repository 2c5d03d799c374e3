//! PostgreSQL through the binary: both sides whole, every way of reading alike,
//! and what a server can refuse or break off, by its exit code.

mod common;
mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use common::{Lab, OF_THE_RUN, array, without};
use serde_json::Value;
use support::Postgres;

/// A database with `old` and `new`: some hundred rows of each outcome in many.
fn listings(name: &str) -> String {
    let server = Postgres::start();
    let url = server.create_database(name);
    server.sql(
        name,
        "CREATE TABLE old (id int PRIMARY KEY, name text, price numeric, seen timestamptz, tags text[]);
         INSERT INTO old SELECT n, 'listing ' || n, n * 1.10, '2024-01-05 10:00+09'::timestamptz + n * interval '1 min',
             ARRAY['a', NULL, n::text] FROM generate_series(1, 4000) n;
         CREATE TABLE new AS TABLE old;
         ALTER TABLE new ADD PRIMARY KEY (id);
         UPDATE new SET price = price + 1 WHERE id % 500 = 1;
         UPDATE new SET name = NULL WHERE id % 500 = 2;
         DELETE FROM new WHERE id % 500 = 3;
         INSERT INTO new SELECT n, 'more', 1, now(), '{}' FROM generate_series(5001, 5005) n;
         CREATE VIEW old_view AS SELECT * FROM old; CREATE VIEW new_view AS SELECT * FROM new",
    );
    url
}

fn tables<'a>(url: &'a str, old: &'a str, new: &'a str) -> Vec<&'a str> {
    vec![url, url, "--old-table", old, "--new-table", new]
}

#[test]
fn tables_views_queries_and_exports_give_one_report() {
    let url = listings("ways");
    let lab = Lab::new();
    let report = |args: &[&str], code: i32| {
        let ran = lab
            .verify(&[args, &["--format", "json", "--key", "id"]].concat())
            .exits(code);
        let mut fields = OF_THE_RUN.to_vec();
        fields.extend(["relation", "config_hash", "rows_claimed"]);
        let details = ["differences.csv", "missing.csv", "extra.csv"].map(|name| ran.saved(name));
        (without(&ran.json(), &fields), details)
    };
    let strict = ["--match-rate", "99.9%"];
    let run = |old: &str, new: &str| report(&[tables(&url, old, new), strict.to_vec()].concat(), 1);
    let expected = run("old", "new");
    let counts = &expected.0["datasets"][0]["counts"];
    assert_eq!(
        ["matched", "differing", "missing", "extra"]
            .map(|kind| counts[kind].as_u64().expect("a count")),
        [3976, 16, 8, 5]
    );
    // A view has no places to read rows again from: its rows are kept.
    assert!(run("old_view", "new_view") == expected, "views");
    assert!(run("old", "new_view") == expected, "a table and a view");
    lab.write("q.sql", "SELECT * FROM new ORDER BY price DESC");
    let query = [&url, &url, "--old-table", "old", "--new-query", "q.sql"];
    assert!(
        report(&[&query[..], &strict].concat(), 1) == expected,
        "a query"
    );
    // Exported by the server itself, and read as files.
    let export = |table: &str| {
        Postgres::start().sql(
            "ways",
            &format!("COPY {table} TO STDOUT (FORMAT csv, HEADER)"),
        )
    };
    lab.write("old.csv", export("old") + "\n");
    lab.write("new.csv", export("new") + "\n");
    let file = |args: [&str; 4]| report(&[&args[..], &strict].concat(), 1);
    assert!(
        file([&url, "new.csv", "--old-table", "old"]) == expected,
        "a table and a file"
    );
    assert!(
        file(["old.csv", &url, "--new-table", "new"]) == expected,
        "a file and a table"
    );
    let rows = Postgres::start().sql("ways", "SELECT row_to_json(new) FROM new");
    lab.write("new.jsonl", rows + "\n");
    assert!(
        file([&url, "new.jsonl", "--old-table", "old"]) == expected,
        "a table and JSON Lines"
    );
    let where_clause = ["--where", "id <= 4000 AND id % 500 NOT IN (1, 2, 3)"];
    let filtered = [&tables(&url, "old", "new")[..], &where_clause].concat();
    assert_eq!(report(&filtered, 0).0["verdict"], "pass");
}

/// So much differs that all rows are read again, from the same snapshot.
#[test]
fn much_that_differs_is_read_again_from_the_same_snapshot() {
    let server = Postgres::start();
    let url = server.create_database("much");
    server.sql(
        "much",
        "CREATE TABLE old AS SELECT n AS id, n * 2 AS value, repeat('x', n % 50) AS pad
             FROM generate_series(1, 60000) n;
         CREATE TABLE new AS SELECT id, CASE id % 3 WHEN 0 THEN value + 1 ELSE value END AS value, pad
             FROM old WHERE id % 1000 <> 1 ORDER BY pad, id DESC;
         CREATE VIEW old_view AS TABLE old; CREATE VIEW new_view AS TABLE new",
    );
    let lab = Lab::new();
    let run = |old: &str, new: &str, memory: &str| {
        let args = [
            &tables(&url, old, new)[..],
            &["--key", "id", "--memory", memory],
        ]
        .concat();
        let mut command = lab.command();
        command
            .args(["verify", "--quiet"])
            .args(args)
            .env("RUST_LOG", "shadowgate=debug");
        let ran = lab.ran(&mut command).exits(1);
        let dataset = &ran.saved_report()["datasets"][0];
        let found = ["counts", "columns", "samples"].map(|name| dataset[name].clone());
        (found, ran.saved("differences.csv"), ran.stderr)
    };
    let (found, details, log) = run("old", "new", "1G");
    assert!(log.contains("much differs: "), "{log}");
    assert_eq!(found[0]["differing"], 20_000 - 20);
    assert_eq!(found[0]["missing"], 60);
    for (old, new, memory) in [
        ("old_view", "new_view", "1G"),
        ("old", "new", "100K"),
        ("old", "new_view", "100K"),
    ] {
        let (again, again_details, log) = run(old, new, memory);
        assert!(again == found, "{old} {new} {memory}: {:#}", again[0]);
        assert!(again_details == details, "{old} {new} {memory}");
        assert!(memory == "1G" || !log.contains("spilled=0\n"), "{log}");
    }
}

#[test]
fn the_server_is_asked_for_what_it_holds_and_names_the_key() {
    let url = listings("keys");
    let lab = Lab::new();
    let ran = lab
        .verify(&[&tables(&url, "old", "new")[..], &["--format", "json"]].concat())
        .exits(0);
    let dataset = &ran.json()["datasets"][0];
    assert_eq!(dataset["key"], serde_json::json!(["id"]));
    let types: Vec<&Value> = array(&dataset["columns"])
        .iter()
        .map(|column| &column["type"])
        .collect();
    assert_eq!(
        types,
        [
            "integer",
            "text",
            "numeric",
            "timestamp with time zone",
            "text[]"
        ]
    );
    assert!(dataset["old"]["snapshot"].is_string());
}

#[test]
fn the_same_table_under_another_name_is_not_compared_with_itself() {
    let url = listings("same");
    let lab = Lab::new();
    let other = url.replace("127.0.0.1", "localhost");
    for (new, table) in [
        (&url, "old"),
        (&other, "old"),
        (&url, "public.old"),
        (&other, "\"public\".\"old\""),
    ] {
        let args = [&url, new, "--old-table", "old", "--new-table", table];
        let report = lab
            .verify(&args)
            .cannot_verify(&["same rows", "--allow-same-source"]);
        assert_eq!(report["reasons"][0]["code"], "same_source", "{table}");
        lab.verify(&[&args[..], &["--allow-same-source"]].concat())
            .exits(0);
    }
}

#[test]
fn refusals_are_told_by_side_and_never_with_the_password() {
    let url = listings("refusals");
    let server = Postgres::start();
    server.sql(
        "refusals",
        "CREATE ROLE reader LOGIN PASSWORD 's3cr&t'; GRANT SELECT ON old TO reader",
    );
    let reader = server.url_as("reader", "s3cr%26t", "refusals");
    let lab = Lab::new();
    lab.verify(&tables(&url, "old", "nwe"))
        .refuses(&["new side", "nwe", "new", "hint: "]);
    let args = [&url, &reader, "--old-table", "old", "--new-table", "new"];
    let report =
        lab.verify(&args)
            .cannot_verify(&["new side", "may not read public.new", "SELECT"]);
    assert_eq!(report["reasons"][0]["code"], "unauthorised");
    let wrong = reader.replace("s3cr", "wr0ng");
    let ran = lab.verify(&[&url, &wrong, "--table", "old"]).exits(3);
    let saved = ran.saved("report.json");
    for text in [&ran.stdout, &ran.stderr, &saved] {
        assert!(!text.contains("wr0ng") && !text.contains("%26t"), "{text}");
    }
    let report = ran.cannot_verify(&["new side", "password authentication failed"]);
    assert_eq!(report["reasons"][0]["code"], "unauthorised");
}

/// Passes connections on, each cut once the server has sent so many bytes.
fn proxy(to: u16, limit: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            std::thread::spawn(move || pass(to, client, limit));
        }
    });
    port
}

fn pass(to: u16, mut client: TcpStream, limit: usize) {
    let server = TcpStream::connect(("127.0.0.1", to)).expect("the server");
    let (mut from, mut into) = (
        client.try_clone().expect("a clone"),
        server.try_clone().expect("a clone"),
    );
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut into);
    });
    let mut limited = server.take(limit as u64);
    let mut buffer = [0; 4096];
    while let Ok(len @ 1..) = limited.read(&mut buffer) {
        if client.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = limited.get_ref().shutdown(Shutdown::Both);
}

#[test]
fn a_server_that_goes_away_in_mid_stream_is_inconclusive() {
    let url = listings("away");
    let server = Postgres::start();
    let lab = Lab::new();
    // All rows pass through whole; cut anywhere in the rows, nothing does.
    for (limit, whole) in [
        (10_000_000, true),
        (60_000, false),
        (120_000, false),
        (200_000, false),
    ] {
        let port = proxy(server.port(), limit);
        let cut = format!("postgres://postgres@127.0.0.1:{port}/away?sslmode=disable");
        let args = [
            &url,
            &cut,
            "--old-table",
            "old",
            "--new-table",
            "new",
            "--format",
            "json",
        ];
        let ran = lab.verify(&args);
        if whole {
            ran.exits(0);
            continue;
        }
        let report = ran.cannot_verify(&["new side"]);
        let reason = &report["reasons"][0];
        assert_eq!(
            (&reason["code"], &reason["transient"]),
            (&"source_cut".into(), &true.into()),
            "{limit}"
        );
        let dataset = &report["datasets"][0];
        assert_eq!(dataset["new"]["complete"], false);
        assert_eq!(dataset["counts"]["missing"], 0);
        assert_eq!(dataset["match_rate"], Value::Null);
    }
}
