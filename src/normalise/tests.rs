//! The whole way from a raw cell to a canonical one, and its laws.

use proptest::prelude::*;

use super::*;
use crate::value::{Cell, Parsed, Raw, Target, Type, encode, json, show, tag};

fn pipeline(wire: Option<Type>, ty: &str, steps: &[Step]) -> Pipeline {
    let ty = Type::parse(ty).unwrap();
    Pipeline::new(wire, Target { ty, zone: None }, steps.to_vec())
}

/// The parse's result, the canonical cell and what each step changed.
fn applied(pipeline: &Pipeline, raw: Raw<'_>) -> (Parsed, Vec<u8>, Vec<u64>) {
    let mut changed = vec![0; pipeline.steps().len()];
    let mut out = vec![tag::NULL];
    let parsed = pipeline.apply(raw, &mut Scratch::default(), &mut changed, &mut out);
    assert_eq!(out.remove(0), tag::NULL, "what was there stays");
    (parsed, out, changed)
}

/// The same as text: NULL and absent in angle brackets, what does not parse too.
fn shown(ty: &str, steps: &[Step], raw: Raw<'_>) -> (String, Vec<u64>) {
    let (parsed, bytes, changed) = applied(&pipeline(None, ty, steps), raw);
    let cell = Cell::of(&bytes);
    assert_eq!(parsed.is_err(), cell.is_unreadable());
    let mut text = String::new();
    match cell.tag {
        tag::NULL => text.push_str("<null>"),
        tag::ABSENT => text.push_str("<absent>"),
        tag::UNREADABLE => text = format!("<{}>", String::from_utf8_lossy(cell.payload)),
        _ => show::show(cell, &mut text),
    }
    (text, changed)
}

fn map(pairs: &[(&str, &str)]) -> Step {
    let pairs = pairs.iter();
    Step::map(pairs.map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))).unwrap()
}

fn path(text: &str) -> json::Path {
    let path = json::Path::parse(text).unwrap();
    assert_eq!(json::Path::parse(&path.to_string()), Some(path.clone()));
    path
}

fn tokens(tokens: &[&str]) -> Step {
    Step::NullToken(tokens.iter().map(ToString::to_string).collect())
}

#[test]
fn text_steps_run_before_parsing_and_value_steps_after() {
    let steps = [
        Step::Round(1),
        Step::Nfkc,
        Step::Strip(vec![',', '円']),
        Step::Trim,
        tokens(&["-"]),
    ];
    for (raw, text, changed) in [
        ("１,２００.２５円", "1200.3", [1, 1, 1, 0, 0]),
        ("1200.3", "1200.3", [0, 0, 0, 0, 0]),
        (" - ", "<null>", [0, 0, 0, 1, 1]),
        (" x ", "< x >", [0, 0, 0, 1, 0]),
    ] {
        for raw in [Raw::Text(raw), Raw::JsonString(raw)] {
            let (shown, counts) = shown("numeric", &steps, raw);
            assert_eq!((shown.as_str(), counts), (text, changed.to_vec()));
        }
    }
}

#[test]
fn a_cell_that_became_null_skips_the_rest() {
    let steps = [Step::EmptyAsNull, map(&[("", "x")]), Step::Lowercase];
    let (text, changed) = shown("text", &steps, Raw::Text(""));
    assert_eq!((text.as_str(), changed), ("<null>", vec![1, 0, 0]));
}

#[test]
fn absent_and_null_are_met_by_one_step_only() {
    let steps = [Step::Trim, Step::AbsentAsNull, Step::EmptyAsNull];
    let seen = |steps: &[Step], raw| shown("text", steps, raw);
    assert_eq!(seen(&steps, Raw::Absent), ("<null>".into(), vec![0, 1, 0]));
    assert_eq!(seen(&steps, Raw::Null), ("<null>".into(), vec![0; 3]));
    assert_eq!(seen(&steps[..1], Raw::Absent), ("<absent>".into(), vec![0]));
}

#[test]
fn typed_cells_are_seen_by_map_only() {
    let steps = [
        Step::Lowercase,
        Step::Strip(vec!['1']),
        tokens(&["12"]),
        map(&[("12", "Ten"), ("true", "Yes"), ("NOPE", "1")]),
    ];
    for (ty, raw, text, mapped) in [
        ("text", Raw::Integer(12), "Ten", 1),
        ("text", Raw::Json("12"), "Ten", 1),
        ("text", Raw::Json("true"), "Yes", 1),
        ("text", Raw::Json("13"), "13", 0),
        ("numeric", Raw::Integer(12), "<12>", 1),
        ("numeric", Raw::Integer(13), "13", 0),
        ("numeric", Raw::Real(12.5), "12.5", 0),
        ("numeric", Raw::Blob(b"NOPE"), "1", 1),
        ("numeric", Raw::Blob(b"NO"), "<NO>", 0),
    ] {
        let expected = (text.to_owned(), vec![0, 0, 0, mapped]);
        assert_eq!(shown(ty, &steps, raw), expected, "{raw:?} as {ty}");
    }
}

