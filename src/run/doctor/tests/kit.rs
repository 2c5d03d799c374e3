//! Sides as a probe could have found them, for tests of what is made of them.

use std::path::Path;

use super::probe::Probed;
use crate::error::{Code, Failure};
use crate::plan::{DatasetSpec, Plan, SourceOptions, VerifyOptions};
use crate::secret::Secret;
use crate::source::facts::{Facts, Rows};
use crate::source::{Column, Declared, Identity, Location, Schema};
use crate::value::Type;

/// A side that opened and told nothing yet.
pub fn side(location: &str) -> Probed {
    let location = Location::parse(location).expect("a location");
    Probed {
        identity: Identity {
            location: location.to_string(),
            engine: "PostgreSQL 15.8".to_owned(),
            ..Identity::default()
        },
        location,
        schema: Ok(schema(&[("id", "integer")])),
        facts: Facts::default(),
        wanted: 1,
        locates: true,
        late: false,
    }
}

pub fn postgres() -> Probed {
    side("postgres://app@db.example/listings")
}

pub fn rest() -> Probed {
    side("https://x.example/rest/v1")
}

pub fn file() -> Probed {
    side("old.csv")
}

/// Columns with their types' names; an empty one is undeclared.
pub fn schema(columns: &[(&str, &str)]) -> Schema {
    let column = |(name, ty): &(&str, &str)| Column {
        name: (*name).to_owned(),
        declared: Type::parse(ty).map(|parsed| Declared {
            name: (*ty).to_owned(),
            ty: parsed,
        }),
    };
    Schema {
        columns: columns.iter().map(column).collect(),
        ..Schema::default()
    }
}

pub fn unauthorised(why: &str) -> Failure {
    Failure::new(Code::Unauthorised, why, "check the keys")
}

/// The same with so many rows, in so many bytes.
pub fn holding(mut probed: Probed, count: u64, bytes: Option<u64>) -> Probed {
    probed.facts.rows = Some(Rows { count, exact: true });
    probed.facts.bytes = bytes;
    probed
}

/// One dataset by `id`.
pub fn plan(old: &str, new: &str) -> Plan {
    let source = SourceOptions {
        locations: [old, new].map(|location| Some(Secret::new(location))),
        tables: [old, new].map(|location| location.contains("://").then(|| "t".to_owned())),
        key: Some(vec!["id".to_owned()]),
        ..SourceOptions::default()
    };
    let options = VerifyOptions {
        source,
        ..VerifyOptions::default()
    };
    Plan::from(&options, &|_| None, Path::new("")).expect("it makes sense")
}

/// A dataset of two files by `id`.
pub fn dataset() -> DatasetSpec {
    plan("old.csv", "old.csv").datasets.remove(0)
}
