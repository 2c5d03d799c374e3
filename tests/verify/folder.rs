//! The report's folder: its files, their modes, and what their cells look like.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::SAME;
use super::common::{Lab, array, reports};

#[test]
fn a_report_is_a_folder_for_its_owner() {
    let lab = Lab::csv(SAME, "id,name,price\n1,a,10\n");
    let mode = |name: &str| {
        let path = lab.path("reports/latest").join(name);
        std::fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    let files = [
        "differences.csv",
        "duplicates.csv",
        "extra.csv",
        "missing.csv",
        "report.json",
    ];
    let ran = lab.by_id(&["--format", "json"]).exits(1);
    assert_eq!(mode(""), 0o700);
    let folder = lab.path("reports/latest");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .expect("a folder")
        .flatten()
        .collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    assert_eq!(
        names
            .iter()
            .map(|name| name.file_name())
            .collect::<Vec<_>>(),
        files
    );
    files
        .iter()
        .for_each(|name| assert_eq!(mode(name), 0o600, "{name}"));
    assert_eq!(ran.stdout, ran.saved("report.json"));
    let first = std::fs::read_link(lab.path("reports/latest")).expect("a link");
    assert_eq!(
        first.to_str(),
        ran.json()["run"]["id"].as_str(),
        "relative, to the run"
    );
    let ran = lab
        .by_id(&["--report-mode", "0640", "--format", "json"])
        .exits(1);
    assert_eq!(
        (mode(""), mode("report.json"), mode("extra.csv")),
        (0o750, 0o640, 0o640)
    );
    let second = std::fs::read_link(lab.path("reports/latest")).expect("a link");
    assert_eq!(second.to_str(), ran.json()["run"]["id"].as_str());
    assert_ne!(first, second);
    assert_eq!(
        reports(&lab.path("")).len(),
        3,
        "two runs and the link, nothing else"
    );
    let ran = lab.by_id(&["--report-mode", "0400"]).exits(2);
    assert!(
        ran.stdout.is_empty() && ran.stderr.contains("0400"),
        "{}",
        ran.stderr
    );
}

#[test]
fn runs_that_end_at_the_same_time_each_leave_a_report() {
    let lab = Lab::csv(SAME, SAME);
    let runs: Vec<_> = (0..8)
        .map(|_| {
            let mut command = lab.command();
            command.args(["verify", "--quiet", "old.csv", "new.csv", "--key", "id"]);
            command.arg("--no-lock");
            command.stdout(std::process::Stdio::null());
            command.spawn().expect("the binary runs")
        })
        .collect();
    for mut run in runs {
        assert_eq!(run.wait().expect("it ends").code(), Some(0));
    }
    let left = reports(&lab.path(""));
    assert_eq!(left.len(), 9, "eight runs and the link: {left:?}");
    assert!(lab.path("reports/latest/report.json").exists());
}

#[test]
fn null_and_the_empty_text_stay_apart_in_detail_files() {
    let lab = Lab::csv(
        "id,v\n1,\n2,\"\"\n3,NULL\n",
        "id,v\n1,\"\"\n2,\n3,\n4,\n5,\"\"\n",
    );
    let ran = lab.by_id(&[]).exits(1);
    assert_eq!(
        ran.saved("differences.csv"),
        "dataset,key,column,old,new,cause\n\
         dataset,\"{\"\"id\"\":\"\"1\"\"}\",v,,\"\",null\n\
         dataset,\"{\"\"id\"\":\"\"2\"\"}\",v,\"\",,null\n\
         dataset,\"{\"\"id\"\":\"\"3\"\"}\",v,NULL,,null\n"
    );
    let extra = ran.saved("extra.csv");
    assert!(
        extra.contains(r#"""v"":null"#) && extra.contains(r#"""v"":"""""#),
        "{extra}"
    );
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_neutralised() {
    let runs = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"];
    let rows = |prefix: &str| -> String {
        let rows = runs.iter().enumerate();
        let rows = rows.map(|(id, cell)| format!("{id},\"{cell}{prefix}\"\n"));
        "id,v\n".to_owned() + &rows.collect::<String>()
    };
    let lab = Lab::csv(&rows("x"), &rows("y"));
    let ran = lab.by_id(&[]).exits(1);
    let file = ran.saved("differences.csv");
    for cell in runs {
        let (old, new) = (format!("'{cell}x"), format!("'{cell}y"));
        assert!(file.contains(&old) && file.contains(&new), "{cell}: {file}");
    }
    // The report itself holds the value as it is.
    let report = ran.saved_report();
    assert_eq!(
        report["datasets"][0]["samples"]["differing"][0]["cells"][0]["old"],
        "=1+1x"
    );
}

#[test]
fn detail_files_hold_the_smallest_keys_up_to_the_cap() {
    let rows = |value: &str, order: &mut dyn Iterator<Item = u32>| -> String {
        let rows = order.map(|id| format!("{id:03},{value}\n"));
        "id,v\n".to_owned() + &rows.collect::<String>()
    };
    let lab = Lab::csv(&rows("a", &mut (0..200).rev()), &rows("b", &mut (100..300)));
    let ran = lab.by_id(&["--max-details", "30"]).exits(1);
    let keys = |file: &str| -> Vec<String> {
        let file = ran.saved(file);
        let lines = file.lines().skip(1);
        lines
            .map(|line| line.split("\"\"").nth(3).expect("a key").to_owned())
            .collect()
    };
    let expect =
        |from: u32| -> Vec<String> { (from..from + 30).map(|id| format!("{id:03}")).collect() };
    assert_eq!(keys("missing.csv"), expect(0));
    assert_eq!(keys("differences.csv"), expect(100));
    assert_eq!(keys("extra.csv"), expect(200));
    // Counts are exact all the same, and the report shows its own twenty.
    let report = ran.saved_report();
    let dataset = &report["datasets"][0];
    assert_eq!(
        (&dataset["counts"]["differing"], &dataset["counts"]["extra"]),
        (&json!(100), &json!(100))
    );
    assert_eq!(array(&dataset["samples"]["missing"]).len(), 20);
    assert_eq!(dataset["samples"]["missing"][19]["key"]["id"], "019");
    // Also where that is fewer than the report shows.
    for (cap, lines) in [("3", 4), ("0", 1)] {
        let ran = lab.by_id(&["--max-details", cap]).exits(1);
        for file in ["missing.csv", "differences.csv", "extra.csv"] {
            assert_eq!(ran.saved(file).lines().count(), lines, "{file}");
        }
        let samples = &ran.saved_report()["datasets"][0]["samples"];
        assert_eq!(array(&samples["missing"]).len(), 20);
    }
}

#[test]
fn a_cell_over_four_kilobytes_is_cut_and_marked() {
    let long = "長".repeat(3000);
    let lab = Lab::csv(&format!("id,v\n1,{long}\n"), "id,v\n1,b\n");
    let ran = lab.by_id(&["--format", "json"]).exits(1);
    let old = &ran.json()["datasets"][0]["samples"]["differing"][0]["cells"][0]["old"];
    let old = old.as_str().expect("text");
    assert!(
        old.starts_with('長') && old.len() < 4200,
        "{} bytes",
        old.len()
    );
    assert!(old.ends_with("… (+4905 bytes)"), "{} bytes", old.len());
}
