//! How a real PostgREST takes names and keys in a request, and in which order it
//! returns them: keyset pages must miss no key, whatever it is made of.

mod support;

use support::Postgres;
use support::http::{Answer, encode};
use support::postgrest::{Options, Postgrest};

const SERVICE: Option<&str> = Some("service_role");

fn serve(name: &str, sql: &str, max_rows: u32) -> Postgrest {
    let server = Postgres::start();
    Postgrest::prepare(server, name);
    server.sql(name, sql);
    let max_rows = Some(max_rows);
    Postgrest::start(
        server,
        name,
        Options {
            max_rows,
            ..Options::default()
        },
    )
}

/// In double quotes, as names everywhere and values in lists need it.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn column(answer: &Answer, name: &str) -> Vec<String> {
    let json = answer.json();
    let rows = json
        .as_array()
        .unwrap_or_else(|| panic!("no rows: {answer:?}"));
    let cell = |row: &serde_json::Value| match &row[name] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    rows.iter().map(cell).collect()
}

/// What is special in a URL, a filter, a list, a pattern or a JSON text.
const KEYS: &[&str] = &[
    "",
    " ",
    "a",
    "a,b",
    "a.b",
    "(x)",
    "q\"q",
    "b\\s",
    "a\"b,c\"d\\\"e",
    "p%q",
    "%",
    "s p",
    "plus+",
    "amp&x",
    "*star",
    "#h",
    "{x}",
    "eq.1",
    "in.(1)",
    "not.null",
    "null",
    "NULL",
    "a':' b",
    "a=b;c",
    "line\nfeed",
    "tab\t",
    "物件",
    "\u{1f3e0}",
    "é",
    "e\u{301}",
    "?",
    "/",
    "~",
];

fn keys_table() -> String {
    let keys: Vec<_> = KEYS
        .iter()
        .map(|key| format!("(E'{}')", key.replace('\\', "\\\\").replace('\'', "''")))
        .collect();
    format!(
        "CREATE TABLE t (k text PRIMARY KEY); INSERT INTO t VALUES {}",
        keys.join(",")
    )
}

#[test]
fn a_value_is_raw_in_a_filter_and_quoted_in_a_list() {
    Postgres::start().create_database("values");
    let rest = serve("values", &keys_table(), 1000);
    for key in KEYS {
        let quoted = quote(key);
        for filter in [
            format!("k=eq.{}", encode(key)),
            format!("or={}", encode(&format!("(k.eq.{quoted})"))),
            format!("and={}", encode(&format!("(k.eq.{quoted},k.not.is.null)"))),
            format!("k=in.{}", encode(&format!("({quoted},\"nothing\")"))),
        ] {
            let answer = rest.get(&format!("/t?{filter}"), SERVICE, &[]);
            assert_eq!(column(&answer, "k"), [*key], "{filter}");
        }
        // Quotes would be part of the value here.
        let answer = rest.get(&format!("/t?k=eq.{}", encode(&quoted)), SERVICE, &[]);
        assert!(column(&answer, "k").is_empty(), "{key:?}");
    }
    // A list of only an empty text is taken as an empty list.
    let answer = rest.get("/t?k=in.(%22%22)", SERVICE, &[]);
    assert_eq!((answer.status, answer.body.as_str()), (200, "[]"));
    let plus = rest.get("/t?k=eq.plus+", SERVICE, &[]);
    assert!(column(&plus, "k").is_empty(), "an unencoded + is a blank");
}

/// All keys in pages after the last one's key, which a filter is made of.
fn walk(rest: &Postgrest, after: fn(&str) -> String) -> Vec<String> {
    let (mut all, mut filter) = (Vec::new(), String::new());
    loop {
        let answer = rest.get(&format!("/t?select=k&order=k.asc{filter}"), SERVICE, &[]);
        let page = column(&answer, "k");
        let Some(last) = page.last() else { return all };
        filter = format!("&{}", after(last));
        all.extend(page);
        assert!(all.len() <= 200, "the walk goes round: {all:?}");
    }
}

fn raw(last: &str) -> String {
    format!("k=gt.{}", encode(last))
}

fn in_or(last: &str) -> String {
    format!("or={}", encode(&format!("(k.gt.{})", quote(last))))
}

#[test]
fn pages_after_the_last_key_visit_every_key_once() {
    let server = Postgres::start();
    server.create_database("bytewise");
    let icu = "CREATE DATABASE icu LOCALE_PROVIDER icu ICU_LOCALE 'ja' TEMPLATE template0";
    server.sql("postgres", icu);
    let more = "; INSERT INTO t SELECT unnest(string_to_array('A b B z Z _ -a 0 10 9 ab a-b あ ア ｱ は ば バ ﾊﾞ ぱ 亜 一', ' '))";
    let column_icu = keys_table().replace("k text", "k text COLLATE \"ja-x-icu\"");
    for (database, table, is_bytewise) in [
        ("bytewise", keys_table(), true),
        ("icu", keys_table(), false),
        ("bytewise", format!("DROP TABLE t; {column_icu}"), false),
    ] {
        let rest = serve(database, &(table + more), 3);
        let keys = walk(&rest, raw);
        assert_eq!(walk(&rest, in_or), keys);
        let mut sorted = keys.clone();
        sorted.sort();
        assert_eq!(sorted == keys, is_bytewise, "{database}: {keys:?}");
        sorted.dedup();
        assert_eq!(sorted.len(), KEYS.len() + 22);
        // The order is the database's own, to the last key.
        let own = server.sql(database, "SELECT string_agg(k, E'\\x1f' ORDER BY k) FROM t");
        assert_eq!(own.split('\x1f').collect::<Vec<_>>(), keys);
    }
}

