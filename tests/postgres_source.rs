//! The PostgreSQL source against a real server: what it reads, from which
//! snapshot, with which rights, and what it says of itself.

mod support;

use support::Postgres;
use support::reading::{self, Keep, open, query, read, table, wants, wants_text};

use shadowgate::error::Code;
use shadowgate::source::Want;
use shadowgate::source::location::Spec;

/// A database with a table of so many rows of about 100 bytes.
fn numbered(name: &str, rows: u32) -> String {
    let server = Postgres::start();
    let url = server.create_database(name);
    server.sql(
        name,
        &format!(
            "CREATE TABLE t (id int PRIMARY KEY, body text NOT NULL);
             INSERT INTO t SELECT i, repeat(md5(i::text), 3) FROM generate_series(1, {rows}) i;
             ANALYZE t"
        ),
    );
    url
}

#[test]
fn reads_a_table_whole() {
    let url = numbered("whole", 20_000);
    let (mut source, schema) = open(&table(&url, "t")).expect("opens");
    assert_eq!(schema.key, Some(vec!["id".to_owned()]));
    assert_eq!(schema.estimate, Some(20_000));
    assert!(schema.warnings.is_empty());
    let (rows, receipt) = read(&mut *source, &wants(&schema)).expect("read");
    assert_eq!((rows.len(), receipt.rows), (20_000, Some(20_000)));
    assert!(receipt.bytes > 2_000_000);
    assert!(receipt.snapshot.expect("a snapshot").contains("LSN"));
    assert_eq!(
        rows[41].cells[0].as_deref(),
        Some(&42_i32.to_be_bytes()[..])
    );
    let body = rows[41].text(1);
    assert_eq!(body, "a1d0c6e83f027327d8461063f4ac58a6".repeat(3));
    source.verify_unchanged().expect("the snapshot stands");
}

#[test]
fn an_empty_table_is_whole_too() {
    let server = Postgres::start();
    let url = server.create_database("empty");
    server.sql("empty", "CREATE TABLE t (a int)");
    let (mut source, schema) = open(&table(&url, "t")).expect("opens");
    assert_eq!(schema.key, None);
    let (rows, receipt) = read(&mut *source, &wants(&schema)).expect("read");
    assert_eq!((rows.len(), receipt.rows), (0, Some(0)));
}

#[test]
fn identity_shows_no_secret_and_tells_relations_apart() {
    let url = numbered("identity", 1);
    let identity = |spec: &Spec| open(spec).expect("opens").0.identity();
    let first = identity(&table(&url, "t"));
    assert_eq!(first.location, url);
    assert_eq!(first.relation.as_deref(), Some("t"));
    assert!(first.engine.starts_with("PostgreSQL 1"), "{}", first.engine);
    let socket = Postgres::start().socket_url("postgres", "identity");
    for same in [table(&url, "public.t"), table(&socket, "\"t\"")] {
        assert_eq!(identity(&same).store, first.store);
    }
    let filtered = Spec {
        filter: Some("id > 0".to_owned()),
        ..table(&url, "t")
    };
    let spread = query(&url, "SELECT *\n FROM t -- all\n;");
    Postgres::start().sql(
        "identity",
        "CREATE VIEW v AS SELECT * FROM t WHERE id > 0; CREATE TABLE other (id int)",
    );
    let joined = query(&url, "SELECT t.id, other.id AS o FROM t, other");
    for same in [filtered, spread, table(&url, "v")] {
        assert_eq!(identity(&same).store, first.store);
    }
    for another in [table(&url, "other"), joined, query(&url, "SELECT 1 AS id")] {
        assert_ne!(identity(&another).store, first.store);
    }
}

