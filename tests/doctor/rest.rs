//! Sides behind PostgREST.

use std::process::Command;

use crate::common::Lab;
use crate::kit::{Checkup, ROWS, TABLE, doctor_by};
use crate::support::Postgres;
use crate::support::api::{capped, serve};
use crate::support::certificates::Certificates;
use crate::support::fault::{Plan, Proxy};
use crate::support::postgrest::Postgrest;

/// A database, and the same one behind PostgREST.
struct Both {
    lab: Lab,
    api: Postgrest,
    old: String,
}

impl Both {
    fn new(database: &str) -> Both {
        let api = serve(database, ROWS, capped());
        Both {
            lab: Lab::new(),
            api,
            old: Postgres::start().url(database),
        }
    }

    /// A check-up of the table at `url` with a key and a token, where given.
    fn at(&self, url: &str, apikey: Option<&str>, token: Option<&str>) -> Checkup {
        let mut command = self.lab.command();
        let keys = [
            ("SUPABASE_REST_HEADERS_APIKEY", apikey),
            ("SUPABASE_REST_HEADERS_AUTHORIZATION", token),
        ];
        for (name, key) in keys {
            if let Some(key) = key {
                command.env(name, key);
            }
        }
        let found = self.by(&mut command, url, &[]);
        for key in apikey.into_iter().chain(token) {
            found.hides(key);
        }
        found
    }

    fn by(&self, command: &mut Command, url: &str, more: &[&str]) -> Checkup {
        let args = [&[&self.old, url, "--table", TABLE], more].concat();
        doctor_by(&self.lab, command, &args)
    }

    fn with(&self, apikey: Option<&str>, token: Option<&str>) -> Checkup {
        self.at(&self.api.url(), apikey, token)
    }
}

const TOKEN: &str = "hunter2-no-token";

#[test]
fn a_sound_set_up_is_green() {
    let both = Both::new("doctor_rest");
    let (anon, service) = (both.api.jwt("anon"), long_lived(&both.api, "service_role"));
    let found = both.with(Some(&service), Some(&service));
    found.exits(0);
    assert_eq!(
        found.names("warn"),
        Vec::<&str>::new(),
        "{:#?}",
        found.lines
    );
    let is = |name, words: &[&str]| found.is(name, Some("new"), "ok", words);
    is("reached", &["PostgREST 12.0.2 in "]);
    is("tls", &["does not leave this machine"]);
    is(
        "keys",
        &["authorization: a JWT for service_role from test, until 20"],
    );
    is("role", &["service_role"]);
    is("rights", &["SELECT on 3 wanted columns"]);
    is("row_security", &["exempt"]);
    is("clock", &["agree"]);
    is("page_cap", &["pages are cut at 1,000 rows"]);
    is(
        "server_limits",
        &["pool is not visible from outside", "PGRST003"],
    );
    is("key", &["id: unique"]);
    found.is("row_counts", None, "ok", &["old: about 1,500, new: 1,500"]);
    found.is("same_store", None, "ok", &["not known"]);
    found.is(
        "duration",
        None,
        "ok",
        &["less than a second: 1,500 rows in 8 requests"],
    );
    let beside = both.with(Some(&anon), Some(&service));
    beside.is(
        "keys",
        Some("new"),
        "warn",
        &["apikey: a JWT for anon", "minutes)"],
    );
}

