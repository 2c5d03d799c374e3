//! How a real PostgREST describes tables and renders values of every kind of type:
//! columns get their types from the first, and are decoded by the second.

mod support;

use serde_json::{Value, json};

use support::Postgres;
use support::http::encode;
use support::postgrest::{Options, Postgrest};

const SERVICE: Option<&str> = Some("service_role");

fn serve(name: &str, sql: &str) -> Postgrest {
    let server = Postgres::start();
    server.create_database(name);
    Postgrest::prepare(server, name);
    server.sql(name, sql);
    Postgrest::start(server, name, Options::default())
}

const MADE: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE \"Odd mood\" AS ENUM ('a,b', 'c');
    CREATE DOMAIN code AS text; CREATE DOMAIN price AS numeric(12,2);
    CREATE TYPE pair AS (a int, b text);";

/// A type, its `format` in the description, a value, its JSON, and whether a filter
/// by that JSON's text finds the row.
const KINDS: &str = r#"
    int2           | smallint                    | -7                            | -7                              | found
    int4           | integer                     | 7                             | 7                               | found
    int8           | bigint                      | 9007199254740993              | 9007199254740993                | found
    numeric        | numeric                     | 1.10                          | 1.10                            | found
    numeric        | numeric                     | NaN                           | "NaN"                           | found
    numeric        | numeric                     | 1e-20                         | 0.00000000000000000001          | found
    numeric(10,2)  | numeric                     | 5                             | 5.00                            | found
    float4         | real                        | 0.1                           | 0.1                             | found
    float8         | double precision            | 0.30000000000000004           | 0.30000000000000004             | found
    float8         | double precision            | 1e300                         | 1e+300                          | found
    float8         | double precision            | -Infinity                     | "-Infinity"                     | found
    text           | text                        | a"b                           | "a\"b"                          | found
    varchar(10)    | character varying           | v                             | "v"                             | found
    varchar        | character varying           |                               | ""                              | found
    char(5)        | character                   | ab                            | "ab   "                         | found
    bool           | boolean                     | t                             | true                            | found
    date           | date                        | 2024-02-29                    | "2024-02-29"                    | found
    date           | date                        | 0044-03-15 BC                 | "0044-03-15 BC"                 | found
    date           | date                        | infinity                      | "infinity"                      | found
    time           | time without time zone      | 24:00                         | "24:00:00"                      | found
    timetz         | time with time zone         | 12:34:56.7+09                 | "12:34:56.7+09"                 | found
    timestamp      | timestamp without time zone | 2024-02-29 12:34:56.789012    | "2024-02-29T12:34:56.789012"    | found
    timestamptz    | timestamp with time zone    | 2024-02-29 12:34:56+09        | "2024-02-29T03:34:56+00:00"     | found
    timestamptz    | timestamp with time zone    | 0044-03-15 00:00+00 BC        | "0044-03-15T00:00:00+00:00 BC"  | found
    timestamptz    | timestamp with time zone    | -infinity                     | "-infinity"                     | found
    timestamptz(0) | timestamp with time zone    | 2024-02-29 12:34:56.7+09      | "2024-02-29T03:34:57+00:00"     | found
    interval       | interval                    | 1 year 2 mons 3 days 04:05:06 | "1 year 2 mons 3 days 04:05:06" | found
    uuid           | uuid                        | A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11 | "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" | found
    bytea          | bytea                       | \xdeadbeef                    | "\\xdeadbeef"                   | found
    json           | json                        | {"b": 1.10,  "a":1, "a":2}    | {"b": 1.10,  "a":1, "a":2}      | -
    jsonb          | jsonb                       | {"b": 1.10,  "a":1, "a":2}    | {"a": 2, "b": 1.10}             | found
    text[]         | text[]                      | {a,NULL,"NULL","x y"}         | ["a",null,"NULL","x y"]         | -
    text[]         | text[]                      | {{a},{b}}                     | [["a"],["b"]]                   | -
    numeric[]      | numeric[]                   | [2:3]={1.10,NaN}              | [1.10,"NaN"]                    | -
    timestamptz[]  | timestamp with time zone[]  | {2024-01-01 00:00+00}         | ["2024-01-01T00:00:00+00:00"]   | -
    bytea[]        | bytea[]                     | {"\\x00"}                     | ["\\x00"]                       | -
    mood           | public.mood                 | ok                            | "ok"                            | found
    mood[]         | public.mood[]               | {sad,ok}                      | ["sad","ok"]                    | -
    "Odd mood"     | public."Odd mood"           | a,b                           | "a,b"                           | found
    code           | text                        | c                             | "c"                             | found
    price          | numeric                     | 1.5                           | 1.50                            | found
    code[]         | public.code[]               | {a}                           | ["a"]                           | -
    inet           | inet                        | 10.0.0.1/32                   | "10.0.0.1"                      | found
    cidr           | cidr                        | 10.0.0.0/8                    | "10.0.0.0/8"                    | found
    int4range      | int4range                   | [1,3]                         | "[1,4)"                         | found
    int4multirange | int4multirange              | {[1,3),[5,7]}                 | "{[1,3),[5,8)}"                 | found
    money          | money                       | 1234.5                        | "$1,234.50"                     | found
    bit(3)         | bit                         | 101                           | "101"                           | found
    varbit         | bit varying                 | 1                             | "1"                             | found
    point          | point                       | (1,2.5)                       | "(1,2.5)"                       | -
    oid            | oid                         | 4294967295                    | "4294967295"                    | found
    name           | name                        | n                             | "n"                             | found
    "char"         | "char"                      | c                             | "c"                             | found
    xml            | xml                         | <a/>                          | "<a/>"                          | -
    tsvector       | tsvector                    | a cat                         | "'a' 'cat'"                     | found
    macaddr        | macaddr                     | 08:00:2b:01:02:03             | "08:00:2b:01:02:03"             | found
    pair           | public.pair                 | (1,x)                         | {"a":1,"b":"x"}                 | -
