//! What PostgREST refuses, and what comes in its place: each is named with the
//! request, the status, the code and the next step, asked again only where that
//! may help, and told without a secret or the database's host.

mod support;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use support::Postgres;
use support::api::{capped, context, limits, open, read, serve, service, side};
use support::fault::{At, Fault, Plan, Proxy};
use support::gateway::{self, Coding};
use support::postgrest::{Options, Postgrest};

use shadowgate::error::{Code, Failure};
use shadowgate::secret::Secret;
use shadowgate::source::context::Rate;
use shadowgate::source::location::Spec;
use shadowgate::source::{Limits, Receipt};

const ROWS: &str = "CREATE TABLE listings (id bigint PRIMARY KEY, name text);
    INSERT INTO listings SELECT i, '物件' || i FROM generate_series(1, 300) i;
    CREATE TABLE secret (id int PRIMARY KEY);
    REVOKE ALL ON secret FROM anon, service_role;";

/// The side, read through a proxy.
fn through(api: &Postgrest, plan: Plan) -> (Proxy, Spec) {
    let proxy = Proxy::start(api.port(), plan);
    let spec = side(&proxy.url(), "listings", Some(&api.jwt("service_role")));
    (proxy, spec)
}

fn by_id(spec: &Spec, limits: Limits) -> Result<(Vec<Vec<String>>, Receipt), Failure> {
    read(spec, &context(limits), &["id"])
}

#[test]
fn what_is_refused_is_explained_and_not_asked_again() {
    let api = serve("rest_refused", ROWS, capped());
    let own = |token: String| Some(token);
    let service = api.jwt("service_role");
    for (table, filter, token, code, says, next) in [
        (
            "listings",
            "",
            own(api.jwt_expired("service_role")),
            Code::Unauthorised,
            "PGRST301",
            "has expired",
        ),
        (
            "listings",
            "",
            own(api.jwt_forged("service_role")),
            Code::Unauthorised,
            "PGRST301",
            "this project's",
        ),
        (
            "listings",
            "",
            own("no-token".to_owned()),
            Code::Unauthorised,
            "401",
            "does not accept this JWT",
        ),
        (
            "secret",
            "",
            own(service.clone()),
            Code::Unauthorised,
            "42501",
            "grant the role SELECT",
        ),
        (
            "secret",
            "",
            None,
            Code::Unauthorised,
            "42501",
            "grant the role SELECT",
        ),
        (
            "listing",
            "",
            own(service.clone()),
            Code::NotFound,
            "42P01",
            "did you mean listings?",
        ),
        (
            "listings",
            "nome=eq.x",
            own(service.clone()),
            Code::NotFound,
            "42703",
            "column's name",
        ),
        (
            "listings",
            "id=eq.x",
            own(service.clone()),
            Code::Config,
            "22P02",
            "`where`",
        ),
        (
            "listings",
            "or=(id.eqq.x)",
            own(service.clone()),
            Code::Config,
            "PGRST100",
            "`where`",
        ),
    ] {
        let proxy = Proxy::start(api.port(), Plan::default());
        let mut spec = side(&proxy.url(), table, token.as_deref());
        spec.filter = Some(filter.to_owned()).filter(|filter| !filter.is_empty());
        let failure = open(&spec, &context(limits())).err().expect(says);
        assert_eq!(failure.code, code, "{failure}");
        assert!(failure.why.contains(says), "{says}: {failure}");
        assert!(failure.why.contains(table), "{says}: {failure}");
        assert!(failure.next.contains(next), "{next}: {failure}");
        assert!(!failure.transient);
        let asked = proxy.requests();
        let mut lines: Vec<&String> = asked.iter().map(|(_, line)| line).collect();
        lines.sort();
        lines.dedup();
        assert_eq!(lines.len(), asked.len(), "{says}: asked again: {asked:?}");
        for secret in [&service, "no-token"] {
            assert!(!failure.to_string().contains(secret), "{failure}");
        }
    }
}

#[test]
fn a_database_that_is_down_is_told_without_its_host() {
    let server = Postgres::start_with("", &[]);
    server.create_database("down");
    Postgrest::prepare(&server, "down");
    server.sql("down", ROWS);
    let api = Postgrest::start(&server, "down", Options::default());
    let spec = service(&api, "listings");
    assert!(open(&spec, &context(limits())).is_ok());
    server.pg_ctl(&["-m", "immediate", "stop"]);
    let failure = open(&spec, &context(limits())).err().expect("down");
    assert!(failure.transient, "{failure}");
    assert!(failure.why.contains("503"), "{failure}");
    assert!(failure.why.contains("PGRST00"), "{failure}");
    let port = server.port().to_string();
    assert!(!failure.to_string().contains(&port), "{failure}");
}

