//! Who gets a lock, and what is left of it.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn files(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn one_holds_a_profile_and_others_hear_who() {
    let dir = tempfile::tempdir().unwrap();
    let lock = Lock::take(dir.path(), "a").unwrap();
    let refused = Lock::take(dir.path(), "a").unwrap_err();
    assert_eq!(refused.code, Code::Locked);
    let own = format!("process {} on", std::process::id());
    assert!(refused.why.contains(&own), "{refused}");
    assert!(
        refused.why.contains("begun 0 s ago, no progress yet"),
        "{refused}"
    );
    let kill = format!("kill {}", std::process::id());
    assert!(refused.next.contains(&kill), "{refused}");
    lock.progress([20, 10_000]);
    let refused = Lock::take(dir.path(), "a").unwrap_err();
    assert!(
        refused
            .why
            .ends_with("last progress 0 s ago: 20 old and 10,000 new rows"),
        "{refused}"
    );
    let other = Lock::take(dir.path(), "b").unwrap();
    drop((lock, other));
    assert_eq!(files(dir.path()), Vec::<String>::new());
    Lock::take(dir.path(), "a").expect("it is free again");
}

#[test]
fn a_file_without_a_lock_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".lock-a");
    for left in [
        "",
        "{\"pid\":1",
        "{\"pid\":1,\"host\":\"h\",\"started\":\"2026-11-25T02:31:41Z\",\"progress\":null}, and much more than what comes after it",
    ] {
        fs::write(&path, left).unwrap();
        let lock = Lock::take(dir.path(), "a").unwrap();
        let holder: Holder = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(holder.pid, std::process::id());
        drop(lock);
        assert!(!path.exists());
    }
}

#[test]
fn folders_that_it_made_for_nothing_go_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let reports = dir.path().join("deep/reports");
    let lock = Lock::take(&reports, "a").unwrap();
    let mode = fs::metadata(reports.join(".lock-a"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(lock);
    assert_eq!(files(dir.path()), Vec::<String>::new());
    let lock = Lock::take(&reports, "a").unwrap();
    fs::write(reports.join("report.json"), "{}").unwrap();
    drop(lock);
    assert_eq!(files(&reports), ["report.json"]);
}

/// Reading a pipe would wait for somebody to write to it, whatever the signals.
#[test]
fn what_is_no_file_is_no_lock() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join(".lock-a");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let failure = Lock::take(dir.path(), "a").unwrap_err();
    assert_eq!(failure.code, Code::CannotWrite);
}

/// What it points to was overwritten with who holds the lock.
#[test]
fn a_symbolic_link_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (link, other) = (dir.path().join(".lock-a"), dir.path().join("other"));
    std::os::unix::fs::symlink(&other, &link).unwrap();
    for there in [false, true] {
        let failure = Lock::take(dir.path(), "a").unwrap_err();
        assert_eq!(failure.code, Code::CannotWrite);
        assert!(failure.why.ends_with("it is a symbolic link"), "{failure}");
        assert_eq!(other.exists(), there);
        fs::write(&other, "whose it is").unwrap();
    }
    assert_eq!(fs::read_to_string(&other).unwrap(), "whose it is");
}

/// However often they come and go, no two hold it at once.
#[test]
fn a_lock_that_is_let_go_is_never_held_twice() {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    let dir = tempfile::tempdir().unwrap();
    let (held, taken) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                while taken.load(SeqCst) < 300 {
                    if let Ok(lock) = Lock::take(dir.path(), "a") {
                        assert_eq!(held.fetch_add(1, SeqCst), 0);
                        taken.fetch_add(1, SeqCst);
                        std::thread::yield_now();
                        held.fetch_sub(1, SeqCst);
                        drop(lock);
                    }
                }
            });
        }
    });
}

#[test]
fn times_are_told_in_a_unit_of_which_there_are_two() {
    for (seconds, told) in [
        (-5, "0 s ago"),
        (119, "119 s ago"),
        (120, "2 min ago"),
        (7199, "119 min ago"),
        (90_000, "25 h ago"),
    ] {
        assert_eq!(ago(seconds), told);
    }
}
