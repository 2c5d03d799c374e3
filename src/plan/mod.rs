//! What is to be done, before anything is done: the meaning of the command line
//! and the configuration ([`DatasetSpec`]), and, once both schemas are known,
//! how each column is compared ([`DatasetPlan`]).
//!
//! Resolving a plan reads no row. Everything that cannot work (an unknown
//! column, types that cannot agree, a tolerance on text) is found here, all of
//! it at once, and ends with exit 2.

mod age;
mod asked;
mod build;
mod columns;
mod command;
mod datasets;
mod definition;
mod key;
mod limits;
mod log;
mod memory;
mod names;
mod options;
mod pace;
mod recheck;
mod resolve;
mod rollback;
mod rules;
mod settings;
mod side;
mod surroundings;
mod sync;
mod time;
mod types;
mod window;

use indexmap::IndexMap;

pub use crate::compare::Scope;
pub use crate::config::ColumnRules;
pub use age::{Age, AgeColumn, Settle};
pub use asked::{Asked, CONFIG_FILE, asked};
pub use build::Plan;
pub use columns::{ColumnView, Compared, SchemaView, SideColumn, columns};
pub use key::values as key_values;
pub use log::{Level, Log};
pub use options::{
    Format, LimitOptions, RecheckOptions, SourceOptions, VerifyOptions, WindowOptions,
};
pub use pace::{PaceOptions, PacePlan};
pub use recheck::Recheck;
pub use resolve::{resolve, resolve_key};
pub use rollback::{RollbackOptions, RollbackSpec, rollback};
pub use settings::{Named, Notes, Origin, Setting};
pub use sync::Sync;
pub use time::TypedTime;
pub use window::{Window, WindowPlan, WindowSide};

use crate::compare::cells::Tolerance;
use crate::error::Side;
use crate::gate::Gates;
use crate::normalise::Pipeline;
use crate::source::Want;
use crate::source::location::Spec;
use crate::value::Type;

/// One dataset as it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetSpec {
    pub name: String,
    /// Old, new.
    pub sides: [SideSpec; 2],
    /// Report names. `None`: the sources' own key.
    pub key: Option<Vec<String>>,
    pub ignore: Vec<String>,
    /// Only these, if named.
    pub only: Option<Vec<String>>,
    /// By report name; `*` stands for every column without a table of its own.
    pub rules: IndexMap<String, ColumnRules>,
    pub gates: Gates,
    pub scope: Scope,
    pub allow_same_source: bool,
    pub recheck: Recheck,
    /// How long the sync may take to bring a change over.
    pub settle: Option<Settle>,
    /// What `rollback-check` has to know beside.
    pub rollback: RollbackSpec,
    /// Which rows are compared, where not all are.
    pub window: Option<Window>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SideSpec {
    pub source: Spec,
    /// The source's own name → report name.
    pub rename: IndexMap<String, String>,
    /// The sync that writes it, where it is watched.
    pub sync: Option<Sync>,
}

/// One dataset, ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetPlan {
    pub name: String,
    /// The compared columns: those of the key first, in the key's order, then
    /// the others in the old side's order.
    pub columns: Vec<PlanColumn>,
    /// How many of them are the key.
    pub key: usize,
    /// The stable text of what defines a canonical row (columns, types, rules,
    /// format version): the fingerprints' key. Not sources, tolerances or gates.
    pub definition: String,
    /// Report names of columns on one side only, in that side's order.
    pub only: [Vec<String>; 2],
    pub ignored: Vec<String>,
    /// Columns of both sides that are not compared because others are named.
    pub columns_left_out: Vec<String>,
    pub warnings: Vec<String>,
    pub gates: Gates,
    pub scope: Scope,
    pub allow_same_source: bool,
    /// How rows tell their age, where that matters.
    pub age: Option<Age>,
    /// How rows tell whether they are compared, where not all are.
    pub window: Option<WindowPlan>,
}

impl DatasetPlan {
    /// What one side is asked for that is not compared.
    pub fn beside(&self, side: Side) -> Option<&Want> {
        let age = self.age.as_ref()?;
        age.sides[side.index()].as_ref()?.want.as_ref()
    }

    /// What one side is asked for: the compared columns, in the plan's order, and
    /// what is read beside them.
    pub fn wants(&self, side: Side) -> Vec<Want> {
        let columns = self.columns.iter();
        let compared = columns.map(|column| column.wants[side.index()].clone());
        compared.chain(self.beside(side).cloned()).collect()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlanColumn {
    /// The report name.
    pub name: String,
    pub ty: Type,
    /// Old, new.
    pub wants: [Want; 2],
    pub pipelines: [Pipeline; 2],
    pub tolerance: Option<Tolerance>,
}

#[cfg(test)]
mod tests;
