//! Settings through the binary: keys, limits and places by flag, configuration,
//! env file and environment, against a real PostgreSQL and a real PostgREST; what
//! `-v` tells of them; the log file; a configuration by `init` that runs as it is.

mod common;
mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use common::{Lab, Ran};
use support::Postgres;
use support::api::{capped, serve};
use support::fault::{Plan, Proxy};
use support::postgrest::Postgrest;

const ROWS: &str = "CREATE TABLE listings (id bigint PRIMARY KEY, name text);
    INSERT INTO listings SELECT i, '物件' || i FROM generate_series(1, 2505) i;";

/// A database, and the same one behind PostgREST.
struct Both {
    lab: Lab,
    api: Postgrest,
    old: String,
}

impl Both {
    fn new(database: &str) -> Both {
        let api = serve(database, ROWS, capped());
        Both {
            lab: Lab::new(),
            api,
            old: Postgres::start().url(database),
        }
    }

    /// The binary with the environment of the team's own machines.
    fn command(&self) -> Command {
        let mut command = self.lab.command();
        command
            .env("STAGING_DB_URL", &self.old)
            .env("SUPABASE_REST_URL", self.api.url())
            .env("SUPABASE_SERVICE_ROLE_KEY", self.service());
        command
    }

    fn service(&self) -> String {
        self.api.jwt("service_role")
    }

    /// `verify` of the table, and that nothing that was said holds the key.
    fn verify(&self, command: &mut Command, args: &[&str]) -> Ran {
        let first = ["verify", "--quiet", "--table", "listings"];
        let ran = self.lab.ran(command.args(first).args(args));
        assert!(!ran.stderr.contains(&self.service()), "{}", ran.stderr);
        assert!(!ran.stdout.contains(&self.service()), "{}", ran.stdout);
        ran
    }
}

#[test]
fn the_environment_alone_says_where_both_sides_are() {
    let both = Both::new("settings_places");
    let ran = both.verify(&mut both.command(), &["-v"]).exits(0);
    for line in [
        "old.source: postgres://postgres@127.0.0.1",
        "from STAGING_DB_URL",
        "from SUPABASE_REST_URL\n",
        "new.apikey: (set) from SUPABASE_SERVICE_ROLE_KEY\n",
        "new.authorization: (set) from SUPABASE_SERVICE_ROLE_KEY\n",
        "rate limit: off (default)\n",
    ] {
        assert!(ran.stderr.contains(line), "{line}\n{}", ran.stderr);
    }
    assert_eq!(ran.stderr.matches("new.apikey").count(), 1, "said once");
    let report = ran.saved_report();
    assert_eq!(report["datasets"][0]["counts"]["matched"], 2505);
    assert!(!report.to_string().contains(&both.service()));
    let silent = both.verify(&mut both.command(), &[]).exits(0);
    assert_eq!(silent.stderr, "", "only -v tells");
}

/// Without a key the server answers anybody, of whom nothing is known.
#[test]
fn keys_of_another_server_are_not_sent() {
    let both = Both::new("settings_origin");
    let mut command = both.command();
    let elsewhere = command.env("SUPABASE_REST_URL", "https://project.example/rest/v1");
    let args = [both.old.as_str(), &both.api.url(), "-v"];
    let ran = both.verify(elsewhere, &args).exits(3);
    let why = "new.apikey: none (those of the environment are for SUPABASE_REST_URL alone)\n";
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
    let report = ran.cannot_verify(&["nobody in particular"]);
    assert_eq!(report["datasets"][0]["counts"]["new_rows"], 2505);
    let mut trusted = both.command();
    let args = [both.old.as_str(), &both.api.url(), "--new-role", "anon"];
    trusted.env_remove("SUPABASE_SERVICE_ROLE_KEY");
    both.verify(&mut trusted, &args).exits(0);
}

#[test]
fn half_of_the_syncs_rate_is_taken_and_no_more() {
    let both = Both::new("settings_rate");
    let proxy = Proxy::start(both.api.port(), Plan::default());
    let mut command = both.command();
    command
        .env("SUPABASE_REST_URL", proxy.url())
        .env("SYNC_RATE_LIMIT_PER_SECOND", "10")
        .env("SYNC_BATCH_SIZE", "300");
    let ran = both.verify(&mut command, &["-v"]).exits(0);
    let told = "rate limit: 5/s (half of SYNC_RATE_LIMIT_PER_SECOND=10)\n";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let requests = proxy.requests();
    let pages = requests
        .iter()
        .filter(|(_, line)| line.contains("limit=300"));
    assert!(pages.count() > 8, "{requests:?}");
    for window in requests.windows(6) {
        let apart = window[5].0 - window[0].0;
        assert!(apart.as_millis() >= 1000, "6 requests within {apart:?}");
    }
}

