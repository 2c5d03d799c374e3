use super::super::testing::{file, postgres, rest, unauthorised};
use super::*;
use crate::error::Failure;
use crate::source::facts::Role;
use std::time::Duration;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

fn failed(code: Code, why: &str) -> Probed {
    Probed {
        schema: Err(Failure::new(code, why, "do this")),
        ..postgres()
    }
}

#[test]
fn what_is_not_reached_is_red_with_the_drivers_words() {
    for code in [
        Code::Unreachable,
        Code::Timeout,
        Code::SourceCut,
        Code::Malformed,
    ] {
        let line = reached(&failed(code, "no connection: refused"));
        assert_eq!(line.state, State::Fail, "{code:?}");
        assert_eq!(line.found, "no connection: refused");
        assert_eq!(line.next, "do this");
    }
    let full = reached(&failed(
        Code::Unreachable,
        "sorry, too many clients already (SQLSTATE 53300)",
    ));
    assert_eq!(full.trouble, Some(Trouble::PoolExhausted));
}

#[test]
fn a_large_file_may_take_longer_than_a_check_up() {
    let mut probed = failed(Code::Timeout, "no answer within 4 s");
    probed.location = file().location;
    assert_eq!(reached(&probed).state, State::Warn);
}

#[test]
fn a_server_that_answers_and_then_counts_for_long_is_yellow() {
    let mut probed = rest();
    probed.schema = Err(Failure::new(Code::Timeout, "GET t: timed out", "check"));
    assert_eq!(reached(&probed).state, State::Fail);
    probed.facts.answered = Some(Duration::from_millis(80));
    let line = reached(&probed);
    assert_eq!(
        (line.state, line.trouble),
        (State::Warn, Some(Trouble::SlowSync))
    );
    assert!(
        line.found.contains("80 ms, and then: GET t: timed out"),
        "{line:?}"
    );
}

#[test]
fn a_slow_answer_is_yellow() {
    let mut probed = postgres();
    probed.facts.answered = Some(Duration::from_millis(12));
    let line = reached(&probed);
    assert_eq!(
        (line.state, &*line.found),
        (State::Ok, "PostgreSQL 15.8 in 12 ms")
    );
    probed.facts.answered = Some(Duration::from_millis(1500));
    let line = reached(&probed);
    assert_eq!(
        (line.state, line.trouble),
        (State::Warn, Some(Trouble::SlowSync))
    );
}

#[test]
fn each_failure_to_open_turns_its_own_line_red_and_no_other() {
    let rest = |why: &str| Probed {
        schema: Err(unauthorised(why)),
        ..rest()
    };
    let mut secured = failed(Code::Unauthorised, "42501: row-level security");
    secured.facts.row_security = Some(RowSecurity::Applies(vec!["t".to_owned()]));
    let mut denied = failed(Code::Unauthorised, "the role may not read t");
    denied.facts.answered = Some(Duration::from_millis(1));
    for (probed, name) in [
        (failed(Code::Unreachable, "refused"), Name::Reached),
        (
            failed(Code::Unauthorised, "28P01: wrong password"),
            Name::Role,
        ),
        (denied, Name::Rights),
        (secured, Name::RowSecurity),
        (rest("HTTP 401, PGRST301: JWT expired"), Name::Keys),
        (rest("HTTP 403, 42501: permission denied"), Name::Rights),
    ] {
        let lines = lines(&probed, NOW);
        let red: Vec<Name> = lines
            .iter()
            .filter(|line| line.state == State::Fail)
            .map(|line| line.name)
            .collect();
        assert_eq!(red, [name], "{lines:#?}");
    }
    let no_table = failed(Code::NotFound, "there is no table t");
    assert_eq!(blamed(&no_table).map(|it| it.0), Some(Name::Columns));
}

#[test]
fn a_certificate_turns_yellow_and_then_red() {
    for (days, state) in [
        (400, State::Ok),
        (21, State::Ok),
        (20, State::Warn),
        (3, State::Warn),
        (2, State::Fail),
        (-1, State::Fail),
    ] {
        let line = certificate(NOW + days * DAY, true, NOW);
        assert_eq!(line.state, state, "{days} days: {line:?}");
    }
    assert!(
        certificate(NOW - 3 * DAY, true, NOW)
            .found
            .contains("ended")
    );
    let unverified = certificate(NOW + 400 * DAY, false, NOW);
    assert_eq!(unverified.state, State::Warn);
    assert!(unverified.next.contains("verify-full"));
}

#[test]
fn what_travels_in_the_clear_is_yellow() {
    let of = |found| {
        let mut probed = postgres();
        probed.facts.tls = Some(found);
        tls(&probed, NOW).expect("a line")
    };
    assert_eq!(of(Ok(Tls::Local)).state, State::Ok);
    let clear = of(Ok(Tls::Clear));
    assert_eq!(clear.state, State::Warn);
    assert!(clear.next.contains("sslmode"), "{clear:?}");
    let unseen = Failure::new(Code::Unreachable, "refused", "look by hand");
    assert_eq!(of(Err(unseen)).state, State::Warn);
    assert!(tls(&file(), NOW).is_none());
}

#[test]
fn nobody_in_particular_is_yellow() {
    let mut probed = rest();
    probed.facts.role = Some(Role::default());
    let line = role(&probed).expect("a line");
    assert_eq!(line.state, State::Warn);
    assert_eq!(line.trouble, Some(Trouble::Unauthorised));
    probed.facts.role = Some(Role {
        name: Some("app".to_owned()),
        bypasses: Some(true),
    });
    let line = role(&probed).expect("a line");
    assert_eq!(line.state, State::Ok);
    assert!(line.found.contains("app"), "{line:?}");
}

#[test]
fn a_column_that_may_not_be_read_is_red() {
    let of = |denied| {
        let mut probed = postgres();
        probed.facts.denied = Some(denied);
        rights(&probed).expect("a line")
    };
    assert_eq!(of(Ok(vec![])).found, "SELECT on 1 wanted column");
    let denied = of(Ok(vec!["price".to_owned()]));
    assert_eq!(denied.state, State::Fail);
    assert!(denied.found.contains("price"));
    let refused = of(Err(unauthorised("HTTP 403, 42501")));
    assert_eq!(refused.state, State::Fail);
    assert_eq!(refused.trouble, Some(Trouble::Unauthorised));
}

#[test]
fn policies_that_hide_rows_are_red_and_those_that_may_are_yellow() {
    let of = |found| {
        let mut probed = postgres();
        probed.facts.row_security = Some(found);
        row_security(&probed).expect("a line")
    };
    assert_eq!(of(RowSecurity::Off).state, State::Ok);
    assert_eq!(of(RowSecurity::Declared).state, State::Ok);
    assert_eq!(of(RowSecurity::Bypassed(vec![])).state, State::Ok);
    let exempt = of(RowSecurity::Bypassed(vec!["t".to_owned()]));
    assert!(exempt.found.contains("on for t"), "{exempt:?}");
    assert_eq!(
        of(RowSecurity::Applies(vec!["t".to_owned()])).state,
        State::Fail
    );
    let failure = Failure::new(Code::RowSecurity, "read as anon", "declare the role");
    let unproven = of(RowSecurity::Unproven(failure));
    assert_eq!(unproven.state, State::Warn);
    assert!(unproven.found.contains("will not PASS"), "{unproven:?}");
    assert_eq!(unproven.next, "declare the role");
}
