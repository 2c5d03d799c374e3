//! The other commands through the binary: `explain`, `columns`, `init`,
//! `completions`, `man`, with their full output, exit codes and refusals.

mod support;

use std::process::{Command, Output};

use support::Postgres;

/// A folder with both sides of a small dataset, and a configuration.
struct Folder(tempfile::TempDir);

const OLD: &str = "property_number,名称,price,note,updated
JP-1,青山ｺｰﾄ 101,128000,,2024-01-05 10:00:00
JP-2,\"a,b\",1.10,\"\",2024-01-06 10:00:00
JP-3,c,7,x\u{1b}[31m,2024-01-07 10:00:00
JP-5,d,1,x,2024-01-08 10:00:00
JP-5,e,1,x,2024-01-09 10:00:00
";

const NEW: &str = r#"{"property_number":"JP-1","名称":"青山コート 101","price":12800,"note":null,"updated":"2024-01-05T10:00:00"}
{"property_number":"JP-2","名称":"a,b","price":1.1,"updated":"2024-01-06 10:00:00"}
{"property_number":"JP-4","名称":"d","price":3,"note":"x","updated":"2024-01-07 10:00:00","memo":""}
{"property_number":"JP-5","名称":"d","price":1.25,"note":"x","updated":"2024-01-08 10:00:00"}
"#;

const CONFIG: &str = r#"
[datasets.listings]
key = "property_number"
ignore = ["memo"]
[datasets.listings.old]
source = "old.csv"
[datasets.listings.new]
source = "new.jsonl"
[datasets.listings.columns."*"]
normalise = ["trim", "nfkc", "absent-as-null", "empty-as-null"]
[datasets.listings.columns.price]
type = "numeric"
tolerance = { absolute = "0.5" }
[datasets.listings.columns.updated]
type = "timestamp"
"#;

impl Folder {
    fn empty() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    fn new() -> Folder {
        let folder = Folder::empty();
        folder.write("old.csv", OLD);
        folder.write("new.jsonl", NEW);
        folder.write("shadowgate.toml", CONFIG);
        folder
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("a file");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).expect(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shadowgate"));
        command
            .args(args)
            .current_dir(self.0.path())
            .env_remove("RUST_LOG")
            .env_remove("LOG_LEVEL")
            .env_remove("OLD_DATABASE_URL");
        command
    }

    fn run(&self, args: &[&str]) -> Ended {
        Ended::of(self.command(args).output().expect("the binary runs"))
    }
}

/// How a command ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    fn of(output: Output) -> Ended {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Ended {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// The answer, of a command that says nothing else.
    fn answer(self, code: i32) -> String {
        assert_eq!(
            (self.code, self.err.as_str()),
            (Some(code), ""),
            "{}",
            self.out
        );
        self.out
    }

    /// The refusal, of a command that gives no answer.
    fn refusal(self, code: i32) -> String {
        assert_eq!(
            (self.code, self.out.as_str()),
            (Some(code), ""),
            "{}",
            self.err
        );
        assert!(
            ["hint: ", "Usage: ", "--help"]
                .iter()
                .any(|word| self.err.contains(word)),
            "{}",
            self.err
        );
        self.err
    }
}

#[test]
fn explain_shows_a_key_step_by_step() {
    let folder = Folder::new();
    let explain = |key, code| folder.run(&["explain", key]).answer(code);
    insta::assert_snapshot!("explain_differing", explain("JP-1", 1));
    insta::assert_snapshot!("explain_matched", explain("JP-2", 0));
    insta::assert_snapshot!("explain_missing", explain("JP-3", 1));
    insta::assert_snapshot!("explain_extra", explain("JP-4", 1));
    insta::assert_snapshot!("explain_duplicated", explain("JP-5", 1));
    let whole = folder.run(&["explain", "JP-1", "-v"]);
    insta::assert_snapshot!("explain_whole", whole.out);
    // As a detail file writes the key, and by the key's own rules.
    let typed = explain("{\"property_number\":\"JP-1\"}", 1);
    assert_eq!(typed, explain("JP-1", 1));
    assert_eq!(explain(" ＪＰ-1 ", 1), typed);
    assert!(
        !folder.run(&["explain", "JP-3"]).out.contains('\u{1b}'),
        "no control sequence"
    );
}

