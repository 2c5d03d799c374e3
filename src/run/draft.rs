//! What a first configuration for two sources has to say: the key, and the
//! types that nobody declares. Held to a plan before it is handed out, so that
//! what is written down runs.

use indexmap::IndexMap;

use super::open::{self, OpenedSide};
use super::progress::Progress;
use super::survey::{self, Survey};
use crate::error::{Code, Failure, Result};
use crate::plan::{self, ColumnRules, Compared, DatasetSpec, SchemaView};
use crate::source::{Context, Identity};
use crate::stop::Stop;
use crate::value::Type;

/// Why these columns are the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFrom {
    Given,
    Declared,
    /// Unique and never NULL on both sides; `whole`: in all rows.
    Unique {
        whole: bool,
    },
    /// The same, save in so many rows.
    Nearly(u64),
}

/// Why a column has this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeFrom {
    /// No side declares one, and every cell of both reads as it.
    Cells,
    /// The declared types cannot agree, but every cell of both sides reads as it.
    Reconciled,
    /// The declared types cannot agree, and nothing better is known.
    Disagreement,
}

/// A configuration to be written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// With its key and types.
    pub spec: DatasetSpec,
    pub identities: [Identity; 2],
    /// Both schemas as `spec` has them.
    pub view: SchemaView,
    pub key: Vec<String>,
    pub key_from: KeyFrom,
    /// Other keys that would do, or nearly.
    pub others: Vec<Vec<String>>,
    /// By report name.
    pub types: Vec<(String, Type, TypeFrom)>,
    /// Columns of times that have a zone on one side only, and no type here.
    pub zones: Vec<String>,
    /// Rows read: old, new.
    pub rows: [u64; 2],
}

/// Looks at both sides and settles what a configuration has to say.
pub fn draft(
    spec: &DatasetSpec,
    context: &Context,
    progress: &dyn Progress,
) -> Result<Draft, Vec<Failure>> {
    let sides = open::both(spec, context).map_err(|not| not.failures)?;
    let identities = sides.each_ref().map(|(source, _)| source.identity());
    let settled = settle(spec, sides, &identities, progress, &context.stop);
    settled.map_err(|failure| vec![failure.of(&spec.name)])
}

fn settle(
    spec: &DatasetSpec,
    sides: [OpenedSide; 2],
    identities: &[Identity; 2],
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Draft> {
    let schemas = sides.each_ref().map(|(_, schema)| schema.clone());
    let schemas = [&schemas[0], &schemas[1]];
    let mut spec = spec.clone();
    spec.sides[1].rename = renames(&plan::columns(&spec, schemas));
    let declared = plan::columns(&spec, schemas).key;
    let survey = survey::survey(&spec, sides, progress, stop)?;
    let (key, key_from) = key(&spec, declared, &survey)?;
    spec.key = Some(key.clone());
    let types = types(&spec, &plan::columns(&spec, schemas), &survey);
    for (name, ty, _) in &types {
        let rules = ColumnRules {
            ty: Some(ty.clone()),
            ..ColumnRules::default()
        };
        spec.rules.insert(name.clone(), rules);
    }
    plan::resolve(&spec, schemas)?;
    let nearly = survey.nearly.into_iter().map(|(name, _)| vec![name]);
    let others = survey.keys.into_iter().chain(nearly);
    let others = others.filter(|other| *other != key);
    let untyped = |name: &String| !spec.rules.contains_key(name);
    Ok(Draft {
        zones: survey.zones.into_iter().filter(untyped).collect(),
        view: plan::columns(&spec, schemas),
        spec,
        identities: identities.clone(),
        others: others.collect(),
        key,
        key_from,
        types,
        rows: survey.rows,
    })
}

/// Names on the new side only that are names on the old side only in another
/// style (propertyNumber, property_number), where there is no doubt which.
fn renames(view: &SchemaView) -> IndexMap<String, String> {
    let only = |side: usize| -> Vec<&str> {
        let columns = view.columns.iter();
        let lone = columns
            .filter(|column| column.compared == Compared::OneSide && column.sides[side].is_some());
        lone.map(|column| column.name.as_str()).collect()
    };
    let (old, new) = (only(0), only(1));
    let alike = |names: &[&str], name: &str| -> Vec<String> {
        let names = names.iter().filter(|other| bare(other) == bare(name));
        names.map(|name| (*name).to_owned()).collect()
    };
    let pair = |name: &&str| match (&alike(&old, name)[..], alike(&new, name).len()) {
        ([one], 1) => Some(((*name).to_owned(), one.clone())),
        _ => None,
    };
    new.iter().filter_map(pair).collect()
}

/// A name without what styles of writing differ in.
fn bare(name: &str) -> String {
    let letters = name.chars().filter(|char| !"_- ".contains(*char));
    letters.flat_map(char::to_lowercase).collect()
}

/// What was given, else what the sources declare, else what their rows show.
fn key(
    spec: &DatasetSpec,
    declared: Option<Vec<String>>,
    survey: &Survey,
) -> Result<(Vec<String>, KeyFrom)> {
    if let Some(key) = &spec.key {
        return Ok((key.clone(), KeyFrom::Given));
    }
    if let Some(key) = declared {
        return Ok((key, KeyFrom::Declared));
    }
    let unique = KeyFrom::Unique {
        whole: survey.whole,
    };
    let first = survey.keys.first();
    // Two columns that are unique together are often so by chance.
    match (first, survey.nearly.first()) {
        (Some(key), _) if key.len() == 1 => Ok((key.clone(), unique)),
        (_, Some((name, faults))) => Ok((vec![name.clone()], KeyFrom::Nearly(*faults))),
        (Some(key), None) => Ok((key.clone(), unique)),
        (None, None) if !survey.unlikely.is_empty() => Ok((survey.unlikely[0].clone(), unique)),
        (None, None) => Err(Failure::new(
            Code::Usage,
            "no key was found: no column and no pair of columns is unique and never NULL on both sides",
            "Name the columns that name a row with --key COLUMN[,COLUMN]",
        )),
    }
}

/// The types to write: of compared columns, in their order.
fn types(spec: &DatasetSpec, view: &SchemaView, survey: &Survey) -> Vec<(String, Type, TypeFrom)> {
    let mut types = Vec::new();
    for column in view
        .columns
        .iter()
        .filter(|column| !spec.rules.contains_key(&column.name))
    {
        let disagrees = match &column.compared {
            Compared::As(_) | Compared::ByText(..) => false,
            Compared::CannotAgree => true,
            _ => continue,
        };
        let read = survey.types.iter().find(|(name, _)| *name == column.name);
        match read {
            Some((name, ty)) => {
                let from = match disagrees {
                    true => TypeFrom::Reconciled,
                    false => TypeFrom::Cells,
                };
                types.push((name.clone(), ty.clone(), from));
            }
            None if disagrees => {
                types.push((column.name.clone(), Type::Text, TypeFrom::Disagreement));
            }
            None => {}
        }
    }
    types
}
