//! Real commands, in a folder of their own: what counts as a whole run, what a
//! failed one says, and that no process is left.

mod output;

use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::secret::Secret;
use crate::source::location::{CommandOptions, Format};
use crate::stop::{Cause, Stop};

/// A folder to run in.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// A side that runs a script here, by a shell.
    fn shell(&self, script: &str) -> Spec {
        let mut spec = self.words(script);
        spec.command.shell = true;
        spec
    }

    /// A side that runs these words here.
    fn words(&self, line: &str) -> Spec {
        let location = Location::parse(&format!("command:{line}")).expect("a command");
        Spec::new(location.under(self.0.path()))
    }

    /// The process whose id a script wrote into `pid`.
    fn process(&self) -> i32 {
        let text = std::fs::read_to_string(self.path("pid")).expect("it wrote its id");
        text.trim().parse().expect("a number")
    }
}

fn ran(spec: &Spec) -> Result<Ran> {
    ran_until(spec, &Stop::default())
}

fn ran_until(spec: &Spec, stop: &Stop) -> Result<Ran> {
    let Location::Command(line) = &spec.location else {
        panic!("{} is no command", spec.location);
    };
    let context = Context {
        stop: stop.clone(),
        ..Context::default()
    };
    run(line, spec, &context)
}

fn failure(spec: &Spec) -> Failure {
    match ran(spec) {
        Ok(_) => panic!("{} ran well", spec.shown()),
        Err(failure) => failure,
    }
}

fn printed(ran: &Ran) -> String {
    std::fs::read_to_string(&ran.spool.file).expect("what it printed")
}

/// Whether a process still runs; a zombie does not.
fn runs(process: i32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{process}/stat"));
    state.is_ok_and(|state| !state.contains(") Z "))
}

const ROW: &str = "{\"id\":1}\n";

#[test]
fn what_it_prints_is_kept_in_a_private_folder_until_all_have_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let spec = folder.words("printf '{\"id\":%s}\\n' 1");
    let once = ran(&spec).expect("it prints");
    assert_eq!(printed(&once), ROW);
    let kept = once.spool.file.parent().expect("a folder").to_owned();
    let mode = kept.metadata().expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let again = ran(&spec.clone()).expect("kept");
    assert!(Arc::ptr_eq(&once.spool, &again.spool));
    drop((once, again, spec));
    assert!(!kept.exists());
}

#[test]
fn it_runs_once_also_if_it_fails() {
    let folder = Folder::new();
    let spec = folder.shell("echo ran >> log; exit 3");
    assert_eq!(failure(&spec), failure(&spec.clone()));
    let log = std::fs::read_to_string(folder.path("log")).expect("it ran");
    assert_eq!(log, "ran\n");
}

#[test]
fn no_shell_reads_it_unless_asked() {
    let folder = Folder::new();
    let words = folder.words("printf '{\"id\":\"%s\"}\\n' $HOME *");
    assert_eq!(
        printed(&ran(&words).expect("prints")),
        "{\"id\":\"$HOME\"}\n{\"id\":\"*\"}\n"
    );
    let mut shell = folder.shell("printf '{\"id\":\"%s\"}\\n' $THERE");
    let there = ("THERE".to_owned(), Secret::new("x y"));
    shell.command.env.extend([there]);
    assert_eq!(
        printed(&ran(&shell).expect("prints")),
        "{\"id\":\"x\"}\n{\"id\":\"y\"}\n"
    );
}

#[test]
fn it_runs_where_it_is_told_to() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("sub")).expect("a folder");
    let script = "#!/bin/sh\nprintf '{\"id\":\"%s\"}\\n' \"$(basename \"$PWD\")\"\n";
    let place = folder.path("sub/dry-run");
    std::fs::write(&place, script).expect("a script");
    let mut spec = folder.words("./dry-run");
    spec.command.cwd = Some(folder.path("sub"));
    let refused = failure(&spec);
    assert_eq!(
        refused.code,
        Code::Config,
        "it is not executable: {refused}"
    );
    assert!(refused.next.contains("chmod +x"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&place, mode).expect("its mode");
    spec.command.once = Default::default();
    assert_eq!(printed(&ran(&spec).expect("prints")), "{\"id\":\"sub\"}\n");
    let mut nowhere = folder.words("./dry-run");
    nowhere.command.cwd = Some(folder.path("gone"));
    assert_eq!(failure(&nowhere).code, Code::NotFound);
}

