//! Hand-built reports for the renderers' tests: Japanese listings that fail, that
//! pass, that could not be verified, and several datasets at once.

use indexmap::IndexMap;

use super::model::*;
use crate::error::{Code, Side};
use crate::gate::{Finding, Verdict};

pub fn all() -> [Report; 4] {
    [failing(), passing(), inconclusive(), several()]
}

fn values(pairs: &[(&str, Option<&str>)]) -> Values {
    pairs
        .iter()
        .map(|(name, value)| (name.to_string(), value.map(str::to_owned)))
        .collect()
}

fn key(number: &str) -> Values {
    values(&[("property_number", Some(number))])
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn column(name: &str, ty: &str, causes: &[(&str, u64)], examples: Vec<Example>) -> Column {
    Column {
        name: name.to_owned(),
        ty: ty.to_owned(),
        differing: causes.iter().map(|(_, count)| count).sum(),
        tolerated: 0,
        causes: causes
            .iter()
            .map(|(cause, count)| (cause.to_string(), *count))
            .collect(),
        rules: Vec::new(),
        examples,
    }
}

fn example(number: &str, old: Option<&str>, new: Option<&str>, cause: &str) -> Example {
    Example {
        key: key(number),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
        cause: cause.to_owned(),
    }
}

fn pair(column: &str, old: Option<&str>, new: Option<&str>, cause: &str) -> CellPair {
    CellPair {
        column: column.to_owned(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
        cause: cause.to_owned(),
    }
}

fn one_sided(number: &str, title: &str, price: Option<&str>, remarks: Option<&str>) -> OneSided {
    OneSided {
        key: key(number),
        row: values(&[
            ("property_number", Some(number)),
            ("title", Some(title)),
            ("price", price),
            ("remarks", remarks),
        ]),
    }
}

fn gate(
    name: &str,
    required: &str,
    observed: Option<&str>,
    verdict: Verdict,
    why: &str,
) -> Finding {
    Finding {
        name: name.to_owned(),
        required: required.to_owned(),
        observed: observed.map(str::to_owned),
        verdict,
        why: why.to_owned(),
    }
}

fn receipt(location: &str, engine: &str, rows: u64, complete: bool) -> Receipt {
    Receipt {
        location: location.to_owned(),
        relation: (engine != "jsonl").then(|| "property_listings".to_owned()),
        engine: engine.to_owned(),
        rows,
        rows_claimed: complete.then_some(rows),
        complete,
        snapshot: (engine == "postgres").then(|| "00000003-0000001B-1".to_owned()),
        digest: Some(format!("{rows:032x}")),
        bytes: rows * 331,
        seconds: 0.25,
        seconds_to_first_row: 0.0078125,
        rows_per_second: rows * 4,
    }
}

fn run(id: &str) -> Run {
    Run {
        id: id.to_owned(),
        started: "2026-11-25T02:31:41.120Z".to_owned(),
        finished: "2026-11-25T02:31:41.870Z".to_owned(),
        version: "0.1.0".to_owned(),
        config: Some("shadowgate.toml".to_owned()),
        config_hash: "9b74c9897bac770ffc029102a200c5de".to_owned(),
    }
}

/// What the truncated rate of `matched` in `keys` is, in percent.
fn rate(matched: u64, keys: u64) -> Option<MatchRate> {
    let hundredths = matched * 10_000 / keys;
    Some(MatchRate {
        numerator: matched,
        denominator: keys,
        percent: format!("{}.{:02}", hundredths / 100, hundredths % 100),
    })
}

fn samples() -> Samples {
    Samples {
        differing: vec![
            Differing {
                key: key("R-0012"),
                cells: vec![
                    pair("price", Some("128000"), Some("12800"), "truncation"),
                    pair(
                        "title",
                        Some("青山ｺｰﾄ 101"),
                        Some("青山コート 101"),
                        "unicode_form",
                    ),
                ],
            },
            Differing {
                key: key("R-0044"),
                cells: vec![
                    pair("remarks", Some(""), None, "null"),
                    pair(
                        "updated_at",
                        Some("2026-10-01 09:00:00+00"),
                        Some("2026-10-01 00:00:00+00"),
                        "hour_shift",
                    ),
                ],
            },
            Differing {
                key: key("R-0101"),
                cells: vec![pair(
                    "remarks",
                    Some("=HYPERLINK(\"http://x\")\n駅近"),
                    Some("東京都渋谷区神宮前三丁目十五番地の一"),
                    "value",
                )],
            },
        ],
        missing: vec![
            one_sided("R-0007", "メゾン代々木", Some("98000"), None),
            one_sided("R-0300", "ハイツ「桜」, 2F", None, Some("")),
        ],
        extra: vec![one_sided(
            "R-9001",
            "テスト物件",
            Some("-5"),
            Some("+81-3-1234-5678"),
        )],
        duplicated: vec![Duplicated {
            key: key("R-0150"),
            old: 1,
            new: 2,
        }],
        unreadable: vec![UnreadableCell {
            side: Side::New,
            key: key("R-0201"),
            column: "price".to_owned(),
            text: "応相談\u{1b}[31m".to_owned(),
        }],
    }
}

fn columns() -> Vec<Column> {
    let mut title = column(
        "title",
        "text",
        &[("unicode_form", 3), ("whitespace", 1)],
        vec![
            example(
                "R-0012",
                Some("青山ｺｰﾄ 101"),
                Some("青山コート 101"),
                "unicode_form",
            ),
            example(
                "R-0090",
                Some("南平台　レジデンス"),
                Some("南平台 レジデンス"),
                "whitespace",
            ),
        ],
    );
    title.rules = vec![RuleCount {
        rule: "trim".to_owned(),
        old: 37,
        new: 0,
    }];
    let mut price = column(
        "price",
        "numeric",
        &[("truncation", 1), ("value", 1), ("unreadable", 1)],
        vec![
            example("R-0012", Some("128000"), Some("12800"), "truncation"),
            example(
                "R-0201",
                Some("99000"),
                Some("応相談\u{1b}[31m"),
                "unreadable",
            ),
        ],
    );
    price.tolerated = 2;
    vec![
        column("property_number", "text", &[], vec![]),
        title,
        price,
        column(
            "remarks",
            "text",
            &[("null", 1), ("value", 1)],
            vec![
                example("R-0044", Some(""), None, "null"),
                example(
                    "R-0101",
                    Some("=HYPERLINK(\"http://x\")\n駅近"),
                    Some("東京都渋谷区神宮前三丁目十五番地の一"),
                    "value",
                ),
            ],
        ),
        column(
            "updated_at",
            "timestamp with time zone",
            &[("hour_shift", 1)],
            vec![example(
                "R-0044",
                Some("2026-10-01 09:00:00+00"),
                Some("2026-10-01 00:00:00+00"),
                "hour_shift",
            )],
        ),
    ]
}

fn failing_listings() -> Dataset {
    Dataset {
        name: "listings".to_owned(),
        verdict: Verdict::Fail,
        key: strings(&["property_number"]),
        counts: Counts {
            old_rows: 1411,
            new_rows: 1411,
            old_keys: 1411,
            new_keys: 1410,
            matched: 1401,
            tolerated: 2,
            equal_by_rules: 37,
            differing: 7,
            missing: 2,
            extra: 1,
            duplicated: 1,
            duplicated_new: 1,
            unreadable_new: 1,
            ..Counts::default()
        },
        match_rate: rate(1401, 1412),
        columns: columns(),
        columns_only_old: strings(&["legacy_flag"]),
        columns_only_new: Vec::new(),
        ignored: strings(&["synced_at"]),
        warnings: strings(&["column geo is compared by its text: no rule is known for its type"]),
        gates: vec![
            gate(
                "match_rate",
                ">= 99.5%",
                Some("99.22%"),
                Verdict::Fail,
                "99.22 % of 1412 keys match; 99.5 % is required",
            ),
            gate(
                "duplicated",
                "<= 0",
                Some("1"),
                Verdict::Fail,
                "1 key occurs more than once; none may",
            ),
            gate(
                "unkeyed",
                "<= 0",
                Some("0"),
                Verdict::Pass,
                "every row has a key",
            ),
            gate(
                "schema",
                "same",
                Some("1 column on one side only"),
                Verdict::Fail,
                "legacy_flag is only in old",
            ),
            gate(
                "min_rows",
                ">= 1",
                Some("1411"),
                Verdict::Pass,
                "both sides have rows",
            ),
        ],
        samples: samples(),
        old: receipt("sqlite:fixtures/listings_old.db", "sqlite", 1411, true),
        new: receipt("fixtures/listings_new.jsonl", "jsonl", 1411, true),
    }
}

/// Listings with a defect of each kind.
pub fn failing() -> Report {
    let reason = |why: &str, next: &str| Reason {
        code: Code::GateBroken,
        dataset: Some("listings".to_owned()),
        side: None,
        transient: false,
        why: why.to_owned(),
        next: next.to_owned(),
    };
    Report {
        schema_version: SCHEMA_VERSION,
        verdict: Verdict::Fail,
        exit_code: 1,
        run: run("20261125-023141-9f3a0c"),
        reasons: vec![
            reason(
                "99.22 % of 1412 keys match; 99.5 % is required",
                "mend the rows in differences.csv",
            ),
            reason(
                "1 key occurs more than once; none may",
                "see duplicates.csv",
            ),
            reason(
                "legacy_flag is only in old",
                "add it to the new side, or ignore it with --ignore legacy_flag",
            ),
        ],
        datasets: vec![failing_listings()],
    }
}

fn passing_listings() -> Dataset {
    Dataset {
        verdict: Verdict::Pass,
        counts: Counts {
            old_rows: 1_000_000,
            new_rows: 999_996,
            old_keys: 1_000_000,
            new_keys: 999_996,
            matched: 999_990,
            differing: 6,
            missing: 4,
            ..Counts::default()
        },
        match_rate: rate(999_990, 1_000_000),
        columns: vec![
            column("property_number", "text", &[], vec![]),
            column(
                "price",
                "numeric",
                &[("value", 6)],
                vec![example("R-0012", Some("128000"), Some("129000"), "value")],
            ),
        ],
        columns_only_old: Vec::new(),
        ignored: Vec::new(),
        warnings: Vec::new(),
        gates: vec![
            gate(
                "match_rate",
                ">= 99%",
                Some("99.99%"),
                Verdict::Pass,
                "99.99 % of 1000000 keys match; 99 % is required",
            ),
            gate(
                "duplicated",
                "<= 0",
                Some("0"),
                Verdict::Pass,
                "no key occurs more than once",
            ),
        ],
        samples: Samples {
            differing: vec![Differing {
                key: key("R-0012"),
                cells: vec![pair("price", Some("128000"), Some("129000"), "value")],
            }],
            missing: vec![one_sided("R-0007", "メゾン代々木", Some("98000"), None)],
            ..Samples::default()
        },
        old: receipt(
            "postgres://reader@old.example/listings",
            "postgres",
            1_000_000,
            true,
        ),
        new: receipt(
            "postgres://reader@new.example/listings",
            "postgres",
            999_996,
            true,
        ),
        ..failing_listings()
    }
}

/// A million listings that match but for a few.
pub fn passing() -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        verdict: Verdict::Pass,
        exit_code: 0,
        run: run("20261125-023500-00ab12"),
        reasons: Vec::new(),
        datasets: vec![passing_listings()],
    }
}

