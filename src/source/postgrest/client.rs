//! One side's requests: sent to the configured origin only, in their turn, made
//! again where a failure may pass, and believed only when they came whole.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER, SERVER,
};
use reqwest::{Response, StatusCode, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::Url;

use super::access::{self, Access};
use super::answer::{Answer, ContentRange, Refusal, TOO_LONG, refusal};
use super::keyset::Pair;
use super::seen::{Asked, Seen};
use crate::error::{Code, Failure, Result};
use crate::source::location::Spec;
use crate::source::{Context, backoff};

/// The longest wait that a server's Retry-After is followed for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The first wait before a request is made again; it doubles from time to time.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// A whole answer may take so many times as long as a silence in it: one that comes
/// byte by byte would never end.
const WHOLE: u32 = 10;
/// A page larger than this is no page.
const LARGEST: usize = 1 << 30;

/// What to ask for, below the root.
#[derive(Clone, Debug, Default)]
pub struct Request<'a> {
    /// The table; `None`: the root itself.
    pub table: Option<&'a str>,
    pub query: Vec<Pair>,
    /// Whether to count all rows that meet the query.
    pub count: bool,
    /// A key that nobody knows, in the place of the side's own.
    pub stranger: Option<(&'static str, &'static str)>,
    /// Whether to name no schema, although the side has one.
    pub unnamed: bool,
}

pub struct Client {
    http: reqwest::Client,
    root: Url,
    /// The schema, where it is not the API's first.
    profile: Option<(String, HeaderValue)>,
    context: Context,
    /// How many requests were made again.
    retried: Cell<u64>,
    seen: Seen,
}

