use std::path::Path;
use std::time::Duration;

use super::*;
use crate::compare::Scope;
use crate::gate::{Bound, Gates, Share};
use crate::normalise::{Step, TimeUnit};
use crate::secret::Secret;
use crate::source::Location;
use crate::value::Type;

mod described;
mod settings;

/// The sample of the contract, to the letter.
const SAMPLE: &str = r#"[datasets.listings]
key = ["property_number"]
ignore = ["synced_at"]
[datasets.listings.old]
source = "${OLD_DATABASE_URL}"            # ${NAME} reads the environment; a missing one is an error
query = "queries/old_listings.sql"        # or table = "public.property_listings"
[datasets.listings.new]
source = "${SUPABASE_REST_URL}"
table = "property_listings"
rename = { propertyNumber = "property_number" }   # this side's name = report name
[datasets.listings.columns."*"]           # every column, key columns too
normalise = ["trim", "nfkc", "lowercase", "empty-as-null"]
[datasets.listings.columns.price]
type = "numeric"                          # PostgreSQL type names
tolerance = { absolute = "0.5", relative = "1e-6" }
[gates]                                   # or [datasets.NAME.gates], which overrides by name
match_rate = "99%"
duplicated = 0
schema = "same"                           # or "allow"
"#;

fn env(name: &str) -> Option<String> {
    match name {
        "OLD_DATABASE_URL" => Some("postgres://app:hunter2@old.example/app".to_owned()),
        "SUPABASE_REST_URL" => Some("postgres://app:hunter2@new.example/app".to_owned()),
        _ => None,
    }
}

fn read(text: &str) -> Result<Config> {
    let path = Path::new("conf/shadowgate.toml");
    parse(text, path, &mut Environment::new(&env))
}

fn why(text: &str) -> String {
    let failure = read(text).expect_err(text);
    assert_eq!(failure.code, Code::Config);
    failure.why
}

fn listings(text: &str) -> Dataset {
    let mut config = read(text).expect(text);
    config.datasets.swap_remove("listings").expect("is there")
}

/// The rules of one column of a small configuration.
fn rules(text: &str) -> ColumnRules {
    let text = format!("[datasets.listings.columns.x]\n{text}");
    listings(&text).rules.swap_remove("x").expect("is there")
}

fn rules_why(text: &str) -> String {
    why(&format!("[datasets.listings.columns.x]\n{text}"))
}

#[test]
fn the_sample_of_the_contract_loads() {
    let listings = listings(SAMPLE);
    assert_eq!(listings.key, Some(vec!["property_number".to_owned()]));
    assert_eq!(listings.ignore, ["synced_at"]);
    let [old, new] = &listings.sides;
    assert_eq!(
        old.source,
        Some(Ok(Location::Postgres(Secret::new(
            "postgres://app:hunter2@old.example/app"
        ))))
    );
    assert_eq!(old.query, Some("conf/queries/old_listings.sql".into()));
    assert_eq!(new.table.as_deref(), Some("property_listings"));
    assert_eq!(new.rename["propertyNumber"], "property_number");
    assert_eq!(
        listings.rules["*"].steps,
        [Step::Trim, Step::Nfkc, Step::Lowercase, Step::EmptyAsNull]
    );
    let price = &listings.rules["price"];
    assert_eq!(price.ty, Some(Type::Numeric));
    assert!(price.steps.is_empty());
    let tolerance = price.tolerance.as_ref().expect("is given");
    assert!(tolerance.absolute.is_some() && tolerance.relative.is_some());
    assert!(!format!("{listings:?}").contains("hunter2"));
}

