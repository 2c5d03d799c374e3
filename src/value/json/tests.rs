//! Tests of [`super`].

use super::super::testing::{canonical, shown, text, token, wire};
use super::*;

mod laws;

fn same(old: &str, new: &str) {
    let (a, b) = (text(old, "jsonb").unwrap(), text(new, "jsonb").unwrap());
    assert_eq!(a, b, "{old} and {new}");
}

fn differ(old: &str, new: &str) {
    let (a, b) = (text(old, "jsonb").unwrap(), text(new, "jsonb").unwrap());
    assert_ne!(a, b, "{old} and {new}");
}

#[test]
fn values_count_and_notation_does_not() {
    same("1.10", "1.1");
    same("1e3", "1000");
    same("-0.0", "0");
    same("-0", "0");
    same("9007199254740993", "9007199254740993.0");
    same("1E+2", "100");
    same(r#" { "b" : 1 , "a":[ ] } "#, r#"{"a":[],"b":1}"#);
    same(r#"{"a":1,"a":2}"#, r#"{"a":2}"#);
    same(
        r#"{"b":0,"a":1,"b":{"x":1},"a":[2]}"#,
        r#"{"a":[2],"b":{"x":1}}"#,
    );
    same(r#""\u0041\/\n\ud83d\ude00""#, "\"A/\\n😀\"");
    same(r#"{"\u0061":1}"#, r#"{"a":1}"#);
    same(r#"{"aa":1,"b":2}"#, r#"{"b":2,"aa":1}"#);
}

#[test]
fn what_differs_differs() {
    differ("12", r#""12""#);
    differ("9007199254740993", "9007199254740992");
    differ("[1,2]", "[2,1]");
    differ("null", r#""null""#);
    differ("{}", "[]");
    differ("[[1],2]", "[[1,2]]");
    differ(r#"["ab","c"]"#, r#"["a","bc"]"#);
    differ(r#"{"a":null}"#, "{}");
    differ("true", "1");
    differ("false", "null");
    differ("1e-400", "0");
}

#[test]
fn what_is_not_json_is_unreadable() {
    for bad in [
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "[,1]",
        "{,}",
        r#"{"a"}"#,
        r#"{"a":1,}"#,
        "{1:2}",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "1e+",
        "nul",
        "NaN",
        "Infinity",
        "'a'",
        "\"",
        "\"a",
        "\"\t\"",
        r#""\x""#,
        r#""\u12""#,
        r#""\ud800""#,
        r#""\ud800\u0041""#,
        r#""\udc00""#,
        "[1}",
        "{\"a\":1]",
        "1 2",
        "[1] x",
        "-",
        "\u{a0}1",
        "true1",
        "\\",
        "[\"\\\"",
        "tru",
        "\"\\",
    ] {
        assert_eq!(text(bad, "jsonb"), Err(Unreadable), "{bad:?}");
    }
}

#[test]
fn depth_costs_no_stack_and_exponents_no_memory() {
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let cell = text(&deep(60_000), "json").unwrap();
    assert_eq!(shown(&cell), deep(60_000));
    assert_eq!(text(&deep(100_000), "json"), Err(Unreadable));
    assert_eq!(text(&"[".repeat(1_000_000), "json"), Err(Unreadable));
    assert_eq!(text(&"{\"a\":".repeat(50_000), "json"), Err(Unreadable));
    assert!(text("1e999999999", "json").unwrap().len() < 100);
    assert!(text("[1e-999999999]", "json").unwrap().len() < 100);
    assert_eq!(text("1e99999999999999999999", "json"), Err(Unreadable));
}

#[test]
fn the_servers_forms_are_its_text() {
    let cell = text(r#"{"a":1}"#, "jsonb").unwrap();
    assert_eq!(
        wire(b"\x01{\"a\": 1.0}", "jsonb", "jsonb"),
        Ok(cell.clone())
    );
    assert_eq!(wire(b"{\"a\": 1}", "json", "jsonb"), Ok(cell));
    assert_eq!(wire(b"\x02{}", "jsonb", "jsonb"), Err(Unreadable));
    assert_eq!(wire(b"\x01\xff", "jsonb", "jsonb"), Err(Unreadable));
    assert_eq!(wire(b"", "jsonb", "jsonb"), Err(Unreadable));
}

#[test]
fn tokens_mean_what_their_column_says() {
    for (given, ty, expected) in [
        ("12", "integer", Some("12")),
        ("1.0", "integer", Some("1")),
        ("9007199254740993", "bigint", Some("9007199254740993")),
        ("1.50", "numeric", Some("1.5")),
        ("\"12\"", "numeric", Some("12")),
        ("\"NaN\"", "numeric", Some("NaN")),
        ("\"-Infinity\"", "double precision", Some("-Infinity")),
        ("0.1", "real", Some("0.1")),
        ("true", "numeric", None),
        ("true", "boolean", Some("true")),
        ("1", "boolean", Some("true")),
        ("2", "boolean", None),
        ("\"t\"", "boolean", Some("true")),
        ("12.50", "text", Some("12.50")),
        ("true", "text", Some("true")),
        ("{\"a\": 1}", "text", Some("{\"a\": 1}")),
        ("[1, 2]", "text", Some("[1, 2]")),
        ("12", "jsonb", Some("12")),
        ("\"12\"", "jsonb", Some("\"12\"")),
        ("\"{}\"", "jsonb", Some("\"{}\"")),
        ("\"NaN\"", "text", Some("NaN")),
        ("12", "date", None),
        ("12", "uuid", None),
        ("[1]", "integer", None),
        ("{}", "integer", None),
        ("12", "bytea", None),
        ("\"[1,5]\"", "int4range", Some("[1,6)")),
    ] {
        let found = token(given, ty).ok().map(|cell| shown(&cell));
        assert_eq!(found.as_deref(), expected, "{given} as {ty}");
    }
    assert_ne!(token("12", "jsonb"), token("\"12\"", "jsonb"));
}

#[test]
fn json_arrays_are_arrays() {
    for (json, ty, array) in [
        (r#"["a","b c",null]"#, "text[]", r#"{a,"b c",NULL}"#),
        (r#"["NULL", ""]"#, "text[]", r#"{"NULL",""}"#),
        ("[[1,2],[3,4]]", "integer[]", "{{1,2},{3,4}}"),
        ("[ ]", "integer[]", "{}"),
        ("[[], []]", "integer[]", "{}"),
        ("[1.50, 2e3]", "numeric[]", "{1.5,2000}"),
        (r#"["1.5","NaN"]"#, "numeric[]", "{1.5,NaN}"),
        (r#"["a\"\\b\u0041"]"#, "text[]", r#"{"a\"\\bA"}"#),
        ("[true,false]", "boolean[]", "{t,f}"),
        (
            r#"[[1], {"a":1}, "x", null]"#,
            "jsonb[]",
            r#"{"[1]","{\"a\": 1}","\"x\"",NULL}"#,
        ),
        (r#"["(1,2),(0,0)"]"#, "box[]", "{(1,2),(0,0)}"),
        (r#"["[1,2]"]"#, "int4range[]", r#"{"[1,3)"}"#),
        ("[12,true,[]]", "jsonb[]", "{12,true,[]}"),
        (
            r#"[12,true,{"a":[1,"]"]}]"#,
            "text[]",
            r#"{12,true,"{\"a\":[1,\"]\"]}"}"#,
        ),
    ] {
        let expected = text(array, ty).unwrap_or_else(|_| panic!("{array} as {ty}"));
        assert_eq!(token(json, ty), Ok(expected), "{json} as {ty}");
    }
    for bad in [
        "[[1],2]",
        "[1,[2]]",
        "[[1],[2,3]]",
        "[1,]",
        "[1",
        "[[1]",
        "[1]]",
        "[1 2]",
        "[,1]",
        "[\"a]",
        "[[[[[[[1]]]]]]]",
        "[true]",
        "[[1],[]]",
        "[[],[1]]",
        "[[1],null]",
    ] {
        assert_eq!(token(bad, "integer[]"), Err(Unreadable), "{bad}");
    }
}

#[test]
fn strings_under_an_array_are_its_text_form() {
    assert_eq!(token(r#""{1,2}""#, "integer[]"), text("{1,2}", "integer[]"));
}

fn without_paths(json: &str, paths: &[&str]) -> String {
    let cell = text(json, "jsonb").unwrap();
    let paths: Vec<_> = paths
        .iter()
        .map(|path| Path::parse(path).unwrap())
        .collect();
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    without(Cell::of(&cell), &paths, &mut once);
    without(Cell::of(&once), &paths, &mut twice);
    assert_eq!(once, twice, "idempotent");
    shown(&once)
}

#[test]
fn paths_take_away_what_they_name() {
    let json = r#"{"meta":{"synced_at":1,"by":2},"items":[{"id":1,"x":2},{"id":3},4],"a.b":5}"#;
    for (paths, expected) in [
        (
            &["meta.synced_at"][..],
            r#"{"a.b":5,"items":[{"id":1,"x":2},{"id":3},4],"meta":{"by":2}}"#,
        ),
        (
            &["items[].id", "meta"],
            r#"{"a.b":5,"items":[{"x":2},{},4]}"#,
        ),
        (&["\"a.b\"", "items[]", "meta"], r#"{"items":[]}"#),
        (
            &["\"a\\.b\"", "items", "nothing.here"],
            r#"{"meta":{"by":2,"synced_at":1}}"#,
        ),
        (
            &["[].x", "items[].id.deeper", "a"],
            r#"{"a.b":5,"items":[{"id":1,"x":2},{"id":3},4],"meta":{"by":2,"synced_at":1}}"#,
        ),
    ] {
        assert_eq!(without_paths(json, paths), expected, "{paths:?}");
    }
    assert_eq!(
        without_paths(r#"[{"x":1,"y":2},[{"x":3}]]"#, &["[].x", "[][].x"]),
        r#"[{"y":2},[{}]]"#
    );
    assert_eq!(without_paths("12", &["a"]), "12");
    for bad in [
        "", ".", "a.", ".a", "a..b", "a[", "a[0]", "\"a", "a\"b\"", "a]", "[]a",
    ] {
        assert_eq!(Path::parse(bad), None, "{bad}");
    }
}

#[test]
fn other_cells_pass_paths_and_sorting_as_they_are() {
    let cell = text("[", "text").unwrap();
    let mut out = Vec::new();
    without(Cell::of(&cell), &[Path::parse("a").unwrap()], &mut out);
    sort(Cell::of(&cell), &mut out);
    assert_eq!(out, [&cell[..], &cell[..]].concat());
}

#[test]
fn only_the_top_level_array_is_sorted() {
    let sorted = |json: &str| {
        let cell = text(json, "jsonb").unwrap();
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        sort(Cell::of(&cell), &mut once);
        sort(Cell::of(&once), &mut twice);
        assert_eq!(once, twice, "idempotent");
        shown(&once)
    };
    assert_eq!(
        sorted("[3,-1,2,\"a\",[2,1]]"),
        sorted("[\"a\",[2,1],2,3,-1]")
    );
    assert_eq!(sorted("[3,-1,2]"), "[-1,2,3]");
    assert_eq!(sorted("[[2,1]]"), "[[2,1]]");
    assert_eq!(sorted("{\"a\":[2,1]}"), "{\"a\":[2,1]}");
    assert_eq!(sorted("[]"), "[]");
}

#[test]
fn text_of_json_is_compact() {
    assert_eq!(
        canonical(
            " { \"b\" : [ 1.0 , true , null ] , \"a\" : \"\\u0007\\t\" } ",
            "json"
        )
        .as_deref(),
        Some("{\"a\":\"\\u0007\\t\",\"b\":[1,true,null]}")
    );
}
