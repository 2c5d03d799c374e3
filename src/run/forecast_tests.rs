//! What is expected of sources whose sizes, limits and past are known.

use std::path::Path;

use super::*;
use crate::plan::{self, SourceOptions};
use crate::secret::Secret;
use crate::source::Rate;

const FILE: &str = "a.csv";
const API: &str = "https://x.example/rest/v1";

fn spec(old: &str, new: &str) -> DatasetSpec {
    let options = SourceOptions {
        locations: [old, new].map(|text| Some(Secret::new(text))),
        tables: [old, new].map(|text| text.starts_with("https").then(|| "t".to_owned())),
        ..SourceOptions::default()
    };
    let asked = plan::asked(&options, &|_| None, Path::new("")).expect("a plan");
    asked.datasets.into_iter().next().expect("a dataset")
}

fn reading(side: Side, rows: u64, seconds: f64) -> Reading {
    Reading {
        dataset: "dataset".to_owned(),
        side,
        rows,
        seconds,
    }
}

fn limits(count: u32) -> Limits {
    let per = Duration::from_secs(1);
    Limits {
        rate: Some(Rate { count, per }),
        page: 100,
        connections: 2,
        ..Limits::default()
    }
}

fn of(
    sides: [&str; 2],
    estimates: [Option<u64>; 2],
    earlier: &[Reading],
    limits: &Limits,
) -> Option<(u64, bool)> {
    let spec = DatasetSpec {
        name: "dataset".to_owned(),
        ..spec(sides[0], sides[1])
    };
    let coming = Coming {
        spec: &spec,
        estimates,
    };
    let found = expected(&coming, earlier, limits)?;
    Some((found.time.as_secs(), found.whole))
}

#[test]
fn requests_at_the_rate_limit_are_the_least_it_takes() {
    let limited = limits(5);
    let some = [Some(10_000), Some(10_000)];
    // 102 pages, of 99 new rows each, and what is beside them; of the file nothing is known.
    assert_eq!(of([FILE, API], some, &[], &limited), Some((21, false)));
    // One limit for both sides.
    assert_eq!(of([API, API], some, &[], &limited), Some((43, true)));
    assert_eq!(of([API, API], [Some(1), None], &[], &limited), None);
    assert_eq!(of([FILE, API], some, &[], &Limits::default()), None);
    // The file took longer the last time.
    let slow = [reading(Side::Old, 1000, 10.0)];
    assert_eq!(of([FILE, API], some, &slow, &limited), Some((100, true)));
}

#[test]
fn sides_are_read_at_once_and_as_fast_as_the_last_time() {
    let free = Limits::default();
    let both = [reading(Side::Old, 1000, 2.0), reading(Side::New, 1000, 3.0)];
    let files = [FILE, FILE];
    assert_eq!(
        of(files, [Some(10_000), Some(10_000)], &both, &free),
        Some((30, true))
    );
    // A source that does not say how many rows it holds has as many as it had.
    assert_eq!(
        of(files, [Some(10_000), None], &both, &free),
        Some((20, true))
    );
    assert_eq!(of(files, [Some(10_000), None], &both[..1], &free), None);
    assert_eq!(of(files, [None, None], &[], &free), None);
}

#[test]
fn datasets_are_read_one_after_the_other() {
    let one = |seconds, whole| Expected {
        time: Duration::from_secs(seconds),
        whole,
        why: format!("{seconds} times"),
    };
    assert_eq!(
        sum(&[one(70, true), one(30, true)]).1,
        "reading is expected to take about 1 min 40 s (70 times; 30 times)"
    );
    let (time, told) = sum(&[one(7000, true), one(300, false)]);
    assert_eq!(time, Duration::from_secs(7300));
    assert!(told.contains("at least 2 h 1 min"), "{told}");
}
