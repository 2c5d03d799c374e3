//! Rows by their keys, from real servers: every row of a key that is asked for
//! comes, whatever the key is made of, and a look again asks for no more.

mod support;

use std::collections::BTreeSet;

use support::Postgres;
use support::api::{
    capped, context, dataset, limits, open, serve, service, side, verify_while, wants,
};
use support::fault::{Plan, Proxy};
use support::postgrest::Postgrest;
use support::reading::{self, Keep};

use shadowgate::plan::{DatasetSpec, Recheck};
use shadowgate::report::model;
use shadowgate::source::location::Spec;
use shadowgate::source::{KeyColumn, Keys, Limits, Schema, Source};
use shadowgate::value::Type;

/// A type of key, and values of it as their canonical texts: all are stored, some
/// of them twice.
const TYPES: [(&str, &[&str]); 14] = [
    ("smallint", &["-32768", "0", "7"]),
    ("integer", &["-2147483648", "0", "2147483647"]),
    ("bigint", &["-9223372036854775808", "9007199254740993"]),
    (
        "numeric",
        &["1.1", "-0.000001", "123456789012345678901234567890", "NaN"],
    ),
    (
        "text",
        &[
            "",
            " ",
            "a",
            "A",
            "a,b",
            "(x)",
            "q\"q",
            "it's",
            "back\\slash",
            "{}",
            "NULL",
            "null",
            "物件",
            "a+b&c=d%",
            "x.y:z*",
        ],
    ),
    ("varchar(9)", &["", "a b", "東京"]),
    ("char(5)", &["", "ab", "a b"]),
    ("boolean", &["true", "false"]),
    (
        "uuid",
        &[
            "00000000-0000-0000-0000-000000000000",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ],
    ),
    ("bytea", &["\\x", "\\x00ff", "\\x5c22"]),
    ("date", &["2024-01-05", "0044-03-15 BC", "infinity"]),
    (
        "timestamp",
        &[
            "2024-01-05 10:00:00",
            "2024-01-05 10:00:00.000001",
            "-infinity",
        ],
    ),
    (
        "timestamptz",
        &[
            "2024-01-05 10:00:00+00",
            "0044-03-15 00:00:00+00 BC",
            "infinity",
        ],
    ),
    ("oid", &["0", "4294967295"]),
];

fn table(index: usize) -> String {
    format!("t{index}")
}

/// One table a type: `v` tells rows apart; the first value of each is there twice.
fn sql() -> String {
    let mut sql = String::new();
    for (index, (ty, values)) in TYPES.iter().enumerate() {
        let table = table(index);
        sql += &format!("CREATE TABLE {table} (k {ty}, v text);\n");
        for (value, text) in values.iter().chain(values.first()).enumerate() {
            let text = text.replace('\'', "''");
            sql += &format!("INSERT INTO {table} VALUES ('{text}', '{value}');\n");
        }
        sql += &format!("INSERT INTO {table} VALUES (NULL, 'none');\n");
    }
    sql
}

/// What a key that the column cannot hold looks like.
fn foreign(ty: &str) -> &'static [&'static str] {
    match ty {
        "smallint" | "integer" | "bigint" => &["99999999999999999999", "1.5", "NaN"],
        "oid" => &["-1"],
        "text" => &["a\0b", "absent"],
        _ => &[],
    }
}

/// The `v` of all rows that come for these keys, in order.
fn rows_of(spec: &Spec, ty: Type, keys: &[&str]) -> Vec<String> {
    let mut opened = open(spec, &context(limits())).expect("opens");
    rows_in(&mut opened, ty, keys)
}

fn rows_in(
    (source, schema): &mut (Box<dyn Source>, Schema),
    ty: Type,
    keys: &[&str],
) -> Vec<String> {
    let wants = wants(schema, &["k"]);
    let keys = Keys {
        columns: vec![KeyColumn {
            name: "k".to_owned(),
            ty,
        }],
        rows: keys.iter().map(|key| vec![(*key).to_owned()]).collect(),
    };
    let mut keep = Keep::default();
    let receipt = source.read_keys(&wants, &keys, &mut keep).expect("reads");
    assert!(receipt.is_some(), "these keys can be asked for");
    let decoder = source.decoder(&wants).expect("a decoder");
    let rows = reading::decode(&decoder, keep.chunks);
    let mut rows: Vec<String> = rows.iter().map(|row| row.text(1).to_owned()).collect();
    rows.sort();
    rows
}

