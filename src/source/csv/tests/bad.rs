//! Bad files: the code, the place and the remedy of each.

use std::io::Write;

use super::*;

/// Every part of `says` is in the failure's text.
fn fails(bytes: &[u8], code: Code, says: &[&str]) {
    fails_as("a.csv", bytes, TextOptions::default(), code, says);
}

fn fails_as(name: &str, bytes: &[u8], text: TextOptions, code: Code, says: &[&str]) {
    let failure = cells_of(name, bytes, text).unwrap_err();
    let shown = failure.to_string();
    assert_eq!(failure.code, code, "{shown}");
    for part in says {
        assert!(shown.contains(part), "{part:?} is not in {shown:?}");
    }
    assert!(shown.contains("hint: "), "{shown:?}");
}

#[test]
fn rows_that_are_not_of_the_headers_width() {
    let ragged = |bytes: &[u8], says: &[&str]| fails(bytes, Code::Malformed, says);
    ragged(
        b"a,b,c\n1,2,3\n4,5\n",
        &[
            "a.csv: line 3, byte 12:",
            "2 cells where the header has 3 columns",
        ],
    );
    ragged(b"a,b\n1,2,3", &["line 2, byte 4", "3 cells", "2 columns"]);
    ragged(b"a,b\n1,2\n\n3,4\n", &["line 3, byte 8", "1 cell where"]);
    ragged(
        b"a\n1,\n",
        &["line 2", "2 cells where the header has 1 column"],
    );
    ragged(b"a,b\n\"x\ny\",2\n3\n", &["line 4, byte 12"]);
}

#[test]
fn quotes_that_do_not_close_or_close_too_soon() {
    fails(
        b"a,b\n1,2\n3,\"x\n5,6\n",
        Code::Malformed,
        &["line 3, byte 10", "never closed"],
    );
    fails(
        b"a,b\n1,\"x\"\"",
        Code::Malformed,
        &["line 2, byte 6", "never closed"],
    );
    fails(
        b"a,\"b\n1,2\n",
        Code::Malformed,
        &["line 1, byte 2", "never closed"],
    );
    fails(
        b"a,b\n1,\"x\"y\n",
        Code::Malformed,
        &["line 2, byte 9", "'y' follows a closing quote"],
    );
    fails(
        b"a,b\n1,\"x\"\r",
        Code::Malformed,
        &["'\\r' follows a closing quote"],
    );
}

#[test]
fn headers_that_do_not_name_each_column_once() {
    fails(b"", Code::Malformed, &["line 1", "no header row"]);
    fails(b"\n1,2\n", Code::Malformed, &["no header row"]);
    fails(b"\xef\xbb\xbf", Code::Malformed, &["no header row"]);
    fails(b"a,,b,\n", Code::Malformed, &["no name for column 2, 4"]);
    fails(
        b"a,b,\"a\"\n",
        Code::Malformed,
        &["\"a\" twice, as columns 1 and 3"],
    );
}

#[test]
fn other_formats_under_this_name() {
    fails(
        b"\n <!DOCTYPE html>\n<html>\n",
        Code::Malformed,
        &["no header row"],
    );
    fails(
        b"  <!doctype HTML><p>x\n",
        Code::Malformed,
        &["looks like HTML"],
    );
    fails(b"<html lang=\"ja\">", Code::Malformed, &["looks like HTML"]);
    fails(b"[{\"a\":1}]", Code::Malformed, &["looks like JSON"]);
    fails(
        b"{\"a\":1,\"b\":2}\n",
        Code::Malformed,
        &["looks like JSON"],
    );
    assert!(cells(b"[id],[name]\n1,2\n").is_ok());
    fails(
        b"\x1f\x8b\x08\x00",
        Code::Malformed,
        &["byte 1:", "gzip", ".gz"],
    );
    let zst = zstd::encode_all(&b"a,b\n1,2\n"[..], 3).unwrap();
    fails(&zst, Code::Malformed, &[".zst"]);
}

