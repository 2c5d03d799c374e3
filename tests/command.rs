//! A dry run as a side of a verification, through the binary: what is printed,
//! saved and exited with, on which runs it is run, and what is never shown.

mod common;

use std::time::{Duration, Instant};

use common::{Lab, Ran, array, redact};
use serde_json::{Value, json};

const OLD: &str = "id,name,price\n1,東京タワー,10\n2,b,20\n3,c,30\n";

/// A configuration with a dry run on the new side.
const CONFIG: &str = r#"
[datasets.listings]
key = ["id"]
scope = "keys-of-new"
old.source = "old.csv"
[datasets.listings.new]
source = "command:./dry-run.sh --json --token ${TOKEN}"
env = { API_KEY = "hunter2-key", LIMIT = "2" }
timeout = "1m"
"#;

/// Prints as many rows as it is told to, talks on stderr, and says that it ran.
const SCRIPT: &str = r#"#!/bin/sh
echo ran >> runs
echo "dry run of $LIMIT rows with $API_KEY" >&2
printf '{"id":"1","name":"東京タワー","price":"10"}\n{"id":"2","name":"b","price":"20"}\n{"id":"3","name":"c","price":"30"}\n' | head -n "$LIMIT"
"#;

fn lab() -> Lab {
    let lab = Lab::csv(OLD, OLD).with("shadowgate.toml", CONFIG);
    script(&lab, "dry-run.sh", SCRIPT);
    lab
}

fn script(lab: &Lab, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    lab.write(name, text);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(lab.path(name), mode).expect("its mode");
}

/// `verify` of the configuration with the token, held to showing no secret.
#[track_caller]
fn verify(lab: &Lab, args: &[&str]) -> Ran {
    let mut command = lab.command();
    command.args(["verify", "--quiet"]).args(args);
    let ran = lab.ran(command.env("TOKEN", "hunter2-token"));
    for shown in [&ran.stdout, &ran.stderr] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    ran
}

#[track_caller]
fn snapshot(name: &str, ran: &Ran) {
    let printed = redact(&ran.stdout);
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(format!("command__{name}"), printed);
    });
}

/// Runs both formats, holds each to its snapshot and its exit code.
#[track_caller]
fn both(name: &str, lab: &Lab, code: i32) -> Value {
    snapshot(&format!("{name}_text"), &verify(lab, &[]).exits(code));
    let ran = verify(lab, &["--format", "json"]).exits(code);
    snapshot(&format!("{name}_json"), &ran);
    assert_eq!(ran.stdout, ran.saved("report.json"));
    ran.json()
}

fn runs(lab: &Lab) -> usize {
    let log = std::fs::read_to_string(lab.path("runs"));
    log.map_or(0, |log| log.lines().count())
}

#[test]
fn a_partial_dry_run_passes_and_says_of_how_few_keys() {
    let lab = lab();
    let report = both("pass", &lab, 0);
    assert_eq!(runs(&lab), 2, "once a run");
    let dataset = &report["datasets"][0];
    assert_eq!(dataset["coverage"]["percent"], "66.66");
    assert_eq!(
        dataset["new"]["location"],
        "command:./dry-run.sh … (3 arguments)"
    );
}

#[test]
fn a_failed_dry_run_is_inconclusive_whatever_it_printed() {
    let lab = lab();
    let failing = SCRIPT.to_owned() + "echo 'Error: connect ECONNREFUSED' >&2\nexit 4\n";
    script(&lab, "dry-run.sh", &failing);
    let report = both("failed", &lab, 3);
    let reason = &report["reasons"][0];
    assert_eq!(
        (&reason["code"], &reason["side"], &reason["transient"]),
        (&json!("command_failed"), &json!("new"), &json!(false))
    );
    let why = reason["why"].as_str().expect("why");
    assert!(
        why.contains("exit status 4") && why.contains("with ***"),
        "{why}"
    );
}

#[test]
fn a_command_may_be_typed() {
    let lab = Lab::csv(OLD, OLD).with(
        "new.jsonl",
        "{\"id\":\"1\",\"name\":\"東京タワー\",\"price\":\"10\"}\n",
    );
    let typed = |command: &str, more: &[&str]| {
        lab.verify(&[&["old.csv", command, "--key", "id"], more].concat())
    };
    let ran = typed("command:cat new.jsonl", &["--scope", "keys-of-new"]).exits(0);
    assert!(
        ran.stdout.contains("command:cat … (1 argument)"),
        "{}",
        ran.stdout
    );
    typed("command:cat new.jsonl", &[]).exits(1);
    let all = json!({"id": "9"}).to_string();
    lab.write("new.jsonl", format!("> app@1.0.0 dry-run\n{all}\n"));
    typed("command:cat new.jsonl", &[]).cannot_verify(&[
        "command:cat … (1 argument): its first line is no JSON object but \"> app@1.0.0 dry-run\"",
        "--silent",
    ]);
}

