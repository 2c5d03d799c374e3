//! One side's [`SideSpec`]: its table in the configuration with the command
//! line laid over it, checked to make sense for the kind of source it is.

use std::path::{Path, PathBuf};

use super::SideSpec;
use super::options::SourceOptions;
use super::settings::{Origin, Setting};
use super::{command, surroundings, sync};
use crate::config::{Config, Environment, QueryText, SideTable, SyncTable, Timeouts, cannot_read};
use crate::error::{Code, Failure, Result, Side};
use crate::source::location::{CommandOptions, Location, Query, RestOptions, Spec, TextOptions};
use crate::source::spool::Once;

/// All that says something of sides, besides their own tables.
#[derive(Clone, Copy)]
pub struct Sayings<'a> {
    pub options: &'a SourceOptions,
    /// What the tables are of, if there are any.
    pub config: Option<&'a Config>,
    pub environment: &'a Environment<'a>,
    /// Paths that were typed are relative to it.
    pub cwd: &'a Path,
}

/// Builds one side. `table` is what the configuration says of it (nothing,
/// without one), `timeouts` are those of the dataset and the file. Told with it:
/// where its settings came from.
pub fn build(
    side: Side,
    table: &SideTable,
    timeouts: Timeouts,
    sayings: Sayings<'_>,
) -> Result<(SideSpec, Vec<Setting>)> {
    let (location, origin) = place(side, table, sayings)?;
    // Settings that belonged to the configured source do not follow to another kind of one.
    let mut table = table.clone();
    if origin == Origin::CommandLine {
        keep_fitting(&mut table, &location);
    }
    overlay(&mut table, side, sayings.options, sayings.cwd);
    check(&table, &location)?;
    let mut settings = Vec::new();
    if let Location::Rest(root) = &location {
        settings.extend(rest(side, root, &mut table.rest, sayings)?);
    }
    let command = CommandOptions {
        // A command runs once for each side that is built.
        once: Once::default(),
        ..table.command
    };
    let timeouts = table.timeouts.or(timeouts);
    let query = table.query.map(read_query).transpose()?;
    let source = Spec {
        table: table.table,
        query,
        filter: table.filter,
        text: table.text,
        rest: table.rest,
        command,
        sslrootcert: table.sslrootcert,
        statement_timeout: timeouts.statement.unwrap_or(Spec::STATEMENT_TIMEOUT),
        lock_timeout: timeouts.lock.unwrap_or(Spec::LOCK_TIMEOUT),
        connect_timeout: timeouts.connect.unwrap_or(Spec::CONNECT_TIMEOUT),
        ..Spec::new(location)
    };
    settings.insert(0, Setting::of_side(side, "source", source.shown(), origin));
    let side = SideSpec {
        sync: sync::settle(&table.sync, &source.location)?,
        source,
        rename: table.rename,
    };
    Ok((side, settings))
}

/// Where the side is: as typed, else as configured, else where the environment says.
fn place(side: Side, table: &SideTable, sayings: Sayings<'_>) -> Result<(Location, Origin)> {
    if let Some(text) = &sayings.options.locations[side.index()] {
        let location = Location::parse(text.expose())?.under(sayings.cwd);
        return Ok((location, Origin::CommandLine));
    }
    match (&table.source, sayings.config) {
        (Some(Ok(location)), config) => Ok((location.clone(), of(config))),
        (Some(Err(problem)), Some(config)) => Err(config.refuse(problem)),
        _ => match surroundings::location(side, sayings.environment, sayings.cwd)? {
            Some(found) => Ok(found),
            None => Err(Failure::new(
                Code::Config,
                "it has no `source`",
                format!(
                    "Write `source = \"…\"` under the dataset's `{side}` table, or set {} in the environment",
                    surroundings::named(side)
                ),
            )),
        },
    }
}

fn of(config: Option<&Config>) -> Origin {
    Origin::Config(config.map(|config| config.path.clone()).unwrap_or_default())
}

/// Completes what is told to PostgREST, and says where it came from.
fn rest(
    side: Side,
    root: &url::Url,
    options: &mut RestOptions,
    sayings: Sayings<'_>,
) -> Result<Vec<Setting>> {
    let config = of(sayings.config);
    let mut settings =
        surroundings::complete(side, root, options, config.clone(), sayings.environment)?;
    if let Some(role) = &options.role {
        let origin = match sayings.options.roles[side.index()] {
            Some(_) => Origin::Flag(format!("--{side}-role")),
            None => config,
        };
        settings.push(Setting::of_side(side, "role", role, origin));
    }
    Ok(settings)
}

fn keep_fitting(table: &mut SideTable, location: &Location) {
    if !matches!(location, Location::Command(_)) {
        table.command = CommandOptions::default();
    }
    if location.is_database() {
        table.text = TextOptions::default();
    } else {
        (table.table, table.query, table.filter) = (None, None, None);
    }
    if !has_cells(table, location) {
        (table.text.delimiter, table.text.null) = (None, None);
    }
    if !matches!(location, Location::Postgres(_) | Location::Rest(_)) {
        table.sslrootcert = None;
    }
    // What was configured is the state of the configured source's sync.
    table.sync = SyncTable::default();
    match (location, &table.source) {
        (Location::Rest(root), Some(Ok(Location::Rest(configured))))
            if configured.origin() == root.origin() => {}
        // Keys are for the server they were written for, and so is what a role sees.
        (Location::Rest(_), _) => {
            let select = table.rest.select.take();
            table.rest = RestOptions {
                select,
                ..RestOptions::default()
            };
        }
        _ => table.rest = RestOptions::default(),
    }
}

/// Whether it is read as delimited text, which knows NULL tokens.
fn has_cells(table: &SideTable, location: &Location) -> bool {
    match location {
        Location::File(_, format) => format.has_cells(),
        Location::Command(_) => table.command.format().has_cells(),
        _ => false,
    }
}

/// A query that the file holds or names.
pub(super) fn query_text(query: &QueryText) -> Result<String> {
    match query {
        QueryText::Inline(text) => Ok(text.clone()),
        QueryText::File(path) => read_query(path.clone()).map(|query| query.sql),
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
    let filter = options.filters[side.index()].as_ref();
    if let Some(filter) = filter.or(options.filter.as_ref()) {
        table.filter = Some(filter.clone());
    }
    if let Some(role) = &options.roles[side.index()] {
        table.rest.role = Some(role.clone());
    }
}

fn check(table: &SideTable, location: &Location) -> Result<()> {
    check_rest(&table.rest, location)?;
    if let Location::Command(line) = location {
        return command::check(table, line);
    }
    command::check_none(&table.command, location)?;
    if location.is_database() {
        check_database(table, location)
    } else {
        check_file(table, location)
    }
}

fn check_rest(options: &RestOptions, location: &Location) -> Result<()> {
    let given = [
        ("apikey", options.apikey.is_some()),
        ("authorization", options.authorization.is_some()),
        ("role", options.role.is_some()),
        ("select", options.select.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((name, _)) if !matches!(location, Location::Rest(_)) => Err(Failure::new(
            Code::Config,
            format!("`{name}` is for PostgREST (https://…); this is {location}"),
            "Leave it out for this side",
        )),
        _ => Ok(()),
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
            "Leave it out for this side (--old-where and --new-where are for one alone), or compare databases",
        ));
    }
    if !has_cells(table, location) && (table.text.delimiter.is_some() || table.text.null.is_some())
    {
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
        Err(error) => Err(cannot_read(
            "query file",
            &file,
            &error,
            "Check its path; one in a configuration is relative to that file's folder",
        )),
    }
}
