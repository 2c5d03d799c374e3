mod broken;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::*;
use crate::source::location::Query;
use crate::source::{Chunk, Rows};
use crate::value::Raw;

/// Keeps every chunk.
#[derive(Default)]
struct Keep {
    chunks: Vec<Chunk>,
    stop_after: Option<usize>,
}

impl Sink for Keep {
    fn buffer(&mut self) -> Vec<u8> {
        b"left over from before".to_vec()
    }

    fn push(&mut self, chunk: Chunk) -> ControlFlow<()> {
        self.chunks.push(chunk);
        match self.stop_after {
            Some(limit) if self.chunks.len() >= limit => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

struct Fixture {
    dir: tempfile::TempDir,
}

impl Fixture {
    fn new(sql: &str) -> Fixture {
        let fixture = Fixture {
            dir: tempfile::tempdir().unwrap(),
        };
        fixture.write().execute_batch(sql).unwrap();
        fixture
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("app.db")
    }

    fn write(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    fn spec(&self) -> Spec {
        spec(&self.path())
    }

    fn table(&self, table: &str) -> Spec {
        Spec {
            table: Some(table.to_owned()),
            ..self.spec()
        }
    }

    fn query(&self, sql: &str) -> Spec {
        Spec {
            query: Some(Query {
                sql: sql.to_owned(),
                file: PathBuf::from("queries/q.sql"),
            }),
            ..self.spec()
        }
    }
}

fn spec(path: &Path) -> Spec {
    Spec {
        statement_timeout: Duration::from_secs(60),
        lock_timeout: Duration::from_millis(50),
        connect_timeout: Duration::from_secs(1),
        ..Spec::new(Location::Sqlite(path.to_owned()))
    }
}

fn wants(schema: &Schema) -> Vec<Want> {
    let want = |column: &Column| Want {
        name: column.name.clone(),
        ..Want::default()
    };
    schema.columns.iter().map(want).collect()
}

fn shown(raw: Raw<'_>) -> String {
    match raw {
        Raw::Integer(value) => format!("i{value}"),
        Raw::Real(value) => format!("r{value:?}"),
        other => format!("{other:?}"),
    }
}

/// Rows as locator and cells.
type Shown = Vec<(Option<u64>, Vec<String>)>;

fn decode(source: &Sqlite, wants: &[Want], chunks: &mut [Chunk]) -> Result<Shown> {
    let decoder = source.decoder(wants)?;
    let (mut rows, mut all) = (Rows::default(), Vec::new());
    for chunk in chunks {
        decoder.decode(chunk, &mut rows)?;
        assert_eq!(rows.spans.len(), rows.len());
        let bytes = crate::source::Bytes::of(chunk, &rows.cells);
        for index in 0..rows.len() {
            let cells = rows.row(index).iter();
            let cells = cells.map(|cell| shown(cell.raw(bytes)));
            all.push((rows.locators.get(index).copied(), cells.collect()));
        }
    }
    Ok(all)
}

fn read_all(spec: &Spec) -> Result<(Schema, Shown, Receipt)> {
    let mut source = Sqlite::open(spec, &Context::default())?;
    source.chunk = 40;
    let schema = source.schema()?;
    let wants = wants(&schema);
    let mut keep = Keep::default();
    let receipt = source.read(&wants, &mut keep)?;
    let rows = decode(&source, &wants, &mut keep.chunks)?;
    assert_eq!(receipt.rows, Some(rows.len() as u64));
    source.verify_unchanged()?;
    Ok((schema, rows, receipt))
}

fn cells(spec: &Spec) -> Vec<Vec<String>> {
    let (_, rows, _) = read_all(spec).unwrap();
    rows.into_iter().map(|(_, cells)| cells).collect()
}

fn failure(spec: &Spec) -> Failure {
    read_all(spec).map(|_| ()).unwrap_err()
}

fn key(sql: &str) -> Option<Vec<String>> {
    let fixture = Fixture::new(sql);
    read_all(&fixture.table("t")).unwrap().0.key
}

#[test]
fn every_storage_class_arrives_as_it_is_stored() {
    let fixture = Fixture::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v);
         INSERT INTO t VALUES (1, NULL), (2, 9223372036854775807), (3, 9223372036854775808),
           (4, -0.0), (5, 9e999), (6, 'a' || char(0) || 'b'), (7, x'00ff'), (8, ''), (9, x''),
           (10, '日本語'), (11, '007'), (12, -9223372036854775808), (13, 0.1);",
    );
    let (schema, rows, receipt) = read_all(&fixture.table("t")).unwrap();
    let values: Vec<&str> = rows.iter().map(|(_, cells)| cells[1].as_str()).collect();
    let expected = [
        "Null",
        "i9223372036854775807",
        "r9.223372036854776e18",
        "r0.0",
        "rinf",
        "Text(\"a\\0b\")",
        "Blob([0, 255])",
        "Text(\"\")",
        "Blob([])",
        "Text(\"日本語\")",
        "Text(\"007\")",
        "i-9223372036854775808",
        "r0.1",
    ];
    assert_eq!(values[..3], expected[..3]);
    // SQLite itself may store -0.0 as 0.0 or as the integer 0.
    assert!(
        ["r0.0", "r-0.0", "i0"].contains(&values[3]),
        "{}",
        values[3]
    );
    assert_eq!(values[4..], expected[4..]);
    assert_eq!(schema.key, Some(vec!["id".to_owned()]));
    assert_eq!(schema.estimate, Some(13));
    assert_eq!(receipt.rows, Some(13));
    assert!(receipt.snapshot.unwrap().contains("data_version"));
}

#[test]
fn text_of_a_utf16_database_arrives_as_utf8() {
    let fixture = Fixture::new(
        "PRAGMA encoding = 'UTF-16be'; CREATE TABLE t (v); INSERT INTO t VALUES ('é日𝄞');",
    );
    assert_eq!(cells(&fixture.spec()), [["Text(\"é日𝄞\")"]]);
}

#[test]
fn rows_are_fetched_again_by_rowid_whatever_its_sign() {
    let fixture = Fixture::new(
        "CREATE TABLE t (rowid TEXT, v); INSERT INTO t (oid, rowid, v) VALUES (-5, 'x', 1), (3, 'y', 2), (9223372036854775807, 'z', 3);",
    );
    let mut source = Sqlite::open(&fixture.spec(), &Context::default()).unwrap();
    let wants = wants(&source.schema().unwrap());
    assert!(source.locates());
    let mut keep = Keep::default();
    source.read(&wants, &mut keep).unwrap();
    let all = decode(&source, &wants, &mut keep.chunks).unwrap();
    let mut locators: Vec<u64> = all.iter().filter_map(|(at, _)| *at).collect();
    locators.sort_unstable();
    assert_eq!(locators, [3, i64::MAX as u64, -5i64 as u64]);
    locators.push(u64::MAX);
    let mut keep = Keep::default();
    source.fetch(&wants, &locators, &mut keep).unwrap();
    let mut again = decode(&source, &wants, &mut keep.chunks).unwrap();
    again.sort();
    let mut all = all;
    all.sort();
    assert_eq!(again, all);
}

#[test]
fn only_rowid_tables_locate() {
    let fixture = Fixture::new(
        "CREATE TABLE a (rowid, _rowid_, oid); CREATE TABLE w (k PRIMARY KEY) WITHOUT ROWID;
         CREATE TABLE t (k); CREATE VIEW v AS SELECT * FROM t; INSERT INTO w VALUES (1);",
    );
    let locates = |spec: &Spec| {
        let mut source = Sqlite::open(spec, &Context::default()).unwrap();
        source.schema().unwrap();
        source.locates()
    };
    assert!(locates(&fixture.table("t")));
    for table in ["a", "w", "v"] {
        assert!(!locates(&fixture.table(table)), "{table}");
    }
    assert!(!locates(&fixture.query("SELECT k FROM t")));
    assert_eq!(cells(&fixture.table("w")), [["i1"]]);
}

#[test]
fn the_key_is_the_primary_key_or_the_one_unique_index() {
    let some = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        key("CREATE TABLE t (a, b, c, PRIMARY KEY (c, a));"),
        some(&["c", "a"])
    );
    assert_eq!(
        key("CREATE TABLE t (a, b PRIMARY KEY) WITHOUT ROWID;"),
        some(&["b"])
    );
    assert_eq!(
        key("CREATE TABLE t (a NOT NULL, b NOT NULL, UNIQUE (b, a));"),
        some(&["b", "a"])
    );
    assert_eq!(
        key("CREATE TABLE t (a NOT NULL UNIQUE, b UNIQUE);"),
        some(&["a"])
    );
    for none in [
        "CREATE TABLE t (a, b);",
        "CREATE TABLE t (a UNIQUE);",
        "CREATE TABLE t (a NOT NULL UNIQUE, b NOT NULL UNIQUE);",
        "CREATE TABLE t (a NOT NULL); CREATE UNIQUE INDEX i ON t (a) WHERE a > 0;",
        "CREATE TABLE t (a NOT NULL); CREATE UNIQUE INDEX i ON t (abs(a));",
        "CREATE TABLE t (a NOT NULL); CREATE INDEX i ON t (a);",
    ] {
        assert_eq!(key(none), None, "{none}");
    }
}

#[test]
fn names_are_quoted_and_generated_columns_are_read() {
    let fixture = Fixture::new(
        "CREATE TABLE \"a,b \"\"c\" (\"select\" INT, \"日本 語\", g AS (\"select\" + 1)); INSERT INTO \"a,b \"\"c\" VALUES (1, 'x');
         CREATE TABLE 物件 (k);",
    );
    let (schema, rows, _) = read_all(&fixture.table("a,b \"c")).unwrap();
    let names: Vec<&str> = schema.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["select", "日本 語", "g"]);
    assert_eq!(rows[0].1, ["i1", "Text(\"x\")", "i2"]);
    for spelling in ["物件", "main.物件", "main.\"物件\"", "\"物件\""] {
        assert!(cells(&fixture.table(spelling)).is_empty());
    }
    assert_eq!(cells(&fixture.table("\"A,B \"\"C\"")).len(), 1);
}

