//! `pace` through the binary: files, PostgreSQL and a real PostgREST, in turn and
//! never at once, with what it says, how it ends and what it refuses. Which side is
//! faster is asserted only where a test slows one down by far more than a busy
//! machine could.

mod common;
mod support;

use std::time::{Duration, Instant};

use common::{Lab, Ran, array, reports, valid_pace};
use serde_json::Value;
use support::Postgres;
use support::api::{capped, serve};
use support::fault::{At, Fault, Plan, Proxy};
use support::postgrest::Postgrest;

const ROWS: &str = "CREATE TABLE listings (id bigint PRIMARY KEY, name text);
    INSERT INTO listings SELECT i, '物件' || i FROM generate_series(1, 2505) i;
    CREATE TABLE fewer AS SELECT * FROM listings WHERE id > 105;
    ALTER TABLE fewer ADD PRIMARY KEY (id);";

/// What it answers in JSON, in words that hold whatever was measured.
#[track_caller]
fn measured(ran: &Ran) -> Value {
    let pace: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", ran.stdout, ran.stderr));
    assert_eq!(pace["exit_code"], ran.code);
    valid_pace(&pace);
    for side in ["old", "new"] {
        let readings = array(&pace[side]["readings"]).iter();
        for reading in readings.filter(|reading| reading["rows"] != 0) {
            let seconds = |name: &str| reading[name].as_f64().expect(name);
            let first = seconds("seconds_to_first_row");
            assert!(0.0 < first && first <= seconds("seconds"), "{reading}");
        }
        if let Some(spread) = pace[side]["seconds"].as_object() {
            let of = |name: &str| spread[name].as_f64().expect(name);
            assert!(of("min") <= of("median") && of("median") <= of("max"));
        }
    }
    pace
}

#[track_caller]
fn readings(pace: &Value, side: &str) -> Vec<u64> {
    let readings = array(&pace[side]["readings"]).iter();
    readings
        .map(|it| it["rows"].as_u64().expect("rows"))
        .collect()
}

fn files(rows: [u32; 2]) -> Lab {
    let of = |rows: u32| -> String {
        let rows = (0..rows).map(|id| format!("{id},物件{id}\n"));
        "id,name\n".to_owned() + &rows.collect::<String>()
    };
    Lab::csv(&of(rows[0]), &of(rows[1]))
}

const FILES: [&str; 6] = ["pace", "--quiet", "old.csv", "new.csv", "--key", "id"];

#[test]
fn files_are_read_as_often_as_asked_and_in_turn() {
    let lab = files([500, 500]);
    let ran = lab
        .run(&[&FILES[..], &["--format", "json"]].concat())
        .exits(0);
    assert_eq!(ran.stderr, "");
    let pace = measured(&ran);
    assert_eq!(readings(&pace, "old"), [500; 5]);
    assert_eq!(readings(&pace, "new"), [500; 5]);
    let first: Vec<&str> = array(&pace["pairs"])
        .iter()
        .map(|pair| pair["first"].as_str().expect("a side"))
        .collect();
    assert_eq!(first, ["old", "new", "old", "new", "old"]);
    assert_eq!(pace["old"]["pages"], Value::Null);
    assert_eq!(pace["rate_limit"], Value::Null);
    let text = lab.run(&[&FILES[..], &["--runs", "2"]].concat()).exits(0);
    assert!(text.stdout.starts_with("dataset: "), "{}", text.stdout);
    for part in [
        "old  old.csv",
        "first row, ",
        "new ÷ old",
        "\n     2  new  ",
    ] {
        assert!(text.stdout.contains(part), "{part}\n{}", text.stdout);
    }
    assert_eq!(reports(&lab.path("")), Vec::<String>::new(), "no report");
}

