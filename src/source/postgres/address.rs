//! The URL of a server: what the driver is to do with it, and what may be
//! shown of it. The password goes to the driver and nowhere else.

use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use crate::error::{Code, Failure, Result};
use crate::secret::Secret;

/// The URL's parameters that the driver understands.
const PARAMETERS: &[&str] = &[
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "options",
];

/// A server and a database. No `Debug`: the driver's options show the password.
pub struct Address {
    options: PgConnectOptions,
    shown: String,
}

impl Address {
    /// Reads a `postgres://` URL. Off loopback and Unix sockets the server's
    /// certificate is verified in full, unless the URL names another `sslmode`.
    pub fn parse(url: &Secret, root_cert: Option<&Path>) -> Result<Address> {
        let mut url = Url::parse(url.expose()).map_err(|error| bad_url(&error.to_string()))?;
        keep_known_parameters(&mut url);
        let named = |names: &[&str]| url.query_pairs().any(|(key, _)| names.contains(&&*key));
        // The driver's message repeats the value it cannot read, which is not
        // always the value its writer meant to put there.
        let mut options = PgConnectOptions::from_str(url.as_str())
            .map_err(|_| bad_url("one of its parameters has a value that cannot be read"))?;
        if !named(&["sslmode", "ssl-mode"]) && !is_local(&options) {
            options = options.ssl_mode(PgSslMode::VerifyFull);
        }
        if let Some(path) = root_cert {
            std::fs::metadata(path).map_err(|error| no_root_cert(path, &error))?;
            options = options.ssl_root_cert(path);
        }
        let shown = shown(&options);
        Ok(Address {
            // A pooler may refuse start-up parameters that it does not know, and
            // a transaction-mode pooler does not keep named statements.
            options: options
                .application_name("shadowgate")
                .extra_float_digits(None)
                .statement_cache_capacity(0),
            shown,
        })
    }

    /// The address without password and parameters.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether nobody on the way can read along.
    pub fn is_local(&self) -> bool {
        is_local(&self.options)
    }

    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// The host, or the folder of its socket.
    pub fn host(&self) -> String {
        match self.options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => self.options.get_host().to_owned(),
        }
    }

    pub fn database(&self) -> &str {
        database(&self.options)
    }
}

/// The server's rule: what is not named is called after the user.
fn database(options: &PgConnectOptions) -> &str {
    let named = options.get_database();
    named.unwrap_or_else(|| options.get_username())
}

fn bad_url(why: &str) -> Failure {
    Failure::new(
        Code::Config,
        format!("the PostgreSQL location is not a valid URL: {why}"),
        "write it as postgres://user:password@host:5432/database, with special characters percent-encoded",
    )
}

fn no_root_cert(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        Code::Config,
        format!("sslrootcert {}: {error}", path.display()),
        "name the file with the certificate of the authority that signed the server's",
    )
}

/// Drops parameters meant for other clients (the driver would log their values,
/// and a misspelt `password` is still a secret).
fn keep_known_parameters(url: &mut Url) {
    let (kept, dropped): (Vec<_>, Vec<_>) = url
        .query_pairs()
        .into_owned()
        .partition(|(key, _)| PARAMETERS.contains(&key.as_str()) || key.starts_with("options["));
    for (key, _) in &dropped {
        tracing::debug!(parameter = %key, "a parameter of the PostgreSQL location is not used");
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
}

fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn shown(options: &PgConnectOptions) -> String {
    let user = options.get_username();
    let database = database(options);
    let port = match options.get_port() {
        5432 => String::new(),
        port => format!(":{port}"),
    };
    let host = options.get_host();
    match options.get_socket() {
        Some(socket) => format!("postgres://{user}@{}{port}/{database}", socket.display()),
        None if host.contains(':') && !host.starts_with('[') => {
            format!("postgres://{user}@[{host}]{port}/{database}")
        }
        None => format!("postgres://{user}@{host}{port}/{database}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address::parse(&Secret::new(url), None).expect("a valid URL")
    }

    fn verifies(url: &str) -> bool {
        matches!(address(url).options.get_ssl_mode(), PgSslMode::VerifyFull)
    }

    #[test]
    fn tls_is_verified_in_full_off_loopback() {
        assert!(verifies("postgres://u@db.example/x"));
        assert!(verifies("postgres://u@10.0.0.1/x"));
        assert!(verifies("postgres://u@localhost.example/x"));
        assert!(verifies("postgres://u@localhost/x?host=db.example"));
    }

    #[test]
    fn loopback_sockets_and_the_url_may_say_otherwise() {
        for url in [
            "postgres://u@localhost/x",
            "postgres://u@127.0.0.1/x",
            "postgres://u@[::1]/x",
            "postgres:///x?host=/run/postgresql",
            "postgres://u@db.example/x?sslmode=require",
        ] {
            assert!(!verifies(url), "{url}");
        }
    }

    #[test]
    fn shows_neither_password_nor_parameters() {
        let url = "postgres://app:s3%2Fcret@db.example:6543/listings?options=-c%20geqo%3Doff";
        assert_eq!(
            address(url).shown(),
            "postgres://app@db.example:6543/listings"
        );
        let url = "postgres://app@db.example/listings?password=s3cret&pasword=s3cret";
        assert_eq!(address(url).shown(), "postgres://app@db.example/listings");
    }

    #[test]
    fn a_bad_url_does_not_repeat_itself() {
        for url in [
            "postgres://u:s3cret@host:99999999/x",
            "postgres://u@host/x?sslmode=s3cret",
            "postgres://u@host/x?port=s3cret",
        ] {
            let failure = Address::parse(&Secret::new(url), None)
                .err()
                .expect("refused");
            assert_eq!(failure.code, Code::Config);
            assert!(
                !format!("{failure} {failure:?}").contains("s3cret"),
                "{url}"
            );
        }
    }
}
