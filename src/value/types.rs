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
        let plain = name.trim();
        if plain == "\"char\"" {
            return Some(Type::Text);
        }
        let lower = without_modifiers(&plain.to_ascii_lowercase())?;
        let (scalar, is_array) = element_name(&lower);
        let ty = match scalar.strip_prefix("float(") {
            Some(bits) => float_of(bits)?,
            None => named(scalar)?,
        };
        match is_array && !matches!(ty, Type::Array(_)) {
            true => Some(Type::Array(ty.into())),
            false => Some(ty),
        }
    }

    /// The type as which two declared sides compare, or `None` where they
    /// cannot agree: integers and numeric (and money) → numeric, text kinds →
    /// text, json and jsonb → jsonb, float and numeric → numeric (by the
    /// float's shortest decimal), float4 and float8 → float8, equal → itself.
    /// Arrays agree where their elements do, ranges only where they are equal.
    pub fn unify(old: &Type, new: &Type) -> Option<Type> {
        use Type::*;
        match (old, new) {
            _ if old == new => Some(old.clone()),
            (Array(old), Array(new)) => Some(Array(Type::unify(old, new)?.into())),
            (Float4 | Float8, Float4 | Float8) => Some(Float8),
            _ if old.is_number() && new.is_number() => Some(Numeric),
            (Text | Bpchar | Enum, Text | Bpchar | Enum) => Some(Text),
            (Json | Jsonb, Json | Jsonb) => Some(Jsonb),
            _ => None,
        }
    }

    /// Whether the server's binary form of this type can be read as `target`;
    /// if not, the server is asked for its text.
    pub fn wire_leads_to(&self, target: &Type) -> bool {
        use Type::*;
        match (self, target) {
            _ if self == target => true,
            // Their binary form is their text, which every type reads.
            (Text | Bpchar | Enum | ByText(_), _) => true,
            (Array(from), Array(to)) => from.wire_leads_to(to),
            (Float4, Float8) => true,
            (Json | Jsonb, Json | Jsonb) => true,
            (Int2 | Int4 | Int8 | Oid | Money | Float4 | Float8, Numeric) => true,
            (Int2, Int4) | (Int2 | Int4 | Oid, Int8) => true,
            _ => false,
        }
    }

    /// Whether every cell of this type that a server sends in binary can be
    /// read, so that equal bytes show equal values without reading them.
    ///
    /// All but json: its text is checked by the server for grammar only and may
    /// hold half of a surrogate pair, which is no character.
    pub fn wire_always_reads(&self) -> bool {
        match self {
            Type::Json => false,
            Type::Array(inner) | Type::Range(inner) | Type::Multirange(inner) => {
                inner.wire_always_reads()
            }
            _ => true,
        }
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
/// [`Type::parse`] reads it back, save a [`Type::ByText`] of a name it does not know.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Array(element) => write!(f, "{element}[]"),
            Type::Range(bound) => match range_prefix(bound) {
                Some(prefix) => write!(f, "{prefix}range"),
                None => write!(f, "range of {bound}"),
            },
            Type::Multirange(bound) => match range_prefix(bound) {
                Some(prefix) => write!(f, "{prefix}multirange"),
                None => write!(f, "multirange of {bound}"),
            },
            Type::ByText(name) => f.write_str(name),
            scalar => f.write_str(scalar.name()),
        }
    }
}

impl Type {
    /// The name of a type without parameters.
    fn name(&self) -> &'static str {
        let found = NAMES.iter().find(|(_, ty)| ty == self);
        found.map_or("text", |(name, _)| name)
    }
}

/// Every name of a scalar type; the first of each type is the one shown.
static NAMES: &[(&str, Type)] = &[
    ("boolean", Type::Bool),
    ("bool", Type::Bool),
    ("smallint", Type::Int2),
    ("int2", Type::Int2),
    ("smallserial", Type::Int2),
    ("serial2", Type::Int2),
    ("integer", Type::Int4),
    ("int", Type::Int4),
    ("int4", Type::Int4),
    ("serial", Type::Int4),
    ("serial4", Type::Int4),
    ("bigint", Type::Int8),
    ("int8", Type::Int8),
    ("bigserial", Type::Int8),
    ("serial8", Type::Int8),
    ("oid", Type::Oid),
    ("numeric", Type::Numeric),
    ("decimal", Type::Numeric),
    ("dec", Type::Numeric),
    ("real", Type::Float4),
    ("float4", Type::Float4),
    ("double precision", Type::Float8),
    ("float8", Type::Float8),
    ("float", Type::Float8),
    ("money", Type::Money),
    ("text", Type::Text),
    ("varchar", Type::Text),
    ("character varying", Type::Text),
    ("char varying", Type::Text),
    ("national character varying", Type::Text),
    ("national char varying", Type::Text),
    ("nchar varying", Type::Text),
    ("name", Type::Text),
    ("\"char\"", Type::Text),
    ("citext", Type::Text),
    ("character", Type::Bpchar),
    ("char", Type::Bpchar),
    ("nchar", Type::Bpchar),
    ("national character", Type::Bpchar),
    ("national char", Type::Bpchar),
    ("bpchar", Type::Bpchar),
    ("enum", Type::Enum),
    ("anyenum", Type::Enum),
    ("bytea", Type::Bytea),
    ("uuid", Type::Uuid),
    ("date", Type::Date),
    ("time without time zone", Type::Time),
    ("time", Type::Time),
    ("time with time zone", Type::TimeTz),
    ("timetz", Type::TimeTz),
    ("timestamp without time zone", Type::Timestamp),
    ("timestamp", Type::Timestamp),
    ("timestamp with time zone", Type::TimestampTz),
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
    ("bit varying", Type::VarBit),
    ("varbit", Type::VarBit),
];