#[test]
fn all_mistakes_are_told_at_once_with_their_lines() {
    let text = "match_rate = 1\n[datasets.a]\nkeys = [\"x\"]\n[datasets.a.columns.x]\n\
                normalise = [\"trimm\"]\ntype = \"numbr\"\n[gates]\nduplicate = 0\n";
    assert_eq!(
        why(text),
        "conf/shadowgate.toml has 5 mistakes:\n  \
         line 1: match_rate: there is no such field\n  \
         line 3: datasets.a.keys: there is no such field; did you mean `key`?\n  \
         line 5: datasets.a.columns.x.normalise[0]: `trimm` is no step; did you mean `trim`?\n  \
         line 6: datasets.a.columns.x.type: `numbr` is no PostgreSQL type name\n  \
         line 8: gates.duplicate: there is no such field; did you mean `duplicated`?"
    );
}

#[test]
fn syntax_errors_have_a_place_and_echo_nothing() {
    let why = why("[datasets.a.old]\nsource = \"postgres://u:hunter2@h/d\n");
    assert!(
        why.contains("conf/shadowgate.toml, line 2: column"),
        "{why}"
    );
    assert!(!why.contains("hunter2"), "{why}");
    let twice = self::why("[gates]\nmissing = 1\nmissing = 2\n");
    assert!(
        twice.contains("line 3") && twice.contains("duplicate"),
        "{twice}"
    );
}

#[test]
fn wrong_kinds_of_values_are_named_without_their_text() {
    let text = "[datasets.a.old]\nsource = [\"postgres://u:hunter2@h/d\"]\ntable = 5\n";
    let config = read("[datasets.a.old]\nsource = [\"hunter2\"]").expect("kept for later");
    let problem = config.datasets["a"].sides[0].source.clone();
    let what = problem.expect("given").expect_err("wrong").what;
    assert_eq!(
        what,
        "datasets.a.old.source: a string is due here, not an array"
    );
    assert!(!why(text).contains("hunter2"));
}

#[test]
fn a_missing_variable_is_named_with_its_place() {
    let text = "[datasets.a]\n[datasets.a.old]\ntable = \"${NOPE}\"";
    assert_eq!(
        why(text),
        "conf/shadowgate.toml, line 3: datasets.a.old.table: the environment variable NOPE is not set"
    );
}

#[test]
fn columns_is_a_list_to_compare_or_a_table_of_rules() {
    let list = listings("[datasets.listings]\ncolumns = [\"e\", \"f\"]");
    assert_eq!(list.only, Some(vec!["e".to_owned(), "f".to_owned()]));
    let only = listings(
        "[datasets.listings]\nonly = [\"e\"]\n[datasets.listings.columns.e]\ntype = \"int\"",
    );
    assert_eq!(only.only, Some(vec!["e".to_owned()]));
    assert_eq!(only.rules["e"].ty, Some(Type::Int4));
    assert!(why("[datasets.a]\nonly = [\"e\"]\ncolumns = [\"f\"]").contains("already"));
}

#[test]
fn steps_run_in_the_lists_order_and_keyed_ones_after_it() {
    let rules = rules(
        "round = 2\nstrip = \",\"\nnull-token = \"-\"\n\
         normalise = [\"trim\", { map = { a = \"b\" } }, \"lowercase\"]\n\
         truncate-time = \"day\"\njson-ignore = [\"meta.at\"]",
    );
    let kinds: Vec<String> = rules.steps.iter().map(Step::to_string).collect();
    assert_eq!(
        kinds[..7],
        [
            "trim",
            "map {\"a\" = \"b\"}",
            "lowercase",
            "null-token [\"-\"]",
            "strip \",\"",
            "round 2",
            "truncate-time day"
        ]
    );
    assert!(matches!(rules.steps[7], Step::JsonIgnore(_)));
    assert_eq!(rules.steps[6], Step::TruncateTime(TimeUnit::Day));
}

