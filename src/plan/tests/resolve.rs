//! Names: which columns are compared, by what key, under what definition.

use super::kit::*;
use crate::error::Code;
use crate::gate::Share;
use crate::normalise::Step;
use crate::plan::{DatasetSpec, resolve_key};
use crate::source::{Column, Declared, Schema};
use crate::value::Type;

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
         a rule names `prise`, which neither side has; did you mean `price`?"
    );
}

#[test]
fn a_gate_on_a_column_that_is_not_compared_is_refused() {
    let mut ignored = spec("id");
    ignored.ignore = names("price");
    ignored.gates.columns = vec![("price".to_owned(), Share::parse("100%").unwrap())];
    let tables = table("id,price,title");
    let why = refused(&ignored, &tables, &tables, Code::Config);
    assert_eq!(why, "gates.columns names `price`, which is not compared");
    let mut chosen = spec("id");
    chosen.gates.columns = ignored.gates.columns.clone();
    chosen.only = Some(names("title"));
    assert_eq!(refused(&chosen, &tables, &tables, Code::Config), why);
    chosen.gates.columns[0].0 = "id".to_owned();
    assert_eq!(plan(&chosen, &tables, &tables).key, 1);
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
