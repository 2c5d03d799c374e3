//! One side's [`SideSpec`]: its table in the configuration with the command
//! line laid over it, checked to make sense for the kind of source it is.

use std::path::{Path, PathBuf};

use super::SideSpec;
use super::options::SourceOptions;
use crate::config::{Config, SideTable, Timeouts};
use crate::error::{Code, Failure, Result, Side};
use crate::source::location::{Format, Location, Query, Spec, TextOptions};

/// Builds one side. `table` is what the configuration `config` says of it (nothing,
/// without one), `timeouts` those of the dataset and the file; paths that
/// were typed are relative to `cwd`.
pub fn build(
    side: Side,
    table: &SideTable,
    config: Option<&Config>,
    timeouts: Timeouts,
    options: &SourceOptions,
    cwd: &Path,
) -> Result<SideSpec> {
    let typed = &options.locations[side.index()];
    let location = match typed {
        Some(text) => Location::parse(text.expose())?.under(cwd),
        None => configured(side, table, config)?,
    };
    // Settings that belonged to the configured source do not follow to another kind of one.
    let mut table = table.clone();
    if typed.is_some() {
        keep_fitting(&mut table, &location);
    }
    overlay(&mut table, side, options, cwd);
    check(&table, &location)?;
    let timeouts = table.timeouts.or(timeouts);
    let query = table.query.map(read_query).transpose()?;
    let source = Spec {
        table: table.table,
        query,
        filter: table.filter,
        text: table.text,
        sslrootcert: table.sslrootcert,
        statement_timeout: timeouts.statement.unwrap_or(Spec::STATEMENT_TIMEOUT),
        lock_timeout: timeouts.lock.unwrap_or(Spec::LOCK_TIMEOUT),
        connect_timeout: timeouts.connect.unwrap_or(Spec::CONNECT_TIMEOUT),
        ..Spec::new(location)
    };
    Ok(SideSpec {
        source,
        rename: table.rename,
    })
}

fn configured(side: Side, table: &SideTable, config: Option<&Config>) -> Result<Location> {
    match (&table.source, config) {
        (Some(Ok(location)), _) => Ok(location.clone()),
        (Some(Err(problem)), Some(config)) => Err(config.refuse(problem)),
        _ => Err(Failure::new(
            Code::Config,
            "it has no `source`",
            format!("Write `source = \"…\"` under the dataset's `{side}` table"),
        )),
    }
}

fn keep_fitting(table: &mut SideTable, location: &Location) {
    if location.is_database() {
        table.text = TextOptions::default();
    } else {
        (table.table, table.query, table.filter) = (None, None, None);
    }
    if !matches!(location, Location::File(_, Format::Csv | Format::Tsv)) {
        (table.text.delimiter, table.text.null) = (None, None);
    }
    if !matches!(location, Location::Postgres(_) | Location::Rest(_)) {
        table.sslrootcert = None;
    }
}

/// Lays the flags over the table: a table replaces a query, and the reverse.
fn overlay(table: &mut SideTable, side: Side, options: &SourceOptions, cwd: &Path) {
    let name = &options.tables[side.index()];
    let query = &options.queries[side.index()];
    if name.is_some() || query.is_some() {
        table.table = name.clone();
        table.query = query.as_ref().map(|file| cwd.join(file));
    }
    if options.filter.is_some() {
        table.filter = options.filter.clone();
    }
}

fn check(table: &SideTable, location: &Location) -> Result<()> {
    if location.is_database() {
        check_database(table, location)
    } else {
        check_file(table, location)
    }
}

fn check_database(table: &SideTable, location: &Location) -> Result<()> {
    let refuse = |why: &str, next: &str| Err(Failure::new(Code::Config, why, next));
    if matches!(location, Location::Rest(_)) && table.query.is_some() {
        return refuse(
            "PostgREST serves tables and views, and no queries",
            "Name a table or a view of the API (--new-table), or read the database itself (postgres://…)",
        );
    }
    match (&table.table, &table.query) {
        (None, None) => {
            return refuse(
                "a database needs to be told what to read",
                "Name a table (--table, or --old-table and --new-table) or a file with a query (--old-query, --new-query)",
            );
        }
        (Some(_), Some(_)) => {
            return refuse("both a table and a query are named", "Name one of them");
        }
        _ => {}
    }
    if table.text != TextOptions::default() {
        return refuse(
            "`delimiter`, `null` and `encoding` are for text files; this is a database",
            "Leave them out",
        );
    }
    if table.sslrootcert.is_some() && !matches!(location, Location::Postgres(_) | Location::Rest(_))
    {
        return refuse(
            "`sslrootcert` is for PostgreSQL and PostgREST",
            "Leave it out",
        );
    }
    Ok(())
}

fn check_file(table: &SideTable, location: &Location) -> Result<()> {
    let given = [
        ("a table", table.table.is_some()),
        ("a query", table.query.is_some()),
        ("a condition (where)", table.filter.is_some()),
        ("`sslrootcert`", table.sslrootcert.is_some()),
    ];
    if let Some((what, _)) = given.iter().find(|(_, given)| *given) {
        return Err(Failure::new(
            Code::Config,
            format!("{what} is for databases; {location} is a text file"),
            "Leave it out for this side, or compare databases",
        ));
    }
    let has_cells = matches!(location, Location::File(_, Format::Csv | Format::Tsv));
    if !has_cells && (table.text.delimiter.is_some() || table.text.null.is_some()) {
        return Err(Failure::new(
            Code::Config,
            format!("`delimiter` and `null` are for CSV and TSV; {location} is JSON"),
            "Leave them out for this side",
        ));
    }
    Ok(())
}

fn read_query(file: PathBuf) -> Result<Query> {
    match std::fs::read_to_string(&file) {
        Ok(sql) if sql.trim().is_empty() => Err(Failure::new(
            Code::Config,
            format!("the query file {} is empty", file.display()),
            "Write one SELECT into it",
        )),
        Ok(sql) => Ok(Query { sql, file }),
        Err(error) => Err(Failure::new(
            match error.kind() {
                std::io::ErrorKind::NotFound => Code::NotFound,
                _ => Code::Config,
            },
            format!("the query file {} cannot be read: {error}", file.display()),
            "Check its path; one in a configuration is relative to that file's folder",
        )),
    }
}
