//! What the old side is asked before it is compared.

use super::*;

fn check<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let checks = array(&answer["datasets"][0]["checks"]).iter();
    let mut found = checks.filter(|check| check["name"] == name);
    found
        .next()
        .unwrap_or_else(|| panic!("no {name}: {answer}"))
}

#[test]
fn the_old_side_is_asked_first_and_each_answer_told_at_once() {
    let pair = Pair::new(
        "rollback_facts",
        "INSERT INTO emergency_stop VALUES ('価格の誤り', '2026-11-26 03:05+09');",
    );
    let ran = pair.check(&["--format", "json"]).exits(0);
    let answer = answer(&ran);
    assert_eq!(check(&answer, "rows")["number"], 2505);
    assert_eq!(check(&answer, "duplicate_keys")["number"], 0);
    let groups = &check(&answer, "rows_by_group")["rows"];
    assert_eq!(groups.to_string(), r#"[["SUUMO","1670"],["HOMES","835"]]"#);
    let state = check(&answer, "sync_state");
    assert_eq!(state["columns"].to_string(), r#"["state","updated_at"]"#);
    assert_eq!(state["rows"][0][0], "idle");
    assert_eq!(check(&answer, "emergency_stop")["rows"][0][0], "価格の誤り");
    assert_eq!(check(&answer, "changed_since")["number"], 706);
    let told = [
        "listings old: rows: 2,505 (",
        "listings old: keys more than once: 0 (",
        "listings old: rows by system: SUUMO 1,670; HOMES 835 (",
        "listings old: sync state: state=idle ",
        "listings old: emergency stop: reason=価格の誤り ",
        "listings old: changed since 2026-11-26 02:30:00 +09:00 (Asia/Tokyo): 706 (",
        "listings old: 2,505 rows, ",
    ];
    let places: Vec<usize> = told
        .iter()
        .map(|line| {
            ran.stderr
                .find(line)
                .unwrap_or_else(|| panic!("{line}\n{}", ran.stderr))
        })
        .collect();
    assert!(places.is_sorted(), "in this order\n{}", ran.stderr);
    assert_eq!(
        pair.check(&["--quiet", "--since", "2026-11-26 02:40"])
            .exits(0)
            .stderr,
        ""
    );
}

/// A question that fails stops neither the others nor the comparison.
#[test]
fn a_question_without_an_answer_stops_nothing() {
    let pair = Pair::new(
        "rollback_no_answer",
        "DROP TABLE emergency_stop; DROP TABLE sync_state;",
    );
    let ran = pair.check(&["--format", "json"]).exits(0);
    let answer = answer(&ran);
    for name in ["emergency_stop", "sync_state"] {
        let failed = check(&answer, name)["failed"].as_str().expect("why");
        assert!(failed.contains("does not exist"), "{failed}");
    }
    assert_eq!(check(&answer, "changed_since")["number"], 706);
    assert_eq!(answer["answer"], "safe");
}

/// Nothing that the old side is asked can write.
#[test]
fn a_query_that_writes_is_refused() {
    let pair = Pair::new("rollback_writes", "");
    for query in [
        "DELETE FROM sync_state RETURNING *",
        "SELECT 1; DELETE FROM sync_state",
        "WITH gone AS (DELETE FROM sync_state RETURNING *) SELECT * FROM gone",
        "SELECT set_config('transaction_read_only', 'off', true), pg_advisory_lock(1)); COMMIT; DELETE FROM sync_state; SELECT (1",
    ] {
        let config = CONFIG.replace("SELECT state, updated_at FROM sync_state", query);
        pair.lab.write("shadowgate.toml", config);
        let answer = answer(&pair.check(&["--format", "json"]).exits(0));
        assert!(
            check(&answer, "sync_state")["failed"].is_string(),
            "{query}"
        );
        assert_eq!(pair.sql("SELECT count(*) FROM sync_state"), "1");
    }
}

#[test]
fn with_the_new_side_down_the_old_side_still_answers() {
    let pair = Pair::new("rollback_new_down", "");
    let ran = pair
        .check_at("http://127.0.0.1:9", &["--format", "json"])
        .exits(3);
    let answer = answer(&ran);
    assert_eq!(answer["answer"], "cannot_tell");
    assert_eq!(answer["lost"]["rows"], Value::Null, "the loss is unknown");
    let sentence = answer["sentence"].as_str().expect("a sentence");
    assert!(
        sentence.starts_with("CANNOT TELL: the new side was not read whole ("),
        "{sentence}"
    );
    assert!(!sentence.contains("old side"), "{sentence}");
    assert_eq!(check(&answer, "rows")["number"], 2505);
    assert_eq!(check(&answer, "sync_state")["rows"][0][0], "idle");
    assert_eq!(answer["files"].to_string(), "[]", "nothing can be proven");
    assert_eq!(answer["reasons"][0]["code"], "unreachable");
    ran.saved_report();
    let page = pair.check_at("http://127.0.0.1:9", &[]).exits(3).stdout;
    assert!(page.contains("not read; it counts 2,505 rows"), "{page}");
    assert!(
        page.contains("unknown: nothing could be compared"),
        "{page}"
    );
}

#[test]
fn with_the_old_side_down_nothing_can_be_told() {
    let pair = Pair::new("rollback_old_down", "");
    let mut command = pair.lab.command();
    command
        .env("OLD_URL", "postgres://nobody@127.0.0.1:9/none")
        .env("NEW_URL", pair.api.url())
        .env("SUPABASE_SERVICE_ROLE_KEY", pair.api.jwt("service_role"));
    let ran = pair
        .lab
        .ran(command.args(["rollback-check", "--format", "json"]))
        .exits(3);
    let answer = answer(&ran);
    let sentence = answer["sentence"].as_str().expect("a sentence");
    assert!(
        sentence.starts_with("CANNOT TELL: the old side was not read whole ("),
        "{sentence}"
    );
    assert_eq!(answer["datasets"][0]["checks"].to_string(), "[]");
}

/// A file answers nothing itself: it is read for it, also where new is down.
#[test]
fn an_old_file_is_read_for_its_answers() {
    let old = "id,system,updated_at\n1,HOMES,2026-11-26T03:00:00+09:00\n2,SUUMO,2026-11-26T02:00:00+09:00\n\
        2,SUUMO,\n3,,2026-11-25T18:30:00Z\n,HOMES,x\n";
    let config = r#"
[datasets.listings]
key = "id"
[datasets.listings.old]
source = "old.csv"
[datasets.listings.new]
source = "http://127.0.0.1:9"
table = "listings"
[datasets.listings.rollback]
updated_at = "updated_at"
group_by = "system"
sync_state = "SELECT 1"
since = "2026-11-26T03:00+09:00"
"#;
    let lab = Lab::new()
        .with("old.csv", old)
        .with("shadowgate.toml", config);
    let ran = lab.run(&["rollback-check", "--format", "json"]).exits(3);
    let answer = answer(&ran);
    assert_eq!(check(&answer, "rows")["number"], 5);
    assert_eq!(check(&answer, "duplicate_keys")["number"], 1);
    assert_eq!(
        check(&answer, "rows_by_group")["rows"].to_string(),
        r#"[["HOMES","2"],["SUUMO","2"],[null,"1"]]"#
    );
    assert_eq!(check(&answer, "changed_since")["number"], 2);
    let failed = check(&answer, "sync_state")["failed"]
        .as_str()
        .expect("why");
    assert!(failed.contains("the old side is a file"), "{failed}");
}

/// PostgREST as the old side: it counts, gives rows of other tables, groups nothing.
#[test]
fn an_old_side_behind_postgrest_is_asked_in_its_own_terms() {
    let pair = Pair::new("rollback_rest_old", "");
    let config = CONFIG
        .replace(
            "SELECT state, updated_at FROM sync_state",
            "sync_state?select=state&limit=1",
        )
        .replace("queries/stop.sql", "emergency_stop")
        .replace("${OLD_URL}", &pair.api.url());
    pair.lab.write("shadowgate.toml", config);
    let answer = answer(&pair.check(&["--format", "json"]).exits(0));
    assert_eq!(check(&answer, "rows")["number"], 2505);
    assert_eq!(check(&answer, "duplicate_keys")["number"], 0);
    assert_eq!(
        check(&answer, "sync_state")["rows"].to_string(),
        r#"[["idle"]]"#
    );
    assert_eq!(check(&answer, "emergency_stop")["rows"].to_string(), "[]");
    assert_eq!(check(&answer, "changed_since")["number"], 706);
    assert!(check(&answer, "rows_by_group")["failed"].is_string());
    assert_eq!(answer["datasets"][0]["old"]["role"], "service_role");
}

/// What a side says of its sync for verifications is asked here too.
#[test]
fn the_old_sides_own_sync_state_is_asked_where_the_rollback_names_none() {
    let pair = Pair::new("rollback_own_sync", "");
    let query = "sync_state = \"SELECT state, updated_at FROM sync_state\"\n";
    let old = "table = \"old_listings\"\n";
    let config = CONFIG
        .replace(query, "")
        .replace(old, &format!("{old}{query}"));
    pair.lab.write("shadowgate.toml", &config);
    let told = |pair: &Pair| answer(&pair.check(&["--format", "json"]).exits(0));
    assert_eq!(check(&told(&pair), "sync_state")["rows"][0][0], "idle");
    pair.sql("DROP TABLE sync_state");
    let ran = pair.check(&["--format", "json"]).exits(0);
    let told = answer(&ran);
    assert!(
        check(&told, "sync_state")["failed"].is_string(),
        "and stops nothing"
    );
    let report = ran.saved("report.json");
    assert!(
        report.contains("could not be asked whether it runs"),
        "{report}"
    );
}

/// SQLite counts and groups, and has no times.
#[test]
fn an_old_side_in_sqlite_is_asked_in_sql() {
    let config = r#"
[datasets.listings]
key = "id"
[datasets.listings.old]
source = "sqlite:old.db"
table = "listings"
[datasets.listings.new]
source = "new.csv"
[datasets.listings.rollback]
updated_at = "updated_at"
group_by = "system"
sync_state = "SELECT state FROM sync_state"
emergency_stop = "DELETE FROM sync_state"
since = "2026-11-26T03:00+09:00"
"#;
    let new = "id,system,updated_at\n1,HOMES,2026-11-26T03:00:00+09:00\n2,SUUMO,2026-11-26T03:30:00+09:00\n";
    let lab = Lab::new()
        .with("new.csv", new)
        .with("shadowgate.toml", config);
    let database = rusqlite::Connection::open(lab.path("old.db")).expect("a database");
    let sql = "CREATE TABLE listings (id INTEGER, system TEXT, updated_at TEXT);
        INSERT INTO listings VALUES (1, 'HOMES', '2026-11-26T03:00:00+09:00'),
            (2, 'SUUMO', '2026-11-26T03:00:00+09:00'), (3, NULL, NULL), (3, 'HOMES', NULL);
        CREATE TABLE sync_state (state TEXT); INSERT INTO sync_state VALUES ('同期中');";
    database.execute_batch(sql).expect("its tables");
    let ran = lab.run(&["rollback-check", "--format", "json"]).exits(1);
    let answer = answer(&ran);
    assert_eq!(
        answer["sentence"],
        "LOSES 1 ROW: 0 only in new, 1 newer in new"
    );
    assert_eq!(check(&answer, "rows")["number"], 4);
    assert_eq!(check(&answer, "duplicate_keys")["number"], 1);
    assert_eq!(
        check(&answer, "rows_by_group")["rows"].to_string(),
        r#"[["HOMES","2"],[null,"1"],["SUUMO","1"]]"#
    );
    assert_eq!(check(&answer, "sync_state")["rows"][0][0], "同期中");
    let failed = |name: &str| check(&answer, name)["failed"].as_str().expect("why");
    assert!(failed("emergency_stop").contains("does not only read"));
    assert!(failed("changed_since").contains("of no declared type"));
}

/// Rows that are equal in one column were called equal, whatever the others held.
#[test]
fn what_was_not_compared_is_named_in_the_answer() {
    let lab = Lab::csv("id,v,price\n1,a,10\n", "id,v,price\n1,changed,10\n");
    let args = [
        "rollback-check",
        "--quiet",
        "old.csv",
        "new.csv",
        "--key",
        "id",
    ];
    let ran = lab
        .run(&[&args[..], &["--columns", "price"]].concat())
        .exits(0);
    assert_eq!(
        first_line(&ran),
        "SAFE: a rollback loses no row: old has the one row of new, equal, not comparing v"
    );
    let part = "\n    columns not compared: v\n";
    assert!(ran.stdout.contains(part), "{}", ran.stdout);
    let verified = lab.by_id(&["--columns", "price"]).exits(0);
    assert_eq!(
        verified.saved_report()["datasets"][0]["columns_left_out"],
        serde_json::json!(["v"])
    );
    lab.run(&args).exits(3);
}
