//! What a file says of a run as a whole, and of PostgREST.

use super::*;

#[test]
fn limits_stand_at_the_top() {
    let config = read(
        "rate_limit = \"5/s\"\nconnections = 4\npage_size = 500\nretries = 0\n\
         request_timeout = \"20s\"\nbreaker_threshold = 3\nbreaker_timeout = \"1m\"\n\
         log_file = \"sg.log\"\n",
    )
    .expect("loads");
    let rate = |count| Some(units::rate(count).expect("a rate"));
    assert_eq!(config.limits.rate, rate("5"));
    assert_eq!(config.limits.connections, Some(4));
    assert_eq!(config.limits.page, Some(500));
    assert_eq!(config.limits.retries, Some(0));
    assert_eq!(config.limits.request_timeout, Some(Duration::from_secs(20)));
    assert_eq!(config.limits.breaker_threshold, Some(3));
    assert_eq!(config.limits.breaker_timeout, Some(Duration::from_secs(60)));
    assert_eq!(config.log_file, Some("conf/sg.log".into()));
    for (text, expected) in [
        ("7", rate("7")),
        ("\"off\"", Some(None)),
        ("false", Some(None)),
    ] {
        let config = read(&format!("rate_limit = {text}")).expect(text);
        assert_eq!(config.limits.rate, expected, "{text}");
    }
    assert_eq!(read("").expect("loads").limits, LimitTable::default());
    for (text, part) in [
        ("rate_limit = 0", "is not a rate"),
        ("rate_limit = 2.5", "is not a rate"),
        ("rate_limit = true", "a number"),
        ("connections = 0", "at least 1"),
        ("page_size = \"many\"", "whole number"),
        ("retries = -1", "whole number"),
        ("request_timeout = \"0\"", "without end"),
        ("breaker_timeout = \"60\"", "not a duration"),
        ("deadline = \"25d\"", "or `0` for no limit"),
        ("statement_timeout = \"25d\"", "or `0` for no limit"),
        ("rate_limits = 5", "did you mean `rate_limit`?"),
    ] {
        let why = why(text);
        assert!(why.contains("line 1") && why.contains(part), "{why}");
    }
}

#[test]
fn what_a_side_tells_postgrest() {
    let listings = listings(
        "[datasets.listings.new]\nsource = \"https://x.example/rest/v1\"\ntable = \"t\"\n\
         apikey = \"hunter2\"\nauthorization = \"Bearer hunter3\"\nrole = \"reader\"\n\
         select = \"id, title:name,\\\"a,b\\\"\"\n[datasets.listings.old]\n\
         select = [\"id\", \"price\"]\n",
    );
    let [old, new] = listings.sides.each_ref().map(|side| &side.rest);
    assert_eq!(new.apikey, Some(Secret::new("hunter2")));
    assert_eq!(new.authorization, Some(Secret::new("hunter3")));
    assert_eq!(new.role.as_deref(), Some("reader"));
    let columns = |rest: &crate::source::location::RestOptions| rest.select.clone().expect("given");
    assert_eq!(columns(new), ["id", "title:name", "\"a,b\""]);
    assert_eq!(columns(old), ["id", "price"]);
    assert!(!format!("{listings:?}").contains("hunter"));
    for (text, part) in [
        ("apikey = \"\"", "the key is empty"),
        ("authorization = \"Bearer \"", "the key is empty"),
        ("apikey = 5", "a string is due"),
        ("select = []", "no column is named"),
        ("select = \"\"", "no column is named"),
        ("select = [1]", "a string is due"),
        ("role = []", "a string is due"),
    ] {
        let why = why(&format!("[datasets.a.new]\n{text}"));
        assert!(why.contains("line 2") && why.contains(part), "{why}");
    }
}

#[test]
fn the_env_file_is_read_before_what_names_its_variables() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shadowgate.toml");
    let text = "[datasets.a.old]\ntable = \"${TABLE} ${OLD_DATABASE_URL}\"\n";
    let with = |first: &str| std::fs::write(&path, format!("{first}{text}")).expect("written");
    let load = || load(&path, &mut Environment::new(&env));
    with("");
    assert!(
        load()
            .expect_err("no file")
            .why
            .contains("TABLE is not set")
    );
    with("env_file = \"conf.env\"\n");
    let failure = load().expect_err("no such file");
    assert_eq!(failure.code, Code::NotFound);
    assert!(failure.why.contains("conf.env"), "{failure}");
    let named = folder.path().join("conf.env");
    std::fs::write(&named, "TABLE=t\nOLD_DATABASE_URL=x\n").expect("written");
    let table = load().expect("loads").datasets["a"].sides[0].table.clone();
    assert_eq!(
        table.as_deref(),
        Some("t postgres://app:hunter2@old.example/app"),
        "the process's own comes first"
    );
    with("env_file = 5\n");
    assert!(
        load()
            .expect_err("no string")
            .why
            .contains("env_file: a string is due")
    );
}
