//! Who PostgREST is asked as, where the keys go, and which table it is that answers:
//! what a PASS must not be mistaken about, whatever the rows say.

mod common;
mod support;

use std::net::TcpListener;
use std::time::Duration;

use common::Lab;
use support::Postgres;
use support::api::{capped, context, limits, open, read, serve, service, side, verify, wants};
use support::fault::{Plan, Proxy};
use support::gateway::{self, Coding};
use support::postgrest::{Options, Postgrest};
use support::reading::{self, Keep};

use shadowgate::error::Code;
use shadowgate::gate::Verdict;
use shadowgate::secret::Secret;
use shadowgate::source::location::Spec;
use shadowgate::source::{Context, Limits};

const ROWS: &str = "CREATE TABLE listings (id int PRIMARY KEY, name text);
    INSERT INTO listings SELECT i, 'n' || i FROM generate_series(1, 100) i;";

/// A side with a new kind of Supabase key, and no Authorization.
fn with_secret_key(url: &str) -> Spec {
    let mut spec = side(url, "listings", None);
    spec.rest.apikey = Some(Secret::new("sb_secret_hunter2"));
    spec
}

/// PostgREST itself knows nothing of `apikey`: without Supabase's gateway it answers
/// as its anonymous role, and its count hides what that may not see.
#[test]
fn a_secret_key_that_no_gateway_heeds_is_nobodys() {
    let sql = format!(
        "{ROWS} ALTER TABLE listings ENABLE ROW LEVEL SECURITY;
        CREATE POLICY few ON listings FOR SELECT TO anon USING (id <= 40);"
    );
    let api = serve("rest_secret_key", &sql, capped());
    let spec = with_secret_key(&api.url());
    let (rows, receipt) = read(&spec, &context(limits()), &["id"]).expect("read");
    assert_eq!(rows.len(), 40);
    let doubt = receipt.doubt.expect("a doubt");
    assert_eq!(doubt.code, Code::RowSecurity);
    assert!(doubt.why.contains("a made-up key"), "{doubt}");
    let mut declared = with_secret_key(&api.url());
    declared.rest.role = Some("anon".to_owned());
    let (_, receipt) = read(&declared, &context(limits()), &["id"]).expect("read");
    assert_eq!(
        receipt.doubt, None,
        "it was said that anybody sees every row"
    );
}

/// Nor does a token mean anything behind a gateway that takes it away.
#[test]
fn a_token_that_a_gateway_takes_away_is_nobodys() {
    let api = serve("rest_taken_token", ROWS, capped());
    let token = api.jwt("service_role");
    for heeds in [true, false] {
        let root = gateway::start_as(api.url(), Coding::Gzip, heeds);
        let mut spec = side(&root, "listings", Some(&token));
        for role in [None, Some("service_role".to_owned())] {
            spec.rest.role = role;
            let (rows, receipt) = read(&spec, &context(limits()), &["id"]).expect("read");
            let told = receipt.doubt.as_ref();
            assert!(told.is_none_or(|doubt| doubt.next.contains("leave the token out")));
            let doubt = receipt.doubt.map(|doubt| doubt.code);
            let due = (!heeds).then_some(Code::RowSecurity);
            assert_eq!((rows.len(), doubt), (100, due));
        }
    }
}

#[test]
fn a_secret_key_that_a_gateway_asks_for_is_the_service_roles() {
    let api = serve("rest_gateway_key", ROWS, capped());
    let refused = r#"{"message":"Invalid API key"}"#;
    // The last of all requests comes with another key.
    let json = [("content-type", "application/json")];
    let last = 4 + 3 + 1 + 1;
    let proxy = Proxy::start(api.port(), Plan::answer(last, 401, &json, refused));
    let spec = with_secret_key(&proxy.url());
    let (rows, receipt) = read(&spec, &context(limits()), &["id"]).expect("read");
    assert_eq!((rows.len(), receipt.doubt, proxy.fired()), (100, None, 1));
}

