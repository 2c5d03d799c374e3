//! One run at a time for a folder of reports and a profile, through the binary.

mod common;
mod support;

use std::time::Duration;

use common::running::Running;
use common::{Lab, reports};
use support::Postgres;

/// A database whose view takes a minute to read.
fn slow(name: &str) -> String {
    let server = Postgres::start();
    let url = server.create_database(name);
    server.sql(
        name,
        "CREATE VIEW slow AS SELECT n AS id, repeat('x', 10000) AS v FROM generate_series(1, 200) n
             UNION ALL SELECT 0, pg_sleep(60)::text",
    );
    url
}

/// A run that holds its lock and has read some rows.
fn holding(lab: &Lab, url: &str, more: &[&str]) -> Running {
    let args = [
        "verify",
        url,
        "new.csv",
        "--old-table",
        "slow",
        "--key",
        "id",
    ];
    let mut running = lab.start(&[&args, more].concat());
    running.until_it_says("dataset new: 2 rows");
    running
}

fn locks(lab: &Lab) -> Vec<String> {
    let mut names = reports(&lab.path(""));
    names.retain(|name| name.starts_with(".lock-"));
    names
}

#[test]
fn a_second_run_of_a_profile_is_refused_and_told_who_runs() {
    let url = slow("held");
    let lab = Lab::new().with("new.csv", "id,v\n1,a\n2,b\n");
    let first = holding(&lab, &url, &[]);
    let [lock] = &locks(&lab)[..] else {
        panic!("one lock, not {:?}", locks(&lab));
    };
    let text = std::fs::read_to_string(lab.path("reports").join(lock)).expect("the lock");
    let held: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(held["pid"], first.pid());
    assert!(
        held["host"].is_string() && held["started"].is_string(),
        "{held}"
    );

    let same = [
        "verify",
        &url,
        "new.csv",
        "--old-table",
        "slow",
        "--key",
        "id",
    ];
    let second = lab.run(&same).exits(4);
    assert_eq!(second.stdout, "");
    assert_eq!(locks(&lab).len(), 1);
    let told = &second.stderr;
    for part in [
        &format!("process {} on ", first.pid()),
        "begun ",
        "last progress ",
        " s ago: ",
        " new rows",
        &format!("kill {}", first.pid()),
        "--no-lock",
        "--profile",
    ] {
        assert!(told.contains(part), "no `{part}` in {told}");
    }
    assert_eq!(told.matches("error: ").count(), 1, "one message: {told}");

    // What asks something else, or of something else, or says so, runs beside it.
    for beside in [
        &[
            "verify",
            "new.csv",
            "new.csv",
            "--key",
            "id",
            "--allow-same-source",
        ][..],
        &[
            "verify",
            "new.csv",
            "new.csv",
            "--key",
            "id",
            "--allow-same-source",
            "--profile",
            "x",
        ],
    ] {
        lab.run(beside).exits(0);
    }
    let beside = [&same[..], &["--no-lock", "--deadline", "1s"]].concat();
    lab.run(&beside).exits(3);
    let beside = [&same[..], &["--report-dir", "others", "--deadline", "1s"]].concat();
    lab.run(&beside).exits(3);

    first.signal("TERM");
    first.ends_within(Duration::from_secs(5)).exits(143);
    assert_eq!(locks(&lab), Vec::<String>::new());
}

#[test]
fn the_lock_of_a_dead_process_is_taken_over() {
    let url = slow("dead");
    let lab = Lab::new().with("new.csv", "id,v\n1,a\n2,b\n");
    let first = holding(&lab, &url, &["--profile", "nightly"]);
    let pid = first.pid();
    let other = [
        "verify",
        "new.csv",
        "new.csv",
        "--key",
        "id",
        "--allow-same-source",
    ];
    let same = [&other[..], &["--profile", "nightly"]].concat();
    lab.run(&same).exits(4);
    first.signal("KILL");
    first.ends().exits(-1);
    assert_eq!(locks(&lab), [".lock-nightly"]);
    let ran = lab.run(&same).exits(0);
    let warning = format!("the run before did not end: its lock is taken over (process {pid} on ");
    assert!(ran.stderr.contains(&warning), "{}", ran.stderr);
    assert_eq!(locks(&lab), Vec::<String>::new());
    let again = lab.run(&same).exits(0);
    assert!(!again.stderr.contains("did not end"), "{}", again.stderr);
}

#[test]
fn a_profile_is_named_in_the_configuration_too() {
    let lab = Lab::csv("id,v\n1,a\n", "id,v\n1,a\n");
    let with = |profile: &str| {
        let table =
            "[datasets.d]\nkey = \"id\"\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n";
        lab.write(
            "shadowgate.toml",
            format!("profile = \"{profile}\"\n{table}"),
        );
    };
    with("a/b");
    lab.verify(&[])
        .refuses(&["line 1: profile: `a/b` is not a name for a profile"]);
    with("nightly");
    std::fs::create_dir_all(lab.path("reports")).expect("a folder");
    lab.write(
        "reports/.lock-nightly",
        "{\"pid\":1,\"host\":\"h\",\"started\":\"2026-11-25T02:31:41Z\",\"progress\":null}",
    );
    let ran = lab.verify(&[]).exits(0);
    assert!(
        ran.stderr.contains("taken over (process 1 on h, begun "),
        "{}",
        ran.stderr
    );
}

/// Nothing was read, so nothing is left: no folder, no lock.
#[test]
fn a_run_that_is_refused_leaves_no_trace() {
    let lab = Lab::csv("id,v\n1,a\n", "other,v\n1,a\n");
    lab.by_id(&["--report-dir", "deep/er"]).exits(2);
    assert!(!lab.path("deep").exists());
}
