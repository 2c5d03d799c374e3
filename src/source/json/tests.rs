mod broken;
mod laws;

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::*;
use crate::source::Rows;
use crate::source::location::TextOptions;
use crate::value::Raw;

#[derive(Default)]
struct Keep {
    chunks: Vec<Chunk>,
}

impl Sink for Keep {
    fn buffer(&mut self) -> Vec<u8> {
        b"left over from before".to_vec()
    }

    fn push(&mut self, chunk: Chunk) -> ControlFlow<()> {
        self.chunks.push(chunk);
        ControlFlow::Continue(())
    }
}

struct Written {
    dir: tempfile::TempDir,
    name: String,
}

impl Written {
    fn new(name: &str, bytes: impl AsRef<[u8]>) -> Written {
        let written = Written {
            dir: tempfile::tempdir().unwrap(),
            name: name.to_owned(),
        };
        std::fs::write(written.path(), bytes).unwrap();
        written
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join(&self.name)
    }

    fn open(&self, chunk: usize) -> Json {
        let mut json = Json::open(&spec(&self.path(), None), &Context::default()).unwrap();
        json.chunk = chunk;
        json
    }
}

fn spec(path: &Path, encoding: Option<&str>) -> Spec {
    let name = path.to_str().unwrap();
    let lines = name.contains(".jsonl");
    let format = if lines {
        Format::JsonLines
    } else {
        Format::Json
    };
    Spec {
        text: TextOptions {
            encoding: encoding.map(str::to_owned),
            ..TextOptions::default()
        },
        ..Spec::new(Location::File(path.to_owned(), format))
    }
}

fn wants(schema: &Schema) -> Vec<Want> {
    let want = |column: &Column| Want {
        name: column.name.clone(),
        ..Want::default()
    };
    schema.columns.iter().map(want).collect()
}

/// One decoded row.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    at: Option<u64>,
    cells: Vec<String>,
    raw: Vec<u8>,
}

