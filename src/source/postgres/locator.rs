//! By what a row of a table is found again in the same snapshot: the table's own
//! key where that is one integer, because the server sends it anyway, else the
//! row's ctid, which costs the server a projection of every row.

use crate::value::Type;

use super::catalog::{Catalog, Field};
use super::name;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locator {
    /// Rows cannot be found again.
    None,
    /// The ctid, sent before all other fields.
    Ctid,
    /// The value of the field at this place.
    Key(usize),
}

impl Locator {
    /// The locator of a read for these fields.
    pub fn choose(catalog: &Catalog, fields: &[Field]) -> Locator {
        if !catalog.locates() {
            return Locator::None;
        }
        match catalog.schema().key.as_deref() {
            Some([key]) => fields
                .iter()
                .position(|field| field.name == *key && is_integer(field))
                .map_or(Locator::Ctid, Locator::Key),
            _ => Locator::Ctid,
        }
    }

    /// The expression before all columns, if there is one.
    pub fn expression(self) -> Option<String> {
        (self == Locator::Ctid).then(|| "ctid".to_owned())
    }

    /// The condition that finds these rows.
    pub fn condition(self, fields: &[Field], locators: &[u64]) -> Option<String> {
        match self {
            Locator::None => None,
            Locator::Ctid => Some(format!("ctid = ANY ({})", tids(locators))),
            Locator::Key(place) => {
                let column = name::quote(&fields.get(place)?.name);
                Some(format!("{column} = ANY ({})", integers(locators)))
            }
        }
    }
}

fn is_integer(field: &Field) -> bool {
    let sent_as_it_is = !field.as_text && field.cast.is_none();
    sent_as_it_is && matches!(field.ty, Type::Int2 | Type::Int4 | Type::Int8)
}

/// Locators as an array of ctids, each `block << 16 | line`.
fn tids(locators: &[u64]) -> String {
    let tid = |locator: &u64| format!("\"({},{})\"", locator >> 16, locator & 0xffff);
    let tids: Vec<_> = locators.iter().map(tid).collect();
    format!("'{{{}}}'::pg_catalog.tid[]", tids.join(","))
}

/// Locators as an array of integers, each the bits of an i64.
fn integers(locators: &[u64]) -> String {
    let integer = |locator: &u64| locator.cast_signed().to_string();
    let integers: Vec<_> = locators.iter().map(integer).collect();
    format!("'{{{}}}'::pg_catalog.int8[]", integers.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_sql() {
        let field = Field {
            name: "a\"b".to_owned(),
            ty: Type::Int4,
            cast: None,
            as_text: false,
        };
        let fields = [field];
        assert_eq!(
            Locator::Key(0)
                .condition(&fields, &[7, u64::MAX])
                .as_deref(),
            Some("\"a\"\"b\" = ANY ('{7,-1}'::pg_catalog.int8[])")
        );
        assert_eq!(
            Locator::Ctid
                .condition(&fields, &[(2 << 16) | 7])
                .as_deref(),
            Some("ctid = ANY ('{\"(2,7)\"}'::pg_catalog.tid[])")
        );
        assert_eq!(Locator::None.condition(&fields, &[1]), None);
    }
}
