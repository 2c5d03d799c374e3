//! What a real PostgREST does, pinned: our source relies on each line of this, and
//! a server of another version that does otherwise shows here first.

mod support;

use support::Postgres;
use support::http;
use support::postgrest::{Options, Postgrest};

/// A server over a database of its own with these tables.
fn serve(name: &str, sql: &str, options: Options) -> Postgrest {
    let server = Postgres::start();
    server.create_database(name);
    Postgrest::prepare(server, name);
    server.sql(name, sql);
    Postgrest::start(server, name, options)
}

#[test]
fn tokens_say_the_role_and_only_the_servers_own_are_good() {
    let rest = serve(
        "tokens",
        "CREATE TABLE t AS SELECT 1 AS id",
        Options::default(),
    );
    for role in [
        None,
        Some("anon"),
        Some("authenticated"),
        Some("service_role"),
    ] {
        assert_eq!(rest.get("/t", role, &[]).body, r#"[{"id":1}]"#);
    }
    let with = |token: &str| {
        let bearer = format!("Bearer {token}");
        http::get(&(rest.url() + "/t"), &[("Authorization", &bearer)])
    };
    assert_eq!(with(&rest.jwt("anon")).status, 200);
    for (token, why) in [
        (rest.jwt_expired("anon"), "JWT expired"),
        (rest.jwt_forged("anon"), "JWSError JWSInvalidSignature"),
    ] {
        let answer = with(&token);
        assert_eq!((answer.status, answer.code().as_str()), (401, "PGRST301"));
        assert_eq!(answer.json()["message"], why);
        let challenge = answer.header("www-authenticate").expect("a challenge");
        assert!(challenge.contains(why), "{challenge}");
    }
    let garbage = with("garbage");
    assert_eq!((garbage.status, garbage.code().as_str()), (401, "PGRST301"));
    let nobody = with(&rest.token(r#"{"role":"nobody_knows"}"#));
    assert_eq!((nobody.status, nobody.code().as_str()), (400, "22023"));
}

#[test]
fn a_stopped_server_refuses_and_a_restarted_one_is_the_same() {
    let mut rest = serve(
        "stopped",
        "CREATE TABLE t AS SELECT 1 AS id",
        Options::default(),
    );
    let token = format!("Bearer {}", rest.jwt("service_role"));
    let get = |url: &str| http::request("GET", &format!("{url}/t"), &[("Authorization", &token)]);
    let url = rest.url();
    assert_eq!(get(&url).expect("an answer").status, 200);
    rest.stop();
    let refused = get(&url).expect_err("nobody is there");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    rest.restart();
    assert_eq!(
        (get(&url).expect("an answer").status, rest.url()),
        (200, url)
    );
    assert!(
        rest.log().contains("Starting PostgREST 12.0.2"),
        "{}",
        rest.log()
    );
}
