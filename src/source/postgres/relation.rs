//! One relation in the server's catalogs: what it is, its columns, its key,
//! how many rows the server thinks it has, and whether its rows can be found
//! again by where they lie.

use crate::error::{Code, Failure, Result};

use super::super::facts::Index;
use super::name;
use super::session::{Session, Table};
use super::subject::shown_name;

/// A table, view, materialised, foreign or partitioned table.
pub struct Relation {
    pub oid: u32,
    /// Schema and name.
    pub parts: Vec<String>,
    /// `pg_class.relkind`
    kind: char,
    /// The role may read the whole table, system columns too.
    selectable: bool,
    heap: bool,
    has_children: bool,
}

/// One column as the catalogs describe it.
pub struct Attribute {
    pub name: String,
    pub oid: u32,
    /// The declared type with its modifier: `numeric(12,2)`.
    pub shown: String,
    pub readable: bool,
}

impl Relation {
    pub fn find(session: &mut Session, parts: &[String]) -> Result<Relation> {
        let rows = session.rows(&format!(
            "SELECT c.oid::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
                    c.relkind::pg_catalog.text,
                    pg_catalog.has_table_privilege(c.oid, 'SELECT')::pg_catalog.text,
                    (coalesce(a.amname, '') = 'heap')::pg_catalog.text,
                    EXISTS (SELECT 1 FROM pg_catalog.pg_inherits i
                             WHERE i.inhparent = c.oid)::pg_catalog.text,
                    pg_catalog.has_any_column_privilege(c.oid, 'SELECT')::pg_catalog.text
               FROM pg_catalog.pg_class c
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
              WHERE c.oid = pg_catalog.to_regclass({})",
            name::literal(&name::qualified(parts))
        ))?;
        let Some(row) = rows.first() else {
            return Err(not_found(session, parts));
        };
        let relation = from_row(row).ok_or_else(|| session.unexpected("what the table is"))?;
        if !"rvmfp".contains(relation.kind) {
            return Err(not_rows(session, &relation));
        }
        if row.get(7).is_some_and(|any| !is_true(any)) {
            return Err(denied(session, &relation));
        }
        Ok(relation)
    }

    pub fn attributes(&self, session: &mut Session) -> Result<Vec<Attribute>> {
        let rows = session.rows(&format!(
            "SELECT a.attname::pg_catalog.text, a.atttypid::pg_catalog.oid::pg_catalog.text,
                    pg_catalog.format_type(a.atttypid, a.atttypmod),
                    pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')::pg_catalog.text
               FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = {} AND a.attnum > 0 AND NOT a.attisdropped
              ORDER BY a.attnum",
            self.oid
        ))?;
        let attribute = |row: &Vec<Option<String>>| {
            Some(Attribute {
                name: row.first()?.clone()?,
                oid: row.get(1)?.as_ref()?.parse().ok()?,
                shown: row.get(2)?.clone()?,
                readable: is_true(row.get(3)?),
            })
        };
        let found = rows.iter().map(attribute).collect::<Option<_>>();
        found.ok_or_else(|| session.unexpected("the table's columns"))
    }

    /// The primary key, else the only unique index over NOT NULL columns alone.
    pub fn key(&self, session: &mut Session) -> Result<Option<Vec<String>>> {
        let rows = session.rows(&format!(
            "SELECT i.indexrelid::pg_catalog.text, i.indisprimary::pg_catalog.text,
                    a.attname::pg_catalog.text, (a.attnotnull)::pg_catalog.text
               FROM pg_catalog.pg_index i,
                    pg_catalog.unnest(i.indkey::pg_catalog.int2[])
                        WITH ORDINALITY AS k(attnum, place),
                    pg_catalog.pg_attribute a
              WHERE i.indrelid = {} AND i.indisunique AND i.indisvalid
                AND i.indpred IS NULL AND i.indexprs IS NULL
                AND k.place <= i.indnkeyatts
                AND a.attrelid = i.indrelid AND a.attnum = k.attnum
              ORDER BY i.indisprimary DESC, i.indexrelid, k.place",
            self.oid
        ))?;
        Ok(choose_key(&rows))
    }

    /// The valid indexes; `None` for what has none of its own.
    pub fn indexes(&self, session: &mut Session) -> Result<Option<Vec<Index>>> {
        if !"rmp".contains(self.kind) {
            return Ok(None);
        }
        let rows = session.rows(&format!(
            "SELECT i.indisunique::pg_catalog.text,
                    (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)::pg_catalog.text,
                    (SELECT pg_catalog.json_agg(a.attname ORDER BY k.place)
                       FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[])
                                WITH ORDINALITY AS k(attnum, place)
                       JOIN pg_catalog.pg_attribute a
                         ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                      WHERE k.place <= i.indnkeyatts)::pg_catalog.text
               FROM pg_catalog.pg_index i
              WHERE i.indrelid = {} AND i.indisvalid ORDER BY i.indexrelid",
            self.oid
        ))?;
        let index = |row: &Vec<Option<String>>| {
            let columns = row.get(2)?.as_deref().unwrap_or("[]");
            Some(Index {
                columns: serde_json::from_str(columns).ok()?,
                unique: is_true(row.first()?),
                partial: is_true(row.get(1)?),
            })
        };
        let found = rows.iter().map(index).collect::<Option<_>>();
        found
            .map(Some)
            .ok_or_else(|| session.unexpected("the table's indexes"))
    }

    /// The server's estimate of the rows, if it has one.
    pub fn estimate(&self, session: &mut Session) -> Result<Option<u64>> {
        let sql = match self.kind {
            'r' | 'm' if !self.has_children => format!(
                "SELECT reltuples::pg_catalog.int8::pg_catalog.text
                   FROM pg_catalog.pg_class WHERE oid = {}",
                self.oid
            ),
            // Unknown as soon as one part is (−1).
            'p' => format!(
                "SELECT CASE WHEN min(c.reltuples) >= 0
                        THEN sum(c.reltuples)::pg_catalog.int8 END::pg_catalog.text
                   FROM pg_catalog.pg_partition_tree({}::pg_catalog.oid::pg_catalog.regclass) t
                   JOIN pg_catalog.pg_class c ON c.oid = t.relid WHERE t.isleaf",
                self.oid
            ),
            _ => return Ok(None),
        };
        let rows = session.rows(&sql)?;
        let text = rows.first().and_then(|row| row.first()?.as_deref());
        let rows: Option<u64> = text.and_then(|text| text.parse().ok());
        // Before version 14, 0 is also what was never counted.
        Ok(rows.filter(|&rows| rows > 0 || session.facts.version >= 140_000))
    }

    /// Whether a row's ctid names it: not where rows of several tables come
    /// together, nor where the role may not read system columns.
    pub fn locates(&self) -> bool {
        matches!(self.kind, 'r' | 'm') && self.heap && self.selectable && !self.has_children
    }
}

