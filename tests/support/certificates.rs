//! A test authority and a certificate by it; a server that shows the certificate,
//! and one that stands before another and speaks TLS in its place.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use super::{Postgres, http};

/// An authority, and a certificate that it signed for `localhost`.
pub struct Certificates {
    dir: tempfile::TempDir,
}

impl Certificates {
    /// Good for so many days.
    pub fn lasting(days: u32) -> Certificates {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let made = Certificates { dir };
        std::fs::write(made.path("ext"), "subjectAltName=DNS:localhost").expect("written");
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        made.openssl(&format!(
            "req {key} -x509 -subj /CN=authority -keyout ca.key -out ca.crt -days {days}"
        ));
        made.openssl(&format!(
            "req {key} -subj /CN=localhost -keyout server.key -out server.csr"
        ));
        made.openssl(&format!(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial \
             -extfile ext -days {days} -out server.crt"
        ));
        made
    }

    fn openssl(&self, line: &str) {
        let output = Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(self.dir.path())
            .output();
        let output = output.expect("openssl runs (Debian's package `openssl`)");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "openssl {line}: {said}");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn server(&self) -> Postgres {
        let read = |name| std::fs::read(self.path(name)).expect("made");
        Postgres::start_with(
            "ssl = on\nssl_cert_file = '$DIR/server.crt'\nssl_key_file = '$DIR/server.key'",
            &[
                ("server.crt", &read("server.crt")),
                ("server.key", &read("server.key")),
            ],
        )
    }

    /// Speaks TLS on a port of its own, in the place of the server at `target`,
    /// for as long as the test runs.
    pub fn before(&self, target: u16) -> u16 {
        let chain = CertificateDer::from_pem_file(self.path("server.crt")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(self.path("server.key")).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .expect("a certificate and its key");
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let config = Arc::clone(&config);
                std::thread::spawn(move || pass_on(client, target, config));
            }
        });
        port
    }
}

/// Both ways, until either side has had enough.
fn pass_on(mut client: TcpStream, target: u16, config: Arc<ServerConfig>) -> Option<()> {
    let mut tls = ServerConnection::new(config).ok()?;
    let mut server = TcpStream::connect(("127.0.0.1", target)).ok()?;
    client.set_nonblocking(true).ok()?;
    server
        .set_read_timeout(Some(Duration::from_millis(1)))
        .ok()?;
    let mut buffer = [0; 16 << 10];
    loop {
        match tls.read_tls(&mut client) {
            Ok(0) => return None,
            Ok(_) => {
                tls.process_new_packets().ok()?;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return None,
        }
        while let Ok(count @ 1..) = tls.reader().read(&mut buffer) {
            server.write_all(&buffer[..count]).ok()?;
        }
        match http::read_some(&server, &mut buffer) {
            Ok(0) => return None,
            Ok(count) => tls.writer().write_all(&buffer[..count]).ok()?,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return None,
        }
        while tls.wants_write() {
            match tls.write_tls(&mut client) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                done => {
                    done.ok()?;
                }
            }
        }
    }
}
