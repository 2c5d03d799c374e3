//! A file of environment variables (`.env`), read as text: no shell ever sees
//! it, and it changes no process's environment.
//!
//! `dotenvy` parses names, quotes, escapes and comments, one assignment at a time.
//! Bare values are quoted before, because it refuses blanks in them (`Bearer …`) and
//! reads `\` as an escape, and `$` is kept from it, because it would put nothing in
//! the place of a name that is not set, and passwords hold `$` too.

use super::document::{Env, Problem, expand};
use crate::secret::Secret;

/// The assignments of a file in its order. `${NAME}` outside single quotes is what
/// `env` or an earlier line says; everything else after `$` stands for itself.
pub fn parse(text: &str, env: Env<'_>) -> Result<Vec<(String, Secret)>, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let hidden = stand_in(text);
    let mut known: Vec<(String, Secret)> = Vec::new();
    for (line, entry) in entries(text) {
        let problem = |what| Problem { line, what };
        let Some((name, value)) = one(&entry, hidden).map_err(problem)? else {
            continue;
        };
        let value = if is_literal(&entry) {
            value.replace(hidden, "$")
        } else {
            let look_up = |name: &str| env(name).or_else(|| last(&known, name));
            let escaped = value.replace("${", "$${").replace(hidden, "$");
            expand(&escaped, &look_up).map_err(problem)?
        };
        known.push((name, Secret::new(value)));
    }
    Ok(known)
}

/// The value of a name; where it is given twice, the later one.
fn last(known: &[(String, Secret)], name: &str) -> Option<String> {
    let mut named = known.iter().rev().filter(|(other, _)| other == name);
    named.next().map(|(_, value)| value.expose().to_owned())
}

/// One assignment, or nothing on a blank or commented line.
fn one(entry: &str, hidden: char) -> Result<Option<(String, String)>, String> {
    let quoted = quoted(entry);
    let text = hide(quoted.as_deref().unwrap_or(entry), hidden);
    match dotenvy::from_read_iter(text.as_bytes()).next().transpose() {
        Ok(found) => Ok(found),
        // Its message holds the line, and the line a secret.
        Err(_) => Err(
            "`NAME=value` is due here, with the whole value in quotes if it begins with one"
                .to_owned(),
        ),
    }
}

/// A character that stands for `$` while the crate parses.
fn stand_in(text: &str) -> char {
    let mut private = '\u{e000}'..='\u{f8ff}';
    private
        .find(|char| !text.contains(*char))
        .unwrap_or('\u{e000}')
}

/// Puts `hidden` in the place of every `$` that is not escaped.
fn hide(text: &str, hidden: char) -> String {
    let mut escaped = false;
    let swap = |char| {
        let swapped = match char {
            '$' if !escaped => hidden,
            other => other,
        };
        escaped = char == '\\' && !escaped;
        swapped
    };
    text.chars().map(swap).collect()
}

/// Each assignment with the line it starts on: a quoted value may span several.
fn entries(text: &str) -> Vec<(usize, String)> {
    let mut entries: Vec<(usize, String)> = Vec::new();
    let mut open = None;
    for (index, line) in text.lines().enumerate() {
        if let (Some(quote), Some((_, entry))) = (open, entries.last_mut()) {
            entry.push('\n');
            entry.push_str(line);
            open = open.filter(|_| !closes(line, quote));
            continue;
        }
        open = assignment(line).and_then(|(_, value)| {
            let quote = value.chars().next().filter(|char| is_quote(*char))?;
            (!closes(&value[1..], quote)).then_some(quote)
        });
        entries.push((index + 1, line.to_owned()));
    }
    entries
}

fn is_quote(char: char) -> bool {
    matches!(char, '\'' | '"')
}

/// Whether a quote ends here.
fn closes(text: &str, quote: char) -> bool {
    let mut escaped = false;
    text.chars().any(|char| {
        let ends = char == quote && !escaped;
        escaped = char == '\\' && !escaped;
        ends
    })
}

/// What stands before and after the first `=`.
fn assignment(entry: &str) -> Option<(&str, &str)> {
    let is_comment = entry.trim_start().starts_with('#');
    let (name, value) = entry.split_once('=').filter(|_| !is_comment)?;
    Some((name, value.trim()))
}

fn is_literal(entry: &str) -> bool {
    assignment(entry).is_some_and(|(_, value)| value.starts_with('\''))
}

