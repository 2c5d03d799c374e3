//! Strings and names as TOML writes them, and as this configuration reads them.

use std::fmt::Write;

/// A string in quotes. `${` would read the environment: it is doubled.
pub fn string(text: &str) -> String {
    quoted(&text.replace("${", "$${"))
}

/// The same for a string that is to read the environment.
pub fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            hidden if hidden.is_control() => {
                write!(quoted, "\\u{:04X}", u32::from(hidden)).expect("a String takes all");
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

/// A name in a table's heading or before `=`.
pub fn name(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    match !name.is_empty() && name.bytes().all(is_bare) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

/// A list of strings.
pub fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| string(item)).collect();
    format!("[{}]", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Environment};
    use proptest::prelude::*;
    use std::path::Path;

    #[test]
    fn names_are_bare_where_they_can_be() {
        assert_eq!(name("property_number"), "property_number");
        assert_eq!(name("価格"), "\"価格\"");
        assert_eq!(name("a.b"), "\"a.b\"");
        assert_eq!(name(""), "\"\"");
        assert_eq!(string("a\u{1}\u{7f}${X}"), "\"a\\u0001\\u007F$${X}\"");
    }

    proptest! {
        #[test]
        fn the_configuration_reads_back_what_was_written(
            key in "\\PC{0,12}|.{0,8}|\\$\\$?\\{A\\}", other in any::<String>(),
        ) {
            let text = format!(
                "[datasets.{}]\nkey = {}\nignore = {}\n",
                name(&other), string(&key), list(&[key.clone(), other.clone()]),
            );
            let read = config::parse(&text, Path::new("x.toml"), &mut Environment::new(&|_| None)).expect(&text);
            let (found, dataset) = read.datasets.first().expect("a dataset");
            prop_assert_eq!(found, &other);
            prop_assert_eq!(dataset.key.as_deref(), Some(&[key.clone()][..]));
            prop_assert_eq!(&dataset.ignore, &[key, other]);
        }
    }
}