#[test]
fn explain_takes_keys_of_several_columns_and_tolerances() {
    let folder = Folder::empty();
    folder.write("old.csv", "a,b,v\n1,x,1.0\n1,\"y,z\",2.0\n");
    folder.write("new.csv", "a,b,v\n1,x,1.4\n1,\"y,z\",2.0\n");
    folder.write(
        "shadowgate.toml",
        "[datasets.t]\nkey = [\"a\", \"b\"]\n[datasets.t.old]\nsource = \"old.csv\"\n\
         [datasets.t.new]\nsource = \"new.csv\"\n[datasets.t.columns.v]\ntype = \"numeric\"\n\
         tolerance = { absolute = 0.5 }\n",
    );
    let tolerated = folder.run(&["explain", "1,x"]).answer(0);
    assert!(
        tolerated.contains("1 column within its tolerance"),
        "{tolerated}"
    );
    let quoted = folder.run(&["explain", "[1, \"y,z\"]"]).answer(0);
    assert!(
        quoted.starts_with("MATCHED  a 1, b y,z: equal on both sides"),
        "{quoted}"
    );
    let one = folder.run(&["explain", "1"]).refusal(2);
    assert!(
        one.contains("the key has 2 columns (a, b), and 1 value was given"),
        "{one}"
    );
}

#[test]
fn explain_refuses_what_it_cannot_look_for() {
    let folder = Folder::new();
    let nowhere = folder.run(&["explain", "JP-9"]).refusal(3);
    assert!(
        nowhere.contains("no such key on either side: \"JP-9\""),
        "{nowhere}"
    );
    let null = folder.run(&["explain", ""]).refusal(2);
    assert!(null.contains("NULL names no row"), "{null}");
    folder.run(&["explain"]).refusal(2);
    folder
        .run(&["explain", "JP-1", "--format", "json"])
        .refusal(2);
    folder
        .run(&["explain", "JP-1", "old.csv", "gone.csv"])
        .refusal(2);
    folder
        .run(&["explain", "JP-1", "--dataset", "other"])
        .refusal(2);
    folder.write(
        "cut.jsonl",
        "{\"property_number\":\"JP-1\"}\n{\"property_num",
    );
    let args = [
        "explain",
        "JP-1",
        "old.csv",
        "cut.jsonl",
        "--key",
        "property_number",
    ];
    folder.run(&args).refusal(3);
    let two = CONFIG.replace("[datasets.listings", "[datasets.second") + CONFIG;
    folder.write("two.toml", &two);
    let several = folder
        .run(&["explain", "JP-1", "--config", "two.toml"])
        .refusal(2);
    assert!(several.contains("--dataset: second, listings"), "{several}");
    let args = [
        "explain",
        "JP-2",
        "--config",
        "two.toml",
        "--dataset",
        "second",
    ];
    folder.run(&args).answer(0);
}

#[test]
fn columns_shows_both_schemas() {
    let folder = Folder::new();
    insta::assert_snapshot!("columns", folder.run(&["columns"]).answer(0));
    let no_key = folder.run(&["columns", "old.csv", "new.jsonl"]);
    assert_eq!(no_key.code, Some(2));
    assert!(no_key.err.contains("no key"), "{}", no_key.err);
    assert!(no_key.out.contains("only in new"), "{}", no_key.out);
    folder.run(&["columns", "old.csv", "gone.jsonl"]).refusal(2);
    folder.run(&["columns", "old.csv"]).refusal(2);
}

#[test]
fn columns_shows_what_cannot_agree() {
    let server = Postgres::start();
    let url = server.create_database("columns");
    server.sql(
        "columns",
        "CREATE TABLE o (id int PRIMARY KEY, at timestamp, flag text, t tsvector);
         CREATE TABLE n (id bigint PRIMARY KEY, at timestamptz, flag boolean, t tsvector)",
    );
    let folder = Folder::empty();
    let args = [
        "columns",
        &url,
        &url,
        "--old-table",
        "o",
        "--new-table",
        "n",
    ];
    let shown = folder.run(&args);
    assert_eq!(shown.code, Some(2));
    let table = shown.out.split_once("  column").expect("a table").1;
    insta::assert_snapshot!("columns_disagree", table);
    for name in ["`at` is", "`flag` is"] {
        assert!(shown.err.contains(name), "{}", shown.err);
    }
}

