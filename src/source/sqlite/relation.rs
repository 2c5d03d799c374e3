//! What is read of a database: which table, view or query, its columns, its key
//! and the SELECT for them.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Statement};

use super::fault::{fault, in_sql};
use crate::error::{Code, Failure, Result};
use crate::source::Want;
use crate::source::location::{Query, Spec};

/// The names under which SQLite gives a table's rowid, unless a column has one.
const ROWIDS: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// How many tables an error lists.
const LISTED: usize = 20;

pub struct Relation {
    /// The table's or view's own spelling; the query's file.
    pub name: String,
    /// What follows FROM.
    from: String,
    filter: Option<String>,
    pub columns: Vec<String>,
    pub key: Option<Vec<String>>,
    /// The name of the rowid, for a table that has one.
    pub rowid: Option<&'static str>,
    /// Tells what is read of one file apart: equal if the same tables are read.
    pub store: String,
    /// Whether every row of a table is read.
    whole_table: bool,
}

/// A table or view as `PRAGMA table_list` has it.
struct Listed {
    name: String,
    kind: String,
    without_rowid: bool,
}

impl Relation {
    pub fn find(db: &Connection, path: &Path, spec: &Spec) -> Result<Relation> {
        let relation = match (&spec.query, &spec.table) {
            (Some(_), Some(_)) => Err(Failure::new(
                Code::Config,
                "both a table and a query are given",
                "Keep one of them.",
            )),
            (Some(query), None) => Relation::of_query(db, path, query),
            (None, table) => Relation::of_table(db, path, table.as_deref()),
        }?;
        match &spec.filter {
            Some(filter) => relation.filtered(db, path, filter),
            None => Ok(relation),
        }
    }

    fn of_table(db: &Connection, path: &Path, table: Option<&str>) -> Result<Relation> {
        let sql = |error| fault(path, &error);
        let all = list(db).map_err(sql)?;
        let listed = match table {
            Some(name) => named(&all, name, path)?,
            None => only(&all, path)?,
        };
        let from = format!("main.{}", quoted(&listed.name));
        let columns = selected(db, &from, listed.kind == "view")
            .map_err(|error| in_sql(path, &format!("{} {}", listed.kind, listed.name), &error))?;
        let plain = listed.kind == "table" || listed.kind == "shadow";
        let free = |rowid: &&str| !columns.iter().any(|name| name.eq_ignore_ascii_case(rowid));
        let rowid = ROWIDS.into_iter().find(free);
        Ok(Relation {
            key: key(db, &listed.name).map_err(sql)?,
            rowid: rowid.filter(|_| plain && !listed.without_rowid),
            store: format!("table:{}", listed.name),
            name: listed.name.clone(),
            from,
            filter: None,
            columns,
            whole_table: plain,
        })
    }

    fn of_query(db: &Connection, path: &Path, query: &Query) -> Result<Relation> {
        let what = format!("the query of {}", query.file.display());
        let statement = checked(db, path, &what, &query.sql)?;
        refuse_twins(&columns(&statement), &what)?;
        // What SQLite keeps is the one statement, without what follows it.
        let text = statement.expanded_sql().unwrap_or_default();
        let text = text.trim_end().trim_end_matches(';');
        let from = format!("(\n{text}\n)");
        let outer = db
            .prepare(&format!("SELECT * FROM {from}"))
            .map_err(|error| in_sql(path, &what, &error))?;
        Ok(Relation {
            name: query.file.display().to_string(),
            columns: columns(&outer),
            key: None,
            rowid: None,
            store: format!("query:{}", squeezed(text)),
            from,
            filter: None,
            whole_table: false,
        })
    }

    fn filtered(mut self, db: &Connection, path: &Path, filter: &str) -> Result<Relation> {
        self.filter = Some(filter.to_owned());
        self.whole_table = false;
        let probe = format!("SELECT 1 FROM {}{}", self.from, self.condition());
        checked(db, path, "the `where` condition", &probe)?;
        Ok(self)
    }

    /// What follows `FROM`, without the condition.
    pub fn rows(&self) -> &str {
        &self.from
    }

