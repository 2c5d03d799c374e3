//! What was typed and what a file says, and what that comes to.

use std::path::Path;
use std::time::Duration;

use crate::error::{Code, Failure, Side};
use crate::gate::Share;
use crate::plan::{Format, Plan, Scope, SourceOptions, VerifyOptions};
use crate::secret::Secret;
use crate::source::Location;

fn env(name: &str) -> Option<String> {
    (name == "OLD").then(|| "old.csv".to_owned())
}

fn pair(old: &str, new: &str) -> VerifyOptions {
    let locations = [old, new].map(|text| Some(Secret::new(text)));
    let source = SourceOptions {
        locations,
        ..SourceOptions::default()
    };
    VerifyOptions {
        source,
        ..VerifyOptions::default()
    }
}

/// A folder with these files, and the plan of `options` in it.
fn plan_in(files: &[(&str, &str)], options: &VerifyOptions) -> Result<Plan, Failure> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    Plan::from(options, &env, folder.path())
}

fn plan(options: &VerifyOptions) -> Result<Plan, Failure> {
    Plan::from(options, &env, Path::new(""))
}

const TWO: &str = "[datasets.listings]\nkey = [\"id\"]\nignore = [\"at\"]\n\
    [datasets.listings.old]\nsource = \"${OLD}\"\n[datasets.listings.new]\nsource = \"new.csv\"\n\
    [datasets.people.old]\nsource = \"sqlite:a.db\"\ntable = \"t\"\n\
    [datasets.people.new]\nsource = \"${NOPE}\"\ntable = \"t\"\n";

#[test]
fn two_locations_need_no_file_and_read_none() {
    let files = [("shadowgate.toml", "this is not TOML")];
    let plan = plan_in(&files, &pair("old.csv", "new.jsonl")).expect("plans");
    assert_eq!(plan.datasets.len(), 1);
    assert_eq!(plan.datasets[0].name, "dataset");
    assert_eq!(plan.config, None);
    assert_eq!(
        (plan.format, plan.show, plan.max_details),
        (Format::Text, 0, 10_000)
    );
    assert_eq!(plan.report_mode, 0o600);
    assert!(plan.report_dir.ends_with("reports"));
    let spec = &plan.datasets[0].sides[0].source;
    assert_eq!(spec.statement_timeout, Duration::from_secs(1800));
    assert_eq!(spec.lock_timeout, Duration::from_secs(10));
}

#[test]
fn a_dataset_is_named_after_what_both_sides_share() {
    let name = |options: &VerifyOptions| plan(options).expect("plans").datasets[0].name.clone();
    assert_eq!(
        name(&pair("a/listings.csv", "b/listings.jsonl.gz")),
        "listings"
    );
    assert_eq!(name(&pair("old.csv", "new.csv")), "dataset");
    let mut tables = pair("a.db", "b.db");
    tables.source.tables = ["public.homes", "homes"].map(|table| Some(table.to_owned()));
    assert_eq!(name(&tables), "homes");
}

#[test]
fn one_location_or_nothing_is_refused_with_both_ways() {
    let mut one = pair("old.csv", "");
    one.source.locations[1] = None;
    let failure = plan(&one).expect_err("one location");
    assert_eq!(failure.code, Code::Usage);
    assert!(failure.why.contains("two are needed"));
    let failure = plan_in(&[], &VerifyOptions::default()).expect_err("nothing");
    assert_eq!(failure.code, Code::Usage);
    assert!(failure.why.contains("no OLD and NEW") && failure.why.contains("shadowgate.toml"));
    assert!(failure.next.contains("verify OLD NEW") && failure.next.contains("--config"));
}

