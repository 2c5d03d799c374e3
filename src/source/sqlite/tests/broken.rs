//! What must be refused: wrong names and SQL, locks, damage, changes.

use super::*;
use crate::stop::Cause;

#[test]
fn text_that_is_not_utf8_names_its_row_and_column() {
    let fixture = Fixture::new(
        "CREATE TABLE t (id, name); INSERT INTO t VALUES (1, 'ok'), (2, CAST(x'61ff' AS TEXT));",
    );
    let failure = failure(&fixture.spec());
    assert_eq!(failure.code, Code::Malformed);
    assert!(
        failure
            .why
            .contains("column \"name\" of the row of rowid 2"),
        "{failure}"
    );
    assert!(failure.why.contains("byte 1"), "{failure}");
    let by_query = self::failure(&fixture.query("SELECT name FROM t"));
    assert!(by_query.why.contains("of row 2"), "{by_query}");
}

#[test]
fn sql_that_cannot_work_is_a_configuration_error() {
    let fixture =
        Fixture::new("CREATE TABLE t (k, v); CREATE TABLE u (k); INSERT INTO t VALUES (1, 2);");
    for (sql, says) in [
        ("SELECT k, v AS K FROM t", "two columns named \"K\""),
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("DELETE FROM t", "does not only read"),
        ("SELECT nosuch FROM t", "no such column"),
        ("SELECT \"nosuch\" FROM t", "no such column"),
        ("SELECT k FROM t WHERE k = ?", "parameter"),
        (" -- nothing", "no statement"),
        ("SELECT k FROM t) UNION SELECT (2", "syntax error"),
        ("PRAGMA user_version", "not valid SQL"),
        ("BEGIN", "does not only read"),
        ("SELECT 'a\0b'", "NUL"),
    ] {
        let failure = failure(&fixture.query(sql));
        assert_eq!(failure.code, Code::Config, "{sql}: {failure}");
        assert!(failure.why.contains(says), "{sql}: {failure}");
    }
    for filter in [
        "nosuch = 1",
        "\"nosuch\" = 'x'",
        "k = ",
        "k = :a",
        "1); DROP TABLE t; --",
    ] {
        let spec = Spec {
            filter: Some(filter.to_owned()),
            ..fixture.table("t")
        };
        assert_eq!(failure(&spec).code, Code::Config, "{filter}");
    }
    assert_eq!(cells(&fixture.table("t")).len(), 1);
}

#[test]
fn a_table_that_is_not_there_is_named_with_those_that_are() {
    let fixture = Fixture::new(
        "CREATE TABLE listings (k); CREATE TABLE users (k); CREATE VIEW v AS SELECT 1;",
    );
    let unknown = failure(&fixture.table("listing"));
    assert_eq!(unknown.code, Code::NotFound);
    assert!(
        unknown.next.contains("Did you mean \"listings\"?"),
        "{unknown}"
    );
    let unnamed = failure(&fixture.spec());
    assert_eq!(unnamed.code, Code::Config);
    assert!(unnamed.next.contains("listings, users, v"), "{unnamed}");
    let empty = Fixture::new("");
    assert_eq!(failure(&empty.spec()).code, Code::Config);
    let mut source = Sqlite::open(&fixture.table("users"), &Context::default()).unwrap();
    source.schema().unwrap();
    let missing = [Want {
        name: "K2".to_owned(),
        ..Want::default()
    }];
    let refused = source.read(&missing, &mut Keep::default()).unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
}

#[test]
fn files_that_are_no_database_are_refused_and_none_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("none.db");
    assert_eq!(failure(&spec(&missing)).code, Code::NotFound);
    assert!(!missing.exists());
    assert_eq!(failure(&spec(dir.path())).code, Code::Config);
    let text = dir.path().join("text.db");
    std::fs::write(&text, "id,name\n1,x\n".repeat(200)).unwrap();
    let failure = failure(&spec(&text));
    assert_eq!(failure.code, Code::Malformed, "{failure}");
}

#[test]
fn a_locked_database_is_a_timeout_and_transient() {
    let fixture = Fixture::new("CREATE TABLE t (k);");
    let writer = fixture.write();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let failure = failure(&fixture.spec());
    assert_eq!(failure.code, Code::Timeout, "{failure}");
    assert!(failure.transient);
}

