//! What the PostgreSQL source says when something is wrong, each on a real
//! server: the right code, the place, what to do, and never the password.

mod support;

use std::time::{Duration, Instant};

use support::Postgres;
use support::reading::{Keep, open, query, read, refused, spec, table, wants};

use shadowgate::error::{Code, Failure};
use shadowgate::secret::Secret;
use shadowgate::source::location::{Location, Query, Spec};

const PASSWORD: &str = "tr0ub4dor&3/";
const ENCODED: &str = "tr0ub4dor%263%2F";

/// A database with a table that a role with a password may read.
fn secured(name: &str) -> &'static Postgres {
    let server = Postgres::start();
    server.create_database(name);
    server.sql(
        name,
        &format!(
            "CREATE TABLE t (id int PRIMARY KEY, secret text); INSERT INTO t VALUES (1, 'x');
             CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'"
        ),
    );
    server
}

/// Its code, with a check that it says what to do and hides the password.
fn code(failure: &Failure) -> Code {
    let all = format!("{failure} {failure:?}");
    assert!(
        !all.contains(PASSWORD) && !all.contains("tr0ub4dor"),
        "{all}"
    );
    assert!(!failure.next.is_empty(), "{failure}");
    failure.code
}

#[test]
fn a_wrong_password_is_unauthorised_and_not_repeated() {
    let server = secured("wrong");
    let right = server.url_as("wrong", ENCODED, "wrong");
    server.sql("wrong", "GRANT SELECT ON t TO wrong");
    open(&table(&right, "t")).expect("the right password opens");
    let failure = refused(&table(&right.replace("dor", "dorr"), "t"));
    assert_eq!(code(&failure), Code::Unauthorised);
    assert!(
        failure.why.contains("password authentication failed"),
        "{failure}"
    );
    assert!(
        failure.why.contains("postgres://wrong@127.0.0.1"),
        "{failure}"
    );
    let debug = format!("{:?}", table(&right, "t"));
    assert!(!debug.contains("tr0ub4dor"), "{debug}");
    let parameter = format!("{}?password={ENCODED}", server.url_as("wrong", "", "wrong"));
    let (source, _) = open(&table(&parameter, "t")).expect("a password as parameter");
    assert!(!format!("{:?}", source.identity()).contains("tr0ub4dor"));
}

#[test]
fn what_cannot_be_reached_is_unreachable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = closed.local_addr().expect("its address").port();
    // Accepts (the backlog does), but never answers.
    let mute = format!("postgres://u:{ENCODED}@127.0.0.1:{port}/d");
    let begun = Instant::now();
    let failure = refused(&Spec {
        connect_timeout: Duration::from_millis(300),
        ..table(&mute, "t")
    });
    assert_eq!(
        (code(&failure), failure.transient),
        (Code::Unreachable, true)
    );
    assert!(begun.elapsed() < Duration::from_secs(3));
    drop(closed);
    let failure = refused(&table(&mute, "t"));
    assert_eq!(
        (code(&failure), failure.transient),
        (Code::Unreachable, true)
    );
    let unknown = format!("postgres://u:{ENCODED}@no-such-host.invalid/d?sslmode=disable");
    assert_eq!(code(&refused(&table(&unknown, "t"))), Code::Unreachable);
    let failure = refused(&table("postgres://u@localhost/d?host=/no/such/socket", "t"));
    assert_eq!(
        (code(&failure), failure.transient),
        (Code::Unreachable, false)
    );
    let failure = refused(&table(&Postgres::start().url("no_such_database"), "t"));
    assert_eq!(code(&failure), Code::Unreachable);
    assert!(failure.why.contains("no_such_database"), "{failure}");
}

#[test]
fn something_else_than_postgresql_is_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().expect("a client");
            let _ = stream.read(&mut [0; 512]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    for mode in ["prefer", "disable"] {
        let url = format!("postgres://u:{ENCODED}@127.0.0.1:{port}/d?sslmode={mode}");
        assert_eq!(
            code(&refused(&table(&url, "t"))),
            Code::Unreachable,
            "{mode}"
        );
    }
    server.join().expect("served");
}

