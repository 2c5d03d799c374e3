//! A command line as a location holds it: split into words as a POSIX shell would
//! and run without one. Its words may hold secrets, so it shows a program's name
//! and how many words follow.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{Code, Failure, Result};
use crate::secret::Secret;

#[derive(Clone, Debug, PartialEq)]
pub struct CommandLine {
    text: Secret,
    /// Where it runs if nothing else is said; empty: the working directory.
    folder: PathBuf,
}

impl CommandLine {
    pub fn new(text: &str) -> CommandLine {
        CommandLine {
            text: Secret::new(text.trim()),
            folder: PathBuf::new(),
        }
    }

    pub fn under(self, base: &Path) -> CommandLine {
        CommandLine {
            folder: base.join(&self.folder),
            ..self
        }
    }

    pub fn text(&self) -> &Secret {
        &self.text
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The program and its arguments.
    pub fn words(&self) -> Result<Vec<String>> {
        let refuse = |why: &str, next: &str| Err(Failure::new(Code::Usage, why, next));
        let Some(words) = shlex::split(self.text.expose()) else {
            return refuse(
                "the command ends within quotes, or with a backslash",
                "Close its quotes, or let a shell read it (`shell = true` for this side)",
            );
        };
        match words.first() {
            None => refuse("command: names no program", EXAMPLE),
            Some(first) if first.is_empty() => refuse("the command's program is ''", EXAMPLE),
            Some(first) if is_assignment(first) => refuse(
                "the command begins with an assignment, which only a shell understands",
                "Name the variable in this side's `env`, or let a shell read the command (`shell = true`)",
            ),
            Some(_) => Ok(words),
        }
    }

    /// Without secrets, as one name for people.
    pub fn shown(&self, shell: bool) -> String {
        if shell {
            return "command:sh -c …".to_owned();
        }
        match shlex::split(self.text.expose()).as_deref() {
            Some([program]) if is_plain(program) => format!("command:{program}"),
            Some([program, _]) if is_plain(program) => format!("command:{program} … (1 argument)"),
            Some([program, rest @ ..]) if is_plain(program) => {
                format!("command:{program} … ({} arguments)", rest.len())
            }
            _ => "command:…".to_owned(),
        }
    }

    /// Words that a shell would read as its own, and that reach the program as
    /// arguments where none runs.
    pub fn meant_for_a_shell(&self) -> bool {
        const MARKS: [&str; 9] = ["|", "||", "&", "&&", ";", ">", ">>", "<", "2>&1"];
        let words = shlex::split(self.text.expose()).unwrap_or_default();
        words.iter().any(|word| MARKS.contains(&word.as_str()))
    }

    /// Whether a shell would hand the command's failures on: of a pipeline it
    /// tells how the last part ended, whatever became of the others.
    pub fn swallows_failures(&self) -> bool {
        let text = self.text.expose();
        let alone = |(at, _): (usize, &str)| {
            let near = [
                text[..at].chars().next_back(),
                text[at + 1..].chars().next(),
            ];
            !near.contains(&Some('|')) && near[0] != Some('>')
        };
        text.match_indices('|').any(alone) && !text.contains("pipefail")
    }
}

const EXAMPLE: &str =
    "Write command:PROGRAM ARGUMENT…, for example command:npx ts-node dry-run.ts --json";

/// `NAME=value`.
fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| {
        !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// Whether a word can be nothing but a program's name.
fn is_plain(word: &str) -> bool {
    let plain = |char: char| char.is_alphanumeric() || "-_./+".contains(char);
    !word.is_empty() && word.chars().all(plain)
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Vec<String>> {
        CommandLine::new(text).words()
    }

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        for (text, expected) in [
            (
                " npx  ts-node dry-run.ts ",
                &["npx", "ts-node", "dry-run.ts"][..],
            ),
            (
                "./a 'b c' \"d \\\"e\\\"\" f\\ g ''",
                &["./a", "b c", "d \"e\"", "f g", ""],
            ),
            ("a '|' $HOME ~ *", &["a", "|", "$HOME", "~", "*"]),
            ("'a b' c", &["a b", "c"]),
        ] {
            assert_eq!(words(text).expect(text), expected);
        }
        for (text, part) in [
            ("a 'b", "within quotes"),
            ("a \\", "with a backslash"),
            ("", "names no program"),
            ("# a comment", "names no program"),
            ("'' a", "program is ''"),
            ("TOKEN=hunter2 a", "an assignment"),
        ] {
            let failure = words(text).expect_err(text);
            assert!(failure.why.contains(part), "{failure}");
            assert!(failure.code.is_usage() && !failure.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn it_shows_a_program_and_a_number() {
        for (text, shown) in [
            ("./dry-run", "command:./dry-run"),
            (
                "/opt/x/dry-run hunter2",
                "command:/opt/x/dry-run … (1 argument)",
            ),
            ("npx a --token=hunter2", "command:npx … (2 arguments)"),
            ("TOKEN=hunter2 npx", "command:…"),
            ("'npx hunter2", "command:…"),
            ("'a hunter2' b", "command:…"),
            ("", "command:…"),
        ] {
            let line = CommandLine::new(text);
            assert_eq!(line.to_string(), shown);
            assert!(!format!("{line:?} {}", line.shown(true)).contains("hunter2"));
        }
    }

    #[test]
    fn what_a_shell_would_read_is_seen() {
        let line = |text| CommandLine::new(text);
        assert!(line("a | b").meant_for_a_shell() && !line("a -x").meant_for_a_shell());
        for text in ["a | b", "a|b", "a || b | c"] {
            assert!(line(text).swallows_failures(), "{text}");
        }
        for text in ["a || b", "a >| b", "set -o pipefail; a | b", "a; b", ""] {
            assert!(!line(text).swallows_failures(), "{text}");
        }
    }

    #[test]
    fn it_runs_in_the_folder_of_what_names_it() {
        let line = CommandLine::new("a")
            .under(Path::new("conf"))
            .under(Path::new("/x"));
        assert_eq!(line.folder(), Path::new("/x/conf"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}|[ab'\"\\\\|>#= ]{0,12}") {
            let line = CommandLine::new(&text);
            let _ = (line.to_string(), line.words(), line.swallows_failures());
        }
    }
}