#[test]
fn the_file_in_the_working_directory_says_everything_and_flags_override_it() {
    let files = [(
        "shadowgate.toml",
        "report_dir = \"out\"\ndeadline = \"10m\"\ndataset_retries = 4\nmemory = \"64MiB\"\nmax_details = 7\n[datasets.listings]\n\
         key = [\"id\"]\nignore = [\"at\"]\n[datasets.listings.old]\nsource = \"${OLD}\"\n\
         [datasets.listings.new]\nsource = \"new.csv\"\n",
    )];
    let plan = plan_in(&files, &VerifyOptions::default()).expect("plans");
    assert_eq!(plan.datasets[0].key, Some(vec!["id".to_owned()]));
    assert_eq!(plan.datasets[0].ignore, ["at"]);
    assert!(plan.report_dir.ends_with("out"));
    assert_eq!((plan.memory, plan.max_details), (64 << 20, 7));
    assert_eq!(plan.deadline, Some(Duration::from_secs(600)));
    assert_eq!(plan.retries, 4);
    assert!(plan.config.expect("was read").ends_with("shadowgate.toml"));
    let mut options = VerifyOptions {
        match_rate: Some("100%".to_owned()),
        memory: Some("1MiB".to_owned()),
        max_details: Some(5),
        report_mode: Some("0640".to_owned()),
        deadline: Some("0".to_owned()),
        retries: Some(0),
        ..VerifyOptions::default()
    };
    options.source.key = Some(vec!["k".to_owned()]);
    options.source.ignore = Some(Vec::new());
    options.source.columns = Some(vec!["c".to_owned()]);
    options.source.allow_same_source = true;
    let plan = plan_in(&files, &options).expect("plans");
    let spec = &plan.datasets[0];
    assert_eq!(spec.key, Some(vec!["k".to_owned()]));
    assert!(spec.ignore.is_empty() && spec.allow_same_source);
    assert_eq!(spec.only, Some(vec!["c".to_owned()]));
    let all = Share::parse("100%").expect("a share");
    assert_eq!(spec.gates.match_rate, Some(all));
    assert_eq!(
        (plan.memory, plan.max_details, plan.report_mode),
        (1 << 20, 5, 0o640)
    );
    assert_eq!(plan.deadline, None, "as with any limit, 0 is none");
    assert_eq!(plan.retries, 0);
}

#[test]
fn a_dataset_is_picked_by_name() {
    let files = [("shadowgate.toml", TWO)];
    let mut options = VerifyOptions::default();
    options.source.dataset = Some("listings".to_owned());
    let plan = plan_in(&files, &options).expect("the other's variable does not matter");
    assert_eq!(plan.datasets.len(), 1);
    options.source.dataset = Some("listing".to_owned());
    let failure = plan_in(&files, &options).expect_err("unknown");
    assert!(failure.why.contains("did you mean `listings`?"));
    assert_eq!(failure.next, "It has: listings, people");
    options.source.dataset = None;
    let failure = plan_in(&files, &options).expect_err("NOPE is not set");
    assert_eq!(failure.code, Code::Config);
    assert_eq!(
        (failure.dataset.as_deref(), failure.side),
        (Some("people"), Some(Side::New))
    );
    assert!(failure.why.contains("line 12") && failure.why.contains("NOPE is not set"));
}

#[test]
fn locations_replace_the_sides_of_one_dataset_of_a_named_file() {
    let files = [("c.toml", TWO)];
    let mut options = pair("x.csv", "y.tsv");
    options.source.config = Some("c.toml".into());
    let failure = plan_in(&files, &options).expect_err("several datasets");
    assert!(failure.next.contains("--dataset"));
    options.source.dataset = Some("people".to_owned());
    let plan = plan_in(&files, &options).expect("table and NOPE belong to what was replaced");
    let sources = plan.datasets[0].sides.each_ref().map(|side| &side.source);
    assert!(matches!(&sources[0].location, Location::File(path, _) if path.ends_with("x.csv")));
    assert_eq!(sources[1].table, None);
    options.source.config = None;
    let failure = plan_in(&files, &options).expect_err("no file to pick from");
    assert_eq!(failure.code, Code::Usage);
}

#[test]
fn what_a_kind_of_source_cannot_have_is_refused() {
    let refused = |change: fn(&mut SourceOptions), old: &str, part: &str| {
        let mut options = pair(old, "new.db");
        options.source.tables[1] = Some("t".to_owned());
        change(&mut options.source);
        let failure = plan(&options).expect_err(part);
        assert_eq!(
            (failure.code, failure.side),
            (Code::Config, Some(Side::Old))
        );
        assert!(failure.why.contains(part), "{failure}");
    };
    refused(
        |s| s.filter = Some("x".to_owned()),
        "old.csv",
        "where) is for databases",
    );
    refused(
        |s| s.tables[0] = Some("t".to_owned()),
        "old.json",
        "a table is for databases",
    );
    refused(
        |s| s.queries[0] = Some("q.sql".into()),
        "old.tsv",
        "a query is for databases",
    );
    refused(|_| (), "old.db", "told what to read");
    let both = |s: &mut SourceOptions| {
        s.tables[0] = Some("t".to_owned());
        s.queries[0] = Some("q.sql".into());
    };
    refused(both, "old.db", "both a table and a query");
    for (old, key) in [("a.json", "null = \"-\""), ("a.db", "encoding = \"sjis\"")] {
        let text = format!(
            "[datasets.d.old]\nsource = \"{old}\"\n{key}\n{}[datasets.d.new]\nsource = \"b.csv\"\n",
            if old == "a.db" { "table = \"t\"\n" } else { "" }
        );
        let failure = plan_in(&[("shadowgate.toml", &text)], &VerifyOptions::default());
        assert!(failure.expect_err(key).why.contains("are for"), "{key}");
    }
}

