//! How a whole reading goes about it: divided between connections by a sample of the
//! other side's keys, which costs nothing where it fails; and one key alone, for
//! `explain`, by asking for it.

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use support::Postgres;
use support::api::{capped, context, dataset, limits, open, run, serve, service, side, wants};
use support::fault::{Plan, Proxy};
use support::postgrest::{Options, Postgrest};
use support::reading::{self, Keep};

use shadowgate::gate::Verdict;
use shadowgate::plan::DatasetSpec;
use shadowgate::run::explain::{Explained, Outcome, explain};
use shadowgate::run::progress::Silent;
use shadowgate::run::{self as runs, dataset::Strategy};
use shadowgate::source::Limits;

const ROWS: &str = "CREATE TABLE listings (id bigint PRIMARY KEY, name text);
    INSERT INTO listings SELECT i, '物件' || i FROM generate_series(1, 2505) i;
    ANALYZE listings;";

/// Pages so small that ranges are worth it.
fn small() -> Limits {
    Limits {
        page: 50,
        ..limits()
    }
}

#[test]
fn a_sample_that_fails_does_no_harm() {
    let api = serve("rest_no_sample", ROWS, capped());
    let server = Postgres::start();
    server.sql(
        "rest_no_sample",
        "REVOKE EXECUTE ON FUNCTION pg_catalog.random() FROM PUBLIC;
         CREATE ROLE no_sample LOGIN PASSWORD 'x'; GRANT SELECT ON listings TO no_sample;",
    );
    let url = server.url_as("no_sample", "x", "rest_no_sample");
    let old = reading::table(&url, "listings");
    let (mut source, _) = reading::open(&old).expect("opens");
    source.sample("id", 64).expect_err("no right to shuffle");
    source.verify_unchanged().expect("the same snapshot");
    assert!(source.sample("nosuch", 64).is_err(), "once more");
    source.verify_unchanged().expect("the same snapshot");
    let spec = dataset(old, service(&api, "listings"), &[]);
    let finished = run(&spec, small(), &Silent);
    assert_eq!(finished.verdict, Verdict::Pass, "{:?}", finished.reasons);
}

/// Of several datasets each is opened to be checked, and again to be read: only then
/// are its keys sampled. A later look at some keys asks for those.
#[test]
fn keys_are_sampled_once_and_just_before_they_are_read() {
    let server = Postgres::start_with("log_statement = 'all'", &[]);
    server.create_database("sampled");
    Postgrest::prepare(&server, "sampled");
    let sql = format!(
        "{ROWS} CREATE TABLE other AS TABLE listings; ALTER TABLE other ADD PRIMARY KEY (id);
         UPDATE other SET name = 'x' WHERE id = 7; ANALYZE other;"
    );
    server.sql("sampled", &sql);
    let api = Postgrest::start(&server, "sampled", capped());
    let url = server.url("sampled");
    let pair = |new: &str| DatasetSpec {
        name: new.to_owned(),
        ..dataset(reading::table(&url, "listings"), service(&api, new), &[])
    };
    let mut moving = pair("other");
    moving.recheck.rounds = 1;
    moving.recheck.limit = 10;
    moving.recheck.delay = std::time::Duration::ZERO;
    let options = runs::Options {
        memory: 256 << 20,
        max_details: 100,
        strategy: Strategy::Auto,
        retries: 0,
        earlier: Default::default(),
        context: context(small()),
    };
    let finished = runs::verify(&[pair("listings"), moving], &options, &Silent).expect("sound");
    assert_eq!(finished.datasets.len(), 2);
    assert_eq!(finished.datasets[1].counts.differing, 1);
    let sampled = server.log().matches("TABLESAMPLE").count();
    assert_eq!(sampled, 2, "once for each dataset");
}

/// Of a sample whose rows do not fit a page, the first in order alone would come.
#[test]
fn a_sample_that_a_page_cuts_short_divides_all_rows_nevertheless() {
    let sql = "CREATE TABLE listings (id int, part int, PRIMARY KEY (id, part));
        INSERT INTO listings SELECT i, j FROM generate_series(1, 2000) i, generate_series(1, 5) j;";
    let cap = Options {
        max_rows: Some(200),
        ..capped()
    };
    let api = serve("rest_cut_sample", sql, cap);
    let proxy = Proxy::start(api.port(), Plan::default());
    let spec = side(&proxy.url(), "listings", Some(&api.jwt("service_role")));
    for page in [200, 1000] {
        let context = context(Limits { page, ..limits() });
        let (mut source, schema) = open(&spec, &context).expect("opens");
        source.divide((0..256).map(|n| (n * 7919 % 2000).to_string()).collect());
        let receipt = source.read(&wants(&schema, &["id", "part"]), &mut Keep::default());
        let receipt = receipt.expect("read");
        assert_eq!((receipt.rows, receipt.doubt), (Some(10_000), None));
    }
    let requests = proxy.requests();
    let ends = requests.iter().filter_map(|(_, line)| {
        let (_, end) = line.split_once("&id=lt.")?;
        end.split('&').next()?.parse::<u32>().ok()
    });
    let ends: BTreeSet<u32> = ends.collect();
    assert!(ends.len() > 2 && ends.last() > Some(&1000), "{ends:?}");
}

/// The only numbers of the rows that came.
fn ids(keep: &Keep) -> Vec<u32> {
    let text = keep.chunks.iter().map(|chunk| &chunk.bytes[..]);
    let text = String::from_utf8(text.collect::<Vec<_>>().join(&b' ')).expect("UTF-8");
    let numbers = text.split(|other: char| !other.is_ascii_digit());
    let numbers = numbers.filter(|number| !number.is_empty());
    let mut ids: Vec<u32> = numbers
        .map(|number| number.parse().expect("an id"))
        .collect();
    ids.sort_unstable();
    ids
}