#[test]
fn verify_without_a_key_names_the_columns_that_would_do() {
    let folder = Folder::empty();
    folder.write("old.csv", "id,code,kind\n1,a,x\n2,b,x\n3,c,y\n");
    folder.write("new.csv", "id,code,kind\n1,a,x\n2,b,x\n3,,y\n");
    let hint = folder.run(&["verify", "old.csv", "new.csv"]).refusal(2);
    assert!(hint.contains("never NULL on both sides: id\n"), "{hint}");
    folder.write("old.csv", "a,b\n1,1\n1,2\n2,1\n2,2\n");
    folder.write("new.csv", "b,a\n1,1\n1,2\n2,1\n2,2\n");
    let hint = folder.run(&["verify", "old.csv", "new.csv"]).refusal(2);
    assert!(hint.contains("pairs that are: a,b"), "{hint}");
    folder.write("new.csv", "b,a\n1,1\n1,1\n1,1\n1,1\n");
    let hint = folder.run(&["verify", "old.csv", "new.csv"]).refusal(2);
    assert!(
        hint.contains("no column is unique and never NULL"),
        "{hint}"
    );
    assert!(
        !folder.0.path().join("reports/latest").exists(),
        "no report is written"
    );
}

/// `init`, then `verify` with the file as it was written.
fn round_trip(folder: &Folder, args: &[&str], env: &[(&str, &str)], exit: i32) -> String {
    let written = folder.run(&[&["init"], args].concat());
    assert_eq!(written.code, Some(0), "{}", written.err);
    assert!(
        written.out.starts_with("wrote shadowgate.toml: key "),
        "{}",
        written.out
    );
    let verified = folder
        .command(&["verify", "--quiet"])
        .envs(env.iter().copied())
        .output();
    let verified = Ended::of(verified.expect("the binary runs"));
    assert_eq!(
        verified.code,
        Some(exit),
        "{}{}",
        verified.out,
        verified.err
    );
    folder.read("shadowgate.toml")
}

#[test]
fn init_of_two_csv_files_runs_as_it_is() {
    let folder = Folder::empty();
    folder.write(
        "old.csv",
        "番号,zip,price,\"a \"\"b\"\"\",open\n1,007,1.10,x,true\n2,008,2,x,f\n",
    );
    folder.write(
        "new.csv",
        "番号,zip,price,\"a \"\"b\"\"\",open\n1,007,1.1,x,t\n2,008,2.00,x,false\n",
    );
    let file = round_trip(&folder, &["old.csv", "new.csv"], &[], 0);
    insta::assert_snapshot!("init_csv", file);
}

#[test]
fn init_of_sqlite_and_json_lines_runs_as_it_is() {
    let folder = Folder::empty();
    let db = rusqlite::Connection::open(folder.0.path().join("old.db")).expect("a database");
    db.execute_batch(
        "CREATE TABLE listings (number TEXT PRIMARY KEY NOT NULL, price REAL, open INTEGER, at TEXT);
         INSERT INTO listings VALUES ('JP-1', 1.5, 1, '2024-01-05 10:00:00'),
                                     ('JP-2', 2, 0, NULL), ('JP-3', 2, 0, NULL)",
    )
    .expect("a table");
    drop(db);
    folder.write(
        "new.jsonl",
        "{\"number\":\"JP-1\",\"price\":1.50,\"open\":true,\"at\":\"2024-01-05T10:00:00\",\"x\":1}\n\
         {\"number\":\"JP-2\",\"price\":\"2.0\",\"open\":false,\"at\":null}\n\
         {\"number\":\"JP-3\",\"price\":3,\"open\":false,\"at\":null}\n",
    );
    let args = ["old.db", "new.jsonl", "--old-table", "listings"];
    let file = round_trip(&folder, &args, &[], 1);
    for line in [
        "key = [\"number\"]",
        "source = \"sqlite:old.db\"",
        "type = \"boolean\"",
        "type = \"timestamp without time zone\"",
        "# CHECK: only the new side has x",
    ] {
        assert!(file.contains(line), "{line} in\n{file}");
    }
    let price = folder.run(&["explain", "JP-3"]).answer(1);
    assert!(price.contains("1 of 4 columns differ"), "{price}");
}

