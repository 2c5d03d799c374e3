//! What a side says of a command that is its source: where and how it runs, and
//! what it writes where.

use std::path::Path;

use indexmap::IndexMap;

use super::dataset::checked;
use super::document::{Fields, Node, Reading};
use super::units;
use crate::secret::Secret;
use crate::source::location::{CommandOptions, Format};

pub const FIELDS: [&str; 6] = ["cwd", "env", "timeout", "format", "output", "shell"];

/// Reads them where they stand among a side's fields; `folder` is the
/// configuration file's.
pub fn read<'a>(fields: &Fields<'a>, folder: &Path, reading: &mut Reading<'a>) -> CommandOptions {
    let mut path = |name| {
        let path = reading.string(fields.get(name)?)?;
        Some(folder.join(path))
    };
    let (cwd, output) = (path("cwd"), path("output"));
    let env = fields.get("env").map(|node| env(node, reading));
    let timeout = fields.get("timeout");
    let shell = fields.get("shell").and_then(|node| reading.boolean(node));
    CommandOptions {
        cwd,
        env: env.unwrap_or_default(),
        timeout: timeout.and_then(|node| checked(node, reading, units::limit)),
        format: fields.get("format").and_then(|node| format(node, reading)),
        output,
        shell: shell.unwrap_or(false),
        ..CommandOptions::default()
    }
}

fn env<'a>(node: &Node<'a>, reading: &mut Reading<'a>) -> IndexMap<String, Secret> {
    let table = reading.table(node);
    let mut variables = IndexMap::new();
    for (name, node) in table.iter().flat_map(Fields::iter) {
        if name.is_empty() || name.contains(['=', '\0']) {
            reading.problem(node, "this is no name of an environment variable");
        }
        let Some(value) = reading.string(node) else {
            continue;
        };
        if value.contains('\0') {
            reading.problem(node, "an environment variable holds no NUL character");
        }
        variables.insert(name.clone(), Secret::new(value));
    }
    variables
}

fn format(node: &Node<'_>, reading: &mut Reading<'_>) -> Option<Format> {
    let name = reading.string(node)?;
    let format = Format::named(&name);
    if format.is_none() {
        reading.problem(
            node,
            "`\"csv\"`, `\"tsv\"`, `\"json\"` or `\"jsonl\"` is due here",
        );
    }
    format
}
