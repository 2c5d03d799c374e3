//! A table behind a real PostgREST, read whole: in the server's own order, past
//! caps on pages, with odd names and keys, and never believed beyond its counts.

mod support;

use std::collections::BTreeSet;

use support::Postgres;
use support::api::{capped, context, limits, open, read, read_while, serve, service, side, wants};
use support::postgrest::{Options, Postgrest};
use support::reading::Keep;

use shadowgate::error::Code;
use shadowgate::source::Limits;
use shadowgate::source::location::Spec;

const ROWS: &str = "CREATE TABLE listings (id bigint PRIMARY KEY, name text);
    INSERT INTO listings SELECT i, '物件' || i FROM generate_series(1, 2505) i;";

fn small(page: usize) -> Limits {
    Limits {
        page,
        connections: 1,
        ..limits()
    }
}

#[test]
fn pages_that_are_cut_short_in_silence_are_read_to_the_end() {
    let api = serve("rest_cap", ROWS, capped());
    for page in [500, 1000, 5000] {
        let spec = service(&api, "listings");
        let (rows, receipt) = read(&spec, &context(small(page)), &["id"]).expect("read");
        assert_eq!(rows.len(), 2505);
        assert_eq!(receipt.rows, Some(2505));
        assert_eq!(receipt.counts, Some([2505, 2505]));
        assert_eq!(receipt.doubt, None);
        assert!(receipt.pages.expect("pages") >= 3);
    }
}

#[test]
fn the_description_gives_types_and_the_key() {
    let api = serve("rest_described", ROWS, capped());
    let (source, schema) = open(&service(&api, "listings"), &context(limits())).expect("opens");
    let names: Vec<_> = schema.columns.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["id", "name"]);
    assert_eq!(schema.key, Some(vec!["id".to_owned()]));
    assert_eq!(schema.estimate, Some(2505));
    assert_eq!(schema.columns[0].declared.as_ref().unwrap().name, "bigint");
    assert_eq!(source.identity().engine, "PostgREST 12.0.2");
}

/// It is as old as the schema cache; rows are not.
#[test]
fn a_column_that_the_schema_cache_lacks_is_read_all_the_same() {
    let options = Options {
        extra: "db-channel-enabled = false",
        ..capped()
    };
    let api = serve("rest_stale", ROWS, options);
    let alter = "ALTER TABLE listings ADD COLUMN area numeric DEFAULT 1.5";
    Postgres::start().sql("rest_stale", alter);
    let spec = service(&api, "listings");
    let (_, schema) = open(&spec, &context(limits())).expect("opens");
    let names: Vec<_> = schema.columns.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["id", "name", "area"]);
    assert!(schema.warnings[0].contains("does not describe area"));
    let (rows, receipt) = read(&spec, &context(limits()), &["id"]).expect("read");
    assert_eq!((rows[0][2].as_str(), receipt.doubt), ("1.5", None));
}

/// Some deployments do not serve it.
#[test]
fn without_a_description_columns_are_those_of_a_row() {
    let options = Options {
        extra: "openapi-mode = \"disabled\"",
        ..capped()
    };
    let api = serve("rest_undescribed", ROWS, options);
    let spec = service(&api, "listings");
    let (_, schema) = open(&spec, &context(limits())).expect("opens");
    assert!(schema.columns.iter().all(|it| it.declared.is_none()));
    assert!(schema.warnings[0].contains("describes no such table"));
    let (rows, receipt) = read(&spec, &context(small(100)), &["id"]).expect("read");
    assert_eq!((rows.len(), receipt.doubt), (2505, None));
}

