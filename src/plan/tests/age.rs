use std::time::Duration;

use super::kit::*;
use crate::error::{Code, Side};
use crate::plan::{ColumnRules, DatasetSpec, Settle};
use crate::value::{Type, Zone};

fn settling(mut spec: DatasetSpec) -> DatasetSpec {
    spec.settle = Some(Settle {
        after: Duration::from_secs(900),
        column: "at".to_owned(),
    });
    spec
}

fn in_tokyo() -> ColumnRules {
    ColumnRules {
        zone: Zone::parse("Asia/Tokyo"),
        ..ColumnRules::default()
    }
}

#[test]
fn the_column_is_read_beside_the_others_unless_it_is_compared() {
    let (old, new) = (
        table("id int4, at timestamptz"),
        table("id int4, at timestamptz"),
    );
    let both = plan(&settling(spec("id")), &old, &new).age.expect("an age");
    assert_eq!(
        both.sides
            .each_ref()
            .map(|side| side.as_ref().unwrap().place),
        [1, 1]
    );
    let mut ignoring = settling(spec("id"));
    ignoring.ignore = names("at");
    let found = plan(&ignoring, &old, &new);
    assert_eq!(column_names(&found), ["id"]);
    let wants = found.wants(Side::New);
    let wanted: Vec<&str> = wants.iter().map(|want| want.name.as_str()).collect();
    assert_eq!(wanted, ["id", "at"]);
    // One side is enough.
    let found = plan(&ignoring, &old, &table("id int4"));
    let age = found.age.as_ref().expect("an age");
    assert!(age.sides[0].is_some() && age.sides[1].is_none());
    assert_eq!(found.wants(Side::New).len(), 1);
    assert_eq!(plan(&spec("id"), &old, &new).age, None);
}

#[test]
fn a_time_without_a_zone_needs_one() {
    let zoneless = table("id int4, at timestamp without time zone");
    let why = refused(&settling(spec("id")), &zoneless, &zoneless, Code::Config);
    assert!(
        why.contains("which is timestamp without time zone on the old side"),
        "{why}"
    );
    // Its zone may be told also where it is compared without.
    let zoned = settling(with_rules("at", in_tokyo()));
    let found = plan(&zoned, &zoneless, &zoneless);
    assert_eq!(found.columns[1].ty, Type::Timestamp);
    assert!(
        found.age.expect("an age").sides[0]
            .as_ref()
            .unwrap()
            .zone
            .is_some()
    );
    // Without an age to tell it is a mistake as before.
    let why = refused(
        &with_rules("at", in_tokyo()),
        &zoneless,
        &zoneless,
        Code::Config,
    );
    assert!(
        why.contains("`timezone` is for timestamp with time zone"),
        "{why}"
    );
}

#[test]
fn what_is_no_time_is_refused() {
    let numbers = table("id int4, at int8");
    let why = refused(&settling(spec("id")), &numbers, &numbers, Code::Config);
    assert!(
        why.contains("which is int8 on the old side and no time"),
        "{why}"
    );
    let none = table("id int4, seen timestamptz");
    let why = refused(&settling(spec("id")), &none, &none, Code::Config);
    assert!(
        why.contains("updated_at names `at`, which neither side has"),
        "{why}"
    );
}
