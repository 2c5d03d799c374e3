//! Booleans: the spellings PostgreSQL reads. Shown as `true` and `false`, which
//! is how JSON and people write them, not as psql's `t` and `f`.

use super::decimal::{exact, trim};
use super::{Cell, Parsed, Target, Type, Unreadable, put_fixed, tag};

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
pub fn text(text: &str, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    let value = parse(trim(text)).ok_or(Unreadable)?;
    put_fixed(out, tag::BOOL, &[u8::from(value)]);
    Ok(())
}

/// Any unique prefix of these words, in any case (`o` alone is not unique).
fn parse(text: &str) -> Option<bool> {
    let is = |word: &str, least: usize| {
        text.len() >= least
            && word
                .get(..text.len())
                .is_some_and(|prefix| prefix.eq_ignore_ascii_case(text))
    };
    if is("true", 1) || is("yes", 1) || is("on", 2) || text == "1" {
        return Some(true);
    }
    (is("false", 1) || is("no", 1) || is("off", 2) || text == "0").then_some(false)
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of `target`.
pub fn wire(bytes: &[u8], _from: &Type, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    let [value] = exact(bytes)?;
    if value > 1 {
        return Err(Unreadable);
    }
    put_fixed(out, tag::BOOL, &[value]);
    Ok(())
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    out.push_str(if cell.payload == [1] { "true" } else { "false" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_spelling_and_shows_one() {
        let target = Target {
            ty: Type::Bool,
            zone: None,
        };
        let read = |given: &str| {
            let mut cell = Vec::new();
            text(given, &target, &mut cell).ok()?;
            let mut shown = String::new();
            show(Cell::of(&cell), &mut shown);
            Some(shown)
        };
        for yes in [
            "t", "true", "TRUE", "tr", "y", "yes", "on", "1", " true\n", "true",
        ] {
            assert_eq!(read(yes).as_deref(), Some("true"), "{yes}");
        }
        for no in ["f", "false", "fals", "n", "NO", "off", "of", "0", " f"] {
            assert_eq!(read(no).as_deref(), Some("false"), "{no}");
        }
        for bad in ["", " ", "o", "truer", "2", "01", "null", "はい", "t é"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn wire_is_one_byte_of_0_or_1() {
        let target = Target {
            ty: Type::Bool,
            zone: None,
        };
        let mut cell = Vec::new();
        wire(&[1], &Type::Bool, &target, &mut cell).unwrap();
        assert_eq!(cell, [tag::BOOL, 1]);
        for bad in [&[][..], &[2], &[0, 0]] {
            assert_eq!(wire(bad, &Type::Bool, &target, &mut cell), Err(Unreadable));
        }
        assert_eq!(cell.len(), 2);
    }
}