#[test]
fn what_makes_no_sense_is_refused_before_a_row_is_read() {
    let lab = files([5, 5]);
    let refuse = |args: &[&str], part: &str| {
        let ran = lab.run(&[&["pace", "--quiet"], args].concat()).exits(2);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains(part), "{part}\n{}", ran.stderr);
    };
    refuse(&["old.csv", "new.csv"], "--key");
    refuse(&["old.csv", "new.csv", "--key", "nosuch"], "nosuch");
    refuse(&["old.csv", "gone.csv", "--key", "id"], "gone.csv");
    refuse(
        &["old.csv", "new.csv", "--key", "id", "--runs", "0"],
        "--runs",
    );
    refuse(
        &["old.csv", "new.csv", "--key", "id", "--deadline", "soon"],
        "--deadline",
    );
    let side = "old.source = \"old.csv\"\nnew.source = \"new.csv\"\nkey = \"id\"\n";
    let config = format!("[datasets.a]\n{side}[datasets.b]\n{side}");
    lab.write("shadowgate.toml", config);
    refuse(&[], "--dataset: a, b");
    lab.run(&["pace", "--quiet", "--dataset", "b"]).exits(0);
    // Comparing a path with itself is more often a mistake than not.
    let same = ["pace", "--quiet", "old.csv", "old.csv", "--key", "id"];
    let ran = lab.run(&same).exits(3);
    assert!(
        ran.stdout.contains("both sides read the same rows"),
        "{}",
        ran.stdout
    );
    lab.run(&[&same[..], &["--allow-same-source"]].concat())
        .exits(0);
}

#[test]
fn a_side_without_rows_is_inconclusive() {
    let args = [&FILES[..], &["--runs", "2", "--format", "json"]].concat();
    let pace = measured(&files([500, 0]).run(&args).exits(3));
    assert_eq!(pace["finding"], "not_measured", "{pace}");
    let sentence = pace["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("new gave no rows"), "{sentence}");
}

#[test]
fn a_time_of_unequal_rows_is_told_and_marked() {
    let lab = files([500, 400]);
    let ran = lab.run(&[&FILES[..], &["--runs", "3"]].concat()).exits(0);
    let first = ran.stdout.lines().next().expect("a line");
    let marked = "; the row counts differ (old 500, new 400)";
    assert!(first.ends_with(marked), "{}", ran.stdout);
    assert!(ran.stdout.contains("new ÷ old"), "{}", ran.stdout);
    let ran = lab
        .run(&[&FILES[..], &["--format", "json"]].concat())
        .exits(0);
    assert_eq!(measured(&ran)["rows_differ"], true);
}

#[test]
fn a_side_that_breaks_off_ends_it_with_its_reason() {
    let lab = files([500, 500]);
    lab.write("new.csv", "id,name\n1,\"cut off");
    let ran = lab
        .run(&[&FILES[..], &["--format", "json"]].concat())
        .exits(3);
    let pace = measured(&ran);
    assert_eq!(pace["finding"], "not_measured");
    assert_eq!(readings(&pace, "old"), [500], "it was read first");
    assert_eq!(readings(&pace, "new"), [0; 0]);
    assert_eq!(pace["reasons"][0]["side"], "new");
    assert_eq!(pace["reasons"][0]["code"], "malformed");
    let args = [
        "pace",
        "--quiet",
        "old.csv",
        "postgres://x@127.0.0.1:1/x",
        "--new-table",
        "t",
    ];
    let ran = lab.run(&[&args[..], &["--key", "id"]].concat()).exits(3);
    assert!(
        ran.stdout
            .starts_with("dataset: could not be measured: new side: "),
        "{}",
        ran.stdout
    );
}

/// A database, and the same one behind PostgREST, at two places.
struct Both {
    lab: Lab,
    api: Postgrest,
    near: Proxy,
    far: Proxy,
}

impl Both {
    fn new(database: &str, far: Plan) -> Both {
        let api = serve(database, ROWS, capped());
        Both {
            lab: Lab::new(),
            near: Proxy::start(api.port(), Plan::default()),
            far: Proxy::start(api.port(), far),
            api,
        }
    }

    fn pace(&self, old: &str, new: &str, more: &[&str]) -> Ran {
        let mut command = self.lab.command();
        command
            .env("SUPABASE_SERVICE_ROLE_KEY", self.api.jwt("service_role"))
            .args(["pace", "--quiet", "--format", "json", old, new])
            .args(more);
        self.lab.ran(&mut command)
    }
}

const LISTINGS: [&str; 4] = ["--table", "listings", "--runs", "3"];

/// Each page comes half a second late: nothing else here takes as long.
#[test]
fn a_path_behind_a_slow_network_is_slower_and_the_sentence_says_so() {
    let late = Plan::new(Fault::Delay(Duration::from_millis(500)), At::Request(1));
    let both = Both::new("pace_slow", late.only("order=").forever());
    let (near, far) = (both.near.url(), both.far.url());
    let pace = measured(&both.pace(&near, &far, &LISTINGS).exits(0));
    assert_eq!(pace["finding"], "slower", "{pace}");
    let sentence = pace["sentence"].as_str().expect("a sentence");
    assert!(sentence.starts_with("new takes "), "{sentence}");
    assert!(sentence.contains(" times as long as old ("), "{sentence}");
    assert!(sentence.contains(" % more time; 3 pairs, "), "{sentence}");
    assert_eq!(readings(&pace, "new"), [2505; 3]);
    let pages = pace["new"]["pages"]["median"].as_f64().expect("pages");
    assert!(pages >= 3.0, "{pages}");
    let pace = measured(&both.pace(&far, &near, &LISTINGS).exits(0));
    assert_eq!(pace["finding"], "faster", "{pace}");
    let sentence = pace["sentence"].as_str().expect("a sentence");
    assert!(sentence.starts_with("new is "), "{sentence}");
    assert!(sentence.contains(" % less time; 3 pairs, "), "{sentence}");
    assert!(both.far.fired() > 0);
}

/// What the servers see: one side at a time, and first the one, then the other.
#[test]
fn the_sides_are_never_read_at_once() {
    let both = Both::new("pace_turns", Plan::default());
    let (near, far) = (both.near.url(), both.far.url());
    both.pace(&near, &far, &LISTINGS).exits(0);
    let pages = |proxy: &Proxy, side: &'static str| -> Vec<(Instant, &'static str)> {
        let requests = proxy.requests().into_iter();
        let pages = requests.filter(|(_, line)| line.contains("limit=1000"));
        pages.map(|(at, _)| (at, side)).collect()
    };
    let mut all = [pages(&both.near, "old"), pages(&both.far, "new")].concat();
    all.sort();
    let mut turns: Vec<&str> = all.into_iter().map(|(_, side)| side).collect();
    turns.dedup();
    assert_eq!(
        turns,
        ["old", "new", "old", "new"],
        "old, new, new, old, old, new"
    );
}

