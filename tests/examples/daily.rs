//! `examples/daily`: what the nightly script leaves, says and removes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::stage::{Ended, Paths, Stage, shipped};

/// An installed daily run: `it` holds the configuration, `reports`, `logs`.
struct Night {
    stage: Stage,
}

impl Night {
    /// With the paths' real places in the shipped env file.
    fn new(paths: &Paths) -> Night {
        let stage = Stage::of("daily");
        let given = paths.variables();
        let lines = shipped("daily/shadowgate.env.example");
        let lines = lines.lines().map(|line| {
            let ours = |(name, _): &&(&str, String)| line.starts_with(&format!("{name}="));
            match given.iter().find(ours) {
                Some((name, value)) => format!("{name}={value}\n"),
                None => format!("{line}\n"),
            }
        });
        let night = Night { stage };
        // A shell that read this would leave a file behind.
        night.environment(&(lines.collect::<String>() + "NOTE=`id>sourced`\n"));
        night
    }

    fn environment(&self, text: &str) {
        self.stage.write("shadowgate.env", text);
        let path = self.stage.path("shadowgate.env");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(path, mode).expect("its mode");
    }

    fn command(&self, more: &[(&str, &str)]) -> Command {
        let place = |name: &str| self.stage.path(name).display().to_string();
        let variables = [
            ("SHADOWGATE", env!("CARGO_BIN_EXE_shadowgate").to_owned()),
            ("SHADOWGATE_CONFIG", place("shadowgate.toml")),
            ("SHADOWGATE_REPORTS", place("reports")),
            ("SHADOWGATE_LOGS", place("logs")),
        ];
        let mut command = self.stage.command(&self.stage.path("daily.sh"), &variables);
        command.envs(more.iter().copied());
        // cron starts in a home folder, systemd in `/`.
        command.current_dir("/");
        command
    }

    fn run(&self) -> Ended {
        Ended::of(&mut self.command(&[]))
    }

    /// The only log and its name.
    fn log(&self) -> (String, String) {
        let mut names = self.names("logs");
        assert_eq!(names.len(), 1, "{names:?}");
        let name = names.remove(0);
        let text = std::fs::read_to_string(self.stage.path("logs").join(&name));
        (name, text.expect("a log in UTF-8"))
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.stage.path(folder)).expect(folder);
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names
            .map(|name| name.into_string().expect("UTF-8"))
            .collect();
        names.sort();
        names
    }

    /// A folder with a file, both as old as given.
    fn folder(&self, name: &str, file: &str, age: &str) -> PathBuf {
        let path = self.stage.path(name);
        std::fs::create_dir_all(&path).expect("a folder");
        std::fs::write(path.join(file), "{}").expect("a file");
        touch(&path.join(file), age);
        touch(&path, age);
        path
    }
}

fn touch(path: &Path, age: &str) {
    let status = Command::new("touch")
        .args(["-h", "-d", age])
        .arg(path)
        .status();
    assert!(status.expect("touch runs").success());
}

#[test]
fn a_night_that_passes_is_only_logged() {
    let night = Night::new(Paths::shared());
    let ended = night.run().exits(0);
    assert_eq!((ended.out, ended.err), (String::new(), String::new()));
    let (name, log) = night.log();
    assert!(log.contains("\nPASS  listings: 99.86 %"), "{log}");
    assert!(log.contains("daily.sh: exit 0, pass\n"), "{log}");
    let time = name
        .strip_prefix("daily-")
        .and_then(|it| it.strip_suffix(".log"));
    let time = time.unwrap_or_else(|| panic!("{name}"));
    jiff::Timestamp::strptime("%Y%m%d-%H%M%S%z", time).expect("a time with its zone");
    let report = night.stage.report("reports");
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["datasets"][0]["new"]["rows"], 1500);
    assert_eq!(mode(&night.stage.path("logs").join(name)), 0o600);
    assert!(!night.stage.path("sourced").exists() && !Path::new("/sourced").exists());
}

fn mode(path: &Path) -> u32 {
    let meta = std::fs::metadata(path).expect("it is there");
    std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o777
}

