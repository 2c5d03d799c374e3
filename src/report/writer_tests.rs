//! A run's folder is whole or absent, whatever goes wrong.

use super::super::fixtures;
use super::*;

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn bits(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn named(id: &str) -> Report {
    let mut report = fixtures::failing();
    report.run.id = id.to_owned();
    report
}

#[test]
fn a_run_id_is_the_utc_time_and_something_random() {
    let now: Timestamp = "2026-11-25T11:31:41+09:00".parse().unwrap();
    let (one, other) = (run_id(now), run_id(now));
    assert_eq!(&one[..16], "20261125-023141-");
    assert_eq!(one.len(), 22);
    assert!(one[16..].bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_ne!(one, other);
}

#[test]
fn a_run_has_all_files_and_latest_points_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("deep/reports");
    let details = fixtures::details();
    for id in ["20261125-000001-aaaaaa", "20261125-000002-bbbbbb"] {
        let saved = save(&dir, Mode::default(), &named(id), &details).unwrap();
        assert_eq!(saved, dir.join(id));
        assert_eq!(fs::read_link(dir.join("latest")).unwrap(), Path::new(id));
        let mut expected = FILES.map(str::to_owned);
        expected.sort();
        assert_eq!(names(&saved), expected);
    }
    assert_eq!(
        names(&dir),
        ["20261125-000001-aaaaaa", "20261125-000002-bbbbbb", "latest"]
    );
    let json = fs::read_to_string(dir.join("latest/report.json")).unwrap();
    let back: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(back, named("20261125-000002-bbbbbb"));
    let csv = fs::read_to_string(dir.join("latest/differences.csv")).unwrap();
    assert!(csv.starts_with("dataset,key,column,old,new,cause\nlistings,"));
}

#[test]
fn an_interrupted_run_is_saved_and_latest_stays() {
    let dir = tempfile::tempdir().unwrap();
    let save = |report: &Report| save(dir.path(), Mode::default(), report, &[]).unwrap();
    let mut cut = named("20261125-000002-bbbbbb");
    cut.run.interrupted = Some("SIGINT".to_owned());
    assert!(save(&cut).join("report.json").exists());
    assert!(!dir.path().join("latest").exists());
    save(&named("20261125-000001-aaaaaa"));
    cut.run.id = "20261125-000003-cccccc".to_owned();
    save(&cut);
    let latest = fs::read_link(dir.path().join("latest")).unwrap();
    assert_eq!(latest, Path::new("20261125-000001-aaaaaa"));
}

#[test]
fn modes_are_exact_whatever_the_umask() {
    let dir = tempfile::tempdir().unwrap();
    for (text, file, folder) in [
        ("0600", 0o600, 0o700),
        ("640", 0o640, 0o750),
        ("0644", 0o644, 0o755),
        ("0660", 0o660, 0o770),
        ("0666", 0o666, 0o777),
    ] {
        let mode: Mode = text.parse().unwrap();
        let saved = save(dir.path(), mode, &named(text), &[]).unwrap();
        assert_eq!(bits(&saved), folder, "{text}");
        for name in FILES {
            assert_eq!(bits(&saved.join(name)), file, "{text} {name}");
        }
    }
    assert_eq!(Mode::default().to_string(), "0600");
    for wrong in ["", "0755", "0400", "1600", "0o999", "rw-r--r--", "-1"] {
        assert!(wrong.parse::<Mode>().is_err(), "{wrong}");
    }
}

#[test]
fn runs_that_end_at_the_same_time_leave_latest_whole() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for turn in 0..5 {
                    let id = format!("run-{thread}-{turn}");
                    save(dir, Mode::default(), &named(&id), &[]).unwrap();
                    let through = fs::read_to_string(dir.join("latest/report.json")).unwrap();
                    serde_json::from_str::<Report>(&through).unwrap();
                }
            });
        }
    });
    assert_eq!(names(dir).len(), 4 * 5 + 1);
}