#[test]
fn what_cannot_be_started_is_found_before_a_row_is_read() {
    let refused = |command: &str, parts: &[&str]| {
        let lab = Lab::csv(OLD, OLD);
        let ran = lab
            .verify(&["old.csv", command, "--key", "id"])
            .refuses(parts);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    };
    refused(
        "command:no-such-program hunter2",
        &["new side: command:no-such-program … (1 argument): it cannot be started"],
    );
    refused("command:", &["command: names no program"]);
    refused(
        "command:cat 'hunter2",
        &["ends within quotes", "shell = true"],
    );
    refused(
        "command:TOKEN=hunter2 cat",
        &["begins with an assignment", "`env`"],
    );
    let lab = Lab::csv(OLD, OLD);
    let third = lab
        .verify(&["old.csv", "new.csv", "command:cat hunter2"])
        .refuses(&[]);
    assert!(!third.stderr.contains("hunter2"), "{}", third.stderr);
}

#[test]
fn what_is_said_of_a_command_must_fit_it() {
    let refused = |side: &str, parts: &[&str]| {
        let lab = Lab::csv(OLD, OLD);
        let text = format!(
            "[datasets.d]\nkey = [\"id\"]\nold.source = \"old.csv\"\n[datasets.d.new]\n{side}\n"
        );
        lab.with("shadowgate.toml", text).verify(&[]).refuses(parts);
    };
    refused(
        "source = \"new.csv\"\ncwd = \"x\"",
        &["`cwd` is for commands (command:…); this is new.csv"],
    );
    refused(
        "source = \"command:cat x\"\ntable = \"t\"",
        &["a table is for databases; command:cat … (1 argument) is a command"],
    );
    refused(
        "source = \"command:cat x\"\nnull = \"-\"",
        &[
            "`delimiter` and `null` are for CSV and TSV",
            "format = \"csv\"",
        ],
    );
    refused(
        "source = \"command:cat x\"\nformat = \"xml\"",
        &["line 6: datasets.d.new.format: `\"csv\"`"],
    );
    refused(
        "source = \"command:cat x\"\ncwd = \"gone\"",
        &["there is no folder gone"],
    );
    refused(
        "source = \"command:cat x\"\ntimeout = \"10\"\nenv = { \"A=B\" = \"c\" }",
        &[
            "has 2 mistakes",
            "is not a duration",
            "no name of an environment variable",
        ],
    );
}

#[test]
fn a_file_that_the_command_writes_is_read_in_its_format() {
    let config = r#"
[datasets.d]
key = ["id"]
old.source = "../old.csv"
[datasets.d.new]
source = "command:printf 'id;name;price\n1;a;\n' > out/dry-run.csv; echo some talk"
shell = true
cwd = "work"
output = "work/out/dry-run.csv"
delimiter = ";"
null = "-"
"#;
    let lab = Lab::csv("id,name,price\n1,a,\"\"\n", "");
    std::fs::create_dir_all(lab.path("conf/work/out")).expect("folders");
    lab.write("conf/x.toml", config);
    let ran = lab.verify(&["--config", "conf/x.toml", "-vv"]).exits(0);
    assert!(
        ran.stdout
            .contains("command:sh -c … conf/work/out/dry-run.csv"),
        "{}",
        ran.stdout
    );
    assert!(ran.stderr.contains("some talk"), "{}", ran.stderr);
    let stale = config.replace("> out/dry-run.csv", "");
    lab.write("conf/x.toml", stale);
    lab.verify(&["--config", "conf/x.toml"])
        .cannot_verify(&["is as it was before: this run did not write it"]);
}

#[test]
fn several_datasets_run_each_command_once() {
    let one = CONFIG.replace("datasets.listings", "datasets.one");
    let two = CONFIG.replace("datasets.listings", "datasets.two");
    let lab = lab().with("shadowgate.toml", one + &two);
    let report = verify(&lab, &["--format", "json"]).exits(0).json();
    assert_eq!(array(&report["datasets"]).len(), 2);
    assert_eq!(runs(&lab), 2);
}

/// What it wrote stays as it was; the other side may still come to agree.
#[test]
fn looking_again_does_not_run_it_again() {
    let lab = lab();
    lab.write("old.csv", OLD.replace("b,20", "b,21"));
    let again = [
        "--recheck",
        "2",
        "--recheck-delay",
        "10ms",
        "--format",
        "json",
    ];
    let report = verify(&lab, &again).exits(1).json();
    let dataset = &report["datasets"][0];
    assert_eq!(dataset["recheck"]["persistent"], 1);
    assert_eq!(dataset["counts"]["out_of_scope"], 1);
    assert_eq!(runs(&lab), 1);
}