#[test]
fn queries_are_read_and_a_missing_one_is_named() {
    let mut options = pair("old.db", "new.db");
    options.source.queries = ["q.sql", "gone.sql"].map(|file| Some(file.into()));
    let failure = plan_in(&[("q.sql", "SELECT 1")], &options).expect_err("one is missing");
    assert_eq!(
        (failure.code, failure.side),
        (Code::NotFound, Some(Side::New))
    );
    assert!(failure.why.contains("gone.sql"));
    options.source.queries[1] = Some("q.sql".into());
    options.source.filter = Some("x > 1".to_owned());
    let plan = plan_in(&[("q.sql", "SELECT 1")], &options).expect("plans");
    let source = &plan.datasets[0].sides[1].source;
    assert_eq!(source.query.as_ref().expect("is read").sql, "SELECT 1");
    assert_eq!(source.filter.as_deref(), Some("x > 1"));
    assert!(
        plan_in(&[("q.sql", " \n")], &options)
            .expect_err("empty")
            .why
            .contains("is empty")
    );
}

#[test]
fn wrong_values_of_flags_name_the_flag() {
    let base = || pair("a.csv", "b.csv");
    for (options, flag) in [
        (
            VerifyOptions {
                match_rate: Some("99".to_owned()),
                ..base()
            },
            "--match-rate",
        ),
        (
            VerifyOptions {
                memory: Some("much".to_owned()),
                ..base()
            },
            "--memory",
        ),
        (
            VerifyOptions {
                report_mode: Some("0999".to_owned()),
                ..base()
            },
            "--report-mode",
        ),
    ] {
        let failure = plan(&options).expect_err(flag);
        assert_eq!(failure.code, Code::Usage);
        assert!(failure.why.starts_with(flag), "{failure}");
    }
    let failure = plan(&pair("a.csv", "mysql://u:hunter2@h/d")).expect_err("not yet");
    assert_eq!((failure.code, failure.side), (Code::Usage, Some(Side::New)));
    assert!(!failure.to_string().contains("hunter2"));
}

#[test]
fn the_hash_is_of_what_decides_and_not_of_where_it_is() {
    let hash = |options: &VerifyOptions| plan(options).expect("plans").config_hash;
    let base = hash(&pair("old.csv", "new.csv"));
    assert_eq!(base.len(), 64);
    let mut elsewhere = pair("b/old.csv", "c/new.csv");
    elsewhere.memory = Some("1MiB".to_owned());
    assert_eq!(hash(&elsewhere), base);
    let changes: [fn(&mut VerifyOptions); 5] = [
        |o| o.match_rate = Some("98%".to_owned()),
        |o| o.source.key = Some(vec!["id".to_owned()]),
        |o| o.source.ignore = Some(vec!["id".to_owned()]),
        |o| o.source.columns = Some(vec!["id".to_owned()]),
        |o| o.source.scope = Some(Scope::KeysOfNew),
    ];
    for change in changes {
        let mut options = pair("old.csv", "new.csv");
        change(&mut options);
        assert_ne!(hash(&options), base);
    }
}

#[test]
fn runs_of_the_same_question_to_the_same_sources_are_of_one_profile() {
    let profile = |options: &VerifyOptions| plan(options).expect("plans").profile;
    let base = profile(&pair("old.csv", "new.csv"));
    let mut alike = pair("old.csv", "new.csv");
    alike.memory = Some("1MiB".to_owned());
    alike.deadline = Some("1h".to_owned());
    assert_eq!(profile(&alike), base);
    assert_ne!(profile(&pair("old.csv", "other.csv")), base);
    let url = "postgres://u:hunter2@h/d";
    let table = |table: &str| {
        let mut options = pair(url, url);
        options.source.tables = [Some("t".to_owned()), Some(table.to_owned())];
        profile(&options)
    };
    assert_ne!(table("a"), table("b"));
    let mut named = pair("old.csv", "new.csv");
    named.profile = Some("nightly".to_owned());
    assert_eq!(profile(&named), "nightly");
}
