//! A window of time as a condition, which an index of the column serves.

use crate::source::window::Bounds;
use crate::value::Type;

use super::name::{literal, quote};

/// Holds of the rows inside. Of NULL it neither holds nor does not.
pub fn condition(bounds: &Bounds) -> String {
    let ty = match bounds.ty {
        Type::Date => "date",
        Type::Timestamp => "timestamp",
        _ => "timestamptz",
    };
    let column = quote(&bounds.column);
    let limit = |(operator, text): (&str, Option<String>)| {
        let text = literal(&text?);
        Some(format!("{column} {operator} {text}::pg_catalog.{ty}"))
    };
    let limits = [">=", "<"].into_iter().zip(bounds.texts());
    limits.filter_map(limit).collect::<Vec<_>>().join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_end_may_be_open() {
        let mut bounds = Bounds {
            column: "a\"b".to_owned(),
            ty: Type::TimestampTz,
            since: Some(0),
            until: Some(1),
        };
        assert_eq!(
            condition(&bounds),
            "\"a\"\"b\" >= '2000-01-01 00:00:00+00'::pg_catalog.timestamptz AND \
             \"a\"\"b\" < '2000-01-01 00:00:00.000001+00'::pg_catalog.timestamptz"
        );
        bounds.since = None;
        bounds.ty = Type::Date;
        let day = "\"a\"\"b\" < '2000-01-02'::pg_catalog.date";
        assert_eq!(condition(&bounds), day);
    }
}
