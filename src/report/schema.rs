//! The JSON Schemas of report.json, rollback.json and what `pace` prints, generated
//! from the models, so that what is published can never say something else than
//! what is written.

use super::model::Report;
use super::pace::Pace;
use super::rollback::Rollback;

/// The schema as the text that is committed at `reports/report.schema.json`.
pub fn text() -> String {
    text_of(&schemars::schema_for!(Report))
}

/// The same of rollback.json: `reports/rollback.schema.json`.
pub fn rollback() -> String {
    text_of(&schemars::schema_for!(Rollback))
}

/// The same of `pace --format json`: `reports/pace.schema.json`.
pub fn pace() -> String {
    text_of(&schemars::schema_for!(Pace))
}

fn text_of(schema: &schemars::Schema) -> String {
    let mut text = serde_json::to_string_pretty(schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    fn committed(name: &str) -> std::path::PathBuf {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
        folder.join(name)
    }

    fn violations(report: &serde_json::Value) -> Vec<String> {
        violations_of(&text(), report)
    }

    fn violations_of(schema: &str, report: &serde_json::Value) -> Vec<String> {
        let schema = serde_json::from_str(schema).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        validator
            .iter_errors(report)
            .map(|error| error.to_string())
            .collect()
    }

    /// To write the schema anew after a change of the model:
    /// `SHADOWGATE_BLESS=1 cargo test --lib report::schema`.
    #[test]
    fn the_committed_schemas_are_the_models() {
        let all = [
            ("report.schema.json", text()),
            ("rollback.schema.json", rollback()),
            ("pace.schema.json", pace()),
        ];
        for (name, text) in all {
            if std::env::var_os("SHADOWGATE_BLESS").is_some() {
                std::fs::write(committed(name), &text).unwrap();
            }
            let committed = std::fs::read_to_string(committed(name)).unwrap();
            assert!(
                committed == text,
                "reports/{name} is stale: SHADOWGATE_BLESS=1 cargo test --lib report::schema"
            );
        }
    }

    #[test]
    fn rollbacks_keep_their_schema() {
        for rollback in crate::report::rollback::fixtures::all() {
            let value = serde_json::to_value(&rollback).unwrap();
            assert_eq!(
                violations_of(&super::rollback(), &value),
                Vec::<String>::new()
            );
            let back: Rollback = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(back, rollback);
            let mut wrong = value;
            wrong["answer"] = "maybe".into();
            assert_ne!(
                violations_of(&super::rollback(), &wrong),
                Vec::<String>::new()
            );
        }
    }

    #[test]
    fn reports_keep_the_schema() {
        for report in fixtures::all() {
            let value = serde_json::to_value(&report).unwrap();
            assert_eq!(violations(&value), Vec::<String>::new());
        }
    }

    #[test]
    fn what_is_no_report_breaks_the_schema() {
        let whole = serde_json::to_value(fixtures::failing()).unwrap();
        let mut renamed = whole.clone();
        let verdict = renamed.as_object_mut().unwrap().remove("verdict").unwrap();
        renamed["result"] = verdict;
        let mut unknown = whole.clone();
        unknown["datasets"][0]["verdict"] = "maybe".into();
        let mut negative = whole;
        negative["datasets"][0]["counts"]["missing"] = (-1).into();
        for wrong in [renamed, unknown, negative] {
            assert_ne!(violations(&wrong), Vec::<String>::new());
        }
    }
}