    fn condition(&self) -> String {
        match &self.filter {
            // The line break ends a comment the condition may end with.
            Some(filter) => format!(" WHERE (\n{filter}\n)"),
            None => String::new(),
        }
    }

    /// The SELECT of every row: the rowid, if there is one, and the wants.
    pub fn select(&self, wants: &[Want]) -> Result<String> {
        let list = self.list(wants)?;
        Ok(format!(
            "SELECT {list} FROM {}{}",
            self.from,
            self.condition()
        ))
    }

    /// The SELECT of one row by its rowid.
    pub fn select_at(&self, wants: &[Want]) -> Result<String> {
        let Some(rowid) = self.rowid else {
            return Err(Failure::new(
                Code::Internal,
                format!("{} has no rowid to fetch rows by", self.name),
                "",
            ));
        };
        let list = self.list(wants)?;
        Ok(format!(
            "SELECT {list} FROM {} WHERE {rowid} = ?1",
            self.from
        ))
    }

    /// What follows `FROM`, with the condition.
    pub fn all_rows(&self) -> String {
        format!("{}{}", self.from, self.condition())
    }

    /// Whether the table itself keeps these from occurring twice.
    pub fn is_unique(&self, key: &[String]) -> bool {
        let own = self.key.as_ref();
        own.is_some_and(|own| own.iter().all(|column| key.contains(column)))
    }

    /// Counts a whole table; a query would have to run for it.
    pub fn count(&self) -> Option<String> {
        self.whole_table
            .then(|| format!("SELECT count(*) FROM {}", self.from))
    }

    fn list(&self, wants: &[Want]) -> Result<String> {
        let mut list: Vec<String> = self.rowid.into_iter().map(str::to_owned).collect();
        for want in wants {
            if !self.columns.contains(&want.name) {
                return Err(Failure::new(
                    Code::NotFound,
                    format!("{} has no column {:?}", self.name, want.name),
                    format!("Its columns are: {}.", self.columns.join(", ")),
                ));
            }
            list.push(quoted(&want.name));
        }
        Ok(list.join(", "))
    }
}

/// Prepares the user's SQL and holds it to one reading statement without
/// parameters (an unbound one would be NULL and quietly select nothing).
pub fn checked<'a>(
    db: &'a Connection,
    path: &Path,
    what: &str,
    sql: &str,
) -> Result<Statement<'a>> {
    let refuse = |why: &str, next: &str| Failure::new(Code::Config, format!("{what} {why}"), next);
    if sql.contains('\0') {
        return Err(refuse("holds a NUL character", "Remove it."));
    }
    let statement = db
        .prepare(sql)
        .map_err(|error| in_sql(path, what, &error))?;
    if !statement.readonly() || statement.column_count() == 0 {
        return Err(refuse("does not only read", "Write one SELECT."));
    }
    if statement.parameter_count() > 0 {
        return Err(refuse(
            "holds a parameter, which nothing would fill",
            "Write the value itself.",
        ));
    }
    Ok(statement)
}

/// The columns of a table or view. A view may be of the time when text stood in
/// double quotes: only one that cannot be read otherwise lets them be text.
fn selected(db: &Connection, from: &str, view: bool) -> rusqlite::Result<Vec<String>> {
    let sql = format!("SELECT * FROM {from}");
    if let Err(error) = db.prepare(&sql) {
        if !view {
            return Err(error);
        }
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, true)?;
    }
    db.prepare(&sql).map(|statement| columns(&statement))
}

fn columns(statement: &Statement<'_>) -> Vec<String> {
    let names = statement.column_names();
    names.into_iter().map(str::to_owned).collect()
}

/// SQLite would rename the second of two equal names, so neither could be meant.
fn refuse_twins(columns: &[String], what: &str) -> Result<()> {
    for (index, name) in columns.iter().enumerate() {
        let before = &columns[..index];
        if before.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(Failure::new(
                Code::Config,
                format!("{what} returns two columns named {name:?}"),
                "Name each with AS.",
            ));
        }
    }
    Ok(())
}

