//! What a real PostgREST does, pinned: our source relies on each line of this, and
//! a server of another version that does otherwise shows here first.

mod support;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use support::Postgres;
use support::fault::{At, Fault, Plan, Proxy};
use support::http::{self, Answer};
use support::postgrest::{Options, Postgrest};

const COUNT: (&str, &str) = ("Prefer", "count=exact");
const SERVICE: Option<&str> = Some("service_role");

/// Supabase's default.
const CAPPED: Options = Options {
    max_rows: Some(1000),
    schemas: "public",
    anon: Some("anon"),
    extra: "",
    port: None,
};

/// A server over a database of its own with these tables.
fn serve(name: &str, sql: &str, options: Options) -> Postgrest {
    let server = Postgres::start();
    server.create_database(name);
    Postgrest::prepare(server, name);
    server.sql(name, sql);
    Postgrest::start(server, name, options)
}

fn rows(answer: &Answer) -> usize {
    answer.json().as_array().expect("an array").len()
}

/// Status and code of an error.
fn error(answer: &Answer) -> (u16, String) {
    (answer.status, answer.code())
}

#[test]
fn the_cap_truncates_in_silence_and_only_a_count_shows_it() {
    let sql = "CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 2505) i";
    let rest = serve("capped", sql, CAPPED);
    // Path, whether a count is asked for, then status, range and rows.
    let reads = [
        ("/t?order=id", false, 200, "0-999/*", 1000),
        ("/t?order=id&limit=1500", false, 200, "0-999/*", 1000),
        ("/t?order=id&limit=3", false, 200, "0-2/*", 3),
        ("/t?order=id", true, 206, "0-999/2505", 1000),
        ("/t?order=id&limit=3", true, 206, "0-2/2505", 3),
        ("/t?limit=0", true, 206, "*/2505", 0),
        ("/t?id=gt.2500", true, 200, "0-4/5", 5),
        ("/t?id=gt.2500&limit=5", true, 200, "0-4/5", 5),
        ("/t?id=gt.2505", true, 200, "*/0", 0),
        ("/t?id=gt.2505", false, 200, "*/*", 0),
        ("/t?id=is.null", true, 200, "*/0", 0),
        ("/t?offset=2505", false, 200, "*/*", 0),
        ("/t?id=gt.1000&id=lte.1002", true, 200, "0-1/2", 2),
    ];
    for (path, count, status, range, len) in reads {
        let headers: &[_] = if count { &[COUNT] } else { &[] };
        let answer = rest.get(path, SERVICE, headers);
        assert_eq!(
            (answer.status, answer.content_range()),
            (status, range),
            "{path}"
        );
        assert_eq!(rows(&answer), len, "{path}");
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
        let applied = count.then_some("count=exact");
        assert_eq!(answer.header("preference-applied"), applied);
    }
    let past = rest.get("/t?offset=2506", SERVICE, &[COUNT]);
    assert_eq!(
        (error(&past), past.content_range()),
        ((416, "PGRST103".into()), "*/2505")
    );
    let range = [COUNT, ("Range-Unit", "items"), ("Range", "0-2")];
    let answer = rest.get("/t?order=id", SERVICE, &range);
    assert_eq!((answer.status, answer.content_range()), (206, "0-2/2505"));
}

#[test]
fn a_head_counts_without_a_body_and_an_estimate_looks_the_same() {
    let sql = "CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 2505) i; ANALYZE t";
    let rest = serve("counted", sql, CAPPED);
    for (limit, status, range) in [("", 206, "0-999/2505"), ("?limit=1", 206, "0-0/2505")] {
        let url = format!("{}/t{limit}", rest.url());
        let answer = http::request("HEAD", &url, &[COUNT]).expect("an answer");
        assert_eq!((answer.status, answer.content_range()), (status, range));
        assert_eq!(
            (answer.body.as_str(), answer.header("content-length")),
            ("", None)
        );
    }
    for kind in ["planned", "estimated"] {
        let prefer = format!("count={kind}");
        let answer = rest.get("/t?limit=1", SERVICE, &[("Prefer", &prefer)]);
        assert_eq!((answer.status, answer.content_range()), (206, "0-0/2505"));
        assert_eq!(answer.header("preference-applied"), Some(prefer.as_str()));
    }
}

