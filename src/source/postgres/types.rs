//! Which server types are read by value, which by text, and how a column of a
//! type made from others (domain, array, range) is read.

use std::collections::HashMap;

use crate::value::Type;

/// The built-in types whose values shadowgate reads, by their catalog names.
pub const BY_VALUE: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int2", Type::Int2),
    ("int4", Type::Int4),
    ("int8", Type::Int8),
    ("oid", Type::Oid),
    ("numeric", Type::Numeric),
    ("float4", Type::Float4),
    ("float8", Type::Float8),
    ("money", Type::Money),
    ("text", Type::Text),
    ("varchar", Type::Text),
    ("name", Type::Text),
    ("char", Type::Text),
    ("bpchar", Type::Bpchar),
    ("bytea", Type::Bytea),
    ("uuid", Type::Uuid),
    ("date", Type::Date),
    ("time", Type::Time),
    ("timetz", Type::TimeTz),
    ("timestamp", Type::Timestamp),
    ("timestamptz", Type::TimestampTz),
    ("interval", Type::Interval),
    ("json", Type::Json),
    ("jsonb", Type::Jsonb),
    ("inet", Type::Inet),
    ("cidr", Type::Cidr),
    ("macaddr", Type::MacAddr),
    ("macaddr8", Type::MacAddr8),
    ("point", Type::Point),
    ("line", Type::Line),
    ("lseg", Type::Lseg),
    ("box", Type::Box),
    ("path", Type::Path),
    ("polygon", Type::Polygon),
    ("circle", Type::Circle),
    ("bit", Type::Bit),
    ("varbit", Type::VarBit),
];

/// A type in neither list is compared by text too; a test finds it, so that it
/// is a choice.
pub use crate::value::types::BY_TEXT;

/// How the cells of a server type are read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub ty: Type,
    /// The server type to which it is cast on the way, if its own binary form
    /// is not what the value layer reads. (What is compared by text comes as its
    /// output function writes it.)
    pub cast: Option<String>,
}

/// One row of `pg_type`, as far as it matters here.
#[derive(Clone, Debug)]
pub struct ServerType {
    /// Its plain name, if it is built in.
    pub builtin: Option<String>,
    /// As the server writes it: `public.mood`, `numeric[]`.
    pub shown: String,
    pub made: Made,
}

/// What a type is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    Base,
    Enum,
    Domain(u32),
    Array(u32),
    Range(u32),
    Multirange(u32),
    /// An extension's text type that only compares differently.
    Citext,
    /// A composite or pseudo-type.
    Other,
}

/// The server's types by oid.
#[derive(Debug, Default)]
pub struct Types(pub HashMap<u32, ServerType>);

impl Types {
    /// How columns of this type are read: by value, or by text where anything
    /// it is made of is only read by text.
    pub fn reading(&self, oid: u32) -> Reading {
        let Some(found) = self.0.get(&oid) else {
            return by_text(&format!("type {oid}"));
        };
        self.by_value(found)
            .unwrap_or_else(|| by_text(&found.shown))
    }

    fn by_value(&self, found: &ServerType) -> Option<Reading> {
        match found.made {
            Made::Base => builtin(found.builtin.as_deref()?),
            Made::Enum => Some(plain(Type::Enum)),
            Made::Citext => Some(cast(Type::Text, "pg_catalog.text")),
            Made::Domain(base) => self.by_value(self.0.get(&base)?),
            Made::Array(element) => array(self.by_value(self.0.get(&element)?)?),
            Made::Range(subtype) => Some(plain(Type::Range(self.subtype(subtype)?))),
            Made::Multirange(subtype) => Some(plain(Type::Multirange(self.subtype(subtype)?))),
            Made::Other => None,
        }
    }

    /// The type of a range's bounds, where they come as their own binary form.
    fn subtype(&self, oid: u32) -> Option<Box<Type>> {
        let reading = self.by_value(self.0.get(&oid)?)?;
        let nested = matches!(
            reading.ty,
            Type::Array(_) | Type::Range(_) | Type::Multirange(_)
        );
        (reading.cast.is_none() && !nested).then(|| Box::new(reading.ty))
    }
}

fn builtin(name: &str) -> Option<Reading> {
    let (_, ty) = BY_VALUE.iter().find(|(known, _)| *known == name)?;
    Some(match name {
        "money" => cast(Type::Money, "pg_catalog.numeric"),
        // One byte in any encoding, and a fixed-width name: as text they are text.
        "char" | "name" => cast(Type::Text, "pg_catalog.text"),
        _ => plain(ty.clone()),
    })
}

fn array(element: Reading) -> Option<Reading> {
    // An array over a domain over an array.
    if matches!(element.ty, Type::Array(_)) {
        return None;
    }
    Some(Reading {
        ty: Type::Array(Box::new(element.ty)),
        cast: element.cast.map(|cast| format!("{cast}[]")),
    })
}

fn plain(ty: Type) -> Reading {
    Reading { ty, cast: None }
}

fn cast(ty: Type, to: &str) -> Reading {
    Reading {
        ty,
        cast: Some(to.to_owned()),
    }
}

fn by_text(name: &str) -> Reading {
    cast(Type::ByText(name.to_owned()), "pg_catalog.text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types() -> Types {
        let base = |name: &str| ServerType {
            builtin: Some(name.to_owned()),
            shown: name.to_owned(),
            made: Made::Base,
        };
        let made = |made| ServerType {
            builtin: None,
            shown: "made".to_owned(),
            made,
        };
        Types(HashMap::from([
            (1, base("money")),
            (2, base("int4")),
            (3, base("xml")),
            (4, made(Made::Array(1))),
            (5, made(Made::Domain(4))),
            (6, made(Made::Array(3))),
            (7, made(Made::Range(2))),
            (8, made(Made::Range(1))),
            (9, made(Made::Array(5))),
        ]))
    }

    #[test]
    fn casts_reach_through_domains_and_arrays() {
        let reading = types().reading(5);
        assert_eq!(reading.ty, Type::Array(Box::new(Type::Money)));
        assert_eq!(reading.cast.as_deref(), Some("pg_catalog.numeric[]"));
    }

    #[test]
    fn what_holds_a_text_only_type_is_compared_by_text() {
        for oid in [6, 8, 9, 77] {
            let reading = types().reading(oid);
            assert!(matches!(reading.ty, Type::ByText(_)), "{oid}");
            assert_eq!(reading.cast.as_deref(), Some("pg_catalog.text"));
        }
        assert_eq!(types().reading(7).ty, Type::Range(Box::new(Type::Int4)));
    }

    #[test]
    fn no_type_is_in_both_lists() {
        assert!(BY_VALUE.iter().all(|(name, _)| !BY_TEXT.contains(name)));
    }
}
