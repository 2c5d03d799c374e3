//! What to tell someone whose file is not the JSON it should be: a web page, an
//! API's error, the wrong one of two formats.

use super::scan::Scanner;
use super::string::Text;
use super::visit::{Each, Value};
use crate::error::Failure;
use crate::source::text::Origin;

pub const REPAIR: &str = "export the file again, or repair it at this place";
pub const FETCH_AGAIN: &str = "fetch or export the file again: it is not whole";

/// The members of an API's error that say what it is, and hold no data.
const TELLING: [&[u8]; 6] = [
    b"message",
    b"error",
    b"code",
    b"hint",
    b"error_description",
    b"msg",
];

/// How many characters of an error's member are shown.
const SHOWN: usize = 120;

/// Why what starts here is no record.
pub fn no_object(rest: &[u8]) -> String {
    if is_page(rest) {
        return "an HTML or XML page stands where JSON was due".to_owned();
    }
    let found = match rest.first() {
        Some(b'"') => "a string",
        Some(b'[') => "an array",
        Some(b'-' | b'0'..=b'9') => "a number",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        Some(b']' | b'}' | b',') => "nothing",
        _ => "something that is not JSON",
    };
    format!("a record must be an object, but here is {found}")
}

/// Why the text that starts with `rest` is no array of records.
pub fn no_array(origin: &Origin, rest: &[u8], (line, byte): (u64, u64)) -> Failure {
    let (why, next) = match rest.first() {
        _ if is_page(rest) => (
            no_object(rest),
            "this is a server's page, such as an error or a login: fetch the data again",
        ),
        Some(b'{') => (
            format!(
                "a single object stands where an array of records was due: {}",
                beginning(rest)
            ),
            "this may be an API's error; if it is one record a line, let the file's name end in .jsonl",
        ),
        _ => (
            "the text is not an array of records".to_owned(),
            "export the data as one JSON array of objects",
        ),
    };
    origin.malformed(line, byte, why, next)
}

fn is_page(rest: &[u8]) -> bool {
    rest.first() == Some(&b'<')
}

/// What an object says of itself, without its data: the members that tell of an
/// error by value, all others by name alone.
fn beginning(rest: &[u8]) -> String {
    let mut said = Vec::new();
    // A fault only means that less can be said.
    let _ = Scanner::new(rest, 0).object(&mut Each(|name: Text, value| {
        let name = name.read(rest);
        let shown = String::from_utf8_lossy(&name);
        said.push(match value {
            Value::String(text) if TELLING.contains(&name.as_ref()) => {
                let text = text.read(rest);
                let text: String = String::from_utf8_lossy(&text).chars().take(SHOWN).collect();
                format!("{shown:?}: {text:?}")
            }
            _ => format!("{shown:?}: …"),
        });
        Ok(())
    }));
    let more = if said.len() > 6 { ", …" } else { "" };
    said.truncate(6);
    format!("{{{}{more}}}", said.join(", "))
}
