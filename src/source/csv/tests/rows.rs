//! Good files: what their cells are, where their rows are found again.

use std::io::Write;

use super::*;

const JAPANESE: &str = "番号,物件名,備考\n\
    1,全角ＡＢＣ　港区,\"半角ｶﾅ、「引用」\"\n\
    2,波ダッシュ～と−,\"二行\r\nにわたる \"\"値\"\"\"\n\
    3,,\"\"\n";

fn japanese() -> Vec<Vec<Option<String>>> {
    vec![
        vec![
            some("1"),
            some("全角ＡＢＣ　港区"),
            some("半角ｶﾅ、「引用」"),
        ],
        vec![
            some("2"),
            some("波ダッシュ～と−"),
            some("二行\r\nにわたる \"値\""),
        ],
        vec![some("3"), None, some("")],
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn encoded(text: &str, label: &str) -> Vec<u8> {
    // U+2212 is in neither encoding's WHATWG index as such: CP932 has U+FF0D there.
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
    let (bytes, _, unmappable) = encoding.encode(text);
    assert!(!unmappable, "{label}");
    bytes.into_owned()
}

fn options(encoding: &str) -> TextOptions {
    TextOptions {
        encoding: some(encoding),
        ..TextOptions::default()
    }
}

#[test]
fn a_quoted_cell_is_text_and_an_empty_one_is_null() {
    let rows = cells(b"id,a,b\n1,,\"\"\n2,\"x,\ny\",ab\"c\n3,\"a\"\"b\"\"\",\"\"\"\"\n").unwrap();
    assert_eq!(
        rows,
        [
            vec![some("1"), None, some("")],
            vec![some("2"), some("x,\ny"), some("ab\"c")],
            vec![some("3"), some("a\"b\""), some("\"")],
        ]
    );
}

#[test]
fn line_ends_are_lf_or_crlf_and_the_last_may_lack() {
    let expected = [vec![some("1"), some("x")], vec![some("2"), some("y")]];
    for text in [
        "a,b\n1,x\n2,y\n",
        "a,b\r\n1,x\r\n2,y\r\n",
        "a,b\n1,x\r\n2,\"y\"",
        "a,b\n1,x\n2,y\n\n\r\n\n",
        "\u{feff}a,b\n1,x\n2,y",
        "\u{feff}\"a\",b\n1,\"x\"\r\n2,\"y\"\r\n\r\n",
    ] {
        assert_eq!(cells(text.as_bytes()).unwrap(), expected, "{text:?}");
    }
    let rows = cells(b"a,b\n1,x\ry\n2,\r\r\n").unwrap();
    assert_eq!(
        rows,
        [vec![some("1"), some("x\ry")], vec![some("2"), some("\r")]],
        "a CR alone belongs to its cell"
    );
}

#[test]
fn a_blank_line_is_a_row_of_a_one_column_file() {
    let rows = cells(b"a\nx\n\n\"\"\n\r\n\n").unwrap();
    assert_eq!(
        rows,
        [
            vec![some("x")],
            vec![None],
            vec![some("")],
            vec![None],
            vec![None]
        ]
    );
    assert_eq!(cells(b"a\n").unwrap(), Vec::<Vec<_>>::new());
    assert_eq!(cells(b"a,b").unwrap(), Vec::<Vec<_>>::new());
}

#[test]
fn null_tokens_delimiters_and_tabs() {
    let text = TextOptions {
        delimiter: Some(b';'),
        null: Some(vec!["NULL".into(), "\\N".into(), "x".repeat(70)]),
        encoding: None,
    };
    let bytes = format!(
        "a;b;c;d\nNULL;\\N;;{}\n\"NULL\";null;,;{}\n",
        "x".repeat(70),
        "x".repeat(71)
    );
    assert_eq!(
        cells_of("a.csv", bytes.as_bytes(), text).unwrap(),
        [
            vec![None, None, some(""), None],
            vec![some("NULL"), some("null"), some(","), Some("x".repeat(71))],
        ]
    );
    let rows = cells_of("a.tsv", b"a\tb\n1,2\t\"x\ty\"\n", TextOptions::default()).unwrap();
    assert_eq!(rows, [vec![some("1,2"), some("x\ty")]]);
}

#[test]
fn every_encoding_and_compression_gives_the_same_rows() {
    // CP932 and EUC-JP hold the full-width hyphen where Unicode has a minus of its own.
    let text = JAPANESE.replace('−', "－");
    let mut expected = japanese();
    expected[1][1] = some("波ダッシュ～と－");
    for label in ["shift_jis", "CP932", "euc-jp", "utf-8", "gb18030"] {
        let encoding = label.replace("CP932", "shift_jis");
        let bytes = encoded(&text, &encoding);
        let half = bytes.len() / 2;
        let members = [gzip(&bytes[..half]), gzip(&bytes[half..])].concat();
        let frames = [&bytes[..half], &bytes[half..]]
            .map(|part| zstd::encode_all(part, 3).unwrap())
            .concat();
        for (name, bytes) in [
            ("a.csv", bytes),
            ("a.csv.gz", members),
            ("a.csv.zst", frames),
        ] {
            let rows = cells_of(name, &bytes, options(label)).unwrap();
            assert_eq!(rows, expected, "{label} {name}");
        }
    }
    assert_eq!(cells(JAPANESE.as_bytes()).unwrap(), japanese());
}

#[test]
fn utf16_follows_its_mark_or_its_label() {
    let little: Vec<u8> = JAPANESE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = JAPANESE.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
    for (label, bytes) in [
        ("utf-16", marked(&[0xff, 0xfe], &little)),
        ("utf-16", marked(&[0xfe, 0xff], &big)),
        ("utf-16le", marked(&[0xff, 0xfe], &little)),
        ("utf-16le", little),
        ("utf-16be", big),
    ] {
        let rows = cells_of("a.csv", &bytes, options(label)).unwrap();
        assert_eq!(rows, japanese(), "{label}");
    }
}

#[test]
fn the_identity_says_how_the_file_is_read() {
    let file = saved("a.csv.gz", &gzip(&encoded("a\n1\n", "shift_jis")));
    let mut csv = Csv::open(&spec(&file.path, options("sjis"))).unwrap();
    let identity = csv.identity();
    assert_eq!(identity.engine, "CSV, gzip, CP932");
    assert_eq!(identity.location, file.path.display().to_string());
    assert!(identity.store.unwrap().starts_with("file:"));
    csv.schema().unwrap();
    assert!(!csv.locates());
}

#[test]
fn the_schema_estimates_rows_and_the_receipt_counts_bytes() {
    let bytes = [b"id,x\n".as_slice(), &b"12345678,abcdefg\n".repeat(100_000)].concat();
    let file = saved("a.csv", &bytes);
    let mut csv = Csv::open(&spec(&file.path, TextOptions::default())).unwrap();
    let schema = csv.schema().unwrap();
    let names: Vec<_> = schema.columns.iter().map(|column| &column.name).collect();
    assert_eq!(names, ["id", "x"]);
    let estimate = schema.estimate.unwrap();
    assert!((99_000..101_000).contains(&estimate), "{estimate}");
    let mut kept = Kept::default();
    let receipt = csv.read(&all(&csv), &mut kept).unwrap();
    assert_eq!(receipt.bytes, bytes.len() as u64);
    assert!(
        receipt
            .snapshot
            .unwrap()
            .starts_with("1700005 bytes, modified 2")
    );
    assert!(kept.0.iter().all(|chunk| chunk.bytes.len() <= CHUNK));
    assert!(kept.0.len() >= bytes.len() / CHUNK);
}

#[test]
fn only_wanted_columns_become_cells_in_their_order() {
    let file = saved("a.csv", b"a,b,c\n1,2,3\n4,5,6\n");
    let mut csv = Csv::open(&spec(&file.path, TextOptions::default())).unwrap();
    csv.schema().unwrap();
    let some_of = wants(&["c", "a"]);
    let rows = read(&mut csv, &some_of).unwrap();
    assert_eq!(rows[1].cells, [some("6"), some("4")]);
    assert_eq!((rows[1].at, &rows[1].span), (Some(12), &None));
    assert_eq!(csv.decoder(&some_of).unwrap().raw_form(), None);
    let turned = csv.decoder(&wants(&["c", "a", "b"])).unwrap().raw_form();
    assert!(turned.is_some());
    assert_ne!(turned, csv.decoder(&all(&csv)).unwrap().raw_form());
}

#[test]
fn raw_forms_agree_where_bytes_mean_the_same() {
    let form = |header: &str, order: &[&str], text: TextOptions| {
        let file = saved("a.csv", header.as_bytes());
        let mut csv = Csv::open(&spec(&file.path, text)).unwrap();
        csv.schema().unwrap();
        csv.decoder(&wants(order)).unwrap().raw_form().unwrap()
    };
    let null = |tokens: &[&str]| TextOptions {
        null: Some(tokens.iter().map(|token| token.to_string()).collect()),
        ..TextOptions::default()
    };
    let plain = form("a,b", &["b", "a"], TextOptions::default());
    assert_eq!(plain, form("A,B", &["B", "A"], null(&[""])), "another name");
    assert_ne!(plain, form("b,a", &["b", "a"], TextOptions::default()));
    assert_ne!(plain, form("a,b", &["b", "a"], null(&["NULL"])));
    assert_eq!(
        form("a,b", &["a", "b"], null(&["x", "y"])),
        form("a,b", &["a", "b"], null(&["y", "x", "y"]))
    );
}

#[test]
fn a_change_while_reading_is_told() {
    let file = saved("a.csv", b"a,b\n1,2\n");
    let mut csv = Csv::open(&spec(&file.path, TextOptions::default())).unwrap();
    csv.schema().unwrap();
    csv.verify_unchanged().unwrap();
    std::fs::write(&file.path, b"a,b\n1,2\n3,4\n").unwrap();
    let failure = read(&mut csv, &wants(&["a"])).unwrap_err();
    assert_eq!(failure.code, Code::SourceChanged);
    std::fs::remove_file(&file.path).unwrap();
    assert_eq!(
        csv.verify_unchanged().unwrap_err().code,
        Code::SourceChanged
    );
}

#[test]
fn a_row_longer_than_a_chunk_is_a_chunk_and_too_long_a_one_a_failure() {
    let long = format!("a,b\n1,\"{}\"\n2,y\n", "line\n".repeat(1000));
    let file = saved("a.csv", long.as_bytes());
    let rows = rows_with(&file.path, TextOptions::default(), 64).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].cells[1].as_ref().unwrap().len(), 5000);

    let mut csv = Csv::open(&spec(&file.path, TextOptions::default())).unwrap();
    csv.sizes = Sizes {
        chunk: 64,
        record: 2048,
    };
    csv.schema().unwrap();
    let failure = read(&mut csv, &wants(&["a"])).unwrap_err();
    assert_eq!(failure.code, Code::Malformed);
    assert!(failure.why.contains("line 2, byte 6"), "{failure}");
}

#[test]
fn a_sink_that_has_had_enough_ends_the_read() {
    struct Once(usize);
    impl Sink for Once {
        fn buffer(&mut self) -> Vec<u8> {
            Vec::new()
        }
        fn push(&mut self, _: Chunk) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Break(())
        }
    }
    let file = saved("a.csv", b"a,b\n1,2\n3,4\n5,6\n");
    let mut csv = Csv::open(&spec(&file.path, TextOptions::default())).unwrap();
    csv.sizes.chunk = 4;
    csv.schema().unwrap();
    let mut once = Once(0);
    csv.read(&wants(&["a"]), &mut once).unwrap();
    assert_eq!(once.0, 1);
    csv.fetch(&wants(&["a"]), &[4, 12], &mut once).unwrap();
    assert_eq!(once.0, 2);
}
