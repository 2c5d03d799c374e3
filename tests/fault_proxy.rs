//! The proxy that breaks connections for other tests does what its plan says, to
//! the byte: what it claims is what those tests rely on.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use support::fault::{At, Fault, Plan, Proxy};
use support::http;

/// What the server sends on every connection that says something.
const SENT: usize = 100_000;

/// A server that waits for one byte, then sends `SENT` bytes and closes; returns its port.
fn talker() -> u16 {
    serve(|mut client| {
        if let Ok(1..) = client.read(&mut [0; 1]) {
            let _ = client.write_all(&[b'x'; SENT]);
        }
    })
}

/// A server that answers each HTTP request with its number.
fn counter() -> u16 {
    serve(|mut client| {
        let mut buffer = [0; 1024];
        while let Ok(1..) = client.read(&mut buffer) {
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    })
}

fn serve(each: fn(TcpStream)) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || each(client));
        }
    });
    port
}

/// How many bytes come through, and how that ends.
fn received(proxy: &Proxy) -> (usize, Result<usize, ErrorKind>) {
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).expect("the proxy");
    let patience = Some(Duration::from_millis(300));
    stream.set_read_timeout(patience).expect("a timeout");
    let _ = stream.write_all(&[0]);
    let (mut all, mut buffer) = (0, [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(len @ 1..) => all += len,
            end => return (all, end.map_err(|error| error.kind())),
        }
    }
}

#[test]
fn nothing_planned_passes_everything() {
    let proxy = Proxy::start(talker(), Plan::default());
    assert_eq!(received(&proxy), (SENT, Ok(0)));
    assert_eq!((proxy.fired(), proxy.bytes()), (0, SENT as u64));
}

#[test]
fn a_cut_passes_exactly_so_many_bytes_and_once() {
    for at in [0, 1, 4096, SENT - 1, SENT] {
        for place in [At::Byte(at as u64), At::Total(at as u64)] {
            let proxy = Proxy::start(talker(), Plan::new(Fault::Cut, place));
            assert_eq!(received(&proxy).0, at);
            assert_eq!((proxy.fired(), proxy.bytes()), (1, at as u64));
            assert_eq!(received(&proxy), (SENT, Ok(0)));
            assert_eq!(proxy.fired(), 1);
        }
    }
}

#[test]
fn bytes_are_counted_over_one_connection_or_all() {
    let all = SENT as u64 + 10;
    let one = Proxy::start(talker(), Plan::new(Fault::Cut, At::Byte(all)));
    let both = Proxy::start(talker(), Plan::new(Fault::Cut, At::Total(all)).forever());
    for (proxy, second, third) in [(&one, SENT, SENT), (&both, 10, 0)] {
        assert_eq!(received(proxy).0, SENT);
        assert_eq!(received(proxy).0, second);
        assert_eq!(received(proxy).0, third);
    }
    assert_eq!((one.fired(), both.fired()), (0, 2));
    assert_eq!(both.connections(), 3);
}

#[test]
fn a_stall_keeps_the_connection_open_and_a_reset_does_not() {
    let stall = Proxy::start(talker(), Plan::new(Fault::Stall, At::Byte(5000)).times(2));
    for _ in 0..2 {
        assert_eq!(received(&stall), (5000, Err(ErrorKind::WouldBlock)));
    }
    assert_eq!(received(&stall), (SENT, Ok(0)));
    let reset = Proxy::start(talker(), Plan::new(Fault::Reset, At::Byte(5000)));
    let (came, end) = received(&reset);
    assert!(came <= 5000);
    assert_eq!(end, Err(ErrorKind::ConnectionReset));
    assert_eq!((stall.fired(), reset.fired()), (2, 1));
    stall.wait();
    reset.wait();
}

#[test]
fn a_delay_only_takes_time() {
    let wait = Duration::from_millis(150);
    let proxy = Proxy::start(
        talker(),
        Plan::new(Fault::Delay(wait), At::Byte(7)).forever(),
    );
    for fired in 1..3 {
        let begun = Instant::now();
        assert_eq!(received(&proxy), (SENT, Ok(0)));
        assert!(begun.elapsed() >= wait);
        assert_eq!(proxy.fired(), fired);
    }
}

