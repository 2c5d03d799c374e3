//! What lies between the PostgreSQL source and its server: TLS, and a
//! connection that is cut at any byte.

mod support;

use std::path::Path;

use support::Postgres;
use support::certificates::Certificates;
use support::fault::{At, Fault, Plan, Proxy};
use support::reading::{Keep, open, query, read, refused, table, wants};

use shadowgate::error::{Code, Failure};
use shadowgate::source::Receipt;
use shadowgate::source::location::Spec;

const ENCRYPTED: &str = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

fn encrypted(spec: &Spec) -> String {
    let (mut source, schema) = open(spec).expect("opens");
    let (rows, _) = read(&mut *source, &wants(&schema)).expect("read");
    rows[0].text(0).to_owned()
}

fn with_root(url: &str, root: &Path) -> Spec {
    Spec {
        sslrootcert: Some(root.to_owned()),
        ..query(url, ENCRYPTED)
    }
}

#[test]
fn certificates_are_verified_as_far_as_asked() {
    let certificates = Certificates::lasting(2);
    let server = certificates.server();
    let url = |host: &str, mode: &str| {
        format!(
            "postgres://postgres@{host}:{}/postgres?sslmode={mode}",
            server.port()
        )
    };
    let ca = certificates.path("ca.crt");
    assert_eq!(
        encrypted(&with_root(&url("localhost", "verify-full"), &ca)),
        "true"
    );
    let in_url = format!(
        "{}&sslrootcert={}",
        url("localhost", "verify-full"),
        ca.display()
    );
    assert_eq!(encrypted(&query(&in_url, ENCRYPTED)), "true");
    assert_eq!(
        encrypted(&query(&url("localhost", "require"), ENCRYPTED)),
        "true"
    );
    assert_eq!(
        encrypted(&query(&url("localhost", "disable"), ENCRYPTED)),
        "false"
    );
    for (spec, why) in [
        (
            query(&url("localhost", "verify-full"), ENCRYPTED),
            "an unknown authority",
        ),
        (
            with_root(&url("127.0.0.1", "verify-full"), &ca),
            "another host",
        ),
    ] {
        let failure = refused(&spec);
        assert_eq!(failure.code, Code::Unreachable, "{why}: {failure}");
        assert!(failure.next.contains("sslrootcert"), "{why}: {failure}");
    }
    let failure = refused(&with_root(&in_url, Path::new("/no/such.crt")));
    assert_eq!(failure.code, Code::Config, "{failure}");
}

#[test]
fn a_server_without_tls_is_not_talked_to_in_the_clear() {
    let url = Postgres::start().url("postgres") + "?sslmode=verify-full";
    let failure = refused(&query(&url, ENCRYPTED));
    assert_eq!(failure.code, Code::Unreachable);
    assert!(failure.why.contains("does not support TLS"), "{failure}");
    assert!(failure.next.contains("sslmode=disable"), "{failure}");
}

/// Reads the table through a proxy; the bytes that came, and what became of it.
fn through(plan: Plan) -> (u64, Result<(usize, Receipt), Failure>) {
    let proxy = Proxy::start(Postgres::start().port(), plan);
    let url = format!(
        "postgres://postgres@127.0.0.1:{}/cuts?sslmode=disable",
        proxy.port()
    );
    let result = open(&table(&url, "t")).and_then(|(mut source, schema)| {
        let mut keep = Keep::default();
        let receipt = source.read(&wants(&schema), &mut keep)?;
        source.verify_unchanged()?;
        Ok((keep.chunks.len(), receipt))
    });
    proxy.wait();
    (proxy.bytes(), result)
}

#[test]
fn no_cut_at_any_byte_looks_like_the_end() {
    let server = Postgres::start();
    server.create_database("cuts");
    server.sql(
        "cuts",
        "CREATE TABLE t AS SELECT i, repeat('x', 20) AS b FROM generate_series(1, 500) i",
    );
    // The last bytes answer the goodbye, when all is said: ROLLBACK's
    // CommandComplete, DateStyle as it was before, and ReadyForQuery.
    let goodbye = 14 + 24 + 6;
    let (all, whole) = through(Plan::default());
    // Numbers of transactions grow by a digit now and then, and answers with them.
    let digits = 8;
    let all = all - goodbye - digits;
    assert_eq!(whole.expect("uncut").1.rows, Some(500));
    // What follows the last row: trailer, CopyDone, CommandComplete,
    // ReadyForQuery, then the answers to RELEASE and SELECT.
    let tail = 200;
    let earlier = (0..all - tail).step_by(701);
    for limit in earlier.chain(all - tail..all) {
        let plan = Plan::new(Fault::Cut, At::Total(limit)).forever();
        let (sent, result) = through(plan);
        let Err(failure) = result else {
            panic!("cut after {limit} of {all} bytes ({sent} sent) it looks whole");
        };
        assert!(sent <= limit);
        assert!(
            matches!(failure.code, Code::SourceCut | Code::Unreachable) && failure.transient,
            "cut after {limit} of {all} bytes: {failure}"
        );
    }
}