#[test]
fn what_cannot_be_found_is_the_users_to_mend() {
    let folder = Folder::new();
    let spec = folder.words("no-such-program --token hunter2");
    let failure = failure(&spec);
    assert_eq!(failure.code, Code::NotFound);
    let told = failure.to_string();
    assert!(told.contains("command:no-such-program … (2 arguments): it cannot be started"));
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn a_failure_tells_the_exit_and_the_last_words_without_secrets() {
    let folder = Folder::new();
    let mut spec = folder.shell(
        "printf '{\"id\":1}\\n'; for i in 1 2 3 4 5 6 7; do echo \"line $i $TOKEN\" >&2; done; exit 7",
    );
    let token = ("TOKEN".to_owned(), Secret::new("hunter2"));
    spec.command.env.extend([token]);
    let failed = failure(&spec);
    assert_eq!(
        (failed.code, failed.transient),
        (Code::CommandFailed, false)
    );
    assert_eq!(
        failed.why,
        "command:sh -c …: it ended with exit status 7; its last words on stderr: \
         line 3 ***\n  line 4 ***\n  line 5 ***\n  line 6 ***\n  line 7 ***"
    );
    for (script, says) in [
        ("exit 1", "exit status 1; it said nothing on stderr"),
        ("kill -9 $$", "ended by signal 9 (SIGKILL)"),
        (
            "no-such-program",
            "exit status 127 (a shell's: command not found)",
        ),
    ] {
        let failed = failure(&folder.shell(script));
        assert!(failed.why.contains(says), "{failed}");
    }
    let piped = failure(&folder.words("false | true"));
    assert!(piped.next.contains("`shell = true`"), "{piped}");
}

#[test]
fn a_hundred_megabytes_on_stderr_are_no_obstacle() {
    let folder = Folder::new();
    let script =
        "yes 'a line of a log that nobody reads' | head -c 100000000 >&2; printf '{\"id\":1}\\n'";
    assert_eq!(printed(&ran(&folder.shell(script)).expect("prints")), ROW);
    // Without an end of line, and with much on both at once.
    let both = "head -c 3000000 /dev/zero >&2; for i in $(seq 20000); do echo \"{\\\"id\\\":$i}\"; echo $i >&2; done";
    assert_eq!(
        printed(&ran(&folder.shell(both)).expect("prints"))
            .lines()
            .count(),
        20_000
    );
}

#[test]
fn one_that_takes_too_long_is_stopped_with_all_that_it_started() {
    let folder = Folder::new();
    let mut spec = folder.shell("sleep 600 & echo $! > pid; echo working >&2; wait");
    spec.command.timeout = Some(Duration::from_millis(300));
    let began = Instant::now();
    let failed = failure(&spec);
    assert_eq!((failed.code, failed.transient), (Code::Timeout, true));
    assert!(failed.why.contains("not ended after 300ms") && failed.why.contains("working"));
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(!runs(folder.process()));
}

#[test]
fn one_that_ignores_sigterm_is_killed() {
    let folder = Folder::new();
    let script = "trap '' TERM; echo $$ > pid; while true; do sleep 1; done";
    let mut spec = folder.shell(script);
    spec.command.timeout = Some(Duration::from_millis(500));
    let began = Instant::now();
    assert_eq!(failure(&spec).code, Code::Timeout);
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(5) && took < Duration::from_secs(9),
        "{took:?}"
    );
    assert!(!runs(folder.process()));
}

#[test]
fn a_run_that_is_to_end_ends_it_within_five_seconds() {
    for trap in ["", "trap '' TERM; "] {
        let folder = Folder::new();
        let spec = folder.shell(&format!(
            "{trap}echo $$ > pid; while true; do sleep 1; done"
        ));
        let stop = Stop::default();
        let teller = stop.clone();
        let pid = folder.path("pid");
        let began = std::thread::spawn(move || {
            while std::fs::read(&pid).unwrap_or_default().is_empty() {
                std::thread::sleep(Duration::from_millis(10));
            }
            teller.tell(Cause::Interrupted);
            Instant::now()
        });
        let failed = ran_until(&spec, &stop).err().expect("it was stopped");
        let told = began.join().expect("it told");
        assert_eq!(failed.code, Code::Interrupted);
        assert!(told.elapsed() < Duration::from_secs(5));
        assert!(!runs(folder.process()));
    }
}

#[test]
fn a_child_that_goes_on_elsewhere_is_ended_and_the_output_counts() {
    let folder = Folder::new();
    let script = "sleep 600 >/dev/null 2>&1 & echo $! > pid; printf '{\"id\":1}\\n'";
    assert_eq!(
        printed(&ran(&folder.shell(script)).expect("it is whole")),
        ROW
    );
    assert!(!runs(folder.process()));
}

/// It may still write: what came so far would be fewer rows and no failure.
#[test]
fn a_child_that_keeps_the_output_open_makes_it_doubtful() {
    let folder = Folder::new();
    let script = "sleep 600 & echo $! > pid; printf '{\"id\":1}\\n'";
    let failed = failure(&folder.shell(script));
    assert_eq!(failed.code, Code::CommandFailed);
    assert!(failed.why.contains("kept its output open"), "{failed}");
    assert!(!runs(folder.process()));
    // One that ends soon is waited for.
    let late = "(sleep 1; printf '{\"id\":1}\\n') & exit 0";
    assert_eq!(printed(&ran(&folder.shell(late)).expect("whole")), ROW);
}

#[test]
fn a_pipeline_that_swallows_failures_is_warned_of() {
    let folder = Folder::new();
    let warnings = |script: &str| {
        let spec = folder.shell(script);
        let mut source = crate::source::open(&spec, &Context::default()).expect("opens");
        source.schema().expect("a schema").warnings
    };
    let warned = warnings("(printf '{\"id\":1}\\n'; exit 1) | cat");
    assert!(warned[0].contains("set -o pipefail"), "{warned:?}");
    assert!(warnings("printf '{\"id\":1}\\n'").is_empty());
}

#[test]
fn two_sides_that_run_the_same_are_one_source() {
    let folder = Folder::new();
    let store = |spec: &Spec| {
        let source = crate::source::open(spec, &Context::default()).expect("opens");
        source.identity().store.expect("a store")
    };
    let spec = folder.words("printf '{\"id\":1}\\n'");
    let mut other = folder.words("printf '{\"id\":1}\\n'");
    assert_eq!(store(&spec), store(&other));
    let variable = ("A".to_owned(), Secret::new("1"));
    other.command.env.extend([variable]);
    other.command.once = Default::default();
    assert_ne!(store(&spec), store(&other));
}
