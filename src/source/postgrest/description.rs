//! What the server says of its tables at its root (OpenAPI 2.0): columns, types,
//! primary keys. A hint and no more: it is as old as the server's schema cache,
//! may be switched off, and leaves out what the role has no rights on.

use indexmap::IndexMap;
use serde::Deserialize;

use crate::source::{Column, Declared};
use crate::value::Type;

/// What stands in the description of each column of a primary key.
const KEY_MARK: &str = "<pk/>";

#[derive(Debug, Default, Deserialize)]
pub struct Description {
    #[serde(default)]
    info: Info,
    #[serde(default)]
    definitions: IndexMap<String, Definition>,
}

#[derive(Debug, Default, Deserialize)]
struct Info {
    #[serde(default)]
    version: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct Definition {
    #[serde(default)]
    properties: IndexMap<String, Property>,
}

#[derive(Debug, Default, Deserialize)]
struct Property {
    format: Option<String>,
    description: Option<String>,
    #[serde(rename = "enum")]
    labels: Option<serde_json::Value>,
}

impl Description {
    pub fn parse(body: &[u8]) -> Option<Description> {
        serde_json::from_slice(body).ok()
    }

    /// `12.0.2`
    pub fn version(&self) -> Option<&str> {
        self.info.version.split_whitespace().next()
    }

    pub fn table(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name)
    }

    /// The tables whose names come nearest.
    pub fn near(&self, name: &str) -> Vec<&str> {
        let mut near: Vec<(f64, &str)> = self
            .definitions
            .keys()
            .map(|other| (strsim::jaro_winkler(name, other), other.as_str()))
            .filter(|(likeness, _)| *likeness > 0.85)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        near.into_iter().take(3).map(|(_, name)| name).collect()
    }
}

impl Definition {
    pub fn columns(&self) -> Vec<Column> {
        let column = |(name, property): (&String, &Property)| Column {
            name: name.clone(),
            declared: property.declared(),
        };
        self.properties.iter().map(column).collect()
    }

    /// The columns of the primary key: of a view those of its table, which need
    /// not be unique there.
    pub fn key(&self) -> Option<Vec<String>> {
        let marked = self.properties.iter().filter(|(_, property)| {
            let text = property.description.as_deref();
            text.is_some_and(|text| text.contains(KEY_MARK))
        });
        let key: Vec<String> = marked.map(|(name, _)| name.clone()).collect();
        (!key.is_empty()).then_some(key)
    }
}

impl Property {
    /// `None` for a type that only its own database knows: the other side says
    /// as what it is compared.
    fn declared(&self) -> Option<Declared> {
        let name = self.format.as_deref()?;
        let ty = match (&self.labels, name.ends_with("[]")) {
            (Some(_), false) => Type::Enum,
            _ => Type::parse(name).filter(|ty| !holds_by_text(ty))?,
        };
        Some(Declared {
            name: name.to_owned(),
            ty,
        })
    }
}

fn holds_by_text(ty: &Type) -> bool {
    match ty {
        Type::ByText(_) => true,
        Type::Array(inner) | Type::Range(inner) | Type::Multirange(inner) => holds_by_text(inner),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"swagger":"2.0","info":{"version":"12.0.2 (a4e00ff)"},"definitions":{
        "listings":{"required":["id"],"properties":{
            "id":{"format":"bigint","type":"integer","description":"Note:\nThis is a Primary Key.<pk/>"},
            "名称":{"format":"character varying","type":"string","maxLength":10},
            "mood":{"format":"public.mood","type":"string","enum":["a","b"]},
            "moods":{"format":"public.mood[]","type":"array"},
            "tags":{"format":"text[]","type":"array","items":{"type":"string"}},
            "doc":{"format":"jsonb"}}}}}"#;

    #[test]
    fn columns_types_and_key_are_read() {
        let found = Description::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(found.version(), Some("12.0.2"));
        let table = found.table("listings").unwrap();
        assert_eq!(table.key(), Some(vec!["id".to_owned()]));
        let types: Vec<_> = table
            .columns()
            .into_iter()
            .map(|column| (column.name, column.declared.map(|declared| declared.ty)))
            .collect();
        let expected = [
            ("id", Some(Type::Int8)),
            ("名称", Some(Type::Text)),
            ("mood", Some(Type::Enum)),
            ("moods", None),
            ("tags", Some(Type::Array(Type::Text.into()))),
            ("doc", Some(Type::Jsonb)),
        ]
        .map(|(name, ty)| (name.to_owned(), ty));
        assert_eq!(types, expected);
        assert_eq!(found.near("listing"), ["listings"]);
    }

    #[test]
    fn anything_else_describes_nothing() {
        assert!(Description::parse(b"<html>").is_none());
        assert!(Description::parse(b"{}").unwrap().table("a").is_none());
    }
}
