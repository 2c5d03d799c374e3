//! What the newest finished report in a folder says of how long reading took.

use std::fs;
use std::path::Path;

use super::model::{Receipt, Report};
use crate::error::Side;

/// One side of a dataset as a report tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub dataset: String,
    pub side: Side,
    pub rows: u64,
    /// From the request to the end of the stream, waiting too.
    pub seconds: f64,
}

/// The sides that were read whole by the run that `latest` points to; none where
/// there is none, or another version wrote it.
pub fn readings(dir: &Path) -> Vec<Reading> {
    let text = fs::read(dir.join("latest/report.json")).unwrap_or_default();
    let Ok(report) = serde_json::from_slice::<Report>(&text) else {
        return Vec::new();
    };
    let mut readings = Vec::new();
    for dataset in &report.datasets {
        let sides = [(Side::Old, &dataset.old), (Side::New, &dataset.new)];
        for (side, receipt) in sides.into_iter().filter(|(_, side)| is_telling(side)) {
            readings.push(Reading {
                dataset: dataset.name.clone(),
                side,
                rows: receipt.rows,
                seconds: receipt.seconds + receipt.seconds_waiting.unwrap_or(0.0),
            });
        }
    }
    readings
}

fn is_telling(receipt: &Receipt) -> bool {
    receipt.complete && receipt.rows > 0
}

#[cfg(test)]
mod tests {
    use super::super::{fixtures, writer};
    use super::*;

    #[test]
    fn sides_that_were_read_whole_tell_how_fast_they_were() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(readings(dir.path()), []);
        let mut report = fixtures::failing();
        report.datasets[0].old.complete = true;
        report.datasets[0].old.rows = 1000;
        report.datasets[0].old.seconds = 2.0;
        report.datasets[0].old.seconds_waiting = Some(0.5);
        report.datasets[0].new.complete = false;
        report.datasets.truncate(1);
        writer::save(dir.path(), writer::Mode::default(), &report, &[]).unwrap();
        let old = Reading {
            dataset: report.datasets[0].name.clone(),
            side: Side::Old,
            rows: 1000,
            seconds: 2.5,
        };
        assert_eq!(readings(dir.path()), [old]);
        fs::write(dir.path().join("latest/report.json"), "{}").unwrap();
        assert_eq!(readings(dir.path()), []);
    }
}
