//! Values of every PostgreSQL type, the odd ones among them: NaN, infinities,
//! BC, empty, nested, quoted.

use shadowgate::value::Type;

pub fn array(of: Type) -> Type {
    Type::Array(Box::new(of))
}

pub fn range(of: Type) -> Type {
    Type::Range(Box::new(of))
}

pub fn multirange(of: Type) -> Type {
    Type::Multirange(Box::new(of))
}

pub fn by_text(name: &str) -> Type {
    Type::ByText(name.to_owned())
}

/// Types of our own that the samples use.
pub const MADE: &str = "
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

/// A type as SQL writes it, as which it is declared, and some of its values.
pub type Sample = (&'static str, Type, &'static [&'static str]);

pub fn scalars() -> Vec<Sample> {
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

pub fn made() -> Vec<Sample> {
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
pub fn multiranges() -> Vec<Sample> {
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
