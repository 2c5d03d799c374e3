//! Checks a query or condition before it is put between our own parentheses:
//! one statement, closed quotes, balanced parentheses. So it cannot end the
//! transaction that holds the snapshot, not even by accident.

use crate::error::{Code, Failure, Result};

/// A piece of SQL text, as far as a check needs to tell pieces apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// White space and comments.
    Blank,
    /// A quoted string or identifier.
    Quoted,
    Open,
    Close,
    Semicolon,
    Other,
}

/// The statement without what follows its last token, or why it is not one.
/// `what` names it in the failure: `the query of queries/old.sql`.
pub fn single<'a>(sql: &'a str, what: &str) -> Result<&'a str> {
    let refuse = |why: &str| {
        Failure::new(
            Code::Config,
            format!("{what} {why}"),
            "give one SELECT without psql commands",
        )
    };
    let (mut at, mut end, mut depth, mut ended) = (0, 0, 0_u32, false);
    while at < sql.len() {
        let (piece, next) =
            piece_at(sql, at).ok_or_else(|| refuse("has an unclosed quote or comment"))?;
        match piece {
            Piece::Blank => {}
            Piece::Semicolon if depth == 0 => ended = true,
            _ if ended => return Err(refuse("holds more than one statement")),
            Piece::Open => depth += 1,
            Piece::Close => {
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| refuse("closes a parenthesis that it did not open"))?;
            }
            Piece::Semicolon => return Err(refuse("has a semicolon inside parentheses")),
            Piece::Quoted | Piece::Other => {}
        }
        if !matches!(piece, Piece::Blank | Piece::Semicolon) {
            end = next;
        }
        at = next;
    }
    if depth > 0 {
        return Err(refuse("opens a parenthesis that it does not close"));
    }
    let statement = sql[..end].trim_start_matches('\u{feff}');
    if statement.trim().is_empty() {
        return Err(refuse("is empty"));
    }
    Ok(statement)
}

/// The statement with each run of blanks and comments as one space: equal for
/// two texts that differ in layout only. Expects a checked statement.
pub fn normalised(sql: &str) -> String {
    let (mut at, mut out) = (0, String::with_capacity(sql.len()));
    while at < sql.len() {
        let (piece, next) = piece_at(sql, at).unwrap_or((Piece::Other, sql.len()));
        match piece {
            Piece::Blank if out.ends_with(' ') => {}
            Piece::Blank => out.push(' '),
            _ => out.push_str(&sql[at..next]),
        }
        at = next;
    }
    out.trim().to_owned()
}

/// What stands at `at` and where it ends; `None` where it does not end.
fn piece_at(sql: &str, at: usize) -> Option<(Piece, usize)> {
    let rest = &sql[at..];
    let first = rest.chars().next()?;
    let found = match first {
        c if c.is_whitespace() => (Piece::Blank, c.len_utf8()),
        '-' if rest.starts_with("--") => {
            (Piece::Blank, rest.find(['\n', '\r']).unwrap_or(rest.len()))
        }
        '/' if rest.starts_with("/*") => (Piece::Blank, comment_len(rest)?),
        '\'' => (
            Piece::Quoted,
            quoted_len(rest, '\'', follows_escape_mark(sql, at))?,
        ),
        '"' => (Piece::Quoted, quoted_len(rest, '"', false)?),
        '$' if !follows_word(sql, at) => match dollar_tag(rest) {
            Some(tag) => (Piece::Quoted, tag.len() * 2 + rest[tag.len()..].find(tag)?),
            None => (Piece::Other, 1),
        },
        '(' => (Piece::Open, 1),
        ')' => (Piece::Close, 1),
        ';' => (Piece::Semicolon, 1),
        c => (Piece::Other, c.len_utf8()),
    };
    Some((found.0, at + found.1))
}

/// The length of a block comment; they nest.
fn comment_len(text: &str) -> Option<usize> {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        let rest = text.as_bytes().get(at..)?;
        match (rest.first()?, rest.get(1)) {
            (b'/', Some(b'*')) => (at, depth) = (at + 2, depth + 1),
            (b'*', Some(b'/')) => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    Some(at)
}

fn quoted_len(text: &str, quote: char, escapes: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if escapes => at += 2,
            byte if byte == quote as u8 && bytes.get(at + 1) == Some(&byte) => at += 2,
            byte if byte == quote as u8 => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

fn follows_word(sql: &str, at: usize) -> bool {
    sql[..at].chars().next_back().is_some_and(is_word)
}

/// Whether the quote at `at` is that of an `E'…'` string.
fn follows_escape_mark(sql: &str, at: usize) -> bool {
    let mut before = sql[..at].chars().rev();
    matches!(before.next(), Some('e' | 'E')) && !before.next().is_some_and(is_word)
}

/// `$$` or `$tag$` at the start of `text`.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 1;
    let tag = &text[1..end];
    let fits = tag.chars().all(|c| is_word(c) && c != '$')
        && !tag.starts_with(|c: char| c.is_ascii_digit());
    fits.then(|| &text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(sql: &str) -> &str {
        single(sql, "the query").expect("one statement")
    }

    #[test]
    fn takes_one_statement_and_drops_its_semicolon() {
        assert_eq!(ok("SELECT 1;\n-- end\n;"), "SELECT 1");
        assert_eq!(
            ok("SELECT ';', \"a;b\", $$;)$$, $x$ $$ ; $x$ /* ; /* ( */ */"),
            "SELECT ';', \"a;b\", $$;)$$, $x$ $$ ; $x$"
        );
        assert_eq!(
            ok(r"SELECT E'\';', 'a\', e'''' "),
            r"SELECT E'\';', 'a\', e''''"
        );
        assert_eq!(ok("SELECT cote'x;'"), "SELECT cote'x;'");
        assert_eq!(ok("SELECT $1 - 物$件"), "SELECT $1 - 物$件");
    }

    #[test]
    fn refuses_what_could_leave_the_parentheses() {
        for sql in [
            "SELECT 1; SELECT 2",
            "SELECT 1) AS q; COMMIT; SELECT (2",
            "SELECT 1)",
            "(SELECT 1",
            "SELECT 'a",
            "SELECT E'a\\'",
            "SELECT $a$ $b$",
            "SELECT 1 /* ",
            "SELECT (1;)",
            "",
            " -- nothing\n;",
        ] {
            let failure = single(sql, "the query").expect_err(sql);
            assert_eq!(failure.code, Code::Config, "{sql}");
        }
    }

    #[test]
    fn layout_does_not_make_another_statement() {
        let spread = normalised("SELECT a, -- the key\n\t'x  y'  FROM t");
        assert_eq!(spread, "SELECT a, 'x  y' FROM t");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(sql in "[-a-zE'\"$/*();\\\\ \n物é]{0,40}") {
            if let Ok(statement) = single(&sql, "it") {
                proptest::prop_assert_eq!(single(statement, "it").map(str::len), Ok(statement.len()));
                normalised(statement);
            }
        }
    }
}
