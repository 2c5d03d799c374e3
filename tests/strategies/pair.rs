//! A pair of tables with some rows of each outcome, and every form of file that
//! they can be written as.

use std::io::Write;

use super::common::Lab;

pub const HEADER: [&str; 5] = ["id", "name", "price", "note", "city"];

/// How a row of the new side differs, by its number: each kind of outcome, some
/// rows of each, the rest equal.
#[derive(Clone, Copy)]
pub struct Kinds {
    /// One row in so many has another price, name or both.
    pub differing: u32,
    pub missing: u32,
    pub extra: u32,
    pub duplicated: u32,
}

pub const FEW: Kinds = Kinds {
    differing: 211,
    missing: 997,
    extra: 1009,
    duplicated: 1499,
};

pub type Row = [String; 5];

pub fn row(id: u32) -> Row {
    let city = ["東京都千代田区", "大阪市北区", "", "NULL"][id as usize % 4];
    [
        format!("JP-{id:06}"),
        format!("物件{} 号室", id.wrapping_mul(2_654_435_761) % 100_000),
        format!("{}", id * 10),
        if id.is_multiple_of(5) {
            String::new()
        } else {
            format!("note, with \"{id}\"")
        },
        city.to_owned(),
    ]
}

pub fn old_rows(count: u32, kinds: Kinds) -> Vec<Row> {
    let mut rows = Vec::new();
    for id in 0..count {
        rows.push(row(id));
        if id % kinds.duplicated == 5 {
            rows.push(row(id));
        }
    }
    rows
}

pub fn new_rows(count: u32, kinds: Kinds) -> Vec<Row> {
    let mut rows = Vec::new();
    for id in 0..count {
        let mut changed = row(id);
        if id % kinds.missing == 3 {
            continue;
        }
        if id % kinds.differing == 1 {
            // Within a tolerance, equal by rules, or neither.
            match id % 3 {
                0 => changed[2] += ".4",
                1 => changed[1] = changed[1].replace(' ', "　"),
                _ => changed[2].push('1'),
            }
        }
        rows.push(changed);
        if id % kinds.extra == 4 {
            rows.push(row(count + id));
        }
    }
    rows
}

/// The order in which an unordered export might come.
pub fn shuffled(mut rows: Vec<Row>) -> Vec<Row> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for at in (1..rows.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        rows.swap(at, (state >> 33) as usize % (at + 1));
    }
    rows
}

/// CSV, with quotes about every cell or only where they are needed.
pub fn csv(rows: &[Row], all_quoted: bool) -> String {
    let mut text = HEADER.join(",") + "\n";
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // A bare empty cell would be NULL.
            let quoted = all_quoted || cell.is_empty() || cell.contains(['"', ',', '\n']);
            let cell = if quoted {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.clone()
            };
            text += &format!("{comma}{cell}");
        }
        text += "\n";
    }
    text
}

pub fn gz(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).expect("memory");
    out.finish().expect("memory")
}

pub fn zst(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 1).expect("memory")
}

/// A JSON record of a row, in which the two sides write strings unlike.
pub fn json_lines(rows: &[Row], escaped: bool) -> String {
    let string = |cell: &String| {
        let text = serde_json::to_string(cell).expect("JSON");
        match escaped {
            true => text.replace('物', "\\u7269").replace('/', "\\/"),
            false => text,
        }
    };
    let record = |row: &Row| {
        let members = HEADER.iter().zip(row);
        let members = members.map(|(name, cell)| format!("\"{name}\":{}", string(cell)));
        format!("{{{}}}\n", members.collect::<Vec<_>>().join(","))
    };
    rows.iter().map(record).collect()
}

/// A table of text, and a view of it that has no places to read rows again from.
pub fn sqlite(lab: &Lab, name: &str, table: &str, rows: &[Row]) {
    let mut database = rusqlite::Connection::open(lab.path(name)).expect("a database");
    let columns = HEADER.join(" TEXT, ");
    let create =
        format!("CREATE TABLE {table} ({columns} TEXT); CREATE VIEW v AS SELECT * FROM {table}");
    database.execute_batch(&create).expect("a table");
    let all = database.transaction().expect("a transaction");
    let insert = format!("INSERT INTO {table} VALUES (?1, ?2, ?3, ?4, ?5)");
    for row in rows {
        all.execute(&insert, row.each_ref()).expect("a row");
    }
    all.commit().expect("kept");
}
