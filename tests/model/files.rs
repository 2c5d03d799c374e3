//! Writes a case to disk: both sides in their formats, and the configuration.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use super::case::{Case, Column, Dialect, Encoding, Format, Gates, Packed, Side, Tolerance};
use super::value::{Cell, Step, Type, Value};

/// A sequence of small decisions.
struct Noise(u64);

impl Noise {
    fn one_in(&mut self, count: u64) -> bool {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).is_multiple_of(count)
    }
}

impl Side {
    fn own_name(&self, column: usize) -> String {
        format!("c{}", self.names[column])
    }

    /// The cell that a source of this side's format gives for `value`.
    pub fn cell(&self, value: &Value) -> Cell {
        match (self.format, value) {
            (Format::Json | Format::JsonLines, value) => match value {
                Value::Absent => Cell::Absent,
                Value::Null => Cell::Null,
                Value::Token(token) => Cell::JsonToken((*token).to_owned()),
                Value::Text(text) | Value::Blob(text) => Cell::JsonString((*text).to_owned()),
            },
            (_, Value::Absent | Value::Null) => Cell::Null,
            (Format::Sqlite { .. }, Value::Blob(bytes)) => Cell::Blob(bytes.as_bytes().to_vec()),
            (Format::Sqlite { .. }, Value::Token(token)) => match token.parse::<i64>() {
                Ok(value) if value.to_string() == **token => Cell::Integer(value),
                _ => Cell::Text((*token).to_owned()),
            },
            (_, Value::Text(text) | Value::Token(text) | Value::Blob(text)) => {
                Cell::Text((*text).to_owned())
            }
        }
    }

    pub fn is_json(&self) -> bool {
        matches!(self.format, Format::Json | Format::JsonLines)
    }
}

/// Writes all files into `folder`; the configuration is `shadowgate.toml`.
pub fn write(case: &Case, folder: &Path) {
    let mut text = format!("[datasets.d]\nkey = {:?}\n", names(case.key));
    if case.keys_of_new {
        text.push_str("scope = \"keys-of-new\"\n");
    }
    for (column, rules) in case.columns.iter().enumerate() {
        text.push_str(&column_table(column, rules));
    }
    for (name, side) in ["old", "new"].into_iter().zip(&case.sides) {
        text.push_str(&side_table(name, side, folder));
    }
    text.push_str(&gates(&case.gates, case.columns.len() > case.key, case.key));
    std::fs::write(folder.join("shadowgate.toml"), text).unwrap();
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|column| format!("c{column}")).collect()
}

fn column_table(column: usize, rules: &Column) -> String {
    let mut text = format!("[datasets.d.columns.c{column}]\n");
    if let Some(ty) = rules.ty {
        let name = match ty {
            Type::Text => "text",
            Type::Bigint => "bigint",
            Type::Numeric => "numeric",
            Type::Bool => "boolean",
            Type::Jsonb => "jsonb",
        };
        writeln!(text, "type = \"{name}\"").unwrap();
    }
    let steps: Vec<String> = rules.steps.iter().map(step).collect();
    writeln!(text, "normalise = [{}]", steps.join(", ")).unwrap();
    match rules.tolerance {
        Some(Tolerance::Absolute(bound, _)) => {
            writeln!(text, "tolerance = {{ absolute = \"{bound}\" }}").unwrap();
        }
        Some(Tolerance::Relative(bound, _)) => {
            writeln!(text, "tolerance = {{ relative = \"{bound}\" }}").unwrap();
        }
        None => {}
    }
    text
}

fn step(step: &Step) -> String {
    match step {
        Step::Trim => "\"trim\"".into(),
        Step::Lowercase => "\"lowercase\"".into(),
        Step::EmptyAsNull => "\"empty-as-null\"".into(),
        Step::AbsentAsNull => "\"absent-as-null\"".into(),
        Step::NullToken(token) => format!("{{ null-token = {token:?} }}"),
        Step::Strip(char) => format!("{{ strip = \"{char}\" }}"),
        Step::Map(from, to) => format!("{{ map = {{ {from:?} = {to:?} }} }}"),
        Step::Round(places) => format!("{{ round = {places} }}"),
    }
}

