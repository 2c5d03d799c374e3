//! Who asks whom: the root of the API, the keys that are sent to it and to
//! nobody else, and the role that they amount to.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use url::{Host, Url};

use crate::error::{Code, Failure, Result};
use crate::secret::Secret;
use crate::source::jwt::{Claims, token};
use crate::source::location::RestOptions;

const APIKEY: HeaderName = HeaderName::from_static("apikey");
/// The role that Supabase exempts from row-level security.
const SERVICE: &str = "service_role";

/// The root and what is sent along to it.
#[derive(Clone)]
pub struct Access {
    pub root: Url,
    pub headers: HeaderMap,
    pub role: Role,
}

/// As whom the server answers, as far as the keys tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The JWT's `role` claim, or what a Supabase secret key stands for.
    Named(String),
    /// No bearer token: whatever the server lets anybody be.
    Anonymous,
    /// A token that is no JWT, or one without a role.
    Unknown,
    /// A key that the server does not look at.
    Unheeded,
}

impl Role {
    /// As reports name it.
    pub fn shown(&self) -> &str {
        match self {
            Role::Named(name) => name,
            Role::Anonymous => "(no token: the API's anonymous role)",
            Role::Unknown => "(a token that names no role)",
            Role::Unheeded => "(a key that nobody heeds: the API's anonymous role)",
        }
    }
}

impl Access {
    pub fn new(root: &Url, options: &RestOptions) -> Result<Access> {
        let apikey = options.apikey.as_ref();
        // A legacy key is a JWT, which PostgREST reads from Authorization only;
        // a new secret key is none, and is refused there.
        let own = apikey.filter(|key| Claims::of(key).is_some());
        let bearer = options.authorization.as_ref().or(own).and_then(token);
        if (apikey.is_some() || bearer.is_some()) && !is_private(root) {
            return Err(in_clear(root));
        }
        let mut headers = HeaderMap::new();
        if let Some(key) = apikey {
            headers.insert(APIKEY, value(key, "apikey")?);
        }
        if let Some(token) = &bearer {
            let whole = Secret::new(format!("Bearer {}", token.expose()));
            headers.insert(AUTHORIZATION, value(&whole, "authorization")?);
        }
        Ok(Access {
            root: root.clone(),
            headers,
            role: role(apikey, bearer.as_ref()),
        })
    }

    /// The root under a name that it shares with every other name of this machine.
    pub fn place(&self) -> String {
        let mut root = self.root.clone();
        if is_loopback(&root) && root.set_host(Some("localhost")).is_err() {
            return self.shown().to_owned();
        }
        root.as_str().trim_end_matches('/').to_owned()
    }

    /// The root without the slash at its end.
    pub fn shown(&self) -> &str {
        self.root.as_str().trim_end_matches('/')
    }

    /// Whether nobody on the way can read along.
    pub fn is_private(&self) -> bool {
        is_private(&self.root)
    }

    /// Whether rows may be hidden from this role without a trace, unless the
    /// configuration says that it sees all.
    pub fn may_hide_rows(&self, declared: Option<&str>) -> Option<Failure> {
        let shown = match &self.role {
            Role::Named(name) if name == SERVICE || Some(name.as_str()) == declared => return None,
            Role::Named(name) => format!("the role {name}"),
            Role::Anonymous if declared.is_some() => return None,
            Role::Anonymous => "nobody in particular (no Authorization)".to_owned(),
            Role::Unknown | Role::Unheeded if declared.is_some() => return None,
            Role::Unknown => "a role that its token does not name".to_owned(),
            Role::Unheeded => {
                "nobody in particular (the server answers a made-up key too: a gateway takes the token away, or the one that knows an sb_secret_ key is missing)".to_owned()
            }
        };
        Some(Failure::new(
            Code::RowSecurity,
            format!(
                "it was read as {shown}, from whom row-level security may hide rows: the server's own count does not hold them either"
            ),
            "use the service role's key, or, if this role sees every row, say so: role = \"NAME\" for this side",
        ))
    }
}

fn role(apikey: Option<&Secret>, bearer: Option<&Secret>) -> Role {
    match (bearer, apikey) {
        (Some(token), _) => match Claims::of(token).and_then(|claims| claims.role) {
            Some(role) => Role::Named(role),
            None => Role::Unknown,
        },
        (None, Some(key)) if key.expose().starts_with("sb_secret_") => {
            Role::Named(SERVICE.to_owned())
        }
        _ => Role::Anonymous,
    }
}