#[test]
fn a_variable_that_does_not_parse_is_named() {
    let lab = Lab::csv("id\n1\n", "id\n1\n");
    for (name, value) in [
        ("SYNC_BATCH_SIZE", "many"),
        ("SYNC_RATE_LIMIT_PER_SECOND", "10/s"),
        ("SYNC_CIRCUIT_BREAKER_TIMEOUT", "1m"),
    ] {
        let args = ["verify", "old.csv", "new.csv", "--key", "id"];
        let ran = lab.ran(lab.command().env(name, value).args(args));
        let ran = ran.refuses(&[name, "hint: "]);
        assert!(!ran.stderr.contains(value), "{}", ran.stderr);
    }
}

#[test]
fn an_env_file_is_read_by_no_shell() {
    let both = Both::new("settings_env_file");
    let lab = &both.lab;
    let env = format!(
        "# the team's own\nexport STAGING_DB_URL='{}'\nSUPABASE_REST_URL={}\n\
         SUPABASE_REST_HEADERS_AUTHORIZATION=Bearer {}\nTRAP=$(touch trap) `touch trap`\n",
        both.old,
        both.api.url(),
        both.service()
    );
    lab.write(".env", &env);
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(lab.path(".env"), private).expect("its mode");
    let typed = ["--env-file", ".env", "-v"];
    let ran = both.verify(&mut lab.command(), &typed).exits(0);
    let told = "new.authorization: (set) from SUPABASE_REST_HEADERS_AUTHORIZATION in .env\n";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(!lab.path("trap").exists());
    // The same by the configuration, whose folder the path starts from.
    std::fs::create_dir(lab.path("conf")).expect("a folder");
    lab.write(
        "conf/shadowgate.toml",
        "env_file = \"../.env\"\nlog_file = \"sg.log\"\n[datasets.listings]\n\
         [datasets.listings.old]\nsource = \"${STAGING_DB_URL}\"\ntable = \"listings\"\n\
         [datasets.listings.new]\ntable = \"listings\"\n",
    );
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(lab.path(".env"), open).expect("its mode");
    let args = ["--config", "conf/shadowgate.toml"];
    let ran = both.verify(&mut lab.command(), &args).exits(0);
    assert!(
        ran.stderr.contains("WARN") && ran.stderr.contains("others may read the env file"),
        "{}",
        ran.stderr
    );
    let log = std::fs::read_to_string(lab.path("conf/sg.log")).expect("a log");
    assert!(log.contains("others may read"), "{log}");
}

#[test]
fn an_env_file_that_cannot_be_read_is_refused() {
    let lab = Lab::csv("id\n1\n", "id\n1\n").with(".env", "A=1\nSUPABASE_ANON_KEY='hunter2\n");
    for (file, parts) in [
        ("gone.env", ["gone.env", "cannot be read"]),
        (".env", [".env, line 2", "NAME=value"]),
    ] {
        let ran = lab.by_id(&["--env-file", file]).refuses(&parts);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
}

#[test]
fn the_log_goes_to_a_file_of_its_own_too() {
    let lab = Lab::csv("id\n1\n", "id\n1\n");
    lab.by_id(&["--log-file", "gone/sg.log"])
        .refuses(&["gone/sg.log", "cannot be opened"]);
    let log = |level: &str| {
        let mut command = lab.command();
        command.env("LOG_LEVEL", level);
        let args = ["verify", "-q", "old.csv", "new.csv", "--key", "id"];
        lab.ran(command.args(args).args(["--log-file", "sg.log"]))
            .exits(0)
    };
    let first = log("INFO");
    let told = "log file: sg.log from --log-file\n";
    assert!(first.stderr.contains(told), "{}", first.stderr);
    let written = std::fs::read_to_string(lab.path("sg.log")).expect("a log");
    assert!(written.contains(told) && written.contains(" INFO "));
    assert!(!written.contains('\u{1b}'), "plain text");
    assert!(written.starts_with("20"), "with times: {written}");
    let mode = std::fs::metadata(lab.path("sg.log")).expect("a file");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    assert_eq!(log("error").stderr, "");
    log("info");
    let longer = std::fs::read_to_string(lab.path("sg.log")).expect("a log");
    assert!(longer.starts_with(&written), "appended");
    assert_eq!(longer.matches("log file: ").count(), 2);
    let loud = log("silly");
    assert!(
        loud.stderr.contains("LOG_LEVEL is passed over"),
        "{}",
        loud.stderr
    );
}

#[test]
fn one_condition_cannot_be_two_languages() {
    let both = Both::new("settings_where");
    let ran = both.verify(&mut both.command(), &["--where", "id=lte.5"]);
    ran.refuses(&[
        "--where would be read as SQL",
        "--old-where and --new-where",
    ]);
    let sql = ["--old-where", "id <= 5", "--new-where", "id <= 5"];
    let ran = both.verify(&mut both.command(), &sql);
    ran.refuses(&["is not a condition as PostgREST reads it"]);
    let each = ["--old-where", "id <= 5", "--new-where", "id=lte.5"];
    let ran = both.verify(&mut both.command(), &each).exits(0);
    let report = ran.saved_report();
    assert_eq!(report["datasets"][0]["counts"]["matched"], 5);
}

/// The columns are picked and named by PostgREST, so that no `rename` is needed.
#[test]
fn the_configuration_says_what_to_ask_postgrest_for() {
    let both = Both::new("settings_select");
    let server = Postgres::start();
    server.sql(
        "settings_select",
        "CREATE TABLE renamed (number bigint PRIMARY KEY, \"a,b\" text, own int DEFAULT 7);
         INSERT INTO renamed SELECT id, name FROM listings;
         GRANT SELECT ON renamed TO anon, service_role;
         NOTIFY pgrst, 'reload schema';",
    );
    let config = |more: &str| {
        let text = format!(
            "rate_limit = \"off\"\n[datasets.listings]\nkey = \"id\"\n\
             [datasets.listings.old]\ntable = \"listings\"\nwhere = \"id > 2500\"\n\
             [datasets.listings.new]\ntable = \"renamed\"\nwhere = \"number=gt.2500\"\n\
             select = 'id:number,name:\"a,b\"'\n{more}"
        );
        both.lab.write("shadowgate.toml", text);
    };
    config("");
    let report = both.lab.ran(both.command().args(["verify", "-q"])).exits(0);
    let report = report.saved_report();
    assert_eq!(report["datasets"][0]["counts"]["matched"], 5);
    // Its own key goes before those of the environment, and is that of nobody who sees all.
    let anon = both.api.jwt("anon");
    config(&format!("authorization = \"Bearer {anon}\"\n"));
    let ran = both.lab.ran(both.command().args(["verify", "-q"])).exits(3);
    ran.cannot_verify(&["the role anon"]);
    config(&format!("authorization = \"{anon}\"\nrole = \"anon\"\n"));
    let ran = both
        .lab
        .ran(both.command().args(["verify", "-q", "-v"]))
        .exits(0);
    let told = "new.authorization: (set) from shadowgate.toml\n";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&anon));
}

