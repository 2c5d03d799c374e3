//! Small datasets and schemas to resolve.

use indexmap::IndexMap;

use crate::compare::Scope;
use crate::compare::cells::Tolerance;
use crate::error::{Code, Failure};
use crate::gate::Gates;
use crate::normalise::Step;
use crate::plan::{
    ColumnRules, DatasetPlan, DatasetSpec, Recheck, RollbackSpec, SideSpec, resolve,
};
use crate::source::location::{Location, Spec};
use crate::source::{Column, Declared, Schema, Undeclared};
use crate::value::Type;
use crate::value::decimal::Decimal;

pub(super) fn side() -> SideSpec {
    let source = Spec::new(Location::Sqlite("a.db".into()));
    SideSpec {
        source,
        rename: IndexMap::new(),
        sync: None,
    }
}

pub(super) fn names(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

pub(super) fn spec(key: &str) -> DatasetSpec {
    DatasetSpec {
        name: "d".to_owned(),
        sides: [side(), side()],
        key: Some(names(key)).filter(|key| !key.is_empty()),
        ignore: Vec::new(),
        only: None,
        rules: IndexMap::new(),
        gates: Gates::default(),
        scope: Scope::All,
        allow_same_source: false,
        recheck: Recheck::default(),
        settle: None,
        rollback: RollbackSpec::default(),
        window: None,
    }
}

pub(super) fn with_rules(column: &str, rules: ColumnRules) -> DatasetSpec {
    let mut spec = spec("id");
    spec.rules.insert(column.to_owned(), rules);
    spec
}

pub(super) fn steps(steps: &[Step]) -> ColumnRules {
    ColumnRules {
        steps: steps.to_vec(),
        ..ColumnRules::default()
    }
}

pub(super) fn typed(ty: Type) -> ColumnRules {
    ColumnRules {
        ty: Some(ty),
        ..ColumnRules::default()
    }
}

pub(super) fn tolerance() -> ColumnRules {
    ColumnRules {
        tolerance: Some(Tolerance {
            absolute: Decimal::parse("0.5"),
            relative: None,
            anything: false,
        }),
        ..ColumnRules::default()
    }
}

/// `id int4, note text` declares; a name alone does not.
pub(super) fn schema(columns: &str, undeclared: Undeclared) -> Schema {
    let column = |text: &str| {
        let (name, ty) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        Column {
            name: name.to_owned(),
            declared: Type::parse(ty).map(|known| Declared {
                name: ty.to_owned(),
                ty: known,
            }),
        }
    };
    let columns = columns.split(',').filter(|text| !text.is_empty());
    Schema {
        columns: columns.map(column).collect(),
        undeclared,
        ..Schema::default()
    }
}

pub(super) fn table(columns: &str) -> Schema {
    schema(columns, Undeclared::Text)
}

pub(super) fn records(columns: &str) -> Schema {
    schema(columns, Undeclared::Json)
}

pub(super) fn plan(spec: &DatasetSpec, old: &Schema, new: &Schema) -> DatasetPlan {
    resolve(spec, [old, new]).expect("resolves")
}

pub(super) fn refused(spec: &DatasetSpec, old: &Schema, new: &Schema, code: Code) -> String {
    let failure: Failure = resolve(spec, [old, new]).expect_err("is refused");
    assert_eq!(failure.code, code, "{failure}");
    assert_eq!(failure.dataset.as_deref(), Some("d"));
    failure.why
}

pub(super) fn column_names(plan: &DatasetPlan) -> Vec<&str> {
    let columns = plan.columns.iter();
    columns.map(|column| column.name.as_str()).collect()
}

/// The type of column `x` for a pair of declarations.
pub(super) fn type_of(old: &Schema, new: &Schema) -> Type {
    plan(&spec("id"), old, new).columns[1].ty.clone()
}