impl Client {
    pub fn new(
        access: &Access,
        profile: Option<&str>,
        spec: &Spec,
        context: &Context,
    ) -> Result<Client> {
        let profile = profile.map(|name| Ok((name.to_owned(), access::schema(name)?)));
        let mut builder = reqwest::Client::builder()
            .default_headers(access.headers.clone())
            .user_agent(concat!("shadowgate/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .http1_only()
            .tls_backend_preconfigured(tls(&access.root, spec.sslrootcert.as_deref())?)
            .read_timeout(context.limits.request_timeout)
            .timeout(context.limits.request_timeout * WHOLE)
            .pool_max_idle_per_host(context.limits.connections);
        if access.root.scheme() == "http" && access.is_private() {
            // A proxy that the environment names would be sent the keys, in clear.
            builder = builder.no_proxy();
        }
        if !spec.connect_timeout.is_zero() {
            builder = builder.connect_timeout(spec.connect_timeout);
        }
        let http = builder.build().map_err(|error| {
            let why = format!("no HTTP client could be made: {error}");
            Failure::new(Code::Internal, why, "")
        })?;
        Ok(Client {
            http,
            root: access.root.clone(),
            profile: profile.transpose()?,
            context: context.clone(),
            retried: Cell::new(0),
            seen: Seen::default(),
        })
    }

    pub fn retried(&self) -> u64 {
        self.retried.get()
    }

    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// The request as failures name it.
    pub fn shown(&self, request: &Request<'_>) -> String {
        let schema = self
            .profile
            .as_ref()
            .map(|(schema, _)| format!("{schema}."));
        let table = request.table.unwrap_or("the description");
        format!(
            "{}: GET {}{table}",
            self.root.as_str().trim_end_matches('/'),
            schema
                .filter(|_| request.table.is_some())
                .unwrap_or_default(),
        )
    }

    /// Asks until there is an answer, or none is to be had.
    pub async fn ask(&self, request: &Request<'_>) -> Result<Answer, Refusal> {
        self.ask_into(request, Vec::new()).await
    }

    /// The same, with memory for the answer that was used before: fresh pages for
    /// every answer would cost more than copying it.
    pub async fn ask_into(&self, request: &Request<'_>, spare: Vec<u8>) -> Result<Answer, Refusal> {
        let (stop, spare) = (&self.context.stop, Cell::new(spare));
        let asked = stop.or(self.ask_again_and_again(request, &spare)).await;
        asked.unwrap_or_else(|stopped| Err(Refusal::Final(stopped)))
    }

    async fn ask_again_and_again(
        &self,
        request: &Request<'_>,
        spare: &Cell<Vec<u8>>,
    ) -> Result<Answer, Refusal> {
        let breaker = &self.context.breaker;
        let mut attempt = 0;
        loop {
            breaker.closed().await;
            let answer = self.ask_once(request, spare).await;
            self.tell_breaker(&answer);
            let (failure, after) = match answer {
                Err(Refusal::Passing(failure, after)) => (failure, after),
                other => return other,
            };
            if attempt >= self.context.limits.retries {
                return Err(Refusal::Passing(failure, after));
            }
            let wait = wait(attempt, after);
            attempt += 1;
            self.retried.set(self.retried.get() + 1);
            tracing::info!(why = %failure.why, ?wait, attempt, "asking again");
            tokio::time::sleep(wait).await;
        }
    }

    /// A refusal is an answer: only a server that gave none, or could not, has failed.
    fn tell_breaker(&self, answer: &Result<Answer, Refusal>) {
        let failure = match answer {
            Err(Refusal::Passing(failure, _)) => failure,
            Err(Refusal::Final(failure)) if failure.code == Code::Unreachable => failure,
            _ => return self.context.breaker.succeeded(),
        };
        if self.context.breaker.failed() {
            tracing::warn!(why = %failure.why, "many requests failed: waiting before the next");
        }
    }

    async fn ask_once(
        &self,
        request: &Request<'_>,
        spare: &Cell<Vec<u8>>,
    ) -> Result<Answer, Refusal> {
        let _turn = self.context.throttle.turn().await;
        let what = self.shown(request);
        let failed = |error: reqwest::Error| network(&what, &error);
        let asked = Asked::now();
        let response = self.built(request).send().await.map_err(failed)?;
        let status = response.status();
        let headers = response.headers().clone();
        self.seen.answer(&asked, &headers);
        let body = body(response, spare.take(), &what).await?;
        if !matches!(status, StatusCode::OK | StatusCode::PARTIAL_CONTENT) {
            let to = header(&headers, LOCATION.as_str()).and_then(|to| host(&self.root, to));
            let after = header(&headers, RETRY_AFTER.as_str()).and_then(seconds);
            return Err(refusal(&what, status, &body, to.as_deref(), after));
        }
        let kind = header(&headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        let range = header(&headers, "content-range").and_then(ContentRange::parse);
        if !kind.contains("json") || (request.table.is_some() && range.is_none()) {
            return Err(not_postgrest(&what, kind));
        }
        Ok(Answer {
            body,
            range,
            server: header(&headers, SERVER.as_str()).map(str::to_owned),
            schema: header(&headers, "content-profile").map(str::to_owned),
        })
    }

    fn built(&self, request: &Request<'_>) -> reqwest::RequestBuilder {
        let mut url = self.root.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            match request.table {
                Some(table) => path.push(table),
                None => path.push(""),
            };
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let accept = match request.table {
            Some(_) => "application/json",
            None => "application/openapi+json, application/json",
        };
        let mut built = self.http.get(url).header(ACCEPT, accept);
        if let Some((_, name)) = self.profile.as_ref().filter(|_| !request.unnamed) {
            built = built.header("accept-profile", name.clone());
        }
        if let Some((name, key)) = request.stranger {
            built = built.header(name, key);
        }
        match request.count {
            true => built.header("prefer", "count=exact"),
            false => built,
        }
    }
}

/// The whole body; one that ends before its own end is an error, whatever the status.
async fn body(mut response: Response, mut body: Vec<u8>, what: &str) -> Result<Vec<u8>, Refusal> {
    body.clear();
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) => body.extend_from_slice(&bytes),
            Ok(None) => return Ok(body),
            Err(error) => return Err(network(what, &error)),
        }
        if body.len() > LARGEST {
            let failure = Failure::new(
                Code::Malformed,
                format!("{what}: the answer is larger than 1 GiB"),
                "ask for fewer rows at once",
            );
            return Err(Refusal::Final(failure));
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Where a redirect leads, without what else its address holds.
fn host(root: &Url, to: &str) -> Option<String> {
    let to = root.join(to).ok()?;
    let port = to.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", to.scheme(), to.host_str()?))
}

/// Retry-After in seconds; the other form, a date, is rare, and then our own wait serves.
fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

/// Our own wait, or a longer one that the server asks for.
fn wait(attempt: u32, after: Option<Duration>) -> Duration {
    let own = backoff::wait(FIRST_WAIT, attempt);
    after.unwrap_or_default().min(LONGEST_WAIT).max(own)
}

/// A request that got no answer, or only a part of one.
fn network(what: &str, error: &reqwest::Error) -> Refusal {
    let why = format!("{what}: {}", cause(error));
    let failure = |code, next: &str| Failure::new(code, why.clone(), next).transient();
    if error.is_timeout() {
        let next = "check the network and the API's health, then run again";
        return Refusal::Passing(failure(Code::Timeout, next), None);
    }
    if error.is_connect() {
        let next = "check the address, the network and, for https, the certificate";
        let failure = failure(Code::Unreachable, next);
        // What refuses now or has no such name will do so again in a second.
        return match is_reset(error) {
            true => Refusal::Passing(failure, None),
            false => Refusal::Final(failure),
        };
    }
    if error.is_builder() {
        return Refusal::Final(Failure::new(Code::Config, why, TOO_LONG));
    }
    let next = "run again once the connection is stable";
    Refusal::Passing(failure(Code::SourceCut, next), None)
}

fn is_reset(error: &reqwest::Error) -> bool {
    let text = cause(error);
    ["reset", "closed", "eof", "broken pipe", "incomplete"]
        .iter()
        .any(|word| text.to_ascii_lowercase().contains(word))
}

/// The innermost words, which say what happened; the outer ones repeat the URL.
fn cause(error: &reqwest::Error) -> String {
    let inner = std::iter::successors(std::error::Error::source(error), |error| error.source());
    match inner.last() {
        Some(inner) => inner.to_string(),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None => "the connection failed".to_owned(),
    }
}

fn not_postgrest(what: &str, kind: &str) -> Refusal {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = match kind.contains("json") {
        true => "JSON without a Content-Range".to_owned(),
        false if kind.is_empty() => "something of no stated type".to_owned(),
        false => kind.to_owned(),
    };
    Refusal::Final(Failure::new(
        Code::Malformed,
        format!("{what}: the answer is {kind}, and not PostgREST's"),
        "check that the location is PostgREST's root (…/rest/v1 at Supabase) and that no gateway answers in its place",
    ))
}

/// TLS by the machine's own roots, or by the side's alone.
fn tls(root: &Url, root_cert: Option<&Path>) -> Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    match root_cert {
        Some(path) => {
            let no = |why: String| no_root_cert(path, &why);
            let certs =
                CertificateDer::pem_file_iter(path).map_err(|error| no(error.to_string()))?;
            for cert in certs {
                let cert = cert.map_err(|error| no(error.to_string()))?;
                roots.add(cert).map_err(|error| no(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(no("it holds no certificate".to_owned()));
            }
        }
        None if root.scheme() == "https" => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        // Redirects are not followed: nothing will be asked over TLS.
        None => {}
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(Code::Internal, format!("TLS: {error}"), ""))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn no_root_cert(path: &Path, why: &str) -> Failure {
    Failure::new(
        Code::Config,
        format!("sslrootcert {} cannot be used: {why}", path.display()),
        "name a file with the authority's certificate in PEM",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_follow_the_server_up_to_a_cap() {
        assert!(wait(0, None) <= FIRST_WAIT);
        assert!(wait(3, None) >= FIRST_WAIT * 4);
        let asked = |secs| wait(0, Some(Duration::from_secs(secs)));
        assert_eq!(asked(7), Duration::from_secs(7));
        assert_eq!(asked(100_000), LONGEST_WAIT);
        assert_eq!(seconds(" 3 "), Some(Duration::from_secs(3)));
        assert_eq!(seconds("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }

    #[test]
    fn a_redirect_is_told_by_its_host_alone() {
        let root = Url::parse("https://a.example/rest/v1").unwrap();
        let shown = host(&root, "https://b.example:8443/x?token=hunter2");
        assert_eq!(shown.as_deref(), Some("https://b.example:8443"));
        assert_eq!(host(&root, "/login").as_deref(), Some("https://a.example"));
    }
}
