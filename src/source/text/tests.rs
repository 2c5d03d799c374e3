//! What is on disk and what a reader makes of it.

use std::io::Read;

use super::*;

fn saved(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (dir, path)
}

/// The whole text, read in pieces of so many bytes.
fn text(file: &TextFile, piece: usize) -> Result<Vec<u8>> {
    let mut reader = file.reader()?;
    let mut out = Vec::new();
    while reader.extend(&mut out, piece)? == piece {}
    assert_eq!(reader.bytes_read(), file.size());
    Ok(out)
}

#[test]
fn pieces_of_every_size_and_a_plain_read_give_the_same_text() {
    let japanese = "全角ＡＢＣ、半角ｶﾅ、〜～①\r\n".repeat(20);
    let full_width = japanese.replace('〜', "～");
    let cp932 = encoding_rs::SHIFT_JIS.encode(&full_width).0;
    let marked = [b"\xef\xbb\xbf", japanese.as_bytes()].concat();
    let packed = zstd::encode_all(&marked[..], 1).unwrap();
    for (name, bytes, encoding) in [
        ("a.csv", japanese.as_bytes(), None),
        ("a.csv", &marked, Some("UTF8")),
        ("a.csv.ZST", &packed, None),
        ("a.csv", &cp932, Some("windows-31j")),
    ] {
        let (_dir, path) = saved(name, bytes);
        let file = TextFile::open(&path, encoding).unwrap();
        let expected = match encoding {
            Some("windows-31j") => full_width.clone(),
            _ => japanese.clone(),
        };
        for piece in (1..20).chain([1000, 1 << 20]) {
            assert_eq!(text(&file, piece).unwrap(), expected.as_bytes(), "{name}");
        }
        let mut whole = String::new();
        file.reader().unwrap().read_to_string(&mut whole).unwrap();
        assert_eq!(whole, expected);
        assert_eq!(
            file.is_plain(),
            name == "a.csv" && encoding != Some("windows-31j")
        );
    }
}

#[test]
fn offsets_in_a_plain_file_are_those_on_disk() {
    let (_dir, path) = saved("a.csv", b"\xef\xbb\xbfab");
    let file = TextFile::open(&path, None).unwrap();
    assert_eq!(file.reader().unwrap().start(), 3);
    let mut bytes = b"x".to_vec();
    assert_eq!(file.read_at(&mut bytes, 4, 9).unwrap(), 1);
    assert_eq!(bytes, b"xb");
    assert_eq!(file.read_at(&mut bytes, 40, 9).unwrap(), 0);
}

#[test]
fn labels_of_other_tools_and_slips() {
    for label in ["cp932", "SJIS", " MS932 ", "eucjp", "UTF-8-sig", "latin1"] {
        assert!(encoding::named(label).is_ok(), "{label}");
    }
    for (slip, nearest) in [
        ("shiftjis", "shift_jis"),
        ("euc_jpp", "euc-jp"),
        ("utf-9", "utf-8"),
        ("hz-gb-2312", "gb"),
    ] {
        let failure = encoding::named(slip).unwrap_err();
        assert_eq!(failure.code, Code::Config);
        assert!(failure.next.contains(nearest), "{slip}: {}", failure.next);
    }
}

#[test]
fn a_plain_read_carries_the_failure() {
    let (_dir, path) = saved("a.csv", b"a\nb\n\x81\xff");
    let file = TextFile::open(&path, Some("shift_jis")).unwrap();
    let error = file
        .reader()
        .unwrap()
        .read_to_end(&mut Vec::new())
        .unwrap_err();
    let failure = failure(error);
    assert_eq!(failure.code, Code::Malformed);
    assert!(failure.why.contains("a.csv: line 3, byte 4:"), "{failure}");
    assert!(failure.why.ends_with("not CP932"));
}

#[test]
fn a_bad_byte_is_placed_behind_what_was_read_before() {
    let (_dir, path) = saved("a.csv.gz", b"");
    let file = TextFile::open(&path, None).unwrap();
    assert_eq!(file.reader().err().unwrap().code, Code::SourceCut);
    let failure = file.origin().invalid_utf8(b"x\ny\xffz\n", 100, 7);
    assert!(
        failure
            .why
            .contains("line 9, byte 103 of the decompressed text: byte 0xff"),
        "{failure}"
    );
}

#[test]
fn a_replaced_or_rewritten_file_has_changed() {
    let (_dir, path) = saved("a.csv", b"a\n1\n");
    let file = TextFile::open(&path, None).unwrap();
    file.verify_unchanged().unwrap();
    let other = path.with_extension("new");
    std::fs::write(&other, b"a\n1\n").unwrap();
    std::fs::rename(&other, &path).unwrap();
    let failure = file.verify_unchanged().unwrap_err();
    assert_eq!(
        (failure.code, failure.transient),
        (Code::SourceChanged, true)
    );
    assert_eq!(
        text(&file, 2).unwrap(),
        b"a\n1\n",
        "what was opened is read"
    );
}
