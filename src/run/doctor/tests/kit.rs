//! Sides as a probe could have found them, for tests of what is made of them.

use std::path::Path;

use super::probe::Probed;
use crate::error::{Code, Failure};
use crate::plan::{self, DatasetSpec, SourceOptions};
use crate::secret::Secret;
use crate::source::facts::Facts;
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

/// A dataset of two files by `id`.
pub fn dataset() -> DatasetSpec {
    let location = || Some(Secret::new("old.csv"));
    let options = SourceOptions {
        locations: [location(), location()],
        key: Some(vec!["id".to_owned()]),
        ..SourceOptions::default()
    };
    let asked = plan::asked(&options, &|_| None, Path::new("")).expect("it makes sense");
    asked.datasets.into_iter().next().expect("a dataset")
}
