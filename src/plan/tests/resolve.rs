//! Schemas and a dataset in, a plan or its mistakes out.

use indexmap::IndexMap;

use crate::compare::cells::Tolerance;
use crate::error::{Code, Failure};
use crate::gate::Gates;
use crate::normalise::{Pipeline, Step, TimeUnit};
use crate::plan::{ColumnRules, DatasetPlan, DatasetSpec, SideSpec, resolve, resolve_key};
use crate::source::location::{Location, Spec, TextOptions};
use crate::source::{Column, Declared, Schema, Undeclared};
use crate::value::decimal::Decimal;
use crate::value::{Target, Type, json};

fn side() -> SideSpec {
    let source = Spec {
        location: Location::Sqlite("a.db".into()),
        table: None,
        query: None,
        filter: None,
        text: TextOptions::default(),
        sslrootcert: None,
        statement_timeout: Default::default(),
        lock_timeout: Default::default(),
        connect_timeout: Default::default(),
    };
    SideSpec {
        source,
        rename: IndexMap::new(),
    }
}

fn names(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn spec(key: &str) -> DatasetSpec {
    DatasetSpec {
        name: "d".to_owned(),
        sides: [side(), side()],
        key: Some(names(key)).filter(|key| !key.is_empty()),
        ignore: Vec::new(),
        only: None,
        rules: IndexMap::new(),
        gates: Gates::default(),
        allow_same_source: false,
    }
}

fn with_rules(column: &str, rules: ColumnRules) -> DatasetSpec {
    let mut spec = spec("id");
    spec.rules.insert(column.to_owned(), rules);
    spec
}

fn steps(steps: &[Step]) -> ColumnRules {
    ColumnRules {
        steps: steps.to_vec(),
        ..ColumnRules::default()
    }
}

fn typed(ty: Type) -> ColumnRules {
    ColumnRules {
        ty: Some(ty),
        ..ColumnRules::default()
    }
}

fn tolerance() -> ColumnRules {
    ColumnRules {
        tolerance: Some(Tolerance {
            absolute: Decimal::parse("0.5"),
            relative: None,
        }),
        ..ColumnRules::default()
    }
}

/// `id int4, note text` declares; a name alone does not.
fn schema(columns: &str, undeclared: Undeclared) -> Schema {
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

fn table(columns: &str) -> Schema {
    schema(columns, Undeclared::Text)
}

fn records(columns: &str) -> Schema {
    schema(columns, Undeclared::Json)
}

fn plan(spec: &DatasetSpec, old: &Schema, new: &Schema) -> DatasetPlan {
    resolve(spec, [old, new]).expect("resolves")
}

fn refused(spec: &DatasetSpec, old: &Schema, new: &Schema, code: Code) -> String {
    let failure: Failure = resolve(spec, [old, new]).expect_err("is refused");
    assert_eq!(failure.code, code, "{failure}");
    assert_eq!(failure.dataset.as_deref(), Some("d"));
    failure.why
}

fn column_names(plan: &DatasetPlan) -> Vec<&str> {
    let columns = plan.columns.iter();
    columns.map(|column| column.name.as_str()).collect()
}

/// The type of column `x` for a pair of declarations.
fn type_of(old: &Schema, new: &Schema) -> Type {
    plan(&spec("id"), old, new).columns[1].ty.clone()
}

#[test]
fn key_columns_come_first_then_the_old_sides_order() {
    let (old, new) = (table("z,b,a,id,gone"), table("id,fresh,a,b,z"));
    let resolved = plan(&spec("b id"), &old, &new);
    assert_eq!(column_names(&resolved), ["b", "id", "z", "a"]);
    assert_eq!(resolved.key, 2);
    assert_eq!(resolved.only, [names("gone"), names("fresh")]);
    let mut ignoring = spec("b id");
    ignoring.ignore = names("gone z");
    let resolved = plan(&ignoring, &old, &new);
    assert_eq!(column_names(&resolved), ["b", "id", "a"]);
    assert_eq!(resolved.only, [names(""), names("fresh")]);
    assert_eq!(resolved.ignored, names("gone z"));
    let mut only = spec("id");
    only.only = Some(names("a"));
    assert_eq!(column_names(&plan(&only, &old, &new)), ["id", "a"]);
    assert_eq!(
        column_names(&plan(&spec("id"), &table("id"), &table("id"))),
        ["id"]
    );
}

#[test]
fn renamed_columns_are_read_by_their_own_name() {
    let mut spec = spec("id");
    spec.sides[1]
        .rename
        .insert("Id".to_owned(), "id".to_owned());
    let resolved = plan(&spec, &table("id,x"), &table("x,Id"));
    let wants = &resolved.columns[0].wants;
    assert_eq!(
        (wants[0].name.as_str(), wants[1].name.as_str()),
        ("id", "Id")
    );
    spec.sides[1]
        .rename
        .insert("Idd".to_owned(), "y".to_owned());
    let why = refused(&spec, &table("id"), &table("Id,id"), Code::Config);
    assert_eq!(
        why,
        "rename: the new side has no column `Idd`; did you mean `Id`?\n\
         on the new side `Id` and `id` would both be called `id`"
    );
}

#[test]
fn a_swap_of_names_is_no_collision() {
    let mut spec = spec("id");
    for (from, to) in [("x", "y"), ("y", "x")] {
        spec.sides[1].rename.insert(from.to_owned(), to.to_owned());
    }
    let resolved = plan(&spec, &table("id,x,y"), &table("id,x,y"));
    assert_eq!(resolved.columns[1].wants[1].name, "y");
}

#[test]
fn the_sources_own_key_is_used_where_none_is_given() {
    let keyed = |columns: &str, key: &str| Schema {
        key: Some(names(key)),
        ..table(columns)
    };
    let open = spec("");
    let both = plan(&open, &keyed("a,b", "a b"), &keyed("b,a", "b a"));
    assert_eq!(column_names(&both), ["a", "b"]);
    assert_eq!(plan(&open, &table("a,b"), &keyed("a,b", "b")).key, 1);
    let why = refused(&open, &keyed("a,b", "a"), &keyed("a,b", "b"), Code::Usage);
    assert_eq!(why, "the old side's key is a and the new side's is b");
    let why = refused(&open, &keyed("a,b", "a"), &table("b"), Code::Usage);
    assert!(
        why.contains("`a`, which the new side does not have"),
        "{why}"
    );
    let none = (table("a"), table("a"));
    assert_eq!(resolve_key(&open, [&none.0, &none.1]), Ok(None));
    assert!(refused(&open, &none.0, &none.1, Code::Usage).contains("no key"));
    let mut renamed = spec("");
    renamed.sides[1]
        .rename
        .insert("pk".to_owned(), "a".to_owned());
    assert_eq!(plan(&renamed, &keyed("a", "a"), &keyed("pk", "pk")).key, 1);
}

#[test]
fn all_unknown_names_are_told_at_once() {
    let mut spec = with_rules("prise", typed(Type::Numeric));
    spec.key = Some(names("idd idd"));
    spec.ignore = names("nothing");
    spec.only = Some(names("titel"));
    let tables = table("id,price,title");
    assert_eq!(
        refused(&spec, &tables, &tables, Code::Config),
        "key names `idd`, which neither side has; did you mean `id`?\n\
         key names `idd` twice\n\
         ignore names `nothing`, which neither side has\n\
         columns names `titel`, which neither side has; did you mean `title`?\n\
         the rules names `prise`, which neither side has; did you mean `price`?"
    );
}

#[test]
fn a_key_must_be_on_both_sides_and_not_ignored() {
    let mut ignored = spec("id");
    ignored.ignore = names("id");
    let why = refused(&ignored, &table("id"), &table("id"), Code::Config);
    assert!(why.contains("cannot be ignored"));
    let why = refused(&spec("id"), &table("id"), &table("ID"), Code::Config);
    assert_eq!(
        why,
        "key names `id`, which the new side does not have; did you mean `ID`?"
    );
}

#[test]
fn types_are_declared_or_configured_or_text() {
    let declared = |ty: &str| table(&format!("id,x {ty}"));
    let text = table("id,x");
    assert_eq!(
        type_of(&declared("int4"), &declared("numeric")),
        Type::Numeric
    );
    assert_eq!(type_of(&declared("int4"), &text), Type::Int4);
    assert_eq!(type_of(&text, &declared("json")), Type::Jsonb);
    assert_eq!(type_of(&declared("json"), &declared("json")), Type::Jsonb);
    assert_eq!(type_of(&text, &text), Type::Text);
    assert_eq!(type_of(&records("id,x"), &text), Type::Text);
    assert_eq!(type_of(&records("id,x"), &records("id,x")), Type::Jsonb);
    assert_eq!(type_of(&records("id,x"), &declared("uuid")), Type::Uuid);
    let configured = with_rules("x", typed(Type::Date));
    let resolved = plan(&configured, &declared("timestamp"), &declared("text"));
    assert_eq!(resolved.columns[1].ty, Type::Date);
    let every = with_rules("*", typed(Type::Text));
    let resolved = plan(&every, &declared("int4"), &declared("text"));
    assert_eq!(resolved.columns[1].ty, Type::Text);
}

#[test]
fn types_that_cannot_agree_are_all_named() {
    let old = table("id int4,x int4,y timestamp,z text");
    let new = table("id int8,x text,y timestamptz,z text");
    assert_eq!(
        refused(&spec("id"), &old, &new, Code::TypesDisagree),
        "`x` is int4 on the old side and text on the new\n\
         `y` is timestamp on the old side and timestamptz on the new"
    );
    let failure = resolve(&spec("id"), [&old, &new]).expect_err("disagree");
    assert!(failure.next.contains("[datasets.d.columns.NAME]"));
}

#[test]
fn a_server_is_asked_for_text_only_where_its_binary_form_does_not_lead_there() {
    let spec = with_rules("x", typed(Type::TimestampTz));
    let resolved = plan(&spec, &table("id,x timestamp"), &table("id,x timestamptz"));
    let column = &resolved.columns[1];
    assert_eq!(
        column.wants.each_ref().map(|want| want.as_text),
        [true, false]
    );
    let target = Target {
        ty: Type::TimestampTz,
        zone: None,
    };
    let expected = [Type::Text, Type::TimestampTz]
        .map(|wire| Pipeline::new(Some(wire), target.clone(), Vec::new()));
    assert_eq!(column.pipelines, expected);
}

#[test]
fn rules_fit_their_types_or_are_refused() {
    let tables = table("id,n numeric,t timestamp,d date,j jsonb,a text[],s text,at time");
    let plan_of = |column: &str, rules| resolve(&with_rules(column, rules), [&tables, &tables]);
    for (step, good, bad) in [
        (Step::Round(2), "n", "s"),
        (Step::TruncateTime(TimeUnit::Day), "t", "at"),
        (Step::TruncateTime(TimeUnit::Second), "at", "d"),
        (Step::SortArray, "a", "s"),
        (Step::SortArray, "j", "n"),
        (
            Step::JsonIgnore(vec![json::Path::parse("a").expect("a path")]),
            "j",
            "a",
        ),
    ] {
        assert!(
            plan_of(good, steps(std::slice::from_ref(&step))).is_ok(),
            "{step:?}"
        );
        let failure = plan_of(bad, steps(&[step])).expect_err(bad);
        assert_eq!(failure.code, Code::Config);
        assert!(
            failure.why.starts_with(&format!("`{bad}` is ")),
            "{failure}"
        );
    }
    assert!(
        plan_of("n", tolerance()).expect("fits").columns[1]
            .tolerance
            .is_some()
    );
    let why = plan_of("s", tolerance()).expect_err("text").why;
    assert_eq!(why, "`s` is text: a tolerance is for numbers");
    let why = plan_of("id", tolerance()).expect_err("key").why;
    assert_eq!(why, "`id` is text: a key has no tolerance");
}

#[test]
fn rules_of_every_column_apply_where_they_fit_and_a_columns_own_replace_them() {
    let every = ColumnRules {
        steps: vec![Step::Round(2), Step::Trim],
        ..tolerance()
    };
    let mut spec = with_rules("*", every);
    spec.rules
        .insert("own".to_owned(), steps(&[Step::Lowercase]));
    let (old, new) = (table("id int4,n,s,own"), table("id int4,n numeric,s,own"));
    let resolved = plan(&spec, &old, &new);
    let of = |index: usize| resolved.columns[index].pipelines[0].steps().to_vec();
    assert_eq!(of(0), [Step::Round(2)], "typed cells are not trimmed");
    assert_eq!(of(1), [Step::Trim, Step::Round(2)], "text steps come first");
    assert_eq!(of(2), [Step::Trim]);
    assert_eq!(of(3), [Step::Lowercase]);
    let tolerant = resolved
        .columns
        .iter()
        .map(|column| column.tolerance.is_some());
    assert_eq!(tolerant.collect::<Vec<_>>(), [false, true, false, false]);
}

#[test]
fn pipelines_know_what_the_wire_carries() {
    let resolved = plan(&spec("id"), &table("id int4,x"), &table("id int8,x text"));
    let target = |ty| Target { ty, zone: None };
    let expected = [Type::Int4, Type::Int8]
        .map(|wire| Pipeline::new(Some(wire), target(Type::Numeric), Vec::new()));
    assert_eq!(resolved.columns[0].pipelines, expected);
    let expected =
        [None, Some(Type::Text)].map(|wire| Pipeline::new(wire, target(Type::Text), Vec::new()));
    assert_eq!(resolved.columns[1].pipelines, expected);
}

#[test]
fn the_definition_is_of_columns_types_and_rules_only() {
    let of =
        |spec: &DatasetSpec, old: &Schema| plan(spec, old, &table("id int4,x text")).definition;
    let base = of(&spec("id"), &table("id int4,x text"));
    assert_eq!(
        base,
        "shadowgate canonical row v1\nkey \"id\" integer\ncolumn \"x\" text\n"
    );
    assert_eq!(of(&spec("id"), &records("x,id")), base, "not of sources");
    let mut gated = spec("id");
    gated.gates.match_rate = None;
    gated.allow_same_source = true;
    assert_eq!(of(&gated, &table("id int4,x text")), base);
    let ruled = of(
        &with_rules("x", steps(&[Step::Trim])),
        &table("id int4,x text"),
    );
    assert!(ruled.ends_with("column \"x\" text | trim\n"), "{ruled}");
}

#[test]
fn records_that_are_not_there_may_have_any_column() {
    let resolved = plan(&spec("id"), &records(""), &records("id,x"));
    assert_eq!(column_names(&resolved), ["id", "x"]);
    assert_eq!(resolved.only, [names(""), names("")]);
    assert_eq!(
        column_names(&plan(&spec("id"), &records(""), &records(""))),
        ["id"]
    );
    refused(&spec(""), &records(""), &records(""), Code::NothingCompared);
    let why = refused(&spec("id"), &table(""), &table("id"), Code::Config);
    assert!(why.contains("the old side does not have"), "{why}");
}

#[test]
fn what_is_compared_by_text_is_warned_of() {
    let by_text = Schema {
        columns: vec![Column {
            name: "id".to_owned(),
            declared: Some(Declared {
                name: "tsvector".to_owned(),
                ty: Type::ByText("tsvector".to_owned()),
            }),
        }],
        ..Schema::default()
    };
    let resolved = plan(&spec("id"), &by_text, &by_text);
    assert_eq!(
        resolved.warnings,
        ["`id` is of type tsvector, which is compared by the server's text for it"]
    );
}