#[test]
fn what_init_writes_of_postgrest_runs_as_it_is() {
    let both = Both::new("settings_init");
    let args = ["--table", "listings", "--page-size", "500"];
    let first = ["init", both.old.as_str(), &both.api.url()];
    let ran = both.lab.ran(both.command().args(first).args(args)).exits(0);
    assert_eq!(ran.stderr, "");
    let file = std::fs::read_to_string(both.lab.path("shadowgate.toml")).expect("written");
    for line in [
        "page_size = \"500\"\n".to_owned(),
        format!("source = \"{}\"\ntable = \"listings\"\n", both.api.url()),
        "apikey = \"${SUPABASE_SERVICE_ROLE_KEY}\"\n".to_owned(),
        "authorization = \"${SUPABASE_SERVICE_ROLE_KEY}\"\n".to_owned(),
        "key = [\"id\"]\n".to_owned(),
    ] {
        assert!(file.contains(&line), "{line}{file}");
    }
    assert!(!file.contains(&both.service()));
    let mut command = both.command();
    both.lab.ran(command.args(["verify", "-q"])).exits(0);
    let explained = both.lab.ran(both.command().args(["explain", "7"])).exits(0);
    assert!(explained.stdout.contains("物件7"), "{}", explained.stdout);
    both.lab.ran(both.command().arg("columns")).exits(0);
    // A key that no variable gave is not asked for in the file.
    let mut open = both.command();
    open.env_remove("SUPABASE_SERVICE_ROLE_KEY");
    let again = ["--force", "--new-role", "anon", "--table", "listings"];
    both.lab.ran(open.args(first).args(again)).exits(0);
    let file = std::fs::read_to_string(both.lab.path("shadowgate.toml")).expect("written");
    assert!(
        file.contains("role = \"anon\"\n") && !file.contains("apikey"),
        "{file}"
    );
    let mut open = both.command();
    open.env_remove("SUPABASE_SERVICE_ROLE_KEY");
    both.lab.ran(open.args(["verify", "-q"])).exits(0);
}

/// A file that is there already says nothing of what is to be written.
#[test]
fn init_finds_the_sources_in_the_environment_as_verify_does() {
    let both = Both::new("settings_init_env");
    both.lab.write("shadowgate.toml", "[datasets.broken");
    let args = ["init", "-q", "--force", "--table", "listings"];
    both.lab.ran(both.command().args(args)).exits(0);
    let file = std::fs::read_to_string(both.lab.path("shadowgate.toml")).expect("written");
    for line in [
        "source = \"${STAGING_DB_URL}\"\n",
        "source = \"${SUPABASE_REST_URL}\"\n",
        "apikey = \"${SUPABASE_SERVICE_ROLE_KEY}\"\n",
    ] {
        assert!(file.contains(line), "{line}{file}");
    }
    both.lab.ran(both.command().args(["verify", "-q"])).exits(0);
    // A project's address is not yet its API's: that is written as it is.
    let supabase = "https://project.example";
    let mut project = both.command();
    project
        .env_remove("SUPABASE_REST_URL")
        .env("SUPABASE_URL", supabase);
    let ran = both.lab.ran(project.args(args));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("https://project.example/rest/v1"),
        "{}",
        ran.stderr
    );
    let ran = both.lab.ran(both.lab.command().args(args)).exits(2);
    assert!(ran.stderr.contains("STAGING_DB_URL"), "{}", ran.stderr);
}