#[test]
fn a_missing_table_is_not_found_with_near_names() {
    let server = Postgres::start();
    let url = server.create_database("missing");
    server.sql(
        "missing",
        "CREATE SCHEMA app; CREATE TABLE app.listings (id int); CREATE TABLE \"Listings\" (id int)",
    );
    for (name, near) in [
        ("listing", "app.listings"),
        ("Listings", "public.\"Listings\""),
        ("nowhere.listings", "app.listings"),
    ] {
        let failure = refused(&table(&url, name));
        assert_eq!(code(&failure), Code::NotFound, "{failure}");
        assert!(failure.next.contains(near), "{failure}");
    }
    assert_eq!(
        code(&refused(&query(&url, "SELECT * FROM gone"))),
        Code::NotFound
    );
}

#[test]
fn what_the_query_or_condition_gets_wrong_is_a_configuration_error() {
    let server = secured("config");
    let url = server.url("config");
    for sql in [
        "SELECT nothing FROM t",
        "SELECT id FROM t; SELECT id FROM t",
        "SELECT id FROM t) AS q; COMMIT; SELECT (1",
        "SELEC id",
        "SELECT id, secret AS id FROM t",
        "INSERT INTO t VALUES (2) RETURNING id",
        "WITH w AS (DELETE FROM t RETURNING id) SELECT * FROM w",
        "SELECT $1::int AS a",
        "",
    ] {
        let failure = refused(&query(&url, sql));
        assert_eq!(code(&failure), Code::Config, "{sql}: {failure}");
    }
    for filter in ["nothing = 1", "id = 'x'", "id =", "id", "true); COMMIT; --"] {
        let spec = Spec {
            filter: Some(filter.to_owned()),
            ..table(&url, "t")
        };
        assert_eq!(code(&refused(&spec)), Code::Config, "{filter}");
    }
    assert_eq!(code(&refused(&spec(&url))), Code::Config);
    let both = Spec {
        query: Some(Query {
            sql: "SELECT 1".to_owned(),
            file: "q.sql".into(),
        }),
        ..table(&url, "t")
    };
    assert_eq!(code(&refused(&both)), Code::Config);
    assert_eq!(code(&refused(&table("postgres://[", "t"))), Code::Config);
    // Only running it shows that this one would write.
    let locks = query(&url, "SELECT * FROM t FOR UPDATE");
    let (mut source, schema) = open(&locks).expect("planned");
    let failure = read(&mut *source, &wants(&schema)).expect_err("refused");
    assert_eq!(code(&failure), Code::Config, "{failure}");
    assert_eq!(server.sql("config", "SELECT count(*) FROM t"), "1");
}

#[test]
fn missing_rights_are_unauthorised() {
    let server = secured("denied");
    let url = server.url_as("denied", ENCODED, "denied");
    let failure = refused(&table(&url, "t"));
    assert_eq!(code(&failure), Code::Unauthorised);
    assert!(failure.why.contains("may not read public.t"), "{failure}");
    assert_eq!(
        code(&refused(&query(&url, "SELECT * FROM t"))),
        Code::Unauthorised
    );
    server.sql("denied", "CREATE SCHEMA shut; CREATE TABLE shut.t (id int)");
    assert_eq!(code(&refused(&table(&url, "shut.t"))), Code::Unauthorised);
    server.sql("denied", "GRANT SELECT (id) ON t TO denied");
    let (mut source, schema) = open(&table(&url, "t")).expect("one column may be read");
    assert!(
        schema.warnings.iter().any(|it| it.contains("secret")),
        "{:?}",
        schema.warnings
    );
    assert!(!source.locates(), "ctid may not be read");
    let failure = read(&mut *source, &wants(&schema)).expect_err("refused");
    assert_eq!(code(&failure), Code::Unauthorised);
    assert!(failure.why.contains("secret"), "{failure}");
    let (rows, _) = read(&mut *source, &wants(&schema)[..1]).expect("read");
    assert_eq!(rows.len(), 1);
}

