//! Types and rules: as what each column is compared, on both sides.

use super::kit::*;
use crate::error::Code;
use crate::normalise::{Pipeline, Step, TimeUnit};
use crate::plan::{ColumnRules, resolve};
use crate::value::{Target, Type, Zone, json};

#[test]
fn types_are_declared_or_configured_or_text() {
    let declared = |ty: &str| table(&format!("id,x {ty}"));
    let text = table("id,x");
    assert_eq!(
        type_of(&declared("int4"), &declared("numeric")),
        Type::Numeric
    );
    assert_eq!(type_of(&declared("int4"), &text), Type::Int4);
    assert_eq!(type_of(&text, &declared("json")), Type::Jsonb);
    assert_eq!(type_of(&declared("json"), &declared("json")), Type::Jsonb);
    assert_eq!(type_of(&text, &text), Type::Text);
    assert_eq!(type_of(&records("id,x"), &text), Type::Text);
    assert_eq!(type_of(&records("id,x"), &records("id,x")), Type::Jsonb);
    assert_eq!(type_of(&records("id,x"), &declared("uuid")), Type::Uuid);
    let configured = with_rules("x", typed(Type::Date));
    let resolved = plan(&configured, &declared("timestamp"), &declared("text"));
    assert_eq!(resolved.columns[1].ty, Type::Date);
    let every = with_rules("*", typed(Type::Text));
    let resolved = plan(&every, &declared("int4"), &declared("text"));
    assert_eq!(resolved.columns[1].ty, Type::Text);
}

#[test]
fn types_that_cannot_agree_are_all_named() {
    let old = table("id int4,x int4,y timestamp,z text");
    let new = table("id int8,x text,y timestamptz,z text");
    assert_eq!(
        refused(&spec("id"), &old, &new, Code::TypesDisagree),
        "`x` is int4 on the old side and text on the new\n\
         `y` is timestamp on the old side and timestamptz on the new"
    );
    let failure = resolve(&spec("id"), [&old, &new]).expect_err("disagree");
    assert!(failure.next.contains("[datasets.d.columns.NAME]"));
}

#[test]
fn a_server_is_asked_for_text_only_where_its_binary_form_does_not_lead_there() {
    let spec = with_rules("x", typed(Type::TimestampTz));
    let resolved = plan(&spec, &table("id,x timestamp"), &table("id,x timestamptz"));
    let column = &resolved.columns[1];
    assert_eq!(
        column.wants.each_ref().map(|want| want.as_text),
        [true, false]
    );
    let target = Target {
        ty: Type::TimestampTz,
        zone: None,
    };
    let expected = [Type::Text, Type::TimestampTz]
        .map(|wire| Pipeline::new(Some(wire), target.clone(), Vec::new()));
    assert_eq!(column.pipelines, expected);
}

#[test]
fn rules_fit_their_types_or_are_refused() {
    let tables = table("id,n numeric,t timestamp,d date,j jsonb,a text[],s text,at time");
    let plan_of = |column: &str, rules| resolve(&with_rules(column, rules), [&tables, &tables]);
    for (step, good, bad) in [
        (Step::Round(2), "n", "s"),
        (Step::TruncateTime(TimeUnit::Day), "t", "at"),
        (Step::TruncateTime(TimeUnit::Second), "at", "d"),
        (Step::SortArray, "a", "s"),
        (Step::SortArray, "j", "n"),
        (
            Step::JsonIgnore(vec![json::Path::parse("a").expect("a path")]),
            "j",
            "a",
        ),
    ] {
        assert!(
            plan_of(good, steps(std::slice::from_ref(&step))).is_ok(),
            "{step:?}"
        );
        let failure = plan_of(bad, steps(&[step])).expect_err(bad);
        assert_eq!(failure.code, Code::Config);
        assert!(
            failure.why.starts_with(&format!("`{bad}` is ")),
            "{failure}"
        );
    }
    assert!(
        plan_of("n", tolerance()).expect("fits").columns[1]
            .tolerance
            .is_some()
    );
    let why = plan_of("s", tolerance()).expect_err("text").why;
    assert_eq!(why, "`s` is text: a tolerance is for numbers");
    let why = plan_of("id", tolerance()).expect_err("key").why;
    assert_eq!(why, "`id` is text: a key has no tolerance");
}

#[test]
fn rules_of_every_column_apply_where_they_fit_and_a_columns_own_replace_them() {
    let every = ColumnRules {
        steps: vec![Step::Round(2), Step::Trim],
        ..tolerance()
    };
    let mut spec = with_rules("*", every);
    spec.rules
        .insert("own".to_owned(), steps(&[Step::Lowercase]));
    let (old, new) = (table("id int4,n,s,own"), table("id int4,n numeric,s,own"));
    let resolved = plan(&spec, &old, &new);
    let of = |index: usize| resolved.columns[index].pipelines[0].steps().to_vec();
    assert_eq!(of(0), [Step::Round(2)], "typed cells are not trimmed");
    assert_eq!(of(1), [Step::Trim, Step::Round(2)], "text steps come first");
    assert_eq!(of(2), [Step::Trim]);
    assert_eq!(of(3), [Step::Lowercase]);
    let tolerant = resolved
        .columns
        .iter()
        .map(|column| column.tolerance.is_some());
    assert_eq!(tolerant.collect::<Vec<_>>(), [false, true, false, false]);
}

#[test]
fn pipelines_know_what_the_wire_carries() {
    let resolved = plan(&spec("id"), &table("id int4,x"), &table("id int8,x text"));
    let target = |ty| Target { ty, zone: None };
    let expected = [Type::Int4, Type::Int8]
        .map(|wire| Pipeline::new(Some(wire), target(Type::Numeric), Vec::new()));
    assert_eq!(resolved.columns[0].pipelines, expected);
    let expected =
        [None, Some(Type::Text)].map(|wire| Pipeline::new(wire, target(Type::Text), Vec::new()));
    assert_eq!(resolved.columns[1].pipelines, expected);
}

#[test]
fn a_zone_is_for_instants_and_part_of_the_definition() {
    let zone = Zone::parse("Asia/Tokyo");
    let zoned = |ty| ColumnRules {
        zone: zone.clone(),
        ..typed(ty)
    };
    let tables = table("id int4,x timestamp");
    let spec = with_rules("x", zoned(Type::TimestampTz));
    let resolved = plan(&spec, &tables, &table("id int4,x timestamptz"));
    let target = Target {
        ty: Type::TimestampTz,
        zone: zone.clone(),
    };
    let expected = Pipeline::new(Some(Type::Text), target, Vec::new());
    assert_eq!(resolved.columns[1].pipelines[0], expected);
    assert!(resolved.definition.contains("Asia/Tokyo"));
    let why = refused(
        &with_rules("x", zoned(Type::Timestamp)),
        &tables,
        &tables,
        Code::Config,
    );
    assert!(
        why.ends_with("`timezone` is for timestamp with time zone"),
        "{why}"
    );
    let every = with_rules("*", zoned(Type::Text));
    assert!(!plan(&every, &tables, &tables).definition.contains("Tokyo"));
}
