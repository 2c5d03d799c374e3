//! `examples/rollback`: the configuration as it is shipped, and the runbook's
//! screens, which are what an engineer will see.

use crate::stage::{Ended, Paths, Stage, shipped};
use crate::support::Postgres;

/// What the old side's queries ask.
const STATE: &str = "
    CREATE TABLE sync_state (system text PRIMARY KEY, state text, last_synced_at timestamptz);
    INSERT INTO sync_state VALUES
        ('ATHOME', 'idle', '2026-11-27 02:31:07+09'), ('REINS', 'idle', '2026-11-27 02:30:44+09');
    CREATE TABLE emergency_stops (system text, reason text, set_by text, set_at timestamptz,
        lifted_at timestamptz);
    INSERT INTO emergency_stops VALUES
        ('REINS', '価格の不一致', 'sato', '2026-11-27 02:58:10+09', NULL),
        ('ATHOME', '訓練', 'sato', '2026-11-01 10:00:00+09', '2026-11-01 10:05:00+09');";

/// The listing that differs, and how much later new has changed it.
fn changed(key: &str, later: &str) -> String {
    format!(
        "UPDATE property_listings SET price = 1, updated_at = updated_at + interval '{later}'
         WHERE property_number = '{key}';"
    )
}

/// Both paths after `drift` on the new one, and the example installed before them.
fn night(name: &str, drift: &str) -> (Paths, Stage) {
    let paths = Paths::make(name, drift);
    Postgres::start().sql(&format!("{name}_old"), STATE);
    let stage = Stage::of("rollback");
    stage.environment(&paths, "");
    (paths, stage)
}

/// Runs the runbook's command.
fn check(stage: &Stage) -> Ended {
    check_with(stage, &[])
}

fn check_with(stage: &Stage, more: &[&str]) -> Ended {
    let runbook = shipped("rollback/RUNBOOK.md");
    let line = runbook
        .lines()
        .find(|line| line.starts_with("shadowgate rollback-check"));
    let (command, _) = line.and_then(|it| it.split_once(';')).expect("a command");
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    run(stage, &[&args, more].concat())
}

fn run(stage: &Stage, args: &[&str]) -> Ended {
    let program = env!("CARGO_BIN_EXE_shadowgate");
    let variables = [("TZ", "Asia/Tokyo".to_owned())];
    Ended::of(stage.command(program.as_ref(), &variables).args(args))
}

/// Names the places of a test as the runbook does.
fn placed(text: &str) -> String {
    let line = |line: &str| {
        let line = match line.split_once(", database ") {
            Some((_, rest)) => {
                let rest = rest.split_once(',').map_or(rest, |(_, rest)| rest);
                format!("  old  host db.example.co.jp, database listings,{rest}")
            }
            None => line.replace("host 127.0.0.1,", "host project.supabase.co,"),
        };
        let line = line.replace(
            "http://127.0.0.1:1:",
            "https://project.supabase.co/rest/v1:",
        );
        let line = line.replace(
            "http://127.0.0.1:1,",
            "https://project.supabase.co/rest/v1,",
        );
        line.replace("role postgres", "role verifier") + "\n"
    };
    text.lines().map(line).collect()
}

/// Text without what differs from run to run: times, versions, hashes.
fn masked(text: &str) -> String {
    text.lines().map(|line| masked_line(line) + "\n").collect()
}

