//! Every type of a real server: none is left out unnoticed, each is declared as
//! what it is, and its binary form and its text lead to the same canonical cell.

mod support;

use std::collections::BTreeMap;

use support::Postgres;
use support::reading::{Read, open, query, read, table, wants, wants_text};

use shadowgate::source::Schema;
use shadowgate::source::postgres::types::{BY_TEXT, BY_VALUE};
use shadowgate::value::{Raw, Target, Type, encode};

#[test]
fn every_built_in_type_is_read_by_value_or_listed_as_read_by_text() {
    let server = Postgres::start();
    let url = server.create_database("enumerated");
    // Base types, domains, enums, ranges, multiranges, and their arrays. (A row
    // type of a catalog is a composite type: those are read by text as a kind.)
    let names = server.sql(
        "enumerated",
        "SELECT t.typname::text FROM pg_type t LEFT JOIN pg_type e ON e.typarray = t.oid
          WHERE t.typnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
            AND t.typtype IN ('b', 'd', 'e', 'r', 'm') AND coalesce(e.typrelid, 0) = 0
            AND coalesce(e.typtype, 'b') <> 'p'
          ORDER BY 1",
    );
    let names: Vec<_> = names.lines().collect();
    assert!(names.len() > 150, "only {} types", names.len());
    let columns: Vec<_> = names
        .iter()
        .map(|name| format!("NULL::{} AS \"{name}\"", qualified(name)))
        .collect();
    let sql = format!("SELECT {}", columns.join(", "));
    let (mut source, schema) = open(&query(&url, &sql)).expect("opens");
    let unlisted: Vec<_> = schema
        .columns
        .iter()
        .filter(|column| {
            matches!(
                column.declared.as_ref().expect("declared").ty,
                Type::ByText(_)
            )
        })
        .map(|column| column.name.as_str())
        .filter(|name| !BY_TEXT.contains(&name.trim_start_matches('_')))
        .collect();
    assert!(
        unlisted.is_empty(),
        "neither by value nor listed as by text: {unlisted:?}"
    );
    let by_text = schema.columns.len() - value_columns(&schema);
    assert_eq!(
        schema.warnings.len(),
        by_text,
        "each by-text column is warned of"
    );
    let gone: Vec<_> = BY_VALUE
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !names.contains(name))
        .collect();
    assert!(
        gone.is_empty(),
        "listed, but the server does not have them: {gone:?}"
    );
    assert_eq!(
        read(&mut *source, &wants(&schema)).expect("read").0.len(),
        1
    );
}

fn qualified(name: &str) -> String {
    let own = [
        "cardinal_number",
        "character_data",
        "sql_identifier",
        "time_stamp",
        "yes_or_no",
    ];
    match own.contains(&name.trim_start_matches('_')) {
        true => format!("information_schema.\"{name}\""),
        false => format!("pg_catalog.\"{name}\""),
    }
}

fn value_columns(schema: &Schema) -> usize {
    let by_value = |column: &&shadowgate::source::Column| {
        !matches!(
            column.declared.as_ref().expect("declared").ty,
            Type::ByText(_)
        )
    };
    schema.columns.iter().filter(by_value).count()
}

fn array(of: Type) -> Type {
    Type::Array(Box::new(of))
}

fn range(of: Type) -> Type {
    Type::Range(Box::new(of))
}

fn multirange(of: Type) -> Type {
    Type::Multirange(Box::new(of))
}

fn by_text(name: &str) -> Type {
    Type::ByText(name.to_owned())
}

/// Types of our own that the samples use.
const MADE: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy', '専任');
    CREATE DOMAIN price AS numeric(12,2) CHECK (VALUE >= 0);
    CREATE DOMAIN low_price AS price;
    CREATE DOMAIN tags AS text[];
    CREATE DOMAIN cash AS money;
    CREATE TYPE pair AS (a int, b text);
    CREATE TYPE floatrange AS RANGE (subtype = float8);
    CREATE TYPE pricerange AS RANGE (subtype = price);
    CREATE TYPE textrange AS RANGE (subtype = text);
    CREATE TYPE lsnrange AS RANGE (subtype = pg_lsn);";