fn is_true(text: &Option<String>) -> bool {
    text.as_deref() == Some("true")
}

fn from_row(row: &[Option<String>]) -> Option<Relation> {
    Some(Relation {
        oid: row.first()?.as_ref()?.parse().ok()?,
        parts: vec![row.get(1)?.clone()?, row.get(2)?.clone()?],
        kind: row.get(3)?.as_ref()?.chars().next()?,
        selectable: is_true(row.get(4)?),
        heap: is_true(row.get(5)?),
        has_children: is_true(row.get(6)?),
    })
}

/// From rows of (index, is primary, column, is NOT NULL), the primary first.
fn choose_key(rows: &Table) -> Option<Vec<String>> {
    let mut indexes: Vec<(&str, bool, bool, Vec<String>)> = Vec::new();
    for row in rows {
        let text = |index: usize| row.get(index)?.as_deref();
        let (id, column) = (text(0)?, text(2)?.to_owned());
        let (primary, not_null) = (text(1)? == "true", text(3)? == "true");
        match indexes.last_mut() {
            Some(last) if last.0 == id => {
                last.2 &= not_null;
                last.3.push(column);
            }
            _ => indexes.push((id, primary, not_null, vec![column])),
        }
    }
    let primary = indexes.iter().position(|index| index.1);
    let mut fit = indexes.into_iter().filter(|index| index.1 || index.2);
    match (primary, fit.next(), fit.next()) {
        (Some(_), Some(first), _) | (None, Some(first), None) => Some(first.3),
        _ => None,
    }
}

fn not_rows(session: &Session, relation: &Relation) -> Failure {
    Failure::new(
        Code::Config,
        format!(
            "{}: {} is not a table or view",
            session.place(),
            shown_name(&relation.parts)
        ),
        "name a table, a view or a query",
    )
}

fn denied(session: &Session, relation: &Relation) -> Failure {
    Failure::new(
        Code::Unauthorised,
        format!(
            "{}: the role may not read {}",
            session.place(),
            shown_name(&relation.parts)
        ),
        "grant the role SELECT on the table and USAGE on its schema",
    )
}

/// With the names that come nearest.
fn not_found(session: &mut Session, parts: &[String]) -> Failure {
    let why = format!(
        "{}: there is no table {}",
        session.place(),
        shown_name(parts)
    );
    let near = near_names(session, parts).unwrap_or_default();
    let next = match near.is_empty() {
        true => "check the name, and its schema if it is not on the search path".to_owned(),
        false => format!("did you mean {}?", near.join(" or ")),
    };
    Failure::new(Code::NotFound, why, next)
}

fn near_names(session: &mut Session, parts: &[String]) -> Option<Vec<String>> {
    let rows = session
        .rows(
            "SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
               FROM pg_catalog.pg_class c
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
                AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
              ORDER BY 1, 2 LIMIT 10000",
        )
        .ok()?;
    let wanted = parts.last()?.to_lowercase();
    let mut near: Vec<(f64, String)> = rows
        .into_iter()
        .filter_map(|row| row.into_iter().collect::<Option<Vec<_>>>())
        .map(|found| {
            let likeness = strsim::jaro_winkler(&wanted, &found[1].to_lowercase());
            (likeness, shown_name(&found))
        })
        .filter(|(likeness, _)| *likeness > 0.85)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    Some(near.into_iter().take(3).map(|(_, name)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[[&str; 4]]) -> Table {
        let row = |row: &[&str; 4]| row.iter().map(|&text| Some(text.to_owned())).collect();
        rows.iter().map(row).collect()
    }

    #[test]
    fn the_primary_key_goes_before_unique_indexes() {
        let found = rows(&[
            ["9", "true", "b", "true"],
            ["9", "true", "a", "true"],
            ["7", "false", "c", "true"],
        ]);
        assert_eq!(
            choose_key(&found),
            Some(vec!["b".to_owned(), "a".to_owned()])
        );
    }

    #[test]
    fn a_unique_index_serves_only_alone_and_without_nulls() {
        let nullable = ["7", "false", "c", "false"];
        let sound = ["8", "false", "d", "true"];
        assert_eq!(choose_key(&rows(&[nullable])), None);
        assert_eq!(
            choose_key(&rows(&[nullable, sound])),
            Some(vec!["d".to_owned()])
        );
        assert_eq!(
            choose_key(&rows(&[sound, ["9", "false", "e", "true"]])),
            None
        );
        assert_eq!(choose_key(&Table::new()), None);
    }
}
