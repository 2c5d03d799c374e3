//! A window of time as conditions beside the side's own filter, so that every page
//! and every count is of the rows inside, and the count of what it leaves out.

use super::keyset::{self, Pair};
use super::{Postgrest, read};
use crate::error::{Failure, Result};
use crate::source::window::Bounds;

impl Postgrest {
    /// Leaves out rows outside, if the server knows the column to be such a time.
    pub(super) fn narrow_to(&mut self, bounds: &Bounds) -> Result<bool> {
        let opened = self.opened()?;
        let Ok(column) = opened.own_column(&bounds.column) else {
            return Ok(false);
        };
        if !bounds.declared_by(&opened.schema) {
            return Ok(false);
        }
        let mut without = self.filter.clone();
        without.push(outside(&column, bounds));
        self.outside = Some(without);
        self.filter.extend(inside(&column, bounds));
        let count = self.count(&self.filter).map_err(|failure| Failure {
            again: false,
            ..failure
        })?;
        if let Some(opened) = &mut self.opened {
            opened.count = count;
            opened.schema.estimate = Some(count);
        }
        Ok(true)
    }

    /// How many rows of the side's own filter are not inside.
    pub(super) fn count_outside(&self) -> Result<Option<u64>> {
        let outside = self.outside.as_ref();
        outside.map(|filter| self.count(filter)).transpose()
    }

    fn count(&self, filter: &[Pair]) -> Result<u64> {
        let count = read::count(&self.client, &self.table, filter, &self.select);
        self.runtime.block_on(count)
    }
}

fn inside(column: &str, bounds: &Bounds) -> Vec<Pair> {
    let limits = ["gte", "lt"].into_iter().zip(bounds.texts());
    let limit = |(operator, text): (&str, Option<String>)| {
        Some((keyset::name(column), format!("{operator}.{}", text?)))
    };
    limits.filter_map(limit).collect()
}

/// What is not inside, NULL too.
fn outside(column: &str, bounds: &Bounds) -> Pair {
    let name = keyset::name(column);
    let limits = ["lt", "gte"].into_iter().zip(bounds.texts());
    let limit =
        |(operator, text): (&str, Option<String>)| Some(format!("{name}.{operator}.\"{}\"", text?));
    let mut conditions: Vec<String> = limits.filter_map(limit).collect();
    conditions.push(format!("{name}.is.null"));
    ("or".to_owned(), format!("({})", conditions.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    #[test]
    fn what_is_outside_is_all_that_is_not_inside() {
        let mut bounds = Bounds {
            column: "at".to_owned(),
            ty: Type::Timestamp,
            since: Some(0),
            until: Some(1_000_000),
        };
        let shown = |pairs: &[Pair]| -> Vec<String> {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| format!("{name}={value}"))
                .collect()
        };
        let within = inside("a b", &bounds);
        assert_eq!(
            shown(&within),
            [
                "\"a b\"=gte.2000-01-01 00:00:00",
                "\"a b\"=lt.2000-01-01 00:00:01"
            ]
        );
        let without = outside("at", &bounds);
        assert_eq!(
            without.1,
            r#"(at.lt."2000-01-01 00:00:00",at.gte."2000-01-01 00:00:01",at.is.null)"#
        );
        bounds.since = None;
        assert_eq!(shown(&inside("at", &bounds)), ["at=lt.2000-01-01 00:00:01"]);
        let without = outside("at", &bounds);
        assert_eq!(without.1, r#"(at.gte."2000-01-01 00:00:01",at.is.null)"#);
    }
}
