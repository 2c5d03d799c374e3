//! Random cases: two small tables of odd values, each in a random format, and
//! random rules and gates.

use proptest::prelude::*;

use super::value::{OBJECTS, Step, Type, Value};

#[derive(Clone, Debug)]
pub struct Case {
    pub columns: Vec<Column>,
    /// How many of the columns are the key.
    pub key: usize,
    /// Old, new.
    pub sides: [Side; 2],
    pub gates: Gates,
    /// Only the keys of new are compared.
    pub keys_of_new: bool,
}

#[derive(Clone, Debug)]
pub struct Column {
    /// As configured.
    pub ty: Option<Type>,
    pub steps: Vec<Step>,
    pub tolerance: Option<Tolerance>,
}

/// Decimal text, and the same in hundredths.
#[derive(Clone, Copy, Debug)]
pub enum Tolerance {
    Absolute(&'static str, i128),
    Relative(&'static str, i128),
}

#[derive(Clone, Debug)]
pub struct Side {
    pub format: Format,
    pub rows: Vec<Vec<Value>>,
    /// The order in which the columns stand in the source.
    pub order: Vec<usize>,
    /// Column `i` is called as column `names[i]`, and renamed.
    pub names: Vec<usize>,
    /// Decides small things, such as which cells are quoted.
    pub noise: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv(Dialect),
    Json,
    JsonLines,
    Sqlite { rowid: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// A tab makes a TSV of it.
    pub delimiter: char,
    pub null: Option<&'static str>,
    pub crlf: bool,
    pub encoding: Encoding,
    pub packed: Packed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Marked,
    Utf16,
    ShiftJis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed {
    No,
    Gzip,
    Zstd,
}

/// Each as written, and in a form to reckon with.
#[derive(Clone, Debug)]
pub struct Gates {
    /// In tenths of a percent.
    pub match_rate: Option<u64>,
    pub duplicated: u64,
    pub unkeyed: u64,
    pub min_rows: u64,
    pub missing: Option<u64>,
    pub extra: Option<u64>,
    /// In tenths of a percent.
    pub differing: Option<u64>,
    pub row_count_change: Option<u64>,
    pub min_coverage: Option<u64>,
    pub column: Option<u64>,
}

pub fn cases() -> impl Strategy<Value = Case> {
    (1usize..=2, 0usize..=3)
        .prop_flat_map(|(key, others)| {
            let columns = key + others;
            (
                Just(key),
                columns_of(key, others),
                [side(columns), side(columns)],
                gates(),
                0u8..10,
                prop::bool::weighted(0.3),
            )
        })
        .prop_map(|(key, columns, sides, gates, alike, keys_of_new)| {
            let mut case = Case {
                columns,
                key,
                sides,
                gates,
                keys_of_new,
            };
            if alike < 6 {
                resemble(&mut case);
            }
            case.sides.iter_mut().for_each(anchor);
            case
        })
}

/// The new side becomes the old one, but for a few rows.
fn resemble(case: &mut Case) {
    let [old, new] = &mut case.sides;
    let own = std::mem::replace(&mut new.rows, old.rows.clone());
    new.rows.reverse();
    for (row, other) in new.rows.iter_mut().zip(own).take(2) {
        *row = other;
    }
}

/// A row without odd cells: JSON has no columns but those of its records.
fn anchor(side: &mut Side) {
    let json = matches!(side.format, Format::Json | Format::JsonLines);
    if json || !side.noise.is_multiple_of(8) {
        let row = vec![Value::Text("999"); side.order.len()];
        side.rows.insert(side.rows.len() / 2, row);
    }
}

fn columns_of(key: usize, others: usize) -> impl Strategy<Value = Vec<Column>> {
    (
        prop::collection::vec(column(true), key),
        prop::collection::vec(column(false), others),
    )
        .prop_map(|(key, others)| key.into_iter().chain(others).collect())
}

fn column(key: bool) -> impl Strategy<Value = Column> {
    let ty = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Type::Text)),
        1 => Just(Some(Type::Bigint)),
        2 => Just(Some(Type::Numeric)),
        1 => Just(Some(Type::Bool)),
    ];
    let step = prop_oneof![
        Just(Step::Trim),
        Just(Step::Lowercase),
        Just(Step::EmptyAsNull),
        Just(Step::AbsentAsNull),
        Just(Step::NullToken("null")),
        Just(Step::Strip(',')),
        Just(Step::Map("1", "2")),
        Just(Step::Map("a", "1")),
        (0..2).prop_map(Step::Round),
    ];
    let tolerance = prop::option::weighted(
        0.4,
        prop_oneof![
            Just(Tolerance::Absolute("0.1", 10)),
            Just(Tolerance::Absolute("0", 0)),
            Just(Tolerance::Absolute("9", 900)),
            Just(Tolerance::Relative("0.09", 9)),
            Just(Tolerance::Relative("1", 100)),
        ],
    );
    let steps = prop_oneof![Just(Vec::new()), prop::collection::vec(step, 1..4)];
    (ty, steps, tolerance).prop_map(move |(ty, steps, tolerance)| fitted(key, ty, steps, tolerance))
}

/// Only what the configuration would take.
fn fitted(key: bool, ty: Option<Type>, steps: Vec<Step>, tolerance: Option<Tolerance>) -> Column {
    let ty = ty.filter(|ty| !(key && *ty == Type::Bool));
    let number = matches!(ty, Some(Type::Numeric | Type::Bigint));
    let keep = |step: &Step| match step {
        Step::Round(_) => number,
        Step::Map(..) => ty == Some(Type::Text),
        _ => true,
    };
    let mut kept: Vec<Step> = Vec::new();
    for step in steps.into_iter().filter(keep) {
        let twice = kept
            .iter()
            .any(|other| std::mem::discriminant(other) == std::mem::discriminant(&step));
        if !twice {
            kept.push(step);
        }
    }
    Column {
        ty,
        steps: kept,
        tolerance: tolerance.filter(|_| number && !key),
    }
}

fn side(columns: usize) -> impl Strategy<Value = Side> {
    let indices: Vec<usize> = (0..columns).collect();
    let plain = indices.clone();
    (
        format(),
        prop::collection::vec(prop::collection::vec(value(), columns), 0..9),
        Just(indices.clone()).prop_shuffle(),
        prop_oneof![3 => Just(plain), 1 => Just(indices).prop_shuffle()],
        any::<u64>(),
    )
        .prop_map(|(format, rows, order, names, noise)| Side {
            format,
            rows,
            order,
            names,
            noise,
        })
}

fn format() -> impl Strategy<Value = Format> {
    let dialect = (
        prop_oneof![3 => Just(','), 1 => Just('\t'), 1 => Just(';')],
        prop_oneof![2 => Just(None), 1 => Just(Some("\\N")), 1 => Just(Some("null"))],
        any::<bool>(),
        prop_oneof![
            4 => Just(Encoding::Utf8),
            1 => Just(Encoding::Marked),
            1 => Just(Encoding::Utf16),
            1 => Just(Encoding::ShiftJis),
        ],
        prop_oneof![4 => Just(Packed::No), 1 => Just(Packed::Gzip), 1 => Just(Packed::Zstd)],
    )
        .prop_map(|(delimiter, null, crlf, encoding, packed)| Dialect {
            delimiter,
            null,
            crlf,
            encoding,
            packed,
        });
    prop_oneof![
        4 => dialect.prop_map(Format::Csv),
        1 => Just(Format::Json),
        2 => Just(Format::JsonLines),
        2 => any::<bool>().prop_map(|rowid| Format::Sqlite { rowid }),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    const TEXTS: [&str; 27] = [
        "", " ", "a", "A", " a", "a ", "a\nb", "x,y", "x;\ty", "q\"t", "\"q\"", "null", "\\N", "1",
        "1.0", "01", "1.10", "1.1", "1e1", "10", "-0", "0", "true", "t", "あ\\", "NaN", "1,1",
    ];
    const TOKENS: [&str; 10] = [
        "1",
        "1.0",
        "1.10",
        "10",
        "1e1",
        "-0",
        "0.05",
        "true",
        "false",
        "9007199254740993",
    ];
    prop_oneof![
        8 => prop::sample::select(&TEXTS[..]).prop_map(Value::Text),
        4 => prop::sample::select(&["1", "2", "a"][..]).prop_map(Value::Text),
        3 => prop::sample::select(&TOKENS[..]).prop_map(Value::Token),
        1 => prop::sample::select(&OBJECTS[..]).prop_map(|(object, _)| Value::Token(object)),
        1 => prop::sample::select(&["a", "1", "\u{0}"][..]).prop_map(Value::Blob),
        1 => Just(Value::Null),
        1 => Just(Value::Absent),
    ]
}

fn gates() -> impl Strategy<Value = Gates> {
    let share = || prop::sample::select(&[0u64, 333, 500, 660, 750, 990, 1000][..]);
    let limit = || prop::sample::select(&[0u64, 1, 2, 5][..]);
    (
        prop::option::weighted(0.9, share()),
        [limit(), limit(), limit()],
        prop::option::weighted(0.3, limit()),
        prop::option::weighted(0.3, limit()),
        prop::option::weighted(0.3, share()),
        prop::option::weighted(0.3, share()),
        prop::option::weighted(0.4, share()),
        prop::option::weighted(0.3, share()),
    )
        .prop_map(
            |(
                match_rate,
                limits,
                missing,
                extra,
                differing,
                row_count_change,
                column,
                min_coverage,
            )| Gates {
                match_rate,
                duplicated: limits[0],
                unkeyed: limits[1],
                min_rows: limits[2],
                missing,
                extra,
                differing,
                row_count_change,
                min_coverage,
                column,
            },
        )
}
