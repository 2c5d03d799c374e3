//! The same dataset through every kind of source: every pair matches whole, and
//! every side has one and the same digest.

mod common;
#[path = "parity/data.rs"]
mod data;
mod support;

use std::io::Write;

use common::{Lab, array};
use data::COLUMNS;
use support::Postgres;
use support::postgrest::{Options, Postgrest};

fn rows(form: usize, null: &'static str, cell: fn(&str) -> String) -> Vec<Vec<String>> {
    let row = |row: usize| {
        let cells = COLUMNS.iter().map(move |column| column.cells[row]);
        cells
            .map(|forms| forms.map_or(null.to_owned(), |forms| cell(forms[form])))
            .collect()
    };
    (0..3).map(row).collect()
}

fn delimited(delimiter: &str) -> String {
    let quote = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    let lines = rows(0, "", quote)
        .into_iter()
        .map(|row| row.join(delimiter) + "\n");
    names.join(delimiter) + "\n" + &lines.collect::<String>()
}

fn objects() -> Vec<String> {
    let object = |row: Vec<String>| {
        let members = COLUMNS.iter().zip(row);
        let members: Vec<String> = members
            .map(|(column, token)| format!("\"{}\": {token}", column.name))
            .collect();
        format!("{{{}}}", members.join(", "))
    };
    rows(1, "null", str::to_owned)
        .into_iter()
        .map(object)
        .collect()
}

fn inserts(form: usize) -> String {
    let rows = rows(form, "NULL", str::to_owned).into_iter();
    rows.map(|row| format!("INSERT INTO 物件 VALUES ({});", row.join(", ")))
        .collect()
}

/// Writes a text as it is, and packed.
fn write_packed(lab: &Lab, name: &str, text: &str) {
    lab.write(name, text);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).expect("memory");
    lab.write(&format!("{name}.gz"), gz.finish().expect("memory"));
    lab.write(
        &format!("{name}.zst"),
        zstd::encode_all(text.as_bytes(), 1).expect("memory"),
    );
}

/// Makes every source and returns what each is in a configuration.
fn sources(lab: &Lab, server: &Postgres) -> Vec<String> {
    let texts = [
        ("data.csv", delimited(",")),
        ("data.tsv", delimited("\t")),
        ("data.json", format!("[{}]", objects().join(",\n"))),
        ("data.jsonl", objects().join("\n")),
    ];
    let mut sources = Vec::new();
    for (name, text) in &texts {
        write_packed(lab, name, text);
        for packed in ["", ".gz", ".zst"] {
            sources.push(format!("{{ source = \"{name}{packed}\" }}"));
        }
        for (label, encoding) in [
            ("shift_jis", encoding_rs::SHIFT_JIS),
            ("euc-jp", encoding_rs::EUC_JP),
        ] {
            let (bytes, _, lost) = encoding.encode(text);
            assert!(!lost && *bytes != *text.as_bytes(), "{name} in {label}");
            let name = format!("{label}.{name}");
            lab.write(&name, bytes);
            sources.push(format!("{{ source = \"{name}\", encoding = \"{label}\" }}"));
        }
    }
    sources.push(sqlite(lab));
    sources.push(postgres(server));
    sources
}

fn sqlite(lab: &Lab) -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    let database = rusqlite::Connection::open(lab.path("data.db")).expect("a database");
    let create = format!("CREATE TABLE 物件 ({});", names.join(", "));
    database
        .execute_batch(&(create + &inserts(2)))
        .expect("a table");
    "{ source = \"sqlite:data.db\", table = \"物件\" }".to_owned()
}

fn postgres(server: &Postgres) -> String {
    let url = server.create_database("parity");
    let columns: Vec<String> = COLUMNS
        .iter()
        .map(|column| format!("{} {}", column.name, column.ty))
        .collect();
    server.sql(
        "parity",
        &format!("CREATE TABLE 物件 ({}); {}", columns.join(", "), inserts(3)),
    );
    format!("{{ source = \"{url}\", table = \"物件\" }}")
}

