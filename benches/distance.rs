//! A server at a distance: a proxy that holds each request back for the round
//! trip of a network, so that what is measured is not only how two programs
//! share the cores of one machine.

use std::io::{self, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{sleep, spawn};
use std::time::Duration;

use super::support::http::read_some;

/// Starts one in front of a port of this machine, and gives its own. Lives as
/// long as the process.
pub fn start(port: u16, round_trip: Duration) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let own = listener.local_addr()?.port();
    spawn(move || {
        for client in listener.incoming().flatten() {
            // One that goes away shows in what is measured.
            let _ = pass(client, port, round_trip);
        }
    });
    Ok(own)
}

fn pass(client: TcpStream, port: u16, round_trip: Duration) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", port))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (answers, to_client) = (server.try_clone()?, client.try_clone()?);
    spawn(move || copy(client, server, round_trip));
    spawn(move || copy(answers, to_client, Duration::ZERO));
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream, wait: Duration) -> io::Result<()> {
    let mut bytes = vec![0; 256 << 10];
    loop {
        let len = read_some(&mut from, &mut bytes)?;
        if len == 0 {
            return to.shutdown(Shutdown::Write);
        }
        sleep(wait);
        to.write_all(&bytes[..len])?;
    }
}