/// Asks for the keys in twos, alone, and all at once.
fn check(name: &str, specs: impl Fn(&str) -> Spec) {
    for (index, (ty, values)) in TYPES.iter().enumerate() {
        let spec = specs(&table(index));
        let mut opened = open(&spec, &context(limits())).expect("opens");
        let compared = Type::parse(ty).expect("a type");
        let expected = |keys: &[&str]| {
            let stored = values.iter().chain(values.first()).enumerate();
            let found = stored.filter(|(_, value)| keys.contains(value));
            let mut found: Vec<String> = found.map(|(place, _)| place.to_string()).collect();
            found.sort();
            found
        };
        let mut asked: Vec<Vec<&str>> = values.iter().map(|value| vec![*value]).collect();
        asked.extend(values.windows(2).map(<[&str]>::to_vec));
        asked.push([values, foreign(ty)].concat());
        asked.push(foreign(ty).to_vec());
        for keys in asked {
            let found = rows_in(&mut opened, compared.clone(), &keys);
            assert_eq!(found, expected(&keys), "{name}: {ty} {keys:?}");
        }
    }
}

#[test]
fn postgres_finds_keys_of_every_type() {
    let server = Postgres::start();
    let url = server.create_database("keyed");
    server.sql("keyed", &sql());
    check("a table", |table| reading::table(&url, table));
    check("a query", |table| {
        reading::query(&url, &format!("SELECT * FROM {table}"))
    });
    let filtered = reading::query(&url, "SELECT k, v FROM t1");
    let filtered = Spec {
        filter: Some("k <> 0 -- not zero".to_owned()),
        ..filtered
    };
    assert_eq!(rows_of(&filtered, Type::Int4, &["0", "2147483647"]), ["2"]);
}

#[test]
fn postgrest_finds_keys_of_every_type() {
    let api = serve("rest_keyed", &sql(), capped());
    check("PostgREST", |table| service(&api, table));
    let filtered = Spec {
        filter: Some("k=neq.0".to_owned()),
        ..service(&api, "t1")
    };
    assert_eq!(rows_of(&filtered, Type::Int4, &["0", "2147483647"]), ["2"]);
}

/// What is compared otherwise than it is stored is never asked for.
#[test]
fn keys_that_do_not_lead_back_are_not_asked_for() {
    let server = Postgres::start();
    let url = server.create_database("unkeyed");
    server.sql(
        "unkeyed",
        "CREATE TABLE t (k float4, v text); CREATE TABLE u (k interval, v text);
         CREATE TABLE n (k numeric, v text)",
    );
    for (table, ty, text) in [
        ("t", Type::Numeric, "1"),
        ("t", Type::Float4, "1"),
        ("u", Type::Interval, "1"),
        // Of some servers it is a value, and of others none.
        ("n", Type::Numeric, "-Infinity"),
    ] {
        let (mut source, schema) = reading::open(&reading::table(&url, table)).expect("opens");
        let keys = Keys {
            columns: vec![KeyColumn {
                name: "k".to_owned(),
                ty,
            }],
            rows: vec![vec![text.to_owned()]],
        };
        let wants = wants(&schema, &["k"]);
        let found = source.read_keys(&wants, &keys, &mut Keep::default());
        assert_eq!(found, Ok(None));
    }
}

const LISTINGS: &str =
    "CREATE TABLE listings (number text, room int, price numeric, PRIMARY KEY (number, room));
    INSERT INTO listings SELECT '物件' || n % 1000, n, n * 1.5 FROM generate_series(1, 3000) n;";

fn rechecked(spec: DatasetSpec, rounds: u32) -> DatasetSpec {
    DatasetSpec {
        recheck: Recheck {
            rounds,
            delay: std::time::Duration::ZERO,
            ..Recheck::default()
        },
        ..spec
    }
}

/// The rooms of all rows that come for these keys of two columns.
fn rooms(spec: &Spec, keys: &[(&str, &str)]) -> Vec<String> {
    let (mut source, schema) = open(spec, &context(limits())).expect("opens");
    let wants = wants(&schema, &["number", "room"]);
    let column = |name: &str, ty: Type| KeyColumn {
        name: name.to_owned(),
        ty,
    };
    let keys = Keys {
        columns: vec![column("number", Type::Text), column("room", Type::Numeric)],
        rows: keys
            .iter()
            .map(|(a, b)| vec![a.to_string(), b.to_string()])
            .collect(),
    };
    let mut keep = Keep::default();
    let receipt = source.read_keys(&wants, &keys, &mut keep).expect("reads");
    assert!(receipt.is_some(), "these keys can be asked for");
    let decoder = source.decoder(&wants).expect("a decoder");
    let rows = reading::decode(&decoder, keep.chunks);
    let mut found: Vec<String> = rows.iter().map(|row| row.text(0).to_owned()).collect();
    found.sort();
    found
}

