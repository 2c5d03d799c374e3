//! A command as a side: what a file says of it, and what of that outlives
//! another location that was typed.

use std::path::Path;
use std::time::Duration;

use crate::error::{Code, Failure};
use crate::plan::{DatasetSpec, Plan, SourceOptions, VerifyOptions};
use crate::secret::Secret;
use crate::source::location::{CommandOptions, Format, Location};

const FILE: &str = r#"
[datasets.listings]
key = ["id"]
old.source = "old.csv"
[datasets.listings.new]
source = "command:npx dry-run --token ${TOKEN}"
cwd = "app"
env = { KEY = "${TOKEN}", LIMIT = "100" }
timeout = "5m"
format = "csv"
output = "out/rows.txt"
delimiter = ";"
"#;

/// The dataset of `FILE`, with these locations in the place of its own.
fn spec(text: &str, locations: [Option<&str>; 2]) -> Result<DatasetSpec, Failure> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("c.toml"), text).expect("written");
    let options = SourceOptions {
        config: Some(folder.path().join("c.toml")),
        locations: locations.map(|text| text.map(Secret::new)),
        ..SourceOptions::default()
    };
    plan(options)
}

fn plan(source: SourceOptions) -> Result<DatasetSpec, Failure> {
    let options = VerifyOptions {
        source,
        ..VerifyOptions::default()
    };
    let env = |name: &str| (name == "TOKEN").then(|| "hunter2".to_owned());
    let plan = Plan::from(&options, &env, Path::new("typed"))?;
    Ok(plan.datasets.into_iter().next().expect("a dataset"))
}

#[test]
fn what_a_file_says_of_a_command() {
    let spec = spec(FILE, [None, None]).expect("plans");
    let new = &spec.sides[1].source;
    assert_eq!(new.shown(), "command:npx … (3 arguments)");
    let options = &new.command;
    assert!(
        options
            .cwd
            .as_ref()
            .is_some_and(|cwd| cwd.ends_with("app") && cwd.is_absolute())
    );
    assert!(
        options
            .output
            .as_ref()
            .is_some_and(|file| file.ends_with("out/rows.txt"))
    );
    assert_eq!(options.env["KEY"], Secret::new("hunter2"));
    assert_eq!(options.env["LIMIT"], Secret::new("100"));
    assert_eq!(options.timeout, Some(Duration::from_secs(300)));
    assert_eq!((options.format(), options.shell), (Format::Csv, false));
    assert_eq!(new.text.delimiter, Some(b';'));
    assert!(!format!("{spec:?}").contains("hunter2"));
}

#[test]
fn without_a_cwd_it_runs_beside_the_file_or_where_it_was_typed() {
    let text = FILE.replace("cwd = \"app\"\n", "");
    let folder = |locations| {
        let spec = spec(&text, locations).expect("plans");
        match &spec.sides[1].source.location {
            Location::Command(line) => line.folder().to_owned(),
            other => panic!("{other} is no command"),
        }
    };
    assert!(folder([None, None]).is_absolute());
    let typed = folder([Some("old.csv"), Some("command:other")]);
    assert_eq!(typed, Path::new("typed"));
}

#[test]
fn what_is_said_of_a_command_stays_with_commands() {
    let typed = |new: &str| spec(FILE, [Some("old.csv"), Some(new)]);
    let another = typed("command:other").expect("plans");
    assert_eq!(another.sides[1].source.command.env.len(), 2);
    assert_eq!(another.sides[1].source.text.delimiter, Some(b';'));
    let file = typed("new.csv").expect("what was said of the command is left behind");
    assert_eq!(file.sides[1].source.command, CommandOptions::default());
    assert_eq!(file.sides[1].source.text.delimiter, Some(b';'));
    let json = typed("new.json").expect("so is what is for CSV");
    assert_eq!(json.sides[1].source.text.delimiter, None);
}

#[test]
fn a_shell_reads_what_words_cannot_be_split_of() {
    let text = FILE.replace("npx dry-run", "it's | a");
    let failure = spec(&text, [None, None]).expect_err("within quotes");
    assert!(failure.why.contains("ends within quotes"), "{failure}");
    let shell = text.replace("cwd =", "shell = true\ncwd =");
    let spec = spec(&shell, [None, None]).expect("for a shell to say");
    assert_eq!(spec.sides[1].source.shown(), "command:sh -c …");
}

#[test]
fn a_dataset_is_not_named_after_a_command() {
    let options = SourceOptions {
        locations: ["command:fetch /hunter2", "command:fetch x/hunter2"]
            .map(|text| Some(Secret::new(text))),
        ..SourceOptions::default()
    };
    assert_eq!(plan(options).expect("plans").name, "dataset");
}

#[test]
fn options_of_a_command_are_refused_elsewhere() {
    let text = FILE.replace("command:npx dry-run --token ${TOKEN}", "new.csv");
    let failure = spec(&text, [None, None]).expect_err("it is a file");
    assert_eq!(failure.code, Code::Config);
    assert!(failure.why.contains("`cwd` is for commands"), "{failure}");
}
