//! The columns of a side: what `select` names, or all that the table has. Each
//! is one column of the table, perhaps under another name, perhaps cast; what
//! PostgREST could embed or aggregate beside them is refused.

use super::keyset::{self, Pair};
use crate::error::{Code, Failure, Result};

/// One column to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Under which name its cells come.
    pub name: String,
    /// The table's own column.
    pub column: String,
    /// `->key` or `->>key`, as it stands.
    pub path: String,
    pub cast: Option<String>,
}

impl Item {
    pub fn plain(name: &str) -> Item {
        Item::renamed(name, name)
    }

    /// A column as itself, under another name.
    pub fn renamed(column: &str, name: &str) -> Item {
        Item {
            name: name.to_owned(),
            column: column.to_owned(),
            path: String::new(),
            cast: None,
        }
    }

    /// Reads `name`, `alias:name`, `name::type`, `name->>key` and what these make
    /// together. A name may stand in double quotes.
    pub fn parse(text: &str) -> Result<Item> {
        let text = text.trim();
        let refuse = |why: &str| Err(refused(text, why));
        let bare = without_quoted(text);
        if bare.contains(['(', ')']) || bare.starts_with("...") {
            return refuse(
                "embeds another table or aggregates, and rows of one table are compared",
            );
        }
        let (body, cast) = match bare.rfind("::").map(|at| (&text[..at], &text[at + 2..])) {
            Some((body, cast)) if is_type(cast) => (body, Some(cast.to_owned())),
            _ => (text, None),
        };
        let (first, rest) = read_name(body);
        let (alias, column, path) = match rest.strip_prefix(':') {
            Some(body) => {
                let (column, path) = read_name(body);
                (Some(first), column, path)
            }
            None => (None, first, rest),
        };
        if column.is_empty() || column == "*" || alias.as_deref() == Some("") {
            return refuse("names no column");
        }
        if !path.is_empty() && !path.starts_with("->") {
            return refuse("goes on after the column's name");
        }
        let last = path.rsplit("->").next().unwrap_or_default();
        let own = match path.is_empty() {
            true => column.clone(),
            // PostgREST calls it so.
            false => last.trim_start_matches('>').to_owned(),
        };
        Ok(Item {
            name: alias.unwrap_or(own),
            column,
            path: path.to_owned(),
            cast,
        })
    }

    /// Whether its cells are the column's own.
    pub fn is_own(&self) -> bool {
        self.path.is_empty() && self.cast.is_none()
    }

    /// As `select` writes it, perhaps as text.
    pub fn selected(&self, as_text: bool) -> String {
        let mut out = keyset::name(&self.column);
        if self.name != self.column || !self.path.is_empty() {
            out = format!("{}:{out}", keyset::name(&self.name));
        }
        out.push_str(&self.path);
        let cast = if as_text {
            Some("text")
        } else {
            self.cast.as_deref()
        };
        if let Some(cast) = cast {
            out.push_str("::");
            out.push_str(cast);
        }
        out
    }
}

/// The `select` of a query for these; of all columns it has none.
pub fn select(items: &[Item]) -> Option<Pair> {
    let all: Vec<String> = items.iter().map(|item| item.selected(false)).collect();
    (!all.is_empty()).then(|| ("select".to_owned(), all.join(",")))
}

/// A query for these columns of no row at all: whether it is answered, and what
/// stands beside the answer.
pub fn no_rows(items: &[Item]) -> Vec<Pair> {
    let limit = ("limit".to_owned(), "0".to_owned());
    select(items).into_iter().chain([limit]).collect()
}

/// The text with what stands in double quotes blotted out, byte by byte.
fn without_quoted(text: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let blot = |c: char| {
        let inside = quoted && (escaped || c != '"');
        quoted ^= c == '"' && !escaped;
        escaped = inside && c == '\\' && !escaped;
        match inside {
            true => "_".repeat(c.len_utf8()),
            false => c.to_string(),
        }
    };
    text.chars().map(blot).collect()
}

fn is_type(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_ []\"".contains(c))
}

/// A name, quoted or up to what cannot be part of one, and what follows it.
fn read_name(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text
            .find(':')
            .into_iter()
            .chain(text.find("->"))
            .min()
            .unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut name = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (name, &quoted[at + 1..]),
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            c => name.push(c),
        }
    }
    (name, "")
}

fn refused(text: &str, why: &str) -> Failure {
    Failure::new(
        Code::Config,
        format!("select: `{text}` {why}"),
        "name columns of the table: `name`, `alias:name`, `name::type` or `alias:name->>key`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_aliases_casts_and_paths() {
        for (text, name, column, selected) in [
            ("price", "price", "price", "price"),
            (" title:name ", "title", "name", "title:name"),
            ("area::text", "area", "area", "area::text"),
            ("a:area::numeric", "a", "area", "a:area::numeric"),
            (
                "city:doc->addr->>city",
                "city",
                "doc",
                "city:doc->addr->>city",
            ),
            ("doc->>city", "city", "doc", "city:doc->>city"),
            (r#""a,b""#, "a,b", "a,b", r#""a,b""#),
            (r#"x:"a\"b""#, "x", "a\"b", r#"x:"a\"b""#),
            (r#""area (m2)""#, "area (m2)", "area (m2)", r#""area (m2)""#),
            (r#"x:"a::b"::text"#, "x", "a::b", r#"x:"a::b"::text"#),
            (r#""a\"::(b""#, "a\"::(b", "a\"::(b", r#""a\"::(b""#),
            ("物件番号", "物件番号", "物件番号", "\"物件番号\""),
        ] {
            let item = Item::parse(text).expect(text);
            assert_eq!(
                (item.name.as_str(), item.column.as_str()),
                (name, column),
                "{text}"
            );
            assert_eq!(item.selected(false), selected, "{text}");
        }
        let item = Item::parse("a:area::numeric").unwrap();
        assert_eq!(item.selected(true), "a:area::text");
    }

    #[test]
    fn embedding_is_refused_and_said_so() {
        for text in [
            "agents(name)",
            "a:agents!inner(name)",
            "...agents(name)",
            "price.sum()",
            r#""a b"(name)"#,
        ] {
            let failure = Item::parse(text).unwrap_err();
            assert!(failure.why.contains("embeds another table"), "{text}");
        }
        for text in ["", "*", ":a", "a:", "\"a\"b"] {
            assert!(Item::parse(text).is_err(), "{text}");
        }
    }
}
