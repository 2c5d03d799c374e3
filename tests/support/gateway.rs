//! A gateway that compresses what PostgREST answers, as Supabase's does, and may
//! lose the end of it: the length it announces is that of what it sends.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use super::http;

/// How answers are compressed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coding {
    Gzip,
    Brotli,
}

/// Starts one in front of `root`; it takes `lose` bytes from the end of each
/// page of rows. Lives as long as the test process.
pub fn start(root: String, coding: Coding, lose: usize) -> String {
    listen(move |client| serve(client, &root, coding, lose, &PASSED))
}

/// One that loses nothing of the rows, but perhaps the token of who asks.
pub fn start_as(root: String, coding: Coding, token: bool) -> String {
    let passed = if token { &PASSED[..] } else { &PASSED[1..] };
    listen(move |client| serve(client, &root, coding, 0, passed))
}

/// What it passes on of a request.
const PASSED: [&str; 3] = ["authorization", "accept", "prefer"];

fn listen(serve: impl Fn(TcpStream) -> std::io::Result<()> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A client that goes away in the middle is not this test's concern.
            let _ = serve(client);
        }
    });
    format!("http://127.0.0.1:{port}")
}

fn serve(
    mut client: TcpStream,
    root: &str,
    coding: Coding,
    lose: usize,
    passed: &[&str],
) -> std::io::Result<()> {
    let mut lines = BufReader::new(client.try_clone()?).lines();
    let Some(first) = lines.next().transpose()? else {
        return Ok(());
    };
    let mut headers = Vec::new();
    for line in lines {
        let line = line?;
        match line.split_once(": ") {
            Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let passed: Vec<(&str, &str)> = headers
        .iter()
        .filter(|(name, _)| passed.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let path = first.split(' ').nth(1).unwrap_or("/");
    let answer = http::get(&format!("{root}{path}"), &passed);
    let accepted = headers.iter().find(|(name, _)| name == "accept-encoding");
    let accepted = accepted.map_or("", |(_, value)| value.as_str());
    let (name, mut body) = compressed(&answer.body, coding);
    assert!(
        accepted.contains(name),
        "{name} is not accepted: {accepted}"
    );
    if path.contains("order=") {
        body.truncate(body.len().saturating_sub(lose));
    }
    let range = answer.header("content-range").unwrap_or("*/*");
    let head = format!(
        "HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Range: {range}\r\n\
         Content-Encoding: {name}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.status,
        body.len()
    );
    client.write_all(head.as_bytes())?;
    client.write_all(&body)
}

fn compressed(body: &str, coding: Coding) -> (&'static str, Vec<u8>) {
    let mut out = Vec::new();
    match coding {
        Coding::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
            encoder.write_all(body.as_bytes()).expect("to memory");
            encoder.finish().expect("to memory");
            ("gzip", out)
        }
        Coding::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(&mut out, 4096, 3, 20);
            encoder.write_all(body.as_bytes()).expect("to memory");
            drop(encoder);
            ("br", out)
        }
    }
}
