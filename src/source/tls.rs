//! A TLS handshake of its own, only to see the server's certificate and when it
//! ends. Nothing is sent after it, so the certificate need not be trusted here:
//! whether it is, the source's own connection finds out.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::error::{Code, Failure, Result};

/// What a server wants to hear before TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prelude {
    None,
    /// PostgreSQL's SSLRequest.
    Postgres,
}

/// Length and code of an SSLRequest.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// When the server's certificate ends, in seconds since 1970; `None`: the server
/// does not speak TLS.
pub fn not_after(host: &str, port: u16, prelude: Prelude, limit: Duration) -> Result<Option<i64>> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let failed = |why: String| {
        Failure::new(
            Code::Unreachable,
            format!("{host}:{port}: the certificate could not be looked at: {why}"),
            "look at it by hand: openssl s_client -connect HOST:PORT",
        )
    };
    let mut stream = connect(host, port, limit).map_err(|error| failed(error.to_string()))?;
    if prelude == Prelude::Postgres && !asked(&mut stream).map_err(|it| failed(it.to_string()))? {
        return Ok(None);
    }
    let certificate = handshake(host, &mut stream).map_err(failed)?;
    end_of(&certificate).map(Some).map_err(failed)
}

fn connect(host: &str, port: u16, limit: Duration) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::other("the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Whether the PostgreSQL server will speak TLS.
fn asked(stream: &mut TcpStream) -> std::io::Result<bool> {
    stream.write_all(&SSL_REQUEST)?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    Ok(answer == *b"S")
}

fn handshake(host: &str, stream: &mut TcpStream) -> Result<CertificateDer<'static>, String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any(provider)))
        .with_no_client_auth();
    let mut tls = ClientConnection::new(Arc::new(config), name).map_err(|it| it.to_string())?;
    while tls.is_handshaking() {
        tls.complete_io(stream).map_err(|error| error.to_string())?;
    }
    let shown = tls.peer_certificates().and_then(|all| all.first());
    let shown = shown.map(|certificate| certificate.clone().into_owned());
    shown.ok_or_else(|| "the server showed none".to_owned())
}

/// The end of a certificate's validity.
fn end_of(certificate: &[u8]) -> Result<i64, String> {
    let read = Certificate::from_der(certificate);
    let read = read.map_err(|error| format!("it cannot be read: {error}"))?;
    let validity = read.tbs_certificate().validity();
    let seconds = validity.not_after.to_unix_duration().as_secs();
    Ok(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// Takes any certificate: it is only looked at.
#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the server is, looking at it ends in time and says why.
    #[test]
    fn what_speaks_no_tls_is_a_failure_and_no_hang() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let limit = Duration::from_millis(100);
        for prelude in [Prelude::None, Prelude::Postgres] {
            let failure = not_after("127.0.0.1", port, prelude, limit).unwrap_err();
            assert_eq!(failure.code, Code::Unreachable);
            assert!(failure.why.contains("could not be looked at"), "{failure}");
        }
        drop(listener);
        assert!(not_after("127.0.0.1", port, Prelude::None, limit).is_err());
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        assert!(end_of(b"").is_err());
        assert!(end_of(&[0x30, 0x03, 0x02, 0x01, 0x01]).is_err());
    }
}