#[test]
fn steps_that_make_no_sense_are_refused() {
    for (text, part) in [
        ("normalise = [\"strip\"]", "needs its parameter"),
        (
            "normalise = [{ strip = \",\", round = 2 }]",
            "one step is due",
        ),
        ("normalise = [{}]", "one step is due"),
        ("normalise = [{ trim = 1 }]", "no such field"),
        ("normalize = []", "did you mean `normalise`?"),
        ("strip = \"\"", "at least one character"),
        ("round = 2.5", "whole number"),
        ("round = 5000", "at most 1000"),
        ("truncate-time = \"hour\"", "`second` or `day`"),
        ("map = { a = \"b\", b = \"c\" }", "chained"),
        ("map = { a = \"b\", b = \"a\" }", "chained"),
        ("tolerance = {}", "`absolute`, `relative` or both"),
        ("tolerance = { absolute = \"-1\" }", "zero or more"),
        ("tolerance = { absolute = nan }", "zero or more"),
        ("tolerance = { absolut = 1 }", "did you mean `absolute`?"),
        ("tolerance = \"0.5\"", "a table is due here, not a string"),
    ] {
        let why = rules_why(text);
        assert!(why.contains(part), "{text}: {why}");
    }
    assert!(!rules("map = { a = \"b\", b = \"b\" }").steps.is_empty());
}

#[test]
fn zones_are_by_name_or_offset() {
    for zone in ["Asia/Tokyo", "+09:00"] {
        assert!(rules(&format!("timezone = \"{zone}\"")).zone.is_some());
    }
    assert!(rules_why("timezone = \"Tokyo\"").contains("`Tokyo` is no time zone"));
}

/// A location may come from the environment, whatever stands there.
#[test]
fn a_source_that_cannot_be_read_is_not_echoed() {
    let config = read("[datasets.a.old]\nsource = \"hunter2\"").expect("kept for later");
    let problem = config.datasets["a"].sides[0].source.clone();
    let failure = config.refuse(&problem.expect("given").expect_err("wrong"));
    assert!(
        failure
            .why
            .contains("line 2: datasets.a.old.source: what is here is not a kind")
    );
    assert!(failure.why.contains(".csv") && !failure.why.contains("hunter2"));
}

#[test]
fn numbers_keep_their_digits() {
    let given = |text: &str| rules(&format!("tolerance = {{ absolute = {text} }}")).tolerance;
    let quoted = given("\"0.1000000000000000055\"");
    assert_eq!(given("0.1000000000000000055"), quoted);
    assert_ne!(given("0.1"), quoted);
    assert_eq!(given("1_000"), given("\"1000\""));
    assert!(given("1e-400").is_some());
}

#[test]
fn gates_lie_over_the_defaults_by_name() {
    let config = read(
        "[gates]\nmatch_rate = \"99.5%\"\nmissing = 5\nextra = \"1%\"\nunkeyed = false\n\
         [gates.columns]\nprice = \"100%\"\ntitle = 0.9\n\
         [datasets.a.gates]\nmatch_rate = \"off\"\nschema = \"allow\"\nmin_rows = 10\nnew_time_ratio = 1.5\n\
         row_count_change = \"5%\"\nmin_coverage = \"80%\"\n[datasets.a.gates.columns]\ntitle = \"off\"\n",
    )
    .expect("loads");
    let mut gates = Gates::default();
    config.gates.apply(&mut gates);
    let half = Share::parse("99.5%").expect("a share");
    assert_eq!((gates.match_rate, gates.unkeyed), (Some(half), None));
    assert_eq!(gates.missing, Some(Bound::Count(5)));
    assert!(matches!(gates.extra, Some(Bound::Share(_))));
    assert_eq!((gates.duplicated, gates.same_schema), (Some(0), true));
    assert_eq!(gates.columns.len(), 2);
    config.datasets["a"].gates.apply(&mut gates);
    assert_eq!((gates.match_rate, gates.same_schema), (None, false));
    assert_eq!(
        (gates.min_rows, gates.missing),
        (Some(10), Some(Bound::Count(5)))
    );
    assert_eq!(gates.min_coverage, Share::parse("0.8").ok());
    assert_eq!(gates.columns[0].0, "price");
    assert_eq!(gates.columns.len(), 1);
}

