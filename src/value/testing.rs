//! What the tests of all value types share.

use super::{Cell, Parsed, Raw, Target, Type, encode, show};

/// The target of a type by its name.
pub fn target(ty: &str) -> Target {
    Target {
        ty: Type::parse(ty).unwrap_or_else(|| panic!("no type {ty}")),
        zone: None,
    }
}

/// The canonical cell of a raw one that needs no wire type.
pub fn cell(raw: Raw<'_>, ty: &str) -> Parsed<Vec<u8>> {
    let mut out = vec![0xee]; // what stood there before stays
    let parsed = encode(raw, None, &target(ty), &mut out);
    assert_eq!(out.remove(0), 0xee);
    match parsed {
        Ok(()) => assert_eq!(Cell::split(&out).1, b"", "one whole cell"),
        Err(_) => assert_eq!(out, b"", "nothing on an error"),
    }
    parsed.map(|()| out)
}

/// The canonical cell of text.
pub fn text(text: &str, ty: &str) -> Parsed<Vec<u8>> {
    cell(Raw::Text(text), ty)
}

/// The canonical cell of a JSON token, strings with their quotes.
pub fn token(token: &str, ty: &str) -> Parsed<Vec<u8>> {
    match token
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(string) => cell(Raw::JsonString(string), ty),
        None if token == "null" => cell(Raw::Null, ty),
        None => cell(Raw::Json(token), ty),
    }
}

/// The canonical cell of what a server sends in binary for `from`.
pub fn wire(bytes: &[u8], from: &str, ty: &str) -> Parsed<Vec<u8>> {
    let from = target(from).ty;
    let mut out = Vec::new();
    encode(Raw::Wire(bytes), Some(&from), &target(ty), &mut out).map(|()| out)
}

pub fn shown(cell: &[u8]) -> String {
    let mut text = String::new();
    show::show(Cell::of(cell), &mut text);
    text
}

/// The canonical text of text.
pub fn canonical(given: &str, ty: &str) -> Option<String> {
    text(given, ty).ok().map(|cell| shown(&cell))
}
