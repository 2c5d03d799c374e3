//! The house rules of ARCHITECTURE.md, held over the source as text: layers
//! import downwards only, files and functions stay small, every module says why
//! it exists, and nothing prints but the command line.

use std::fs;
use std::path::{Path, PathBuf};

/// Which of our modules the files of a layer may name, by the longest prefix of
/// the file's path under src/. A `crate::` path to anything else fails.
const LAYERS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("secret", &[]),
    ("stop", &["error"]),
    ("value", &["value"]),
    ("fingerprint", &["value"]),
    ("normalise", &["normalise", "value", "error"]),
    ("source", &["source", "error", "secret", "stop", "value"]),
    ("compare", &["compare", "error", "value", "fingerprint"]),
    ("gate", &["gate", "compare"]),
    (
        "config",
        &[
            "config",
            "plan",
            "compare",
            "gate",
            "normalise",
            "source",
            "error",
            "secret",
            "value",
        ],
    ),
    (
        "plan",
        &[
            "plan",
            "config",
            "compare",
            "gate",
            "normalise",
            "source",
            "error",
            "secret",
            "value",
        ],
    ),
    (
        "report",
        &[
            "report", "compare", "gate", "plan", "source", "error", "value",
        ],
    ),
    (
        "run",
        &[
            "run",
            "report",
            "plan",
            "gate",
            "compare",
            "normalise",
            "fingerprint",
            "source",
            "error",
            "stop",
            "value",
        ],
    ),
    (
        "cli",
        &[
            "cli", "run", "report", "plan", "config", "gate", "source", "error", "stop", "value",
            "secret",
        ],
    ),
    ("lib", &[]),
    ("main", &["cli"]),
];

/// Readers of one kind of source each: no other module may name them, save the
/// one that opens sources.
const ENGINES: &[&str] = &["csv", "json", "sqlite", "postgres", "postgrest", "command"];

