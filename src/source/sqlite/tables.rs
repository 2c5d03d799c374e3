//! Which stored tables a table, view or query reads: SQLite asks leave for each,
//! so that views and queries are seen through as no look at a name could.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// The names of the tables behind what follows `FROM`, in lower case.
pub fn behind(db: &mut Connection, from: &str) -> rusqlite::Result<BTreeSet<String>> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let tables = Arc::clone(&seen);
    db.authorizer(Some(move |context: AuthContext<'_>| {
        if let AuthAction::Read { table_name, .. } = context.action {
            let mut tables = tables.lock().unwrap_or_else(PoisonError::into_inner);
            tables.insert(table_name.to_ascii_lowercase());
        }
        Authorization::Allow
    }))?;
    let prepared = db.prepare(&format!("SELECT * FROM {from}")).map(drop);
    db.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    prepared?;
    let mut tables = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // It asks for a view by its own name too.
    let mut views = db.prepare("SELECT lower(name) FROM main.sqlite_schema WHERE type = 'view'")?;
    for view in views.query_map([], |row| row.get::<_, String>(0))? {
        tables.remove(&view?);
    }
    Ok(tables)
}
