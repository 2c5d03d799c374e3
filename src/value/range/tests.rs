//! Tests of [`super`]. What the server makes of ranges is in `postgres.tsv`.

use super::super::testing::{canonical, text};

#[test]
fn ranges_are_equal_as_sets_where_values_are_discrete() {
    for (ty, given, expected) in [
        ("int4range", "(4,5)", Some("empty")),
        ("int4range", "[5,5)", Some("empty")),
        ("int4range", "(5,5)", Some("empty")),
        ("int4range", "(5,4)", None),
        ("int8range", "[,9223372036854775807]", None),
        (
            "daterange",
            "(2024-02-28,2024-03-01)",
            Some("[2024-02-29,2024-03-01)"),
        ),
        ("daterange", "(infinity,]", Some("(infinity,)")),
        ("numrange", "[1.0,2)", Some("[1,2)")),
        ("numrange", "(1,1]", Some("empty")),
        ("numrange", "[1,1]", Some("[1,1]")),
        (
            "tsrange",
            "[\"2024-01-01 00:00\",2024-01-02]",
            Some("[\"2024-01-01 00:00:00\",\"2024-01-02 00:00:00\"]"),
        ),
        (
            "range of text",
            "[a,\"b,\"\"c\\\\\"]",
            Some("[a,\"b,\"\"c\\\\\"]"),
        ),
        ("range of text", "(\"\",)", Some("(\"\",)")),
        ("range of text", "[b,a]", Some("[b,a]")),
        ("int4range", "[1,2,3]", None),
        ("int4range", "[(1,2]", None),
        ("int4range", "[1.5,2]", None),
        ("int4range", "emptyx", None),
        ("int4range", "[\"1,2]", None),
        ("int4multirange", "{}", Some("{}")),
        ("int4multirange", "{empty}", Some("{}")),
        ("int4multirange", "{[1,2)[3,4)}", None),
        ("int4multirange", "[1,2)", None),
        ("int4multirange", "{[1,2)}x", None),
        (
            "nummultirange",
            "{(1,2),(2,3),[5,]}",
            Some("{(1,2),(2,3),[5,)}"),
        ),
        ("nummultirange", "{[2,3),(1,2)}", Some("{(1,3)}")),
        ("nummultirange", "{[5,),[1,2],(,1)}", Some("{(,2],[5,)}")),
    ] {
        assert_eq!(canonical(given, ty).as_deref(), expected, "{given} as {ty}");
    }
    assert_ne!(text("(,1)", "numrange"), text("(-Infinity,1)", "numrange"));
    assert_ne!(text("[1,2]", "numrange"), text("[1,2)", "numrange"));
    assert_ne!(
        text("(\"\",)", "range of text"),
        text("(,)", "range of text")
    );
}
