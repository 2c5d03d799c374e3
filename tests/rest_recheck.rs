//! A table behind PostgREST that is written to while it is read: its counts move,
//! and with `recheck` that is no reason to give up.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use support::Postgres;
use support::api::{self, capped, dataset, serve, service, slow};
use support::reading;

use shadowgate::error::{Code, Side};
use shadowgate::gate::Verdict;
use shadowgate::plan::{DatasetSpec, Recheck};
use shadowgate::run::Finished;
use shadowgate::run::progress::Progress;

const ROWS: &str = "CREATE TABLE listings (id int PRIMARY KEY, v text);
    INSERT INTO listings SELECT n, 'v' || n FROM generate_series(1, 1000) n;";

/// Runs SQL when the first rows of new have come, and before the later look.
struct Writer<'a> {
    first: &'a str,
    later: &'a str,
    begun: AtomicBool,
}

fn write(sql: &str) {
    Postgres::start().sql("rest_moves", sql);
}

impl Progress for Writer<'_> {
    fn dataset(&self, _: &str, _: [Option<u64>; 2]) {}
    fn rows(&self, side: Side, _: u64) {
        if side == Side::New && !self.begun.swap(true, Ordering::Relaxed) {
            write(self.first);
        }
    }
    fn side_done(&self, _: Side) {}
    fn again(&self, _: &str) {
        write(self.later);
    }
    fn phase(&self, _: &str) {}
    fn done(&self) {}
}

fn verify(spec: &DatasetSpec, first: &str, later: &str) -> Finished {
    let writer = Writer {
        first,
        later,
        begun: AtomicBool::new(false),
    };
    api::run(spec, slow(), &writer)
}

#[test]
fn rows_that_come_and_go_while_they_are_read_are_looked_at_again() {
    let server = Postgres::start();
    let api = serve("rest_moves", ROWS, capped());
    let url = server.create_database("rest_moves_old");
    server.sql("rest_moves_old", ROWS);
    let old = reading::table(&url, "listings");
    let mut spec = dataset(old, service(&api, "listings"), &[]);
    let gone = "DELETE FROM listings WHERE id > 997";
    let back = "INSERT INTO listings SELECT n, 'v' || n FROM generate_series(998, 1000) n";
    let finished = verify(&spec, gone, "");
    assert_eq!(finished.verdict, Verdict::Inconclusive);
    assert_eq!(finished.reasons[0].code, Code::SourceChanged);

    write(back);
    spec.recheck = Recheck {
        rounds: 1,
        delay: Duration::ZERO,
        ..Recheck::default()
    };
    let finished = verify(&spec, gone, &format!("{back} WHERE n <> 999"));
    assert_eq!(finished.verdict, Verdict::Pass, "{:?}", finished.reasons);
    let found = &finished.datasets[0];
    let counted = (found.new.counted_before, found.new.counted_after);
    assert_eq!(counted, (Some(1000), Some(997)));
    assert_eq!((found.new.complete, found.new.rows), (true, 997));
    assert_eq!(found.new.distinct_keys, Some(found.counts.new_keys));
    let told = "new side: rows came or went while it was read: the server counted 1000 before and 997 after, and 997 were received";
    assert!(
        found.warnings.iter().any(|it| it == told),
        "{:?}",
        found.warnings
    );
    let recheck = found.recheck.clone().expect("looked again");
    assert_eq!(
        [
            recheck.rechecked,
            recheck.settled,
            recheck.persistent,
            recheck.moving
        ],
        [3, 2, 1, 0]
    );
    assert_eq!((found.counts.missing, found.counts.new_rows), (1, 999));

    // Rows that come behind the reader are no fewer rows.
    write("INSERT INTO listings VALUES (999, 'v999')");
    let came = "INSERT INTO listings VALUES (-1, 'early')";
    let finished = verify(&spec, came, "");
    assert_eq!(finished.verdict, Verdict::Pass, "{:?}", finished.reasons);
    assert_eq!(finished.datasets[0].new.counted_after, Some(1001));
}
