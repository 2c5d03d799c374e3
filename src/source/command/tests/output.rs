//! What it wrote: on stdout or into a file, as data or as a greeting.

use super::*;

fn as_format(mut spec: Spec, format: Format) -> Spec {
    spec.command.format = Some(format);
    spec
}

/// A side that prints this text.
fn printing(folder: &Folder, text: &str, format: Format) -> Spec {
    std::fs::write(folder.path("text"), text).expect("a file");
    as_format(folder.words("cat text"), format)
}

#[test]
fn data_is_taken_for_what_it_is() {
    let folder = Folder::new();
    for (text, format) in [
        ("\n {\"id\":1}\n", Format::JsonLines),
        ("[]", Format::Json),
        ("[\n {\"id\":1}]", Format::Json),
        ("id,name\n", Format::Csv),
        ("id\n1\n2\n", Format::Csv),
        ("id,name\n1,\"a\nb,c\"\n", Format::Csv),
        ("id\tname\n1\ta,b\n", Format::Tsv),
        // The last row is one's own: the reader says where it is ragged.
        ("id,name\n1,a\nDone in 1.2s\n", Format::Csv),
    ] {
        let spec = printing(&folder, text, format);
        assert_eq!(printed(&ran(&spec).expect(text)), text);
    }
}

#[test]
fn a_greeting_before_the_data_is_named() {
    let folder = Folder::new();
    let row = "{\"id\":1}\n";
    for (text, format, says) in [
        (
            format!("\n> app@1.0.0 dry-run\n> ts-node x.ts\n\n{row}"),
            Format::JsonLines,
            "its first line is no JSON object but \"> app@1.0.0 dry-run\"",
        ),
        (
            format!("\u{1b}[32mDone\u{1b}[0m\n{row}"),
            Format::JsonLines,
            r#"but "\\u{1b}[32mDone\\u{1b}[0m""#,
        ),
        (
            format!("[INFO] starting\n{row}"),
            Format::JsonLines,
            "\"[INFO] starting\"",
        ),
        (
            "[INFO] starting\n[]".to_owned(),
            Format::Json,
            "its first line is no JSON array but \"[INFO] starting\"",
        ),
        (
            "> app dry-run\nid,name\n1,a\n2,b\n".to_owned(),
            Format::Csv,
            "its first line has fewer cells than the others (2) and may be no header: \"> app dry-run\"",
        ),
        (
            "> app\n> tsc\nid;name\n1;a\n".to_owned(),
            Format::Csv,
            "its first 2 lines have fewer cells than the others (2)",
        ),
        (
            "Reading\nid\tname\n1\ta\n".to_owned(),
            Format::Tsv,
            "may be no header: \"Reading\"",
        ),
    ] {
        let mut spec = printing(&folder, &text, format);
        spec.text.delimiter = text.contains(';').then_some(b';');
        let failed = failure(&spec);
        assert_eq!(failed.code, Code::Malformed);
        assert!(failed.why.contains(says), "{failed}");
        assert!(failed.next.contains("--silent") && failed.next.contains("`output`"));
    }
    let long = printing(&folder, &"x".repeat(1 << 20), Format::JsonLines);
    assert!(failure(&long).why.len() < 300);
}

#[test]
fn another_format_is_named() {
    let folder = Folder::new();
    for (text, format, next) in [
        ("[{\"id\":1}]", Format::JsonLines, "`format = \"json\"`"),
        ("[]", Format::JsonLines, "`format = \"json\"`"),
        (
            "{\"id\":1}\n{\"id\":2}\n",
            Format::Json,
            "`format = \"jsonl\"`",
        ),
    ] {
        let failed = failure(&printing(&folder, text, format));
        assert!(failed.next.contains(next), "{text}: {failed}");
    }
}

#[test]
fn nothing_is_not_no_rows() {
    let folder = Folder::new();
    for format in [Format::Csv, Format::Tsv, Format::Json, Format::JsonLines] {
        for text in ["", "\n \n"] {
            let failed = failure(&printing(&folder, text, format));
            assert_eq!(failed.code, Code::Malformed);
            assert!(failed.why.ends_with("it is empty"), "{failed}");
        }
    }
}

