//! As which type a column is compared: the configured one, else what the sides
//! declare, else text (or JSON, where both sides are JSON).

use crate::source::{Column, Undeclared};
use crate::value::Type;

/// One side's column: what it is declared as, and what undeclared cells are.
#[derive(Clone, Copy)]
pub struct Declaration<'a> {
    pub column: Option<&'a Column>,
    pub undeclared: Undeclared,
}

impl<'a> Declaration<'a> {
    pub fn ty(self) -> Option<&'a Type> {
        Some(&self.column?.declared.as_ref()?.ty)
    }

    fn name(self) -> &'a str {
        let declared = self.column.and_then(|column| column.declared.as_ref());
        declared.map_or("undeclared", |declared| declared.name.as_str())
    }
}

/// The type of one column, or one sentence on why the sides cannot agree.
pub fn decide(
    name: &str,
    configured: Option<&Type>,
    [old, new]: [Declaration<'_>; 2],
) -> Result<Type, String> {
    if let Some(ty) = configured {
        return Ok(by_value(ty));
    }
    let ty = match (old.ty(), new.ty()) {
        (Some(left), Some(right)) => Type::unify(left, right).ok_or_else(|| {
            format!(
                "`{name}` is {} on the old side and {} on the new",
                old.name(),
                new.name()
            )
        })?,
        (Some(ty), None) | (None, Some(ty)) => ty.clone(),
        (None, None) => undeclared(old.undeclared, new.undeclared),
    };
    Ok(by_value(&ty))
}

fn undeclared(old: Undeclared, new: Undeclared) -> Type {
    match (old, new) {
        (Undeclared::Json, Undeclared::Json) => Type::Jsonb,
        _ => Type::Text,
    }
}

/// json compares as jsonb: by value, whatever the order of its keys.
fn by_value(ty: &Type) -> Type {
    match ty {
        Type::Json => Type::Jsonb,
        Type::Array(inner) => Type::Array(Box::new(by_value(inner))),
        other => other.clone(),
    }
}

/// The innermost name of a type compared by its text.
pub fn by_text(ty: &Type) -> Option<&str> {
    match ty {
        Type::ByText(name) => Some(name),
        Type::Array(inner) | Type::Range(inner) | Type::Multirange(inner) => by_text(inner),
        _ => None,
    }
}

/// Whether a server's JSON of a column loses what its text keeps: SQL's NULL and
/// JSON's null are one token there, a composite is an object, a time has a `T`.
pub fn json_loses(declared: Option<&Type>, compared: &Type) -> bool {
    match compared {
        Type::Json | Type::Jsonb | Type::ByText(_) => true,
        Type::Array(inner) => json_loses(None, inner),
        text if text.is_text() => declared.is_some_and(|ty| !ty.is_text()),
        _ => false,
    }
}
