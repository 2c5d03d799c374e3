//! What the environment says of a side: where it is, where nobody else says so,
//! and the keys of a PostgREST side, by the names that Supabase projects use.
//!
//! Keys are given to the server they belong to and to no other.

use std::path::Path;

use url::Url;

use super::settings::{Origin, Setting, wrong_variable};
use crate::config::{Environment, Variable};
use crate::error::{Result, Side};
use crate::secret::Secret;
use crate::source::Location;
use crate::source::jwt::{Claims, token};
use crate::source::location::RestOptions;

const REST_URL: &str = "SUPABASE_REST_URL";
const URL: &str = "SUPABASE_URL";
const OLD_URL: &str = "STAGING_DB_URL";
const SERVICE_KEY: &str = "SUPABASE_SERVICE_ROLE_KEY";

const APIKEYS: [&str; 3] = [
    "SUPABASE_REST_HEADERS_APIKEY",
    SERVICE_KEY,
    "SUPABASE_ANON_KEY",
];
const AUTHORIZATIONS: [&str; 2] = ["SUPABASE_REST_HEADERS_AUTHORIZATION", SERVICE_KEY];

/// Where Supabase serves PostgREST, under a project's own address.
const REST_PATH: &str = "/rest/v1";

/// Where a side is that neither the command line nor the configuration places.
pub fn location(
    side: Side,
    environment: &Environment<'_>,
    cwd: &Path,
) -> Result<Option<(Location, Origin)>> {
    let (variable, text) = match side {
        Side::Old => match environment.variable(OLD_URL) {
            Some(variable) => (variable.clone(), variable.value),
            None => return Ok(None),
        },
        Side::New => match environment.variable(REST_URL) {
            Some(variable) => (variable.clone(), variable.value),
            None => match environment.variable(URL) {
                Some(variable) => (variable.clone(), under(&variable.value)),
                None => return Ok(None),
            },
        },
    };
    match Location::parse(text.expose()) {
        Ok(location) => Ok(Some((location.under(cwd), Origin::from(&variable)))),
        Err(failure) => {
            let what = failure
                .why
                .replace(&format!("`{}`", text.expose()), "what is there");
            let mut failure = wrong_variable(&variable, &what);
            failure.next = format!("Mend {}, or name the location itself", variable.name);
            Err(failure)
        }
    }
}

/// The variables that place a side, for hints.
pub fn named(side: Side) -> &'static str {
    match side {
        Side::Old => OLD_URL,
        Side::New => "SUPABASE_REST_URL or SUPABASE_URL",
    }
}

/// Both sides are placed by the environment.
pub fn places_both(environment: &Environment<'_>) -> bool {
    let set = |name| environment.variable(name).is_some();
    set(OLD_URL) && (set(REST_URL) || set(URL))
}

fn under(project: &Secret) -> Secret {
    let base = project.expose().trim_end_matches('/');
    match base.ends_with(REST_PATH) {
        true => Secret::new(base),
        false => Secret::new(format!("{base}{REST_PATH}")),
    }
}

/// Completes the keys that the configuration names, `config`, by the environment's.
pub fn complete(
    side: Side,
    root: &Url,
    options: &mut RestOptions,
    config: Origin,
    environment: &Environment<'_>,
) -> Result<Vec<Setting>> {
    let whose = owner(root, options, environment)?;
    let key = |name, own: &mut Option<Secret>, names: &[&'static str]| {
        let found = match own {
            Some(_) => (own.clone(), config.clone()),
            None => from_environment(names, &whose, environment),
        };
        let shown = if found.0.is_some() { "(set)" } else { "none" };
        *own = found.0;
        Setting::of_side(side, name, shown, found.1)
    };
    Ok(vec![
        key("apikey", &mut options.apikey, &APIKEYS),
        key("authorization", &mut options.authorization, &AUTHORIZATIONS),
    ])
}

/// Whose keys those of the environment are.
enum Owner {
    /// This side's server's.
    This,
    /// Another's, or nobody's here: why.
    Other(String),
}

fn owner(root: &Url, options: &RestOptions, environment: &Environment<'_>) -> Result<Owner> {
    let keys = APIKEYS.iter().chain(&AUTHORIZATIONS);
    if !keys
        .copied()
        .any(|name| environment.variable(name).is_some())
    {
        return Ok(Owner::Other(String::new()));
    }
    let named: Vec<Variable> = [REST_URL, URL]
        .into_iter()
        .filter_map(|name| environment.variable(name))
        .collect();
    if named.is_empty() {
        let without = options.apikey.is_none() && options.authorization.is_none();
        return Ok(match without {
            true => Owner::This,
            false => Owner::Other(String::new()),
        });
    }
    for variable in &named {
        if origin_of(variable)? == root.origin() {
            return Ok(Owner::This);
        }
    }
    let names: Vec<&str> = named.iter().map(|variable| variable.name).collect();
    Ok(Owner::Other(format!(
        "those of the environment are for {} alone",
        names.join(" and ")
    )))
}

fn origin_of(variable: &Variable) -> Result<url::Origin> {
    let url = Url::parse(variable.value.expose()).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    let what =
        "it is no http(s):// URL, so that nothing says whose the keys of the environment are";
    url.map(|url| url.origin())
        .ok_or_else(|| wrong_variable(variable, what))
}

fn from_environment(
    names: &[&'static str],
    owner: &Owner,
    environment: &Environment<'_>,
) -> (Option<Secret>, Origin) {
    let fits = |name: &str, key: &Secret| {
        // A new secret key is no bearer token.
        name != SERVICE_KEY || names != AUTHORIZATIONS || Claims::of(key).is_some()
    };
    let mut found = names.iter().filter_map(|name| {
        let variable = environment.variable(name)?;
        let key = token(&variable.value).filter(|key| fits(name, key))?;
        Some((key, Origin::from(&variable)))
    });
    match (owner, found.next()) {
        (Owner::This, Some((key, origin))) => (Some(key), origin),
        (Owner::This, None) => (None, Origin::Nobody(String::new())),
        (Owner::Other(why), Some(_)) => (None, Origin::Nobody(why.clone())),
        (Owner::Other(_), None) => (None, Origin::Nobody(String::new())),
    }
}