#[test]
fn init_of_postgres_and_csv_keeps_the_password_out() {
    let server = Postgres::start();
    server.create_database("init");
    server.sql(
        "init",
        "CREATE ROLE reader LOGIN PASSWORD 'hunter2';
         CREATE TABLE listings (id int PRIMARY KEY, name text, price numeric(12,2), at timestamptz);
         INSERT INTO listings VALUES (1, '青山', 1.10, '2024-01-05 10:00:00+09'), (2, NULL, 3, NULL);
         GRANT SELECT ON listings TO reader",
    );
    let url = server.url_as("reader", "hunter2", "init");
    let folder = Folder::empty();
    folder.write(
        "new.csv",
        "id,name,price,at\n1,青山,1.1,2024-01-05T01:00:00Z\n2,,3.00,\n",
    );
    let env = [("OLD_DATABASE_URL", url.as_str())];
    let args = [&url, "new.csv", "--old-table", "listings"];
    let file = round_trip(&folder, &args, &env, 0);
    assert!(!file.contains("hunter2"), "{file}");
    assert!(file.contains("source = \"${OLD_DATABASE_URL}\""), "{file}");
    assert!(file.contains("table = \"listings\""), "{file}");
    assert!(file.contains("the sources' own key"), "{file}");
    let unset = folder.run(&["verify"]).refusal(2);
    assert!(unset.contains("OLD_DATABASE_URL is not set"), "{unset}");
}

#[test]
fn init_runs_where_declared_types_cannot_agree() {
    let server = Postgres::start();
    let url = server.create_database("disagree");
    server.sql(
        "disagree",
        "CREATE TABLE o (id int PRIMARY KEY, n text, at timestamp);
         CREATE TABLE n (id bigint PRIMARY KEY, n int, at timestamptz);
         INSERT INTO o VALUES (1, '5', '2024-01-05 10:00'); INSERT INTO n VALUES (1, 5, '2024-01-05 10:00+00')",
    );
    let folder = Folder::empty();
    let args = [&url, &url, "--old-table", "o", "--new-table", "n"];
    let file = round_trip(&folder, &args.map(|arg: &str| arg), &[], 1);
    let columns = file.split_once("columns.n]").expect("n has a table").1;
    assert!(
        columns.contains("type = \"bigint\""),
        "every cell reads as it: {file}"
    );
    assert!(file.contains("# timezone = \"Asia/Tokyo\""), "{file}");
}

#[test]
fn init_finds_the_key_of_data_that_is_not_clean() {
    let folder = Folder::new();
    std::fs::remove_file(folder.0.path().join("shadowgate.toml")).expect("it is there");
    let file = round_trip(&folder, &["old.csv", "new.jsonl"], &[], 1);
    assert!(file.contains("key = [\"property_number\"]"), "{file}");
    assert!(
        file.contains("save in 1 row (CHECK: is it the key?)"),
        "{file}"
    );
}

#[test]
fn init_of_a_partial_side_says_so() {
    let folder = Folder::empty();
    folder.write("old.csv", "id,name\n1,a\n2,b\n3,c\n");
    folder.write("new.csv", "id,name\n1,a\n2,b\n");
    let args = ["old.csv", "new.csv", "--scope", "keys-of-new"];
    let file = round_trip(&folder, &args, &[], 0);
    assert!(file.contains("\nscope = \"keys-of-new\"\n"), "{file}");
}

#[test]
fn init_pairs_names_that_are_written_otherwise() {
    let folder = Folder::empty();
    folder.write(
        "old.csv",
        "property_number,price,a_b,ab\n1,2,x,y\n2,2,x,y\n",
    );
    folder.write(
        "new.jsonl",
        "{\"propertyNumber\":1,\"price\":2.0,\"aB\":\"x\"}\n\
         {\"propertyNumber\":2,\"price\":2,\"aB\":\"x\"}\n",
    );
    // Which of a_b and ab it is that aB stands for would be a guess.
    let file = round_trip(&folder, &["old.csv", "new.jsonl"], &[], 1);
    let rename = "rename = { propertyNumber = \"property_number\" }\n";
    assert!(file.contains(rename), "{file}");
    assert!(file.contains("key = [\"property_number\"]"), "{file}");
    assert!(
        file.contains("CHECK: only the old side has a_b, ab:"),
        "{file}"
    );
    folder.run(&["explain", "1"]).answer(0);
}