fn shown(raw: Raw<'_>) -> String {
    match raw {
        Raw::Json(token) => token.to_owned(),
        Raw::JsonString(text) => format!("{text:?}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn decode(json: &Json, wants: &[Want], chunks: Vec<Chunk>) -> Result<Vec<Row>> {
    let decoder = json.decoder(wants)?;
    let (mut rows, mut all) = (Rows::default(), Vec::new());
    for mut chunk in chunks {
        decoder.decode(&mut chunk, &mut rows)?;
        let bytes = crate::source::Bytes::of(&chunk, &rows.cells);
        for (index, span) in rows.spans.iter().enumerate() {
            let cells = rows.row(index).iter();
            all.push(Row {
                at: rows.locators.get(index).copied(),
                cells: cells.map(|cell| shown(cell.raw(bytes))).collect(),
                raw: chunk.bytes[span.0 as usize..span.1 as usize].to_vec(),
            });
        }
    }
    Ok(all)
}

/// The names of the columns and the rows, read as a run would.
fn read(json: &mut Json) -> Result<(Vec<String>, Vec<Row>)> {
    let schema = json.schema()?;
    let wants = wants(&schema);
    let mut keep = Keep::default();
    let receipt = json.read(&wants, &mut keep)?;
    let rows = decode(json, &wants, keep.chunks)?;
    if !wants.is_empty() {
        assert_eq!(receipt.rows, Some(rows.len() as u64));
    }
    assert_eq!(schema.estimate, receipt.rows);
    json.verify_unchanged()?;
    Ok((wants.into_iter().map(|want| want.name).collect(), rows))
}

fn cells(name: &str, text: impl AsRef<[u8]>) -> Vec<Vec<String>> {
    let (_, rows) = read(&mut Written::new(name, text).open(16)).unwrap();
    rows.into_iter().map(|row| row.cells).collect()
}

const TWO: &str = " [ {\"id\": 9007199254740993, \"名\": \"a\\u00e9\\n\\ud834\\udd1e\"} ,\n{\"名\":null, \"n\":{\"k\":[1,{}]}, \"id\":-1.50E+3}\n]\n";

#[test]
fn columns_are_the_union_in_order_of_first_appearance() {
    let file = Written::new("a.json", TWO);
    let (names, rows) = read(&mut file.open(1)).unwrap();
    assert_eq!(names, ["id", "名", "n"]);
    assert_eq!(rows[0].cells, ["9007199254740993", "\"aé\\n𝄞\"", "absent"]);
    assert_eq!(rows[1].cells, ["-1.50E+3", "null", "{\"k\":[1,{}]}"]);
}

#[test]
fn locators_and_spans_are_the_records_places() {
    for mark in ["", "\u{feff}"] {
        let text = format!("{mark}{TWO}");
        let file = Written::new("a.json", &text);
        let mut json = file.open(8);
        let (_, rows) = read(&mut json).unwrap();
        for row in rows {
            let at = row.at.unwrap() as usize;
            assert!(text.as_bytes()[at..].starts_with(&row.raw));
            assert!(row.raw.starts_with(b"{") && row.raw.ends_with(b"}"));
        }
    }
}

#[test]
fn records_are_fetched_again_from_their_places() {
    let pad = "x".repeat(9000);
    let records = (0..50).map(|n| format!("{{\"id\":{n},\"pad\":\"{}\"}}\n", &pad[..n * n * 3]));
    let file = Written::new("a.jsonl", records.collect::<String>());
    let mut json = file.open(CHUNK);
    let (_, rows) = read(&mut json).unwrap();
    let wants = wants(&json.schema().unwrap());
    let picked: Vec<Row> = rows.into_iter().step_by(3).collect();
    let mut at: Vec<u64> = picked.iter().filter_map(|row| row.at).collect();
    at.push(1 << 40);
    let mut keep = Keep::default();
    json.fetch(&wants, &at, &mut keep).unwrap();
    assert_eq!(decode(&json, &wants, keep.chunks).unwrap(), picked);
}

#[test]
fn only_wanted_members_are_read_and_their_order_is_the_wants() {
    let file = Written::new("a.jsonl", "{\"a\":1,\"b\":2,\"c\":3}\n{\"c\":4,\"a\":5}");
    let mut json = file.open(CHUNK);
    json.schema().unwrap();
    let wants = ["c", "a"].map(|name| Want {
        name: name.to_owned(),
        ..Want::default()
    });
    let mut keep = Keep::default();
    json.read(&wants, &mut keep).unwrap();
    let rows = decode(&json, &wants, keep.chunks).unwrap();
    assert_eq!(rows[0].cells, ["3", "1"]);
    assert_eq!(rows[1].cells, ["4", "5"]);
    let unknown = [Want {
        name: "d".to_owned(),
        ..Want::default()
    }];
    let refused = json.decoder(&unknown).err().unwrap();
    assert_eq!(refused.code, Code::NotFound);
}

#[test]
fn blank_lines_and_missing_last_newline_are_fine() {
    let text = "\n{\"a\":1}\r\n \t\n{\"a\":2}\n\n{\"a\":3}";
    assert_eq!(cells("a.jsonl", text), [["1"], ["2"], ["3"]]);
}

#[test]
fn empty_arrays_and_files_of_lines_hold_no_rows() {
    for (name, text) in [
        ("a.json", "[]"),
        ("a.json", " [\n] \n"),
        ("a.jsonl", ""),
        ("a.jsonl", "\n \n"),
    ] {
        let (names, rows) = read(&mut Written::new(name, text).open(16)).unwrap();
        assert!(names.is_empty() && rows.is_empty(), "{text:?}");
    }
    let objects = Written::new("a.json", "[{},{}]");
    assert_eq!(objects.open(16).schema().unwrap().estimate, Some(2));
}

#[test]
fn escaped_names_are_the_names_they_spell() {
    let text = "{\"a\":1}\n{\"\\u0061\":2}\n";
    assert_eq!(cells("a.jsonl", text), [["1"], ["2"]]);
}

#[test]
fn compressed_and_encoded_files_are_read_but_do_not_locate() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jsonl.gz");
    let file = std::fs::File::create(&path).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    let (text, _, _) = encoding_rs::SHIFT_JIS.encode("{\"表\":\"ソ①\"}\n");
    gzip.write_all(&text).unwrap();
    gzip.finish().unwrap();
    let mut json = Json::open(&spec(&path, Some("shift_jis")), &Context::default()).unwrap();
    let (names, rows) = read(&mut json).unwrap();
    assert_eq!(names, ["表"]);
    assert_eq!(rows[0].cells, ["\"ソ①\""]);
    assert_eq!(rows[0].at, None);
    assert!(!json.locates());
}

/// Its columns are known only once the whole file was read.
#[test]
fn a_run_that_is_to_end_does_not_read_a_file_for_its_schema() {
    let file = Written::new("a.jsonl", "{\"a\":1}\n");
    let context = Context::default();
    context.stop.tell(crate::stop::Cause::Interrupted);
    let mut json = Json::open(&spec(&file.path(), None), &context).unwrap();
    assert_eq!(json.schema().unwrap_err().code, Code::Interrupted);
}

#[test]
fn nesting_is_bounded_without_a_stack() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(cells("a.jsonl", nested(999)).len(), 1);
    for depth in [1000, 1_000_000] {
        let file = Written::new("a.jsonl", nested(depth));
        let failure = read(&mut file.open(CHUNK)).unwrap_err();
        assert_eq!(failure.code, Code::Malformed);
        assert!(failure.why.contains("nested deeper than 1000"), "{failure}");
    }
}
