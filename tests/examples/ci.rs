//! `examples/ci`: the script's decisions, and the workflow that calls it.

use std::path::PathBuf;

use serde_json::json;
use yaml_rust2::{Yaml, YamlLoader};

use crate::stage::{Ended, Paths, Stage, shipped};
use crate::support::Postgres;
use crate::support::fault::{At, Fault, Plan, Proxy};

/// Its first attempt meets the network of STAGING_DB_URL, later ones that of HEALED.
const HEALING: &str = "#!/bin/sh\n[ -e tried ] && export STAGING_DB_URL=\"$HEALED\"\n\
    : > tried\nexec \"$BINARY\" \"$@\"\n";

const BINARY: &str = env!("CARGO_BIN_EXE_shadowgate");

fn verify(stage: &Stage, program: &str, more: &[(&str, String)], args: &[&str]) -> Ended {
    let mut variables = Paths::shared().variables();
    variables.extend([
        ("SHADOWGATE", program.to_owned()),
        ("RETRY_AFTER", "0".to_owned()),
    ]);
    variables.extend(more.iter().cloned());
    let script = stage.path("verify.sh");
    Ended::of(stage.command(&script, &variables).args(args))
}

/// A proxy before the old path that breaks off each COPY, and the URL through it.
fn broken() -> (Proxy, String) {
    let cut = Plan::new(Fault::Cut, At::Byte(20_000)).forever();
    let server = Postgres::start();
    let proxy = Proxy::start(server.port(), cut);
    let (port, through) = (server.port().to_string(), proxy.port().to_string());
    let url = Paths::shared().old.replace(&port, &through);
    (proxy, url)
}

#[test]
fn a_pass_and_a_fail_are_final() {
    let stage = Stage::of("ci");
    let passed = verify(&stage, BINARY, &[], &[]).exits(0);
    assert!(
        passed.out.starts_with("PASS  listings: 99.86 %"),
        "{}",
        passed.out
    );
    let failed = verify(&stage, BINARY, &[], &["--match-rate", "100%"]).exits(1);
    assert!(failed.out.starts_with("FAIL  listings"), "{}", failed.out);
    assert_eq!(stage.runs("reports").len(), 2);
}

#[test]
fn what_may_pass_by_itself_is_tried_once_more() {
    let stage = Stage::of("ci");
    let program = stage.script("program", HEALING);
    let (proxy, url) = broken();
    let more = [
        ("BINARY", BINARY.to_owned()),
        ("HEALED", Paths::shared().old.clone()),
        ("STAGING_DB_URL", url),
    ];
    let ended = verify(&stage, program.to_str().expect("UTF-8"), &more, &[]).exits(0);
    assert!(proxy.fired() > 0);
    assert!(ended.err.contains("once more in 0 s"), "{}", ended.err);
    assert_eq!(stage.runs("reports").len(), 2);
    assert_eq!(stage.report("reports")["verdict"], "pass");
}

#[test]
fn what_lasts_is_given_up_after_the_second_attempt() {
    let stage = Stage::of("ci");
    let (proxy, url) = broken();
    let ended = verify(&stage, BINARY, &[("STAGING_DB_URL", url)], &[]).exits(3);
    assert!(proxy.fired() > 1);
    assert!(ended.out.contains("INCONCLUSIVE"), "{}", ended.out);
    assert_eq!(stage.runs("reports").len(), 2);
    let transient = stage.transient("reports");
    assert!(
        !transient.is_empty() && transient.iter().all(|it| *it),
        "{transient:?}"
    );
}

#[test]
fn what_does_not_pass_by_itself_is_not_tried_again() {
    let stage = Stage::of("ci");
    let expired = Paths::shared().api.jwt_expired("service_role");
    let more = [("SUPABASE_SERVICE_ROLE_KEY", expired)];
    verify(&stage, BINARY, &more, &[]).exits(3);
    assert_eq!(stage.runs("reports").len(), 1);
    assert!(stage.transient("reports").contains(&false));
}

#[test]
fn one_lasting_reason_among_passing_ones_is_enough() {
    let stage = Stage::of("ci");
    stage.write("empty.csv", "id\n");
    stage.write("void.csv", "id\n");
    let empty = "\n[datasets.empty]\nkey = \"id\"\n[datasets.empty.old]\n\
        source = \"empty.csv\"\n[datasets.empty.new]\nsource = \"void.csv\"\n";
    stage.write("shadowgate.toml", &(shipped("ci/shadowgate.toml") + empty));
    let (_proxy, url) = broken();
    verify(&stage, BINARY, &[("STAGING_DB_URL", url)], &[]).exits(3);
    assert_eq!(stage.runs("reports").len(), 1);
    let mut transient = stage.transient("reports");
    transient.sort_unstable();
    transient.dedup();
    assert_eq!(transient, [false, true]);
}

/// A report that an attempt did not save must not speak for it.
#[test]
fn the_report_of_an_earlier_run_is_not_asked() {
    let stage = Stage::of("ci");
    let program = stage.script("program", "#!/bin/sh\necho x >> tried\nexit 3\n");
    let run = "reports/20260101-000000-000000";
    std::fs::create_dir_all(stage.path(run)).expect("a folder");
    let report = json!({"reasons": [{"transient": true}]});
    stage.write(&format!("{run}/report.json"), &report.to_string());
    let latest = stage.path("reports/latest");
    std::os::unix::fs::symlink("20260101-000000-000000", latest).expect("a link");
    verify(&stage, program.to_str().expect("UTF-8"), &[], &[]).exits(3);
    let tried = std::fs::read_to_string(stage.path("tried")).expect("a count");
    assert_eq!(tried, "x\n");
}

