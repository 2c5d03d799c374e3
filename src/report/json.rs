//! report.json and its like: the model itself, for scripts and for later runs.

use std::io::{self, Write};

use serde::Serialize;

/// Writes a model as indented JSON with one trailing newline. Fields stand in
/// the model's order, so equal reports are equal byte for byte.
pub fn write(report: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::super::model::Report;
    use super::*;

    fn text(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report_survives_its_json() {
        for report in fixtures::all() {
            let text = text(&report);
            let back: Report = serde_json::from_str(&text).unwrap();
            assert_eq!(back, report);
        }
    }

    #[test]
    fn failing() {
        insta::assert_snapshot!(text(&fixtures::failing()));
    }

    #[test]
    fn passing() {
        insta::assert_snapshot!(text(&fixtures::passing()));
    }

    #[test]
    fn inconclusive() {
        insta::assert_snapshot!(text(&fixtures::inconclusive()));
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let mut full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let error = write(&fixtures::failing(), &mut full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