#[test]
fn keys_of_two_columns_are_found() {
    let server = Postgres::start();
    let url = server.create_database("pairs");
    server.sql("pairs", LISTINGS);
    let api = serve("rest_pairs", LISTINGS, capped());
    for spec in [reading::table(&url, "listings"), service(&api, "listings")] {
        let some = [
            ("物件7", "7"),
            ("物件7", "1007"),
            ("物件8", "7"),
            ("物件9", "1.5"),
        ];
        assert_eq!(rooms(&spec, &some), ["物件7", "物件7"]);
        assert_eq!(rooms(&spec, &some[..1]), ["物件7"]);
        assert_eq!(rooms(&spec, &some[2..]), [""; 0]);
    }
}

/// A look again at 600 keys of 3,000 asks for those alone, in URLs of a sound
/// length, whatever cap the server has on rows.
#[test]
fn a_later_look_asks_for_the_keys_alone() {
    let server = Postgres::start();
    let api = serve("rest_looks", LISTINGS, capped());
    let url = server.create_database("looks");
    server.sql("looks", LISTINGS);
    server.sql("looks", "UPDATE listings SET price = 0 WHERE room % 5 = 0");
    let proxy = Proxy::start(api.port(), Plan::default());
    let token = api.jwt("service_role");
    let new = side(&proxy.url(), "listings", Some(&token));
    let spec = rechecked(dataset(reading::table(&url, "listings"), new, &[]), 2);
    let before = std::sync::Mutex::new(0);
    let finished = verify_while(&spec, limits(), |look| {
        *before.lock().unwrap() = proxy.requests().len();
        match look {
            0 => server.sql(
                "looks",
                "UPDATE listings SET price = room * 1.5 WHERE room % 10 = 0",
            ),
            _ => server.sql(
                "rest_looks",
                "UPDATE listings SET price = 7 WHERE room % 100 = 5",
            ),
        };
    });
    let recheck = finished.datasets[0].recheck.clone().expect("looked again");
    let expected = model::Recheck {
        rounds: 2,
        delay_seconds: 0.0,
        settle_after_seconds: None,
        rechecked: 600,
        settled: 300,
        persistent: 270,
        moving: 30,
    };
    assert_eq!(recheck, expected, "{:?}", finished.reasons);
    let last = proxy.requests().split_off(*before.lock().unwrap());
    let last = last.into_iter().map(|(_, line)| line);
    let (keyed, rest): (Vec<_>, Vec<_>) = last.partition(|line| line.contains("or=%28and"));
    assert!(keyed.len() >= 2 && keyed.iter().all(|line| line.len() < 8000));
    assert!(
        !rest.iter().any(|line| line.contains("order=")),
        "no pages: {rest:#?}"
    );
}

/// A cap below the rows of a batch makes batches smaller, and rows are not lost.
#[test]
fn a_cap_on_rows_makes_batches_smaller() {
    let options = support::postgrest::Options {
        max_rows: Some(3),
        ..capped()
    };
    let sql = "CREATE TABLE t (k int, v text);
        INSERT INTO t SELECT n / 2, n FROM generate_series(2, 41) n;";
    let api: Postgrest = serve("rest_small_cap", sql, options);
    let keys: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let found = rows_of(&service(&api, "t"), Type::Int4, &keys);
    let found: BTreeSet<u32> = found.iter().map(|v| v.parse().unwrap()).collect();
    assert_eq!(found, (2..42).collect());
    // One key alone that has more rows than the server gives out is told.
    Postgres::start().sql(
        "rest_small_cap",
        "INSERT INTO t SELECT 1, n FROM generate_series(1, 5) n",
    );
    let (mut source, schema) =
        open(&service(&api, "t"), &context(Limits::default())).expect("opens");
    let keys = Keys {
        columns: vec![KeyColumn {
            name: "k".to_owned(),
            ty: Type::Int4,
        }],
        rows: vec![vec!["1".to_owned()]],
    };
    let failure = source.read_keys(&wants(&schema, &["k"]), &keys, &mut Keep::default());
    let failure = failure.expect_err("cut short");
    assert!(
        failure
            .why
            .contains("counts 7 rows of key 1, and 3 were received"),
        "{failure}"
    );
}
