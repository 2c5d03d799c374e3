//! `--since`, `--until`: rows outside a window of time are not compared, and
//! counted, whichever way a source leaves them out.

mod common;
mod support;

#[path = "window/asked.rs"]
mod asked;
#[path = "window/kit.rs"]
mod kit;
#[path = "window/moving.rs"]
mod moving;

use common::{Lab, array};
use kit::{Places, count, outside, run, window};
use serde_json::Value;
use support::api::capped;
use support::postgrest::Options;

const SINCE: &str = "2026-11-01T00:00:00Z";
const UNTIL: &str = "2026-11-02T00:00:00Z";

/// Each with its time as PostgreSQL reads it, and whether it is in the window of
/// one day, from its beginning on, until its end.
const ROWS: [(&str, bool, bool, bool); 12] = [
    ("2026-11-01 00:00:00+00", true, true, true),
    ("2026-10-31 23:59:59.999999+00", false, false, true),
    ("2026-11-01 09:00:00+09", true, true, true),
    ("2026-11-01 08:59:59.999999+09", false, false, true),
    ("2026-11-01 23:59:59.999999+00", true, true, true),
    ("2026-11-02 00:00:00+00", false, true, false),
    ("2026-11-01 19:00:00-05", false, true, false),
    ("2026-11-01 18:59:59.999999-05", true, true, true),
    ("infinity", false, true, false),
    ("-infinity", false, false, true),
    ("", false, false, false),
    ("0044-03-15 00:00:00+00 BC", false, false, true),
];

/// How many of the rows are inside.
fn inside(which: impl Fn(&(&str, bool, bool, bool)) -> bool) -> usize {
    ROWS.iter().filter(|row| which(row)).count()
}

fn rows() -> Vec<[String; 3]> {
    let row = |(id, row): (usize, &(&str, bool, bool, bool))| {
        [id.to_string(), format!("v{id}"), row.0.to_owned()]
    };
    ROWS.iter().enumerate().map(row).collect()
}

#[test]
fn all_sources_leave_out_the_same_rows() {
    let places = Places::new("window_all", "timestamptz", &rows());
    let ends = [
        (
            vec!["--since", SINCE, "--until", UNTIL],
            inside(|row| row.1),
        ),
        (vec!["--since", SINCE], inside(|row| row.2)),
        (vec!["--until", UNTIL], inside(|row| row.3)),
    ];
    for new in places.all() {
        let lab = places.lab("postgres", new, "");
        for (times, inside) in &ends {
            let args = [&["--window-column", "at"], &times[..]].concat();
            let report = run(&lab, &args).exits(0).json();
            let left_out = (ROWS.len() - inside) as u64;
            assert_eq!(outside(&report), [left_out; 2], "{new} {times:?}");
            for side in ["old_rows", "new_rows", "matched"] {
                assert_eq!(
                    count(&report, side),
                    *inside as u64,
                    "{new} {times:?} {side}"
                );
            }
        }
    }
}

/// Without a description nobody knows whether its server compares times or texts.
#[test]
fn an_api_that_describes_nothing_sends_all_rows_and_they_are_left_out_here() {
    let options = Options {
        extra: "openapi-mode = \"disabled\"",
        ..capped()
    };
    let places = Places::behind(options, "window_undescribed", "timestamptz", &rows());
    let lab = places.lab("postgres", "rest", "");
    let args = ["--window-column", "at", "--since", SINCE, "--until", UNTIL];
    let report = run(&lab, &args).exits(0).json();
    let inside = inside(|row| row.1) as u64;
    assert_eq!(outside(&report), [12 - inside; 2]);
    let new = &report["datasets"][0]["new"];
    assert_eq!(
        (&new["rows"], &new["counted_after"]),
        (&inside.into(), &12.into())
    );
}

/// No server declares a type: both sides are held against the window here.
#[test]
fn files_and_sqlite_are_held_against_it_row_by_row() {
    let places = Places::new("window_files", "timestamptz", &rows());
    let typed = "[datasets.d.columns.at]\ntype = \"timestamptz\"\n";
    for (old, new) in [("sqlite", "csv"), ("jsonl", "sqlite"), ("command", "gz")] {
        let lab = places.lab(old, new, typed);
        let args = ["--since", "at=2026-11-01T00:00Z", "--until", UNTIL];
        let report = run(&lab, &args).exits(0).json();
        let inside = inside(|row| row.1) as u64;
        assert_eq!(outside(&report), [12 - inside; 2], "{old} {new}");
        assert_eq!(count(&report, "matched"), inside);
        // What such a source holds is what it sent, inside and outside.
        let claimed = &report["datasets"][0]["new"]["rows_claimed"];
        assert!(claimed.is_null() || *claimed == 12, "{claimed}");
    }
}

