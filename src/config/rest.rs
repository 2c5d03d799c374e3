//! What a side says of PostgREST alone: keys, the role that sees every row, and
//! which columns to ask for.

use super::document::{Fields, Node, Reading};
use crate::secret::Secret;
use crate::source::jwt::token;
use crate::source::location::RestOptions;

pub const FIELDS: [&str; 4] = ["apikey", "authorization", "role", "select"];

/// Reads them where they stand among a side's fields.
pub fn read<'a>(fields: &Fields<'a>, reading: &mut Reading<'a>) -> RestOptions {
    let mut key = |name| secret(fields.get(name)?, reading);
    let (apikey, authorization) = (key("apikey"), key("authorization"));
    RestOptions {
        apikey,
        authorization,
        role: fields.get("role").and_then(|node| reading.string(node)),
        select: fields.get("select").and_then(|node| select(node, reading)),
    }
}

/// An empty key would make a request of nobody in particular, which is answered too.
fn secret(node: &Node<'_>, reading: &mut Reading<'_>) -> Option<Secret> {
    let text = Secret::new(reading.string(node)?);
    let key = token(&text);
    if key.is_none() {
        reading.problem(node, "the key is empty");
    }
    key
}

fn select<'a>(node: &Node<'a>, reading: &mut Reading<'a>) -> Option<Vec<String>> {
    let columns = match node.is_string() {
        true => split(&reading.string(node)?),
        false => reading.strings(node)?,
    };
    if columns.iter().all(|column| column.trim().is_empty()) {
        reading.problem(node, "no column is named; without `select` all are read");
        return None;
    }
    Some(columns)
}

/// The columns of one string, between commas that are neither in double quotes
/// nor in brackets.
fn split(text: &str) -> Vec<String> {
    let mut columns = vec![String::new()];
    let (mut quoted, mut escaped, mut depth) = (false, false, 0usize);
    for char in text.chars() {
        match char {
            ',' if !quoted && depth == 0 => {
                columns.push(String::new());
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = quoted && char == '\\' && !escaped;
        columns.last_mut().expect("one is there").push(char);
    }
    let trimmed = columns.iter().map(|column| column.trim().to_owned());
    trimmed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_split_where_postgrest_would() {
        for (text, columns) in [
            ("a", vec!["a"]),
            ("a, b:c ,d::text", vec!["a", "b:c", "d::text"]),
            (r#""a,b",c"#, vec![r#""a,b""#, "c"]),
            (r#"x:"a\",b",c"#, vec![r#"x:"a\",b""#, "c"]),
            ("agents(name,phone),c", vec!["agents(name,phone)", "c"]),
            ("a,,b", vec!["a", "", "b"]),
        ] {
            assert_eq!(split(text), columns, "{text}");
        }
    }
}
