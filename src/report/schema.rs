//! The JSON Schema of report.json, generated from the model, so that what is
//! published can never say something else than what is written.

use super::model::Report;

/// The schema as the text that is committed at `reports/report.schema.json`.
pub fn text() -> String {
    let schema = schemars::schema_for!(Report);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/report.schema.json");

    fn violations(report: &serde_json::Value) -> Vec<String> {
        let schema = serde_json::from_str(&text()).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        validator
            .iter_errors(report)
            .map(|error| error.to_string())
            .collect()
    }

    /// To write the schema anew after a change of the model:
    /// `SHADOWGATE_BLESS=1 cargo test --lib report::schema`.
    #[test]
    fn the_committed_schema_is_the_model() {
        if std::env::var_os("SHADOWGATE_BLESS").is_some() {
            std::fs::write(COMMITTED, text()).unwrap();
        }
        let committed = std::fs::read_to_string(COMMITTED).unwrap();
        assert!(
            committed == text(),
            "reports/report.schema.json is stale: SHADOWGATE_BLESS=1 cargo test --lib report::schema"
        );
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