/// By whatever words both sides name it, one table is no proof of anything.
#[test]
fn one_table_under_two_names_is_the_same_source() {
    let sql = format!(
        "{ROWS} CREATE SCHEMA api;
        GRANT USAGE ON SCHEMA api TO service_role;
        CREATE TABLE api.listings AS TABLE listings;
        ALTER TABLE api.listings ADD PRIMARY KEY (id);
        GRANT SELECT ON api.listings TO service_role;"
    );
    let one = serve("rest_one_name", &sql, capped());
    let options = Options {
        schemas: "public, api",
        ..capped()
    };
    let two = Postgrest::start(Postgres::start(), "rest_one_name", options);
    let verdict = |old: Spec, new: Spec| verify(old, new, &[], limits()).verdict;
    for api in [&one, &two] {
        let plain = || service(api, "listings");
        let named = || service(api, "public.listings");
        assert_eq!(verdict(plain(), named()), Verdict::Inconclusive);
        let root = api.url().replace("127.0.0.1", "localhost");
        let other = side(&root, "listings", Some(&api.jwt("service_role")));
        assert_eq!(verdict(plain(), other), Verdict::Inconclusive);
    }
    let other = service(&two, "api.listings");
    assert_eq!(verdict(service(&two, "listings"), other), Verdict::Pass);
}

/// What goes to this machine in clear must not take the way round by another one.
#[test]
fn keys_for_this_machine_go_by_no_proxy() {
    let api = serve("rest_no_proxy", ROWS, capped());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = format!("http://{}", listener.local_addr().expect("its address"));
    let old = Postgres::start().url("rest_no_proxy");
    let lab = Lab::new();
    let mut command = lab.command();
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env(name, &proxy);
    }
    command
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env("SUPABASE_SERVICE_ROLE_KEY", api.jwt("service_role"))
        .args(["verify", &old, &api.url(), "--table", "listings"]);
    let ran = lab.ran(&mut command);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    listener.set_nonblocking(true).expect("a mode");
    let came = listener.accept().map(|(_, from)| from);
    assert!(came.is_err(), "the proxy was asked by {came:?}");
}

#[test]
fn columns_without_rights_are_left_alone_where_others_are_selected() {
    let sql = "CREATE TABLE listings (id int PRIMARY KEY, name text, secret text);
        INSERT INTO listings VALUES (1, 'a', 'b');
        REVOKE ALL ON listings FROM service_role;
        GRANT SELECT (id, name) ON listings TO service_role;";
    let api = serve("rest_column_rights", sql, capped());
    let mut spec = service(&api, "listings");
    let failure = open(&spec, &context(limits())).err().expect("refused");
    assert_eq!(failure.code, Code::Unauthorised);
    spec.rest.select = Some(vec!["id".to_owned(), "title:name".to_owned()]);
    let (_, schema) = open(&spec, &context(limits())).expect("opens");
    assert!(schema.warnings.is_empty(), "{:?}", schema.warnings);
    let (rows, receipt) = read(&spec, &context(limits()), &["id"]).expect("read");
    assert_eq!(rows, [["1", "a"]]);
    assert_eq!(receipt.counts, Some([1, 1]));
}

