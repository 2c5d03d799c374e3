//! Keys whose rows are to be read, as a server can be asked for them: the text
//! of each column of the key, as it is compared.
//!
//! That text leads back to the stored value only where the column is compared as
//! what it is. Where it may not, rows would be missed in silence: then it is not
//! asked for by key at all.

use super::Column;
use crate::value::Type;

/// Keys to be looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys {
    pub columns: Vec<KeyColumn>,
    /// One text for each column.
    pub rows: Vec<Vec<String>>,
}

/// A column of the key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyColumn {
    /// The source's own name.
    pub name: String,
    /// As what it is compared.
    pub ty: Type,
}

impl Keys {
    /// The declared types of the key's columns, if from each the text of a key
    /// leads back to the stored value, and can be asked for if it is stored.
    pub fn declared<'a>(&self, columns: &'a [Column]) -> Option<Vec<&'a Type>> {
        let declared = |key: &KeyColumn| {
            let column = columns.iter().find(|column| column.name == key.name)?;
            let ty = &column.declared.as_ref()?.ty;
            leads_back(ty, &key.ty).then_some(ty)
        };
        let types: Vec<&Type> = self.columns.iter().map(declared).collect::<Option<_>>()?;
        let row = |row: &Vec<String>| row.iter().zip(&types).all(|(text, ty)| is_asked(text, ty));
        self.rows.iter().all(row).then_some(types)
    }

    /// The keys that columns of these types can hold at all.
    pub fn held_by<'a>(&'a self, types: &[&Type]) -> impl Iterator<Item = &'a [String]> {
        let rows = self.rows.iter();
        rows.filter(move |row| row.iter().zip(types).all(|(text, ty)| fits(text, ty)))
            .map(Vec::as_slice)
    }
}

/// Whether the text of a value compared as `compared` is that of the value stored
/// as `declared`, or one that the server takes for it.
fn leads_back(declared: &Type, compared: &Type) -> bool {
    use Type::*;
    match declared {
        Int2 | Int4 | Int8 | Numeric => matches!(compared, Int2 | Int4 | Int8 | Numeric),
        Text => *compared == Text,
        Bpchar => matches!(compared, Bpchar | Text),
        Enum => matches!(compared, Enum | Text),
        Oid | Bool | Uuid | Bytea | Date | Timestamp | TimestampTz => declared == compared,
        _ => false,
    }
}

/// Whether a server can be asked for this text: newer ones store an infinite numeric,
/// and for older ones it is no number.
fn is_asked(text: &str, ty: &Type) -> bool {
    *ty != Type::Numeric || !text.ends_with("Infinity")
}

/// Whether a column of this type can hold a value of this text: asked for one
/// that it cannot, a server fails.
fn fits(text: &str, ty: &Type) -> bool {
    match ty {
        Type::Int2 => text.parse::<i16>().is_ok(),
        Type::Int4 => text.parse::<i32>().is_ok(),
        Type::Int8 => text.parse::<i64>().is_ok(),
        Type::Oid => text.parse::<u32>().is_ok(),
        _ => !text.contains('\0'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Declared;

    fn keys(columns: &[(&str, Type)], rows: &[&[&str]]) -> Keys {
        let column = |(name, ty): &(&str, Type)| KeyColumn {
            name: (*name).to_owned(),
            ty: ty.clone(),
        };
        let row = |row: &&[&str]| row.iter().map(|text| (*text).to_owned()).collect();
        Keys {
            columns: columns.iter().map(column).collect(),
            rows: rows.iter().map(row).collect(),
        }
    }

    fn column(name: &str, ty: Option<Type>) -> Column {
        Column {
            name: name.to_owned(),
            declared: ty.map(|ty| Declared {
                name: ty.to_string(),
                ty,
            }),
        }
    }

    #[test]
    fn only_what_is_compared_as_it_is_leads_back() {
        let found = |declared: Option<Type>, compared: Type| {
            let keys = keys(&[("id", compared)], &[]);
            keys.declared(&[column("id", declared)]).is_some()
        };
        for (declared, compared) in [
            (Type::Int4, Type::Numeric),
            (Type::Numeric, Type::Int8),
            (Type::Text, Type::Text),
            (Type::Bpchar, Type::Text),
            (Type::Enum, Type::Text),
            (Type::Uuid, Type::Uuid),
            (Type::TimestampTz, Type::TimestampTz),
        ] {
            assert!(found(Some(declared.clone()), compared), "{declared}");
        }
        for (declared, compared) in [
            // Without its trailing blanks, with its scale lost, by another's text.
            (Type::Text, Type::Bpchar),
            (Type::Float4, Type::Numeric),
            (Type::Uuid, Type::Text),
            (Type::Text, Type::Int8),
            (Type::Timestamp, Type::TimestampTz),
            (Type::Jsonb, Type::Jsonb),
            (Type::Interval, Type::Interval),
        ] {
            assert!(!found(Some(declared.clone()), compared), "{declared}");
        }
        assert!(!found(None, Type::Text), "undeclared");
        assert_eq!(keys(&[("no", Type::Text)], &[]).declared(&[]), None);
        for (text, is_asked) in [("1.1", true), ("NaN", true), ("-Infinity", false)] {
            let keys = keys(&[("id", Type::Numeric)], &[&["0"], &[text]]);
            let columns = [column("id", Some(Type::Numeric))];
            assert_eq!(keys.declared(&columns).is_some(), is_asked, "{text}");
        }
    }

    #[test]
    fn a_key_that_no_row_can_have_is_left_out() {
        let both = [("a", Type::Numeric), ("b", Type::Text)];
        let rows: [&[&str]; 5] = [
            &["1", "x"],
            &["99999999999", "x"],
            &["1.5", "x"],
            &["2", "\0"],
            &["-2147483648", ""],
        ];
        let keys = keys(&both, &rows);
        let held: Vec<_> = keys.held_by(&[&Type::Int4, &Type::Text]).collect();
        assert_eq!(held, [rows[0], rows[4]]);
    }
}
