//! `rollback-check` through the binary, against a real PostgreSQL and a real
//! PostgREST: each answer, its files, what the old side is asked, and what is
//! said where a side is down or the time is up.

mod common;
#[path = "rollback/cut.rs"]
mod cut;
#[path = "rollback/facts.rs"]
mod facts;
#[path = "rollback/files.rs"]
mod files;
mod support;

use common::{Lab, Ran, array, valid_rollback};
use serde_json::Value;
use support::Postgres;
use support::api::{capped, serve};
use support::postgrest::Postgrest;

/// Two tables of listings in one database; the new one also behind PostgREST.
struct Pair {
    lab: Lab,
    api: Postgrest,
    database: &'static str,
}

const TABLES: &str = "
    CREATE TABLE old_listings (id int PRIMARY KEY, name text, system text, price numeric,
        updated_at timestamptz);
    INSERT INTO old_listings SELECT n, '東京都の物件 ' || n, CASE n % 3 WHEN 0 THEN 'HOMES' ELSE 'SUUMO' END,
        n * 1000, '2026-11-26 02:00+09'::timestamptz + n * interval '1 second' FROM generate_series(1, 2505) n;
    CREATE TABLE new_listings (LIKE old_listings INCLUDING ALL);
    INSERT INTO new_listings TABLE old_listings;
    CREATE TABLE sync_state (state text, updated_at timestamptz);
    INSERT INTO sync_state VALUES ('idle', '2026-11-26 02:58+09');
    CREATE TABLE emergency_stop (reason text, since timestamptz);
";

const CONFIG: &str = r#"
[datasets.listings]
key = ["id"]
[datasets.listings.old]
source = "${OLD_URL}"
table = "old_listings"
[datasets.listings.new]
source = "${NEW_URL}"
table = "new_listings"
[datasets.listings.rollback]
updated_at = "updated_at"
group_by = "system"
sync_state = "SELECT state, updated_at FROM sync_state"
emergency_stop = "queries/stop.sql"
since = "2026-11-26T02:30:00+09:00"
"#;

impl Pair {
    /// The tables, changed by `sql`.
    fn new(database: &'static str, sql: &str) -> Pair {
        let api = serve(database, &format!("{TABLES}{sql}"), capped());
        let lab = Lab::new().with("shadowgate.toml", CONFIG);
        std::fs::create_dir(lab.path("queries")).expect("a folder");
        lab.write(
            "queries/stop.sql",
            "SELECT reason, since FROM emergency_stop\n",
        );
        Pair { lab, api, database }
    }

    fn old(&self) -> String {
        Postgres::start().url(self.database)
    }

    fn sql(&self, sql: &str) -> String {
        Postgres::start().sql(self.database, sql)
    }

    /// The new side read through PostgREST at `new`, by the service role.
    fn check_at(&self, new: &str, args: &[&str]) -> Ran {
        let mut command = self.lab.command();
        command
            .env("OLD_URL", self.old())
            .env("NEW_URL", new)
            .env("SUPABASE_SERVICE_ROLE_KEY", self.api.jwt("service_role"))
            .env("TZ", "Asia/Tokyo");
        self.lab.ran(command.arg("rollback-check").args(args))
    }

    fn check(&self, args: &[&str]) -> Ran {
        self.check_at(&self.api.url(), args)
    }
}

/// The answer on stdout, held to the one that was saved and to its schema.
#[track_caller]
fn answer(ran: &Ran) -> Value {
    let answer: Value = serde_json::from_str(&ran.stdout).expect("JSON on stdout");
    valid_rollback(&answer);
    let saved: Value = serde_json::from_str(&ran.saved("rollback.json")).expect("JSON");
    assert_eq!(answer, saved);
    assert_eq!(answer["exit_code"], ran.code);
    answer
}

#[track_caller]
fn first_line(ran: &Ran) -> &str {
    ran.stdout.lines().next().expect("a first line")
}

#[test]
fn what_is_in_old_as_new_or_newer_is_safe() {
    let pair = Pair::new(
        "rollback_safe",
        "UPDATE old_listings SET price = 1, updated_at = updated_at + interval '1 hour' WHERE id <= 3;
         DELETE FROM new_listings WHERE id = 2505;",
    );
    let ran = pair.check(&[]).exits(0);
    assert_eq!(
        first_line(&ran),
        "SAFE: a rollback loses no row: old has each of the 2,504 rows of new, equal, or newer there (3)"
    );
    for part in [
        "  old  host 127.0.0.1, database rollback_safe, table old_listings, role postgres (PostgreSQL 15",
        "       2,505 of 2,505 rows read as of 20",
        " +09:00 (Asia/Tokyo)\n",
        "  new  host 127.0.0.1, table new_listings, role service_role (PostgREST 12.0.2",
        "       2,504 of 2,504 rows read as of 20",
        "  by   shadowgate.toml, configuration hash ",
        " of 10 min 0 s left\n",
        "  next: roll back; ",
        "shadowgate rollback-check --config shadowgate.toml\n",
        "/lost_only_in_new.csv: 0 rows\n",
    ] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
    // It is apart from the match rate, which the usual report has.
    let report = ran.saved_report();
    assert_eq!(report["datasets"][0]["counts"]["differing"], 3);
    assert_eq!(ran.saved("lost_only_in_new.csv"), "dataset,key,row\n");
    assert_eq!(ran.saved("lost_newer_in_new.csv"), "dataset,key,old,new\n");
}

