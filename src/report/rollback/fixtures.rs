//! Hand-built answers, one of each kind, for the tests of every renderer.

use super::super::fixtures::parts;
use super::*;
use crate::error::Code;

fn side(host: &str, rows: [u64; 2], complete: bool) -> Side {
    let rest = host.contains("supabase");
    Side {
        location: match rest {
            true => format!("https://{host}/rest/v1"),
            false => format!("postgres://app@{host}/app"),
        },
        host: Some(host.to_owned()),
        database: (!rest).then(|| "app".to_owned()),
        relation: Some("property_listings".to_owned()),
        role: Some(if rest { "service_role" } else { "app" }.to_owned()),
        engine: if rest {
            "PostgREST 12.0.2"
        } else {
            "PostgreSQL 15.18"
        }
        .to_owned(),
        filter: None,
        rows_read: rows[0],
        rows_counted: Some(rows[1]),
        complete,
        as_of: Some("2026-11-26T03:11:41.120+09:00[Asia/Tokyo]".to_owned()),
    }
}

fn check(name: CheckName, of: Option<&str>) -> Check {
    Check {
        name,
        of: of.map(str::to_owned),
        seconds: 0.0123,
        number: None,
        columns: Vec::new(),
        rows: Vec::new(),
        cut: false,
        failed: None,
    }
}

fn rows(columns: &[&str], rows: &[&[Option<&str>]]) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    let row = |row: &&[Option<&str>]| row.iter().map(|one| one.map(str::to_owned)).collect();
    (parts::strings(columns), rows.iter().map(row).collect())
}

fn checks() -> Vec<Check> {
    let number = |name, of, number| Check {
        number: Some(number),
        ..check(name, of)
    };
    let (group_columns, groups) = rows(
        &["system", "rows"],
        &[&[Some("HOMES"), Some("1305")], &[None, Some("1200")]],
    );
    let (state_columns, states) = rows(
        &["state", "updated_at"],
        &[&[Some("idle"), Some("2026-11-25 18:02:11+00")]],
    );
    vec![
        number(CheckName::Rows, None, 2505),
        number(CheckName::DuplicateKeys, None, 0),
        Check {
            columns: group_columns,
            rows: groups,
            ..check(CheckName::RowsByGroup, Some("system"))
        },
        Check {
            columns: state_columns,
            rows: states,
            ..check(CheckName::SyncState, None)
        },
        Check {
            failed: Some("relation \"emergency_stop\" does not exist".to_owned()),
            ..check(CheckName::EmergencyStop, None)
        },
        number(
            CheckName::ChangedSince,
            Some("2026-11-26T03:00:00+09:00[Asia/Tokyo]"),
            12,
        ),
    ]
}

fn dataset(name: &str) -> Dataset {
    Dataset {
        name: name.to_owned(),
        answer: Answer::Safe,
        sentence: "SAFE: a rollback loses no row: old has each of the 2,503 rows of new, equal"
            .to_owned(),
        lost: Lost {
            rows: Some(0),
            exact: true,
            only_in_new: 0,
            newer_in_new: 0,
        },
        rows: Fates::default(),
        matched: 2503,
        only_in_old: 2,
        lost_by_group: Vec::new(),
        lost_in_other_groups: 0,
        updated_at: Some("updated_at".to_owned()),
        group_by: Some("system".to_owned()),
        columns_only_new: Vec::new(),
        ignored: vec!["synced_at".to_owned()],
        columns_left_out: Vec::new(),
        old: side("old.example", [2505, 2505], true),
        new: side("x.supabase.co", [2503, 2503], true),
        checks: checks(),
    }
}

pub fn safe() -> Rollback {
    let dataset = dataset("listings");
    Rollback {
        schema_version: SCHEMA_VERSION,
        answer: Answer::Safe,
        exit_code: 0,
        sentence: dataset.sentence.clone(),
        lost: dataset.lost,
        run: parts::run("20261126-031141-9f3a0c"),
        deadline: Some(Deadline {
            seconds: 600.0,
            left_seconds: 552.25,
        }),
        reasons: Vec::new(),
        datasets: vec![dataset],
        next: "roll back; if that is not at once, look again just before: shadowgate rollback-check --config shadowgate.toml".to_owned(),
        files: vec![file(ONLY_IN_NEW, 0), file(NEWER_IN_NEW, 0)],
    }
}