#[test]
fn wire_text_is_text_and_padding_is_none_of_it() {
    let steps = [tokens(&["N/A"]), Step::Trim, Step::Lowercase];
    let (parsed, cell, changed) = applied(
        &pipeline(Some(Type::Bpchar), "text", &steps),
        Raw::Wire(b"N/A   "),
    );
    assert_eq!(
        (parsed, cell, changed),
        (Ok(()), vec![tag::NULL], vec![1, 0, 0])
    );
    let varchar = pipeline(Some(Type::Text), "text", &steps);
    let (_, cell, changed) = applied(&varchar, Raw::Wire(b" AB "));
    assert_eq!(
        (Cell::of(&cell).payload, changed),
        (&b"ab"[..], vec![0, 1, 1])
    );
    let (parsed, cell, _) = applied(&varchar, Raw::Wire(b"\xff "));
    assert!(parsed.is_err());
    assert_eq!(Cell::of(&cell).payload, b"\xff ");
    let number = pipeline(Some(Type::Int4), "int4", &steps);
    let (_, cell, changed) = applied(&number, Raw::Wire(&12i32.to_be_bytes()));
    assert_eq!((Cell::of(&cell).tag, changed), (tag::INTEGER, vec![0; 3]));
}

#[test]
fn value_steps_count_what_they_changed() {
    let paths = vec![path("meta.synced_at")];
    for (ty, step, raw, text, changed) in [
        ("numeric", Step::Round(2), "1.005", "1.01", 1),
        ("numeric", Step::Round(2), "1.10", "1.1", 0),
        ("numeric", Step::Round(-2), "-150", "-200", 1),
        ("text", Step::Round(2), "1.005", "1.005", 0),
        ("int4[]", Step::SortArray, "{3,1,2}", "{1,2,3}", 1),
        ("int4[]", Step::SortArray, "{1,2}", "{1,2}", 0),
        ("jsonb", Step::SortArray, "[2,1]", "[1,2]", 1),
        (
            "jsonb",
            Step::JsonIgnore(paths),
            r#"{"a":1,"meta":{"synced_at":"x","by":"y"}}"#,
            r#"{"a":1,"meta":{"by":"y"}}"#,
            1,
        ),
    ] {
        let expected = (text.to_owned(), vec![changed]);
        assert_eq!(
            shown(ty, std::slice::from_ref(&step), Raw::Text(raw)),
            expected,
            "{step}"
        );
    }
}

#[test]
fn times_are_cut_to_the_second_or_the_day() {
    for (unit, text) in [
        (TimeUnit::Second, "2024-01-05 10:11:12"),
        (TimeUnit::Day, "2024-01-05 00:00:00"),
    ] {
        let raw = Raw::Text("2024-01-05 10:11:12.9");
        let expected = (text.to_owned(), vec![1]);
        assert_eq!(
            shown("timestamp", &[Step::TruncateTime(unit)], raw),
            expected
        );
    }
}

#[test]
fn only_a_way_that_cannot_fail_reads_anything() {
    for (wire, ty, steps, reads) in [
        (None, "text", vec![], true),
        (None, "numeric", vec![], false),
        (None, "text", vec![Step::Trim], false),
        (Some(Type::Int4), "int4", vec![], true),
        (Some(Type::Int4), "numeric", vec![], false),
        (Some(Type::Int4), "int4", vec![Step::Trim], false),
    ] {
        assert_eq!(
            pipeline(wire.clone(), ty, &steps).reads_anything(),
            reads,
            "{wire:?} {ty}"
        );
    }
}

#[test]
fn chained_maps_are_refused() {
    let refused = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter();
        Step::map(pairs.map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))).unwrap_err()
    };
    assert_eq!(
        refused(&[("a", "b"), ("b", "c")]),
        "the map is chained: `a` becomes `b`, which becomes `c`"
    );
    assert!(refused(&[("a", "b"), ("b", "a")]).contains("chained"));
    assert!(refused(&[("a", "b"), ("a", "c")]).contains("both `b` and `c`"));
    assert_eq!(
        map(&[("b", "b"), ("a", "b"), ("a", "b")]),
        map(&[("a", "b"), ("b", "b")])
    );
}