/// A bare value in double quotes, without the comment after it.
fn quoted(entry: &str) -> Option<String> {
    let (name, value) = assignment(entry)?;
    if value.is_empty() || value.starts_with(|char| is_quote(char) || char == '#') {
        return None;
    }
    let mut comments = value.match_indices('#').map(|(at, _)| at);
    let end = comments
        .find(|at| value[..*at].ends_with([' ', '\t']))
        .unwrap_or(value.len());
    let value = value[..end].trim_end();
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    Some(format!("{name}=\"{value}\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn env(name: &str) -> Option<String> {
        (name == "HOST").then(|| "db.example".to_owned())
    }

    fn read(text: &str) -> Vec<(String, String)> {
        let found = parse(text, &env).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
        let plain = |(name, value): (String, Secret)| (name, value.expose().to_owned());
        found.into_iter().map(plain).collect()
    }

    fn value(text: &str) -> String {
        let found = read(text);
        assert_eq!(found.len(), 1, "{text}");
        found[0].1.clone()
    }

    #[test]
    fn the_notations_in_use() {
        for (text, expected) in [
            ("A=x", "x"),
            ("export A = x  ", "x"),
            ("A=", ""),
            ("A=\"\"", ""),
            ("A=Bearer ey.x.y", "Bearer ey.x.y"),
            ("A=Bearer ey.x.y # the service role", "Bearer ey.x.y"),
            ("A=x#y", "x#y"),
            ("A='x # y' # z", "x # y"),
            ("A=\"x\\n\\\"y\\\"\"", "x\n\"y\""),
            ("A=it's", "it's"),
            ("A=a\\b", "a\\b"),
            ("A=x=y==", "x=y=="),
            ("A=x\r\n", "x"),
            ("\u{feff}A=x", "x"),
            ("A=物件", "物件"),
            ("A=\"one\nB=two\"", "one\nB=two"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
        assert_eq!(read("# A=x\n\n  # y\n"), []);
        let several = read("A=1\nB='2'\n# c\nA=3\n");
        assert_eq!(several.len(), 3);
    }

    /// No shell, and no name that was never meant as one.
    #[test]
    fn a_dollar_stands_for_itself() {
        for (text, expected) in [
            ("A=pa$word", "pa$word"),
            ("A=\"pa$word$$\"", "pa$word$$"),
            ("A=$(rm -rf /)", "$(rm -rf /)"),
            ("A=`id`", "`id`"),
            ("A='${HOST}'", "${HOST}"),
            ("A=\"\\${HOST}\"", "${HOST}"),
            ("A=\"\\$x\"", "$x"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_in_braces_is_read_from_outside_or_above() {
        assert_eq!(value("A=https://${HOST}/x"), "https://db.example/x");
        let found = read("U=app\nA=\"${U}@${HOST}\"\n");
        assert_eq!(found[1].1, "app@db.example");
        let problem = parse("U=1\nA=${NOPE}", &env).expect_err("is not set");
        assert_eq!((problem.line, problem.what.contains("NOPE")), (2, true));
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line_and_not_echoed() {
        for text in [
            "hunter2",
            "A='hunter2",
            "A=\"hunter2\" x",
            "1A=hunter2",
            "A B=hunter2",
            "=hunter2",
        ] {
            let problem = parse(&format!("# a\nB=1\n{text}\n"), &env).expect_err(text);
            assert_eq!(problem.line, 3, "{text}");
            assert!(!problem.what.contains("hunter2"), "{problem:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\PC|\n|'|\"|\\$|\\\\|=|#){0,60}") {
            let _ = parse(&text, &env);
        }

        /// What was quoted comes back, whatever it is.
        #[test]
        fn a_quoted_value_is_itself(value in "[^'\\\\\r]{0,30}") {
            let text = format!("A='{value}'\nB=1\n");
            let found = read(&text);
            prop_assert_eq!(&found[0].1, &value);
            prop_assert_eq!(found.len(), 2);
        }

        /// So does a bare one without blanks at its edges, comment or quote.
        #[test]
        fn a_bare_value_is_itself(value in "[A-Za-z0-9+/=._:@$%&*!?;(){}<>|\\\\-]{1,30}") {
            prop_assume!(!value.contains("${"));
            let found = read(&format!("A={value}\n"));
            prop_assert_eq!(&found[0].1, &value);
        }
    }
}
