//! What is not JSON must say where and why, whatever the chunks.

use super::*;

fn failure(name: &str, text: &[u8], chunk: usize) -> Failure {
    match read(&mut Written::new(name, text).open(chunk)) {
        Ok((_, rows)) => panic!("{:?} was read as {rows:?}", String::from_utf8_lossy(text)),
        Err(failure) => failure,
    }
}

/// Each text with what its failure must say, for large chunks and small.
fn refuses(name: &str, code: Code, cases: &[(&str, &str)]) {
    for (text, says) in cases {
        for chunk in [1, 7, CHUNK] {
            let failure = failure(name, text.as_bytes(), chunk);
            assert_eq!(failure.code, code, "{text:?}: {failure}");
            assert!(failure.why.contains(says), "{text:?}: {failure}");
            assert!(failure.why.contains(name), "{failure}");
            assert!(!failure.next.is_empty());
        }
    }
}

#[test]
fn an_array_that_is_not_one() {
    refuses(
        "a.json",
        Code::Malformed,
        &[
            ("", "line 1, byte 0: the file is empty"),
            (" \n", "line 2, byte 2: the file is empty"),
            ("[{\"a\":1}] x", "byte 10: the array is followed by"),
            (
                "[{\"a\":1}]\n[]",
                "line 2, byte 10: the array is followed by",
            ),
            (
                "[{\"a\":1},]",
                "byte 9: a record must be an object, but here is nothing",
            ),
            ("[{\"a\":1} {\"a\":2}]", "byte 9: ',' or ']' is due"),
            ("[,{\"a\":1}]", "here is nothing"),
            ("[1]", "but here is a number"),
            ("[{\"a\":1}, \"x\"]", "but here is a string"),
            ("[null]", "but here is null"),
            ("17", "the text is not an array of records"),
            ("[{\"a\":1}}]", "byte 8: ',' or ']' is due"),
        ],
    );
}

#[test]
fn a_record_that_is_not_json() {
    let cases = [
        ("{\"a\":01}", "byte 6: a number with a leading zero"),
        ("{\"a\":.5}", "byte 5: a value is due"),
        ("{\"a\":1.}", "byte 7: a digit is due"),
        ("{\"a\":1e}", "byte 7: a digit is due"),
        ("{\"a\":+1}", "byte 5: a value is due"),
        ("{\"a\":NaN}", "byte 5: a value is due"),
        ("{\"a\":nul}", "byte 5: a value is due"),
        ("{\"a\":1,}", "byte 7: a member's name"),
        ("{a:1}", "byte 1: a member's name"),
        ("{'a':1}", "byte 1: a member's name"),
        ("{\"a\" 1}", "byte 5: ':' is due"),
        ("{\"a\":}", "byte 5: a value is due"),
        ("{\"a\":[1,]}", "byte 8: a value is due"),
        ("{\"a\":[1}", "byte 7: ',' or ']' is due"),
        ("{\"a\":{\"b\":1]}", "byte 11: ',' or '}' is due"),
        ("{\"a\":{1:2}}", "byte 6: a member's name"),
        ("{\"a\":\"\t\"}", "byte 6: a control character"),
        ("{\"a\":\"\\x\"}", "byte 6: an unknown escape"),
        ("{\"a\":\"\\u12g4\"}", "byte 6: \\u without four"),
        ("{\"a\":\"\\ud800\"}", "byte 6: half of a surrogate pair"),
        ("{\"a\":\"\\udc00\"}", "byte 6: half of a surrogate pair"),
        (
            "{\"a\":[\"\\ud800\\u0041\"]}",
            "byte 7: half of a surrogate pair",
        ),
        (
            "{\"a\":1,\"b\":2,\"\\u0061\":3}",
            "byte 14: the record has the member \"a\" twice",
        ),
    ];
    refuses("a.jsonl", Code::Malformed, &cases);
    for (text, says) in cases {
        let array = format!("[\n{text}\n]");
        let says = says.split_once(": ").unwrap().1;
        refuses(
            "a.json",
            Code::Malformed,
            &[(&array, says), (&array, "line 2")],
        );
        let second = format!("{{\"ok\":1}}\n{text}\n{{\"ok\":1}}\n");
        refuses(
            "a.jsonl",
            Code::Malformed,
            &[(&second, "line 2"), (&second, says)],
        );
    }
}