/// The end of each piece cost two requests, one for its last key and one that found nothing.
#[test]
fn a_connection_goes_on_into_what_follows_without_looking_for_an_end() {
    let sql = "CREATE TABLE listings (id int PRIMARY KEY);
        INSERT INTO listings SELECT generate_series(1, 10000);";
    // With a cap below what is asked for every page is short of it.
    for (name, max_rows) in [("rest_follows", None), ("rest_follows_cap", Some(100))] {
        let options = Options {
            max_rows,
            ..capped()
        };
        let api = serve(name, sql, options);
        let proxy = Proxy::start(api.port(), Plan::default());
        let spec = side(&proxy.url(), "listings", Some(&api.jwt("service_role")));
        let page = if max_rows.is_some() { 150 } else { 100 };
        let context = context(Limits { page, ..limits() });
        let (mut source, schema) = open(&spec, &context).expect("opens");
        source.divide((1..64).map(|n| (n * 156).to_string()).collect());
        let mut keep = Keep::default();
        let receipt = source.read(&wants(&schema, &["id"]), &mut keep);
        let receipt = receipt.expect("read");
        assert_eq!((receipt.rows, receipt.doubt), (Some(10_000), None));
        assert_eq!(ids(&keep), (1..=10_000).collect::<Vec<u32>>());
        let requests = proxy.requests();
        let asked = requests.iter().map(|(_, line)| line.as_str());
        let highs = asked.clone().filter_map(|line| line.split_once("&id=lt."));
        let pieces: BTreeSet<_> = highs.map(|(_, end)| end.split('&').next()).collect();
        let ends = asked.filter(|line| line.contains("&id=gt.")).count();
        // One more piece has no upper end. However the connections take turns, four at
        // least are not begun anew: three of the first one's own part, and another.
        assert!(pieces.len() >= 7, "{name}: {pieces:?}");
        assert!(ends + 3 <= pieces.len(), "{name}: {ends} ends, {pieces:?}");
        assert!(ends >= 2, "only an empty page is an end");
    }
}

fn explained(spec: &DatasetSpec, key: &str) -> Explained {
    let found = explain(spec, key, &context(limits()), &Silent);
    found.unwrap_or_else(|failures| panic!("{key}: {failures:?}"))
}

#[test]
fn explain_asks_for_the_key_alone() {
    let sql = format!(
        "{ROWS} CREATE TABLE odd (k text, n int, name text, PRIMARY KEY (k, n));
         INSERT INTO odd SELECT k, 1, 'x' FROM unnest(ARRAY['a,b','(c)','\"d\"','e\\f','%+','全角ＡＢ']) k;
         CREATE TABLE days (at timestamptz PRIMARY KEY, id uuid);
         INSERT INTO days VALUES ('2026-01-02 03:04:05.000006+09', gen_random_uuid()), ('infinity', NULL);"
    );
    let api = serve("rest_explain", &sql, capped());
    let url = Postgres::start().url("rest_explain");
    let proxy = Proxy::start(api.port(), Plan::default());
    let pair = |table: &str| {
        let new = side(&proxy.url(), table, Some(&api.jwt("service_role")));
        dataset(reading::table(&url, table), new, &[])
    };
    let found = explained(&pair("listings"), "1203");
    assert_eq!(found.outcome, Outcome::Matched);
    assert_eq!((found.by_key, found.read), ([true; 2], [1, 1]));
    let asked = proxy.requests().len();
    assert!(asked <= 5, "{:?}", proxy.requests());
    for key in ["a,b", "(c)", "\"d\"", "e\\f", "%+", "全角ＡＢ"] {
        let key = serde_json::json!({ "k": key, "n": 1 }).to_string();
        let found = explained(&pair("odd"), &key);
        assert_eq!((found.by_key, found.read), ([true; 2], [1, 1]), "{key}");
    }
    for key in ["2026-01-01 18:04:05.000006+00", "infinity"] {
        let found = explained(&pair("days"), key);
        assert_eq!((found.by_key, found.read), ([true; 2], [1, 1]), "{key}");
    }
    let nowhere = explain(&pair("listings"), "9999", &context(limits()), &Silent);
    let why = nowhere.expect_err("no such key").remove(0).why;
    assert!(
        why.ends_with("looked for in old by key and new by key"),
        "{why}"
    );
}

/// By a rule the key is another than the one that is stored.
#[test]
fn explain_reads_all_rows_where_a_rule_changes_the_key() {
    let sql = "CREATE TABLE listings (id text PRIMARY KEY, n int);
        INSERT INTO listings SELECT ' K' || i, i FROM generate_series(1, 30) i;";
    let api = serve("rest_explain_rule", sql, capped());
    let url = Postgres::start().url("rest_explain_rule");
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("shadowgate.toml");
    let text = format!(
        "[datasets.listings.old]\nsource = {url:?}\ntable = \"listings\"\n\
         [datasets.listings.new]\nsource = {:?}\ntable = \"listings\"\nauthorization = {:?}\n\
         [datasets.listings.columns.id]\nnormalise = [\"trim\"]\n",
        api.url(),
        api.jwt("service_role"),
    );
    std::fs::write(&config, text).expect("written");
    let options = shadowgate::plan::SourceOptions {
        config: Some(config),
        ..Default::default()
    };
    let asked = shadowgate::plan::asked(&options, &|_| None, Path::new(""));
    let spec = asked.expect("a plan").datasets.remove(0);
    let found = explained(&spec, "K7");
    assert_eq!(found.outcome, Outcome::Matched);
    assert_eq!((found.by_key, found.read), ([false; 2], [30, 30]));
}