#[test]
fn row_level_security_that_would_hide_rows_is_unauthorised() {
    let server = secured("rls");
    server.sql(
        "rls",
        "GRANT SELECT ON t TO rls; ALTER TABLE t ENABLE ROW LEVEL SECURITY;
         CREATE POLICY part ON t USING (id > 1)",
    );
    let url = server.url_as("rls", ENCODED, "rls");
    for spec in [table(&url, "t"), query(&url, "SELECT count(*) FROM t")] {
        let failure = refused(&spec);
        assert_eq!(code(&failure), Code::Unauthorised);
        assert!(failure.next.contains("hide rows"), "{failure}");
    }
    open(&table(&server.url("rls"), "t")).expect("a superuser sees every row");
}

#[test]
fn timeouts_are_timeouts() {
    let server = secured("slow");
    let url = server.url("slow");
    let spec = Spec {
        statement_timeout: Duration::from_millis(200),
        ..query(
            &url,
            "SELECT id, pg_sleep(0.05)::text AS s FROM generate_series(1, 1000) id",
        )
    };
    let (mut source, schema) = open(&spec).expect("opens");
    let failure = read(&mut *source, &wants(&schema)).expect_err("too slow");
    assert_eq!((code(&failure), failure.transient), (Code::Timeout, true));
    let failure = source.verify_unchanged().expect_err("the snapshot is gone");
    assert_eq!(failure.code, Code::SourceCut);
    let lock = "BEGIN; LOCK TABLE t; SELECT pg_sleep(3); COMMIT";
    let mut locker = server.psql("slow", lock).spawn().expect("psql");
    let held = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'
                AND relation = 't'::regclass AND granted";
    while server.sql("slow", held) == "0" {
        std::thread::sleep(Duration::from_millis(20));
    }
    let spec = Spec {
        lock_timeout: Duration::from_millis(100),
        ..table(&url, "t")
    };
    let failure = refused(&spec);
    assert_eq!((code(&failure), failure.transient), (Code::Timeout, true));
    assert!(failure.next.contains("lock"), "{failure}");
    locker.wait().expect("psql ends");
}

/// A table with a column whose text takes ten minutes.
fn endless(name: &str) -> (&'static Postgres, Spec) {
    let server = Postgres::start();
    let url = server.create_database(name);
    server.sql(
        name,
        "CREATE TYPE slow AS (n int);
         CREATE FUNCTION told(slow) RETURNS text LANGUAGE sql AS 'SELECT pg_sleep(600)::text';
         CREATE CAST (slow AS text) WITH FUNCTION told(slow);
         CREATE TABLE t (id int PRIMARY KEY, s slow);
         INSERT INTO t VALUES (1, ROW(1)); ANALYZE t",
    );
    (server, table(&url, "t"))
}

/// It was waited for as long as for the reading itself, and its end was the
/// connection's.
#[test]
fn a_sample_that_takes_long_is_given_up_soon_and_costs_nothing_else() {
    let (_, spec) = endless("sample_slow");
    let (mut source, _) = open(&spec).expect("opens");
    let begun = Instant::now();
    let failure = source.sample("s", 64).expect_err("too slow");
    assert_eq!(failure.code, Code::Timeout, "{failure}");
    assert!(begun.elapsed() < Duration::from_secs(30));
    source.verify_unchanged().expect("the same snapshot");
    assert_eq!(source.sample("id", 64).expect("a sample"), ["1"]);
}

#[test]
fn a_connection_lost_on_a_sample_says_why_ever_after() {
    let (server, spec) = endless("sample_lost");
    let (mut source, schema) = open(&spec).expect("opens");
    let sampled = std::thread::spawn(move || {
        let failure = source.sample("s", 64).expect_err("cut");
        (source, failure)
    });
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = 'sample_lost' AND wait_event = 'PgSleep'";
    support::until(|| server.sql("sample_lost", end) == "1");
    let (mut source, failure) = sampled.join().expect("it ends");
    assert!(failure.why.contains("57P01"), "{failure}");
    let after = read(&mut *source, &wants(&schema)).expect_err("no connection");
    assert_eq!((&after.why, after.again), (&failure.why, true));
}

