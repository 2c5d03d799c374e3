//! A table of every type, read directly and through PostgREST, is one table:
//! without any configuration.

mod support;

use support::Postgres;
use support::api::{capped, limits, serve, service, verify};
use support::reading::table;
use support::samples::{MADE, made, multiranges, scalars};

use shadowgate::gate::Verdict;

/// One table with a column for each sample's type, in which each of its values
/// stands in some row and NULL in another.
fn every_type() -> (String, usize) {
    let samples = [scalars(), made(), multiranges()].concat();
    let rows = samples.iter().map(|sample| sample.2.len() + 1).max();
    let rows = rows.expect("some samples");
    let mut sql = format!("{MADE} CREATE TABLE every (id bigint PRIMARY KEY");
    for (index, sample) in samples.iter().enumerate() {
        sql += &format!(", c{index} {}", sample.0);
    }
    sql += ");";
    for row in 0..rows {
        sql += &format!("INSERT INTO every VALUES ({row}");
        for (_, _, values) in &samples {
            // Each starts in another row, so that NULLs are spread.
            sql += &match values.get(row % (values.len() + 1)) {
                Some(value) => format!(", '{}'", value.replace('\'', "''")),
                None => ", NULL".to_owned(),
            };
        }
        sql += ");";
    }
    (sql, rows)
}

#[test]
fn a_table_of_every_type_is_the_same_directly_and_through_postgrest() {
    let (sql, rows) = every_type();
    let api = serve("rest_types", &sql, capped());
    let old = table(&Postgres::start().url("rest_types"), "every");
    let finished = verify(old, service(&api, "every"), &[], limits());
    let dataset = &finished.datasets[0];
    let differing: Vec<_> = dataset
        .columns
        .iter()
        .filter(|column| column.differing > 0)
        .map(|column| (&column.name, &column.ty, &column.examples))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert_eq!(finished.verdict, Verdict::Pass, "{:#?}", finished.reasons);
    assert_eq!(dataset.counts.matched, rows as u64);
    let unreadable = [dataset.counts.unreadable_old, dataset.counts.unreadable_new];
    assert_eq!(unreadable, [0, 0], "{:#?}", dataset.samples.unreadable);
}

/// SQL's NULL and JSON's null are one token in PostgREST's JSON.
#[test]
fn null_and_json_null_are_told_apart() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY, j json, b jsonb, l jsonb[]);
        INSERT INTO a VALUES (1, NULL, NULL, '{NULL}'), (2, 'null', 'null', '{null,\"null\"}');
        CREATE TABLE b AS TABLE a;
        UPDATE b SET j = 'null', b = 'null', l = '{\"null\"}' WHERE id = 1;";
    let api = serve("rest_json_null", sql, capped());
    let old = table(&Postgres::start().url("rest_json_null"), "a");
    let finished = verify(old, service(&api, "b"), &["id"], limits());
    let differing = finished.datasets[0].columns.iter().map(|it| it.differing);
    assert_eq!(differing.collect::<Vec<_>>(), [0, 1, 1, 1]);
}
