//! Records in JSON text: what every source shares that is sent objects, one a
//! row, whether they come from a file or over the network. Checks strictly, keeps
//! each token as it stands, and turns a chunk of records into cells.

pub mod decode;
pub mod doubt;
pub mod open;
pub mod scan;
pub mod string;
pub mod visit;

use scan::Scanner;

/// How the records stand in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Array,
    Lines,
}

/// Skips what may stand between the records of a chunk: the cutter has checked
/// that it stands there rightly.
pub fn between(scanner: &mut Scanner<'_>) {
    while let Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b'[' | b']') = scanner.peek() {
        scanner.at += 1;
    }
}
