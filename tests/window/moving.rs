//! A table that is written to while the rows inside the window are read.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::tz::TimeZone;
use shadowgate::config::ColumnRules;
use shadowgate::error::Side;
use shadowgate::gate::{Bound, Verdict};
use shadowgate::normalise::Step;
use shadowgate::plan::{DatasetSpec, Recheck, TypedTime, Window};
use shadowgate::run::progress::Progress;
use shadowgate::value::Type;

use crate::support::Postgres;
use crate::support::api::{self, capped, dataset, limits, serve, service, slow};
use crate::support::reading;

const ROWS: &str = "CREATE TABLE listings (id int PRIMARY KEY, v text, at timestamptz);
    INSERT INTO listings SELECT n, 'v' || n,
        CASE WHEN n <= 300 THEN '2026-11-01'::timestamptz ELSE '2026-10-01' END
        FROM generate_series(1, 400) n;";

/// Runs SQL when the first rows of new have come.
struct Writer {
    sql: &'static str,
    begun: AtomicBool,
}

impl Progress for Writer {
    fn dataset(&self, _: &str, _: [Option<u64>; 2]) {}
    fn rows(&self, side: Side, _: u64) {
        if side == Side::New && !self.begun.swap(true, Ordering::Relaxed) {
            Postgres::start().sql("window_moves", self.sql);
        }
    }
    fn side_done(&self, _: Side) {}
    fn again(&self, _: &str) {}
    fn phase(&self, _: &str) {}
    fn done(&self) {}
}

fn window(since: Option<&str>, until: Option<&str>) -> Option<Window> {
    let time = |text: &str| {
        let time = TypedTime::parse(text, jiff::Timestamp::now(), &TimeZone::UTC);
        time.expect("a time")
    };
    Some(Window {
        column: "at".to_owned(),
        since: since.map(time),
        until: until.map(time),
    })
}

/// Only what moves inside is a reason not to believe the counts.
#[test]
fn rows_outside_may_come_and_go_while_it_is_read() {
    let server = Postgres::start();
    let api = serve("window_moves", ROWS, capped());
    let url = server.create_database("window_moves_old");
    server.sql("window_moves_old", ROWS);
    let old = reading::table(&url, "listings");
    let mut spec = dataset(old, service(&api, "listings"), &[]);
    spec.window = window(Some("2026-11-01T00:00Z"), None);
    let verify = |sql| {
        let begun = AtomicBool::new(false);
        api::run(&spec, slow(), &Writer { sql, begun })
    };
    let finished = verify(
        "DELETE FROM listings WHERE id > 390;
         UPDATE listings SET at = '2026-09-01' WHERE id > 380;
         INSERT INTO listings VALUES (0, 'new', NULL)",
    );
    assert_eq!(finished.verdict, Verdict::Pass, "{:?}", finished.reasons);
    let found = &finished.datasets[0];
    let counted = (found.new.counted_before, found.new.counted_after);
    assert_eq!(counted, (Some(300), Some(300)));
    assert_eq!((found.counts.matched, found.new.rows), (300, 300));
    let outside = [&found.old, &found.new].map(|side| side.outside_window);
    assert_eq!(outside, [Some(100), Some(91)]);
    // What leaves the window while it is read is gone from among what is counted.
    let finished = verify("UPDATE listings SET at = '2026-09-01' WHERE id > 295");
    assert_eq!(finished.verdict, Verdict::Inconclusive);
}

/// Such a key was never seen equal: it is looked for wherever it is by now.
#[test]
fn a_key_that_leaves_the_window_on_both_sides_has_not_settled_by_that() {
    let server = Postgres::start();
    let url = server.create_database("window_leaves_old");
    let api = serve("window_leaves", ROWS, capped());
    let old = reading::table(&url, "listings");
    let mut spec = dataset(old, service(&api, "listings"), &["id"]);
    spec.window = window(None, Some("2026-11-15T00:00Z"));
    spec.gates.differing = Some(Bound::Count(0));
    spec.recheck = Recheck {
        rounds: 1,
        delay: Duration::ZERO,
        limit: 100,
    };
    let verify = |spec: &DatasetSpec, moves: [&str; 2]| {
        let both = ["window_leaves_old", "window_leaves"];
        for database in both {
            server.sql(database, &format!("DROP TABLE IF EXISTS listings; {ROWS}"));
        }
        server.sql(both[1], "UPDATE listings SET v = 'x' WHERE id = 7");
        let then = |_| {
            for (database, sql) in both.into_iter().zip(moves) {
                server.sql(database, sql);
            }
        };
        api::verify_while(spec, limits(), then)
    };
    let leaves = "UPDATE listings SET at = '2026-12-01' WHERE id = 7";
    let mended = "UPDATE listings SET at = '2026-12-01', v = 'v7' WHERE id = 7";
    let deleted = "DELETE FROM listings WHERE id = 7";
    // Once asked for by their keys; and once all rows are read, as a rule is in the way.
    let trim = ColumnRules {
        ty: Some(Type::Text),
        steps: vec![Step::Trim],
        ..ColumnRules::default()
    };
    for rules in [None, Some(trim)] {
        let trim = rules.is_some();
        spec.rules
            .extend(rules.map(|rules| ("id".to_owned(), rules)));
        let finished = verify(&spec, [leaves; 2]);
        assert_ne!(finished.verdict, Verdict::Pass, "{trim}");
        let counts = &finished.datasets[0].counts;
        assert_eq!(
            (counts.settled, counts.moving),
            (Some(0), Some(1)),
            "{trim}"
        );
        for moves in [[leaves, mended], [deleted; 2]] {
            let finished = verify(&spec, moves);
            assert_eq!(finished.verdict, Verdict::Pass, "{:?}", finished.reasons);
            assert_eq!(finished.datasets[0].counts.settled, Some(1), "{trim}");
        }
    }
}