#[test]
fn a_database_and_its_api_are_measured_against_each_other() {
    let both = Both::new("pace_direct", Plan::default());
    let url = Postgres::start().url("pace_direct");
    let ran = both.pace(&url, &both.api.url(), &LISTINGS).exits(0);
    let pace = measured(&ran);
    assert_eq!(pace["rows_differ"], false, "{pace}");
    assert_eq!(readings(&pace, "old"), [2505; 3]);
    assert_eq!(readings(&pace, "new"), [2505; 3]);
    assert!(!ran.stdout.contains(&both.api.jwt("service_role")));
    let fewer = [
        "--old-table",
        "listings",
        "--new-table",
        "fewer",
        "--runs",
        "1",
    ];
    let pace = measured(&both.pace(&url, &both.api.url(), &fewer).exits(0));
    assert_eq!(
        (&pace["finding"], &pace["rows_differ"]),
        (&"one_pair".into(), &true.into())
    );
    assert_eq!(pace["reasons"], Value::Array(Vec::new()));
}

#[test]
fn a_rate_limit_is_told() {
    let both = Both::new("pace_rate", Plan::default());
    let url = Postgres::start().url("pace_rate");
    let args = ["--table", "listings", "--runs", "2", "--rate-limit", "20/s"];
    let pace = measured(&both.pace(&url, &both.api.url(), &args).exits(0));
    assert_eq!(pace["rate_limit"], "20/s");
    let sentence = pace["sentence"].as_str().expect("a sentence");
    assert!(
        sentence.ends_with(", under a rate limit of 20/s"),
        "{sentence}"
    );
    let note = pace["notes"][0].as_str().expect("a note");
    assert!(note.contains("of that limit, not of the path"), "{note}");
    // It holds requests back, and nothing else.
    let args = [
        "--old-table",
        "listings",
        "--new-table",
        "listings",
        "--runs",
        "2",
    ];
    let same = [&args[..], &["--allow-same-source", "--rate-limit", "20/s"]].concat();
    let pace = measured(&both.pace(&url, &url, &same).exits(0));
    assert_eq!(pace["rate_limit"], Value::Null);
}