#[test]
fn offset_pages_miss_rows_when_others_go_and_keyset_pages_do_not() {
    let server = Postgres::start();
    server.create_database("pages");
    let sql = "CREATE TABLE t (id int PRIMARY KEY);
        INSERT INTO t SELECT generate_series(1, 100)";
    let rest = serve("pages", sql, 10);
    let offset = |all: &[String]| format!("offset={}", all.len());
    let keyset = |all: &[String]| format!("id=gt.{}", all.last().map_or("0", |id| id));
    for (next, seen) in [(offset as fn(&[String]) -> String, 50), (keyset, 100)] {
        let mut all = Vec::new();
        loop {
            let path = format!("/t?order=id&{}", next(&all));
            let page = column(&rest.get(&path, SERVICE, &[]), "id");
            if page.is_empty() {
                break;
            }
            all.extend(page);
            // Rows that were read already, so no page should change.
            if all.len() == 50 {
                server.sql("pages", "DELETE FROM t WHERE id <= 50");
            }
        }
        assert_eq!(all.len(), seen, "{all:?}");
        server.sql("pages", "INSERT INTO t SELECT generate_series(1, 50)");
    }
}

#[test]
fn a_composite_key_is_walked_by_or_and_and() {
    Postgres::start().create_database("pairs");
    let sql = "CREATE TABLE t (a int, b int, PRIMARY KEY (a, b));
        INSERT INTO t SELECT a, b FROM generate_series(1, 3) a, generate_series(1, 4) b";
    let rest = serve("pairs", sql, 1000);
    let after = "order=a.asc,b.asc&or=(a.gt.1,and(a.eq.1,b.gt.2))";
    for (more, expected) in [
        ("", "1-3 1-4 2-1 2-2 2-3 2-4 3-1 3-2 3-3 3-4"),
        ("&limit=3", "1-3 1-4 2-1"),
        ("&a=lt.3", "1-3 1-4 2-1 2-2 2-3 2-4"),
        ("&or=(a.lt.2,and(a.eq.2,b.lte.1))", "1-3 1-4 2-1"),
        ("&a=gte.2&a=lt.3", "2-1 2-2 2-3 2-4"),
    ] {
        let answer = rest.get(&format!("/t?{after}{more}"), SERVICE, &[]);
        let (a, b) = (column(&answer, "a"), column(&answer, "b"));
        let pairs: Vec<_> = a.iter().zip(&b).map(|(a, b)| format!("{a}-{b}")).collect();
        assert_eq!(pairs.join(" "), expected, "{more}");
    }
}

#[test]
fn names_are_quoted_whatever_they_are_made_of() {
    const NAMES: &[&str] = &[
        "plain",
        "Upper",
        "a,b",
        "c.d",
        "日本 語",
        "e(\"f)",
        "g'h",
        "i\\j",
        "k->l",
        "m:n",
        "o&p",
        "q*r",
        "s%t",
        "u+v",
        "w=x",
        "and",
        "or",
        "select",
        "order",
        "limit",
        "offset",
        "not.and",
    ];
    let sql_name = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let columns: Vec<_> = NAMES
        .iter()
        .map(|name| format!("{} text DEFAULT 'x'", sql_name(name)))
        .collect();
    let table = "od d, \"q\".(t)/?";
    Postgres::start().create_database("names");
    let sql = format!(
        "CREATE TABLE {0} ({1}); INSERT INTO {0} DEFAULT VALUES",
        sql_name(table),
        columns.join(",")
    );
    let rest = serve("names", &sql, 1000);
    let get = |query: String| rest.get(&format!("/{}?{query}", encode(table)), SERVICE, &[]);
    let all = get(String::new()).json();
    let sent: Vec<_> = all[0].as_object().expect("a row").keys().cloned().collect();
    assert_eq!(sent, NAMES);
    for name in NAMES {
        let quoted = encode(&quote(name));
        let chosen = get(format!("select={quoted}"));
        assert_eq!(chosen.json(), serde_json::json!([{ *name: "x" }]));
        let renamed = get(format!("select={}:{quoted}::text", encode("\"a,b\"")));
        assert_eq!(renamed.body, r#"[{"a,b":"x"}]"#, "{name}");
        for query in [
            format!("{quoted}=eq.x"),
            format!("order={quoted}.desc"),
            format!("or=({quoted}.eq.{})", encode("\"x\"")),
        ] {
            let answer = get(query.clone());
            assert_eq!(
                (answer.status, column(&answer, name).len()),
                (200, 1),
                "{query}"
            );
        }
    }
}