fn value(secret: &Secret, what: &str) -> Result<HeaderValue> {
    match HeaderValue::from_str(secret.expose().trim()) {
        Ok(mut value) => {
            value.set_sensitive(true);
            Ok(value)
        }
        Err(_) => Err(Failure::new(
            Code::Config,
            format!("the {what} key holds characters that no header can carry"),
            "check that the whole key was copied, and nothing else",
        )),
    }
}

/// A schema's name as a header carries it.
pub fn schema(name: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(name).map_err(|_| {
        Failure::new(
            Code::Config,
            format!("the schema {name:?} cannot be asked for: no header can carry its name"),
            "name a view of it in a schema with a plain name",
        )
    })
}

/// Whether nobody on the way can read along.
fn is_private(root: &Url) -> bool {
    root.scheme() == "https" || is_loopback(root)
}

fn is_loopback(root: &Url) -> bool {
    match root.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn in_clear(root: &Url) -> Failure {
    Failure::new(
        Code::Config,
        format!("keys would go to {root} unencrypted"),
        "use https://, which is asked for everywhere but on this machine itself",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// {"role":"anon"} and {"role":"service_role"}, unsigned.
    const ANON: &str = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.x";
    const SERVICE_JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.x";

    fn access(root: &str, apikey: Option<&str>, bearer: Option<&str>) -> Result<Access> {
        let options = RestOptions {
            apikey: apikey.map(Secret::new),
            authorization: bearer.map(Secret::new),
            ..RestOptions::default()
        };
        Access::new(&Url::parse(root).unwrap(), &options)
    }

    fn sent(access: &Access, name: &str) -> Option<String> {
        let value = access.headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_role_is_that_of_the_authorization() {
        let both = access("https://x.example", Some(ANON), Some(SERVICE_JWT)).unwrap();
        assert_eq!(both.role, Role::Named("service_role".to_owned()));
        assert_eq!(sent(&both, "apikey").as_deref(), Some(ANON));
        assert!(both.may_hide_rows(None).is_none());
        let anon = access("https://x.example", Some(ANON), None).unwrap();
        assert_eq!(anon.role, Role::Named("anon".to_owned()));
        assert_eq!(sent(&anon, "authorization"), Some(format!("Bearer {ANON}")));
        assert!(anon.may_hide_rows(None).is_some());
        assert!(anon.may_hide_rows(Some("anon")).is_none());
        assert!(anon.may_hide_rows(Some("other")).is_some());
    }

    #[test]
    fn a_new_secret_key_goes_in_apikey_only() {
        let key = access("https://x.example", Some("sb_secret_abc"), None).unwrap();
        assert_eq!(sent(&key, "authorization"), None);
        assert!(key.may_hide_rows(None).is_none());
        let public = access("https://x.example", Some("sb_publishable_abc"), None).unwrap();
        assert_eq!(public.role, Role::Anonymous);
        assert!(public.may_hide_rows(None).is_some());
    }

    #[test]
    fn a_machine_has_many_names_for_itself() {
        let place = |root| access(root, None, None).unwrap().place();
        for root in [
            "http://127.0.0.1:3000/",
            "http://[::1]:3000",
            "http://a.localhost:3000",
        ] {
            assert_eq!(place(root), "http://localhost:3000", "{root}");
        }
        assert_eq!(
            place("https://x.example/rest/v1/"),
            "https://x.example/rest/v1"
        );
    }

    #[test]
    fn bearer_may_stand_before_the_token() {
        for given in ["Bearer abc", "bearer  abc", "abc"] {
            let access = access("https://x.example", None, Some(given)).unwrap();
            assert_eq!(
                sent(&access, "authorization").as_deref(),
                Some("Bearer abc")
            );
            assert_eq!(access.role, Role::Unknown);
        }
    }

    #[test]
    fn keys_travel_encrypted_or_not_at_all() {
        for (root, well) in [
            ("https://x.example/rest/v1", true),
            ("http://127.0.0.1:3000", true),
            ("http://[::1]:3000", true),
            ("http://localhost:3000", true),
            ("http://x.example", false),
            ("http://10.0.0.1", false),
            ("http://localhost.example", false),
        ] {
            assert_eq!(access(root, Some("k"), None).is_ok(), well, "{root}");
        }
        assert!(
            access("http://x.example", None, None).is_ok(),
            "no key, no secret"
        );
    }

    #[test]
    fn a_broken_key_is_not_echoed() {
        let failure = access("https://x.example", Some("hunter\n2"), None)
            .err()
            .unwrap();
        assert!(!failure.to_string().contains("hunter"));
    }
}