fn file(name: &str, rows: u64) -> File {
    File {
        name: name.to_owned(),
        rows,
    }
}

pub fn loses() -> Rollback {
    let mut rollback = safe();
    let lost = Lost {
        rows: Some(12),
        exact: false,
        only_in_new: 7,
        newer_in_new: 5,
    };
    let dataset = &mut rollback.datasets[0];
    dataset.answer = Answer::Loses;
    dataset.lost = lost;
    dataset.rows = Fates {
        only_in_new: 7,
        newer_in_new: 5,
        newer_in_old: 2,
        direction_unknown: 3,
        unpaired: 0,
        unreadable: 0,
    };
    dataset.sentence = "LOSES 12 ROWS: 7 only in new, 5 newer in new; perhaps 3 more: 3 rows differ, and nothing says which side is newer".to_owned();
    dataset.lost_by_group = vec![
        Group {
            value: Some("HOMES".to_owned()),
            only_in_new: 7,
            newer_in_new: 1,
        },
        Group {
            value: None,
            only_in_new: 0,
            newer_in_new: 4,
        },
    ];
    rollback.answer = Answer::Loses;
    rollback.exit_code = 1;
    rollback.sentence = dataset.sentence.clone();
    rollback.lost = lost;
    rollback.next = "bring the rows in the files below to old, or decide to lose them; then look again: shadowgate rollback-check --config shadowgate.toml".to_owned();
    rollback.files = vec![file(ONLY_IN_NEW, 7), file(NEWER_IN_NEW, 5)];
    rollback
}

pub fn new_down() -> Rollback {
    let mut rollback = safe();
    let lost = Lost {
        rows: None,
        exact: false,
        only_in_new: 0,
        newer_in_new: 0,
    };
    let why = "https://x.supabase.co/rest/v1: GET property_listings: connection refused";
    let dataset = &mut rollback.datasets[0];
    dataset.answer = Answer::CannotTell;
    dataset.lost = lost;
    dataset.matched = 0;
    dataset.only_in_old = 0;
    dataset.old = side("old.example", [0, 2505], false);
    dataset.new = side("x.supabase.co", [0, 0], false);
    dataset.new.rows_counted = None;
    (dataset.old.as_of, dataset.new.as_of) = (None, None);
    dataset.sentence = format!("CANNOT TELL: the new side was not read whole ({why})");
    rollback.answer = Answer::CannotTell;
    rollback.exit_code = 3;
    rollback.lost = lost;
    rollback.sentence = dataset.sentence.clone();
    rollback.files = Vec::new();
    rollback.reasons = vec![Reason {
        code: Code::Unreachable,
        dataset: Some("listings".to_owned()),
        side: Some(crate::error::Side::New),
        transient: true,
        why: why.to_owned(),
        next: "check the address".to_owned(),
    }];
    rollback.next =
        "check the address (`shadowgate doctor` tells where it is stuck); then look again: shadowgate rollback-check --config shadowgate.toml"
            .to_owned();
    rollback
}

/// One dataset that loses rows, and one that is safe.
pub fn several() -> Rollback {
    let mut rollback = loses();
    rollback.sentence = "LOSES 12 ROWS: 7 only in new, 5 newer in new (in 1 of 2 datasets); perhaps more, as not everything could be told".to_owned();
    rollback.datasets.push(Dataset {
        checks: Vec::new(),
        ignored: Vec::new(),
        columns_left_out: Vec::new(),
        ..dataset("物件画像")
    });
    rollback.deadline = None;
    rollback
}

pub fn all() -> Vec<Rollback> {
    vec![safe(), loses(), new_down(), several()]
}