#[test]
fn init_of_the_shipped_fixtures_runs_as_it_is() {
    // The second pair is full of defects: its key is found all the same.
    for pair in ["good", "listings"] {
        let folder = Folder::empty();
        let names = ["old.sqlite", "new.jsonl"].map(|end| format!("{pair}_{end}"));
        for name in &names {
            let from = format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
            std::fs::copy(from, folder.0.path().join(name)).expect(name);
        }
        let args = [&names[0], &names[1], "--old-table", "property_listings"];
        let file = round_trip(&folder, &args, &[], 1);
        for line in [
            "key = [\"property_number\"]",
            "propertyNumber = \"property_number\"",
            "# CHECK: the times of updated_at have a zone on one side only.",
        ] {
            assert!(file.contains(line), "{line} in {pair}:\n{file}");
        }
    }
}

#[test]
fn init_overwrites_nothing_and_refuses_what_it_cannot_do() {
    let folder = Folder::new();
    let init = |more: &[&str]| folder.run(&[&["init", "old.csv", "new.jsonl"], more].concat());
    let there = init(&[]).refusal(2);
    assert!(there.contains("--force"), "{there}");
    assert_eq!(folder.read("shadowgate.toml"), CONFIG, "it is as it was");
    assert_eq!(init(&["--force", "--key", "property_number"]).code, Some(0));
    assert!(folder.read("shadowgate.toml").starts_with("# Written by"));
    let printed = init(&["-o", "-"]).answer(0);
    assert!(printed.starts_with("# Written by"), "{printed}");
    init(&["-o", "gone/x.toml"]).refusal(2);
    init(&["-o", "x.toml", "--key", "nosuch"]).refusal(2);
    init(&["-o", "x.toml", "--config", "shadowgate.toml"]).refusal(2);
    folder.run(&["init", "-o", "x.toml"]).refusal(2);
    folder.run(&["init", "old.csv", "-o", "x.toml"]).refusal(2);
    folder
        .run(&["init", "old.csv", "gone.csv", "-o", "x.toml"])
        .refusal(2);
    assert!(
        !folder.0.path().join("x.toml").exists(),
        "nothing half-written"
    );
}

#[test]
fn init_writes_paths_from_the_files_folder() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.path().join("conf")).expect("a folder");
    let args = [
        "init",
        "old.csv",
        "new.jsonl",
        "-o",
        "conf/x.toml",
        "--ignore",
        "memo",
    ];
    let written = folder.run(&args);
    assert_eq!(written.code, Some(0), "{}", written.err);
    let file = folder.read("conf/x.toml");
    assert!(file.contains("source = \"../old.csv\""), "{file}");
    assert!(file.contains("ignore = [\"memo\"]"), "{file}");
    let verified = folder.run(&["verify", "--quiet", "--config", "conf/x.toml"]);
    assert_eq!(verified.code, Some(1), "{}", verified.err);
}

#[test]
fn completions_and_the_manual_are_printed() {
    let folder = Folder::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = folder.run(&["completions", shell]).answer(0);
        assert!(script.contains("match-rate"), "{shell}");
    }
    folder.run(&["completions"]).refusal(2);
    folder.run(&["completions", "tcsh"]).refusal(2);
    let page = folder.run(&["man"]).answer(0);
    assert!(page.starts_with(".ie"), "a roff page");
    assert!(page.contains("COMMAND EXPLAIN"));
    folder.run(&["man", "verify"]).refusal(2);
}

#[test]
fn every_command_has_help_with_examples() {
    let folder = Folder::empty();
    for command in ["verify", "init", "explain", "columns", "completions"] {
        let help = folder.run(&[command, "--help"]).answer(0);
        assert!(help.contains("Examples:\n"), "{command}: {help}");
        assert!(
            help.contains(&format!("  shadowgate {command} ")),
            "{command}: {help}"
        );
    }
}