#[test]
fn keys_are_paged_in_the_servers_order_whatever_it_is() {
    let server = Postgres::start();
    server.sql(
        "postgres",
        "CREATE DATABASE rest_icu TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'ja'",
    );
    Postgrest::prepare(server, "rest_icu");
    server.sql(
        "rest_icu",
        "CREATE TABLE words (w text PRIMARY KEY);
         INSERT INTO words SELECT DISTINCT w FROM unnest(ARRAY['', ' ', 'a', 'A', 'b', 'B', 'a b',
             'a-b', 'ab', 'é', 'e', 'あ', 'ア', 'ｱ', '亜', '亞', 'か', 'が', '〜', '～', '0', '10', '9',
             'a,b', 'a.b', 'a(b)', 'a\"b', 'a\\b', 'null', 'in.(1)', '%', '*', '&', '#', '+', E'a\\nb']) w;
         CREATE TABLE folded (w text COLLATE \"und-x-icu\" PRIMARY KEY);
         INSERT INTO folded TABLE words;",
    );
    let api = Postgrest::start(server, "rest_icu", Options::default());
    for table in ["words", "folded"] {
        for page in [1, 2, 7] {
            let spec = service(&api, table);
            let (rows, receipt) = read(&spec, &context(small(page)), &["w"]).expect("read");
            assert_eq!(receipt.doubt, None, "{table} by {page}");
            let distinct: BTreeSet<_> = rows.iter().collect();
            assert_eq!((rows.len(), distinct.len()), (36, 36), "{table} by {page}");
        }
    }
}

/// Where the server holds two spellings for one key, the counts cannot add up:
/// this is told, and never an endless loop.
#[test]
fn a_collation_that_folds_keys_ends() {
    let sql = "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE words (w text COLLATE folding, n int);
        INSERT INTO words SELECT w, n FROM unnest(ARRAY['a', 'A', 'b', 'B', 'c']) w, generate_series(1, 3) n;
        CREATE VIEW all_words AS SELECT * FROM words;";
    let api = serve("rest_folding", sql, Options::default());
    for page in [2, 3, 4, 100] {
        let spec = service(&api, "all_words");
        let (rows, receipt) = read(&spec, &context(small(page)), &["w"]).expect("read");
        assert!(
            rows.len() == 15 || receipt.doubt.is_some(),
            "{page}: {receipt:?}"
        );
    }
}

#[test]
fn a_key_that_is_not_unique_is_not_torn_between_pages() {
    let sql = "CREATE TABLE visits (k text, n int);
        INSERT INTO visits SELECT 'k' || (i / 4), i FROM generate_series(0, 399) i;";
    let api = serve("rest_repeated", sql, Options::default());
    for page in [5, 6, 7, 100] {
        let spec = service(&api, "visits");
        let (rows, receipt) = read(&spec, &context(small(page)), &["k"]).expect("read");
        assert_eq!((rows.len(), receipt.doubt), (400, None), "by {page}");
    }
    // Four rows of a key do not fit into three: what is missing shows.
    let spec = service(&api, "visits");
    let (rows, receipt) = read(&spec, &context(small(3)), &["k"]).expect("read");
    assert!(rows.len() < 400);
    assert_eq!(receipt.doubt.expect("a doubt").code, Code::RowsShort);
}

#[test]
fn composite_keys_and_odd_names_page_like_any_other() {
    let sql = r#"CREATE TABLE "a.b ""c""" ("or" int, "x,y" text, "物件" numeric(5,2), PRIMARY KEY ("or", "x,y", "物件"));
        INSERT INTO "a.b ""c""" SELECT i % 3, chr(33 + i % 7), i / 10.0 FROM generate_series(1, 200) i;"#;
    let api = serve("rest_odd", sql, Options::default());
    let spec = service(&api, r#""a.b ""c""""#);
    for page in [1, 13, 500] {
        let key = ["or", "x,y", "物件"];
        let (rows, receipt) = read(&spec, &context(small(page)), &key).expect("read");
        let distinct: BTreeSet<_> = rows.iter().collect();
        assert_eq!((distinct.len(), receipt.doubt), (200, None), "by {page}");
    }
}

#[test]
fn rows_without_a_key_are_read_too() {
    let sql = "CREATE TABLE loose (k int, v text);
        INSERT INTO loose SELECT i, 'x' FROM generate_series(1, 50) i;
        INSERT INTO loose SELECT NULL, 'lost ' || i FROM generate_series(1, 7) i;";
    let api = serve("rest_keyless", sql, Options::default());
    let spec = service(&api, "loose");
    let (rows, receipt) = read(&spec, &context(small(20)), &["k"]).expect("read");
    assert_eq!((rows.len(), receipt.doubt), (57, None));
    // More of them than a page holds cannot be seen, and that is said.
    let (_, receipt) = read(&spec, &context(small(5)), &["k"]).expect("read");
    let doubt = receipt.doubt.expect("a doubt");
    assert_eq!(doubt.code, Code::RowsShort);
    assert!(
        doubt.why.contains("2 of them were not sent"),
        "{}",
        doubt.why
    );
}

#[test]
fn ranges_are_read_side_by_side_and_leave_nothing_out() {
    let sql = "CREATE TABLE listings (id bigint PRIMARY KEY, name text);
        INSERT INTO listings SELECT i * 3, 'n' || i FROM generate_series(1, 5000) i;";
    let api = serve("rest_ranges", sql, capped());
    let many = Limits {
        page: 50,
        connections: 4,
        ..limits()
    };
    let spec = service(&api, "listings");
    let (mut source, schema) = open(&spec, &context(many)).expect("opens");
    let wants = wants(&schema, &["id"]);
    assert_eq!(source.divides_by(&wants).as_deref(), Some("id"));
    // Not sorted, not all there, and one that is no number's text at all.
    let bounds = (0..64).map(|bound| (bound * 7919 % 15000).to_string());
    source.divide(bounds.collect());
    let mut keep = Keep::default();
    let receipt = source.read(&wants, &mut keep).expect("read");
    assert_eq!((receipt.rows, receipt.doubt), (Some(5000), None));
    source.divide(vec!["no number".to_owned()]);
    let receipt = source.read(&wants, &mut Keep::default()).expect("read");
    assert_eq!((receipt.rows, receipt.doubt), (Some(5000), None));
}

#[test]
fn rows_that_come_and_go_while_reading_are_told() {
    let api = serve("rest_moving", ROWS, capped());
    let spec = service(&api, "listings");
    let inserting = |page: usize| {
        if page == 2 {
            let insert = "INSERT INTO listings VALUES (0, 'new'), (9999, 'new')";
            Postgres::start().sql("rest_moving", insert);
        }
    };
    let (_, receipt) = read_while(&spec, small(500), &["id"], inserting).expect("read");
    assert_eq!(receipt.counts, Some([2505, 2507]));
    let doubt = receipt.doubt.expect("a doubt");
    assert_eq!(doubt.code, Code::SourceChanged);
    assert!(doubt.transient);
    // As many go as come: the counts agree, and what was received does not.
    let swapping = |page: usize| {
        if page == 2 {
            let swap =
                "DELETE FROM listings WHERE id = 2400; INSERT INTO listings VALUES (-1, 'new')";
            Postgres::start().sql("rest_moving", swap);
        }
    };
    let (_, receipt) = read_while(&spec, small(500), &["id"], swapping).expect("read");
    assert_eq!(receipt.counts, Some([2507, 2507]));
    assert_eq!(receipt.doubt.expect("a doubt").code, Code::RowsShort);
}

/// Offset pages lose 50 rows here; pages by key lose none.
#[test]
fn rows_deleted_behind_the_cursor_lose_no_row_ahead() {
    let api = serve("rest_deletes", ROWS, capped());
    let spec = service(&api, "listings");
    let deleting = |page: usize| {
        if page == 2 {
            Postgres::start().sql("rest_deletes", "DELETE FROM listings WHERE id <= 50");
        }
    };
    let (rows, receipt) = read_while(&spec, small(500), &["id"], deleting).expect("read");
    assert_eq!(rows.len(), 2505, "every row that was there throughout");
    assert_eq!(receipt.doubt.expect("a doubt").code, Code::SourceChanged);
}

#[test]
fn a_role_from_which_rows_may_be_hidden_is_doubted() {
    let sql = "CREATE TABLE listings (id int PRIMARY KEY, open bool);
        INSERT INTO listings SELECT i, i <= 40 FROM generate_series(1, 100) i;
        ALTER TABLE listings ENABLE ROW LEVEL SECURITY;
        CREATE POLICY open_only ON listings FOR SELECT TO anon USING (open);";
    let api = serve("rest_rls", sql, capped());
    let all = read(&service(&api, "listings"), &context(limits()), &["id"]).expect("read");
    assert_eq!((all.0.len(), all.1.doubt), (100, None));
    let token = api.jwt("anon");
    for token in [Some(token.as_str()), None] {
        let spec = side(&api.url(), "listings", token);
        let (rows, receipt) = read(&spec, &context(limits()), &["id"]).expect("read");
        assert_eq!((rows.len(), receipt.counts), (40, Some([40, 40])));
        let doubt = receipt.doubt.expect("a doubt");
        assert_eq!(doubt.code, Code::RowSecurity);
        assert!(!doubt.transient);
    }
    let mut declared = side(&api.url(), "listings", Some(&token));
    declared.rest.role = Some("anon".to_owned());
    let (rows, receipt) = read(&declared, &context(limits()), &["id"]).expect("read");
    assert_eq!((rows.len(), receipt.doubt), (40, None));
}

#[test]
fn filters_and_selected_columns_are_obeyed() {
    let sql = "CREATE TABLE listings (id int PRIMARY KEY, status text, area numeric, doc jsonb);
        INSERT INTO listings SELECT i, CASE WHEN i % 2 = 0 THEN '専任・公開中' ELSE 'a&b=c' END,
            i * 1.5, jsonb_build_object('city', '渋谷' || i) FROM generate_series(1, 30) i;";
    let api = serve("rest_filter", sql, capped());
    let filtered = |filter: &str| Spec {
        filter: Some(filter.to_owned()),
        ..service(&api, "listings")
    };
    for (filter, count) in [
        ("status=eq.専任・公開中", 15),
        ("status=eq.a%26b%3Dc&id=gt.10", 10),
        ("or=(id.eq.1,id.eq.2)", 2),
        ("id=in.(1,2,99)", 2),
        ("id=eq.99", 0),
    ] {
        let (rows, receipt) = read(&filtered(filter), &context(small(4)), &["id"]).expect(filter);
        assert_eq!((rows.len(), receipt.doubt), (count, None), "{filter}");
    }
    let mut spec = service(&api, "listings");
    let select = ["番号:id", "area::text", "city:doc->>city"].map(str::to_owned);
    spec.rest.select = Some(select.to_vec());
    let (rows, receipt) = read(&spec, &context(small(7)), &["番号"]).expect("read");
    assert_eq!(receipt.doubt, None);
    assert!(
        rows.contains(&["10", "15.0", "渋谷10"].map(str::to_owned).to_vec()),
        "{rows:?}"
    );
}

#[test]
fn numbers_keep_their_digits() {
    let sql = "CREATE TABLE n (id int8 PRIMARY KEY, v numeric);
        INSERT INTO n VALUES (9007199254740993, 1.10), (9223372036854775807, 12345678901234567890.0123456789);";
    let api = serve("rest_digits", sql, capped());
    let (rows, _) = read(&service(&api, "n"), &context(limits()), &["id"]).expect("read");
    let expected = [
        ["9007199254740993", "1.10"],
        ["9223372036854775807", "12345678901234567890.0123456789"],
    ];
    assert_eq!(rows, expected);
}

#[test]
fn another_schema_is_read_by_its_name() {
    let sql = "CREATE SCHEMA api; GRANT USAGE ON SCHEMA api TO service_role;
        CREATE TABLE api.t (id int PRIMARY KEY); INSERT INTO api.t VALUES (1), (2);
        CREATE TABLE public.t (id int PRIMARY KEY);
        GRANT SELECT ON api.t TO service_role;";
    let options = Options {
        schemas: "public, api",
        ..capped()
    };
    let api = serve("rest_schema", sql, options);
    let rows = |table: &str| {
        let read = read(&service(&api, table), &context(limits()), &["id"]);
        read.expect(table).0.len()
    };
    assert_eq!((rows("t"), rows("api.t")), (0, 2));
    let hidden = open(&service(&api, "pg_catalog.pg_class"), &context(limits()));
    assert_eq!(hidden.err().expect("not exposed").code, Code::NotFound);
}

/// A statement that takes too long is asked for in smaller pages.
#[test]
fn the_page_shrinks_until_the_server_keeps_up() {
    let sql = "CREATE TABLE slow (id int PRIMARY KEY);
        INSERT INTO slow SELECT generate_series(1, 60);
        CREATE FUNCTION dawdle(id int) RETURNS int LANGUAGE plpgsql STABLE COST 100000 AS
            $$ BEGIN PERFORM pg_sleep(0.02); RETURN id; END $$;
        CREATE VIEW slowly AS SELECT id, dawdle(id) AS late FROM slow;
        CREATE ROLE hurried NOLOGIN BYPASSRLS; ALTER ROLE hurried SET statement_timeout = '300ms';
        GRANT hurried TO authenticator; GRANT USAGE ON SCHEMA public TO hurried;
        GRANT SELECT ON slow, slowly TO hurried;";
    let api = serve("rest_slow", sql, capped());
    let mut spec = side(&api.url(), "slowly", Some(&api.jwt("hurried")));
    spec.rest.role = Some("hurried".to_owned());
    let (rows, receipt) = read(&spec, &context(small(40)), &["id"]).expect("read");
    assert_eq!((rows.len(), receipt.doubt), (60, None));
    assert!(receipt.pages.expect("pages") > 4);
    Postgres::start().sql(
        "rest_slow",
        "ALTER ROLE hurried SET statement_timeout = '5ms'",
    );
    Postgres::start().sql("rest_slow", "NOTIFY pgrst, 'reload config'");
    std::thread::sleep(std::time::Duration::from_millis(500));
    let failure = read(&spec, &context(small(40)), &["id"]).unwrap_err();
    assert_eq!(failure.code, Code::Timeout);
    assert!(failure.why.contains("57014"), "{}", failure.why);
}
