use std::path::Path;

use super::*;
use crate::gate::rollback::Fates;
use crate::plan::{self, SourceOptions};
use crate::report::fixtures;
use crate::secret::Secret;

fn spec() -> DatasetSpec {
    let options = SourceOptions {
        locations: ["old.csv", "new.csv"].map(|name| Some(Secret::new(name))),
        key: Some(vec!["property_number".to_owned()]),
        ..SourceOptions::default()
    };
    let asked = plan::asked(&options, &|_| None, Path::new(""));
    asked.expect("a plan").datasets.pop().expect("a dataset")
}

/// A comparison of two whole sides that found nothing, and what was seen of it.
fn seen(spec: &DatasetSpec, counted: Counted) -> Seen<'_> {
    let mut dataset = fixtures::passing().datasets.remove(0);
    dataset.counts.extra = 0;
    dataset.counts.differing = 0;
    dataset.columns_only_new.clear();
    Seen {
        spec,
        dataset,
        details: Details::default(),
        reasons: Vec::new(),
        identities: Default::default(),
        counted,
        rows_counted: [None; 2],
        as_of: Some("2026-11-26T03:12:09+09:00[Asia/Tokyo]".to_owned()),
        checks: Vec::new(),
    }
}

#[test]
fn what_was_seen_one_by_one_must_be_what_was_compared() {
    let spec = spec();
    let whole = seen(&spec, Counted::default());
    assert!(whole.agrees());
    assert_eq!(whole.model().1.answer, Answer::Safe);
    let more = Counted {
        differing: 1,
        fates: Fates {
            newer_in_old: 1,
            ..Fates::default()
        },
        ..Counted::default()
    };
    let mut wrong = seen(&spec, more);
    assert!(!wrong.agrees());
    wrong.reasons.push(wrong.disagreement());
    let (model, decision) = wrong.model();
    assert_eq!(decision.answer, Answer::CannotTell);
    assert!(
        model
            .sentence
            .contains("neither side was read whole (the comparison counts 0 extra"),
        "{}",
        model.sentence
    );
}

#[test]
fn a_row_without_a_key_is_never_known_to_be_kept() {
    let spec = spec();
    let mut unkeyed = seen(&spec, Counted::default());
    unkeyed.dataset.counts.unkeyed_new = 2;
    let (model, decision) = unkeyed.model();
    assert_eq!(decision.answer, Answer::CannotTell);
    assert_eq!(model.rows.unpaired, 2);
}
