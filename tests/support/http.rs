//! The smallest HTTP client that can tell what a server sends, byte by byte: the
//! real client is what is tested, so tests of its surroundings do not use it.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any server here thinks.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    pub fn content_range(&self) -> &str {
        self.header("content-range").expect("a Content-Range")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The `code` of an error's JSON.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().expect("a code").to_owned()
    }
}

/// Gets a URL (`http://HOST:PORT/…`, percent-encoded by the caller).
pub fn get(url: &str, headers: &[(&str, &str)]) -> Answer {
    request("GET", url, headers).unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// As `get`, with any method; an answer that ends early is an error.
pub fn request(method: &str, url: &str, headers: &[(&str, &str)]) -> Result<Answer, Error> {
    let rest = url.strip_prefix("http://").expect("an http URL");
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes())?;
    read(stream, method)
}

/// Reads one answer to a request of this method.
pub fn read(mut stream: TcpStream, method: &str) -> Result<Answer, Error> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 64 << 10]);
    loop {
        let len = read_some(&mut stream, &mut buffer)?;
        bytes.extend_from_slice(&buffer[..len]);
        match parse(&bytes, method == "HEAD", len == 0) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && len > 0 => {}
            parsed => return parsed,
        }
    }
}

/// Reads once what has come. A wait with a time limit ends with EINTR where the
/// machine was stopped and went on, whatever signals a process handles.
pub fn read_some(mut from: impl Read, buffer: &mut [u8]) -> Result<usize, Error> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// An answer; `UnexpectedEof` if these bytes are not all of it.
fn parse(bytes: &[u8], no_body: bool, ended: bool) -> Result<Answer, Error> {
    let end = find(bytes, b"\r\n\r\n").ok_or_else(|| cut("in the headers"))?;
    let head = std::str::from_utf8(&bytes[..end]).map_err(wrong)?;
    let (status, fields) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = status.split(' ').nth(1).and_then(|it| it.parse().ok());
    let fields = fields.lines().filter_map(|line| line.split_once(':'));
    let mut answer = Answer {
        status: status.ok_or_else(|| wrong("no status"))?,
        headers: fields
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect(),
        body: String::new(),
    };
    let rest = &bytes[end + 4..];
    let length = answer.header("content-length");
    let body = match (answer.header("transfer-encoding"), length) {
        _ if no_body => Vec::new(),
        (Some("chunked"), _) => unchunk(rest)?,
        (_, Some(length)) => {
            let length: usize = length.parse().map_err(wrong)?;
            let body = rest.get(..length).ok_or_else(|| cut("in the body"))?;
            body.to_vec()
        }
        _ if ended => rest.to_vec(),
        _ => return Err(cut("before the connection's end")),
    };
    answer.body = String::from_utf8(body).map_err(wrong)?;
    Ok(answer)
}

fn unchunk(mut rest: &[u8]) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        let end = find(rest, b"\r\n").ok_or_else(|| cut("before a chunk"))?;
        let size = std::str::from_utf8(&rest[..end]).map_err(wrong)?;
        let size = usize::from_str_radix(size, 16).map_err(wrong)?;
        let chunk = rest.get(end + 2..end + 4 + size);
        let chunk = chunk.ok_or_else(|| cut("in a chunk"))?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..size]);
        rest = &rest[end + 4 + size..];
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn cut(place: &str) -> Error {
    Error::new(ErrorKind::UnexpectedEof, format!("cut {place}"))
}

fn wrong(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::InvalidData, why)
}

/// Percent-encodes all but letters, digits and `-._~`.
pub fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = text.bytes().map(|byte| match plain(byte) {
        true => (byte as char).to_string(),
        false => format!("%{byte:02X}"),
    });
    encoded.collect()
}