/// A token for a role that is good for a year.
fn long_lived(api: &Postgrest, role: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let end = now.expect("a clock").as_secs() + 365 * 86_400;
    api.token(&format!(r#"{{"role":"{role}","iss":"test","exp":{end}}}"#))
}

#[test]
fn keys_that_are_refused_are_named_with_what_they_are() {
    let both = Both::new("doctor_keys");
    let expired = both.api.jwt_expired("service_role");
    let found = both.with(None, Some(&expired));
    found.exits(3);
    let words = [
        "JWT expired",
        "a JWT for service_role, expired 60 minutes ago",
        "make a new token",
    ];
    found.is("keys", Some("new"), "fail", &words);
    assert_eq!(found.line("keys", Some("new"))["trouble"], "unauthorised");
    assert_eq!(found.names("fail"), ["keys"]);
    let found = both.with(None, Some(&both.api.jwt_forged("service_role")));
    found.is(
        "keys",
        Some("new"),
        "fail",
        &["JWSInvalidSignature", "this project's"],
    );
    let found = both.with(None, Some("sb_secret_hunter2"));
    found.is(
        "keys",
        Some("new"),
        "fail",
        &["a secret key", "apikey only"],
    );
    let found = both.with(None, Some(TOKEN));
    found.is("keys", Some("new"), "fail", &["says nothing of itself"]);
    let found = both.with(Some("sb_publishable_hunter2"), None);
    found.is(
        "keys",
        Some("new"),
        "warn",
        &["a publishable key is for browsers"],
    );
    found.is("role", Some("new"), "warn", &["nobody in particular"]);
}

#[test]
fn a_role_that_may_see_less_is_yellow_until_it_is_declared() {
    let both = Both::new("doctor_anon");
    let anon = long_lived(&both.api, "anon");
    let found = both.with(None, Some(&anon));
    found.exits(0);
    found.is("role", Some("new"), "ok", &["anon"]);
    let words = [
        "row-level security may hide rows",
        "will not PASS",
        "role = ",
    ];
    found.is("row_security", Some("new"), "warn", &words);
    let mut command = both.lab.command();
    command.env("SUPABASE_REST_HEADERS_AUTHORIZATION", &anon);
    let declared = both.by(&mut command, &both.api.url(), &["--new-role", "anon"]);
    declared.is(
        "row_security",
        Some("new"),
        "ok",
        &["the configuration says"],
    );
}

#[test]
fn a_role_without_rights_is_red() {
    let both = Both::new("doctor_denied");
    let server = Postgres::start();
    server.sql(
        "doctor_denied",
        "REVOKE SELECT ON listings FROM authenticated",
    );
    let token = long_lived(&both.api, "authenticated");
    let found = both.with(None, Some(&token));
    found.exits(3);
    found.is("rights", Some("new"), "fail", &["42501", "SELECT"]);
    assert_eq!(found.line("rights", Some("new"))["trouble"], "unauthorised");
    assert_eq!(found.names("fail"), ["rights"]);
}

#[test]
fn pages_that_are_cut_short_are_yellow() {
    let both = Both::new("doctor_cap");
    let mut command = both.lab.command();
    command
        .env(
            "SUPABASE_REST_HEADERS_AUTHORIZATION",
            long_lived(&both.api, "service_role"),
        )
        .env("SYNC_BATCH_SIZE", "5000")
        .env("SYNC_RATE_LIMIT_PER_SECOND", "20");
    let found = both.by(&mut command, &both.api.url(), &[]);
    let words = [
        "cut at 1,000 rows, and 5,000 are asked for",
        "page_size = 1000",
    ];
    found.is("page_cap", Some("new"), "warn", &words);
    assert_eq!(found.line("page_cap", Some("new"))["trouble"], "slow_sync");
    found.is("duration", None, "ok", &["requests at 10/s"]);
    let words = [
        "rate limit: 10/s (half of SYNC_RATE_LIMIT_PER_SECOND=20)",
        "page size: 5000",
    ];
    found.is("configuration", None, "ok", &words);
}

#[test]
fn a_deadline_that_the_rate_limit_does_not_allow_is_red() {
    let both = Both::new("doctor_deadline");
    let mut command = both.lab.command();
    let token = long_lived(&both.api, "service_role");
    command.env("SUPABASE_REST_HEADERS_AUTHORIZATION", token);
    let limits = "--rate-limit 4/s --page-size 50 --deadline 5s";
    let limits: Vec<&str> = limits.split(' ').collect();
    let found = both.by(&mut command, &both.api.url(), &limits);
    found.exits(3);
    let words = ["requests at 4/s", "the deadline passes after 5.0 s"];
    found.is("duration", None, "fail", &words);
    assert_eq!(found.line("duration", None)["trouble"], "slow_sync");
}

#[test]
fn a_pool_that_is_exhausted_and_a_clock_that_is_off_are_red() {
    let both = Both::new("doctor_pool");
    let token = long_lived(&both.api, "service_role");
    let full = r#"{"code":"PGRST003","message":"Timed out acquiring connection from connection pool.","details":"host db.internal","hint":null}"#;
    let json = ("Content-Type", "application/json; charset=utf-8");
    let plan = Plan::answer(1, 504, &[json], full)
        .only("/listings")
        .forever();
    let proxy = Proxy::start(both.api.port(), plan);
    let found = both.at(&proxy.url(), None, Some(&token));
    found.exits(3);
    found.is(
        "reached",
        Some("new"),
        "fail",
        &["PGRST003", "fewer connections"],
    );
    assert_eq!(
        found.line("reached", Some("new"))["trouble"],
        "pool_exhausted"
    );
    found.hides("db.internal");
    assert!(proxy.fired() > 0);
    let headers = [
        json,
        ("Content-Range", "0-1/*"),
        ("Date", "Wed, 21 Oct 2015 07:28:00 GMT"),
    ];
    let plan = Plan::answer(1, 200, &headers, r#"[{"id":1},{"id":2}]"#).only("limit=100000");
    let proxy = Proxy::start(both.api.port(), plan);
    let found = both.at(&proxy.url(), None, Some(&token));
    assert_eq!(proxy.fired(), 1, "{:?}", proxy.requests());
    found.is("clock", Some("new"), "fail", &["behind", "NTP"]);
    found.is("page_cap", Some("new"), "warn", &["cut at 2 rows"]);
    assert_eq!(found.names("fail"), ["clock"]);
}

#[test]
fn an_answer_that_never_comes_is_red_and_ends() {
    let both = Both::new("doctor_silent");
    let plan = Plan::new(
        crate::support::fault::Fault::Stall,
        crate::support::fault::At::Request(1),
    );
    let proxy = Proxy::start(both.api.port(), plan.forever());
    let found = both.at(&proxy.url(), None, None);
    found.exits(3);
    found.is("reached", Some("new"), "fail", &["timed out"]);
}

#[test]
fn a_certificate_is_seen_behind_https_too() {
    let both = Both::new("doctor_https");
    let token = long_lived(&both.api, "service_role");
    for (days, state) in [(400, "ok"), (10, "warn"), (2, "fail")] {
        let certificates = Certificates::lasting(days);
        let port = certificates.before(both.api.port());
        let config = format!(
            "[datasets.listings.old]\nsource = \"{}\"\ntable = \"listings\"\n\
             [datasets.listings.new]\nsource = \"https://localhost:{port}\"\ntable = \"listings\"\n\
             sslrootcert = \"{}\"\nauthorization = \"${{TOKEN}}\"\n",
            both.old,
            certificates.path("ca.crt").display()
        );
        both.lab.write("shadowgate.toml", config);
        let mut command = both.lab.command();
        let found = doctor_by(&both.lab, command.env("TOKEN", &token), &[]);
        found.is("tls", Some("new"), state, &["the certificate ends 20"]);
        found.is("reached", Some("new"), "ok", &["PostgREST"]);
        found.is("row_counts", None, "ok", &["new: 1,500"]);
    }
}
