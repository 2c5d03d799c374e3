//! A TOML document with its places: values that know their path and line, a
//! list of problems that grows instead of stopping at the first, and `${NAME}`
//! in strings. Nothing here shows a value of the file: it may be a secret.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::suggestion;

/// Where `${NAME}` is looked up.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One thing that is wrong, and its line (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub line: usize,
    pub what: String,
}

/// What reading goes along with: the text's lines, the environment, and the
/// problems so far.
pub struct Reading<'a> {
    text: &'a str,
    env: Env<'a>,
    pub problems: Vec<Problem>,
}

/// One value and where it stands: `datasets.listings.key`, line 2.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    pub path: String,
    pub line: usize,
    value: &'a DeValue<'a>,
}

/// The fields of a table, in the file's order.
pub struct Fields<'a>(Vec<(String, Node<'a>)>);

impl<'a> Fields<'a> {
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map(|(_, node)| node)
    }

    pub fn iter(&self) -> impl Iterator<Item = &(String, Node<'a>)> {
        self.0.iter()
    }
}

impl<'a> Reading<'a> {
    pub fn new(text: &'a str, env: Env<'a>) -> Self {
        Reading {
            text,
            env,
            problems: Vec::new(),
        }
    }

    /// The whole document as the node without a path.
    pub fn root(&self, table: &'a Spanned<DeTable<'a>>) -> Fields<'a> {
        self.entries("", table.get_ref())
    }

    /// The line (from 1) of a byte.
    pub fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    pub fn problem(&mut self, node: &Node<'_>, what: impl std::fmt::Display) {
        self.problems.push(Problem {
            line: node.line,
            what: format!("{}: {what}", node.path),
        });
    }

    fn entries(&self, path: &str, table: &'a DeTable<'a>) -> Fields<'a> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let node = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: &std::borrow::Cow<'_, str> = key.get_ref();
            let node = Node {
                path: join(path, name),
                line: self.line(key.span().start),
                value: value.get_ref(),
            };
            (name.to_string(), node)
        };
        Fields(entries.into_iter().map(node).collect())
    }

    /// Refuses every field that is not known.
    pub fn only_known(&mut self, fields: &Fields<'_>, known: &[&str]) {
        for (name, node) in fields.iter() {
            if !known.contains(&name.as_str()) {
                self.problems.push(Problem {
                    line: node.line,
                    what: format!(
                        "{}: there is no such field{}",
                        node.path,
                        suggestion(name, known.iter().copied())
                    ),
                });
            }
        }
    }

    fn wrong(&mut self, node: &Node<'_>, due: &str) {
        let found = node.value.type_str();
        self.problem(node, format!("{due} is due here, not {}", a(found)));
    }

    /// The fields of a table with any names.
    pub fn table(&mut self, node: &Node<'a>) -> Option<Fields<'a>> {
        match node.value {
            DeValue::Table(table) => Some(self.entries(&node.path, table)),
            _ => {
                self.wrong(node, "a table");
                None
            }
        }
    }

    /// The fields of a table, of which all must be known.
    pub fn fields(&mut self, node: &Node<'a>, known: &[&str]) -> Option<Fields<'a>> {
        let fields = self.table(node)?;
        self.only_known(&fields, known);
        Some(fields)
    }

    /// A string, with the environment read into it.
    pub fn string(&mut self, node: &Node<'_>) -> Option<String> {
        match self.try_string(node) {
            Ok(text) => Some(text),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// The same, with the problem handed back instead of noted.
    pub fn try_string(&self, node: &Node<'_>) -> Result<String, Problem> {
        let what = match node.value {
            DeValue::String(text) => match expand(text, self.env) {
                Ok(text) => return Ok(text),
                Err(what) => what,
            },
            other => format!("a string is due here, not {}", a(other.type_str())),
        };
        Err(Problem {
            line: node.line,
            what: format!("{}: {what}", node.path),
        })
    }

    /// The items of a list, each as a node named after its place.
    pub fn list(&mut self, node: &Node<'a>) -> Option<Vec<Node<'a>>> {
        let DeValue::Array(items) = node.value else {
            self.wrong(node, "a list");
            return None;
        };
        let item = |(index, item): (usize, &'a Spanned<DeValue<'a>>)| Node {
            path: format!("{}[{index}]", node.path),
            line: self.line(item.span().start),
            value: item.get_ref(),
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// A list of strings.
    pub fn strings(&mut self, node: &Node<'a>) -> Option<Vec<String>> {
        let items = self.list(node)?;
        items.iter().map(|item| self.string(item)).collect()
    }

    /// A string or a list of strings.
    pub fn one_or_more(&mut self, node: &Node<'a>) -> Option<Vec<String>> {
        match node.value {
            DeValue::String(_) => Some(vec![self.string(node)?]),
            _ => self.strings(node),
        }
    }

    /// A number's own digits, written bare or as a string: never through f64.
    pub fn number(&mut self, node: &Node<'_>) -> Option<String> {
        match node.value {
            DeValue::Integer(number) if number.radix() == 10 => {
                Some(number.as_str().replace('_', ""))
            }
            DeValue::Float(number) => Some(number.as_str().replace('_', "")),
            DeValue::String(_) => self.string(node),
            _ => {
                self.wrong(node, "a number, bare or in quotes,");
                None
            }
        }
    }

    /// A whole number of this type.
    pub fn whole<T: std::str::FromStr>(&mut self, node: &Node<'_>) -> Option<T> {
        let text = self.number(node)?;
        let number = text.trim().parse().ok();
        if number.is_none() {
            self.problem(
                node,
                "a whole number is due here, or this one is out of range",
            );
        }
        number
    }

    pub fn boolean(&mut self, node: &Node<'_>) -> Option<bool> {
        let flag = node.value.as_bool();
        if flag.is_none() {
            self.wrong(node, "true or false");
        }
        flag
    }
}

impl Node<'_> {
    pub fn is_list(&self) -> bool {
        self.value.is_array()
    }

    pub fn is_string(&self) -> bool {
        self.value.is_str()
    }

    pub fn is_false(&self) -> bool {
        self.value.as_bool() == Some(false)
    }
}

fn a(kind: &str) -> String {
    let article = match kind.chars().next() {
        Some('a' | 'e' | 'i' | 'o' | 'u') => "an",
        _ => "a",
    };
    format!("{article} {kind}")
}

/// A field's path as TOML writes it: a name that is not bare is quoted.
pub fn join(path: &str, name: &str) -> String {
    let bare = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let quoted = if bare {
        name.to_owned()
    } else {
        format!("{name:?}")
    };
    match path {
        "" => quoted,
        path => format!("{path}.{quoted}"),
    }
}

/// Replaces each `${NAME}`; `$${` stands for `${` itself.
pub fn expand(text: &str, env: Env<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at - 1]);
            out.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let (name, tail) = rest[at + 2..]
            .split_once('}')
            .ok_or("a `${` is not closed by `}` (write `$${` for the characters themselves)")?;
        out.push_str(&look_up(name, env)?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn look_up(name: &str, env: Env<'_>) -> Result<String, String> {
    let sound = !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !sound {
        return Err("between `${` and `}` the name of an environment variable is due".to_owned());
    }
    env(name).ok_or_else(|| format!("the environment variable {name} is not set"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        (name == "A").then(|| "x${A}".to_owned())
    }

    #[test]
    fn the_environment_is_read_once_and_a_dollar_escapes() {
        assert_eq!(expand("1${A}2", &env).as_deref(), Ok("1x${A}2"));
        assert_eq!(expand("$${A}", &env).as_deref(), Ok("${A}"));
        assert_eq!(expand("$A $", &env).as_deref(), Ok("$A $"));
        let missing = expand("${NOPE}", &env).expect_err("is not set");
        assert_eq!(missing, "the environment variable NOPE is not set");
        for broken in ["${A", "${}", "${a b}", "${1}"] {
            assert!(expand(broken, &env).is_err(), "{broken}");
        }
    }

    #[test]
    fn paths_quote_what_toml_quotes() {
        assert_eq!(join("", "gates"), "gates");
        assert_eq!(join("columns", "*"), "columns.\"*\"");
        assert_eq!(join("columns", "価格"), "columns.\"価格\"");
    }
}
