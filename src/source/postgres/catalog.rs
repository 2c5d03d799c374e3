//! What the subject's columns are, looked up once in the snapshot: names,
//! declared types, how each is read, and what the user should be warned of.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::error::{Code, Failure, Result};
use crate::value::Type;

use super::super::facts::Index;
use super::super::{Column, Declared, Schema, Want};
use super::name;
use super::relation::{Attribute, Relation};
use super::session::Session;
use super::statement;
use super::subject::{Rows, Subject};
use super::tables;
use super::types::{Made, Reading, ServerType, Types};

/// A column as it is asked for in COPY.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub name: String,
    pub ty: Type,
    /// The server type it is cast to, if any.
    pub cast: Option<String>,
    /// Asked for as text although its value could be read.
    pub as_text: bool,
}

pub struct Catalog {
    schema: Schema,
    readings: HashMap<String, Reading>,
    /// Columns the role may not read.
    unreadable: HashSet<String>,
    relation: Option<Relation>,
    /// The stored tables that are read, as far as the planner names them.
    tables: BTreeSet<String>,
}

impl Catalog {
    /// Looks everything up, and lets the server check the query, the condition
    /// and the rights before any row is asked for.
    pub fn load(session: &mut Session, subject: &Subject) -> Result<Catalog> {
        let (relation, attributes) = match &subject.rows {
            Rows::Table(parts) => {
                let relation = Relation::find(session, parts)?;
                let attributes = relation.attributes(session)?;
                probe(session, &subject.from(&name::qualified(&relation.parts)))?;
                (Some(relation), attributes)
            }
            Rows::Query { .. } => (None, query_attributes(session, &subject.from(""))?),
        };
        refuse_duplicates(&attributes, subject)?;
        let types = load_types(session, &attributes)?;
        let mut catalog = Catalog::new(attributes, &types, relation);
        // All columns, so that no join is planned away, where all may be read.
        let selection = match catalog.unreadable.is_empty() {
            true => "*",
            false => "1",
        };
        catalog.tables = tables::behind(session, selection, &catalog.from(subject))?;
        catalog.schema.key = match &catalog.relation {
            Some(relation) => relation.key(session)?,
            None => None,
        };
        catalog.schema.now = Some(session.facts.now);
        catalog.schema.estimate = match &catalog.relation {
            Some(relation) if subject.filter.is_none() => relation.estimate(session)?,
            _ => None,
        };
        Ok(catalog)
    }

    fn new(attributes: Vec<Attribute>, types: &Types, relation: Option<Relation>) -> Catalog {
        let mut catalog = Catalog {
            schema: Schema::default(),
            readings: HashMap::new(),
            unreadable: HashSet::new(),
            relation,
            tables: BTreeSet::new(),
        };
        for attribute in attributes {
            let reading = types.reading(attribute.oid);
            catalog.warn(&attribute, &reading);
            if !attribute.readable {
                catalog.unreadable.insert(attribute.name.clone());
            }
            catalog.schema.columns.push(Column {
                name: attribute.name.clone(),
                declared: Some(Declared {
                    name: attribute.shown.clone(),
                    ty: reading.ty.clone(),
                }),
            });
            catalog.readings.insert(attribute.name, reading);
        }
        catalog
    }

