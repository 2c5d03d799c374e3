//! Queries of the user's own in the file: written there, or in a file beside it.

use std::path::{Path, PathBuf};

use super::document::{Fields, Reading};

/// A query as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryText {
    Inline(String),
    /// Already under the configuration file's folder.
    File(PathBuf),
}

/// One word that ends in `.sql` names a file; anything else is the query itself.
pub fn read(
    fields: &Fields<'_>,
    name: &str,
    folder: &Path,
    reading: &mut Reading<'_>,
) -> Option<QueryText> {
    let node = fields.get(name)?;
    let text = reading.string(node)?;
    let text = text.trim();
    if text.is_empty() {
        reading.problem(node, "a query is due here, or the file that holds one");
        return None;
    }
    let is_file = text.ends_with(".sql") && !text.contains(char::is_whitespace);
    Some(match is_file {
        true => QueryText::File(folder.join(text)),
        false => QueryText::Inline(text.to_owned()),
    })
}
