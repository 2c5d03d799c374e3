//! Tests of [`super`].

use super::super::testing::{canonical, shown, text, wire};
use super::super::{Raw, encode};
use super::*;

#[test]
fn elements_count_and_notation_does_not() {
    for (ty, given, expected) in [
        (
            "text[]",
            r#"{a,"b c",NULL,"NULL","",null}"#,
            Some(r#"{a,"b c",NULL,"NULL","",NULL}"#),
        ),
        ("text[]", r#"{a\,b, c d ,"e"}"#, Some(r#"{"a,b","c d",e}"#)),
        (
            "text[]",
            r#"{nu\ll,x\"y,"\\"}"#,
            Some(r#"{"null","x\"y","\\"}"#),
        ),
        ("text[]", "{テスト,\"\u{3000}\"}", Some("{テスト,\u{3000}}")),
        ("integer[]", "[0:2]={1,2,3}", Some("{1,2,3}")),
        (
            "integer[]",
            "[-1:0][2:3]={{1,2},{3,4}}",
            Some("{{1,2},{3,4}}"),
        ),
        ("integer[]", " { { 1 , 007 } } ", Some("{{1,7}}")),
        (
            "integer[]",
            "{{{1},{2}},{{3},{4}}}",
            Some("{{{1},{2}},{{3},{4}}}"),
        ),
        ("integer[]", "{}", Some("{}")),
        ("integer[]", "{x}", None),
        ("integer[]", "{\"\"}", None),
        ("integer[]", "{1,,2}", None),
        ("integer[]", "{1 2}", None),
        ("integer[]", "{1}{2}", None),
        ("integer[]", "[a]={1}", None),
        ("text[]", r#"["a","b c",null]"#, Some(r#"{a,"b c",NULL}"#)),
        (
            "text[]",
            r#" ["[1]={5}", "NULL"] "#,
            Some(r#"{"[1]={5}","NULL"}"#),
        ),
        ("integer[]", "[[1, 2], [3, 4]]", Some("{{1,2},{3,4}}")),
        ("integer[]", "[]", Some("{}")),
        ("integer[]", "[1", None),
        ("integer[]", "[1] [2]", None),
        ("integer[]", "[\"x\"]", None),
        ("box[]", "{NULL,NULL}", Some("{NULL,NULL}")),
        ("box[]", "{(0,0),(1,1);NULL}", Some("{(1,1),(0,0);NULL}")),
        ("integer", "{1}", None),
    ] {
        assert_eq!(canonical(given, ty).as_deref(), expected, "{given}");
    }
    assert_ne!(text("{{1,2}}", "int[]"), text("{1,2}", "int[]"));
    assert_ne!(text("{{1},{2}}", "int[]"), text("{{1,2}}", "int[]"));
    assert_ne!(text("{NULL}", "text[]"), text("{\"NULL\"}", "text[]"));
    assert_ne!(text("{NULL}", "text[]"), text("{}", "text[]"));
}

/// Files and SQLite hold arrays so.
#[test]
fn text_that_is_a_json_array_is_the_same_array() {
    for (ty, json, postgres) in [
        ("text[]", r#"["a", "b c", null]"#, r#"{a,"b c",NULL}"#),
        ("text[]", r#" ["NULL","","{x}"] "#, r#"{"NULL","","{x}"}"#),
        ("text[]", "[]", "{}"),
        ("integer[]", "[1.0,-2]", "{1,-2}"),
        ("integer[]", "[[1,2],[3,4]]", "{{1,2},{3,4}}"),
        ("numeric[]", "[9007199254740993]", "{9007199254740993}"),
    ] {
        assert!(text(postgres, ty).is_ok(), "{postgres}");
        assert_eq!(text(json, ty), text(postgres, ty), "{json}");
    }
    for (ty, broken) in [
        ("text[]", r#"["a""#),
        ("text[]", r#"["a"] x"#),
        ("text[]", r#"["a",]"#),
        ("integer[]", r#"["x"]"#),
        ("integer[]", "[[1],[2,3]]"),
        ("integer", "[1]"),
    ] {
        assert_eq!(text(broken, ty), Err(Unreadable), "{broken}");
    }
}

/// In JSON an array within a string is one that was encoded twice: a defect.
#[test]
fn a_json_string_that_holds_an_array_is_no_array() {
    let target = Target {
        ty: Type::parse("text[]").expect("a type"),
        zone: None,
    };
    let twice = Raw::JsonString(r#"["a"]"#);
    assert_eq!(
        encode(twice, None, &target, &mut Vec::new()),
        Err(Unreadable)
    );
}

#[test]
fn elements_unify_like_columns() {
    let int4 = b"\0\0\0\x01\0\0\0\0\0\0\0\x17\0\0\0\x01\0\0\0\x01\0\0\0\x04\0\0\0\x07";
    assert_eq!(wire(int4, "int4[]", "numeric[]"), text("{7}", "numeric[]"));
    assert_eq!(wire(int4, "int4[]", "text[]"), Err(Unreadable));
    // Eight dimensions, and more elements than bytes.
    assert_eq!(
        wire(b"\0\0\0\x08\0\0\0\0\0\0\0\x17", "int4[]", "int4[]"),
        Err(Unreadable)
    );
    let huge = b"\0\0\0\x01\0\0\0\0\0\0\0\x17\x7f\xff\xff\xff\0\0\0\x01";
    assert_eq!(wire(huge, "int4[]", "int4[]"), Err(Unreadable));
    let none = b"\0\0\0\x01\0\0\0\0\0\0\0\x17\0\0\0\0\0\0\0\x01";
    assert_eq!(wire(none, "int4[]", "int4[]"), text("{}", "int4[]"));
}

#[test]
fn sorting_is_by_value_and_idempotent() {
    for (ty, given, expected) in [
        ("numeric[]", "{10,9,-1.5,NULL,9.5}", "{NULL,-1.5,9,9.5,10}"),
        ("text[]", "{b,a,B,NULL}", "{NULL,B,a,b}"),
        ("integer[]", "{{2,1},{1,0}}", "{{2,1},{1,0}}"),
        ("integer[]", "{}", "{}"),
        ("integer", "3", "3"),
    ] {
        let cell = text(given, ty).unwrap();
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        sort(Cell::of(&cell), &mut once);
        sort(Cell::of(&once), &mut twice);
        assert_eq!(shown(&once), expected);
        assert_eq!(once, twice);
        assert_eq!(text(expected, ty), Ok(once));
    }
}