#[test]
fn what_passes_is_asked_again_and_leaves_no_trace_in_the_rows() {
    let api = serve("rest_passing", ROWS, capped());
    let undisturbed = by_id(&service(&api, "listings"), limits()).expect("read").0;
    let busy = r#"{"code":"PGRST003","message":"Timed out acquiring connection","details":null,"hint":null}"#;
    for (what, plan) in [
        ("429", Plan::answer(4, 429, &[("Retry-After", "1")], "")),
        ("502", Plan::answer(4, 502, &[], "<html>bad gateway</html>")),
        ("503", Plan::answer(3, 503, &[], "")),
        (
            "504",
            Plan::answer(4, 504, &[("Content-Type", "application/json")], busy),
        ),
        ("a cut", Plan::new(Fault::Cut, At::Total(12_000))),
        ("a reset", Plan::new(Fault::Reset, At::Total(12_000))),
        ("a stall", Plan::new(Fault::Stall, At::Total(12_000))),
    ] {
        let (proxy, spec) = through(&api, plan);
        let patient = Limits {
            request_timeout: Duration::from_secs(1),
            page: 100,
            ..limits()
        };
        let (rows, receipt) = by_id(&spec, patient).expect(what);
        assert!(proxy.fired() > 0, "{what}");
        assert_eq!(rows, undisturbed, "{what}");
        assert_eq!(receipt.doubt, None, "{what}");
        assert!(receipt.retries > 0, "{what}");
    }
}