fn gates(gates: &Gates, column: bool, key: usize) -> String {
    let share = |share: u64| format!("\"{}.{}%\"", share / 10, share % 10);
    let mut text = "[datasets.d.gates]\n".to_owned();
    let match_rate = gates.match_rate.map_or("\"off\"".to_owned(), share);
    writeln!(text, "match_rate = {match_rate}").unwrap();
    let numbers = [
        ("duplicated", Some(gates.duplicated)),
        ("unkeyed", Some(gates.unkeyed)),
        ("min_rows", Some(gates.min_rows)),
        ("missing", gates.missing),
        ("extra", gates.extra),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            writeln!(text, "{name} = {number}").unwrap();
        }
    }
    let shares = [
        ("differing", gates.differing),
        ("row_count_change", gates.row_count_change),
        ("min_coverage", gates.min_coverage),
    ];
    for (name, of) in shares {
        if let Some(of) = of {
            writeln!(text, "{name} = {}", share(of)).unwrap();
        }
    }
    if let Some(of) = gates.column.filter(|_| column) {
        writeln!(text, "columns = {{ c{key} = {} }}", share(of)).unwrap();
    }
    text
}

fn side_table(name: &str, side: &Side, folder: &Path) -> String {
    let mut noise = Noise(side.noise);
    let mut more = String::new();
    let source = match side.format {
        Format::Csv(dialect) => csv(name, side, dialect, folder, &mut noise, &mut more),
        Format::Json => {
            let records: Vec<String> = side
                .rows
                .iter()
                .map(|row| record(side, row, &mut noise))
                .collect();
            save(
                folder,
                &format!("{name}.json"),
                format!("[{}\n]\n", records.join(" ,\n")).as_bytes(),
            )
        }
        Format::JsonLines => {
            let mut lines = String::new();
            for row in &side.rows {
                lines.push_str(&record(side, row, &mut noise));
                lines.push_str(if noise.one_in(5) { "\r\n" } else { "\n" });
            }
            save(folder, &format!("{name}.jsonl"), lines.as_bytes())
        }
        Format::Sqlite { rowid } => sqlite(name, side, rowid, folder, &mut more),
    };
    let renamed = (0..side.names.len()).filter(|column| side.names[*column] != *column);
    let renames: Vec<String> = renamed
        .map(|column| format!("{} = \"c{column}\"", side.own_name(column)))
        .collect();
    format!(
        "[datasets.d.{name}]\nsource = \"{source}\"\nrename = {{ {} }}\n{more}",
        renames.join(", ")
    )
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> String {
    std::fs::write(folder.join(name), bytes).unwrap();
    name.to_owned()
}

fn record(side: &Side, row: &[Value], noise: &mut Noise) -> String {
    let mut members = Vec::new();
    for &column in &side.order {
        let value = match side.cell(&row[column]) {
            Cell::Absent => continue,
            Cell::Null => "null".to_owned(),
            Cell::JsonToken(token) => token,
            Cell::JsonString(text) => json_string(&text, noise),
            other => unreachable!("JSON has no {other:?}"),
        };
        let space = if noise.one_in(3) { " " } else { "" };
        let name = json_string(&side.own_name(column), noise);
        let member = format!("{space}{name}{space}:{space}{value}{space}");
        members.insert(if noise.one_in(4) { 0 } else { members.len() }, member);
    }
    format!("{{{}}}", members.join(","))
}

fn json_string(text: &str, noise: &mut Noise) -> String {
    if !noise.one_in(4) {
        return serde_json::to_string(text).unwrap();
    }
    let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
    format!("\"{}\"", units.collect::<String>())
}

fn csv(
    name: &str,
    side: &Side,
    dialect: Dialect,
    folder: &Path,
    noise: &mut Noise,
    more: &mut String,
) -> String {
    let end = if dialect.crlf { "\r\n" } else { "\n" };
    let delimiter = dialect.delimiter.to_string();
    let header: Vec<String> = side
        .order
        .iter()
        .map(|column| side.own_name(*column))
        .collect();
    let mut text = header.join(&delimiter) + end;
    for row in &side.rows {
        let cells = side
            .order
            .iter()
            .map(|column| match side.cell(&row[*column]) {
                Cell::Null => dialect.null.unwrap_or("").to_owned(),
                Cell::Text(text) => csv_text(&text, dialect, noise),
                other => unreachable!("CSV has no {other:?}"),
            });
        text.push_str(&cells.collect::<Vec<_>>().join(&delimiter));
        text.push_str(end);
    }
    if side.order.len() > 1 && noise.one_in(4) {
        text.truncate(text.len() - end.len());
    }
    if let Some(null) = dialect.null {
        writeln!(more, "null = {null:?}").unwrap();
    }
    if dialect.delimiter == ';' {
        writeln!(more, "delimiter = \";\"").unwrap();
    }
    let bytes = encode(&text, dialect.encoding, more);
    let suffix = if delimiter == "\t" { "tsv" } else { "csv" };
    match dialect.packed {
        Packed::No => save(folder, &format!("{name}.{suffix}"), &bytes),
        Packed::Gzip => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(&bytes).unwrap();
            save(
                folder,
                &format!("{name}.{suffix}.gz"),
                &gzip.finish().unwrap(),
            )
        }
        Packed::Zstd => {
            let packed = zstd::encode_all(&bytes[..], 1).unwrap();
            save(folder, &format!("{name}.{suffix}.zst"), &packed)
        }
    }
}