#[test]
fn queries_and_conditions_are_wrapped_not_pasted() {
    let fixture =
        Fixture::new("CREATE TABLE t (k, v); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c');");
    let query = "-- first\nWITH x AS (SELECT k, v FROM t) SELECT k AS id, count(*) OVER () FROM x; -- last;\n /* end */";
    let (schema, rows, _) = read_all(&fixture.query(query)).unwrap();
    assert_eq!(schema.columns[0].name, "id");
    assert_eq!(schema.key, None);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].1[1], "i3");
    let filtered = Spec {
        filter: Some("k = 1 OR k = 2 -- comment".to_owned()),
        ..fixture.table("t")
    };
    assert_eq!(cells(&filtered).len(), 2);
    let filtered = Spec {
        filter: Some("id > 1 OR id = 9".to_owned()),
        ..fixture.query(query)
    };
    assert_eq!(cells(&filtered).len(), 2);
    assert_eq!(cells(&fixture.query("VALUES (1), (2)")).len(), 2);
}

#[test]
fn a_wal_database_is_read_as_it_was_beside_a_writer() {
    let fixture =
        Fixture::new("PRAGMA journal_mode = WAL; CREATE TABLE t (k); INSERT INTO t VALUES (1);");
    let writer = fixture.write();
    let mut source = Sqlite::open(&fixture.spec(), &Context::default()).unwrap();
    let wants = wants(&source.schema().unwrap());
    writer.execute_batch("INSERT INTO t VALUES (2)").unwrap();
    for _ in 0..2 {
        let receipt = source.read(&wants, &mut Keep::default()).unwrap();
        assert_eq!(receipt.rows, Some(1));
    }
    source.verify_unchanged().unwrap();
    assert_eq!(cells(&fixture.spec()).len(), 2);
}