/// A clock that shows an hour twice, and another never: what it shows decides, on a
/// server and here.
#[test]
fn clocks_without_a_zone_are_read_by_the_zone_of_the_column() {
    let times = [
        "2026-10-25 01:59:59",
        "2026-10-25 02:00:00",
        "2026-10-25 02:30:00",
        "2026-10-25 02:59:59.999999",
        "2026-10-25 03:00:00",
        "2026-03-29 02:30:00",
        "2026-10-26 00:00:00",
        "infinity",
        "",
    ];
    let row = |(id, time): (usize, &&str)| [id.to_string(), "v".to_owned(), (*time).to_owned()];
    let rows: Vec<_> = times.iter().enumerate().map(row).collect();
    let places = Places::new("window_clock", "timestamp", &rows);
    let rule = "[datasets.d.columns.at]\ntype = \"timestamptz\"\ntimezone = \"Europe/Berlin\"\n";
    for (since, until, inside) in [
        // 02:00 in summer, 03:00 in winter.
        ("2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", 3),
        // 02:30 for the second time.
        ("2026-10-25T01:30:00Z", "2026-10-26T00:00:00Z", 4),
        ("2026-03-29T00:30:00Z", "2026-03-29T02:00:00Z", 1),
    ] {
        for new in places.all() {
            let lab = places.lab("postgres", new, rule);
            let args = ["--window-column", "at", "--since", since, "--until", until];
            let ran = run(&lab, &args);
            let report = ran.json();
            let left_out = (times.len() - inside) as u64;
            assert_eq!(outside(&report), [left_out; 2], "{new} {since}");
            assert_eq!(count(&report, "new_rows"), inside as u64, "{new} {since}");
        }
    }
}

#[test]
fn days_are_in_the_window_where_they_begin_in_it() {
    let days = ["2026-10-31", "2026-11-01", "2026-11-02", "infinity", ""];
    let row = |(id, day): (usize, &&str)| [id.to_string(), "v".to_owned(), (*day).to_owned()];
    let rows: Vec<_> = days.iter().enumerate().map(row).collect();
    let places = Places::new("window_days", "date", &rows);
    for new in places.all() {
        let lab = places.lab("postgres", new, "");
        for (since, until, inside) in [
            ("2026-11-01", "2026-11-02", 1),
            (
                "2026-10-31 00:00:00.000001",
                "2026-11-02 00:00:00.000001",
                2,
            ),
            ("2026-11-02 12:00", "9998-01-01", 0),
        ] {
            let args = ["--window-column", "at", "--since", since, "--until", until];
            let ran = run(&lab, &args).exits(if inside == 0 { 3 } else { 0 });
            assert_eq!(outside(&ran.json()), [5 - inside; 2], "{new} {since}");
        }
    }
    let lab = places.lab("postgres", "csv", "");
    run(&lab, &["--window-column", "at", "--since", "24h"])
        .refuses(&["`at` has no time zone", "timezone"]);
}

/// A row that is read again by its place is inside as well; of a key that does not
/// match, a later look sees all rows.
#[test]
fn rows_are_read_again_inside_and_keys_wherever_they_are() {
    let day = "2026-11-01 12:00:00+00";
    let mut rows: Vec<[String; 3]> = (0..300)
        .map(|id: u32| [id.to_string(), "v".to_owned(), day.to_owned()])
        .collect();
    let old = Places::new("window_again_old", "timestamptz", &rows);
    rows[7][1] = "x".to_owned();
    // In the window on one side only.
    rows[8][2] = "2026-11-03 00:00:00+00".to_owned();
    rows[9][2] = String::new();
    let new = Places::new("window_again_new", "timestamptz", &rows);
    for place in new.all() {
        let lab = old.lab_with("postgres", &new, place, "ignore = [\"at\"]\n");
        let args = ["--window-column", "at", "--since", SINCE, "--until", UNTIL];
        let args = [&args[..], &["--match-rate", "100%"]].concat();
        let again = ["--recheck", "1", "--recheck-delay", "0s"];
        let again = run(&lab, &[&args[..], &again].concat()).exits(1).json();
        let report = run(&lab, &args).exits(1).json();
        for (report, missing) in [(&again, 0), (&report, 2)] {
            for (name, keys) in [("differing", 1), ("missing", missing), ("extra", 0)] {
                assert_eq!(count(report, name), keys, "{place} {name}");
            }
        }
        let recheck = &again["datasets"][0]["recheck"];
        assert_eq!(
            (&recheck["settled"], &recheck["persistent"]),
            (&2.into(), &1.into()),
            "{place}"
        );
        let warnings = again["datasets"][0]["warnings"].to_string();
        assert!(!warnings.contains("may be on both sides"), "{warnings}");
        let dataset = &report["datasets"][0];
        assert_eq!(outside(&report), [0, 2], "{place}");
        let cells = &dataset["samples"]["differing"][0]["cells"];
        assert_eq!(array(cells).len(), 1, "{place}: {cells}");
        assert_eq!(
            (&cells[0]["old"], &cells[0]["new"]),
            (&"v".into(), &"x".into())
        );
        let warnings = dataset["warnings"].to_string();
        assert!(
            warnings.contains("2 keys may be on both sides"),
            "{warnings}"
        );
        let explained = lab.run(&[
            "explain",
            "8",
            "--window-column",
            "at",
            "--since",
            SINCE,
            "--until",
            UNTIL,
        ]);
        assert_eq!(explained.code, 1, "{}", explained.stderr);
        assert!(
            explained.stdout.contains("MISSING  id 8"),
            "{}",
            explained.stdout
        );
        let told = "only rows in the window of `at` were looked for";
        assert!(explained.stdout.contains(told), "{}", explained.stdout);
    }
}