type Sample = (&'static str, Type, &'static [&'static str]);

fn scalars() -> Vec<Sample> {
    vec![
        ("bool", Type::Bool, &["t", "f"]),
        ("int2", Type::Int2, &["-32768", "32767", "0"]),
        ("int4", Type::Int4, &["-2147483648", "2147483647", "7"]),
        (
            "int8",
            Type::Int8,
            &[
                "-9223372036854775808",
                "9223372036854775807",
                "9007199254740993",
            ],
        ),
        ("oid", Type::Oid, &["0", "4294967295"]),
        (
            "numeric",
            Type::Numeric,
            &[
                "0",
                "-0.00",
                "1.10",
                "-1.1",
                "1e3",
                "0.00001",
                "99999999999999999999999.99",
                "NaN",
                "Infinity",
                "-Infinity",
                "9223372036854775808",
                "10000",
                "1e-200",
                "-1e300",
            ],
        ),
        ("numeric(12,2)", Type::Numeric, &["0.10", "-1234567890.12"]),
        (
            "float4",
            Type::Float4,
            &[
                "0",
                "-0",
                "0.1",
                "1e38",
                "1e-45",
                "NaN",
                "Infinity",
                "-Infinity",
                "16777216",
                "3.4028235e38",
            ],
        ),
        (
            "float8",
            Type::Float8,
            &[
                "-0",
                "0.1",
                "0.30000000000000004",
                "1e308",
                "5e-324",
                "NaN",
                "Infinity",
                "-Infinity",
                "123456789012345678",
            ],
        ),
        (
            "money",
            Type::Money,
            &["0", "-12.34", "92233720368547758.07", "1,234.50"],
        ),
        (
            "text",
            Type::Text,
            &[
                "",
                " a ",
                "NULL",
                "日本語 〜～",
                "a\tb\nc\\d\"e'",
                "\u{1f3e0}",
            ],
        ),
        ("varchar(10)", Type::Text, &["", "abc  ", "物件"]),
        ("name", Type::Text, &["", "abc"]),
        ("\"char\"", Type::Text, &["a", "", "\""]),
        ("char(5)", Type::Bpchar, &["", "ab", " a b ", "物件"]),
        ("bytea", Type::Bytea, &["\\x", "\\x00ff5c", "\\xdeadbeef"]),
        (
            "uuid",
            Type::Uuid,
            &[
                "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
                "00000000-0000-0000-0000-000000000000",
            ],
        ),
        (
            "date",
            Type::Date,
            &[
                "2024-02-29",
                "0044-03-15 BC",
                "4713-01-01 BC",
                "5874897-12-31",
                "infinity",
                "-infinity",
                "2000-01-01",
                "0001-12-31",
            ],
        ),
        (
            "time",
            Type::Time,
            &["00:00:00", "24:00:00", "12:34:56.789012", "23:59:59.999999"],
        ),
        ("time(0)", Type::Time, &["12:34:56.7"]),
        (
            "timetz",
            Type::TimeTz,
            &[
                "12:34:56.789+09",
                "00:00:00-15:59:59",
                "24:00:00+00",
                "01:02:03+05:45",
            ],
        ),
        (
            "timestamp",
            Type::Timestamp,
            &[
                "2024-02-29 12:34:56.789012",
                "0044-03-15 01:02:03 BC",
                "294276-12-31 23:59:59.999999",
                "infinity",
                "-infinity",
                "1999-12-31 23:59:59.999999",
            ],
        ),
        (
            "timestamptz",
            Type::TimestampTz,
            &[
                "2024-02-29 12:34:56.789012+09",
                "0044-03-15 01:02:03+00 BC",
                "294276-12-31 23:59:59+00",
                "infinity",
                "-infinity",
                "4714-11-24 00:00:00+00 BC",
            ],
        ),
        (
            "interval",
            Type::Interval,
            &[
                "0",
                "1 month",
                "30 days",
                "-1 year -2 mons +3 days -04:05:06.789",
                "1000000:00:00.000001",
                "178000000 years",
                "-0.000001 s",
                "24:00:00",
            ],
        ),
        (
            "json",
            Type::Json,
            &[
                "{\"b\": 1.10, \"a\": [null, true, \"x\"]}",
                "null",
                "\"s\"",
                "12345678901234567890.5",
                "[]",
                "{}",
                "\"\\u7269\\n\"",
            ],
        ),
        (
            "jsonb",
            Type::Jsonb,
            &[
                "{\"b\": 1.10, \"a\": [null, {\"z\": 1e3}]}",
                "null",
                "\"物\"",
                "-0.0",
                "[[]]",
                "false",
            ],
        ),
        (
            "inet",
            Type::Inet,
            &[
                "192.168.0.1",
                "10.1.2.3/8",
                "::1",
                "2001:db8::/32",
                "::ffff:1.2.3.4",
                "0.0.0.0/0",
            ],
        ),
        (
            "cidr",
            Type::Cidr,
            &["10.0.0.0/8", "192.168.1.0/24", "2001:db8::/32", "1.2.3.4"],
        ),
        (
            "macaddr",
            Type::MacAddr,
            &["08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"],
        ),
        ("macaddr8", Type::MacAddr8, &["08:00:2b:01:02:03:04:05"]),
        (
            "point",
            Type::Point,
            &["(1,2)", "(-0,0.1)", "(NaN,Infinity)"],
        ),
        ("line", Type::Line, &["{1,2,3}", "{-1,0,0.5}"]),
        ("lseg", Type::Lseg, &["[(0,0),(1,1)]"]),
        ("box", Type::Box, &["(0,0),(1,1)", "(3,4),(-1,-2)"]),
        (
            "path",
            Type::Path,
            &["[(0,0),(1,1)]", "((0,0),(1,1),(2,0.5))"],
        ),
        (
            "polygon",
            Type::Polygon,
            &["((0,0),(1,1),(1,0))", "((1e300,1))"],
        ),
        ("circle", Type::Circle, &["<(1,2),3>", "<(0,0),0>"]),
        ("bit(5)", Type::Bit, &["10101", "00000"]),
        ("varbit", Type::VarBit, &["", "1", "101010101", "11111111"]),
    ]
}

fn made() -> Vec<Sample> {
    vec![
        ("mood", Type::Enum, &["sad", "very happy", "専任"]),
        ("price", Type::Numeric, &["1.50", "0"]),
        ("low_price", Type::Numeric, &["2.5"]),
        ("tags", array(Type::Text), &["{a,\"b c\",NULL}", "{}"]),
        ("cash", Type::Money, &["1.5"]),
        (
            "int4[]",
            array(Type::Int4),
            &["{}", "{1,NULL,-3}", "{{1,2},{3,4}}", "[2:3]={5,6}"],
        ),
        (
            "text[]",
            array(Type::Text),
            &["{a,\"b,c\",\"\",NULL,\"NULL\",\"\\\\\\\"\"}", "{{a},{物}}"],
        ),
        (
            "numeric[]",
            array(Type::Numeric),
            &["{1.10,NaN,-Infinity,NULL}"],
        ),
        ("float8[]", array(Type::Float8), &["{0.1,-0,NaN}"]),
        (
            "timestamptz[]",
            array(Type::TimestampTz),
            &["{\"2024-01-01 00:00:00+09\",infinity,NULL}"],
        ),
        (
            "jsonb[]",
            array(Type::Jsonb),
            &["{\"{\\\"a\\\": 1}\",null}"],
        ),
        ("bytea[]", array(Type::Bytea), &["{\"\\\\x00\",NULL}"]),
        ("box[]", array(Type::Box), &["{(1,1),(0,0);(3,3),(2,2)}"]),
        ("money[]", array(Type::Money), &["{1.50,NULL,-2}"]),
        ("name[]", array(Type::Text), &["{a,NULL}"]),
        ("\"char\"[]", array(Type::Text), &["{a,b}"]),
        ("char(3)[]", array(Type::Bpchar), &["{a,\"b c\"}"]),
        ("mood[]", array(Type::Enum), &["{sad,\"very happy\",NULL}"]),
        ("price[]", array(Type::Numeric), &["{1.5,2.25}"]),
        (
            "interval[]",
            array(Type::Interval),
            &["{\"1 mon\",\"-1 days\"}"],
        ),
        (
            "uuid[]",
            array(Type::Uuid),
            &["{00000000-0000-0000-0000-000000000001}"],
        ),
        (
            "int4range",
            range(Type::Int4),
            &["empty", "[1,5)", "(,3]", "[4,)", "(,)", "(1,2)"],
        ),
        (
            "int8range",
            range(Type::Int8),
            &["[1,5]", "(-9223372036854775808,0)"],
        ),
        (
            "numrange",
            range(Type::Numeric),
            &["[1.10,2.5)", "(1,2]", "[NaN,NaN]", "[1,1]", "(,1e30]"],
        ),
        (
            "daterange",
            range(Type::Date),
            &[
                "[2024-01-01,2024-02-01)",
                "[2024-01-01,infinity]",
                "(,2024-01-01]",
            ],
        ),
        (
            "tsrange",
            range(Type::Timestamp),
            &["[\"2024-01-01 00:00\",\"2024-01-02 00:00\")"],
        ),
        (
            "tstzrange",
            range(Type::TimestampTz),
            &["[\"2024-01-01 00:00+09\",)", "(-infinity,infinity)"],
        ),
        (
            "floatrange",
            range(Type::Float8),
            &["[0.1,1e300)", "(-0,NaN]"],
        ),
        ("pricerange", range(Type::Numeric), &["[1.5,2)"]),
        (
            "textrange",
            range(Type::Text),
            &["[a,\"b,c\")", "[\"\",\"\\\"\"]"],
        ),
        (
            "int4range[]",
            array(range(Type::Int4)),
            &["{\"[1,3)\",empty,NULL}"],
        ),
        ("jsonpath", by_text("jsonpath"), &["$.\"a\"[*]"]),
        ("pg_lsn", by_text("pg_lsn"), &["16/B374D848"]),
        ("tsvector", by_text("tsvector"), &["a fat cat"]),
        ("pair", by_text("pair"), &["(1,x)", "(,)"]),
        ("pair[]", by_text("pair[]"), &["{\"(1,x)\"}"]),
        ("pg_lsn[]", by_text("pg_lsn[]"), &["{0/1,NULL}"]),
        ("lsnrange", by_text("lsnrange"), &["[0/1,0/2)"]),
        ("xid8", by_text("xid8"), &["18446744073709551615"]),
        ("regclass", by_text("regclass"), &["pg_class"]),
    ]
}

/// From version 14 on.
fn multiranges() -> Vec<Sample> {
    vec![
        (
            "int4multirange",
            multirange(Type::Int4),
            &["{}", "{[1,3),[5,7]}", "{(,)}"],
        ),
        (
            "nummultirange",
            multirange(Type::Numeric),
            &["{[1.5,2.50],(3,4)}"],
        ),
        (
            "datemultirange",
            multirange(Type::Date),
            &["{[2024-01-01,2024-01-31]}"],
        ),
        (
            "tstzmultirange",
            multirange(Type::TimestampTz),
            &["{[\"2024-01-01 00:00+09\",)}"],
        ),
        ("floatmultirange", multirange(Type::Float8), &["{[0.5,1)}"]),
        (
            "int4multirange[]",
            array(multirange(Type::Int4)),
            &["{\"{[1,3)}\",NULL}"],
        ),
    ]
}

/// A table for each type with a row for each sample, and one with NULL.
fn samples(database: &str) -> Vec<(String, Sample)> {
    let server = Postgres::start();
    server.create_database(database);
    let version: u32 = server
        .sql(database, "SHOW server_version_num")
        .parse()
        .expect("a number");
    let mut samples = [scalars(), made()].concat();
    if version >= 140_000 {
        samples.extend(multiranges());
    }
    let mut sql = MADE.to_owned();
    let mut tables = Vec::new();
    for (index, sample) in samples.into_iter().enumerate() {
        let name = format!("t{index}");
        sql += &format!("CREATE TABLE {name} (id int PRIMARY KEY, v {});", sample.0);
        for (id, text) in sample.2.iter().enumerate() {
            let text = text.replace('\'', "''");
            sql += &format!("INSERT INTO {name} VALUES ({id}, '{text}');");
        }
        sql += &format!("INSERT INTO {name} VALUES (-1, NULL);");
        tables.push((name, sample));
    }
    server.sql(database, &sql);
    tables
}

/// The rows of `v` by `id`, which is an int4 in binary and its digits in text.
fn by_id(rows: Vec<Read>, text: bool) -> BTreeMap<i32, Option<Vec<u8>>> {
    let id = |cell: &[u8]| match text {
        true => std::str::from_utf8(cell)
            .expect("digits")
            .parse()
            .expect("a number"),
        false => i32::from_be_bytes(cell.try_into().expect("four bytes")),
    };
    let row = |mut row: Read| {
        let v = row.cells.pop().expect("two cells");
        (id(row.cells[0].as_deref().expect("not NULL")), v)
    };
    rows.into_iter().map(row).collect()
}

fn canonical(raw: Raw<'_>, ty: &Type) -> Vec<u8> {
    let target = Target {
        ty: ty.clone(),
        zone: None,
    };
    let mut out = Vec::new();
    encode(raw, Some(ty), &target, &mut out).unwrap_or_else(|_| panic!("{raw:?} as {ty:?}"));
    out
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn binary_and_text_of_every_type_are_one_value() {
    for (name, (shown, ty, samples)) in samples("parity") {
        let url = Postgres::start().url("parity");
        let (mut source, schema) = open(&table(&url, &name)).expect("opens");
        let declared = schema.columns[1].declared.as_ref().expect("declared");
        assert_eq!(declared.ty, ty, "{shown}");
        assert_eq!(
            schema.warnings.len(),
            usize::from(matches!(ty, Type::ByText(_))),
            "{shown}"
        );
        let wire = by_id(read(&mut *source, &wants(&schema)).expect(shown).0, false);
        let texts = by_id(
            read(&mut *source, &wants_text(&schema)).expect(shown).0,
            true,
        );
        assert_eq!(
            (wire.len(), wire.len()),
            (samples.len() + 1, texts.len()),
            "{shown}"
        );
        assert_eq!((&wire[&-1], &texts[&-1]), (&None, &None), "{shown}");
        for id in 0..samples.len() as i32 {
            let (wire, text_form) = (wire[&id].as_deref(), texts[&id].as_deref());
            let text_form = text(text_form.expect("not NULL"));
            let from_wire = canonical(Raw::Wire(wire.expect("not NULL")), &ty);
            // Money's text is the locale's; its value comes as numeric.
            let from_text = canonical(Raw::Text(text_form), &ty);
            assert_eq!(from_wire, from_text, "{shown}: {text_form}");
        }
    }
}

#[test]
fn what_an_api_would_render_as_json_is_the_same_value() {
    for (name, (shown, ty, samples)) in samples("rendered") {
        let url = Postgres::start().url("rendered");
        let (mut source, schema) = open(&table(&url, &name)).expect("opens");
        let wire = by_id(read(&mut *source, &wants(&schema)).expect(shown).0, false);
        let sql = format!("SELECT id, to_json(v) AS v FROM {name}");
        let (mut source, schema) = open(&query(&url, &sql)).expect("opens");
        let json = by_id(read(&mut *source, &wants(&schema)).expect(shown).0, false);
        for id in 0..samples.len() as i32 {
            if matches!(ty, Type::ByText(_)) {
                continue; // A composite is a JSON object, which is not its text.
            }
            let token = text(json[&id].as_deref().expect("not NULL"));
            let unescaped: Option<String> = serde_json::from_str(token).ok();
            let raw = match (&unescaped, token) {
                (_, "null") => continue, // JSON's null is not SQL's.
                (Some(string), _) => Raw::JsonString(string),
                (None, token) => Raw::Json(token),
            };
            let wire = canonical(Raw::Wire(wire[&id].as_deref().expect("not NULL")), &ty);
            assert_eq!(wire, canonical(raw, &ty), "{shown}: {token}");
        }
    }
}

#[test]
fn a_cast_that_loses_something_is_not_trusted() {
    let server = Postgres::start();
    let url = server.create_database("lossy");
    server.sql(
        "lossy",
        "CREATE TYPE pair AS (a int, b int);
         CREATE FUNCTION lossy(pair) RETURNS text LANGUAGE sql AS $$SELECT 'same'$$;
         CREATE CAST (pair AS text) WITH FUNCTION lossy(pair) AS IMPLICIT;
         CREATE TABLE t (id int, v pair);
         INSERT INTO t VALUES (1, '(1,2)'), (2, '(3,4)'), (3, '(,)'), (4, NULL)",
    );
    let (mut source, schema) = open(&table(&url, "t")).expect("opens");
    let wire = by_id(read(&mut *source, &wants(&schema)).expect("read").0, false);
    let texts: Vec<_> = wire
        .values()
        .map(|cell| cell.as_deref().map(text))
        .collect();
    assert_eq!(texts, [Some("(1,2)"), Some("(3,4)"), Some("(,)"), None]);
}

#[test]
fn columns_of_pseudo_types_are_read() {
    let url = Postgres::start().url("postgres");
    for (name, column) in [("pg_statistic", "stavalues1"), ("pg_rewrite", "ev_action")] {
        let (mut source, schema) = open(&table(&url, &format!("pg_catalog.{name}"))).expect(name);
        assert!(
            schema.warnings.iter().any(|it| it.contains(column)),
            "{name}"
        );
        let (rows, receipt) = read(&mut *source, &wants(&schema)).expect(name);
        assert_eq!(receipt.rows, Some(rows.len() as u64));
        assert!(rows.len() > 50, "{name}: {} rows", rows.len());
    }
}

#[test]
fn the_extension_type_citext_is_text() {
    let server = Postgres::start();
    let url = server.create_database("extended");
    if server.sql(
        "extended",
        "SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'",
    ) == "0"
    {
        panic!("the server lacks the extension citext: install postgresql-contrib");
    }
    server.sql("extended", "CREATE EXTENSION citext; CREATE TABLE t (v citext, w citext[]); INSERT INTO t VALUES ('Ab', '{C}')");
    let (mut source, schema) = open(&table(&url, "t")).expect("opens");
    assert_eq!(
        schema.columns[0].declared.as_ref().expect("declared").ty,
        Type::Text
    );
    assert_eq!(
        schema.columns[1].declared.as_ref().expect("declared").ty,
        array(Type::Text)
    );
    let (rows, _) = read(&mut *source, &wants(&schema)).expect("read");
    assert_eq!(rows[0].text(0), "Ab");
}