/// Built-in types that are compared by what the server prints for them:
/// nothing more is known of their values.
pub const BY_TEXT: &[&str] = &[
    "aclitem",
    "cid",
    "gtsvector",
    "int2vector",
    "jsonpath",
    "oidvector",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_lsn",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
    "pg_snapshot",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "tid",
    "tsquery",
    "tsvector",
    "txid_snapshot",
    "xid",
    "xid8",
    "xml",
];

/// What the built-in range over this type is called, before `range`.
fn range_prefix(bound: &Type) -> Option<&'static str> {
    RANGES
        .iter()
        .find(|(_, ty)| ty == bound)
        .map(|(name, _)| *name)
}

static RANGES: &[(&str, Type)] = &[
    ("int4", Type::Int4),
    ("int8", Type::Int8),
    ("num", Type::Numeric),
    ("date", Type::Date),
    ("ts", Type::Timestamp),
    ("tstz", Type::TimestampTz),
];

/// A lower-case name without modifiers.
fn named(name: &str) -> Option<Type> {
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
    let scalar = NAMES.iter().find(|(known, _)| *known == name);
    if let Some((_, ty)) = scalar {
        return Some(ty.clone());
    }
    if BY_TEXT.contains(&name) {
        return Some(Type::ByText(name.to_owned()));
    }
    if name.starts_with("interval ") {
        return Some(Type::Interval); // interval day to second
    }
    range_named(name).or_else(|| match name.strip_prefix('_').map(named)?? {
        Type::Array(_) => None,
        element => Some(Type::Array(element.into())),
    })
}

fn range_named(name: &str) -> Option<Type> {
    let of = |prefix: &str| {
        let found = RANGES.iter().find(|(known, _)| *known == prefix);
        found.map(|(_, ty)| std::boxed::Box::new(ty.clone()))
    };
    if let Some(bound) = name.strip_prefix("range of ") {
        return Some(Type::Range(Type::parse(bound)?.into()));
    }
    if let Some(bound) = name.strip_prefix("multirange of ") {
        return Some(Type::Multirange(Type::parse(bound)?.into()));
    }
    if let Some(prefix) = name.strip_suffix("multirange") {
        return Some(Type::Multirange(of(prefix)?));
    }
    Some(Type::Range(of(name.strip_suffix("range")?)?))
}

/// `float(24)` is the largest real.
fn float_of(bits: &str) -> Option<Type> {
    match bits.trim_end_matches(')').trim().parse::<u8>().ok()? {
        1..=24 => Some(Type::Float4),
        25..=53 => Some(Type::Float8),
        _ => None,
    }
}

/// One space between words and no `(…)`, save that of `float(n)`, which says
/// which type it is.
fn without_modifiers(name: &str) -> Option<String> {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(open) = rest.find('(') {
        let close = open + rest[open..].find(')')?;
        plain.push_str(&rest[..open]);
        match plain.trim() {
            "float" => plain = format!("float{}", &rest[open..=close]),
            _ => plain.push(' '),
        }
        rest = &rest[close + 1..];
    }
    if rest.contains(')') {
        return None;
    }
    plain.push_str(rest);
    let words: Vec<_> = plain.split_whitespace().collect();
    Some(words.join(" "))
}

/// The name without `[]`, `[3]`, `array` at its end, and whether any was there.
fn element_name(name: &str) -> (&str, bool) {
    let mut element = name;
    while let Some(open) = element.strip_suffix(']').and_then(|rest| {
        let digits = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        digits.strip_suffix('[')
    }) {
        element = open.trim_end();
    }
    let element = element.strip_suffix(" array").unwrap_or(element);
    (element, element.len() < name.len())
}

#[cfg(test)]
mod tests;
