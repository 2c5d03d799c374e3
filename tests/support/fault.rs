//! A TCP proxy that breaks exactly what a test says, where it says, so that the
//! outcome can be asserted: after byte N of the answers, at the k-th request.
//!
//! It understands HTTP/1.1 requests without bodies, and passes on anything else as
//! it comes.

mod plan;

#[allow(unused_imports, reason = "each test binary uses its own part of this")]
pub use plan::{At, Fault, Plan};

use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

use super::http::read_some;
use plan::Progress;

/// A running proxy. Dropping it closes its port and its connections.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    target: u16,
    ended: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    plan: Plan,
    fired: u64,
    bytes: u64,
    requests: Vec<(Instant, String)>,
    connections: Vec<Weak<Connection>>,
}

impl Proxy {
    /// In front of a port of 127.0.0.1.
    pub fn start(target: u16, plan: Plan) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let state = State {
            plan,
            ..State::default()
        };
        let shared = Arc::new(Shared {
            target,
            ended: AtomicBool::new(false),
            state: Mutex::new(state),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || accept(&listener, &accepting));
        Proxy { port, shared }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The root, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How often something went wrong as planned.
    pub fn fired(&self) -> u64 {
        self.shared.state().fired
    }

    /// How many bytes of the server's answers were passed on.
    pub fn bytes(&self) -> u64 {
        self.shared.state().bytes
    }

    /// When each HTTP request had come whole, and its first line.
    pub fn requests(&self) -> Vec<(Instant, String)> {
        self.shared.state().requests.clone()
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        self.shared.state().connections.len()
    }

    /// Waits until each connection so far has come to its end.
    pub fn wait(&self) {
        let begun = Instant::now();
        let is_open = |it: &Weak<Connection>| it.strong_count() > 0;
        while self.shared.state().connections.iter().any(is_open) {
            let waited = begun.elapsed();
            assert!(waited < Duration::from_secs(30), "a connection stays open");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let all = std::mem::take(&mut self.shared.state().connections);
        let open = all.iter().filter_map(Weak::upgrade);
        open.for_each(|connection| connection.end());
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread of the proxy panicked")
    }

    /// As `Plan::bytes`, counted.
    fn bytes(&self, progress: &mut Progress, len: usize) -> (usize, Option<Fault>) {
        let state = &mut *self.state();
        let (passing, fault) = state.plan.bytes(state.bytes, progress, len as u64);
        state.bytes += passing;
        state.fired += u64::from(fault.is_some());
        (passing as usize, fault)
    }

    /// As `Plan::request`, counted.
    fn request(&self, line: &str) -> Option<Fault> {
        let state = &mut *self.state();
        state.requests.push((Instant::now(), line.to_owned()));
        let fault = state.plan.request(line);
        state.fired += u64::from(fault.is_some());
        fault
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        if shared.ended.load(Ordering::SeqCst) {
            return;
        }
        // A server that is not there ends the client's connection too.
        if let (Ok(client), Ok(server)) = (client, TcpStream::connect(("127.0.0.1", shared.target)))
        {
            join(client, server, shared);
        }
    }
}

fn join(client: TcpStream, server: TcpStream, shared: &Arc<Shared>) {
    for stream in [&client, &server] {
        let _ = stream.set_nodelay(true);
    }
    let connection = Arc::new(Connection {
        client,
        server,
        is_reset: AtomicBool::new(false),
    });
    let weak = Arc::downgrade(&connection);
    shared.state().connections.push(weak);
    for pass in [Connection::pass_answers, Connection::pass_requests] {
        let (connection, shared) = (Arc::clone(&connection), Arc::clone(shared));
        std::thread::spawn(move || {
            if pass(&connection, &shared) == Next::End {
                connection.end();
            }
        });
    }
}

/// A client and its server. A thread for each direction holds it; the last closes it.
struct Connection {
    client: TcpStream,
    server: TcpStream,
    is_reset: AtomicBool,
}

/// How a direction goes on.
#[derive(PartialEq)]
enum Next {
    On,
    /// It passes nothing more on, and leaves all open.
    Stalled,
    End,
}

impl Connection {
    /// Closes both ends, which wakes the other direction.
    fn end(&self) {
        // What closes a reset connection is its last thread, and no FIN before.
        let how = match self.is_reset.load(Ordering::SeqCst) {
            true => Shutdown::Read,
            false => Shutdown::Both,
        };
        let _ = self.client.shutdown(how);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    fn suffer(&self, fault: Fault) -> Next {
        match fault {
            Fault::Cut => Next::End,
            Fault::Reset => {
                let socket = socket2::SockRef::from(&self.client);
                socket.set_linger(Some(Duration::ZERO)).expect("a socket");
                self.is_reset.store(true, Ordering::SeqCst);
                Next::End
            }
            Fault::Stall => Next::Stalled,
            Fault::Delay(time) => {
                std::thread::sleep(time);
                Next::On
            }
            Fault::Answer(_) => unreachable!("a plan answers requests only"),
        }
    }

    fn pass_answers(&self, shared: &Shared) -> Next {
        let (mut buffer, mut len) = ([0; 16 << 10], 0);
        let mut progress = Progress::default();
        loop {
            // First with no bytes at all: what happens after byte 0 happens now.
            let next = self.pass_bytes(&buffer[..len], &mut progress, shared);
            if next != Next::On {
                return next;
            }
            len = match read_some(&self.server, &mut buffer) {
                Ok(len @ 1..) => len,
                _ => return Next::End,
            };
        }
    }

    fn pass_bytes(&self, mut bytes: &[u8], progress: &mut Progress, shared: &Shared) -> Next {
        loop {
            let (passing, fault) = shared.bytes(progress, bytes.len());
            if (&self.client).write_all(&bytes[..passing]).is_err() {
                return Next::End;
            }
            bytes = &bytes[passing..];
            let next = fault.map(|fault| self.suffer(fault));
            match next {
                None => return Next::On,
                Some(Next::On) => {}
                Some(next) => return next,
            }
        }
    }

    fn pass_requests(&self, shared: &Shared) -> Next {
        let (mut buffer, mut pending) = ([0; 16 << 10], Vec::new());
        let mut is_http = None;
        while let Ok(len @ 1..) = read_some(&self.client, &mut buffer) {
            pending.extend_from_slice(&buffer[..len]);
            // Other protocols begin with a length or a version, not with a method.
            let is_http = *is_http.get_or_insert(pending[0].is_ascii_uppercase());
            let next = match is_http {
                true => self.pass_heads(&mut pending, shared),
                false => self.pass_on(&std::mem::take(&mut pending)),
            };
            match next {
                Next::On => {}
                Next::Stalled => return self.swallow(),
                Next::End => break,
            }
        }
        Next::End
    }

    /// Passes on the requests that have come whole.
    fn pass_heads(&self, pending: &mut Vec<u8>, shared: &Shared) -> Next {
        while let Some(end) = pending.windows(4).position(|it| it == b"\r\n\r\n") {
            let head: Vec<u8> = pending.drain(..end + 4).collect();
            let text = String::from_utf8_lossy(&head);
            let line = text.lines().next().unwrap_or_default();
            let next = match shared.request(line) {
                Some(Fault::Answer(response)) => {
                    let answered = (&self.client).write_all(&response.render(line));
                    answered.map_or(Next::End, |()| Next::On)
                }
                Some(fault) => match self.suffer(fault) {
                    Next::On => self.pass_on(&head),
                    next => next,
                },
                None => self.pass_on(&head),
            };
            if next != Next::On {
                return next;
            }
        }
        Next::On
    }

    fn pass_on(&self, bytes: &[u8]) -> Next {
        let passed = (&self.server).write_all(bytes);
        passed.map_or(Next::End, |()| Next::On)
    }

    /// Reads on, so that the client's end is seen.
    fn swallow(&self) -> Next {
        let _ = std::io::copy(&mut &self.client, &mut std::io::sink());
        Next::End
    }
}