#[test]
fn selected_columns_may_have_brackets_and_colons_in_their_names() {
    let sql = r#"CREATE TABLE listings (id int PRIMARY KEY, "area (m2)" numeric, "a::b" int);
        INSERT INTO listings VALUES (1, 1.50, 7);"#;
    let api = serve("rest_odd_select", sql, capped());
    let mut spec = service(&api, "listings");
    let select = ["id", r#""area (m2)""#, r#"c:"a::b"::text"#];
    spec.rest.select = Some(select.map(str::to_owned).to_vec());
    let (rows, _) = read(&spec, &context(limits()), &["id"]).expect("read");
    assert_eq!(rows, [["1", "1.50", "7"]]);
}

/// 64 of them would make a URL that nobody takes: fewer are asked about.
#[test]
fn long_keys_are_read_in_ranges_all_the_same() {
    let sql = "CREATE TABLE listings (id text PRIMARY KEY, n int);
        INSERT INTO listings SELECT repeat('物件', 150) || i, i FROM generate_series(1, 400) i;
        ANALYZE listings;";
    let api = serve("rest_long_keys", sql, capped());
    let many = Limits {
        page: 10,
        ..limits()
    };
    let spec = service(&api, "listings");
    let (mut source, schema) = open(&spec, &context(many)).expect("opens");
    let old = reading::table(&Postgres::start().url("rest_long_keys"), "listings");
    let (mut old, _) = reading::open(&old).expect("opens");
    let bounds = old.sample("id", 64).expect("a sample");
    assert_eq!(bounds.len(), 64);
    source.divide(bounds);
    let receipt = source.read(&wants(&schema, &["id"]), &mut Keep::default());
    let receipt = receipt.expect("read");
    assert_eq!((receipt.rows, receipt.doubt), (Some(400), None));
    assert_eq!(receipt.retries, 0);
}

#[test]
fn a_key_too_long_for_a_url_is_told_at_once() {
    let sql = "CREATE TABLE listings (id text, n int);
        INSERT INTO listings SELECT repeat('x', 70000) || i, i FROM generate_series(1, 3) i;";
    let api = serve("rest_huge_keys", sql, capped());
    let spec = service(&api, "listings");
    let context = context(Limits {
        page: 2,
        ..limits()
    });
    let failure = read(&spec, &context, &["id"]).expect_err("no such URL");
    assert_eq!(failure.code, Code::Config, "{failure}");
    assert!(failure.next.contains("shorter key"), "{failure}");
}

/// Whom nobody answers has failed, and a refusal is an answer.
#[test]
fn a_refused_connection_counts_for_the_circuit_breaker() {
    let api = serve("rest_breaker_refused", ROWS, capped());
    let shared = Context::new(
        Default::default(),
        Limits {
            breaker_threshold: 2,
            breaker_timeout: Duration::from_secs(3),
            ..limits()
        },
    );
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    drop(listener);
    let nobody = side(&format!("http://127.0.0.1:{port}"), "listings", None);
    let closed = || lets_through(&shared);
    for _ in 0..2 {
        assert!(closed(), "it is closed until the second failure");
        let failure = open(&nobody, &shared).err().expect("nobody");
        assert_eq!(failure.code, Code::Unreachable);
    }
    assert!(!closed(), "two refused connections have opened it");
    let unknown = side(&api.url(), "nosuch", None);
    let shared = context(Limits {
        breaker_threshold: 1,
        ..limits()
    });
    let failure = open(&unknown, &shared).err().expect("no such table");
    assert_eq!(failure.code, Code::NotFound);
    assert!(lets_through(&shared), "an answer that refuses is one");
}

/// Whether the breaker lets a request through at once.
fn lets_through(context: &Context) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let closed = context.breaker.closed();
    let wait = async { tokio::time::timeout(Duration::from_millis(50), closed).await };
    runtime.block_on(wait).is_ok()
}

/// What is no refusal does not show that anybody looked at the key.
#[test]
fn a_made_up_key_that_meets_a_fault_proves_nothing() {
    let api = serve("rest_made_up_fault", ROWS, capped());
    let token = api.jwt("service_role");
    for (status, heeded) in [(401, true), (403, true), (500, false), (404, false)] {
        // Both counts come before.
        let plan = Plan::answer(3, status, &[], "{}").only("limit=0");
        let proxy = Proxy::start(api.port(), plan);
        let spec = side(&proxy.url(), "listings", Some(&token));
        let read = read(&spec, &context(limits()), &["id"]);
        assert_eq!(proxy.fired(), 1, "{status}");
        let sound = read.is_ok_and(|(_, receipt)| receipt.doubt.is_none());
        assert_eq!(sound, heeded, "{status}");
    }
}
