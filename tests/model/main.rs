//! The whole tool against a model of itself: random small tables full of odd
//! values, in random formats, under random rules and gates. The model knows
//! DESIGN's words and none of the tool's code; every count, every column and
//! the exit code must be what it says.
//!
//! `PROPTEST_CASES` asks for more cases than the few that every run makes.

mod case;
mod expect;
mod files;
mod moving;
mod value;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::Value as Json;

/// A run of a few rows that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(60);

struct Seen {
    exit: Option<i32>,
    report: Json,
    stderr: String,
}

fn verify(folder: &std::path::Path) -> Seen {
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_shadowgate"))
        .args(["verify", "--quiet", "--format", "json"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(started.elapsed() < LONGEST);
    Seen {
        exit: output.status.code(),
        report: serde_json::from_slice(&output.stdout).unwrap_or(Json::Null),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn hold(case: &case::Case) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    files::write(case, folder.path());
    let (seen, expected) = (verify(folder.path()), expect::expect(case));
    let dataset = &seen.report["datasets"][0];
    let shown = || {
        let config = std::fs::read_to_string(folder.path().join("shadowgate.toml")).unwrap();
        format!("{config}\n{dataset:#}\n{}", seen.stderr)
    };
    for (name, count) in &expected.counts {
        let found = dataset["counts"][*name].as_u64();
        prop_assert_eq!(found, Some(*count), "{} in {}", name, shown());
    }
    let coverage = ratio(&dataset["coverage"]);
    prop_assert_eq!(coverage, expected.coverage, "coverage in {}", shown());
    for (index, differing) in expected.columns.iter().enumerate() {
        let name = format!("c{index}");
        let columns = dataset["columns"].as_array().unwrap();
        let column = columns
            .iter()
            .find(|column| column["name"] == name.as_str());
        let found = column.and_then(|column| column["differing"].as_u64());
        prop_assert_eq!(found, Some(*differing), "{} in {}", name, shown());
    }
    if let (Some(old), Some(new)) = (
        dataset["old"]["digest"].as_str(),
        dataset["new"]["digest"].as_str(),
    ) {
        prop_assert_eq!(old == new, expected.same_rows, "digests in {}", shown());
    }
    match expected.exit {
        Some(exit) => prop_assert_eq!(seen.exit, Some(exit), "{}", shown()),
        None => prop_assert!(matches!(seen.exit, Some(0 | 1 | 3)), "{}", shown()),
    }
    prop_assert_eq!(seen.report["exit_code"].as_i64(), seen.exit.map(i64::from));
    Ok(())
}

fn ratio(shown: &Json) -> Option<[u64; 2]> {
    Some([shown["numerator"].as_u64()?, shown["denominator"].as_u64()?])
}

fn hold_moving(looks: &[case::Case]) -> Result<(), TestCaseError> {
    let (dataset, fates) = (moving::watch(looks), moving::fates(looks));
    let (last, steady) = (fates.last.as_ref().unwrap(), fates.steady.as_ref().unwrap());
    let (first, expected) = (expect::expect(&looks[0]), expect::expect(last));
    let shown = || format!("{looks:#?}\n{dataset:#}");
    let of = |group: &str, name: &str| dataset[group][name].as_u64();
    for (name, count) in &expected.counts {
        // Cells are read, and those that do not parse counted, at the first look.
        let count = match name.starts_with("unreadable") {
            true => first.counts[name],
            false => *count,
        };
        prop_assert_eq!(of("counts", name), Some(count), "{} in {}", name, shown());
    }
    for (index, differing) in expected.columns.iter().enumerate() {
        let name = format!("c{index}");
        let columns = dataset["columns"].as_array().unwrap();
        let column = columns
            .iter()
            .find(|column| column["name"] == name.as_str());
        let found = column.and_then(|column| column["differing"].as_u64());
        prop_assert_eq!(found, Some(*differing), "{} in {}", name, shown());
    }
    let persistent = fates.rechecked - fates.settled - fates.moving;
    for (name, count) in [
        ("rechecked", fates.rechecked),
        ("settled", fates.settled),
        ("moving", fates.moving),
        ("persistent", persistent),
    ] {
        prop_assert_eq!(of("recheck", name), Some(count), "{} in {}", name, shown());
    }
    let unreadable = looks.iter().any(|look| expect::expect(look).exit.is_none());
    if !unreadable {
        let exit = expect::exit_moving(last, steady, fates.moving);
        prop_assert_eq!(dataset["exit"].as_i64(), Some(exit.into()), "{}", shown());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn counts_and_verdict_are_those_of_the_model(case in case::cases()) {
        hold(&case)?;
    }

    #[test]
    fn what_moves_is_told_from_what_stays(looks in moving::moving()) {
        hold_moving(&looks)?;
    }
}