    fn warn(&mut self, attribute: &Attribute, reading: &Reading) {
        if matches!(reading.ty, Type::ByText(_)) {
            self.schema.warnings.push(format!(
                "column {} is compared by its text: shadowgate does not read type {} by value",
                attribute.name, attribute.shown
            ));
        }
        if !attribute.readable {
            self.schema.warnings.push(format!(
                "column {} may not be read by this role",
                attribute.name
            ));
        }
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    pub fn locates(&self) -> bool {
        self.relation.as_ref().is_some_and(Relation::locates)
    }

    /// The resolved, quoted name of the table.
    pub fn relation(&self, subject: &Subject) -> String {
        match (&self.relation, &subject.rows) {
            (Some(relation), _) => name::qualified(&relation.parts),
            (None, Rows::Table(parts)) => name::qualified(parts),
            (None, Rows::Query { .. }) => String::new(),
        }
    }

    /// What follows `FROM`.
    pub fn from(&self, subject: &Subject) -> String {
        subject.from(&self.relation(subject))
    }

    /// The same, of rows that meet a condition.
    pub fn rows_where(&self, subject: &Subject, condition: &str) -> String {
        subject.rows_where(&self.relation(subject), Some(condition))
    }

    /// The same, of rows outside the window, if there is one.
    pub fn rows_outside(&self, subject: &Subject) -> Option<String> {
        subject.rows_outside(&self.relation(subject))
    }

    /// Equal for two subjects of one server if they read the same stored tables,
    /// whatever the words: a table, a view of it, a query over it. Where the
    /// planner names no table, the words decide.
    pub fn relation_id(&self, subject: &Subject) -> String {
        if !self.tables.is_empty() {
            let tables: Vec<&str> = self.tables.iter().map(String::as_str).collect();
            return format!("tables {}", tables.join(", "));
        }
        match (&self.relation, &subject.rows) {
            (Some(relation), _) => format!("relation {}", relation.oid),
            (None, Rows::Query { sql, .. }) => format!("query {}", statement::normalised(sql)),
            (None, Rows::Table(parts)) => name::qualified(parts),
        }
    }

    /// The stored tables that are read.
    pub fn tables(&self) -> impl Iterator<Item = &String> {
        self.tables.iter()
    }

    /// The table's indexes, where it is one that can have any.
    pub fn indexes(&self, session: &mut Session) -> Option<Vec<Index>> {
        self.relation.as_ref()?.indexes(session).ok()?
    }

    /// The wanted columns that the role may not read.
    pub fn denied(&self, wants: &[Want]) -> Vec<String> {
        let names = wants.iter().map(|want| &want.name);
        let denied = names.filter(|name| self.unreadable.contains(*name));
        denied.cloned().collect()
    }

    /// How the wanted columns are asked for.
    pub fn fields(&self, wants: &[Want]) -> Result<Vec<Field>> {
        let denied = self.denied(wants);
        if !denied.is_empty() {
            return Err(denied_columns(&denied));
        }
        let field = |want: &Want| {
            let reading = self.readings.get(&want.name)?;
            Some(Field {
                name: want.name.clone(),
                ty: reading.ty.clone(),
                cast: match want.as_text {
                    true => Some("pg_catalog.text".to_owned()),
                    false => reading.cast.clone(),
                },
                as_text: want.as_text,
            })
        };
        let fields = wants.iter().map(field).collect::<Option<_>>();
        fields.ok_or_else(|| {
            let mut names = wants.iter().map(|want| want.name.as_str());
            let missing = names.find(|name| !self.readings.contains_key(*name));
            let name = missing.unwrap_or_default();
            Failure::new(Code::NotFound, format!("there is no column {name}"), "")
        })
    }
}

fn denied_columns(names: &[String]) -> Failure {
    Failure::new(
        Code::Unauthorised,
        format!("the role may not read these columns: {}", names.join(", ")),
        "grant the role SELECT on them, or leave them out of the comparison (ignore)",
    )
}

/// Lets the server check names, rights and row-level security; gives no row.
fn probe(session: &mut Session, from: &str) -> Result<()> {
    session.execute(&format!("SELECT 1 FROM {from} LIMIT 0"))
}

/// A query's columns, from one row of NULLs beside it: the query itself is
/// planned but never run.
fn query_attributes(session: &mut Session, from: &str) -> Result<Vec<Attribute>> {
    let columns = session.columns(&format!(
        "SELECT q.* FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM {from}) AS q ON false"
    ))?;
    let attribute = |(name, oid): (String, u32)| Attribute {
        name,
        oid,
        shown: String::new(),
        readable: true,
    };
    let mut attributes: Vec<_> = columns.into_iter().map(attribute).collect();
    let types = load_types(session, &attributes)?;
    for attribute in &mut attributes {
        let found = types.0.get(&attribute.oid);
        attribute.shown = found.map_or_else(String::new, |found| found.shown.clone());
    }
    Ok(attributes)
}

fn refuse_duplicates(attributes: &[Attribute], subject: &Subject) -> Result<()> {
    let mut seen = HashSet::new();
    let mut twice: Vec<_> = attributes
        .iter()
        .map(|attribute| attribute.name.as_str())
        .filter(|name| !seen.insert(*name))
        .collect();
    twice.dedup();
    if twice.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Code::Config,
        format!(
            "{} gives more than one column named {}",
            subject.shown(),
            twice.join(", ")
        ),
        "give each column of the query a name of its own (AS)",
    ))
}

/// The columns' types and all that those are made of.
fn load_types(session: &mut Session, attributes: &[Attribute]) -> Result<Types> {
    let oids: Vec<_> = attributes.iter().map(|it| it.oid.to_string()).collect();
    // Before version 14 there are no multiranges.
    let multirange = match session.facts.version {
        140_000.. => "r.rngmultitypid",
        _ => "0",
    };
    let rows = session.rows(&format!(
        "WITH RECURSIVE used(oid) AS (
             SELECT pg_catalog.unnest('{{{}}}'::pg_catalog.oid[])
             UNION
             SELECT part FROM used
               JOIN pg_catalog.pg_type t ON t.oid = used.oid
               LEFT JOIN pg_catalog.pg_range r
                      ON t.oid = r.rngtypid OR t.oid = {multirange},
               LATERAL (VALUES (t.typbasetype), (t.typelem), (r.rngsubtype)) AS made(part)
              WHERE part <> 0)
         SELECT t.oid::pg_catalog.text, t.typname::pg_catalog.text,
                (n.nspname = 'pg_catalog')::pg_catalog.text,
                t.typtype::pg_catalog.text, t.typbasetype::pg_catalog.text,
                (SELECT e.oid FROM pg_catalog.pg_type e
                  WHERE e.oid = t.typelem AND e.typarray = t.oid)::pg_catalog.text,
                r.rngsubtype::pg_catalog.oid::pg_catalog.text,
                pg_catalog.format_type(t.oid, NULL)
           FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid
           JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
           LEFT JOIN pg_catalog.pg_range r
                  ON t.oid = r.rngtypid OR t.oid = {multirange}",
        oids.join(",")
    ))?;
    let types = rows
        .iter()
        .map(|row| server_type(row))
        .collect::<Option<_>>();
    types
        .map(Types)
        .ok_or_else(|| session.unexpected("the columns' types"))
}

fn server_type(row: &[Option<String>]) -> Option<(u32, ServerType)> {
    let text = |index: usize| row.get(index)?.as_deref();
    let oid = |index: usize| text(index)?.parse::<u32>().ok();
    let (name, builtin) = (text(1)?, text(2)? == "true");
    let made = match (text(3)?, oid(5), oid(6)) {
        ("d", ..) => Made::Domain(oid(4)?),
        ("e", ..) => Made::Enum,
        ("r", _, Some(subtype)) => Made::Range(subtype),
        ("m", _, Some(subtype)) => Made::Multirange(subtype),
        ("b", Some(element), _) => Made::Array(element),
        ("b", ..) if name == "citext" => Made::Citext,
        ("b", ..) => Made::Base,
        _ => Made::Other,
    };
    let found = ServerType {
        builtin: builtin.then(|| name.to_owned()),
        shown: text(7)?.to_owned(),
        made,
    };
    Some((oid(0)?, found))
}
