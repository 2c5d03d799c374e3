//! Connections that are cut, reset or stall, and answers that are errors, at
//! places of a seed's choice: what passes leaves the report as it would have
//! been, what stays is never a PASS, and nothing waits for ever.

mod support;

use std::time::{Duration, Instant};

use support::Postgres;
use support::api::{capped, limits, serve, side, verify};
use support::fault::{Plan, Proxy};
use support::reading::table;

use shadowgate::gate::Verdict;
use shadowgate::report::model::Dataset;
use shadowgate::run::Finished;
use shadowgate::source::Limits;
use shadowgate::source::location::Spec;

const SQL: &str = "CREATE TABLE old (id bigint PRIMARY KEY, name text, price numeric);
    INSERT INTO old SELECT i, '物件' || i, i * 1.1 FROM generate_series(1, 2505) i;
    CREATE TABLE new AS TABLE old; ALTER TABLE new ADD PRIMARY KEY (id);
    UPDATE new SET price = price + 1 WHERE id % 500 = 0;
    DELETE FROM new WHERE id = 1234; INSERT INTO new VALUES (9999, 'extra', 1);";

/// How many seeds are tried of faults that pass, and of those that stay.
const PASSING: u64 = 80;
const LASTING: u64 = 30;

fn patient() -> Limits {
    Limits {
        request_timeout: Duration::from_millis(700),
        page: 300,
        retries: 3,
        ..limits()
    }
}

/// What a report says, without how the reading went.
fn said(finished: &Finished) -> Dataset {
    let mut dataset = finished.datasets[0].clone();
    dataset.old = Default::default();
    dataset.new = Default::default();
    dataset
}

/// Holds a comparison of old and new, which is read through a proxy before
/// `port`, to what an undisturbed one says: where a fault passes, to the same, and
/// where it stays, to the same or to an honest INCONCLUSIVE.
fn hold(port: u16, is_http: bool, run: impl Fn(&Proxy) -> Finished) {
    let proxy = Proxy::start(port, Plan::default());
    let undisturbed = run(&proxy);
    assert_eq!(
        undisturbed.verdict,
        Verdict::Pass,
        "{:?}",
        undisturbed.reasons
    );
    assert_eq!(undisturbed.datasets[0].counts.differing, 5);
    let requests = if is_http { proxy.requests().len() } else { 0 };
    let (bytes, requests) = (proxy.bytes(), requests as u64);
    let truth = said(&undisturbed);
    for seed in 0..PASSING {
        let plan = Plan::seeded(seed, bytes, requests);
        let proxy = Proxy::start(port, plan.clone());
        let finished = run(&proxy);
        assert!(proxy.fired() > 0, "{seed}: {plan:?}");
        assert_eq!(
            said(&finished),
            truth,
            "{seed}: {plan:?}: {:?}",
            finished.reasons
        );
    }
    for seed in 1000..1000 + LASTING {
        let plan = Plan::seeded(seed, bytes, requests).forever();
        let proxy = Proxy::start(port, plan.clone());
        let begun = Instant::now();
        let finished = run(&proxy);
        assert!(proxy.fired() > 0, "{seed}: {plan:?}");
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{seed}: {plan:?}"
        );
        // A delay that stays is no fault of the rows.
        let whole = said(&finished) == truth;
        let honest = finished.verdict == Verdict::Inconclusive && !finished.reasons.is_empty();
        assert!(whole || honest, "{seed}: {plan:?}: {:?}", finished.reasons);
    }
}

#[test]
fn seeded_faults_over_postgrest_never_pass_for_the_truth() {
    let api = serve("rest_faults", SQL, capped());
    hold(api.port(), true, |proxy| {
        let old = table(&Postgres::start().url("rest_faults"), "old");
        let new = side(&proxy.url(), "new", Some(&api.jwt("service_role")));
        verify(old, new, &["id"], patient())
    });
}

/// The same over PostgreSQL's own protocol: a read that breaks in the middle is
/// begun anew, in a new snapshot.
#[test]
fn seeded_faults_over_postgresql_never_pass_for_the_truth() {
    let server = Postgres::start();
    server.create_database("pg_faults");
    server.sql("pg_faults", SQL);
    let port = format!(":{}/", server.port());
    let hurried = |url: &str, name: &str| Spec {
        statement_timeout: Duration::from_secs(1),
        connect_timeout: Duration::from_secs(1),
        ..table(url, name)
    };
    hold(server.port(), false, |proxy| {
        let url = server.url("pg_faults");
        let broken = url.replace(&port, &format!(":{}/", proxy.port()));
        let (old, new) = (hurried(&url, "old"), hurried(&broken, "new"));
        verify(old, new, &["id"], patient())
    });
}
