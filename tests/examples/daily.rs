//! `examples/daily`: what the nightly script leaves, says and removes.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::stage::{Ended, Paths, Stage, shipped};
use crate::support::Postgres;

/// An installed daily run: `it` holds the configuration, `reports`, `logs`.
struct Night {
    stage: Stage,
}

impl Night {
    /// With the paths' real places in the shipped env file.
    fn new(paths: &Paths) -> Night {
        let stage = Stage::of("daily");
        // A shell that read the last line would leave a file behind.
        stage.environment(paths, "NOTE=`id>sourced`\n");
        let night = Night { stage };
        night.configure("", "");
        night
    }

    /// The shipped configuration with a part replaced, and without its minute of waiting.
    fn configure(&self, part: &str, with: &str) {
        let shipped = shipped("daily/shadowgate.toml");
        assert!(shipped.contains(part), "{part}");
        let config = match part {
            "" => shipped,
            part => shipped.replace(part, with),
        };
        let config = config.replace("recheck_delay = \"30s\"", "recheck_delay = \"10ms\"");
        self.stage.write("shadowgate.toml", &config);
    }

    fn environment(&self, text: &str) {
        self.stage.secret("shadowgate.env", text);
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
    let dataset = &report["datasets"][0];
    assert_eq!(dataset["new"]["rows"], 1500);
    assert_eq!(dataset["recheck"]["persistent"], 2);
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
    night.configure("\"99%\"", "\"100%\"");
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
    let (path, days, log) = ("not an absolute path", "no number of days", "cannot write");
    for (name, value, why) in [
        ("SHADOWGATE_REPORTS", "reports", path),
        ("SHADOWGATE_LOGS", "./logs", path),
        ("SHADOWGATE", "shadowgate", path),
        ("SHADOWGATE_KEEP_DAYS", "0", days),
        ("SHADOWGATE_KEEP_DAYS", "-1", days),
        ("SHADOWGATE_KEEP_DAYS", "1 month", days),
        ("SHADOWGATE_LOGS", "/dev/null/logs", log),
        ("SHADOWGATE_LOGS", "/proc/self", log),
    ] {
        let ended = Ended::of(&mut night.command(&[(name, value)])).exits(2);
        let last = ended.err.lines().last().unwrap_or_default();
        assert!(last.contains(why), "{}", ended.err);
    }
    assert!(old.exists() && !night.stage.path("logs").exists());
}

/// A night of over a minute: each row of old takes its time.
fn slow(database: &str) -> Night {
    let night = Night::new(Paths::shared());
    let server = Postgres::start();
    let url = server.create_database(database);
    server.sql(
        database,
        "CREATE TABLE property_listings (property_number text PRIMARY KEY, title text);
         INSERT INTO property_listings SELECT n, n FROM generate_series(1, 1500) n;
         CREATE VIEW slow AS SELECT * FROM property_listings WHERE pg_sleep(0.05) IS NOT NULL",
    );
    night.configure("public.property_listings", "public.slow");
    night.environment(&format!(
        "STAGING_DB_URL={url}\nSUPABASE_REST_URL={}\nSUPABASE_SERVICE_ROLE_KEY={}\n",
        Paths::shared().api.url(),
        Paths::shared().api.jwt("service_role"),
    ));
    night
}

fn start(night: &Night) -> Child {
    let mut command = night.command(&[]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the script starts")
}

/// How many queries run in a database.
fn queries(database: &str) -> String {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND state = 'active'"
    );
    Postgres::start().sql("postgres", &sql)
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "no {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-s", signal, &id]).status();
    assert!(status.expect("kill runs").success());
}

/// As `systemctl stop` does it: the script alone gets the signal.
#[test]
fn a_night_that_is_stopped_leaves_no_query_and_its_report() {
    let night = slow("examples_stopped");
    let script = start(&night);
    wait_for("query", || queries("examples_stopped") == "1");
    send("TERM", &script);
    let output = script.wait_with_output().expect("its end");
    assert_eq!(output.status.code(), Some(143), "{output:?}");
    let err = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(err.contains("daily.sh: exit 143, interrupted; /"), "{err}");
    assert_eq!(queries("examples_stopped"), "0");
    let runs = night.stage.runs("reports");
    assert_eq!(runs.len(), 1, "{runs:?}");
    let report = night
        .stage
        .path(&format!("reports/{}/report.json", runs[0]));
    let report = std::fs::read_to_string(report).expect("a report");
    assert!(report.contains("\"interrupted\": \"SIGTERM\""), "{report}");
    assert!(night.log().1.contains("no report is removed"));
}

/// What the README has asked before the first night.
#[test]
fn the_doctor_finds_the_example_well() {
    let night = Night::new(Paths::shared());
    let asked = "shadowgate doctor --config /etc/shadowgate/shadowgate.toml";
    assert!(shipped("daily/README.md").contains(asked));
    let config = night.stage.path("shadowgate.toml").display().to_string();
    let program = env!("CARGO_BIN_EXE_shadowgate");
    let mut command = night.stage.command(program.as_ref(), &[]);
    let ended = Ended::of(command.args(["doctor", "--config", &config])).exits(0);
    assert!(
        ended.out.contains("half of SYNC_RATE_LIMIT_PER_SECOND=10"),
        "{}",
        ended.out
    );
}

/// No failure of the night, and no PASS either.
#[test]
fn a_night_that_finds_the_lock_held_leaves_the_work_to_its_holder() {
    let night = slow("examples_locked");
    let holder = start(&night);
    wait_for("query", || queries("examples_locked") == "1");
    let ended = night.run().exits(4);
    assert_eq!((ended.out, ended.err), (String::new(), String::new()));
    send("TERM", &holder);
    let output = holder.wait_with_output().expect("its end");
    assert_eq!(output.status.code(), Some(143), "{output:?}");
    let logs = night.names("logs").into_iter().map(|name| {
        let path = night.stage.path("logs").join(name);
        std::fs::read_to_string(path).expect("a log in UTF-8")
    });
    let said = "exit 4, another run holds the lock: left to it";
    let left: Vec<String> = logs.filter(|log| log.contains(said)).collect();
    assert_eq!(left.len(), 1);
    // shadowgate's own words, with the holder's process.
    assert!(
        left[0].contains("error: ") && left[0].contains("process"),
        "{}",
        left[0]
    );
}