struct File {
    /// Under src/, without `.rs` and `/mod`.
    module: String,
    text: String,
}

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: Vec<File> = paths(&root)
        .into_iter()
        .map(|path| {
            let under = path.strip_prefix(&root).expect("it is under src");
            let module = under.with_extension("").display().to_string();
            File {
                module: module.trim_end_matches("/mod").to_owned(),
                text: fs::read_to_string(&path).expect("a source file"),
            }
        })
        .collect();
    assert!(found.len() > 30, "src was not found whole");
    found.sort_by(|a, b| a.module.cmp(&b.module));
    found
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of src") {
        let path = entry.expect("an entry of src").path();
        if path.is_dir() {
            found.extend(paths(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

impl File {
    fn is_test(&self) -> bool {
        let name = self.module.rsplit('/').next().unwrap_or_default();
        name == "tests" || name.ends_with("_tests") || self.module.contains("/tests/")
    }

    fn is_in(&self, layer: &str) -> bool {
        self.module == layer || self.module.starts_with(&format!("{layer}/"))
    }

    /// What comes before the file's own tests.
    fn code(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod ").next().unwrap_or("")
    }
}

/// The `crate::` paths that some code names, each item of a `{…}` list on its own.
fn imports(code: &str) -> Vec<String> {
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: String = lines.collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for (at, mark) in code.match_indices("crate::") {
        let rest = &code[at + mark.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap_or_default();
            found.extend(list.split(',').map(path).filter(|path| !path.is_empty()));
        } else {
            found.push(path(rest));
        }
    }
    found
}

fn path(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text.trim_start()
        .chars()
        .take_while(|c| is_part(*c))
        .collect()
}

#[test]
fn layers_import_downwards_only() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| !file.is_test()) {
        let layer = LAYERS.iter().find(|(layer, _)| file.is_in(layer));
        let (_, allowed) = layer.unwrap_or_else(|| {
            panic!(
                "{}: no layer: add it to LAYERS and ARCHITECTURE.md",
                file.module
            )
        });
        let foreign = imports(file.code()).into_iter().filter(|import| {
            let top = import.split(':').next().unwrap_or_default();
            !allowed.contains(&top)
        });
        wrong.extend(foreign.map(|import| format!("{} names crate::{import}", file.module)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_layers_test_sees_imports() {
    let code = "use crate::run::Options;\nuse crate::{gate, plan::x};\n// crate::cli\nlet x = crate::error::Exit::Pass;";
    assert_eq!(
        imports(code),
        ["run::Options", "gate", "plan::x", "error::Exit::Pass"]
    );
}

#[test]
fn sources_do_not_know_each_other() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| !file.is_test()) {
        for engine in ENGINES {
            let own = file.is_in(&format!("source/{engine}"));
            let opener = file.module == "source";
            let named = file.code().contains(&format!("source::{engine}"))
                || (file.is_in("source") && file.code().contains(&format!("super::{engine}")));
            if named && !own && !opener {
                wrong.push(format!("{} names source::{engine}", file.module));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_middle_is_pure() {
    const PURE: &[&str] = &["value", "normalise", "fingerprint", "compare", "gate"];
    const IMPURE: &[&str] = &[
        "std::fs",
        "std::process",
        "std::thread",
        "std::time",
        "std::env",
        "net::Tcp",
        "net::Udp",
        "stdin(",
        "tokio",
        "rayon",
    ];
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| !file.is_test()) {
        if PURE.iter().any(|layer| file.is_in(layer)) {
            let found = IMPURE.iter().filter(|word| file.code().contains(**word));
            wrong.extend(found.map(|word| format!("{} uses {word}", file.module)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints_or_exits() {
    const PRINTS: &[&str] = &[
        "println!",
        "print!(",
        "dbg!(",
        "process::exit",
        "io::stdout",
        "io::stderr",
    ];
    let mut wrong = Vec::new();
    for file in files()
        .iter()
        .filter(|file| !file.is_test() && !file.is_in("cli"))
    {
        let found = PRINTS.iter().filter(|word| file.code().contains(**word));
        wrong.extend(found.map(|word| format!("{} uses {word}", file.module)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_and_functions_stay_small() {
    let mut wrong = Vec::new();
    for file in files() {
        let lines = file.text.lines().count();
        if lines > 400 {
            wrong.push(format!("{}: {lines} lines, at most 400", file.module));
        }
        wrong.extend(long_functions(&file.text).into_iter().map(|(line, lines)| {
            format!(
                "{}:{line}: a function of {lines} lines, at most 70",
                file.module
            )
        }));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where functions of over 70 lines start: from their `fn` to the brace of the
/// same indent, which rustfmt guarantees.
fn long_functions(text: &str) -> Vec<(usize, usize)> {
    let mut long = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (number, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        match open {
            None if starts_function(line) => open = Some((number, indent)),
            Some((start, at)) if line == "}" && indent == at => {
                let lines = number - start + 1;
                if lines > 70 {
                    long.push((start + 1, lines));
                }
                open = None;
            }
            _ => {}
        }
    }
    long
}

/// Whether a line opens a function that does not end on it.
fn starts_function(line: &str) -> bool {
    let words = line.split_whitespace();
    let mut words = words.skip_while(|word| {
        word.starts_with("pub") || matches!(*word, "const" | "async" | "unsafe")
    });
    words.next() == Some("fn") && !line.ends_with('}') && !line.ends_with(';')
}

#[test]
fn the_size_test_sees_a_long_function() {
    let long = format!("pub fn f() {{\n{}}}\n", "    x();\n".repeat(80));
    assert_eq!(long_functions(&long), [(1, 82)]);
}

#[test]
fn every_module_says_why_it_exists() {
    let silent: Vec<_> = files()
        .into_iter()
        .filter(|file| !file.is_test() && !file.text.starts_with("//!"))
        .map(|file| file.module)
        .collect();
    assert!(
        silent.is_empty(),
        "no module comment: {}",
        silent.join(", ")
    );
}

#[test]
fn nothing_is_left_open() {
    let marks = ["todo", "unimplemented"].map(|mark| format!("{mark}!("));
    let mut wrong = Vec::new();
    for file in files() {
        let found = marks
            .iter()
            .filter(|mark| file.text.contains(mark.as_str()));
        wrong.extend(found.map(|mark| format!("{}: {mark}", file.module)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn main_fits_a_screen() {
    let main = files().into_iter().find(|file| file.module == "main");
    assert!(main.expect("src/main.rs").text.lines().count() <= 40);
}
