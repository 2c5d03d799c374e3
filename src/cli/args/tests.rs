use clap::CommandFactory;
use clap::error::ErrorKind;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::parse_args(line.split(' '))
}

fn verify(line: &str) -> VerifyOptions {
    match parse(line).expect(line).command {
        Command::Verify(args) => (*args).into(),
        other => panic!("not verify: {other:?}"),
    }
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_flag_of_the_contract_is_understood() {
    let options = verify(
        "shadowgate verify old.csv new.csv --key a,b --old-table t --new-table u \
         --old-query q.sql --new-query r.sql --where x --ignore c,d --columns e,f --config g.toml \
         --dataset n --match-rate 99% --allow-same-source --format json --report-dir out \
         --scope keys-of-new --memory 1GiB --report-mode 0640 --show 3 --max-details 5 \
         --deadline 10m --profile p --no-lock --retries 4 --quiet -vv",
    );
    let names = |text: &str| Some(text.split(',').map(str::to_owned).collect::<Vec<_>>());
    let source = &options.source;
    assert_eq!(source.key, names("a,b"));
    assert_eq!(source.ignore, names("c,d"));
    assert_eq!(source.columns, names("e,f"));
    assert_eq!(source.tables, [Some("t".to_owned()), Some("u".to_owned())]);
    assert_eq!(source.filter.as_deref(), Some("x"));
    assert_eq!((source.quiet, source.verbose), (true, 2));
    assert!(source.allow_same_source);
    assert_eq!(source.scope, Some(Scope::KeysOfNew));
    assert_eq!(options.format, Format::Json);
    assert_eq!((options.show, options.max_details), (Some(3), Some(5)));
    assert_eq!(options.deadline.as_deref(), Some("10m"));
    assert_eq!(
        (options.profile.as_deref(), options.no_lock),
        (Some("p"), true)
    );
    assert_eq!(options.retries, Some(4));
}

#[test]
fn flags_for_data_that_moves_are_understood() {
    let options = verify("shadowgate verify --recheck 2 --recheck-delay 5s --recheck-limit 9");
    let recheck = &options.recheck;
    assert_eq!((recheck.rounds, recheck.limit), (Some(2), Some(9)));
    assert_eq!(recheck.delay.as_deref(), Some("5s"));
}

#[test]
fn one_table_is_both_sides_and_a_side_of_its_own_wins() {
    let both = verify("shadowgate verify --table t").source.tables;
    assert_eq!(both, [Some("t".to_owned()), Some("t".to_owned())]);
    let one = verify("shadowgate verify --table t --new-table u").source;
    assert_eq!(one.tables, [Some("t".to_owned()), Some("u".to_owned())]);
}

#[test]
fn conditions_roles_and_limits() {
    let source = verify(
        "shadowgate verify --where a --new-where b --old-role r --new-role s --rate-limit 5/s \
         --connections 4 --page-size 100 --env-file .env --log-file sg.log",
    )
    .source;
    assert_eq!(source.filter.as_deref(), Some("a"));
    assert_eq!(source.filters, [None, Some("b".to_owned())]);
    assert_eq!(source.roles, [Some("r".to_owned()), Some("s".to_owned())]);
    assert_eq!(source.limits.rate.as_deref(), Some("5/s"));
    assert_eq!(source.limits.connections.as_deref(), Some("4"));
    assert_eq!(source.limits.page.as_deref(), Some("100"));
    assert_eq!(source.env_file, Some(".env".into()));
    assert_eq!(source.log_file, Some("sg.log".into()));
}

#[test]
fn lists_may_be_repeated_and_spaced() {
    let args = ["shadowgate", "verify", "--ignore", "a, b", "--ignore", "c"];
    let Command::Verify(args) = Cli::parse_args(args).expect("parses").command else {
        panic!("not verify");
    };
    let options: VerifyOptions = (*args).into();
    assert_eq!(options.source.ignore.expect("given"), ["a", "b", "c"]);
}

#[test]
fn explain_takes_the_key_first() {
    let Command::Explain(args) = parse("shadowgate explain -7 a.csv b.csv")
        .expect("parses")
        .command
    else {
        panic!("not explain");
    };
    assert_eq!(args.value, "-7");
    assert_eq!(args.source.new.expect("given").expose(), "b.csv");
}

#[test]
fn a_rollback_check_takes_a_time_and_a_deadline() {
    let line =
        "shadowgate rollback-check old.csv new.csv --key a --since 30m --deadline 5m --format json";
    let Command::RollbackCheck(args) = parse(line).expect("parses").command else {
        panic!("not rollback-check");
    };
    let options: crate::plan::RollbackOptions = (*args).into();
    assert_eq!(options.since.as_deref(), Some("30m"));
    assert_eq!(options.verify.deadline.as_deref(), Some("5m"));
    assert_eq!(options.verify.format, Format::Json);
    assert_eq!(options.verify.source.key, Some(vec!["a".to_owned()]));
    assert_eq!(options.verify.match_rate, None);
}

#[test]
fn mistakes_end_with_2_and_help_with_0() {
    for wrong in [
        "shadowgate verify --nope",
        "shadowgate verfy",
        "shadowgate verify a b c",
        "shadowgate verify --format xml",
        "shadowgate verify --show many",
        "shadowgate explain",
    ] {
        assert_eq!(parse(wrong).expect_err(wrong).exit_code(), 2, "{wrong}");
    }
    let help = parse("shadowgate verify --help").expect_err("is help");
    assert_eq!(help.kind(), ErrorKind::DisplayHelp);
    assert_eq!(help.exit_code(), 0);
}

#[test]
fn every_command_that_looks_at_sources_shows_examples() {
    for command in [
        "verify",
        "rollback-check",
        "init",
        "explain",
        "columns",
        "completions",
    ] {
        let help = parse(&format!("shadowgate {command} --help")).expect_err("is help");
        assert!(help.to_string().contains("Examples:"), "{command}");
    }
}

#[test]
fn a_misplaced_url_is_not_echoed() {
    for line in [
        "shadowgate verify a b postgres://u:hunter2@h/db",
        "shadowgate verify --format postgres://u:hunter2@h/db",
        "shadowgate postgres://u:hunter2@h/db",
        "shadowgate verify --bad=postgres://u:hunter2@h/db",
        "shadowgate verify --show postgres://u:hunter2@h/db",
    ] {
        let error = parse(line).expect_err(line);
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
    let args = parse("shadowgate verify postgres://u:hunter2@h/db b").expect("parses");
    assert!(!format!("{args:?}").contains("hunter2"));
}