#[test]
fn bytes_that_are_not_of_the_encoding() {
    let line = "2,東京都港区の賃貸マンション,x\n";
    let (cp932, ..) = encoding_rs::SHIFT_JIS.encode(line);
    let (euc, ..) = encoding_rs::EUC_JP.encode(line);
    let after = |bytes: &[u8]| [b"a,b,c\n1,x,y\n", bytes].concat();
    fails(
        &after(&cp932),
        Code::Malformed,
        &[
            "line 3, byte 14",
            "not UTF-8",
            "CP932",
            "encoding = \"shift_jis\"",
        ],
    );
    fails(
        &after(&euc),
        Code::Malformed,
        &["line 3", "encoding = \"euc-jp\""],
    );
    fails(
        &after(b"2,\xff\xff,z\n"),
        Code::Malformed,
        &["0xff is not UTF-8"],
    );
    let text = |encoding: &str| TextOptions {
        encoding: some(encoding),
        ..TextOptions::default()
    };
    let bad = [b"a,b\n1,".as_slice(), b"\x82\xa0\x82\x20\n"].concat();
    fails_as(
        "a.csv",
        &bad,
        text("shift_jis"),
        Code::Malformed,
        &["line 2, byte 8", "not CP932"],
    );
    fails_as(
        "a.csv",
        b"a,b\n1,\x82",
        text("cp932"),
        Code::Malformed,
        &["line 2, byte 6"],
    );
    fails_as(
        "a.csv",
        b"a\n1\n",
        text("shift-jsi"),
        Code::Config,
        &["no encoding named \"shift-jsi\"", "\"shift_jis\""],
    );
    fails(
        b"\xff\xfea\0\n\0",
        Code::Malformed,
        &["byte order mark says UTF-16LE", "encoding = \"utf-16le\""],
    );
}

#[test]
fn compressed_files_that_are_not_whole() {
    let text = [b"a,b\n".as_slice(), &b"1,2\n".repeat(2000)].concat();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&text).unwrap();
    let packed = [
        ("a.csv.gz", gz.finish().unwrap()),
        ("a.csv.zst", zstd::encode_all(&text[..], 3).unwrap()),
    ];
    for (name, bytes) in packed {
        let whole = cells_of(name, &bytes, TextOptions::default()).unwrap();
        assert_eq!(whole.len(), 2000);
        for len in 0..bytes.len() {
            let cut = cells_of(name, &bytes[..len], TextOptions::default());
            let failure = cut.expect_err("a cut file is never read as a shorter one");
            assert_eq!(failure.code, Code::SourceCut, "{name} {len}: {failure}");
        }
        for garbage in [b"x".as_slice(), b"garbage behind it", &[0; 600]] {
            let longer = [&bytes, garbage].concat();
            let failure = cells_of(name, &longer, TextOptions::default()).unwrap_err();
            assert!(
                matches!(failure.code, Code::Malformed | Code::SourceCut),
                "{name}: {failure}"
            );
        }
        let mut damaged = bytes.clone();
        let middle = damaged.len() - 6;
        damaged[middle] ^= 0x55;
        assert!(cells_of(name, &damaged, TextOptions::default()).is_err());
    }
}

#[test]
fn files_and_columns_that_are_not_there() {
    let open = |path: &Path, text| Csv::open(&spec(path, text)).err().unwrap();
    let file = saved("a.csv", b"a,b\n1,2\n");
    let none = file.path.with_file_name("none.csv");
    assert_eq!(open(&none, TextOptions::default()).code, Code::NotFound);
    let folder = file.path.parent().unwrap();
    assert_eq!(open(folder, TextOptions::default()).code, Code::NotFound);
    let quote = TextOptions {
        delimiter: Some(b'"'),
        ..TextOptions::default()
    };
    assert_eq!(open(&file.path, quote).code, Code::Config);
    let mut csv = Csv::open(&spec(&file.path, TextOptions::default())).unwrap();
    csv.schema().unwrap();
    let failure = csv.decoder(&wants(&["c"])).err().unwrap();
    assert_eq!(failure.code, Code::NotFound);
    assert!(failure.to_string().contains("its columns are a, b"));
}