#[test]
fn a_scope_is_one_of_two() {
    let scope = |text| listings(&format!("[datasets.listings]\n{text}")).scope;
    assert_eq!(scope(""), None);
    assert_eq!(scope("scope = \"all\""), Some(Scope::All));
    assert_eq!(scope("scope = \"keys-of-new\""), Some(Scope::KeysOfNew));
    let why = why("[datasets.a]\nscope = \"keys-of-old\"");
    assert!(
        why.contains("line 2") && why.contains("\"keys-of-new\""),
        "{why}"
    );
}

#[test]
fn gates_that_make_no_sense_are_refused() {
    for (text, part) in [
        ("match_rate = 99", "99%"),
        ("match_rate = true", "a number"),
        ("duplicated = -1", "whole number"),
        ("duplicated = \"1%\"", "whole number"),
        ("schema = \"equal\"", "\"allow\""),
        ("missing = \"many\"", "limit"),
        ("min_coverage = 80", "80%"),
        ("columns = 5", "a table is due"),
    ] {
        let why = why(&format!("[gates]\n{text}"));
        assert!(
            why.contains("line 2") && why.contains(part),
            "{text}: {why}"
        );
    }
}

#[test]
fn sides_and_times() {
    let listings = listings(
        "statement_timeout = \"1h\"\n[datasets.listings]\nlock_timeout = \"5s\"\n\
         [datasets.listings.old]\nsource = \"old.csv\"\ndelimiter = \";\"\nnull = \"NULL\"\n\
         encoding = \"shift_jis\"\n[datasets.listings.new]\nsource = \"sqlite:/abs/new.db\"\n\
         table = \"t\"\nwhere = \"x > 1\"\nsslrootcert = \"ca.pem\"\nconnect_timeout = \"1s\"\n",
    );
    let [old, new] = &listings.sides;
    let file = Location::parse("conf/old.csv").expect("parses");
    assert_eq!(old.source, Some(Ok(file)));
    assert_eq!(old.text.delimiter, Some(b';'));
    assert_eq!(old.text.null, Some(vec!["NULL".to_owned()]));
    assert_eq!(new.source, Some(Ok(Location::Sqlite("/abs/new.db".into()))));
    assert_eq!(new.sslrootcert, Some("conf/ca.pem".into()));
    assert_eq!(new.timeouts.connect, Some(Duration::from_secs(1)));
    assert_eq!(listings.timeouts.lock, Some(Duration::from_secs(5)));
    for wrong in ["\"ab\"", "\"\"", "\"\\\"\"", "\"、\""] {
        let text = format!("[datasets.a.old]\ndelimiter = {wrong}");
        assert!(why(&text).contains("one ASCII character"), "{wrong}");
    }
}

#[test]
fn a_file_that_is_not_there_or_not_text_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shadowgate.toml");
    assert_eq!(
        load(&path, &mut Environment::new(&env))
            .expect_err("no file")
            .code,
        Code::NotFound
    );
    std::fs::write(&path, b"a = 1\n\xff").expect("written");
    let failure = load(&path, &mut Environment::new(&env)).expect_err("not UTF-8");
    assert!(failure.why.contains("line 2"), "{}", failure.why);
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = read(&text);
    }

    /// Sound TOML with values of any kind at every field.
    #[test]
    fn no_value_panics(
        field in "(key|only|columns|gates|old\\.select|old\\.apikey|old\\.source|old\\.null|old\\.delimiter|new\\.rename|gates\\.missing|gates\\.columns\\.x|columns\\.x\\.map|columns\\.x\\.normalise|columns\\.x\\.tolerance|columns\\.x\\.round|columns\\.x\\.strip)",
        value in "(1|-5|1\\.5|1e999|nan|inf|true|1979-05-27|\"\"|\"\\$\\{\"|\"x\"|\\[\\]|\\[1\\]|\\[\\[\"x\"\\]\\]|\\{\\}|\\{ a = 1 \\}|\\{ a = \"b\", b = \"a\" \\}|0xff|99999999999999999999)",
    ) {
        let _ = read(&format!("datasets.a.{field} = {value}\n"));
    }
}