#[test]
fn a_later_fault_names_the_command_and_what_to_do() {
    let folder = Folder::new();
    for (text, says, next) in [
        ("{\"id\":1}\nDone in 1.2s\n", "line 2", "stdout"),
        ("{\"id\":1}\n{\"id\":2,", "line 2", "ends before its end"),
    ] {
        let spec = printing(&folder, text, Format::JsonLines);
        let mut source = crate::source::open(&spec, &Context::default()).expect("opens");
        let failed = source.schema().expect_err(text);
        assert!(
            failed.why.starts_with("command:cat … (1 argument): "),
            "{failed}"
        );
        assert!(
            failed.why.contains(says) && failed.next.contains(next),
            "{failed}"
        );
    }
}

#[test]
fn a_file_is_its_output_if_this_run_wrote_it() {
    let folder = Folder::new();
    let file = folder.path("out.csv");
    let writing = |script: &str| {
        let mut spec = folder.shell(script);
        spec.command.output = Some(file.clone());
        spec
    };
    let absent = failure(&writing("echo talk"));
    assert!(
        absent
            .why
            .contains("out.csv is not there: this run did not write it"),
        "{absent}"
    );
    let spec = writing("echo talk; printf 'id\\n1\\n' > out.csv");
    let source = crate::source::open(&spec, &Context::default()).expect("opens");
    let identity = source.identity();
    assert_eq!(identity.location, "command:sh -c …");
    assert_eq!(identity.relation, Some(file.display().to_string()));
    assert_eq!(identity.engine, "command, CSV");
    assert!(identity.store.expect("a file").starts_with("file:"));
    let stale = failure(&writing("true"));
    assert!(stale.why.contains("is as it was before"), "{stale}");
    // Written again, with the same size; by another name; with another time alone.
    for script in [
        "sleep 0.05; printf 'id\\n2\\n' > out.csv",
        "printf 'id\\n3\\n' > x && mv x out.csv",
        "sleep 0.05; touch out.csv",
    ] {
        ran(&writing(script)).expect(script);
    }
    assert!(
        failure(&writing("chmod 600 out.csv"))
            .why
            .contains("as it was")
    );
}

/// Two datasets with one `output` between them must not both read the second's.
#[test]
fn a_file_that_another_command_wrote_over_is_not_its_output() {
    let folder = Folder::new();
    let writing = |id: u32| {
        let mut spec = folder.shell(&format!("sleep 0.05; echo '{{\"id\":{id}}}' > out.jsonl"));
        spec.command.output = Some(folder.path("out.jsonl"));
        spec
    };
    let first = writing(1);
    crate::source::open(&first, &Context::default()).expect("opens");
    crate::source::open(&writing(2), &Context::default()).expect("opens");
    let failed = crate::source::open(&first, &Context::default()).err();
    let failed = failed.expect("it was written over");
    assert_eq!(failed.code, Code::SourceChanged);
    assert!(
        failed.why.contains("not as the command left it"),
        "{failed}"
    );
}

#[test]
fn a_packed_or_encoded_output_is_read_as_it_is() {
    let folder = Folder::new();
    let mut spec = folder.shell("printf 'id\\n1\\n' | gzip > out.csv.gz");
    spec.command.output = Some(folder.path("out.csv.gz"));
    let source = crate::source::open(&spec, &Context::default()).expect("opens");
    assert_eq!(source.identity().engine, "command, CSV, gzip");
    let mut spec = as_format(folder.words("printf '\\xe5,b\\n1,2\\n'"), Format::Csv);
    spec.text.encoding = Some("windows-1252".to_owned());
    let mut source = crate::source::open(&spec, &Context::default()).expect("opens");
    assert_eq!(source.schema().expect("a header").columns[0].name, "å");
}

#[test]
fn the_format_is_that_of_the_files_name_unless_said() {
    let options = |output: Option<&str>, format| CommandOptions {
        output: output.map(|name| Path::new(name).to_owned()),
        format,
        ..CommandOptions::default()
    };
    for (output, format, expected) in [
        (None, None, Format::JsonLines),
        (Some("a/b.tsv.zst"), None, Format::Tsv),
        (Some("a.ndjson"), None, Format::JsonLines),
        (Some("a.out"), None, Format::JsonLines),
        (Some("a.csv"), Some(Format::Json), Format::Json),
    ] {
        assert_eq!(options(output, format).format(), expected);
    }
}