/// The table of the PostgreSQL side, as the API sends it.
fn postgrest(api: &Postgrest) -> String {
    format!(
        "{{ source = \"{}\", table = \"物件\", authorization = \"{}\" }}",
        api.url(),
        api.jwt("service_role")
    )
}

/// Every source against its neighbour, against CSV and against both databases:
/// one digest in all of them stands for all pairs.
fn pairs(old: usize, new: usize, count: usize) -> bool {
    old == 0 || new == old + 1 || new + 2 >= count
}

/// One dataset for each of these pairs, all under the same rules.
fn configuration(sources: &[String]) -> String {
    let mut text = "[gates]\nmatch_rate = \"100%\"\n".to_owned();
    for (old, one) in sources.iter().enumerate() {
        for (new, other) in sources.iter().enumerate().skip(old + 1) {
            if !pairs(old, new, sources.len()) {
                continue;
            }
            text += &format!(
                "[datasets.pair_{old}_{new}]\nkey = [\"物件番号\"]\nold = {one}\nnew = {other}\n\
                 [datasets.pair_{old}_{new}.columns]\n"
            );
            for column in &COLUMNS {
                text += &format!("\"{}\" = {{ type = \"{}\" }}\n", column.name, column.ty);
            }
        }
    }
    text
}

#[test]
fn every_source_of_one_dataset_has_one_digest() {
    let lab = Lab::new();
    let server = Postgres::start();
    let mut sources = sources(&lab, server);
    Postgrest::prepare(server, "parity");
    let api = Postgrest::start(server, "parity", Options::default());
    sources.push(postgrest(&api));
    assert_eq!(sources.len(), 4 * 5 + 3);
    lab.write("shadowgate.toml", configuration(&sources));
    let ran = lab.verify(&["--format", "json"]);
    let report = ran.json();
    let datasets = array(&report["datasets"]);
    assert_eq!(datasets.len(), 22 + 19 + 2 * 19 + 1 + 2);
    let digest = datasets[0]["old"]["digest"].as_str().expect("a digest");
    for dataset in datasets {
        let sides = [&dataset["old"], &dataset["new"]];
        let locations = sides.map(|side| side["location"].to_string()).join(" and ");
        assert_eq!(
            dataset["verdict"], "pass",
            "{locations}: {:#}",
            dataset["samples"]
        );
        assert_eq!(dataset["counts"]["matched"], 3, "{locations}");
        assert_eq!(dataset["counts"]["unreadable_old"], 0, "{locations}");
        assert_eq!(dataset["counts"]["unreadable_new"], 0, "{locations}");
        for side in sides {
            assert_eq!(side["digest"], digest, "{locations}");
        }
    }
    ran.exits(0);
}

/// Any other value in any cell is another digest: the one above says something.
#[test]
fn a_digest_tells_values_apart() {
    let lab = Lab::csv(&delimited(","), &delimited(","));
    let config = configuration(&[
        "{ source = \"old.csv\" }".into(),
        "{ source = \"new.csv\" }".into(),
    ]);
    lab.write("shadowgate.toml", config);
    let digests = || {
        let report = lab.verify(&["--format", "json"]).json();
        ["old", "new"].map(|side| report["datasets"][0][side]["digest"].clone())
    };
    let [old, new] = digests();
    assert!(old.is_string());
    assert_eq!(old, new);
    for (value, other) in [
        ("9007199254740993", "9007199254740992"),
        ("1.10", "1.11"),
        ("NaN", "0"),
        ("10:00:00.123456+09", "10:00:00.123457+09"),
        ("1 mon 2 days", "32 days"),
        ("DEADBEEF", "DEADBEEE"),
        ("A0EEBC99", "A0EEBC98"),
        ("2.50", "2.51"),
        ("NULL}", "\"\"NULL\"\"}"),
        ("192.168.0.1/32", "192.168.0.1/31"),
        ("ＡＢＣ", "ABC"),
    ] {
        let text = delimited(",");
        assert!(text.contains(value), "{value}");
        lab.write("new.csv", text.replacen(value, other, 1));
        let [old_again, new] = digests();
        assert_eq!(old_again, old);
        assert_ne!(new, old, "{value} and {other}");
    }
}