#[test]
fn what_only_new_has_or_has_newer_is_lost() {
    let pair = Pair::new(
        "rollback_loses",
        "INSERT INTO new_listings SELECT n, '新着 ' || n, 'HOMES', NULL, '2026-11-26 03:00+09' FROM generate_series(3001, 3007) n;
         UPDATE new_listings SET name = name || '(改)', updated_at = updated_at + interval '1 day' WHERE id <= 5;
         UPDATE new_listings SET price = price + 1 WHERE id = 6;
         UPDATE new_listings SET price = price + 1, updated_at = NULL WHERE id = 7;",
    );
    let ran = pair
        .check(&["--format", "json", "--match-rate=1%"])
        .exits(2);
    assert!(ran.stderr.contains("--match-rate"), "no gates here");
    let ran = pair.check(&["--format", "json"]).exits(1);
    let answer = answer(&ran);
    assert_eq!(answer["answer"], "loses");
    assert_eq!(
        answer["sentence"],
        "LOSES 12 ROWS: 7 only in new, 5 newer in new; perhaps 2 more: 2 rows differ, and nothing says which side is newer"
    );
    assert_eq!(answer["lost"]["rows"], 12);
    assert_eq!(answer["lost"]["exact"], false);
    let dataset = &answer["datasets"][0];
    assert_eq!(dataset["rows"]["direction_unknown"], 2);
    assert_eq!(dataset["matched"], 2498);
    let groups: Vec<(&str, u64)> = array(&dataset["lost_by_group"])
        .iter()
        .map(|group| {
            let lost =
                group["only_in_new"].as_u64().unwrap() + group["newer_in_new"].as_u64().unwrap();
            (group["value"].as_str().unwrap(), lost)
        })
        .collect();
    assert_eq!(groups, [("HOMES", 8), ("SUUMO", 4)]);
    let (only, newer) = (
        ran.saved("lost_only_in_new.csv"),
        ran.saved("lost_newer_in_new.csv"),
    );
    assert_eq!((only.lines().count(), newer.lines().count()), (8, 6));
    assert_eq!(
        only.lines().nth(1).unwrap(),
        r#"listings,"{""id"":""3001""}","{""id"":""3001"",""name"":""新着 3001"",""system"":""HOMES"",""price"":null,""updated_at"":""2026-11-25 18:00:00+00""}""#
    );
    let first = newer.lines().nth(1).unwrap();
    assert!(first.contains(r#"""name"":""東京都の物件 1"""#), "{first}");
    assert!(
        first.contains(r#"""name"":""東京都の物件 1(改)"""#),
        "{first}"
    );
}

#[test]
fn what_differs_without_a_column_that_tells_cannot_be_told() {
    let pair = Pair::new(
        "rollback_unknown",
        "UPDATE new_listings SET price = 0 WHERE id IN (1, 2, 3);",
    );
    let sentence = "CANNOT TELL: 3 rows differ, and nothing says which side is newer";
    assert_eq!(first_line(&pair.check(&[]).exits(3)), sentence);
    // The same with two sources that no configuration names.
    pair.sql("UPDATE new_listings SET updated_at = updated_at + interval '1 day' WHERE id <= 3");
    assert_eq!(
        first_line(&pair.check(&[]).exits(1)),
        "LOSES 3 ROWS: 0 only in new, 3 newer in new"
    );
    let old = pair.old();
    let typed = [
        &old,
        &old,
        "--old-table",
        "old_listings",
        "--new-table",
        "new_listings",
    ];
    let ran = pair.check(&typed).exits(3);
    assert_eq!(first_line(&ran), sentence);
    assert!(
        ran.stdout.contains("rollback-check OLD NEW …\n"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("rollback.updated_at"), "{}", ran.stdout);
}

/// The sync writes the column on each side, so nobody compares it, but it still
/// tells which row is newer.
#[test]
fn a_column_that_is_ignored_may_tell_which_row_is_newer() {
    let pair = Pair::new(
        "rollback_ignored",
        "UPDATE new_listings SET updated_at = updated_at + interval '1 minute';
         UPDATE new_listings SET price = 0 WHERE id IN (1, 2, 3);",
    );
    let config = CONFIG.replace(
        "key = [\"id\"]",
        "key = [\"id\"]\nignore = [\"updated_at\"]",
    );
    pair.lab.write("shadowgate.toml", config);
    let ran = pair.check(&[]).exits(1);
    assert_eq!(
        first_line(&ran),
        "LOSES 3 ROWS: 0 only in new, 3 newer in new"
    );
    let report = ran.saved_report();
    let warnings = report["datasets"][0]["warnings"].to_string();
    assert!(
        warnings.contains("`updated_at` is not compared"),
        "{warnings}"
    );
}

/// Rows that no row of old can be held against, and columns that old has not.
#[test]
fn what_cannot_be_paired_is_never_safe() {
    let pair = Pair::new(
        "rollback_pairs",
        "ALTER TABLE old_listings DROP CONSTRAINT old_listings_pkey;
         ALTER TABLE new_listings DROP CONSTRAINT new_listings_pkey, ALTER id DROP NOT NULL;
         INSERT INTO new_listings SELECT NULL, 'no key', 'HOMES', 1, now();",
    );
    let both_sql = |table: &str| vec![pair.old(), table.to_owned()];
    let (old, new) = (both_sql("old_listings"), both_sql("new_listings"));
    let args = [
        &old[0],
        &new[0],
        "--old-table",
        &old[1],
        "--new-table",
        &new[1],
        "--key",
        "id",
    ];
    let ran = pair.check(&args).exits(3);
    assert!(first_line(&ran).starts_with("CANNOT TELL: 1 row of new has no one partner in old"));
    // A row that both sides have twice is in old as often; a third one is not.
    pair.sql(
        "DELETE FROM new_listings WHERE id IS NULL;
         INSERT INTO old_listings SELECT * FROM old_listings WHERE id = 1;
         INSERT INTO new_listings SELECT * FROM new_listings WHERE id = 1;",
    );
    pair.check(&args).exits(0);
    pair.sql("INSERT INTO new_listings SELECT * FROM new_listings WHERE id = 1 LIMIT 1");
    pair.check(&args).exits(3);
    pair.sql("DELETE FROM new_listings WHERE id = 1; ALTER TABLE new_listings ADD note text");
    let ran = pair.check(&args).exits(3);
    assert_eq!(
        first_line(&ran),
        "CANNOT TELL: 1 column of new is not in old"
    );
    pair.check(&[&args[..], &["--ignore", "note"]].concat())
        .exits(0);
    pair.sql("DELETE FROM new_listings");
    let ran = pair
        .check(&[&args[..], &["--ignore", "note"]].concat())
        .exits(3);
    assert!(first_line(&ran).contains("the new side has no row at all"));
}

/// What is equal only as written may be anything.
#[test]
fn what_does_not_parse_is_never_safe() {
    let rows = "id,price\n1,1.0\n2,約100\n";
    let config = r#"
[datasets.d]
key = "id"
old = { source = "old.csv" }
new = { source = "new.csv" }
columns.price.type = "numeric"
"#;
    let lab = Lab::csv(rows, &rows.replace("1.0", "1.00")).with("shadowgate.toml", config);
    let ran = lab.run(&["rollback-check"]).exits(3);
    assert_eq!(
        first_line(&ran),
        "CANNOT TELL: 1 row holds a cell that does not parse as its type"
    );
    lab.write("old.csv", rows.replace("約100", "100"));
    lab.write("new.csv", rows.replace("約100", "1e2"));
    let ran = lab.run(&["rollback-check"]).exits(0);
    assert_eq!(
        first_line(&ran),
        "SAFE: a rollback loses no row: old has each of the 2 rows of new, equal"
    );
    let ran = lab
        .run(&["rollback-check", "old.csv", "old.csv", "--key", "id"])
        .exits(3);
    assert!(
        first_line(&ran).contains("both sides read the same rows"),
        "{}",
        ran.stdout
    );
}

#[test]
fn mistakes_end_with_2_before_anything_is_compared() {
    let pair = Pair::new("rollback_mistakes", "");
    for (from, to, why) in [
        (
            "updated_at = \"updated_at\"",
            "updated_at = \"changed_at\"",
            "not a column of both sides",
        ),
        (
            "updated_at = \"updated_at\"",
            "updated_at = \"id\"",
            "which is of the key",
        ),
        (
            "updated_at = \"updated_at\"",
            "",
            "rollback.since needs to know",
        ),
        (
            "queries/stop.sql",
            "queries/none.sql",
            "queries/none.sql cannot be read",
        ),
        (
            "2026-11-26T02:30:00+09:00",
            "yesterday",
            "`yesterday` is no time",
        ),
        ("group_by", "grouped_by", "did you mean `group_by`"),
    ] {
        let config = CONFIG.replacen(
            &format!("[datasets.listings.rollback]\n{from}"),
            &format!("[datasets.listings.rollback]\n{to}"),
            1,
        );
        let config = if config == CONFIG {
            CONFIG.replacen(from, to, 1)
        } else {
            config
        };
        pair.lab.write("shadowgate.toml", config);
        pair.check(&["--quiet"]).refuses(&[why]);
    }
    pair.lab.write("shadowgate.toml", CONFIG);
    pair.check(&["--deadline", "soon"])
        .refuses(&["--deadline: `soon` is not a duration"]);
    pair.check(&["--since", "03:00"])
        .refuses(&["--since: `03:00` is no time"]);
    pair.check(&["--scope", "keys-of-new"])
        .refuses(&["a part cannot tell what all of it would lose"]);
}
