//! Names of relations as people write them: `listings`, `public.listings`,
//! `"My Schema"."Listings"`, and how to write them so that the server reads
//! exactly that name.

use crate::error::{Code, Failure, Result};

/// The parts of a relation's name, as SQL reads them: what is not quoted is
/// folded to lower case.
pub fn parse(text: &str) -> Result<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, after) = split_part(rest).ok_or_else(|| bad_name(text))?;
        parts.push(part);
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None if after.is_empty() => break,
            None => return Err(bad_name(text)),
        }
    }
    if parts.len() > 2 {
        return Err(bad_name(text));
    }
    Ok(parts)
}

/// The first part of a name and what follows it.
fn split_part(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        let (part, after) = text.split_at(end);
        let odd = |c: char| c.is_whitespace() || c.is_control() || "\"'();".contains(c);
        let bare = !part.is_empty() && !part.contains(odd);
        return bare.then(|| (part.to_ascii_lowercase(), after));
    };
    let mut part = String::new();
    loop {
        let end = rest.find('"')?;
        part.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                part.push('"');
                rest = next;
            }
            None => return (!part.is_empty() && !part.contains('\0')).then_some((part, rest)),
        }
    }
}

fn bad_name(text: &str) -> Failure {
    Failure::new(
        Code::Config,
        format!("{text:?} is not the name of a table"),
        "write it as table, schema.table or \"Schema\".\"Table\"",
    )
}

/// An identifier, quoted.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string constant (`standard_conforming_strings` is on).
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The parts joined and quoted.
pub fn qualified(parts: &[String]) -> String {
    let quoted: Vec<_> = parts.iter().map(|part| quote(part)).collect();
    quoted.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        parse(text).expect("a name")
    }

    #[test]
    fn reads_names_as_sql_does() {
        assert_eq!(parts("Listings"), ["listings"]);
        assert_eq!(parts(" public.Listings "), ["public", "listings"]);
        assert_eq!(parts("\"My Schema\".\"t.\"\"1\""), ["My Schema", "t.\"1"]);
        assert_eq!(parts("公開.物件"), ["公開", "物件"]);
    }

    #[test]
    fn refuses_what_is_not_a_name() {
        for text in [
            "", ".", "a.", ".a", "\"a", "\"\"", "a b", "a.b.c", "t; drop", "\"a\"b",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn quoting_round_trips() {
        let name = "odd \"name\".x".to_owned();
        assert_eq!(parts(&quote(&name)), [name]);
        assert_eq!(literal("it's"), "'it''s'");
    }
}