fn csv_text(text: &str, dialect: Dialect, noise: &mut Noise) -> String {
    let bare = !text.contains([dialect.delimiter, '\n', '\r'])
        && !text.starts_with('"')
        && text != dialect.null.unwrap_or("");
    if bare && !noise.one_in(4) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn encode(text: &str, encoding: Encoding, more: &mut String) -> Vec<u8> {
    match encoding {
        Encoding::Marked => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        Encoding::Utf16 => {
            more.push_str("encoding = \"utf-16le\"\n");
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        }
        Encoding::ShiftJis => {
            more.push_str("encoding = \"shift_jis\"\n");
            encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
        }
        Encoding::Utf8 => text.as_bytes().to_vec(),
    }
}

fn sqlite(name: &str, side: &Side, rowid: bool, folder: &Path, more: &mut String) -> String {
    let db = rusqlite::Connection::open(folder.join(format!("{name}.db"))).unwrap();
    db.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN")
        .unwrap();
    let columns: Vec<String> = side
        .order
        .iter()
        .map(|column| side.own_name(*column))
        .collect();
    let columns = columns.join(", ");
    db.execute_batch(&format!(
        "CREATE TABLE base ({columns}); CREATE VIEW seen AS SELECT * FROM base"
    ))
    .unwrap();
    let places = vec!["?"; side.order.len()].join(", ");
    let insert = format!("INSERT INTO base VALUES ({places})");
    for row in &side.rows {
        let cells = side
            .order
            .iter()
            .map(|column| match side.cell(&row[*column]) {
                Cell::Null => rusqlite::types::Value::Null,
                Cell::Text(text) => rusqlite::types::Value::Text(text),
                Cell::Integer(value) => rusqlite::types::Value::Integer(value),
                Cell::Blob(bytes) => rusqlite::types::Value::Blob(bytes),
                other => unreachable!("SQLite has no {other:?}"),
            });
        db.execute(&insert, rusqlite::params_from_iter(cells))
            .unwrap();
    }
    db.execute_batch("COMMIT").unwrap();
    let table = if rowid { "base" } else { "seen" };
    writeln!(more, "table = \"{table}\"").unwrap();
    format!("sqlite:{name}.db")
}