/// What a role may not see cannot be said to have been read whole.
#[test]
fn rows_that_may_be_hidden_end_it() {
    let both = Both::new("pace_hidden", Plan::default());
    let url = Postgres::start().url("pace_hidden");
    let mut command = both.lab.command();
    command
        .env("SUPABASE_ANON_KEY", both.api.jwt("anon"))
        .args(["pace", "--quiet", "--format", "json", &url, &both.api.url()])
        .args(LISTINGS);
    let pace = measured(&both.lab.ran(&mut command).exits(3));
    assert_eq!(pace["reasons"][0]["code"], "row_security");
}

/// A dry run that takes half a second, and leaves a line each time.
const DRY_RUN: &str = "echo ran >> runs
sleep 0.5
for id in 0 1 2 3 4; do echo \"{\\\"id\\\":$id,\\\"name\\\":\\\"x\\\"}\"; done
";

#[test]
fn a_command_is_run_again_only_if_that_is_said() {
    let lab = files([5, 5]).with("dry-run.sh", DRY_RUN);
    let runs = || std::fs::read_to_string(lab.path("runs")).map_or(0, |runs| runs.lines().count());
    let pace = |more: &[&str]| {
        let args = ["pace", "--quiet", "--format", "json", "--key", "id"];
        let sides = ["old.csv", "command:sh dry-run.sh"];
        lab.run(&[&args[..], &sides, more].concat())
    };
    let refused = pace(&[]).exits(2);
    for part in [
        "new side: it is a command",
        "5 times",
        "--repeat-command",
        "--runs 1",
    ] {
        assert!(refused.stderr.contains(part), "{part}\n{}", refused.stderr);
    }
    assert_eq!((refused.stdout.as_str(), runs()), ("", 0));
    let once = measured(&pace(&["--runs", "1"]).exits(0));
    assert_eq!((once["finding"].as_str(), runs()), (Some("one_pair"), 1));
    let again = measured(&pace(&["--runs", "3", "--repeat-command"]).exits(0));
    assert_eq!(runs(), 4, "once for each reading");
    // What it takes to run is what its path takes.
    assert_eq!(again["finding"], "slower", "{again}");
    for reading in array(&again["new"]["readings"]) {
        let first = reading["seconds_to_first_row"].as_f64().expect("a time");
        assert!(first >= 0.5, "{reading}");
    }
}

/// A database of which one view takes a minute for its last row.
fn sleeping(name: &str) -> String {
    let server = Postgres::start();
    let url = server.create_database(name);
    server.sql(
        name,
        "CREATE TABLE good (id int PRIMARY KEY); INSERT INTO good SELECT generate_series(1, 9);
         CREATE VIEW slow AS SELECT id FROM good UNION ALL SELECT length(pg_sleep(60)::text)",
    );
    url
}

#[test]
fn a_deadline_ends_it_with_what_was_measured() {
    let url = sleeping("pace_deadline");
    let args = [
        "pace", "--quiet", "--format", "json", &url, &url, "--key", "id",
    ];
    let tables = [
        "--old-table",
        "good",
        "--new-table",
        "slow",
        "--deadline",
        "6s",
    ];
    let lab = Lab::new();
    let ran = lab
        .run(&[&args[..], &tables, &["--allow-same-source"]].concat())
        .exits(3);
    let pace = measured(&ran);
    assert_eq!(pace["reasons"][0]["code"], "timeout", "{pace}");
    assert_eq!(readings(&pace, "old"), [9]);
    assert_eq!(readings(&pace, "new"), [0; 0]);
}

#[test]
fn a_signal_ends_it_soon_and_leaves_no_query() {
    let url = sleeping("pace_signal");
    let lab = Lab::new();
    let args = ["pace", "--format", "json", &url, &url, "--key", "id"];
    let tables = [
        "--old-table",
        "good",
        "--new-table",
        "slow",
        "--allow-same-source",
    ];
    let mut running = lab.start(&[&args[..], &tables].concat());
    running.until_it_says("reading new, 1 of 5");
    let asleep = || {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'pace_signal'
            AND state = 'active' AND query LIKE 'COPY%' AND wait_event = 'PgSleep'";
        Postgres::start().sql("postgres", sql) != "0"
    };
    let begun = Instant::now();
    while !asleep() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never slept");
        std::thread::sleep(Duration::from_millis(10));
    }
    running.signal("INT");
    let ran = running.ends_within(Duration::from_secs(5));
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    let pace = measured(&ran);
    assert_eq!(pace["reasons"][0]["code"], "interrupted");
    assert!(!asleep(), "the server's query goes with it");
}