fn many_rows() -> Fixture {
    Fixture::new(
        "PRAGMA page_size = 4096; CREATE TABLE t (k INTEGER PRIMARY KEY, pad TEXT);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO t SELECT i, printf('%0100d', i) FROM n;",
    )
}

#[test]
fn the_store_is_the_same_only_for_the_same_relation_of_the_same_file() {
    let fixture =
        Fixture::new("CREATE TABLE a (k); CREATE TABLE b (k); CREATE VIEW v AS SELECT k FROM a;");
    let store = |spec: &Spec| {
        let mut source = Sqlite::open(spec, &Context::default()).unwrap();
        source.schema().unwrap();
        source.identity().store.unwrap()
    };
    assert_eq!(store(&fixture.table("a")), store(&fixture.table("main.A")));
    assert_ne!(store(&fixture.table("a")), store(&fixture.table("b")));
    let link = fixture.dir.path().join("link.db");
    std::os::unix::fs::symlink(fixture.path(), &link).unwrap();
    let linked = Spec {
        table: Some("a".to_owned()),
        ..spec(&link)
    };
    assert_eq!(store(&fixture.table("a")), store(&linked));
    let query = |sql| store(&fixture.query(sql));
    assert_eq!(query("SELECT k\n  FROM a;"), query("SELECT k FROM a"));
    assert_ne!(query("SELECT k FROM a"), query("SELECT k FROM b"));
    let a = store(&fixture.table("a"));
    assert_eq!(a, query("SELECT k || '' AS k FROM a WHERE k > 1"));
    assert_eq!(a, store(&fixture.table("v")));
    assert_ne!(a, query("SELECT a.k FROM a, b"));
    assert_ne!(query("SELECT 1 AS k"), query("SELECT 2 AS k"));
}

#[test]
fn a_sink_that_has_enough_ends_the_read() {
    let fixture = many_rows();
    let mut source = Sqlite::open(&fixture.spec(), &Context::default()).unwrap();
    source.chunk = 1;
    let wants = wants(&source.schema().unwrap());
    let mut keep = Keep {
        stop_after: Some(2),
        ..Keep::default()
    };
    source.read(&wants, &mut keep).unwrap();
    assert_eq!(keep.chunks.len(), 2);
}

#[test]
fn double_quotes_are_text_only_for_a_view_that_needs_them() {
    let fixture = Fixture::new(
        "CREATE TABLE t (k); INSERT INTO t VALUES (1);
         CREATE VIEW old AS SELECT k, \"text\" AS v FROM t; CREATE VIEW plain AS SELECT k FROM t;",
    );
    assert_eq!(cells(&fixture.table("old")), [["i1", "Text(\"text\")"]]);
    let misspelt = Spec {
        filter: Some("\"kk\" = 'x'".to_owned()),
        ..fixture.table("plain")
    };
    assert_eq!(failure(&misspelt).code, Code::Config);
}