#[test]
fn a_query_and_a_filter_choose_rows() {
    let url = numbered("filtered", 100);
    let spec = Spec {
        filter: Some("id BETWEEN 3 AND 4 -- two".to_owned()),
        ..query(
            &url,
            "SELECT id, body AS text FROM t ORDER BY id DESC -- all\n;",
        )
    };
    let (mut source, schema) = open(&spec).expect("opens");
    assert!(!source.locates());
    assert_eq!((schema.key.clone(), schema.estimate), (None, None));
    let names: Vec<_> = schema.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["id", "text"]);
    let (rows, _) = read(&mut *source, &wants_text(&schema)).expect("read");
    let ids: Vec<_> = rows.iter().map(|row| row.text(0)).collect();
    assert_eq!(ids, ["4", "3"]);
    let spec = Spec {
        filter: Some("t.id = 7;".to_owned()),
        ..table(&url, "t")
    };
    let (mut source, schema) = open(&spec).expect("opens");
    assert_eq!(
        read(&mut *source, &wants(&schema)).expect("read").0.len(),
        1
    );
}

#[test]
fn odd_names_are_read() {
    let server = Postgres::start();
    let url = server.create_database("names");
    server.sql(
        "names",
        r#"CREATE SCHEMA "My Schema"; CREATE TABLE "My Schema"."T.""x" ("a,b" int, "日本語" text);
           INSERT INTO "My Schema"."T.""x" VALUES (1, '物件');
           CREATE TABLE 物件 (価格 numeric(12,2) PRIMARY KEY); INSERT INTO 物件 VALUES (1.50)"#,
    );
    let (mut source, schema) = open(&table(&url, r#""My Schema"."T.""x""#)).expect("opens");
    let (rows, _) = read(&mut *source, &wants(&schema)).expect("read");
    assert_eq!(rows[0].text(1), "物件");
    let (_, schema) = open(&table(&url, "物件")).expect("opens");
    assert_eq!(
        schema.columns[0].declared.as_ref().expect("declared").name,
        "numeric(12,2)"
    );
}

#[test]
fn views_partitions_and_matviews_are_read_and_only_heaps_locate() {
    let server = Postgres::start();
    let url = server.create_database("kinds");
    server.sql(
        "kinds",
        "CREATE TABLE p (id int PRIMARY KEY, gone int, v text) PARTITION BY RANGE (id);
         CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
         CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
         INSERT INTO p SELECT i, i, 'v' FROM generate_series(0, 19) i;
         ALTER TABLE p DROP COLUMN gone;
         CREATE VIEW v AS SELECT id FROM p;
         CREATE MATERIALIZED VIEW m AS SELECT id FROM p;
         CREATE UNIQUE INDEX ON m (id);
         CREATE TABLE parent (id int); CREATE TABLE child () INHERITS (parent);
         INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2);
         CREATE TABLE u (a int NOT NULL, b int, c int NOT NULL GENERATED ALWAYS AS (a * 2) STORED,
                         UNIQUE (a, c), UNIQUE (b));
         CREATE UNIQUE INDEX ON u (c) WHERE a > 0;
         CREATE UNIQUE INDEX ON u ((a + 1));
         ANALYZE",
    );
    for (name, rows, locates, key) in [
        ("p", 20, false, Some(vec!["id".to_owned()])),
        ("p1", 10, true, Some(vec!["id".to_owned()])),
        ("v", 20, false, None),
        ("m", 20, true, None),
        ("parent", 2, false, None),
        ("child", 1, true, None),
        ("u", 0, true, Some(vec!["a".to_owned(), "c".to_owned()])),
    ] {
        let (mut source, schema) = open(&table(&url, name)).expect(name);
        let (read, _) = read(&mut *source, &wants(&schema)).expect(name);
        assert_eq!(
            (read.len(), source.locates(), &schema.key),
            (rows, locates, &key),
            "{name}"
        );
        assert!(schema.columns.iter().all(|column| column.name != "gone"));
    }
    assert_eq!(open(&table(&url, "p")).expect("p").1.estimate, Some(20));
    let failure = reading::refused(&table(&url, "m_id_idx"));
    assert_eq!(failure.code, Code::Config, "{failure}");
}

#[test]
fn fetch_gives_the_rows_that_were_read() {
    // By the key, and by ctid where the key is not read, or as text.
    fetch_what_was_read("fetched", |_| true);
    fetch_what_was_read("fetched_by_ctid", |want| want.name != "id");
    fetch_what_was_read("fetched_as_text", |want| {
        want.as_text = want.name == "id";
        true
    });
}

fn fetch_what_was_read(name: &str, mut keep: impl FnMut(&mut Want) -> bool) {
    let url = numbered(name, 30_000);
    let (mut source, schema) = open(&table(&url, "t")).expect("opens");
    assert!(source.locates());
    let mut wants: Vec<Want> = wants(&schema).into_iter().rev().collect();
    wants.retain_mut(&mut keep);
    let (mut all, _) = read(&mut *source, &wants).expect("read");
    all.sort();
    // More than one statement's worth, and some that are not there.
    let some: Vec<_> = all.iter().step_by(3).cloned().collect();
    let mut locators: Vec<u64> = some
        .iter()
        .map(|row| row.locator.expect("located"))
        .collect();
    locators.push((u64::from(u32::MAX - 1) << 16) | 1);
    let server = Postgres::start();
    server.sql(
        name,
        "DELETE FROM t WHERE id % 2 = 0; UPDATE t SET body = 'new'",
    );
    let mut fetched = reading::fetch(&mut *source, &wants, &locators);
    fetched.sort();
    assert_eq!(fetched, some);
    source.verify_unchanged().expect("the snapshot stands");
}

#[test]
fn fetching_goes_straight_to_the_rows() {
    numbered("planned", 30_000);
    let tid = |i: u32| format!("\"({},{})\"", i / 10, i % 10 + 1);
    let list = |item: &dyn Fn(u32) -> String| (0..4000).map(item).collect::<Vec<_>>().join(",");
    for (condition, scan) in [
        (
            format!("ctid = ANY ('{{{}}}'::tid[])", list(&tid)),
            "Tid Scan",
        ),
        (
            format!(
                "id = ANY ('{{{}}}'::int8[])",
                list(&|i| (i * 7).to_string())
            ),
            "Index Scan",
        ),
    ] {
        let sql = format!("SET enable_seqscan = off; EXPLAIN SELECT * FROM t WHERE {condition}");
        let plan = Postgres::start().sql("planned", &sql);
        assert!(plan.contains(scan) && !plan.contains("Seq Scan"), "{plan}");
    }
}

#[test]
fn one_snapshot_through_break_offs_and_other_peoples_commits() {
    let url = numbered("snapshot", 300_000);
    let server = Postgres::start();
    let (mut source, schema) = open(&table(&url, "t")).expect("opens");
    let wants = wants(&schema);
    server.sql(
        "snapshot",
        "UPDATE t SET body = 'changed' WHERE id = 1; DELETE FROM t WHERE id = 2",
    );
    // The first leaves some 30 MB unread: cancelled. The last leaves little: drained.
    for limit in [1, 3, 120] {
        let mut keep = Keep {
            limit: Some(limit),
            ..Keep::default()
        };
        let receipt = source.read(&wants, &mut keep).expect("broken off");
        assert_eq!((keep.chunks.len(), receipt.rows), (limit, None));
        server.sql(
            "snapshot",
            "DELETE FROM t WHERE id = (SELECT max(id) FROM t)",
        );
    }
    let (rows, receipt) = read(&mut *source, &wants).expect("read");
    assert_eq!((rows.len(), receipt.rows), (300_000, Some(300_000)));
    assert!(
        rows.iter()
            .all(|row| row.cells[1].as_deref() != Some(b"changed"))
    );
    let backends = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shadowgate'
                    AND datname = 'snapshot'";
    assert_eq!(server.sql("snapshot", backends), "1");
    drop(source);
}

#[test]
fn a_role_with_select_alone_suffices_and_nothing_is_written() {
    let server = Postgres::start();
    numbered("rights", 10);
    server.sql(
        "rights",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC; CREATE ROLE reader LOGIN PASSWORD 'p%40ss w';
         GRANT USAGE ON SCHEMA public TO reader; GRANT SELECT ON t TO reader",
    );
    let spec = table(&server.url_as("reader", "p%2540ss%20w", "rights"), "t");
    let (mut source, schema) = open(&spec).expect("opens");
    let (rows, _) = read(&mut *source, &wants(&schema)).expect("read");
    assert_eq!(rows.len(), 10);
    let locators: Vec<_> = rows.iter().filter_map(|row| row.locator).collect();
    assert_eq!(
        reading::fetch(&mut *source, &wants(&schema), &locators).len(),
        10
    );
    let writes = query(&server.url("rights"), "SELECT setval('s', 1), nextval('s')");
    server.sql("rights", "CREATE SEQUENCE s");
    let (mut source, schema) = open(&writes).expect("planned only");
    let failure = read(&mut *source, &wants(&schema)).expect_err("refused");
    assert!(failure.why.contains("read-only"), "{failure}");
}

#[test]
fn settings_are_pinned_whatever_role_and_database_say() {
    let server = Postgres::start();
    let url = server.create_database("pinned");
    server.sql(
        "pinned",
        "ALTER DATABASE pinned SET TimeZone = 'Asia/Tokyo';
         ALTER DATABASE pinned SET DateStyle = 'German';
         ALTER DATABASE pinned SET IntervalStyle = 'iso_8601';
         ALTER DATABASE pinned SET extra_float_digits = -15;
         ALTER DATABASE pinned SET bytea_output = 'escape';
         ALTER DATABASE pinned SET standard_conforming_strings = off",
    );
    let sql = r"SELECT '2024-01-01 00:00+00'::timestamptz AS a, '1 mon 2 days'::interval AS b,
                       0.1::float8 + 0.2 AS c, '\x00ff'::bytea AS d, '\n' AS e,
                       current_setting('statement_timeout') AS f, current_setting('lock_timeout') AS g,
                       current_setting('transaction_isolation') AS h,
                       current_setting('application_name') AS i";
    let (mut source, schema) = open(&query(&url, sql)).expect("opens");
    let (rows, _) = read(&mut *source, &wants_text(&schema)).expect("read");
    let cells: Vec<_> = (0..9).map(|index| rows[0].text(index)).collect();
    assert_eq!(
        cells,
        [
            "2024-01-01 00:00:00+00",
            "1 mon 2 days",
            "0.30000000000000004",
            "\\x00ff",
            "\\n",
            "1min",
            "5s",
            "repeatable read",
            "shadowgate"
        ]
    );
}

#[test]
fn a_database_in_another_encoding_gives_utf8() {
    let server = Postgres::start();
    server.sql(
        "postgres",
        "CREATE DATABASE euc ENCODING 'EUC_JP' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
    );
    server.sql(
        "euc",
        "CREATE TABLE t (a text); INSERT INTO t VALUES ('専任・公開中')",
    );
    let (mut source, schema) = open(&table(&server.url("euc"), "t")).expect("opens");
    let (rows, _) = read(&mut *source, &wants(&schema)).expect("read");
    assert_eq!(rows[0].text(0), "専任・公開中");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let server = Postgres::start();
    server.sql(
        "postgres",
        "CREATE DATABASE raw ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
    );
    server.sql(
        "raw",
        "CREATE TABLE t (a text); INSERT INTO t VALUES (convert_from('\\xff41', 'SQL_ASCII'))",
    );
    let (mut source, schema) = open(&table(&server.url("raw"), "t")).expect("opens");
    let failure = read(&mut *source, &wants(&schema)).expect_err("not UTF-8");
    assert_eq!(failure.code, Code::Malformed);
    assert!(failure.why.contains("0xff"), "{failure}");
}

#[test]
fn a_row_larger_than_a_chunk_is_a_chunk_of_its_own() {
    let server = Postgres::start();
    let url = server.create_database("large");
    let sql = "SELECT i, repeat('x', 3000000) AS body FROM generate_series(1, 3) i";
    let (mut source, schema) = open(&query(&url, sql)).expect("opens");
    let (rows, _) = read(&mut *source, &wants(&schema)).expect("read");
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.text(1).len() == 3_000_000));
}
