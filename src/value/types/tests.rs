//! Tests of [`super`].

use super::*;

fn scalars() -> impl Iterator<Item = Type> {
    let by_text = BY_TEXT.iter().map(|name| Type::ByText((*name).to_owned()));
    NAMES.iter().map(|(_, ty)| ty.clone()).chain(by_text)
}

#[test]
fn every_type_reads_its_own_name() {
    for ty in scalars() {
        let boxed = || std::boxed::Box::new(ty.clone());
        for ty in [
            ty.clone(),
            Type::Array(boxed()),
            Type::Range(boxed()),
            Type::Multirange(boxed()),
            Type::Array(Type::Range(boxed()).into()),
        ] {
            assert_eq!(Type::parse(&ty.to_string()), Some(ty));
        }
    }
}

#[test]
fn names_are_read_as_people_write_them() {
    let array = |ty: Type| Type::Array(ty.into());
    for (name, ty) in [
        ("NUMERIC(12,2)", Type::Numeric),
        (" Double   Precision ", Type::Float8),
        ("character varying(20)", Type::Text),
        ("character(3)", Type::Bpchar),
        ("timestamptz(3)", Type::TimestampTz),
        ("timestamp(3) with time zone", Type::TimestampTz),
        ("time with time zone", Type::TimeTz),
        ("\"char\"", Type::Text),
        ("float(24)", Type::Float4),
        ("float ( 25 )", Type::Float8),
        ("interval day to second", Type::Interval),
        ("text[]", array(Type::Text)),
        ("integer array", array(Type::Int4)),
        ("integer ARRAY[4]", array(Type::Int4)),
        ("_text", array(Type::Text)),
        ("numeric(5,2)[][3]", array(Type::Numeric)),
        ("bit varying(5)[]", array(Type::VarBit)),
        ("int4range", Type::Range(Type::Int4.into())),
        ("tstzmultirange", Type::Multirange(Type::TimestampTz.into())),
        ("pg_catalog.int8", Type::Int8),
        ("xml", Type::ByText("xml".to_owned())),
    ] {
        assert_eq!(Type::parse(name), Some(ty), "{name}");
    }
    for name in [
        "",
        "[]",
        "array",
        "tex",
        "varchar(",
        "varchar)",
        "__int4",
        "float(0)",
        "range",
        "textrange",
        "_",
        "int4 4",
        "\u{ff}",
    ] {
        assert_eq!(Type::parse(name), None, "{name}");
    }
}

#[test]
fn two_types_agree_as_promised_and_either_way_round() {
    use Type::*;
    let array = |ty: Type| Array(ty.into());
    for (old, new, both) in [
        (Int4, Int8, Some(Numeric)),
        (Int4, Int4, Some(Int4)),
        (Money, Numeric, Some(Numeric)),
        (Float8, Numeric, Some(Numeric)),
        (Float4, Int4, Some(Numeric)),
        (Float4, Float8, Some(Float8)),
        (Bpchar, Text, Some(Text)),
        (Enum, Text, Some(Text)),
        (Json, Jsonb, Some(Jsonb)),
        (array(Int4), array(Int8), Some(array(Numeric))),
        (array(Int4), Int4, None),
        (array(Int4), array(Text), None),
        (Range(Int4.into()), Range(Int8.into()), None),
        (Int4, Text, None),
        (Timestamp, TimestampTz, None),
        (Jsonb, Text, None),
        (ByText("xml".into()), Text, None),
    ] {
        assert_eq!(Type::unify(&old, &new), both, "{old} and {new}");
        assert_eq!(Type::unify(&new, &old), both, "{new} and {old}");
    }
}

#[test]
fn the_binary_form_leads_to_whatever_two_sides_agree_on() {
    for old in scalars() {
        for new in scalars() {
            if let Some(both) = Type::unify(&old, &new) {
                assert!(old.wire_leads_to(&both), "{old} as {both}");
                assert!(new.wire_leads_to(&both), "{new} as {both}");
            }
        }
    }
    assert!(!Type::TimestampTz.wire_leads_to(&Type::Text));
    assert!(!Type::Int8.wire_leads_to(&Type::Int4));
}