#[test]
fn requests_are_answered_and_recorded() {
    let again = [("Retry-After", "1"), ("Content-Type", "text/html")];
    let plan = Plan::answer(2, 429, &again, "slow down")
        .times(2)
        .only("/rows");
    let proxy = Proxy::start(counter(), plan);
    let mut said = Vec::new();
    for path in ["/rows?a=1", "/", "/rows?a=2", "/rows?a=3", "/rows?a=4"] {
        let answer = http::get(&(proxy.url() + path), &[]);
        let after = answer.header("retry-after").map(str::to_owned);
        said.push((answer.status, answer.body, after));
    }
    let ok = (200, "ok".to_owned(), None);
    let slow = (429, "slow down".to_owned(), Some("1".to_owned()));
    assert_eq!(said, [&ok, &ok, &slow, &slow, &ok].map(Clone::clone));
    let requests = proxy.requests();
    let lines: Vec<_> = requests.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines[..2], ["GET /rows?a=1 HTTP/1.1", "GET / HTTP/1.1"]);
    assert_eq!((lines.len(), proxy.fired()), (5, 2));
    assert!(requests.is_sorted_by_key(|(when, _)| *when));
}

#[test]
fn requests_over_one_connection_are_seen_one_by_one() {
    let plan = Plan::answer(2, 503, &[], "no").and(Plan::new(Fault::Cut, At::Request(3)));
    let proxy = Proxy::start(counter(), plan);
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).expect("the proxy");
    let mut said = String::new();
    for half in [
        "GET /1 HTTP/1.1\r\nHo",
        "st: x\r\n\r\n",
        "HEAD /2 HTTP/1.1\r\n\r\n",
    ] {
        stream.write_all(half.as_bytes()).expect("written");
        std::thread::sleep(Duration::from_millis(50));
    }
    stream
        .write_all(b"GET /3 HTTP/1.1\r\n\r\n")
        .expect("written");
    stream.read_to_string(&mut said).expect("the end");
    let first = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let second = "HTTP/1.1 503 Planned\r\nContent-Length: 2\r\n\r\n";
    assert_eq!(said, format!("{first}{second}"));
    assert_eq!((proxy.requests().len(), proxy.fired()), (3, 2));
}

#[test]
fn a_cut_body_is_an_error_for_the_client_of_the_tests_too() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n".len() as u64;
    let proxy = Proxy::start(counter(), Plan::new(Fault::Cut, At::Byte(head + 1)));
    let cut = http::request("GET", &proxy.url(), &[]).expect_err("cut");
    assert_eq!(cut.kind(), ErrorKind::UnexpectedEof);
    let headers = [("Transfer-Encoding", "chunked"), ("Connection", "close")];
    for (body, whole) in [("2\r\nab\r\n0\r\n\r\n", true), ("2\r\nab\r\n", false)] {
        let end = Plan::new(Fault::Cut, At::Request(2));
        let proxy = Proxy::start(counter(), Plan::answer(1, 200, &headers, body).and(end));
        let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).expect("the proxy");
        stream
            .write_all(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
            .expect("written");
        let answer = http::read(stream, "GET");
        assert_eq!(answer.is_ok(), whole, "{body:?}: {answer:?}");
    }
}

#[test]
fn a_seed_plans_the_same_each_time_and_every_kind_in_the_end() {
    let plan = |seed| Plan::seeded(seed, 50_000, 20);
    let all: Vec<_> = (0..200).map(plan).collect();
    assert_eq!(all, (0..200).map(plan).collect::<Vec<_>>());
    for kind in ["Cut", "Reset", "Stall", "Delay", "Answer", "429", "504"] {
        let named = |plan: &&Plan| format!("{plan:?}").contains(kind);
        assert!(all.iter().filter(named).count() > 5, "{kind}");
    }
    let raw = (0..200).map(|seed| Plan::seeded(seed, 50_000, 0));
    assert!(
        !raw.into_iter()
            .any(|plan| format!("{plan:?}").contains("Answer"))
    );
}

#[test]
fn a_server_that_is_not_there_ends_its_clients() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = gone.local_addr().expect("its address").port();
    drop(gone);
    let proxy = Proxy::start(port, Plan::default());
    assert_eq!(received(&proxy).0, 0);
    let port = proxy.port();
    drop(proxy);
    assert!(http::request("GET", &format!("http://127.0.0.1:{port}"), &[]).is_err());
}
