//! The types a column can have: PostgreSQL's names, and which two can agree.

use std::fmt;

/// The type as which a column is declared or compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Numeric,
    Float4,
    Float8,
    Money,
    /// text, varchar, name, "char", citext
    Text,
    /// char(n): without trailing blanks
    Bpchar,
    /// Any enum, by label
    Enum,
    Bytea,
    Uuid,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Interval,
    Json,
    Jsonb,
    Inet,
    Cidr,
    MacAddr,
    MacAddr8,
    Point,
    Line,
    Lseg,
    Box,
    Path,
    Polygon,
    Circle,
    Bit,
    VarBit,
    Array(std::boxed::Box<Type>),
    Range(std::boxed::Box<Type>),
    Multirange(std::boxed::Box<Type>),
    /// A type compared by the server's text for it, by its name there.
    ByText(String),
}

impl Type {
    /// Reads a PostgreSQL type name as people write it, any case, with or
    /// without a modifier: `integer`, `NUMERIC(12,2)`, `timestamp with time
    /// zone`, `text[]`, `_int4`. `None` for a name it does not know.
    pub fn parse(name: &str) -> Option<Type> {
        let _ = name;
        unimplemented!("skeleton")
    }

    /// The type as which two declared sides compare, or `None` where they
    /// cannot agree: integers and numeric (and money) → numeric, text kinds →
    /// text, json and jsonb → jsonb, float and numeric → numeric (by the
    /// float's shortest decimal), float4 and float8 → float8, equal → itself.
    pub fn unify(old: &Type, new: &Type) -> Option<Type> {
        let _ = (old, new);
        unimplemented!("skeleton")
    }

    /// Whether the server's binary form of this type can be read as `target`;
    /// if not, the server is asked for its text.
    pub fn wire_leads_to(&self, target: &Type) -> bool {
        let _ = target;
        unimplemented!("skeleton")
    }

    /// Whether every cell of this type that a server sends in binary can be
    /// read, so that equal bytes show equal values without reading them.
    pub fn wire_always_reads(&self) -> bool {
        unimplemented!("skeleton")
    }

    /// Whether tolerances and rounding make sense.
    pub fn is_number(&self) -> bool {
        use Type::*;
        matches!(
            self,
            Int2 | Int4 | Int8 | Oid | Numeric | Float4 | Float8 | Money
        )
    }

    /// Whether its cells are text to a text step (trim, case, …).
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Type::Text | Type::Bpchar | Type::Enum | Type::ByText(_)
        )
    }
}

/// The PostgreSQL name (`integer`, `timestamp with time zone`, `text[]`).
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = f;
        unimplemented!("skeleton")
    }
}