#[test]
fn a_condition_and_a_window_both_count() {
    let places = Places::new("window_where", "timestamptz", &rows());
    places.sql("ALTER TABLE t ADD UNIQUE (v); ALTER TABLE copy ADD UNIQUE (v)");
    for new in ["copy", "rest", "query"] {
        let lab = places.lab("postgres", new, "");
        let new_where = match new {
            "rest" => "or=(id.lt.3,id.eq.5)",
            _ => "id < 3 OR id = 5",
        };
        let args = ["--window-column", "at", "--since", SINCE, "--until", UNTIL];
        let filter = ["--old-where", "id < 3 OR id = 5", "--new-where", new_where];
        let report = run(&lab, &[&args[..], &filter].concat()).exits(0).json();
        assert_eq!(count(&report, "matched"), 2, "{new}");
        assert_eq!(outside(&report), [2, 2], "{new}");
    }
}

#[test]
fn the_page_and_the_report_say_what_was_left_out() {
    let lab = Lab::csv(
        "id,v,at\n1,a,2026-11-01 10:00+00\n2,b,2026-10-01 10:00+00\n3,c,\n",
        "id,v,at\n1,a,2026-11-01 10:00+00\n2,other,2026-10-01 10:00+00\n",
    );
    lab.write(
        "shadowgate.toml",
        "[datasets.d]\nkey = \"id\"\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
         columns.at.type = \"timestamptz\"\n\
         window = { column = \"at\", since = \"2026-11-01T00:00+09:00\", until = \"2026-11-02T00:00Z\" }\n",
    );
    let page = lab.verify(&[]).exits(0).stdout;
    for part in [
        "100.00 % of 1 key match in the window of `at`",
        "window  at from 2026-10-31T15:00:00Z until before 2026-11-02T00:00:00Z",
        "old: 2 rows outside, new: 1 row outside; these were not compared",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let report = run(&lab, &[]).exits(0).json();
    let expected = serde_json::json!({
        "column": "at", "since": "2026-10-31T15:00:00Z", "until": "2026-11-02T00:00:00Z",
    });
    assert_eq!(*window(&report), expected);
    assert_eq!(outside(&report), [2, 1]);
    // Flags override the configuration, end by end.
    let report = run(&lab, &["--until", "2026-11-01T05:00Z"]).exits(3).json();
    assert_eq!(window(&report)["until"], "2026-11-01T05:00:00Z");
    assert_eq!(window(&report)["since"], "2026-10-31T15:00:00Z");
    let reasons = report["reasons"].to_string();
    assert!(reasons.contains("nothing_compared"), "{reasons}");
    // Without a window there is nothing to say of one.
    let lab = Lab::csv("id\n1\n", "id\n1\n");
    let report = lab.report(&[]);
    assert!(window(&report).is_null());
    assert!(report["datasets"][0]["old"]["outside_window"].is_null());
}

/// The words decide whether two runs asked the same, the instants what they compared.
#[test]
fn how_long_ago_is_settled_once_a_run_and_is_the_same_question_tomorrow() {
    let places = Places::new("window_ago", "timestamptz", &rows());
    let lab = places.lab("postgres", "rest", "");
    let ask = |since: &str| run(&lab, &["--window-column", "at", "--since", since]);
    let begun = jiff::Timestamp::now();
    let reports = [ask("240h"), ask("240h"), ask("241h")].map(|ran| ran.json());
    let hash = |report: &Value| report["run"]["config_hash"].clone();
    assert_eq!(hash(&reports[0]), hash(&reports[1]));
    assert_ne!(hash(&reports[0]), hash(&reports[2]));
    let since = |report: &Value| -> jiff::Timestamp {
        let text = window(report)["since"].as_str().expect("a time");
        text.parse().expect("RFC 3339")
    };
    assert!(since(&reports[0]) < since(&reports[1]));
    let ago = begun - jiff::SignedDuration::from_hours(240);
    assert!(since(&reports[0]) >= ago && since(&reports[0]) < begun);
}

/// What cannot be read as a time is not left out unseen.
#[test]
fn a_cell_that_is_no_time_stays_in() {
    let rows = "id,v,at\n1,a,2026-11-01 10:00+00\n2,b,soon\n3,c,2026-11-01 10:00\n";
    let lab = Lab::csv(rows, rows);
    lab.write(
        "shadowgate.toml",
        "[datasets.d]\nkey = \"id\"\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
         columns.at.type = \"timestamptz\"\nallow_same_source = true\n",
    );
    let args = [
        "--window-column",
        "at",
        "--since",
        SINCE,
        "--match-rate",
        "100%",
    ];
    let report = run(&lab, &args).exits(3).json();
    assert_eq!(count(&report, "old_rows"), 3);
    assert_eq!(count(&report, "unreadable_old"), 2);
    assert_eq!(outside(&report), [0, 0]);
    // Also where the column is not compared, and so counts as unreadable nowhere.
    let args = ["--ignore", "at", "--since", "at=2026-11-01T00:00Z"];
    let report = run(&lab, &args).exits(0).json();
    let warnings = report["datasets"][0]["warnings"].to_string();
    for side in ["old", "new"] {
        let told = format!(
            "{side} side: in 2 rows the window's column `at` is no time; they were compared"
        );
        assert!(warnings.contains(&told), "{warnings}");
    }
}

/// A coarser comparison does not make a coarser window.
#[test]
fn the_window_sees_times_as_they_are_stored() {
    let rows = "id,at\n1,2026-11-01 10:00:00.4+00\n2,2026-11-01 10:00:00.6+00\n";
    let lab = Lab::csv(rows, &rows.replace(".6", ".7"));
    lab.write(
        "shadowgate.toml",
        "[datasets.d]\nkey = \"id\"\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
         columns.at.type = \"timestamptz\"\ncolumns.at.truncate-time = \"second\"\n",
    );
    let args = ["--since", "at=2026-11-01T10:00:00.5Z"];
    let report = run(&lab, &args).exits(0).json();
    assert_eq!(count(&report, "matched"), 1);
    assert_eq!(outside(&report), [1, 1]);
}

/// All rows inside have come: only how many are outside is not known.
#[test]
fn rows_outside_that_cannot_be_counted_are_told_as_that() {
    let places = Places::new("window_uncounted", "timestamptz", &rows());
    places.sql(
        "CREATE FUNCTION told(t timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN
             IF current_query() LIKE '%count(*)%' THEN RAISE 'not to be counted'; END IF;
             RETURN t;
         END $$;
         CREATE VIEW counted AS SELECT id, v, told(at) AS at FROM t;
         ALTER TABLE copy RENAME TO kept; ALTER VIEW counted RENAME TO copy;",
    );
    let lab = places.lab("csv", "copy", "");
    let args = ["--window-column", "at", "--since", SINCE, "--until", UNTIL];
    let report = run(&lab, &args).exits(0).json();
    let dataset = &report["datasets"][0];
    assert!(dataset["new"]["outside_window"].is_null());
    let warnings = dataset["warnings"].to_string();
    assert!(
        warnings.contains("new side: how many rows are outside"),
        "{warnings}"
    );
    assert!(warnings.contains("not to be counted"), "{warnings}");
    let page = lab.verify(&args).exits(0).stdout;
    assert!(page.contains("new: rows outside not counted"), "{page}");
}

#[test]
fn a_window_by_no_column_or_by_two_is_refused_in_words() {
    let rows = "id,at\n1,2026-11-01 10:00+00\n";
    let lab = Lab::csv(rows, rows);
    for (args, said) in [
        (vec!["--since", "=24h"], "nothing stands before the `=`"),
        (
            vec!["--since", "at=24h", "--until", "b=1h"],
            "by one column",
        ),
        (vec!["--window-column", "at"], "nothing says from when"),
    ] {
        let all = [vec!["verify", "old.csv", "new.csv", "--key", "id"], args].concat();
        let ran = lab.run(&all);
        assert_eq!(ran.code, 2, "{all:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{all:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    }
}