/// No run ends like these today: the script does not rely on it.
#[test]
fn only_a_3_with_reasons_is_tried_again() {
    for (code, reasons, tries) in [
        (3, json!([{"transient": true}]), "x\nx\n"),
        (3, json!([]), "x\n"),
        (3, json!([{}]), "x\n"),
        (1, json!([{"transient": true}]), "x\n"),
        (143, json!([{"transient": true}]), "x\n"),
    ] {
        let stage = Stage::of("ci");
        let report = json!({"reasons": reasons}).to_string();
        let text = format!(
            "#!/bin/sh\necho x >> tried\nrun=$(wc -l < tried)\nmkdir -p reports/$run\n\
             echo '{report}' > reports/$run/report.json\nln -sfn $run reports/latest\nexit {code}\n"
        );
        let program = stage.script("program", &text);
        verify(&stage, program.to_str().expect("UTF-8"), &[], &[]).exits(code);
        let tried = std::fs::read_to_string(stage.path("tried")).expect("a count");
        assert_eq!(tried, tries, "{code} {report}");
    }
}

#[test]
fn a_mistake_in_the_call_is_not_tried_again() {
    let stage = Stage::of("ci");
    let ended = verify(&stage, BINARY, &[], &["--match-rate", "lots"]).exits(2);
    assert_eq!((ended.out.as_str(), stage.runs("reports").len()), ("", 0));
}

#[test]
fn cells_cannot_command_the_runner() {
    let stage = Stage::of("ci");
    let more = [("GITHUB_ACTIONS", "true".to_owned())];
    let ended = verify(&stage, BINARY, &more, &[]).exits(0);
    let lines: Vec<&str> = ended.out.lines().collect();
    let word = lines[0].strip_prefix("::stop-commands::");
    let word = word.unwrap_or_else(|| panic!("{}", ended.out));
    assert_eq!(word.len(), 32, "{word}");
    assert_eq!(lines.last(), Some(&format!("::{word}::").as_str()));
    // stderr is read by the runner beside stdout, in no order: nothing is left there.
    assert_eq!(ended.err, "");
}

fn workflow() -> Yaml {
    let mut documents =
        YamlLoader::load_from_str(&shipped("ci/verify.yml")).expect("the workflow is YAML");
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

fn step(job: &Yaml, holds: impl Fn(&Yaml) -> bool) -> &Yaml {
    let steps = job["steps"].as_vec().expect("steps");
    let found: Vec<&Yaml> = steps.iter().filter(|step| holds(step)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]
}

#[test]
fn the_workflow_calls_the_script_and_keeps_the_reports() {
    let workflow = workflow();
    let job = &workflow["jobs"]["verify"];
    // A job that runs out of time keeps no report of what it saw.
    let config = shipped("ci/shadowgate.toml");
    let deadline = config
        .lines()
        .find_map(|line| line.strip_prefix("deadline = \""));
    let minutes = deadline.and_then(|it| it.split_once("m\""));
    let minutes: i64 = minutes
        .and_then(|(it, _)| it.parse().ok())
        .expect("minutes");
    assert!(job["timeout-minutes"].as_i64() > Some(2 * minutes + 10));
    let verify = step(job, |step| step["run"].as_str() == Some("./verify.sh"));
    let folder = verify["working-directory"].as_str().expect("a folder");
    assert!(verify["continue-on-error"].is_badvalue());
    let keep = step(job, |step| {
        let uses = step["uses"].as_str().unwrap_or_default();
        uses.starts_with("actions/upload-artifact@")
    });
    assert_eq!(keep["if"].as_str(), Some("always()"));
    let kept = keep["with"]["path"].as_str().expect("paths");
    assert_eq!(
        kept.lines().next(),
        Some(format!("{folder}/reports").as_str())
    );
}

/// The workflow hands over each variable that the configuration or the script's
/// user needs, as a secret of the same name.
#[test]
fn the_workflow_hands_over_what_the_configuration_reads() {
    let workflow = workflow();
    let job = &workflow["jobs"]["verify"];
    let verify = step(job, |step| step["run"].as_str() == Some("./verify.sh"));
    let handed = verify["env"].as_hash().expect("variables");
    for (name, value) in handed {
        let name = name.as_str().expect("a name");
        let secret = format!("${{{{ secrets.{name} }}}}");
        assert_eq!(value.as_str(), Some(secret.as_str()));
    }
    let config = shipped("ci/shadowgate.toml");
    let parts = config.lines().filter(|line| !line.starts_with('#'));
    let read: Vec<&str> = parts
        .filter_map(|line| line.split_once("${")?.1.split_once('}'))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(read, ["STAGING_DB_URL", "SUPABASE_REST_URL"]);
    for (name, _) in Paths::shared().variables() {
        assert!(
            handed.contains_key(&Yaml::String(name.to_owned())),
            "{name}"
        );
    }
}

#[test]
fn the_scripts_of_all_examples_can_be_run() {
    for script in ["ci/verify.sh", "daily/daily.sh"] {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("examples")
            .join(script);
        let meta = std::fs::metadata(&path).expect(script);
        let mode = std::os::unix::fs::PermissionsExt::mode(&meta.permissions());
        assert_eq!(mode & 0o111, 0o111, "{script}");
        assert!(shipped(script).starts_with("#!/bin/sh\n"), "{script}");
        let checked = Ended::of(std::process::Command::new("sh").arg("-n").arg(&path));
        checked.exits(0);
    }
}
