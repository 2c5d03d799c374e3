//! What comes from where: flags, the configuration, the environment, defaults.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use super::asking::*;
use crate::error::{Code, Side};
use crate::plan::SourceOptions;
use crate::secret::Secret;
use crate::source::{Limits, Location, Rate};

#[test]
fn limits_by_flag_configuration_environment_default() {
    let limits = |text: &str, options: &SourceOptions, variables: &Variables| {
        let asked = configured(&format!("{text}{REST}"), options, variables).expect(text);
        (asked.limits.clone(), notes(&asked))
    };
    let none = SourceOptions::default();
    let (given, told) = limits("", &none, &[]);
    assert_eq!(given, Limits::default());
    assert!(
        told.contains("rate limit: off (default)\nconnections: 2 (default)\n"),
        "{told}"
    );
    let environment = [
        ("SYNC_RATE_LIMIT_PER_SECOND", "10"),
        ("SYNC_BATCH_SIZE", "250"),
        ("SYNC_CIRCUIT_BREAKER_THRESHOLD", "7"),
        ("SYNC_CIRCUIT_BREAKER_TIMEOUT", "1500"),
    ];
    let (given, told) = limits("", &none, &environment);
    let expected = Limits {
        rate: Some(Rate {
            count: 5,
            per: Duration::from_secs(1),
        }),
        page: 250,
        breaker_threshold: 7,
        breaker_timeout: Duration::from_millis(1500),
        ..Limits::default()
    };
    assert_eq!(given, expected);
    for line in [
        "rate limit: 5/s (half of SYNC_RATE_LIMIT_PER_SECOND=10)\n",
        "page size: 250 from SYNC_BATCH_SIZE\n",
        "breaker timeout: 1500ms from SYNC_CIRCUIT_BREAKER_TIMEOUT\n",
    ] {
        assert!(told.contains(line), "{line}{told}");
    }
    let file = "rate_limit = 9\npage_size = 100\nbreaker_threshold = 0\nretries = 1\n\
                request_timeout = \"5s\"\nconnections = 3\nbreaker_timeout = \"2s\"\n";
    let (given, told) = limits(file, &none, &environment);
    assert_eq!(given.rate.map(|rate| rate.to_string()), some("9/s"));
    assert_eq!((given.page, given.connections, given.retries), (100, 3, 1));
    assert_eq!(given.breaker_threshold, 0);
    assert_eq!(given.request_timeout, Duration::from_secs(5));
    assert!(told.contains("shadowgate.toml\n"), "{told}");
    let mut flags = SourceOptions::default();
    flags.limits.rate = some("off");
    flags.limits.connections = some("1");
    flags.limits.page = some("10");
    let (given, told) = limits(file, &flags, &environment);
    assert_eq!((given.rate, given.connections, given.page), (None, 1, 10));
    assert!(
        told.contains("rate limit: off from --rate-limit\n"),
        "{told}"
    );
}

#[test]
fn what_does_not_parse_is_named() {
    for (name, value) in [
        ("SYNC_RATE_LIMIT_PER_SECOND", "fast hunter2"),
        ("SYNC_RATE_LIMIT_PER_SECOND", "0"),
        ("SYNC_BATCH_SIZE", "-5"),
        ("SYNC_BATCH_SIZE", "0"),
        ("SYNC_CIRCUIT_BREAKER_THRESHOLD", "x"),
        ("SYNC_CIRCUIT_BREAKER_TIMEOUT", "60s"),
    ] {
        let failure = ask(&pair(), &[(name, value)], Path::new("")).expect_err(name);
        assert!(
            failure.code.is_usage() && failure.why.contains(name),
            "{failure}"
        );
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }
    let mut options = pair();
    options.limits.page = some("10");
    assert!(
        ask(&options, &[("SYNC_BATCH_SIZE", "x")], Path::new("")).is_ok(),
        "the flag says it"
    );
    options.limits.page = some("ten");
    let failure = ask(&options, &[], Path::new("")).expect_err("no number");
    assert!(failure.why.starts_with("--page-size: "), "{failure}");
}

#[test]
fn one_condition_is_not_two_languages() {
    let with = |change: fn(&mut SourceOptions)| {
        let mut options = pair();
        change(&mut options);
        ask(&options, &[], Path::new(""))
    };
    let failure = with(|o| o.filter = some("a=eq.1")).expect_err("SQL and not");
    assert_eq!(failure.code, Code::Usage);
    assert!(
        failure.next.contains("--old-where and --new-where"),
        "{failure}"
    );
    let asked = with(|o| {
        o.filter = some("a = 1");
        o.filters[1] = some("a=eq.1");
    })
    .expect("each has its own");
    let filters = asked.datasets[0].sides.each_ref();
    let filters = filters.map(|side| side.source.filter.as_deref());
    assert_eq!(filters, [Some("a = 1"), Some("a=eq.1")]);
    let mut both = typed("https://x.example", "https://y.example");
    both.filter = some("a=eq.1");
    assert!(ask(&both, &[], Path::new("")).is_ok(), "one language");
    let text = format!("{REST}where = \"a=eq.2\"\n");
    let mut one = SourceOptions::default();
    one.filters[1] = some("a=eq.3");
    let asked = configured(&text, &one, &[]).expect("plans");
    let side = &asked.datasets[0].sides[1].source;
    assert_eq!(side.filter.as_deref(), Some("a=eq.3"));
}