#[test]
fn what_does_not_pass_ends_in_a_failure_that_may_be_tried_later() {
    let api = serve("rest_lasting", ROWS, capped());
    for plan in [
        Plan::answer(4, 503, &[("Retry-After", "0")], "").forever(),
        Plan::new(Fault::Cut, At::Total(12_000)).forever(),
        Plan::new(Fault::Stall, At::Total(12_000)).forever(),
    ] {
        let (proxy, spec) = through(&api, plan);
        let patient = Limits {
            request_timeout: Duration::from_millis(500),
            ..limits()
        };
        let begun = Instant::now();
        let failure = by_id(&spec, patient).unwrap_err();
        assert!(proxy.fired() > 1);
        assert!(failure.transient, "{failure}");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn retry_after_is_waited_for() {
    let api = serve("rest_retry_after", ROWS, capped());
    let (proxy, spec) = through(&api, Plan::answer(3, 429, &[("Retry-After", "2")], ""));
    by_id(&spec, limits()).expect("read");
    let times: Vec<Instant> = proxy.requests().iter().map(|(at, _)| *at).collect();
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(longest >= Some(Duration::from_secs(2)), "{longest:?}");
}

/// A gateway's page, a cache, a login: none of it is a page of rows.
#[test]
fn what_is_not_postgrests_is_refused_whatever_its_status() {
    let api = serve("rest_gateway", ROWS, capped());
    let json = ("Content-Type", "application/json");
    for (headers, body) in [
        (vec![("Content-Type", "text/html")], "<html>Welcome</html>"),
        (vec![json], "[]"),
        (vec![json, ("Content-Range", "0-1/*")], "[]"),
        (
            vec![json, ("Content-Range", "*/*")],
            r#"[{"id":1,"name":"x"}]"#,
        ),
        (vec![json, ("Content-Range", "0-0/*")], r#"{"id":1}"#),
        (
            vec![json, ("Content-Range", "0-0/*")],
            r#"[{"id":1,"name":"x""#,
        ),
        (vec![json, ("Content-Range", "nonsense")], "[]"),
    ] {
        let (proxy, spec) = through(&api, Plan::answer(1, 200, &headers, body).only("order="));
        let failure = by_id(&spec, limits()).unwrap_err();
        assert!(proxy.fired() > 0);
        let code = failure.code;
        let named = matches!(code, Code::Malformed | Code::RowsShort | Code::SourceCut);
        assert!(named, "{body}: {failure}");
    }
    // An empty page that lies ends the reading, and the counts tell.
    let lie = Plan::answer(1, 200, &[json, ("Content-Range", "*/*")], "[]").only("order=");
    let (_proxy, spec) = through(&api, lie);
    let (_, receipt) = by_id(&spec, limits()).expect("it came to its end");
    assert_eq!(receipt.doubt.expect("a doubt").code, Code::RowsShort);
    // The same page over and over.
    let same = r#"[{"id":7,"name":"x"}]"#;
    let same = Plan::answer(1, 200, &[json, ("Content-Range", "0-0/*")], same).only("order=");
    let (_proxy, spec) = through(&api, same.forever());
    let failure = by_id(&spec, limits()).unwrap_err();
    assert!(failure.why.contains("does not go on"), "{failure}");
}

/// Keys go to the configured origin, and nowhere else.
#[test]
fn redirects_are_not_followed() {
    let api = serve("rest_redirect", ROWS, capped());
    let elsewhere = Proxy::start(api.port(), Plan::default());
    let to = format!("{}/listings?token=hunter2", elsewhere.url());
    for status in [301, 302, 307, 308] {
        let (_proxy, spec) = through(&api, Plan::answer(2, status, &[("Location", &to)], ""));
        let failure = by_id(&spec, limits()).unwrap_err();
        assert!(failure.why.contains(&elsewhere.url()), "{failure}");
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_compressed_page_is_read_and_a_cut_one_is_not() {
    let api = serve("rest_gzip", ROWS, capped());
    let plain = by_id(&service(&api, "listings"), limits()).expect("read").0;
    let token = api.jwt("service_role");
    for coding in [Coding::Gzip, Coding::Brotli] {
        let root = gateway::start(api.url(), coding, 0);
        let spec = side(&root, "listings", Some(&token));
        let (rows, receipt) = by_id(&spec, limits()).expect("read");
        assert_eq!((rows, receipt.doubt), (plain.clone(), None), "{coding:?}");
        // The codings' own ends, then more and more of what is within.
        for lose in [1, 2, 4, 8, 9, 50, 400] {
            let root = gateway::start(api.url(), coding, lose);
            let spec = side(&root, "listings", Some(&token));
            let once = Limits {
                retries: 0,
                ..limits()
            };
            let failure = by_id(&spec, once).expect_err("a page cut short");
            assert!(
                !failure.code.is_usage(),
                "{coding:?} less {lose}: {failure}"
            );
        }
    }
}

#[test]
fn the_rate_limit_holds_as_the_server_counts() {
    let api = serve("rest_rate", ROWS, capped());
    let (proxy, spec) = through(&api, Plan::default());
    let count = 10;
    let limited = Limits {
        rate: Some(Rate {
            count,
            per: Duration::from_secs(1),
        }),
        connections: 4,
        page: 10,
        ..limits()
    };
    by_id(&spec, limited).expect("read");
    let times: Vec<Instant> = proxy.requests().iter().map(|(at, _)| *at).collect();
    assert!(times.len() > 30, "{} requests", times.len());
    for window in times.windows(count as usize + 1) {
        let took = window[count as usize] - window[0];
        assert!(took >= Duration::from_secs(1), "{took:?}");
    }
}

/// Both sides of a run share one limit.
#[test]
fn the_circuit_breaker_leaves_a_failing_server_alone() {
    let api = serve("rest_breaker", ROWS, capped());
    let (proxy, spec) = through(&api, Plan::answer(3, 503, &[], "").times(3));
    let broken = Limits {
        retries: 5,
        breaker_threshold: 3,
        breaker_timeout: Duration::from_secs(2),
        connections: 1,
        ..limits()
    };
    by_id(&spec, broken).expect("it recovers");
    let times: Vec<Instant> = proxy.requests().iter().map(|(at, _)| *at).collect();
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(longest >= Some(Duration::from_secs(2)), "{longest:?}");
    assert_eq!(proxy.fired(), 3);
}

#[test]
fn keys_do_not_travel_in_clear() {
    let mut spec = side("http://db.example:3000", "listings", None);
    spec.rest.apikey = Some(Secret::new("hunter2"));
    let failure = open(&spec, &context(limits())).err().expect("refused");
    assert_eq!(failure.code, Code::Config);
    assert!(failure.why.contains("unencrypted"), "{failure}");
    assert!(!failure.to_string().contains("hunter2"), "{failure}");
}

/// A silence never lasts, and the answer does not end either.
#[test]
fn an_answer_that_comes_byte_by_byte_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
            // An answer before its question would be refused as that.
            let asked = client.read(&mut [0; 4096]).is_ok();
            let mut going = asked && client.write_all(head).is_ok();
            while going {
                std::thread::sleep(Duration::from_millis(20));
                going = client.write_all(b" ").is_ok();
            }
        }
    });
    let spec = side(&format!("http://127.0.0.1:{port}"), "listings", None);
    let short = Limits {
        retries: 0,
        request_timeout: Duration::from_millis(100),
        ..limits()
    };
    let failure = open(&spec, &context(short)).err().expect("no end");
    assert_eq!(failure.code, Code::Timeout, "{failure}");
    assert!(failure.transient);
}

#[test]
fn nobody_there_is_told_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    drop(listener);
    let spec = side(&format!("http://127.0.0.1:{port}"), "listings", None);
    let begun = Instant::now();
    let failure = open(&spec, &context(limits())).err().expect("nobody");
    assert_eq!(failure.code, Code::Unreachable);
    assert!(
        failure.transient && failure.why.contains("refused"),
        "{failure}"
    );
    assert!(begun.elapsed() < Duration::from_secs(2));
}