fn list(db: &Connection) -> rusqlite::Result<Vec<Listed>> {
    let sql = "SELECT name, type, wr FROM pragma_table_list \
               WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Listed {
            name: row.get(0)?,
            kind: row.get(1)?,
            without_rowid: row.get(2)?,
        })
    })?;
    rows.collect()
}

/// The table the user named: as it stands, or as an SQL name (`main."a,b"`).
fn named<'a>(all: &'a [Listed], name: &str, path: &Path) -> Result<&'a Listed> {
    let find = |name: &str| {
        let exact = all.iter().find(|listed| listed.name == name);
        exact.or_else(|| {
            all.iter()
                .find(|listed| listed.name.eq_ignore_ascii_case(name))
        })
    };
    let found = find(name).or_else(|| {
        let bare = name.strip_prefix("main.").unwrap_or(name);
        find(&unquoted(bare))
    });
    found.ok_or_else(|| {
        let near = all
            .iter()
            .map(|listed| (strsim::jaro_winkler(name, &listed.name), &listed.name))
            .filter(|(score, _)| *score > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let next = match near {
            Some((_, near)) => format!("Did you mean {near:?}? {}", names(all)),
            None => names(all),
        };
        let why = format!("{} has no table {name:?}", path.display());
        Failure::new(Code::NotFound, why, next)
    })
}

/// The database's one table, where none is named.
fn only<'a>(all: &'a [Listed], path: &Path) -> Result<&'a Listed> {
    let table = |listed: &&Listed| listed.kind == "table" || listed.kind == "virtual";
    let mut tables = all.iter().filter(table);
    match (tables.next(), tables.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Failure::new(
            Code::Config,
            format!("{} holds no table", path.display()),
            format!("Check the path, or name a view. {}", names(all)),
        )),
        (Some(_), Some(_)) => Err(Failure::new(
            Code::Config,
            format!("{} holds several tables and none is named", path.display()),
            format!("Name one with --table. {}", names(all)),
        )),
    }
}

fn names(all: &[Listed]) -> String {
    let shown = all.iter().filter(|listed| listed.kind != "shadow");
    let mut shown: Vec<String> = shown.map(|listed| listed.name.clone()).collect();
    if shown.is_empty() {
        return "It holds no tables.".to_owned();
    }
    let more = shown.len().saturating_sub(LISTED);
    shown.truncate(LISTED);
    let tail = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("Its tables are: {}{tail}.", shown.join(", "))
}

/// The primary key's columns, else those of the one unique index over columns
/// that hold no NULL (a partial index, or one on an expression, is no key).
fn key(db: &Connection, table: &str) -> rusqlite::Result<Option<Vec<String>>> {
    let primary = "SELECT name FROM pragma_table_xinfo(?1) WHERE pk > 0 ORDER BY pk";
    let primary = texts(db, primary, table)?;
    if !primary.is_empty() {
        return Ok(Some(primary));
    }
    let unique = "SELECT name FROM pragma_index_list(?1) AS list WHERE \"unique\" AND NOT partial \
         AND NOT EXISTS (SELECT 1 FROM pragma_index_info(list.name) AS part \
           LEFT JOIN pragma_table_xinfo(?1) AS col ON col.name = part.name \
           WHERE part.name IS NULL OR NOT coalesce(col.\"notnull\", 0))";
    let unique = texts(db, unique, table)?;
    let [index] = unique.as_slice() else {
        return Ok(None);
    };
    let parts = "SELECT name FROM pragma_index_info(?1) ORDER BY seqno";
    texts(db, parts, index).map(Some)
}

fn texts(db: &Connection, sql: &str, argument: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map([argument], |row| row.get(0))?;
    rows.collect()
}

pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn unquoted(name: &str) -> String {
    let inner = name.strip_prefix('"').and_then(|n| n.strip_suffix('"'));
    match inner {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// SQL with each run of white space as one space: the same query twice, however
/// it is indented. (Two queries that differ only within a literal's spaces
/// become one, which at worst asks for --allow-same-source.)
fn squeezed(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}