"#;

struct Kind {
    name: &'static str,
    format: &'static str,
    value: &'static str,
    json: &'static str,
    found: bool,
}

fn kinds() -> Vec<Kind> {
    let lines = KINDS.trim().lines();
    let kind = |line: &'static str| {
        let fields: Vec<_> = line.split('|').map(str::trim).collect();
        let [name, format, value, json, found] = fields[..] else {
            panic!("five fields: {line}");
        };
        let found = found == "found";
        Kind {
            name,
            format,
            value,
            json,
            found,
        }
    };
    lines.map(kind).collect()
}

/// One table with a column and a cell of each kind: `c0`, `c1`, …
fn every_kind() -> String {
    let kinds = kinds();
    let columns = kinds.iter().enumerate();
    let columns: Vec<_> = columns
        .map(|(at, kind)| format!("c{at} {}", kind.name))
        .collect();
    let value = |kind: &Kind| format!("'{}'", kind.value.replace('\'', "''"));
    let values: Vec<_> = kinds.iter().map(value).collect();
    let (columns, values) = (columns.join(", "), values.join(", "));
    format!(
        "{MADE} CREATE TABLE t ({columns}); CREATE VIEW v AS SELECT * FROM t;
         INSERT INTO t VALUES ({values})"
    )
}

#[test]
fn each_type_has_its_format_and_its_json() {
    let rest = serve("kinds", &every_kind());
    let described = rest.get("/", SERVICE, &[]).json()["definitions"].clone();
    let row = rest.get("/t", SERVICE, &[]).body;
    let mut rest_of_row = row.strip_prefix("[{").expect("one row");
    for (at, kind) in kinds().iter().enumerate() {
        let column = format!("c{at}");
        for relation in ["t", "v"] {
            let property = &described[relation]["properties"][&column];
            assert_eq!(property["format"], kind.format, "{relation}: {}", kind.name);
        }
        // To the byte: a parser would hide how a number was written.
        let cell = format!("\"{column}\":{}", kind.json);
        let after = rest_of_row.strip_prefix(&cell);
        let after = after.unwrap_or_else(|| panic!("not {cell}: {rest_of_row}"));
        rest_of_row = after.trim_start_matches(',');
        let value: Value = serde_json::from_str(kind.json).expect("JSON");
        let text = value.as_str().unwrap_or(kind.json);
        let filter = format!("/t?select=c0&{column}=eq.{}", encode(text));
        let answer = rest.get(&filter, SERVICE, &[]);
        let found = answer.status == 200 && answer.body == r#"[{"c0":-7}]"#;
        assert_eq!(found, kind.found, "{}: {answer:?}", kind.name);
    }
    assert_eq!(rest_of_row, "}]");
}

#[test]
fn more_than_the_format_is_described() {
    let rest = serve("described", &every_kind());
    let answer = rest.get("/", SERVICE, &[]);
    assert_eq!(
        answer.header("content-type"),
        Some("application/openapi+json; charset=utf-8")
    );
    let description = answer.json();
    assert_eq!(description["info"]["version"], "12.0.2");
    assert_eq!(description["swagger"], "2.0");
    let property = |name: &str| {
        let at = kinds().iter().position(|kind| kind.name == name);
        let at = at.expect("a kind");
        description["definitions"]["t"]["properties"][format!("c{at}")].clone()
    };
    let varchar = json!({"format": "character varying", "maxLength": 10, "type": "string"});
    assert_eq!(property("varchar(10)"), varchar);
    assert_eq!(property("bit(3)")["maxLength"], 3);
    assert_eq!(property("mood")["enum"], json!(["sad", "ok"]));
    assert_eq!(property("jsonb"), json!({"format": "jsonb"}));
    assert_eq!(
        property("numeric(10,2)"),
        json!({"format": "numeric", "type": "number"})
    );
    let array = json!({"format": "text[]", "type": "array", "items": {"type": "string"}});
    assert_eq!(property("text[]"), array);
}

