//! Every type of a real server: none is left out unnoticed, each is declared as
//! what it is, and its binary form and its text lead to the same canonical cell.

mod support;

use std::collections::BTreeMap;

use support::Postgres;
use support::reading::{Read, open, query, read, table, wants, wants_text};
use support::samples::{MADE, Sample, array, made, multiranges, scalars};

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
