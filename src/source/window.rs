//! A window of time in the terms of one column: what a server is asked for, and
//! what a cell is held against where no server looks.

use super::Schema;
use crate::value::{Cell, Type, put_fixed, show, tag};

/// The times of a column that are inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    /// The source's own name of the column.
    pub column: String,
    /// Timestamp with or without time zone, or date.
    pub ty: Type,
    /// The first time that is inside, as the type counts: µs or days since
    /// 2000-01-01.
    pub since: Option<i64>,
    /// The first that is outside again.
    pub until: Option<i64>,
}

impl Bounds {
    /// Whether a column may be held against times at all.
    pub fn fit(ty: &Type) -> bool {
        matches!(ty, Type::TimestampTz | Type::Timestamp | Type::Date)
    }

    /// Whether the source declares the column as what the bounds are, so that its
    /// server compares them as they are meant.
    pub fn declared_by(&self, schema: &Schema) -> bool {
        let mut columns = schema.columns.iter();
        let found = columns.find(|column| column.name == self.column);
        let declared = found.and_then(|column| column.declared.as_ref());
        declared.is_some_and(|declared| declared.ty == self.ty)
    }

    /// Whether a canonical cell is inside; NULL is not. `None`: it is no time.
    pub fn hold(&self, cell: Cell<'_>) -> Option<bool> {
        let eight = || cell.payload.try_into().map(i64::from_be_bytes);
        let four = || cell.payload.try_into().map(i32::from_be_bytes);
        let time = match (cell.tag, &self.ty) {
            (tag::ABSENT | tag::NULL, _) => return Some(false),
            (tag::TIMESTAMPTZ, Type::TimestampTz) | (tag::TIMESTAMP, Type::Timestamp) => {
                eight().ok()?
            }
            // The infinities are the ends of days too.
            (tag::DATE, Type::Date) => match four().ok()? {
                i32::MIN => i64::MIN,
                i32::MAX => i64::MAX,
                days => i64::from(days),
            },
            _ => return None,
        };
        let begun = self.since.is_none_or(|since| since <= time);
        Some(begun && self.until.is_none_or(|until| time < until))
    }

    /// Since and until, as a server reads them.
    pub fn texts(&self) -> [Option<String>; 2] {
        [self.since, self.until].map(|bound| {
            let mut cell = Vec::new();
            let time = bound?;
            match self.ty {
                Type::Date => {
                    put_fixed(
                        &mut cell,
                        tag::DATE,
                        &i32::try_from(time).ok()?.to_be_bytes(),
                    );
                }
                Type::Timestamp => put_fixed(&mut cell, tag::TIMESTAMP, &time.to_be_bytes()),
                _ => put_fixed(&mut cell, tag::TIMESTAMPTZ, &time.to_be_bytes()),
            }
            let mut text = String::new();
            show::show(Cell::of(&cell), &mut text);
            Some(text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Raw, Target, encode, put_framed};

    const SECOND: i64 = 1_000_000;

    fn hold(bounds: &Bounds, text: &str) -> Option<bool> {
        let target = Target {
            ty: bounds.ty.clone(),
            zone: None,
        };
        let mut cell = Vec::new();
        if encode(Raw::Text(text), None, &target, &mut cell).is_err() {
            put_framed(&mut cell, tag::UNREADABLE, text.as_bytes());
        }
        bounds.hold(Cell::of(&cell))
    }

    fn bounds(ty: Type, since: i64, until: i64) -> Bounds {
        Bounds {
            column: "at".to_owned(),
            ty,
            since: Some(since),
            until: Some(until),
        }
    }

    #[test]
    fn the_first_is_inside_and_the_last_is_not() {
        let bounds = bounds(Type::TimestampTz, SECOND, 2 * SECOND);
        for (text, inside) in [
            ("2000-01-01 00:00:00.999999+00", false),
            ("2000-01-01 09:00:01+09", true),
            ("2000-01-01 00:00:01.999999+00", true),
            ("2000-01-01 00:00:02+00", false),
            ("infinity", false),
            ("-infinity", false),
        ] {
            assert_eq!(hold(&bounds, text), Some(inside), "{text}");
        }
        assert_eq!(hold(&bounds, "soon"), None);
        let open = Bounds {
            until: None,
            ..bounds
        };
        assert_eq!(hold(&open, "infinity"), Some(true));
        assert_eq!(hold(&open, "-infinity"), Some(false));
    }

    #[test]
    fn days_and_clocks_are_held_as_themselves() {
        let days = bounds(Type::Date, 1, 2);
        for (text, inside) in [
            ("2000-01-01", false),
            ("2000-01-02", true),
            ("2000-01-03", false),
            ("infinity", false),
        ] {
            assert_eq!(hold(&days, text), Some(inside), "{text}");
        }
        let clock = bounds(Type::Timestamp, 0, SECOND);
        assert_eq!(hold(&clock, "2000-01-01 00:00:00"), Some(true));
        assert_eq!(clock.hold(Cell::of(&[tag::NULL])), Some(false));
    }

    #[test]
    fn servers_read_the_bounds_in_the_columns_own_type() {
        let text = |ty, since| bounds(ty, since, since).texts()[0].clone();
        let shown = |text: &str| Some(text.to_owned());
        assert_eq!(
            text(Type::TimestampTz, SECOND + 1),
            shown("2000-01-01 00:00:01.000001+00")
        );
        assert_eq!(text(Type::Timestamp, 0), shown("2000-01-01 00:00:00"));
        assert_eq!(text(Type::Date, 31), shown("2000-02-01"));
    }
}
