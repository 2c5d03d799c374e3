//! Disks that are full and folders that cannot be written: nothing half-written
//! is left, and no PASS without its evidence.

use serde_json::{Value, json};

use super::GOOD;
use super::common::{Lab, Ran, array, reports};

/// `id,name` rows, so many that neither reports nor working files are small.
fn many(count: u32, name: &str) -> String {
    let rows = (0..count).map(|id| format!("{id},{name} {id}\n"));
    "id,name\n".to_owned() + &rows.collect::<String>()
}

/// Runs the binary so that no file may grow beyond some blocks of 512 bytes: a
/// full disk that needs neither root nor a disk.
fn limited(lab: &Lab, blocks: u32, args: &[&str]) -> Ran {
    let script = "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";
    let mut command = std::process::Command::new("sh");
    command
        .current_dir(lab.path(""))
        .args([
            "-c",
            script,
            &blocks.to_string(),
            env!("CARGO_BIN_EXE_shadowgate"),
        ])
        .args(args)
        .env_remove("RUST_LOG");
    lab.ran(&mut command)
}

#[test]
fn a_report_that_does_not_fit_on_the_disk() {
    let lab = Lab::csv(&many(3000, "a"), &many(3000, "a"));
    lab.by_id(&[]).exits(0);
    let before = reports(&lab.path(""));
    lab.write("new.csv", many(3000, "b"));
    let args = [
        "verify", "--quiet", "old.csv", "new.csv", "--key", "id", "--format", "json",
    ];
    // Fails either way: the gate is broken, and the evidence could not be saved.
    let ran = limited(&lab, 40, &args).exits(1);
    assert!(
        ran.stderr.contains("could not be written to"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("free some space"), "{}", ran.stderr);
    let report = ran.json();
    let codes: Vec<&Value> = array(&report["reasons"])
        .iter()
        .map(|reason| &reason["code"])
        .collect();
    assert_eq!(codes, ["gate_broken", "cannot_write"]);
    assert_eq!(
        reports(&lab.path("")),
        before,
        "nothing half-written; latest as it was"
    );
    // A PASS without its evidence is none.
    let lenient = [&args[..], &["--match-rate", "0%"]].concat();
    let report = limited(&lab, 40, &lenient).exits(3).json();
    assert_eq!(
        (&report["verdict"], &report["exit_code"]),
        (&json!("inconclusive"), &json!(3))
    );
    assert_eq!(reports(&lab.path("")), before);
}

#[test]
fn a_disk_that_is_full() {
    let lab = Lab::csv(&many(3000, "a"), &many(3000, "b"));
    std::fs::create_dir(lab.path("small")).expect("a folder");
    // In a name space of its own, so that the mount goes with the process.
    let script = "mount -t tmpfs -o size=64k none small || exit 77; \"$@\"; code=$?; ls -A small >&2; exit $code";
    let mut command = std::process::Command::new("unshare");
    command
        .current_dir(lab.path(""))
        .args([
            "-m",
            "sh",
            "-c",
            script,
            "sh",
            env!("CARGO_BIN_EXE_shadowgate"),
            "verify",
            "--quiet",
        ])
        .args([
            "old.csv",
            "new.csv",
            "--key",
            "id",
            "--report-dir",
            "small",
            "--match-rate",
            "0%",
        ]);
    let ran = match command.output() {
        Ok(output) if output.status.code() != Some(77) && !is_refused(&output.stderr) => {
            lab.ran(&mut command)
        }
        _ => {
            eprintln!(
                "no right to mount here: `a_report_that_does_not_fit_on_the_disk` stands for it"
            );
            return;
        }
    };
    let ran = ran.exits(3);
    assert!(
        ran.stderr.contains("No space left on device"),
        "{}",
        ran.stderr
    );
    let left = ran.stderr.lines().last().unwrap_or_default();
    assert!(
        left.contains("free some space"),
        "the folder is empty, but: {left}"
    );
}

fn is_refused(stderr: &[u8]) -> bool {
    String::from_utf8_lossy(stderr).contains("unshare failed")
}

#[test]
fn working_files_that_do_not_fit_on_the_disk() {
    let lab = Lab::csv(&many(60_000, "a"), &many(60_000, "a"));
    let args = [
        "verify", "--quiet", "old.csv", "new.csv", "--key", "id", "--memory", "100K",
    ];
    let ran = limited(&lab, 1000, &args);
    let report = ran.cannot_verify(&["working data could not be kept", "TMPDIR", "--memory"]);
    assert_eq!(report["reasons"][0]["code"], "cannot_write");
    lab.by_id(&["--memory", "100K"]).exits(0);
    // A TMPDIR that is not there, only where it is needed.
    let run = |memory: &str| {
        let mut command = lab.command();
        command
            .args(&args[..args.len() - 1])
            .arg(memory)
            .env("TMPDIR", "/nowhere/at/all");
        lab.ran(&mut command)
    };
    run("100K").cannot_verify(&["/nowhere/at/all", "TMPDIR"]);
    run("1G").exits(0);
}

#[test]
fn a_report_folder_that_cannot_be_written() {
    let lab = Lab::csv(GOOD, GOOD).with("file", "");
    let ran = lab
        .by_id(&["--report-dir", "file"])
        .refuses(&["file", "hint: "]);
    assert!(ran.stderr.contains("--report-dir"), "{}", ran.stderr);
    lab.by_id(&["--report-dir", "file/below"])
        .refuses(&["file/below", "--report-dir"]);
    lab.by_id(&["--report-dir", "/proc/reports"])
        .refuses(&["/proc/reports", "--report-dir"]);
}

#[test]
fn a_report_that_cannot_be_announced_is_not_left_as_if_it_were() {
    let lab = Lab::csv(GOOD, GOOD);
    std::fs::create_dir_all(lab.path("reports/latest")).expect("a folder in the way");
    let ran = lab.by_id(&[]).exits(3);
    assert!(ran.stderr.contains("out of the way"), "{}", ran.stderr);
    let first = ran.stdout.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("INCONCLUSIVE") && first.contains("could not be written"),
        "{first}"
    );
    assert_eq!(reports(&lab.path("")), ["latest"]);
}

/// Who reads only the exit code of a run whose output went nowhere must not be
/// told that all is well.
#[test]
fn a_report_that_cannot_be_printed() {
    let lab = Lab::csv(GOOD, GOOD);
    for format in ["text", "json"] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let args = [
            "verify", "--quiet", "old.csv", "new.csv", "--key", "id", "--format", format,
        ];
        let run = lab
            .command()
            .args(args)
            .stdout(full.expect("/dev/full"))
            .output();
        let run = run.expect("the binary runs");
        let told = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(3), "{told}");
        assert!(
            told.contains("could not be printed") && told.contains("hint: "),
            "{told}"
        );
    }
    // A reader that has seen enough, such as `head`.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = lab.command();
    command
        .args(["verify", "--quiet", "old.csv", "new.csv", "--key", "id"])
        .stdout(writer);
    assert_eq!(command.status().expect("the binary runs").code(), Some(3));
}