#[test]
fn what_is_postgrests_is_refused_elsewhere() {
    for (line, name) in [
        ("apikey = \"hunter2\"", "`apikey`"),
        ("authorization = \"hunter2\"", "`authorization`"),
        ("role = \"r\"", "`role`"),
        ("select = \"id\"", "`select`"),
    ] {
        for source in ["old.db", "old.csv", "postgres://h/d"] {
            let table = if source == "old.csv" {
                ""
            } else {
                "table = \"t\"\n"
            };
            let text = format!(
                "[datasets.d.old]\nsource = \"{source}\"\n{table}{line}\n\
                 [datasets.d.new]\nsource = \"new.csv\"\n"
            );
            let failure = configured(&text, &SourceOptions::default(), &[]).expect_err(line);
            assert_eq!(
                (failure.code, failure.side),
                (Code::Config, Some(Side::Old))
            );
            assert!(failure.why.contains(name), "{failure}");
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
    }
    let mut options = pair();
    options.roles[0] = some("r");
    let failure = ask(&options, &[], Path::new("")).expect_err("SQLite");
    assert!(failure.why.contains("`role` is for PostgREST"), "{failure}");
    options.roles = [None, some("r")];
    let asked = ask(&options, &[], Path::new("")).expect("plans");
    assert_eq!(rest(&asked).role.as_deref(), Some("r"));
    assert!(notes(&asked).contains("new.role: r from --new-role\n"));
}

#[test]
fn what_is_asked_of_postgrest_is_in_the_hash_and_keys_and_limits_are_not() {
    let hash = |text: &str, variables: &Variables| {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("shadowgate.toml"), text).expect("written");
        let variables: HashMap<&str, &str> = variables.iter().copied().collect();
        let env = |name: &str| variables.get(name).map(|value| (*value).to_owned());
        let options = crate::plan::VerifyOptions::default();
        let plan = crate::plan::Plan::from(&options, &env, folder.path()).expect(text);
        plan.config_hash
    };
    let base = hash(REST, &[]);
    let same = format!("rate_limit = 5\nconnections = 7\npage_size = 5\n{REST}apikey = \"k\"\n");
    assert_eq!(
        hash(&same, &[("SUPABASE_REST_HEADERS_AUTHORIZATION", "k")]),
        base
    );
    for more in ["where = \"a=eq.1\"", "select = \"id\"", "role = \"r\""] {
        assert_ne!(hash(&format!("{REST}{more}\n"), &[]), base, "{more}");
    }
}

#[test]
fn an_env_file_is_below_the_process_and_its_place_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.env");
    std::fs::write(&path, "SUPABASE_ANON_KEY=file\nSYNC_BATCH_SIZE=7\n").expect("written");
    let mut options = pair();
    options.env_file = Some("x.env".into());
    let asked = ask(&options, &[("SYNC_BATCH_SIZE", "9")], folder.path()).expect("plans");
    assert_eq!(rest(&asked).apikey, Some(Secret::new("file")));
    assert_eq!(asked.limits.page, 9);
    let told = notes(&asked);
    let line = format!(
        "new.apikey: (set) from SUPABASE_ANON_KEY in {}\n",
        path.display()
    );
    assert!(told.contains(&line), "{told}");
    assert_eq!(
        asked.notes.variable(Side::New, "apikey"),
        Some("SUPABASE_ANON_KEY")
    );
    assert_eq!(asked.notes.variable(Side::New, "authorization"), None);
    assert_eq!(asked.notes.variable(Side::Old, "source"), None);
    options.env_file = Some("gone.env".into());
    let failure = ask(&options, &[], folder.path()).expect_err("gone");
    assert_eq!(failure.code, Code::NotFound);
}

#[test]
fn only_what_matters_is_told() {
    let mut files = typed("a.csv", "b.csv");
    files.tables = [None, None];
    let asked = ask(&files, &[("LOG_LEVEL", "loud")], Path::new("")).expect("plans");
    let [old, new] = asked.datasets[0]
        .sides
        .each_ref()
        .map(|side| &side.source.location);
    assert!(matches!(
        (old, new),
        (Location::File(..), Location::File(..))
    ));
    assert_eq!(
        notes(&asked),
        "old.source: a.csv from the command line\nnew.source: b.csv from the command line\n"
    );
    assert_eq!(
        asked.notes.warnings.len(),
        1,
        "it may be another program's level"
    );
    assert!(asked.notes.warnings[0].contains("LOG_LEVEL"));
    let asked = ask(&files, &[("LOG_LEVEL", "Debug")], Path::new("")).expect("plans");
    assert_eq!(asked.log.level.map(|level| level.name()), Some("debug"));
    assert!(notes(&asked).contains("log level: debug from LOG_LEVEL\n"));
}
