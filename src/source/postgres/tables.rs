//! Which stored tables a table, view or query reads: the planner says, which
//! sees through views, queries and partitions as no look at a name could.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::error::Result;

use super::name;
use super::session::Session;

/// The qualified names of the tables behind this selection from what follows
/// `FROM`, sorted.
pub fn behind(session: &mut Session, selection: &str, from: &str) -> Result<BTreeSet<String>> {
    let sql = format!("EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) SELECT {selection} FROM {from}");
    let rows = session.rows(&sql)?;
    let text = rows.first().and_then(|row| row.first()?.as_deref());
    let mut tables = BTreeSet::new();
    // A plan of another form than expected names no table: then two sides are
    // told apart by their own words.
    if let Some(plan) = text.and_then(|text| serde_json::from_str(text).ok()) {
        collect(&plan, &mut tables);
    }
    Ok(tables)
}

fn collect(plan: &Value, tables: &mut BTreeSet<String>) {
    match plan {
        Value::Array(items) => items.iter().for_each(|item| collect(item, tables)),
        Value::Object(node) => {
            let part = |key: &str| node.get(key).and_then(Value::as_str).map(str::to_owned);
            if let Some(table) = part("Relation Name") {
                let parts: Vec<String> = part("Schema").into_iter().chain([table]).collect();
                tables.insert(name::qualified(&parts));
            }
            node.values().for_each(|value| collect(value, tables));
        }
        _ => {}
    }
}