#[test]
fn a_night_that_fails_says_so_in_the_mail() {
    let night = Night::new(Paths::shared());
    let config = shipped("daily/shadowgate.toml");
    let strict = config.replace("\"99%\"", "\"100%\"");
    assert_ne!(config, strict);
    night.stage.write("shadowgate.toml", &strict);
    let ended = night.run().exits(1);
    assert_eq!(ended.out, "");
    let lines: Vec<&str> = ended.err.lines().collect();
    assert!(
        lines[0].contains("daily.sh: exit 1, FAIL: a gate is broken; /"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("FAIL  listings: 99.86 %"), "{lines:?}");
    assert_eq!(lines.len(), 2);
}

#[test]
fn what_stands_in_the_way_is_said_too() {
    let night = Night::new(Paths::shared());
    night.environment("STAGING_DB_URL=postgres://x@127.0.0.1/x\n");
    let ended = night.run().exits(2);
    assert!(
        ended.err.contains("exit 2, mistake in the configuration"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("\nerror: "), "{}", ended.err);
    assert!(ended.err.contains("SUPABASE_REST_URL"), "{}", ended.err);
    assert!(!night.stage.path("reports/latest").exists());
}

#[test]
fn an_unreachable_side_is_inconclusive() {
    let night = Night::new(Paths::shared());
    let path = night.stage.path("shadowgate.env");
    let text = std::fs::read_to_string(&path).expect("the env file");
    night.environment(&text.replace(&Paths::shared().old, "postgres://x@127.0.0.1:1/x"));
    let ended = night.run().exits(3);
    assert!(
        ended.err.contains("\nINCONCLUSIVE  listings"),
        "{}",
        ended.err
    );
}

const OLD: &str = "40 days ago";

#[test]
fn old_reports_and_logs_go_and_nothing_else() {
    let night = Night::new(Paths::shared());
    let report = |name: &str, age| night.folder(name, "report.json", age);
    let gone = [
        report("reports/20261001-000000-0a1b2c", OLD),
        report("reports/20261002-000000-ffffff", OLD),
    ];
    let kept = [
        report("reports/20261101-000000-0a1b2c", "29 days ago"),
        // No name of a run, or no report.
        report("reports/20261001-000000-0a1b2c-mine", OLD),
        report("reports/20261001-000000-XYZXYZ", OLD),
        report("reports/baseline", OLD),
        night.folder("reports/20261001-000000-111111", "notes.txt", OLD),
        night.folder("reports/.tmp-20261001-000000-111111", "report.json", OLD),
        night.folder("elsewhere", "report.json", OLD),
    ];
    let evidence = report("reports/20261001-000000-222222", OLD);
    std::fs::write(evidence.join("rollback.json"), "{}").expect("a file");
    touch(&evidence, OLD);
    let link = night.stage.path("reports/20261001-000000-333333");
    std::os::unix::fs::symlink(night.stage.path("elsewhere"), &link).expect("a link");
    touch(&link, OLD);
    let schema = night.stage.path("reports/report.schema.json");
    std::fs::write(&schema, "{}").expect("a file");
    touch(&schema, OLD);
    night.folder("logs", "daily-20261001-043000+0900.log", OLD);
    night.folder("logs", "sync.log", OLD);
    night.run().exits(0);
    for path in gone {
        assert!(!path.exists(), "{}", path.display());
    }
    for path in kept.iter().chain([&evidence, &link, &schema]) {
        assert!(path.symlink_metadata().is_ok(), "{}", path.display());
    }
    assert!(night.stage.path("elsewhere/report.json").exists());
    let logs = night.names("logs");
    assert_eq!(logs.len(), 2, "{logs:?}");
    assert_eq!(logs[1], "sync.log");
    let log = std::fs::read_to_string(night.stage.path("logs").join(&logs[0]));
    assert_eq!(log.expect("a log").matches("daily.sh: removed ").count(), 3);
}

/// Where nothing was saved since, `latest` is the last word on the data.
#[test]
fn the_newest_report_stays_however_old_it_is() {
    let night = Night::new(Paths::shared());
    let latest = night.folder(
        "reports/20260901-000000-aaaaaa",
        "report.json",
        "90 days ago",
    );
    let older = night.folder(
        "reports/20260801-000000-bbbbbb",
        "report.json",
        "120 days ago",
    );
    let link = night.stage.path("reports/latest");
    std::os::unix::fs::symlink("20260901-000000-aaaaaa", link).expect("a link");
    night.environment("");
    night.run().exits(2);
    assert!(latest.join("report.json").exists());
    assert!(!older.exists());
}

#[test]
fn without_a_newest_report_none_is_removed() {
    for target in [None, Some("20260701-000000-cccccc")] {
        let night = Night::new(Paths::shared());
        let old = night.folder("reports/20260801-000000-bbbbbb", "report.json", OLD);
        if let Some(target) = target {
            let link = night.stage.path("reports/latest");
            std::os::unix::fs::symlink(target, link).expect("a link");
        }
        night.environment("");
        night.run().exits(2);
        assert!(old.join("report.json").exists());
        assert!(night.log().1.contains("no report is removed"));
    }
}

#[test]
fn mistakes_in_the_set_up_remove_and_run_nothing() {
    let night = Night::new(Paths::shared());
    let old = night.folder("reports/20260801-000000-bbbbbb", "report.json", OLD);
    for (name, value) in [
        ("SHADOWGATE_REPORTS", "reports"),
        ("SHADOWGATE_LOGS", "./logs"),
        ("SHADOWGATE", "shadowgate"),
        ("SHADOWGATE_KEEP_DAYS", "0"),
        ("SHADOWGATE_KEEP_DAYS", "-1"),
        ("SHADOWGATE_KEEP_DAYS", "1 month"),
        ("SHADOWGATE_LOGS", "/dev/null/logs"),
    ] {
        let ended = Ended::of(&mut night.command(&[(name, value)])).exits(2);
        assert!(ended.err.contains("daily.sh: "), "{name}: {}", ended.err);
    }
    assert!(old.exists() && !night.stage.path("logs").exists());
}