#[test]
fn a_statement_that_takes_too_long_is_stopped() {
    let fixture = Fixture::new("CREATE TABLE t (k);");
    let endless =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let spec = Spec {
        statement_timeout: Duration::from_millis(30),
        ..fixture.query(endless)
    };
    let failure = failure(&spec);
    assert_eq!(failure.code, Code::Timeout, "{failure}");
}

/// Neither a query nor a lock is waited for once the run is to end, and what was
/// read in time can be fetched again from the same transaction.
#[test]
fn a_run_that_is_to_end_waits_for_nothing() {
    let endless =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS k FROM n";
    let soon = || Context {
        stop: Stop::default().within(
            Instant::now() - Duration::from_millis(89_900),
            Some(Duration::from_secs(100)),
        ),
        ..Context::default()
    };
    let fixture = Fixture::new("CREATE TABLE t (k); INSERT INTO t VALUES (1), (2);");
    let mut source = Sqlite::open(&fixture.query(endless), &soon()).unwrap();
    let columns = wants(&source.schema().unwrap());
    let mut keep = Keep::default();
    let failure = source.read(&columns, &mut keep).unwrap_err();
    assert_eq!(failure, Cause::Deadline.failure());
    assert!(!keep.chunks.is_empty(), "rows that came in time are seen");
    drop(source);

    let mut source = Sqlite::open(&fixture.spec(), &soon()).unwrap();
    let columns = wants(&source.schema().unwrap());
    source.stop.sleep(Duration::from_secs(60)).unwrap_err();
    let mut keep = Keep::default();
    source.fetch(&columns, &[1, 2], &mut keep).unwrap();
    assert_eq!(
        decode(&source, &columns, &mut keep.chunks).unwrap().len(),
        2
    );

    let writer = fixture.write();
    drop(source);
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let patient = Spec {
        lock_timeout: Duration::from_secs(3600),
        ..fixture.spec()
    };
    let mut source = Sqlite::open(&patient, &soon()).unwrap();
    assert_eq!(source.schema().unwrap_err(), Cause::Deadline.failure());
}

#[test]
fn a_database_cut_short_is_never_fewer_rows() {
    let fixture = many_rows();
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(fixture.path())
        .unwrap();
    file.set_len(40 * 4096).unwrap();
    let failure = failure(&fixture.spec());
    assert!(
        matches!(failure.code, Code::Malformed | Code::SourceCut),
        "{failure}"
    );
}

#[test]
fn damage_in_the_middle_is_never_fewer_rows() {
    use std::os::unix::fs::FileExt;
    for page in [7, 20, 33] {
        let fixture = many_rows();
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(fixture.path())
            .unwrap();
        file.write_all_at(&[0; 4096], page * 4096).unwrap();
        let failure = failure(&fixture.spec());
        assert_eq!(failure.code, Code::Malformed, "{failure}");
    }
}

#[test]
fn an_index_that_lost_rows_is_damage() {
    let fixture = Fixture::new(
        "CREATE TABLE t (k, pad); CREATE INDEX i ON t (k);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO t SELECT i, 'x' FROM n;",
    );
    let db = fixture.write();
    // An index of another, shorter table put in this one's place.
    db.execute_batch(
        "CREATE TABLE s (k); CREATE INDEX j ON s (k); INSERT INTO s VALUES (1), (2);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'j') WHERE name = 'i';
         DELETE FROM sqlite_schema WHERE name = 'j';",
    ).unwrap();
    drop(db);
    let failure = failure(&fixture.table("t"));
    assert_eq!(failure.code, Code::Malformed, "{failure}");
}

#[test]
fn a_file_overwritten_past_the_locks_is_a_changed_source() {
    let fixture = many_rows();
    let mut source = Sqlite::open(&fixture.spec(), &Context::default()).unwrap();
    source.schema().unwrap();
    source.verify_unchanged().unwrap();
    std::fs::write(fixture.path(), b"something else").unwrap();
    assert_eq!(
        source.verify_unchanged().unwrap_err().code,
        Code::SourceChanged
    );
}