#[test]
fn lines_that_are_no_records() {
    refuses(
        "a.jsonl",
        Code::Malformed,
        &[
            ("{\"a\":1} {\"a\":2}\n", "byte 8: the record is followed by"),
            (
                "{\"a\":1},\n{\"a\":2}\n",
                "byte 7: the record is followed by",
            ),
            (
                "{\"a\":\n1}\n",
                "line 1, byte 5: the text ends within a record",
            ),
            ("[{\"a\":1}]", "but here is an array"),
            (
                "{\"a\":1}\n2\n",
                "line 2, byte 8: a record must be an object, but here is a number",
            ),
            ("<!doctype html>\n<html>", "an HTML or XML page"),
        ],
    );
}

#[test]
fn text_that_is_cut_short_is_cut_at_every_byte() {
    let whole = "[{\"a\":\"x\\u00e9\\\\\",\"b\":[1,{\"c\":true}]},\n {\"a\":null,\"b\":-1.5e3}]";
    for len in 1..whole.len() {
        for chunk in [1, CHUNK] {
            let failure = failure("a.json", &whole.as_bytes()[..len], chunk);
            assert_eq!(failure.code, Code::SourceCut, "{len}: {failure}");
            assert!(failure.why.contains(&format!("byte {len}")), "{failure}");
        }
    }
    let line = "{\"a\":\"x\\ud834\\udd1e\\\\\",\"b\":[1,{\"c\":true}]}";
    for len in 1..line.len() {
        let text = format!("{line}\n{}", &line[..len]);
        let failure = failure("a.jsonl", text.as_bytes(), 1);
        assert_eq!(failure.code, Code::SourceCut, "{len}: {failure}");
        assert!(failure.why.contains("line 2"), "{failure}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_named() {
    for (name, text) in [
        ("a.json", &b"[{\"a\":1},\n{\"a\":\"x\xff\"}]"[..]),
        ("a.jsonl", b"{\"a\":1} \n{\"a\":\"x\xff\"}\n"),
    ] {
        for chunk in [1, CHUNK] {
            let failure = failure(name, text, chunk);
            assert_eq!(failure.code, Code::Malformed);
            let place = if name == "a.json" {
                "byte 17"
            } else {
                "byte 16"
            };
            assert!(
                failure.why.contains("line 2") && failure.why.contains(place),
                "{failure}"
            );
        }
    }
}

#[test]
fn an_earlier_fault_is_named_rather_than_its_consequence() {
    // The unclosed string swallows the brackets up to the text's end.
    let text = b"[{\"a\":\"x},\n{\"a\":1}]";
    let failure = failure("a.json", text, CHUNK);
    assert_eq!(failure.code, Code::Malformed);
    assert!(
        failure.why.contains("line 1, byte 10: a control character"),
        "{failure}"
    );
}

#[test]
fn pages_and_errors_are_known_for_what_they_are() {
    let page = failure("a.json", b"\n<!DOCTYPE html><html>", CHUNK);
    assert!(
        page.why.contains("line 2, byte 1: an HTML or XML page"),
        "{page}"
    );
    let error = failure(
        "a.json",
        b"{\"message\":\"JWT expired\",\"code\":\"PGRST301\",\"token\":\"s3cret\"}",
        CHUNK,
    );
    assert!(
        error.why.contains("\"message\": \"JWT expired\""),
        "{error}"
    );
    assert!(error.why.contains("\"token\": …"), "{error}");
    assert!(!error.to_string().contains("s3cret"));
    assert!(error.next.contains("API"), "{error}");
}

#[test]
fn a_file_that_changes_is_noticed() {
    let file = Written::new("a.jsonl", "{\"a\":1}\n");
    let mut json = file.open(CHUNK);
    read(&mut json).unwrap();
    std::fs::write(file.path(), "{\"a\":1}\n{\"a\":2}\n").unwrap();
    assert_eq!(
        json.verify_unchanged().unwrap_err().code,
        Code::SourceChanged
    );
}