#[test]
fn a_file_where_the_folder_should_be_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("reports");
    fs::write(&file, "mine").unwrap();
    for failure in [
        save(&file, Mode::default(), &named("r"), &[]).unwrap_err(),
        check(&file).unwrap_err(),
    ] {
        assert_eq!(failure.code, Code::CannotWrite);
        assert!(failure.why.contains(&*file.to_string_lossy()));
        assert!(failure.why.contains("os error"), "{}", failure.why);
        assert!(failure.next.contains("--report-dir"));
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_folder_where_latest_should_be_leaves_no_run() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("latest")).unwrap();
    let failure = save(dir.path(), Mode::default(), &named("r"), &[]).unwrap_err();
    assert!(failure.why.contains("latest"), "{}", failure.why);
    assert_eq!(names(dir.path()), ["latest"]);
}

#[test]
fn a_run_of_the_same_name_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    save(dir.path(), Mode::default(), &named("r"), &[]).unwrap();
    let mut other = named("r");
    other.run.version = "another".to_owned();
    assert_eq!(
        save(dir.path(), Mode::default(), &other, &[])
            .unwrap_err()
            .code,
        Code::CannotWrite
    );
    let kept = fs::read_to_string(dir.path().join("r/report.json")).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&kept).unwrap(), named("r"));
    assert_eq!(names(dir.path()), ["latest", "r"]);
}

#[test]
fn a_file_system_that_refuses_is_told() {
    // Refused to root as well.
    let failure = check(Path::new("/proc/shadowgate-reports")).unwrap_err();
    assert_eq!(failure.code, Code::CannotWrite);
    assert!(failure.why.contains("/proc/shadowgate-reports"));
}

#[test]
fn check_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    check(&dir.path().join("a/b")).unwrap();
    assert!(names(dir.path()).is_empty());
    fs::write(dir.path().join("a"), "a file").unwrap();
    let failure = check(&dir.path().join("a/b")).unwrap_err();
    assert_eq!(failure.code, Code::CannotWrite);
}

#[test]
fn a_failed_write_keeps_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.txt");
    write_whole(&path, Mode::default(), |out| out.write_all(b"old")).unwrap();
    let failure = write_whole(&path, Mode::default(), |out| {
        out.write_all(b"half")?;
        Err(io::ErrorKind::StorageFull.into())
    })
    .unwrap_err();
    assert!(failure.next.contains("space"), "{}", failure.next);
    assert_eq!(names(dir.path()), ["x.txt"]);
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

/// Not a test of its own: [`a_full_disk_leaves_nothing`] runs it in a process
/// whose files may hold 8 KiB.
#[test]
fn full_disk_child() {
    let Some(dir) = std::env::var_os("SHADOWGATE_TEST_FULL_DISK") else {
        return;
    };
    let mut report = named("20261125-000002-bbbbbb");
    report.datasets[0].warnings = vec!["w".repeat(200); 100];
    let failure = save(
        Path::new(&dir),
        Mode::default(),
        &report,
        &fixtures::details(),
    );
    let failure = failure.unwrap_err();
    assert_eq!(failure.code, Code::CannotWrite);
    assert!(failure.why.contains("report.json"), "{}", failure.why);
    assert!(failure.why.contains("os error 27"), "{}", failure.why);
    assert!(failure.next.contains("free some space"), "{}", failure.next);
}

#[test]
fn a_full_disk_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    save(
        dir.path(),
        Mode::default(),
        &named("20261125-000001-aaaaaa"),
        &[],
    )
    .unwrap();
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" --exact --nocapture \
                  report::writer::tests::full_disk_child";
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("SHADOWGATE_TEST_FULL_DISK", dir.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(names(dir.path()), ["20261125-000001-aaaaaa", "latest"]);
    assert_eq!(
        fs::read_link(dir.path().join("latest")).unwrap(),
        Path::new("20261125-000001-aaaaaa")
    );
}