#[test]
fn a_body_that_is_cut_has_begun_with_status_200_and_no_length() {
    let sql = "CREATE TABLE t AS SELECT i AS id, repeat('x', 500) AS b
        FROM generate_series(1, 900) i";
    let rest = serve("cut", sql, CAPPED);
    let proxy = Proxy::start(rest.port(), Plan::new(Fault::Cut, At::Byte(100_000)));
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", proxy.port())).expect("the proxy");
    let head = format!(
        "GET /t HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        rest.jwt("anon")
    );
    stream.write_all(head.as_bytes()).expect("written");
    let mut came = String::new();
    stream
        .read_to_string(&mut came)
        .expect("the end, not an error");
    assert_eq!((came.len(), proxy.fired()), (100_000, 1));
    assert!(
        came.starts_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"),
        "{came}"
    );
    assert!(!came.to_lowercase().contains("content-length"));
    let whole = http::get(&(proxy.url() + "/t"), &[]);
    assert_eq!((whole.status, rows(&whole)), (200, 900));
}

#[test]
fn row_level_security_hides_rows_from_the_count_too() {
    let sql = "CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 100) i;
        ALTER TABLE t ENABLE ROW LEVEL SECURITY;
        CREATE POLICY part ON t FOR SELECT USING (id <= 40)";
    let rest = serve("hidden", sql, CAPPED);
    for (role, range) in [
        (None, "0-39/40"),
        (Some("anon"), "0-39/40"),
        (Some("authenticated"), "0-39/40"),
        (SERVICE, "0-99/100"),
    ] {
        let answer = rest.get("/t", role, &[COUNT]);
        assert_eq!(
            (answer.status, answer.content_range()),
            (200, range),
            "{role:?}"
        );
    }
    // What is no token at all is anonymous, not refused.
    for header in ["Bearer ", "Basic abc"] {
        let answer = http::get(&(rest.url() + "/t"), &[("Authorization", header), COUNT]);
        assert_eq!(answer.content_range(), "0-39/40");
    }
}

