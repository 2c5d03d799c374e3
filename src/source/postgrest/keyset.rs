//! Conditions that say where the next page begins, in PostgREST's own syntax:
//! after the last key, in whatever order the server sorts keys.
//!
//! https://docs.postgrest.org/en/v12/references/api/tables_views.html#horizontal-filtering

use url::form_urlencoded::byte_serialize;

/// A pair of a URL's query.
pub type Pair = (String, String);

/// Parameters of a query that are no conditions, and change which rows come.
pub const PARAMETERS: [&str; 6] = [
    "select",
    "order",
    "limit",
    "offset",
    "columns",
    "on_conflict",
];
/// Servers and gateways take URLs of 8 KB; what this leaves is for the address, the
/// selection and the filter.
pub const URL: usize = 6000;
/// Names that join conditions.
const LOGICAL: [&str; 3] = ["and", "or", "not"];

/// A name as PostgREST reads it: quoted where it is not a plain one.
pub fn name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_word = PARAMETERS.contains(&name) || LOGICAL.contains(&name);
    match !name.is_empty() && name.chars().all(plain) && !is_word {
        true => name.to_owned(),
        false => quoted(name),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Rows whose key comes after `values`, or not before them: the first column
/// bounds by itself, so that an index on it serves, and the others decide
/// between rows that share it.
pub fn after(columns: &[String], values: &[String], inclusive: bool) -> Vec<Pair> {
    let (Some(column), Some(value)) = (columns.first(), values.first()) else {
        return Vec::new();
    };
    if columns.len() == 1 {
        let operator = last_operator(inclusive);
        return vec![(name(column), format!("{operator}.{value}"))];
    }
    let rest = inner(&columns[1..], &values[1..], inclusive);
    vec![
        (name(column), format!("gte.{value}")),
        (
            "or".to_owned(),
            format!("({}.gt.{},{rest})", name(column), quoted(value)),
        ),
    ]
}

/// The same for the columns behind the first, within a condition's brackets.
fn inner(columns: &[String], values: &[String], inclusive: bool) -> String {
    let (column, value) = (name(&columns[0]), quoted(&values[0]));
    if columns.len() == 1 {
        return format!("{column}.{}.{value}", last_operator(inclusive));
    }
    let rest = inner(&columns[1..], &values[1..], inclusive);
    format!("and({column}.gte.{value},or({column}.gt.{value},{rest}))")
}

fn last_operator(inclusive: bool) -> &'static str {
    if inclusive { "gte" } else { "gt" }
}

/// Rows of which every key column has a value.
pub fn whole(columns: &[String]) -> Vec<Pair> {
    let condition = |column: &String| (name(column), "not.is.null".to_owned());
    columns.iter().map(condition).collect()
}

/// Rows of which some key column has none.
pub fn broken(columns: &[String]) -> Pair {
    let condition = |column: &String| format!("{}.is.null", name(column));
    let all: Vec<String> = columns.iter().map(condition).collect();
    ("or".to_owned(), format!("({})", all.join(",")))
}

/// Ascending by the key.
pub fn order(columns: &[String]) -> Pair {
    let term = |column: &String| format!("{}.asc", name(column));
    let all: Vec<String> = columns.iter().map(term).collect();
    ("order".to_owned(), all.join(","))
}

/// How long a text is in a URL.
pub fn encoded(text: &str) -> usize {
    byte_serialize(text.as_bytes()).map(str::len).sum()
}

/// So many of the values, from all over them, as a list in a URL can hold.
pub fn fitting(values: &[String]) -> Vec<String> {
    let longest = values.iter().map(|value| encoded(&quoted(value)) + 3).max();
    let most = URL / longest.unwrap_or(1);
    let parts = most.min(values.len());
    let places = (0..parts).map(|part| part * values.len() / parts);
    places.map(|place| values[place].clone()).collect()
}

/// Exactly these values of one column, in a list.
pub fn any_of(column: &str, values: &[String]) -> Pair {
    let all: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    (name(column), format!("in.({})", all.join(",")))
}

/// Exactly these keys of several columns.
pub fn any_key_of(columns: &[String], keys: &[&[String]]) -> Pair {
    let one = |key: &&[String]| {
        let parts = columns.iter().zip(*key);
        let parts = parts.map(|(column, value)| format!("{}.eq.{}", name(column), quoted(value)));
        format!("and({})", parts.collect::<Vec<_>>().join(","))
    };
    let all: Vec<String> = keys.iter().map(one).collect();
    ("or".to_owned(), format!("({})", all.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn shown(pairs: &[Pair]) -> Vec<String> {
        pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    #[test]
    fn one_column_bounds_by_itself() {
        let after = |inclusive| shown(&after(&texts(&["id"]), &texts(&["a,b"]), inclusive));
        assert_eq!(after(false), ["id=gt.a,b"]);
        assert_eq!(after(true), ["id=gte.a,b"]);
    }

    #[test]
    fn several_columns_compare_as_a_row_does() {
        let (columns, values) = (texts(&["a", "b c", "d"]), texts(&["1", "x\"y", "3"]));
        assert_eq!(
            shown(&after(&columns, &values, false)),
            [
                "a=gte.1",
                r#"or=(a.gt."1",and("b c".gte."x\"y",or("b c".gt."x\"y",d.gt."3")))"#
            ]
        );
        assert_eq!(
            shown(&after(&columns[..2], &values[..2], true)),
            ["a=gte.1", r#"or=(a.gt."1","b c".gte."x\"y")"#]
        );
    }

    #[test]
    fn a_list_holds_as_many_values_as_a_url_does() {
        let values = |length: usize| -> Vec<String> {
            (10..74)
                .map(|n| format!("{n}{}", "物".repeat(length)))
                .collect()
        };
        assert_eq!(fitting(&values(1)), values(1));
        let few = fitting(&values(50));
        assert!((2..64).contains(&few.len()), "{}", few.len());
        assert!(encoded(&any_of("a", &few).1) <= URL);
        assert!(fitting(&values(1000)).is_empty() && fitting(&[]).is_empty());
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(name("物件番号"), "\"物件番号\"");
        assert_eq!(name("order"), "\"order\"");
        assert_eq!(name("a.b"), "\"a.b\"");
        assert_eq!(name("a\"b\\"), r#""a\"b\\""#);
        assert_eq!(order(&texts(&["a", "b-c"])).1, "a.asc,\"b-c\".asc");
        assert_eq!(broken(&texts(&["a", "b"])).1, "(a.is.null,b.is.null)");
        assert_eq!(any_of("a", &texts(&["1", ")"])).1, r#"in.("1",")")"#);
        assert_eq!(shown(&whole(&texts(&["a"]))), ["a=not.is.null"]);
    }
}