fn masked_line(line: &str) -> String {
    if line.ends_with(" left") {
        return "  <time> left".to_owned();
    }
    let mut last = "";
    let words = line.split(' ').map(|word| {
        let masks = matches!(last, "hash" | "(PostgreSQL" | "(PostgREST") || varies(word);
        last = word;
        match masks {
            true => "<it>".to_owned(),
            false => masked_run(word),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a word is a date, a time of a day, or the seconds that something took.
fn varies(word: &str) -> bool {
    let shape: String = word
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    let took = word.strip_prefix('(').map(str::parse::<f64>);
    matches!(shape.as_str(), "0000-00-00" | "00:00:00") || matches!(took, Some(Ok(_)))
}

/// A word without the name of a run's folder.
fn masked_run(word: &str) -> String {
    const NAME: usize = "20261127-031209-9f3a0c".len();
    match word.split_once("reports/") {
        Some(("", rest)) if rest.len() >= NAME => format!("reports/<run>{}", &rest[NAME..]),
        _ => word.to_owned(),
    }
}

/// A screen of the runbook.
fn screen(name: &str) -> String {
    let runbook = shipped("rollback/RUNBOOK.md");
    let mark = format!("<!-- screen: {name} -->\n```text\n");
    let (_, rest) = runbook
        .split_once(&mark)
        .unwrap_or_else(|| panic!("no screen {name}"));
    rest.split_once("```").expect("its end").0.to_owned()
}

/// Holds the first lines of an output to a screen.
#[track_caller]
fn shows(name: &str, output: &str) {
    let (screen, output) = (screen(name), placed(output));
    let lines = screen.lines().count();
    assert!(lines > 5, "the screen {name} is\n{output}");
    let first: String = output.split_inclusive('\n').take(lines).collect();
    assert_eq!(
        masked(&first),
        masked(&screen),
        "the screen {name} is\n{output}"
    );
}

#[test]
fn safe() {
    // Old has a newer state of one listing: no loss.
    let (_paths, stage) = night("rollback_safe", &changed("JP-000700", "-1 hour"));
    let ended = check(&stage).exits(0);
    shows("asked", &ended.err);
    shows("safe", &ended.out);
}

#[test]
fn loses() {
    let drift = changed("JP-000700", "1 hour")
        + "INSERT INTO property_listings
           SELECT 'JP-00150' || n, '渋谷 ' || n || '号室', n, 'REINS', now(), now()
           FROM generate_series(1, 2) n;";
    let (_paths, stage) = night("rollback_loses", &drift);
    let ended = check(&stage).exits(1);
    shows("loses", &ended.out);
    // The columns that the runbook names, and every row.
    let runbook = shipped("rollback/RUNBOOK.md");
    let folder = format!("reports/{}", stage.runs("reports")[0]);
    for (name, holds) in [
        ("lost_only_in_new.csv", ["JP-001501", "JP-001502"]),
        ("lost_newer_in_new.csv", ["JP-000700", "700350"]),
    ] {
        let text = std::fs::read_to_string(stage.path(&format!("{folder}/{name}")));
        let text = text.expect(name);
        let header = text.lines().next().expect("a header");
        assert!(
            runbook.contains(&format!("`{name}`: `{header}`")),
            "{header}"
        );
        assert!(holds.iter().all(|it| text.contains(it)), "{text}");
    }
    let explain = "shadowgate explain JP-001501";
    assert!(runbook.contains(explain));
    let explained = run(&stage, &explain.split(' ').skip(1).collect::<Vec<_>>()).exits(1);
    assert!(explained.out.contains("渋谷 1号室"), "{}", explained.out);
}

#[test]
fn one_system_alone() {
    let drift = "INSERT INTO property_listings
         SELECT 'JP-00150' || n, '渋谷', n, 'ATHOME', now(), now() FROM generate_series(1, 3) n;
         UPDATE property_listings SET system = 'REINS' WHERE property_number = 'JP-001503';";
    let (_paths, stage) = night("rollback_one", drift);
    let flags = [
        "--old-where",
        "system = 'REINS'",
        "--new-where",
        "system=eq.REINS",
    ];
    let [old, sql, new, filter] = flags;
    let typed = format!("{old} \"{sql}\" {new} {filter}");
    assert!(shipped("rollback/RUNBOOK.md").contains(&typed), "{typed}");
    let ended = check_with(&stage, &flags).exits(1);
    let first = ended.out.lines().next().unwrap_or_default();
    assert!(first.starts_with("LOSES 1 ROW: "), "{first}");
    assert!(
        first.contains("among the rows that `where` lets through"),
        "{first}"
    );
}

#[test]
fn the_new_path_is_down() {
    let (paths, stage) = night("rollback_down", "");
    stage.secret(
        "shadowgate.env",
        &format!(
            "STAGING_DB_URL={}\nSUPABASE_REST_URL=http://127.0.0.1:1\n\
             SUPABASE_SERVICE_ROLE_KEY={}\n",
            paths.old,
            paths.api.jwt("service_role")
        ),
    );
    let ended = check(&stage).exits(3);
    shows("asked", &ended.err);
    shows("new down", &ended.out);
}

#[test]
fn nothing_says_which_is_newer() {
    let (_paths, stage) = night("rollback_unknown", &changed("JP-000700", "0"));
    shows("unknown", &check(&stage).exits(3).out);
}

#[test]
fn the_mask_hides_what_varies_and_nothing_else() {
    assert_eq!(
        masked(
            "  7 min 51 s of 8 min 0 s left\n  by   x.toml, configuration hash d42ba9\n\
             2026-11-27 03:12:09 +09:00 1,500 rows (PostgreSQL 15.18) (0.02 s)\n  \
             reports/20261127-031209-9f3a0c/a.csv: 3 rows\n"
        ),
        "  <time> left\n  by   x.toml, configuration hash <it>\n\
         <it> <it> +09:00 1,500 rows (PostgreSQL <it> <it> s)\n  \
         reports/<run>/a.csv: 3 rows\n"
    );
}

/// The runbook's second word is what the screens of its sections begin with.
#[test]
fn each_answer_has_its_screen() {
    for (name, begins) in [
        ("safe", "SAFE: "),
        ("loses", "LOSES 3 ROWS: "),
        ("new down", "CANNOT TELL: "),
        ("unknown", "CANNOT TELL: "),
    ] {
        assert!(screen(name).starts_with(begins), "{name}");
    }
}