fn cut_listings() -> Dataset {
    Dataset {
        verdict: Verdict::Inconclusive,
        counts: Counts {
            old_rows: 1411,
            old_keys: 1411,
            new_rows: 250,
            new_keys: 250,
            matched: 250,
            ..Counts::default()
        },
        match_rate: None,
        columns: vec![
            column("property_number", "text", &[], vec![]),
            column("title", "text", &[], vec![]),
        ],
        columns_only_old: Vec::new(),
        ignored: Vec::new(),
        warnings: Vec::new(),
        gates: vec![
            gate(
                "match_rate",
                ">= 99%",
                None,
                Verdict::Inconclusive,
                "the new side was not read to its end",
            ),
            gate(
                "duplicated",
                "<= 0",
                Some("0"),
                Verdict::Inconclusive,
                "the new side was not read to its end",
            ),
        ],
        samples: Samples::default(),
        old: receipt("sqlite:fixtures/listings_old.db", "sqlite", 1411, true),
        new: receipt("fixtures/listings_new.jsonl", "jsonl", 250, false),
        ..failing_listings()
    }
}

/// The new side's stream ended in the middle.
pub fn inconclusive() -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        verdict: Verdict::Inconclusive,
        exit_code: 3,
        run: run("20261125-024000-c0ffee"),
        reasons: vec![Reason {
            code: Code::SourceCut,
            dataset: Some("listings".to_owned()),
            side: Some(Side::New),
            transient: true,
            why: "the stream ended in the middle of line 251 (byte 82113)".to_owned(),
            next: "run again; if it ends there again, write the file anew".to_owned(),
        }],
        datasets: vec![cut_listings()],
    }
}

