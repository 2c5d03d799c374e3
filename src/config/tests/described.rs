//! What the README says of the configuration.

use super::super::{
    RecheckTable, TOP, column, command, dataset, gates, limits, recheck, rest, rollback, sync,
    window,
};

/// A field that can be written but is nowhere described is as good as missing.
#[test]
fn every_field_is_described_in_the_readme() {
    let readme = include_str!("../../../README.md");
    let start = readme.find("## Configuration").expect("its chapter");
    let chapter = &readme[start..];
    let chapter = &chapter[..chapter.find("## The report").expect("the next one")];
    let tables: [&[&str]; 14] = [
        &TOP,
        &dataset::DATASET,
        &dataset::SIDE,
        &RecheckTable::FIELDS,
        &recheck::SETTLE,
        &limits::FIELDS,
        &rest::FIELDS,
        &command::FIELDS,
        &sync::FIELDS,
        &window::FIELDS,
        &rollback::ROLLBACK,
        &column::FIELDS,
        &gates::GATES,
        &["old", "new"],
    ];
    let fields = tables.concat();
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric() && !"_-".contains(c));
        words.map(str::to_owned).collect()
    };
    let code = chapter.split('`').skip(1).step_by(2);
    let described: Vec<String> = code.flat_map(words).collect();
    let is_missing = |field: &&&str| !described.iter().any(|word| word == **field);
    let missing: Vec<_> = fields.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "not in the README: {missing:?}");
}
