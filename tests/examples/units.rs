//! The files around `daily.sh` that cron and systemd read, held to what these
//! accept and to each other.

use crate::stage::shipped;

const SCRIPT: &str = "/usr/local/lib/shadowgate/daily.sh";

/// What a unit file says, as (section, key, value).
fn unit(file: &str) -> Vec<(String, String, String)> {
    let (mut section, mut found) = (String::new(), Vec::new());
    for line in shipped(file).lines().filter(|line| !line.is_empty()) {
        if line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            section = name.to_owned();
            continue;
        }
        let (key, value) = line
            .split_once('=')
            .unwrap_or_else(|| panic!("{file}: {line}"));
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric());
        assert!(is_key && !section.is_empty(), "{file}: {line}");
        // systemd takes what follows a value for a part of it.
        assert!(
            !value.contains('#') && !value.ends_with('\\'),
            "{file}: {line}"
        );
        found.push((section.clone(), key.to_owned(), value.to_owned()));
    }
    found
}

fn value(unit: &[(String, String, String)], section: &str, key: &str) -> String {
    let hits: Vec<&String> = unit
        .iter()
        .filter(|(in_section, name, _)| in_section == section && name == key)
        .map(|(_, _, value)| value)
        .collect();
    assert_eq!(hits.len(), 1, "[{section}] {key}: {hits:?}");
    hits[0].clone()
}

/// `2h30min`, in seconds.
fn seconds(span: &str) -> i64 {
    let span: jiff::Span = span.replace("min", "m").parse().expect("a time span");
    span.total(jiff::Unit::Second).expect("a plain span") as i64
}

#[test]
fn the_service_runs_the_script_and_lets_it_end_well() {
    let unit = unit("daily/shadowgate-daily.service");
    let service = |key: &str| value(&unit, "Service", key);
    assert_eq!(service("Type"), "oneshot");
    assert_eq!(service("ExecStart"), SCRIPT);
    assert_ne!(service("User"), "root");
    assert_eq!(service("SuccessExitStatus"), "4");
    // The script passes one signal on; a run needs 5 s to stop, and more to write.
    assert_eq!(service("KillMode"), "mixed");
    assert_eq!(service("KillSignal"), "SIGTERM");
    assert!(seconds(&service("TimeoutStopSec")) > 5);
    let config = shipped("daily/shadowgate.toml");
    let deadline = config
        .lines()
        .find_map(|line| line.strip_prefix("deadline = \""));
    let deadline = deadline
        .and_then(|it| it.split('"').next())
        .expect("a deadline");
    assert!(seconds(&service("TimeoutStartSec")) > seconds(deadline));
    assert_eq!(service("NoNewPrivileges"), "yes");
    assert_eq!(service("ProtectSystem"), "strict");
}

/// What the script writes to by default is what the unit lets it write to.
#[test]
fn the_service_may_write_where_the_script_does() {
    let unit = unit("daily/shadowgate-daily.service");
    let script = shipped("daily/daily.sh");
    let state = value(&unit, "Service", "StateDirectory");
    let logs = value(&unit, "Service", "LogsDirectory");
    assert!(script.contains(&format!("{{SHADOWGATE_REPORTS:-/var/lib/{state}/reports}}")));
    assert!(script.contains(&format!("{{SHADOWGATE_LOGS:-/var/log/{logs}}}")));
}

#[test]
fn the_timer_starts_the_service_daily() {
    let timer = unit("daily/shadowgate-daily.timer");
    assert_eq!(
        value(&timer, "Timer", "OnCalendar"),
        "*-*-* 04:30:00 Asia/Tokyo"
    );
    assert_eq!(value(&timer, "Timer", "Persistent"), "true");
    assert_eq!(value(&timer, "Install", "WantedBy"), "timers.target");
    // By its name: a timer without `Unit=` starts the service that is called as it is.
    assert!(timer.iter().all(|(_, key, _)| key != "Unit"));
}

#[test]
fn the_crontab_line_is_one() {
    let text = shipped("daily/shadowgate.cron");
    let says = |line: &&str| !line.starts_with('#') && !line.is_empty();
    let (settings, jobs): (Vec<&str>, Vec<&str>) = text.lines().filter(says).partition(|line| {
        line.split(' ')
            .next()
            .is_some_and(|word| word.contains('='))
    });
    assert_eq!((settings.len(), jobs.len()), (2, 1), "{jobs:?}");
    let fields: Vec<&str> = jobs[0].split(' ').collect();
    let number = |at: usize| fields[at].parse::<u32>().expect("a number");
    assert!(number(0) < 60 && number(1) < 24);
    assert_eq!(fields[2..5], ["*", "*", "*"]);
    // /etc/cron.d names the user; cron itself takes `%` for a line's end.
    assert_eq!(fields[5..], ["shadowgate", SCRIPT]);
    assert!(!jobs[0].contains('%') && text.ends_with('\n'));
    // Both at one time, so that whoever changes from one to the other loses no night.
    let timer = unit("daily/shadowgate-daily.timer");
    let time = format!("{:02}:{:02}:00", number(1), number(0));
    assert!(value(&timer, "Timer", "OnCalendar").contains(&time));
}

#[test]
fn the_readme_installs_what_the_units_run() {
    let readme = shipped("daily/README.md");
    for file in [
        "daily.sh",
        "shadowgate.toml",
        "shadowgate.env.example",
        "shadowgate.cron",
    ] {
        assert!(readme.contains(file), "{file}");
    }
    assert!(readme.contains(&format!("daily.sh {SCRIPT}")));
}
