//! One dataset of many types, each cell as one source after the other writes it.

/// A column: its name, its type, and its cells as one source after the other
/// might write them.
pub struct Column {
    pub name: &'static str,
    pub ty: &'static str,
    pub cells: [Forms; 3],
}

/// One value: as CSV text, as a JSON token, as SQLite's and PostgreSQL's literal.
/// `None` is NULL everywhere.
pub type Forms = Option<[&'static str; 4]>;

/// The three rows; the third is as far as it can be NULL.
pub static COLUMNS: [Column; 17] = [
    column(
        "物件番号",
        "text",
        [
            Some(["東京-001", r#""東京-001""#, "'東京-001'", "'東京-001'"]),
            Some([
                "大阪 \"2\", 号",
                r#""大阪 \"2\", \u53f7""#,
                "'大阪 \"2\", 号'",
                "'大阪 \"2\", 号'",
            ]),
            Some(["", r#""""#, "''", "''"]),
        ],
    ),
    column(
        "big",
        "bigint",
        [
            Some([
                "9007199254740993",
                "9007199254740993",
                "9007199254740993",
                "9007199254740993",
            ]),
            Some([
                "-9223372036854775808",
                "-9223372036854775808",
                "-9223372036854775808",
                "-9223372036854775808",
            ]),
            None,
        ],
    ),
    column(
        "price",
        "numeric",
        [
            Some(["1.10", "1.1", "'1.1000'", "1.10"]),
            Some([
                "123456789012345678901234567890.5",
                "123456789012345678901234567890.50",
                "'123456789012345678901234567890.5'",
                "123456789012345678901234567890.5",
            ]),
            Some(["1e3", "1E+3", "1000", "1000.00"]),
        ],
    ),
    column(
        "ratio",
        "double precision",
        [
            Some(["NaN", r#""NaN""#, "'NaN'", "'NaN'"]),
            Some(["-0", "-0.0", "0.0", "'-0'"]),
            Some(["0.1", "0.1", "0.1", "0.1"]),
        ],
    ),
    column(
        "small",
        "real",
        [
            Some(["0.1", "0.1", "'0.1'", "0.1"]),
            Some(["Infinity", r#""Infinity""#, "9e999", "'Infinity'"]),
            None,
        ],
    ),
    column(
        "flag",
        "boolean",
        [
            Some(["t", "true", "1", "true"]),
            Some(["FALSE", "false", "0", "false"]),
            None,
        ],
    ),
    column(
        "seen",
        "timestamptz",
        [
            Some([
                "2024-01-05 10:00:00.123456+09",
                r#""2024-01-05T01:00:00.123456+00:00""#,
                "'2024-01-05T01:00:00.123456Z'",
                "'2024-01-04 20:00:00.123456-05'",
            ]),
            Some(["infinity", r#""infinity""#, "'infinity'", "'infinity'"]),
            None,
        ],
    ),
    column(
        "local",
        "timestamp",
        [
            Some([
                "2024-02-29 23:59:59.5",
                r#""2024-02-29T23:59:59.5""#,
                "'2024-02-29T23:59:59.500'",
                "'2024-02-29 23:59:59.5'",
            ]),
            Some([
                "0044-03-15 00:00:00 BC",
                r#""0044-03-15T00:00:00 BC""#,
                "'0044-03-15 00:00:00 BC'",
                "'0044-03-15 BC'",
            ]),
            None,
        ],
    ),
    column(
        "built",
        "date",
        [
            Some([
                "2024-02-29",
                r#""2024-02-29""#,
                "'2024-02-29'",
                "'2024-02-29'",
            ]),
            None,
            Some(["-infinity", r#""-infinity""#, "'-infinity'", "'-infinity'"]),
        ],
    ),
    column(
        "span",
        "interval",
        [
            Some([
                "1 mon 2 days 03:00:00",
                r#""P1M2DT3H""#,
                "'1 mon 2 days 03:00:00'",
                "'1 month 2 days 3 hours'",
            ]),
            Some(["30 days", r#""30 days""#, "'P30D'", "'30 days'"]),
            None,
        ],
    ),
    column(
        "bytes",
        "bytea",
        [
            Some([
                r"\xDEADBEEF",
                r#""\\xdeadbeef""#,
                "x'deadbeef'",
                r"'\xdeadbeef'",
            ]),
            Some([r"\x", r#""\\x""#, "x''", r"'\x'"]),
            None,
        ],
    ),
    column(
        "uid",
        "uuid",
        [
            Some([
                "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
                r#""a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11""#,
                "'a0eebc999c0b4ef8bb6d6bb9bd380a11'",
                "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
            ]),
            None,
            None,
        ],
    ),
    column(
        "doc",
        "jsonb",
        [
            Some([
                r#"{"b": [1, 2.50], "a": "物件"}"#,
                r#"{"a":"物件","b":[1,2.5]}"#,
                r#"'{"b":[1.0,2.5],"a":"\u7269件"}'"#,
                r#"'{"a": "物件", "b": [1, 2.5]}'"#,
            ]),
            Some([
                "9007199254740993",
                "9007199254740993",
                "'9007199254740993'",
                "'9007199254740993'",
            ]),
            None,
        ],
    ),
    column(
        "tags",
        "text[]",
        [
            Some([
                r#"{a,"b c",NULL}"#,
                r#"["a","b c",null]"#,
                r#"'["a", "b c", null]'"#,
                r#"ARRAY['a','b c',NULL]"#,
            ]),
            Some([
                r#"{"NULL",""}"#,
                r#"["NULL",""]"#,
                r#"'{"NULL",""}'"#,
                "ARRAY['NULL','']",
            ]),
            Some(["{}", "[]", "'{}'", "'{}'"]),
        ],
    ),
    column(
        "sizes",
        "integer[]",
        [
            Some([
                "{1,NULL,3}",
                "[1,null,3]",
                "'[1,null,3]'",
                "'[0:2]={1,NULL,3}'",
            ]),
            Some([
                "{{1,2},{3,4}}",
                "[[1,2],[3,4]]",
                "'{{1,2},{3,4}}'",
                "'{{1,2},{3,4}}'",
            ]),
            None,
        ],
    ),
    column(
        "addr",
        "inet",
        [
            Some([
                "192.168.0.1/32",
                r#""192.168.0.1""#,
                "'192.168.0.1'",
                "'192.168.0.1'",
            ]),
            Some([
                "2001:DB8::1/64",
                r#""2001:db8:0::1/64""#,
                "'2001:db8::1/64'",
                "'2001:db8::1/64'",
            ]),
            None,
        ],
    ),
    column(
        "note",
        "text",
        [
            Some([
                "全角ＡＢＣ\n二行目",
                r#""全角ＡＢＣ\n二行目""#,
                "'全角ＡＢＣ\n二行目'",
                "'全角ＡＢＣ\n二行目'",
            ]),
            Some(["NULL", r#""NULL""#, "'NULL'", "'NULL'"]),
            None,
        ],
    ),
];

const fn column(name: &'static str, ty: &'static str, cells: [Forms; 3]) -> Column {
    Column { name, ty, cells }
}