/// One dataset of each verdict.
pub fn several() -> Report {
    let agents = Dataset {
        name: "agents".to_owned(),
        ..passing_listings()
    };
    let stations = Dataset {
        name: "駅".to_owned(),
        ..cut_listings()
    };
    let mut reasons = failing().reasons;
    reasons.extend(inconclusive().reasons.into_iter().map(|reason| Reason {
        dataset: Some("駅".to_owned()),
        ..reason
    }));
    Report {
        run: run("20261125-024500-5e7e4a"),
        reasons,
        datasets: vec![failing_listings(), agents, stations],
        ..failing()
    }
}

/// The details of [`several`].
pub fn details() -> Vec<Details> {
    let of = |dataset: Dataset| Details {
        dataset: dataset.name,
        key: dataset.key,
        columns: dataset
            .columns
            .into_iter()
            .map(|column| column.name)
            .collect(),
        samples: dataset.samples,
    };
    let mut several: Vec<_> = several().datasets.into_iter().map(of).collect();
    let with_absent = IndexMap::from([
        ("property_number".to_owned(), Some("A\"1".to_owned())),
        ("branch".to_owned(), None),
    ]);
    several[1].samples.extra.push(OneSided {
        key: with_absent.clone(),
        row: with_absent,
    });
    several
}
