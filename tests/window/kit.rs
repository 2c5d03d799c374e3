//! The same rows in every kind of source.

use std::io::Write;

use serde_json::{Value, json};

use crate::common::{Lab, Ran};
use crate::support::Postgres;
use crate::support::api::{capped, serve};
use crate::support::postgrest::{Options, Postgrest};

/// Rows of id, v and at; an empty `at` is NULL.
pub struct Places {
    database: &'static str,
    ty: String,
    api: Postgrest,
    rows: Vec<[String; 3]>,
}

impl Places {
    /// `ty` is that of `at` in PostgreSQL.
    pub fn new(database: &'static str, ty: &str, rows: &[[String; 3]]) -> Places {
        Places::behind(capped(), database, ty, rows)
    }

    /// The same, with an API of one's own.
    pub fn behind(
        options: Options,
        database: &'static str,
        ty: &str,
        rows: &[[String; 3]],
    ) -> Places {
        let value = |[id, v, at]: &[String; 3]| match at.is_empty() {
            true => format!("({id}, '{v}', NULL)"),
            false => format!("({id}, '{v}', '{at}')"),
        };
        let values: Vec<String> = rows.iter().map(value).collect();
        let sql = format!(
            "CREATE TABLE t (id int PRIMARY KEY, v text, at {ty});
             INSERT INTO t VALUES {};
             CREATE TABLE copy (LIKE t INCLUDING ALL);
             INSERT INTO copy SELECT * FROM t;
             ANALYZE t; ANALYZE copy;",
            values.join(", ")
        );
        Places {
            database,
            ty: ty.to_owned(),
            api: serve(database, &sql, options),
            rows: rows.to_vec(),
        }
    }

    /// All but the first, with which each is compared.
    pub fn all(&self) -> [&'static str; 8] {
        [
            "copy", "query", "rest", "cast", "sqlite", "csv", "jsonl", "command",
        ]
    }

    pub fn sql(&self, sql: &str) {
        Postgres::start().sql(self.database, sql);
    }

    /// A folder whose configuration names one of these as old, another as new.
    pub fn lab(&self, old: &str, new: &str, more: &str) -> Lab {
        self.lab_with(old, self, new, more)
    }

    pub fn lab_with(&self, old: &str, other: &Places, new: &str, more: &str) -> Lab {
        let lab = Lab::new();
        let (old, new) = (self.side(&lab, "old", old), other.side(&lab, "new", new));
        let (fields, tables) = match more.starts_with('[') {
            true => ("", more),
            false => (more, ""),
        };
        lab.write(
            "shadowgate.toml",
            format!("page_size = 2\nconnections = 2\n[datasets.d]\nkey = \"id\"\n{fields}{old}{new}{tables}"),
        );
        lab
    }

    fn side(&self, lab: &Lab, side: &str, place: &str) -> String {
        let table = format!("[datasets.d.{side}]\n");
        let url = Postgres::start().url(self.database);
        let rest = match place {
            "postgres" => format!("source = \"{url}\"\ntable = \"t\"\n"),
            "copy" => format!("source = \"{url}\"\ntable = \"copy\"\n"),
            "query" => {
                lab.write("query.sql", "SELECT id, v, at FROM copy -- all");
                format!("source = \"{url}\"\nquery = \"query.sql\"\n")
            }
            "rest" => self.rest(),
            // Made of the column, which a condition would not be on.
            "cast" => self.rest() + &format!("select = [\"id\", \"v\", \"at::{}\"]\n", self.ty),
            "sqlite" => self.sqlite(lab, side),
            "csv" => {
                lab.write(&format!("{side}.csv"), self.csv());
                format!("source = \"{side}.csv\"\n")
            }
            "gz" => {
                let gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                let mut gz = gz;
                gz.write_all(self.csv().as_bytes()).expect("in memory");
                lab.write(&format!("{side}.csv.gz"), gz.finish().expect("in memory"));
                format!("source = \"{side}.csv.gz\"\n")
            }
            "jsonl" => {
                lab.write(&format!("{side}.jsonl"), self.json());
                format!("source = \"{side}.jsonl\"\n")
            }
            "command" => {
                lab.write(&format!("{side}.out"), self.json());
                format!("source = \"command:cat {side}.out\"\n")
            }
            other => panic!("no such place: {other}"),
        };
        table + &rest
    }

    fn rest(&self) -> String {
        format!(
            "source = \"{}\"\ntable = \"copy\"\nauthorization = \"{}\"\n",
            self.api.url(),
            self.api.jwt("service_role")
        )
    }

    fn csv(&self) -> String {
        let lines = self.rows.iter().map(|row| row.join(",") + "\n");
        "id,v,at\n".to_owned() + &lines.collect::<String>()
    }

    fn json(&self) -> String {
        let lines = self.rows.iter().map(|[id, v, at]| {
            let id: i64 = id.parse().expect("a number");
            let at = Some(at).filter(|at| !at.is_empty());
            json!({"id": id, "v": v, "at": at}).to_string() + "\n"
        });
        lines.collect()
    }

    fn sqlite(&self, lab: &Lab, side: &str) -> String {
        let db = rusqlite::Connection::open(lab.path(&format!("{side}.db"))).expect("a database");
        db.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, at TEXT)",
            (),
        )
        .expect("a table");
        for [id, v, at] in &self.rows {
            let at = Some(at).filter(|at| !at.is_empty());
            db.execute("INSERT INTO t VALUES (?1, ?2, ?3)", (id, v, at))
                .expect("a row");
        }
        format!("source = \"sqlite:{side}.db\"\ntable = \"t\"\n")
    }
}

pub fn run(lab: &Lab, args: &[&str]) -> Ran {
    lab.verify(&[&["--format", "json"], args].concat())
}

pub fn window(report: &Value) -> &Value {
    &report["datasets"][0]["window"]
}

/// Rows left out: old, new.
#[track_caller]
pub fn outside(report: &Value) -> [u64; 2] {
    ["old", "new"].map(|side| {
        let receipt = &report["datasets"][0][side];
        let rows = receipt["outside_window"].as_u64();
        rows.unwrap_or_else(|| panic!("not counted: {report:#}"))
    })
}

#[track_caller]
pub fn count(report: &Value, name: &str) -> u64 {
    let count = report["datasets"][0]["counts"][name].as_u64();
    count.unwrap_or_else(|| panic!("no {name}: {report:#}"))
}