#[test]
fn primary_keys_are_marked_in_tables_and_in_views_that_may_repeat_them() {
    let sql = "CREATE TABLE pairs (a int, b int, PRIMARY KEY (b, a));
        CREATE TABLE uniq (a int UNIQUE NOT NULL, b text DEFAULT 'x');
        CREATE TABLE noted (id int PRIMARY KEY, u int REFERENCES uniq (a));
        COMMENT ON COLUMN noted.id IS 'the key';
        CREATE VIEW whole AS SELECT a AS left_half, b AS right_half FROM pairs;
        CREATE VIEW half AS SELECT a FROM pairs;
        CREATE VIEW repeating AS SELECT noted.id FROM noted CROSS JOIN generate_series(1, 2);
        CREATE MATERIALIZED VIEW kept AS SELECT * FROM noted;
        CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (9);
        CREATE TABLE shut (id int); REVOKE ALL ON shut FROM anon, authenticated, service_role";
    let rest = serve("marked", sql);
    let described = rest.get("/", SERVICE, &[]).json()["definitions"].clone();
    let key = |relation: &str| -> Vec<String> {
        let properties = described[relation]["properties"].as_object();
        let properties = properties.unwrap_or_else(|| panic!("no {relation}"));
        let is_key = |it: &(&String, &Value)| {
            let text = it.1["description"].as_str().unwrap_or_default();
            text.ends_with("Note:\nThis is a Primary Key.<pk/>")
        };
        properties
            .iter()
            .filter(is_key)
            .map(|(name, _)| name.clone())
            .collect()
    };
    for (relation, expected) in [
        ("pairs", &["a", "b"][..]),
        ("uniq", &[]),
        ("noted", &["id"]),
        ("whole", &["left_half", "right_half"]),
        ("half", &[]),
        ("repeating", &["id"]),
        ("parted", &["id"]),
    ] {
        assert_eq!(key(relation), expected, "{relation}");
    }
    assert!(described.get("kept").is_some() && described.get("parted_1").is_none());
    assert!(
        described.get("shut").is_none(),
        "what may not be read is not described"
    );
    let noted = &described["noted"]["properties"];
    assert_eq!(
        noted["id"]["description"],
        "the key\n\nNote:\nThis is a Primary Key.<pk/>"
    );
    assert_eq!(described["pairs"]["required"], json!(["a", "b"]));
    assert_eq!(described["uniq"]["required"], json!(["a"]));
    assert_eq!(described["whole"].get("required"), None);
}

#[test]
fn json_null_and_null_look_the_same_until_cast_to_text() {
    let sql = "CREATE TABLE t (id int, j json, b jsonb);
        INSERT INTO t VALUES (1, NULL, NULL), (2, 'null', 'null')";
    let rest = serve("nulls", sql);
    let plain = rest.get("/t?select=j,b&order=id", SERVICE, &[]);
    assert_eq!(
        plain.body,
        "[{\"j\":null,\"b\":null}, \n {\"j\":null,\"b\":null}]"
    );
    let cast = rest.get("/t?select=j::text,b::text&order=id", SERVICE, &[]);
    assert_eq!(
        cast.body,
        "[{\"j\":null,\"b\":null}, \n {\"j\":\"null\",\"b\":\"null\"}]"
    );
}

#[test]
fn settings_of_a_role_change_how_values_look_and_lose_digits() {
    let sql = "CREATE TABLE t (i interval, b bytea, f float8, z timestamptz);
        INSERT INTO t VALUES ('1 mon', '\\xde', 0.30000000000000004, '2024-01-01 00:00+00');
        CREATE ROLE odd; GRANT odd TO authenticator; GRANT USAGE ON SCHEMA public TO odd;
        GRANT SELECT ON t TO odd; ALTER ROLE odd SET IntervalStyle = 'iso_8601';
        ALTER ROLE odd SET bytea_output = 'escape'; ALTER ROLE odd SET extra_float_digits = 0;
        ALTER ROLE odd SET TimeZone = 'Asia/Tokyo'";
    let rest = serve("settings", sql);
    let usual = rest.get("/t", SERVICE, &[]).json();
    let odd = rest.get("/t", Some("odd"), &[]).json();
    let expected = json!([{"i": "1 mon", "b": "\\xde", "f": 0.30000000000000004, "z": "2024-01-01T00:00:00+00:00"}]);
    assert_eq!(usual, expected);
    let expected = json!([{"i": "P1M", "b": "\\336", "f": 0.3, "z": "2024-01-01T09:00:00+09:00"}]);
    assert_eq!(odd, expected);
    let zoned = rest.get("/t?select=z", Some("odd"), &[("Prefer", "timezone=UTC")]);
    assert_eq!(zoned.body, r#"[{"z":"2024-01-01T00:00:00+00:00"}]"#);
    assert_eq!(zoned.header("preference-applied"), Some("timezone=UTC"));
}