#[test]
fn steps_have_names_and_say_their_parameters() {
    for name in Step::NAMES {
        if let Some(step) = Step::simple(name) {
            assert_eq!((step.name(), step.to_string().as_str()), (name, name));
        }
    }
    assert_eq!(
        Step::NAMES
            .iter()
            .filter_map(|name| Step::simple(name))
            .count(),
        8
    );
    for (step, text) in [
        (tokens(&["-", "N/\"A"]), r#"null-token ["-", "N/\"A"]"#),
        (Step::Strip(vec!['円', ',']), r#"strip "円,""#),
        (
            map(&[("b", "c"), ("a", "c")]),
            r#"map {"a" = "c", "b" = "c"}"#,
        ),
        (Step::Round(-2), "round -2"),
        (Step::TruncateTime(TimeUnit::Day), "truncate-time day"),
        (
            Step::JsonIgnore(vec![path("items[].id"), path(r#"[]."a.\"b".c"#)]),
            r#"json-ignore ["items[].id", "[].\"a.\\\"b\".c"]"#,
        ),
    ] {
        assert_eq!(step.to_string(), text);
        assert!(Step::NAMES.contains(&step.name()));
    }
}

fn some_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Trim),
        Just(Step::CollapseWhitespace),
        Just(Step::Lowercase),
        Just(Step::Nfkc),
        Just(Step::EmptyAsNull),
        Just(Step::AbsentAsNull),
        Just(tokens(&["-", "n/a"])),
        Just(Step::Strip(vec![',', '-'])),
        Just(map(&[("a", "1"), ("true", "1.25"), ("12", "{2,1}")])),
        (-3..4i32).prop_map(Step::Round),
        Just(Step::SortArray),
    ]
}

/// The pieces of a raw cell, which borrows its text.
fn some_raw() -> impl Strategy<Value = (u8, String)> {
    (
        0..9u8,
        prop_oneof![
            "[-a1-9.,{}\\[\\] \u{3000}Ａ１]{0,6}",
            "-?[0-9]{1,9}(\\.[0-9]{1,4})?"
        ],
    )
}

fn raw_of((kind, text): &(u8, String)) -> Raw<'_> {
    match kind {
        0 => Raw::Null,
        1 => Raw::Absent,
        2 => Raw::JsonString(text),
        3 => Raw::Json("12"),
        4 => Raw::Json("[2,1.50,\"a\"]"),
        5 => Raw::Integer(text.len() as i64 * 7 - 12),
        6 => Raw::Real(text.len() as f64 / 8.0),
        7 => Raw::Blob(text.as_bytes()),
        _ => Raw::Text(text),
    }
}

fn some_type() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "text", "numeric", "float8", "int4[]", "jsonb", "bpchar",
    ])
}

proptest! {
    /// What `explain` shows is what `verify` counted, step by step.
    #[test]
    fn the_trace_is_the_way(
        ty in some_type(),
        steps in prop::collection::vec(some_step(), 0..5),
        raw in some_raw(),
    ) {
        let pipeline = pipeline(None, ty, &steps);
        let (parsed, cell, changed) = applied(&pipeline, raw_of(&raw));
        let trace = pipeline.trace(raw_of(&raw));
        prop_assert_eq!(&trace.canonical, &cell);
        prop_assert_eq!(trace.steps.len(), steps.len());
        prop_assert_eq!(parsed.is_err(), Cell::of(&cell).is_unreadable());
        prop_assert!(changed.iter().all(|count| *count <= 1));
        if changed.iter().all(|count| *count == 0) {
            prop_assert!(trace.steps.iter().all(|(_, text)| *text == trace.raw));
        }
    }

    /// Without steps it is `encode`, and cells that do not parse are kept as they came.
    #[test]
    fn without_steps_it_is_encode(ty in some_type(), raw in some_raw()) {
        let pipeline = pipeline(None, ty, &[Step::Trim]).without_steps();
        let target = Target { ty: Type::parse(ty).unwrap(), zone: None };
        let mut expected = Vec::new();
        let parsed = encode(raw_of(&raw), None, &target, &mut expected);
        let (found, cell, _) = applied(&pipeline, raw_of(&raw));
        prop_assert_eq!(found, parsed);
        if parsed.is_ok() {
            prop_assert_eq!(cell, expected);
        }
    }

    /// Value steps on cells of every type they know.
    #[test]
    fn value_steps_are_idempotent(
        number in "-?[0-9]{1,20}(\\.[0-9]{0,12})?",
        items in prop::collection::vec(0..50i32, 0..6),
        scale in -5..8i32,
        micros in 0..1_000_000u32,
    ) {
        let items: Vec<String> = items.iter().map(ToString::to_string).collect();
        let [array, list] = [items.join(","), items.join(",")];
        let object = format!(r#"{{"id":1,"list":[{{"id":{micros}}},{{"id":2,"a":3}}]}}"#);
        let paths = vec![path("list[].id")];
        for (ty, step, text) in [
            ("numeric", Step::Round(scale), number.clone()),
            ("float8", Step::Round(scale), number.clone()),
            ("float4", Step::Round(scale), number),
            ("int4[]", Step::SortArray, format!("{{{array}}}")),
            ("jsonb", Step::SortArray, format!("[{list}]")),
            ("jsonb", Step::JsonIgnore(paths), object),
            ("time", Step::TruncateTime(TimeUnit::Second), format!("23:59:59.{micros:06}")),
            ("timestamp", Step::TruncateTime(TimeUnit::Day), format!("1969-12-31 23:59:59.{micros:06}")),
            ("timestamptz", Step::TruncateTime(TimeUnit::Second), format!("0044-03-15 10:00:00.{micros:06}+00 BC")),
        ] {
            let (parsed, once, _) = applied(&pipeline(None, ty, std::slice::from_ref(&step)), Raw::Text(&text));
            prop_assert_eq!(parsed, Ok(()), "{} as {}", text, ty);
            let mut twice = Vec::new();
            if value::apply(&step, Cell::of(&once), &mut twice) {
                prop_assert_eq!(&once, &twice, "{} of {} as {}", step, text, ty);
            }
        }
    }
}