#[test]
fn a_command_on_both_sides_is_one_source() {
    let row = "command:printf '{\"id\":\"1\"}\\n'";
    let lab = Lab::new();
    let args = [row, row, "--key", "id"];
    lab.verify(&args)
        .cannot_verify(&["both sides read the same rows (command:printf … (1 argument))"]);
    lab.verify(&[&args[..], &["--allow-same-source"]].concat())
        .exits(0);
    // A file that it writes is that file, whoever else reads it.
    let text = "[datasets.d]\nkey = [\"id\"]\nold.source = \"out.csv\"\n[datasets.d.new]\n\
                source = \"command:printf 'id\\n1\\n' > out.csv\"\nshell = true\noutput = \"out.csv\"\n";
    let lab = lab.with("out.csv", "id\n1\n").with("shadowgate.toml", text);
    lab.verify(&[]).cannot_verify(&["out.csv"]);
}

#[test]
fn the_time_that_it_took_is_its_sides_time() {
    let lab = lab();
    script(
        &lab,
        "dry-run.sh",
        &("#!/bin/sh\nsleep 1\n".to_owned() + SCRIPT),
    );
    let report = verify(&lab, &["--format", "json"]).exits(0).json();
    let new = &report["datasets"][0]["new"];
    for name in ["seconds", "seconds_to_first_row"] {
        let seconds = new[name].as_f64().expect("seconds");
        assert!(seconds >= 1.0, "{name} {seconds}");
    }
}

#[test]
fn what_it_says_is_told_with_v() {
    let lab = lab();
    let quiet = verify(&lab, &[]).exits(0);
    assert_eq!(quiet.stderr, "");
    let ran = verify(&lab, &["-vvv"]).exits(0);
    assert!(
        ran.stderr.contains("dry run of 2 rows with ***"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("command:./dry-run.sh … (3 arguments)"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_other_commands_run_it_too() {
    let lab = lab();
    let run = |args: &[&str]| lab.ran(lab.command().args(args).env("TOKEN", "hunter2-token"));
    run(&["explain", "2"]).exits(0);
    let out = run(&["explain", "3"]).exits(3);
    assert!(out.stdout.starts_with("OUT OF SCOPE"), "{}", out.stdout);
    run(&["columns"]).exits(0);
    let init = [
        "old.csv",
        "command:./dry-run.sh --token hunter2",
        "--scope",
        "keys-of-new",
    ];
    let mut command = lab.command();
    command
        .args(["init", "--force"])
        .args(init)
        .env("LIMIT", "2");
    lab.ran(&mut command).exits(0);
    let written = std::fs::read_to_string(lab.path("shadowgate.toml")).expect("written");
    assert!(written.contains("source = \"${NEW_COMMAND}\""), "{written}");
    assert!(!written.contains("hunter2"), "{written}");
    let mut command = lab.command();
    let typed = ("NEW_COMMAND", "command:./dry-run.sh --token hunter2");
    command
        .args(["verify", "--quiet"])
        .env("LIMIT", "2")
        .env(typed.0, typed.1);
    lab.ran(&mut command).exits(0);
}

#[test]
fn a_check_up_looks_for_it_and_does_not_run_it() {
    let lab = lab();
    let doctor = || {
        let mut command = lab.command();
        lab.ran(command.arg("doctor").env("TOKEN", "hunter2-token"))
    };
    let ran = doctor().exits(0);
    assert!(
        ran.stdout
            .contains("it could be started, and a check-up does not run it"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
    std::fs::remove_file(lab.path("dry-run.sh")).expect("it was there");
    let ran = doctor().exits(3);
    assert!(
        ran.stdout.contains("it cannot be started"),
        "{}",
        ran.stdout
    );
    assert_eq!(runs(&lab), 0);
}

#[test]
fn a_signal_ends_the_command_too() {
    for signal in ["INT", "TERM"] {
        let lab = lab();
        script(
            &lab,
            "dry-run.sh",
            "#!/bin/sh\ntrap '' TERM INT\necho $$ > pid\nwhile true; do sleep 1; done\n",
        );
        let mut command = lab.command();
        let running = lab.started(command.arg("verify").env("TOKEN", "t"));
        let begun = Instant::now();
        while std::fs::read(lab.path("pid"))
            .unwrap_or_default()
            .is_empty()
        {
            assert!(begun.elapsed() < Duration::from_secs(60), "it never ran");
            std::thread::sleep(Duration::from_millis(10));
        }
        running.signal(signal);
        let ran = running.ends_within(Duration::from_secs(5));
        let code = if signal == "INT" { 130 } else { 143 };
        assert_eq!(ran.exits(code).only_report()["verdict"], "inconclusive");
        let pid = std::fs::read_to_string(lab.path("pid")).expect("its id");
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        assert!(state.is_err() || state.is_ok_and(|state| state.contains(") Z ")));
    }
}