#[test]
fn a_row_that_cannot_be_computed_cuts_the_stream() {
    let server = Postgres::start();
    let url = server.create_database("computed");
    let sql = "SELECT 1 / (i - 50000) AS a FROM generate_series(1, 60000) i";
    let (mut source, schema) = open(&query(&url, sql)).expect("opens");
    let failure = read(&mut *source, &wants(&schema)).expect_err("division by zero");
    assert_eq!(
        (code(&failure), failure.transient),
        (Code::SourceCut, false)
    );
    assert!(failure.why.contains("division by zero"), "{failure}");
}

#[test]
fn too_many_connections_may_pass() {
    let server = secured("crowded");
    server.sql(
        "crowded",
        "GRANT SELECT ON t TO crowded; ALTER ROLE crowded CONNECTION LIMIT 1",
    );
    let url = server.url_as("crowded", ENCODED, "crowded");
    let (mut first, schema) = open(&table(&url, "t")).expect("one may");
    let failure = refused(&table(&url, "t"));
    assert_eq!(
        (code(&failure), failure.transient),
        (Code::Unreachable, true)
    );
    let mut keep = Keep {
        limit: Some(1),
        ..Keep::default()
    };
    first
        .read(&wants(&schema), &mut keep)
        .expect("a break-off needs no second connection here");
    assert_eq!(read(&mut *first, &wants(&schema)).expect("read").0.len(), 1);
}

#[test]
fn breaking_off_works_where_nothing_can_be_cancelled() {
    let server = secured("alone");
    server.sql(
        "alone",
        "INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(2, 30000) i;
         GRANT SELECT ON t TO alone; ALTER ROLE alone CONNECTION LIMIT 1",
    );
    let url = server.url_as("alone", ENCODED, "alone");
    let (mut source, schema) = open(&table(&url, "t")).expect("opens");
    let mut keep = Keep {
        limit: Some(1),
        ..Keep::default()
    };
    source.read(&wants(&schema), &mut keep).expect("broken off");
    assert_eq!(
        read(&mut *source, &wants(&schema)).expect("read").0.len(),
        30_000
    );
}

/// A server of its own that goes away while its rows are read.
fn goes_away(how: &'static [&'static str]) -> Failure {
    let server: &'static Postgres = Box::leak(Box::new(Postgres::start_with("", &[])));
    let url = server.create_database("gone");
    server.sql(
        "gone",
        "CREATE TABLE t AS SELECT i, repeat('x', 500) AS b FROM generate_series(1, 60000) i",
    );
    let (mut source, schema) = open(&table(&url, "t")).expect("opens");
    let mut keep = Keep {
        then: Some(Box::new(move |chunks| {
            if chunks == 3 {
                server.pg_ctl(how);
            }
        })),
        ..Keep::default()
    };
    let failure = source.read(&wants(&schema), &mut keep).expect_err("cut");
    assert!(keep.chunks.len() >= 3);
    let later = source.verify_unchanged().expect_err("no snapshot any more");
    assert_eq!(later.code, Code::SourceCut);
    failure
}

#[test]
fn a_server_that_goes_away_cuts_the_stream() {
    for how in [&["-m", "immediate", "stop"][..], &["-m", "fast", "stop"]] {
        let failure = goes_away(how);
        assert_eq!(
            (code(&failure), failure.transient),
            (Code::SourceCut, true),
            "{failure}"
        );
    }
}

#[test]
fn a_terminated_session_cuts_the_stream() {
    let server = secured("ended");
    server.sql(
        "ended",
        "INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(2, 60000) i",
    );
    let (mut source, schema) = open(&table(&server.url("ended"), "t")).expect("opens");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = 'ended' AND application_name = 'shadowgate'";
    let mut keep = Keep {
        then: Some(Box::new(move |chunks| {
            if chunks == 2 {
                server.sql("postgres", end);
            }
        })),
        ..Keep::default()
    };
    let failure = source.read(&wants(&schema), &mut keep).expect_err("cut");
    assert_eq!(
        (code(&failure), failure.transient),
        (Code::SourceCut, true),
        "{failure}"
    );
}

#[test]
fn a_secret_location_shows_nothing() {
    let location = Location::Postgres(Secret::new(format!("postgres://u:{ENCODED}@h/d")));
    assert_eq!(format!("{location:?}"), "Postgres(***)");
}