#[test]
fn tokens_say_the_role_and_only_the_servers_own_are_good() {
    let rest = serve("tokens", "CREATE TABLE t AS SELECT 1 AS id", CAPPED);
    for role in [None, Some("anon"), Some("authenticated"), SERVICE] {
        assert_eq!(rest.get("/t", role, &[]).body, r#"[{"id":1}]"#);
    }
    let with = |token: &str| {
        let bearer = format!("Bearer {token}");
        http::get(&(rest.url() + "/t"), &[("Authorization", &bearer)])
    };
    for (token, why) in [
        (rest.jwt_expired("anon"), "JWT expired"),
        (rest.jwt_forged("anon"), "JWSError JWSInvalidSignature"),
    ] {
        let answer = with(&token);
        assert_eq!(error(&answer), (401, "PGRST301".into()));
        assert_eq!(answer.json()["message"], why);
        let challenge = answer.header("www-authenticate").expect("a challenge");
        assert!(challenge.contains(why), "{challenge}");
    }
    assert_eq!(error(&with("garbage")), (401, "PGRST301".into()));
    let unknown = with(&rest.token(r#"{"role":"nobody_knows"}"#));
    assert_eq!(error(&unknown), (400, "22023".into()));
}

#[test]
fn missing_grants_are_401_for_nobody_and_403_for_somebody() {
    let sql = "CREATE TABLE shut (id int);
        REVOKE ALL ON shut FROM anon, authenticated, service_role;
        CREATE TABLE half (id int, secret text);
        REVOKE ALL ON half FROM anon, authenticated, service_role;
        GRANT SELECT (id) ON half TO anon, service_role";
    let rest = serve("denied", sql, CAPPED);
    for path in ["/shut", "/half"] {
        let nobody = rest.get(path, None, &[]);
        assert_eq!(error(&nobody), (401, "42501".into()));
        assert_eq!(nobody.header("www-authenticate"), Some("Bearer"));
        let somebody = rest.get(path, SERVICE, &[]);
        assert_eq!(error(&somebody), (403, "42501".into()));
        let message = format!("permission denied for table {}", &path[1..]);
        assert_eq!(somebody.json()["message"], message.as_str());
    }
    assert_eq!(rest.get("/half?select=id", SERVICE, &[]).status, 200);
}

#[test]
fn what_a_request_gets_wrong_has_a_code() {
    let sql = "CREATE TABLE t (id int PRIMARY KEY, name text, doc json);
        CREATE SCHEMA other; CREATE TABLE other.t (id int)";
    let rest = serve("wrong", sql, CAPPED);
    for (path, status, code) in [
        ("/t?id=foo.1", 400, "PGRST100"),
        ("/t?id=gt.x", 400, "22P02"),
        ("/t?nmae=eq.1", 400, "42703"),
        ("/t?select=nmae", 400, "42703"),
        ("/t?order=nmae", 400, "42703"),
        ("/t?select=id::nothing", 400, "42704"),
        ("/t?select=id,other(*)", 400, "PGRST200"),
        ("/nothing", 404, "42P01"),
        ("/other.t", 404, "42P01"),
        ("/t?order=doc", 404, "42883"),
        ("/t?limit=-1", 416, "PGRST103"),
    ] {
        let answer = rest.get(path, SERVICE, &[]);
        assert_eq!(error(&answer), (status, code.into()), "{path}");
        let fields: Vec<_> = answer
            .json()
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        assert_eq!(fields, ["code", "details", "hint", "message"]);
    }
    let near = rest.get("/t?select=nmae", SERVICE, &[]).json();
    assert_eq!(
        near["hint"],
        "Perhaps you meant to reference the column \"t.name\"."
    );
    let schema = rest.get("/t", SERVICE, &[("Accept-Profile", "other")]);
    assert_eq!(error(&schema), (406, "PGRST106".into()));
    let media = rest.get("/t", SERVICE, &[("Accept", "application/xml")]);
    assert_eq!(error(&media), (415, "PGRST107".into()));
    // A gateway's kind of answer, from PostgREST itself: too long a request.
    let many = vec!["1"; 30_000].join(",");
    let long = rest.get(&format!("/t?id=in.({many})"), SERVICE, &[]);
    assert_eq!((long.status, long.body.as_str()), (400, "Bad Request"));
}

#[test]
fn other_schemas_are_asked_for_by_a_header() {
    let sql = "CREATE SCHEMA app; CREATE TABLE app.t AS SELECT 7 AS id;
        GRANT USAGE ON SCHEMA app TO anon; GRANT SELECT ON app.t TO anon";
    let schemas = "public, app";
    let rest = serve("schemas", sql, Options { schemas, ..CAPPED });
    assert_eq!(error(&rest.get("/t", None, &[])), (404, "42P01".into()));
    let answer = rest.get("/t", None, &[("Accept-Profile", "app")]);
    assert_eq!(answer.body, r#"[{"id":7}]"#);
}

#[test]
fn a_roles_timeout_ends_its_statements() {
    let sql = "CREATE VIEW slow AS SELECT 1 AS id FROM pg_sleep(1);
        CREATE ROLE hasty; GRANT hasty TO authenticator;
        GRANT USAGE ON SCHEMA public TO hasty; GRANT SELECT ON slow TO hasty;
        ALTER ROLE hasty SET statement_timeout = '100ms'";
    let rest = serve("hasty", sql, CAPPED);
    let answer = rest.get("/slow", Some("hasty"), &[]);
    assert_eq!(error(&answer), (500, "57014".into()));
    let message = "canceling statement due to statement timeout";
    assert_eq!(answer.json()["message"], message);
    assert_eq!(rest.get("/slow", SERVICE, &[]).status, 200);
}

#[test]
fn a_full_pool_is_504() {
    let sql = "CREATE VIEW slow AS SELECT 1 AS id FROM pg_sleep(4); CREATE TABLE t (id int)";
    let extra = "db-pool = 1\ndb-pool-acquisition-timeout = 1";
    let rest = serve("pool", sql, Options { extra, ..CAPPED });
    std::thread::scope(|scope| {
        scope.spawn(|| rest.get("/slow", SERVICE, &[]));
        let running = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'pool'
            AND state = 'active' AND query LIKE '%slow%' AND pid <> pg_backend_pid()";
        while Postgres::start().sql("postgres", running) == "0" {
            std::thread::sleep(Duration::from_millis(10));
        }
        let answer = rest.get("/t", SERVICE, &[]);
        assert_eq!(error(&answer), (504, "PGRST003".into()));
        assert_eq!(answer.header("retry-after"), None);
    });
}

/// The first answer without a database that does not come of a broken connection.
fn without_database(rest: &Postgrest) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = rest.get("/t", SERVICE, &[]);
        let after = answer.header("retry-after").map(str::parse::<u32>);
        match (answer.status, answer.code().as_str(), after) {
            (503, "PGRST000" | "PGRST002", Some(Ok(_))) => return answer,
            (503, "PGRST001", Some(Ok(_))) => {}
            // A connection that ended within the statement, without a reason.
            (400, "", None) => {}
            _ => panic!("{answer:?}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{answer:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_database_that_is_down_is_503_and_names_its_host() {
    let server = Postgres::start_with("", &[]);
    server.create_database("down");
    Postgrest::prepare(&server, "down");
    server.sql("down", "CREATE TABLE t AS SELECT 1 AS id");
    let rest = Postgrest::start(&server, "down", CAPPED);
    let mut hosts = 0;
    // PGRST002 where the schema cache was lost too, which is up to chance.
    for _ in 0..10 {
        assert_eq!(rest.get("/t", SERVICE, &[]).status, 200);
        // The tests' servers commit asynchronously, and would forget the role's
        // password; a PostgREST whose password is wrong ends.
        server.sql("down", "CHECKPOINT");
        server.pg_ctl(&["-m", "immediate", "stop"]);
        let answer = without_database(&rest);
        let details = answer.json()["details"].to_string();
        let place = format!("127.0.0.1\\\", port {}", server.port());
        assert_eq!(
            details.contains(&place),
            answer.code() == "PGRST000",
            "{details}"
        );
        hosts += u32::from(answer.code() == "PGRST000");
        server.pg_ctl(&["start"]);
        let begun = Instant::now();
        while rest.get("/t", SERVICE, &[]).status != 200 {
            assert!(begun.elapsed() < Duration::from_secs(60), "it recovers");
            std::thread::sleep(Duration::from_millis(50));
        }
        if hosts > 0 {
            return;
        }
    }
    panic!("no PGRST000 in ten tries");
}

#[test]
fn a_stopped_server_refuses_and_a_restarted_one_is_the_same() {
    let mut rest = serve("stopped", "CREATE TABLE t AS SELECT 1 AS id", CAPPED);
    let token = format!("Bearer {}", rest.jwt("service_role"));
    let get = |url: &str| http::request("GET", &format!("{url}/t"), &[("Authorization", &token)]);
    let url = rest.url();
    assert_eq!(get(&url).expect("an answer").status, 200);
    rest.stop();
    let refused = get(&url).expect_err("nobody is there");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    rest.restart();
    assert_eq!(get(&url).expect("an answer").status, 200);
    assert_eq!(rest.url(), url);
}

#[test]
fn a_stale_schema_cache_reads_new_columns_but_does_not_describe_them() {
    let rest = serve("stale", "CREATE TABLE t AS SELECT 1 AS id", CAPPED);
    let server = Postgres::start();
    server.sql(
        "stale",
        "ALTER TABLE t ADD COLUMN fresh int DEFAULT 7; CREATE TABLE u AS SELECT 2 AS id",
    );
    assert_eq!(rest.get("/t", SERVICE, &[]).body, r#"[{"id":1,"fresh":7}]"#);
    assert_eq!(rest.get("/u", SERVICE, &[]).body, r#"[{"id":2}]"#);
    let described = || {
        let tables = rest.get("/", SERVICE, &[]).json()["definitions"].clone();
        (
            tables["t"]["properties"].get("fresh").is_some(),
            tables.get("u").is_some(),
        )
    };
    assert_eq!(described(), (false, false));
    server.sql("stale", "NOTIFY pgrst, 'reload schema'");
    let begun = Instant::now();
    while described() != (true, true) {
        assert!(begun.elapsed() < Duration::from_secs(20), "it reloads");
        std::thread::sleep(Duration::from_millis(20));
    }
    server.sql("stale", "ALTER TABLE t DROP COLUMN fresh");
    assert_eq!(
        error(&rest.get("/t?select=fresh", SERVICE, &[])),
        (400, "42703".into())
    );
}
